"""Inspects a submission for the person who decides on it: its checks of this moment, near misses, first pages.

Nothing is recorded. The invoices and the first pages are read as for a draft.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from worker.approve.earlier_mail import Likeness, find_likeness
from worker.approve.reevaluate import ActiveConfig, reevaluate, treat_unread_as_missing
from worker.compose.attachments import guarantees_of
from worker.compose.checks import Check
from worker.compose.missing_invoice import MissingInvoice
from worker.core.messages import Language
from worker.core.model import JST, Notice, Submission
from worker.core.states import STILL_JUDGED, State
from worker.match.near_matches import NearMiss, near_misses_of
from worker.pipeline.invoices import explain_missing, with_invoices
from worker.send.rate_limit import leaves_at
from worker.store.ports import Store
from worker.views.preview import SubmissionView, page_text

if TYPE_CHECKING:  # a command shows without the readers
    from worker.read.ports import PdfReader


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of this moment about one submission."""

    checks: tuple[Check, ...] = ()
    near: tuple[NearMiss, ...] = ()
    missing: MissingInvoice | None = None
    likeness: Likeness | None = None


async def inspect(
    submission: Submission,
    active_config: ActiveConfig,
    store: Store,
    reader: PdfReader,
    now: dt.datetime,
    lang: Language,
) -> tuple[SubmissionView, Notice | None]:
    """Returns the submission with everything that a person checks, its key masked; and its notice.

    Raises Unavailable if no child can be started.
    """
    notice = store.notice(submission.notice.pdf_sha256) if submission.notice.pdf_sha256 else None
    key = notice.key.clear if notice else ""
    body = store.original(submission.composed.draft.body_sha256).decode() if submission.composed.draft else ""
    judged = await judge_now(submission, active_config, store, reader, now)
    pages: dict[str, str] = {}
    for each in submission.composed.attachments if submission.state in STILL_JUDGED else ():
        pages[each.sha256] = page_text(await reader.read(store.original(each.sha256)), 0, key, lang)
    hours = active_config.configuration.settings.hours
    return (
        SubmissionView(
            submission,
            body.replace(key, str(notice.key)) if notice else body,
            judged.checks,
            judged.near,
            pages,
            now.astimezone(JST).date(),
            leaves_at(submission, hours, now) if submission.state is State.APPROVED else None,
            judged.missing,
            judged.likeness,
        ),
        notice,
    )


async def judge_now(
    submission: Submission, active_config: ActiveConfig, store: Store, reader: PdfReader, now: dt.datetime
) -> Findings:
    """Returns the checks of a submission, the projects that lie near, its missing invoice and the mail before it."""
    checks: tuple[Check, ...] = ()
    if submission.state in STILL_JUDGED and submission.notice.pdf_sha256 and store.notice(submission.notice.pdf_sha256):
        checks = await with_invoices(
            lambda: guarantees_of([submission], active_config.register, store),
            active_config,
            reader,
            lambda invoices: (
                reevaluate(submission, active_config, treat_unread_as_missing(invoices), store, now).checks
            ),
        )
    near = near_misses_of(submission, store, active_config.register) if submission.reasons else ()
    is_held = submission.state is State.HELD
    missing = await explain_missing([submission], active_config, reader, store) if is_held else {}
    likeness = find_likeness(submission, store, active_config)
    return Findings(checks, near, missing.get(submission.id), likeness)
