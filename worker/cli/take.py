"""The command by which a person takes work on, or leaves it."""

from __future__ import annotations

import click

from worker.approve.taken_on import leave_work, take_on
from worker.cli import DONE, cli
from worker.cli.person import PersonCommand, fold_typed, in_persons_name
from worker.cli.tables import print_json
from worker.core.messages import say
from worker.service.wiring import system_clock
from worker.views.people_json import taken_json
from worker.views.tasks import find_work


@cli.command()
@click.argument("about", metavar="ID|PROJECT/PRODUCT")
@click.option("--leave", is_flag=True, help="引き受けをやめる / leave it")
@in_persons_name
def take(run: PersonCommand, about: str, leave: bool) -> int:
    """引き受け：この提出の担当になります。1営業日なにもしないと終わります（--leave でやめる）。

    まだ届いていないお知らせは、案件と種類で指定します（例：sample/道路改良工事/advance）。
    """
    office, author, store = run.open()
    typed = fold_typed(about)
    about = find_work(about if "/" in about else typed.partition("@")[0], store, office.outline)
    taken = None
    if leave:
        leave_work(store, about, author)
    else:
        taken = take_on(store, about, office.settings.hours, author, system_clock().now())
    if run.as_json:
        print_json(taken_json(about, taken))
    else:
        click.echo(say("taken_left" if taken is None else "taken", run.lang, id=about, name=author.by))
    return DONE
