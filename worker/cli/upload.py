"""The command that takes PDFs as the console's page does: upload."""

from __future__ import annotations

from pathlib import Path

import click

from worker.cli import DONE, FOR_A_PERSON, Cli, cli, json_option, pass_cli
from worker.cli.pages import read_given_pdf, with_reader
from worker.cli.person import PersonCommand
from worker.cli.tables import print_json
from worker.compose.uploads import UploadTarget
from worker.core.errors import NotAllowed
from worker.core.messages import Language, say, say_refusal
from worker.core.model import INVOICE_TITLES, Entry, Product, sha256
from worker.core.text import escape_control_chars
from worker.pipeline.upload import Uploader, file_invoice, upload, upload_status
from worker.service.wiring import build_upload_folders
from worker.store.ports import Store
from worker.views.register_json import refused_upload_json, upload_json


@cli.command("upload")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE...")
@click.option("--by", required=True, metavar="NAME", help="持ち込んだ方の氏名 / who brings it")
@click.option("--for", "announcement", type=int, default=None, metavar="ID", help="発行完了メールの番号 / announcement")
@click.option("--project", default="", metavar="ID", help="請求書の案件 / the invoice's project")
@click.option(
    "--product",
    type=click.Choice([each.value for each in INVOICE_TITLES]),
    default=None,
    help="請求書の保証の種類 / the invoice's kind of guarantee",
)
@json_option
@pass_cli
def take_uploads(
    shared: Cli,
    files: tuple[Path, ...],
    by: str,
    announcement: int | None,
    project: str,
    product: str | None,
    as_json: bool,
) -> int:
    """PDFの持込み：お知らせか請求書のPDFを、持ち込んだ方の氏名を記録して受け付けます（複数可）。"""
    office, author, store = PersonCommand(shared, by, as_json).open()
    uploader = Uploader(store, office.active_config, author, *build_upload_folders(office))
    target = UploadTarget(announcement, project, Product(product) if product else None)
    code = DONE
    for file in files:
        content = read_given_pdf(file)
        try:
            entry = _take(uploader, file.name, content, target)
        except NotAllowed as refused:
            code = FOR_A_PERSON
            message = say_refusal(refused.code, shared.lang, **refused.params)
            if as_json:
                print_json(refused_upload_json(file.name, refused.code, message))
            else:
                click.echo(f"{escape_control_chars(file.name)}: {message}", err=True)
            continue
        _report(store, entry, shared.lang, as_json=as_json)
    return code


def _take(by: Uploader, name: str, content: bytes, target: UploadTarget) -> Entry:
    """Takes the file; one that waits without a project is filed with the one that is named now."""
    brought = by.store.uploads(sha256(content))
    if target.is_invoice and brought and upload_status(by.store, brought[-1]).is_unfiled:
        return file_invoice(by, sha256(content), target)
    return with_reader(lambda reader: upload(by, reader, name, content, target))


def _report(store: Store, entry: Entry, lang: Language, *, as_json: bool) -> None:
    status = upload_status(store, entry)
    if as_json:
        print_json(upload_json(entry, is_unfiled=status.is_unfiled))
        return
    kind = say(f"upload_kind_{status.kind.value}", lang)
    click.echo(escape_control_chars(say("upload_took", lang, file=entry.detail["file"], kind=kind)))
    if status.is_unfiled:
        click.echo(say("upload_unfiled", lang))
