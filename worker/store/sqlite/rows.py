"""Converts values of the model into the JSON of a row and back.

A value is read back equal. A row that cannot be read raises LogBroken. Fields that an older version did not write get
their defaults.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter, ValidationError

from worker.audit.chain import canonical
from worker.core.errors import LogBroken
from worker.core.model import Key, Notice, Product, Submission
from worker.core.states import State

T = TypeVar("T")

FROM_THE_ENTRY: Final = frozenset({"id", "version", "created_at", "updated_at"})
"""Fields of a submission that follow from its entries themselves; no ``set`` holds them."""


REMEMBERED: Final = 64
"""Rows whose value is cached: those of one step, in half a megabyte."""

_ADAPTERS: Final[dict[type[Any], TypeAdapter[Any]]] = {}
"""By the type that they read: making one costs a thousand times as much as using it."""


def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


# One step asks for the same row up to four times. The value is frozen, so that one for each text is enough.
@lru_cache(maxsize=REMEMBERED)
def _read(adapter: TypeAdapter[Any], row: str) -> Any:
    return adapter.validate_json(row, strict=True)


def decode(kind: type[T], row: str) -> T:
    """The value that ``row`` holds. Raises LogBroken ``row_unreadable``."""
    try:
        value: T = _read(_adapter(kind), row)
    except ValidationError as error:
        # The error's own text would show the values, and a notice's key is one.
        places = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors(include_input=False))
        raise LogBroken("row_unreadable", f"{kind.__name__}: {places}") from None
    return value


def fields_of(submission: Submission) -> dict[str, Any]:
    """The fields of ``submission`` as plain JSON values, without those that its entries give."""
    fields: dict[str, Any] = json.loads(canonical(submission))
    return {name: value for name, value in fields.items() if name not in FROM_THE_ENTRY}


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
