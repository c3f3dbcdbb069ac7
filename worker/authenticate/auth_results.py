"""Decides what our own mail server found about a mail's sender, as its Authentication-Results (RFC 8601) says.

Its one promise: only what one header of the configured name says in plain words counts, and only where it stands above
what the sender wrote; a second header of that name, in whatever disguise, and nothing counts. It cannot see whether the
server takes away headers that a sender forged: RFC 8601 §5 asks that of it, and ``doctor`` says how to try it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from worker.authenticate.auth_headers import Field, read_domain
from worker.read.mime import split_headers

NAME: Final = b"authentication-results"
RESULTS_LIMIT: Final = 16_384
"""Bytes of one such header: a mail of ten signatures has 2,000."""
COMMENTS_LIMIT: Final = 20
"""Comments within comments."""

_SENDERS_OWN: Final = frozenset(
    {b"from", b"sender", b"reply-to", b"to", b"cc", b"bcc", b"date", b"subject", b"message-id", b"in-reply-to"}
    | {b"references", b"mime-version", b"content-type", b"content-transfer-encoding", b"dkim-signature"}
)
"""Fields that whoever writes or sends a mail gives it. A server adds its own above them (RFC 8601 §4.1, §5)."""

_ID: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))')
_HEAD: Final = re.compile(r"\s*([^\s;\"=]+)(?:\s+([0-9]+))?\s*")
_PIECE: Final = re.compile(r'((?:[^;"]|"(?:[^"\\]|\\.)*")*)(?:;|\Z)')
_PAIR: Final = re.compile(
    r'\s*([A-Za-z][A-Za-z0-9_.-]{0,80})(?:/([0-9]+))?\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;"]+)(?=\s|\Z)'
)
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")
_ESCAPED: Final = re.compile(r"\\(.)")


class Stand(StrEnum):
    """What the header of our own server is to this mail."""

    FOUND = "found"
    NOT_SET = "not_set"
    """``[mailbox.x] authserv_id`` is empty."""
    NONE = "none"
    TWO = "two"
    BELOW = "below"
    """It stands among what the sender wrote."""
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One method with its result and properties (``header.d``), names and result in small letters."""

    method: str
    result: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Findings:
    """What our own server found; no ``passed`` unless ``stand`` is FOUND."""

    stand: Stand
    passed: tuple[tuple[str, str], ...] = ()
    """Method (dkim, spf, dmarc) and the domain that it proved."""
    signed: tuple[Finding, ...] = ()
    """Those of dkim that passed: which signature each means is read with the mail's own (``dkim_policy``)."""
    is_refused: bool = False
    """Whether it says dmarc=fail: then it takes the sender for another than the passed domains are."""


def read_findings(fields: Sequence[Field], authserv_id: str) -> Findings:
    """What the server that calls itself ``authserv_id`` found."""
    if not authserv_id:
        return Findings(Stand.NOT_SET)
    named = [
        (place, each)
        for place, each in enumerate(fields)
        if each.name == NAME and server_of(each.content).casefold() == authserv_id.casefold()
    ]
    if len(named) != 1:
        return Findings(Stand.TWO if named else Stand.NONE)
    place, only = named[0]
    if any(above.name in _SENDERS_OWN for above in fields[:place]):
        return Findings(Stand.BELOW)
    found = read_results(only.content)
    if found is None:
        return Findings(Stand.UNREADABLE)
    is_refused = any(each.method == "dmarc" and each.result == "fail" for each in found)
    signed = tuple(each for each in found if each.method == "dkim" and each.result == "pass")
    return Findings(Stand.FOUND, tuple(_passed(found)), signed, is_refused)


@dataclass(frozen=True, slots=True)
class Tally:
    """Which servers' names stand in the mails of a mailbox."""

    mails: int
    bearing: Mapping[str, int]
    """By name, in how many mails it stands; the most frequent first."""
    doubled: frozenset[str] = frozenset()
    """Names that stand twice in one mail."""

    def in_mails(self, authserv_id: str) -> int:
        """In how many mails this name stands, whatever its case."""
        return sum(count for name, count in self.bearing.items() if name.casefold() == authserv_id.casefold())


def tally_servers(tops: Sequence[bytes]) -> Tally:
    """The names in the header blocks of several mails; what is no name (some servers write none) is left out."""
    bearing: Counter[str] = Counter()
    doubled: set[str] = set()
    for top in tops:
        headers, _ = split_headers(top)
        named = Counter(name for each in headers.every(NAME) if _TOKEN.fullmatch(name := server_of(each)))
        bearing.update(named.keys())
        doubled.update(name for name, count in named.items() if count > 1)
    return Tally(len(tops), dict(bearing.most_common()), frozenset(doubled))


def server_of(content: bytes) -> str:
    """The name at the head of an Authentication-Results, in whatever form it is written; empty where there is none."""
    text, _ = _without_comments(content[:RESULTS_LIMIT].decode("latin-1"))
    found = _ID.match(text)
    if found is None:
        return ""
    return _ESCAPED.sub(r"\1", found[1]) if found[1] is not None else found[2]


def read_results(content: bytes) -> tuple[Finding, ...] | None:
    """Every method that a header tells of; None where it is not written as RFC 8601 has it.

    The name must stand plainly: a server that removes forged headers may not know one in quotes or behind a comment
    again. A comment must stand between spaces, as some servers write what the sender chose without quotes, and a
    bracket in it would end the domain for us. What is odd about one method makes that one count for nothing.
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
    """``text`` with each comment as a space, and whether all are closed and stand between spaces."""
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
    """What stands between the semicolons; None where a quote is not closed."""
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


def _finding(piece: str) -> Finding | None:
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
    return Finding(method, result.lower(), {name: value for name, _, value in properties})


def _passed(found: Sequence[Finding]) -> Iterator[tuple[str, str]]:
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
