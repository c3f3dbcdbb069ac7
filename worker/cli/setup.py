"""Commands around the configuration: check, init, demo."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from worker.accounts.people import find_missing_second
from worker.cli import DONE, Cli, cli, json_option, pass_cli
from worker.cli.errors import print_problems
from worker.cli.rehearsal import rehearsing_in
from worker.cli.tables import print_json, say_release
from worker.compose.rule_examples import count_examples
from worker.config.editing.starter import write_starter
from worker.config.files import find_unread
from worker.core.accounts import japanese_day
from worker.core.errors import ConfigError, LogBroken, Problem, Unavailable
from worker.core.messages import Language, say
from worker.core.messages.keys import GUARANTOR, name_key
from worker.service.wiring import (
    Installation,
    failing_examples,
    failing_examples_of_catalogue,
    has_store_of,
    load_catalogue,
    load_installation_for_servers,
    open_store_of,
    system_clock,
)
from worker.views.service_json import check_json
from worker.views.unread_files import CONFIGURATION, gather_unread, say_unread


@cli.command()
@click.option("--examples", is_flag=True, help="同梱の一覧の見本も確かめる / try the catalogue's examples as well")
@json_option
@pass_cli
def check(shared: Cli, examples: bool, as_json: bool) -> int:
    """設定の検査：誤りをすべて、場所と直し方とともに示します。発注者ごとの見本（example）も確かめます。"""
    office = load_installation_for_servers(shared.config)
    configuration = office.configuration
    failing = failing_examples(office)
    shipped = 0
    if examples:
        catalogue = load_catalogue()
        failing += failing_examples_of_catalogue(catalogue)
        shipped = count_examples(catalogue)
    failing += _unfit_database(office)
    if failing:
        raise ConfigError(failing)
    unread = {CONFIGURATION: gather_unread(find_unread(office.directory))}
    tried = {"own": count_examples(configuration), "shipped": shipped}
    if as_json:
        print_json(check_json(configuration, tried, unread, shared.lang))
        return DONE
    say_release(rehearsing_in(office), shared.lang)
    click.echo(
        say(
            "check_ok",
            shared.lang,
            issuers=len(configuration.issuers),
            projects=len(configuration.projects),
            mailboxes=len(configuration.settings.mailboxes),
        )
    )
    if sum(tried.values()):
        click.echo(say("examples_ok", shared.lang, examples=sum(tried.values()), **tried))
    if configuration.remarks:
        print_problems(configuration.remarks, shared.lang)
    for line in (*_uncertain(office, shared.lang), *say_unread(unread, shared.lang)):
        click.echo(line)
    return DONE


def _unfit_database(office: Installation) -> tuple[Problem, ...]:
    """Reports a database that ``run`` would not open, or would change for good; nothing before it is made."""
    if not has_store_of(office):
        return ()
    try:
        clock = system_clock()
        with contextlib.closing(open_store_of(office, clock)) as store:
            return find_missing_second(store, office.settings, japanese_day(clock.now()))
    except ConfigError as other:
        return other.problems
    except (Unavailable, LogBroken):  # ``doctor`` reports any other fault of it
        pass
    return ()


def _uncertain(office: Installation, lang: Language) -> Iterator[str]:
    """Yields the keys that the files themselves list as never seen or not certain."""
    for issuer in office.configuration.issuers.values():
        keys = [key for section in issuer.sections.values() for key in section.open]
        keys += [key for rule in (*issuer.rules.values(), *issuer.amended_rules.values()) for key in rule.open]
        keys += [f"eligibility[{at}]" for at, each in enumerate(issuer.eligibility, start=1) if each.open]
        if keys:
            told = [_with_name(key, lang) for key in dict.fromkeys(keys)]
            yield say("check_open", lang, issuer=issuer.full_name, keys=("、", ", ")[lang == "en"].join(told))
    for guarantor in office.configuration.guarantors:
        if guarantor.assumed:
            yield say("check_assumed", lang, guarantor=guarantor.name, keys=_names(guarantor.assumed, lang))


def _with_name(key: str, lang: Language) -> str:
    named = name_key(key.split("."), lang)
    return f"{named}［{key}］" if lang == "ja" and named != key else key


def _names(keys: Sequence[str], lang: Language) -> str:
    index = 0 if lang == "ja" else 1
    return ("、", ", ")[index].join(GUARANTOR.get(key, (key, key))[index] for key in keys)


@cli.command()
@click.argument("directory", type=click.Path(path_type=Path))
@pass_cli
def init(shared: Cli, directory: Path) -> int:
    """設定のひな形を作ります。"""
    write_starter(directory)
    click.echo(say("init_done", shared.lang, dir=directory))
    return DONE


@cli.command()
@click.option("--keep", type=click.Path(path_type=Path), help="残すフォルダ / leave everything here")
@click.option("--console", "with_console", is_flag=True, help="画面で続ける（Ctrl+C で終了） / go on in a browser")
@click.option("--port", type=click.IntRange(1, 65535), default=8480, show_default=True, help="画面のポート / its port")
@pass_cli
def demo(shared: Cli, keep: Path | None, with_console: bool, port: int) -> int:
    """デモ：このコンピューターの中だけで、受信から提出までを実行します。"""
    try:
        if with_console:
            from worker.cli.demo.console import run_demo_console

            return run_demo_console(keep, port, shared.lang)
        from worker.cli.demo.demo import run_demo
    except ImportError:
        click.echo(say("demo_missing", shared.lang), err=True)
        return 2
    return run_demo(keep, shared.lang)
