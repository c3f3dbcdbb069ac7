"""The port of the function that hashes passwords."""

from __future__ import annotations

from typing import Protocol


class Hasher(Protocol):
    """Makes and checks hashes of passwords; each takes the same time for every password."""

    def hash(self, password: str) -> str:
        """Returns a new hash with a salt of its own, in PHC form."""

    def verify(self, hashed: str, password: str) -> bool:
        """Returns whether ``hashed`` was made of this password; False for a text that is no hash."""
