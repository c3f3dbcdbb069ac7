"""Decides what a person enters, uploads, prints and does where nothing is mailed: form, upload, paper, fax.

Its one promise: every step and every field is filled in, or what is missing is named; the authentication key is
masked in all of it, for it is kept. It does not know whether anybody has done it. What changes while it is not done
is renewed here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Final

from worker.compose.template_context import Names, Unwritable, add_key, write_line
from worker.config.templates import Renderer
from worker.core.model import Attachment, Channel, FollowUps, Hold, Notice, Submission
from worker.core.old_sentences import old_told
from worker.core.params import Params, Told
from worker.core.rulebook import Conditional, Rule, Section, Sentence, When, sentences_for
from worker.core.states import Kind, Reason, kind_of

_OF_ANOTHER: Final = frozenset({Reason.NAME_ONLY, Reason.NUMBER_DIFFERS})
"""Reasons to think that the project is another: its steps must not take the place of those that were looked at."""

FAX_UNKNOWN: Final = Params(code="no_fax")
NO_STEPS: Final = Params(code="no_steps")

_BY_HAND: Final = frozenset({Channel.PAPER, Channel.FAX})
"""Where fields and an address of the web tell no step."""
_IF: Final = {When.ATTACHED: "if_attached", When.APART: "if_apart"}


@dataclasses.dataclass(frozen=True, slots=True)
class ManualSteps:
    """The duties with every step filled in, and what keeps one from being so."""

    duties: FollowUps
    holds: tuple[Hold, ...]


def prepare_manual_submission(
    duties: FollowUps,
    rule: Rule,
    notice: Notice,
    names: Names,
    files: Iterable[Attachment],
    section: Section | None,
    way: When | None,
    timing: Params,
    renderer: Renderer,
) -> ManualSteps:
    """What a person does under ``rule``: whom to ask first, the steps, then what no machine can check.

    ``timing`` is when (``obligations.tell_timing``). ``files`` are those to upload, to print or to take along.
    ``way`` is how the invoice goes; where that is not known, what depends on it is told with its condition.
    """
    masked = add_key(names, str(notice.key))
    holds: list[Hold] = []

    def fill(what: str, source: str) -> str:
        try:
            return write_line(what, source, masked, renderer)
        except Unwritable as unwritable:
            holds.append(unwritable.hold)
            return ""

    steps: list[Told] = [fill(f"instructions[{at}]", step) for at, step in enumerate(rule.instructions, 1)]
    lines = [(line.title, fill(line.title, line.value)) for line in rule.lines if rule.channel is not Channel.PAPER]
    entries: list[tuple[Told, Told]] = [*lines]
    if rule.key_typed:
        entries += _typed(notice, [value for _, value in lines])
    if rule.channel is Channel.FAX:
        number = section.fax if section else ""
        entries.insert(0, (Params(code="fax_number"), number or FAX_UNKNOWN))
    if not (steps or entries or rule.url or rule.bring) or (rule.channel in _BY_HAND and not (steps or rule.bring)):
        steps = [NO_STEPS]
    filled = dataclasses.replace(
        duties,
        instructions=(*_first(rule, timing), *steps, *_told(rule.conditions, way)),
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


def _first(rule: Rule, timing: Params) -> Sequence[Told]:
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
        duties=_as_told_before(
            looked_at,
            dataclasses.replace(fresh.duties, rule_hash=looked_at.rule_hash, checked_on=looked_at.checked_on),
        ),
    )


def _as_told_before(stored: FollowUps, fresh: FollowUps) -> FollowUps:
    """``fresh``, with the sentences of ``stored`` where an older program wrote in them what ``fresh`` says by codes."""
    names = ("source", "after", "instructions", "entries")
    same = {name: getattr(stored, name) for name in names if old_told(getattr(fresh, name)) == getattr(stored, name)}
    return dataclasses.replace(fresh, **same)


def _was_mail(submission: Submission) -> bool:
    return submission.channel is Channel.EMAIL


def _spoils(hold: Hold) -> bool:
    if hold.reason is Reason.SUPERSEDED:
        return False  # a later key alters no step of this one
    return hold.reason in _OF_ANOTHER or kind_of(hold.reason) is not Kind.ANSWER
