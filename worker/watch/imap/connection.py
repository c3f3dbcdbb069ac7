"""The connection to an IMAP server: TLS, login and IDLE, with the failures told apart by who must act.

No password or token goes over a line in clear to another machine, and no error text holds it.
"""

from __future__ import annotations

import contextlib
import logging
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import (
    CapabilityError,
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    LoginError,
    ProtocolError,
)

from worker.config.ports import TokenSource
from worker.config.settings import Security
from worker.core.addresses import is_loopback
from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import hide_tokens, xoauth2_response
from worker.core.mailbox_actions import Act, MailboxAction
from worker.core.server_faults import ServerFault, told_fault
from worker.core.text import escape_control_chars
from worker.watch.plan import MAIL_LIMIT
from worker.watch.ports import IdleResult, SelectedMailbox

_NOT_NOW: Final = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|SERVERBUG|LIMIT|CONTACTADMIN|OVERQUOTA|THROTTLED)\]"
    r"|too many\b.*\bconnections|maximum number of connections|temporar(?:y|ily)|try again later",
    re.IGNORECASE | re.DOTALL,
)
"""A login refused for a time with any password: the codes of RFC 5530, and the words of servers without them."""

_OF_ACCOUNT: Final = re.compile(
    r"\[(?:OVERQUOTA|LIMIT|THROTTLED)\]|bandwidth limit|too many\b.*\bconnections", re.IGNORECASE
)
"""A FETCH refused because of all that this account asks for: another message would be refused as well."""


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """The mailbox's server and its login."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    ca_file: str
    connect_seconds: float
    read_seconds: float
    tokens: TokenSource | None = None
    """If set, the login is by XOAUTH2 and there is no password."""

    def __post_init__(self) -> None:
        """Raises ValueError for ``none`` to another machine; the configuration refuses it with better words."""
        if self.security is Security.NONE and not is_loopback(self.host):
            raise ValueError("security none is for a server on this machine")

    def dial(self) -> IMAPClient:
        """A connection that was greeted, over TLS if that comes first. Raises what imapclient raises."""
        client = IMAPClient(
            self.host,
            self.port,
            ssl=self.security is Security.TLS,
            ssl_context=self._tls(),
            timeout=SocketTimeout(self.connect_seconds, self.read_seconds),
        )
        _bound_literals(client)
        client.normalise_times = False  # otherwise it drops the time zone
        # imapclient writes a command in pieces: each would wait 40 ms until the server has acknowledged the one before
        client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def enter(self, client: IMAPClient) -> None:
        """Secure the connection if that is still to be done, and log in. Raises AccountRefused, Unavailable."""
        if self.security is Security.NONE and not is_loopback(client.socket().getpeername()[0]):
            raise AccountRefused("imap", f"{self.host} is not this machine: no password is sent in clear")
        if self.security is Security.STARTTLS:
            try:
                client.starttls(self._tls())
            except CapabilityError:
                raise AccountRefused(
                    "imap", told_fault(ServerFault.NO_STARTTLS, f"{self.host} offers no STARTTLS")
                ) from None
        if self.tokens is not None:
            self._log_in_by_token(client, self.tokens)
            return
        try:
            self._log_in(client)
        except LoginError as error:
            raise AccountRefused("imap", self._refused_for_good(error)) from None

    def _refused_for_good(self, error: LoginError) -> str:
        """Returns what the server said. Raises Unavailable if it may say otherwise later."""
        text = self.clean(error)
        # imapclient raises LoginError also if the connection was lost while it waited for the answer
        if isinstance(error.__context__, IMAPClientAbortError) or _NOT_NOW.search(text):
            raise Unavailable("imap", text) from None
        return text

    def clean(self, error: BaseException) -> str:
        """The error's own text, bounded, without the password: servers have been seen to echo commands."""
        text = str(error) or type(error).__name__
        if self.password:
            text = text.replace(self.password, "********")
        return escape_control_chars(text)[:300] if self.tokens is None else hide_tokens(text)

    def _tls(self) -> ssl.SSLContext | None:
        if self.security is Security.NONE:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            text = f"{self.ca_file}: {error.strerror or error}"
            raise Unavailable("imap", told_fault(ServerFault.CA_FILE, text)) from None
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
        """XOAUTH2, once more with a new token if the server refuses one that was kept.

        Not imapclient's ``oauth2_login``: on a refusal it sends the token a second time, which counts as another
        failure; the mechanism wants an empty answer there, and the server's reason stands in its challenge.
        """
        if not client.has_capability("AUTH=XOAUTH2"):
            raise AccountRefused("imap", told_fault(ServerFault.NO_LOGIN, f"{self.host} offers no login by XOAUTH2"))
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


def _bound_literals(client: IMAPClient) -> None:
    """Ends the connection if the server announces a literal that was not asked for: imaplib would read it whole."""
    imap = client._imap
    read = imap.read

    def bounded(size: int) -> bytes:
        if size > LITERAL_LIMIT:
            raise imap.abort(f"the server announces {size} bytes at once")
        return bytes(read(size))

    imap.read = bounded


def answer_challenge(response: bytes, reasons: list[bytes], challenge: bytes) -> bytes:
    """``response`` if the server asks for it; nothing if it tells why it refuses, which goes to ``reasons``."""
    if challenge:
        reasons.append(challenge)
        return b""
    return response


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


LITERAL_LIMIT: Final = 2 * MAIL_LIMIT
"""Bytes of one literal: a whole mail has at most MAIL_LIMIT, and servers tell sizes that are a little wrong."""

CONNECT_SECONDS: Final = 20.0
"""For name, connection, TLS and greeting together with each step of them: a slow line needs 3."""


READ_SECONDS: Final = 60.0
"""Without one byte from the server: Dovecot rebuilding the index of a big folder was silent for some 10 s."""


NO_CHANGE: Final = MailboxAction()


# imaplib and imapclient raise these, in addition to their own errors, if a server answers nonsense: both parse as if it
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
        after: MailboxAction = NO_CHANGE,
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
        self._opened: SelectedMailbox | None = None
        self._told = 0
        self._after = after
        self._is_fresh = False
        self._is_read_only = False
        self._copied: set[int] = set()

    @property
    def after(self) -> MailboxAction:
        """The action of ``apply_mailbox_action``."""
        return self._after

    @property
    def name(self) -> str:
        """The NAME of ``[mailbox.NAME]``."""
        return self._name

    def open(self) -> SelectedMailbox:
        """Connect and log in if needed, then EXAMINE afresh. Raises Unavailable, AccountRefused."""
        if self._shut.is_set():
            self._shut.clear()
            self._drop()
        if self._client is not None:
            try:
                return self._examine()
            except FOREIGN:
                self._drop()  # servers end idle connections (RFC 3501 §5.4): no failure yet
        return self._reopen()

    def listen(self, seconds: float) -> IdleResult:
        """Wait in IDLE until the server tells of a message, for at most ``seconds``. Raises nothing.

        News that the server told while the last look was made count too: it is not told again.
        """
        client = self._client
        if client is None or self._shut.is_set():
            return IdleResult.LOST
        try:
            heard = IdleResult.NEWS if count_told(client) > self._told else listen(client, seconds)
        except FOREIGN:
            heard = IdleResult.LOST
        if heard is IdleResult.LOST:
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
            with contextlib.suppress(*FOREIGN):  # the connection is given up after any answer
                client.shutdown()

    @contextlib.contextmanager
    def _translated(self, *, keeps_refused: bool = False) -> Iterator[None]:
        try:
            yield
        except FOREIGN as error:
            if not (keeps_refused and _is_refusal(error)):
                self._drop()
            text = self._account.clean(error)
            if isinstance(error, ssl.SSLCertVerificationError):
                text = told_fault(ServerFault.CERTIFICATE, text)
            raise Unavailable("imap", text) from None  # the chain could show what was sent

    def _reopen(self) -> SelectedMailbox:
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

    def _examine(self) -> SelectedMailbox:
        client = self._connected()
        try:
            answer = self._select(client)
        except IMAPClientError as error:
            if not _is_refusal(error):
                raise
            raise Unavailable("imap", told_fault(ServerFault.FOLDER, self._account.clean(error))) from None
        if b"UIDVALIDITY" not in answer:
            raise Unavailable("imap", told_fault(ServerFault.FOLDER, "the server gives no UIDVALIDITY"))
        uidnext = answer.get(b"UIDNEXT") or max(client.search("ALL"), default=0) + 1  # optional before RFC 3501
        self._told = count_told(client)
        is_fresh, self._is_fresh = self._is_fresh, False
        uidvalidity, exists = int(answer[b"UIDVALIDITY"]), int(answer.get(b"EXISTS", 0))
        if self._opened is not None and self._opened.uidvalidity != uidvalidity:
            self._copied.clear()  # the numbers are other messages' now, and none of these was copied
        self._opened = SelectedMailbox(uidvalidity, int(uidnext), exists, is_fresh=is_fresh)
        return self._opened

    def _select(self, client: IMAPClient) -> Mapping[bytes, Any]:
        """SELECT if something may have to be done in the folder, and may be; else EXAMINE."""
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
        """0 if the server merely refused; else a new connection, and 1. Raises Unavailable if there is none."""
        if _is_refusal(error):
            if _OF_ACCOUNT.search(text := self._account.clean(error)):
                raise Unavailable("imap", text) from None
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
    """Returns whether the server answered NO or BAD in good order, so that the connection is well."""
    return isinstance(error, IMAPClientError) and not isinstance(error, IMAPClientAbortError | ProtocolError)


_NEWS: Final = re.compile(rb"\* [0-9]+ (?:EXISTS|RECENT)\b", re.IGNORECASE)
_BYE: Final = re.compile(rb"\* BYE\b", re.IGNORECASE)


def count_told(client: IMAPClient) -> int:
    """Returns how often the server told the size of the folder since it was opened.

    A mail that comes while a look is being made is told with the answer to some other command, and not again in IDLE.
    """
    return len(client._imap.untagged_responses.get("EXISTS", ()))  # imapclient has no way to ask


def listen(client: IMAPClient, seconds: float) -> IdleResult:
    """IDLE until the server tells of a message, or for ``seconds``; the connection was tried at the end."""
    if not client.has_capability("IDLE"):
        return IdleResult.NOT_OFFERED
    deadline = time.monotonic() + seconds
    is_news = _enter(client)
    while not is_news and (line := _next_line(client, deadline)) is not None:
        is_news = _is_news(line)
    _, said = client.idle_done()
    is_news = is_news or _tells_news(said)
    if not is_news:
        _, said = client.noop()  # the line was silent: only an answer shows that it is alive
        is_news = _tells_news(said)
    return IdleResult.NEWS if is_news else IdleResult.QUIET


def _enter(client: IMAPClient) -> bool:
    """Begin IDLE, and whether it began with news; ``client.idle`` takes a line before the "+" for a refusal."""
    imap = client._imap
    tag = client._idle_tag = imap._command("IDLE")
    is_news = False
    while (line := imap._get_response()) is not None:  # None: the "+"
        if imap.tagged_commands[tag]:
            raise IMAPClientError(f"IDLE refused: {line!r}")
        is_news = is_news or _is_news(line)
    return is_news


def _next_line(client: IMAPClient, deadline: float) -> bytes | None:
    """The next line of the server; None if the deadline comes first. A line that has begun is read to its end."""
    imap, connection = client._imap, client.socket()
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    is_readable = False
    while not _has_unread(client, connection, is_readable=is_readable):
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        is_readable = bool(poll.poll(left * 1000))
    line: bytes = imap._get_line()
    return line


def _has_unread(client: IMAPClient, connection: Any, *, is_readable: bool) -> bool:
    """Returns whether a line begins in imaplib's buffer, in TLS's, or on the socket.

    Raises IMAPClientAbortError if the socket ``is_readable`` and nothing can be read: the other side closed it.
    """
    timeout = connection.gettimeout()
    connection.settimeout(0)
    try:
        begins = bool(client._imap.file.peek(1))
    except ssl.SSLWantReadError:  # part of a record, or one that holds no data
        return False
    finally:
        connection.settimeout(timeout)
    if is_readable and not begins:
        raise IMAPClientAbortError("closed while idle")
    return begins


def _is_news(line: bytes) -> bool:
    """Returns whether a line tells of a message; flags, expunged ones and "still here" do not. Raises at BYE."""
    if _BYE.match(line):
        raise IMAPClientAbortError(line.decode("ascii", "replace"))
    return _NEWS.match(line) is not None


def _tells_news(said: Iterable[Any]) -> bool:
    """The same of lines that imapclient took apart."""
    begins = [line[:2] if isinstance(line, tuple) else (line,) for line in said]
    if any(words[0] == b"BYE" for words in begins):
        raise IMAPClientAbortError("BYE")
    return any(words[-1] in (b"EXISTS", b"RECENT") for words in begins)
