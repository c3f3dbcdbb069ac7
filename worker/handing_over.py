"""Decides what a person enters, uploads, prints and does where nothing is mailed: form, upload, paper, fax.

Its one promise: every step and every field is filled in, or what is missing is named; the authentication key is
masked in all of it, for it is kept. It does not know whether anybody has done it. What changes while it is not done
is renewed here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Final

from worker.model import Attachment, Channel, Duties, Hold, Notice, Submission
from worker.render import Renderer
from worker.rulebook import Rule
from worker.states import Kind, Reason, kind_of
from worker.template_names import Names, Unwritable, add_key, write_line

_OF_ANOTHER: Final = frozenset({Reason.NAME_ONLY, Reason.NUMBER_DIFFERS})
"""Reasons to think that the project is another: its steps must not take the place of those that were looked at."""


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


# --- What changed since it was handed over -----------------------------------------------------------------------


def renew_steps(before: Submission, fresh: Submission) -> Submission:
    """``before``, which a person is to hand in, with what register and rule make of its steps today (``fresh``).

    Its state stays, and so do the hash of its rule and the day that was checked: they say what a person last looked at.
    The steps stay where today's are not whole, may be another project's, or are those of a mail.
    """
    renewed = dataclasses.replace(before, superseded_by=fresh.superseded_by)
    if any(_spoils(hold) for hold in fresh.reasons) or (fresh.channel is Channel.EMAIL) != _was_mail(before):
        return renewed
    looked_at = before.duties
    return dataclasses.replace(
        renewed,
        project=fresh.project,
        project_name=fresh.project_name,
        issuer=fresh.issuer,
        issuer_name=fresh.issuer_name,
        section=fresh.section,
        section_name=fresh.section_name,
        section_phone=fresh.section_phone,
        channel=fresh.channel,
        duties=dataclasses.replace(fresh.duties, rule_hash=looked_at.rule_hash, checked_on=looked_at.checked_on),
    )


def _was_mail(submission: Submission) -> bool:
    return submission.channel is Channel.EMAIL


def _spoils(hold: Hold) -> bool:
    if hold.reason is Reason.SUPERSEDED:
        return False  # a later key alters no step of this one
    return hold.reason in _OF_ANOTHER or kind_of(hold.reason) is not Kind.ANSWER
