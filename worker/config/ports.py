"""The ports of the configuration: templates, tokens and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from worker.core.errors import AccountRefused


class Templates(Protocol):
    """Mail templates by name: ``DIR/templates/mail`` first, then the shipped ones."""

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts of today."""

    def source(self, name: str, version: str = "") -> str | None:
        """Returns the template's text, or None if there is none of this name.

        With ``version``, a shipped text as that version of the program had it; a text of the office's own has none.
        """


class TokenSource(Protocol):
    """The source of the token for a server's login by XOAUTH2. Every call may block, as it asks a provider."""

    def fetch(self) -> str:
        """A token that is good for a login now. Raises AccountRefused, Unavailable."""

    def reject(self, token: str) -> bool:
        """Notes that the server refused ``token``; true if another is worth one more try. Raises as ``fetch``."""

    def refusal(self, said: str) -> AccountRefused:
        """The error for a server that refuses a new token, with what it said."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Passwords by the place that names them; never logged. A server that takes tokens has none here."""

    imap: Mapping[str, str]
    smtp: str
    clients: Mapping[str, str] = field(default_factory=dict)
    """By mailbox, the secret of the application that a provider requires in addition to its id."""
    webhook: str = ""
    """The address of the operator's chat; empty: none."""

    def __repr__(self) -> str:
        return "Secrets(…)"
