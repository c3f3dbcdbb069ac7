"""The connection to one IMAP folder: opened, listened on, given up, and never used again after an error.

Promise: no error text holds the password, and a new connection is a new object. It does not know what is read over it.
"""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Final

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError, ProtocolError

from worker.config.mailbox_actions import Act, After
from worker.config.ports import TokenSource
from worker.config.settings import Security
from worker.core.errors import Unavailable
from worker.watch.imap.connection import ImapAccount
from worker.watch.imap.idle import count_told, listen
from worker.watch.ports import Heard, Opened

CONNECT_SECONDS: Final = 20.0
"""For name, connection, TLS and greeting together with each step of them: a slow line needs 3."""
READ_SECONDS: Final = 60.0
"""Without one byte from the server: Dovecot rebuilding the index of a big folder was silent for some 10 s."""

NO_CHANGE: Final = After()

# What imaplib and imapclient raise where a server answers nonsense, beside their own errors: both parse as if it
# kept the protocol. A literal said to hold 10 TB is a MemoryError, a thousand brackets a RecursionError.
FOREIGN: Final = (
    IMAPClientError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    OverflowError,
    RecursionError,
    MemoryError,
)


class ImapConnection:
    """The part of a mailbox that is not about messages."""

    def __init__(
        self,
        name: str,
        *,
        host: str,
        port: int,
        security: Security,
        user: str,
        password: str,
        ca_file: str = "",
        folder: str = "INBOX",
        after: After = NO_CHANGE,
        tokens: TokenSource | None = None,
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        """Raises ValueError for ``none`` to another machine."""
        for logger in ("imapclient", "imapclient.imaplib"):
            logging.getLogger(logger).setLevel(logging.INFO)  # their DEBUG prints message text, the key in it
        self._name = name
        self._account = ImapAccount(
            host, port, security, user, password, ca_file, connect_seconds, read_seconds, tokens
        )
        self._folder = folder
        self._client: IMAPClient | None = None
        self._shut = threading.Event()
        self._opened: Opened | None = None
        self._told = 0
        self._after = after
        self._is_fresh = False
        self._is_read_only = False
        self._copied: set[int] = set()

    @property
    def after(self) -> After:
        """What ``settle`` does."""
        return self._after

    @property
    def name(self) -> str:
        """The NAME of ``[mailbox.NAME]``."""
        return self._name

    def open(self) -> Opened:
        """Connect and log in where needed, then EXAMINE afresh. Raises Unavailable, AccountRefused."""
        if self._shut.is_set():
            self._shut.clear()
            self._drop()
        if self._client is not None:
            try:
                return self._examine()
            except FOREIGN:
                self._drop()  # servers end idle connections (RFC 3501 §5.4): no failure yet
        return self._reopen()

    def listen(self, seconds: float) -> Heard:
        """Wait in IDLE until the server tells of a message, for at most ``seconds``. Raises nothing.

        What the server told while the last look was made counts too: it is not told again.
        """
        client = self._client
        if client is None or self._shut.is_set():
            return Heard.LOST
        try:
            heard = Heard.NEWS if count_told(client) > self._told else listen(client, seconds)
        except FOREIGN:
            heard = Heard.LOST
        if heard is Heard.LOST:
            self._drop()
        return heard

    def shut(self) -> None:
        """Throw the connection away; callable from another thread, ends a blocked call.

        While a connection is being made there is nothing to shut yet; that ends by itself within its timeout.
        """
        self._shut.set()
        client = self._client
        if client is not None:
            with contextlib.suppress(OSError, AttributeError):  # it may be closing itself at this moment
                # not SSLSocket.shutdown, which takes the TLS object away from under the thread that reads
                socket.socket.shutdown(client.socket(), socket.SHUT_RDWR)

    def close(self) -> None:
        """End the connection, from the thread that uses it; without a farewell that a sick server could hold up."""
        self._drop()

    def _connected(self) -> IMAPClient:
        if self._client is None:
            raise Unavailable("imap", "not connected")
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(*FOREIGN):  # the connection is given up whatever it says to that
                client.shutdown()

    @contextlib.contextmanager
    def _translated(self, *, keeps_refused: bool = False) -> Iterator[None]:
        try:
            yield
        except FOREIGN as error:
            if not (keeps_refused and _is_refusal(error)):
                self._drop()
            raise Unavailable("imap", self._account.clean(error)) from None  # the chain could show what was sent

    def _reopen(self) -> Opened:
        with self._translated():
            try:
                self._connect()
                return self._examine()
            except Unavailable:
                self._drop()
                raise

    def _connect(self) -> None:
        client = self._client = self._account.dial()
        self._is_fresh = True
        if self._shut.is_set():
            raise Unavailable("imap", "shut while connecting")
        self._account.enter(client)

    def _examine(self) -> Opened:
        client = self._connected()
        answer = self._select(client)
        if b"UIDVALIDITY" not in answer:
            raise ProtocolError("the server gives no UIDVALIDITY")
        uidnext = answer.get(b"UIDNEXT") or max(client.search("ALL"), default=0) + 1  # optional before RFC 3501
        self._told = count_told(client)
        is_fresh, self._is_fresh = self._is_fresh, False
        uidvalidity, exists = int(answer[b"UIDVALIDITY"]), int(answer.get(b"EXISTS", 0))
        if self._opened is not None and self._opened.uidvalidity != uidvalidity:
            self._copied.clear()  # the numbers are other messages' now, of which none was copied
        self._opened = Opened(uidvalidity, int(uidnext), exists, is_fresh=is_fresh)
        return self._opened

    def _select(self, client: IMAPClient) -> Mapping[bytes, Any]:
        """SELECT where something may have to be done in the folder, and may be; else EXAMINE."""
        answer: Mapping[bytes, Any]
        self._is_read_only = False
        if self._after.act is not Act.NOTHING:
            try:
                answer = client.select_folder(self._folder)
            except IMAPClientReadOnlyError:  # a shared folder: it is watched all the same
                self._is_read_only = True
            else:
                return answer
        answer = client.select_folder(self._folder, readonly=True)
        return answer

    def _recover(self, error: BaseException) -> int:
        """0 where the server merely refused; else a new connection, and 1. Raises Unavailable where there is none."""
        if _is_refusal(error):
            return 0
        self._drop()
        before = self._opened
        if self._shut.is_set():
            raise Unavailable("imap", self._account.clean(error)) from None
        again = self._reopen()
        if before is not None and again.uidvalidity != before.uidvalidity:
            self._drop()
            raise Unavailable("imap", "the folder was renumbered while it was read")
        return 1


def _is_refusal(error: BaseException) -> bool:
    """Whether the server answered NO or BAD in good order, so that the connection is well."""
    return isinstance(error, IMAPClientError) and not isinstance(error, IMAPClientAbortError | ProtocolError)
