"""Decides whether an incoming mail is exactly the mail that we sent, so that our own copy is evidence.

Relays may add fields of their own and nothing else. A copy matches if it contains each of our header fields exactly
once, unchanged, and an identical body. A mail that was rewritten on its way, or imitates ours, proves nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from email.utils import parsedate_to_datetime

from worker.compose.mime_write import UnsafeValue
from worker.read.message import Headers, split_headers


def is_same_mail(copy: bytes, message_bytes: bytes) -> bool:
    """Returns whether ``copy``, from a mailbox, is ``message_bytes`` below the fields that relays add.

    Folding and trailing line ends are the mailbox's own; they are ignored.
    """
    ours, our_body = split_headers(message_bytes)
    theirs, their_body = split_headers(copy)
    if ours.broken or theirs.broken or not our_body.strip():
        return False
    names = {name for name, _ in ours.fields}
    has_ours = all(_values(theirs, name) == _values(ours, name) for name in names)
    return has_ours and _crlf(their_body).rstrip(b"\r\n") == our_body.rstrip(b"\r\n")


def is_same_but_for_date(copy: bytes, written: str, write: Callable[[dt.datetime], bytes]) -> bool:
    """Returns whether ``copy``, whose Date says ``written``, is what ``write`` makes of that date.

    Used for a mail whose draft is in the database, but not the time at which it left.
    """
    try:
        date = parsedate_to_datetime(written)
        return date.tzinfo is not None and is_same_mail(copy, write(date))
    except (ValueError, TypeError, OverflowError, UnsafeValue):  # its author chose its year and its zone
        return False


def _values(headers: Headers, name: bytes) -> list[bytes]:
    return [b" ".join(value.split()) for value in headers.every(name)]


def _crlf(body: bytes) -> bytes:
    return body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
