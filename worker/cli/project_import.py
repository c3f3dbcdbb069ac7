"""The command ``project import``: a ledger (工事台帳) into the register, every row's fate first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from worker.cli import DONE, FOR_A_PERSON, Cli, json_option, pass_cli
from worker.cli.project import project
from worker.cli.tables import print_json, print_table
from worker.config.editing.columns import Headings, Sheet, read_headings
from worker.config.editing.fields import KeyPath, Value, number_forms
from worker.config.editing.import_rows import Change, Edit, Fate, FateKind, blame_rows, edits_of, judge_rows
from worker.config.files import register_directory
from worker.config.load import load_configuration
from worker.config.projects import FILE
from worker.config.toml import parse_toml
from worker.core.errors import ConfigError
from worker.core.messages import Language, is_said, name_product, put, say
from worker.core.model import Product
from worker.core.params import Labelled
from worker.core.text import escape_control_chars
from worker.service.wiring import find_configuration_files
from worker.views.register_json import count_fates, fault_text, import_json

_COLOURS: Final = {FateKind.NEW: "green", FateKind.SAME: "dim", FateKind.CHANGED: "yellow", FateKind.BAD: "red"}


@project.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sheet", default="", help="シート名（なければ最初のシート） / the sheet, else the first")
@click.option("--dry-run", is_flag=True, help="確認だけ / only show what would be done")
@click.option("--partial", is_flag=True, help="誤りのない行だけを登録 / take the good rows")
@json_option
@pass_cli
def import_projects(shared: Cli, file: Path, sheet: str, dry_run: bool, partial: bool, as_json: bool) -> int:
    """工事台帳（CSV・Excel）の取込み：行ごとの扱いを示し、誤りがなければ登録します。"""
    from worker.config.editing.atomic_write import replace_file
    from worker.config.editing.spreadsheets import read_ledger

    directory, files = find_configuration_files(shared.config)
    configuration = load_configuration(files)
    place = register_directory(directory) / FILE
    ledger = read_ledger(file, sheet)
    headings = read_headings(ledger, configuration.settings.import_columns)
    registered = (parse_toml(FILE, files[FILE], []) or {}).get("project", [])
    fates: tuple[Fate, ...] = ()
    if not headings.faults:
        forms = number_forms(configuration.guarantors)
        fates = judge_rows(ledger, headings, configuration.issuers, registered, forms)
        fates = _judge_together(files, fates, len(registered))
    edits = edits_of(fates)
    has_bad = bool(headings.faults) or any(each.kind is FateKind.BAD for each in fates)
    writes = bool(edits) and not dry_run and (partial or not has_bad) and not headings.faults
    if writes:
        replace_file(place, files[FILE], _edited(files, edits)[FILE])
    if as_json:
        print_json(import_json(fates, headings, ledger, shared.lang, is_written=writes))
    else:
        _show(fates, headings, ledger, shared.lang)
        click.echo(
            _ending(
                shared.lang,
                register_directory(directory) / FILE,
                len(edits),
                is_written=writes,
                is_dry=dry_run,
                is_bad=has_bad,
            )
        )
    return FOR_A_PERSON if has_bad else DONE


def _judge_together(files: dict[str, bytes], fates: tuple[Fate, ...], registered: int) -> tuple[Fate, ...]:
    """``fates`` after the whole configuration was loaded with them; each round finds at least one more bad row."""
    while edits := edits_of(fates):
        try:
            load_configuration(_edited(files, edits))
        except ConfigError as error:
            judged = blame_rows(fates, error.problems, registered)
            if judged is None:
                raise
            fates = judged
        else:
            break
    return fates


def _edited(files: dict[str, bytes], edits: Sequence[Edit]) -> dict[str, bytes]:
    from worker.config.editing.toml_edit import edit_projects

    return {**files, FILE: edit_projects(files[FILE], edits)}


def _ending(lang: Language, file: Path, count: int, *, is_written: bool, is_dry: bool, is_bad: bool) -> str:
    if is_written:
        return say("import_written", lang, file=file, count=count)
    if is_dry:
        return say("import_dry", lang)
    return say("import_refused", lang) if is_bad else say("import_nothing", lang)


# --- Showing -------------------------------------------------------------------------------------------------


def _place(sheet: Sheet, cell: str) -> str:
    """``工事台帳!C7``, as a spreadsheet program takes it; the cell alone in a file without sheets."""
    return f"{sheet.name}!{cell}" if sheet.name and cell else cell


def _remarks(sheet: Sheet, headings: Headings, lang: Language) -> list[str]:
    """Prints the rows that were not read, each with its reason."""
    found = []
    for row in headings.titles:
        text = "　".join(filter(None, map(str.strip, row.cells)))
        found.append(say("import_title", lang, rows=row.number, shown=escape_control_chars(text)))
    if sheet.hidden_rows:
        found.append(say("import_hidden_rows", lang, rows=sheet.hidden_rows))
    if sheet.hidden_columns:
        found.append(say("import_hidden_columns", lang, columns=sheet.hidden_columns))
    if sheet.other_sheets:
        others = [escape_control_chars(each) for each in sheet.other_sheets]
        found.append(say("import_other_sheets", lang, sheet=escape_control_chars(sheet.name), sheets=others))
    if sheet.name in sheet.hidden_sheets:
        found.append(say("import_hidden_sheet", lang, sheet=escape_control_chars(sheet.name)))
    if hidden := [escape_control_chars(each) for each in sheet.hidden_sheets if each != sheet.name]:
        found.append(say("import_hidden_sheets", lang, sheets=hidden))
    return found


def _show(fates: Sequence[Fate], headings: Headings, sheet: Sheet, lang: Language) -> None:
    names = [say(f"h_{name}", lang) for name in ("row", "fate", "project", "issuer", "cell", "detail")]
    rows: list[tuple[str, ...]] = []
    styles = []
    for fault in headings.faults:
        rows.append(("", say("fate_bad", lang), "", "", _place(sheet, fault.cell), fault_text(fault, lang)))
        styles.append(_COLOURS[FateKind.BAD])
    for fate in fates:
        details = [(each.cell, fault_text(each, lang)) for each in fate.faults]
        details += [
            (fate.cells.get(each.key, ""), _change(each, lang))
            for each in fate.changes
            if fate.kind is FateKind.CHANGED
        ]
        if fate.kind is FateKind.NEW:
            details.append(("", _as_understood(fate, lang)))
        if fate.kind is FateKind.NEW and fate.namesakes:
            numbers = fate.namesakes
            place = next((fate.cells[key] for key in fate.given if key[0] in {"contract_numbers", "numbers"}), "")
            details.append((place, say("import_namesake", lang, numbers=numbers)))
        for cell, detail in details or [("", "")]:
            rows.append(
                (
                    *(str(fate.row), say(f"fate_{fate.kind.value}", lang), fate.name, fate.issuer),
                    *(_place(sheet, cell), detail),
                )
            )
            styles.append(_COLOURS[fate.kind])
    print_table(names, rows, styles=styles)
    if headings.ignored:
        click.echo(say("import_ignored", lang, headings=headings.ignored))
    for remark in _remarks(sheet, headings, lang):
        click.echo(remark)
    new = [each for each in fates if each.kind is FateKind.NEW]
    if new and not any(("expects",) in each.given for each in new):
        click.echo(say("import_no_expects", lang))
    if headings.faults:
        click.echo(say("import_no_headings", lang, count=len(headings.faults)))
    else:
        click.echo(say("import_counts", lang, **count_fates(fates)))


def _change(change: Change, lang: Language) -> str:
    former, later = ("—" if each is None else put(each, lang) for each in (change.former, change.value))
    return str(put(Labelled(".".join(change.key), f"{former} → {later}"), lang))


def _as_understood(fate: Fate, lang: Language) -> str:
    """Returns the other values of a new row, without its name and its issuer."""
    told = [(_about(key, lang), _value(key, value, lang)) for key, value in fate.given.items()]
    return str(put([Labelled(about, value) for about, value in told if about], lang))


def _about(key: KeyPath, lang: Language) -> str:
    match key:
        case ("name" | "issuer",):
            return ""
        case ("values", name):
            return name
        case ("dates", "award"):
            code = "ask_award_date"
        case ("dates", name):
            code = f"ask_{name}"
        case _:
            code = f"ask_{key[0]}"
    return say(code, lang).partition("（")[0] if is_said(code) else ".".join(key)


def _value(key: KeyPath, value: Value, lang: Language) -> str:
    if key == ("expects",) and isinstance(value, tuple):
        return "・".join(name_product(Product(each), lang) for each in value)
    if key == ("amount",) and isinstance(value, int):
        return say("yen", lang, amount=f"{value:,}")
    return "・".join(map(str, value)) if isinstance(value, tuple) else str(value)
