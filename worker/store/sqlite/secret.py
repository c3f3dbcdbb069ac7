"""Keeps ``DIR/secret``: the store's secret once more, outside the database.

The promise: the file is whole or not there, and only its owner can read it. It outlives a database that is lost, or
that is put back from before the secret was made: a report on a mail that left meanwhile is then known again.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from worker.core.message_id import SECRET_BYTES
from worker.store.sqlite.connection import sync_folder, translated

FILE_NAME: Final = "secret"
_FORM: Final = re.compile(rf"[0-9a-f]{{{2 * SECRET_BYTES}}}\n?")
_LIMIT: Final = 200
"""Bytes read: the digits and a line end are 65."""


def write_secret(folder: Path, secret: str) -> None:
    """Replace the file: temporary file of mode 0600, fsync, rename, fsync of the folder. Raises Unavailable."""
    temporary = folder / f"{FILE_NAME}.{os.getpid()}.tmp"
    with translated():
        temporary.unlink(missing_ok=True)  # of a process of the same number that was killed here
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                file.write(f"{secret}\n".encode())
                os.fsync(file.fileno())
            temporary.replace(folder / FILE_NAME)
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(folder)


def read_secret(folder: Path) -> str | None:
    """What the file says in hexadecimal digits, empty where it is no secret, None where there is none.

    Raises Unavailable where it cannot be read.
    """
    with translated():
        try:
            with (folder / FILE_NAME).open("rb") as file:
                content = file.read(_LIMIT)
        except FileNotFoundError:
            return None
    text = content.decode("ascii", "replace")
    return text.strip() if _FORM.fullmatch(text) else ""
