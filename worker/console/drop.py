"""PDFを入れる: notices and invoices that people bring from their desk or phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.datastructures import UploadFile
from starlette.responses import Response

from worker.compose.uploads import UploadKind, UploadTarget
from worker.console.visit import Visit, number_in
from worker.core.errors import NotAllowed
from worker.core.messages import next_step
from worker.core.model import INVOICE_TITLES, Entry, Product, Sha256, Submission
from worker.core.states import NoteEvent, State
from worker.pipeline.upload import Uploader, file_invoice, too_large, upload, upload_status
from worker.service.wiring import build_upload_folders
from worker.views.today import way_to_mend
from worker.views.uploads import UploadLine, stage_of
from worker.watch.plan import FILE_LIMIT

UPLOAD_FILES: Final = 10
"""Files of one form: an office drops the notices of a day."""
UPLOAD_BYTES: Final = UPLOAD_FILES * FILE_LIMIT + 1_000_000
"""Bytes of the request: its files, and a megabyte for what is around them."""
UPLOAD_SECONDS: Final = 600
"""Seconds in which it must come: 200 MB over a line of 3 Mbit/s."""
_SHOWN: Final = 20
"""Files that one page shows."""


@dataclass(frozen=True, slots=True)
class _Refused:
    """A file that was not taken, the sentence why, and the submission that has it already."""

    name: str
    sentence: str
    submission: str = ""


def show_drop(visit: Visit) -> Response:
    """The page, with what became of the files that were brought last."""
    named = (number_in(each) for each in visit.query.get("got", "").split(".")[:_SHOWN])
    got = [each for each in named if each is not None]
    return _page(visit, [entry for number in got if (entry := _entry(visit, number)) is not None])


def take_files(visit: Visit) -> Response:
    """Takes each file, or says why not."""
    taken: list[Entry] = []
    refused: list[_Refused] = []
    try:
        target = _target(visit)
    except NotAllowed as wrong:
        return _page(visit, [], [_Refused("", visit.refusal(wrong))], 422)
    for file in visit.form.files.get("pdf", ()):
        name = file.filename or "PDF"
        try:
            taken.append(_take(visit, name, file, target))
        except NotAllowed as wrong:
            received = wrong.params.get("id", "") if wrong.code == "upload_exists" else ""
            refused.append(_Refused(name, visit.refusal(wrong), received))
    if not taken and not refused:
        refused.append(_Refused("", visit.say("upload_none")))
    if refused:
        return _page(visit, taken, refused, 422)
    return visit.go("/drop", got=".".join(str(entry.number) for entry in taken))


def _take(visit: Visit, name: str, file: UploadFile, target: UploadTarget) -> Entry:
    if (file.size or 0) > FILE_LIMIT:
        raise too_large(file.size or 0)
    if not visit.desk.pace.take(visit.person.id, visit.now):
        raise NotAllowed("upload_pace")
    content = file.file.read()
    return visit.desk.read(lambda reader: upload(_uploader(visit), reader, name, content, target))


def _uploader(visit: Visit) -> Uploader:
    office = visit.office
    return Uploader(visit.store, office.active_config, visit.author, *build_upload_folders(office))


def file_brought_invoice(visit: Visit) -> Response:
    """Files an invoice with the project that a person chose."""
    entry = _entry(visit, int(visit.params["id"]))
    if entry is None:
        raise NotAllowed("no_such_submission", id=str(visit.params["id"]))
    try:
        filed = file_invoice(_uploader(visit), Sha256(entry.detail["sha256"]), _target(visit))
    except NotAllowed as wrong:
        return _page(visit, [entry], [_Refused(entry.detail["file"], visit.refusal(wrong))], 422)
    return visit.go("/drop", "filed", got=str(filed.number))


def _target(visit: Visit) -> UploadTarget:
    form = visit.form
    announcement = number_in(form.text("for"))
    product = form.text("product")
    if (form.text("for") and announcement is None) or (product and product not in {each.value for each in Product}):
        raise NotAllowed("upload_no_project")
    return UploadTarget(announcement, form.text("project"), Product(product) if product else None)


def _entry(visit: Visit, number: int) -> Entry | None:
    found = next(visit.store.entries(events=[NoteEvent.UPLOADED], after=number - 1), None)
    return found if found is not None and found.number == number else None


def _page(visit: Visit, entries: list[Entry], refused: list[_Refused] | None = None, status: int = 200) -> Response:
    lines = [_line(visit, entry) for entry in entries]
    wanted = {line.submission for line in lines if line.submission is not None}
    submissions = {number: visit.store.submission(number) for number in wanted}
    projects = visit.office.outline.projects
    announcement = _announcement(visit)
    return visit.page(
        "drop.html",
        status,
        lines=lines,
        refused=refused or [],
        submissions=submissions,
        states={number: visit.state_of(each) for number, each in submissions.items()},
        mends={number: way_to_mend(each) for number, each in submissions.items()},
        steps={number: next_step(each, visit.lang) for number, each in submissions.items()},
        projects=[(each.id, each.name, each.issuer) for each in projects],
        products=tuple(INVOICE_TITLES),
        announcement=announcement,
        download=_download_steps(visit, announcement),
        chosen=visit.form.text("project") or visit.query.get("project", ""),
        chosen_product=visit.form.text("product") or visit.query.get("product", ""),
    )


def _announcement(visit: Visit) -> Submission | None:
    """The announcement for which a notice is brought; None without one, or if it no longer waits."""
    number = number_in(visit.form.text("for") or visit.query.get("for", ""))
    if number is None:
        return None
    found = visit.store.submission(number)
    return found if found.state is State.ANNOUNCED else None


def _download_steps(visit: Visit, announcement: Submission | None) -> tuple[str, ...]:
    """The steps of the guarantor's web service, which its profile names."""
    found = (
        each for each in visit.office.outline.guarantors if announcement and each.id == announcement.notice.guarantor
    )
    return next((each.download for each in found), ())


def _line(visit: Visit, entry: Entry) -> UploadLine:
    status = upload_status(visit.store, entry)
    projects = {each.id: each for each in visit.office.outline.projects}
    project = projects.get(entry.detail["project"])
    is_notice = status.kind is UploadKind.NOTICE
    stage = stage_of(entry, status.submission, visit.now, is_notice=is_notice, is_unfiled=status.is_unfiled)
    issuer = ""
    if project is not None:
        issuer = visit.office.configuration.issuers[project.issuer].name
    return UploadLine(entry, stage, status.submission, project.name if project else "", issuer)
