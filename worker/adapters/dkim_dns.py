"""The DKIM signatures of a mail, verified on its raw bytes by dkimpy with keys from the DNS, in a thread of their own.

Its one promise: an answer within ``TOTAL_SECONDS``, also where no DNS answers; that the DNS is not reached is no
verdict on a mail. It does not know which signatures matter, nor what a key must say; ``signature`` does.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
from typing import Final

import dkim
import dns.exception
import dns.resolver

from worker.errors import Unavailable
from worker.ports import Clock
from worker.sender import Field
from worker.signature import MIN_KEY_BITS, Signature, Signed, Unsigned, find_signatures, judge_key, try_signatures

TOTAL_SECONDS: Final = 5.0
"""For all keys of one mail: meanwhile the block of messages that it came with waits."""

_SPACES: Final = re.compile(rb"[\t ]+")

LookUp = Callable[[str, float], Sequence[bytes]]
"""The TXT records of a name, asked for at most so many seconds; none where there are none. Raises Unavailable."""

_quiet = logging.getLogger("hoshobin.dkim")
_quiet.addHandler(logging.NullHandler())
_quiet.propagate = False  # dkimpy tells of each forged mail as of an error of ours


class DnsSignatures:
    """``ports.Signatures`` over the DNS."""

    def __init__(self, clock: Clock, look_up: LookUp | None = None) -> None:
        self._clock = clock
        self._look_up = look_up or TxtRecords()

    async def verify(self, raw: bytes, fields: Sequence[Field], root: str) -> Signed:
        """Whether a good signature of ``root``, or of a domain below it, stands in the mail ``raw``."""
        signatures, why = find_signatures(fields, root, self._clock.now())
        if not signatures:
            return Signed(why=why)
        return await asyncio.to_thread(self._try_all, raw, signatures, why)

    def _try_all(self, raw: bytes, signatures: Sequence[Signature], why: Unsigned) -> Signed:
        ends_at = time.monotonic() + TOTAL_SECONDS

        def verify(signature: Signature) -> Unsigned | None:
            left = ends_at - time.monotonic()
            if left <= 0:
                return Unsigned.DNS
            try:
                records = self._look_up(signature.key_name, left)
            except Unavailable:
                return Unsigned.DNS
            return judge_key(records, signature) or _reckon(raw, signature, records[0])

        return try_signatures(signatures, why, verify)


def _reckon(raw: bytes, signature: Signature, record: bytes) -> Unsigned | None:
    """What keeps this signature from being good under the key in ``record``; None where it is good."""

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
        return Unsigned.CHANGED  # bytes of a stranger: what dkimpy stumbles over is no signature
    if not is_good or checker.domain.decode("ascii", "replace").lower() != signature.domain:
        return Unsigned.CHANGED
    return None if checker.keysize >= MIN_KEY_BITS else Unsigned.WEAK_KEY


class TxtRecords:
    """The DNS servers that this machine is set up with, whose answers are kept for as long as they say."""

    def __init__(self, servers: Sequence[str] = (), port: int = 53) -> None:
        """``servers`` instead of those of the machine."""
        self._servers = servers
        self._port = port
        self._cache = dns.resolver.LRUCache()

    def __call__(self, name: str, seconds: float) -> tuple[bytes, ...]:
        """The TXT records of ``name``; raises Unavailable where no server answers, or none could find out."""
        try:
            resolver = dns.resolver.Resolver(configure=not self._servers)
            if self._servers:
                resolver.nameservers, resolver.port = list(self._servers), self._port
            resolver.cache = self._cache
            answer = resolver.resolve(f"{name}.", "TXT", lifetime=seconds, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise Unavailable("dns", f"{name}: {type(error).__name__}") from error
        return tuple(b"".join(record.strings) for record in answer)
