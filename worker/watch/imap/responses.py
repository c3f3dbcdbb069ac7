"""Reads imapclient's answers about messages, and groups the messages that are asked for together.

An answer that leaves something out, or has another type, gives a value that says so and no error.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from worker.core.model import JST, NO_DATE
from worker.read.message import decode_words, read_message_id
from worker.watch.plan import MAIL_LIMIT, MAIL_PART
from worker.watch.ports import Fetched, Header, Part
from worker.watch.prefilter import START_BYTES, TEXT_SURE, holds_nothing, sections_of

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
    found = _MESSAGE_ID.search(fields)
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


def read_content(answer: Mapping[bytes, Any]) -> bytes:
    """The body in one message's answer, empty if it is NIL or left out."""
    found = next((content for key, content in answer.items() if key.startswith(b"BODY[]")), b"")
    return found if isinstance(found, bytes) else b""


def fetched_message(header: Header, content: bytes) -> Fetched:
    """``content`` as the message; sizes that servers tell beforehand may be estimates (seen: Exchange)."""
    if header.size > MAIL_LIMIT or len(content) > MAIL_LIMIT:
        return Fetched(header, content[:MAIL_PART], whole=False)
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


def read_structure(body: object) -> Part | None:
    """The BODYSTRUCTURE as imapclient gives it; None if anything in it is not as RFC 3501 has it."""
    try:
        return _read(body, "", 0)
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return None


def _read(body: Any, section: str, depth: int) -> Part:
    if depth > DEPTH_LIMIT:
        raise ValueError("too deep")
    if not isinstance(body[0], bytes):
        # Within a mail within, imapclient leaves the parts where the server put them, at the front.
        is_listed = isinstance(body[0], list)
        count = 1 if is_listed else next(place for place, each in enumerate(body) if isinstance(each, bytes))
        inner, subtype = (body[0] if is_listed else body[:count]), body[count]
        numbers = (f"{section}.{number}".lstrip(".") for number in range(1, len(inner) + 1))
        held = tuple(_read(each, number, depth + 1) for each, number in zip(inner, numbers, strict=True))
        return Part(section, f"multipart/{_word(subtype)}", parts=held)
    kind = f"{_word(body[0])}/{_word(body[1])}"
    names = " ".join(_names(body[2:]))
    section = section or "1"
    parts: tuple[Part, ...] = ()
    if kind in {"message/rfc822", "message/global"} and isinstance(body[8], tuple):
        within = body[8]  # RFC 3501 §7.4.2: after the seven fields of every part comes its envelope, then this
        is_multipart = not isinstance(within[0], bytes)
        parts = (_read(within, section if is_multipart else f"{section}.1", depth + 1),)
    size = body[6] if isinstance(body[6], int) else 0
    return Part(section, kind, _word(body[5] or b"7bit"), size, names, parts)


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

    def _message(self, root: Part, number: str) -> bytes:
        """A message: the whole one, or one within that stands at ``number``."""
        section = f"{number}.HEADER" if number else "HEADER"
        top = self._piece(section, 0, HEADER_LIMIT)
        if not root.parts:
            return _end_header(top) + self._content(root)
        return _without_content(top) + self._body_of(root)

    def _body_of(self, part: Part) -> bytes:
        """Content-Type and body of a multipart, its parts in their order."""
        boundary = f"=_parts-{part.section or '0'}-of-{self._uid}".encode()
        lines = [b'Content-Type: %s; boundary="%s"\r\n\r\n' % (part.kind.encode("ascii", "replace"), boundary)]
        for inner in part.parts:
            lines.append(b"\r\n--%s\r\n" % boundary)
            lines.append(self._part(inner))
        return b"".join([*lines, b"\r\n--%s--\r\n" % boundary])

    def _part(self, part: Part) -> bytes:
        if part.kind.startswith("multipart/"):
            return self._body_of(part)
        if part.parts:
            return b"Content-Type: message/rfc822\r\n\r\n" + self._message(part.parts[0], part.section)
        return _end_header(self._piece(f"{part.section}.MIME", 0, HEADER_LIMIT)) + self._content(part)

    def _content(self, part: Part) -> bytes:
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

    def _may_be_a_pdf(self, part: Part) -> bool:
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
    """The header without the fields that say how its body is made: that is said anew."""
    lines = header.rstrip(b"\r\n").split(b"\r\n")
    kept: list[bytes] = []
    is_kept = True
    for line in lines:
        if line[:1] not in (b" ", b"\t"):
            is_kept = not line.lower().startswith(b"content-")
        if is_kept:
            kept.append(line + b"\r\n")
    return b"".join(kept)
