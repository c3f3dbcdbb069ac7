"""Shows the error that ended a command, and gives its exit code: the message, the remedy, and no trace.

Machine output (``--json``) is one document on standard output, errors included.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TextIO

import click

from worker.cli import FAULT, FOR_A_PERSON, NOT_REACHED, USAGE
from worker.cli.tables import print_json, print_table
from worker.cli.usage import explain_usage
from worker.core.errors import ConfigError, Conflict, LogBroken, NotAllowed, Problem, Unavailable
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
        message = say("wrong_argument", self._lang, what=explain_usage(error, self._lang, is_signed=self._is_signed))
        if self._as_json:
            print_json(error_json(message, self._lang))
        else:
            click.echo(message, err=True)
            if isinstance(error, click.UsageError) and error.ctx is not None:
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
        message = say("unavailable", self._lang, what=name_thing(error.what, self._lang), detail=error.detail)
        if self._as_json:
            print_json(error_json(message, self._lang))
        else:
            click.echo(escape_control_chars(message), err=True)
        return NOT_REACHED

    def fault(self, error: Exception) -> int:
        import tempfile
        import traceback

        with tempfile.NamedTemporaryFile("w", prefix="hoshobin-trace-", suffix=".txt", delete=False) as file:
            traceback.print_exception(error, file=file)
        message = say("fault", self._lang, error=type(error).__name__, trace=file.name)
        if self._as_json:
            print_json(error_json(message, self._lang))
        else:
            click.echo(message, err=True)
        return FAULT


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
