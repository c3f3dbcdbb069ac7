"""The connection to the SMTP server: opens it, secures it, logs in, and sends a mail step by step with aiosmtplib.

No password, token or mail leaves over a connection that was not verified, unless the host is this machine. No error
text holds password or token, even if the server quotes the line that it refuses. A 5xx while opening concerns our
account (``AccountRefused``), and so does a server without the STARTTLS or the login that we need: waiting does not
help. Every other failure is ``Unavailable``.

A mail can only have left after ``Body``. The caller records DataStarted between the 354 that answers ``Data`` and
``Body``: before it every failure means "not sent", after it only a complete answer to the body counts. A lost, broken
or late answer closes the connection, so that it is never read as the answer to another command. A 4xx or 5xx that
comes before the body is complete counts: the final dot is never sent.

A connection is reused only after a complete and understood answer, and only if RSET was answered with 250. Every wait
has a deadline, and nothing is logged. ``worker.send.smtp_verdicts`` decides what an answer means.

aiosmtplib's own ``data()`` writes the whole body before it listens. Its protocol drops data that arrives while no
command waits, and keeps the rest of a packet for the next command. So a subclass uses its reader of replies
(``read_response``, ``execute_command``, ``start_tls``) and adds three things: it detects unrequested data, it listens
from 354 on, and it writes a body in pieces at the server's pace.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException, SMTPServerDisconnected
from aiosmtplib.esmtp import parse_esmtp_extensions
from aiosmtplib.protocol import SMTPProtocol

from worker.config.ports import TokenSource
from worker.config.settings import Security
from worker.core.addresses import is_loopback
from worker.core.clock import Clock
from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import hide_tokens, xoauth2_response
from worker.core.model import Address
from worker.core.server_faults import ServerFault, with_fault_code
from worker.send.ports import Body, Data, Mail, NoReply, Rcpt, Reply, Session, Step
from worker.send.smtp_verdicts import OK, START_INPUT, is_understood

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
                room.exception()  # a lost connection: the waiter has it too, and read_response raises it
        if not done:
            raise TimeoutError("the server stopped reading")


TEXT_LIMIT: Final = 2000
"""Characters of an answer that are kept: four of the longest lines RFC 5321 §4.5.3.1.5 allows, for the log's sake."""

CODES: Final = range(200, 600)
"""RFC 5321 §4.2: an answer begins with 2, 3, 4 or 5; anything else is not SMTP."""

_REFUSALS: Final = range(500, 600)
_READY: Final = 220
_OK: Final = 250
_LOGGED_IN: Final = 235
_MORE: Final = 334


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """Host and login of the outgoing server. ``Security.NONE`` and an empty ``user`` are for loopback hosts only."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    ca_file: str
    ehlo: str
    tokens: TokenSource | None = None
    """If set, the login is XOAUTH2 and there is no password."""

    @property
    def place(self) -> str:
        """Host and port, as errors name them."""
        return f"{self.host}:{self.port}"

    def without_login(self, text: str) -> str:
        """Returns ``text`` without the password, in each form in which it was sent."""
        encoded = base64.b64encode(self.password.encode()).decode("ascii")
        for secret in (_plain(self).decode("ascii"), encoded, self.password):
            if secret:
                text = re.sub(re.escape(secret), "…", text, flags=re.IGNORECASE)
        return text if self.tokens is None else hide_tokens(text)


class ConnectionAttempt:
    """One attempt to open a connection; after a failure the caller drops ``wire``."""

    def __init__(self, account: SmtpAccount, limits: Timeouts) -> None:
        self._account = account
        self._limits = limits
        self._name = account.host
        self.wire: Wire | None = None
        self.offers: Mapping[str, str] = {}
        """The extensions of the last EHLO: keyword in lower case → parameters."""

    async def run(self) -> Session:
        """Connects, greets, secures, logs in. Raises AccountRefused, Unavailable."""
        account = self._account
        if not is_loopback(account.host) and (account.security is Security.NONE or not account.user):
            raise AccountRefused("smtp", f"{account.host} is not on this machine: it needs TLS and a login")
        try:
            wire = await self._dial_and_greet()
            if account.user and account.tokens is not None:
                await self._log_in_by_token(wire, account.tokens)
            elif account.user:
                await self._log_in(wire)
        except SMTPResponseException as error:  # an answer to STARTTLS, or -1: what was no SMTP at all
            self._fail("STARTTLS" if error.code in CODES else "no SMTP answer", error.code, error.message)
        except (SMTPException, OSError) as error:
            raise Unavailable("smtp", f"{account.place}: {describe_error(error)}") from None
        if not wire.is_in_step:
            raise Unavailable("smtp", f"{account.place}: more answers than questions")
        return Session(server=self._name, tls=_tls_version(wire), dsn="dsn" in self.offers)

    async def _dial_and_greet(self) -> Wire:
        security = self._account.security
        context = None if security is Security.NONE else self._trust()
        wire = await self._dial(context if security is Security.TLS else None)
        self._expect("greeting", _READY, await wire.read_response(timeout=self._limits.greeting))
        await self._say_hello(wire)
        if security is Security.STARTTLS and context is not None:
            if "starttls" not in self.offers:
                text = f"{self._account.place} offers no STARTTLS; nothing is sent without it"
                raise AccountRefused("smtp", with_fault_code(ServerFault.NO_STARTTLS, text))
            # Offers made in clear text no longer count (RFC 3207 §4.2): hence EHLO again.
            await wire.start_tls(context, server_hostname=self._account.host, timeout=self._limits.connect)
            await self._say_hello(wire)
        return wire

    def _trust(self) -> ssl.SSLContext:
        """Returns the trusted certificates, read for each connection: a renewed CA file counts without a restart."""
        try:
            context = ssl.create_default_context(cafile=self._account.ca_file or None)
        except OSError as error:
            text = f"{self._account.ca_file}: {describe_error(error)}"
            raise Unavailable("smtp", with_fault_code(ServerFault.CA_FILE, text)) from None
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def _dial(self, context: ssl.SSLContext | None) -> Wire:
        host = self._account.host
        async with asyncio.timeout(self._limits.connect):
            _, self.wire = await asyncio.get_running_loop().create_connection(
                Wire, host, self._account.port, ssl=context, server_hostname=host if context else None
            )
        return self.wire

    async def _ask(self, wire: Wire, *words: bytes) -> SMTPResponse:
        if not wire.is_in_step:
            raise Unavailable("smtp", f"{self._account.place}: it speaks out of turn, or has closed the connection")
        return await wire.execute_command(*words, timeout=self._limits.command)

    async def _say_hello(self, wire: Wire) -> None:
        """Sends EHLO. There is no fallback to HELO, which offers neither TLS nor a login."""
        response = await self._ask(wire, b"EHLO", self._account.ehlo.encode("ascii"))
        self._expect("EHLO", _OK, response)
        self.offers, _ = parse_esmtp_extensions(response.message)
        self._name = (text_of(response.message).split() or [self._account.host])[0]

    async def _log_in(self, wire: Wire) -> None:
        """Logs in by one mechanism only, PLAIN or else LOGIN.

        aiosmtplib's ``login`` tries every common one, so that one wrong password counts as two or three failures and
        locks the account after half the tries it grants. CRAM-MD5 adds nothing inside TLS, and needs servers that keep
        the password in clear.
        """
        offered = self.offers.get("auth", "").upper().split()
        if "PLAIN" in offered:
            response = await self._ask(wire, b"AUTH", b"PLAIN", _plain(self._account))
        elif "LOGIN" in offered:
            response = await self._ask(wire, b"AUTH", b"LOGIN")
            for answer in (self._account.user, self._account.password):
                self._expect("AUTH", _MORE, response)
                response = await self._ask(wire, base64.b64encode(answer.encode()))
        else:
            text = f"{self._account.place} offers no login by PLAIN or LOGIN"
            raise AccountRefused("smtp", with_fault_code(ServerFault.NO_LOGIN, text))
        self._expect("AUTH", _LOGGED_IN, response)

    async def _log_in_by_token(self, wire: Wire, tokens: TokenSource) -> None:
        """Logs in by XOAUTH2, once more with a new token if the server refuses a cached one."""
        if "XOAUTH2" not in self.offers.get("auth", "").upper().split():
            text = f"{self._account.place} offers no login by XOAUTH2"
            raise AccountRefused("smtp", with_fault_code(ServerFault.NO_LOGIN, text))
        loop = asyncio.get_running_loop()
        while True:
            token = await loop.run_in_executor(None, tokens.fetch)
            response = await self._ask(
                wire, b"AUTH", b"XOAUTH2", base64.b64encode(xoauth2_response(self._account.user, token))
            )
            reason = ""
            if response.code == _MORE:  # the reason; the refusal itself follows an empty answer
                reason = _decoded(response.message)
                response = await self._ask(wire, b"")
            if response.code not in _REFUSALS:
                self._expect("AUTH", _LOGGED_IN, response)
                return
            if not await loop.run_in_executor(None, tokens.reject, token):
                raise tokens.refusal(f"{self._account.place}: {response.code} {text_of(response.message)} {reason}")

    def _expect(self, phase: str, wanted: int, response: SMTPResponse) -> None:
        if response.code != wanted:
            self._fail(phase, response.code, response.message)

    def _fail(self, phase: str, code: int, message: str) -> NoReturn:
        quoted = self._account.without_login(text_of(message))
        detail = f"{self._account.place}: {phase}: {f'{code} ' if code in CODES else ''}{quoted}".rstrip()
        raise (AccountRefused if code in _REFUSALS else Unavailable)("smtp", detail) from None


def text_of(message: str) -> str:
    """Returns the lines of an answer joined by spaces; unreadable bytes become U+FFFD, so that any store can keep it.

    Seen: relays in Japan that answer in Shift_JIS.
    """
    raw = message.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "replace")
    if "\ufffd" in text:
        with contextlib.suppress(UnicodeDecodeError):
            japanese = " ".join(raw.decode("cp932").split())
            text = japanese if japanese.isprintable() else text  # the codec makes private characters of other bytes
    return " ".join(text.split())[:TEXT_LIMIT]


def describe_error(error: Exception) -> str:
    """Returns a description of a connection error, which names a certificate if it caused the error."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return with_fault_code(
            ServerFault.CERTIFICATE, f"the server's certificate is not accepted: {error.verify_message}"
        )
    if isinstance(error, ssl.SSLError):
        return f"no secure connection: {error.reason or error}"
    if isinstance(error, SMTPResponseException):
        return f"no SMTP answer: {text_of(error.message)}"
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    if isinstance(error, ConnectionError) and not str(error):
        return "the connection was closed"
    return text_of(str(error)) or type(error).__name__


def _decoded(challenge: str) -> str:
    """Returns the server's reason, JSON in base64; other text as it came."""
    try:
        return text_of(base64.b64decode(challenge, validate=True).decode("utf-8", "replace"))
    except ValueError:
        return text_of(challenge)


def _plain(account: SmtpAccount) -> bytes:
    """The initial response of AUTH PLAIN (RFC 4616 §2)."""
    return base64.b64encode(b"\0" + account.user.encode() + b"\0" + account.password.encode())


def _tls_version(wire: Wire) -> str:
    tls = wire.transport.get_extra_info("ssl_object") if wire.transport is not None else None
    return (tls.version() or "") if tls is not None else ""


_CLOSING: Final = 421
_YES: Final = range(200, 400)

_BARE_ADDRESS: Final = re.compile(r"[!-;=?-~]+")
_XTEXT_PLAIN: Final = frozenset(range(0x21, 0x7F)) - {ord("+"), ord("=")}


class SmtpServer:
    """``ports.MailServer`` on one connection."""

    def __init__(self, account: SmtpAccount, clock: Clock, timeouts: Timeouts | None = None) -> None:
        self._account = account
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._wire: Wire | None = None
        self._session: Session | None = None
        self._offers: Mapping[str, str] = {}
        self._is_invited = False
        """Set from the 354 until the next step: without it, the server would take the lines of a body for commands."""

    async def open(self) -> Session:
        """Connects, secures and logs in; or sends RSET on an open connection, and connects again if that fails."""
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

    async def perform(self, step: Step) -> Reply | NoReply:
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
        """Sends QUIT if the connection is in sync and no body is awaited, else just closes.

        Returns when the socket is gone.
        """
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
            return  # the answer to QUIT does not matter: every answer that counts has been given
        finally:
            self._drop()

    async def _reset(self, wire: Wire) -> bool:
        """Returns whether the open connection can be used for another transaction."""
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
        """Returns the answer as the port defines it; drops the connection unless the answer is beyond doubt.

        A positive answer followed by more data does not count: two answers in one packet mean that one of them belongs
        to something else, and going on would pair each step with the previous answer. A positive answer followed by the
        end of the connection does not count either: DATA must not be recorded as begun if no body can follow.
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
        """SIZE only if it is offered (RFC 1870), RET and ENVID only with DSN: the server answers 555 to others."""
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
    """Returns ``text`` as a DSN parameter (RFC 3461 §4): "+", "=" and all but printable ASCII as ``+XX``."""
    return b"".join(bytes((byte,)) if byte in _XTEXT_PLAIN else b"+%02X" % byte for byte in text.encode())


def _path(address: Address) -> bytes:
    """Refuses spaces and brackets, as a last guard: within the brackets of a command they would change its meaning."""
    if not _BARE_ADDRESS.fullmatch(address):
        raise ValueError("an address that is not one bare ASCII address")
    return address.encode("ascii")
