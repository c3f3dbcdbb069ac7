"""The mail server by aiosmtplib, driven one step at a time so that each answer is known to belong to its step.

The promise: ``Body`` is the only step after which a mail may have left. The state IN_DOUBT begins when ``Body`` is
taken; the caller records DataStarted between the 354 that answers ``Data`` and that call. Until then every failure
means "surely not sent"; from then on only a complete answer to the body means anything, and a lost, broken or late
one closes the connection, so that it can never be read as the answer to something else. An answer that comes before
the body is complete counts where it is 4xx or 5xx: the final dot then never leaves, the rest is thrown away.

A connection is used again only after a complete and understood answer, and only after RSET was answered with 250.
Every wait has a deadline, and nothing is logged. What an answer means is decided in ``worker.send.smtp_verdicts``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from aiosmtplib import SMTPException, SMTPResponse

from worker.config.ports import TokenSource
from worker.config.settings import Security
from worker.core.clock import Clock
from worker.core.model import Address
from worker.send.ports import Body, Data, Mail, NoReply, Rcpt, Reply, Session, Step
from worker.send.smtp.client import CODES, Account, ConnectionAttempt, describe_error, text_of
from worker.send.smtp.protocol import EarlySuccess, Timeouts, Wire
from worker.send.smtp_verdicts import OK, START_INPUT, is_understood

_CLOSING: Final = 421
_YES: Final = range(200, 400)

_BARE_ADDRESS: Final = re.compile(r"[!-;=?-~]+")
_XTEXT_PLAIN: Final = frozenset(range(0x21, 0x7F)) - {ord("+"), ord("=")}


class SmtpServer:
    """``ports.MailServer`` on one connection. ``Security.NONE`` and an empty ``user`` are for loopback hosts only."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        security: Security,
        user: str,
        password: str,
        ca_file: str,
        ehlo: str,
        clock: Clock,
        tokens: TokenSource | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self._account = Account(
            host=host,
            port=port,
            security=security,
            user=user,
            password=password,
            ca_file=ca_file,
            ehlo=ehlo,
            tokens=tokens,
        )
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._wire: Wire | None = None
        self._session: Session | None = None
        self._offers: Mapping[str, str] = {}
        self._is_invited = False
        """354 came and nothing since: without it, the lines of a body would be taken for commands."""

    async def open(self) -> Session:
        """Connect, secure and log in; or RSET a connection that is well, and connect anew where that fails."""
        try:
            if self._wire is not None and self._session is not None and await self._reset(self._wire):
                return self._session
        except BaseException:  # cancelled: the answer to RSET would be read as that of the next command
            self._drop()
            raise
        self._drop()
        opening = ConnectionAttempt(self._account, self._timeouts)
        try:
            session = await opening.run()
        except BaseException:  # also cancellation: a connection half made is no connection
            if opening.wire is not None:
                opening.wire.drop()
            raise
        self._wire, self._offers, self._session = opening.wire, opening.offers, session
        return session

    async def take(self, step: Step) -> Reply | NoReply:
        """One step and its answer; raises ValueError for an address that no command could carry safely.

        A connection that has ended since 354 is not looked at before the body: its last words, if it left any, are
        read in place of an answer, and nothing is written.
        """
        wire, is_invited = self._wire, self._is_invited
        self._is_invited = False
        if isinstance(step, Body) and not is_invited:
            return self._silence("a body without 354")
        if wire is None or not (wire.is_in_step or is_invited):
            return self._silence("no connection")
        try:
            response = await self._exchange(wire, step)
        except (SMTPException, OSError, EarlySuccess) as error:
            return self._silence(describe_error(error))
        except asyncio.CancelledError:  # the answer would be read as that of the next command
            self._drop()
            raise
        return self._weigh(wire, step, response)

    async def close(self) -> None:
        """QUIT where nothing is open or odd, else just close; returns when the socket is gone."""
        wire = self._wire
        if wire is None:
            return
        try:
            async with asyncio.timeout(self._timeouts.quit):
                if wire.is_in_step and not self._is_invited:
                    await wire.execute_command(b"QUIT")
                wire.drop()
                await wire.wait_until_gone()
        except (SMTPException, OSError):
            return  # whatever it makes of a goodbye: every answer that counts has been given
        finally:
            self._drop()

    async def _reset(self, wire: Wire) -> bool:
        """Whether the open connection is fit for another transaction."""
        if not wire.is_in_step or self._is_invited:
            return False
        try:
            response = await wire.execute_command(b"RSET", timeout=self._timeouts.reset)
        except (SMTPException, OSError):
            return False
        return response.code == OK and wire.is_in_step

    async def _exchange(self, wire: Wire, step: Step) -> SMTPResponse:
        limits = self._timeouts
        match step:
            case Mail():
                return await wire.execute_command(*self._mail_command(step), timeout=limits.command)
            case Rcpt():
                return await wire.execute_command(*self._rcpt_command(step), timeout=limits.command)
            case Data():
                response = await wire.execute_command(b"DATA", timeout=limits.data)
                if response.code == START_INPUT and wire.is_in_step:
                    wire.listen()  # no await since the answer was read: nothing can have been missed
                    self._is_invited = True
                return response
            case Body():
                return await wire.hand_over(step.content, limits)

    def _weigh(self, wire: Wire, step: Step, response: SMTPResponse) -> Reply | NoReply:
        """The answer as the port gives it; the connection is dropped unless it is beyond doubt.

        A yes with something behind it is no yes: two answers in one packet mean that one of them belongs to
        something else, and going on would pair each step with the answer to the one before. Nor is a yes with the
        connection closed behind it: DATA must not be recorded as begun where no body can follow.
        """
        reply = Reply(code=response.code, text=text_of(response.message), at=self._clock.now())
        if reply.code not in CODES:
            return self._silence(f"no SMTP answer: {reply}")
        if not isinstance(step, Body) and reply.code in _YES and not wire.is_in_step:
            return self._silence(f"an answer with more, or the end, behind it: {reply}")
        if reply.code == _CLOSING or not wire.is_in_step or not is_understood(step, reply):
            self._drop()
        return reply

    def _mail_command(self, step: Mail) -> tuple[bytes, ...]:
        """SIZE only where it is offered (RFC 1870), RET and ENVID only with DSN: a word not offered gets a 555."""
        words = [b"MAIL", b"FROM:<" + _path(step.sender) + b">"]
        if "size" in self._offers:
            words.append(b"SIZE=%d" % step.size)
        if step.envid and "dsn" in self._offers:
            words += [b"RET=HDRS", b"ENVID=" + xtext(step.envid)]
        return tuple(words)

    def _rcpt_command(self, step: Rcpt) -> tuple[bytes, ...]:
        words = [b"RCPT", b"TO:<" + _path(step.recipient) + b">"]
        if step.is_copy and "dsn" in self._offers:
            words.append(b"NOTIFY=NEVER")
        elif step.dsn and "dsn" in self._offers:
            words += [b"NOTIFY=SUCCESS,FAILURE,DELAY", b"ORCPT=rfc822;" + xtext(step.recipient)]
        return tuple(words)

    def _silence(self, why: str) -> NoReply:
        self._drop()
        return NoReply(why=why, at=self._clock.now())

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.drop()
        self._wire = None
        self._session = None
        self._is_invited = False


def xtext(text: str) -> bytes:
    """``text`` as a DSN parameter carries it (RFC 3461 §4): "+", "=" and all but printable ASCII as ``+XX``."""
    return b"".join(bytes((byte,)) if byte in _XTEXT_PLAIN else b"+%02X" % byte for byte in text.encode())


def _path(address: Address) -> bytes:
    """A last guard: within the brackets of a command, a space or bracket would be read as something else."""
    if not _BARE_ADDRESS.fullmatch(address):
        raise ValueError("an address that is not one bare ASCII address")
    return address.encode("ascii")
