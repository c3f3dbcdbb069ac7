"""Records an attempt that was deferred, lost its connection, or was a rehearsal.

A mail that certainly did not leave is sent again after the usual delay. A mail that may have left is never sent again
automatically.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping

from worker.approve.reevaluate import ActiveConfig, evidence_of_news, keep_contents, reevaluate, treat_unread_as_missing
from worker.core.alarms import alarm_fingerprint
from worker.core.model import Submission
from worker.core.states import AlarmCause, Event, NoteEvent, State
from worker.send.rate_limit import asked_delay
from worker.send.smtp_verdicts import retry_delay
from worker.store.ports import Author, Writing
from worker.watch.ports import InvoiceSnapshot


def defer(
    writing: Writing, before: Submission, reply: str, author: Author, detail: Mapping[str, str], now: dt.datetime
) -> Submission:
    """Records APPROVED again, due after the usual delay or the longer one that the server asked for: nothing left."""
    deferrals = before.delivery.deferrals + 1
    due = now + max(retry_delay(deferrals), asked_delay(reply) or dt.timedelta())
    after = dataclasses.replace(
        before,
        state=State.APPROVED,
        approval=dataclasses.replace(before.approval, due_at=due),
        delivery=dataclasses.replace(before.delivery, deferrals=deferrals, reply=reply),
    )
    return writing.change(Event.NOT_NOW, before, after, author, {**detail, "next_try_at": due.isoformat()})


def note_no_reply(writing: Writing, before: Submission, why: str, author: Author, detail: Mapping[str, str]) -> None:
    """Records that no answer will come, and alarms the operator; the state stays IN_DOUBT."""
    writing.note(NoteEvent.NO_ANSWER, before.id, author, detail, {"silent": why, "reply": why})
    writing.raise_alarm(AlarmCause.IN_DOUBT, [before.id], alarm_fingerprint(before))


def note_late_answer(
    writing: Writing,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    number: int,
    answer: str,
    author: Author,
    detail: Mapping[str, str],
    now: dt.datetime,
    *,
    is_acceptance: bool,
) -> None:
    """Records an SMTP reply that came after the submission was already resolved. The state does not change.

    The operator is alarmed if it differs from the recorded outcome. If a person stated meanwhile that nothing left, an
    acceptance holds the submission again, so that no earlier approval sends it a second time.
    """
    writing.note(NoteEvent.ANSWER_AFTERWARDS, number, author, detail)
    before = writing.submission(number)
    if is_acceptance and before.state in {State.HELD, State.APPROVED}:
        event = Event.HELD if before.state is State.APPROVED else Event.REDRAFTED
        late = evidence_of_news("answer", answer, now)
        known = dataclasses.replace(
            before,
            delivery=dataclasses.replace(before.delivery, late_answer=late),
            approval=dataclasses.replace(before.approval, released_draft="", due_at=None),
        )
        drafted = reevaluate(known, active_config, treat_unread_as_missing(invoices), writing, now)
        keep_contents(writing, drafted)
        writing.change(event, before, drafted.submission, author, detail)
    agrees = before.delivery.reply == answer or (is_acceptance and before.delivery.sent_at is not None)
    if not agrees:
        writing.raise_alarm(AlarmCause.LATE_ANSWER, [], f"{number}: {answer}")


def end_rehearsal(
    writing: Writing,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    ended: Submission,
    author: Author,
    detail: Mapping[str, str],
    now: dt.datetime,
) -> Submission:
    """Records the end of a rehearsal: the submission is HELD ``rehearsed`` and was not submitted.

    An unreachable invoice folder must not prevent that: the draft is reevaluated later.
    """
    before = writing.submission(ended.id)
    went_to = ended.composed.draft.recipients if ended.composed.draft else ()
    rehearsed = dataclasses.replace(
        ended,
        delivery=dataclasses.replace(
            ended.delivery,
            rehearsals=ended.delivery.rehearsals + 1,
            rehearsed_to=tuple(dict.fromkeys((*ended.delivery.rehearsed_to, *went_to))),
            deferrals=0,
            letter_sha256=None,
        ),
        approval=dataclasses.replace(ended.approval, released_draft="", due_at=None),
    )
    drafted = reevaluate(rehearsed, active_config, treat_unread_as_missing(invoices), writing, now)
    keep_contents(writing, drafted)
    held = writing.change(
        Event.REHEARSAL_ENDED,
        before,
        drafted.submission,
        author,
        {**detail, "letter": ended.delivery.letter_sha256 or ""},
    )
    writing.raise_alarm(AlarmCause.BEGAN_TO_WAIT, [held.id], alarm_fingerprint(held))
    return held
