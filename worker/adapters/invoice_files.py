"""The invoices folder: PDFs that projects name, read once, and never from outside the folder.

A network share comes and goes: a folder that is not there is ``Unavailable``, a file that is not there is no file.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from worker.errors import Unavailable
from worker.model import Unreadable
from worker.states import Reason

MAX_INVOICE_BYTES: Final = 30_000_000
"""Towns' mail systems take 5 to 20 MB (seen); base64 adds a third, so nothing larger could ever be sent."""

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_SUCH_FILE: Final = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG, errno.EINVAL}
)
"""What opening answers for a missing name, a link (ELOOP, or ENOTDIR for one where a folder is meant), a socket."""


class InvoiceFiles:
    """``ports.Files``: regular files inside one folder; no link is followed, at any depth."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def invoice(self, file: str) -> tuple[str, bytes] | Unreadable | None:
        """Name and bytes of the PDF ``file``; None where there is no such regular file inside the folder.

        Unreadable(DAMAGED) where it does not begin as a PDF, Unreadable(TOO_LARGE) above MAX_INVOICE_BYTES. Raises
        Unavailable where the folder cannot be read, or the file is still being written.
        """
        parts = file.split("/")
        if not all(part.strip(" .") and "\0" not in part for part in parts):
            return None
        with ExitStack() as opened:
            descriptor = self._open(parts, opened)
            return None if descriptor is None else _read_pdf(parts[-1], descriptor)

    def stamp(self, file: str) -> str:
        """Size, time and inode of the file as text; empty where it cannot be seen."""
        try:
            seen = (self._folder / file).lstat()
        except (OSError, ValueError):
            return ""
        return f"{seen.st_size} {seen.st_mtime_ns} {seen.st_ino}"

    def _open(self, parts: list[str], opened: ExitStack) -> int | None:
        try:
            at = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise Unavailable("folder", f"{self._folder}: {error.strerror}") from error
        opened.callback(os.close, at)
        for position, part in enumerate(parts, start=1):
            flags = _FLAGS | (os.O_DIRECTORY if position < len(parts) else 0)
            try:
                at = os.open(_name_as_stored(part, at), flags, dir_fd=at)
            except OSError as error:
                if error.errno in _NO_SUCH_FILE:
                    return None
                raise Unavailable("folder", f"{self._folder / '/'.join(parts)}: {error.strerror}") from error
            opened.callback(os.close, at)
        return at


def _name_as_stored(name: str, folder: int) -> str:
    """``name`` as the folder spells it: shares written by macOS keep が as か and a separate mark (NFD)."""
    stored = os.listdir(folder)
    if name in stored:
        return name
    wanted = unicodedata.normalize("NFC", name)
    same = [entry for entry in stored if unicodedata.normalize("NFC", entry) == wanted]
    return same[0] if len(same) == 1 else name  # two spellings of one name: which is meant is not known


def _read_pdf(name: str, descriptor: int) -> tuple[str, bytes] | Unreadable | None:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        return None
    if before.st_size > MAX_INVOICE_BYTES:
        return Unreadable(Reason.TOO_LARGE, name)
    try:
        content = _read_all(descriptor)
    except OSError as error:
        raise Unavailable("folder", f"{name}: {error.strerror}") from error
    after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        raise Unavailable("folder", f"{name}: changed while it was read")
    if not content.startswith(b"%PDF-"):
        return Unreadable(Reason.DAMAGED, name)
    return unicodedata.normalize("NFC", name), content


def _read_all(descriptor: int) -> bytes:
    pieces = []
    left = MAX_INVOICE_BYTES + 1
    while left > 0 and (piece := os.read(descriptor, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
