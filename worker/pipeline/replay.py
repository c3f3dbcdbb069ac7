"""Replays stored notices under a changed configuration: each submission that would be drafted otherwise. No writing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from worker.approve.reevaluate import ActiveConfig, reevaluate, treat_unread_as_missing
from worker.compose.attachments import guarantees_of
from worker.core.model import Submission
from worker.pipeline.invoices import load_invoices
from worker.read.ports import PdfReader
from worker.store.ports import Reading, Store
from worker.views.rule_replay import DraftDifference, OtherSecret, differences
from worker.watch.ports import InvoiceSnapshot


@dataclass(frozen=True, slots=True)
class DifferingSubmission:
    """One submission that the changed configuration drafts otherwise."""

    submission: Submission
    found: tuple[DraftDifference, ...]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The outcome of a replay."""

    tried: int
    differing: tuple[DifferingSubmission, ...]


async def replay(
    store: Store,
    before: ActiveConfig,
    after: ActiveConfig,
    reader: PdfReader,
    now: dt.datetime,
    limit: int,
    is_wanted: Callable[[Submission], bool] = lambda _: True,
) -> Replayed:
    """Drafts the newest ``limit`` wanted submissions under both configurations.

    Raises Unavailable if no child can be started.
    """
    readable = (each for each in store.walk_backwards() if _has_notice(each) and is_wanted(each))
    tried = list(islice(readable, limit))
    wanted = (*guarantees_of(tried, before.register, store), *guarantees_of(tried, after.register, store))
    invoices = treat_unread_as_missing(await load_invoices(wanted, after, reader))
    return Replayed(len(tried), tuple(_differing(tried, store, before, after, invoices, now)))


def _has_notice(submission: Submission) -> bool:
    return submission.notice.pdf_sha256 is not None and submission.notice.refusal is None


def _differing(
    tried: Sequence[Submission],
    store: Store,
    before: ActiveConfig,
    after: ActiveConfig,
    invoices: InvoiceSnapshot,
    now: dt.datetime,
) -> Iterator[DifferingSubmission]:
    known: Reading = OtherSecret(store)
    for submission in tried:
        notice = store.notice(submission.notice.pdf_sha256) if submission.notice.pdf_sha256 else None
        if notice is None:
            continue
        drafts = (
            reevaluate(submission, before, invoices, known, now),
            reevaluate(submission, after, invoices, known, now),
        )
        if found := differences(*drafts, notice.key.clear):
            yield DifferingSubmission(submission, found)
