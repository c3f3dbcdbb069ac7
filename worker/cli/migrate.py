"""The command ``migrate``: brings the store to the form of this version before the service starts."""

from __future__ import annotations

import click

from worker.cli import DONE, Cli, cli, json_option, pass_cli
from worker.cli.backup import refuse_root
from worker.cli.tables import print_json
from worker.core.errors import ConfigError, NotAllowed
from worker.core.messages import say
from worker.service.absence import MIGRATE
from worker.service.wiring import borrow_lock, find_store_of, is_older_store, make_store_of, system_clock
from worker.views.service_json import migrate_json


@cli.command()
@click.option("--no-backup", is_flag=True, help="写しを作らない / keep no copy of the former database")
@json_option
@pass_cli
def migrate(shared: Cli, no_backup: bool, as_json: bool) -> int:
    """移行：データベースを、写しを作ってからこの版の形に改めます（サービスの停止中だけ）。"""
    folder, clock = find_store_of(shared.config), system_clock()
    refuse_root(folder)
    kept = None
    said = "not_migrated"
    try:
        is_older = is_older_store(folder, clock)
    except ConfigError as error:
        if any(each.code != "no_database" for each in error.problems):
            raise
        is_older, said = False, "nothing_to_migrate"
    if is_older:
        try:
            with borrow_lock(folder, clock, MIGRATE):
                kept = make_store_of(folder, clock, keeps_copy=not no_backup)
        except NotAllowed as second:
            if second.code != "second_run":
                raise
            raise NotAllowed("migrate_while_running", **second.params) from second
    if as_json:
        print_json(migrate_json(str(kept) if kept else "", is_migrated=is_older))
        return DONE
    if is_older:
        said = "migrated" if kept else "migrated_alone"
    click.echo(say(said, shared.lang, file=kept))
    return DONE
