"""Which conditions of a draft the person who approves it has checked: by number, all, or asked one by one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import click

from worker.cli import language_of
from worker.core.errors import NotAllowed
from worker.core.messages import Language, say
from worker.core.model import Submission
from worker.core.states import State
from worker.core.text import shown

ALL_TICKED: Final = 0
"""``--tick all``: conditions are numbered from 1."""


class Tick(click.ParamType[int]):
    """The number of a condition from 1, or ``all``."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, 0 for all."""
        if isinstance(value, int):
            return value
        text = str(value)
        if text == "all":
            return ALL_TICKED
        if re.fullmatch("[1-9][0-9]{0,3}", text) is None:
            self.fail(say("usage_form", language_of(ctx), given=text, form="1, 2, …, all"), param, ctx)
        return int(text)


def _conditions(submission: Submission) -> tuple[str, ...]:
    held = submission.state is State.HELD and submission.draft is not None
    return submission.draft.conditions if held and submission.draft else ()


def name_ticked(submission: Submission, ticks: Sequence[int]) -> tuple[str, ...]:
    """The conditions of these numbers. Raises NotAllowed where there is none of a number."""
    conditions = _conditions(submission)
    if ALL_TICKED in ticks:
        return conditions
    for number in ticks:
        if number > len(conditions):
            raise NotAllowed("no_such_condition", id=str(submission.id), number=str(number))
    return tuple(conditions[number - 1] for number in sorted(set(ticks)))


def ask_conditions(submission: Submission, lang: Language) -> tuple[str, ...]:
    """The conditions that whoever sits at the terminal says are met."""
    return tuple(
        condition
        for number, condition in enumerate(_conditions(submission), 1)
        if click.confirm(
            shown(say("ask_condition", lang, id=submission.label, number=number, condition=condition)), err=True
        )
    )
