"""The reason of a failed login by token, as a code and values; reads the answer of XOAUTH2 and removes tokens."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from worker.core.text import escape_control_chars

TEXT_LIMIT: Final = 300


_TOKEN_LIKE: Final = re.compile(r"[A-Za-z0-9+/_.=~-]{40,}")
"""Matches text longer than a correlation id (36), shorter than any token, or the command that carried it."""


class LoginFault(StrEnum):
    """The reason why there is no token that the server accepts."""

    ABSENT = "absent"
    """No login was made yet, or the file cannot be used."""
    ENDED = "ended"
    """The login is over: taken back, expired, or asked for again."""
    DECLINED = "declined"
    """The person did not agree, or not before the code expired."""
    APPLICATION = "application"
    """The provider does not accept the application as it is configured."""
    SERVER = "server"
    """The mail server refuses a token that was given a moment ago."""


@dataclass(frozen=True, slots=True)
class LoginRefusal:
    """A refused login and its reason; errors, records and alarms carry it as text, and it can be found there again."""

    name: str
    fault: LoginFault
    said: str

    def __str__(self) -> str:
        return f"xoauth2 {self.name} ({self.fault}): {self.said}".rstrip(": ")


_REFUSAL: Final = re.compile(rf"xoauth2 (\S+) \(({'|'.join(LoginFault)})\)(?:: (.*))?", re.DOTALL)


def find_refusal(text: str) -> LoginRefusal | None:
    """Returns the refusal in ``text``; None if it is about something else."""
    found = _REFUSAL.search(text)
    return LoginRefusal(found[1], LoginFault(found[2]), found[3] or "") if found else None


def hide_tokens(text: str, secrets: Iterable[str] = ()) -> str:
    """Foreign text, bounded, for a terminal: without ``secrets`` and without anything that has the look of a token."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    return escape_control_chars(_TOKEN_LIKE.sub("…", " ".join(text.split())))[:TEXT_LIMIT]


def xoauth2_response(user: str, token: str) -> bytes:
    """The one message of the mechanism, before base64."""
    return f"user={user}\1auth=Bearer {token}\1\1".encode()
