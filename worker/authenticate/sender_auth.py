"""Authenticates the sender of a mail: reads its From, its server's results and its signatures, and gives the verdict.

The steps in order: the header fields and the one From; the server's Authentication-Results (RFC 8601); the signatures
that can authenticate the sender, and what their keys must say (RFC 6376); the verdict for a guarantor.

Header fields are read so strictly that two readers cannot disagree. A ``FromAddress`` comes from exactly one From with
exactly one plain address; display names are ignored. Of the Authentication-Results exactly one header of the configured
server counts, and only above the fields that the sender wrote. RFC 8601 §5 requires the server to remove forged
headers. A server that does not cannot be recognised here; ``doctor`` says how to try it.

A signature must cover more than the standard requires: the whole body and every header field that names the sender or
says how the body is read. It must be no older than a month and not expired; its key must be strong and not in test
mode. ``dkim/verify`` does the cryptography.

Only a signature by the domain of the one From authenticates, found valid by our own server or by us. Every other mail
waits for a person, with the reason. Of a guarantor's mail only its own parts count, not those of an enclosed mail, and
nothing of an answer or a report. Of a colleague's mail nothing counts that a machine sent.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from enum import Enum, StrEnum, auto
from typing import Final

from worker.core.addresses import domain_of, is_within
from worker.core.model import Address
from worker.core.params import Params
from worker.core.rulebook import Guarantor
from worker.read.message import split_headers

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
class FromAddress:
    """The one address of the From, its domain in small letters."""

    address: str

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.address.rpartition("@")[2]


def read_header_fields(raw: bytes) -> tuple[Field, ...] | None:
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


def read_sender(fields: tuple[Field, ...] | None) -> FromAddress | Flaw:
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
    return FromAddress(f"{local}@{domain.lower()}")


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
    """The passed dkim results: ``judge_server_result`` finds the signature that each means."""
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
    """By name, the number of mails with it; the most frequent first."""
    doubled: frozenset[str] = frozenset()
    """Names that occur twice in one mail."""

    def in_mails(self, authserv_id: str) -> int:
        """Returns the number of mails with this name, in any case."""
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


LOOKED_AT: Final = 5
"""Signatures of one mail that are tried: a mail has one or two, each costs a DNS query."""
SIGNATURE_LIMIT: Final = 4_000
"""Bytes of a signature that is tried: one has 500 to 1,500, and dkimpy's patterns are quadratic in the length."""
NAMES_LIMIT: Final = 200
"""Fields that a signature may name: some thirty are signed, each of them searched among all."""
MIN_KEY_BITS: Final = 1024
"""RFC 8301 §3.2: shorter keys can be broken."""
MAX_AGE: Final = dt.timedelta(days=30)
"""The longest time between signing and arrival. A delayed mail is days old; an older one was sent again."""

_SHOWN_NAMES: Final = {
    b"from": "From",
    b"subject": "Subject",
    b"content-type": "Content-Type",
    b"content-transfer-encoding": "Content-Transfer-Encoding",
    b"mime-version": "MIME-Version",
    b"content-disposition": "Content-Disposition",
}
"""The fields that name the sender and the subject, and say how the body is read. Each that is present must be signed,
or the same signed body can be read as another (RFC 6376 §8.2 and erratum 6769 describe similar attacks)."""

_ALGORITHM: Final = "rsa-sha256"
"""RFC 8301 §3.1 forbids sha1; hardly any sender signs with ed25519 alone."""
_SIGNATURE: Final = b"dkim-signature"
_SELECTOR: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]{1,12}")
_SPACES: Final = re.compile(rb"[ \t\r\n]+")
_TAG: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", re.DOTALL)


class DkimFailure(StrEnum):
    """The reasons why no signature authenticates the sender."""

    NONE = "none"
    NOT_TRIED = "not_tried"
    """No verifier was available."""
    OTHER_DOMAIN = "other_domain"
    UNSUPPORTED = "unsupported"
    FROM_UNSIGNED = "from_unsigned"
    FIELD_UNSIGNED = "field_unsigned"
    """A field that is present is not signed; ``DkimResult.about`` names each."""
    FIELD_TWICE = "field_twice"
    """A field that may occur once occurs twice; ``DkimResult.about`` names each."""
    TOO_OLD = "too_old"
    """It was signed more than MAX_AGE before the mail arrived."""
    NO_DATE = "no_date"
    """Neither the signature nor a signed Date gives a time, or the server does not say when the mail arrived.

    A time more than MAX_AGE after the arrival does not count: such a signature would never grow old.
    """
    BODY_IN_PART = "body_in_part"
    EXPIRED = "expired"
    NO_KEY = "no_key"
    WEAK_KEY = "weak_key"
    ON_TRIAL = "on_trial"
    CHANGED = "changed"
    NOT_WHOLE = "not_whole"
    """Only parts of a large mail were fetched."""
    DNS = "dns"


class Resolver(Enum):
    """The level of proof that this machine's resolver gives."""

    SECURED = auto()
    NOT_HERE = auto()
    """It is another machine: its answers can be forged on the way."""
    NO_AD = auto()
    """It is on this machine and checks no DNSSEC."""
    AWAY = auto()
    """It does not answer, or cannot resolve the root."""


@dataclass(frozen=True, slots=True)
class DkimResult:
    """The result of the signatures: the domain of a valid one, else why none is valid."""

    domain: str = ""
    why: DkimFailure = DkimFailure.NONE
    about: str = ""
    """The fields that ``why`` is about."""
    is_key_secured: bool = False
    """Set if the key came with DNSSEC, checked on this machine; without it the key can be forged on the way."""


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that is worth a DNS query."""

    place: int
    """Its index among the mail's signatures, from 0."""
    domain: str
    selector: str
    is_below: bool
    """Set if it signs for a subdomain of its own (i=): some keys do not allow that."""
    is_body_relaxed: bool = False
    """Set if spaces of the body count as one, and none at a line's end (c=)."""

    @property
    def key_name(self) -> str:
        """The DNS name of its key."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class ValidSignature:
    """A valid signature, and whether its key came with DNSSEC that was checked on this machine."""

    is_key_secured: bool


def find_signatures(
    fields: Sequence[Field], root: str, now: dt.datetime, came_at: dt.datetime | None
) -> tuple[tuple[Signature, ...], DkimResult]:
    """Returns the signatures of ``root`` or of a subdomain that can be tried, and the result if none of them is valid.

    ``came_at`` is the time of arrival, from its server; None if the server does not say.
    """
    signed = [field.content for field in fields if field.name == _SIGNATURE]
    why = DkimResult()
    found: list[Signature] = []
    for place, content in enumerate(signed):
        judged = _judge(place, content, fields, root, now, came_at)
        if isinstance(judged, Signature):
            found.append(judged)
        elif why.why in {DkimFailure.NONE, DkimFailure.OTHER_DOMAIN}:
            why = judged
    return tuple(found[:LOOKED_AT]), why


def judge_server_result(
    fields: Sequence[Field], finding: MethodResult, root: str, came_at: dt.datetime | None
) -> DkimResult:
    """Returns what a ``dkim=pass`` of our own server means for ``root``.

    The server's result does not say what was signed, nor when, so the mail's signatures of that domain are read. If the
    result does not say which of several it means (header.s, header.b), each of them must pass.
    """
    properties = finding.properties
    domain = read_domain(properties.get("header.d", ""))
    speaks_for = read_domain(properties.get("header.i", "").rpartition("@")[2])
    outcome = DkimResult(why=DkimFailure.NONE)
    for content in (each.content for each in fields if each.name == _SIGNATURE):
        tags = read_tags(content) if len(content) <= SIGNATURE_LIMIT else None
        if tags is None:
            return DkimResult(why=DkimFailure.UNSUPPORTED)  # it could be the one that is meant
        own = read_domain(tags.get("d", ""))
        is_meant = own == domain if "header.d" in properties else _speaks_for(tags, own) == speaks_for
        selector, beginning = properties.get("header.s"), properties.get("header.b")
        is_meant = is_meant and (selector is None or tags.get("s", "").lower() == selector.lower())
        numbers = "".join(tags.get("b", "").split())
        is_meant = is_meant and (beginning is None or numbers.startswith(beginning))
        if not is_meant:
            continue
        if not is_within(own, root):
            return DkimResult(why=DkimFailure.OTHER_DOMAIN)
        if fault := _judge_cover(tags, fields, came_at):
            return fault
        outcome = DkimResult(own)
    return outcome


def _speaks_for(tags: Mapping[str, str], domain: str) -> str:
    return tags.get("i", f"@{domain}").rpartition("@")[2].lower()


def _judge(
    place: int, content: bytes, fields: Sequence[Field], root: str, now: dt.datetime, came_at: dt.datetime | None
) -> Signature | DkimResult:
    tags = read_tags(content) if len(content) <= SIGNATURE_LIMIT else None
    if tags is None:
        return DkimResult(why=DkimFailure.UNSUPPORTED)
    domain = read_domain(tags.get("d", ""))
    if not is_within(domain, root):
        return DkimResult(why=DkimFailure.OTHER_DOMAIN)
    speaks_for = _speaks_for(tags, domain)
    is_readable = (
        tags.get("v") == "1"
        and tags.get("a", "").lower() == _ALGORITHM
        and tags.get("q", "dns/txt").lower() == "dns/txt"
        and _SELECTOR.fullmatch(tags.get("s", ""))
        and is_within(speaks_for, domain)
        and _NUMBER.fullmatch(tags.get("x", "0"))
    )
    if not is_readable:
        return DkimResult(why=DkimFailure.UNSUPPORTED)
    if fault := _judge_cover(tags, fields, came_at):
        return fault
    if "x" in tags and int(tags["x"]) < now.timestamp():
        return DkimResult(why=DkimFailure.EXPIRED)
    is_body_relaxed = tags.get("c", "").partition("/")[2] == "relaxed"
    return Signature(place, domain, tags["s"], speaks_for != domain, is_body_relaxed)


def _judge_cover(tags: Mapping[str, str], fields: Sequence[Field], came_at: dt.datetime | None) -> DkimResult | None:
    """Returns what a signature leaves uncovered, or that it is too old; None if it is complete and new."""
    names = tags.get("h", "").lower()
    if names.count(":") >= NAMES_LIMIT or not _NUMBER.fullmatch(tags.get("t", "0")):
        return DkimResult(why=DkimFailure.UNSUPPORTED)
    covered = {name.strip().encode() for name in names.split(":")}
    if b"from" not in covered:
        return DkimResult(why=DkimFailure.FROM_UNSIGNED)
    count = Counter(field.name for field in fields)
    if twice := [shown for name, shown in _SHOWN_NAMES.items() if count[name] > 1]:
        return DkimResult(why=DkimFailure.FIELD_TWICE, about=", ".join(twice))
    if bare := [shown for name, shown in _SHOWN_NAMES.items() if count[name] and name not in covered]:
        return DkimResult(why=DkimFailure.FIELD_UNSIGNED, about=", ".join(bare))
    if "l" in tags:  # anyone can append to the part of the body after that many bytes
        return DkimResult(why=DkimFailure.BODY_IN_PART)
    made_at = _made_at(tags, fields, covered)
    if made_at is None or came_at is None or made_at - came_at > MAX_AGE:
        return DkimResult(why=DkimFailure.NO_DATE)
    if "x" in tags and not (_NUMBER.fullmatch(tags["x"]) and int(tags["x"]) >= came_at.timestamp()):
        return DkimResult(why=DkimFailure.EXPIRED)  # servers may ignore it (RFC 6376 §3.5)
    return DkimResult(why=DkimFailure.TOO_OLD) if came_at - made_at > MAX_AGE else None


def _made_at(tags: Mapping[str, str], fields: Sequence[Field], covered: Collection[bytes]) -> dt.datetime | None:
    """Returns the time of signing: its t=, else the Date, if the Date occurs once and is signed."""
    try:
        if "t" in tags:
            return dt.datetime.fromtimestamp(int(tags["t"]), dt.UTC)
        dates = [field.content for field in fields if field.name == b"date"]
        if len(dates) != 1 or b"date" not in covered:
            return None
        date = parsedate_to_datetime(dates[0].decode("ascii").strip())
        return date.astimezone(dt.UTC) if date.tzinfo else date.replace(tzinfo=dt.UTC)  # -0000 is UTC as well
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


def judge_key(records: Sequence[bytes], signature: Signature) -> DkimFailure | None:
    """Returns why the key published under ``Signature.key_name`` cannot be used; None if it can."""
    if len(records) != 1:  # RFC 6376 §3.6.2.2: of several none is the key
        return DkimFailure.NO_KEY
    tags = read_tags(records[0])
    if tags is None or tags.get("v", "DKIM1") != "DKIM1" or not tags.get("p"):  # an empty p= is a revoked key
        return DkimFailure.NO_KEY
    services = re.split(r"\s*:\s*", tags.get("s", "*").lower())
    hashes = re.split(r"\s*:\s*", tags.get("h", "sha256").lower())
    if tags.get("k", "rsa").lower() != "rsa" or "sha256" not in hashes or not {"*", "email"} & set(services):
        return DkimFailure.UNSUPPORTED
    flags = re.split(r"\s*:\s*", tags.get("t", "").lower())
    if "y" in flags:
        return DkimFailure.ON_TRIAL
    return DkimFailure.UNSUPPORTED if "s" in flags and signature.is_below else None


def try_signatures(
    signatures: Sequence[Signature], why: DkimResult, verify: Callable[[Signature], DkimFailure | ValidSignature]
) -> DkimResult:
    """Returns the first that ``verify`` finds valid, one with a secured key before others; else the first reason.

    An unreachable DNS is reported before other reasons.
    """
    reasons: list[DkimFailure] = []
    good = None
    for signature in signatures:
        found = verify(signature)
        if isinstance(found, DkimFailure):
            reasons.append(found)
        elif found.is_key_secured:
            return DkimResult(signature.domain, is_key_secured=True)
        else:
            good = good or DkimResult(signature.domain)
    if good is not None:
        return good
    if DkimFailure.DNS in reasons:
        return DkimResult(why=DkimFailure.DNS)
    return DkimResult(why=reasons[0]) if reasons else why


def read_tags(content: bytes) -> dict[str, str] | None:
    """Returns a tag list (RFC 6376 §3.2); None if one is malformed, repeated, or not ASCII.

    Runs of spaces are one space: no value that matters has any, and a long run would take minutes.
    """
    if not content.isascii():
        return None
    tags: dict[str, str] = {}
    pieces = _SPACES.sub(b" ", content).decode("ascii").split(";")
    for piece in pieces if pieces[-1].strip() else pieces[:-1]:
        found = _TAG.fullmatch(piece)
        if found is None or found[1] in tags:
            return None
        tags[found[1]] = found[2]
    return tags


_ABOUT_FIELDS: Final = frozenset({DkimFailure.FIELD_UNSIGNED, DkimFailure.FIELD_TWICE})
"""Reasons that are shown with the names of fields."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The verdict on the sender of a mail, and the code of its evidence."""

    is_authenticated: bool
    evidence: Params
    by_open_dns: bool = False
    """Set if it rests on a key from a DNS without DNSSEC, which the person who approves the mail is shown."""


class SenderRole(Enum):
    """The roles of a sender."""

    COLLEAGUE = auto()
    """Forwards what others sent: enclosed mails count as well."""
    GUARANTOR = auto()


@dataclass(frozen=True, slots=True)
class AuthHeaders:
    """The authentication data in a mail's headers."""

    sender: FromAddress | Flaw
    findings: AuthResults
    fields: tuple[Field, ...] = ()
    came_at: dt.datetime | None = None
    """The time of arrival, from its server; None if the server does not say."""
    answers_by: str = ""
    """The sign of an answer or a report."""
    unattended_by: str = ""
    """The sign that a machine sent it from a person's address."""

    def why_excluded(self, role: SenderRole, *, is_enclosed: bool) -> Params:
        """Returns why nothing in it counts as the word of a ``role``, even if it is signed; empty if it may count."""
        if role is SenderRole.COLLEAGUE:
            return Params(code="unattended", by=self.unattended_by) if self.unattended_by else Params()
        if self.answers_by:
            return Params(code="answers", by=self.answers_by)
        return Params(code="enclosed") if is_enclosed else Params()


@dataclass(frozen=True, slots=True)
class AllowedSenders:
    """The allowed senders: the guarantors by their ids, and the colleagues."""

    guarantors: Mapping[str, Guarantor]
    colleagues: Collection[Address]

    def domains_for(self, sender: FromAddress, guarantor: str | None) -> tuple[tuple[SenderRole, str], ...]:
        """Returns the domains that must be authenticated for ``sender`` to bring notices of ``guarantor``.

        Empty if it may not. A colleague's domain is that of the address, so that no parent domain counts. A guarantor's
        is the configured one that contains the address, the longest if there are several.
        """
        roots = []
        if sender.address.casefold() in {each.casefold() for each in self.colleagues}:
            roots.append((SenderRole.COLLEAGUE, sender.domain))
        profile = self.guarantors.get(guarantor) if guarantor is not None else None
        own = [domain_of(each) for each in profile.senders] if profile else []
        if root := max((each for each in own if is_within(sender.domain, each)), key=len, default=""):
            roots.append((SenderRole.GUARANTOR, root))
        return tuple(roots)


@dataclass(frozen=True, slots=True)
class SenderAuth:
    """A mail's authentication data; the verdict depends on whose notice it brings."""

    auth_headers: AuthHeaders
    signed: Mapping[str, DkimResult]
    """The results of its signatures, by the domain that was to be authenticated."""
    allowed_senders: AllowedSenders

    is_approved_by_hand: bool = False
    """Set if a person approves each outgoing mail (mode ``approve``) and is shown what authenticates the sender."""

    def authenticate(self, guarantor: str | None, *, is_enclosed: bool = False) -> Proof:
        """Returns whether the sender is authenticated for notices of ``guarantor``; None: as a colleague only.

        ``is_enclosed`` is set for the contents of an enclosed mail.
        """
        sender = self.auth_headers.sender
        if isinstance(sender, Flaw):
            return Proof(is_authenticated=False, evidence=Params(code=f"flaw_{sender.value}"))
        roots = self.allowed_senders.domains_for(sender, guarantor)
        if not roots:
            is_a_guarantors = any(
                self.allowed_senders.domains_for(sender, each) for each in self.allowed_senders.guarantors
            )
            return _unproven(sender, Params(code="others" if is_a_guarantors else "nobodys"))
        proofs = [self._prove_as(sender, role, root, is_enclosed=is_enclosed) for role, root in roots]
        return next((each for each in proofs if each.is_authenticated), proofs[0])

    @property
    def is_signed(self) -> bool:
        """Set if its sender may bring notices of a guarantor, by a valid signature.

        Its PDFs are read before a stranger's. A key from a DNS without DNSSEC is enough here: a forger only gains a
        place in the queue.
        """
        sender = self.auth_headers.sender
        if isinstance(sender, Flaw):
            return False
        return any(
            _found(self.auth_headers, root).domain or (root in self.signed and self.signed[root].domain)
            for each in (None, *self.allowed_senders.guarantors)
            for role, root in self.allowed_senders.domains_for(sender, each)
            if not self.auth_headers.why_excluded(role, is_enclosed=False)
        )

    def _prove_as(self, sender: FromAddress, role: SenderRole, root: str, *, is_enclosed: bool) -> Proof:
        if why := self.auth_headers.why_excluded(role, is_enclosed=is_enclosed):
            return _unproven(sender, why)
        found = _found(self.auth_headers, root)
        if found.domain:
            return _proven(sender, "by_server", found.domain)
        signed = self.signed.get(root, DkimResult(why=DkimFailure.NOT_TRIED))
        if not signed.domain:
            return _unproven(sender, _say_why(self.auth_headers, root, found, signed))
        if signed.is_key_secured:
            return _proven(sender, "by_signature", signed.domain)
        if not self.is_approved_by_hand:
            return _unproven(sender, Params(code="open_dns_alone", domain=signed.domain))
        return _proven(sender, "by_open_signature", signed.domain, by_open_dns=True)


def read_auth_headers(
    raw: bytes, authserv_id: str, came_at: dt.datetime | None, *, answers_by: str = "", unattended_by: str = ""
) -> AuthHeaders:
    """Returns the authentication data of a mail's headers; ``authserv_id`` is the name of our own server."""
    fields = read_header_fields(raw)
    sender = read_sender(fields)
    return AuthHeaders(
        sender, read_auth_results(fields or (), authserv_id), fields or (), came_at, answers_by, unattended_by
    )


def domains_to_verify(
    auth_headers: AuthHeaders, allowed_senders: AllowedSenders, guarantors: Sequence[str | None]
) -> tuple[str, ...]:
    """Returns the domains that our own server did not authenticate and a signature could; empty if none is needed."""
    sender = auth_headers.sender
    if isinstance(sender, Flaw):
        return ()
    roots = dict.fromkeys(
        root
        for each in guarantors
        for role, root in allowed_senders.domains_for(sender, each)
        if not auth_headers.why_excluded(role, is_enclosed=False)
    )
    return tuple(root for root in roots if not _found(auth_headers, root).domain)


def is_signed_for(auth_headers: AuthHeaders, root: str) -> bool:
    """Returns whether our own server found a valid signature of the sender's domain, within ``root``.

    SPF alone does not count.
    """
    sender = auth_headers.sender
    if isinstance(sender, Flaw) or not root or not is_within(sender.domain, root):
        return False
    return bool(_found(auth_headers, root).domain)


def _found(auth_headers: AuthHeaders, root: str) -> DkimResult:
    """Returns what our own server's results prove of ``root`` or a subdomain.

    SPF names the server that sent a mail, which others use as well, and dmarc=pass may rest on SPF alone: neither
    authenticates without dkim.
    """
    if isinstance(auth_headers.sender, Flaw) or auth_headers.findings.is_refused:
        return DkimResult()
    judged = [
        judge_server_result(auth_headers.fields, each, root, auth_headers.came_at)
        for each in auth_headers.findings.signed
    ]
    unfit = (each for each in judged if each.why not in {DkimFailure.NONE, DkimFailure.OTHER_DOMAIN})
    return next((each for each in judged if each.domain), next(unfit, DkimResult()))


def _say_why(auth_headers: AuthHeaders, root: str, found: DkimResult, signed: DkimResult) -> Params:
    """Returns why neither our own server nor a signature authenticates ``root``; a common reason is given once."""
    own = _of_signature(signed)
    if found.why is not DkimFailure.NONE:
        server = _of_signature(found)
        if server == own:
            return Params(code="signature", own=own)
        return Params(code="server_too", server=server, own=own)
    others = {method for method, domain in auth_headers.findings.passed if method != "dkim" and is_within(domain, root)}
    is_spf_alone = others and not auth_headers.findings.is_refused
    stand = "only_others" if is_spf_alone else auth_headers.findings.stand.value
    return Params(code="neither", stand=Params(code=f"server_{stand}"), own=own)


def _of_signature(signed: DkimResult) -> Params:
    about = signed.about if signed.why in _ABOUT_FIELDS else ""
    return Params(code=f"signature_{signed.why.value}", about=about)


def _proven(sender: FromAddress, code: str, domain: str, *, by_open_dns: bool = False) -> Proof:
    evidence = Params(code=code, domain=domain, address=sender.address)
    return Proof(is_authenticated=True, evidence=evidence, by_open_dns=by_open_dns)


def _unproven(sender: FromAddress, why: Params) -> Proof:
    return Proof(is_authenticated=False, evidence=Params(**why, address=sender.address))
