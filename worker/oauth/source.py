"""``config.ports.TokenSource``: the token of one login, kept in its file and renewed at its provider before it ends.

One process asks for a token at a time. A token that a mail server refused is not used there again. While the provider
is away, the old token serves until its end. Every call blocks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from worker.core.clock import Clock
from worker.core.errors import AccountRefused, Unavailable
from worker.core.login_errors import LoginFault, LoginRefusal, hide_tokens
from worker.oauth.endpoint import TokenEndpoint
from worker.oauth.files import LoginFile, UnusableLogin
from worker.oauth.tokens import StoredLogin


class StoredTokenSource:
    """The login of one mailbox, for one of the servers that it opens."""

    def __init__(self, name: str, what: str, file: LoginFile, endpoint: TokenEndpoint, clock: Clock) -> None:
        """``what`` names the server that needs the token in errors ("imap", "smtp")."""
        self._name = name
        self._what = what
        self._file = file
        self._endpoint = endpoint
        self._clock = clock
        self._newest = ""

    def fetch(self) -> str:
        """A token that is good for a login now. Raises AccountRefused, Unavailable."""
        with self._translated():
            kept = self._file.read()
            if kept.is_usable(self._clock.now()):
                return kept.access_token
            with self._file.alone():
                kept = self._file.read()  # somebody else may have renewed it meanwhile
                if kept.is_usable(self._clock.now()):
                    return kept.access_token
                return self._renew(kept)

    def reject(self, token: str) -> bool:
        """Notes that the server refused ``token``; true if it was an older one, so that another may be taken."""
        with self._translated(), self._file.alone():
            kept = self._file.read()
            if kept.access_token == token:
                self._file.write(kept.without_access())
        return token != self._newest

    def refusal(self, said: str) -> AccountRefused:
        """The error for a server that refuses a new token, with what it said."""
        text = hide_tokens(said, [self._newest])
        return AccountRefused(self._what, str(LoginRefusal(self._name, LoginFault.SERVER, text)))

    def _renew(self, kept: StoredLogin) -> str:
        try:
            given = self._endpoint.renew(kept.refresh_token)
        except AccountRefused:
            raise
        except Unavailable:
            if kept.is_alive(self._clock.now()):
                return kept.access_token
            raise
        self._file.write(kept.renewed(given, self._clock.now()))
        self._newest = given.access_token
        return given.access_token

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except UnusableLogin as unfit:
            said = " ".join(filter(None, [unfit.code, *unfit.params.values()]))
            raise AccountRefused(self._what, str(LoginRefusal(self._name, LoginFault.ABSENT, said))) from None
        except OSError as error:
            raise Unavailable(self._what, f"{self._file.path}: {error.strerror}") from None


class NewTokenSource:
    """``config.ports.TokenSource`` for a login that is tried before it is kept."""

    def __init__(self, name: str, what: str, token: str) -> None:
        self._name = name
        self._what = what
        self._token = token

    def fetch(self) -> str:
        """The one token."""
        return self._token

    def reject(self, token: str) -> bool:  # noqa: ARG002  there is no other
        """There is no other."""
        return False

    def refusal(self, said: str) -> AccountRefused:
        """As ``StoredTokenSource``'s."""
        text = hide_tokens(said, [self._token])
        return AccountRefused(self._what, str(LoginRefusal(self._name, LoginFault.SERVER, text)))
