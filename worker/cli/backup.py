"""Commands that keep the store: backup and its check while a service runs, restore without one.

They need no more of the configuration than the place of the store.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from worker.cli import DONE, Cli, CommandPart, PartedGroup, cli, json_option, pass_cli
from worker.cli.tables import print_json, time_text
from worker.config.loose_files import name_of_uid
from worker.core.errors import ConfigError, LogBroken, NotAllowed
from worker.core.messages import Language, name_fault, say
from worker.core.text import escape_control_chars
from worker.service.absence import RESTORE
from worker.service.wiring import (
    back_up_store,
    borrow_lock,
    check_backup_of,
    find_store_of,
    restore_store,
    system_clock,
)
from worker.views.service_json import backup_check_json, backup_json, restore_json

_UNSOUND: Final = frozenset({"corrupt", "not_a_store", "backup_differs"})
"""Faults of a backup's file itself; any other is one of the log in it."""
_PARTS: Final = {
    "check": CommandPart("backup", "バックアップの検証：一時フォルダに戻して、使えることを確かめます。"),
    "make": CommandPart("backup", "バックアップの作成：`hoshobin backup DIR` と同じです。"),
}


class _Backup(PartedGroup):
    """``backup DIR`` is ``backup make DIR``: a directory of the name of a command is given as ``./check``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts the command in front of a directory, or of the options that belong to it."""
        if args and args[0] not in {*self.parts, *ctx.help_option_names}:
            args = ["make", *args]
        return super().parse_args(ctx, args)


@cli.group(cls=_Backup, parts=_PARTS, subcommand_metavar="DIR | check FILE|DIR")
def backup() -> None:
    """バックアップ：サービスを止めずにデータベースと設定を写し、写しを検証します（backup DIR）。"""


@backup.command()
@click.argument("target", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--same-disk",
    is_flag=True,
    help="前回は別のディスクだった置き場を、データベースと同じディスクで使います / the place moved to the store's disk",
)
@json_option
@pass_cli
def make(shared: Cli, target: Path, same_disk: bool, as_json: bool) -> int:
    """バックアップの作成：`hoshobin backup DIR` と同じです。"""
    folder = find_store_of(shared.config)
    with _refused_as("backup_unsound", shared.lang):
        made = back_up_store(shared.config, folder, target.absolute(), system_clock(), takes_same_disk=same_disk)
    verdict, manifest = made.verdict, made.manifest
    if as_json:
        print_json(
            backup_json(str(made.file), verdict, manifest, made.removed, same_disk=made.same_disk, loose=made.loose)
        )
        return DONE
    last, size = time_text(verdict.last), f"{made.size:,}"
    click.echo(say("backed_up", shared.lang, file=made.file, count=verdict.count, last=last, size=size))
    click.echo(say("backed_up_head", shared.lang, head=verdict.head))
    if manifest.configuration:
        configuration = made.file.with_name(manifest.configuration.name)
        click.echo(say("backed_up_configuration", shared.lang, file=configuration))
    for code, names in (("backed_up_left_out", manifest.left_out), ("backed_up_removed", made.removed)):
        if names:
            click.echo(escape_control_chars(say(code, shared.lang, files=", ".join(names))))
    for code, is_so in (("backup_same_disk", made.same_disk), ("backup_loose", made.loose)):
        if is_so:
            click.echo(say(code, shared.lang, target=made.file.parent))
    click.echo(say("backed_up_rest", shared.lang))
    return DONE


@backup.command("check")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE|DIR")
@json_option
@pass_cli
def check_copy(shared: Cli, file: Path, as_json: bool) -> int:
    """バックアップの検証：一時フォルダに戻して、使えることを確かめます。

    フォルダを指定すると、その中の最も新しいものを検証します。この保証便のバックアップなら、検証した日時を記録します。
    """
    with _refused_as("backup_check_unsound", shared.lang, file):
        checked = check_backup_of(shared.config, file.absolute(), system_clock())
    if as_json:
        print_json(backup_check_json(str(checked.file), checked.verdict, is_compared=checked.manifest is not None))
        return DONE
    last = time_text(checked.verdict.last)
    click.echo(say("backup_checked", shared.lang, file=checked.file, count=checked.verdict.count, last=last))
    if checked.manifest is None:
        click.echo(say("backup_checked_bare", shared.lang))
    return DONE


@cli.command()
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@click.option(
    "--other",
    is_flag=True,
    help="今のデータベースとは別の保証便のバックアップでも、置き換えます / FILE may be of another installation",
)
@json_option
@pass_cli
def restore(shared: Cli, file: Path, other: bool, as_json: bool) -> int:
    """復元：バックアップのファイルに戻します（サービスの停止中だけ）。送信は resume まで止まります。"""
    folder, clock = find_store_of(shared.config), system_clock()
    refuse_root(folder)
    with _refused_as("restore_unsound", shared.lang, file):
        try:
            with borrow_lock(folder, clock, RESTORE):
                done = restore_store(folder, file, clock, takes_other=other)
        except NotAllowed as second:
            if second.code != "second_run":
                raise
            raise NotAllowed("restore_while_running", **second.params) from second
    verdict, replaced = done.verdict, [str(each) for each in done.replaced]
    if as_json:
        print_json(restore_json(str(file), replaced, verdict))
        return DONE
    click.echo(say("put_back", shared.lang, file=file, count=verdict.count, last=time_text(verdict.last)))
    if not done.is_compared:
        click.echo(say("backup_checked_bare", shared.lang))
    if replaced:
        click.echo(say("put_back_replaced", shared.lang, files=", ".join(replaced)))
    click.echo(say("put_back_next", shared.lang))
    return DONE


@contextlib.contextmanager
def _refused_as(code: str, lang: Language, file: Path | None = None) -> Iterator[None]:
    """Raises NotAllowed ``code`` for a copy that is not sound, and ``restore_newer`` for one of a newer program."""
    named = {"file": str(file)} if file else {}
    try:
        yield
    except LogBroken as broken:
        own = f"unsound_{broken.code}"
        what = say(own, lang) if broken.code in _UNSOUND else name_fault(broken.code, lang)
        raise NotAllowed(code, what=what, detail=broken.detail, **named) from broken
    except ConfigError as newer:
        if file is None:
            raise
        forms = {name: newer.problems[0].params.get(name, "?") for name in ("found", "own")}
        raise NotAllowed("restore_newer", **named, **forms) from newer


def refuse_root(folder: Path) -> None:
    """Raises NotAllowed for root where another account owns the store: it could not open root's files."""
    if os.geteuid() == 0 and folder.exists() and (owner := folder.stat().st_uid) != 0:
        raise NotAllowed("store_as_root", owner=name_of_uid(owner))
