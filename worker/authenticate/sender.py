"""Decides who a mail says wrote it, read so strictly that no two readers can take it for two senders.

Its one promise: a ``Sender`` comes of exactly one From with exactly one plain address, in headers that are the same to
every reader; whatever could be read in two ways names no sender. What is displayed as a name is never looked at. It
does not know whether the sender is who it says; ``sender_auth`` does. ``read`` reads leniently, as nothing may be lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TOP_LIMIT: Final = 262_144
"""Bytes of all headers together: servers take 50 to 200 kB."""
FROM_LIMIT: Final = 2_000
"""Characters of a From: a name and an address, each far longer than people's."""

_FIELD: Final = re.compile(rb"([!-9;-~]{1,100}):")
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]")  # not tab; not ESC, which old subjects are full of
_ONCE: Final = frozenset({b"subject", b"content-type", b"content-transfer-encoding", b"mime-version"})
"""Beside From: a second one of these is read instead of the signed one by some programs, and by others not."""

_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_DOMAIN_TEXT: Final = rf"{_LABEL}(?:\.{_LABEL})+"
_DOMAIN: Final = re.compile(_DOMAIN_TEXT)
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_ADDRESS: Final = rf"(?P<address>{_ATOM}(?:\.{_ATOM})*@{_DOMAIN_TEXT})"
_QUOTED: Final = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[\t\x20-\x7e\x80-\xff])*"'
_NAME: Final = rf'(?:{_QUOTED}|[^"()<>,:;@\\\[\]\x00-\x08\x0a-\x1f\x7f])*'
_BARE: Final = re.compile(rf"[ \t]*{_ADDRESS}[ \t]*")
_NAMED: Final = re.compile(rf"{_NAME}<{_ADDRESS}>[ \t]*")
_ADDRESS_LIMIT: Final = 254  # RFC 5321 §4.5.3.1.3, less the angle brackets
_LOCAL_LIMIT: Final = 64


class Flaw(StrEnum):
    """Why a mail names no sender that could be proven."""

    HEADERS = "headers"
    """Programs differ in what they take for its headers."""
    NO_FROM = "no_from"
    TWO_FROMS = "two_froms"
    UNCLEAR = "unclear"
    """The From is no single plain address."""


@dataclass(frozen=True, slots=True)
class Field:
    """A header field: its name in small letters, its content unfolded."""

    name: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Sender:
    """The one address of the From, its domain in small letters."""

    address: str

    @property
    def domain(self) -> str:
        """What stands behind the @."""
        return self.address.rpartition("@")[2]


def read_fields(raw: bytes) -> tuple[Field, ...] | None:
    """The header fields of a mail; None where two readers may see other fields, or another end of them.

    That is where line ends are mixed, a line is no field, a folded line is empty, or a control character or a second
    Subject, MIME-Version, Content-Type or Content-Transfer-Encoding is there.
    """
    first = raw.find(b"\n", 0, TOP_LIMIT)
    line_end = b"\r\n" if first > 0 and raw[first - 1 : first] == b"\r" else b"\n"
    end = raw.find(line_end * 2, 0, TOP_LIMIT)
    top = raw[:end] if end >= 0 else raw.removesuffix(line_end)
    if first < 0 or len(top) > TOP_LIMIT:
        return None
    found: list[tuple[bytes, list[bytes]]] = []
    for line in top.split(line_end):
        if b"\n" in line or b"\r" in line or _CONTROLS.search(line) or not line.strip():
            return None
        if line[:1] in {b" ", b"\t"}:
            if not found:
                return None
            found[-1][1].append(line)
            continue
        field = _FIELD.match(line)
        if field is None:
            return None
        found.append((field[1].lower(), [line[field.end() :]]))
    names = [name for name, _ in found]
    if any(names.count(name) > 1 for name in _ONCE):
        return None
    return tuple(Field(name, b"".join(lines)) for name, lines in found)


def read_sender(fields: tuple[Field, ...] | None) -> Sender | Flaw:
    """Who ``fields`` say wrote the mail."""
    if fields is None:
        return Flaw.HEADERS
    froms = [field.content for field in fields if field.name == b"from"]
    if len(froms) != 1:
        return Flaw.TWO_FROMS if froms else Flaw.NO_FROM
    text = froms[0].decode("latin-1")  # byte for byte: beyond ASCII only a name is, which nobody looks at
    found = None if len(text) > FROM_LIMIT else _BARE.fullmatch(text) or _NAMED.fullmatch(text)
    if found is None:
        return Flaw.UNCLEAR
    local, _, domain = found["address"].rpartition("@")
    is_encoded = "=?" in local  # some programs decode it there, against RFC 2047 §5
    if is_encoded or len(local) > _LOCAL_LIMIT or len(found["address"]) > _ADDRESS_LIMIT:
        return Flaw.UNCLEAR
    return Sender(f"{local}@{domain.lower()}")


def read_domain(text: str) -> str:
    """``text`` in small letters where it is a domain of at least two labels, in ASCII; else empty."""
    return text.lower() if len(text) <= _ADDRESS_LIMIT and _DOMAIN.fullmatch(text) else ""
