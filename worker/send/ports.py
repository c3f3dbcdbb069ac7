"""The port of sending: one SMTP session."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from worker.core.model import Address


@dataclass(frozen=True, slots=True)
class Mail:
    """MAIL FROM. Without an ``envid`` no DSN is requested."""

    sender: Address
    size: int
    envid: str = ""


@dataclass(frozen=True, slots=True)
class Rcpt:
    """RCPT TO, one address."""

    recipient: Address
    dsn: bool = True
    is_copy: bool = False
    """Our own copy: no DSN is requested, and its rejection does not stop the mail."""


@dataclass(frozen=True, slots=True)
class Data:
    """The DATA command; the expected answer is 354."""


@dataclass(frozen=True, slots=True)
class Body:
    """The message and the final dot. The content has CRLF line ends only; the adapter stuffs dots."""

    content: bytes


Step = Mail | Rcpt | Data | Body


@dataclass(frozen=True, slots=True)
class Reply:
    """A complete SMTP answer."""

    code: int
    text: str
    at: dt.datetime

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class NoReply:
    """No answer, half an answer, or one that was not SMTP; the connection is closed."""

    why: str
    at: dt.datetime

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class Session:
    """The open connection: the server's name from its greeting, the TLS version or empty, and the extensions."""

    server: str
    tls: str
    dsn: bool


class MailServer(Protocol):
    """One SMTP connection, driven step by step; it is reused only after a complete, understood answer."""

    async def open(self) -> Session:
        """Connects, greets, secures, logs in; or resets the open connection for the next transaction.

        Raises AccountRefused (5xx, or no STARTTLS although it is required) or Unavailable (4xx, no answer).
        """

    async def perform(self, step: Step) -> Reply | NoReply:
        """Takes one step and returns the answer. After ``NoReply`` the connection is closed."""

    async def close(self) -> None:
        """Sends QUIT if the connection is in sync, else just closes it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds the lock, or held it last, according to the file."""

    is_held: bool
    pid: str = "?"
    since: dt.datetime | None = None
    """The time at which it was taken."""
    ended: dt.datetime | None = None
    """The time at which its holder said that it ends; None if it was killed, or is an older program."""
    why: str = ""
    """A code of ``messages``; empty with ``ended``."""
    detail: str = ""


class Lock(Protocol):
    """The held lock of the one process that may send."""

    def note_end(self, now: dt.datetime, why: str, detail: str = "") -> None:
        """Records why the process ends: ``why`` is a code of the messages. Never raises OSError."""
