"""The way into an IMAP server: connection, TLS and login, with the failures told apart by who must act.

Promise: no password goes over a line in clear to another machine, and no error text holds it. It does not know
what is read afterwards.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from dataclasses import dataclass, field
from typing import Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, LoginError

from worker.errors import AccountRefused, Unavailable
from worker.settings import Security
from worker.text import shown

_NOT_NOW: Final = ("[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]", "[CONTACTADMIN]")
"""RFC 5530: a login refused for a time, whatever the password."""


def is_loopback_host(host: str) -> bool:
    """Whether this name or address is this machine's own."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """Where the mailbox is and how to log in to it."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    ca_file: str
    connect_seconds: float
    read_seconds: float

    def __post_init__(self) -> None:
        """Raises ValueError for ``none`` to another machine; the configuration refuses it with better words."""
        if self.security is Security.NONE and not is_loopback_host(self.host):
            raise ValueError("security none is for a server on this machine")

    def dial(self) -> IMAPClient:
        """A connection that was greeted, over TLS where that comes first. Raises what imapclient raises."""
        client = IMAPClient(
            self.host,
            self.port,
            ssl=self.security is Security.TLS,
            ssl_context=self._tls(),
            timeout=SocketTimeout(self.connect_seconds, self.read_seconds),
        )
        client.normalise_times = False  # otherwise it drops the time zone
        # imapclient writes a command in pieces: each would wait 40 ms until the server has acknowledged the one before
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def enter(self, client: IMAPClient) -> None:
        """Secure the connection where that is still to be done, and log in. Raises AccountRefused, Unavailable."""
        if self.security is Security.NONE and not is_loopback_host(client.socket().getpeername()[0]):
            raise AccountRefused("imap", f"{self.host} is not this machine: no password is sent in clear")
        if self.security is Security.STARTTLS:
            try:
                client.starttls(self._tls())
            except CapabilityError:
                raise AccountRefused("imap", f"{self.host} offers no STARTTLS") from None
        try:
            self._log_in(client)
        except LoginError as error:
            text = self.clean(error)
            # imapclient says LoginError also where the connection was lost while it waited for the answer
            if isinstance(error.__context__, IMAPClientAbortError) or any(code in text.upper() for code in _NOT_NOW):
                raise Unavailable("imap", text) from None
            raise AccountRefused("imap", text) from None

    def clean(self, error: BaseException) -> str:
        """The error's own text, bounded, without the password: servers have been seen to echo commands."""
        text = str(error) or type(error).__name__
        if self.password:
            text = text.replace(self.password, "********")
        return shown(text)[:300]

    def _tls(self) -> ssl.SSLContext | None:
        if self.security is Security.NONE:
            return None
        context = ssl.create_default_context(cafile=self.ca_file or None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    def _log_in(self, client: IMAPClient) -> None:
        credentials = self.user + self.password
        if not credentials.isprintable():
            raise AccountRefused("imap", "user or password holds a control character")
        if client.has_capability("AUTH=PLAIN"):
            client.plain_login(self.user, self.password)
        elif credentials.isascii():
            client.login(_quoted(self.user), self.password)
        else:
            raise AccountRefused("imap", "the server's LOGIN takes no user or password beyond ASCII")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
