"""Commands about what follows the sending: a record taken back, a memo."""

from __future__ import annotations

import datetime as dt

import click

from worker.approve import decisions
from worker.approve.project_notes import note_project_memo
from worker.cli import DONE, Cli, cli, json_option, pass_cli
from worker.cli.days import Days, Period
from worker.cli.person import Number, by_option, open_for_person, report
from worker.cli.tables import print_json
from worker.config.editing.register import read_tables
from worker.config.projects import FILE
from worker.core.messages import name_state, say
from worker.core.text import escape_control_chars
from worker.service.wiring import system_clock
from worker.views.register_json import project_memo_json


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@by_option
@click.option("--why", default="", help="理由（記録から10分以内なら不要） / the reason")
@click.option("--what", type=click.IntRange(min=1), default=None, help="済みとした手続の番号 / which duty")
@json_option
@pass_cli
def correct(shared: Cli, number: int, by: str, why: str, what: int | None, as_json: bool) -> int:
    """記録の取消し：誤って記録した到達確認（--what なら手続）を取り消し、元の状態に戻します。"""
    _, author, store = open_for_person(shared, by)
    after = decisions.correct(store, number, author, why, system_clock().now(), what)
    return report(after, "corrected", shared, as_json=as_json, state=name_state(after, shared.lang))


@cli.command()
@click.argument("words", nargs=-1, required=True, metavar="[ID] TEXT")
@click.option(
    "--project", default="", metavar="PROJECT", help="案件のID・工事名・番号（提出のない案件にも） / a project"
)
@by_option
@click.option("--next", "next_look", type=Days(), default=None, help="次に見る日 / rests until this day")
@json_option
@pass_cli
def memo(shared: Cli, words: tuple[str, ...], project: str, by: str, next_look: Period | None, as_json: bool) -> int:
    """メモ：提出か案件（--project）に1行のメモを残します。

    次に見る日を付けると、その日まで「待ち」にします（期限は別）。
    """
    if len(words) != (1 if project else 2):
        raise click.UsageError("memo ID TEXT | memo --project PROJECT TEXT")
    until = next_look[0] if next_look else None
    if project:
        return _memo_of_project(shared, project, words[0], by, until, as_json=as_json)
    number = Number().convert(words[0], None, click.get_current_context())
    _, author, store = open_for_person(shared, by)
    after = decisions.note_memo(store, number, author, words[1], system_clock().now(), until)
    return report(after, "memo_kept", shared, as_json=as_json)


def _memo_of_project(shared: Cli, name: str, text: str, by: str, until: dt.date | None, *, as_json: bool) -> int:
    office, author, store = open_for_person(shared, by)
    found = read_tables(office.files[FILE]).find(name)
    kept = note_project_memo(store, found, author, text, system_clock().now(), until)
    if as_json:
        print_json(project_memo_json(found, kept))
    else:
        click.echo(say("memo_kept", shared.lang, id=escape_control_chars(found)))
    return DONE
