"""Converts values of the model into the JSON of a row and back.

A value is read back equal. A row that cannot be read raises LogBroken. Fields that an older version did not write get
their defaults.
"""

from __future__ import annotations

import dataclasses
import json
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from worker.audit.chain import canonical, encodable
from worker.core.errors import LogBroken
from worker.core.model import Key, Notice, Product, Submission
from worker.core.states import State
from worker.store.sqlite.from_json import Misfit, value_from

T = TypeVar("T")

FROM_THE_ENTRY: Final = frozenset({"id", "version", "created_at", "updated_at"})
"""Fields of a submission that follow from its entries themselves; no ``set`` holds them."""


REMEMBERED: Final = 64
"""Rows whose value is cached: those of one step, in half a megabyte."""


# One step asks for the same row up to four times. The value is frozen, so that one for each text is enough.
@lru_cache(maxsize=REMEMBERED)
def _read(kind: Any, row: str) -> Any:
    return value_from(kind, json.loads(row))


def decode(kind: type[T], row: str) -> T:
    """The value that ``row`` holds. Raises LogBroken ``row_unreadable``."""
    try:
        value: T = _read(cast("Any", kind), row)
    except Misfit as misfit:
        # The places alone: the values would show a notice's key.
        raise LogBroken("row_unreadable", f"{kind.__name__}: {misfit}") from None
    except (ValueError, RecursionError):
        raise LogBroken("row_unreadable", f"{kind.__name__}: ") from None
    return value


def fields_of(submission: Submission) -> dict[str, Any]:
    """The fields of ``submission`` as plain JSON values, without those that its entries give."""
    return {name: _plain(getattr(submission, name)) for name in _SET_BY_ENTRIES}


_SET_BY_ENTRIES: Final = tuple(each.name for each in dataclasses.fields(Submission) if each.name not in FROM_THE_ENTRY)


_PLAIN: Final = frozenset({int, bool})


def _plain(value: object) -> Any:
    """``value`` as it is read back from its JSON; most fields need no JSON for it."""
    if value is None or type(value) in _PLAIN:
        return value
    if type(value) is str:
        return encodable(value)
    if isinstance(value, Enum):
        return value.value
    return json.loads(canonical(value)) if value != () else []


DEFAULTS: Final = fields_of(Submission(id=0, state=State.HELD)) | {"state": None}
"""The values of fields that no entry ever set."""


def encode_notice(notice: Notice) -> str:
    """``notice`` as JSON, the key in clear: this table is guarded like the PDF itself."""
    return canonical(
        {
            "guarantor": notice.guarantor,
            "project_name": notice.project_name,
            "contractor_name": notice.contractor_name,
            "product": notice.product,
            "contract_number": notice.contract_number,
            "key": notice.key.clear,
        }
    )


def decode_notice(row: str) -> Notice:
    """The notice that ``row`` holds. Raises LogBroken ``row_unreadable``."""
    try:
        fields = json.loads(row)
        return Notice(**{**fields, "product": Product(fields["product"]), "key": Key(fields["key"])})
    except (ValueError, KeyError, TypeError):
        raise LogBroken("row_unreadable", "Notice") from None
