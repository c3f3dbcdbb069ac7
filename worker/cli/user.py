"""The commands of people: add, list, link, role, stop. The program ``hoshobin console`` lets them in."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any, Final

import click

from worker.accounts.away import set_absence
from worker.accounts.people import (
    INVITED_FOR,
    add_account,
    change_account,
    change_mails,
    find_person,
    fold_login,
    invite,
    people_of,
    stop_account,
)
from worker.accounts.second_factor import forget_code
from worker.accounts.sso import forget_identity
from worker.cli import (
    DONE,
    Cli,
    CommandPart,
    PartedGroup,
    cli,
    json_option,
    open_for_command,
    open_installation,
    pass_cli,
)
from worker.cli.days import Days, Period
from worker.cli.decide import by_option
from worker.cli.tables import print_json, print_table, time_text
from worker.core.accounts import Account, AwayPeriod, MailKind, Right, Role, day_without_approver, japanese_day
from worker.core.errors import NotAllowed
from worker.core.messages import Language, name_role, say
from worker.core.text import escape_control_chars, match_key
from worker.service.wiring import Installation, account_name, system_clock
from worker.store.ports import Author, Store
from worker.views.people_json import account_json

_PARTS: Final = {
    "absent": CommandPart("user", "不在の登録：期間と代理。ご本人、承認・管理の方ができます（--end で取消し）。"),
    "add": CommandPart("user", "利用者の追加：登録し、パスワードを決めるための招待リンクを示します。"),
    "forget-code": CommandPart("user", "確認コードの解除：スマートフォンと回復コードをなくした方のために。"),
    "forget-company": CommandPart("user", "会社のアカウントの結び付けの解除：使うには、新しい招待リンクが必要です。"),
    "link": CommandPart("user", "招待リンク：パスワードを決める（決め直す）ためのリンクを作ります。"),
    "list": CommandPart("user", "利用者の一覧：役割、期限、パスワードの有無。"),
    "mails": CommandPart("user", "受け取るメール：利用者に届くお知らせの種類を変えます。"),
    "role": CommandPart("user", "役割の変更：指定した役割だけになります。ログイン中の画面は終わります。"),
    "stop": CommandPart("user", "利用の停止：ログイン中の画面も終わります（--undo で再開）。"),
}


@cli.group(cls=PartedGroup, parts=_PARTS)
def user() -> None:
    """利用者：画面（ブラウザ）を使う人と、その役割。"""


def admin_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--by``: an administrator's name. Only the first account is made without one."""
    return click.option("--by", default="", metavar="NAME", help="変更する「管理」の方の氏名 / which administrator")(
        command
    )


def role_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--role``, once or more."""
    return click.option(
        "--role",
        "roles",
        multiple=True,
        required=True,
        type=click.Choice([role.value for role in Role]),
        help="担当 staff・承認 approver・監査 auditor・管理 admin（複数可） / roles",
    )(command)


def _open(shared: Cli) -> tuple[Installation, Store, dt.datetime]:
    office, clock = open_installation(shared), system_clock()
    return office, open_for_command(office, clock), clock.now()


def _author(office: Installation, store: Store, by: str, now: dt.datetime) -> Author:
    """Returns the administrator. Raises NotAllowed."""
    if not by.strip():
        raise NotAllowed("user_by_needed")
    return Author(find_person(store, office.settings, by, japanese_day(now), Right.PEOPLE), account_name())


def _find(store: Store, login: str) -> Account:
    found = store.account_of(fold_login(login))
    if found is None:
        raise NotAllowed("no_such_account", login=login)
    return found


def _link(office: Installation, token: str) -> str:
    return f"{office.settings.console.url}/invite/{token}"


def _report(code: str, account: Account, lang: Language, now: dt.datetime, *, as_json: bool, link: str = "") -> None:
    until = now + INVITED_FOR
    if as_json:
        print_json(account_json(account, japanese_day(now), link, until))
        return
    roles = [name_role(role, lang) for role in sorted(account.roles)]
    kinds = [say(f"mails_{kind}", lang) for kind in sorted(account.mails)] or say("user_mails_none", lang)
    said = say(code, lang, name=account.name, login=account.login, roles=roles, mails=kinds)
    click.echo(escape_control_chars(said))
    if link:
        click.echo(say("user_link", lang, name=account.name, until=time_text(until)))
        click.echo(link)
    if link.startswith("/"):
        click.echo(say("user_link_path", lang), err=True)


@user.command()
@click.argument("name")
@click.option("--login", required=True, metavar="LOGIN", help="ログイン名（半角英数字） / login name")
@role_option
@click.option("--mail", default="", metavar="ADDRESS", help="メールアドレス / mail address")
@click.option("--reading", default="", help="フリガナ / reading of the name")
@click.option("--until", type=Days(), default=None, metavar="DATE", help="利用の最終日 / last day of use")
@admin_option
@json_option
@pass_cli
def add(
    shared: Cli,
    name: str,
    login: str,
    roles: tuple[str, ...],
    mail: str,
    reading: str,
    until: Period | None,
    by: str,
    as_json: bool,
) -> int:
    """利用者の追加：登録し、パスワードを決めるための招待リンクを示します。

    最初の利用者には「管理」（--role admin）を含めます。このときだけ --by は要りません。
    """
    office, store, now = _open(shared)
    author = _author(office, store, by, now) if store.accounts() else Author(name, account_name())
    given = Account(0, login, name, reading, mail, frozenset(map(Role, roles)), until[1] if until else None)
    added = add_account(store, given, author, now)
    link = _link(office, invite(store, added.id, author, now))
    _report("user_added", added, shared.lang, now, as_json=as_json, link=link)
    return DONE


@user.command("list")
@json_option
@pass_cli
def list_users(shared: Cli, as_json: bool) -> int:
    """利用者の一覧：役割、期限、パスワードの有無。"""
    _office, store, now = _open(shared)
    today = japanese_day(now)
    if as_json:
        for account in store.accounts():
            print_json(account_json(account, today))
        return DONE
    if not store.accounts():
        click.echo(say("no_users", shared.lang))
        return DONE
    headings = [say(f"h_user_{name}", shared.lang) for name in ("login", "name", "roles", "until", "state")]
    print_table(headings, [_cells(account, today, shared.lang) for account in store.accounts()])
    return DONE


def _cells(account: Account, today: dt.date, lang: Language) -> tuple[str, ...]:
    state = "stopped" if account.is_stopped else "over" if not account.is_usable(today) else ""
    state = state or ("usable" if account.password or account.identity else "invited")
    roles = ("、" if lang == "ja" else ", ").join(name_role(role, lang) for role in sorted(account.roles))
    until = account.until.isoformat() if account.until else ""
    return account.login, account.name, roles, until, say(f"user_is_{state}", lang)


@user.command()
@click.argument("login")
@admin_option
@json_option
@pass_cli
def link(shared: Cli, login: str, by: str, as_json: bool) -> int:
    """招待リンク：パスワードを決める（決め直す）ためのリンクを作ります。

    24時間以内に1回だけ使えます。前のリンクは使えなくなります。
    """
    office, store, now = _open(shared)
    author, account = _author(office, store, by, now), _find(store, login)
    made = _link(office, invite(store, account.id, author, now))
    _report("user_invited", account, shared.lang, now, as_json=as_json, link=made)
    return DONE


@user.command()
@click.argument("login")
@role_option
@admin_option
@json_option
@pass_cli
def role(shared: Cli, login: str, roles: tuple[str, ...], by: str, as_json: bool) -> int:
    """役割の変更：指定した役割だけになります。ログイン中の画面は終わります。"""
    office, store, now = _open(shared)
    author, account = _author(office, store, by, now), _find(store, login)
    after = dataclasses.replace(account, roles=frozenset(map(Role, roles)))
    changed = change_account(store, account, after, author, now)
    _report("user_roles", changed, shared.lang, now, as_json=as_json)
    return DONE


def kind_option(name: str, help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--on`` and ``--off``, each once or more."""
    kinds = click.Choice([kind.value for kind in MailKind])
    return click.option(f"--{name}", multiple=True, type=kinds, metavar="KIND", help=help_text)


@user.command()
@click.argument("login")
@kind_option("on", "受け取る：対応 waiting・送信一覧 sent・不具合 warnings / mails that come")
@kind_option("off", "受け取らない / mails that do not come")
@admin_option
@json_option
@pass_cli
def mails(shared: Cli, login: str, on: tuple[str, ...], off: tuple[str, ...], by: str, as_json: bool) -> int:
    """受け取るメール：利用者に届くお知らせの種類を変えます。

    送受信の停止などの重大なお知らせは、どの場合も届きます。
    """
    office, store, now = _open(shared)
    author, account = _author(office, store, by, now), _find(store, login)
    wanted = (account.mails | frozenset(map(MailKind, on))) - frozenset(map(MailKind, off))
    changed = change_mails(store, account.id, wanted, author)
    _report("user_mails_changed", changed, shared.lang, now, as_json=as_json)
    return DONE


@user.command()
@click.argument("login")
@click.option("--undo", is_flag=True, help="利用を再開する / let it be used again")
@admin_option
@json_option
@pass_cli
def stop(shared: Cli, login: str, undo: bool, by: str, as_json: bool) -> int:
    """利用の停止：ログイン中の画面も終わります（--undo で再開）。"""
    office, store, now = _open(shared)
    author, account = _author(office, store, by, now), _find(store, login)
    if undo:
        changed = change_account(store, account, dataclasses.replace(account, is_stopped=False), author, now)
    else:
        changed = stop_account(store, account.id, author, now)
    _report("user_restarted" if undo else "user_stopped", changed, shared.lang, now, as_json=as_json)
    return DONE


@user.command("forget-code")
@click.argument("login")
@admin_option
@json_option
@pass_cli
def forget_users_code(shared: Cli, login: str, by: str, as_json: bool) -> int:
    """確認コードの解除：スマートフォンと回復コードをなくした方のために。"""
    office, store, now = _open(shared)
    author, account = _author(office, store, by, now), _find(store, login)
    changed = forget_code(store, account.id, author)
    _report("user_code_forgotten", changed, shared.lang, now, as_json=as_json)
    return DONE


@user.command("forget-company")
@click.argument("login")
@admin_option
@json_option
@pass_cli
def forget_users_company_account(shared: Cli, login: str, by: str, as_json: bool) -> int:
    """会社のアカウントの結び付けの解除：使うには、新しい招待リンクが必要です。

    ログイン中の画面も終わります。
    """
    office, store, now = _open(shared)
    author, account = _author(office, store, by, now), _find(store, login)
    changed = forget_identity(store, account.id, author)
    _report("user_identity_forgotten", changed, shared.lang, now, as_json=as_json)
    return DONE


@user.command()
@click.argument("name")
@click.option("--from", "first", type=Days(), default=None, metavar="DATE", help="不在の始まりの日 / first day")
@click.option("--until", "last", type=Days(), default=None, metavar="DATE", help="不在の終わりの日 / last day")
@click.option("--deputy", default="", metavar="NAME", help="代理の方（承認）の氏名 / the deputy, an approver")
@click.option("--end", is_flag=True, help="不在を取り消す / remove the absence")
@by_option
@json_option
@pass_cli
def absent(
    shared: Cli,
    name: str,
    first: Period | None,
    last: Period | None,
    deputy: str,
    end: bool,
    by: str,
    as_json: bool,
) -> int:
    """不在の登録：期間と代理。ご本人、承認・管理の方ができます（--end で取消し）。

    不在の間に代理の方が承認すると、記録に両方の氏名が残ります。新しく登録すると、前の不在は置き換わります。
    """
    office, store, now = _open(shared)
    today = japanese_day(now)
    person = _person(store, name)
    actor = _person(store, find_person(store, office.settings, by, today, Right.OWN))
    if actor.id != person.id and not actor.may(Right.ABSENCE, today):
        raise NotAllowed(
            "person_may_not", name=actor.name, people=people_of(store, office.settings, today, Right.ABSENCE)
        )
    if end:
        changed = set_absence(store, person.id, None, Author(actor.name, account_name()), now)
        return _report_absence(store, changed, "away_ended", shared.lang, today, as_json=as_json)
    if first is None or last is None:
        raise NotAllowed("away_needs_days")
    period = AwayPeriod(first[0], last[1], _person(store, deputy).id if deputy else None)
    changed = set_absence(store, person.id, period, Author(actor.name, account_name()), now)
    return _report_absence(store, changed, "away_set", shared.lang, today, as_json=as_json)


def _person(store: Store, name: str) -> Account:
    """Returns the account of this login name or person's name. Raises NotAllowed."""
    found = store.account_of(fold_login(name))
    found = found or next((each for each in store.accounts() if match_key(each.name) == match_key(name)), None)
    if found is None:
        raise NotAllowed("no_such_account", login=name)
    return found


def _report_absence(store: Store, account: Account, code: str, lang: Language, today: dt.date, *, as_json: bool) -> int:
    if as_json:
        print_json(account_json(account, today))
        return DONE
    days, away = "", account.away
    if away is not None:
        deputy = store.account(away.deputy) if away.deputy else None
        code_of_days = "away_days" if deputy else "away_days_alone"
        limits = {"first": away.first.isoformat(), "last": away.last.isoformat()}
        days = say(code_of_days, lang, deputy=deputy.name if deputy else "", **limits)
    click.echo(escape_control_chars(say(code, lang, name=account.name, days=days)))
    uncovered = day_without_approver(store.accounts(), away, today) if away else None
    if uncovered is not None:
        click.echo(say("away_uncovered", lang, day=uncovered.isoformat()), err=True)
    return DONE
