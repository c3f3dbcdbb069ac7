"""Replaces a configuration file as a whole: the disk holds the old text or the new one, never half of either.

A link stays a link and its target is replaced; the file keeps its mode. A file that changed since it was read is not
replaced, and an existing file is not overwritten. A person's PDF is put into its folder in the same way.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from worker.core.errors import ConfigError, Problem

_NEW_MODE = 0o644
"""Configuration holds no secrets; the service's account must read it."""
_FILED_MODE = 0o640
"""An invoice is read by the service and by the group of its folder."""
_RESTED_SECONDS = 5.0
"""A file that appears whole is no file being written: its time is set back, so that the next look may read it."""
_NAMES_TRIED = 1000
"""Names of one file in one folder: a folder holds some thousand invoices, and few of one name."""


def replace_file(path: Path, former: bytes, content: bytes) -> None:
    """Put ``content`` in the place of ``former``. Raises ConfigError if the file is no longer ``former``."""
    try:
        target = path.resolve(strict=True)
        with _locked(target.parent):
            status = target.stat()
            if target.read_bytes() != former:
                raise ConfigError([Problem(str(path), "", "file_changed")])
            written = _write_beside(target, content, status.st_mode & 0o7777)
            with _removed_on_failure(written):
                with contextlib.suppress(PermissionError):  # another's file stays readable by its mode
                    os.chown(written, status.st_uid, status.st_gid)
                written.replace(target)
            _sync_folder(target.parent)
    except OSError as error:
        raise _cannot_write(path, error) from error


def write_new_file(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Make ``path`` with ``content``, and its folder if missing. Raises ConfigError if ``path`` exists."""
    try:
        path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        written = _write_beside(path, content, _NEW_MODE)
        with _removed_on_failure(written):
            os.link(written, path, follow_symlinks=False)  # unlike a rename, it never replaces
        written.unlink()
        _sync_folder(path.parent)
    except FileExistsError as error:
        raise ConfigError([Problem(str(path), "", "file_exists")]) from error
    except OSError as error:
        raise _cannot_write(path, error) from error


def write_under_free_name(folder: Path, name: str, content: bytes) -> tuple[str, bool]:
    """Put ``content`` into ``folder`` as ``name``, or with a number behind it if that is taken.

    Returns the name, and whether the file is new: a regular file of the same bytes under one of these names is taken as
    it is. The file gets the folder's group and is never put over another one. Raises ConfigError if the folder cannot
    be written.
    """
    stem, dot, ending = name.rpartition(".")
    try:
        written = _write_beside(folder / name, content, _FILED_MODE)
        try:
            with contextlib.suppress(PermissionError):
                os.chown(written, -1, folder.stat().st_gid)
            whole_since = time.time() - _RESTED_SECONDS
            os.utime(written, (whole_since, whole_since))
            for at in range(1, _NAMES_TRIED):
                free = name if at == 1 else f"{stem or name}_{at}{dot}{ending if stem else ''}"
                try:
                    os.link(written, folder / free, follow_symlinks=False)
                except FileExistsError:
                    if _holds(folder / free, content):
                        return free, False
                    continue
                return free, True
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        finally:
            written.unlink()
            _sync_folder(folder)
    except OSError as error:
        raise _cannot_write(folder / name, error) from error


def _holds(path: Path, content: bytes) -> bool:
    status = path.lstat()
    return stat.S_ISREG(status.st_mode) and status.st_size == len(content) and path.read_bytes() == content


def _cannot_write(path: Path, error: OSError) -> ConfigError:
    detail = error.strerror or type(error).__name__
    return ConfigError([Problem(str(path), "", "cannot_write", {"detail": detail})])


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Alone among this program's commands; an editor takes no part, which is why the bytes are compared as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _removed_on_failure(written: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:  # also what interrupts the making of the content
        written.unlink(missing_ok=True)
        raise


def _write_beside(target: Path, content: bytes | Iterable[bytes], mode: int) -> Path:
    """A hidden file in the same folder, on disk; hidden ones are no configuration."""
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    written = Path(name)
    with _removed_on_failure(written), os.fdopen(descriptor, "wb") as file:
        file.writelines([content] if isinstance(content, bytes) else content)
        file.flush()
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    return written


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
