"""The commands of the register: project list; ``project add`` and ``project import`` join them."""

from __future__ import annotations

from typing import Any, Final

import click

from worker.cli import DONE, Cli, Part, PartedGroup, cli, json_option, open_for_command, pass_cli
from worker.cli.tables import print_json, print_table
from worker.cli.tasks import task_json
from worker.core.messages import Language, name_state, say
from worker.core.model import PRODUCT_NAMES, Product
from worker.service.wiring import load_office, system_clock
from worker.views.project_status import Cell, Row, project_rows

_PARTS: Final = {
    "add": Part(
        "project_add", "案件の登録：発注者のルールに必要なことだけを、順に尋ねます（オプションでも指定できます）。"
    ),
    "import": Part("project_import", "工事台帳（CSV・Excel）の取込み：行ごとの扱いを示し、誤りがなければ登録します。"),
    "list": Part("project", "案件一覧：保証の種類ごとの状態と、次にすること。"),
}


@cli.group(cls=PartedGroup, parts=_PARTS)
def project() -> None:
    """案件：登録、工事台帳の取込み、一覧。"""


@project.command("list")
@json_option
@pass_cli
def list_projects(shared: Cli, as_json: bool) -> int:
    """案件一覧：保証の種類ごとの状態と、次にすること。"""
    office = load_office(shared.config)
    clock = system_clock()
    store = open_for_command(office, clock)
    rows = project_rows(store.submissions(), office.configuration, clock.now())
    if as_json:
        for row in rows:
            print_json(_row_json(row, shared.lang))
        return DONE
    if not rows:
        click.echo(say("no_projects", shared.lang))
        return DONE
    headings = [
        *(say(f"h_{name}", shared.lang) for name in ("project", "issuer")),
        *PRODUCT_NAMES.values(),
        say("h_task", shared.lang),
    ]
    print_table(headings, [_row_cells(row, shared.lang) for row in rows])
    return DONE


def _row_cells(row: Row, lang: Language) -> tuple[str, ...]:
    return (
        _name(row, lang),
        row.issuer_name,
        *(_cell_text(row.cells[product], lang) for product in Product),
        row.next_task.text(lang) if row.next_task else "",
    )


def _name(row: Row, lang: Language) -> str:
    """The project's name; of several of one name with their contract numbers, by which alone they differ."""
    if not row.has_namesake:
        return row.project.name
    numbers = "、".join(row.project.contract_numbers) or say("numbers_none", lang)
    return say("project_numbered", lang, name=row.project.name, numbers=numbers)


def _cell_text(cell: Cell, lang: Language) -> str:
    if cell.submission is None:
        return say("cell_missing" if cell.is_expected else "cell_not_expected", lang)
    state = say("cell_settled", lang) if cell.is_settled else name_state(cell.submission, lang)
    text = " ".join(filter(None, (state, cell.day.isoformat() if cell.day else "")))
    return say("cell_more", lang, cell=text, count=cell.others) if cell.others else text


def _row_json(row: Row, lang: Language) -> dict[str, Any]:
    return {
        "project": row.project.id,
        "name": row.project.name,
        "contract_numbers": list(row.project.contract_numbers),
        "issuer": row.project.issuer,
        "issuer_name": row.issuer_name,
        "guarantees": {product.value: _cell_json(cell, lang) for product, cell in row.cells.items()},
        "next_task": task_json(row.next_task, lang) if row.next_task else None,
    }


def _cell_json(cell: Cell, lang: Language) -> dict[str, Any]:
    return {
        "submission": cell.submission.id if cell.submission else None,
        "state": cell.submission.state.value if cell.submission else None,
        "expected": cell.is_expected,
        "settled": cell.is_settled,
        "others": cell.others,
        "date": cell.day.isoformat() if cell.day else None,
        "text": _cell_text(cell, lang),
    }
