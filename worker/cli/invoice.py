"""The commands that name the papers of a submission: its invoice, and its other documents."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from worker.cli import cli
from worker.cli.person import Number
from worker.cli.project_edit import RegisterCommand, StartCommand, changes_register
from worker.compose.missing_invoice import name_to_give
from worker.config.defaults import SEPARATE
from worker.config.editing.register import set_documents, set_invoice
from worker.config.files import UnusableFile, read_regular
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.model import Product, Submission
from worker.pipeline.register import MAX_UPLOAD_BYTES, MakeEdit, Paper, check_pdf, name_for_paper


@cli.command("invoice")
@click.argument("number", type=Number(), metavar="SUBMISSION")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--separate", is_flag=True, help="請求書は別途提出する / handed in separately")
@click.option("--none", "is_none", is_flag=True, help="請求書の登録をやめる / name none")
@changes_register(RegisterCommand)
def name_invoice(start: StartCommand, number: int, file: Path | None, separate: bool, is_none: bool) -> int:
    """請求書の登録：PDFを請求書フォルダに保存し、その提出の案件に登録します（別途提出は --separate）。"""
    if sum((file is not None, separate, is_none)) != 1:
        raise click.UsageError("FILE.pdf | --separate | --none")
    run = start()
    submission, project, product = _submission_of(run, number)
    contract_number = submission.notice.contract_number or ""
    if file is None:
        named = SEPARATE if separate else None
        return run.change(lambda content: set_invoice(content, project, product, contract_number, named))
    register = run.office.active_config.register
    wanted = name_to_give(product, contract_number, register.by_id[project], register)
    paper = _paper(run, file, wanted if wanted and "/" not in wanted else file.name)

    def make(names: Sequence[str]) -> MakeEdit:
        return lambda content: set_invoice(content, project, product, contract_number, names[0])

    return run.change_with_papers([paper], make)


@cli.command("documents")
@click.argument("number", type=Number(), metavar="SUBMISSION")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--none", "is_none", is_flag=True, help="ほかに添付する書類はない / none is needed")
@changes_register(RegisterCommand)
def name_documents(start: StartCommand, number: int, files: tuple[Path, ...], is_none: bool) -> int:
    """その他の書類の登録：お知らせ・請求書のほかに添付するPDFを、その提出の案件に登録します（不要なら --none）。"""
    if bool(files) == is_none:
        raise click.UsageError("FILE.pdf… | --none")
    run = start()
    _, project, product = _submission_of(run, number)
    papers = [_paper(run, each, each.name) for each in files]
    return run.change_with_papers(papers, lambda names: lambda content: set_documents(content, project, product, names))


def _submission_of(run: RegisterCommand, number: int) -> tuple[Submission, str, Product]:
    """Raises NotAllowed if the submission has no notice, or no registered project."""
    submission = run.store.submission(number)
    product, project = submission.notice.product, submission.destination.project
    if product is None:
        raise NotAllowed("submission_no_notice", id=str(number))
    if project is None or project not in run.office.active_config.register.by_id:
        raise NotAllowed("submission_no_project", id=str(number))
    return submission, project, product


def _paper(run: RegisterCommand, file: Path, name: str) -> Paper:
    """Returns ``file`` as it is to be named in the invoices folder; as it is if it lies there already."""
    folder, content, place = run.office.places.invoices.resolve(), _read(file), file.resolve()
    check_pdf(content)
    if folder in place.parents:
        return Paper(place.relative_to(folder).as_posix(), None)
    return Paper(name_for_paper(name, "document.pdf"), content)


def _read(file: Path) -> bytes:
    try:
        return read_regular(file, MAX_UPLOAD_BYTES + 1)
    except UnusableFile as unfit:
        if unfit.code == "file_too_large":
            raise NotAllowed("pdf_too_large", limit=f"{MAX_UPLOAD_BYTES // 1_000_000}") from unfit
        raise ConfigError([Problem(str(file), "", unfit.code, unfit.params)]) from unfit
