"""Reading notices: the pool of child processes against the same two engines in this process, file by file.

The same child behind the socket of a reader is the third side. It also gives the time that the check of number and key
on the page (the ink check) adds.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from tests.support.notice_pdfs import NOTICES
from tests.support.reader_socket import reader_socket
from worker.cli.demo.sample_files import sample_pdf
from worker.core.model import Notice
from worker.pipeline.read import read_pdf
from worker.read.pdf import child as pdf_child
from worker.read.pdf.pool import PdfPool
from worker.service.wiring import load_catalogue

ROUNDS: Final = 15
"""Of each file, with all sides in turn: the middle one of 15 does not see a busy moment of the machine."""

_SAMPLES: Final = (
    "notice-contract.pdf",
    "notice-advance.pdf",
    "notice-interim.pdf",
    "notice-unregistered.pdf",
    "invoice-advance.pdf",
    "quotation.pdf",
)


@dataclass(frozen=True, slots=True)
class Read:
    """One file's times, medians in milliseconds."""

    name: str
    size: int
    pool: float
    served: float
    """By a child behind a socket, as under ``hoshobin-reader.socket``."""
    in_process: float
    look: float | None
    """Seconds for the check of the places and the ink of number and key, which follows the reading of a notice."""

    @property
    def ratio(self) -> float:
        """The pool's time divided by the plain script's."""
        return self.pool / self.in_process

    @property
    def ratio_served(self) -> float:
        """The time of a child behind a socket divided by that of the pool's own."""
        return self.served / self.pool


def _files() -> dict[str, bytes]:
    checked_in = {path.name: path.read_bytes() for path in sorted(NOTICES.glob("*.pdf"))}
    return checked_in | {name: sample_pdf(name) for name in _SAMPLES}


async def measure_reading() -> Sequence[Read]:
    """Every file by each way, one child against one loop; a few rounds before count for nothing."""
    pdf_child._import_engines()  # noqa: SLF001  as the child begins
    guarantors = load_catalogue().guarantors
    measured = []
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hoshobin-reader-"))) / "socket"
        stack.enter_context(reader_socket(place))
        pool, served = PdfPool(1), PdfPool(1, reader=place)
        for each in (pool, served):
            stack.push_async_callback(each.close)
            await each.warm()
        for name, content in _files().items():
            notice = await read_pdf(pool, content, guarantors)
            codes = (notice.contract_number, notice.key.clear) if isinstance(notice, Notice) else ()
            turns = [await _each(pool, served, content, codes) for _ in range(ROUNDS + 2)][2:]
            pooled, behind, alone, looked = (median(times) * 1000 for times in zip(*turns, strict=True))
            measured.append(Read(name, len(content), pooled, behind, alone, looked if codes else None))
    return measured


async def _each(
    pool: PdfPool, served: PdfPool, content: bytes, codes: tuple[str, ...]
) -> tuple[float, float, float, float]:
    before = time.perf_counter()
    await served.read(content)
    began = time.perf_counter()
    await pool.read(content)
    pooled = time.perf_counter()
    pdf_child._answer(content, (), pdf_child._Pdfium())  # noqa: SLF001  the very function that the child calls
    alone = time.perf_counter()
    if codes:
        await pool.locate(content, codes)
    return pooled - began, began - before, alone - pooled, time.perf_counter() - alone
