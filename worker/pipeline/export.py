"""Exports of the sent-mail log: the rows of a search as a file, and the entry that says who took it away."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, Any, Final

from worker.approve import disclose
from worker.approve.shown import papers_of
from worker.audit.sent_log import FILTERED_FIELDS, LogFilter, LogRow, filter_rows, log_rows
from worker.audit.sent_log_export import csv_bytes, excel_bytes
from worker.core.errors import NotAllowed
from worker.core.file_names import free_names, name_for_folder
from worker.core.model import Entry, Sha256
from worker.core.states import NoteEvent
from worker.core.text import match_key
from worker.store.ports import Author, Store

ORIGINALS_BYTES: Final = 500_000_000
"""The most bytes of originals in one ZIP: those of some 1,000 submissions, on the disk while they are given."""
_TABLE: Final = "sent-log.csv"


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


def export_originals(store: Store, search: LogSearch, author: Author, why: str) -> IO[bytes]:
    """Returns a ZIP with the table of a search and the papers of exactly its rows, and records who took them and why.

    It is a file without a name, which is gone when it is closed. Raises NotAllowed without a reason, without rows, or
    if it would be larger than ``ORIGINALS_BYTES``; Unavailable if it cannot be recorded.
    """
    if not why.strip():
        raise NotAllowed("reason_for_originals")
    rows = list(search_log(store, search))
    if not rows:
        raise NotAllowed("no_rows_for_originals")
    papers = _papers_of_rows(store, rows)
    target = tempfile.TemporaryFile()  # noqa: SIM115  the caller gives it away and closes it
    try:
        _write_zip(target, store, rows, papers)
        detail = {
            "form": "zip",
            "limits": dict(search.plain()),
            "rows": len(rows),
            "sha256": _digest_of(target),
            "why": why.strip(),
        }
        with store.writing() as writing:
            for number, files in papers.items():
                disclose.note_taken(writing, number, ((name, digest) for digest, name in files.items()), author, why)
            writing.note(NoteEvent.EXPORTED, None, author, detail)
    except BaseException:
        target.close()
        raise
    return target


def _papers_of_rows(store: Store, rows: Iterable[LogRow]) -> dict[int, dict[Sha256, str]]:
    """Returns the papers of each submission by their SHA-256: those of its mails, else those that a person looks at."""
    found: dict[int, dict[Sha256, str]] = {}
    for row in rows:
        papers = found.setdefault(row.id, {})
        papers.update((Sha256(each.sha256), each.filename) for each in row.attachments)
    for number, papers in found.items():
        if not papers:
            papers.update((each.sha256, each.filename) for each in papers_of(store.submission(number)))
    return found


def _write_zip(
    target: IO[bytes], store: Store, rows: Iterable[LogRow], papers: Mapping[int, Mapping[Sha256, str]]
) -> None:
    total = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:  # a PDF is compressed already
        packed.writestr(_TABLE, b"".join(csv_bytes(rows)))
        for number, files in papers.items():
            taken: set[str] = set()
            for digest, name in files.items():
                content = store.original(digest)
                total += len(content)
                if total > ORIGINALS_BYTES:
                    raise NotAllowed("originals_too_large", most=str(ORIGINALS_BYTES // 1_000_000))
                free = next(each for each in free_names(name_for_folder(name)) if each not in taken)
                taken.add(free)
                packed.writestr(f"{number}/{free}", content)


def _digest_of(file: IO[bytes]) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()
