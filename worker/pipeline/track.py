"""track: a report, a reply or our own copy is matched to its submission, recorded, and changes its state if allowed.

Matched by ENVID, then by the returned Message-ID, then by any other of ours in it; our own copy by its own; never by
subject. A mail of an issuer's that names none, and has the subject of one of ours, its project or number, or is about
a key, is shown to a person with the newest such mail, and proves nothing. A failure that matches nothing becomes a task
of the newest mail to that address, if it was written to in the last days. Other foreign reports change nothing. One
about a mail with our secret that no try is recorded of is a sign of another installation or of an old backup: the
sending stops until a person resumes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Any, Final

from worker.approve.reevaluate import (
    ActiveConfig,
    evidence_of_mail,
    evidence_of_news,
    find_early,
    is_weighed,
    keep_contents,
    reevaluate,
    secret_of,
    treat_unread_as_missing,
)
from worker.audit.sent_log import receipt_detail
from worker.authenticate.sender_auth import is_signed_for, read_auth_headers
from worker.core.addresses import domain_of, is_within
from worker.core.alarms import alarm_fingerprint
from worker.core.message_id import alarm_message_id, alarm_number, bears_secret, is_made_with, is_own_message_id_form
from worker.core.messages.receipts import COPY_NEWS
from worker.core.model import Address, Disposition, Entry, MessageRow, Receipt, ReceiptKind, Sha256, Submission, sha256
from worker.core.params import Params, spell
from worker.core.signs import Sign
from worker.core.states import SAYS_UNSENT, STILL_JUDGED, AlarmCause, Event, NoteEvent, State
from worker.core.text import match_key
from worker.read.message import Message, read_message
from worker.send.smtp_verdicts import is_our_envid
from worker.store.ports import FOREIGN_MAIL, IDENTITY, Author, Reading, Store, Writing
from worker.track.dsn import DsnAction
from worker.track.events import (
    ALARMING,
    ENVELOPE,
    NOTHING,
    SERVER,
    ReportContext,
    ReportEffect,
    failed_addresses,
    is_of_issuer,
    receipts_of,
    track,
    track_again,
    unmatched_receipt,
)
from worker.track.own_copy import is_same_but_for_date, is_same_mail
from worker.track.reports import (
    TEXT_LIMIT,
    DeliveryReport,
    MailReply,
    NoReport,
    ReadReceipt,
    ReturnedMail,
    read_report,
    read_unthreaded,
)
from worker.views.preview import mask_key
from worker.watch.ports import InvoiceSnapshot

OWN_MESSAGE: Final = "own message"
BOUNCE_MAY_COME: Final = dt.timedelta(days=7)
"""Time in which a failure may be about a mail: servers try for five days (RFC 5321 §4.5.4.1), and clocks differ."""
ANSWER_MAY_COME: Final = dt.timedelta(days=60)
"""Time in which a mail of the issuer's that names none of ours may be about one: the time of most guarantees' start."""
NAME_LENGTH: Final = 6
"""Letters of a project's name from which it is found in a text: 「道路工事」 is in many."""
UNTHREADED_LIMIT: Final = 4
"""Receipts of one writer from which a further mail without a reference is only named in its row: he may be forged."""
AMONG_LIMIT: Final = 20
"""Submissions named as those that a failure may be about."""
UNMATCHED: Final = "unmatched"
"""In a message's row: a failure that names no mail."""
_NO_SUBMISSION: Final = re.compile(r"\.[ar]\d+@")
"""In the Message-ID of a mail to the operator, or of a rehearsal: it proves nothing of a submission."""
_CLOCKS_DIFFER: Final = dt.timedelta(hours=1)
"""By how much a server's clock may be behind ours."""
_SETTLED: Final = frozenset({State.DELIVERED, State.CONFIRMED, State.BOUNCED})
"""The states that say what became of the mail."""
_ALARM: Final = re.compile(r"\.a\d+@")
"""In the Message-ID of a mail to the operator."""
_TO_BE_SENT: Final = frozenset({State.HELD, State.APPROVED, State.SENDING})
PROVEN_BEFORE: Final = "a receipt that came before it was to be sent"


class OwnCopyEvidence(Enum):
    """The evidence of our own copies about a mail that is about to be sent."""

    NONE = auto()
    SAME = auto()
    """This very mail has left."""


class ReceiptTransaction:
    """One transaction's receipts."""

    def __init__(
        self, writing: Writing, active_config: ActiveConfig, invoices: InvoiceSnapshot, author: Author, now: dt.datetime
    ) -> None:
        self._writing = writing
        self._active_config = active_config
        self._invoices = invoices
        self._author = author
        self._now = now
        self.began_to_wait = 0
        """Number of submissions that came back by now: a person has to look."""

    def take(self, row: MessageRow, came_back: ReturnedMail, message: Message, content: bytes) -> MessageRow | None:
        """The ledger row of a mail about one of ours; None if it is about none."""
        if isinstance(came_back, NoReport):
            return None
        sender = self._active_config.configuration.settings.contractor.email
        message_id, submission = match_report(came_back, self._writing, sender)
        if submission is None:
            return self._keep_early(row, came_back, content)
        digest = self._writing.keep("mail", content)
        proof = self._proof(submission, came_back, message_id) or self._found_by_server(
            submission, came_back, row, content
        )
        how = self._circumstances(submission, message, digest, row.internal_date or self._now, proof)
        fresh = receipts_of(came_back, submission, message_id, how)
        self._record(submission, fresh, message)
        end = Disposition.REPLY if isinstance(came_back, MailReply) else Disposition.REPORT
        return dataclasses.replace(row, end=end, why=fresh[0].kind.value, sha256=digest, submissions=(submission.id,))

    def take_unmatched(
        self, row: MessageRow, came_back: ReturnedMail, message: Message, content: bytes
    ) -> MessageRow | None:
        """The ledger row of a failure that names an address we wrote to in the last days, and no mail of ours.

        It is recorded with the newest mail to that address. One that names no address at all, and no mail of others,
        is taken for a failure of the address whose domain it comes from: a person is told of that by the task alone.
        """
        if not isinstance(came_back, DeliveryReport | ReadReceipt) or not _says_failed(came_back):
            return None
        if any(_NO_SUBMISSION.search(each) for each in came_back.returned if self._is_of_our_form(each)):
            return None
        at = row.internal_date or self._now
        failed = failed_addresses(came_back)
        sender = self._active_config.configuration.settings.contractor.email.casefold()
        named = [each for each in came_back.named if each.casefold() != sender]  # 「送信元」 of a gateway's notice
        address, among = self._newest_to(failed or named, at)
        is_named = bool(among)
        if not among and not failed and not came_back.returned:
            address, among = self._newest_to(self._addresses_beside(message.senders), at)
        if not among:
            return None
        digest = self._writing.keep("mail", content)
        proof = self._found_by_server(among[0], came_back, row, content)
        receipt = unmatched_receipt(
            came_back, address, among, self._circumstances(among[0], message, digest, at, proof)
        )
        is_known = any((each.kind, each.recipient) == (receipt.kind, address) for each in among[0].delivery.unread)
        if not is_known:
            self._record(among[0], (receipt,), message, is_told_at_once=is_named)
        numbers = tuple(each.id for each in among)
        return dataclasses.replace(row, end=Disposition.REPORT, why=UNMATCHED, sha256=digest, submissions=numbers)

    def take_unthreaded(self, row: MessageRow, message: Message, content: bytes, *, is_about_key: bool) -> MessageRow:
        """The row of a mail that would be passed over: that of a reply if it may be an answer to a mail of ours.

        It is one if its writer is of the issuer and its subject has ours, or if it is from an address that we wrote to
        and names the project or number of one, or ``is_about_key``. It changes no state: a person reads it.
        """
        at = row.internal_date or self._now
        own = domain_of(self._active_config.configuration.settings.contractor.email)
        senders = [each for each in message.senders if domain_of(each) != own]
        beside = self._addresses_beside(senders)
        sent = [each for each in self._writing.written_to((*senders, *beside), AMONG_LIMIT) if _left_lately(each, at)]
        of_writer = [
            each for each in sent if set(map(str.casefold, senders)) & {*map(str.casefold, _recipients_of(each))}
        ]
        subject, text = match_key(message.subject), match_key("\n".join((message.subject, *message.texts)))
        found = (
            *(each for each in sent if _subject_of(each) in subject and self._is_of_issuer(each, senders)),
            *(each for each in of_writer if any(name in text for name in _names_of(each))),
            *(of_writer if is_about_key else ()),
        )
        about = next(iter(found), None)
        if about is None or about.composed.draft is None:
            return row
        digest = self._writing.keep("mail", content)
        how = self._circumstances(about, message, digest, at, NOTHING)
        (reply,) = receipts_of(read_unthreaded(message), about, about.composed.draft.message_id, how)
        said = how.mask(f"「{message.subject}」　{reply.text}")[:TEXT_LIMIT]
        known = (*about.delivery.unread, *about.delivery.receipts)
        if sum((each.kind, each.sender) == (reply.kind, reply.sender) for each in known) < UNTHREADED_LIMIT:
            self._record(about, (dataclasses.replace(reply, text=said),), message)
        return dataclasses.replace(
            row, end=Disposition.REPLY, why=reply.kind.value, sha256=digest, submissions=(about.id,)
        )

    def _is_of_issuer(self, submission: Submission, senders: Sequence[str]) -> bool:
        return is_of_issuer(senders, submission.composed.draft, self._addresses(submission))

    def _is_of_our_form(self, message_id: str) -> bool:
        return is_own_message_id_form(message_id, self._active_config.configuration.settings.contractor.email)

    def _newest_to(self, addresses: Sequence[str], at: dt.datetime) -> tuple[Address, tuple[Submission, ...]]:
        """The first of ``addresses`` that was written to in the days before ``at``, and what went to it, newest first.

        Mails that are known to have arrived, or not, come last.
        """
        sent = [each for each in self._writing.written_to(addresses, AMONG_LIMIT) if _left_before(each, at)]
        sent.sort(key=lambda each: (each.state in _SETTLED, -each.id))
        for address in addresses:
            for to in (to for each in sent for to in (each.composed.draft.recipients if each.composed.draft else ())):
                if to.casefold() == address.casefold():
                    among = [each for each in sent if each.composed.draft and to in each.composed.draft.recipients]
                    return to, tuple(among[:AMONG_LIMIT])
        return Address(""), ()

    def _addresses_beside(self, senders: Iterable[str]) -> tuple[str, ...]:
        """The addresses of the rules in the domain of a sender, or in one above its host; our own domain is none."""
        configuration = self._active_config.configuration
        domains = set(map(domain_of, senders)) - {domain_of(configuration.settings.contractor.email)}
        sections = [section for issuer in configuration.issuers.values() for section in issuer.sections.values()]
        addresses = (each for section in sections for each in section.to)
        return tuple(each for each in addresses if any(is_within(host, domain_of(each)) for host in domains))

    def take_copy(self, row: MessageRow, message: Message, content: bytes) -> MessageRow:
        """The ledger row of a mail of our own that came in: evidence if it is not known that it left, else a row.

        A mail that is about to be sent is compared in the moment when it would be: only then its bytes are known.
        """
        row = dataclasses.replace(row, end=Disposition.OWN, why=OWN_MESSAGE)
        found = self._writing.of_own_message(message.message_id)
        if found is None:
            return self._keep_early_copy(row, message, content)
        was_tried = found.was_tried_as(message.message_id)
        is_present = found.composed.draft is not None and found.composed.draft.message_id == message.message_id
        if _NO_SUBMISSION.search(message.message_id) or (was_tried and not is_present):
            return row
        if found.state in _TO_BE_SENT:
            row = self._keep_early_copy(row, message, content, found)
            if row.sha256 and (found.state is State.HELD or not is_present):
                self._hold_anew(found.id, evidence_of_mail("copy", row.sha256), COPY_NEWS)
            return row
        if was_tried and found.state is not State.IN_DOUBT and found.state not in SAYS_UNSENT:
            return row  # that it left is known
        letter = self._writing.original(found.delivery.letter_sha256) if found.delivery.letter_sha256 else b""
        if was_tried and not is_same_mail(content, letter):
            return self._note_other_copy(row, found, content)
        digest = self._writing.keep("mail", content)
        at = row.internal_date or self._now
        receipt = Receipt(ReceiptKind.COPY, at, message.message_id, mail_sha256=digest)
        self._record(found, (receipt,), message)
        return dataclasses.replace(row, sha256=digest, submissions=(found.id,))

    def _note_other_copy(self, row: MessageRow, found: Submission, content: bytes) -> MessageRow:
        """It bears our Message-ID and is not the mail that was handed over: no proof, and kept for a person."""
        digest = self._writing.keep("mail", content)
        self._writing.note(NoteEvent.OTHER_COPY, found.id, self._author, {"mail": digest})
        return dataclasses.replace(row, sha256=digest, submissions=(found.id,))

    def _keep_early_copy(
        self, row: MessageRow, message: Message, content: bytes, approved: Submission | None = None
    ) -> MessageRow:
        """A mail of ours that is not known to have left: an old backup was put back, or an answer was lost."""
        if _NO_SUBMISSION.search(message.message_id):
            return row
        digest = self._writing.keep("mail", content)
        number = approved.id if approved else None
        detail = {"message_id": message.message_id, "mail": digest, "came_at": self._came_at(row)}
        self._writing.note(NoteEvent.REPORT_TOO_EARLY, number, self._author, detail)
        return dataclasses.replace(row, why="early", sha256=digest)

    def _keep_early(self, row: MessageRow, came_back: ReturnedMail, content: bytes) -> MessageRow | None:
        """A report on a mail of our form that is not known here: an old backup was put back, and the mail had left.

        It is kept for the moment when the same notice, read again, is about to be sent.
        """
        if not isinstance(came_back, DeliveryReport):
            return None
        sender = self._active_config.configuration.settings.contractor.email
        local = came_back.envid.rpartition(".")[0]
        for message_id in (f"<{local}@{domain_of(sender)}>", *came_back.returned):
            if is_own_message_id_form(message_id, sender) and not _NO_SUBMISSION.search(message_id):
                digest = self._writing.keep("mail", content)
                detail = {"message_id": message_id, "mail": digest, "came_at": self._came_at(row)}
                self._writing.note(NoteEvent.REPORT_TOO_EARLY, None, self._author, detail)
                return dataclasses.replace(row, end=Disposition.REPORT, why="early", sha256=digest)
        return None

    def _came_at(self, row: MessageRow) -> str:
        return (row.internal_date or self._now).isoformat()

    def _proof(self, submission: Submission, came_back: ReturnedMail, message_id: str) -> str:
        """``envelope`` if a report bears what only the mail servers were told of this mail."""
        if not isinstance(came_back, DeliveryReport) or not submission.id:
            return ""
        return ENVELOPE if is_our_envid(secret_of(self._writing), message_id, came_back.envid) else ""

    def _found_by_server(self, submission: Submission, came_back: ReturnedMail, row: MessageRow, content: bytes) -> str:
        """``server`` if our own server found a writer of the issuer, of our mail server, or of our own."""
        settings = self._active_config.configuration.settings
        mailbox = settings.mailboxes.get(row.mailbox)
        to = submission.composed.draft.to if submission.composed.draft else ()
        allowed_senders = {*map(domain_of, to), domain_of(settings.contractor.email), settings.smtp.host}
        if isinstance(came_back, DeliveryReport) and came_back.is_enclosed:
            return ""  # the writer of the outer mail did not write the report
        auth_headers = read_auth_headers(content, mailbox.authserv_id if mailbox else "", row.internal_date)
        return SERVER if any(is_signed_for(auth_headers, root) for root in allowed_senders) else ""

    def _circumstances(
        self, submission: Submission, message: Message, digest: Sha256, at: dt.datetime, proof: str
    ) -> ReportContext:
        return ReportContext(
            message.senders,
            at,
            digest,
            self._addresses(submission),
            self._mask(submission),
            self._active_config.configuration.settings.smtp.copy_to,
            proof,
        )

    def _addresses(self, submission: Submission) -> tuple[str, ...]:
        """Those of every section of its issuer."""
        issuer = self._active_config.configuration.issuers.get(submission.destination.issuer or "")
        sections = issuer.sections.values() if issuer else ()
        return tuple(address for section in sections for address in section.to)

    def _mask(self, submission: Submission) -> Any:
        notice = self._writing.notice(submission.notice.pdf_sha256) if submission.notice.pdf_sha256 else None
        key = notice.key.clear if notice else ""
        return lambda text: mask_key(text, key)

    # --- Before it is sent ----------------------------------------------------------------------------------

    def follow_kept(self, approved: Submission) -> bool:
        """Returns whether an earlier report proves that this very mail left: then it is recorded, and not sent."""
        early = self._early(approved)
        if not early and not approved.delivery.receipts:
            return False
        tracked = track(approved, early)
        if tracked.event is None:
            tracked = track_again(approved)
        if tracked.event is None:
            return False
        detail = {"why": PROVEN_BEFORE, "receipts": [receipt_detail(each) for each in early]}
        self._writing.change(tracked.event, approved, tracked.after, self._author, detail)
        _raise_alarm(self._writing, tracked)
        return True

    def follow_copy(self, approved: Submission, write: Callable[[dt.datetime], bytes]) -> OwnCopyEvidence | str:
        """Returns what copies of our own that came earlier say of ``approved``.

        ``write`` gives its bytes by date.

        The very mail: it is recorded as sent, and is not to be sent again. Another mail under this Message-ID, or this
        very one if the PDF is enough to write it: the detail of MAYBE_SENT, until a person has answered it.
        """
        message_id = approved.composed.draft.message_id if approved.composed.draft else ""
        is_known_to_us_alone = bears_secret(message_id) or approved.was_tried_as(message_id)
        came: OwnCopyEvidence | str = OwnCopyEvidence.NONE
        for digest in self._writing.early_reports(message_id):
            raw = self._writing.original(digest)
            message = read_message(raw)
            if message.message_id != message_id:
                continue
            is_same = is_same_but_for_date(raw, message.date, write)
            if not is_same or not is_known_to_us_alone:
                if not is_weighed(approved, digest):
                    came = evidence_of_mail("copy" if is_same else "other_copy", digest)
                continue
            receipt = Receipt(ReceiptKind.COPY, self._now, message_id, mail_sha256=digest)
            tracked = track(approved, (receipt,))
            if tracked.event is None:  # a rehearsal, or a draft that has another name by now
                continue
            detail = {"why": PROVEN_BEFORE, "receipts": [receipt_detail(receipt)]}
            self._writing.change(tracked.event, approved, tracked.after, self._author, detail)
            return OwnCopyEvidence.SAME
        return came

    def unproven(self, approved: Submission) -> str:
        """Detail of MAYBE_SENT for a mail that came early and proves nothing; empty: none, or all are answered."""
        return find_early(approved, self._writing)

    def _early(self, approved: Submission) -> tuple[Receipt, ...]:
        """Returns what reports say that came before this mail was known here."""
        message_id = approved.composed.draft.message_id if approved.composed.draft else ""
        found: list[Receipt] = []
        for digest in self._writing.early_reports(message_id):
            raw = self._writing.original(digest)
            message = read_message(raw)
            came_back = read_report(raw, message, lambda each: each == message_id)
            if isinstance(came_back, DeliveryReport):
                proof = self._proof(approved, came_back, message_id)
                how = self._circumstances(approved, message, digest, self._now, proof)
                found += receipts_of(came_back, approved, message_id, how)
        return tuple(found)

    # --- Each record ----------------------------------------------------------------------------------------

    def _record(
        self, before: Submission, fresh: tuple[Receipt, ...], message: Message, *, is_told_at_once: bool = True
    ) -> None:
        tracked = track(before, fresh)
        detail = {"receipts": [receipt_detail(each) for each in fresh], "from_message": message.message_id}
        if tracked.event is not None:
            self._writing.change(tracked.event, before, tracked.after, self._author, detail)
            _raise_alarm(self._writing, tracked)
            self.began_to_wait += tracked.event is Event.BOUNCED
            self._tell_news(before, tracked.after, is_told_at_once=is_told_at_once)
            return
        changes = {"receipts": tracked.after.delivery.receipts, "unread": tracked.after.delivery.unread}
        self._writing.note(NoteEvent.CAME_BACK, before.id, self._author, detail, changes)
        self._tell_news(before, tracked.after, is_told_at_once=is_told_at_once and tracked.contradicts is None)
        if (news := tracked.contradicts) is not None:
            evidence = evidence_of_news(news.kind.value, news.recipient or news.sender, news.at)
            self._hold_anew(before.id, evidence, Params(**receipt_detail(news)))

    def _tell_news(self, before: Submission, after: Submission, *, is_told_at_once: bool) -> None:
        """A mail may not have arrived, or a machine says of it what is not understood: a task, and told at once."""
        fresh = [each for each in after.delivery.unread if each not in before.delivery.unread and each.kind in ALARMING]
        self.began_to_wait += bool(fresh)
        for each in fresh if is_told_at_once else ():
            self._writing.raise_alarm(AlarmCause.NEWS, [], f"{after.id}: {spell(Params(**receipt_detail(each)))}")

    def _hold_anew(self, number: int, evidence: str, news: Params) -> None:
        """Hold a submission whose mail may have left although the record says no: earlier approvals do not count."""
        before = self._writing.submission(number)
        if before.state in STILL_JUDGED:
            event = Event.HELD if before.state is State.APPROVED else Event.REDRAFTED
            known = dataclasses.replace(
                before,
                delivery=dataclasses.replace(before.delivery, late_answer=evidence),
                approval=dataclasses.replace(before.approval, released_draft="", due_at=None),
            )
            invoices = treat_unread_as_missing(self._invoices)
            drafted = reevaluate(known, self._active_config, invoices, self._writing, self._now)
            keep_contents(self._writing, drafted)
            self._writing.change(event, before, drafted.submission, self._author, {})
            self.began_to_wait += before.state is State.APPROVED
        self._writing.raise_alarm(AlarmCause.CAME_BACK, [], f"{number}: {spell(news)}")


def find_ours(came_back: ReturnedMail, message: Message, reading: Reading, sender: Address) -> Submission | None:
    """The submission that a mail is about: it came back from it, or is its own copy."""
    if not isinstance(came_back, NoReport):
        return match_report(came_back, reading, sender)[1]
    return reading.of_own_message(message.message_id) if message.message_id else None


def match_report(
    came_back: DeliveryReport | ReadReceipt | MailReply, reading: Reading, sender: Address
) -> tuple[str, Submission | None]:
    """The Message-ID of ours that it names, and the submission whose mail bears it."""
    ids: tuple[str, ...]
    match came_back:
        case DeliveryReport(envid, returned):
            ids = (reading.own_message_of(envid), *returned)
        case ReadReceipt(returned):
            ids = returned
        case MailReply(references):
            ids = references
    for message_id in filter(None, ids):
        if _ALARM.search(message_id) and is_own_message_id_form(message_id, sender):
            return "", None  # our mail to people came back; its text may name a submission's
        if (found := reading.of_own_message(message_id)) is not None:
            return message_id, found
    return "", None


def _raise_alarm(writing: Writing, tracked: ReportEffect) -> None:
    if tracked.event is Event.BOUNCED:
        writing.raise_alarm(AlarmCause.BOUNCED, [tracked.after.id], alarm_fingerprint(tracked.after))


def _says_failed(report: DeliveryReport | ReadReceipt) -> bool:
    if isinstance(report, ReadReceipt):
        return not report.is_displayed
    return not report.blocks or any(each.action is DsnAction.FAILED for each in report.blocks)


def _left_before(submission: Submission, at: dt.datetime, within: dt.timedelta = BOUNCE_MAY_COME) -> bool:
    left = submission.delivery.sent_at or submission.delivery.first_date
    return left is not None and -within <= left - at <= _CLOCKS_DIFFER


def _left_lately(submission: Submission, at: dt.datetime) -> bool:
    return _left_before(submission, at, ANSWER_MAY_COME)


def _recipients_of(submission: Submission) -> tuple[Address, ...]:
    return submission.composed.draft.recipients if submission.composed.draft else ()


def _names_of(submission: Submission) -> tuple[str, ...]:
    """Returns the match keys of its contract number and project; short ones stand in any text."""
    names = (submission.notice.contract_number or "", submission.destination.project_name)
    return tuple(key for key in map(match_key, names) if len(key) >= NAME_LENGTH)


def _subject_of(submission: Submission) -> str:
    """Returns the match key of the mail's subject; a mail without one answers nothing."""
    return match_key(submission.composed.draft.subject if submission.composed.draft else "") or "\0"


# --- Signs of another installation ---------------------------------------------------------------------------


def find_sign(
    store: Store,
    active_config: ActiveConfig,
    row: MessageRow,
    message: Message,
    came_back: ReturnedMail,
    content: bytes,
    written_by: str,
) -> tuple[Sign, str] | None:
    """Returns what ``message`` is a sign of, with the Message-ID that it is about; None if it is none.

    A mail that this store wrote is no sign. ``written_by`` is the identity of the store that wrote a mail to people.
    """
    if written_by:
        sign = _sign_of_telling(store, active_config, row, message, content, written_by)
        return (sign, message.message_id) if sign else None
    for message_id in _with_our_secret(store, active_config, message, came_back):
        if not is_try_recorded(store, message_id):
            return Sign.UNKNOWN_MAIL, message_id
    return None


def note_sign(
    store: Store,
    writing: Writing,
    found: tuple[Sign, str],
    came_at: dt.datetime,
    content: bytes,
    author: Author,
    written_by: str,
) -> None:
    """Record it, unless the mail came before a person last resumed: what was unknown by then is dealt with."""
    resumed = last_resumed(store)
    if resumed is not None and came_at <= resumed.at:
        return
    record_sign(writing, *found, writing.keep("mail", content), author, written_by)


def since_resumed(store: Store, *events: NoteEvent) -> Iterator[Entry]:
    """The entries of these events about mails that came since a person last resumed."""
    resumed = last_resumed(store)
    for entry in store.entries(events=events, after=resumed.number if resumed else 0):
        came_at = entry.detail.get("came_at")  # an older program did not record it
        if resumed is None or not came_at or dt.datetime.fromisoformat(str(came_at)) > resumed.at:
            yield entry


def is_try_recorded(store: Store, message_id: str) -> bool:
    """Returns whether the store records a try to send the mail of this Message-ID, of any former draft too."""
    found = store.of_own_message(message_id)
    if found is None:
        return False
    tries = store.entries(found.id, [Event.SEND_STARTED])
    return found.was_tried_as(message_id) or any(each.set.get("tried_as") == message_id for each in tries)


def last_resumed(store: Store) -> Entry | None:
    """The entry of the last time that a person said to go on; None if no person ever did."""
    return next(iter(deque(store.entries(events=[NoteEvent.RESUMED]), maxlen=1)), None)


def record_sign(writing: Writing, sign: Sign, message_id: str, mail: str, author: Author, written_by: str = "") -> None:
    """Record that a mail is a sign, and stop the sending."""
    known = (writing.property(FOREIGN_MAIL) or "").split()
    writing.set_property(FOREIGN_MAIL, " ".join(dict.fromkeys((*known, sign))))
    detail = {"sign": sign, "message_id": message_id, "mail": mail}
    writing.note(NoteEvent.FOREIGN_MAIL, None, author, detail | ({"store": written_by} if written_by else {}))


def _sign_of_telling(
    store: Store, active_config: ActiveConfig, row: MessageRow, message: Message, content: bytes, written_by: str
) -> Sign | None:
    """Of a mail to people: that another store wrote it, or a copy of this one did.

    One that our own server found to be of another sender is none: a stranger would stop the sending with it.
    """
    settings = active_config.configuration.settings
    senders = {*map(domain_of, message.senders)}
    if senders != {domain_of(settings.contractor.email)} or _wrote_telling(store, message.message_id):
        return None
    mailbox = settings.mailboxes.get(row.mailbox)
    if read_auth_headers(content, mailbox.authserv_id if mailbox else "", row.internal_date).findings.is_refused:
        return None
    own = store.property(IDENTITY)
    return Sign.COPY_ELSEWHERE if written_by == own else Sign.OTHER_INSTALLATION


def _wrote_telling(store: Store, message_id: str) -> bool:
    """Returns whether this store wrote it, also if the next try of the same news bore another alarm's number."""
    if store.by_message_id(message_id):
        return True
    number = alarm_number(message_id)
    alarm = None if number is None else store.alarm(number)
    if alarm is None:
        return False
    sender = Address(message_id.strip("<>"))
    return message_id == alarm_message_id(alarm.id, alarm.created_at, sender)


def _with_our_secret(
    store: Store, active_config: ActiveConfig, message: Message, came_back: ReturnedMail
) -> Iterator[str]:
    """Each Message-ID that only this store's secret makes, of the mail itself or of the mail that it is about.

    A Message-ID that the store gave a draft is one; of another one its form says nothing, and the PDFs of the mail, or
    the envelope id of a report, must show it.
    """
    configuration = active_config.configuration
    sender, secret = configuration.settings.contractor.email, secret_of(store)
    named = [message.message_id]
    match came_back:
        case DeliveryReport(envid, returned):
            local = f"<{envid.rpartition('.')[0]}@{domain_of(sender)}>"
            if bears_secret(local) and is_our_envid(secret, local, envid):
                yield local
            named += returned
        case ReadReceipt(returned):
            named += returned
        case MailReply(references):
            named += references
        case _:
            pass
    for each in dict.fromkeys(named):
        if not bears_secret(each) or not is_own_message_id_form(each, sender):
            continue
        pdfs = [sha256(pdf.content) for pdf in message.pdfs] if each == message.message_id else []
        if store.of_own_message(each) is not None or is_made_with(secret, each, pdfs, configuration.issuers.keys()):
            yield each
