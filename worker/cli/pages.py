"""First pages of a draft's attachments as text, read by the PDF children: for whoever looks before it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

from worker.core.messages import Language
from worker.core.model import Notice, PdfText, Sha256, Submission, Unreadable
from worker.core.rulebook import Guarantor
from worker.pipeline.invoices import Guarantee, guarantees_in, guarantees_of, look_for
from worker.pipeline.read import read_pdf
from worker.service.wiring import Office, build_reader
from worker.store.ports import Reading
from worker.views.preview import first_page


def read_first_pages(
    submission: Submission, original: Callable[[Sha256], bytes], key: str, lang: Language
) -> dict[str, str]:
    """The first page of each attachment by its hash, ``key`` masked. Raises Unavailable where no child starts."""
    hashes = [each.sha256 for each in submission.draft.attachments] if submission.draft else []
    read = read_pdfs([original(each) for each in hashes])
    return {digest: first_page(text, key, lang) for digest, text in zip(hashes, read, strict=True)}


def read_pdfs(pdfs: list[bytes]) -> list[PdfText | Unreadable]:
    """What each of ``pdfs`` says, one after the other in one child. Raises Unavailable where none starts."""

    async def read() -> list[PdfText | Unreadable]:
        reader = build_reader(1)
        try:
            return [await reader.read(each) for each in pdfs]
        finally:
            await reader.close()

    return asyncio.run(read()) if pdfs else []


def read_one_notice(pdf: bytes, guarantors: tuple[Guarantor, ...]) -> Notice | Unreadable:
    """The notice in ``pdf``, or why there is none. Raises Unavailable where no child starts."""

    async def read() -> Notice | Unreadable:
        reader = build_reader(1)
        try:
            return await read_pdf(reader, pdf, guarantors)
        finally:
            await reader.close()

    return asyncio.run(read())


def look_for_submissions(submissions: Iterable[Submission], office: Office, reading: Reading) -> None:
    """Bring the files that these submissions may carry; a folder that does not answer is told when one is drafted."""
    _look(guarantees_of(submissions, office.in_force, reading), office)


def look_for_notices(notices: Iterable[Notice], office: Office, reading: Reading) -> None:
    """Bring the files that submissions of these notices may carry."""
    _look(guarantees_in(notices, office.in_force, reading), office)


def _look(guarantees: tuple[Guarantee, ...], office: Office) -> None:
    async def look() -> None:
        reader = build_reader(1)
        try:
            await look_for(guarantees, office.in_force, reader)
        finally:
            await reader.close()

    if guarantees:
        asyncio.run(look())
