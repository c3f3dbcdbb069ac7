"""The notices folder: files that people save in it and in its folders, listed and read without being changed.

Only regular files inside it are opened, no link is followed at any depth, and no read waits (a FIFO would). Bytes are
given only if the file was the listed one from before the first to after the last of them. A file that is not read is
named with its reason.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from worker.core.errors import Forbidden, Unavailable
from worker.core.file_names import (
    folded_name,
    is_left_file,
    is_left_folder,
    is_unfinished,
    kind_of_name,
    unfinished_names,
)
from worker.core.model import UnreadReason
from worker.read.message import decode_bytes
from worker.watch.folder.invoices import DEPTH, FILES
from worker.watch.ports import ListedFile, Rest
from worker.watch.threads import OwnThread, Threaded

FOLDERS: Final = 2_000
"""Folders that are looked into: ten years of an office that makes one for each of 200 projects a year."""
UNREAD: Final = 20_000
"""Files with a reason that are kept of one look: as many as are listed."""

_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_REPLACED: Final = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)
"""Gone, or by now a link or a socket."""
_FORBIDDEN: Final = (errno.EACCES, errno.EPERM)
_CHUNK: Final = 1_048_576


@dataclass(slots=True)
class _Found:
    """The findings of one look so far."""

    names: dict[str, str] = field(default_factory=dict)
    """Paths as shown → as stored."""
    files: list[ListedFile] = field(default_factory=list)
    unread: list[ListedFile] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    is_full: bool = False

    def name(self, shown: str, stored: str, inode: int) -> str:
        """``shown``, or another name if it is taken: one that cannot be decoded may look like another."""
        while shown in self.names:
            shown = f"{shown} ({inode})"
        self.names[shown] = stored
        return shown

    def skip(self, name: str, why: UnreadReason, status: os.stat_result | None = None) -> None:
        """Note a file, or a folder, that is not read."""
        if len(self.unread) < UNREAD:
            shape = (status.st_size, status.st_mtime_ns, status.st_ino) if status else (0, 0, 0)
            self.unread.append(ListedFile(name, *shape, why))

    def end_at(self, name: str) -> None:
        """Note the first file, or folder, for which there is no more room."""
        if not self.is_full:
            self.skip(name, UnreadReason.TOO_MANY)
        self.is_full = True


class NoticeDirectory:
    """A directory of notices; its calls may block for minutes on a share."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[str, str] = {}
        self._rest = Rest()

    def place(self) -> str:
        """Its path, links resolved: another one is another folder. Raises nothing."""
        return os.path.realpath(self._path)

    def look(self) -> tuple[ListedFile, ...]:
        """Every file that is read, at most FILES in FOLDERS folders, DEPTH deep, in order of name.

        Names are in NFC, as people type them. Raises Unavailable if the folder itself cannot be read.
        """
        found = _Found()
        try:
            descriptor = os.open(self._path, _OPEN_FOLDER)
        except OSError as error:
            raise Unavailable("folder", f"{self._path}: {error.strerror}") from error
        try:
            _walk(descriptor, "", "", (_identity(os.fstat(descriptor)),), found)
        except OSError as error:
            raise Unavailable("folder", f"{self._path}: {error.strerror}") from error
        finally:
            os.close(descriptor)
        self._names = found.names
        self._rest = Rest(tuple(sorted(found.unread, key=lambda each: each.name)), tuple(found.folders))
        return tuple(sorted(found.files, key=lambda file: file.name))

    def rest(self) -> Rest:
        """The folders inside, and the files that are not read, as the last look found them. Raises nothing."""
        return self._rest

    def read(self, listed: ListedFile) -> bytes | None:
        """Its bytes, or None if it is no longer what was listed, or changed while being read.

        Raises Forbidden if the account may not read this one file, Unavailable if it cannot be read otherwise (a
        failing disk); the others may be.
        """
        *folders, name = self._names.get(listed.name, listed.name).split("/")
        with ExitStack() as opened:
            try:
                at = os.open(self._path, _OPEN_FOLDER)
                opened.callback(os.close, at)
                for folder in folders:
                    at = os.open(folder, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=at)
                    opened.callback(os.close, at)
                at = os.open(name, _OPEN, dir_fd=at)
                opened.callback(os.close, at)
                return _read_unchanged(at, listed)
            except OSError as error:
                if error.errno in _REPLACED:
                    return None
                kind = Forbidden if error.errno in _FORBIDDEN else Unavailable
                raise kind("folder", f"{listed.name}: {error.strerror}") from error


class ThreadedNoticeFolder(Threaded):
    """``ports.NoticeFolder`` over a ``NoticeDirectory`` in one thread; each call is a sign of life of its loop."""

    def __init__(self, folder: NoticeDirectory, thread: OwnThread | None = None) -> None:
        super().__init__(thread or OwnThread("folder"))
        self._folder = folder

    async def place(self) -> str:
        """As ``ports.Folder``."""
        return await self._call(self._folder.place)

    async def look(self) -> tuple[ListedFile, ...]:
        """As ``ports.Folder``."""
        return await self._call(self._folder.look)

    def rest(self) -> Rest:
        """As ``ports.Folder``."""
        return self._folder.rest()

    async def read(self, listed: ListedFile) -> bytes | None:
        """As ``ports.Folder``."""
        return await self._call(self._folder.read, listed)

    def close(self) -> None:
        """Let the thread go."""
        self._thread.end()


# --- The walk ------------------------------------------------------------------------------------------------


def _walk(folder: int, inside: str, stored: str, above: tuple[tuple[int, int], ...], found: _Found) -> None:
    """Note what lies in the open ``folder``: its files first, so that a deep tree hides none of those above it."""
    with os.scandir(folder) as scanned:
        entries = sorted(scanned, key=lambda entry: (_shown_name(entry.name) != entry.name, entry.name))
    beside = frozenset(folded_name(entry.name) for entry in entries)
    folders: list[tuple[str, str]] = []
    for entry in entries:
        try:
            status = entry.stat(follow_symlinks=False)
        except FileNotFoundError:  # renamed or deleted since the folder was listed
            continue
        shown = inside + _shown_name(entry.name)
        if stat.S_ISDIR(status.st_mode):
            if is_left_folder(entry.name):
                continue
            if is_unfinished(entry.name):
                found.skip(f"{shown}/", UnreadReason.UNFINISHED, status)
            else:
                folders.append((shown, entry.name))
        elif not is_left_file(entry.name):
            _note_file(shown, stored + entry.name, entry.name, status, beside, found)
    for shown, name in folders:
        _note_folder(folder, shown, name, stored, above, found)


def _note_file(
    shown: str, stored: str, name: str, status: os.stat_result, beside: frozenset[str], found: _Found
) -> None:
    if why := _why_unread(name, status, beside):
        found.skip(shown, why, status)
    elif len(found.files) >= FILES:
        found.end_at(shown)
    else:
        shown = found.name(shown, stored, status.st_ino)
        found.files.append(ListedFile(shown, status.st_size, status.st_mtime_ns, status.st_ino))


def _why_unread(name: str, status: os.stat_result, beside: frozenset[str]) -> UnreadReason | None:
    if stat.S_ISLNK(status.st_mode):
        return UnreadReason.LINK
    if not stat.S_ISREG(status.st_mode):
        return UnreadReason.DEVICE
    if is_unfinished(name):
        return UnreadReason.UNFINISHED
    if not status.st_size and beside.intersection(unfinished_names(name)):
        return UnreadReason.UNFINISHED  # a browser reserves the name of a file that it still downloads
    if kind := kind_of_name(name):
        return kind
    return UnreadReason.LINKED if status.st_nlink > 1 else None


def _note_folder(
    parent: int, shown: str, name: str, stored: str, above: tuple[tuple[int, int], ...], found: _Found
) -> None:
    if len(above) >= DEPTH:
        found.skip(f"{shown}/", UnreadReason.TOO_DEEP)
        return
    if len(found.folders) >= FOLDERS:
        found.end_at(f"{shown}/")
        return
    try:
        descriptor = os.open(name, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=parent)
    except OSError as error:
        if error.errno not in _REPLACED:
            found.skip(f"{shown}/", UnreadReason.FOLDER_UNREADABLE)
        return
    try:
        own = _identity(os.fstat(descriptor))
        if own in above:  # mounted into itself
            found.skip(f"{shown}/", UnreadReason.LINK)
            return
        found.folders.append(f"{shown}/")
        _walk(descriptor, f"{shown}/", f"{stored}{name}/", (*above, own), found)
    except OSError:  # listed or asked while the share lost it: the others are read, and this one is named
        found.skip(f"{shown}/", UnreadReason.FOLDER_UNREADABLE)
    finally:
        os.close(descriptor)


def _identity(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _shown_name(name: str) -> str:
    """The name as text that can be stored, as people type it.

    Old Windows shares hold names in Shift_JIS; macOS writes か with its mark apart (NFD).
    """
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return decode_bytes(os.fsencode(name))[0].replace("/", "／")
    return unicodedata.normalize("NFC", name)


# --- One file ------------------------------------------------------------------------------------------------


def _is_listed(descriptor: int, listed: ListedFile) -> bool:
    status = os.fstat(descriptor)
    seen = (status.st_size, status.st_mtime_ns, status.st_ino)
    is_plain = stat.S_ISREG(status.st_mode) and status.st_nlink <= 1
    return is_plain and seen == (listed.size, listed.mtime_ns, listed.inode)


def _read_unchanged(descriptor: int, listed: ListedFile) -> bytes | None:
    if not _is_listed(descriptor, listed):
        return None
    content = bytearray()
    while len(content) <= listed.size and (piece := os.read(descriptor, _CHUNK)):
        content += piece
    return bytes(content) if len(content) == listed.size and _is_listed(descriptor, listed) else None
