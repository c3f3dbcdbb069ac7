"""Verifies the DKIM signatures of a mail with dkimpy on its raw bytes, with keys from the DNS, in a thread.

The answer comes within ``TOTAL_SECONDS``, also if no DNS server answers; an unreachable DNS says nothing about a mail.
For each key it reports whether the answer was checked by DNSSEC on this machine. ``sender_auth`` decides which
signatures matter and what a key must say.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import dkim
import dns.exception
import dns.flags
import dns.resolver

from worker.authenticate.sender_auth import (
    MIN_KEY_BITS,
    DkimFailure,
    DkimResult,
    Field,
    Resolver,
    Signature,
    ValidSignature,
    find_signatures,
    judge_key,
    try_signatures,
)
from worker.core.clock import Clock
from worker.core.errors import Unavailable

TOTAL_SECONDS: Final = 5.0
"""For all keys of one mail; the block of messages that it came with waits meanwhile."""

_SPACES: Final = re.compile(rb"[\t ]+")

TRIAL_SECONDS: Final = 2.0
"""For the question with which ``doctor`` tries the resolver: one on this machine answers in milliseconds."""


@dataclass(frozen=True, slots=True)
class Records:
    """The TXT records of a name; empty if it has none."""

    texts: tuple[bytes, ...] = ()
    is_secured: bool = False
    """Set if a resolver on this machine answered, and confirms the answer by DNSSEC (AD)."""


LookUp = Callable[[str, float], Records]
"""Returns the TXT records of a name within so many seconds. Raises Unavailable."""


_quiet = logging.getLogger("hoshobin.dkim")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False  # dkimpy logs each forged mail as an error of ours


class DnsDkimVerifier:
    """Implements ``ports.DkimVerifier`` over the DNS."""

    def __init__(self, clock: Clock, look_up: LookUp | None = None) -> None:
        self._clock = clock
        self._look_up = look_up or TxtRecords()

    async def verify(self, raw: bytes, fields: Sequence[Field], root: str, came_at: dt.datetime | None) -> DkimResult:
        """Returns whether the mail ``raw`` has a valid signature of ``root`` or of a subdomain."""
        signatures, why = find_signatures(fields, root, self._clock.now(), came_at)
        if not signatures:
            return why
        return await asyncio.to_thread(self._try_all, raw, signatures, why)

    def _try_all(self, raw: bytes, signatures: Sequence[Signature], why: DkimResult) -> DkimResult:
        ends_at = time.monotonic() + TOTAL_SECONDS

        def verify(signature: Signature) -> DkimFailure | ValidSignature:
            left = ends_at - time.monotonic()
            if left <= 0:
                return DkimFailure.DNS
            try:
                records = self._look_up(signature.key_name, left)
            except Unavailable:
                return DkimFailure.DNS
            fault = judge_key(records.texts, signature) or _reckon(raw, signature, records.texts[0])
            return fault or ValidSignature(records.is_secured)

        return try_signatures(signatures, why, verify)


def _reckon(raw: bytes, signature: Signature, record: bytes) -> DkimFailure | None:
    """Returns why this signature is not valid under the key in ``record``; None if it is."""

    def found(*_: object, **__: object) -> bytes:
        return record

    try:
        checker = dkim.DKIM(raw, logger=_quiet, minkey=0)
        if signature.is_body_relaxed:
            # The same to this signature, and without it dkimpy takes the square of a row of spaces: half a minute
            # for 80 kB, in which nothing else of this process runs.
            checker.body = _SPACES.sub(b" ", checker.body)
        is_good = checker.verify(signature.place, dnsfunc=found)
    except (dkim.DKIMException, ValueError, LookupError, TypeError, ArithmeticError):
        return DkimFailure.CHANGED  # bytes of a stranger: what dkimpy stumbles over is no signature
    if not is_good or checker.domain.decode("ascii", "replace").lower() != signature.domain:
        return DkimFailure.CHANGED
    return None if checker.keysize >= MIN_KEY_BITS else DkimFailure.WEAK_KEY


class TxtRecords:
    """The DNS servers that this machine is configured with; their answers are cached for their time to live."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        """``servers`` instead of those of the machine."""
        self._servers = servers
        self._port = port
        self._cache = dns.resolver.LRUCache()

    def __call__(self, name: str, seconds: float) -> Records:
        """Returns the TXT records of ``name``; raises Unavailable if no server answers, or none knows."""
        try:
            answer = self._resolver().resolve(f"{name}.", "TXT", lifetime=seconds, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return Records()
        except (dns.exception.DNSException, OSError) as error:
            raise Unavailable("dns", f"{name}: {type(error).__name__}") from error
        texts = tuple(b"".join(record.strings) for record in answer)
        return Records(texts, _is_here(answer) and _is_checked(answer))

    def try_resolver(self) -> Resolver:
        """Returns what the resolver says of the root, which is signed; asks again each time."""
        try:
            answer = self._resolver(keeps=False).resolve(".", "SOA", lifetime=TRIAL_SECONDS, search=False)
        except (dns.exception.DNSException, OSError):
            return Resolver.AWAY
        if not _is_here(answer):
            return Resolver.NOT_HERE
        return Resolver.SECURED if _is_checked(answer) else Resolver.NO_AD

    def _resolver(self, *, keeps: bool = True) -> dns.resolver.Resolver:
        """Raises DNSException if the machine has no servers configured."""
        resolver = dns.resolver.Resolver(configure=not self._servers)
        if self._servers:
            resolver.nameservers, resolver.port = list(self._servers), self._port
        resolver.set_flags(dns.flags.RD | dns.flags.AD)  # AD in a question asks for it in the answer (RFC 6840 §5.7)
        resolver.cache = self._cache if keeps else None
        return resolver


def _is_here(answer: dns.resolver.Answer) -> bool:
    """Returns whether a resolver on this machine answered.

    The AD flag of another can be forged on the way (RFC 4035 §4.9.3).
    """
    try:
        return ipaddress.ip_address(answer.nameserver or "").is_loopback
    except ValueError:  # an URL: DNS over HTTPS
        return False


def _is_checked(answer: dns.resolver.Answer) -> bool:
    return bool(answer.response.flags & dns.flags.AD)
