"""Decides what a mail is to us: our own, a report, an announcement, a mail that means a notice, or none of it.

Promise: nothing inside a message of our own or inside a multipart/report is ever an announcement or a notice. It
does not know what the PDFs hold, nor whether the sender is who it says: nothing here is proof of a sender.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from worker.config.addresses import domain_of
from worker.core.addresses import is_within
from worker.core.model import Announced, Attached
from worker.core.rulebook import Guarantor
from worker.core.text import match_key
from worker.read.announcement import read_announced
from worker.read.archives import Unpacked
from worker.read.message import AttachmentKind, Message, Unopened, attachment_kind, mentions_key, offers_file_link

_FORWARDED: Final = re.compile(
    r"(?:\[[^\]]{0,40}\]|【[^】]{0,40}】|(?:re|aw|返信)(?:\[?\d{1,3}\]?)?:)*(?:fwd?|転送)(?:\[?\d{1,3}\]?)?:",
    re.IGNORECASE,
)
_ANSWER: Final = re.compile(r"(?:\[[^\]]{0,40}\]|【[^】]{0,40}】)*(?:re|aw|返信)(?:\[?\d{1,3}\]?)?:", re.IGNORECASE)
_QUOTES: Final = "「」『』“”\"'"
_ADDITION: Final = re.compile(
    r"(?:\([^()]{0,80}\)|\[[^\[\]]{0,80}\]|【[^【】]{0,80}】|「[^「」]{0,80}」|『[^『』]{0,80}』)\Z"
)
_ADDITIONS_LIMIT: Final = 5
"""Bracketed additions taken off the end of a subject: people add a project's name, lists a number."""


@dataclass(frozen=True, slots=True)
class OwnMailSigns:
    """How a message of our own is known."""

    address: str
    """The contractor's address, from which all of our mail goes."""
    is_known: Callable[[str], bool]
    """Whether a mail of ours bears this Message-ID."""
    has_form: Callable[[str, str], bool]
    """Whether this Message-ID is of the form that we write for this address: an old backup knows no id of later."""


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A submission, rehearsal, alarm or copy of our own."""


@dataclass(frozen=True, slots=True)
class Report:
    """A multipart/report (DSN, read receipt) with no PDF beside it."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """The "issuance complete" mail of a guarantor, direct or forwarded; ``pdfs`` may hold the notice already."""

    guarantor: str
    pdfs: tuple[Attached, ...]
    says: Announced = field(default_factory=Announced)
    is_enclosed: bool = False
    """Whether a mail within the mail says so, which another than its sender may have written."""
    zips: tuple[Attached, ...] = ()
    unopened: tuple[Unopened, ...] = ()


@dataclass(frozen=True, slots=True)
class PossibleNotice:
    """Somebody meant a notice: a guarantor's mail (then it is named), or 認証キー in a subject, a text or a name."""

    guarantor: str | None
    pdfs: tuple[Attached, ...]
    zips: tuple[Attached, ...] = ()
    unopened: tuple[Unopened, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrelated:
    """Nothing says that a notice is meant; a PDF in it may be one all the same."""

    pdfs: tuple[Attached, ...]
    zips: tuple[Attached, ...] = ()
    unopened: tuple[Unopened, ...] = ()


MailClass = OwnMessage | Report | Announcement | PossibleNotice | Unrelated


def classify_mail(message: Message, guarantors: Sequence[Guarantor], ours: OwnMailSigns) -> MailClass:
    """What ``message`` is to us, with every PDF that may be a notice, and what may hold one."""
    if _is_own(message, ours):
        return OwnMessage()
    foreign = tuple(_foreign(message, ours))
    pdfs = tuple(dataclasses.replace(pdf, is_enclosed=one is not message) for one in foreign for pdf in one.pdfs)
    zips = tuple(dataclasses.replace(each, is_enclosed=one is not message) for one in foreign for each in one.zips)
    unopened = tuple(each for one in foreign for each in one.unopened)
    if message.is_report and not pdfs and not zips:
        return Report()
    for one in foreign:
        for guarantor in guarantors:
            if _announces(one, guarantor, ours):
                says = read_announced(guarantor, one.subject, one.texts, message.date)
                return Announcement(guarantor.id, pdfs, says, one is not message, zips, unopened)
    senders = (guarantor.id for one in foreign for guarantor in guarantors if _is_from(one, guarantor))
    found = next(senders, None)
    if found is not None or any(_names_a_key(one) for one in foreign):
        if not (pdfs or zips or unopened) and any(_names_a_key(one) and _hands_a_link(one) for one in foreign):
            unopened = (Unopened("", AttachmentKind.LINK),)
        return PossibleNotice(found, pdfs, zips, unopened)
    return Unrelated(pdfs, zips, unopened)


def add_unpacked(
    what: Announcement | PossibleNotice | Unrelated, opened: Sequence[tuple[Attached, Unpacked]]
) -> Announcement | PossibleNotice | Unrelated:
    """``what`` with the PDFs of its ZIPs as if they were attached beside them, and with what was not taken out.

    The names of the files in a ZIP count as text: they are readable where the files are not.
    """
    pdfs, unopened = [*what.pdfs], [*what.unopened]
    for archive, found in opened:
        for name, content in found.pdfs:
            pdfs.append(Attached(name, content, archive.is_enclosed, archive.filename, found.others))
        unopened += [Unopened(name, sort, archive.filename) for name, sort in found.unopened]
        if not found.pdfs and any(attachment_kind("", name, b"") for name in found.others):
            unopened.append(Unopened("", AttachmentKind.ZIP, archive.filename))
    added = dataclasses.replace(what, pdfs=tuple(pdfs), unopened=tuple(unopened), zips=())
    if isinstance(added, Unrelated) and any(found.mentions_key for _, found in opened):
        return PossibleNotice(None, added.pdfs, (), added.unopened)
    return added


def _is_own(message: Message, ours: OwnMailSigns) -> bool:
    """By Message-ID; or, so that a restored backup still knows its mail, of our form and from our address alone."""
    if not message.message_id:
        return False
    if ours.is_known(message.message_id):
        return True
    senders = [sender.casefold() for sender in message.senders]
    return senders == [ours.address.casefold()] and ours.has_form(message.message_id, ours.address)


def _foreign(message: Message, ours: OwnMailSigns) -> Iterator[Message]:
    """The message and the mails within it, outside in, without our own, reports, and all that is inside those.

    The outermost stays even where it is a report: a PDF that stands beside the report was put there by somebody.
    """
    waiting = [message]
    while waiting:
        one = waiting.pop()
        yield one
        inner = (within for within in one.nested if not _is_own(within, ours) and not _is_bare_report(within))
        waiting.extend(reversed(tuple(inner)))


def _is_bare_report(message: Message) -> bool:
    return message.is_report and not message.pdfs and not message.zips and not message.nested


def _announces(message: Message, guarantor: Guarantor, ours: OwnMailSigns) -> bool:
    """Whether the subject ends with one of the guarantor's, and the mail is no talk about an announcement.

    What follows is a task to fetch the notice, and losing it would cost the contract: a guarantor may write from a new
    domain one day, so a strange sender is taken too; that nobody proven wrote it is marked on the task. Where the
    senders are named, answers of others, and what colleagues write without forwarding it (Fwd:, 転送:), are talk; so is
    a subject that goes on after the pattern (「…のお知らせ」メールの変更について).
    """
    subject = match_key(message.subject).casefold()
    if not any(_ends_with(subject, pattern) for pattern in guarantor.subjects):
        return False
    if not guarantor.senders or _is_from(message, guarantor):
        return True
    domains = {domain_of(sender) for sender in message.senders}
    if domain_of(ours.address) in domains:
        return len(domains) == 1 and bool(_FORWARDED.match(subject))
    return not _ANSWER.match(subject)


def _ends_with(subject: str, pattern: str) -> bool:
    """Whether ``subject`` ends with ``pattern``, quotes around it and bracketed additions behind it left aside."""
    wanted = match_key(pattern).casefold().strip(_QUOTES)
    if not wanted:
        return False
    for _ in range(_ADDITIONS_LIMIT + 1):
        if subject.rstrip(_QUOTES).endswith(wanted):
            return True
        subject = _ADDITION.sub("", subject)
    return False


def _is_from(message: Message, guarantor: Guarantor) -> bool:
    """Whether every From is of one of the guarantor's domains, or of one below it."""
    return bool(guarantor.senders and message.senders) and all(
        any(is_within(domain_of(sender), domain_of(root)) for root in guarantor.senders) for sender in message.senders
    )


def _names_a_key(message: Message) -> bool:
    return any(map(mentions_key, (message.subject, *message.texts, *message.names)))


def _hands_a_link(message: Message) -> bool:
    is_answer = _ANSWER.match(match_key(message.subject)) is not None
    if message.links_a_file and not is_answer:
        return True
    return message.has_link and offers_file_link(message.texts, is_answer=is_answer)
