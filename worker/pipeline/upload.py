"""upload: takes a PDF that a person brings, a notice or an invoice, records who brought it, and files it.

The entry is written before the file appears. A notice goes into the notices folder. The service finds it there and, by
its hash, the person who brought it. An invoice goes into its project's folder among the invoices; one whose project is
not known waits in a folder of its own until a person says whose it is.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.compose.uploads import JudgedUpload, UploadKind, UploadTarget, judge_upload, place_of_invoice
from worker.core.errors import NotAllowed
from worker.core.file_names import name_for_folder
from worker.core.model import JST, Disposition, Entry, Notice, Product, Sha256, sha256
from worker.core.states import NoteEvent, State
from worker.core.text import hide_codes
from worker.pipeline.read import read_pdf
from worker.read.pdf_bytes import begins_as_pdf, fault_of
from worker.read.ports import PdfReader
from worker.store.ports import Author, Store
from worker.watch.plan import FILE_LIMIT
from worker.watch.ports import UploadFolder

WAITING_BYTES: Final = 500_000_000
"""Bytes of files that wait for the service or for a person: an office brings some 20 MB a day."""
UNFILED: Final = "案件未定"
"""The folder of the invoices whose project is not known yet."""


@dataclass(frozen=True, slots=True)
class Uploader:
    """A person who brings files, and what taking them needs."""

    store: Store
    active_config: ActiveConfig
    author: Author
    notices: UploadFolder
    invoices: UploadFolder


@dataclass(frozen=True, slots=True)
class UploadStatus:
    """The result of an upload so far."""

    entry: Entry
    submission: int | None
    """The submission of the notice, or one that carries the invoice."""
    is_unfiled: bool
    """True for an invoice of which a person must say whose it is."""

    @property
    def kind(self) -> UploadKind:
        """A notice or an invoice."""
        return UploadKind(self.entry.detail["brought_as"])


async def upload(
    by: Uploader, reader: PdfReader, name: str, content: bytes, target: UploadTarget | None = None
) -> Entry:
    """Takes the file ``name`` and returns its entry. Raises NotAllowed ``upload_…`` or ``file_empty``, Unavailable."""
    target = target or UploadTarget()
    _check_target(by, target)
    _check_bytes(content)
    digest = sha256(content)
    _refuse_known(by, digest)
    if sum(_waiting(by)) + len(content) > WAITING_BYTES:
        raise NotAllowed("upload_full")
    judged = await _judge(content, target, by.active_config, reader)
    if judged.kind is UploadKind.INVOICE and target.announcement is not None:
        raise NotAllowed("upload_no_notice")
    folder, own = "", name_for_folder(name)
    if judged.kind is UploadKind.INVOICE:
        folder, own = _place(by, judged) if target.is_invoice else (UNFILED, own)
    entry = _record(by, name, content, judged, folder, target)
    (by.notices if judged.kind is UploadKind.NOTICE else by.invoices).put(folder, own, content)
    return entry


def file_invoice(by: Uploader, digest: Sha256, target: UploadTarget) -> Entry:
    """Files an invoice that waits for its project. Raises NotAllowed, Unavailable."""
    _check_target(by, target)
    if not target.is_invoice:
        raise NotAllowed("upload_no_project")
    brought = [each for each in by.store.uploads(digest) if each.detail["brought_as"] == UploadKind.INVOICE]
    found = _find(by.invoices, UNFILED, digest, brought[-1]) if brought else None
    if found is None:
        raise NotAllowed("upload_filed")
    path, content = found
    judged = JudgedUpload(UploadKind.INVOICE, target.project, target.product, amount=brought[-1].detail.get("amount"))
    folder, name = _place(by, judged)
    entry = _record(by, brought[-1].detail["file"], content, judged, folder, target)
    by.invoices.put(folder, name, content)
    by.invoices.remove(path)
    return entry


def upload_status(store: Store, entry: Entry) -> UploadStatus:
    """Returns what became of the file that ``entry`` brought."""
    digest = Sha256(entry.detail["sha256"])
    detail = store.uploads(digest)[-1].detail
    if entry.detail["brought_as"] == UploadKind.NOTICE:
        taken = [each.id for each in store.by_pdf(digest)]
        taken += [number for row in store.files_of(digest) for number in row.submissions]
        return UploadStatus(entry, taken[-1] if taken else None, is_unfiled=False)
    project, product = detail.get("project", ""), detail.get("product", "")
    carrying: list[int] = []
    if project and product:
        carrying = [
            each.id
            for each in store.of_project(project, Product(product))
            if each.composed.draft and any(one.sha256 == digest for one in each.composed.draft.attachments)
        ]
    return UploadStatus(entry, carrying[-1] if carrying else None, is_unfiled=detail["folder"] == UNFILED)


def _check_target(by: Uploader, target: UploadTarget) -> None:
    if target.announcement is not None and by.store.submission(target.announcement).state is not State.ANNOUNCED:
        raise NotAllowed("upload_not_awaited", id=str(target.announcement))
    if target.project and target.project not in by.active_config.register.by_id:
        raise NotAllowed("upload_no_project")


def too_large(size: int) -> NotAllowed:
    """Returns the refusal of a file of ``size`` bytes."""
    return NotAllowed("upload_too_large", size=f"{size / 1_000_000:.1f}", most=FILE_LIMIT // 1_000_000)


def _check_bytes(content: bytes) -> None:
    if len(content) > FILE_LIMIT:
        raise too_large(len(content))
    if not content:
        raise NotAllowed("file_empty")
    if not begins_as_pdf(content):
        raise NotAllowed("upload_not_pdf")
    if fault_of(content):
        raise NotAllowed("upload_unreadable")


def _refuse_known(by: Uploader, digest: Sha256) -> None:
    """Refuses a file that is here: one that became a submission, or one that was brought and still lies in its folder.

    A file that was recorded and never saved, because the process ended between the two, may be brought again.
    """
    numbers = [each.id for each in by.store.by_pdf(digest)]
    brought = by.store.uploads(digest)
    if numbers:
        at = brought[0].at if brought else by.store.submission(numbers[0]).created_at
        raise NotAllowed("upload_exists", at=_moment(at), id=str(numbers[0]))
    if brought and _lies_there(by, digest, brought[-1]):
        raise NotAllowed("upload_brought", at=_moment(brought[-1].at), by=brought[-1].by)


def _moment(at: dt.datetime | None) -> str:
    return f"{at.astimezone(JST):%-m/%-d %H:%M}" if at else "-"


def _lies_there(by: Uploader, digest: Sha256, entry: Entry) -> bool:
    if entry.detail["brought_as"] == UploadKind.NOTICE:
        return _find(by.notices, "", digest, entry) is not None
    return _find(by.invoices, entry.detail["folder"], digest, entry) is not None


def _find(upload_folder: UploadFolder, folder: str, digest: Sha256, entry: Entry) -> tuple[str, bytes] | None:
    """The file of ``entry`` in ``folder``, by its size and its hash."""
    for path, size in upload_folder.sizes(folder).items():
        if size == entry.detail["bytes"]:
            content = upload_folder.take(path)
            if content is not None and sha256(content) == digest:
                return path, content
    return None


def _waiting(by: Uploader) -> Iterator[int]:
    """The sizes of the files that the service has not taken, and of the invoices without a project."""
    saved = by.notices.sizes("")
    rows = by.store.files(saved)
    yield from (size for name, size in saved.items() if name not in rows or rows[name].end is Disposition.PENDING)
    yield from by.invoices.sizes(UNFILED).values()


async def _judge(content: bytes, target: UploadTarget, active_config: ActiveConfig, reader: PdfReader) -> JudgedUpload:
    read = await read_pdf(reader, content, active_config.configuration.guarantors)
    text = None if isinstance(read, Notice) else await reader.read(content)
    judged = judge_upload(read, text, target, active_config.register)
    if isinstance(judged, str):
        raise NotAllowed(judged)
    return judged


def _record(by: Uploader, name: str, content: bytes, judged: JudgedUpload, folder: str, target: UploadTarget) -> Entry:
    detail: dict[str, object] = {
        "file": hide_codes(f"{name_for_folder(name)}.pdf"),
        "sha256": sha256(content),
        "bytes": len(content),
        "brought_as": judged.kind.value,
        "project": judged.project,
        "product": judged.product.value if judged.product else "",
        "name": judged.name,
        "number": judged.number,
    }
    if judged.amount is not None:
        detail["amount"] = judged.amount
    if target.announcement is not None:
        detail["announcement"] = target.announcement
    if judged.kind is UploadKind.INVOICE:
        detail["folder"] = folder
    with by.store.writing() as writing:
        return writing.note(NoteEvent.UPLOADED, None, by.author, detail)


def _place(by: Uploader, judged: JudgedUpload) -> tuple[str, str]:
    """Returns folder and name of an invoice whose project is known. Raises NotAllowed."""
    if judged.product is None:
        raise NotAllowed("upload_no_project")
    register = by.active_config.register
    project = register.by_id[judged.project]
    number = _number_of(by.store, project.id, judged.product) or next(iter(project.numbers_of(judged.product)), "")
    return place_of_invoice(project, judged.product, number, register)


def _number_of(store: Store, project: str, product: Product) -> str:
    """The number of the newest submission of this guarantee."""
    found = store.newest_standing([(project, product)]).get((project, product))
    return (found.notice.contract_number or "") if found else ""
