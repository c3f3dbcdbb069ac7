"""The entries of one submission as its history: in office words for people, with fixed fields for programs."""

from __future__ import annotations

import datetime as dt
from typing import Final

from worker.audit.sent_log import read_receipt, receipts_in
from worker.cli.tables import time_text
from worker.core.messages import (
    Language,
    name_detail,
    name_evidence,
    name_follow_up,
    name_hold,
    name_receipt,
    name_step,
    name_thing,
    put,
    say,
)
from worker.core.model import Entry, Hold
from worker.core.params import Labelled, Params

_MOMENTS: Final = frozenset({"answered_at", "came_at", "confirmed_at", "due_at", "next_try_at", "since"})
"""Details of an entry that are times."""
_ELSEWHERE: Final = frozenset({"draft", "sha256", "letter", "answered", "receipts", "replaces", "deputy_for"})
"""Details that are shown in another way, or in ``show --json`` alone."""


def detail_text(entry: Entry, lang: Language) -> str:
    """Returns the entry's details in words, without hashes: those are in ``show --json``."""
    parts = [
        str(put(Labelled(name_detail(name, lang), _value_text(name, value, lang)), lang))
        for name, value in entry.detail.items()
        if value not in (None, "", []) and name not in _ELSEWHERE
    ]
    parts = [*(name_receipt(each, lang) for each in receipts_in(entry)), *parts]
    reasons = [Hold.read(each) for each in entry.set.get("reasons", ())]
    if reasons:
        found = str(put([name_hold(hold, lang) for hold in reasons], lang))
        parts.append(str(put(Labelled(say("h_reason", lang), found), lang)))
    return " / ".join(parts)


def _value_text(name: str, value: object, lang: Language) -> str:
    if name in _MOMENTS:
        return time_text(dt.datetime.fromisoformat(str(value)))
    if name == "done" and isinstance(value, dict):
        return name_receipt(read_receipt(value), lang) if "kind" in value else name_follow_up(Params.read(value), lang)
    if name == "evidence":
        return name_evidence(value if isinstance(value, str) else Params.read(value), lang)
    if name == "came_by":
        return name_thing(str(value), lang)
    if isinstance(value, bool):
        return say("detail_true" if value else "detail_false", lang)
    if name == "step":
        return name_step(str(value), lang)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
