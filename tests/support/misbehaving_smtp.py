"""An SMTP server that misbehaves on purpose: at one named step, in one named way, once (or ``times``).

It keeps every message whose final dot it has read and not refused, as a relay would deliver it, so that "sent twice"
can be counted. After its last fault it behaves, which lets a test try again.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Mapping
from enum import StrEnum
from types import TracebackType
from typing import Self

PATIENCE = 60.0
"""Seconds after which a hanging server gives up, so that no test can hang for ever."""


class At(StrEnum):
    """The step at which it misbehaves."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    TLS = "tls"
    """In place of the handshake, after its 220 to STARTTLS."""
    EHLO_2 = "ehlo_2"
    """The EHLO that follows STARTTLS."""
    AUTH = "auth"
    MAIL = "mail"
    RCPT_1 = "rcpt_1"
    RCPT_2 = "rcpt_2"
    DATA = "data"
    INVITED = "invited"
    """After its 354 and before the body."""
    BODY = "body"
    """When some of the body has been read."""
    DOT = "dot"
    AFTER = "after"
    """After its 250 to the final dot."""
    RSET = "rset"
    QUIT = "quit"


FAULTS: Mapping[str, bytes | None] = {
    "close": None,
    "hang": None,
    "late": None,  # the proper answer, when the client has long gone
    "cue": None,  # the proper answer, when the test gives its cue
    "half": b"250-this is only the\r\n",  # and then silence
    "double": None,  # the proper answer and one more in the same packet
    "garbage": b"\x00\xff\xfe what is this\r\n",
    "no_code": b"2x0 fine\r\n",
    "code_1": b"150 about to\r\n",
    "code_9": b"999 who knows\r\n",
    "slow": None,  # the proper answer, a byte a second; if no answer is due, it reads a byte a second
    "slow_for_ever": None,  # an answer that goes on and on, a byte a second
    "endless": b"250-" + b"x" * 40_000 + b"\r\n",
    "220": b"220 hello again\r\n",
    "250": b"250 fine\r\n",
    "354": b"354 go on\r\n",
    "421": b"421 4.3.2 going down\r\n",
    "450": b"450 4.2.0 later\r\n",
    "451": b"451 4.3.0 trouble here\r\n",
    "452": b"452 4.3.1 no room now\r\n",
    "535": b"535 5.7.8 not you\r\n",
    "550": b"550-5.1.1 no such\r\n550 5.1.1 user here\r\n",
    "552": b"552 5.3.4 too big\r\n",
    "554": b"554 5.7.1 refused\r\n",
    "send_as": b"550 5.7.60 SMTP; Client does not have permissions to send as this sender\r\n",
}


class _Ended(Exception):
    """This connection is over."""


class MisbehavingServer:
    """A server on a free loopback port; ``async with`` it."""

    def __init__(
        self,
        at: At | None = None,
        fault: str = "",
        *,
        times: int = 1,
        offers: tuple[str, ...] = ("SIZE 30000000", "DSN", "AUTH PLAIN LOGIN"),
        certificate: ssl.SSLContext | None = None,
        tls_at_once: bool = False,
        quotes_login: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        assert not fault or fault in FAULTS
        self._at, self._fault, self._times = at, fault, times
        self._offers = offers
        self._certificate = certificate
        self._tls_at_once = tls_at_once
        self._quotes_login = quotes_login
        self._patience = patience
        self._is_secured = False
        self._talks: set[asyncio.Task[None]] = set()
        self.messages: list[bytes] = []
        self.commands: list[str] = []
        self.connections = 0
        self._recipients = 0
        self.fault_done = asyncio.Event()
        self.cue = asyncio.Event()
        """Between its 354 and the body, and in the fault ``cue``, it waits for this."""
        self.port = 0

    def misbehave(self, at: At | None, fault: str, times: int = 1) -> None:
        """From now on do it there, so often; nowhere for None."""
        self._at, self._fault, self._times = at, fault, times
        self.fault_done.clear()

    async def drop_all(self) -> None:
        """End every connection without a word."""
        for talk in tuple(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)  # so that a body cannot hide in the kernel
        listener.bind(("127.0.0.1", 0))
        self.port = listener.getsockname()[1]
        self._server = await asyncio.start_server(self._accept, sock=listener, limit=64 * 1024)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self.drop_all()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        self.connections += 1
        try:
            await self._talk(reader, writer)
        except (_Ended, OSError, EOFError, ssl.SSLError, asyncio.CancelledError):
            pass  # a fault of a connection ends only this one
        finally:
            self._talks.discard(task)
            writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._is_secured = False
        if self._at is At.CONNECT:  # before TLS: what is said here is no TLS either
            await self._answer(At.CONNECT, reader, writer, b"")
        if self._tls_at_once and self._certificate:
            await writer.start_tls(self._certificate)
        await self._answer(At.GREETING, reader, writer, b"220 mx.relay.example ESMTP\r\n")
        while line := await reader.readline():
            self.commands.append(line.decode("latin-1").rstrip("\r\n"))
            verb = line.split()[0].upper() if line.split() else b""
            if verb == b"QUIT":
                await self._answer(At.QUIT, reader, writer, b"221 2.0.0 Bye\r\n")
                return
            if verb == b"STARTTLS":
                await self._secure(reader, writer)
            elif verb == b"AUTH":
                await self._log_in(line, reader, writer)
            elif verb == b"DATA":
                if await self._answer(At.DATA, reader, writer, b"354 End with <CR><LF>.<CR><LF>\r\n"):
                    await self._take_body(reader, writer)
            else:
                await self._obey(verb, reader, writer)

    async def _secure(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if await self._answer(At.STARTTLS, reader, writer, b"220 go\r\n") and self._certificate:
            if not await self._answer(At.TLS, reader, writer, b""):
                raise _Ended
            await writer.start_tls(self._certificate)
            self._is_secured = True

    async def _obey(self, verb: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if verb == b"EHLO":
            await self._answer(At.EHLO_2 if self._is_secured else At.EHLO, reader, writer, self._hello())
        elif verb == b"MAIL":
            self._recipients = 0
            await self._answer(At.MAIL, reader, writer, b"250 2.1.0 Ok\r\n")
        elif verb == b"RCPT":
            self._recipients += 1
            at = At.RCPT_1 if self._recipients == 1 else At.RCPT_2
            await self._answer(at, reader, writer, b"250 2.1.5 Ok\r\n")
        elif verb == b"RSET":
            await self._answer(At.RSET, reader, writer, b"250 2.0.0 Ok\r\n")
        else:
            await self._write(writer, b"500 5.5.2 what\r\n")

    def _hello(self) -> bytes:
        offers = (offer for offer in self._offers if not (self._is_secured and offer == "STARTTLS"))
        lines = ("mx.relay.example", *offers)
        return b"".join(
            b"250%s%s\r\n" % (b" " if number == len(lines) else b"-", line.encode())
            for number, line in enumerate(lines, start=1)
        )

    async def _log_in(self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._quotes_login:
            await self._write(writer, b"535 5.7.8 not understood: " + line.strip().upper() + b"\r\n")
            return
        if line.split()[1].upper() == b"LOGIN":
            for prompt in (b"334 VXNlcm5hbWU6\r\n", b"334 UGFzc3dvcmQ6\r\n"):
                await self._write(writer, prompt)
                self.commands.append((await reader.readline()).decode().strip())
        await self._answer(At.AUTH, reader, writer, b"235 2.7.0 Welcome\r\n")

    async def _take_body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_whole = True
        if self._at is At.INVITED:
            await self.cue.wait()
            is_whole = await self._answer(At.INVITED, reader, writer, b"")
        lines: list[bytes] = []
        while (line := await reader.readline()) != b".\r\n":
            if not line.endswith(b"\r\n"):
                raise _Ended  # the end of the connection in the middle of the message: it is not ours
            lines.append(line.removeprefix(b"."))
            if self._at is At.BODY and not self.fault_done.is_set():
                is_whole = await self._answer(At.BODY, reader, writer, b"") or self._fault in ("garbage", "250")
        if not is_whole:
            return
        message = b"".join(lines)
        if self._at is not At.DOT or self.fault_done.is_set() or (FAULTS[self._fault] or b"")[:1] not in (b"4", b"5"):
            # Kept before the answer: a lost answer is the case that tempts a client to send again.
            self.messages.append(message)
        await self._answer(At.DOT, reader, writer, b"250 2.0.0 Ok: queued as 4F2A\r\n")
        if self._at is At.AFTER:
            await self._answer(At.AFTER, reader, writer, b"")

    async def _answer(self, at: At, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proper: bytes) -> bool:
        """Give the proper answer, or misbehave; whether the proper one was given, once and alone."""
        if self._at is not at or self.fault_done.is_set():
            await self._write(writer, proper)
            return True
        self._times -= 1
        if self._times <= 0:
            self.fault_done.set()
        if self._fault == "close":
            raise _Ended
        if self._fault in ("hang", "late"):
            await self._outwait(reader)
            if self._fault == "late":
                await self._write(writer, proper)
            raise _Ended
        if self._fault in ("cue", "slow", "slow_for_ever"):
            await self._dawdle(reader, writer, proper)
            return True
        if self._fault == "double":
            await self._write(writer, proper + b"250 2.0.0 and one more\r\n")
            return False
        await self._write(writer, FAULTS[self._fault] or b"")
        if self._fault == "421" and writer.can_write_eof():
            writer.write_eof()
        if self._fault in ("421", "half"):
            await self._outwait(reader)
            raise _Ended
        return False

    async def _dawdle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, proper: bytes) -> None:
        """At the test's cue, or a byte a second; raises if the client ends a session that would not end by itself."""
        if self._fault == "cue":
            await self.cue.wait()
            await self._write(writer, proper)
            return
        if self._fault == "slow_for_ever":
            await self._write(writer, b"250-")
            while not writer.is_closing():
                await self._write(writer, b"x")
                await asyncio.sleep(1)
            raise _Ended
        for place in range(len(proper)):
            if place:  # no pause after the last: what the client says to a 220 belongs to TLS and not to this reader
                await asyncio.sleep(1)
            await self._write(writer, proper[place : place + 1])
        while not proper:
            await asyncio.sleep(1)
            if not await reader.read(1):
                raise _Ended

    async def _outwait(self, reader: asyncio.StreamReader) -> None:
        """Say nothing until the client has gone; a server that hangs in the middle of a body stops reading, too."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._patience):
                if self._at is At.BODY and self._fault == "hang":
                    await asyncio.Event().wait()
                while await reader.read(64 * 1024):
                    pass

    @staticmethod
    async def _write(writer: asyncio.StreamWriter, answer: bytes) -> None:
        if answer:
            writer.write(answer)
            await writer.drain()
