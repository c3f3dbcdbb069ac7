"""The shape of ``[mailbox.NAME.oauth]``, and the login of each server that takes tokens.

A login is complete for its provider, tokens are asked for over https alone, and a server with ``xoauth2`` has exactly
one login.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, ValidationInfo, field_validator

from worker.config.toml import NonEmpty, OneOf, PathText, Refused, Shape
from worker.core.errors import Problem
from worker.oauth.settings import Provider


class Auth(StrEnum):
    """The way an account authenticates."""

    PASSWORD = "password"  # noqa: S105  a method's name, no secret
    XOAUTH2 = "xoauth2"


_TENANT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


def _check_authority(text: str) -> str:
    """Returns ``text``. Tokens and secrets go there, so it is https even on this machine, as msal wants it too."""
    if not text:
        return text
    try:
        parts = urlsplit(text)
        is_address = bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
        is_plain = parts.scheme == "https" and not parts.query and not parts.fragment
    except ValueError:
        is_address = is_plain = False
    if not (is_address and is_plain):
        raise Refused("bad_authority", value=text)
    return text.rstrip("/")


class OauthTable(Shape):
    """``[mailbox.NAME.oauth]``. The order matters: a later key is checked against those before it."""

    provider: OneOf[Provider]
    client_id: NonEmpty
    tenant: str = ""
    client_secret_file: PathText = ""
    authority: Annotated[str, AfterValidator(_check_authority)] = ""
    ca_file: PathText = ""

    @field_validator("tenant")
    @classmethod
    def _microsoft_has_one(cls, tenant: str, validated: ValidationInfo) -> str:
        provider = validated.data.get("provider")
        if provider is Provider.MICROSOFT and not _TENANT.fullmatch(tenant):
            raise Refused("tenant_missing")
        if provider is Provider.GOOGLE and tenant:
            raise Refused("not_of_provider", name="tenant", provider="google")
        return tenant

    @field_validator("client_secret_file")
    @classmethod
    def _google_has_one(cls, name: str, validated: ValidationInfo) -> str:
        provider = validated.data.get("provider")
        if provider is Provider.GOOGLE and not name.strip():
            raise Refused("client_secret_missing")
        if provider is Provider.MICROSOFT and name:
            raise Refused("not_of_provider", name="client_secret_file", provider="microsoft")
        return name


# --- Which login a server uses -------------------------------------------------------------------------------


def find_faults_of_logins(
    file: str, mailboxes: Mapping[str, tuple[Auth, bool]], smtp: tuple[Auth, str]
) -> Iterator[Problem]:
    """Yields a problem for each login that does not fit.

    A mailbox is given as its ``auth`` and whether it has a table ``oauth``, ``[smtp]`` as its ``auth`` and ``login``.
    """
    for name, (auth, has_table) in mailboxes.items():
        if auth is Auth.XOAUTH2 and not has_table:
            yield Problem(file, f"mailbox.{name}.oauth", "oauth_missing", {"name": name})
        if auth is Auth.PASSWORD and has_table:
            yield Problem(file, f"mailbox.{name}.auth", "oauth_unused", {"name": name})
    auth, login = smtp
    known = [name for name, (each, _) in mailboxes.items() if each is Auth.XOAUTH2]
    if auth is Auth.PASSWORD and login:
        yield Problem(file, "smtp.login", "login_unused", {"nearest": ""})
    if auth is Auth.XOAUTH2 and not known:
        yield Problem(file, "smtp.auth", "no_login_to_share")
    elif auth is Auth.XOAUTH2 and not login and len(known) > 1:
        yield Problem(file, "smtp.login", "which_login", {"known": ", ".join(known)})
    elif auth is Auth.XOAUTH2 and login and login not in known:
        yield Problem(file, "smtp.login", "login_unknown", {"name": login, "known": ", ".join(known)})


def shared_login(mailboxes: Mapping[str, tuple[Auth, bool]], smtp: tuple[Auth, str]) -> str:
    """Returns the mailbox whose login ``[smtp]`` uses, if no fault was found; empty if ``[smtp]`` has a password."""
    auth, login = smtp
    if auth is not Auth.XOAUTH2:
        return ""
    return login or next(name for name, (each, _) in mailboxes.items() if each is Auth.XOAUTH2)
