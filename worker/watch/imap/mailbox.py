"""One IMAP mailbox over imapclient: connection, login and IDLE, the commands, and the answers about messages.

EXAMINE and BODY.PEEK, and nothing else unless ``after`` says so. A message that the server cannot give costs the others
nothing, and a broken connection is never used again. The failures of a connection are told apart by who must act. No
password or token goes over a line in clear to another machine, and no error text holds it. An answer that leaves
something out, or has another type, gives a value that says so and no error.
"""

from __future__ import annotations

import ast
import base64
import contextlib
import datetime as dt
import logging
import re
import select
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
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
from worker.core.model import JST, NO_DATE
from worker.core.server_faults import ServerFault, with_fault_code
from worker.core.text import escape_control_chars
from worker.read.message import decode_words, read_message_id
from worker.watch.plan import FIELDS, GONE, MAIL_LIMIT, MAIL_PART, START_BYTES, TEXT_SURE, holds_nothing, sections_of
from worker.watch.ports import BodyPart, Fetched, Header, IdleResult, SelectedMailbox
from worker.watch.threads import OwnThread, Threaded

# --- The connection ------------------------------------------------------------------------------------------------

_BYTES: Final = re.compile("b(['\"]).*\\1", re.DOTALL)

_NOT_NOW: Final = re.compile(
    r"\[(?:UNAVAILABLE|INUSE|SERVERBUG|LIMIT|CONTACTADMIN|OVERQUOTA|THROTTLED)\]"
    r"|too many\b.*\bconnections|maximum number of connections|temporar(?:y|ily)|try again later",
    re.IGNORECASE | re.DOTALL,
)
"""A login refused for a time with any password: the codes of RFC 5530, and the words of servers without them."""

_OF_ACCOUNT: Final = re.compile(
    r"\[(?:OVERQUOTA|LIMIT|THROTTLED)\]|bandwidth limit|too many\b.*\bconnections", re.IGNORECASE
)
"""A command refused because of all that this account asks for: another message would be refused as well."""


CONNECT_SECONDS: Final = 20.0
"""For name, connection, TLS and greeting together with each step of them: a slow line needs 3."""


READ_SECONDS: Final = 60.0
"""Without one byte from the server: Dovecot rebuilding the index of a big folder was silent for some 10 s."""


@dataclass(frozen=True, slots=True)
class ImapAccount:
    """The mailbox's server and its login."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    ca_file: str = ""
    tokens: TokenSource | None = None
    """If set, the login is by XOAUTH2 and there is no password."""
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS

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
                    "imap", with_fault_code(ServerFault.NO_STARTTLS, f"{self.host} offers no STARTTLS")
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
            raise Unavailable("imap", _with_traffic(text)) from None
        return text

    def clean(self, error: BaseException) -> str:
        """The error's own text, bounded, without the password: servers have been seen to echo commands."""
        text = _decoded(str(error)) or type(error).__name__
        if self.password:
            plain = base64.b64encode(f"\0{self.user}\0{self.password}".encode()).decode("ascii")
            for secret in (plain, _quoted(self.password)[1:-1], self.password):
                text = text.replace(secret, "********")
        return escape_control_chars(text)[:300] if self.tokens is None else hide_tokens(text)

    def _tls(self) -> ssl.SSLContext | None:
        if self.security is Security.NONE:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            text = f"{self.ca_file}: {error.strerror or error}"
            raise Unavailable("imap", with_fault_code(ServerFault.CA_FILE, text)) from None
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
            raise AccountRefused(
                "imap", with_fault_code(ServerFault.NO_LOGIN, f"{self.host} offers no login by XOAUTH2")
            )
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


def _with_traffic(text: str) -> str:
    """Returns ``text``, with its code in front if the account has asked for too much."""
    return with_fault_code(ServerFault.TRAFFIC, text) if _OF_ACCOUNT.search(text) else text


def _refused_reading(text: str) -> Unavailable:
    """Returns the error of messages that the server does not find or give."""
    coded = _with_traffic(text)
    return Unavailable("imap", coded if coded != text else with_fault_code(ServerFault.READING, text))


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


def _decoded(text: str) -> str:
    """Returns the server's own words: imaplib raises bytes, and imapclient passes their ``repr`` on."""
    if _BYTES.fullmatch(text):
        with contextlib.suppress(ValueError, SyntaxError):
            return bytes(ast.literal_eval(text)).decode("utf-8", "replace")
    return text


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


LITERAL_LIMIT: Final = 2 * MAIL_LIMIT
"""Bytes of one literal: a whole mail has at most MAIL_LIMIT, and servers tell sizes that are a little wrong."""


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
        self, name: str, account: ImapAccount, *, folder: str = "INBOX", after: MailboxAction = NO_CHANGE
    ) -> None:
        for logger in ("imapclient", "imapclient.imaplib"):
            logging.getLogger(logger).setLevel(logging.INFO)  # their DEBUG prints message text, the key in it
        self._name = name
        self._account = account
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
    def _translated(self, *, keeps_refused: bool = False, reads: bool = False) -> Iterator[None]:
        try:
            yield
        except FOREIGN as error:
            if not (keeps_refused and _is_refusal(error)):
                self._drop()
            text = self._account.clean(error)
            if reads and _is_refusal(error):
                raise _refused_reading(text) from None
            if isinstance(error, ssl.SSLCertVerificationError):
                text = with_fault_code(ServerFault.CERTIFICATE, text)
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
            raise Unavailable("imap", with_fault_code(ServerFault.FOLDER, self._account.clean(error))) from None
        if b"UIDVALIDITY" not in answer:
            raise Unavailable("imap", with_fault_code(ServerFault.FOLDER, "the server gives no UIDVALIDITY"))
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
                raise _refused_reading(text) from None
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


# --- The commands --------------------------------------------------------------------------------------------------

BREAKS_LIMIT: Final = 20
"""Connections that one call to ``headers`` may lose before it leaves the rest to be fetched one by one."""

SEARCH_LIMIT: Final = 40_000
"""Messages whose UIDs are asked for at a time: imaplib takes lines of 1 MB, and a UID has up to eleven bytes."""

_HEADER_ITEMS: Final = ("RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]")
_FIELD_ITEMS: Final = ("RFC822.SIZE", "INTERNALDATE", f"BODY.PEEK[HEADER.FIELDS ({' '.join(FIELDS)})]")
_OUTLINE_ITEMS: Final = (*_FIELD_ITEMS, "BODYSTRUCTURE")
_Answer = Mapping[int, Mapping[bytes, Any]]


class ImapMailbox(ImapConnection):
    """One folder on one server; its calls block, and one thread makes them."""

    def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        """UIDs from ``first`` on, ascending; with ``since`` only those of that internal date or later."""
        opened = self._opened
        spans: list[str] = []
        if opened is not None and opened.exists > SEARCH_LIMIT:
            span = max(1, (opened.uidnext - first) // (opened.exists // SEARCH_LIMIT + 1))
            while first + span < opened.uidnext:
                spans.append(f"{first}:{first + span - 1}")
                first += span
        found: set[int] = set()
        with self._translated(reads=True):
            for each in spans:
                found.update(self._search(each, since))
            # "n:*" is "*:n" if n is above the highest (RFC 3501 §9): it then names the last message
            found.update(uid for uid in self._search(f"{first}:*", since) if uid >= first)
        return tuple(sorted(found))

    def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """Size, internal date and Message-ID of each that still exists; asked in blocks of at most 500.

        Of one whose headers the server cannot give, size 0 and ``NO_DATE``: ``blocks`` then says why, or has it.
        """
        return self._headers(uids, _HEADER_ITEMS)

    def fields(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``headers``, with ``fields``; the server opens no message for it."""
        return self._headers(uids, _FIELD_ITEMS)

    def fetch_summaries(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``headers``, with ``fields`` and ``structure`` if the server can give them."""
        return self._headers(uids, _OUTLINE_ITEMS)

    def _headers(self, uids: Sequence[int], items: Sequence[str]) -> tuple[Header, ...]:
        found: list[Header] = []
        waiting = [tuple(uids[place : place + BLOCK_IDS]) for place in range(0, len(uids), BLOCK_IDS)][::-1]
        breaks = 0
        while waiting:
            asked = waiting.pop()
            if breaks >= BREAKS_LIMIT:
                found.extend(map(unknown_header, asked))
                continue
            try:
                answer = self._fetch(asked, items)
                wants = items is _FIELD_ITEMS
                known = {u: read_header_answer(u, answer[u], with_fields=wants) for u in asked if u in answer}
                missing = self._existing([uid for uid in asked if uid not in known])
            except FOREIGN as error:
                breaks += self._recover(error)
                half = len(asked) // 2
                if half:
                    waiting += [asked[half:], asked[:half]]
                elif items is _OUTLINE_ITEMS:  # a structure that imapclient cannot read: the rest may do
                    found.extend(self._headers(asked, _HEADER_ITEMS))
                else:
                    found.extend(map(unknown_header, asked))
                continue
            found.extend(known.get(uid) or unknown_header(uid) for uid in asked if uid in known or uid in missing)
        return tuple(found)

    def fetch_prefixes(self, headers: Sequence[Header]) -> Mapping[int, Mapping[str, bytes]]:
        """The first bytes of each part of each message, by UID and section; what could not be had is left out."""
        found: dict[int, Mapping[str, bytes]] = {}
        for sections, uids in group_starts(headers):
            try:
                answer = self._fetch(uids, [f"BODY.PEEK[{section}]<0.{START_BYTES}>" for section in sections])
            except FOREIGN as error:
                self._recover(error)
                continue
            found |= {uid: read_starts(sections, answer[uid]) for uid in uids if uid in answer}
        return found

    def blocks(self, headers: Sequence[Header]) -> Iterator[tuple[Fetched, ...]]:
        """The messages in blocks of at most 4 MB; of one above 8 MB only its PDFs and texts, or its beginning.

        In the order given, so that what is recorded has no gap below it. If a block fails, its messages are asked for
        one by one. A message that breaks the connection is a failure of that message; two in a row are the server's:
        Unavailable, after the first has been given.
        """
        broken = False
        for group in group_headers(headers):
            fetched = self._fetch_group(group) if len(group) > 1 else {}
            if len(fetched) == len(group):
                broken = False
                yield tuple(fetched.values())
                continue
            for header in group:
                one = fetched.get(header.uid)
                breaks = 0
                if one is None:
                    one, breaks = self._fetch_alone(header)
                if breaks and broken:
                    raise Unavailable("imap", one.failure)
                broken = bool(breaks)
                yield (one,)

    def try_reading(self) -> None:
        """Try with the newest messages all that a look asks for. Raises Unavailable if the server gives none of them.

        A message that it cannot give beside others is no fault of the mailbox.
        """
        opened = self._opened
        if opened is None or not opened.exists:
            return
        uids = self.uids(max(1, opened.uidnext - 10 * BLOCK_MESSAGES), None) or self.uids(1, None)
        if not uids:
            raise _refused_reading(f"{opened.exists} messages, and SEARCH finds none")
        headers = self.fetch_summaries(uids[-BLOCK_MESSAGES:])
        self.fetch_prefixes(headers)
        failure = ""
        for fetched in self.blocks(sorted(headers, key=lambda header: header.size)):
            for each in fetched:
                if not each.failure:
                    return
                failure = each.failure
        if failure not in ("", GONE):
            raise _refused_reading(failure)

    def newest_results(self, count: int) -> tuple[bytes, ...]:
        """The Authentication-Results of each of the last ``count`` messages, or fewer. Raises Unavailable.

        A message that the server cannot give is left out.
        """
        opened = self._opened
        uids = self.uids(max(1, opened.uidnext - 10 * count), None)[-count:] if opened is not None else ()
        found: dict[int, bytes] = {}
        waiting = [uids] if uids else []
        while waiting:
            asked = waiting.pop()
            try:
                answer = self._fetch(asked, ["BODY.PEEK[HEADER.FIELDS (AUTHENTICATION-RESULTS)]"])
            except FOREIGN as error:
                if self._recover(error):
                    raise Unavailable("imap", self._account.clean(error)) from None
                half = len(asked) // 2
                waiting += [asked[:half], asked[half:]] if half else []
                continue
            found |= {uid: read_fields_answer(answer[uid]) for uid in asked if uid in answer}
        return tuple(found[uid] for uid in sorted(found))

    def apply_mailbox_action(self, uids: Sequence[int]) -> None:
        """Do to these what ``after`` says; done already, or gone, is as good. Raises Unavailable."""
        with self._translated(keeps_refused=True):
            client = self._connected()
            if self._is_read_only:
                raise Unavailable("imap", "the folder may only be read")
            if self.after.act is Act.MOVE:
                move_away(client, uids, self.after.folder, self._copied, self._go_back)
            else:
                mark_seen(client, uids)

    def try_after(self) -> None:
        """Try whether the action of ``after`` can be done. Raises Unavailable; the folder is closed then."""
        if self.after.act is Act.NOTHING:
            return
        self.open()
        with self._translated():
            if self._is_read_only:
                raise Unavailable("imap", "the folder may only be read")
            if self.after.act is Act.MOVE:
                try_target(self._connected(), self.after.folder)
                self._drop()

    def _go_back(self) -> None:
        """Open our folder again after another one; what came meanwhile was told to no person, so a look follows."""
        before = self._opened
        self._examine()
        self._told = 0
        if before is None or self._opened is None or self._opened.uidvalidity != before.uidvalidity:
            raise ProtocolError("the folder was renumbered while messages were moved out of it")

    def _search(self, uids: str, since: dt.date | None) -> list[int]:
        found: list[int] = self._connected().search(["UID", uids, *([] if since is None else ["SINCE", since])])
        return found

    def _fetch(self, uids: Sequence[int], asked: Sequence[str]) -> _Answer:
        answer: _Answer = self._connected().fetch(list(uids), list(asked))
        return answer

    def _existing(self, uids: Sequence[int]) -> frozenset[int]:
        """Returns which of these, left out of an answer, are still there: the others were deleted meanwhile."""
        if not uids:
            return frozenset()
        return frozenset(self._connected().search(["UID", ",".join(map(str, uids))])) & frozenset(uids)

    def _fetch_group(self, group: Sequence[Header]) -> dict[int, Fetched]:
        """Those of a block that one command gives, by UID in its order; none if it fails."""
        try:
            answer = self._fetch([header.uid for header in group], ["BODY.PEEK[]"])
        except FOREIGN as error:
            self._recover(error)
            return {}
        contents = ((header, read_body(answer.get(header.uid, {}))) for header in group)
        return {header.uid: fetched_message(header, content) for header, content in contents if content}

    def _fetch_alone(self, header: Header) -> tuple[Fetched, int]:
        """One message, or why not; and how many connections that took."""
        try:
            return self._fetch_one(header), 0
        except FOREIGN as error:
            breaks = self._recover(error)
            return Fetched(header, b"", is_complete=False, failure=self._account.clean(error)), breaks

    def _fetch_one(self, header: Header) -> Fetched:
        """One message, of a large one what matters; of one without a known size never more than MAIL_LIMIT."""
        if header.size > MAIL_LIMIT:
            parts = put_together(header, lambda uid, items: self._fetch([uid], items).get(uid, {}))
            if parts is not None:
                return Fetched(header, parts, is_complete=False, has_every_pdf=True)
        length = MAIL_PART if header.size > MAIL_LIMIT else MAIL_LIMIT + 1 if header.size <= 0 else 0
        answer = self._fetch([header.uid], [f"BODY.PEEK[]<0.{length}>" if length else "BODY.PEEK[]"])
        content = read_body(answer.get(header.uid, {}))
        if content:
            return fetched_message(header, content)
        exists = self._existing([header.uid])
        return Fetched(header, b"", is_complete=False, failure="the server gives no content" if exists else GONE)


class ThreadedMailbox(Threaded):
    """``ports.Mailbox`` over an ``ImapMailbox`` that is used in one thread; each call is a sign of life of its loop."""

    def __init__(self, mailbox: ImapMailbox, thread: OwnThread | None = None) -> None:
        super().__init__(thread or OwnThread(mailbox.name))
        self.name = mailbox.name
        self.after = mailbox.after
        self._mailbox = mailbox

    async def open(self) -> SelectedMailbox:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.open)

    async def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.uids, first, since)

    async def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.headers, uids)

    async def fields(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.fields, uids)

    async def fetch_summaries(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.fetch_summaries, uids)

    async def fetch_prefixes(self, headers: Sequence[Header]) -> Mapping[int, Mapping[str, bytes]]:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.fetch_prefixes, headers)

    async def blocks(self, headers: Sequence[Header]) -> Callable[[], Awaitable[tuple[Fetched, ...]]]:
        """As ``ports.Mailbox``."""
        blocks = self._mailbox.blocks(headers)  # asks for nothing until the first is taken
        return lambda: self._call(_next_block, blocks)

    async def apply_mailbox_action(self, uids: Sequence[int]) -> None:
        """As ``ports.Mailbox``."""
        await self._call(self._mailbox.apply_mailbox_action, uids)

    async def listen(self, seconds: float) -> IdleResult:
        """As ``ports.Mailbox``."""
        return await self._call(self._mailbox.listen, seconds)

    async def newest_results(self, count: int) -> tuple[bytes, ...]:
        """As the blocking mailbox."""
        return await self._call(self._mailbox.newest_results, count)

    async def try_reading(self) -> None:
        """As the blocking mailbox."""
        await self._call(self._mailbox.try_reading)

    async def try_after(self) -> None:
        """As the blocking mailbox."""
        await self._call(self._mailbox.try_after)

    def close(self) -> None:
        """As ``ports.Mailbox``: a call that blocks is ended."""
        self._mailbox.shut()
        self._thread.end(self._mailbox.close)


def _next_block(blocks: Iterator[tuple[Fetched, ...]]) -> tuple[Fetched, ...]:
    return next(blocks, ())


_MESSAGE_ID: Final = "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]"
_KEY: Final = ("RFC822.SIZE", "INTERNALDATE", _MESSAGE_ID)
"""By what a copy is known again: RFC 3501 §6.4.7 has COPY keep the internal date."""
_PLAIN_ID: Final = re.compile(r"[!-~]{1,900}")
"""A Message-ID that may be searched for: a line end in what a stranger wrote would begin a command of its own."""


def mark_seen(client: IMAPClient, uids: Sequence[int]) -> None:
    r"""Set ``\\Seen`` of just these."""
    client.add_flags(list(uids), [rb"\Seen"], silent=True)


def try_target(client: IMAPClient, folder: str) -> None:
    """Try whether messages can be moved to ``folder``: it is opened for writing, and stays open."""
    _prove_moves(client)
    client.select_folder(folder)


def move_away(
    client: IMAPClient, uids: Sequence[int], folder: str, copied: set[int], go_back: Callable[[], object]
) -> None:
    """Move just these out of the open folder, which ``go_back`` opens again.

    ``copied`` are those that an earlier try brought there without removing them here; those of a process that
    crashed are looked for in ``folder``.
    """
    _prove_moves(client)
    if client.has_capability("MOVE"):  # RFC 6851: one command, all or nothing for each message
        client.move(list(uids), folder)
        return
    if missing := [uid for uid in uids if uid not in copied]:
        try:
            there = _copied_before(client, missing, folder)
        finally:
            go_back()
        copied.update(there)
        missing = [uid for uid in missing if uid not in there]
    if missing:
        client.copy(missing, folder)
        copied.update(missing)
    client.add_flags(list(uids), [rb"\Deleted"], silent=True)
    client.uid_expunge(list(uids))  # RFC 4315: only these, though other clients may have marked more
    copied.difference_update(uids)


def _prove_moves(client: IMAPClient) -> None:
    if not (client.has_capability("MOVE") or client.has_capability("UIDPLUS")):
        raise IMAPClientError("the server offers neither MOVE nor UIDPLUS: no message can be moved by itself")


def _copied_before(client: IMAPClient, uids: Sequence[int], folder: str) -> frozenset[int]:
    """Returns those that ``folder`` holds already, by Message-ID, size and internal date; ``folder`` is open then."""
    keys = {uid: _key(fetched) for uid, fetched in client.fetch(list(uids), list(_KEY)).items()}
    client.select_folder(folder, readonly=True)
    plain = {uid: key for uid, key in keys.items() if _PLAIN_ID.fullmatch(key[0])}
    return frozenset(uid for uid, key in plain.items() if key in _keys_of(client, key[0]))


def _keys_of(client: IMAPClient, message_id: str) -> list[tuple[str, object, object]]:
    found = client.search(["HEADER", "Message-ID", message_id])
    return [_key(fetched) for fetched in client.fetch(found, list(_KEY)).values()] if found else []


def _key(fetched: Any) -> tuple[str, object, object]:
    header = fetched.get(_MESSAGE_ID.replace(".PEEK", "").encode(), b"")
    message_id = header.partition(b":")[2].strip().decode("ascii", "replace")
    return message_id, fetched.get(b"RFC822.SIZE"), fetched.get(b"INTERNALDATE")


# --- Answers about messages ------------------------------------------------------------------------------------

BLOCK_IDS: Final = 500
"""UIDs in one command: Dovecot takes lines of 64 kB, others of 8 kB (RFC 2683 §3.2.1.5)."""
STARTS_IDS: Final = 100
"""Messages whose parts' first bytes are asked for in one command: some 7 kB each."""
BLOCK_BYTES: Final = 4_000_000
"""Bodies in one command: imapclient holds an answer whole (500 mails of 230 kB in one call took 384 MB)."""
BLOCK_MESSAGES: Final = 5
"""Bodies in one command, and messages recorded in one transaction: recording takes some 15 ms each, and for that time
nothing is sent, no other command can write, and the children that read PDFs get no other one."""

_MESSAGE_ID_LINE: Final = re.compile(rb"^message-id[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)


def group_headers(headers: Sequence[Header]) -> Iterator[Sequence[Header]]:
    """Messages to be asked for together; those of unknown size, and those above a block, alone."""
    group: list[Header] = []
    total = 0
    for header in headers:
        alone = header.size <= 0 or header.size > BLOCK_BYTES
        if group and (alone or total + header.size > BLOCK_BYTES or len(group) == BLOCK_MESSAGES):
            yield group
            group, total = [], 0
        if alone:
            yield [header]
        else:
            group.append(header)
            total += header.size
    if group:
        yield group


def unknown_header(uid: int) -> Header:
    """Returns the header of a message whose fields could not be had: ``size`` 0 makes it fetched alone and bounded."""
    return Header(uid, 0, NO_DATE, "")


def read_header_answer(uid: int, answer: Mapping[bytes, Any], *, with_fields: bool = False) -> Header:
    """One message of a FETCH answer; what is missing in it is as in ``unknown_header``.

    The fields are kept ``with_fields``, and if a structure came with them.
    """
    size, date = answer.get(b"RFC822.SIZE"), answer.get(b"INTERNALDATE")
    fields = read_fields_answer(answer)
    message_id = _message_id_in(fields)
    size = size if isinstance(size, int) else 0
    if b"BODYSTRUCTURE" not in answer:
        return Header(uid, size, _aware(date), message_id, fields if with_fields else b"")
    return Header(uid, size, _aware(date), message_id, fields, read_structure(answer[b"BODYSTRUCTURE"]))


def _message_id_in(fields: bytes) -> str:
    """The Message-ID as the server finds it, line by line: with whichever fields it was asked for, it is the same.

    Else a message with a line before it at which a reader stops would seem another one each time it is compared.
    """
    found = _MESSAGE_ID_LINE.search(fields)
    return read_message_id(b"".join(found[1].splitlines())) if found else ""


def read_fields_answer(answer: Mapping[bytes, Any]) -> bytes:
    """The header fields of one message of a FETCH answer; empty if it has none."""
    found = next((found for key, found in answer.items() if key.startswith(b"BODY[HEADER")), b"")
    return found if isinstance(found, bytes) else b""


def _aware(date: object) -> dt.datetime:
    """The internal date in JST, or ``NO_DATE`` if the server gave none that is one."""
    if not isinstance(date, dt.datetime) or date.tzinfo is None:
        return NO_DATE
    try:
        return date.astimezone(JST)
    except (ValueError, OverflowError):  # a zone of more than a day, or the year 0
        return NO_DATE


def group_starts(headers: Sequence[Header]) -> Iterator[tuple[tuple[str, ...], Sequence[int]]]:
    """The parts whose first bytes are asked for, and the messages that have just these parts, by UID."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for header in headers:
        if header.structure is not None:
            groups.setdefault(sections_of(header.structure), []).append(header.uid)
    for sections, uids in groups.items():
        for place in range(0, len(uids), STARTS_IDS):
            yield sections, uids[place : place + STARTS_IDS]


def read_starts(sections: Sequence[str], answer: Mapping[bytes, Any]) -> dict[str, bytes]:
    """The first bytes of each section in one message's answer; one that is NIL or left out is not among them."""
    keys = {section: f"BODY[{section}]<0>".encode() for section in sections}
    return {section: answer[key] for section, key in keys.items() if isinstance(answer.get(key), bytes)}


def read_body(answer: Mapping[bytes, Any]) -> bytes:
    """The body in one message's answer, empty if it is NIL or left out."""
    found = next((content for key, content in answer.items() if key.startswith(b"BODY[]")), b"")
    return found if isinstance(found, bytes) else b""


def fetched_message(header: Header, content: bytes) -> Fetched:
    """``content`` as the message; sizes that servers tell beforehand may be estimates (seen: Exchange)."""
    if header.size > MAIL_LIMIT or len(content) > MAIL_LIMIT:
        return Fetched(header, content[:MAIL_PART], is_complete=False)
    return Fetched(header, content)


PIECE: Final = 1_000_000
"""Bytes of one command: imapclient holds an answer several times over."""
PDFS_LIMIT: Final = 28_000_000
"""Bytes of all PDFs of one message as they stand in it: one of 20 MB, which is as much as any file is read of."""
ZIP_LIMIT: Final = 8_000_000
"""Bytes of a ZIP as they stand in the mail: as much as a mail that is fetched whole can bring."""
HEADER_LIMIT: Final = 262_144
"""Bytes of the header of a message or a part."""
DEPTH_LIMIT: Final = 40
"""Parts within parts: a structure that goes deeper is not walked."""

Ask = Callable[[int, Sequence[str]], Mapping[bytes, Any]]
"""FETCH of some items of one message."""


def read_structure(body: object) -> BodyPart | None:
    """The BODYSTRUCTURE as imapclient gives it; None if anything in it is not as RFC 3501 has it."""
    try:
        return _read(body, "", 0)
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return None


def _read(body: Any, section: str, depth: int) -> BodyPart:
    if depth > DEPTH_LIMIT:
        raise ValueError("too deep")
    if not isinstance(body[0], bytes):
        # In a mail within a mail, imapclient leaves the parts in the server's place, at the front.
        is_listed = isinstance(body[0], list)
        count = 1 if is_listed else next(place for place, each in enumerate(body) if isinstance(each, bytes))
        inner, subtype = (body[0] if is_listed else body[:count]), body[count]
        numbers = (f"{section}.{number}".lstrip(".") for number in range(1, len(inner) + 1))
        held = tuple(_read(each, number, depth + 1) for each, number in zip(inner, numbers, strict=True))
        return BodyPart(section, f"multipart/{_word(subtype)}", parts=held)
    kind = f"{_word(body[0])}/{_word(body[1])}"
    names = " ".join(_names(body[2:]))
    section = section or "1"
    parts: tuple[BodyPart, ...] = ()
    if kind in {"message/rfc822", "message/global"} and isinstance(body[8], tuple):
        within = body[8]  # RFC 3501 §7.4.2: after the seven fields of every part comes its envelope, then this
        is_multipart = not isinstance(within[0], bytes)
        parts = (_read(within, section if is_multipart else f"{section}.1", depth + 1),)
    size = body[6] if isinstance(body[6], int) else 0
    return BodyPart(section, kind, _word(body[5] or b"7bit"), size, names, parts)


def _word(raw: Any) -> str:
    return str(raw.decode("ascii", "replace")).strip().lower()


def _names(values: Sequence[Any]) -> Iterator[str]:
    """Every value of a parameter that is called a name, split and encoded ones too (RFC 2231)."""
    for value in values:
        if not isinstance(value, tuple):
            continue
        for key, content in pairwise(value):
            if isinstance(key, bytes) and isinstance(content, bytes) and b"name" in key.lower():
                yield content.decode("utf-8", "replace")
        yield from _names(value)


# --- A message above the limit -------------------------------------------------------------------------------


def put_together(header: Header, ask: Ask) -> bytes | None:
    """The header, texts and PDFs of a message as a mail of their own; None if that cannot be had."""
    if header.structure is None:
        return None
    return _Together(header, ask).whole()


class _Together:
    def __init__(self, header: Header, ask: Ask) -> None:
        self._uid = header.uid
        self._root = header.structure
        self._ask = ask
        self._room = PDFS_LIMIT

    def whole(self) -> bytes | None:
        try:
            return self._message(self._root, "") if self._root is not None else None
        except _NotAll:
            return None

    def _message(self, root: BodyPart, number: str) -> bytes:
        """A message: the whole one, or one within that stands at ``number``."""
        section = f"{number}.HEADER" if number else "HEADER"
        top = self._piece(section, 0, HEADER_LIMIT)
        if not root.parts:
            return _end_header(top) + self._content(root)
        return _without_content(top) + self._body_of(root)

    def _body_of(self, part: BodyPart) -> bytes:
        """Content-Type and body of a multipart, its parts in their order."""
        boundary = f"=_parts-{part.section or '0'}-of-{self._uid}".encode()
        lines = [b'Content-Type: %s; boundary="%s"\r\n\r\n' % (part.kind.encode("ascii", "replace"), boundary)]
        for inner in part.parts:
            lines.append(b"\r\n--%s\r\n" % boundary)
            lines.append(self._part(inner))
        return b"".join([*lines, b"\r\n--%s--\r\n" % boundary])

    def _part(self, part: BodyPart) -> bytes:
        if part.kind.startswith("multipart/"):
            return self._body_of(part)
        if part.parts:
            return b"Content-Type: message/rfc822\r\n\r\n" + self._message(part.parts[0], part.section)
        return _end_header(self._piece(f"{part.section}.MIME", 0, HEADER_LIMIT)) + self._content(part)

    def _content(self, part: BodyPart) -> bytes:
        """A PDF or a ZIP whole; of a text as much as is read; of anything else nothing."""
        if part.kind == "text/plain" and part.size > TEXT_SURE:
            raise _NotAll  # it may be attachments that the server could not take apart
        if part.kind == "text/html" and part.size > TEXT_SURE:
            return self._piece(part.section, 0, TEXT_SURE)
        if part.kind not in {"text/plain", "text/html"} and not self._may_be_a_pdf(part):
            return b""
        pieces = []
        place = 0
        while piece := self._piece(part.section, place, PIECE):
            pieces.append(piece)
            place += len(piece)
            self._room -= len(piece)
            if self._room < 0:
                raise _NotAll
            if len(piece) < PIECE:
                break
        return b"".join(pieces)

    def _may_be_a_pdf(self, part: BodyPart) -> bool:
        if part.size > ZIP_LIMIT and "zip" in f"{part.kind} {decode_words(part.names)}".lower():
            return False  # of a mail that speaks of a key a person opens it
        if re.search(r"pdf|eml|zip", f"{part.kind} {part.names}", re.IGNORECASE) or part.kind.startswith("message/"):
            return True
        return not holds_nothing(part, {part.section: self._piece(part.section, 0, START_BYTES)})

    def _piece(self, section: str, place: int, length: int) -> bytes:
        answer = self._ask(self._uid, [f"BODY.PEEK[{section}]<{place}.{length}>"])
        found = next((content for key, content in answer.items() if key.startswith(b"BODY[")), b"")
        return found if isinstance(found, bytes) else b""


class _NotAll(Exception):
    """Not everything that may hold a notice can be fetched."""


def _end_header(header: bytes) -> bytes:
    return header.rstrip(b"\r\n") + b"\r\n\r\n"


def _without_content(header: bytes) -> bytes:
    """Returns the header without the fields about the form of its body: others are written."""
    lines = header.rstrip(b"\r\n").split(b"\r\n")
    kept: list[bytes] = []
    is_kept = True
    for line in lines:
        if line[:1] not in (b" ", b"\t"):
            is_kept = not line.lower().startswith(b"content-")
        if is_kept:
            kept.append(line + b"\r\n")
    return b"".join(kept)
