"""The way into an IMAP server: connection, TLS and login, with the failures told apart by who must act.

Promise: no password or token goes over a line in clear to another machine, and no error text holds it. It does not
know what is read afterwards.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import CapabilityError, IMAPClientAbortError, LoginError

from worker.config.addresses import is_loopback
from worker.config.ports import TokenSource
from worker.config.settings import Security
from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import hide_tokens, xoauth2_response
from worker.core.text import shown

_NOT_NOW: Final = ("[UNAVAILABLE]", "[INUSE]", "[SERVERBUG]", "[LIMIT]", "[CONTACTADMIN]")
"""RFC 5530: a login refused for a time, whatever the password."""


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
    tokens: TokenSource | None = None
    """Where set, the login is by XOAUTH2 and there is no password."""

    def __post_init__(self) -> None:
        """Raises ValueError for ``none`` to another machine; the configuration refuses it with better words."""
        if self.security is Security.NONE and not is_loopback(self.host):
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
        if self.security is Security.NONE and not is_loopback(client.socket().getpeername()[0]):
            raise AccountRefused("imap", f"{self.host} is not this machine: no password is sent in clear")
        if self.security is Security.STARTTLS:
            try:
                client.starttls(self._tls())
            except CapabilityError:
                raise AccountRefused("imap", f"{self.host} offers no STARTTLS") from None
        if self.tokens is not None:
            self._log_in_by_token(client, self.tokens)
            return
        try:
            self._log_in(client)
        except LoginError as error:
            raise AccountRefused("imap", self._refused_for_good(error)) from None

    def _refused_for_good(self, error: LoginError) -> str:
        """What the server said. Raises Unavailable where it may say otherwise later."""
        text = self.clean(error)
        # imapclient says LoginError also where the connection was lost while it waited for the answer
        if isinstance(error.__context__, IMAPClientAbortError) or any(code in text.upper() for code in _NOT_NOW):
            raise Unavailable("imap", text) from None
        return text

    def clean(self, error: BaseException) -> str:
        """The error's own text, bounded, without the password: servers have been seen to echo commands."""
        text = str(error) or type(error).__name__
        if self.password:
            text = text.replace(self.password, "********")
        return shown(text)[:300] if self.tokens is None else hide_tokens(text)

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

    def _log_in_by_token(self, client: IMAPClient, tokens: TokenSource) -> None:
        """XOAUTH2, once more with a new token where the server refuses one that was kept.

        Not imapclient's ``oauth2_login``: on a refusal it sends the token a second time, which counts as another
        failure; the mechanism wants an empty answer there, and the server's reason stands in its challenge.
        """
        if not client.has_capability("AUTH=XOAUTH2"):
            raise AccountRefused("imap", f"{self.host} offers no login by XOAUTH2")
        while True:
            token = tokens.fetch()
            reasons: list[bytes] = []
            try:
                client.sasl_login("XOAUTH2", partial(answer_challenge, xoauth2_response(self.user, token), reasons))
            except LoginError as error:
                said = " ".join([self._refused_for_good(error), *(each.decode(errors="replace") for each in reasons)])
                if not tokens.reject(token):
                    raise tokens.refusal(said) from None
            else:
                return


def answer_challenge(response: bytes, reasons: list[bytes], challenge: bytes) -> bytes:
    """``response`` where the server asks for it; nothing where it tells why it refuses, which goes to ``reasons``."""
    if challenge:
        reasons.append(challenge)
        return b""
    return response


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
