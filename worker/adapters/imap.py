"""One IMAP mailbox, looked at over imapclient and never changed: EXAMINE and BODY.PEEK, nothing else.

Promise: a message that the server cannot give costs the others nothing, a broken connection is never used again,
and no error text holds the password. It does not know which messages are new; ``watch`` does.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, ProtocolError

from worker.adapters.imap_account import ImapAccount, is_loopback_host
from worker.adapters.imap_answers import (
    BLOCK_IDS,
    fetched_message,
    group_headers,
    read_content,
    read_header_answer,
    unknown_header,
)
from worker.adapters.imap_idle import count_told, listen
from worker.errors import Unavailable
from worker.ports import Fetched, Header, Heard, Opened
from worker.settings import Security
from worker.watch import GONE, MAIL_LIMIT, MAIL_PART

CONNECT_SECONDS: Final = 20.0
"""For name, connection, TLS and greeting together with each step of them: a slow line needs 3."""
READ_SECONDS: Final = 60.0
"""Without one byte from the server: Dovecot rebuilding the index of a big folder was silent for some 10 s."""
BREAKS_LIMIT: Final = 20
"""Connections that one call to ``headers`` may lose before it leaves the rest to be fetched one by one."""

_HEADER_ITEMS: Final = ("RFC822.SIZE", "INTERNALDATE", "BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)]")
# What imaplib and imapclient raise where a server answers nonsense, beside their own errors: both parse as if it
# kept the protocol. A literal said to hold 10 TB is a MemoryError, a thousand brackets a RecursionError.
_FOREIGN: Final = (
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

_Answer = Mapping[int, Mapping[bytes, Any]]


class ImapMailbox:
    """``ports.Mailbox`` of one folder on one server."""

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
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        """Raises ValueError for ``none`` to another machine."""
        for logger in ("imapclient", "imapclient.imaplib"):
            logging.getLogger(logger).setLevel(logging.INFO)  # their DEBUG prints message text, the key in it
        self._name = name
        self._account = ImapAccount(host, port, security, user, password, ca_file, connect_seconds, read_seconds)
        self._folder = folder
        self._client: IMAPClient | None = None
        self._shut = threading.Event()
        self._opened: Opened | None = None
        self._told = 0

    @property
    def name(self) -> str:
        """The NAME of ``[mailbox.NAME]``."""
        return self._name

    @property
    def is_loopback(self) -> bool:
        """Whether the server is on this machine."""
        return is_loopback_host(self._account.host)

    def open(self) -> Opened:
        """Connect and log in where needed, then EXAMINE afresh. Raises Unavailable, AccountRefused."""
        if self._shut.is_set():
            self._shut.clear()
            self._drop()
        if self._client is not None:
            try:
                return self._examine()
            except _FOREIGN:
                self._drop()  # servers end idle connections (RFC 3501 §5.4): no failure yet
        return self._reopen()

    def uids(self, first: int, since: dt.date | None) -> tuple[int, ...]:
        """UIDs from ``first`` on, ascending; with ``since`` only those of that internal date or later."""
        criteria: list[Any] = ["UID", f"{first}:*"]
        if since is not None:
            criteria += ["SINCE", since]
        with self._translated():
            found = self._connected().search(criteria)
            # "n:*" is "*:n" where n is above the highest (RFC 3501 §9): it names the last message all the same
            return tuple(sorted({uid for uid in found if uid >= first}))

    def headers(self, uids: Sequence[int]) -> tuple[Header, ...]:
        """Size, internal date and Message-ID of each that still exists; asked in blocks of at most 500.

        Of one whose headers the server cannot give, size 0 and ``NO_DATE``: ``blocks`` then says why, or has it.
        """
        found: list[Header] = []
        waiting = [tuple(uids[place : place + BLOCK_IDS]) for place in range(0, len(uids), BLOCK_IDS)][::-1]
        breaks = 0
        while waiting:
            asked = waiting.pop()
            if breaks >= BREAKS_LIMIT:
                found.extend(map(unknown_header, asked))
                continue
            try:
                answer = self._fetch(asked, _HEADER_ITEMS)
                known = {uid: read_header_answer(uid, answer[uid]) for uid in asked if uid in answer}
                missing = self._existing([uid for uid in asked if uid not in known])
            except _FOREIGN as error:
                breaks += self._recover(error)
                half = len(asked) // 2
                if half:
                    waiting += [asked[half:], asked[:half]]
                else:
                    found.extend(map(unknown_header, asked))
                continue
            found.extend(known.get(uid) or unknown_header(uid) for uid in asked if uid in known or uid in missing)
        return tuple(found)

    def blocks(self, headers: Sequence[Header]) -> Iterator[tuple[Fetched, ...]]:
        """The messages in blocks of at most 4 MB; of one above 8 MB only its beginning.

        In the order given, so that what is recorded has no gap below it. Where a block fails, its messages are asked
        for one by one. A message that breaks the connection is a failure of that message; two in a row are the
        server's: Unavailable, after the first has been given.
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

    def listen(self, seconds: float) -> Heard:
        """Wait in IDLE until the server tells of a message, for at most ``seconds``. Raises nothing.

        What the server told while the last look was made counts too: it is not told again.
        """
        client = self._client
        if client is None or self._shut.is_set():
            return Heard.LOST
        try:
            heard = Heard.NEWS if count_told(client) > self._told else listen(client, seconds)
        except _FOREIGN:
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

    # --- the connection ----------------------------------------------------------------------------------------

    def _connected(self) -> IMAPClient:
        if self._client is None:
            raise Unavailable("imap", "not connected")
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(*_FOREIGN):  # the connection is given up whatever it says to that
                client.shutdown()

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except _FOREIGN as error:
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
        if self._shut.is_set():
            raise Unavailable("imap", "shut while connecting")
        self._account.enter(client)

    def _examine(self) -> Opened:
        client = self._connected()
        answer = client.select_folder(self._folder, readonly=True)
        if b"UIDVALIDITY" not in answer:
            raise ProtocolError("the server gives no UIDVALIDITY")
        uidnext = answer.get(b"UIDNEXT") or max(client.search("ALL"), default=0) + 1  # optional before RFC 3501
        self._told = count_told(client)
        self._opened = Opened(int(answer[b"UIDVALIDITY"]), int(uidnext), int(answer.get(b"EXISTS", 0)))
        return self._opened

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

    # --- messages ----------------------------------------------------------------------------------------------

    def _fetch(self, uids: Sequence[int], asked: Sequence[str]) -> _Answer:
        answer: _Answer = self._connected().fetch(list(uids), list(asked))
        return answer

    def _existing(self, uids: Sequence[int]) -> frozenset[int]:
        """Which of these, left out of an answer, are still there: the others were deleted meanwhile."""
        if not uids:
            return frozenset()
        return frozenset(self._connected().search(["UID", ",".join(map(str, uids))])) & frozenset(uids)

    def _fetch_group(self, group: Sequence[Header]) -> dict[int, Fetched]:
        """Those of a block that one command gives, by UID in its order; none where it fails."""
        try:
            answer = self._fetch([header.uid for header in group], ["BODY.PEEK[]"])
        except _FOREIGN as error:
            self._recover(error)
            return {}
        contents = ((header, read_content(answer.get(header.uid, {}))) for header in group)
        return {header.uid: fetched_message(header, content) for header, content in contents if content}

    def _fetch_alone(self, header: Header) -> tuple[Fetched, int]:
        """One message, or why not; and how many connections that took."""
        try:
            return self._fetch_one(header), 0
        except _FOREIGN as error:
            breaks = self._recover(error)
            return Fetched(header, b"", whole=False, failure=self._account.clean(error)), breaks

    def _fetch_one(self, header: Header) -> Fetched:
        """One message, of a large one the beginning; of one without a known size never more than MAIL_LIMIT."""
        length = MAIL_PART if header.size > MAIL_LIMIT else MAIL_LIMIT + 1 if header.size <= 0 else 0
        answer = self._fetch([header.uid], [f"BODY.PEEK[]<0.{length}>" if length else "BODY.PEEK[]"])
        content = read_content(answer.get(header.uid, {}))
        if content:
            return fetched_message(header, content)
        exists = self._existing([header.uid])
        return Fetched(header, b"", whole=False, failure="the server gives no content" if exists else GONE)


def _is_refusal(error: BaseException) -> bool:
    """Whether the server answered NO or BAD in good order, so that the connection is well."""
    return isinstance(error, IMAPClientError) and not isinstance(error, IMAPClientAbortError | ProtocolError)
