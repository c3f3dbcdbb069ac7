"""A person's decisions that draft again: each loads the invoices that it needs."""

from __future__ import annotations

import datetime as dt

from worker.approve import decisions
from worker.approve.decisions import Approval
from worker.approve.reevaluate import ActiveConfig
from worker.compose.attachments import guarantees_of
from worker.core.model import Hold, Submission
from worker.pipeline.invoices import with_invoices
from worker.read.ports import PdfReader
from worker.store.ports import Author, Store


async def approve(
    store: Store, active_config: ActiveConfig, reader: PdfReader, approval: Approval
) -> tuple[Submission, tuple[Hold, ...]]:
    """As ``decisions.approve``. Raises NotAllowed, Unavailable."""
    return await with_invoices(
        lambda: guarantees_of([store.submission(approval.number)], active_config.register, store),
        active_config,
        reader,
        lambda invoices: decisions.approve(store, active_config, invoices, approval),
    )


async def resolve_not_sent(
    store: Store, active_config: ActiveConfig, reader: PdfReader, number: int, author: Author, now: dt.datetime
) -> Submission:
    """As ``decisions.resolve_not_sent``. Raises NotAllowed, Unavailable."""
    return await with_invoices(
        lambda: guarantees_of([store.submission(number)], active_config.register, store),
        active_config,
        reader,
        lambda invoices: decisions.resolve_not_sent(store, active_config, invoices, number, author, now),
    )


async def resend(
    store: Store,
    active_config: ActiveConfig,
    reader: PdfReader,
    number: int,
    author: Author,
    why: str,
    now: dt.datetime,
) -> Submission:
    """As ``decisions.resend``. Raises NotAllowed, Unavailable."""
    return await with_invoices(
        lambda: guarantees_of([store.submission(number)], active_config.register, store),
        active_config,
        reader,
        lambda invoices: decisions.resend(store, active_config, invoices, number, author, why, now),
    )
