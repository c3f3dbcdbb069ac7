"""The command ``register move``: projects and issuers into a directory that the console may change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import click

from worker.cli import DONE, Cli, CommandPart, PartedGroup, cli, json_option, open_for_command, pass_cli
from worker.cli.person import find_author
from worker.cli.tables import print_json
from worker.config.editing.starter import REGISTER_FOLDER
from worker.config.files import find_directory, register_directory
from worker.core.accounts import Right
from worker.core.messages import say
from worker.pipeline.register import finish_moving, move_register
from worker.service.wiring import load_installation, system_clock
from worker.views.register_json import moved_json

_PARTS: Final = {
    "move": CommandPart("register", "置き場所の変更：案件と発注者のファイルを、画面から変えられるフォルダへ移します。")
}


@cli.group(cls=PartedGroup, parts=_PARTS)
def register() -> None:
    """登録：案件と発注者のファイルの置き場所。"""


@register.command("move")
@click.argument("place", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--by", required=True, metavar="NAME", help="「管理」の方の氏名 / which administrator")
@json_option
@pass_cli
def move(shared: Cli, place: Path | None, by: str, as_json: bool) -> int:
    """置き場所の変更：案件と発注者のファイルを、画面から変えられるフォルダへ移します。

    DIR を書かなければ、[store] dir の中の register です。
    """
    directory = find_directory(shared.config, os.environ, Path.cwd())
    finish_moving(directory)
    office = load_installation(shared.config)
    store = open_for_command(office)
    author = find_author(office, store, by, Right.PEOPLE)
    to = Path(os.path.abspath(place)) if place is not None else office.places.store / REGISTER_FOLDER  # noqa: PTH100  keeps links
    is_there = register_directory(directory) == to
    names = () if is_there else move_register(directory, to, store, author, system_clock().now())
    if as_json:
        print_json(moved_json(str(to), names))
    else:
        code = "register_already" if is_there else "register_moved"
        click.echo(say(code, shared.lang, to=str(to), count=len(names)))
    return DONE
