"""The reads of the store: those of every ``ports.Reading``, and those of ``ports.Store`` alone.

Each method runs one statement of ``compiled``, which is one snapshot. A list that may be long is fetched in blocks.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import heapq
import sqlite3
from abc import abstractmethod
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

from worker.audit.chain import GENESIS, encodable
from worker.core.errors import LogBroken, NotAllowed
from worker.core.model import (
    Address,
    Alarm,
    Disposition,
    Entry,
    FileRow,
    HealthRecord,
    MessageRow,
    Notice,
    Product,
    Sha256,
    Submission,
    sha256,
)
from worker.core.states import NoteEvent, State
from worker.core.waits import is_over
from worker.store.sqlite import compiled
from worker.store.sqlite.connection import FOREIGN_ERRORS
from worker.store.sqlite.entries import to_entry
from worker.store.sqlite.overview import BLOCK, OverviewReads
from worker.store.sqlite.people import PeopleReads
from worker.store.sqlite.rows import decode, decode_notice

_OFFSETS: Final = dt.timedelta(days=1)
"""More than any two zones are apart: an entry that another program wrote may state its time in another zone."""
_LAST: Final = "\U0010ffff"
"""Behind every time."""
_MAY_NOT_HAVE_ARRIVED: Final = (State.IN_DOUBT, State.BOUNCED)
"""No index by address holds submissions of these states."""


def listed(statement: str, name: str, items: Sequence[str | int]) -> tuple[str, dict[str, Any]]:
    """The statement with a parameter for each item in place of ``(:name)``, and the values of these parameters."""
    values = {f"{name}_{number}": item for number, item in enumerate(items)}
    return statement.replace(f"(:{name})", f"({', '.join(f':{each}' for each in values)})"), values


def _around(since: dt.date | None, until: dt.date | None) -> dict[str, str]:
    """The first and the last time of the entries from ``since`` to ``until``, a day more at both ends."""
    is_open = until is None or until >= dt.date.max - _OFFSETS
    return {
        "since": "" if since is None or since == dt.date.min else (since - _OFFSETS).isoformat(),
        "until": _LAST if until is None or is_open else (until + 2 * _OFFSETS).isoformat(),
    }


class Reads(PeopleReads):
    """``ports.Reading``, on the open connection of a subclass."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._held = connection

    @abstractmethod
    def _connection(self) -> sqlite3.Connection:
        """The open connection, if none is held."""

    @abstractmethod
    def _fail(self, error: Exception) -> NoReturn:
        """Raises ``error`` as Unavailable or LogBroken, if it is one of SQLite or of the disk."""

    def _rows(self, statement: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """All rows of one statement. Raises Unavailable, LogBroken."""
        try:
            return (self._held or self._connection()).execute(statement, values or {}).fetchall()
        except FOREIGN_ERRORS as error:
            self._fail(error)

    def _scalar(self, statement: str, values: Mapping[str, Any] | None = None) -> Any:
        rows = self._rows(statement, values)
        return rows[0][0] if rows else None

    def _all(self, statement: str, value: str) -> tuple[Submission, ...]:
        return tuple(decode(Submission, row[0]) for row in self._rows(statement, {"value": encodable(value)}))

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry; ``(0, 64 zeros)`` if there is none."""
        last = self._rows(compiled.HEAD)
        return last[0] if last else (0, GENESIS)

    def submission(self, number: int) -> Submission:
        row = self._scalar(compiled.SUBMISSION, {"id": number})
        if row is None:
            raise NotAllowed("no_such_submission", id=str(number))
        return decode(Submission, row)

    def by_pdf(self, pdf: Sha256) -> tuple[Submission, ...]:
        return self._all(compiled.BY_PDF, pdf)

    def by_number(self, contract_number: str) -> tuple[Submission, ...]:
        return tuple(sorted(self._all(compiled.BY_NUMBER, contract_number), key=lambda each: each.id))

    def by_source_message(self, message_id: str) -> tuple[Submission, ...]:
        return self._all(compiled.BY_SOURCE_MESSAGE, message_id)

    def awaited(self, guarantor: str) -> tuple[Submission, ...]:
        return self._all(compiled.AWAITED, guarantor)

    def newest_notices(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        rows = self._rows(compiled.NEWEST_NOTICES, {"guarantor": encodable(guarantor), "limit": count})
        return tuple(decode(Submission, row[0]) for row in rows)

    def notice(self, pdf: Sha256) -> Notice | None:
        row = self._scalar(compiled.NOTICE, {"pdf": pdf})
        return None if row is None else decode_notice(row)

    def original(self, digest: Sha256) -> bytes:
        content = self._scalar(compiled.ORIGINAL, {"digest": digest})
        if content is None:
            raise LogBroken("original_missing", digest)
        if not isinstance(content, bytes) or sha256(content) != digest:  # no bytes: the file was changed by hand
            raise LogBroken("original_differs", digest)
        return content

    def bound_project(self, guarantor: str, contract_number: str, product: Product) -> str | None:
        asked = {"guarantor": guarantor, "number": contract_number, "product": product.value}
        found: str | None = self._scalar(compiled.BOUND_PROJECT, asked)
        return found

    def property(self, name: str) -> str | None:
        found: str | None = self._scalar(compiled.PROPERTY, {"name": name})
        return found

    def was_sent_to(self, address: Address, issuer: str, section: str, project: str) -> bool:
        asked = {"address": address, "issuer": issuer, "section": section, "project": project}
        return bool(self._rows(compiled.WAS_SENT_TO, {name: encodable(value) for name, value in asked.items()}))

    def last_sent(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        statement = compiled.LAST_SENT_TO_SECTION if section else compiled.LAST_SENT
        return self._last(statement, issuer, product, section, int(is_amended))

    def last_handed_over(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        statement = compiled.LAST_HANDED_OVER_TO_SECTION if section else compiled.LAST_HANDED_OVER
        return self._last(statement, issuer, product, section, int(is_amended))

    def _last(self, statement: str, issuer: str, product: Product, section: str, is_amended: int) -> Submission | None:
        values = {"issuer": issuer, "product": product.value, "is_amended": is_amended}
        row = self._scalar(statement, {**values, "section": section} if section else values)
        return None if row is None else decode(Submission, row)

    def carried(self, digest: Sha256) -> tuple[Submission, ...]:
        return tuple(decode(Submission, row[0]) for row in self._rows(compiled.CARRIED, {"digest": digest}))

    def of_project(self, project: str, product: Product) -> tuple[Submission, ...]:
        rows = self._rows(compiled.OF_PROJECT, {"project": encodable(project), "product": product.value})
        return tuple(decode(Submission, row[0]) for row in rows)

    def of_own_message(self, message_id: str) -> Submission | None:
        row = self._scalar(compiled.OF_OWN_MESSAGE, {"message_id": encodable(message_id)})
        return None if row is None else decode(Submission, row)

    def own_message_of(self, envid: str) -> str:
        local, _, rest = envid.rpartition(".")
        tries = rest.partition("-")[0]  # an HMAC may follow
        if not local or not (tries.isascii() and tries.isdigit()):
            return ""
        # ``A`` is the letter behind ``@``: everything between the two begins with this local part.
        between = {"first": encodable(f"<{local}@"), "last": encodable(f"<{local}A")}
        return self._scalar(compiled.OWN_MESSAGE_BETWEEN, between) or ""

    def written_to(self, addresses: Sequence[str], count: int) -> tuple[Submission, ...]:
        found: dict[int, Submission] = {}
        spelled = dict.fromkeys(form for address in addresses for form in _spellings(address))
        for address in spelled:
            found |= _by_id(self._rows(compiled.WRITTEN_TO, {"address": encodable(address), "limit": count}))
        for state in _MAY_NOT_HAVE_ARRIVED if spelled else ():
            found |= _by_id(self._rows(compiled.NEWEST_OF_STATE, {"state": state.value, "limit": count}))
        wanted = {each.casefold() for each in addresses}
        sent = (found[number] for number in sorted(found, reverse=True))
        return tuple(
            each
            for each in sent
            if each.may_have_left and each.draft and wanted & {to.casefold() for to in each.draft.recipients}
        )

    def early_reports(self, message_id: str) -> tuple[Sha256, ...]:
        rows = self._rows(compiled.EARLY_REPORTS, {"message_id": encodable(message_id)})
        return tuple(Sha256(row[0]) for row in rows)


def _spellings(address: str) -> tuple[str, str, str]:
    """An address as servers hand it back: as it was written, its domain in small letters, all in small letters."""
    local, _, domain = address.rpartition("@")
    return address, f"{local}@{domain.lower()}", address.lower()


def _by_id(rows: Iterable[Any]) -> dict[int, Submission]:
    decoded = (decode(Submission, row[0]) for row in rows)
    return {each.id: each for each in decoded}


class StoreReads(Reads, OverviewReads):
    """The methods of ``ports.Store`` that only read."""

    def due(self, now: dt.datetime) -> tuple[int, ...]:
        # Compared as times: as texts 10:00:00.5 comes before 10:00:00+09:00.
        moments = (
            (dt.datetime.fromisoformat(due_at), number, dt.datetime.fromisoformat(changed_at))
            for number, due_at, changed_at in self._rows(compiled.DUE)
        )
        return tuple(number for due_at, number, changed in sorted(moments) if is_over(changed, due_at, now))

    def untold(self) -> tuple[int, ...]:
        return tuple(row[0] for row in self._rows(compiled.UNTOLD))

    def by_message_id(self, message_id: str) -> bool:
        return bool(message_id) and bool(self._rows(compiled.IS_OWN_MESSAGE, {"message_id": encodable(message_id)}))

    def messages(self, mailbox: str, *ends: Disposition) -> Iterator[MessageRow]:
        place: dict[str, Any] = {"mailbox": mailbox, "uidvalidity": -1, "uid": -1, "limit": BLOCK}
        statement = compiled.MESSAGES_AFTER
        if ends:
            statement, chosen = listed(compiled.MESSAGES_OF_ENDS_AFTER, "ends", ends)
            place |= chosen
        while rows := self._rows(statement, place):
            for row in rows:
                message = decode(MessageRow, row[0])
                yield message
                place |= {"uidvalidity": message.uidvalidity, "uid": message.uid}

    def count_messages(self, mailbox: str, end: Disposition) -> int:
        return int(self._scalar(compiled.COUNT_MESSAGES, {"mailbox": mailbox, "end": end.value}))

    def last_uid(self, mailbox: str, uidvalidity: int) -> int:
        return self._scalar(compiled.LAST_UID, {"mailbox": mailbox, "uidvalidity": uidvalidity}) or 0

    def recorded_uids(self, mailbox: str, uidvalidity: int, first: int) -> frozenset[int]:
        asked = {"mailbox": mailbox, "uidvalidity": uidvalidity, "first": first}
        return frozenset(row[0] for row in self._rows(compiled.UIDS_FROM, asked))

    def last_messages(
        self, mailbox: str, uidvalidity: int, count: int, up_to: int | None = None
    ) -> tuple[MessageRow, ...]:
        asked = {"mailbox": mailbox, "uidvalidity": uidvalidity, "limit": count, "up_to": up_to}
        rows = self._rows(compiled.LAST_MESSAGES if up_to is None else compiled.LAST_MESSAGES_UP_TO, asked)
        return tuple(decode(MessageRow, row[0]) for row in rows)[::-1]

    def messages_due_after(self, mailbox: str) -> tuple[MessageRow, ...]:
        rows = self._rows(compiled.MESSAGES_DUE_AFTER, {"mailbox": mailbox})
        return tuple(decode(MessageRow, row[0]) for row in rows)

    def known_messages(self, mailbox: str, message_id: str, size: int | None = None) -> tuple[MessageRow, ...]:
        asked = {"mailbox": mailbox, "message_id": encodable(message_id), "size": size}
        found = self._rows(compiled.KNOWN_MESSAGES if size is None else compiled.KNOWN_MESSAGES_OF_SIZE, asked)
        rows = [decode(MessageRow, row[0]) for row in found]
        return tuple(sorted(rows, key=lambda row: (row.uidvalidity, row.uid), reverse=True))

    def file(self, name: str) -> FileRow | None:
        row = self._scalar(compiled.FILE, {"name": file_key(name)})
        return None if row is None else dataclasses.replace(decode(FileRow, row), name=name)

    def files(self, names: Iterable[str]) -> dict[str, FileRow]:
        keys = {file_key(name): name for name in names}
        found: dict[str, FileRow] = {}
        wanted = list(keys)
        for start in range(0, len(wanted), BLOCK):
            rows = self._rows(*listed(compiled.FILES_NAMED, "names", wanted[start : start + BLOCK]))
            found |= {keys[key]: dataclasses.replace(decode(FileRow, row), name=keys[key]) for key, row in rows}
        return found

    def files_of(self, digest: Sha256) -> tuple[FileRow, ...]:
        found = (decode(FileRow, row[0]) for row in self._rows(compiled.FILES_OF, {"digest": digest}))
        return tuple(sorted(found, key=lambda row: row.name))

    def look(self, name: str) -> HealthRecord | None:
        row = self._scalar(compiled.LOOK, {"name": name})
        return None if row is None else decode(HealthRecord, row)

    def looks(self) -> tuple[HealthRecord, ...]:
        return tuple(decode(HealthRecord, row[0]) for row in self._rows(compiled.EVERY_LOOK))

    def alarms_waiting(self) -> tuple[Alarm, ...]:
        return tuple(decode(Alarm, row[0]) for row in self._rows(compiled.ALARMS_WAITING))

    def alarm(self, number: int) -> Alarm | None:
        row = self._scalar(compiled.ALARM, {"id": number})
        return None if row is None else decode(Alarm, row)

    def last_alarm(self, cause: str) -> Alarm | None:
        row = self._scalar(compiled.LAST_ALARM, {"cause": cause})
        return None if row is None else decode(Alarm, row)

    def entries(self, submission: int | None = None, events: Iterable[str] = (), after: int = 0) -> Iterator[Entry]:
        names = dict.fromkeys(map(str, events))
        if submission is not None:
            found = self._walk_entries(compiled.LINES_OF_SUBMISSION, {"submission": submission}, after)
            return (entry for entry in found if not names or entry.event in names)
        if not names:
            return self._walk_entries(compiled.LINES, {}, after)
        # The entries of one event come from an index in their order; SQLite would sort those of several.
        of_events = (self._walk_entries(compiled.LINES_OF_EVENT, {"event": name}, after) for name in names)
        return heapq.merge(*of_events, key=lambda entry: entry.number)

    def _walk_entries(self, statement: str, chosen: Mapping[str, Any], after: int) -> Iterator[Entry]:
        place = {**chosen, "limit": BLOCK, "after": after}
        while rows := self._rows(statement, place):
            yield from map(to_entry, rows)
            place["after"] = rows[-1][0]

    def entries_of_period(self, since: dt.date | None, until: dt.date | None) -> Iterator[Entry]:
        submissions = [row[0] for row in self._rows(compiled.SUBMISSIONS_BETWEEN, _around(since, until))]
        numbers = array("q")
        for start in range(0, len(submissions), BLOCK):
            chosen = listed(compiled.NUMBERS_OF_SUBMISSIONS, "submissions", submissions[start : start + BLOCK])
            numbers.extend(row[0] for row in self._rows(*chosen))
        numbers = array("q", sorted(numbers))
        for start in range(0, len(numbers), BLOCK):
            chosen = listed(compiled.LINES_OF_NUMBERS, "numbers", numbers[start : start + BLOCK])
            yield from map(to_entry, self._rows(*chosen))

    def config_in_force(self) -> Mapping[str, Sha256]:
        files: dict[str, Sha256] = {}
        for entry in self.entries(events=[NoteEvent.CONFIGURATION_CHANGED]):
            files[entry.detail["file"]] = Sha256(entry.detail["sha256"])
        return {name: digest for name, digest in files.items() if digest}


def file_key(name: str) -> str:
    """A file's name as a key; one that is no UTF-8 holds lone surrogates, which keep two such names apart."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
