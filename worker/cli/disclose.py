"""Commands that give a key or an original to a person, after the entry that names the person."""

from __future__ import annotations

import sys

import click

from worker.accounts.people import people_of
from worker.approve import disclose
from worker.cli import DONE, Cli, cli, pass_cli
from worker.cli.person import Number, PersonCommand, by_option
from worker.core.accounts import Right, japanese_day
from worker.core.messages import say
from worker.service.wiring import system_clock
from worker.store.ports import Author, Store


@cli.command("key")
@click.argument("number", type=Number(), metavar="ID")
@by_option
@click.option("--why", default="", help="必要な理由（送信後と監査では必須） / why it is needed")
@pass_cli
def show_key(shared: Cli, number: int, by: str, why: str) -> int:
    """認証キーの表示：見た人と理由を記録してから示します。"""
    author, store, prepares = _open(shared, by)
    click.echo(disclose.show_key(store, number, author, why, prepares=prepares))
    return DONE


@cli.command("original")
@click.argument("number", type=Number(), metavar="ID")
@click.option("--paper", type=click.IntRange(1), default=1, metavar="N", help="何番目の添付か / which attachment")
@by_option
@click.option("--why", default="", help="必要な理由（送信後と監査では必須） / why it is needed")
@pass_cli
def take_original(shared: Cli, number: int, paper: int, by: str, why: str) -> int:
    """原本の取り出し：取り出した人と理由を記録してから、PDFを標準出力に書きます。"""
    if sys.stdout.isatty():
        raise click.UsageError(say("original_to_terminal", shared.lang))
    author, store, prepares = _open(shared, by)
    taken = disclose.take_original(store, number, paper - 1, author, why, prepares=prepares)
    click.echo(store.original(taken.sha256), nl=False)
    return DONE


def _open(shared: Cli, by: str) -> tuple[Author, Store, bool]:
    """Opens the store for a person who may see keys; and whether that person works on submissions."""
    office, author, store = PersonCommand(shared, by, as_json=False).open(Right.KEY)
    today = japanese_day(system_clock().now())
    return author, store, author.by in people_of(store, office.settings, today, Right.PREPARE)
