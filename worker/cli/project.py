"""The commands of the register: project list; ``project add`` and ``project import`` join them."""

from __future__ import annotations

from typing import Final

import click

from worker.cli import DONE, Cli, CommandPart, PartedGroup, cli, json_option, open_for_command, pass_cli
from worker.cli.tables import print_json, print_table
from worker.core.messages import Language, name_product, put, say
from worker.core.model import Product
from worker.service.wiring import load_installation, system_clock
from worker.views.project_status import Row, project_rows
from worker.views.register_json import cell_text, row_json

_PARTS: Final = {
    "add": CommandPart(
        "project_add", "案件の登録：発注者のルールに必要なことだけを、順に尋ねます（オプションでも指定できます）。"
    ),
    "amend": CommandPart("project_edit", "変更契約の登録：当初の契約日・請負金額を残して、変更後の内容を登録します。"),
    "close": CommandPart(
        "project_edit", "案件の完了：提出の催促を終えます（記録は残り、--set 完了= で元に戻せます）。"
    ),
    "delete": CommandPart("project_edit", "案件の削除：提出が1件もない案件だけを、登録から消します。"),
    "edit": CommandPart("project_edit", "案件の修正：項目を変え、待っている提出に反映します。"),
    "import": CommandPart(
        "project_import", "工事台帳（CSV・Excel）の取込み：行ごとの扱いを示し、誤りがなければ登録します。"
    ),
    "list": CommandPart("project", "案件一覧：保証の種類ごとの状態と、次にすること。"),
}


@cli.group(cls=PartedGroup, parts=_PARTS)
def project() -> None:
    """案件：登録、工事台帳の取込み、一覧。"""


@project.command("list")
@json_option
@pass_cli
def list_projects(shared: Cli, as_json: bool) -> int:
    """案件一覧：保証の種類ごとの状態と、次にすること。"""
    office = load_installation(shared.config)
    clock = system_clock()
    store = open_for_command(office)
    rows = project_rows(store, office.configuration, clock.now())
    if as_json:
        for row in rows:
            print_json(row_json(row, shared.lang))
        return DONE
    if not rows:
        click.echo(say("no_projects", shared.lang))
        return DONE
    headings = [
        *(say(f"h_{name}", shared.lang) for name in ("project", "issuer")),
        *(name_product(product, shared.lang) for product in Product),
        say("h_task", shared.lang),
    ]
    print_table(headings, [_row_cells(row, shared.lang) for row in rows])
    return DONE


def _row_cells(row: Row, lang: Language) -> tuple[str, ...]:
    return (
        _name(row, lang),
        row.issuer_name,
        *(cell_text(row.cells[product], lang) for product in Product),
        row.next_task.text(lang) if row.next_task else "",
    )


def _name(row: Row, lang: Language) -> str:
    """The project's name; of several of one name with their contract numbers, by which alone they differ."""
    if not row.has_namesake:
        return row.project.name
    numbers = str(put(row.project.all_numbers, lang)) or say("numbers_none", lang)
    return say("project_numbered", lang, name=row.project.name, numbers=numbers)
