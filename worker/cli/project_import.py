"""The command ``project import``: a ledger (工事台帳) into the register, every row's outcome first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from worker.cli import DONE, FOR_A_PERSON, Cli, json_option, pass_cli
from worker.cli.project import project
from worker.cli.tables import print_json, print_table
from worker.config.editing.columns import Headings, Sheet
from worker.config.editing.fields import KeyPath, Value, number_forms
from worker.config.editing.import_rows import Change, Edit, OutcomeKind, RowOutcome
from worker.config.editing.ledger import JudgedLedger, judge_ledger, ledger_edit, seen_rows
from worker.config.editing.register import FieldRules
from worker.config.files import register_directory
from worker.config.load import Configuration, load_configuration
from worker.config.projects import FILE
from worker.core.accounts import japanese_day
from worker.core.messages import Language, is_said, name_product, put, say
from worker.core.model import Product
from worker.core.params import Labelled
from worker.core.text import escape_control_chars
from worker.service.wiring import find_configuration_files, has_store, system_clock
from worker.views.ledger_page import ledger_remarks
from worker.views.register_json import count_outcomes, fault_text, import_json

if TYPE_CHECKING:
    from worker.pipeline.register import MakeLedgerEdit

_COLOURS: Final = {
    OutcomeKind.NEW: "green",
    OutcomeKind.SAME: "dim",
    OutcomeKind.CHANGED: "yellow",
    OutcomeKind.BAD: "red",
}


@project.command("import")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--by", default="", metavar="NAME", help="登録する人の氏名（記録に残し、待っている提出に反映する） / who")
@click.option("--sheet", default="", help="シート名（なければ最初のシート） / the sheet, else the first")
@click.option("--dry-run", is_flag=True, help="確認だけ / only show what would be done")
@click.option("--partial", is_flag=True, help="誤りのない行だけを登録 / take the good rows")
@click.option("--sample", type=click.Path(path_type=Path), help="見本の台帳（.xlsx か .csv）を作る / write a sample")
@json_option
@pass_cli
def import_projects(
    shared: Cli,
    file: Path | None,
    by: str,
    sheet: str,
    dry_run: bool,
    partial: bool,
    sample: Path | None,
    as_json: bool,
) -> int:
    """工事台帳（CSV・Excel）の取込み：行ごとの扱いを示し、誤りがなければ登録します。

    --sample FILE は、見出しと記入例のある見本の台帳を作ります。
    """
    from worker.config.editing.spreadsheets import read_ledger

    if (file is None) is (sample is None):
        raise click.UsageError("FILE | --sample FILE")
    directory, files = find_configuration_files(shared.config)
    configuration = load_configuration(files)
    if file is None:
        return _write_sample(sample or Path(), configuration, shared)
    ledger = read_ledger(file, sheet)
    rules = FieldRules(configuration.issuers, number_forms(configuration.guarantors))

    def judge(register: bytes) -> JudgedLedger:
        columns = configuration.settings.import_columns
        return judge_ledger(
            ledger, columns, rules, register, lambda edited: load_configuration({**files, FILE: edited})
        )

    judged = judge(files[FILE])
    edits = judged.edits
    writes = bool(edits) and not dry_run and (partial or not judged.has_bad) and not judged.headings.faults
    done: tuple[int, ...] = ()
    if writes and (by or has_store(shared.config)):
        seen = seen_rows(judged.outcomes)
        done = _import_by(shared, by, file.name, lambda register: ledger_edit(register, judge(register), seen))
    elif writes:
        _import_unrecorded(directory, files[FILE], edits)
    if as_json:
        print_json(import_json(judged.outcomes, judged.headings, ledger, shared.lang, is_written=writes))
    else:
        _show(judged.outcomes, judged.headings, ledger, shared.lang)
        place = register_directory(directory) / FILE
        click.echo(_ending(shared.lang, place, len(edits), is_written=writes, is_dry=dry_run, is_bad=judged.has_bad))
        if done:
            click.echo(say("change_judged", shared.lang, count=len(done), ids=list(map(str, done))))
    return FOR_A_PERSON if judged.has_bad else DONE


def _write_sample(file: Path, configuration: Configuration, shared: Cli) -> int:
    """Writes the sample ledger of this office. Raises ConfigError if there is such a file, or it cannot be written."""
    from worker.config.editing.atomic_write import write_new_file
    from worker.config.editing.ledger_sample import LedgerForm, sample_ledger

    ending = file.suffix.lower().removeprefix(".")
    if ending not in set(LedgerForm):
        raise click.UsageError("--sample FILE.xlsx | FILE.csv")
    today = japanese_day(system_clock().now())
    write_new_file(file, sample_ledger(LedgerForm(ending), configuration.issuers.values(), today))
    click.echo(say("sample_written", shared.lang, file=escape_control_chars(str(file))))
    return DONE


def _import_by(shared: Cli, by: str, name: str, make: MakeLedgerEdit) -> tuple[int, ...]:
    """Writes the edit, in the name of the person or of the system's account; returns what was judged again."""
    from worker.cli.pages import with_reader
    from worker.cli.project_edit import RegisterCommand
    from worker.pipeline.register import import_ledger

    editor = RegisterCommand(shared, by, as_json=True, is_certain=True).editor
    return with_reader(lambda reader: import_ledger(editor, make, name, reader)).judged


def _import_unrecorded(directory: Path, register: bytes, edits: Sequence[Edit]) -> None:
    """Writes the edits of an installation that has no database yet: its first start records the register."""
    from worker.config.editing.atomic_write import replace_file
    from worker.config.editing.toml_edit import edit_projects

    replace_file(register_directory(directory) / FILE, register, edit_projects(register, edits))


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


def _show(outcomes: Sequence[RowOutcome], headings: Headings, sheet: Sheet, lang: Language) -> None:
    names = [say(f"h_{name}", lang) for name in ("row", "fate", "project", "issuer", "cell", "detail")]
    rows: list[tuple[str, ...]] = []
    styles = []
    for fault in headings.faults:
        rows.append(("", say("fate_bad", lang), "", "", _place(sheet, fault.cell), fault_text(fault, lang)))
        styles.append(_COLOURS[OutcomeKind.BAD])
    for outcome in outcomes:
        details = [(each.cell, fault_text(each, lang)) for each in outcome.faults]
        details += [
            (outcome.cells.get(each.key, ""), _change(each, lang))
            for each in outcome.changes
            if outcome.kind is OutcomeKind.CHANGED
        ]
        if outcome.kind is OutcomeKind.NEW:
            details.append(("", _as_understood(outcome, lang)))
        if outcome.kind is OutcomeKind.NEW and outcome.namesakes:
            numbers = outcome.namesakes
            place = next((outcome.cells[key] for key in outcome.given if key[0] in {"contract_numbers", "numbers"}), "")
            details.append((place, say("import_namesake", lang, numbers=numbers)))
        for cell, detail in details or [("", "")]:
            rows.append(
                (
                    *(str(outcome.row), say(f"fate_{outcome.kind.value}", lang), outcome.name, outcome.issuer),
                    *(_place(sheet, cell), detail),
                )
            )
            styles.append(_COLOURS[outcome.kind])
    print_table(names, rows, styles=styles)
    if headings.ignored:
        click.echo(say("import_ignored", lang, headings=headings.ignored))
    for remark in ledger_remarks(sheet, headings, lang):
        click.echo(remark)
    new = [each for each in outcomes if each.kind is OutcomeKind.NEW]
    if new and not any(("expects",) in each.given for each in new):
        click.echo(say("import_no_expects", lang))
    if headings.faults:
        click.echo(say("import_no_headings", lang, count=len(headings.faults)))
    else:
        click.echo(say("import_counts", lang, **count_outcomes(outcomes)))


def _change(change: Change, lang: Language) -> str:
    former, later = ("—" if each is None else put(each, lang) for each in (change.former, change.value))
    return str(put(Labelled(".".join(change.key), f"{former} → {later}"), lang))


def _as_understood(outcome: RowOutcome, lang: Language) -> str:
    """Returns the other values of a new row, without its name and its issuer."""
    told = [(_about(key, lang), _value(key, value, lang)) for key, value in outcome.given.items()]
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
