"""The command ``migrate``: brings an older database up to date while no service runs."""

from __future__ import annotations

import os

import click

from worker.cli import DONE, Cli, cli, pass_cli
from worker.core.errors import NotAllowed
from worker.core.messages import say
from worker.service.wiring import (
    find_store_of,
    is_older_store,
    migrate_store,
    read_lock_holder,
    store_form,
    system_clock,
    take_lock_of,
)


@cli.command()
@click.option("--no-backup", "without_copy", is_flag=True, help="更新前の写しを作らない / keep no copy from before")
@pass_cli
def migrate(shared: Cli, without_copy: bool) -> int:
    """データベースの更新：前の版のデータベースを、写しを残してから今の版の形式に改めます（サービスの停止中だけ）。"""
    folder, clock = find_store_of(shared.config), system_clock()
    if not is_older_store(folder):
        click.echo(say("migrate_nothing", shared.lang, form=store_form()))
        return DONE
    if os.geteuid() == 0 and folder.stat().st_uid != 0:
        raise NotAllowed("migrate_as_root")
    before = read_lock_holder(folder)
    try:
        lock = take_lock_of(folder, clock)
    except NotAllowed as running:
        raise NotAllowed("migrate_while_running", **running.params) from running
    with lock:
        try:
            kept = migrate_store(folder, clock, copies=not without_copy)
        finally:  # this was no run of the service: what its last one said of its end stays
            if before is not None and before.ended is not None:
                lock.note_end(before.ended, before.why, before.detail)
    click.echo(say("migrated", shared.lang, form=store_form()))
    if kept is not None:
        click.echo(say("migrated_kept", shared.lang, file=kept))
    return DONE
