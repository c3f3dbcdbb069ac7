"""What imapclient's answers say of messages, and which messages are asked for together.

Promise: an answer that leaves something out, or says it in another type, gives a value that says so and no error.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from worker.core.model import JST, NO_DATE
from worker.read.mime import read_message_id
from worker.watch.imap.bodystructure import read_structure
from worker.watch.plan import MAIL_LIMIT, MAIL_PART
from worker.watch.ports import Fetched, Header
from worker.watch.prefilter import sections_of

BLOCK_IDS: Final = 500
"""UIDs in one command: Dovecot takes lines of 64 kB, others of 8 kB (RFC 2683 §3.2.1.5)."""
STARTS_IDS: Final = 100
"""Messages whose parts' first bytes are asked for in one command: some 7 kB each."""
BLOCK_BYTES: Final = 4_000_000
"""Bodies in one command: imapclient holds an answer whole (500 mails of 230 kB in one call took 384 MB)."""
BLOCK_MESSAGES: Final = 20
"""Bodies in one command, and messages recorded in one transaction: recording takes some 3 ms each, and for that time
nothing is sent and no other command can write. Of 500 small mails in one block none was sent before all were read."""

_MESSAGE_ID: Final = re.compile(rb"^message-id[ \t]*:([^\n]*(?:\n[ \t][^\n]*)*)", re.IGNORECASE | re.MULTILINE)


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
    """What stands for a message whose headers could not be had: ``size`` 0 makes it fetched alone and bounded."""
    return Header(uid, 0, NO_DATE, "")


def read_header_answer(uid: int, answer: Mapping[bytes, Any], *, with_fields: bool = False) -> Header:
    """One message of a FETCH answer; what is missing in it is as in ``unknown_header``.

    The fields are kept ``with_fields``, and where a structure came with them.
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
    found = _MESSAGE_ID.search(fields)
    return read_message_id(b"".join(found[1].splitlines())) if found else ""


def read_fields_answer(answer: Mapping[bytes, Any]) -> bytes:
    """The header fields of one message of a FETCH answer; empty where it has none."""
    found = next((found for key, found in answer.items() if key.startswith(b"BODY[HEADER")), b"")
    return found if isinstance(found, bytes) else b""


def _aware(date: object) -> dt.datetime:
    """The internal date in JST, or ``NO_DATE`` where the server gave none that is one."""
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


def read_content(answer: Mapping[bytes, Any]) -> bytes:
    """The body in one message's answer, empty where it is NIL or left out."""
    found = next((content for key, content in answer.items() if key.startswith(b"BODY[]")), b"")
    return found if isinstance(found, bytes) else b""


def fetched_message(header: Header, content: bytes) -> Fetched:
    """``content`` as the message; sizes that servers tell beforehand may be estimates (seen: Exchange)."""
    if header.size > MAIL_LIMIT or len(content) > MAIL_LIMIT:
        return Fetched(header, content[:MAIL_PART], whole=False)
    return Fetched(header, content)
