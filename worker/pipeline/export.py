"""Exports of the sent-mail log: the rows of a search as a file, and the entry that says who took it away."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from worker.audit.sent_log import FILTERED_FIELDS, LogFilter, LogRow, filter_rows, log_rows
from worker.audit.sent_log_export import csv_bytes, excel_bytes
from worker.core.model import Entry
from worker.core.states import NoteEvent
from worker.core.text import match_key
from worker.store.ports import Author, Store


class ExportForm(StrEnum):
    """The forms of an exported table, which are also the endings of its name."""

    CSV = "csv"
    EXCEL = "xlsx"


@dataclass(frozen=True, slots=True)
class LogSearch:
    """A period and the limits within it; both days are Japanese ones and count."""

    since: dt.date | None
    until: dt.date | None
    limits: LogFilter

    def plain(self) -> Mapping[str, Any]:
        """The limits that are set, as an entry records them."""
        fields = {"since": self.since, "until": self.until, **dataclasses.asdict(self.limits)}
        return {
            name: value.isoformat() if isinstance(value, dt.date) else value for name, value in fields.items() if value
        }


def entries_of(store: Store, search: LogSearch) -> Iterator[Entry]:
    """Yields all entries of every submission that may have a row of this search."""
    asked = {"issuer": search.limits.issuer, "project": search.limits.project, "contract": search.limits.contract}
    # A name of spaces alone fits rows without one, which no entry sets.
    named = [store.submissions_named(FILTERED_FIELDS[each], name) for each, name in asked.items() if match_key(name)]
    if not (search.since or search.until or named):
        return store.entries()
    return store.entries_of_period(search.since, search.until, frozenset.intersection(*named) if named else None)


def rows_of(store: Store, search: LogSearch, entries: Iterable[Entry]) -> Iterator[LogRow]:
    """Yields the rows of a search from its entries, in their order."""
    return filter_rows(log_rows(entries, store.entries, since=search.since, until=search.until), search.limits)


def search_log(store: Store, search: LogSearch) -> Iterator[LogRow]:
    """Yields the rows of a search, in the order of their entries."""
    return rows_of(store, search, entries_of(store, search))


def export_log(store: Store, search: LogSearch, form: ExportForm, author: Author) -> bytes:
    """Returns the table of a search, and records who took it. Raises Unavailable if that cannot be recorded."""
    rows = list(search_log(store, search))
    content = excel_bytes(rows) if form is ExportForm.EXCEL else b"".join(csv_bytes(rows))
    detail = {
        "form": form.value,
        "limits": dict(search.plain()),
        "rows": len(rows),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    with store.writing() as writing:
        writing.note(NoteEvent.EXPORTED, None, author, detail)
    return content
