"""track: what came back is matched to its submission, recorded, and changes it where the states allow.

Its one promise: matched by ENVID, then by the returned Message-ID, an own copy by its own, never by subject; a report
that is not ours changes nothing, one that is ours is an entry with its mail kept. It does not know what follows from a
receipt.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Final

from worker.addresses import domain_of
from worker.alarms import tell_apart
from worker.decisions import keep_contents, redraft
from worker.drafting import InForce, missing_where_away
from worker.letter import is_own_message_id_form
from worker.mail import Message, read_message
from worker.model import End, MessageRow, Receipt, ReceiptKind, Sha256, Submission
from worker.own_copy import is_same_but_for_date, is_same_mail
from worker.ports import Author, Writing
from worker.reports import CameBack, DeliveryReport, MailReply, Nothing, ReadReceipt, read_report
from worker.seeing import mask_key
from worker.states import SAYS_UNSENT, Event, State, may_follow
from worker.track import Circumstances, Tracked, receipts_of, track, track_again
from worker.words import name_receipt, say

OWN_MESSAGE: Final = "own message"
CAME_BACK: Final = "CameBack"
"""Event of the entry that keeps a receipt which changes no state."""
EARLY: Final = "ReportTooEarly"
"""Event of the entry that keeps a report on a mail that is not known here yet."""
BOUNCED_ALARM: Final = "bounced"
CONTRADICTION_ALARM: Final = "came_back"
OTHER_COPY: Final = "OtherCopy"
"""Event of the entry that keeps a mail with our Message-ID which is not the one that was handed over."""
_NO_SUBMISSION: Final = re.compile(r"\.[ar]\d+@")
"""In the Message-ID of a mail to the operator, or of a rehearsal (``letter``): it proves nothing of a submission."""
_TO_BE_SENT: Final = frozenset({State.HELD, State.APPROVED, State.SENDING})
PROVEN_BEFORE: Final = "a receipt that came before it was to be sent"


class Copied(Enum):
    """What an own copy says of a mail that is about to be sent."""

    NONE = auto()
    SAME = auto()
    """This very mail has left."""
    OTHER = auto()
    """A mail of this Message-ID lies in the mailbox, and is not this one: a person must look."""


class Receiving:
    """One transaction's receipts."""

    def __init__(self, writing: Writing, in_force: InForce, author: Author, now: dt.datetime) -> None:
        self._writing = writing
        self._in_force = missing_where_away(in_force)
        self._author = author
        self._now = now
        self.began_to_wait = 0
        """How many submissions came back by now: a person has to look."""

    def take(self, row: MessageRow, came_back: CameBack, message: Message, content: bytes) -> MessageRow | None:
        """The ledger row of a mail about one of ours; None where it is about none."""
        if isinstance(came_back, Nothing):
            return None
        message_id, submission = self._match(came_back)
        if submission is None:
            return self._keep_early(row, came_back, content)
        digest = self._writing.keep("mail", content)
        how = self._circumstances(submission, message, digest, row.internal_date or self._now)
        fresh = receipts_of(came_back, submission, message_id, how)
        self._record(submission, fresh, message)
        end = End.REPLY if isinstance(came_back, MailReply) else End.REPORT
        return dataclasses.replace(row, end=end, why=fresh[0].kind.value, sha256=digest, submissions=(submission.id,))

    def take_copy(self, row: MessageRow, message: Message, content: bytes) -> MessageRow:
        """The ledger row of a mail of our own that came in: evidence where it is not known that it left, else a row.

        What is about to be sent is compared in the moment when it would be: only then its bytes are known.
        """
        row = dataclasses.replace(row, end=End.OWN, why=OWN_MESSAGE)
        found = self._writing.of_own_message(message.message_id)
        if found is None:
            return self._keep_early_copy(row, message, content)
        if found.draft is None or found.draft.is_rehearsal or found.draft.message_id != message.message_id:
            return row
        if found.state in _TO_BE_SENT:
            row = self._keep_early_copy(row, message, content, found)
            if found.state is State.HELD:
                self._hold_anew(found.id, say("copy_came", "ja"))
            return row
        if found.state is not State.IN_DOUBT and found.state not in SAYS_UNSENT:
            return row  # that it left is known
        letter = self._writing.original(found.letter_sha256) if found.letter_sha256 else b""
        if not is_same_mail(content, letter):
            return self._note_other_copy(row, found, content)
        digest = self._writing.keep("mail", content)
        at = row.internal_date or self._now
        receipt = Receipt(ReceiptKind.COPY, at, message.message_id, mail_sha256=digest)
        self._record(found, (receipt,), message)
        return dataclasses.replace(row, sha256=digest, submissions=(found.id,))

    def _note_other_copy(self, row: MessageRow, found: Submission, content: bytes) -> MessageRow:
        """It bears our Message-ID and is not what was handed over: no proof, and kept for whoever has to judge."""
        digest = self._writing.keep("mail", content)
        self._writing.note(OTHER_COPY, found.id, self._author, {"mail": digest})
        return dataclasses.replace(row, sha256=digest, submissions=(found.id,))

    def _keep_early_copy(
        self, row: MessageRow, message: Message, content: bytes, approved: Submission | None = None
    ) -> MessageRow:
        """A mail of ours that is not known to have left: an old backup was put back, or an answer was lost."""
        if _NO_SUBMISSION.search(message.message_id):
            return row
        digest = self._writing.keep("mail", content)
        number = approved.id if approved else None
        detail = {"message_id": message.message_id, "mail": digest}
        self._writing.note(EARLY, number, self._author, detail)
        return dataclasses.replace(row, why="early", sha256=digest)

    def _keep_early(self, row: MessageRow, came_back: CameBack, content: bytes) -> MessageRow | None:
        """A report on a mail of our form that is not known here: an old backup was put back, and the mail had left.

        It is kept for the moment when the same notice, read again, is about to be sent.
        """
        if not isinstance(came_back, DeliveryReport):
            return None
        sender = self._in_force.configuration.settings.contractor.email
        local = came_back.envid.rpartition(".")[0]
        for message_id in (f"<{local}@{domain_of(sender)}>", *came_back.returned):
            if is_own_message_id_form(message_id, sender) and not _NO_SUBMISSION.search(message_id):
                digest = self._writing.keep("mail", content)
                self._writing.note(EARLY, None, self._author, {"message_id": message_id, "mail": digest})
                return dataclasses.replace(row, end=End.REPORT, why="early", sha256=digest)
        return None

    def _match(self, came_back: DeliveryReport | ReadReceipt | MailReply) -> tuple[str, Submission | None]:
        ids: tuple[str, ...]
        match came_back:
            case DeliveryReport(envid, returned, _):
                ids = (self._writing.own_message_of(envid), *returned)
            case ReadReceipt(returned, _):
                ids = returned
            case MailReply(references, _, _):
                ids = references
        for message_id in filter(None, ids):
            if (found := self._writing.of_own_message(message_id)) is not None:
                return message_id, found
        return "", None

    def _circumstances(
        self, submission: Submission, message: Message, digest: Sha256, at: dt.datetime
    ) -> Circumstances:
        return Circumstances(
            message.senders,
            at,
            digest,
            self._addresses(submission),
            self._mask(submission),
            self._in_force.configuration.settings.smtp.copy_to,
        )

    def _addresses(self, submission: Submission) -> tuple[str, ...]:
        """Those of every section of its issuer."""
        issuer = self._in_force.configuration.issuers.get(submission.issuer or "")
        sections = issuer.sections.values() if issuer else ()
        return tuple(address for section in sections for address in section.to)

    def _mask(self, submission: Submission) -> Any:
        notice = self._writing.notice(submission.pdf_sha256) if submission.pdf_sha256 else None
        key = notice.key.clear if notice else ""
        return lambda text: mask_key(text, key)

    # --- Before it is sent ----------------------------------------------------------------------------------

    def follow_kept(self, approved: Submission) -> bool:
        """Whether what came back earlier proves that this very mail left: then it is not sent, and stands as proven."""
        early = self._early(approved)
        tracked = track(approved, early) if early else track_again(approved)
        if tracked.event is None:
            return False
        detail = {"why": PROVEN_BEFORE, "receipts": [_plain(each) for each in early]}
        self._writing.change(tracked.event, approved, tracked.after, self._author, detail)
        _raise_alarm(self._writing, tracked)
        return True

    def follow_copy(self, approved: Submission, write: Callable[[dt.datetime], bytes]) -> Copied:
        """What copies of our own that came earlier say of ``approved``, of which ``write`` gives the bytes by date.

        The very mail: it is recorded as sent, and is not to be sent again.
        """
        message_id = approved.draft.message_id if approved.draft else ""
        came = Copied.NONE
        for digest in self._writing.early_reports(message_id):
            raw = self._writing.original(digest)
            message = read_message(raw)
            if message.message_id != message_id:
                continue
            if not is_same_but_for_date(raw, message.date, write):
                came = Copied.OTHER
                continue
            receipt = Receipt(ReceiptKind.COPY, self._now, message_id, mail_sha256=digest)
            tracked = track(approved, (receipt,))
            if tracked.event is None:  # a rehearsal, or a draft that has another name by now
                continue
            detail = {"why": PROVEN_BEFORE, "receipts": [_plain(receipt)]}
            self._writing.change(tracked.event, approved, tracked.after, self._author, detail)
            return Copied.SAME
        return came

    def _early(self, approved: Submission) -> tuple[Receipt, ...]:
        """What reports say that came before this mail was known here."""
        message_id = approved.draft.message_id if approved.draft else ""
        found: list[Receipt] = []
        for digest in self._writing.early_reports(message_id):
            raw = self._writing.original(digest)
            message = read_message(raw)
            came_back = read_report(raw, message, lambda each: each == message_id)
            if isinstance(came_back, DeliveryReport):
                how = self._circumstances(approved, message, digest, self._now)
                found += receipts_of(came_back, approved, message_id, how)
        return tuple(found)

    # --- Each record ----------------------------------------------------------------------------------------

    def _record(self, before: Submission, fresh: tuple[Receipt, ...], message: Message) -> None:
        tracked = track(before, fresh)
        detail = {"receipts": [_plain(each) for each in fresh], "from_message": message.message_id}
        if tracked.event is not None:
            self._writing.change(tracked.event, before, tracked.after, self._author, detail)
            _raise_alarm(self._writing, tracked)
            self.began_to_wait += tracked.event is Event.BOUNCED
            return
        changes = {"receipts": tracked.after.receipts, "unread": tracked.after.unread}
        self._writing.note(CAME_BACK, before.id, self._author, detail, changes)
        if tracked.contradicts:
            self._hold_anew(before.id, name_receipt(fresh[0], "ja"))

    def _hold_anew(self, number: int, news: str) -> None:
        """A mail left of which somebody stated that it had not: no approval given before that was known counts."""
        before = self._writing.submission(number)
        if may_follow(before.state, Event.REDRAFTED):
            known = dataclasses.replace(before, late_answer=news, released_draft="", due_at=None)
            drafted = redraft(known, self._in_force, self._writing, self._now)
            keep_contents(self._writing, drafted)
            self._writing.change(Event.REDRAFTED, before, drafted.submission, self._author, {})
        self._writing.raise_alarm(CONTRADICTION_ALARM, [], f"{number}：{news}")


def _raise_alarm(writing: Writing, tracked: Tracked) -> None:
    if tracked.event is Event.BOUNCED:
        writing.raise_alarm(BOUNCED_ALARM, [tracked.after.id], tell_apart(tracked.after))


def _plain(receipt: Receipt) -> dict[str, str]:
    """A receipt as an entry's detail holds it: only what it says."""
    fields = {
        "kind": receipt.kind.value,
        "recipient": receipt.recipient,
        "status": receipt.status,
        "text": receipt.text,
        "sender": receipt.sender,
        "at": receipt.at.isoformat(),
        "message_id": receipt.message_id,
        "mail": receipt.mail_sha256 or "",
    }
    return {name: text for name, text in fields.items() if text}
