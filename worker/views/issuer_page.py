"""An issuer's rules in office words, as the console's page shows them: the facts of each kind of guarantee."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from worker.config.editing.issuer_fields import office_template
from worker.core.messages import Language, say
from worker.core.model import Channel, Product
from worker.core.prefectures import Prefecture
from worker.core.rulebook import InvoiceRule, Issuer, Rule, Section
from worker.core.text import match_key


@dataclass(frozen=True, slots=True)
class RuleFacts:
    """The rule of one product, or of several that have the same one."""

    products: tuple[Product, ...]
    facts: tuple[tuple[str, str], ...]
    """Heading and value, in the order in which a person reads them."""


NOT_WRITTEN: Final = "none"
"""The choice of the issuers whose prefecture neither file nor name says."""


def find_issuers(issuers: Iterable[Issuer], text: str, prefecture: str = "") -> tuple[Issuer, ...]:
    """Returns the issuers whose name, alias or prefecture holds ``text`` (widths alike), by prefecture and name.

    All for an empty text. ``prefecture`` keeps those of one, or with ``NOT_WRITTEN`` those without any, which are last.
    """
    piece = match_key(text)
    found = (
        each
        for each in issuers
        if any(piece in match_key(name) for name in (each.full_name, *each.aliases, each.lies_in or ""))
        and (not prefecture or prefecture == (each.lies_in or NOT_WRITTEN))
    )
    order: tuple[Prefecture | None, ...] = (*Prefecture, None)
    return tuple(sorted(found, key=lambda issuer: (order.index(issuer.lies_in), issuer.full_name)))


def prefectures_of(issuers: Iterable[Issuer]) -> tuple[str, ...]:
    """Returns the prefectures of ``issuers`` in their order, ``NOT_WRITTEN`` last."""
    known = {each.lies_in or NOT_WRITTEN for each in issuers}
    return tuple(each for each in (*Prefecture, NOT_WRITTEN) if each in known)


def rules_of(issuer: Issuer, lang: Language) -> tuple[RuleFacts, ...]:
    """Returns the issuer's rules; products of which the same is said share one."""
    groups: dict[tuple[tuple[str, str], ...], list[Product]] = {}
    for product, rule in issuer.rules.items():
        groups.setdefault(tuple(_facts(rule, issuer.sections.get(rule.section), lang)), []).append(product)
    return tuple(RuleFacts(tuple(products), facts) for facts, products in groups.items())


_AS_IT_IS: Final = frozenset({"CC", "URL"})
"""Headings that are the same in every language."""


def _facts(rule: Rule, section: Section | None, lang: Language) -> Iterator[tuple[str, str]]:
    """Yields headings and values; an item that is still open is shown as not certain, and not by its default."""
    not_certain = {key.rpartition(".")[2] for key in rule.open}
    is_none_certain = any(key.startswith("rule.") and key.count(".") == 1 for key in rule.open)
    for key, value in _values(rule, section, lang):
        is_open = key in not_certain or (is_none_certain and key in _ASKED)
        heading = key if key in _AS_IT_IS else say(f"issuer_{key}", lang)
        yield heading, say("word_unknown", lang) if is_open else value


_ASKED: Final = frozenset({"channel", "section", "to", "subject", "notice", "invoice", "timing"})
"""Items that every rule has, stated or by default."""


def _values(rule: Rule, section: Section | None, lang: Language) -> Iterator[tuple[str, str]]:
    yield "channel", say(f"channel_{rule.channel.value}", lang)
    yield "section", section.name if section else say("issuer_by_project", lang)
    if section and rule.channel is Channel.EMAIL:
        yield "to", ", ".join(section.to) or say("issuer_to_none", lang)
        if section.cc:
            yield "CC", ", ".join(section.cc)
    if rule.channel is Channel.EMAIL:
        yield "subject", office_template(rule.subject)
    if section and section.phone:
        yield "phone", section.phone
    if rule.url:
        yield "URL", rule.url
    yield "notice", say(f"notice_{rule.notice.value}", lang)
    if rule.invoice is not InvoiceRule.NEVER:
        yield "invoice", say(f"invoice_{rule.invoice.value}", lang)
    if rule.documents_required:
        yield "documents", "、".join(rule.documents_required)
    yield "timing", say(f"timing_{rule.timing.value}", lang)
    if rule.contact_first:
        yield "contact", rule.contact_first
    yield "done", say(f"closes_{rule.closes.value}", lang, days=rule.settle_days)
    if rule.chosen:
        yield "chosen", rule.chosen
