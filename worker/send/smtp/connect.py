"""From nothing to a connection that is secured and logged in, and whose fault it is where that fails.

The promise: no password, token or mail leaves over a connection that was not verified, unless the host is this machine;
and no error text holds password or token, even where the server quotes the line it refuses.

A 5xx on the way is our account's (``AccountRefused``), and so is a server that offers no STARTTLS or no login where
we need it: waiting mends none of them. All else is the world's (``Unavailable``).
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from aiosmtplib import SMTPException, SMTPResponse, SMTPResponseException
from aiosmtplib.esmtp import parse_esmtp_extensions

from worker.config.ports import TokenSource
from worker.config.settings import Security
from worker.core.addresses import is_loopback
from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import hide_tokens, xoauth2_response
from worker.core.server_faults import ServerFault, told_fault
from worker.send.ports import Session
from worker.send.smtp.protocol import Timeouts, Wire

TEXT_LIMIT: Final = 2000
"""Characters of an answer that are kept: four of the longest lines RFC 5321 §4.5.3.1.5 allows, for the log's sake."""

CODES: Final = range(200, 600)
"""RFC 5321 §4.2: an answer begins with 2, 3, 4 or 5; what begins otherwise is no SMTP."""

_REFUSALS: Final = range(500, 600)
_READY: Final = 220
_OK: Final = 250
_LOGGED_IN: Final = 235
_MORE: Final = 334


@dataclass(frozen=True, slots=True)
class Account:
    """Where and as whom we send. ``Security.NONE`` and an empty ``user`` are for loopback hosts only."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    ca_file: str
    ehlo: str
    tokens: TokenSource | None = None
    """Where set, the login is by XOAUTH2 and there is no password."""

    @property
    def place(self) -> str:
        """Host and port, as errors name them."""
        return f"{self.host}:{self.port}"

    def without_login(self, text: str) -> str:
        """``text`` with the password taken out in each form in which we sent it."""
        encoded = base64.b64encode(self.password.encode()).decode("ascii")
        for secret in (_plain(self).decode("ascii"), encoded, self.password):
            if secret:
                text = re.sub(re.escape(secret), "…", text, flags=re.IGNORECASE)
        return text if self.tokens is None else hide_tokens(text)


class Opening:
    """One attempt to open a connection; ``wire`` is whatever there is of it, for the caller to drop on failure."""

    def __init__(self, account: Account, limits: Timeouts) -> None:
        self._account = account
        self._limits = limits
        self._name = account.host
        self.wire: Wire | None = None
        self.offers: Mapping[str, str] = {}
        """What EHLO offered last: keyword in lower case → parameters."""

    async def run(self) -> Session:
        """Connect, greet, secure, log in. Raises AccountRefused, Unavailable."""
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
            raise Unavailable("smtp", f"{account.place}: {describe(error)}") from None
        if not wire.is_in_step:
            raise Unavailable("smtp", f"{account.place}: more answers than questions")
        return Session(server=self._name, tls=_tls_version(wire), dsn="dsn" in self.offers, size_limit=self._size_limit)

    @property
    def _size_limit(self) -> int | None:
        """RFC 1870 §4: no number, or 0, means that no limit is told."""
        offered = self.offers.get("size", "").strip()
        return int(offered) or None if offered.isascii() and offered.isdigit() else None

    async def _dial_and_greet(self) -> Wire:
        security = self._account.security
        context = None if security is Security.NONE else self._trust()
        wire = await self._dial(context if security is Security.TLS else None)
        self._expect("greeting", _READY, await wire.read_response(timeout=self._limits.greeting))
        await self._say_hello(wire)
        if security is Security.STARTTLS and context is not None:
            if "starttls" not in self.offers:
                text = f"{self._account.place} offers no STARTTLS; nothing is sent without it"
                raise AccountRefused("smtp", told_fault(ServerFault.NO_STARTTLS, text))
            # What was offered in clear counts no more (RFC 3207 §4.2): hence EHLO again.
            await wire.start_tls(context, server_hostname=self._account.host, timeout=self._limits.connect)
            await self._say_hello(wire)
        return wire

    def _trust(self) -> ssl.SSLContext:
        """The certificates we trust, read for each connection: a renewed CA file counts without a restart."""
        try:
            context = ssl.create_default_context(cafile=self._account.ca_file or None)
        except OSError as error:
            text = f"{self._account.ca_file}: {describe(error)}"
            raise Unavailable("smtp", told_fault(ServerFault.CA_FILE, text)) from None
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
        """EHLO. There is no falling back to HELO, which could offer neither TLS nor a login."""
        response = await self._ask(wire, b"EHLO", self._account.ehlo.encode("ascii"))
        self._expect("EHLO", _OK, response)
        self.offers, _ = parse_esmtp_extensions(response.message)
        self._name = (text_of(response.message).split() or [self._account.host])[0]

    async def _log_in(self, wire: Wire) -> None:
        """AUTH by one mechanism only, PLAIN or else LOGIN.

        aiosmtplib's ``login`` tries every common one, so that one wrong password counts as two or three failures
        and locks the account after half the tries it grants. CRAM-MD5 adds nothing inside TLS, and needs servers
        that keep the password in clear.
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
            raise AccountRefused("smtp", told_fault(ServerFault.NO_LOGIN, text))
        self._expect("AUTH", _LOGGED_IN, response)

    async def _log_in_by_token(self, wire: Wire, tokens: TokenSource) -> None:
        """AUTH XOAUTH2, once more with a new token where the server refuses one that was kept."""
        if "XOAUTH2" not in self.offers.get("auth", "").upper().split():
            text = f"{self._account.place} offers no login by XOAUTH2"
            raise AccountRefused("smtp", told_fault(ServerFault.NO_LOGIN, text))
        loop = asyncio.get_running_loop()
        while True:
            token = await loop.run_in_executor(None, tokens.fetch)
            response = await self._ask(
                wire, b"AUTH", b"XOAUTH2", base64.b64encode(xoauth2_response(self._account.user, token))
            )
            reason = ""
            if response.code == _MORE:  # why it refuses; it says so after an empty answer
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
    """The lines of an answer joined by spaces; bytes that cannot be read as U+FFFD, so that any store can keep it.

    Seen: relays in Japan that answer in Shift_JIS.
    """
    raw = message.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "replace")
    if "\ufffd" in text:
        with contextlib.suppress(UnicodeDecodeError):
            japanese = " ".join(raw.decode("cp932").split())
            text = japanese if japanese.isprintable() else text  # the codec makes private characters of other bytes
    return " ".join(text.split())[:TEXT_LIMIT]


def describe(error: Exception) -> str:
    """What went wrong on the wire, in words that name a certificate where it was one."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return told_fault(ServerFault.CERTIFICATE, f"the server's certificate is not accepted: {error.verify_message}")
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
    """The server's reason, JSON in base64; what is no base64 as it came."""
    try:
        return text_of(base64.b64decode(challenge, validate=True).decode("utf-8", "replace"))
    except ValueError:
        return text_of(challenge)


def _plain(account: Account) -> bytes:
    """The initial response of AUTH PLAIN (RFC 4616 §2)."""
    return base64.b64encode(b"\0" + account.user.encode() + b"\0" + account.password.encode())


def _tls_version(wire: Wire) -> str:
    tls = wire.transport.get_extra_info("ssl_object") if wire.transport is not None else None
    return (tls.version() or "") if tls is not None else ""
