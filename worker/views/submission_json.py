"""Submissions, their tasks, their history and the log as programs read them: the fixed fields of ``--json``.

Its one promise: a field never changes its name or its meaning, and no key is among them. It does not print.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from worker.audit.verify import Verdict
from worker.core.messages import Language, name_evidence
from worker.core.model import JST, Entry, Look, Submission
from worker.core.states import State
from worker.views.actions import Action
from worker.views.commands import command_line
from worker.views.preview import Seen, hold_json, receipt_json
from worker.views.tasks import Task


def time_json(moment: dt.datetime | None) -> str | None:
    """A moment as programs read it: ISO 8601 with +09:00."""
    return moment.astimezone(JST).isoformat() if moment else None


def submission_json(submission: Submission) -> dict[str, Any]:
    """The fixed fields of ``list`` and ``show``, the same in every language; no key is among them."""
    draft = submission.draft
    reasons = [hold.reason.value for hold in submission.reasons]
    (amount, amount_from), (date, date_from) = submission.invoice_amount, submission.invoice_date
    return {
        "id": submission.id,
        "label": submission.label,
        "state": submission.state.value,
        "hold_reason": reasons[0] if reasons else None,
        "hold_reasons": reasons,
        "issuer": submission.issuer,
        "issuer_name": submission.issuer_name or None,
        "product": submission.product.value if submission.product else None,
        "project": submission.project_name or None,
        "contract_number": submission.contract_number,
        "to": list(draft.to) if draft else [],
        "subject": draft.subject if draft else None,
        "message_id": draft.message_id if draft else None,
        "proven": submission.proven,
        "evidence": name_evidence(submission.evidence, "ja") or None,
        "evidence_params": None if isinstance(submission.evidence, str) else submission.evidence.plain(),
        "rehearsal": submission.is_rehearsal,
        "due_at": time_json(submission.due_at if submission.state is State.APPROVED else None),
        "sent_at": time_json(submission.sent_at),
        "smtp_reply": submission.reply or None,
        "receipts": [receipt_json(each) for each in submission.receipts],
        "unread": [receipt_json(each) for each in submission.unread],
        "updated_at": time_json(submission.updated_at),
        "invoice_amount": amount,
        "invoice_amount_from": amount_from or None,
        "invoice_date": date.isoformat() if date else None,
        "invoice_date_from": date_from or None,
    }


def summary_json(submission: Submission) -> dict[str, Any]:
    """The same for programs, with the label of what stands now."""
    draft = submission.draft
    return {
        "label": submission.label,
        "to": list(draft.to) if draft else [],
        "cc": list(draft.cc) if draft else [],
        "subject": draft.subject if draft else None,
        "attachments": [each.filename for each in draft.attachments] if draft else [],
        "hold_details": [hold_json(hold) for hold in submission.reasons],
    }


def preview_json(seen: Seen) -> dict[str, Any]:
    """The fixed fields of a notice that is looked at before it comes in."""
    submission = seen.submission
    draft = submission.draft
    reasons = [hold.reason.value for hold in submission.reasons]
    return {
        "state": submission.state.value,
        "hold_reason": reasons[0] if reasons else None,
        "hold_reasons": reasons,
        "hold_details": [hold_json(hold) for hold in submission.reasons],
        "issuer": submission.issuer,
        "section": submission.section or None,
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


def ledger_json(look: Look) -> dict[str, Any]:
    """The messages of a mailbox against its ledger; nothing of what has none."""
    if look.counted_at is None:
        return {}
    return {"in_window": look.in_window, "gap": look.gap, "counted_at": time_json(look.counted_at)}


def service_json(why: str | None, since: dt.datetime | None, detail: str) -> dict[str, Any]:
    """The fixed fields of whether the service runs; it does where there is no ``why`` of its end."""
    return {"running": why is None, "since": time_json(since), "why": why, "detail": detail or None}


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


def verdict_json(verdict: Verdict) -> dict[str, Any]:
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
