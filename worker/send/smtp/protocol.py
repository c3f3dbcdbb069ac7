"""One SMTP connection on aiosmtplib's protocol, strict about which reply answers which command.

Each reply is matched to its command; otherwise the connection is considered out of sync. While a body is written, an
early reply is kept, and the server's pace is followed.

aiosmtplib's own ``data()`` writes the whole body before it listens. Its protocol drops data that arrives while no
command waits, and keeps the rest of a packet for the next command. So this subclass uses its reader of replies
(``read_response``, ``execute_command``, ``start_tls``) and adds three things: it detects unrequested data, it listens
from 354 on, and it writes a body in pieces.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Final

from aiosmtplib import SMTPResponse, SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol

CHUNK_BYTES: Final = 64 * 1024
"""Bytes written at once: asyncio's own high-water mark, so at most two such pieces wait in memory."""

_GOES_ON: Final = (2, 3)
"""First digits of positive answers."""

_FIRST_DOT: Final = re.compile(rb"(?m)^\.")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds for each wait. RFC 5321 §4.5.3.2 names most of them; every wait has one."""

    connect: float = 60.0
    """Name, TCP and TLS. Linux gives up on a SYN after 130 s; a server that is up answers within some seconds."""
    greeting: float = 300.0
    """§4.5.3.2.1. Servers make clients wait here on purpose, to see if they talk too early."""
    command: float = 300.0
    """§4.5.3.2.2 and .3: MAIL and RCPT; EHLO, STARTTLS and AUTH have no figure of their own."""
    reset: float = 15.0
    """RSET on an open connection: the server has nothing to look up, and a new connection does as well."""
    data: float = 120.0
    """§4.5.3.2.4: the 354."""
    block: float = 180.0
    """§4.5.3.2.5: for the server to take one more piece of the body."""
    transfer: float = 1800.0
    """For the whole body: 10 MB (and base64) at the 64 kbit/s of the slowest line still rented out."""
    answer: float = 600.0
    """§4.5.3.2.6: the answer to the final dot. A shorter timeout makes clients send a mail twice."""
    quit: float = 5.0
    """QUIT is a courtesy; the whole exit has 10 s."""

    @property
    def longest(self) -> float:
        """The longest that any one call may take, for the watchdog of sending."""
        opening = self.reset + 3 * self.connect + self.greeting + 5 * self.command  # STARTTLS and AUTH LOGIN
        return max(opening, self.command, self.data, self.transfer + self.answer)


class EarlySuccess(Exception):
    """A 2xx or 3xx came before the final dot had left: it cannot be the answer to it."""


def stuff_dots(content: bytes) -> bytes:
    """Returns ``content`` with every leading dot doubled and the final dot added (RFC 5321 §4.5.2)."""
    stuffed = _FIRST_DOT.sub(b"..", content)
    return stuffed + (b".\r\n" if not stuffed or stuffed.endswith(b"\r\n") else b"\r\n.\r\n")


class Wire(SMTPProtocol):
    """One connection; used for one command at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._unasked = False
        self._gone = asyncio.Event()

    def data_received(self, data: bytes) -> None:
        """Notes data that arrives while no command waits: it answers nothing that we sent."""
        waiter = self._response_waiter
        if not self._response_pending or waiter is None or waiter.done():
            self._unasked = True
        super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """Notes that the socket is closed."""
        super().connection_lost(exc)
        self._gone.set()

    @property
    def is_in_step(self) -> bool:
        """Set if the connection is open and nothing has arrived beyond the expected answers."""
        return self.is_connected and not self._unasked and not self._buffer

    @property
    def has_heard(self) -> bool:
        """Set if an answer, or the end of the connection, has already come."""
        return self._response_waiter is None or self._response_waiter.done()

    def listen(self) -> None:
        """Keeps everything that arrives from now on as the answer to the next write.

        Called directly after 354 was read, because the body comes only after a commit: a server that gives up in
        between must be heard before the first byte of the mail.
        """
        self._response_pending = True

    def drop(self) -> None:
        """Closes at once. Never by close(): that would still flush a half-written body, dot and all."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()

    async def wait_until_gone(self) -> None:
        """Returns when the socket is closed."""
        await self._gone.wait()

    async def hand_over(self, content: bytes, limits: Timeouts) -> SMTPResponse:
        """Returns the server's answer to ``content``, which is written with dots stuffed and the final dot.

        An early 4xx or 5xx is the answer: the rest is never written, so the server cannot have taken the mail. Raises
        EarlySuccess, TimeoutError, and aiosmtplib's errors.
        """
        self.listen()
        async with asyncio.timeout(limits.transfer):
            is_written = await self._write_body(memoryview(stuff_dots(content)), limits.block)
        response = await self.read_response(timeout=limits.answer)
        if is_written and not self._holds_unsent():
            return response
        self._unasked = True
        if response.code // 100 in _GOES_ON:
            raise EarlySuccess(f"{response.code} before the end of the message")
        return response

    async def _write_body(self, stuffed: memoryview, stalled_after: float) -> bool:
        """Writes at the server's pace; returns False, with the rest unwritten, if the server has answered or closed.

        The awaits between pieces lose no answer here, unlike a bare ``write`` and a later ``read_response``, because
        ``listen`` is in force throughout and each piece is written only after a check for an answer.
        """
        # This turn of the loop and the next one: in the first it finds what has come, in the second it has read it.
        await asyncio.sleep(0)
        for start in range(0, len(stuffed), CHUNK_BYTES):
            await asyncio.sleep(0)  # on a fast line writing never waits: without this the loop would never read
            if self.has_heard:
                return False
            self.write(bytes(stuffed[start : start + CHUNK_BYTES]))
            if start + CHUNK_BYTES < len(stuffed):
                await self._wait_for_room(stalled_after)
        return True

    def _holds_unsent(self) -> bool:
        """Returns whether the end of the body is still in our own memory, so that the final dot has not left."""
        return isinstance(self.transport, asyncio.WriteTransport) and self.transport.get_write_buffer_size() > 0

    async def _wait_for_room(self, seconds: float) -> None:
        waiter = self._response_waiter
        if waiter is None:
            raise SMTPServerDisconnected("Connection lost")
        room = asyncio.ensure_future(self._drain_helper())
        first: set[asyncio.Future[Any]] = {room, waiter}
        try:
            done, _ = await asyncio.wait(first, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not room.cancel() and not room.cancelled():
                room.exception()  # a lost connection: the waiter has it too, and read_response tells
        if not done:
            raise TimeoutError("the server stopped reading")
