"""IDLE over imapclient, entered and left within a deadline.

Promise: a call ends within its seconds and the read timeout; whatever the server tells is heard, with "+ idling",
before it, or cut in two by the network, and a connection that died is no silence. It lets through what imapclient
raises; whoever calls gives the connection up then. ``idle_check`` is not used: it hears none of these (version 4.1.0).
"""

from __future__ import annotations

import re
import select
import ssl
import time
from collections.abc import Iterable
from typing import Any, Final

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from worker.watch.ports import Heard

_NEWS: Final = re.compile(rb"\* [0-9]+ (?:EXISTS|RECENT)\b", re.IGNORECASE)
_BYE: Final = re.compile(rb"\* BYE\b", re.IGNORECASE)


def count_told(client: IMAPClient) -> int:
    """How often the server told the size of the folder since it was opened.

    A mail that comes while a look is being made is told with the answer to some other command, and not again in IDLE.
    """
    return len(client._imap.untagged_responses.get("EXISTS", ()))  # imapclient has no way to ask


def listen(client: IMAPClient, seconds: float) -> Heard:
    """IDLE until the server tells of a message, or for ``seconds``; the connection was tried at the end."""
    if not client.has_capability("IDLE"):
        return Heard.NOT_OFFERED
    deadline = time.monotonic() + seconds
    is_news = _enter(client)
    while not is_news and (line := _next_line(client, deadline)) is not None:
        is_news = _is_news(line)
    _, said = client.idle_done()
    is_news = is_news or _tells_news(said)
    if not is_news:
        _, said = client.noop()  # the line was silent: only an answer shows that it is alive
        is_news = _tells_news(said)
    return Heard.NEWS if is_news else Heard.QUIET


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
    """The next line that the server says, None where the deadline comes first. What is begun is read to its end."""
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
    """Whether a line begins in imaplib's buffer, in TLS's, or on the socket.

    Raises IMAPClientAbortError where the socket ``is_readable`` and nothing can be read: the other side closed it.
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
    """Whether a line tells of a message; flags, expunged ones and "still here" do not. Raises at BYE."""
    if _BYE.match(line):
        raise IMAPClientAbortError(line.decode("ascii", "replace"))
    return _NEWS.match(line) is not None


def _tells_news(said: Iterable[Any]) -> bool:
    """The same of lines that imapclient took apart."""
    begins = [line[:2] if isinstance(line, tuple) else (line,) for line in said]
    if any(words[0] == b"BYE" for words in begins):
        raise IMAPClientAbortError("BYE")
    return any(words[-1] in (b"EXISTS", b"RECENT") for words in begins)
