"""Signs of another installation, or of an old backup: each stops the sending until a person resumes.

A mail that this store wrote is no sign, and neither is one that came before a person last resumed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from worker.approve.reevaluate import ActiveConfig, read_secret
from worker.authenticate.sender_auth import read_auth_headers
from worker.compose.mime_write import STORE_FIELD
from worker.core.addresses import domain_of
from worker.core.clock import Clock
from worker.core.errors import LogBroken
from worker.core.message_id import (
    IDENTITY_BYTES,
    alarm_message_id,
    alarm_number,
    bears_secret,
    is_made_with,
    is_own_message_id_form,
)
from worker.core.model import Address, Entry, HealthRecord, MessageRow, sha256
from worker.core.signs import Sign
from worker.core.states import Event, NoteEvent
from worker.read.message import Message, split_headers
from worker.send.smtp_verdicts import is_our_envid
from worker.store.ports import FOREIGN_MAIL, IDENTITY, Author, Store, Writing
from worker.store.signs import find_signs
from worker.track.reports import DeliveryReport, MailReply, ReadReceipt, ReturnedMail

_IDENTITY: Final = re.compile(rf"[0-9a-f]{{{2 * IDENTITY_BYTES}}}")


def find_sign(
    store: Store,
    active_config: ActiveConfig,
    row: MessageRow,
    message: Message,
    came_back: ReturnedMail,
    content: bytes,
) -> tuple[Sign, str] | None:
    """Returns what ``message`` is a sign of, with the Message-ID that it is about; None if it is none."""
    if written_by := _written_by(content):
        sign = _sign_of_telling(store, active_config, row, message, content, written_by)
        return (sign, message.message_id) if sign else None
    for message_id in _with_our_secret(store, active_config, message, came_back):
        if not was_tried(store, message_id):
            return Sign.UNKNOWN_MAIL, message_id
    return None


def note_sign(
    store: Store,
    writing: Writing,
    found: tuple[Sign, str],
    came_at: dt.datetime,
    content: bytes,
    author: Author,
) -> None:
    """Record it, unless the mail came before a person last resumed: what was unknown by then is dealt with."""
    resumed = last_resumed(store)
    if resumed is not None and came_at <= resumed.at:
        return
    _record(writing, *found, writing.keep("mail", content), author, _written_by(content))


def note_unknown_mails(store: Store, author: Author) -> None:
    """Record what came of a mail before a draft showed that this store's secret had made it."""
    if Sign.UNKNOWN_MAIL in (store.property(FOREIGN_MAIL) or "").split():
        return
    for entry in since_resumed(store, NoteEvent.REPORT_TOO_EARLY):
        message_id = str(entry.detail.get("message_id", ""))
        is_ours = bears_secret(message_id) and store.of_own_message(message_id) is not None
        if is_ours and not was_tried(store, message_id):
            with store.writing() as writing:
                _record(writing, Sign.UNKNOWN_MAIL, message_id, str(entry.detail.get("mail", "")), author)
            return


def since_resumed(store: Store, *events: NoteEvent) -> Iterator[Entry]:
    """The entries of these events about mails that came since a person last resumed."""
    resumed = last_resumed(store)
    for entry in store.entries(events=events, after=resumed.number if resumed else 0):
        came_at = entry.detail.get("came_at")  # an older program did not record it
        if resumed is None or not came_at or dt.datetime.fromisoformat(str(came_at)) > resumed.at:
            yield entry


def was_tried(store: Store, message_id: str) -> bool:
    """Returns whether the store records a try to send the mail of this Message-ID, of any former draft too."""
    found = store.of_own_message(message_id)
    if found is None:
        return False
    tries = store.entries(found.id, [Event.SEND_STARTED])
    return found.was_tried_as(message_id) or any(each.set.get("tried_as") == message_id for each in tries)


def _written_by(content: bytes) -> str:
    """The identity of the store that wrote this mail to people; empty if none says so."""
    said = split_headers(content)[0].first(STORE_FIELD.lower().encode()).strip().decode("ascii", "replace")
    return said if _IDENTITY.fullmatch(said) else ""


def _record(writing: Writing, sign: Sign, message_id: str, mail: str, author: Author, written_by: str = "") -> None:
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
    sender, secret = configuration.settings.contractor.email, read_secret(store)
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


def unlooked(store: Store, active_config: ActiveConfig, now: dt.datetime) -> tuple[str, ...]:
    """The mailboxes without a look that succeeded since a person last said to go on.

    One that the database never saw reached held back nothing before: it is to be tried once, well or not. If the clock
    was set back since, no look comes after that moment; that each start looks before it sends has to do.
    """
    resumed = last_resumed(store)
    if resumed is None or resumed.at > now:
        return ()
    looks = {name: store.look(f"mail:{name}") for name in active_config.configuration.settings.mailboxes}
    return tuple(name for name, look in looks.items() if not _is_tried(look, resumed.at))


def last_resumed(store: Store) -> Entry | None:
    """The entry of the last time that a person said to go on; None if no person ever did."""
    return next(iter(deque(store.entries(events=[NoteEvent.RESUMED]), maxlen=1)), None)


def _is_tried(look: HealthRecord | None, resumed_at: dt.datetime) -> bool:
    if look is None:
        return False
    tried_at = look.last_ok or look.last_error
    return tried_at is not None and tried_at > resumed_at


class SendingGate:
    """Says whether anything may be sent; of one process."""

    def __init__(self, store: Store, clock: Clock, author: Author) -> None:
        self._store = store
        self._clock = clock
        self._author = author
        self._has_looked_since_resumed = False
        self.awaits_first_looks: Callable[[], bool] = lambda: False
        """True if a mailbox that was not looked at since this process began may hold reports that are not read yet."""

    def is_open(self, active_config: ActiveConfig) -> bool:
        """Returns whether submissions may be sent. Raises LogBroken while a sign stands, until a person resumes.

        After a start each mailbox is first read for reports and copies. After a person resumed with an old database
        each is looked at whole: mails that left since may have come back as a report or as our own copy.
        """
        self._store.keep_secret_noted()
        note_unknown_mails(self._store, self._author)
        if signs := find_signs(self._store):
            self._has_looked_since_resumed = False
            raise LogBroken(signs[0], ", ".join(signs))
        if self.awaits_first_looks():  # a whole machine put back shows nothing of it but what lies in its mailbox
            return False
        if not self._has_looked_since_resumed and unlooked(self._store, active_config, self._clock.now()):
            return False
        self._has_looked_since_resumed = True
        return True


def mark_head(store: Store) -> None:
    """Note the head after a pass that wrote, unless an earlier note is ahead of the database; then the witness.

    In this order, so that a crash between them leaves the witness behind, which is no sign.
    """
    signs = {*find_signs(store)}
    if Sign.HEAD_UNREADABLE in signs:
        store.marked_head()  # raises what is wrong with it
    if Sign.BEHIND_HEAD not in signs and store.head() != store.marked_head():
        store.mark_head()
    if not signs:
        store.keep_witness()
