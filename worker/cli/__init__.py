"""The command line and its one error boundary: message, what to do, exit code.

Exit codes: 0 done · 1 the answer is for a person · 2 usage or configuration · 3 a server not reached · 70 a fault of
ours. Machine output (``--json``) is one document on standard output, errors included.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TextIO

import click

from worker.adapters.store import SqlStore
from worker.cli.tables import print_json, print_table
from worker.errors import ConfigError, Conflict, LogBroken, NotAllowed, Problem, Unavailable
from worker.ports import Clock
from worker.text import shown
from worker.wiring import Office, open_office_store
from worker.words import Language, hint, name_thing, say, say_refusal

DONE: Final = 0
FOR_A_PERSON: Final = 1
USAGE: Final = 2
NOT_REACHED: Final = 3
FAULT: Final = 70


@dataclass(slots=True)
class Cli:
    """What every command is given."""

    config: str | None
    lang: Language


pass_cli = click.make_pass_decorator(Cli)


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--json``: one JSON document instead of text for people."""
    return click.option("--json", "as_json", is_flag=True, help="JSON で出力 / print JSON")(command)


def open_for_command(office: Office, clock: Clock) -> SqlStore:
    """The office's store, closed when the command ends. Raises ConfigError where there is none, or an older one."""
    store = open_office_store(office, clock)
    click.get_current_context().call_on_close(store.close)
    return store


class _ReaderLeft(Exception):
    """Nobody reads our output any more."""


class _Commands(click.Group):
    """Tells of a reader that left in our own words: click itself would end the program with 1 then."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderLeft from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="DIR", help="設定のフォルダ / configuration directory")
@click.option("--lang", type=click.Choice(["ja", "en"]), default="ja", help="表示の言語 / language for people")
@click.version_option(package_name="hoshobin", prog_name="hoshobin")
@click.pass_context
def cli(context: click.Context, config: str | None, lang: Language) -> None:
    """保証便：電子保証の「認証キーのお知らせ」を発注者へ提出し、記録します。"""
    context.obj = Cli(config, lang)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what it could not do becomes a message and an exit code, and nothing else."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    lang: Language = "en" if "--lang=en" in given or ("--lang" in given and "en" in given) else "ja"
    boundary = _Boundary(lang, as_json="--json" in given)
    try:
        code = cli.main(args=given, prog_name="hoshobin", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.ClickException as error:
        return boundary.usage(error)
    except ConfigError as error:
        return boundary.configuration(error)
    except (NotAllowed, Conflict, LogBroken) as error:
        return boundary.refused(error)
    except Unavailable as error:
        return boundary.unavailable(error)
    except (KeyboardInterrupt, click.exceptions.Abort):
        return FOR_A_PERSON
    except _ReaderLeft:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a reader that has seen enough
        return DONE
    except Exception as error:  # noqa: BLE001  the boundary: one line for people, the trace in a file
        return boundary.fault(error)
    return code if isinstance(code, int) else DONE


class _Boundary:
    """How each family of errors is shown."""

    def __init__(self, lang: Language, *, as_json: bool) -> None:
        self._lang = lang
        self._as_json = as_json

    def usage(self, error: click.ClickException) -> int:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message(), err=True)  # the help itself
            return USAGE
        message = say("wrong_argument", self._lang, what=error.format_message())
        if self._as_json:
            print_json({"error": message, "problems": []})
        else:
            click.echo(message, err=True)
            if isinstance(error, click.UsageError) and error.ctx is not None:
                click.echo(error.ctx.get_usage(), err=True)
        return USAGE

    def configuration(self, error: ConfigError) -> int:
        headline = say("config_problems", self._lang, count=len(error.problems))
        if self._as_json:
            print_json({"error": headline, "problems": [problem_json(each, self._lang) for each in error.problems]})
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
            print_json({"refused": code, "message": message})
        else:
            click.echo(shown(message), err=True)
        return FOR_A_PERSON

    def unavailable(self, error: Unavailable) -> int:
        message = say("unavailable", self._lang, what=name_thing(error.what, self._lang), detail=error.detail)
        if self._as_json:
            print_json({"error": message, "problems": []})
        else:
            click.echo(shown(message), err=True)
        return NOT_REACHED

    def fault(self, error: Exception) -> int:
        with tempfile.NamedTemporaryFile("w", prefix="hoshobin-trace-", suffix=".txt", delete=False) as file:
            traceback.print_exception(error, file=file)
        message = say("fault", self._lang, error=type(error).__name__, trace=file.name)
        if self._as_json:
            print_json({"error": message, "problems": []})
        else:
            click.echo(message, err=True)
        return FAULT


def problem_json(problem: Problem, lang: Language) -> dict[str, str]:
    """The fixed fields of one problem."""
    return {
        "file": problem.file,
        "key": problem.key,
        "message": say(problem.code, lang, **problem.params),
        "hint": problem_hint(problem, lang),
    }


def problem_hint(problem: Problem, lang: Language) -> str:
    """What to do about it, with the nearest valid name where there is one."""
    parts = [hint(problem.code, lang, **problem.params)]
    nearest = problem.params.get("nearest", "")
    if nearest and nearest not in parts[0]:
        parts.append(say("nearest", lang, key=nearest))
    return " ".join(filter(None, parts))


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


# The commands register themselves with the group above.
from worker.cli import decide as decide  # noqa: E402
from worker.cli import doctor as doctor  # noqa: E402
from worker.cli import issuers as issuers  # noqa: E402
from worker.cli import look as look  # noqa: E402
from worker.cli import one_pdf as one_pdf  # noqa: E402
from worker.cli import operate as operate  # noqa: E402
from worker.cli import project as project  # noqa: E402
from worker.cli import project_add as project_add  # noqa: E402
from worker.cli import project_import as project_import  # noqa: E402
from worker.cli import records as records  # noqa: E402
from worker.cli import rules_test as rules_test  # noqa: E402
from worker.cli import tasks as tasks  # noqa: E402
