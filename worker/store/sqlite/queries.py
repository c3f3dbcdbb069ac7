"""The reads of the store: those of every ``ports.Reading``, and those of ``ports.Store`` alone.

Each method runs one statement of ``compiled``, which is one snapshot. A list that may be long is fetched in blocks. The
cost of a question about open submissions, or about registered projects, does not grow with the closed ones.

A value is read back from its row as it was written (``core.json_values``). A row that cannot be read raises LogBroken.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import heapq
import json
import sqlite3
from abc import ABC, abstractmethod
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeVar, cast

from worker.audit.chain import GENESIS, LogLine, canonical, read_entry
from worker.core.clock import is_over
from worker.core.errors import LogBroken, NotAllowed
from worker.core.json_values import Misfit, value_from
from worker.core.model import (
    Address,
    Alarm,
    Disposition,
    Entry,
    FileRow,
    HealthRecord,
    Key,
    MessageRow,
    Notice,
    Product,
    Sha256,
    Submission,
    sha256,
)
from worker.core.open_until import SILENT
from worker.core.states import NoteEvent, State
from worker.core.text import encodable, match_key
from worker.store.ports import GuaranteeKey
from worker.store.sqlite import compiled
from worker.store.sqlite.connection import FOREIGN_ERRORS

T = TypeVar("T")

_LARGEST: Final = 2**63 - 1
"""The largest integer of SQLite: every key is below it."""
BLOCK: Final = 500
"""Rows fetched at once: no cursor stays open between two blocks, and 500 rows are at most a few MB."""
_FIRST: Final = -(2**63)
"""Before every id."""
_OFFSETS: Final = dt.timedelta(days=1)
"""More than any two zones are apart: an entry that another program wrote may state its time in another zone."""
_LAST: Final = "\U0010ffff"
"""Behind every time."""
_MAY_NOT_HAVE_ARRIVED: Final = (State.IN_DOUBT, State.BOUNCED)
"""No index by address holds submissions of these states."""


def listed(statement: str, name: str, items: Sequence[str | int]) -> tuple[str, dict[str, Any]]:
    """The statement with a parameter for each item in place of ``(:name)``, and the values of these parameters."""
    values = {f"{name}_{number}": each for number, each in enumerate(items)}
    return statement.replace(f"(:{name})", f"({', '.join(f':{each}' for each in values)})"), values


def _around(since: dt.date | None, until: dt.date | None) -> dict[str, str]:
    """The first and the last time of the entries from ``since`` to ``until``, a day more at both ends."""
    is_open = until is None or until >= dt.date.max - _OFFSETS
    return {
        "since": "" if since is None or since == dt.date.min else (since - _OFFSETS).isoformat(),
        "until": _LAST if until is None or is_open else (until + 2 * _OFFSETS).isoformat(),
    }


class Reads(ABC):
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
        return self._each(Submission, statement, {"value": encodable(value)})

    def _each(self, kind: type[T], statement: str, values: Mapping[str, Any] | None = None) -> tuple[T, ...]:
        return tuple(decode(kind, row[0]) for row in self._rows(statement, values))

    def _first(self, kind: type[T], statement: str, values: Mapping[str, Any]) -> T | None:
        row = self._scalar(statement, values)
        return None if row is None else decode(kind, row)

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
        return self._each(Submission, compiled.NEWEST_NOTICES, {"guarantor": encodable(guarantor), "limit": count})

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

    def last_confirmed(
        self, issuer: str, product: Product, section: str, *, is_amended: bool = False
    ) -> Submission | None:
        return self._last(compiled.LAST_CONFIRMED, issuer, product, section, int(is_amended))

    def last_handed_over(
        self, issuer: str, product: Product, section: str = "", *, is_amended: bool = False
    ) -> Submission | None:
        statement = compiled.LAST_HANDED_OVER_TO_SECTION if section else compiled.LAST_HANDED_OVER
        return self._last(statement, issuer, product, section, int(is_amended))

    def _last(self, statement: str, issuer: str, product: Product, section: str, is_amended: int) -> Submission | None:
        values = {"issuer": issuer, "product": product.value, "is_amended": is_amended}
        return self._first(Submission, statement, {**values, "section": section} if section else values)

    def carried(self, digest: Sha256) -> tuple[Submission, ...]:
        return self._each(Submission, compiled.CARRIED, {"digest": digest})

    def of_project(self, project: str, product: Product) -> tuple[Submission, ...]:
        return self._each(Submission, compiled.OF_PROJECT, {"project": encodable(project), "product": product.value})

    def of_own_message(self, message_id: str) -> Submission | None:
        return self._first(Submission, compiled.OF_OWN_MESSAGE, {"message_id": encodable(message_id)})

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
            if each.may_have_left
            and each.composed.draft
            and wanted & {to.casefold() for to in each.composed.draft.recipients}
        )

    def uploads(self, digest: Sha256) -> tuple[Entry, ...]:
        return tuple(map(to_entry, self._rows(compiled.UPLOADS, {"sha256": digest})))

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


class StoreReads(Reads):
    """The methods of ``ports.Store`` that only read, with those of ``ports.Overview``."""

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

    def find_messages(self, mailbox: str, fits: Callable[[str, str], bool], most: int) -> tuple[MessageRow, ...]:
        found: list[MessageRow] = []
        place: dict[str, Any] = {"mailbox": mailbox, "uidvalidity": _LARGEST, "uid": _LARGEST, "limit": BLOCK}
        while len(found) < most and (rows := self._rows(compiled.MESSAGES_BACK, place)):
            found += [decode(MessageRow, row[4]) for row in rows if fits(row[2] or "", row[3] or "")]
            place |= {"uidvalidity": rows[-1][0], "uid": rows[-1][1]}
        return tuple(found[:most])

    def find_files(self, fits: Callable[[str, str], bool], most: int) -> tuple[FileRow, ...]:
        found: list[FileRow] = []
        place: dict[str, Any] = {"before": _LARGEST, "limit": BLOCK}
        while len(found) < most and (rows := self._rows(compiled.FILES_BACK, place)):
            found += [decode(FileRow, row[3]) for row in rows if fits(row[1], row[2] or "")]
            place |= {"before": rows[-1][0]}
        return tuple(found[:most])

    def alarm_messages(self, mailbox: str) -> Iterator[str]:
        place = {"mailbox": mailbox, "after": "", "limit": BLOCK}
        while rows := self._rows(compiled.ALARM_MESSAGES, place):
            yield from (row[0] for row in rows)
            place["after"] = rows[-1][0]

    def messages_due_after(self, mailbox: str) -> tuple[MessageRow, ...]:
        return self._each(MessageRow, compiled.MESSAGES_DUE_AFTER, {"mailbox": mailbox})

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

    def health_of(self, name: str) -> HealthRecord | None:
        return self._first(HealthRecord, compiled.LOOK, {"name": name})

    def health_records(self) -> tuple[HealthRecord, ...]:
        return self._each(HealthRecord, compiled.EVERY_LOOK)

    def alarms_waiting(self) -> tuple[Alarm, ...]:
        return self._each(Alarm, compiled.ALARMS_WAITING)

    def alarm(self, number: int) -> Alarm | None:
        return self._first(Alarm, compiled.ALARM, {"id": number})

    def last_alarm(self, cause: str) -> Alarm | None:
        return self._first(Alarm, compiled.LAST_ALARM, {"cause": cause})

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

    def begun(self) -> dt.datetime | None:
        first = self._rows(compiled.LINES, {"after": 0, "limit": 1})
        return to_entry(first[0]).at if first else None

    def last_entries(self, events: Iterable[str], most: int) -> tuple[Entry, ...]:
        # Each event's newest from its index: the others of so many rows are not read.
        lines = [
            line
            for name in dict.fromkeys(map(str, events))
            for line in self._rows(compiled.LAST_LINES_OF_EVENT, {"event": name, "limit": most})
        ]
        return tuple(to_entry(line) for line in sorted(lines, reverse=True)[:most])

    def _walk_entries(self, statement: str, chosen: Mapping[str, Any], after: int) -> Iterator[Entry]:
        place = {**chosen, "limit": BLOCK, "after": after}
        while rows := self._rows(statement, place):
            yield from map(to_entry, rows)
            place["after"] = rows[-1][0]

    def last_moment(self, event: str) -> dt.datetime | None:
        if next(self.entries(events=[event]), None) is None:
            return None
        # Texts of different offsets are a day apart at most, so that the latest is among those of the last day.
        last = dt.datetime.fromisoformat(self._scalar(compiled.LAST_MOMENT, {"event": event}))
        since = (last - dt.timedelta(days=2)).date().isoformat()
        found = self._rows(compiled.MOMENTS_SINCE, {"event": event, "since": since})
        return max(dt.datetime.fromisoformat(row[0]) for row in found)

    def submissions_named(self, fields: Iterable[str], name: str) -> frozenset[int]:
        found: set[int] = set()
        key = encodable(match_key(name))
        for field in fields:
            spelled = compiled.SPELLED_NAMES_SET if field == "contract_number" else compiled.NAMES_SET
            names = {str(row[0]) for row in self._rows(spelled.replace("FIELD", field))}
            # A number of other characters is its own match key.
            wanted = sorted({each for each in names if match_key(each) == key} | {key})
            for start in range(0, len(wanted), BLOCK):
                chosen, values = listed(compiled.SUBMISSIONS_NAMED, "names", wanted[start : start + BLOCK])
                found.update(row[0] for row in self._rows(chosen.replace("FIELD", field), values))
        return frozenset(found)

    def entries_of_period(
        self, since: dt.date | None, until: dt.date | None, among: Collection[int] | None = None
    ) -> Iterator[Entry]:
        if among is not None and since is None and until is None:
            submissions = list(among)
        else:
            found = (row[0] for row in self._rows(compiled.SUBMISSIONS_BETWEEN, _around(since, until)))
            submissions = [each for each in found if among is None or each in among]
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

    # --- Submissions, one after the other -------------------------------------------------------------------

    def submissions(self, *states: State) -> tuple[Submission, ...]:
        return tuple(self.walk_submissions(*states))

    def walk_submissions(self, *states: State) -> Iterator[Submission]:
        if not states:
            return self._walk(compiled.SUBMISSIONS_AFTER, {})
        return self._merge(compiled.SUBMISSIONS_OF_STATE_AFTER, states)

    def walk_backwards(self) -> Iterator[Submission]:
        before = 2**63 - 1
        while rows := self._rows(compiled.SUBMISSIONS_BEFORE, {"before": before, "limit": BLOCK}):
            yield from (decode(Submission, row[1]) for row in rows)
            before = rows[-1][0]

    def walk_awaiting_news(self) -> Iterator[Submission]:
        return self._merge(compiled.AWAITING_NEWS, SILENT)

    def walk_open(self, today: dt.date) -> Iterator[Submission]:
        return self._walk_ids(self._open_ids(today))

    def walk_recent(self, today: dt.date, since: dt.datetime) -> Iterator[Submission]:
        open_ones = self._open_ids(today)
        # Moments are kept with the offset that they were written with: the day before holds every one of them.
        earliest = (since - dt.timedelta(days=1)).date().isoformat()
        changed = {row[0] for row in self._rows(compiled.CHANGED_SINCE, {"since": earliest})}
        for each in self._walk_ids(open_ones | changed):
            if each.id in open_ones or (each.updated_at is not None and each.updated_at >= since):
                yield each

    def _open_ids(self, today: dt.date) -> set[int]:
        return {row[0] for row in self._rows(compiled.OPEN, {"today": today.isoformat()})}

    def _walk_ids(self, ids: Iterable[int]) -> Iterator[Submission]:
        wanted = sorted(ids)
        for start in range(0, len(wanted), BLOCK):
            rows = self._rows(compiled.OF_IDS, {"ids": json.dumps(wanted[start : start + BLOCK])})
            yield from (decode(Submission, row[0]) for row in rows)

    def _walk(self, block: str, values: Mapping[str, Any]) -> Iterator[Submission]:
        after = _FIRST
        while rows := self._rows(block, {**values, "after": after, "limit": BLOCK}):
            yield from (decode(Submission, row[1]) for row in rows)
            after = rows[-1][0]

    def _merge(self, block: str, states: Iterable[State]) -> Iterator[Submission]:
        # The rows of one state come from an index in order of id; SQLite would sort those of several.
        of_states = (self._walk(block, {"state": state.value}) for state in states)
        last = _FIRST
        for each in heapq.merge(*of_states, key=lambda submission: submission.id):
            if each.id > last:  # one that changed its state meanwhile comes again in another walk
                yield each
                last = each.id

    # --- What stands with them ------------------------------------------------------------------------------

    def corrections(self, numbers: Iterable[int]) -> Mapping[int, int]:
        found: dict[int, int] = {}
        for corrected, correction in self._rows(compiled.CORRECTIONS, {"ids": json.dumps(list(numbers))}):
            found[corrected] = max(correction, found.get(corrected, correction))
        return found

    def unannounced(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        return self._each(Submission, compiled.UNANNOUNCED, {"guarantor": encodable(guarantor), "limit": count})[::-1]

    def count_by_state(self) -> Mapping[State, int]:
        return {State(row[0]): row[1] for row in self._rows(compiled.COUNT_BY_STATE)}

    # --- Guarantees of registered projects ------------------------------------------------------------------

    def newest(self, guarantees: Sequence[GuaranteeKey]) -> Mapping[GuaranteeKey, Submission]:
        return self._of_guarantees(compiled.NEWEST, guarantees)

    def newest_standing(self, guarantees: Sequence[GuaranteeKey]) -> Mapping[GuaranteeKey, Submission]:
        return self._of_guarantees(compiled.NEWEST_STANDING, guarantees)

    def having_standing(self, guarantees: Sequence[GuaranteeKey]) -> frozenset[GuaranteeKey]:
        rows = self._rows(compiled.NEWEST_STANDING, {"pairs": _pairs(guarantees)})
        return frozenset(guarantees[place] for place, found in rows if found is not None)

    def numbers_standing(self, guarantees: Sequence[GuaranteeKey]) -> Mapping[GuaranteeKey, frozenset[str | None]]:
        found: dict[GuaranteeKey, set[str | None]] = {}
        for place, number in self._rows(compiled.NUMBERS_STANDING, {"pairs": _pairs(guarantees)}):
            found.setdefault(guarantees[place], set()).add(number)
        return {guarantee: frozenset(numbers) for guarantee, numbers in found.items()}

    def of_other_projects(self, match_keys: Iterable[str], projects: Iterable[str]) -> tuple[Submission, ...]:
        numbers = json.dumps(list(map(encodable, match_keys)))
        rows = self._rows(
            compiled.OF_OTHER_PROJECTS, {"numbers": numbers, "projects": json.dumps(list(map(encodable, projects)))}
        )
        found = {each.id: each for each in (decode(Submission, row[0]) for row in rows)}
        return tuple(found[number] for number in sorted(found))

    def _of_guarantees(self, statement: str, guarantees: Sequence[GuaranteeKey]) -> dict[GuaranteeKey, Submission]:
        places = {number: guarantees[place] for place, number in self._rows(statement, {"pairs": _pairs(guarantees)})}
        return {places[each.id]: each for each in self._walk_ids(number for number in places if number is not None)}


def _pairs(guarantees: Iterable[tuple[str, Product]]) -> str:
    return json.dumps([[encodable(project), product.value] for project, product in guarantees])


def file_key(name: str) -> str:
    """A file's name as a key; one that is no UTF-8 holds lone surrogates, which keep two such names apart."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


# --- Values of rows, and rows of values ---------------------------------------------------------------------------

FROM_THE_ENTRY: Final = frozenset({"id", "version", "created_at", "updated_at"})
"""Fields of a submission that follow from its entries themselves; no ``set`` holds them."""


REMEMBERED: Final = 64
"""Rows whose value is cached: those of one step, in half a megabyte."""


# One step asks for the same row up to four times. The value is frozen, so that one for each text is enough.
@lru_cache(maxsize=REMEMBERED)
def _read(kind: Any, row: str) -> Any:
    return value_from(kind, json.loads(row))


def decode(kind: type[T], row: str) -> T:
    """The value that ``row`` holds. Raises LogBroken ``row_unreadable``."""
    try:
        value: T = _read(cast("Any", kind), row)
    except Misfit as misfit:
        # The places alone: the values would show a notice's key.
        raise LogBroken("row_unreadable", f"{kind.__name__}: {misfit}") from None
    except (ValueError, RecursionError):
        raise LogBroken("row_unreadable", f"{kind.__name__}: ") from None
    return value


def fields_of(submission: Submission) -> dict[str, Any]:
    """The fields of ``submission`` as plain JSON values, without those that its entries give."""
    stored = submission.stored().items()
    return {name: _plain(value) for name, value in stored if name not in FROM_THE_ENTRY}


_AS_IN_JSON: Final = frozenset({int, bool})


def _plain(value: object) -> Any:
    """``value`` as it is read back from its JSON; most fields need no JSON for it."""
    if value is None or type(value) in _AS_IN_JSON:
        return value
    if type(value) is str:
        return encodable(value)
    if isinstance(value, Enum):
        return value.value
    return json.loads(canonical(value)) if value != () else []


DEFAULTS: Final = fields_of(Submission(id=0, state=State.HELD)) | {"state": None}
"""The values of fields that no entry ever set."""


def encode_notice(notice: Notice) -> str:
    """``notice`` as JSON, the key in clear: this table is guarded like the PDF itself."""
    return canonical(
        {
            "guarantor": notice.guarantor,
            "project_name": notice.project_name,
            "contractor_name": notice.contractor_name,
            "product": notice.product,
            "contract_number": notice.contract_number,
            "key": notice.key.clear,
        }
    )


def decode_notice(row: str) -> Notice:
    """The notice that ``row`` holds. Raises LogBroken ``row_unreadable``."""
    try:
        fields = json.loads(row)
        return Notice(**{**fields, "product": Product(fields["product"]), "key": Key(fields["key"])})
    except (ValueError, KeyError, TypeError):
        raise LogBroken("row_unreadable", "Notice") from None


# --- Lines of the log -------------------------------------------------------------------------------------------


_LINE_TYPES: Final = (int, str, str, str)
"""Of the columns of a line as they are written."""


def to_line(row: tuple[Any, ...]) -> LogLine:
    """A line as the database gave it, for all types that a changed file may hold."""
    if tuple(map(type, row)) == _LINE_TYPES:
        return LogLine(*row)
    number, body, previous_hash, line_hash = row
    return LogLine(int(number), str(body), str(previous_hash), str(line_hash))


def to_entry(row: tuple[Any, ...]) -> Entry:
    """The entry of a row. Raises LogBroken ``entry_unreadable``."""
    try:
        return read_entry(to_line(row))
    except (ValueError, TypeError, KeyError) as error:
        raise LogBroken("entry_unreadable", f"entry {row[0]}: {error}") from error
