"""Decides whether a notice that was read once more, before its mail leaves, is the one that was taken in.

Its one promise: number, key, product and names that go out are those of the PDF, of the submission's entries and of
the table of notices alike. That table stands outside the log, so that it is never believed alone. It does not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from worker.core.model import Entry, Hold, Notice, Sha256
from worker.core.states import Reason
from worker.core.text import match_key

OF_THE_PDF: Final = "pdf"
"""The code in the detail of KEY_DIFFERS, before the fields that differ: the fault is none of the draft."""

_ENTERED: Final = ("pdf_sha256", "guarantor", "contract_number", "product", "notice_name")


def entered_notice(entries: Iterable[Entry]) -> Mapping[str, Any]:
    """What the entries of one submission say of its notice: fields of the submission as JSON values."""
    entered: dict[str, Any] = {}
    for entry in entries:
        entered |= {name: entry.set[name] for name in _ENTERED if name in entry.set}
    return entered


def compare_notice(read: Notice, pdf: Sha256, entered: Mapping[str, Any], kept: Notice | None) -> Hold | None:
    """The hold where ``read``, the notice in the file ``pdf``, is not the one entered and kept; None where it is.

    The key stands in no entry, so that it is compared with the one kept. Names are compared as everywhere, by their
    match key: another reader may set their spaces otherwise.
    """
    if kept is None:
        return Hold.of(Reason.KEY_DIFFERS, OF_THE_PDF, value=("key",))  # the row is gone: nothing says what the key was
    stated: dict[str, tuple[object, ...]] = {
        "file": (pdf, entered.get("pdf_sha256")),
        "guarantor": (read.guarantor, entered.get("guarantor"), kept.guarantor),
        "contract_number": (read.contract_number, entered.get("contract_number"), kept.contract_number),
        "key": (read.key, kept.key),
        "product": (read.product.value, entered.get("product"), kept.product.value),
        "project_name": _folded(read.project_name, entered.get("notice_name"), kept.project_name),
        "contractor_name": _folded(read.contractor_name, kept.contractor_name),
    }
    differing = [name for name, (own, *others) in stated.items() if any(own != other for other in others)]
    return Hold.of(Reason.KEY_DIFFERS, OF_THE_PDF, value=tuple(differing)) if differing else None


def _folded(*names: str | None) -> tuple[str | None, ...]:
    return tuple(None if name is None else match_key(name) for name in names)
