"""The command by which a person begins or ends the rehearsal."""

from __future__ import annotations

import contextlib

import click

from worker.approve import rehearsal as decision
from worker.cli import DONE, cli
from worker.cli.person import PersonCommand, in_persons_name
from worker.cli.tables import print_json
from worker.core.accounts import Right
from worker.core.errors import ConfigError, LogBroken, Unavailable
from worker.core.messages import say
from worker.core.model import Address
from worker.service.wiring import Installation, has_store_of, open_store_of, system_clock
from worker.store.signs import rehearsing_to
from worker.views.service_json import rehearsal_json


@cli.command()
@click.argument("switch", type=click.Choice(["on", "off"]))
@in_persons_name
def rehearsal(run: PersonCommand, switch: str) -> int:
    """リハーサル：on で発注者に送らず練習に、off で本番に切り替えます。"""
    office, author, store = run.open(Right.REHEARSE)
    setting, own = office.settings.release.rehearsal_to, office.settings.contractor.email
    if switch == "on":
        to = decision.start_rehearsals(store, setting, own, author)
        said = say("rehearsal_on", run.lang, to=to)
    else:
        decision.stop_rehearsals(store, setting, author)
        said = say("rehearsal_off", run.lang)
    if run.as_json:
        print_json(rehearsal_json(rehearsing_to(store, setting)))
    else:
        click.echo(said)
    return DONE


def rehearsing_in(office: Installation) -> Address | None:
    """Returns the address to which all mail of the office goes; that of its setting if its store cannot be asked."""
    setting = office.configuration.settings.release.rehearsal_to
    if not has_store_of(office):
        return setting
    try:
        with contextlib.closing(open_store_of(office, system_clock())) as store:
            return rehearsing_to(store, setting)
    except (ConfigError, Unavailable, LogBroken):  # the command itself reports it
        return setting
