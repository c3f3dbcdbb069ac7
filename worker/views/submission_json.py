"""The JSON fields of ``--json`` for submissions, their tasks, their history and the log.

A field never changes its name or its meaning, and no key is among them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from worker.core.messages import Language, name_evidence
from worker.core.model import JST, Entry, HealthRecord, Notice, Submission
from worker.core.states import State
from worker.views.actions import Action
from worker.views.commands import command_line
from worker.views.preview import SubmissionView, hold_json, receipt_json, view_json
from worker.views.tasks import Task

if TYPE_CHECKING:
    from worker.audit.verify import LogVerdict


def time_json(moment: dt.datetime | None) -> str | None:
    """A moment as programs read it: ISO 8601 with +09:00."""
    return moment.astimezone(JST).isoformat() if moment else None


def submission_json(submission: Submission, lang: Language = "ja") -> dict[str, Any]:
    """Returns the fixed fields of ``list`` and ``show``; codes and values are the same in every language."""
    draft = submission.composed.draft
    reasons = [hold.reason.value for hold in submission.reasons]
    (amount, amount_from), (date, date_from) = submission.invoice_amount, submission.invoice_date
    return {
        "id": submission.id,
        "label": submission.label,
        "state": submission.state.value,
        "hold_reason": reasons[0] if reasons else None,
        "hold_reasons": reasons,
        "issuer": submission.destination.issuer,
        "issuer_name": submission.destination.issuer_name or None,
        "product": submission.notice.product.value if submission.notice.product else None,
        "project": submission.destination.project_name or None,
        "contract_number": submission.notice.contract_number,
        "to": list(draft.to) if draft else [],
        "subject": draft.subject if draft else None,
        "message_id": draft.message_id if draft else None,
        "proven": submission.source.proven,
        "evidence": name_evidence(submission.source.evidence, lang) or None,
        "evidence_params": None if isinstance(submission.source.evidence, str) else submission.source.evidence.plain(),
        "rehearsal": submission.is_rehearsal,
        "due_at": time_json(submission.approval.due_at if submission.state is State.APPROVED else None),
        "sent_at": time_json(submission.delivery.sent_at),
        "smtp_reply": submission.delivery.reply or None,
        "receipts": [receipt_json(each) for each in submission.delivery.receipts],
        "unread": [receipt_json(each) for each in submission.delivery.unread],
        "updated_at": time_json(submission.updated_at),
        "invoice_amount": amount,
        "invoice_amount_from": amount_from or None,
        "invoice_date": date.isoformat() if date else None,
        "invoice_date_from": date_from or None,
    }


def listed_json(
    submission: Submission, sends_at: dt.datetime | None, correction: int | None, lang: Language = "ja"
) -> dict[str, Any]:
    """Returns the fixed fields of one line of ``list``; ``correction`` is the submission that was sent in its place."""
    return {**submission_json(submission, lang), "sends_at": time_json(sends_at), "resubmitted_as": correction}


def shown_json(
    seen: SubmissionView,
    sends_at: dt.datetime | None,
    linked: Iterable[Submission],
    entries: Iterable[Entry],
    lang: Language = "ja",
) -> dict[str, Any]:
    """Returns the fixed fields of ``show``."""
    return {
        **submission_json(seen.submission, lang),
        "sends_at": time_json(sends_at),
        "hold_details": [hold_json(hold, lang) for hold in seen.submission.reasons],
        **view_json(seen, lang),
        "linked": [submission_json(each, lang) for each in linked],
        "entries": [entry_json(each) for each in entries],
    }


def decided_json(submission: Submission, lang: Language = "ja", *, is_running: bool | None = None) -> dict[str, Any]:
    """Returns the fixed fields of a decision; ``is_running`` says whether the service will act on it."""
    return {**submission_json(submission, lang), **({} if is_running is None else {"service_running": is_running})}


def notice_json(notice: Notice) -> dict[str, Any]:
    """Returns the fixed fields of ``read``, the key in clear: the person who reads the PDF sees it."""
    return {
        "project_name": notice.project_name,
        "contractor_name": notice.contractor_name,
        "product": notice.product.value,
        "contract_number": notice.contract_number,
        "key": notice.key.clear,
        "guarantor": notice.guarantor,
    }


def summary_json(submission: Submission, lang: Language = "ja") -> dict[str, Any]:
    """Returns the same as JSON, with the label of the present draft."""
    draft = submission.composed.draft
    return {
        "label": submission.label,
        "to": list(draft.to) if draft else [],
        "cc": list(draft.cc) if draft else [],
        "subject": draft.subject if draft else None,
        "attachments": [each.filename for each in draft.attachments] if draft else [],
        "hold_details": [hold_json(hold, lang) for hold in submission.reasons],
    }


def preview_json(seen: SubmissionView, lang: Language = "ja") -> dict[str, Any]:
    """Returns the fixed fields of ``preview``, the notice before it comes in."""
    submission = seen.submission
    draft = submission.composed.draft
    reasons = [hold.reason.value for hold in submission.reasons]
    return {
        "state": submission.state.value,
        "hold_reason": reasons[0] if reasons else None,
        "hold_reasons": reasons,
        "hold_details": [hold_json(hold, lang) for hold in submission.reasons],
        "issuer": submission.destination.issuer,
        "section": submission.destination.section or None,
        "to": list(draft.to) if draft else [],
        "cc": list(draft.cc) if draft else [],
        "subject": draft.subject if draft else None,
        "body": seen.body or None,
        "attachments": [
            {"filename": each.filename, "bytes": each.size, "sha256": each.sha256} for each in draft.attachments
        ]
        if draft
        else [],
        "rehearsal": submission.is_rehearsal,
        "id": submission.id or None,
        **view_json(seen, lang),
    }


def entry_json(entry: Entry) -> dict[str, Any]:
    """The fixed fields of one entry."""
    return {
        "number": entry.number,
        "at": time_json(entry.at),
        "event": entry.event,
        "by": entry.by,
        "account": entry.account,
        "detail": dict(entry.detail),
        "set": dict(entry.set),
    }


def ledger_json(look: HealthRecord) -> dict[str, Any]:
    """The messages of a mailbox against its ledger; nothing of what has none."""
    if look.counted_at is None:
        return {}
    return {
        "in_window": look.in_window,
        "gap": look.gap,
        "counted_at": time_json(look.counted_at),
        "taken_from": time_json(look.taken_from),
        "left": look.left,
        "left_alike": look.left_alike,
        "left_unseen": look.left_unseen,
    }


def listed_task_json(task: Task, lang: Language, taken_by: str = "", *, is_running: bool) -> dict[str, Any]:
    """Returns the fixed fields of one line of ``tasks``; ``taken_by`` is the person who has taken it on."""
    return {**task_json(task, lang), "taken_by": taken_by or None, "service_running": is_running}


def task_json(task: Task, lang: Language) -> dict[str, Any]:
    """The fixed fields of one task; ``text`` is for people, in the language asked for."""
    return {
        "kind": task.kind.value,
        "urgency": task.urgency.name.lower(),
        "due": task.due.isoformat() if task.due else None,
        "project": task.project or None,
        "project_name": task.project_name or None,
        "issuer": task.issuer or None,
        "product": task.product.value if task.product else None,
        "submission": task.submission,
        "label": task.label or None,
        "text": task.text(lang),
        "command": command_line(task.action, lang) or None,
        "action": action_json(task.action) if task.action else None,
        "days_over": task.days_over,
    }


def action_json(action: Action) -> dict[str, Any]:
    """The fixed fields of one action; ``missing`` is what a person adds."""
    return {
        "kind": action.kind.value,
        "submission": action.submission,
        "missing": [each.value for each in action.missing],
        "label": action.label or None,
        "answer": action.answer,
        "what": action.what,
    }


def verdict_json(verdict: LogVerdict) -> dict[str, Any]:
    """The fixed fields of what the verification of the log found."""
    return {
        "holds": verdict.holds,
        "count": verdict.count,
        "first": time_json(verdict.first),
        "last": time_json(verdict.last),
        "head": verdict.head,
        "fault_count": verdict.fault_count,
        "faults": [{"where": each.where, "what": each.code} for each in verdict.faults],
    }
