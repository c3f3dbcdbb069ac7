"""Decides which DKIM signatures of a mail can authenticate its sender, and what their keys must say (RFC 6376).

It requires more than the standard. A signature must cover the whole body and every header field that names the sender
or says how the body is read, and must be no older than a month and not expired; a key must be strong and not in test
mode. The adapter does the cryptography.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum, StrEnum, auto
from typing import Final

from worker.authenticate.auth_headers import Field, MethodResult, read_domain
from worker.core.addresses import is_within

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
    result does not tell which of several it means (header.s, header.b), each of them must pass.
    """
    properties = finding.properties
    domain = read_domain(properties.get("header.d", ""))
    speaks_for = read_domain(properties.get("header.i", "").rpartition("@")[2])
    outcome = DkimResult(why=DkimFailure.NONE)
    for content in (field.content for field in fields if field.name == _SIGNATURE):
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
