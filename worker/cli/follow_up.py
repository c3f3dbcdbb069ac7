"""Commands about what follows the sending: a record taken back, a memo."""

from __future__ import annotations

import click

from worker.approve import decisions
from worker.cli import Cli, cli, json_option, pass_cli
from worker.cli.days import Days, Period
from worker.cli.decide import Number, by_option
from worker.cli.send_back import open_for_person, report
from worker.core.messages import name_state
from worker.service.wiring import system_clock


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@by_option
@click.option("--why", default="", help="理由（記録から10分以内なら不要） / the reason")
@click.option("--what", type=click.IntRange(min=1), default=None, help="済みとした手続の番号 / which duty")
@json_option
@pass_cli
def correct(shared: Cli, number: int, by: str, why: str, what: int | None, as_json: bool) -> int:
    """記録の取消し：誤って記録した到達確認（--what なら手続）を取り消し、元の状態に戻します。"""
    author, store = open_for_person(shared, by)
    after = decisions.correct(store, number, author, why, system_clock().now(), what)
    return report(after, "corrected", shared, as_json=as_json, state=name_state(after, shared.lang))


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@click.argument("text")
@by_option
@click.option("--next", "next_look", type=Days(), default=None, help="次に見る日 / rests until this day")
@json_option
@pass_cli
def memo(shared: Cli, number: int, text: str, by: str, next_look: Period | None, as_json: bool) -> int:
    """メモ：提出に1行のメモを残します。次に見る日を付けると、その日まで「待ち」にします（期限は別）。"""
    author, store = open_for_person(shared, by)
    after = decisions.note_memo(store, number, author, text, system_clock().now(), next_look[0] if next_look else None)
    return report(after, "memo_kept", shared, as_json=as_json)
