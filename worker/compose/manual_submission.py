"""Prepares a manual submission: what a person enters, uploads, prints and does if nothing is mailed.

This covers form, upload, paper and fax. Every step and every field is filled in, or the missing value is named. The
authentication key is masked in all of it, because it is kept. The record that a person has done it is kept elsewhere.
``renew_steps`` updates the open steps after a change of the rule.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Final

from worker.compose.template_context import Case, Names, Unwritable, add_key, write_line
from worker.core.model import Attachment, Channel, FollowUps, Hold, Notice, Submission
from worker.core.old_sentences import old_told
from worker.core.params import Params, Told
from worker.core.rulebook import Conditional, Sentence, When, sentences_for
from worker.core.states import Kind, Reason, kind_of

_OF_ANOTHER: Final = frozenset({Reason.NAME_ONLY, Reason.NUMBER_DIFFERS})
"""Reasons that suggest another project: its steps must not replace those that a person has seen."""

FAX_UNKNOWN: Final = Params(code="no_fax")
NO_STEPS: Final = Params(code="no_steps")

_BY_HAND: Final = frozenset({Channel.PAPER, Channel.FAX})
"""Channels without fields and web address as steps."""
_IF: Final = {When.ATTACHED: "if_attached", When.APART: "if_apart"}


@dataclasses.dataclass(frozen=True, slots=True)
class ManualSteps:
    """The duties with every step filled in, and what keeps one from being so."""

    duties: FollowUps
    holds: tuple[Hold, ...]


def prepare_manual_submission(
    case: Case, duties: FollowUps, names: Names, files: Iterable[Attachment], timing: Params
) -> ManualSteps:
    """Returns a person's steps: prior contact, the submission itself, then the manual checks.

    ``timing`` is the moment (``compose.tell_timing``). ``files`` are those to upload, to print or to take along. If the
    way of the invoice is not known, the steps that depend on it are given with their condition.
    """
    rule, notice, way = case.rule, case.given.notice, case.way
    masked = add_key(names, str(notice.key))
    holds: list[Hold] = []

    def fill(what: str, source: str) -> str:
        try:
            return write_line(what, source, masked, case.given.renderer)
        except Unwritable as unwritable:
            holds.append(unwritable.hold)
            return ""

    first: list[Told] = [each for each in (rule.contact_first, timing) if each]
    steps: list[Told] = [fill(f"instructions[{at}]", step) for at, step in enumerate(rule.instructions, 1)]
    lines = [(line.title, fill(line.title, line.value)) for line in rule.lines if rule.channel is not Channel.PAPER]
    entries: list[tuple[Told, Told]] = [*lines]
    if rule.key_typed:
        entries += _typed(notice, [value for _, value in lines])
    if rule.channel is Channel.FAX:
        number = case.section.fax if case.section else ""
        entries.insert(0, (Params(code="fax_number"), number or FAX_UNKNOWN))
    if not (steps or entries or rule.url or rule.bring) or (rule.channel in _BY_HAND and not (steps or rule.bring)):
        steps = [NO_STEPS]
    filled = dataclasses.replace(
        duties,
        instructions=(*first, *steps, *_told(rule.conditions, way)),
        after=_told(rule.after, way),
        entries=tuple(entries),
        bring=(*duties.bring, *(f"{each.title}：{each.filename}" for each in files)),
    )
    return ManualSteps(filled, tuple(dict.fromkeys(holds)))


def _typed(notice: Notice, values: Sequence[str]) -> list[tuple[Told, Told]]:
    """Number and key, which the issuer wants written out; the key is masked here, and read from the notice."""
    number = notice.contract_number
    typed: list[tuple[Told, Told]] = []
    if not any(number in value for value in values):
        typed.append((Params(code="contract_number"), number))
    return [*typed, (Params(code="key"), Params(code="key_on_notice", key=str(notice.key)))]


def _told(sentences: Iterable[Sentence], way: When | None) -> tuple[Told, ...]:
    if way is not None:
        return sentences_for(sentences, way)
    return tuple(
        Params(code=_IF[each.when], sentence=each.text) if isinstance(each, Conditional) else each for each in sentences
    )


# --- What changed since it was handed over -----------------------------------------------------------------------


def renew_steps(before: Submission, fresh: Submission) -> Submission:
    """Returns ``before``, a manual submission, with the steps that register and rule give it today (``fresh``).

    Its state stays, and so do the hash of its rule and the day that was checked: they record what a person last looked
    at. The steps stay if today's are incomplete, may belong to another project, or are those of a mail.
    """
    renewed = dataclasses.replace(before, superseded_by=fresh.superseded_by)
    if any(_spoils(hold) for hold in fresh.reasons) or (fresh.channel is Channel.EMAIL) != (
        before.channel is Channel.EMAIL
    ):
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
        duties=_as_told_before(
            looked_at,
            dataclasses.replace(fresh.duties, rule_hash=looked_at.rule_hash, checked_on=looked_at.checked_on),
        ),
    )


def _as_told_before(stored: FollowUps, fresh: FollowUps) -> FollowUps:
    """Returns ``fresh``, but keeps a sentence of ``stored`` if it says the same as the code in ``fresh``."""
    names = ("source", "after", "instructions", "entries")
    same = {name: getattr(stored, name) for name in names if old_told(getattr(fresh, name)) == getattr(stored, name)}
    return dataclasses.replace(fresh, **same)


def _spoils(hold: Hold) -> bool:
    if hold.reason is Reason.SUPERSEDED:
        return False  # a later key alters no step of this one
    return hold.reason in _OF_ANOTHER or kind_of(hold.reason) is not Kind.ANSWER
