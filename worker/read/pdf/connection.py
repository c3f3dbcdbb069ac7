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

END_SECONDS: Final = 10.0
"""For the reader to end a child that is not wanted any more. Its unit limits one that does not."""


class ServedProcess:
    """The part of ``asyncio.subprocess.Process`` that the pool uses."""

    def __init__(self, said: asyncio.StreamReader, connection: asyncio.StreamWriter, pid: int, uid: int) -> None:
        self._said = said
        self._connection = connection
        self.pid = pid
        self.uid = uid
        """The account of the child."""
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout: asyncio.StreamReader | None = None
        self.returncode: int | None = None
        self._patience: asyncio.TimerHandle | None = None
        self._ended = asyncio.create_task(self._follow())

    async def open(self, channel: socket.socket) -> None:
        """Takes ``channel`` for requests and answers. Raises OSError."""
        self.stdout, self.stdin = await asyncio.open_unix_connection(sock=channel)

    async def wait(self) -> int:
        """Returns the status once the child has ended."""
        await asyncio.shield(self._ended)
        assert self.returncode is not None  # noqa: S101  set by the task, for the type checker
        return self.returncode

    def kill(self) -> None:
        """Ends the child: the reader ends it when the connection ends."""
        with contextlib.suppress(OSError):
            self._connection.write_eof()
        if self.stdin is not None:
            self.stdin.transport.abort()
        if self._patience is None:
            self._patience = asyncio.get_running_loop().call_later(END_SECONDS, self._connection.transport.abort)

    async def _follow(self) -> None:
        """Waits for the end of the connection, and keeps the status told before it."""
        status: int = LOST
        try:
            match json.loads(await self._said.readline()):
                case {"status": int(told)}:
                    status = told
                case _:
                    pass
        except (OSError, ValueError):
            pass
        finally:
            self.returncode = status
            if self._patience is not None:
                self._patience.cancel()
            self._connection.close()
            if self.stdin is not None:
                self.stdin.close()


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
            served = ServedProcess(said, writer, *_understood(await said.readline()))
            await served.open(ours)
        except BaseException:
            writer.close()
            raise
    except BaseException:
        connection.close()
        ours.close()
        raise
    return served


def _understood(line: bytes) -> tuple[int, int]:
    """Returns process id and account. Raises OSError."""
    try:
        said: Any = json.loads(line)
    except ValueError:
        said = None
    match said:
        case {"pid": int(pid), "uid": int(uid)}:
            return pid, uid
        case _:
            raise ConnectionError(None, "the reader answers as another version" if line else "the reader ended")
