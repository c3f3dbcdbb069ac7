"""The ledger's rows of one look: which messages are passed over without their bodies, and what their rows say.

Its one promise: a row of a message that is passed over is written with the first block behind it, so that a look that
is broken off leaves no gap below what it recorded. It does not know what becomes of the others.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.config.addresses import domain_of
from worker.core.model import Disposition, MessageRow
from worker.core.text import hide_codes
from worker.pipeline.new_messages import Found
from worker.read.classify import Announcement, OwnMailSigns, PossibleNotice, classify_mail
from worker.read.message import read_message
from worker.watch.ports import Header, Mailbox, Thread
from worker.watch.prefilter import Wanted, describe_passed, holds_nothing, judge_outline, may_be_news

NOTHING: Final = "no announcement and no notice"


class LedgerRows:
    """Where the rows of one look go, and the messages that it passes over, until their rows are written."""

    def __init__(
        self, mailbox: Mailbox, found: Found, from_before: Callable[[Header], str], passed: Sequence[Header] = ()
    ) -> None:
        """``from_before`` says how a message is from before the product watched for it."""
        self.mailbox = mailbox.name
        self.after = mailbox.after
        self.numbering = found.numbering
        self.is_renumbered = found.is_renumbered
        self.from_before = from_before
        self.passed = {header.uid: header for header in passed}

    def begin(self, header: Header) -> MessageRow:
        """The row of a message as far as its header tells."""
        return MessageRow(
            self.mailbox,
            self.numbering,
            header.uid,
            Disposition.NOT_OURS,
            message_id=header.message_id,
            internal_date=header.internal_date,
            size=header.size,
        )

    def take_passed(self, below: float) -> tuple[MessageRow, ...]:
        """Rows of those passed over that stand below this UID; each is given once."""
        uids = sorted(uid for uid in self.passed if uid < below)
        return tuple(self._passed(self.passed.pop(uid)) for uid in uids)

    def _passed(self, header: Header) -> MessageRow:
        senders, subject, date = describe_passed(header)
        return dataclasses.replace(
            self.begin(header), why=NOTHING, sender=senders, subject=hide_codes(subject), date=date
        )


def renumber(former: MessageRow, row: MessageRow) -> MessageRow:
    """What is recorded of ``former``, under the number of ``row``, which is the same message."""
    return dataclasses.replace(
        former, uidvalidity=row.uidvalidity, uid=row.uid, size=row.size, internal_date=row.internal_date
    )


def judge_by(active_config: ActiveConfig, ours: OwnMailSigns) -> Callable[[Header], Wanted]:
    """What must be seen of a message before it may be passed over, by the configuration in force."""
    guarantors, domains = active_config.configuration.guarantors, _correspondents(active_config)
    return lambda header: judge_outline(header, guarantors, ours, domains)


def news_by(active_config: ActiveConfig, ours: OwnMailSigns) -> Callable[[Header], bool]:
    """Whether a message may say what became of a mail of ours, by the configuration in force."""
    guarantors, domains = active_config.configuration.guarantors, _correspondents(active_config)
    return lambda header: may_be_news(header, guarantors, ours, domains)


def _correspondents(active_config: ActiveConfig) -> frozenset[str]:
    """The domains of the offices that are written to."""
    configuration = active_config.configuration
    sections = [section for issuer in configuration.issuers.values() for section in issuer.sections.values()]
    sections += [section for project in configuration.projects for section in project.offices.values()]
    addresses = [address for section in sections for address in (*section.to, *section.cc)]
    return frozenset(domain_of(address) for address in addresses)


def alike_by(active_config: ActiveConfig, ours: OwnMailSigns) -> Callable[[Header], bool]:
    """Whether the header fields of a message look like a notice's, by the configuration in force."""

    def is_alike(header: Header) -> bool:
        found = classify_mail(read_message(header.fields), active_config.configuration.guarantors, ours)
        return isinstance(found, Announcement | PossibleNotice)

    return is_alike


async def pass_over(
    mailbox: Mailbox, thread: Thread, headers: Sequence[Header], judge: Callable[[Header], Wanted]
) -> tuple[Header, ...]:
    """Those whose bodies need not be fetched: header, structure and the first bytes of each part say so."""
    doubtful = [header for header in headers if judge(header) is Wanted.STARTS]
    starts = await thread(mailbox.starts, doubtful) if doubtful else {}
    return tuple(
        header
        for header in doubtful
        if header.structure is not None and holds_nothing(header.structure, starts.get(header.uid, {}))
    )
