"""The parts that the forms of projects and issuers share: the fields as typed and as shown, and the page of a conflict.

A field is sent twice: under ``f:`` as it was typed, under ``s:`` as it was registered when the form was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from starlette.responses import Response

from worker.config.editing.fields import KeyPath
from worker.console.visit import Visit
from worker.core.model import Entry

TYPED: Final = "f:"
SEEN: Final = "s:"
CHOSEN: Final = "c:"
"""Of a conflict: ``now`` if the person chose the registered value."""
_NOT_KEPT: Final = frozenset({"token", "whose", "step", "proof", "summary", "id"})

Texts = Mapping[KeyPath, str]
ReadKey = Callable[[str], KeyPath | None]
"""Returns the key of a field by the field's name; None if it is no name of a key."""
ConflictRow = tuple[str, str, str, str, str, str]
"""The field's name and label; its value as it was shown, as it is, as it was typed; and as it is registered."""


@dataclass(frozen=True, slots=True)
class Remarks:
    """The remarks with which a form is shown again."""

    beside: Mapping[str, str] = field(default_factory=dict)
    """The sentence beside each field, by its name."""
    others: tuple[str, ...] = ()
    """Those above the form."""
    status: int = 200
    mails: tuple[dict[str, Any], ...] = ()
    """The mails that the changed rule of an issuer would write."""


NO_REMARKS: Final = Remarks()
ShowAgain = Callable[[Remarks], Response]


def texts_under(visit: Visit, prefix: str, read_key: ReadKey) -> dict[KeyPath, str]:
    """Returns the texts of the fields with this prefix, by key; several values of one field are joined."""
    texts = {}
    for name in visit.form.fields:
        key = read_key(name.removeprefix(prefix)) if name.startswith(prefix) else None
        if key is not None:
            texts[key] = "、".join(filter(None, (each.strip() for each in visit.form.several(name))))
    return texts


def typed_texts(visit: Visit, read_key: ReadKey) -> dict[KeyPath, str]:
    """Returns the texts of the fields; of a conflict, the registered one if the person chose it."""
    seen, chosen = texts_under(visit, SEEN, read_key), texts_under(visit, CHOSEN, read_key)
    now = {key: seen.get(key, "") for key, word in chosen.items() if word == "now"}
    return texts_under(visit, TYPED, read_key) | now


def kept_fields(visit: Visit, without: Container[str] = ()) -> list[tuple[str, str]]:
    """Returns the fields of this form, to be sent with the next step of it."""
    return [
        (name, value)
        for name, values in visit.form.fields.items()
        if name not in _NOT_KEPT and not name.startswith(CHOSEN) and name not in without
        for value in values
    ]


def show_conflicts(
    visit: Visit, groups: Sequence[tuple[str, Entry | None, Sequence[ConflictRow]]], kept: Sequence[tuple[str, str]]
) -> Response:
    """Shows field by field what another person wrote meanwhile; the person chooses.

    A group has its title, the entry of the other person's change and its rows.
    """
    return visit.page("project_conflict.html", 409, groups=groups, kept=kept)
