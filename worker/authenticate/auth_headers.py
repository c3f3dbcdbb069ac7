"""Reads the header fields that name the sender of a mail: the one From, and our own server's Authentication-Results.

Both are read so strictly that two readers cannot disagree. A ``Sender`` comes from exactly one From with exactly one
plain address; display names are ignored. Of the Authentication-Results (RFC 8601) exactly one header of the configured
server counts, and only above the fields that the sender wrote. RFC 8601 §5 requires the server to remove forged
headers. A server that does not cannot be recognised here; ``doctor`` says how to try it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from worker.read.mime import split_headers

TOP_LIMIT: Final = 262_144
"""Bytes of all headers together: servers take 50 to 200 kB."""
FROM_LIMIT: Final = 2_000
"""Characters of a From: a name and an address, each far longer than real ones."""

_FIELD: Final = re.compile(rb"([!-9;-~]{1,100}):")
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]")  # not tab; not ESC, which old subjects are full of
_ONCE: Final = frozenset({b"subject", b"content-type", b"content-transfer-encoding", b"mime-version"})
"""Like From, these may occur once only: some programs read a second one instead of the signed one."""

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
    """The reasons why the From names no sender that can be authenticated."""

    HEADERS = "headers"
    """Programs differ in which lines they take for its headers."""
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
        """The part after the @."""
        return self.address.rpartition("@")[2]


def read_fields(raw: bytes) -> tuple[Field, ...] | None:
    """Returns the header fields of a mail; None if two readers may see other fields, or another end of them.

    That is the case for mixed line ends, a line that is no field, an empty folded line, a control character, and a
    second Subject, MIME-Version, Content-Type or Content-Transfer-Encoding.
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
    """Returns the sender that ``fields`` name."""
    if fields is None:
        return Flaw.HEADERS
    froms = [field.content for field in fields if field.name == b"from"]
    if len(froms) != 1:
        return Flaw.TWO_FROMS if froms else Flaw.NO_FROM
    text = froms[0].decode("latin-1")  # byte for byte: only the display name can be non-ASCII, and it is ignored
    found = None if len(text) > FROM_LIMIT else _BARE.fullmatch(text) or _NAMED.fullmatch(text)
    if found is None:
        return Flaw.UNCLEAR
    local, _, domain = found["address"].rpartition("@")
    is_encoded = "=?" in local  # some programs decode it there, against RFC 2047 §5
    if is_encoded or len(local) > _LOCAL_LIMIT or len(found["address"]) > _ADDRESS_LIMIT:
        return Flaw.UNCLEAR
    return Sender(f"{local}@{domain.lower()}")


def read_domain(text: str) -> str:
    """Returns ``text`` in lower case if it is an ASCII domain of at least two labels; else an empty text."""
    return text.lower() if len(text) <= _ADDRESS_LIMIT and _DOMAIN.fullmatch(text) else ""


NAME: Final = b"authentication-results"
RESULTS_LIMIT: Final = 16_384
"""Bytes of one such header: a mail of ten signatures has 2,000."""
COMMENTS_LIMIT: Final = 20
"""Comments within comments."""

_SENDERS_OWN: Final = frozenset(
    {b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"date", b"subject", b"message-id", b"in-reply-to"}
    | {b"references", b"mime-version", b"content-type", b"content-transfer-encoding", b"dkim-signature"}
)
"""Fields that the sender of a mail writes. A server adds its own above them (RFC 8601 §4.1, §5)."""

_ID: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_HEAD: Final = re.compile(r"\s*([^\s;\"=]+)(?:\s+([0-9]+))?\s*")
_PIECE: Final = re.compile(r'((?:[^;"]|"(?:[^"\\]|\\.)*")*)(?:;|\Z)')
_PAIR: Final = re.compile(
    r'\s*([A-Za-z][A-Za-z0-9_.-]{0,80})(?:/([0-9]+))?\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)(?=\s|\Z)'
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")
_ESCAPED: Final = re.compile(r"\\(.)")


class HeaderState(StrEnum):
    """The state of our own server's header in this mail."""

    FOUND = "found"
    NOT_SET = "not_set"
    """``[mailbox.x] authserv_id`` is empty."""
    NONE = "none"
    TWO = "two"
    BELOW = "below"
    """It is among the fields that the sender wrote."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class MethodResult:
    """One method with its result and properties (``header.d``), names and result in lower case."""

    method: str
    result: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuthResults:
    """The results of our own server; ``passed`` is empty unless ``stand`` is FOUND."""

    stand: HeaderState
    passed: tuple[tuple[str, str], ...] = ()
    """Method (dkim, spf, dmarc) and the domain that it authenticated."""
    signed: tuple[MethodResult, ...] = ()
    """The passed dkim results: ``dkim_policy`` finds the signature that each means."""
    is_refused: bool = False
    """Set for dmarc=fail: the server then takes the sender for another than the passed domains."""


def read_auth_results(fields: Sequence[Field], authserv_id: str) -> AuthResults:
    """Returns the results of the server that calls itself ``authserv_id``."""
    if not authserv_id:
        return AuthResults(HeaderState.NOT_SET)
    named = [
        (place, each)
        for place, each in enumerate(fields)
        if each.name == NAME and server_of(each.content).casefold() == authserv_id.casefold()
    ]
    if len(named) != 1:
        return AuthResults(HeaderState.TWO if named else HeaderState.NONE)
    place, only = named[0]
    if any(above.name in _SENDERS_OWN for above in fields[:place]):
        return AuthResults(HeaderState.BELOW)
    found = parse_auth_results(only.content)
    if found is None:
        return AuthResults(HeaderState.UNREADABLE)
    is_refused = any(each.method == "dmarc" and each.result == "fail" for each in found)
    signed = tuple(each for each in found if each.method == "dkim" and each.result == "pass")
    return AuthResults(HeaderState.FOUND, tuple(_passed(found)), signed, is_refused)


@dataclass(frozen=True, slots=True)
class Tally:
    """The names of servers in the mails of a mailbox."""

    mails: int
    bearing: Mapping[str, int]
    """By name, the number of mails that bear it; the most frequent first."""
    doubled: frozenset[str] = frozenset()
    """Names that occur twice in one mail."""

    def in_mails(self, authserv_id: str) -> int:
        """Returns the number of mails that bear this name, in any case."""
        return sum(count for name, count in self.bearing.items() if name.casefold() == authserv_id.casefold())


def tally_servers(tops: Sequence[bytes]) -> Tally:
    """Returns the names in the headers of several mails; malformed names are left out (some servers write none)."""
    bearing: Counter[str] = Counter()
    doubled: set[str] = set()
    for top in tops:
        headers, _ = split_headers(top)
        named = Counter(name for each in headers.every(NAME) if _TOKEN.fullmatch(name := server_of(each)))
        bearing.update(named.keys())
        doubled.update(name for name, count in named.items() if count > 1)
    return Tally(len(tops), dict(bearing.most_common()), frozenset(doubled))


def server_of(content: bytes) -> str:
    """Returns the name at the head of an Authentication-Results, however it is quoted; empty if there is none."""
    text, _ = _without_comments(content[:RESULTS_LIMIT].decode("latin-1"))
    found = _ID.match(text)
    if found is None:
        return ""
    return _ESCAPED.sub(r"\1", found[1]) if found[1] is not None else found[2]


def parse_auth_results(content: bytes) -> tuple[MethodResult, ...] | None:
    """Returns every method of a header; None if it is not written as in RFC 8601.

    The name must be written plainly: a server that removes forged headers may not recognise one in quotes or after a
    comment. A comment must be between spaces: some servers write the sender's text without quotes, and a bracket in it
    would end the domain for us. A method with a malformed part is ignored.
    """
    if len(content) > RESULTS_LIMIT or not content.isascii() or content.lstrip()[:1] in {b'"', b"("}:
        return None
    text, is_clean = _without_comments(content.decode("ascii"))
    pieces = _pieces(text) if is_clean else None
    head = _HEAD.fullmatch(pieces[0]) if pieces else None
    if not pieces or head is None or head[2] not in {None, "1"}:
        return None
    return tuple(found for piece in pieces[1:] if (found := _finding(piece)) is not None)


def _without_comments(text: str) -> tuple[str, bool]:
    """Returns ``text`` with each comment as a space, and whether all are closed and between spaces."""
    kept: list[str] = []
    is_clean, is_quoted, depth, place = True, False, 0, 0
    while place < len(text):
        letter = text[place]
        if letter == "\\" and (depth or is_quoted):
            kept.append("" if depth else text[place : place + 2])
            place += 2
            continue
        if depth:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if not depth:
                kept.append(" ")
                is_clean &= text[place + 1 : place + 2] in {"", " ", "\t", ";", "("}
        elif letter in "()" and not is_quoted:
            is_clean &= letter == "(" and (place == 0 or text[place - 1] in " \t;)")
            depth = 1
        else:
            is_quoted ^= letter == '"'
            kept.append(letter)
        is_clean &= depth <= COMMENTS_LIMIT
        place += 1
    return "".join(kept), is_clean and not depth


def _pieces(text: str) -> list[str] | None:
    """Returns the texts between the semicolons; None if a quote is not closed."""
    pieces: list[str] = []
    place = 0
    while place <= len(text):
        found = _PIECE.match(text, place)
        if found is None:
            return None
        pieces.append(found[1])
        if found.end() == len(text) and not found[0].endswith(";"):
            break
        place = found.end()
    return pieces


def _finding(piece: str) -> MethodResult | None:
    pairs: list[tuple[str, str, str]] = []
    place = 0
    while piece[place:].strip():
        found = _PAIR.match(piece, place)
        if found is None:
            return None
        value = found[3]
        if value.startswith('"'):
            value = _ESCAPED.sub(r"\1", value[1:-1])
        pairs.append((found[1].lower(), found[2] or "1", value))
        place = found.end()
    names = [name for name, _, _ in pairs]
    if not pairs or len(set(names)) != len(names) or any(version != "1" for _, version, _ in pairs):
        return None
    (method, _, result), *properties = pairs
    return MethodResult(method, result.lower(), {name: value for name, _, value in properties})


def _passed(found: Sequence[MethodResult]) -> Iterator[tuple[str, str]]:
    for each in found:
        if each.result != "pass":
            continue
        match each.method:
            case "dkim" if "header.d" in each.properties:
                domain = read_domain(each.properties["header.d"])
            case "dkim":
                domain = read_domain(each.properties.get("header.i", "").rpartition("@")[2])
            case "spf":
                domain = read_domain(each.properties.get("smtp.mailfrom", "").rpartition("@")[2])
            case "dmarc":
                domain = read_domain(each.properties.get("header.from", "").rpartition("@")[2])
            case _:
                domain = ""
        if domain:
            yield each.method, domain
