"""rules test: stored notices under a changed configuration, before it is used. Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click

from worker.approve.reevaluate import ActiveConfig, activate_config
from worker.audit.kept_register import read_recorded
from worker.cli import DONE, FOR_A_PERSON, Cli, cli, json_option, open_for_command, pass_cli
from worker.cli.errors import print_problems
from worker.cli.pages import with_reader
from worker.cli.tables import print_json, print_pairs
from worker.compose.rule_examples import try_examples
from worker.config.files import TemplateFiles, read_directory
from worker.config.load import load_configuration
from worker.core.errors import ConfigError, Problem
from worker.core.messages import Language, say
from worker.core.states import NoteEvent
from worker.pipeline.replay import DifferingSubmission, replay
from worker.service.wiring import Installation, load_installation, system_clock
from worker.views.register_json import replay_json, replayed_json
from worker.views.rule_replay import DraftDifference, changed_lines

MOST: Final = 200
"""Notices tried without ``--limit``: a year of a middling contractor, within some seconds."""


@cli.group()
def rules() -> None:
    """ルール：変更した設定を、使う前に試します。"""


@rules.command("test")
@click.option("--against", metavar="DIR", type=click.Path(path_type=Path), help="試す設定のフォルダ / directory to try")
@click.option("--limit", type=click.IntRange(1), default=MOST, show_default=True, help="新しい順の件数 / newest first")
@json_option
@pass_cli
def rules_test(shared: Cli, against: Path | None, limit: int, as_json: bool) -> int:
    """保存済みのお知らせに変更後の設定を当て、宛先・件名などが変わるものを示します（保存も送信もしません）。

    --against がなければ、稼働中の設定と、いまのフォルダの設定とを比べます。
    """
    office = load_installation(shared.config)
    clock = system_clock()
    store = open_for_command(office)
    if against is not None:
        before, after = office.active_config, _in_force_of(_read_changed(against), office)
    else:
        recorded = read_recorded(store.entries(events=[NoteEvent.CONFIGURATION_CHANGED]), store.original)
        before, after = _in_force_of(recorded, office), office.active_config
    failing = try_examples(after.configuration, after.templates.source, after.renderer)
    replayed = with_reader(lambda reader: replay(store, before, after, reader, clock.now(), limit))
    found = replayed.differing
    if as_json:
        _print_as_json(found, failing, replayed.tried, shared.lang)
    else:
        _print(found, failing, replayed.tried, shared.lang)
    return FOR_A_PERSON if found or failing else DONE


def _read_changed(directory: Path) -> dict[str, bytes]:
    if not directory.is_dir():
        raise ConfigError([Problem(str(directory), "", "no_directory", {"looked": str(directory)})])
    return read_directory(directory)


def _in_force_of(files: dict[str, bytes], office: Installation) -> ActiveConfig:
    """Puts those files in force with the office's own invoices folder: the place of a copy alters no mail."""
    return activate_config(load_configuration(files), TemplateFiles(files), office.active_config.invoice_folder)


# --- What is shown -------------------------------------------------------------------------------------------


def _print(found: Sequence[DifferingSubmission], failing: Sequence[Problem], tried: int, lang: Language) -> None:
    for each in found:
        name = each.submission.destination.project_name or each.submission.notice.notice_name
        print_pairs(
            ((say(f"h_{difference.field}", lang), _lines(difference, lang)) for difference in each.found),
            title=f"{each.submission.label} {name}",
        )
    if failing:
        print_problems(failing, lang)
    click.echo(say("rules_differ" if found else "rules_same", lang, count=len(found), tried=tried))


def _lines(difference: DraftDifference, lang: Language) -> str:
    """Every change on a line of its own, below the heading."""
    return "\n" + "\n".join(f"{sign} {line}" for sign, line in changed_lines(difference, lang))


def _print_as_json(
    found: Sequence[DifferingSubmission], failing: Sequence[Problem], tried: int, lang: Language
) -> None:
    for each in found:
        print_json(replayed_json(each.submission, each.found, lang))
    print_json(replay_json(tried, len(found), failing, lang))
