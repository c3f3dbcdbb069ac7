"""The notices folder: what people save there, listed and read without ever being changed.

Promise: only regular files are opened, no read waits (a FIFO would), and bytes are given only where the file was
the one listed from before the first to after the last of them. It does not know what was taken before.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from worker.core.errors import Unavailable
from worker.read.charsets import decode_bytes
from worker.watch.ports import Listed

_HALF_WRITTEN: Final = (".part", ".tmp", ".crdownload")
_LEFT_PREFIXES: Final = (".", "~$")
_LEFT_NAMES: Final = frozenset({"thumbs.db", "desktop.ini"})
"""Windows puts these into every shared folder that somebody opens."""
_OPEN: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_REPLACED: Final = (errno.ENOENT, errno.ELOOP, errno.ENXIO)
"""Gone, or by now a link or a socket."""
_CHUNK: Final = 1_048_576


class NoticeFolder:
    """``ports.Folder`` over a directory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._names: dict[str, str] = {}

    def place(self) -> str:
        """Its path, links resolved: another one is another folder. Raises nothing."""
        return os.path.realpath(self._path)

    def look(self) -> tuple[Listed, ...]:
        """Every regular file whose name is not a half-written one's, in order of name. Raises Unavailable."""
        names: dict[str, str] = {}
        found: list[Listed] = []
        try:
            with os.scandir(self._path) as scanned:
                entries = sorted(scanned, key=lambda entry: (_shown_name(entry.name) != entry.name, entry.name))
            for entry in entries:
                status = _regular(entry) if _is_finished(entry.name) else None
                if status is None:
                    continue
                shown = _shown_name(entry.name)
                if shown in names:  # an undecodable name may look like another; neither is lost
                    shown = f"{shown} ({status.st_ino})"
                names[shown] = entry.name
                found.append(Listed(shown, status.st_size, status.st_mtime_ns, status.st_ino))
        except OSError as error:
            raise Unavailable("folder", f"{self._path}: {error.strerror}") from error
        self._names = names
        return tuple(sorted(found, key=lambda file: file.name))

    def read(self, listed: Listed) -> bytes | None:
        """Its bytes, or None where it is no longer what was listed, or changed while being read.

        Raises Unavailable where this one file cannot be read (no permission, a failing disk); the others may be.
        """
        try:
            descriptor = os.open(self._path / self._names.get(listed.name, listed.name), _OPEN)
        except OSError as error:
            if error.errno in _REPLACED:
                return None
            raise Unavailable("folder", f"{listed.name}: {error.strerror}") from error
        try:
            return _read_unchanged(descriptor, listed)
        except OSError as error:
            raise Unavailable("folder", f"{listed.name}: {error.strerror}") from error
        finally:
            os.close(descriptor)


def _is_finished(name: str) -> bool:
    lowered = name.lower()
    return not (lowered.startswith(_LEFT_PREFIXES) or lowered.endswith(_HALF_WRITTEN) or lowered in _LEFT_NAMES)


def _regular(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:  # renamed or deleted since the folder was listed
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _shown_name(name: str) -> str:
    """The name as text that can be stored: old Windows shares hold names in Shift_JIS."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return decode_bytes(os.fsencode(name))[0]
    return name


def _is_listed(descriptor: int, listed: Listed) -> bool:
    status = os.fstat(descriptor)
    seen = (status.st_size, status.st_mtime_ns, status.st_ino)
    return stat.S_ISREG(status.st_mode) and seen == (listed.size, listed.mtime_ns, listed.inode)


def _read_unchanged(descriptor: int, listed: Listed) -> bytes | None:
    if not _is_listed(descriptor, listed):
        return None
    content = bytearray()
    while len(content) <= listed.size and (piece := os.read(descriptor, _CHUNK)):
        content += piece
    return bytes(content) if len(content) == listed.size and _is_listed(descriptor, listed) else None
