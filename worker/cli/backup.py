"""Commands that keep the store: backup while a service runs, restore without one.

They need no more of the configuration than the place of the store.
"""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import click

from worker.cli import DONE, Cli, cli, json_option, pass_cli
from worker.cli.tables import print_json, time_text
from worker.core.errors import ConfigError, LogBroken, NotAllowed
from worker.core.messages import Language, name_fault, say
from worker.service.absence import RESTORE
from worker.service.wiring import (
    back_up_store,
    borrow_lock,
    find_store_of,
    restore_store,
    system_clock,
)
from worker.views.service_json import backup_json, restore_json


@cli.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
@json_option
@pass_cli
def backup(shared: Cli, target: Path, as_json: bool) -> int:
    """バックアップ：データベースを、サービスを止めずに1つのファイルへ写し、写しを検証します。"""
    folder = find_store_of(shared.config)
    try:
        made = back_up_store(folder, target, system_clock())
    except LogBroken as broken:
        raise NotAllowed("backup_unsound", what=_name_fault(broken, shared.lang), detail=broken.detail) from broken
    verdict = made.verdict
    if as_json:
        print_json(backup_json(str(made.file), made.size, made.sha256, verdict))
        return DONE
    last, size = time_text(verdict.last), f"{made.size:,}"
    click.echo(say("backed_up", shared.lang, file=made.file, count=verdict.count, last=last, size=size))
    click.echo(say("backed_up_head", shared.lang, head=verdict.head))
    click.echo(say("backed_up_rest", shared.lang))
    return DONE


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@json_option
@pass_cli
def restore(shared: Cli, file: Path, as_json: bool) -> int:
    """復元：バックアップのファイルに戻します（サービスの停止中だけ）。送信は resume まで止まります。"""
    folder, clock = find_store_of(shared.config), system_clock()
    refuse_root(folder)
    try:
        with borrow_lock(folder, clock, RESTORE):
            done = restore_store(folder, file, clock)
    except NotAllowed as second:
        raise NotAllowed("restore_while_running", **second.params) from second
    except LogBroken as broken:
        what = _name_fault(broken, shared.lang)
        raise NotAllowed("restore_unsound", file=str(file), what=what, detail=broken.detail) from broken
    except ConfigError as newer:
        forms = {name: newer.problems[0].params.get(name, "?") for name in ("found", "own")}
        raise NotAllowed("restore_newer", file=str(file), **forms) from newer
    verdict, replaced = done.verdict, [str(each) for each in done.replaced]
    if as_json:
        print_json(restore_json(str(file), replaced, verdict))
        return DONE
    click.echo(say("put_back", shared.lang, file=file, count=verdict.count, last=time_text(verdict.last)))
    if replaced:
        click.echo(say("put_back_replaced", shared.lang, files=", ".join(replaced)))
    click.echo(say("put_back_next", shared.lang))
    return DONE


def _name_fault(broken: LogBroken, lang: Language) -> str:
    own = f"unsound_{broken.code}"
    return say(own, lang) if broken.code in {"corrupt", "not_a_store"} else name_fault(broken.code, lang)


def refuse_root(folder: Path) -> None:
    """Raises NotAllowed for root where another account owns the store: it could not open root's files."""
    if os.geteuid() == 0 and folder.exists() and (owner := folder.stat().st_uid) != 0:
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = f"#{owner}"
        raise NotAllowed("store_as_root", owner=name)
