"""The register as the store keeps it: whole at times, between them the tables that changed.

An entry ``ConfigurationChanged`` of the register has the hash of the whole file (``sha256``). One that keeps changes
alone has two more keys: ``former``, the hash of the file before, and ``tables``, the file in its order. A pair in
``tables`` is a run of tables of the file before: the first, and the number behind the last. A text is the hash of the
original that holds one new table. The file at any entry is put together from the last entry before it that kept the
file whole, and its hash is compared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from worker.core.errors import LogBroken
from worker.core.model import Entry, Sha256, sha256

REGISTER: Final = "projects.toml"

CHANGES_LIMIT: Final = 500
"""Entries of changes in a row: then the file is kept whole again, as each must be read to put the file together."""

_TABLE: Final = re.compile(rb"^(?=\[\[project\]\])", re.MULTILINE)
_RUN_BYTES: Final = 16
_HASH_BYTES: Final = 67
"""In the entry: a run of tables, and the hash of a new one."""

RegisterTables = list[bytes]
"""A register cut before each ``[[project]]``: joined, it is the file."""
Changes = Sequence[tuple[int, int] | bytes]
"""A register as runs of another one's tables, and new tables."""
Original = Callable[[Sha256], bytes]


def split_tables(content: bytes) -> RegisterTables:
    """Returns ``content`` cut before each line that begins a project."""
    return [table for table in _TABLE.split(content) if table]


def find_changes(former: RegisterTables, tables: RegisterTables) -> Changes:
    """Returns ``tables`` as runs of ``former`` and tables that are not in it."""
    places = {table: at for at, table in reversed(list(enumerate(former)))}
    found: list[tuple[int, int] | bytes] = []
    for table in tables:
        last = found[-1] if found else None
        if isinstance(last, tuple) and last[1] < len(former) and former[last[1]] == table:
            found[-1] = (last[0], last[1] + 1)
        elif (at := places.get(table)) is not None:
            found.append((at, at + 1))
        else:
            found.append(table)
    return found


def size_of_changes(changes: Changes) -> int:
    """Returns about how many bytes the store grows by if the changes are kept."""
    return sum(_RUN_BYTES if isinstance(each, tuple) else _HASH_BYTES + len(each) for each in changes)


def hashes_kept(detail: Mapping[str, Any]) -> Iterator[object]:
    """Yields the hashes of the originals that an entry of a configuration file names; ``detail`` may hold anything."""
    tables = detail.get("tables")
    if isinstance(tables, list):
        yield from (each for each in tables if isinstance(each, str))
    else:
        yield detail.get("sha256")


def read_recorded(entries: Iterable[Entry], original: Original) -> dict[str, bytes]:
    """Returns the configuration files in force by name, of the entries ``ConfigurationChanged`` in order.

    Raises LogBroken if an original is missing or differs, and if a file put together has another hash.
    """
    known = tuple(entries)
    files = {each.detail["file"]: Sha256(each.detail["sha256"]) for each in known}
    contents = {name: original(digest) for name, digest in files.items() if digest and name != REGISTER}
    if files.get(REGISTER):
        contents[REGISTER] = b"".join(read_register(known, original)[0])
    return contents


def read_register(entries: Iterable[Entry], original: Original) -> tuple[RegisterTables, int]:
    """Returns the register at the last of ``entries``, and the number of changes since it was kept whole.

    Raises LogBroken as ``read_recorded`` does.
    """
    whole, changes, digest = "", list[Mapping[str, Any]](), ""
    for each in entries:
        if each.detail["file"] == REGISTER:
            if "tables" not in each.detail:
                whole, changes = each.detail["sha256"], []
            elif each.detail["former"] != digest:
                raise LogBroken("original_missing", each.detail["former"])
            else:
                changes.append(each.detail)
            digest = each.detail["sha256"]
    tables = split_tables(original(Sha256(whole)))
    for detail in changes:
        tables = _apply(detail["tables"], tables, original)
    if changes and sha256(b"".join(tables)) != digest:
        raise LogBroken("original_differs", digest)
    return tables, len(changes)


def _apply(changes: Iterable[Sequence[int] | str], former: RegisterTables, original: Original) -> RegisterTables:
    tables: RegisterTables = []
    for each in changes:
        if isinstance(each, str):
            tables.append(original(Sha256(each)))
        else:
            first, end = each
            tables += former[first:end]
    return tables
