"""The one look at the invoices folder that a command needs before it drafts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from worker.core.model import Notice, Submission
from worker.pipeline.invoices import Guarantee, guarantees_in, guarantees_of, look_for
from worker.read.pdf.pool import PdfPool
from worker.service.wiring import Office
from worker.store.ports import Reading


def look_for_submissions(submissions: Iterable[Submission], office: Office, reading: Reading) -> None:
    """Bring the files that these submissions may carry; a folder that does not answer is told when one is drafted."""
    _look(guarantees_of(submissions, office.in_force, reading), office)


def look_for_notices(notices: Iterable[Notice], office: Office, reading: Reading) -> None:
    """Bring the files that submissions of these notices may carry."""
    _look(guarantees_in(notices, office.in_force, reading), office)


def _look(guarantees: tuple[Guarantee, ...], office: Office) -> None:
    async def look() -> None:
        reader = PdfPool(1)
        try:
            await look_for(guarantees, office.in_force, reader)
        finally:
            await reader.close()

    if guarantees:
        asyncio.run(look())
