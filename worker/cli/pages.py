"""Reads PDFs for a command, with a reader of its own: a notice, the first pages of attachments, the invoices."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from worker.approve.reevaluate import ActiveConfig
from worker.compose.attachments import Guarantee
from worker.core.errors import ConfigError, Problem
from worker.core.messages import Language
from worker.core.model import CodePositions, Notice, PdfText, Sha256, Submission, Unreadable
from worker.core.rulebook import Guarantor
from worker.core.text import is_windows_path
from worker.pipeline.invoices import with_invoices
from worker.views.preview import page_text
from worker.watch.ports import InvoiceSnapshot

if TYPE_CHECKING:
    from worker.read.archives import Unpacked
    from worker.read.ports import LanedReader, PdfReader

T = TypeVar("T")


def read_given_pdf(file: Path) -> bytes:
    """Returns the file's bytes, one more than the limit of a PDF at most. Raises ConfigError."""
    from worker.watch.plan import FILE_LIMIT  # it loads what reads mails, which ``show`` does without

    try:
        with file.open("rb") as opened:
            return opened.read(FILE_LIMIT + 1)
    except OSError as error:
        code = "windows_path" if is_windows_path(str(file)) else "cannot_read"
        raise ConfigError([Problem(str(file), "", code, {"detail": error.strerror or ""})]) from error


def read_first_pages(
    submission: Submission, original: Callable[[Sha256], bytes], key: str, lang: Language
) -> dict[str, str]:
    """Returns the first page of each attachment by its hash, ``key`` masked. Raises Unavailable if no child starts."""
    hashes = [each.sha256 for each in submission.composed.attachments]
    read = read_pdfs([original(each) for each in hashes])
    return {digest: page_text(text, 0, key, lang) for digest, text in zip(hashes, read, strict=True)}


def read_pdfs(pdfs: list[bytes]) -> list[PdfText | Unreadable]:
    """Reads ``pdfs`` one after the other in one child. Raises Unavailable if none starts."""

    async def read(reader: PdfReader) -> list[PdfText | Unreadable]:
        return [await reader.read(each) for each in pdfs]

    return with_reader(read) if pdfs else []


def read_one_notice(pdf: bytes, guarantors: tuple[Guarantor, ...]) -> Notice | Unreadable:
    """Returns the notice in ``pdf``, or the reason against it. Raises Unavailable if no child starts."""
    from worker.pipeline.read import read_pdf

    return with_reader(lambda reader: read_pdf(reader, pdf, guarantors))


class _LateReader:
    """A reader that is built when it is first asked: most commands read no PDF, and building loads what reads one."""

    def __init__(self) -> None:
        self._built: LanedReader | None = None

    def _reader(self) -> LanedReader:
        if self._built is None:
            from worker.service.readers import build_reader  # most commands show no page

            self._built = build_reader(1)
        return self._built

    async def read(self, pdf: bytes) -> PdfText | Unreadable:
        return await self._reader().read(pdf)

    async def locate(self, pdf: bytes, codes: tuple[str, ...]) -> CodePositions | Unreadable:
        return await self._reader().locate(pdf, codes)

    async def unpack(self, content: bytes) -> Unpacked:
        return await self._reader().unpack(content)

    async def close(self) -> None:
        """Ends its children, if it has any."""
        if self._built is not None:
            await self._built.close()


def with_reader(act: Callable[[PdfReader], Coroutine[Any, Any, T]]) -> T:
    """Runs ``act`` with a reader of its own; no child starts before something is read."""
    import asyncio

    async def run() -> T:
        reader = _LateReader()
        try:
            return await act(reader)
        finally:
            await reader.close()

    return asyncio.run(run())


def with_invoices_of(
    active_config: ActiveConfig, wanted: Callable[[], Iterable[Guarantee]], decide: Callable[[InvoiceSnapshot], T]
) -> T:
    """Returns the decision of ``decide`` on the files that the guarantees ``wanted`` may carry."""
    return with_reader(lambda reader: with_invoices(wanted, active_config, reader, decide))
