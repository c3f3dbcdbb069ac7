"""``ports.Hasher`` by Argon2id."""

from __future__ import annotations

import threading
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB: Final = 19 * 1024
PASSES: Final = 2
LANES: Final = 1
"""The smallest parameters that OWASP's Password Storage Cheat Sheet recommends: 19 MiB, 2 passes, 1 lane."""
AT_A_TIME: Final = 2
"""Hashes at the same moment: two take 38 MiB and both cores of a small server; further ones wait."""


class Argon2Hasher:
    """Hashes at most two passwords at a time."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._free = threading.Semaphore(AT_A_TIME)

    def hash(self, password: str) -> str:
        """Returns a new hash in PHC form."""
        with self._free:
            return self._hasher.hash(password)

    def verify(self, hashed: str, password: str) -> bool:
        """Returns whether ``hashed`` was made of this password."""
        with self._free:
            try:
                return self._hasher.verify(hashed, password)
            except (VerificationError, InvalidHashError):
                return False
