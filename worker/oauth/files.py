"""The files that logins are kept in: ``DIR/tokens/NAME.json``, below the store's directory.

A file holds one whole login or does not exist. Only the store's owner can read it; a file that others could read is
not used. If root runs ``login``, the file belongs to the store's owner, and no link of that owner is followed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from worker.oauth.tokens import StoredLogin, read_login, write_login

FOLDER: Final = "tokens"
_LIMIT: Final = 65_536
"""Bytes of one file: Microsoft's tokens have some kilobytes each."""


class UnusableLogin(Exception):
    """The file cannot be used; ``code`` is one of ``core.messages``."""

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class LoginFile:
    """One mailbox's login on disk. Methods raise OSError, and UnusableLogin for faults that have a code."""

    def __init__(self, store: Path, name: str) -> None:
        """Nothing is opened yet."""
        self._store = store
        self._name = f"{name}.json"

    @property
    def path(self) -> Path:
        """The file."""
        return self._store / FOLDER / self._name

    def read(self) -> StoredLogin:
        """Returns the login. Raises UnusableLogin, also if there is none."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise UnusableLogin("login_missing") from None
        except OSError as error:
            raise UnusableLogin("login_unreadable", path=str(self.path), detail=error.strerror or "") from error
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise UnusableLogin("login_broken", path=str(self.path))
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise UnusableLogin("login_readable", path=str(self.path), mode=f"{stat.S_IMODE(status.st_mode):04o}")
            if status.st_uid not in {os.geteuid(), self._store.stat().st_uid}:
                raise UnusableLogin("login_of_another", path=str(self.path))
            kept = read_login(file.read(_LIMIT))
        if kept is None:
            raise UnusableLogin("login_broken", path=str(self.path))
        return kept

    def refuse_other_account(self) -> None:
        """Raises UnusableLogin if the store's owner could not read a file of this account."""
        try:
            status = self._store.stat()
        except OSError as error:
            raise UnusableLogin("login_no_store", path=str(self._store), detail=error.strerror or "") from error
        if os.geteuid() not in {0, status.st_uid}:
            raise UnusableLogin("login_wrong_account", path=str(self._store), owner=_account(status.st_uid))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Locks out other renewals, in this process or another: an endpoint may revoke a token that it renewed."""
        with self._folder() as folder:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield

    def write(self, kept: StoredLogin) -> None:
        """Replace the file, durable before it takes effect."""
        with self._folder() as folder:
            beside = f".{self._name}.{os.getpid()}.{os.urandom(4).hex()}"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(beside, flags, 0o600, dir_fd=folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    os.fchmod(descriptor, 0o600)
                    self._hand_over(descriptor)
                    file.write(write_login(kept))
                    file.flush()
                    os.fsync(descriptor)
                os.rename(beside, self._name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(beside, dir_fd=folder)
                raise
            os.fsync(folder)

    @contextlib.contextmanager
    def _folder(self) -> Iterator[int]:
        way = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
        store = os.open(self._store, way)
        try:
            with contextlib.suppress(FileExistsError):
                os.mkdir(FOLDER, 0o700, dir_fd=store)
            folder = os.open(FOLDER, way | os.O_NOFOLLOW, dir_fd=store)
        finally:
            os.close(store)
        try:
            if os.fstat(folder).st_uid == os.geteuid():
                self._hand_over(folder)
            yield folder
        finally:
            os.close(folder)

    def _hand_over(self, descriptor: int) -> None:
        owner = self._store.stat()
        if os.geteuid() == 0 and owner.st_uid != 0:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
