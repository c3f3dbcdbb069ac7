"""What ``doctor`` says of the proof of senders: names that servers write, the resolver, how to try forged findings."""

from __future__ import annotations

from typing import Final

from worker.authenticate.auth_results import Tally
from worker.authenticate.dkim_policy import Resolver
from worker.config.settings import MailboxSettings, Settings
from worker.core.messages import Language, say

NEWEST: Final = 30
"""Messages that are looked at: the server's own name stands in each of them."""
_NAMED: Final = 3
"""Names that are shown: the own one is the most frequent."""


def describe_findings(own: MailboxSettings, tally: Tally, lang: Language) -> tuple[str, str]:
    """How the findings of the mailbox's server stand, and what to do; empty where nothing is to be done."""
    name, mails = own.authserv_id, tally.mails
    candidates = _candidates(own, tally, lang)
    if not name:
        return say("doctor_not_set", lang), say("remedy_not_set", lang, candidates=candidates)
    if name.casefold() in {each.casefold() for each in tally.doubled}:
        return say("doctor_doubled", lang), say("remedy_doubled", lang, name=name)
    count = tally.in_mails(name)
    if mails and not count:
        return say("doctor_not_seen", lang), say("remedy_not_seen", lang, mails=mails, name=name, candidates=candidates)
    return say("doctor_seen", lang, mails=mails, count=count), ""


def _candidates(own: MailboxSettings, tally: Tally, lang: Language) -> str:
    if not tally.bearing:
        return say("remedy_no_candidates", lang, mails=tally.mails)
    names = [say("mails_of", lang, name=name, count=count) for name, count in list(tally.bearing.items())[:_NAMED]]
    shown = ("、" if lang == "ja" else ", ").join(names)
    return say("remedy_candidates", lang, mails=tally.mails, names=shown, mailbox=own.name)


def describe_resolver(found: Resolver, lang: Language) -> tuple[str, str]:
    """Whether keys that are looked up here can be trusted, and what to do; empty where nothing is to be done."""
    remedy = "" if found is Resolver.SECURED else say("remedy_resolver", lang)
    return say(f"resolver_{found.name.lower()}", lang), remedy


def strip_test(settings: Settings, tallies: dict[str, Tally], lang: Language) -> str:
    """How to try that the server takes forged findings away, for the first mailbox; empty where there is none."""
    own = next(iter(settings.mailboxes.values()), None)
    if own is None:
        return ""
    seen = tallies.get(own.name)
    name = own.authserv_id or (next(iter(seen.bearing), "") if seen else "") or own.host
    return say("strip_test", lang, user=settings.contractor.email, name=name)
