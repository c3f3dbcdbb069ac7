"""Decides which DKIM signatures of a mail could prove its sender, and what their keys must say (RFC 6376).

Its one promise: it asks for more than the standard does. A signature must cover the From and the whole body and not be
past its time; a key must be strong and not on trial. It does not know whether the numbers fit; the adapter reckons.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from worker.sender import Field, is_within, read_domain

LOOKED_AT: Final = 5
"""Signatures of one mail that are tried: a mail has one or two, each costs a question to the DNS."""
SIGNATURE_LIMIT: Final = 4_000
"""Bytes of a signature that is tried: one has 500 to 1,500, and dkimpy's patterns take the square of their length."""
NAMES_LIMIT: Final = 200
"""Fields that a signature may name: some thirty are signed, each of them looked for among all."""
MIN_KEY_BITS: Final = 1024
"""RFC 8301 §3.2: shorter keys can be broken."""
_ALGORITHM: Final = "rsa-sha256"
"""RFC 8301 §3.1 forbids sha1; hardly anybody signs with ed25519 alone."""
_SIGNATURE: Final = b"dkim-signature"
_SELECTOR: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,200}[A-Za-z0-9_])?")
_NUMBER: Final = re.compile(r"[0-9]{1,12}")
_SPACES: Final = re.compile(rb"[ \t\r\n]+")
_TAG: Final = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*(.*?)\s*", re.DOTALL)


class Unsigned(StrEnum):
    """Why no signature proves the sender."""

    NONE = "none"
    NOT_TRIED = "not_tried"
    """There was nobody to try it."""
    OTHER_DOMAIN = "other_domain"
    UNSUPPORTED = "unsupported"
    FROM_UNSIGNED = "from_unsigned"
    BODY_IN_PART = "body_in_part"
    EXPIRED = "expired"
    NO_KEY = "no_key"
    WEAK_KEY = "weak_key"
    ON_TRIAL = "on_trial"
    CHANGED = "changed"
    NOT_WHOLE = "not_whole"
    """Of a large mail only parts were fetched."""
    DNS = "dns"


@dataclass(frozen=True, slots=True)
class Signed:
    """What became of the signatures: the domain of one that is good, else why none is."""

    domain: str = ""
    why: Unsigned = Unsigned.NONE


@dataclass(frozen=True, slots=True)
class Signature:
    """One that is worth a question to the DNS."""

    place: int
    """Which of the mail's signatures it is, from 0."""
    domain: str
    selector: str
    is_below: bool
    """Whether it speaks for a domain below its own (i=): some keys do not allow that."""
    is_body_relaxed: bool = False
    """Whether spaces of the body count as one, and none at a line's end (c=)."""

    @property
    def key_name(self) -> str:
        """Where its key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


def find_signatures(fields: Sequence[Field], root: str, now: dt.datetime) -> tuple[tuple[Signature, ...], Unsigned]:
    """Those of ``root``, or of a domain below it, that can be tried; and what to say where none proves anything."""
    signed = [field.content for field in fields if field.name == _SIGNATURE]
    why = Unsigned.NONE
    found: list[Signature] = []
    for place, content in enumerate(signed):
        judged = _judge(place, content, root, now)
        if isinstance(judged, Signature):
            found.append(judged)
        elif why in {Unsigned.NONE, Unsigned.OTHER_DOMAIN}:
            why = judged
    return tuple(found[:LOOKED_AT]), why


def _judge(place: int, content: bytes, root: str, now: dt.datetime) -> Signature | Unsigned:
    tags = read_tags(content) if len(content) <= SIGNATURE_LIMIT else None
    if tags is None:
        return Unsigned.UNSUPPORTED
    domain = read_domain(tags.get("d", ""))
    if not is_within(domain, root):
        return Unsigned.OTHER_DOMAIN
    speaks_for = tags.get("i", f"@{domain}").rpartition("@")[2].lower()
    is_readable = (
        tags.get("v") == "1"
        and tags.get("a", "").lower() == _ALGORITHM
        and tags.get("q", "dns/txt").lower() == "dns/txt"
        and _SELECTOR.fullmatch(tags.get("s", ""))
        and is_within(speaks_for, domain)
        and all(_NUMBER.fullmatch(tags.get(name, "0")) for name in ("x", "t"))
        and tags.get("h", "").count(":") < NAMES_LIMIT
    )
    if not is_readable:
        return Unsigned.UNSUPPORTED
    if "from" not in re.split(r"\s*:\s*", tags.get("h", "").lower()):
        return Unsigned.FROM_UNSIGNED
    if "l" in tags:  # whatever stands behind that many bytes is anybody's
        return Unsigned.BODY_IN_PART
    if "x" in tags and int(tags["x"]) < now.timestamp():
        return Unsigned.EXPIRED
    is_body_relaxed = tags.get("c", "").partition("/")[2] == "relaxed"
    return Signature(place, domain, tags["s"], speaks_for != domain, is_body_relaxed)


def judge_key(records: Sequence[bytes], signature: Signature) -> Unsigned | None:
    """What keeps the key that is published under ``signature.key_name`` from being used; None where nothing does."""
    if len(records) != 1:  # RFC 6376 §3.6.2.2: of several none is the key
        return Unsigned.NO_KEY
    tags = read_tags(records[0])
    if tags is None or tags.get("v", "DKIM1") != "DKIM1" or not tags.get("p"):  # an empty p= is a revoked key
        return Unsigned.NO_KEY
    services = re.split(r"\s*:\s*", tags.get("s", "*").lower())
    hashes = re.split(r"\s*:\s*", tags.get("h", "sha256").lower())
    if tags.get("k", "rsa").lower() != "rsa" or "sha256" not in hashes or not {"*", "email"} & set(services):
        return Unsigned.UNSUPPORTED
    flags = re.split(r"\s*:\s*", tags.get("t", "").lower())
    if "y" in flags:
        return Unsigned.ON_TRIAL
    return Unsigned.UNSUPPORTED if "s" in flags and signature.is_below else None


def try_signatures(
    signatures: Sequence[Signature], why: Unsigned, verify: Callable[[Signature], Unsigned | None]
) -> Signed:
    """The first that ``verify`` finds good; else the first reason why not, a DNS that is not reached before others."""
    reasons: list[Unsigned] = []
    for signature in signatures:
        reason = verify(signature)
        if reason is None:
            return Signed(signature.domain)
        reasons.append(reason)
    if Unsigned.DNS in reasons:
        return Signed(why=Unsigned.DNS)
    return Signed(why=reasons[0] if reasons else why)


def read_tags(content: bytes) -> dict[str, str] | None:
    """A tag list (RFC 6376 §3.2); None where one is no tag, stands twice, or is not ASCII.

    Several spaces are one: no value that is looked at holds any, and a long row of them would take minutes.
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
