"""Decides which messages can be skipped without their bodies, by header fields, structure and first bytes.

Every message is fetched that could hold a notice, announce one, or be news of a mail of ours; if that is not certain,
it is fetched too. A part is skipped only if its type, all its names and its first bytes say that it is no PDF and holds
no other part.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Final
from urllib.parse import unquote_to_bytes

from worker.core.addresses import domain_of
from worker.core.rulebook import Guarantor
from worker.read.classify import OwnMailSigns, OwnMessage, Report, Unrelated, classify_mail
from worker.read.message import (
    Message,
    decode_bytes,
    decode_words,
    header_text,
    is_pdf,
    is_zip,
    mentions_key,
    read_message,
    read_value,
    split_headers,
    undo_transfer,
)
from worker.watch.ports import Header, Part

FIELDS: Final = (
    "MESSAGE-ID",
    "FROM",
    "SENDER",
    "SUBJECT",
    "DATE",
    "CONTENT-TYPE",
    "CONTENT-DISPOSITION",
    "RETURN-PATH",
    "AUTO-SUBMITTED",
    "IN-REPLY-TO",
    "REFERENCES",
    "X-FAILED-RECIPIENTS",
)
"""Header fields that are judged here."""
START_BYTES: Final = 3_300
"""Bytes asked of each part: what a PDF's mark may stand behind, three times that long if it is quoted-printable."""
PARTS_LIMIT: Final = 50
"""Parts of a message that is judged by its parts: one with more is fetched whole."""
TEXT_SURE: Final = 200_000
"""Bytes of a part called text: a longer one may be an attachment of a mail that the server could not take apart."""

_MACHINES: Final = re.compile(
    r"(?:mailer-?daemon|post-?master|mail-?delivery|mdaemon|daemon|smtp|root|mmdf|autoreply|auto-?responder|bounces?)\b",
    re.IGNORECASE,
)
"""Senders of reports about a mail that did not arrive: the beginning of the address."""
_RETURNED: Final = re.compile(
    r"undeliver|deliver|returned|return(?:ing)? (?:mail|message)|fail|bounce|warning|daemon|rejected|refused|"
    r"non[- ]?remis|unzustellbar|mail error|not sent|alert|not (?:a )?member|moderat|"
    r"配信|配達|送信できません|送信失敗|届きません|届け|届か|不達|未達|返送|拒否|エラー",
    re.IGNORECASE,
)
"""Words in the subject of such mail."""
_OPENABLE: Final = re.compile(r"pdf|eml|msg|dat|p7m|p7s|mht|zip|xdw|xbd|lzh|rar|7z|cab", re.IGNORECASE)
"""In any name that a part bears: PDFs, and what holds other files."""
_HOLDING_NAME: Final = re.compile(r"eml|msg|dat|p7m|p7s|mht", re.IGNORECASE)
"""Of those the ones of files that may hold a mail."""
_PDFS: Final = ("application/pdf", "application/x-pdf", "application/octet-stream")
"""Content types by which senders call a PDF."""
_HOLDING: Final = ("message/", "multipart/", "application/pdf", "application/x-pdf", "application/ms-tnef",
                   "application/vnd.ms-tnef", "application/pkcs7", "application/x-pkcs7",
                   "application/zip", "application/x-zip")  # fmt: skip
_INNER_HEADERS: Final = re.compile(rb"(?:\A|[\r\n])content-", re.IGNORECASE)


_CODECS: Final = ("utf-8", "cp932", "euc_jp")
"""Charsets of which a text may be cut inside a character; ISO-2022-JP is read by its escapes."""


class Wanted(Enum):
    """The part of a message that must be seen before it may be skipped."""

    BODY = auto()
    STARTS = auto()
    """The first bytes of every part."""


def judge_outline(
    header: Header, guarantors: Sequence[Guarantor], ours: OwnMailSigns, correspondents: Collection[str]
) -> Wanted:
    """Returns whether a message may be passed over after a look at its parts' first bytes.

    ``correspondents`` are the domains of the offices that are written to, in small letters: whatever comes from them
    may be an answer.
    """
    if header.structure is None or not header.fields or header.size <= 0:
        return Wanted.BODY
    message = read_message(header.fields)
    if not isinstance(classify_mail(message, guarantors, ours), Unrelated):
        return Wanted.BODY
    if _may_have_come_back(header.fields, message, ours, correspondents):
        return Wanted.BODY
    leaves = tuple(_leaves(header.structure))
    if len(leaves) > PARTS_LIMIT or any(map(_must_be_opened, leaves)) or _differs(header.fields, header.structure):
        return Wanted.BODY
    return Wanted.STARTS


def may_be_news(
    header: Header, guarantors: Sequence[Guarantor], ours: OwnMailSigns, correspondents: Collection[str]
) -> bool:
    """Returns whether a message may say that a mail of ours left or came to nothing: a report, an answer, our own copy.

    By the measure by which ``judge_outline`` passes a message over unread, but that a PDF is no news.
    """
    if header.structure is None or not header.fields or header.size <= 0:
        return True
    message = read_message(header.fields)
    if isinstance(classify_mail(message, guarantors, ours), OwnMessage | Report):
        return True
    if _may_have_come_back(header.fields, message, ours, correspondents):
        return True
    leaves = tuple(_leaves(header.structure))
    if len(leaves) > PARTS_LIMIT or _differs(header.fields, header.structure):
        return True
    return any(_must_be_opened(leaf) and not _is_plain_pdf(leaf) for leaf in leaves)


def _is_plain_pdf(leaf: Part) -> bool:
    """Returns whether the part says that it is a PDF, and nothing else."""
    return leaf.kind in _PDFS and not _HOLDING_NAME.search(decode_words(leaf.names))


def sections_of(structure: Part) -> tuple[str, ...]:
    """The numbers of the parts whose first bytes ``holds_nothing`` is to see."""
    return tuple(leaf.section for leaf in _leaves(structure))


def holds_nothing(structure: Part, starts: Mapping[str, bytes]) -> bool:
    """Returns whether the first bytes of every part are there and say that none is a PDF, or a mail not taken apart."""
    return all(leaf.section in starts and not is_opened_by(leaf, starts[leaf.section]) for leaf in _leaves(structure))


def is_opened_by(leaf: Part, start: bytes) -> bool:
    """Returns whether the first bytes of a part, as they stand in the mail, show a PDF or what may hold one.

    So do another part's headers, and a text that speaks of a key: then whatever is attached is looked at.
    """
    content, _ = undo_transfer(start, leaf.encoding)
    if is_pdf(leaf.kind, "", content) or _INNER_HEADERS.search(start) is not None:
        return True
    if leaf.kind in {"text/plain", "text/html"}:
        return _speaks_of_a_key(content)
    return is_zip(leaf.kind, decode_words(leaf.names), content)


def describe_passed(header: Header) -> tuple[str, str, str]:
    """Senders, subject and date of a message that is passed over, for its row."""
    message = read_message(header.fields)
    return ", ".join(message.senders), message.subject, message.date


def _leaves(part: Part) -> Iterator[Part]:
    """The parts that hold no others, in order; a mail within is one."""
    waiting = [part]
    while waiting:
        one = waiting.pop()
        if one.parts and not one.kind.startswith("message/"):
            waiting.extend(reversed(one.parts))
        else:
            yield one


def _must_be_opened(leaf: Part) -> bool:
    names = _names(leaf)
    is_holding = leaf.kind.startswith(_HOLDING) or any(map(_OPENABLE.search, names)) or any(map(mentions_key, names))
    is_holding = is_holding or "\ufffd" in leaf.names  # raw bytes of another charset: what they say is not known
    return is_holding or (leaf.kind.startswith("text/") and leaf.size > TEXT_SURE)


def _names(leaf: Part) -> tuple[str, ...]:
    """The names of a part as they may be meant: as encoded words, or in pieces with percent signs (RFC 2231)."""
    joined = unquote_to_bytes(leaf.names.replace(" ", ""))
    return decode_words(leaf.names), decode_bytes(joined)[0]


def _speaks_of_a_key(start: bytes) -> bool:
    """Returns whether the first bytes of a text do; its charset is unknown, and the last character may be cut."""
    guessed = decode_bytes(start)[0]
    return any(map(mentions_key, (guessed, *(start.decode(codec, "ignore") for codec in _CODECS))))


def _differs(fields: bytes, structure: Part) -> bool:
    """Returns whether the server takes the message for something else than we would: then its parts say nothing."""
    headers, _ = split_headers(fields)
    kind = read_value(headers.first(b"content-type")).word or "text/plain"
    return kind != structure.kind or kind.startswith("multipart/") != bool(structure.parts)


def _may_have_come_back(fields: bytes, message: Message, ours: OwnMailSigns, correspondents: Collection[str]) -> bool:
    """Returns whether this may be a report, a bounce or an answer to a mail of ours."""
    headers, _ = split_headers(fields)
    named = b" ".join([*headers.every(b"in-reply-to"), *headers.every(b"references")])
    known = re.findall(r"<[^<>\s]{1,990}>", header_text(named))
    if any(ours.is_known(each) or ours.has_form(each, ours.address) for each in known):
        return True
    paths = headers.every(b"return-path")
    if message.auto_submitted or headers.first(b"x-failed-recipients") or any(b"@" not in path for path in paths):
        return True
    senders = message.senders or ("",)
    if any(not sender or _MACHINES.match(sender) or domain_of(sender) in correspondents for sender in senders):
        return True
    return _RETURNED.search(message.subject) is not None
