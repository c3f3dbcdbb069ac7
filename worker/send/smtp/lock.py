"""Holds the sender's lock: the process that recovers or sends keeps it for its life.

Two processes never hold the lock of one store at the same time, and the second learns which was first. The kernel
releases it when the process ends in any way. The holder also sets a lock of its open file description (fcntl(2),
F_OFD_SETLK), because the kernel tells of such a lock without taking it: a process that checks the lock never refuses
another's start. The last holder's reason for its end stays readable. The lock works on one machine; on a network file
system it is as good as that system's flock.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from worker.core.clock import Clock
from worker.core.errors import NotAllowed, Unavailable
from worker.send.ports import Holder

FILE_NAME: Final = "sender.lock"
_CONTENT_LIMIT: Final = 4096
"""Some short values; a larger file is not ours."""
_DETAIL_LIMIT: Final = 500
"""Characters of an error's text."""
_TRIES: Final = 100
"""The number of times that a start waits for ``record_end``, or for a version that checked by a shared ``flock``."""
_TRY_SECONDS: Final = 0.005
_FLOCK: Final = struct.Struct("hhqqi4x")
"""``struct flock`` of 64-bit Linux: type, whence, start, length and process, which is 0 for F_OFD_SETLK."""


def read_holder(folder: Path) -> Holder | None:
    """Returns the holder of the lock of ``folder``; None if there never was one. Raises Unavailable."""
    with _translated():
        try:
            descriptor = os.open(folder / FILE_NAME, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            is_held = _is_marked(descriptor)
            content = _content(descriptor)
        finally:
            os.close(descriptor)
    said = {name: str(content.get(name, "")) for name in ("pid", "why", "detail")}
    since, ended = _moment(content.get("since")), _moment(content.get("ended"))
    if is_held or ended is None:
        return Holder(is_held, said["pid"] or "?", since)
    return Holder(is_held, said["pid"] or "?", since, ended, said["why"], said["detail"])


def record_end(folder: Path, now: dt.datetime, why: str, detail: str) -> None:
    """Records the end of a holder that could not do so itself; nothing if it did, or if the lock is held."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder / FILE_NAME, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            content = _content(descriptor)
            if _takes(descriptor, fcntl.LOCK_EX) and "ended" not in content:
                _write(descriptor, {**content, **_end(now, why, detail)})
        finally:
            os.close(descriptor)


class SenderLock:
    """An exclusive ``flock`` on ``DIR/sender.lock`` from construction to ``release``, or to the process's end.

    Raises NotAllowed ``second_run`` (``pid``, ``host``, ``since`` of the holder, ``?`` if the file does not say) and
    Unavailable if the file cannot be opened. Children started by exec do not inherit it.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        with _translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            with contextlib.suppress(PermissionError):  # of another account; the console reads who holds the lock
                os.fchmod(self._descriptor, 0o600 | folder.stat().st_mode & 0o040)
        try:
            with _translated():
                _lock(self._descriptor)
                self._said = {"pid": os.getpid(), "host": os.uname().nodename, "since": clock.now().isoformat()}
                _write(self._descriptor, self._said)
        except BaseException:
            os.close(self._descriptor)
            raise

    def note_end(self, now: dt.datetime, why: str, detail: str = "") -> None:
        """Records the reason of the end, a code of ``messages``; a full disk is ignored."""
        with contextlib.suppress(OSError):
            _write(self._descriptor, {**self._said, **_end(now, why, detail)})

    def release(self) -> None:
        """Releases the lock. The file stays: removing it would let two processes lock two files of one name."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _lock(descriptor: int) -> None:
    """Takes the lock and marks the file as held. A held lock without the mark is one that ends in a moment."""
    for _ in range(_TRIES):
        if _takes(descriptor, fcntl.LOCK_EX):
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0))
            return
        if _is_marked(descriptor):
            break
        time.sleep(_TRY_SECONDS)
    known = _content(descriptor)
    raise NotAllowed("second_run", **{key: str(known.get(key, "?")) for key in ("pid", "host", "since")})


def _is_marked(descriptor: int) -> bool:
    asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
    kind: int = _FLOCK.unpack(fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, asked))[0]
    return kind != fcntl.F_UNLCK


def _takes(descriptor: int, kind: int) -> bool:
    """Returns whether the lock was free; it is then held until the descriptor is closed."""
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _content(descriptor: int) -> dict[str, object]:
    try:
        content = json.loads(os.pread(descriptor, _CONTENT_LIMIT, 0))
    except ValueError:
        content = None  # the holder has the lock and has not written yet
    return content if isinstance(content, dict) else {}


def _write(descriptor: int, content: dict[str, object]) -> None:
    """Writes over the former content: a full disk has room for that, and would have none after a truncation."""
    text = json.dumps(content).encode()
    os.pwrite(descriptor, text, 0)
    os.ftruncate(descriptor, len(text))


def _end(now: dt.datetime, why: str, detail: str) -> dict[str, object]:
    return {"ended": now.isoformat(), "why": why, "detail": detail[:_DETAIL_LIMIT]}


def _moment(text: object) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("store", f"{FILE_NAME}: {error}") from error
