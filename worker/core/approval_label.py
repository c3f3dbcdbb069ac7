"""The ten letters after ``ID@``: they identify one draft with the reasons that hold it, and nothing else.

Another draft, another reason or another parameter of a reason gives other letters. Passing days give the same letters
as long as the same is asked. People's answers are not included.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from typing import Final

from worker.core.params import Params, spell
from worker.core.states import Reason

LETTERS: Final = 10
"""50 bits: who can write the configuration needs 2**49 drafts on the average for one with the letters of another."""

FROM_CONTRACT_DAY: Final = "from_contract_day"
"""Code of the hold of an invoice before its contract's day. The letters hold that day in its place."""

APRIL: Final = "april"
"""The parameter that is the last first of April, which is computed of today."""

_ENDS_WITH_A_DAY: Final = frozenset({(Reason.TIMING, FROM_CONTRACT_DAY)})
"""Holds that end on a day that is part of the letters anyway."""
_OF_TODAY: Final = {(Reason.RULE_CHANGED, "checked_on"): frozenset({APRIL})}
"""By reason and code the parameters that another day alone would change."""

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O and U."""

_BITS: Final = 5
_LOOK_ALIKE: Final = str.maketrans("ILO", "110")


def label_letters(draft_hash: str, holds: Iterable[tuple[Reason, Params]], not_before: dt.date | None) -> str:
    """Returns the letters of a draft and the open reasons, each with its parameters, in any order.

    ``not_before`` is the day from which the mail may leave; it counts even after that day.
    """
    asked = sorted(
        [reason.value, spell(params.without(_OF_TODAY.get((reason, params.code), frozenset())))]
        for reason, params in holds
        if (reason, params.code) not in _ENDS_WITH_A_DAY
    )
    told = json.dumps([draft_hash, asked, not_before.isoformat() if not_before else None], ensure_ascii=False)
    number = int.from_bytes(hashlib.sha256(told.encode()).digest())
    first = number >> (hashlib.sha256().digest_size * 8 - LETTERS * _BITS)
    return "".join(_ALPHABET[first >> at * _BITS & 0b11111] for at in reversed(range(LETTERS)))


def fold_label(typed: str) -> str:
    """``ID@letters`` as typed, in the form in which it is shown: capital letters, I and L are 1, O is 0."""
    return typed.upper().translate(_LOOK_ALIKE)
