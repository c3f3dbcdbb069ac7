"""The command line and its one error boundary: message, what to do, exit code.

Exit codes: 0 done · 1 the answer is for a person · 2 usage or configuration · 3 a server not reached · 70 a fault of
ours. Machine output (``--json``) is one document on standard output, errors included.
"""

from __future__ import annotations

import io
import os
import re
import sys
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

import click

from worker.cli.tables import print_json, print_table, time_text
from worker.cli.usage import explain_usage
from worker.core.errors import ConfigError, Conflict, LogBroken, NotAllowed, Problem, Unavailable
from worker.core.messages import Language, name_thing, say, say_refusal
from worker.core.text import escape_control_chars
from worker.views.problems import error_json, problem_hint, refusal_json

if TYPE_CHECKING:
    from worker.core.clock import Clock
    from worker.service.wiring import Office
    from worker.store.ports import Store

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


def language_of(ctx: click.Context | None) -> Language:
    """The language asked for, also while arguments are still being read."""
    shared = ctx.find_object(Cli) if ctx else None
    return shared.lang if shared else "ja"


def open_for_command(office: Office, clock: Clock) -> Store:
    """The office's store, closed when the command ends. Raises ConfigError where there is none, or an older one."""
    from worker.service.wiring import open_office_store

    store = open_office_store(office, clock)
    click.get_current_context().call_on_close(store.close)
    return store


def open_office(shared: Cli) -> Office:
    """The office on disk; where its files are at fault, the configuration in force, and a word about that.

    For commands that look at what is stored, or decide on it. Raises ConfigError where neither is of use.
    """
    from worker.service.wiring import load_office_in_use

    office = load_office_in_use(shared.config)
    if office.faults:
        first = office.faults[0]
        place = " ".join(filter(None, (first.file, first.key)))
        more = say("config_faults_more", shared.lang, count=len(office.faults) - 1) if office.faults[1:] else ""
        since = time_text(office.recorded_at)
        click.echo(
            escape_control_chars(say("config_recorded", shared.lang, since=since, place=place, more=more)), err=True
        )
    return office


class _ReaderLeft(Exception):
    """Nobody reads our output any more."""


class Part(NamedTuple):
    """Where one command of a group is, and what it does.

    Its module is imported when the command runs: with all of them, ``--help`` takes as long as everything together.
    """

    module: str
    """Below ``worker.cli``; importing it adds the command to its group."""
    help: str
    """The command's own first line."""


class PartedGroup(click.Group):
    """A group whose commands are imported one by one."""

    def __init__(self, *args: Any, parts: dict[str, Part], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = parts

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's form
        """Their names, in alphabetical order."""
        return sorted(self.parts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, its module imported; None where there is none."""
        if cmd_name in self.parts:
            import_module(f"worker.cli.{self.parts[cmd_name].module}")
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Names and first lines, without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, part.help) for name, part in sorted(self.parts.items())])


_HELP: Final = frozenset({"help", "ヘルプ", "/?", "?"})
_OPTION: Final = re.compile(r"--?[a-z][a-z-]*(=.*)?", re.DOTALL)


def _fold(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip()


def _fold_option(word: str) -> str:
    """An option in half width, where it was typed in full width; a value behind ``=`` stays as it is."""
    if not word.startswith("－"):
        return word
    name, equals, value = word.replace("＝", "=", 1).partition("=")
    folded = f"{_fold(name)}{equals}{value}"
    return folded if _OPTION.fullmatch(folded) else word


class _Commands(PartedGroup):
    """Tells of a reader that left in our own words: click itself would end the program with 1 then.

    A command may be typed in capitals or in full width, with a full-width space behind it; ``help`` is ``--help``.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that is meant."""
        name, *rest = args
        word = _fold(name).lower()
        if word in _HELP and rest:
            return super().resolve_command(ctx, [_fold(rest[0]).lower(), "--help"])
        if word in _HELP:
            click.echo(ctx.get_help())
            ctx.exit()
        return super().resolve_command(ctx, [word, *rest] if word in self.parts else args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderLeft from error


_PARTS: Final = {
    "approve": Part("decide", "承認：保留の理由を確認済みとし、送信待ちにします。"),
    "audit": Part("log", "記録（ログ）の検証。"),
    "backup": Part("backup", "バックアップ：データベースを、サービスを止めずに1つのファイルへ写し、写しを検証します。"),
    "check": Part(
        "setup", "設定の検査：誤りをすべて、場所と直し方とともに示します。発注者ごとの見本（example）も確かめます。"
    ),
    "confirm": Part("decide", "到達確認：発注者に届いたこと（--failed なら届いていないこと）を記録します。"),
    "demo": Part("setup", "デモ：このコンピューターの中だけで、受信から提出までを実行します。"),
    "doctor": Part("doctor", "診断：各サーバーとフォルダに接続し、異常と対処を示します。"),
    "done": Part("decide", "提出後の手続：請求書の持参など、送信後に残った手続が済んだことを記録します。"),
    "hand-over": Part("decide", "別途提出：フォーム・持参など、ほかの方法で提出します。"),
    "init": Part("setup", "設定のひな形を作ります。"),
    "join": Part(
        "decide", "結び付け：発行完了メールのお知らせが、すでに届いている提出（複数可）であることを記録します。"
    ),
    "issuers": Part("issuers", "発注者：同梱の一覧と自社の設定を比べます。"),
    "list": Part("show", "一覧：提出の状態と、次にすること。"),
    "login": Part(
        "login", "ログイン：OAuth2（Microsoft 365、Google）のメールボックスに、担当者が一度だけログインします。"
    ),
    "log": Part("log", "送信記録：いつ、誰に、何を送り、サーバーの応答はどうだったか（監査用）。"),
    "preview": Part("preview", "下見：このPDFがどの提出になるかを、送信される形で示します（保存も送信もしません）。"),
    "project": Part("project", "案件：登録、工事台帳の取込み、一覧。"),
    "read": Part(
        "preview", "お知らせPDFの読み取り：項目、または読み取れない理由を示します（認証キーはそのまま表示されます）。"
    ),
    "resend": Part("decide", "訂正して再提出：新しい提出を作り、承認待ちにします（元の記録は残ります）。"),
    "resolve": Part("decide", "送信結果不明の解決：発注者に確認した結果を記録します。"),
    "restore": Part(
        "backup", "復元：バックアップのファイルに戻します（サービスの停止中だけ）。送信は resume まで止まります。"
    ),
    "resume": Part("decide", "再開：バックアップに戻した後、送信されるものを一覧で確かめてから、送信を再開します。"),
    "rules": Part("rules_test", "ルール：変更した設定を、使う前に試します。"),
    "run": Part("run", "実行：監視と送信を続けます（--once は1回だけ）。"),
    "service-failed": Part(
        "service_failed",
        "停止の連絡：保証便が止まったときに systemd が実行し、[operator] command で担当者に知らせます。",
    ),
    "show": Part("show", "詳細：メールを送信される形で、防止チェック、関連する提出、すべての経過。"),
    "status": Part("show", "現況：最後に確認できた時刻、状態ごとの件数、対応待ち。"),
    "tasks": Part("tasks", "対応すること：案件ごとに、急ぐものから示します。"),
    "withdraw": Part("decide", "取下げ：送信しないことにします（複数可）。"),
}


@click.group(cls=_Commands, parts=_PARTS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="DIR", multiple=True, help="設定のフォルダ / configuration directory")
@click.option("--lang", type=click.Choice(["ja", "en"]), default="ja", help="表示の言語 / language for people")
@click.version_option(package_name="hoshobin", prog_name="hoshobin")
@click.pass_context
def cli(context: click.Context, config: tuple[str, ...], lang: Language) -> None:
    """保証便：電子保証の「認証キーのお知らせ」を発注者へ提出し、記録します。"""
    if len(config) > 1:  # a wrapper that names one, as behind sudo, must not be overruled by its caller
        raise click.UsageError(say("usage_config_twice", lang))
    context.obj = Cli(next(iter(config), None), lang)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what it could not do becomes a message and an exit code, and nothing else."""
    for stream in (sys.stdout, sys.stderr):
        _speak_japanese(stream)
    given = [_fold_option(each) for each in (sys.argv[1:] if arguments is None else arguments)]
    lang: Language = "en" if "--lang=en" in given or ("--lang" in given and "en" in given) else "ja"
    boundary = _Boundary(lang, as_json="--json" in given, is_signed="--by" in given, is_check="check" in given)
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


def _speak_japanese(stream: TextIO) -> None:
    """Let ``stream`` take every character: a terminal that calls itself ASCII reads UTF-8 all the same."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    try:
        "保証便".encode(stream.encoding)
    except (UnicodeEncodeError, LookupError):
        stream.reconfigure(encoding="utf-8")
    else:
        stream.reconfigure(errors="backslashreplace")


class _Boundary:
    """How each family of errors is shown."""

    def __init__(self, lang: Language, *, as_json: bool, is_signed: bool, is_check: bool) -> None:
        self._lang = lang
        self._as_json = as_json
        self._is_signed = is_signed
        self._is_check = is_check

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
