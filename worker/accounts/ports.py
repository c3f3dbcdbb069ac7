"""The ports of accounts: the function that hashes passwords, and the office's identity provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from worker.core.errors import NotAllowed


class Hasher(Protocol):
    """Makes and checks hashes of passwords; each takes the same time for every password."""

    def hash(self, password: str) -> str:
        """Returns a new hash with a salt of its own, in PHC form."""

    def verify(self, hashed: str, password: str) -> bool:
        """Returns whether ``hashed`` was made of this password; False for a text that is no hash."""


@dataclass(frozen=True, slots=True)
class SsoRequest:
    """The values that bind one login at an identity provider to one browser."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    """The secret of PKCE (RFC 7636 §4.1)."""
    is_proof: bool = False
    """True if the provider must ask the person again, however lately it has."""


class SsoRefused(NotAllowed):
    """Raised for a login at the provider that opens nothing; ``detail`` is for the journal, and holds no secret."""

    def __init__(self, code: str, detail: str = "", **params: object) -> None:
        super().__init__(code, **params)
        self.detail = detail


class IdentityProvider(Protocol):
    """The office's identity provider. Every call may block, and ends within its time. Each raises SsoRefused."""

    def authorization_address(self, asked: SsoRequest) -> str:
        """Returns the address at which the person logs in."""

    def redeem(self, code: str, verifier: str) -> Mapping[str, Any]:
        """Returns the claims of the ID token that the provider gives for a code; its signature was checked."""

    def logout_address(self) -> str:
        """Returns the address at which the person logs out of the provider; empty if it has none."""
