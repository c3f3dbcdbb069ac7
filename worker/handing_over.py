"""Decides what a person enters, uploads, prints and does where nothing is mailed: form, upload, paper, fax.

Its one promise: every step and every field is filled in, or what is missing is named; the authentication key is
masked in all of it, for it is kept. It does not know whether anybody has done it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from worker.model import Attachment, Duties, Hold, Notice
from worker.render import Renderer
from worker.rulebook import Rule
from worker.template_names import Names, Unwritable, add_key, write_line


@dataclasses.dataclass(frozen=True, slots=True)
class HandingOver:
    """The duties with every step filled in, and what keeps one from being so."""

    duties: Duties
    holds: tuple[Hold, ...]


def prepare_handing_over(
    duties: Duties,
    rule: Rule,
    notice: Notice,
    names: Names,
    files: Iterable[Attachment],
    timing: str,
    renderer: Renderer,
) -> HandingOver:
    """What a person does under ``rule``: whom to ask first, the steps, then what no machine can check.

    ``timing`` is when, as ``duties.describe_timing`` says it. ``files`` are those to upload, to print or to take along.
    """
    masked = add_key(names, str(notice.key))
    holds: list[Hold] = []

    def fill(what: str, source: str) -> str:
        try:
            return write_line(what, source, masked, renderer)
        except Unwritable as unwritable:
            holds.append(unwritable.hold)
            return ""

    steps = [fill(f"instructions[{at}]", step) for at, step in enumerate(rule.instructions, 1)]
    entries = tuple((line.title, fill(line.title, line.value)) for line in rule.lines)
    filled = dataclasses.replace(
        duties,
        instructions=(*_first(rule, timing), *steps, *rule.conditions),
        entries=entries,
        bring=(*duties.bring, *(f"{each.title}：{each.filename}" for each in files)),
    )
    return HandingOver(filled, tuple(dict.fromkeys(holds)))


def _first(rule: Rule, timing: str) -> Sequence[str]:
    return [each for each in (rule.contact_first, timing) if each]
