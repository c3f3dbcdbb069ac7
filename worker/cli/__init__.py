"""The command line: its commands, and the one place that catches their errors.

``--help`` loads click and this module alone; a command's module, the configuration and the store are loaded by the
command that runs. ``worker.cli.errors`` shows the errors.
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

if TYPE_CHECKING:
    from worker.core.messages import Language
    from worker.service.wiring import Installation
    from worker.store.ports import Store

DONE: Final = 0
FOR_A_PERSON: Final = 1
"""Exit code: the answer is for a person."""
USAGE: Final = 2
"""Exit code: the arguments or the configuration are at fault."""
NOT_REACHED: Final = 3
"""Exit code: a server was not reached."""
FAULT: Final = 70
"""Exit code: a fault of the program."""


@dataclass(slots=True)
class Cli:
    """The arguments that every command is given."""

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


def open_for_command(office: Installation) -> Store:
    """Opens the office's store until the command ends. Raises ConfigError for a missing or older one."""
    from worker.service.wiring import open_store_of, system_clock

    store = open_store_of(office, system_clock())
    click.get_current_context().call_on_close(store.close)
    return store


def open_installation(shared: Cli) -> Installation:
    """Loads the office on disk; for faulty files the configuration in force, with a message about it.

    For commands that show stored records, or decide on them. Raises ConfigError if neither is of use.
    """
    from worker.service.wiring import load_installation_in_use

    office = load_installation_in_use(shared.config)
    if office.faults:
        from worker.cli.tables import time_text
        from worker.core.messages import say
        from worker.core.text import escape_control_chars

        first = office.faults[0]
        place = " ".join(filter(None, (first.file, first.key)))
        more = say("config_faults_more", shared.lang, count=len(office.faults) - 1) if office.faults[1:] else ""
        since = time_text(office.recorded_at)
        click.echo(
            escape_control_chars(say("config_recorded", shared.lang, since=since, place=place, more=more)), err=True
        )
    return office


def open_office(shared: Cli) -> tuple[Installation, Store]:
    """Returns the office as ``open_installation`` loads it, and its store."""
    office = open_installation(shared)
    return office, open_for_command(office)


class _ReaderLeft(Exception):
    """The reader of our output has left."""


class CommandPart(NamedTuple):
    """The place of one command of a group, and its first line of help.

    Its module is imported when the command runs: with all of them, ``--help`` takes as long as everything together.
    """

    module: str
    """Below ``worker.cli``; importing it adds the command to its group."""
    help: str
    """The command's own first line."""


class PartedGroup(click.Group):
    """A group whose commands are imported one by one."""

    def __init__(self, *args: Any, parts: dict[str, CommandPart], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parts = parts

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  click's form
        """Their names, in alphabetical order."""
        return sorted(self.parts)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Imports the module of the command and returns the command; None for an unknown name."""
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
    """Returns an option that was typed in full width in half width; a value behind ``=`` stays as it is."""
    if not word.startswith("－"):
        return word
    name, equals, value = word.replace("＝", "=", 1).partition("=")
    folded = f"{_fold(name)}{equals}{value}"
    return folded if _OPTION.fullmatch(folded) else word


class _Commands(PartedGroup):
    """Reports a reader that left in our own words: click itself would end the program with 1 then.

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
    "approve": CommandPart("decide", "承認：保留の理由を確認済みとし、送信待ちにします。"),
    "audit": CommandPart("log", "記録（ログ）の検証。"),
    "backup": CommandPart(
        "backup", "バックアップ：サービスを止めずにデータベースと設定を写し、写しを検証します（backup DIR）。"
    ),
    "check": CommandPart(
        "setup", "設定の検査：誤りをすべて、場所と直し方とともに示します。発注者ごとの見本（example）も確かめます。"
    ),
    "confirm": CommandPart("decide", "到達確認：発注者に届いたこと（--failed なら届いていないこと）を記録します。"),
    "console": CommandPart("console", "コンソール：事務所の方が使う画面を、このコンピューターで動かします。"),
    "correct": CommandPart(
        "follow_up", "記録の取消し：誤って記録した到達確認（--what なら手続）を取り消し、元の状態に戻します。"
    ),
    "demo": CommandPart("setup", "デモ：このコンピューターの中だけで、受信から提出までを実行します。"),
    "doctor": CommandPart("doctor", "診断：各サーバーとフォルダに接続し、異常と対処を示します。"),
    "done": CommandPart("decide", "提出後の手続：請求書の持参など、送信後に残った手続が済んだことを記録します。"),
    "documents": CommandPart(
        "invoice",
        "その他の書類の登録：お知らせ・請求書のほかに添付するPDFを、その提出の案件に登録します（不要なら --none）。",
    ),
    "hand-over": CommandPart("decide", "別途提出：フォーム・持参など、ほかの方法で提出します。"),
    "init": CommandPart("setup", "設定のひな形を作ります。"),
    "invoice": CommandPart(
        "invoice",
        "請求書の登録：PDFを請求書フォルダに保存し、その提出の案件に登録します（別途提出は --separate）。",
    ),
    "join": CommandPart(
        "decide", "結び付け：発行完了メールのお知らせが、すでに届いている提出（複数可）であることを記録します。"
    ),
    "key": CommandPart("disclose", "認証キーの表示：見た人と理由を記録してから示します。"),
    "issuers": CommandPart("issuers", "発注者：同梱の一覧と自社の設定を比べます。"),
    "list": CommandPart("show", "一覧：提出の状態と、次にすること。"),
    "login": CommandPart(
        "login", "ログイン：OAuth2（Microsoft 365、Google）のメールボックスに、担当者が一度だけログインします。"
    ),
    "log": CommandPart("log", "送信記録：いつ、誰に、何を送り、サーバーの応答はどうだったか（監査用）。"),
    "metrics": CommandPart("metrics", "監視用の数値：Prometheus の形式で示します（宛先・案件・発注者は含みません）。"),
    "original": CommandPart("disclose", "原本の取り出し：取り出した人と理由を記録してから、PDFを標準出力に書きます。"),
    "memo": CommandPart(
        "follow_up",
        "メモ：提出か案件（--project）に1行のメモを残します。",
    ),
    "migrate": CommandPart(
        "migrate", "移行：データベースを、写しを作ってからこの版の形に改めます（サービスの停止中だけ）。"
    ),
    "preview": CommandPart(
        "preview", "下見：このPDFがどの提出になるかを、送信される形で示します（保存も送信もしません）。"
    ),
    "project": CommandPart("project", "案件：登録、工事台帳の取込み、一覧。"),
    "read": CommandPart(
        "preview", "お知らせPDFの読み取り：項目、または読み取れない理由を示します（認証キーはそのまま表示されます）。"
    ),
    "rehearsal": CommandPart("rehearsal", "リハーサル：on で発注者に送らず練習に、off で本番に切り替えます。"),
    "request": CommandPart("send_back", "承認の依頼：表示された内容を確認したことを記録し、別の人に承認を依頼します。"),
    "register": CommandPart("register", "登録：案件と発注者のファイルの置き場所。"),
    "resend": CommandPart("decide", "訂正して再提出：新しい提出を作り、承認待ちにします（元の記録は残ります）。"),
    "resolve": CommandPart("decide", "送信結果不明の解決：発注者に確認した結果を記録します。"),
    "restore": CommandPart(
        "backup", "復元：バックアップのファイルに戻します（サービスの停止中だけ）。送信は resume まで止まります。"
    ),
    "resume": CommandPart(
        "decide", "再開：バックアップに戻した後、送信されるものを一覧で確かめてから、送信を再開します。"
    ),
    "return": CommandPart("send_back", "差し戻し：承認せず、理由を付けて担当者に戻します。"),
    "rules": CommandPart("rules_test", "ルール：変更した設定を、使う前に試します。"),
    "run": CommandPart("run", "実行：監視と送信を続けます（--once は1回だけ）。"),
    "service-failed": CommandPart(
        "service_failed",
        "停止の連絡：保証便が止まったときに systemd が実行し、[operator] command で担当者に知らせます。",
    ),
    "show": CommandPart("show", "詳細：メールを送信される形で、防止チェック、関連する提出、すべての経過。"),
    "status": CommandPart("show", "現況：最後に確認できた時刻、状態ごとの件数、対応待ち。"),
    "stop": CommandPart("send_back", "送信の停止：承認した提出を、送信が始まる前に保留へ戻します。"),
    "take": CommandPart(
        "take", "引き受け：この提出の担当になります。1営業日なにもしないと終わります（--leave でやめる）。"
    ),
    "tasks": CommandPart("tasks", "対応すること：案件ごとに、急ぐものから示します。"),
    "tenants": CommandPart("tenants", "複数の会社：1台で動かす会社ごとの状況。"),
    "upload": CommandPart(
        "upload", "PDFの持込み：お知らせか請求書のPDFを、持ち込んだ方の氏名を記録して受け付けます（複数可）。"
    ),
    "user": CommandPart("user", "利用者：画面（ブラウザ）を使う人と、その役割。"),
    "withdraw": CommandPart("decide", "取下げ：送信しないことにします（複数可）。"),
}


@click.group(cls=_Commands, parts=_PARTS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", metavar="DIR", multiple=True, help="設定のフォルダ / configuration directory")
@click.option("--lang", type=click.Choice(["ja", "en"]), default="ja", help="表示の言語 / language for people")
@click.version_option(package_name="hoshobin", prog_name="hoshobin")
@click.pass_context
def cli(context: click.Context, config: tuple[str, ...], lang: Language) -> None:
    """保証便：電子保証の「認証キーのお知らせ」を発注者へ提出し、記録します。"""
    if len(config) > 1:  # a wrapper that names one, as behind sudo, must not be overruled by its caller
        from worker.core.messages import say

        raise click.UsageError(say("usage_config_twice", lang))
    context.obj = Cli(next(iter(config), None), lang)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what it could not do becomes a message and an exit code, and nothing else."""
    for stream in (sys.stdout, sys.stderr):
        _speak_japanese(stream)
    given = [_fold_option(each) for each in (sys.argv[1:] if arguments is None else arguments)]
    lang: Language = "en" if "--lang=en" in given or ("--lang" in given and "en" in given) else "ja"
    try:
        code = cli.main(args=given, prog_name="hoshobin", standalone_mode=False)
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (KeyboardInterrupt, click.exceptions.Abort):
        return FOR_A_PERSON
    except _ReaderLeft:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # a reader that has seen enough
        return DONE
    except Exception as error:  # noqa: BLE001  the boundary: one line for people, the trace in a file
        from worker.cli.errors import show_error

        return show_error(error, given, lang)
    return code if isinstance(code, int) else DONE


def _speak_japanese(stream: TextIO) -> None:
    """Let ``stream`` take every character: a terminal that calls itself ASCII reads UTF-8 anyway."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    try:
        "保証便".encode(stream.encoding)
    except (UnicodeEncodeError, LookupError):
        stream.reconfigure(encoding="utf-8")
    else:
        stream.reconfigure(errors="backslashreplace")
