"""Commands about issuers: the catalogue, the user's own copies, and taking an entry over."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import click

from worker.cli import DONE, Cli, CommandPart, PartedGroup, cli, json_option, pass_cli
from worker.cli.person import agrees
from worker.cli.tables import print_json, print_table
from worker.compose.rule_examples import try_examples
from worker.config.addresses import AddressRefused, read_address
from worker.config.editing.catalogue import (
    CatalogueEntry,
    KeyAnswer,
    Question,
    answered_keys,
    find_entry,
    left_to_fill_in,
    list_entries,
    questions_of,
    read_answer,
    read_path,
    read_setting,
    read_setting_value,
    value_in,
)
from worker.config.editing.fields import FieldRefused, KeyPath
from worker.config.files import TemplateFiles, register_directory
from worker.config.issuers import issuer_id
from worker.config.load import ISSUERS, load_configuration
from worker.config.templates import Renderer
from worker.config.toml import parse_toml
from worker.core.errors import ConfigError, Problem
from worker.core.messages import Language, put, say
from worker.core.messages.keys import name_choices, name_key
from worker.core.model import JST
from worker.core.params import Aside
from worker.core.text import escape_control_chars
from worker.pipeline.issuers import catalogue_file, catalogue_tables
from worker.service.wiring import find_configuration_files, system_clock
from worker.views.problems import problem_hint
from worker.views.register_json import issuer_json

_PARTS: Final = {
    "add": CommandPart("issuers", "同梱の発注者を自社の設定に写し、未確認の項目を埋めます。"),
    "answer": CommandPart(
        "issuer_edit",
        "未確認のことの記録：値と、どこでいつ確かめたかを記録します（値を省けば、いまの値のままでよいとします）。",
    ),
    "edit": CommandPart(
        "issuer_edit",
        "発注者の決まりの修正：項目を変え、待っている提出に反映します（項目を指定しなければ、未確認のことを尋ねます）。",
    ),
    "new": CommandPart(
        "issuer_edit",
        "発注者の追加：公表元のページを見ながら登録します（書いていないことは未確認となり、確かめるまで送られません）。",
    ),
}


@cli.group(cls=PartedGroup, parts=_PARTS, invoke_without_command=True)
@json_option
@click.pass_context
def issuers(context: click.Context, as_json: bool) -> int:
    """発注者：同梱の一覧と自社の設定を比べます。"""
    if context.invoked_subcommand is not None:
        return DONE
    shared: Cli = context.obj
    _, files = find_configuration_files(shared.config)
    configuration = load_configuration(files)
    own = {issuer_id(name): _table(name, content) for name, content in files.items() if name.startswith(ISSUERS)}
    entries = list_entries(catalogue_tables(), own, configuration.issuers, configuration.projects)
    if as_json:
        for each in entries:
            print_json(issuer_json(each))
        return DONE
    headings = [
        say(f"h_{name}", shared.lang) for name in ("short", "issuer", "use", "to_fill_in", "checked_on", "differs")
    ]
    print_table(headings, [_cells(each, shared.lang) for each in entries])
    return DONE


def _table(name: str, content: bytes) -> Mapping[str, Any]:
    return parse_toml(name, content, []) or {}


def _cells(entry: CatalogueEntry, lang: Language) -> tuple[str, ...]:
    if not entry.is_own:
        use = say("issuer_not_taken", lang)
    else:
        use = say("issuer_in_use", lang, count=entry.projects) if entry.projects else say("issuer_unused", lang)
    addresses = [say("issuer_no_address", lang, section=each) for each in entry.without_address]
    differs = [
        say("issuer_difference", lang, key=each.key, own=each.own or "—", shipped=each.shipped or "—")
        for each in entry.differences
    ]
    if entry.is_outdated and entry.shipped_on:
        differs.insert(0, say("issuer_newer", lang, date=entry.shipped_on.isoformat()))
    checked = entry.checked_on or (None if entry.is_own else entry.shipped_on)
    fill_in = str(put([*dict.fromkeys((*entry.open, *addresses))], lang))
    return entry.id, entry.name, use, fill_in, checked.isoformat() if checked else "", " / ".join(differs)


# --- Taking one over -----------------------------------------------------------------------------------------


@issuers.command("add")
@click.argument("name")
@click.option("--set", "settings", multiple=True, metavar="KEY=VALUE", help="項目を埋める / fill in a key")
@click.option(
    "--confirmed", multiple=True, metavar="KEY", help="このとおりと確認した項目 / a key that is right as it is"
)
@click.option("--without-examples", is_flag=True, help="合わない見本は外して写す / leave out examples that do not fit")
@pass_cli
def add_issuer(
    shared: Cli, name: str, settings: tuple[str, ...], confirmed: tuple[str, ...], without_examples: bool
) -> int:
    """同梱の発注者を自社の設定に写し、未確認の項目を埋めます。"""
    from worker.config.editing.atomic_write import write_new_file
    from worker.config.editing.toml_edit import ExampleEdits, edit_issuer

    directory, files = find_configuration_files(shared.config)
    id_ = find_entry(name, catalogue_tables())
    file = f"{ISSUERS}{id_}.toml"
    if file in files:
        raise ConfigError([Problem(file, "", "issuer_taken")])
    content = catalogue_file(id_)
    before = left_to_fill_in(_table(file, content))
    given = _given(file, settings)
    certain = [path for key in confirmed if (path := read_path(key)) is not None]
    asks = not settings and not confirmed and sys.stdin.isatty() and sys.stdout.isatty()
    if asks:
        given, certain = _ask(_table(file, content), shared.lang, _judge_answers(files, file, content))
    content, failing = _filled_in(files, file, content, given, certain)
    if failing:
        if not without_examples and not (asks and agrees(say("ask_examples", shared.lang), err=False)):
            raise ConfigError([*failing, Problem(file, "example", "issuer_examples")])
        every = tuple(range(1, len(_table(file, content)["example"]) + 1))
        content = edit_issuer(content, (), examples=ExampleEdits(every))
        load_configuration({**files, file: content})
    left = left_to_fill_in(_table(file, content))
    checked_on = system_clock().now().astimezone(JST).date() if before and not left else None
    if checked_on is not None:  # the last answer says that the file was just compared with its source
        content = edit_issuer(content, [(("checked_on",), checked_on)])
    write_new_file(register_directory(directory) / file, content)
    click.echo(say("issuer_added", shared.lang, file=register_directory(directory) / file))
    if failing:
        click.echo(say("issuer_examples_dropped", shared.lang))
    click.echo(say("issuer_still_open", shared.lang, keys=left) if left else say("issuer_complete", shared.lang))
    if checked_on is not None:
        click.echo(say("issuer_checked_today", shared.lang, date=checked_on.isoformat()))
    return DONE


def _given(file: str, settings: Sequence[str]) -> list[tuple[KeyPath, object]]:
    """Returns the values of ``--set``; raises all their faults at once."""
    given, found = [], []
    for setting in settings:
        try:
            given.append(read_setting(setting))
        except FieldRefused as refused:
            found.append(Problem(file, setting.partition("=")[0], refused.code, refused.params))
    if found:
        raise ConfigError(found)
    return given


def _filled_in(
    files: Mapping[str, bytes],
    file: str,
    content: bytes,
    given: Sequence[tuple[KeyPath, object]],
    certain: Sequence[KeyPath],
) -> tuple[bytes, list[Problem]]:
    """The copy with what was answered; and how the catalogue's examples do not fit it.

    Raises ConfigError if the whole configuration does not load with it.
    """
    from worker.config.editing.toml_edit import edit_issuer

    answered = answered_keys(_table(file, content), [*(path for path, _ in given), *certain])
    content = edit_issuer(content, given, answered)
    configuration = load_configuration({**files, file: content})
    failing = try_examples(configuration, TemplateFiles(files).source, Renderer())
    return content, [problem for problem in failing if problem.file == file]


Judge = Callable[[Question, object], list[Problem]]
"""Gives the faults of this answer at its question's own key."""


def _judge_answers(files: Mapping[str, bytes], file: str, content: bytes) -> Judge:
    """Each answer tried on its own: a slip is asked again at once, not after the last question."""
    from worker.config.editing.toml_edit import edit_issuer

    def problems(question: Question, value: object) -> list[Problem]:
        try:
            load_configuration({**files, file: edit_issuer(content, [(question.path, value)])})
        except ConfigError as error:
            return [each for each in error.problems if each.file == file and each.key.startswith(question.key)]
        return []

    return problems


def _ask(table: Mapping[str, Any], lang: Language, judge: Judge) -> tuple[list[tuple[KeyPath, object]], list[KeyPath]]:
    """Question by question; an empty answer leaves the key as it is."""
    click.echo(say("issuer_asks", lang, name=escape_control_chars(str(table.get("name", "")))))
    given: list[tuple[KeyPath, object]] = []
    certain: list[KeyPath] = []
    for question in questions_of(table):
        answer = _answer(question, table, lang, judge)
        if answer is _AS_IT_IS:
            certain.append(question.path)
        elif answer is not None:
            given.append((question.path, answer))
    return given, certain


_AS_IT_IS = object()


def _answer(question: Question, table: Mapping[str, Any], lang: Language, judge: Judge) -> object | None:
    """The value given, _AS_IT_IS for one confirmed, None for none."""
    about = _about(question, table, lang)
    is_wrong = not question.can_be_confirmed
    while True:
        prompt = _prompt(question, about, lang, is_wrong=is_wrong)
        text = str(click.prompt(prompt, default="", show_default=False)).strip()
        if not text:
            return None
        answer = KeyAnswer.OTHER if is_wrong else read_answer(text)
        if answer is KeyAnswer.YES:
            return _AS_IT_IS
        if answer is KeyAnswer.NO:
            is_wrong = True
            continue
        try:
            value = read_setting_value(question.path, text)
            if question.asks_for_addresses and isinstance(value, list):
                value = [read_address(str(each)) for each in value]
        except (FieldRefused, AddressRefused) as refused:
            click.echo(say(refused.code, lang, **refused.params), err=True)
            continue
        faults = judge(question, value)
        for each in faults:
            click.echo(f"{say(each.code, lang, **each.params)} / {problem_hint(each, lang)}", err=True)
        if not faults and _is_meant(question, value, lang):
            return value


def _prompt(question: Question, about: str, lang: Language, *, is_wrong: bool) -> str:
    if not is_wrong:
        return say("ask_confirm", lang, about=about, value=escape_control_chars(str(question.value)))
    return say("ask_addresses" if question.asks_for_addresses else "ask_value", lang, about=about)


def _is_meant(question: Question, value: object, lang: Language) -> bool:
    """Asks if ``value`` is to replace another one; True at once if there is none."""
    if not question.can_be_confirmed:
        return True
    former, later = escape_control_chars(str(question.value)), escape_control_chars(str(value))
    return agrees(say("ask_change", lang, former=former, value=later), err=False)


def _about(question: Question, table: Mapping[str, Any], lang: Language) -> str:
    """Returns the key's name in words, its place, and the words that it takes."""
    name = name_key(question.path, lang)
    if question.path[0] == "section" and len(question.path) > 1:
        name = str(
            put(Aside(name, escape_control_chars(str(value_in(table, (*question.path[:2], "name")) or ""))), lang)
        )
    lines = [say("ask_about", lang, name=name, key=question.key)]
    if choices := name_choices(question.path, lang):
        lines.append(say("ask_choices", lang, choices=choices))
    if question.is_a_table:
        lines.append(say("ask_table", lang))
    return "\n".join(lines)
