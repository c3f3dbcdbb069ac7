"""The person in whose name a command acts, the submissions that the person names, and the report of the outcome."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import click

from worker.accounts.people import find_person
from worker.cli import DONE, Cli, json_option, language_of, open_office, pass_cli
from worker.cli.tables import print_json
from worker.config.editing.catalogue import KeyAnswer, read_answer
from worker.core.accounts import Right, japanese_day
from worker.core.messages import Language, say
from worker.core.model import Submission
from worker.service.wiring import Installation, account_name, system_clock
from worker.store.ports import Author, Store
from worker.views.submission_json import decided_json

by_option = click.option("--by", "by", required=True, metavar="NAME", help="判断する人の氏名 / who decides")
_REFERENCE = re.compile(r"(\d{1,12})(?:@([0-9A-Za-z]{1,64}))?")


class Reference(click.ParamType[tuple[int, str]]):
    """``ID``, or ``ID@`` and ten letters."""

    name = "ID@LABEL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, str]:
        """Returns number and label as lists and mails print it; the label is empty if none was given."""
        if isinstance(value, tuple):
            return value
        found = _REFERENCE.fullmatch(fold_typed(value))
        if found is None:
            self.fail(say("usage_number", language_of(ctx), given=value), param, ctx)
        return int(found[1]), f"{int(found[1])}@{found[2]}" if found[2] else ""


class Number(click.ParamType[int]):
    """``ID``, or a label as lists and mails print it: what was shown matters to ``approve`` alone."""

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        return value if isinstance(value, int) else Reference().convert(value, param, ctx)[0]


def fold_typed(value: object) -> str:
    """A number or a label in half width, as it was meant: Japanese keyboards give either."""
    return unicodedata.normalize("NFKC", str(value)).strip()


def is_at_terminal() -> bool:
    """Returns True if a person reads the question and types the answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agrees(question: str, *, err: bool = True) -> bool:
    """Asks until the answer is yes or no."""
    while True:
        answer = read_answer(str(click.prompt(question, default="", show_default=False, err=err)))
        if answer in {KeyAnswer.YES, KeyAnswer.NO}:
            return answer is KeyAnswer.YES


def find_author(office: Installation, store: Store, by: str, right: Right = Right.PREPARE) -> Author:
    """Returns the person who has this right, typed in any width and spacing. Raises NotAllowed.

    If accounts exist, they are the list of people, else ``[operator] people`` is.
    """
    return Author(find_person(store, office.settings, by, japanese_day(system_clock().now()), right), account_name())


@dataclass(frozen=True, slots=True)
class PersonCommand:
    """A command in the name of a person, with the options that all of them have."""

    shared: Cli
    by: str
    as_json: bool

    @property
    def lang(self) -> Language:
        """The language of the output."""
        return self.shared.lang

    def open(self, right: Right = Right.PREPARE) -> tuple[Installation, Author, Store]:
        """Opens the office and its store for the person, who needs this right. Raises ConfigError, NotAllowed."""
        office, store = open_office(self.shared)
        return office, find_author(office, store, self.by, right), store

    def report(self, submission: Submission, code: str, *, is_running: bool | None = None, **params: object) -> int:
        """Prints the result of a decision; returns the exit code."""
        if self.as_json:
            print_json(decided_json(submission, self.lang, is_running=is_running))
        else:
            click.echo(say(code, self.lang, id=submission.id, **params))
        return DONE


def in_persons_name(command: Callable[..., int]) -> Callable[..., int]:
    """Adds ``--by`` and ``--json`` to a command, which gets them as a PersonCommand."""

    @by_option
    @json_option
    @pass_cli
    @wraps(command)
    def called(shared: Cli, /, by: str, *, as_json: bool, **given: Any) -> int:
        return command(PersonCommand(shared, by, as_json), **given)

    return called
