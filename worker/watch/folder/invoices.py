"""The invoices folder: what lies in it, and the bytes of one PDF, never from outside the folder.

A network share comes and goes: a folder that is not there is ``Unavailable``, a file that is not there is no file.
Every call may wait for as long as the share does: ``invoices_cache`` makes them in a thread of its own.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Final

from worker.core.errors import Unavailable
from worker.core.file_names import is_left_file, is_left_folder
from worker.core.model import Unreadable, UnreadReason
from worker.core.states import Reason
from worker.read.pdf_bytes import fault_of
from worker.watch.ports import Listed, Rest

MAX_INVOICE_BYTES: Final = 30_000_000
"""Towns' mail systems take 5 to 20 MB (seen); base64 adds a third, so nothing larger could ever be sent."""

DEPTH: Final = 5
"""Folders within folders: 年度/発注者/工事/請求書 is four, and a mistaken link to a whole drive ends somewhere."""
FILES: Final = 20_000
"""Files that are listed: ten years of an office with ten a day; a file beyond them counts as not there."""

_FLAGS: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_SUCH_FILE: Final = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG, errno.EINVAL}
)
"""What opening answers for a missing name, a link (ELOOP, or ENOTDIR for one where a folder is meant), a socket."""


class InvoiceFiles:
    """The files inside one folder and its folders; no link is followed, at any depth."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rest: Rest | None = None

    def look(self) -> tuple[Listed, ...]:
        """Every regular file by its path inside the folder (NFC), in order; at most FILES, DEPTH folders deep.

        Of two that are spelled alike in NFC neither is listed: which is meant is not known. Raises Unavailable.
        """
        found: dict[str, Listed | None] = {}
        unread: list[Listed] = []
        try:
            for each in _walk(str(self._folder), "", DEPTH):
                if each.why is not None:
                    unread.append(each)
                    continue
                if len(found) == FILES:
                    unread.append(replace(each, why=UnreadReason.TOO_MANY))
                    break
                found[each.name] = None if each.name in found else each
        except OSError as error:
            raise Unavailable("folder", f"{self._folder}: {error.strerror}") from error
        self._rest = Rest(tuple(unread))
        return tuple(sorted(filter(None, found.values()), key=lambda each: each.name))

    def rest(self) -> Rest | None:
        """The files that the last look found and that are not read; None before the first. Raises nothing.

        Another kind than a PDF is not named: offices keep the tables of their invoices beside them.
        """
        return self._rest

    def place(self) -> str:
        """Its path. Raises nothing."""
        return str(self._folder)

    def read(self, listed: Listed) -> bytes | Unreadable | None:
        """The bytes of a PDF; None where it is no regular file inside the folder (any more).

        Unreadable(DAMAGED) where it does not begin as a PDF, Unreadable(TOO_LARGE) above MAX_INVOICE_BYTES. Raises
        Unavailable where the folder cannot be read, or the file is another than was listed.
        """
        parts = listed.name.split("/")
        if not all(part.strip(" .") and "\0" not in part for part in parts):
            return None
        with ExitStack() as opened:
            descriptor = self._open(parts, opened)
            return None if descriptor is None else _read_pdf(listed, descriptor)

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


def _walk(folder: str, inside: str, depth: int) -> Iterator[Listed]:
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=lambda entry: entry.name)
    for entry in entries:
        name = unicodedata.normalize("NFC", entry.name)
        if name.startswith(".") or is_left_file(name) or not _is_text(name):
            continue
        try:
            seen = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # renamed or deleted since the folder was listed
            continue
        if stat.S_ISDIR(seen.st_mode):
            if not is_left_folder(name):
                yield from _walk_inside(entry.path, f"{inside}{name}/", depth - 1)
        elif stat.S_ISREG(seen.st_mode):
            why = UnreadReason.LINKED if seen.st_nlink > 1 else None
            yield Listed(inside + name, seen.st_size, seen.st_mtime_ns, seen.st_ino, why)
        elif stat.S_ISLNK(seen.st_mode):
            yield Listed(inside + name, 0, 0, 0, UnreadReason.LINK)


def _walk_inside(folder: str, inside: str, depth: int) -> Iterator[Listed]:
    if depth < 1:
        yield Listed(inside, 0, 0, 0, UnreadReason.TOO_DEEP)
        return
    try:
        yield from _walk(folder, inside, depth)
    except PermissionError:  # the others can be read all the same
        yield Listed(inside, 0, 0, 0, UnreadReason.FOLDER_UNREADABLE)


def _is_text(name: str) -> bool:
    """Whether a name can be stored and shown: old shares hold names in Shift_JIS, which nobody can register."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_pdf(listed: Listed, descriptor: int) -> bytes | Unreadable | None:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode) or before.st_nlink > 1:
        return None
    if before.st_size > MAX_INVOICE_BYTES:
        return Unreadable(Reason.TOO_LARGE, listed.name)
    try:
        content = _read_all(descriptor)
    except OSError as error:
        raise Unavailable("folder", f"{listed.name}: {error.strerror}") from error
    after = os.fstat(descriptor)
    wanted = (listed.size, listed.mtime_ns, listed.inode)
    if any((each.st_size, each.st_mtime_ns, each.st_ino) != wanted for each in (before, after)):
        raise Unavailable("folder", f"{listed.name}: changed since it was listed")
    if len(content) != listed.size:
        raise Unavailable("folder", f"{listed.name}: changed while it was read")
    if fault := fault_of(content):
        return Unreadable(Reason.DAMAGED, f"{fault}: {listed.name}")
    return content


def _read_all(descriptor: int) -> bytes:
    pieces = []
    left = MAX_INVOICE_BYTES + 1
    while left > 0 and (piece := os.read(descriptor, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)
