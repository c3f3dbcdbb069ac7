"""The commands of people: add, list, link, role, stop. The program ``hoshobin console`` lets them in."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from functools import wraps
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
    open_office,
    pass_cli,
)
from worker.cli.days import Days, Period
from worker.cli.person import by_option, find_author
from worker.cli.tables import print_json, print_table, time_text
from worker.core.accounts import Account, AwayPeriod, MailKind, Right, Role, day_without_approver, japanese_day
from worker.core.errors import NotAllowed
from worker.core.messages import Language, name_role, say
from worker.core.text import escape_control_chars, match_key
from worker.service.wiring import account_name, system_clock
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


class _Run:
    """One command's office, store and moment."""

    def __init__(self, shared: Cli, by: str, *, as_json: bool) -> None:
        self.office, self.store = open_office(shared)
        self.now = system_clock().now()
        self.today = japanese_day(self.now)
        self.lang: Language = shared.lang
        self.as_json = as_json
        self._by = by

    def admin(self) -> Author:
        """Returns the administrator. Raises NotAllowed."""
        if not self._by.strip():
            raise NotAllowed("user_by_needed")
        return find_author(self.office, self.store, self._by, Right.PEOPLE)

    def admin_and_account(self, login: str) -> tuple[Author, Account]:
        """Returns the administrator and the account of this login. Raises NotAllowed."""
        author, account = self.admin(), self.store.account_of(fold_login(login))
        if account is None:
            raise NotAllowed("no_such_account", login=login)
        return author, account

    def invite(self, account: Account, author: Author) -> str:
        """Returns the link of a new invitation."""
        return f"{self.office.settings.console.url}/invite/{invite(self.store, account.id, author, self.now)}"

    def report(self, code: str, account: Account, link: str = "") -> int:
        """Prints the account as it is now; returns the exit code."""
        until = self.now + INVITED_FOR
        if self.as_json:
            print_json(account_json(account, self.today, link, until))
            return DONE
        roles = [name_role(role, self.lang) for role in sorted(account.roles)]
        kinds = [say(f"mails_{kind}", self.lang) for kind in sorted(account.mails)] or say("user_mails_none", self.lang)
        said = say(code, self.lang, name=account.name, login=account.login, roles=roles, mails=kinds)
        click.echo(escape_control_chars(said))
        if link:
            click.echo(say("user_link", self.lang, name=account.name, until=time_text(until)))
            click.echo(link)
        if link.startswith("/"):
            click.echo(say("user_link_path", self.lang), err=True)
        return DONE


def for_admin(command: Callable[..., int]) -> Callable[..., int]:
    """Adds ``--by`` of an administrator and ``--json``; only the first account is made without ``--by``."""

    @click.option("--by", default="", metavar="NAME", help="変更する「管理」の方の氏名 / which administrator")
    @json_option
    @pass_cli
    @wraps(command)
    def called(shared: Cli, /, by: str, *, as_json: bool, **given: Any) -> int:
        return command(_Run(shared, by, as_json=as_json), **given)

    return called


@user.command()
@click.argument("name")
@click.option("--login", required=True, metavar="LOGIN", help="ログイン名（半角英数字） / login name")
@role_option
@click.option("--mail", default="", metavar="ADDRESS", help="メールアドレス / mail address")
@click.option("--reading", default="", help="フリガナ / reading of the name")
@click.option("--until", type=Days(), default=None, metavar="DATE", help="利用の最終日 / last day of use")
@for_admin
def add(run: _Run, name: str, login: str, roles: tuple[str, ...], mail: str, reading: str, until: Period | None) -> int:
    """利用者の追加：登録し、パスワードを決めるための招待リンクを示します。

    最初の利用者には「管理」（--role admin）を含めます。このときだけ --by は要りません。
    """
    author = run.admin() if run.store.accounts() else Author(name, account_name())
    given = Account(0, login, name, reading, mail, frozenset(map(Role, roles)), until[1] if until else None)
    added = add_account(run.store, given, author, run.now)
    return run.report("user_added", added, run.invite(added, author))


@user.command("list")
@json_option
@pass_cli
def list_users(shared: Cli, as_json: bool) -> int:
    """利用者の一覧：役割、期限、パスワードの有無。"""
    store = open_office(shared)[1]
    today = japanese_day(system_clock().now())
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
@for_admin
def link(run: _Run, login: str) -> int:
    """招待リンク：パスワードを決める（決め直す）ためのリンクを作ります。

    24時間以内に1回だけ使えます。前のリンクは使えなくなります。
    """
    author, account = run.admin_and_account(login)
    return run.report("user_invited", account, run.invite(account, author))


@user.command()
@click.argument("login")
@role_option
@for_admin
def role(run: _Run, login: str, roles: tuple[str, ...]) -> int:
    """役割の変更：指定した役割だけになります。ログイン中の画面は終わります。"""
    author, account = run.admin_and_account(login)
    after = dataclasses.replace(account, roles=frozenset(map(Role, roles)))
    changed = change_account(run.store, account, after, author, run.now)
    return run.report("user_roles", changed)


def kind_option(name: str, help_text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """``--on`` and ``--off``, each once or more."""
    kinds = click.Choice([kind.value for kind in MailKind])
    return click.option(f"--{name}", multiple=True, type=kinds, metavar="KIND", help=help_text)


@user.command()
@click.argument("login")
@kind_option("on", "受け取る：対応 waiting・送信一覧 sent・不具合 warnings / mails that come")
@kind_option("off", "受け取らない / mails that do not come")
@for_admin
def mails(run: _Run, login: str, on: tuple[str, ...], off: tuple[str, ...]) -> int:
    """受け取るメール：利用者に届くお知らせの種類を変えます。

    送受信の停止などの重大なお知らせは、どの場合も届きます。
    """
    author, account = run.admin_and_account(login)
    wanted = (account.mails | frozenset(map(MailKind, on))) - frozenset(map(MailKind, off))
    changed = change_mails(run.store, account.id, wanted, author)
    return run.report("user_mails_changed", changed)


@user.command()
@click.argument("login")
@click.option("--undo", is_flag=True, help="利用を再開する / let it be used again")
@for_admin
def stop(run: _Run, login: str, undo: bool) -> int:
    """利用の停止：ログイン中の画面も終わります（--undo で再開）。"""
    author, account = run.admin_and_account(login)
    if undo:
        changed = change_account(run.store, account, dataclasses.replace(account, is_stopped=False), author, run.now)
    else:
        changed = stop_account(run.store, account.id, author, run.now)
    return run.report("user_restarted" if undo else "user_stopped", changed)


@user.command("forget-code")
@click.argument("login")
@for_admin
def forget_users_code(run: _Run, login: str) -> int:
    """確認コードの解除：スマートフォンと回復コードをなくした方のために。"""
    author, account = run.admin_and_account(login)
    changed = forget_code(run.store, account.id, author)
    return run.report("user_code_forgotten", changed)


@user.command("forget-company")
@click.argument("login")
@for_admin
def forget_users_company_account(run: _Run, login: str) -> int:
    """会社のアカウントの結び付けの解除：使うには、新しい招待リンクが必要です。

    ログイン中の画面も終わります。
    """
    author, account = run.admin_and_account(login)
    changed = forget_identity(run.store, account.id, author)
    return run.report("user_identity_forgotten", changed)


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
    office, store = open_office(shared)
    now = system_clock().now()
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
