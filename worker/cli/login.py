"""The command ``login``: a person agrees at the provider, the login is tried at the servers, and kept."""

from __future__ import annotations

import asyncio
import os
import secrets as random
import time
from collections.abc import Callable

import click

from worker.cli import DONE, NOT_REACHED, Cli, cli, pass_cli
from worker.config.ports import Secrets
from worker.config.secret_files import find_missing_extra, read_client_secret
from worker.config.settings import MailboxSettings
from worker.core.errors import AccountRefused, ConfigError, Problem, Unavailable
from worker.core.login_errors import LoginFault, LoginRefusal, find_refusal
from worker.core.messages import PROVIDERS, Language, name_thing, say, say_refused_login
from worker.core.text import escape_control_chars
from worker.oauth.files import LoginFile, UnusableLogin
from worker.oauth.settings import OauthSettings, Provider
from worker.oauth.tokens import TokenResponse, agreement_page, begin, judge_error, read_pasted
from worker.service.wiring import (
    Installation,
    build_endpoint,
    build_mailbox,
    build_new_token,
    build_server,
    load_installation,
    system_clock,
)


@cli.command()
@click.argument("mailbox")
@pass_cli
def login(shared: Cli, mailbox: str) -> int:
    """ログイン：OAuth2（Microsoft 365、Google）のメールボックスに、担当者が一度だけログインします。

    MAILBOX は設定の [mailbox.名前] の名前です。[smtp] も同じログインを使うときは、送信も確かめます。
    """
    office = load_installation(shared.config)
    settings, oauth = _find(office, mailbox)
    file = LoginFile(office.places.store, mailbox)
    _refuse_early(file, settings, oauth)
    client_secret = read_client_secret(settings, os.environ, office.places.store)
    try:
        given = _ask(office, client_secret, settings, oauth, shared.lang)
        was_tried = _try(office, mailbox, given.access_token, shared.lang)
    except AccountRefused as refused:
        return _tell_refusal(refused, shared.lang)
    try:
        file.write(begin(oauth.provider, oauth.client_id, given, system_clock().now()))
    except OSError as error:
        raise Unavailable("disk", f"{file.path}: {error.strerror}") from None
    if not was_tried:
        click.echo(say("login_untried", shared.lang), err=True)
        return NOT_REACHED
    provider = PROVIDERS[oauth.provider]
    click.echo(say("login_done", shared.lang, name=mailbox, provider=provider, path=str(file.path)))
    return DONE


def _find(office: Installation, name: str) -> tuple[MailboxSettings, OauthSettings]:
    mailboxes = office.settings.mailboxes
    settings = mailboxes.get(name)
    if settings is None or settings.oauth is None:
        known = ", ".join(each for each, box in mailboxes.items() if box.oauth)
        code = "login_no_mailbox" if known else "login_not_used"
        raise ConfigError([Problem("worker.toml", f"mailbox.{name}", code, {"name": name, "known": known})])
    return settings, settings.oauth


def _refuse_early(file: LoginFile, settings: MailboxSettings, oauth: OauthSettings) -> None:
    """Before a person has gone to any trouble: what would make it in vain."""
    found = find_missing_extra(settings.name, oauth)
    try:
        file.refuse_other_account()
    except UnusableLogin as unfit:
        found.append(Problem("worker.toml", "store.dir", unfit.code, unfit.params))
    if found:
        raise ConfigError(found)


def _tell_refusal(refused: AccountRefused, lang: Language) -> int:
    if refusal := find_refusal(refused.detail):
        why, step = say_refused_login(refusal, lang)
        click.echo(escape_control_chars(f"{why}: {refusal.said}"), err=True)
        if refusal.fault is LoginFault.SERVER:
            click.echo(say("login_not_kept", lang), err=True)
        click.echo(step, err=True)
    else:
        click.echo(escape_control_chars(refused.detail), err=True)
    return NOT_REACHED


# --- A person agrees -----------------------------------------------------------------------------------------


def _ask(
    office: Installation, client_secret: str, settings: MailboxSettings, oauth: OauthSettings, lang: Language
) -> TokenResponse:
    """The tokens of a person who agreed. Raises AccountRefused, Unavailable."""
    endpoint = build_endpoint(office, client_secret, settings.name, "imap")
    if oauth.provider is Provider.MICROSOFT:
        code = endpoint.ask_device_code()
        minutes = code.seconds // 60
        names = {
            "name": settings.name,
            "user": settings.user,
            "page": escape_control_chars(code.page),
            "user_code": escape_control_chars(code.code),
        }
        click.echo(say("login_device", lang, **names, minutes=minutes), nl=False)
        try:
            return endpoint.await_device_code(code, _rest)
        finally:
            click.echo()
    state, verifier = random.token_urlsafe(24), random.token_urlsafe(48)
    scopes = oauth.scopes(is_for_sending=True)
    page = agreement_page(oauth.google_page, oauth.client_id, scopes, settings.user, state=state, verifier=verifier)
    click.echo(say("login_page", lang, name=settings.name, user=settings.user, page=page))
    while True:
        found = read_pasted(click.prompt(say("login_paste", lang)), state)
        if isinstance(found, str):
            return endpoint.redeem(found, verifier)
        if found.error:
            fault = judge_error(found.error) or LoginFault.ENDED
            raise AccountRefused("imap", str(LoginRefusal(settings.name, fault, found.error)))
        click.echo(say("login_pasted_wrong", lang))


def _rest(seconds: float) -> None:
    click.echo(".", nl=False)
    time.sleep(seconds)


# --- The servers ---------------------------------------------------------------------------------------------


def _try(office: Installation, name: str, token: str, lang: Language) -> bool:
    """Log in to each server of this login; False if one was not reached. Raises AccountRefused."""
    settings = office.settings
    tries: list[tuple[str, Callable[[], None]]] = [(f"mail:{name}", lambda: _open_mailbox(office, name, token))]
    if settings.smtp.login == name and settings.smtp.user:
        tries.append(("smtp", lambda: asyncio.run(_open_server(office, name, token))))
    was_tried = True
    for thing, call in tries:
        click.echo(say("login_trying", lang, thing=name_thing(thing, lang)))
        try:
            call()
        except AccountRefused:
            raise
        except Unavailable as failure:
            click.echo(escape_control_chars(failure.detail), err=True)
            was_tried = False
    return was_tried


_NO_PASSWORDS = Secrets(imap={}, smtp="")


def _open_mailbox(office: Installation, name: str, token: str) -> None:
    settings = office.settings.mailboxes[name]
    mailbox = build_mailbox(office, _NO_PASSWORDS, settings, build_new_token(name, "imap", token))
    try:
        mailbox.open()
    finally:
        mailbox.close()


async def _open_server(office: Installation, name: str, token: str) -> None:
    server = build_server(office, _NO_PASSWORDS, system_clock(), build_new_token(name, "smtp", token))
    try:
        await server.open()
    finally:
        await server.close()
