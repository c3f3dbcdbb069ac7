"""What may be asked both of the last commit and of an open transaction, and what only the last commit is asked.

The promise: one method, one statement, one snapshot; a list that may be long is fetched in blocks. It writes nothing.

Longer than other files: each statement is read beside the one that it must agree with.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import heapq
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import bindparam

from worker.audit.chain import encodable
from worker.core.errors import LogBroken, NotAllowed
from worker.core.model import (
    Address,
    Alarm,
    End,
    Entry,
    FileRow,
    Look,
    MessageRow,
    Notice,
    Product,
    Sha256,
    Submission,
    sha256,
)
from worker.core.rulebook import OFFICE
from worker.core.states import NoteEvent, State
from worker.core.waits import is_over
from worker.store.sqlite.entries import select_block, to_entry
from worker.store.sqlite.overview import OverviewReads
from worker.store.sqlite.ready import Ready
from worker.store.sqlite.rows import decode, decode_notice
from worker.store.sqlite.schema import (
    ALARMS,
    ENTRIES,
    FILES,
    LOOKS,
    MESSAGES,
    NOTICES,
    ORIGINALS,
    OWN_MESSAGE_IDS,
    PROPERTIES,
    SENT_TO,
    SENT_WITH,
    SUBMISSIONS,
)

_ROW: Final = SUBMISSIONS.c.row
_BY_ID: Final = Ready(sa.select(_ROW).where(SUBMISSIONS.c.id == bindparam("id")))
_BOUND: Final = sa.func.json_extract(ENTRIES.c.body, "$.set.bound_project")
_BLOCK: Final = 500
ACCEPTANCE: Final = "2[0-9][0-9]*"
"""How the reply of a server begins that took a mail; why there was no reply is kept in the same place, in words."""
# Not sorted there: for the order SQLite would go through all messages of the mailbox instead of the index.
_KNOWN_SELECT: Final = sa.select(MESSAGES.c.row).where(
    MESSAGES.c.mailbox == bindparam("mailbox"), MESSAGES.c.message_id == bindparam("message_id")
)
_KNOWN: Final = Ready(_KNOWN_SELECT)
_KNOWN_OF_SIZE: Final = Ready(_KNOWN_SELECT.where(MESSAGES.c.size == bindparam("size")))


def select_by(column: sa.Column[Any]) -> sa.Select[Any]:
    """The submissions with ``value`` in this column, by id."""
    return sa.select(_ROW).where(column == bindparam("value")).order_by(SUBMISSIONS.c.id)


_BY_PDF: Final = Ready(select_by(SUBMISSIONS.c.pdf_sha256))
# Sorted afterwards: the index names the projects of a number, and stands in their order.
_BY_NUMBER: Final = Ready(sa.select(_ROW).where(SUBMISSIONS.c.contract_number == bindparam("value")))
_BY_SOURCE: Final = Ready(select_by(SUBMISSIONS.c.source_message_id))
_AWAITED: Final = Ready(select_by(SUBMISSIONS.c.guarantor).where(SUBMISSIONS.c.state == State.ANNOUNCED.value))
_NEWEST_NOTICES: Final = Ready(
    sa.select(_ROW)
    .where(SUBMISSIONS.c.guarantor == bindparam("guarantor"), SUBMISSIONS.c.pdf_sha256.is_not(None))
    .order_by(SUBMISSIONS.c.id.desc())
    .limit(bindparam("count"))
)
_BINDING: Final = Ready(
    sa.select(_BOUND)
    .select_from(SUBMISSIONS.join(ENTRIES, ENTRIES.c.submission == SUBMISSIONS.c.id))
    .where(SUBMISSIONS.c.contract_number == bindparam("number"))
    .where(SUBMISSIONS.c.guarantor == bindparam("guarantor"))
    .where(SUBMISSIONS.c.product == bindparam("product"))
    .where(_BOUND.is_not(None))
    .order_by(ENTRIES.c.number.desc())
    .limit(1)
)
_NOTICE: Final = Ready(sa.select(NOTICES.c.row).where(NOTICES.c.pdf_sha256 == bindparam("pdf")))
_ORIGINAL: Final = Ready(sa.select(ORIGINALS.c.content).where(ORIGINALS.c.sha256 == bindparam("digest")))
_LOOK: Final = Ready(sa.select(LOOKS.c.row).where(LOOKS.c.name == bindparam("name")))
# A row of an older program may name a mail of which a person alone said that it left: no server's 250 stands there.
_SENT_TO: Final = Ready(
    sa.select(SENT_TO.c.submission)
    .select_from(SENT_TO.join(SUBMISSIONS, SUBMISSIONS.c.id == SENT_TO.c.submission))
    .where(SENT_TO.c.address == bindparam("address"))
    .where(SUBMISSIONS.c.issuer == bindparam("issuer"), SUBMISSIONS.c.section == bindparam("section"))
    .where(sa.or_(SUBMISSIONS.c.section != OFFICE, SUBMISSIONS.c.project == bindparam("project")))
    .where(sa.func.json_extract(_ROW, "$.reply").op("GLOB")(ACCEPTANCE))
    .limit(1)
)
_CARRIED: Final = Ready(
    sa.select(_ROW)
    .select_from(SENT_WITH.join(SUBMISSIONS, SUBMISSIONS.c.id == SENT_WITH.c.submission))
    .where(SENT_WITH.c.sha256 == bindparam("digest"))
    .order_by(SENT_WITH.c.submission)
)
_LAST_SENT_SELECT: Final = (
    sa.select(_ROW)
    .where(SUBMISSIONS.c.issuer == bindparam("issuer"), SUBMISSIONS.c.product == bindparam("product"))
    .where(SUBMISSIONS.c.is_amended == bindparam("is_amended"), SUBMISSIONS.c.sent_at.is_not(None))
    .order_by(SUBMISSIONS.c.sent_at.desc())
    .limit(1)
)
_LAST_SENT: Final = Ready(_LAST_SENT_SELECT)
_LAST_SENT_TO_SECTION: Final = Ready(_LAST_SENT_SELECT.where(SUBMISSIONS.c.section == bindparam("section")))
# Written out as in the index, which is not used otherwise. What a person handed in in place of a mail followed no rule.
_LAST_HANDED_OVER_SELECT: Final = (
    sa.select(_ROW)
    .where(SUBMISSIONS.c.issuer == bindparam("issuer"), SUBMISSIONS.c.product == bindparam("product"))
    .where(SUBMISSIONS.c.is_amended == bindparam("is_amended"), SUBMISSIONS.c.sent_at.is_(None))
    .where(sa.text("state IN ('HANDED_OVER', 'CONFIRMED') AND json_extract(\"row\", '$.channel') != 'email'"))
    .order_by(SUBMISSIONS.c.id.desc())
    .limit(1)
)
_LAST_HANDED_OVER: Final = Ready(_LAST_HANDED_OVER_SELECT)
_LAST_HANDED_OVER_TO_SECTION: Final = Ready(
    _LAST_HANDED_OVER_SELECT.where(SUBMISSIONS.c.section == bindparam("section"))
)
_OF_PROJECT: Final = Ready(
    sa.select(_ROW)
    .where(SUBMISSIONS.c.project == bindparam("project"), SUBMISSIONS.c.product == bindparam("product"))
    .order_by(SUBMISSIONS.c.id)
)
_OF_OWN_MESSAGE: Final = Ready(
    sa.select(_ROW)
    .select_from(OWN_MESSAGE_IDS.join(SUBMISSIONS, SUBMISSIONS.c.id == OWN_MESSAGE_IDS.c.submission))
    .where(OWN_MESSAGE_IDS.c.message_id == bindparam("message_id"))
)
_OWN_MESSAGE_OF: Final = Ready(
    sa.select(OWN_MESSAGE_IDS.c.message_id)
    .where(OWN_MESSAGE_IDS.c.message_id >= bindparam("first"), OWN_MESSAGE_IDS.c.message_id < bindparam("last"))
    .limit(1)
)
_WRITTEN_TO: Final = Ready(
    sa.select(_ROW)
    .select_from(SENT_TO.join(SUBMISSIONS, SUBMISSIONS.c.id == SENT_TO.c.submission))
    .where(SENT_TO.c.address == bindparam("address"))
    .order_by(SENT_TO.c.submission.desc())
    .limit(bindparam("count"))
)
_NEWEST_OF_STATE: Final = Ready(
    sa.select(_ROW)
    .where(SUBMISSIONS.c.state == bindparam("state"))
    .order_by(SUBMISSIONS.c.id.desc())
    .limit(bindparam("count"))
)
_MAY_NOT_HAVE_ARRIVED: Final = (State.IN_DOUBT, State.BOUNCED)
"""Submissions of these states stand in no index by address."""
_EARLY: Final = Ready(
    sa.select(sa.func.json_extract(ENTRIES.c.body, "$.detail.mail"))
    # Written out as in the index, which is not used otherwise.
    .where(
        sa.text(f"event = '{NoteEvent.REPORT_TOO_EARLY}' AND json_extract(body, '$.detail.message_id') = :message_id")
    )
    .order_by(ENTRIES.c.number)
)
_OURS: Final = Ready(
    sa.select(OWN_MESSAGE_IDS.c.message_id)
    .where(OWN_MESSAGE_IDS.c.message_id == bindparam("message_id"))
    .union_all(sa.select(ALARMS.c.message_id).where(ALARMS.c.message_id == bindparam("message_id")))
)


_DUE_AFTER: Final = Ready(
    # Written out as in the index, which is not used otherwise.
    sa.select(MESSAGES.c.row).where(
        MESSAGES.c.mailbox == bindparam("mailbox"), sa.text("json_extract(\"row\", '$.is_after_due') = 1")
    )
)
_COUNT_MESSAGES: Final = Ready(
    sa.select(sa.func.count()).where(MESSAGES.c.mailbox == bindparam("mailbox"), MESSAGES.c.end == bindparam("end"))
)
_OF_CONTENT: Final = Ready(sa.select(FILES.c.row).where(FILES.c.sha256 == bindparam("digest")))
_PROPERTY: Final = Ready(sa.select(PROPERTIES.c.value).where(PROPERTIES.c.name == bindparam("name")))


class Reads(ABC):
    """``ports.Reading``, over whatever ``_rows`` reads from."""

    @abstractmethod
    def _rows(self, statement: Ready | sa.Executable, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """All rows of one statement. Raises Unavailable, LogBroken."""

    def _scalar(self, statement: Ready | sa.Executable, values: Mapping[str, Any] | None = None) -> Any:
        rows = self._rows(statement, values)
        return rows[0][0] if rows else None

    def _all(self, statement: Ready, value: str) -> tuple[Submission, ...]:
        return tuple(decode(Submission, row[0]) for row in self._rows(statement, {"value": encodable(value)}))

    def submission(self, number: int) -> Submission:
        """Raises NotAllowed ``no_such_submission``."""
        row = self._scalar(_BY_ID, {"id": number})
        if row is None:
            raise NotAllowed("no_such_submission", id=str(number))
        return decode(Submission, row)

    def by_pdf(self, pdf: Sha256) -> tuple[Submission, ...]:
        """Submissions of exactly this file, by id."""
        return self._all(_BY_PDF, pdf)

    def by_number(self, contract_number: str) -> tuple[Submission, ...]:
        """Submissions under this contract number, by id."""
        return tuple(sorted(self._all(_BY_NUMBER, contract_number), key=lambda each: each.id))

    def by_source_message(self, message_id: str) -> tuple[Submission, ...]:
        """Submissions that came of a mail with this Message-ID, by id."""
        return self._all(_BY_SOURCE, message_id)

    def awaited(self, guarantor: str) -> tuple[Submission, ...]:
        """The announcements of this guarantor whose notices are not here (ANNOUNCED), by id."""
        return self._all(_AWAITED, guarantor)

    def newest_notices(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        """The last ``count`` submissions of this guarantor that have a PDF, the newest first."""
        rows = self._rows(_NEWEST_NOTICES, {"guarantor": encodable(guarantor), "count": count})
        return tuple(decode(Submission, row[0]) for row in rows)

    def notice(self, pdf: Sha256) -> Notice | None:
        """The fields once read from this PDF."""
        row = self._scalar(_NOTICE, {"pdf": pdf})
        return None if row is None else decode_notice(row)

    def original(self, digest: Sha256) -> bytes:
        """The bytes kept under this hash. Raises LogBroken where they are missing or differ."""
        content = self._scalar(_ORIGINAL, {"digest": digest})
        if content is None:
            raise LogBroken("original_missing", digest)
        if not isinstance(content, bytes) or sha256(content) != digest:  # no bytes: the file was changed by hand
            raise LogBroken("original_differs", digest)
        return content

    def bound_project(self, guarantor: str, contract_number: str, product: Product) -> str | None:
        """The project to which a person's approval last bound this number of this guarantor, as this product's."""
        asked = {"guarantor": guarantor, "number": contract_number, "product": product.value}
        found: str | None = self._scalar(_BINDING, asked)
        return found

    def property(self, name: str) -> str | None:
        """The store's single value of this name, None where it was never set."""
        found: str | None = self._scalar(_PROPERTY, {"name": name})
        return found

    def was_sent_to(self, address: Address, issuer: str, section: str, project: str) -> bool:
        """Whether the server's 250 is recorded for a mail to this address as this section of this issuer.

        The office of a project counts for that project alone. No rehearsal counts, nor what came back, nor what a
        person recorded as sent or handed in.
        """
        asked = {"address": address, "issuer": issuer, "section": section, "project": project}
        return bool(self._rows(_SENT_TO, {name: encodable(value) for name, value in asked.items()}))

    def last_sent(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        """The submission to this issuer (to this section of it, where given) that was sent last, under that rule."""
        statement = _LAST_SENT_TO_SECTION if section else _LAST_SENT
        return self._last(statement, issuer, product, section, int(is_amended))

    def last_handed_over(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        """The newest that people hand in, or handed in, to this issuer (this section of it) under that rule."""
        statement = _LAST_HANDED_OVER_TO_SECTION if section else _LAST_HANDED_OVER
        return self._last(statement, issuer, product, section, int(is_amended))

    def _last(
        self, statement: Ready, issuer: str, product: Product, section: str, is_amended: int
    ) -> Submission | None:
        values = {"issuer": issuer, "product": product.value, "is_amended": is_amended}
        row = self._scalar(statement, {**values, "section": section} if section else values)
        return None if row is None else decode(Submission, row)

    def carried(self, digest: Sha256) -> tuple[Submission, ...]:
        """Submissions that left, or may have left, with this attachment, by id; no rehearsal counts."""
        return tuple(decode(Submission, row[0]) for row in self._rows(_CARRIED, {"digest": digest}))

    def of_project(self, project: str, product: Product) -> tuple[Submission, ...]:
        """Submissions of this product that stand with this project, by id."""
        rows = self._rows(_OF_PROJECT, {"project": encodable(project), "product": product.value})
        return tuple(decode(Submission, row[0]) for row in rows)

    def of_own_message(self, message_id: str) -> Submission | None:
        """The submission whose mail bears, or bore, this Message-ID; None where it is none of ours."""
        row = self._scalar(_OF_OWN_MESSAGE, {"message_id": encodable(message_id)})
        return None if row is None else decode(Submission, row)

    def own_message_of(self, envid: str) -> str:
        """The Message-ID of the mail that went, or goes, under this envelope id; empty where it is none of ours."""
        local, _, rest = envid.rpartition(".")
        tries = rest.partition("-")[0]  # behind it stands the HMAC, where it has one
        if not local or not (tries.isascii() and tries.isdigit()):
            return ""
        # ``A`` is the letter behind ``@``: everything between the two begins with this local part.
        found = self._scalar(_OWN_MESSAGE_OF, {"first": encodable(f"<{local}@"), "last": encodable(f"<{local}A")})
        return found or ""

    def written_to(self, addresses: Sequence[str], count: int) -> tuple[Submission, ...]:
        """Submissions whose mail left, or may have left, to one of these addresses, the newest first.

        At most ``count`` of each address, which may be written in whatever letters.
        """
        found: dict[int, Submission] = {}
        spelled = dict.fromkeys(form for address in addresses for form in _spellings(address))
        for address in spelled:
            found |= _by_id(self._rows(_WRITTEN_TO, {"address": encodable(address), "count": count}))
        for state in _MAY_NOT_HAVE_ARRIVED if spelled else ():
            found |= _by_id(self._rows(_NEWEST_OF_STATE, {"state": state.value, "count": count}))
        wanted = {each.casefold() for each in addresses}
        sent = (found[number] for number in sorted(found, reverse=True))
        return tuple(
            each
            for each in sent
            if each.may_have_left and each.draft and wanted & {to.casefold() for to in each.draft.recipients}
        )

    def early_reports(self, message_id: str) -> tuple[Sha256, ...]:
        """Reports on this Message-ID, kept as originals, that came before any mail of ours was known to bear it."""
        return tuple(Sha256(row[0]) for row in self._rows(_EARLY, {"message_id": encodable(message_id)}))


def _spellings(address: str) -> tuple[str, str, str]:
    """An address as servers hand it back: as it was written, its domain in small letters, all in small letters."""
    local, _, domain = address.rpartition("@")
    return address, f"{local}@{domain.lower()}", address.lower()


def _by_id(rows: Iterable[Any]) -> dict[int, Submission]:
    decoded = (decode(Submission, row[0]) for row in rows)
    return {each.id: each for each in decoded}


class StoreReads(OverviewReads, Reads):
    """The reading part of ``ports.Store``."""

    def due(self, now: dt.datetime) -> tuple[int, ...]:
        """Ids of the APPROVED whose moment has come, in order of that moment.

        Also of those that were changed later than now: the clock was set back since.
        """
        changed_at = sa.func.json_extract(SUBMISSIONS.c.row, "$.updated_at").label("changed_at")
        approved = sa.select(SUBMISSIONS.c.id, SUBMISSIONS.c.due_at, changed_at).where(
            SUBMISSIONS.c.state == State.APPROVED.value, SUBMISSIONS.c.due_at.is_not(None)
        )
        # Compared as times: as texts 10:00:00.5 comes before 10:00:00+09:00.
        moments = (
            (dt.datetime.fromisoformat(row.due_at), row.id, dt.datetime.fromisoformat(row.changed_at))
            for row in self._rows(approved)
        )
        return tuple(number for due_at, number, changed in sorted(moments) if is_over(changed, due_at, now))

    def untold(self) -> tuple[int, ...]:
        """Ids of the APPROVED without a moment to leave at: a person is to be told first."""
        without = sa.select(SUBMISSIONS.c.id).where(
            SUBMISSIONS.c.state == State.APPROVED.value, SUBMISSIONS.c.due_at.is_(None)
        )
        return tuple(row.id for row in self._rows(without.order_by(SUBMISSIONS.c.id)))

    def by_message_id(self, message_id: str) -> bool:
        """Whether a mail of our own (submission, rehearsal, alarm) bears this Message-ID."""
        return bool(message_id) and bool(self._rows(_OURS, {"message_id": encodable(message_id)}))

    def messages(self, mailbox: str, *ends: End) -> Iterator[MessageRow]:
        """The ledger of a mailbox, by UIDVALIDITY and UID; what is recorded meanwhile may or may not be in it."""
        chosen = sa.select(MESSAGES.c.row).where(MESSAGES.c.mailbox == mailbox)
        # Where only some ends are wanted, their index must serve, not the order: 100,000 messages have other ends.
        validity, uid = (column + 0 if ends else column for column in (MESSAGES.c.uidvalidity, MESSAGES.c.uid))
        if ends:
            chosen = chosen.where(MESSAGES.c.end.in_([end.value for end in ends]))
        chosen = chosen.order_by(validity, uid).limit(_BLOCK)
        last = (-1, -1)
        while rows := self._rows(chosen.where(sa.or_(validity > last[0], sa.and_(validity == last[0], uid > last[1])))):
            for row in rows:
                message = decode(MessageRow, row[0])
                yield message
                last = (message.uidvalidity, message.uid)

    def count_messages(self, mailbox: str, end: End) -> int:
        """How many messages of a mailbox have this end."""
        return int(self._scalar(_COUNT_MESSAGES, {"mailbox": mailbox, "end": end.value}))

    def last_uid(self, mailbox: str, uidvalidity: int) -> int:
        """The highest UID with a row, or 0."""
        highest = sa.select(sa.func.max(MESSAGES.c.uid)).where(
            MESSAGES.c.mailbox == mailbox, MESSAGES.c.uidvalidity == uidvalidity
        )
        return self._scalar(highest) or 0

    def recorded_uids(self, mailbox: str, uidvalidity: int, first: int) -> frozenset[int]:
        """Every UID from ``first`` on that has a row."""
        chosen = sa.select(MESSAGES.c.uid).where(
            MESSAGES.c.mailbox == mailbox, MESSAGES.c.uidvalidity == uidvalidity, MESSAGES.c.uid >= first
        )
        return frozenset(row[0] for row in self._rows(chosen))

    def last_messages(
        self, mailbox: str, uidvalidity: int, count: int, up_to: int | None = None
    ) -> tuple[MessageRow, ...]:
        """The rows of the highest UIDs, or of the highest that are not above ``up_to``, ascending."""
        limit = () if up_to is None else (MESSAGES.c.uid <= up_to,)
        chosen = (
            sa.select(MESSAGES.c.row)
            .where(MESSAGES.c.mailbox == mailbox, MESSAGES.c.uidvalidity == uidvalidity, *limit)
            .order_by(MESSAGES.c.uid.desc())
            .limit(count)
        )
        return tuple(decode(MessageRow, row[0]) for row in self._rows(chosen))[::-1]

    def messages_due_after(self, mailbox: str) -> tuple[MessageRow, ...]:
        """The rows of messages to which something is still to be done."""
        return tuple(decode(MessageRow, row[0]) for row in self._rows(_DUE_AFTER, {"mailbox": mailbox}))

    def known_messages(self, mailbox: str, message_id: str, size: int | None = None) -> tuple[MessageRow, ...]:
        """Every row with this Message-ID (and of this size, where given), the newest numbering first."""
        values = {"mailbox": mailbox, "message_id": encodable(message_id), "size": size}
        found = self._rows(_KNOWN if size is None else _KNOWN_OF_SIZE, values)
        rows = [decode(MessageRow, row[0]) for row in found]
        return tuple(sorted(rows, key=lambda row: (row.uidvalidity, row.uid), reverse=True))

    def file(self, name: str) -> FileRow | None:
        """The row of this file's name."""
        row = self._scalar(sa.select(FILES.c.row).where(FILES.c.name == file_key(name)))
        return None if row is None else dataclasses.replace(decode(FileRow, row), name=name)

    def files(self, names: Iterable[str]) -> dict[str, FileRow]:
        """The rows of these files, by name, where they have one."""
        keys = {file_key(name): name for name in names}
        found: dict[str, FileRow] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), _BLOCK):
            several = wanted[start : start + _BLOCK]
            rows = self._rows(sa.select(FILES.c.name, FILES.c.row).where(FILES.c.name.in_(several)))
            found |= {keys[key]: dataclasses.replace(decode(FileRow, row), name=keys[key]) for key, row in rows}
        return found

    def files_of(self, digest: Sha256) -> tuple[FileRow, ...]:
        """The rows of every file that had these bytes when it was last read."""
        found = (decode(FileRow, row[0]) for row in self._rows(_OF_CONTENT, {"digest": digest}))
        return tuple(sorted(found, key=lambda row: row.name))

    def look(self, name: str) -> Look | None:
        """What is known of one watched or reached thing."""
        row = self._scalar(_LOOK, {"name": name})
        return None if row is None else decode(Look, row)

    def looks(self) -> tuple[Look, ...]:
        """All of them, by name."""
        return tuple(decode(Look, row[0]) for row in self._rows(sa.select(LOOKS.c.row).order_by(LOOKS.c.name)))

    def alarms_waiting(self) -> tuple[Alarm, ...]:
        """Alarms not yet accepted by a server, by id."""
        waiting = sa.select(ALARMS.c.row).where(ALARMS.c.accepted_at.is_(None)).order_by(ALARMS.c.id)
        return tuple(decode(Alarm, row[0]) for row in self._rows(waiting))

    def alarm(self, number: int) -> Alarm | None:
        """The alarm of this id, None where there is none."""
        known = self._scalar(sa.select(ALARMS.c.row).where(ALARMS.c.id == number))
        return None if known is None else decode(Alarm, known)

    def last_alarm(self, cause: str) -> Alarm | None:
        """The newest alarm of this cause."""
        newest = sa.select(ALARMS.c.row).where(ALARMS.c.cause == cause).order_by(ALARMS.c.id.desc()).limit(1)
        row = self._scalar(newest)
        return None if row is None else decode(Alarm, row)

    def entries(self, submission: int | None = None, events: Iterable[str] = (), after: int = 0) -> Iterator[Entry]:
        """Entries in order: all, of one submission, or of these events, behind number ``after``.

        Raises LogBroken ``entry_unreadable``.
        """
        names = dict.fromkeys(map(str, events))
        if submission is not None or not names:
            found = self._walk_entries(after, submission, None)
            return (entry for entry in found if not names or entry.event in names)
        # The entries of one event come from an index in their order; SQLite would sort those of several.
        of_events = (self._walk_entries(after, None, name) for name in names)
        return heapq.merge(*of_events, key=lambda entry: entry.number)

    def _walk_entries(self, after: int, submission: int | None, event: str | None) -> Iterator[Entry]:
        while rows := self._rows(select_block(after, submission, event)):
            yield from map(to_entry, rows)
            after = rows[-1].number

    def config_in_force(self) -> Mapping[str, Sha256]:
        """Name → hash of the configuration files last recorded; one recorded as gone is not among them."""
        files: dict[str, Sha256] = {}
        for entry in self.entries(events=[NoteEvent.CONFIGURATION_CHANGED]):
            files[entry.detail["file"]] = Sha256(entry.detail["sha256"])
        return {name: digest for name, digest in files.items() if digest}


def file_key(name: str) -> str:
    """A file's name as a key; one that is no UTF-8 holds lone surrogates, which keep two such names apart."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
