"""The ten letters behind ``ID@``: they stand for one draft with the reasons that hold it, and nothing else.

Its one promise: another draft, another reason or another parameter of a reason gives other letters, and a day that
passes gives the same ones while the same is asked. It does not know what a person answers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterable
from typing import Final

from worker.core.states import Reason

LETTERS: Final = 10
"""50 bits: who can write the configuration needs 2**49 drafts on the average for one with the letters of another."""

FROM_CONTRACT_DAY: Final = "請求書を送るのは契約日（{day}）から"
"""The hold of an invoice before its contract's day, behind the project. The letters hold that day in its place."""

BEFORE_APRIL: Final = " < "
"""Stands between a rule's ``checked_on`` and the last first of April, which is computed of today."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O and U."""

_BITS: Final = 5
_LOOK_ALIKE: Final = str.maketrans("ILO", "110")
_WAITS_FOR_CONTRACT: Final = re.compile(".*".join(map(re.escape, FROM_CONTRACT_DAY.split("{day}"))) + "$")
_APRIL: Final = re.compile(rf"(checked_on \d{{4}}-\d\d-\d\d){BEFORE_APRIL}\d{{4}}-\d\d-\d\d$")


def label_letters(draft_hash: str, holds: Iterable[tuple[Reason, str]], not_before: dt.date | None) -> str:
    """The letters of a draft and the reasons that are open, each with its parameter, in whatever order.

    ``not_before`` is the day from which the mail may leave: it is in the letters whether or not it has come.
    """
    asked = sorted([reason.value, detail] for reason, given in holds if (detail := _lasting(reason, given)) is not None)
    told = json.dumps([draft_hash, asked, not_before.isoformat() if not_before else None], ensure_ascii=False)
    number = int.from_bytes(hashlib.sha256(told.encode()).digest())
    first = number >> (hashlib.sha256().digest_size * 8 - LETTERS * _BITS)
    return "".join(_ALPHABET[first >> at * _BITS & 0b11111] for at in reversed(range(LETTERS)))


def fold_label(typed: str) -> str:
    """``ID@letters`` as typed, in the form in which it is shown: capital letters, I and L are 1, O is 0."""
    return typed.upper().translate(_LOOK_ALIKE)


def _lasting(reason: Reason, detail: str) -> str | None:
    """The parameter without what is computed of today; None where the whole hold ends with a day that is told."""
    if reason is Reason.TIMING and _WAITS_FOR_CONTRACT.search(detail):
        return None
    return _APRIL.sub(r"\1", detail) if reason is Reason.RULE_CHANGED else detail
