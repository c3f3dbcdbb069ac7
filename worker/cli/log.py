"""Commands for auditors: log, audit verify."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from worker.audit.sent_log import CAME_BACK, LogFilter, LogRow
from worker.audit.sent_log_export import csv_bytes, jsonl, name_row
from worker.cli import (
    DONE,
    FOR_A_PERSON,
    Cli,
    cli,
    json_option,
    language_of,
    open_office,
    pass_cli,
)
from worker.cli.days import Days, Period
from worker.cli.tables import print_json, print_table, time_text
from worker.core.accounts import Right
from worker.core.errors import ConfigError, Problem
from worker.core.messages import Language, name_author, name_fault, name_place, say
from worker.core.model import Entry
from worker.core.text import escape_control_chars
from worker.pipeline.export import ExportForm, LogSearch, entries_of, export_log, export_originals, rows_of
from worker.pipeline.verification import verify_noted
from worker.service.wiring import account_name, system_clock
from worker.store.ports import Author, Store
from worker.views.submission_json import verdict_json


class _Head(click.ParamType[str]):
    """A head as it is shown, or as the file ``head`` has it: behind its number."""

    name = "HASH"
    _FORM: Final = re.compile(r"(?:[0-9]{1,18}[ :])?([0-9a-f]{64})")

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        found = self._FORM.fullmatch(str(value).strip().lower())
        if found is None:
            self.fail(say("audit_head_form", language_of(ctx), given=repr(value)), param, ctx)
        return found[1]


@cli.command()
@click.option("--format", "form", type=click.Choice(["table", "jsonl", "csv"]), default="table")
@click.option("--since", type=Days(), help="この日から（R8.11.22、先週 など。当日を含む） / from this day on")
@click.option("--until", type=Days(), help="この日まで（当日を含む） / up to and with this day")
@click.option("--month", type=Days(), metavar="2026-11", help="この月だけ / this month alone")
@click.option("--last-week", is_flag=True, help="先週の月曜から日曜まで / Monday to Sunday of last week")
@click.option("--issuer", default="", help="発注者 / issuer")
@click.option("--project", default="", help="案件 / project")
@click.option("--contract", default="", help="保証契約番号 / contract number")
@click.option("--text", default="", help="工事名・発注者・番号の一部 / part of project, issuer or number")
@click.option("--amount-from", type=int, help="請求金額（円）がこれ以上 / at least, yen")
@click.option("--amount-to", type=int, help="請求金額（円）がこれ以下 / at most, yen")
@click.option(
    "--save",
    type=click.Path(path_type=Path, dir_okay=False),
    help="ファイルに保存（.csv は Excel で開けます） / into this file",
)
@click.option(
    "--with-originals",
    is_flag=True,
    help="原本とともにZIPに（監査用。--save、--by、--why が必要） / with the originals",
)
@click.option(
    "--by",
    default="",
    metavar="NAME",
    help="--save で取り出す人（記録に残します） / who takes the file",
)
@click.option("--why", default="", help="必要な理由 / why they are needed")
@pass_cli
def log(
    shared: Cli,
    form: str,
    since: Period | None,
    until: Period | None,
    month: Period | None,
    last_week: bool,
    issuer: str,
    project: str,
    contract: str,
    text: str,
    amount_from: int | None,
    amount_to: int | None,
    save: Path | None,
    with_originals: bool,
    by: str,
    why: str,
) -> int:
    """送信記録：いつ、誰に、何を送り、サーバーの応答はどうだったか（監査用）。"""
    if with_originals and not (save and by):
        raise click.UsageError(say("usage_originals", shared.lang))
    office, store = open_office(shared)
    period = month or (Days().convert("先週", None, None) if last_week else None)
    if period is not None:
        since, until = since or period, until or period
    first, last = since[0] if since else None, until[1] if until else None
    limits = LogFilter(
        issuer=issuer, project=project, contract=contract, text=text, amount_from=amount_from, amount_to=amount_to
    )
    search = LogSearch(first, last, limits)
    if by and save is not None:
        from worker.cli.person import find_author  # what decides is loaded for a person's name alone

        author = find_author(office, store, by, Right.AUDIT if with_originals else Right.EXPORT)
        _save_recorded(save, store, search, author, why if with_originals else None, shared.lang)
        return DONE
    entries = entries_of(store, search)
    shows_rows = form != "table" and save is None and sys.stdout.isatty()
    if not shows_rows:
        entries = _with_progress(entries, store.head()[0], shared.lang)
    rows = rows_of(store, search, entries)
    if save is not None:
        _save(save, rows, form, shared.lang)
        return DONE
    match form:
        case "csv":
            sys.stdout.flush()
            for line in csv_bytes(rows):
                sys.stdout.buffer.write(line)
        case "jsonl":
            for row in rows:
                click.echo(jsonl(row))
        case _:
            print_log(rows, shared.lang)
    return DONE


_PIECE: Final = 1 << 20
"""Bytes of a file that are copied at once."""
_SHOWN_EVERY: Final = 2_000
"""Entries between two looks at the progress: some tenths of a second."""


class _Progress:
    """Shows on standard error, if that is a terminal, how much of the log is read; ``end`` clears it."""

    def __init__(self, total: int, lang: Language) -> None:
        self._is_shown = sys.stderr.isatty()
        self._total, self._lang = total, lang
        self._count = 0

    def step(self, _number: int = 0) -> None:
        """One entry more."""
        self._count += 1
        if self._is_shown and self._count % _SHOWN_EVERY == 0:
            text = say("log_progress", self._lang, count=f"{self._count:,}", total=f"{self._total:,}")
            click.echo(f"\r{text}", err=True, nl=False)

    def end(self) -> None:
        """Clear the line."""
        if self._is_shown and self._count >= _SHOWN_EVERY:
            click.echo("\r\033[K", err=True, nl=False)


def _with_progress(entries: Iterable[Entry], total: int, lang: Language) -> Iterator[Entry]:
    progress = _Progress(total, lang)
    try:
        for entry in entries:
            progress.step()
            yield entry
    finally:
        progress.end()


def _save_recorded(
    file: Path, store: Store, search: LogSearch, author: Author, why: str | None, lang: Language
) -> None:
    """Saves the log in a new file, Excel or CSV by its ending, and with ``why`` the originals; records it first."""
    from worker.config.editing.atomic_write import write_new_file

    _refuse_without_folder(file)
    name = escape_control_chars(str(file))
    if why is not None:
        with export_originals(store, search, author, why) as packed:
            write_new_file(file, iter(partial(packed.read, _PIECE), b""))
        click.echo(say("originals_saved", lang, file=name))
        return
    form = ExportForm.EXCEL if file.suffix.lower() == f".{ExportForm.EXCEL}" else ExportForm.CSV
    write_new_file(file, [export_log(store, search, form, author)])
    click.echo(say("log_saved_by", lang, file=name))


def _refuse_without_folder(file: Path) -> None:
    if not file.parent.is_dir():  # a share that is not mounted, or a slip: no folder is made for it
        raise ConfigError([Problem(str(file), "", "cannot_write", {"detail": os.strerror(errno.ENOENT)})])


def _save(file: Path, rows: Iterable[LogRow], form: str, lang: Language) -> None:
    """Saves the log in a new file of the office, as JSON lines or as CSV; no other program writes beside it.

    The file is made whole or not at all, and none is replaced. Raises ConfigError.
    """
    from worker.config.editing.atomic_write import write_new_file

    _refuse_without_folder(file)
    written = 0

    def counted() -> Iterator[LogRow]:
        nonlocal written
        for row in rows:
            written += 1
            yield row

    lines = (f"{jsonl(row)}\n".encode() for row in counted()) if form == "jsonl" else csv_bytes(counted())
    write_new_file(file, lines)
    click.echo(say("log_saved", lang, file=escape_control_chars(str(file)), count=written))


def print_log(rows: Iterable[LogRow], lang: Language, *, title: str = "") -> None:
    """Prints the log as an auditor reads it on a screen; every column is in the CSV."""
    found = iter(rows)
    first = next(found, None)
    if first is None:
        click.echo(say("no_log", lang))
        return
    names = ("time", "id", "event", "project", "issuer", "to", "subject", "reply", "approved_by", "recorded_by")
    headings = [say(f"h_{name}", lang) for name in names]
    in_one = found if sys.stdout.isatty() else ()  # a terminal's columns are as wide as the widest of all rows
    print_table(headings, (_log_cells(row, lang) for row in (first, *in_one)), title=title)
    for row in found:
        click.echo("\t".join(map(escape_control_chars, _log_cells(row, lang))))


def _log_cells(row: LogRow, lang: Language) -> tuple[str, ...]:
    event, _ = name_row(row, lang)
    return (
        time_text(row.at),
        str(row.id),
        f"{say('rehearsing_short', lang)} {event}" if row.rehearsal else event,
        row.project,
        " ".join(filter(None, (row.issuer, row.section))),
        ", ".join(row.to + row.cc),
        row.subject,
        row.note if row.event in CAME_BACK else row.smtp_reply,
        name_author(row.approved_by, row.approved_for, lang),
        row.recorded_by,
    )


@cli.group()
def audit() -> None:
    """記録（ログ）の検証。"""


@audit.command()
@click.option("--head", "heads", type=_Head(), multiple=True, help="以前に控えた末尾のハッシュ / a head noted earlier")
@json_option
@pass_cli
def verify(shared: Cli, heads: tuple[str, ...], as_json: bool) -> int:
    """検証：記録の連鎖、現況との一致、原本のハッシュ。"""
    store = open_office(shared)[1]
    return print_verdict(store, heads, shared.lang, as_json=as_json)


def print_verdict(store: Store, heads: tuple[str, ...], lang: Language, *, as_json: bool) -> int:
    """Prints the findings of the verification; returns the exit code, which says if the log holds."""
    store.marked_head()  # an unreadable one is refused before the log is read
    progress = _Progress(store.head()[0], lang)
    try:
        verdict = verify_noted(store, heads, account_name(), system_clock().now(), progress.step).verdict
    finally:
        progress.end()
    if as_json:
        print_json(verdict_json(verdict))
    elif not verdict.holds:
        rows = [(name_place(each.code, each.where, lang), name_fault(each.code, lang)) for each in verdict.faults]
        click.echo(say("audit_broken", lang, faults=verdict.fault_count, first=escape_control_chars(rows[0][0])))
        print_table([say("h_name", lang), say("h_problem", lang)], rows)
        if unnamed := verdict.fault_count - len(rows):
            click.echo(say("audit_more", lang, count=unnamed))
    elif not verdict.count:
        click.echo(say("audit_empty", lang))
    else:
        first, last = time_text(verdict.first), time_text(verdict.last)
        click.echo(say("audit_holds", lang, count=verdict.count, first=first, last=last, head=verdict.head))
    return DONE if verdict.holds else FOR_A_PERSON
