"""Puts PDFs that people bring into a folder: whole from the first moment, under a free name, readable by the service.

The bytes are written to a file without a name, which gets its name by ``link()``: two that are saved at once get two
names, and no file is ever replaced. If the file system has no such files (a network share), the name is taken
first, and the watch waits until the file no longer grows.
"""

from __future__ import annotations

import errno
import os
import stat
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from worker.core.errors import Unavailable
from worker.core.file_names import folded_name, free_names

MODE: Final = 0o640
"""The service reads by the folder's group; no other account does."""
_OPEN_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NOT_HERE: Final = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.EPERM, errno.EMLINK, errno.EXDEV})
"""Errors of a file system without nameless files or links."""
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class UploadDirectory:
    """``ports.UploadFolder`` over a directory; its calls may block for minutes on a share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def put(self, folder: str, name: str, content: bytes) -> str:
        """As ``ports.UploadFolder``."""
        with self._opened(folder, make=True) as at:
            with os.scandir(at) as entries:
                taken = {folded_name(each.name) for each in entries}
            for free in free_names(name):
                if folded_name(free) not in taken and _save(at, free, content):
                    os.fsync(at)
                    return f"{folder}/{free}" if folder else free
        raise Unavailable("folder", f"{self._path}: {name}: {os.strerror(errno.EEXIST)}")

    def sizes(self, folder: str) -> Mapping[str, int]:
        """As ``ports.UploadFolder``."""
        found: dict[str, int] = {}
        try:
            with self._opened(folder) as at, os.scandir(at) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode):
                        name = unicodedata.normalize("NFC", entry.name)
                        found[f"{folder}/{name}" if folder else name] = status.st_size
        except FileNotFoundError:
            return {}
        return found

    def take(self, path: str) -> bytes | None:
        """As ``ports.UploadFolder``."""
        folder, _, name = path.rpartition("/")
        try:
            with self._opened(folder) as at:
                descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
                with os.fdopen(descriptor, "rb") as opened:
                    return opened.read()
        except FileNotFoundError:
            return None

    def remove(self, path: str) -> None:
        """As ``ports.UploadFolder``."""
        folder, _, name = path.rpartition("/")
        try:
            with self._opened(folder) as at:
                os.unlink(name, dir_fd=at)
        except FileNotFoundError:
            return

    @contextmanager
    def _opened(self, folder: str, *, make: bool = False) -> Iterator[int]:
        """The folder, which must lie inside; raises FileNotFoundError, or Unavailable for any other fault."""
        try:
            with ExitStack() as opened:
                at = os.open(self._path, _OPEN_FOLDER)
                opened.callback(os.close, at)
                if folder:
                    if make:
                        _make(at, folder)
                    at = os.open(folder, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=at)
                    opened.callback(os.close, at)
                yield at
        except FileNotFoundError:
            if make:
                raise Unavailable("folder", f"{self._path}: {os.strerror(errno.ENOENT)}") from None
            raise
        except OSError as error:
            what = "disk" if error.errno in _FULL else "folder"
            raise Unavailable(what, f"{self._path}: {error.strerror}") from error


def _make(at: int, folder: str) -> None:
    """Makes a folder with the rights of the one above it."""
    above = os.fstat(at)
    try:
        os.mkdir(folder, 0o700, dir_fd=at)
    except FileExistsError:
        return
    made = os.open(folder, _OPEN_FOLDER | os.O_NOFOLLOW, dir_fd=at)
    try:
        _give_to_group(made, above.st_gid)
        os.fchmod(made, stat.S_IMODE(above.st_mode))
    finally:
        os.close(made)


def _save(at: int, name: str, content: bytes) -> bool:
    """Saves the bytes under ``name`` if it is free; returns whether it was."""
    try:
        descriptor = os.open(".", os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600, dir_fd=at)
        try:
            _write(descriptor, at, content)
            os.link(f"/proc/self/fd/{descriptor}", name, dst_dir_fd=at, follow_symlinks=True)
        finally:
            os.close(descriptor)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NOT_HERE:
            raise
        return _save_by_name(at, name, content)
    return True


def _save_by_name(at: int, name: str, content: bytes) -> bool:
    try:
        descriptor = os.open(name, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600, dir_fd=at)
    except FileExistsError:
        return False
    try:
        _write(descriptor, at, content)
    except OSError:
        os.unlink(name, dir_fd=at)
        raise
    finally:
        os.close(descriptor)
    return True


def _write(descriptor: int, folder: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
    _give_to_group(descriptor, os.fstat(folder).st_gid)
    os.fchmod(descriptor, MODE)
    os.fsync(descriptor)


def _give_to_group(descriptor: int, group: int) -> None:
    """Gives the file to the folder's group. Raises PermissionError: the service could not read it otherwise."""
    if os.fstat(descriptor).st_gid != group:
        os.fchown(descriptor, -1, group)
