"""Shows the error that ended a command, and gives its exit code: the message, the remedy, and no trace.

Machine output (``--json``) is one document on standard output, errors included.
"""

from __future__ import annotations

import difflib
import os
import pwd
import re
import sys
from collections.abc import Sequence
from typing import Final, TextIO

import click
from click import exceptions

from worker.cli import FAULT, FOR_A_PERSON, NOT_REACHED, USAGE
from worker.cli.tables import print_json, print_table
from worker.core.errors import ConfigError, Conflict, LogBroken, NoRoom, NotAllowed, Problem, Unavailable, UnusablePlace
from worker.core.messages import Language, name_thing, say, say_refusal
from worker.core.text import escape_control_chars
from worker.views.problems import error_json, problem_hint, refusal_json


def show_error(error: Exception, given: Sequence[str], lang: Language) -> int:
    """Shows ``error`` of the command with the arguments ``given``; returns the exit code."""
    shown_by = _Shown(lang, given)
    match error:
        case click.ClickException():
            return shown_by.usage(error)
        case ConfigError():
            return shown_by.configuration(error)
        case NotAllowed() | Conflict() | LogBroken():
            return shown_by.refused(error)
        case Unavailable():
            return shown_by.unavailable(error)
        case _:
            return shown_by.fault(error)


class _Shown:
    """Shows each family of errors."""

    def __init__(self, lang: Language, given: Sequence[str]) -> None:
        self._lang = lang
        self._as_json = "--json" in given
        self._is_signed = "--by" in given
        self._is_check = "check" in given

    def usage(self, error: click.ClickException) -> int:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message(), err=True)  # the help itself
            return USAGE
        self._say(say("wrong_argument", self._lang, what=_explain_usage(error, self._lang, is_signed=self._is_signed)))
        if not self._as_json and isinstance(error, click.UsageError) and error.ctx is not None:
            click.echo(error.ctx.get_usage(), err=True)
        return USAGE

    def configuration(self, error: ConfigError) -> int:
        headline = say("config_faults" if self._is_check else "config_problems", self._lang, count=len(error.problems))
        if self._as_json:
            print_json(error_json(headline, self._lang, error.problems))
        else:
            click.echo(headline, err=True)
            print_problems(error.problems, self._lang, sys.stderr)
        return USAGE

    def refused(self, error: NotAllowed | Conflict | LogBroken) -> int:
        code, params = "conflict", {"id": str(error)}
        if isinstance(error, NotAllowed):
            code, params = error.code, error.params
        elif isinstance(error, LogBroken):
            code, params = "log_broken", {"detail": error.detail}
        message = say_refusal(code, self._lang, **params)
        if self._as_json:
            print_json(refusal_json(code, message))
        else:
            click.echo(escape_control_chars(message), err=True)
        return FOR_A_PERSON

    def unavailable(self, error: Unavailable) -> int:
        if isinstance(error, NoRoom):
            message = say("no_room", self._lang, missing=f"{error.missing / 1_000_000:,.0f}")
        elif isinstance(error, UnusablePlace):
            own = {"place": error.place, "detail": error.reason, "account": _own_account()}
            message = say(f"place_{error.code}", self._lang, **own)
        else:
            message = say("unavailable", self._lang, what=name_thing(error.what, self._lang), detail=error.detail)
            if error.what == "disk":
                message = say("unavailable_disk", self._lang, said=message)
        self._say(message if self._as_json else escape_control_chars(message))
        return NOT_REACHED

    def fault(self, error: Exception) -> int:
        import tempfile
        import traceback

        with tempfile.NamedTemporaryFile("w", prefix="hoshobin-trace-", suffix=".txt", delete=False) as file:
            traceback.print_exception(error, file=file)
        self._say(say("fault", self._lang, error=type(error).__name__, trace=file.name))
        return FAULT

    def _say(self, message: str) -> None:
        if self._as_json:
            print_json(error_json(message, self._lang))
        else:
            click.echo(message, err=True)


def _own_account() -> str:
    """The account that was refused: that of the process, not the one that logged in."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"#{os.geteuid()}"


def print_problems(problems: Sequence[Problem], lang: Language, file: TextIO | None = None) -> None:
    """Every problem with its place and what to do, on ``file`` or standard output."""
    headings = [say(f"h_{name}", lang) for name in ("file", "key", "problem", "next")]
    rows = [
        (
            f"{each.file}:{each.params['line']}" if each.params.get("line") else each.file,
            each.key,
            say(each.code, lang, **each.params),
            problem_hint(each, lang),
        )
        for each in problems
    ]
    print_table(headings, rows, file=file)


# --- Faults of the arguments in the reader's language: click speaks English alone ----------------------------------

_EXTRA: Final = re.compile(r"Got unexpected extra arguments? \((?P<words>.*)\)")
"""Click has no class of its own for extra arguments."""
_NUMBER: Final = re.compile(r"\d{1,12}(?:@[0-9A-Za-z]{1,64})?")


def _explain_usage(error: click.ClickException, lang: Language, *, is_signed: bool) -> str:
    """Returns a sentence that names the wrong argument and what was expected.

    ``is_signed`` is whether ``--by`` was among the arguments: half of an unquoted name is taken for a number then.
    """
    text = error.format_message() if lang == "en" else _in_japanese(error)
    if is_signed and _is_about_a_word(error):
        text += say("usage_quotes", lang)
    return text


def _is_about_a_word(error: click.ClickException) -> bool:
    if isinstance(error, exceptions.MissingParameter):
        return False
    if isinstance(error, click.BadParameter):
        return isinstance(error.param, click.Argument)
    return _EXTRA.fullmatch(error.message) is not None


def _in_japanese(error: click.ClickException) -> str:
    match error:
        case exceptions.NoSuchCommand():
            return say("usage_command", "ja", name=error.command_name) + _nearest(_near_commands(error))
        case exceptions.NoSuchOption():
            return say("usage_option", "ja", name=error.option_name) + _nearest(error.possibilities)
        case exceptions.BadOptionUsage():
            return say("usage_option_form", "ja", name=error.option_name)
        case exceptions.MissingParameter():
            return say("usage_missing", "ja", name=_name_of(error))
        case click.BadParameter() if error.param and isinstance(error.param.type, click.Choice):
            choices = ", ".join(map(str, error.param.type.choices))
            return say("usage_choice", "ja", name=_name_of(error), choices=choices)
        case click.BadParameter():
            return say("usage_value", "ja", name=_name_of(error), why=error.message)
        case _:
            extra = _EXTRA.fullmatch(error.message)
            if extra is None:
                return error.format_message()
            are_numbers = all(map(_NUMBER.fullmatch, extra["words"].split()))
            return say("usage_one_number" if are_numbers else "usage_extra", "ja", words=extra["words"])


def _near_commands(error: exceptions.NoSuchCommand) -> list[str]:
    group = error.ctx.command if error.ctx else None
    if not isinstance(group, click.Group) or error.ctx is None:
        return []
    return difflib.get_close_matches(error.command_name.lower(), group.list_commands(error.ctx))


def _nearest(possibilities: list[str] | None) -> str:
    return say("usage_nearest", "ja", names="、".join(possibilities)) if possibilities else ""


def _name_of(error: click.BadParameter) -> str:
    if error.param is None:
        return str(error.param_hint or "")
    if isinstance(error.param, click.Argument) and error.ctx is not None:
        return error.param.make_metavar(error.ctx).strip("[]")
    return " / ".join((*error.param.opts, *error.param.secondary_opts))
