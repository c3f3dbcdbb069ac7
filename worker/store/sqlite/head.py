"""Keeps ``DIR/head``: the number and hash of the last entry, outside the database that it vouches for.

The promise: the file is the old head or the new one, never half of one. It is replaced after a commit, never before,
so it can be behind the database; ahead of it, it shows that the database is an old copy.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from worker.core.errors import LogBroken
from worker.store.sqlite.connection import sync_folder, translated

FILE_NAME: Final = "head"
_FORM: Final = re.compile(r"([0-9]{1,18}) ([0-9a-f]{64})\n")
_LIMIT: Final = 200
"""Bytes read: a number of 18 digits, a hash and two separators are 84."""


def write_mark(folder: Path, head: tuple[int, str]) -> None:
    """Replace the file: temporary file, fsync, rename, fsync of the folder. Raises Unavailable."""
    content = f"{head[0]} {head[1]}\n".encode()
    temporary = folder / f"{FILE_NAME}.{os.getpid()}.tmp"
    with translated():
        temporary.unlink(missing_ok=True)  # of a process of the same number that was killed here
        try:
            with temporary.open("xb", buffering=0) as file:
                file.write(content)
                os.fsync(file.fileno())
            temporary.replace(folder / FILE_NAME)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(folder)


def read_mark(folder: Path) -> tuple[int, str] | None:
    """What the file says, None where there is none. Raises LogBroken ``head_unreadable``, Unavailable."""
    with translated():
        try:
            with (folder / FILE_NAME).open("rb") as file:
                content = file.read(_LIMIT)
        except FileNotFoundError:
            return None
    found = _FORM.fullmatch(content.decode("ascii", "replace"))
    if found is None:
        raise LogBroken("head_unreadable", str(folder / FILE_NAME))
    return int(found[1]), found[2]
