"""Tokens, the answers of a token endpoint (RFC 6749), and the page on which a person agrees.

A refusal is distinguished from an endpoint that was not reached. A token that is about to end is renewed before it is
used. No text for people holds a token.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from worker.core.json_values import read_json, write_json
from worker.core.login_errors import TEXT_LIMIT, LoginFault
from worker.core.text import escape_control_chars

RENEW_AHEAD: Final = dt.timedelta(minutes=5)
"""Time before its end at which a token is renewed: a login that begins with it must end before it does."""
CLOCK_SLACK: Final = dt.timedelta(minutes=1)
"""Largest plausible time of a fetch in the future; beyond it our clock was set back, so its end is not reliable."""
DEFAULT_LIFE: Final = 3600
"""Seconds, if an endpoint does not say (RFC 6749 §5.1 lets it): as both providers give."""

_TOO_BUSY: Final = frozenset({"temporarily_unavailable", "server_error", "slow_down", "internal_failure"})
_APPLICATION: Final = frozenset(
    {"invalid_client", "unauthorized_client", "invalid_scope", "unsupported_grant_type", "invalid_request"}
)
_DECLINED: Final = frozenset({"access_denied", "authorization_declined", "expired_token"})
"""What a person's part ends with (RFC 8628 §3.5; Microsoft has a word of its own for the second)."""


# --- What is kept --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StoredLogin:
    """One login as it is kept between runs; ``access_token`` is empty if the server refused the last one."""

    provider: str
    client_id: str
    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    expires_at: dt.datetime
    renewed_at: dt.datetime
    logged_in_at: dt.datetime

    def is_usable(self, now: dt.datetime) -> bool:
        """Returns true if a login may begin with it."""
        ahead = min(RENEW_AHEAD, (self.expires_at - self.renewed_at) / 2)
        return self.is_alive(now) and now < self.expires_at - ahead

    def is_alive(self, now: dt.datetime) -> bool:
        """Returns true if it is still valid, for use while no other can be had."""
        return bool(self.access_token) and self.renewed_at - CLOCK_SLACK <= now < self.expires_at

    def without_access(self) -> StoredLogin:
        """The same, to be renewed before the next login."""
        return replace(self, access_token="")

    def renewed(self, given: TokenResponse, now: dt.datetime) -> StoredLogin:
        """The same after the endpoint gave another token; the refresh token stays if it gave no other."""
        return replace(
            self,
            refresh_token=given.refresh_token or self.refresh_token,
            access_token=given.access_token,
            expires_at=now + given.life,
            renewed_at=now,
        )


@dataclass(frozen=True, slots=True)
class TokenResponse:
    """The tokens of an answer; their life counts from its arrival, so that the endpoint's clock does not matter."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    life: dt.timedelta = dt.timedelta(seconds=DEFAULT_LIFE)


def begin(provider: str, client_id: str, given: TokenResponse, now: dt.datetime) -> StoredLogin:
    """Returns the login to keep after a person logged in."""
    return StoredLogin(provider, client_id, given.refresh_token, given.access_token, now + given.life, now, now)


def write_login(kept: StoredLogin) -> bytes:
    """The file's bytes."""
    return write_json(kept, ensure_ascii=True, indent=1).encode() + b"\n"


def read_login(content: bytes) -> StoredLogin | None:
    """Returns the login that ``write_login`` wrote; None for any other content."""
    found = read_json(StoredLogin, content)
    if found is None or not all((found.expires_at.tzinfo, found.renewed_at.tzinfo, found.logged_in_at.tzinfo)):
        return None
    return found if found.refresh_token else None


# --- What an answer means ------------------------------------------------------------------------------------


def is_an_answer(status: int, body: str) -> bool:
    """Returns true if a token endpoint answered, and not a proxy, a login page or a failing server."""
    if not 200 <= status < 500 or 300 <= status < 400 or status in {407, 408, 429}:  # noqa: PLR2004  RFC 9110
        return False
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def judge_error(code: str) -> LoginFault | None:
    """Returns the fault of an answer's ``error`` (RFC 6749 §5.2); None if asking later may help."""
    if code in _TOO_BUSY:
        return None
    if code in _DECLINED:
        return LoginFault.DECLINED
    return LoginFault.APPLICATION if code in _APPLICATION else LoginFault.ENDED


def read_token_response(answer: dict[str, Any]) -> TokenResponse | None:
    """The tokens of an answer; None if it has no access token."""
    token, refresh, life = (answer.get(name) for name in ("access_token", "refresh_token", "expires_in"))
    if not (isinstance(token, str) and token and token.isascii() and token.isprintable()):
        return None
    seconds = int(life) if isinstance(life, int | str) and str(life).isdigit() else DEFAULT_LIFE
    return TokenResponse(token, refresh if isinstance(refresh, str) else "", dt.timedelta(seconds=min(seconds, 86_400)))


# --- A person agrees (Google) --------------------------------------------------------------------------------

REDIRECT: Final = "http://127.0.0.1"
"""The address that the browser is sent to: no server listens there, the person copies the address. Google's device
code gives
no access to mail, and only loopback addresses are left for a program without a web server."""


def agreement_page(page: str, client_id: str, scopes: Iterable[str], user: str, *, state: str, verifier: str) -> str:
    """The address that the person opens; ``verifier`` (RFC 7636) makes the code worthless to others."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": client_id,
        "redirect_uri": REDIRECT,
        "response_type": "code",
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",  # without it a second login gets no refresh token
        "login_hint": user,
    }
    return f"{page}?{urlencode(asked)}"


@dataclass(frozen=True, slots=True)
class NoCode:
    """The pasted text holds no code: ``error`` is the provider's word, or empty if the text is no such address."""

    error: str = ""


def read_pasted(pasted: str, state: str) -> str | NoCode:
    """The code in the address that the browser was sent to, or the code alone."""
    text = pasted.strip()
    if not text.startswith(("http://", "https://")):
        return text if re.fullmatch(r"[A-Za-z0-9/_.%-]{10,}", text) else NoCode()
    try:
        values = parse_qs(urlsplit(text).query)
    except ValueError:
        return NoCode()
    if values.get("state") != [state]:
        return NoCode()
    if "error" in values:
        return NoCode(escape_control_chars(values["error"][0])[:TEXT_LIMIT])
    return values["code"][0] if len(values.get("code", [])) == 1 else NoCode()
