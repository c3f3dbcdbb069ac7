"""The port of sending: one SMTP session."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from worker.core.model import (
    Address,
)


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM. ``envid`` empty: no DSN is asked for."""

    sender: Address
    size: int
    envid: str = ""


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO, one address."""

    recipient: Address
    dsn: bool = True
    is_copy: bool = False
    """Our own copy: no report is asked for, and refused alone it keeps the mail from nobody."""


@dataclass(frozen=True, slots=True)
class Data:
    """The DATA command; the answer wanted is 354."""


@dataclass(frozen=True, slots=True)
class Body:
    """The message and the final dot. The adapter stuffs dots; the content already has CRLF only."""

    content: bytes


Step = Mail | Rcpt | Data | Body


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete answer that was SMTP."""

    code: int
    text: str
    at: dt.datetime

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class NoReply:
    """No answer, half an answer, or one that was no SMTP; the connection is closed."""

    why: str
    at: dt.datetime

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class Session:
    """What the open connection is: the server's name from its greeting, TLS version or empty, offers."""

    server: str
    tls: str
    dsn: bool
    size_limit: int | None


class MailServer(Protocol):
    """One SMTP connection, driven step by step; a connection is reused only after a complete, understood answer."""

    async def open(self) -> Session:
        """Connect, greet, secure, log in; or reset the open connection for the next transaction.

        Raises AccountRefused (5xx, or no STARTTLS where it is required) or Unavailable (4xx, silence).
        """
        ...

    async def take(self, step: Step) -> Reply | NoReply:
        """One step and its answer. After Silence the connection is gone."""
        ...

    async def close(self) -> None:
        """QUIT if the connection is well, else just close."""
        ...


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, or held it last, as far as the file says."""

    is_held: bool
    pid: str = "?"
    since: dt.datetime | None = None
    """When it was taken."""
    ended: dt.datetime | None = None
    """When its holder said that it ends; None where it was killed, or is an older program."""
    why: str = ""
    """A code of ``messages``; empty with ``ended``."""
    detail: str = ""


class Lock(Protocol):
    """The lock of the one process that may send, held."""

    def note_end(self, now: dt.datetime, why: str, detail: str = "") -> None:
        """Record why the process ends: ``why`` is a code of the messages. Never raises OSError."""
        ...
