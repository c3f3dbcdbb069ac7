"""Reads the passwords and logins that the settings name, each from a file that only its owner can read."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from worker.config.addresses import check_host
from worker.config.files import UnusableFile, read_regular
from worker.config.oauth_settings import Auth
from worker.config.ports import Secrets
from worker.config.settings import MailboxSettings, Settings
from worker.config.sso_settings import SsoSettings
from worker.core.addresses import is_loopback
from worker.core.errors import ConfigError, Problem
from worker.oauth.files import LoginFile, UnusableLogin
from worker.oauth.settings import OauthSettings, Provider

_WEBHOOK: Final = "operator.webhook.url_file"

MAX_SECRET_BYTES: Final = 65_536
"""Of one password file; OAuth tokens have some kilobytes."""


def read_secrets(settings: Settings, env: Mapping[str, str], store_dir: Path) -> Secrets:
    """Every password that the settings name; a server without a user needs none. Raises ConfigError with all faults.

    ``$CREDENTIALS_DIRECTORY/NAME`` if that exists, else the path, relative to the store's directory. For tokens it
    also checks that a person has logged in, and that the provider's library is installed.
    """
    found: list[Problem] = []

    def read(key: str, name: str) -> str:
        try:
            return _read_secret(name, env, store_dir)
        except UnusableFile as unfit:
            found.append(Problem("worker.toml", key, unfit.code, unfit.params))
            return ""

    imap = {
        name: read(f"mailbox.{name}.password_file", mailbox.password_file)
        for name, mailbox in settings.mailboxes.items()
        if mailbox.auth is Auth.PASSWORD
    }
    is_named = settings.smtp.user and settings.smtp.auth is Auth.PASSWORD
    smtp = read("smtp.password_file", settings.smtp.password_file) if is_named else ""
    clients = {}
    for name, mailbox in settings.mailboxes.items():
        if mailbox.oauth is not None:
            found += find_faults_of_login(mailbox, mailbox.oauth, store_dir)
            if mailbox.oauth.client_secret_file:
                clients[name] = read(f"mailbox.{name}.oauth.client_secret_file", mailbox.oauth.client_secret_file)
    webhook = read(_WEBHOOK, settings.webhook.url_file) if settings.webhook is not None else ""
    if webhook and not _is_webhook_url(webhook):
        found.append(Problem("worker.toml", _WEBHOOK, "webhook_url", {}))
    if found:
        raise ConfigError(found)
    return Secrets(imap=imap, smtp=smtp, clients=clients, webhook=webhook)


def _is_webhook_url(text: str) -> bool:
    """Returns whether it is an https address of a named host; http is for this machine, on which no one listens in."""
    try:
        parts = urlsplit(text)
        host, port = check_host(parts.hostname or ""), parts.port
    except ValueError:  # Refused is one
        return False
    is_sound = text.isascii() and " " not in text and not (parts.username or parts.password) and port != 0
    return is_sound and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def read_client_secret(mailbox: MailboxSettings, env: Mapping[str, str], store_dir: Path) -> str:
    """Returns the client secret of one mailbox's login; empty if it has none. Raises ConfigError."""
    name = mailbox.oauth.client_secret_file if mailbox.oauth is not None else ""
    try:
        return _read_secret(name, env, store_dir) if name else ""
    except UnusableFile as unfit:
        key = f"mailbox.{mailbox.name}.oauth.client_secret_file"
        raise ConfigError([Problem("worker.toml", key, unfit.code, unfit.params)]) from None


def read_sso_secret(settings: SsoSettings, env: Mapping[str, str], store_dir: Path) -> str:
    """Returns the secret by which the console logs in to the identity provider. Raises ConfigError with all faults.

    Also checks that the library is installed.
    """
    found: list[Problem] = []
    secret = ""
    if not all(map(_is_installed, ("authlib", "requests"))):
        found.append(Problem("worker.toml", "console.sso", "sso_extra_missing", {"program": sys.executable}))
    try:
        secret = _read_secret(settings.client_secret_file, env, store_dir)
    except UnusableFile as unfit:
        found.append(Problem("worker.toml", "console.sso.client_secret_file", unfit.code, unfit.params))
    if found:
        raise ConfigError(found)
    return secret


def find_faults_of_login(mailbox: MailboxSettings, oauth: OauthSettings, store_dir: Path) -> list[Problem]:
    """Returns the problems of the login that ``hoshobin login`` saved."""
    key = f"mailbox.{mailbox.name}.oauth"
    missing = find_missing_extra(mailbox.name, oauth)
    try:
        kept = LoginFile(store_dir, mailbox.name).read()
    except UnusableLogin as unfit:
        return [*missing, Problem("worker.toml", key, unfit.code, {"name": mailbox.name} | unfit.params)]
    if (kept.provider, kept.client_id) != (oauth.provider, oauth.client_id):
        return [*missing, Problem("worker.toml", key, "login_of_other_application", {"name": mailbox.name})]
    return missing


def find_missing_extra(name: str, oauth: OauthSettings) -> list[Problem]:
    """Returns a problem if the provider's library is not installed."""
    needed = ("msal", "requests") if oauth.provider is Provider.MICROSOFT else ("requests",)
    if all(map(_is_installed, needed)):
        return []
    params = {"provider": str(oauth.provider), "program": sys.executable}
    return [Problem("worker.toml", f"mailbox.{name}.oauth.provider", "extra_missing", params)]


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # the package around it
        return False


def _read_secret(name: str, env: Mapping[str, str], store_dir: Path) -> str:
    # systemd gives a service its credentials by an access list, whose mask stands where stat shows the group's
    # rights (0440): only others' rights mean anything there.
    path, forbidden = store_dir / name, stat.S_IRWXG | stat.S_IRWXO
    credentials = env.get("CREDENTIALS_DIRECTORY")
    if credentials and "/" not in name and os.path.lexists(Path(credentials) / name):
        path, forbidden = Path(credentials) / name, stat.S_IRWXO

    def judge(status: os.stat_result) -> None:
        if status.st_mode & forbidden:
            mode = f"{stat.S_IMODE(status.st_mode):04o}"
            raise UnusableFile("secret_readable", path=str(path), mode=mode)

    if not os.path.exists(path):  # noqa: PTH110  Path.exists raises where a folder may not be entered
        raise UnusableFile("secret_missing", path=str(path))
    content = read_regular(path, MAX_SECRET_BYTES, judge)
    secret = content.removesuffix(b"\n").removesuffix(b"\r")
    if not secret:
        raise UnusableFile("secret_empty", path=str(path))
    try:
        text = secret.decode()
    except UnicodeDecodeError as error:
        raise UnusableFile("secret_not_text", path=str(path)) from error
    if not text.isprintable():
        raise UnusableFile("secret_not_text", path=str(path))
    return text
