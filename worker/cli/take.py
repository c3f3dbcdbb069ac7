"""The command by which a person takes work on, or leaves it."""

from __future__ import annotations

import click

from worker.approve.taken_on import leave_work, take_on
from worker.cli import DONE, Cli, cli, json_option, pass_cli
from worker.cli.person import by_option, fold_typed, open_for_person
from worker.cli.tables import print_json
from worker.core.messages import say
from worker.service.wiring import system_clock
from worker.views.people_json import taken_json
from worker.views.tasks import find_work


@cli.command()
@click.argument("about", metavar="ID|PROJECT/PRODUCT")
@by_option
@click.option("--leave", is_flag=True, help="引き受けをやめる / leave it")
@json_option
@pass_cli
def take(shared: Cli, about: str, by: str, leave: bool, as_json: bool) -> int:
    """引き受け：この提出の担当になります。1営業日なにもしないと終わります（--leave でやめる）。

    まだ届いていないお知らせは、案件と種類で指定します（例：sample/道路改良工事/advance）。
    """
    office, author, store = open_for_person(shared, by)
    typed = fold_typed(about)
    about = find_work(about if "/" in about else typed.partition("@")[0], store, office.outline)
    taken = None
    if leave:
        leave_work(store, about, author)
    else:
        taken = take_on(store, about, office.settings.hours, author, system_clock().now())
    if as_json:
        print_json(taken_json(about, taken))
    else:
        click.echo(say("taken_left" if taken is None else "taken", shared.lang, id=about, name=author.by))
    return DONE
