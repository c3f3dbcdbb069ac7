"""Commands about what follows the sending: a record taken back, a memo."""

from __future__ import annotations

import datetime as dt

import click

from worker.approve import decisions
from worker.approve.project_notes import note_project_memo
from worker.cli import DONE, cli
from worker.cli.days import Days, Period
from worker.cli.person import Number, PersonCommand, in_persons_name
from worker.cli.tables import print_json
from worker.config.editing.register import read_tables
from worker.config.projects import FILE
from worker.core.messages import name_state, say
from worker.core.text import escape_control_chars
from worker.service.wiring import system_clock
from worker.views.register_json import project_memo_json


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@click.option("--why", default="", help="理由（記録から10分以内なら不要） / the reason")
@click.option("--what", type=click.IntRange(min=1), default=None, help="済みとした手続の番号 / which duty")
@in_persons_name
def correct(run: PersonCommand, number: int, why: str, what: int | None) -> int:
    """記録の取消し：誤って記録した到達確認（--what なら手続）を取り消し、元の状態に戻します。"""
    _, author, store = run.open()
    after = decisions.correct(store, number, author, why, system_clock().now(), what)
    return run.report(after, "corrected", state=name_state(after, run.lang))


@cli.command()
@click.argument("words", nargs=-1, required=True, metavar="[ID] TEXT")
@click.option(
    "--project", default="", metavar="PROJECT", help="案件のID・工事名・番号（提出のない案件にも） / a project"
)
@click.option("--next", "next_look", type=Days(), default=None, help="次に見る日 / rests until this day")
@in_persons_name
def memo(run: PersonCommand, words: tuple[str, ...], project: str, next_look: Period | None) -> int:
    """メモ：提出か案件（--project）に1行のメモを残します。

    次に見る日を付けると、その日まで「待ち」にします（期限は別）。
    """
    if len(words) != (1 if project else 2):
        raise click.UsageError("memo ID TEXT | memo --project PROJECT TEXT")
    until = next_look[0] if next_look else None
    if project:
        return _memo_of_project(run, project, words[0], until)
    number = Number().convert(words[0], None, click.get_current_context())
    _, author, store = run.open()
    after = decisions.note_memo(store, number, author, words[1], system_clock().now(), until)
    return run.report(after, "memo_kept")


def _memo_of_project(run: PersonCommand, name: str, text: str, until: dt.date | None) -> int:
    office, author, store = run.open()
    found = read_tables(office.files[FILE]).find(name)
    kept = note_project_memo(store, found, author, text, system_clock().now(), until)
    if run.as_json:
        print_json(project_memo_json(found, kept))
    else:
        click.echo(say("memo_kept", run.lang, id=escape_control_chars(found)))
    return DONE
