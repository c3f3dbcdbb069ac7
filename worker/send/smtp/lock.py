"""Holds the one sender's lock: whoever recovers or sends has it for its life.

The promise: two processes never hold the lock of one store at the same time, and who comes second learns who came
first. The kernel frees it with the process, however that ends. It holds on one machine; on a network file system it
is as good as that system's flock.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from worker.core.clock import Clock
from worker.core.errors import NotAllowed, Unavailable

FILE_NAME: Final = "sender.lock"
_CONTENT_LIMIT: Final = 4096
"""Three short values; a larger file is somebody else's."""


class SenderLock:
    """An exclusive ``flock`` on ``DIR/sender.lock`` from construction to ``release``, or to the process's end.

    Raises NotAllowed ``second_run`` (``pid``, ``host``, ``since`` of the holder, ``?`` where the file does not say)
    and Unavailable where the file cannot be opened. Children started by exec do not inherit it.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        with _translated():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._descriptor = os.open(folder / FILE_NAME, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            with _translated():
                _lock(self._descriptor)
                holder = {"pid": os.getpid(), "host": socket.gethostname(), "since": clock.now().isoformat()}
                os.ftruncate(self._descriptor, 0)
                os.pwrite(self._descriptor, json.dumps(holder).encode(), 0)
        except BaseException:
            os.close(self._descriptor)
            raise

    def release(self) -> None:
        """Give the lock up; the file stays, as removing it would let two processes lock two files of one name."""
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
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise NotAllowed("second_run", **_holder(descriptor)) from None


def _holder(descriptor: int) -> dict[str, str]:
    try:
        content = json.loads(os.pread(descriptor, _CONTENT_LIMIT, 0))
    except ValueError:
        content = None  # the holder has the lock and has not written yet
    known = content if isinstance(content, dict) else {}
    return {key: str(known.get(key, "?")) for key in ("pid", "host", "since")}


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("store", f"{FILE_NAME}: {error}") from error
