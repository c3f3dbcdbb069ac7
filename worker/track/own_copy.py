"""Decides whether a mail that came in is the very one that we handed over: what makes our own copy evidence.

Its promise: relays may add fields of their own and nothing else. Each field that we wrote stands there once, with its
value, and the body is the same byte for byte; whatever rewrote the mail on its way, or was made to look like it, is no
proof. It does not know what follows.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from worker.compose.mime_write import UnsafeValue
from worker.read.mime import Headers, split_headers


def is_same_mail(copy: bytes, letter: bytes) -> bool:
    """Whether ``copy``, as a mailbox gives it, is ``letter`` below what relays put on top.

    Folding, and line ends behind the last line, are the mailbox's own; they mean nothing.
    """
    ours, our_body = split_headers(letter)
    theirs, their_body = split_headers(copy)
    if ours.broken or theirs.broken or not our_body.strip():
        return False
    names = {name for name, _ in ours.fields}
    has_ours = all(_values(theirs, name) == _values(ours, name) for name in names)
    return has_ours and _crlf(their_body).rstrip(b"\r\n") == our_body.rstrip(b"\r\n")


def is_same_but_for_date(copy: bytes, written: str, write: Callable[[dt.datetime], bytes]) -> bool:
    """Whether ``copy``, whose Date says ``written``, is what ``write`` makes of that date.

    For a mail of which the database knows the draft and no longer when it left.
    """
    try:
        date = parsedate_to_datetime(written)
        return date.tzinfo is not None and is_same_mail(copy, write(date))
    except (ValueError, TypeError, OverflowError, UnsafeValue):  # whoever wrote it chose its year and its zone
        return False


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [b" ".join(value.split()) for value in headers.every(name)]


def _crlf(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
