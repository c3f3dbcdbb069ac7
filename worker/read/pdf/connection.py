"""A child of another account: the pool's connection to ``hoshobin-reader.socket``, used as a process is.

Requests and answers go over a socket of their own, which the child has as its standard input and output (``reader``).
A reader that is lost without a word counts as one that was killed from outside.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
from pathlib import Path
from typing import Any, Final

LOST: Final = -signal.SIGKILL
"""The status of a child whose end was not told."""

_STATUSES: Final = range(-signal.NSIG + 1, 256)

END_SECONDS: Final = 10.0
"""For the reader to end a child that is not wanted any more. Its unit limits one that does not."""


class ServedProcess:
    """The part of ``asyncio.subprocess.Process`` that the pool uses."""

    def __init__(
        self,
        said: asyncio.StreamReader,
        connection: asyncio.StreamWriter,
        stdout: asyncio.StreamReader,
        stdin: asyncio.StreamWriter,
        pid: int,
        uid: int,
    ) -> None:
        self._said = said
        self._connection = connection
        self.pid = pid
        self.uid = uid
        """The account of the child."""
        self.stdin = stdin
        self.stdout = stdout
        self.returncode: int | None = None
        self._end_limit: asyncio.TimerHandle | None = None
        self._ended = asyncio.create_task(self._follow())

    async def wait(self) -> int:
        """Returns the status once the child has ended."""
        await asyncio.shield(self._ended)
        assert self.returncode is not None  # noqa: S101  set by the task, for the type checker
        return self.returncode

    def kill(self) -> None:
        """Ends the child: the reader ends it when the connection ends."""
        with contextlib.suppress(OSError):
            self._connection.write_eof()
        self.stdin.transport.abort()
        if self._end_limit is None:
            self._end_limit = asyncio.get_running_loop().call_later(END_SECONDS, self._connection.transport.abort)

    async def _follow(self) -> None:
        """Waits for the end of the connection, and keeps the status told before it."""
        status = LOST
        try:
            match await _next_word(self._said):
                case {"status": int(told)} if told in _STATUSES:
                    status = told
                case _:
                    pass
        finally:
            self.returncode = status
            if self._end_limit is not None:
                self._end_limit.cancel()
            self._connection.close()  # not ``stdin``: the last answer may still be on its way


async def connect(place: Path, word: str) -> ServedProcess:
    """Returns a child of the reader at ``place``. Raises OSError if there is none."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    ours, theirs = socket.socketpair()
    try:
        for each in (connection, ours):
            each.setblocking(False)
        with theirs:
            await asyncio.get_running_loop().sock_connect(connection, str(place))
            socket.send_fds(connection, [f"{word}\n".encode("ascii")], [theirs.fileno()])
        said, writer = await asyncio.open_unix_connection(sock=connection)
        try:
            pid, uid = _understood(await _next_word(said))
            stdout, stdin = await asyncio.open_unix_connection(sock=ours)
        except BaseException:
            writer.close()
            raise
    except BaseException:
        connection.close()
        ours.close()
        raise
    return ServedProcess(said, writer, stdout, stdin, pid, uid)


async def _next_word(said: asyncio.StreamReader) -> Any:
    """Returns what the reader said; None at the end, and for what no sound reader says."""
    try:
        return json.loads(await said.readline())
    except (OSError, ValueError, RecursionError):
        return None


def _understood(said: Any) -> tuple[int, int]:
    """Returns process id and account. Raises OSError."""
    match said:
        case {"pid": int(pid), "uid": int(uid)}:
            return pid, uid
        case _:
            raise ConnectionError(None, "the reader did not start a process")
