"""An SMTP server on loopback that offers DSN and keeps what it accepts in memory: for the demonstration and tests.

Nothing that it accepts leaves this process. It delivers nothing and asks for no login, so it must never take the place
of a real mail server. aiosmtpd, which knows no DSN by itself, is imported here only: it comes with the extra ``demo``.
"""

from __future__ import annotations

import asyncio
import re
import socket
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HOST: Final = "127.0.0.1"

# RFC 3461 §4: the parameters of MAIL and RCPT. aiosmtpd answers 555 to them and turns all options into capitals,
# so they are taken out of the command before it sees them, as they were written: ENVID and ORCPT are case-sensitive.
_MAIL_WORDS: Final = re.compile(r"\s+((?:RET|ENVID)=\S+)", re.IGNORECASE)
_RCPT_WORDS: Final = re.compile(r"\s+((?:NOTIFY|ORCPT)=\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AcceptedRecipient:
    """One RCPT: the address and its DSN options as they were on the wire."""

    address: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AcceptedMail:
    """One message that was answered with 250."""

    sender: str
    options: tuple[str, ...]
    """Of MAIL, as they were on the wire, those of DSN last."""
    recipients: tuple[AcceptedRecipient, ...]
    content: bytes
    answer: str
    """The answer to the client, e.g. ``250 2.0.0 Ok: queued as 0001``."""


class _DsnSmtp(SMTP):
    """aiosmtpd with the options of RFC 3461, which it keeps and does not act on."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # RFC 3461 §4 allows 500 octets more on either line than RFC 5321 does.
        self.command_size_limits.update({"MAIL": 1012, "RCPT": 1012})
        self.mail_words: tuple[str, ...] = ()
        self.rcpt_words: list[tuple[str, ...]] = []

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802  aiosmtpd finds a command by this name
        words, rest = _take_words(_MAIL_WORDS, arg)
        await super().smtp_MAIL(rest)
        self.mail_words, self.rcpt_words = words, []

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802  aiosmtpd finds a command by this name
        words, rest = _take_words(_RCPT_WORDS, arg)
        await super().smtp_RCPT(rest)
        if self.envelope is not None and len(self.envelope.rcpt_tos) > len(self.rcpt_words):
            self.rcpt_words.append(words)


def _take_words(pattern: re.Pattern[str], arg: str | None) -> tuple[tuple[str, ...], str | None]:
    return ((), None) if arg is None else (tuple(pattern.findall(arg)), pattern.sub("", arg))


class _Keeper:
    """aiosmtpd's handler: keeps each message under a number, as a relay's queue would."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mails: list[AcceptedMail] = []

    async def handle_EHLO(  # noqa: N802  aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        del server, envelope
        session.host_name = hostname
        return [*responses[:-1], "250-DSN", responses[-1]]

    async def handle_DATA(  # noqa: N802  aiosmtpd's name
        self, server: _DsnSmtp, session: Session, envelope: Envelope
    ) -> str:
        del session
        recipients = zip(envelope.rcpt_tos, server.rcpt_words, strict=True)
        with self._lock:
            answer = f"250 2.0.0 Ok: queued as {len(self._mails) + 1:04}"
            self._mails.append(
                AcceptedMail(
                    sender=str(envelope.mail_from),
                    options=(*envelope.mail_options, *server.mail_words),
                    recipients=tuple(AcceptedRecipient(address, words) for address, words in recipients),
                    content=bytes(envelope.original_content or b""),
                    answer=answer,
                )
            )
        return answer

    @property
    def mails(self) -> tuple[AcceptedMail, ...]:
        with self._lock:
            return tuple(self._mails)


class _Loopback(Controller):
    """aiosmtpd's thread on a socket that is already bound: its own way does not give the port it was given."""

    def __init__(self, keeper: _Keeper) -> None:
        self._socket = socket.create_server((HOST, 0))
        port: int = self._socket.getsockname()[1]
        super().__init__(
            keeper, hostname=HOST, port=port, server_hostname="smtp.demo.example", enable_SMTPUTF8=False, ident="demo"
        )
        self._opened: list[_DsnSmtp] = []

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._socket)

    def factory(self) -> _DsnSmtp:
        """One object for each connection, as aiosmtpd asks for it."""
        opened = _DsnSmtp(self.handler, loop=self.loop, **self.SMTP_kwargs)
        self._opened.append(opened)
        return opened

    def cancel_tasks(self, stop_loop: bool = True) -> None:
        """Close every connection first: from Python 3.12 on, aiosmtpd would wait for ever for a client that stays."""
        for opened in self._opened:
            if isinstance(opened.transport, asyncio.WriteTransport):
                opened.transport.abort()
        super().cancel_tasks(stop_loop)


class DsnController:
    """The server in a thread of its own, on a free port of 127.0.0.1; a context manager."""

    def __init__(self) -> None:
        self._keeper = _Keeper()
        self._controller: _Loopback | None = None
        self.host: Final = HOST
        self.port = 0
        """Known once started."""

    def start(self) -> None:
        """Listen; returns when the server answers. Raises OSError, TimeoutError."""
        self._controller = _Loopback(self._keeper)
        self.port = self._controller.port
        self._controller.start()

    def stop(self) -> None:
        """Close every connection and end the thread; a second stop does nothing."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    @property
    def mails(self) -> tuple[AcceptedMail, ...]:
        """The mails accepted so far, in order; also after the stop."""
        return self._keeper.mails

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
