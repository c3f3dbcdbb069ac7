"""The commands that change issuers: edit, answer, new. Each first shows its changes and the mails under them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from functools import wraps
from typing import Any, Final

import click

from worker.cli import DONE, FOR_A_PERSON
from worker.cli.issuers import issuers
from worker.cli.pages import with_reader
from worker.cli.person import agrees
from worker.cli.project_edit import RegisterCommand, changes_register
from worker.cli.tables import print_json
from worker.config.editing.catalogue import KeyAnswer, find_entry, questions_of, read_answer
from worker.config.editing.fields import FieldRefused, KeyPath
from worker.config.editing.issuer_fields import (
    ASKED_OF_RULE,
    UNKNOWN_WORD,
    means_unknown,
    parse_issuer_field,
    section_names,
    texts_of,
    words_of_field,
)
from worker.config.editing.issuers import (
    FIRST_SECTION,
    IssuerAnswers,
    IssuerEdit,
    PageSample,
    add_new_issuer,
    answer_open_key,
    change_fields,
    propose_id,
    read_issuer_table,
)
from worker.config.issuers import issuer_file
from worker.config.load import ISSUERS
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.japanese_dates import read_date
from worker.core.messages import Language, name_product, say
from worker.core.messages.keys import name_rule_field
from worker.core.model import Product
from worker.core.text import escape_control_chars, match_key
from worker.pipeline.issuers import (
    MakeIssuerEdit,
    PreparedIssuer,
    catalogue_file,
    catalogue_tables,
    change_issuer,
    foresee_issuer,
    prepare_issuer,
    replay_issuer,
)
from worker.views.problems import problem_hint
from worker.views.register_json import issuer_edit_json, issuer_lines

_ASKED_FIRST: Final[tuple[KeyPath, ...]] = (
    ("name",),
    ("prefecture",),
    ("source",),
    *(("section", FIRST_SECTION, key) for key in ("name", "to", "phone")),
    *(("rule", "default", key) for key in ASKED_OF_RULE),
)
"""The questions about a new issuer, in the order of a published page."""


class IssuerCommand(RegisterCommand):
    """One command's office, store and person, with what it shows before and after the change of an issuer."""

    def find_own(self, text: str) -> tuple[str, bytes]:
        """Returns id and file of the issuer that ``text`` names. Raises NotAllowed ``no_such_issuer``."""
        known = self.office.configuration.issuers
        wanted = match_key(text)
        found = [
            each.id
            for each in known.values()
            if text == each.id or wanted in map(match_key, (each.full_name, each.name, *each.aliases))
        ]
        if len(found) != 1:
            raise NotAllowed("no_such_issuer", issuer=text, ids=found or list(known))
        return found[0], self.office.files[issuer_file(found[0])]

    def change_it(self, make: MakeIssuerEdit) -> int:
        """Shows the edit with its mails and the stored notices that it concerns, asks, writes it."""
        prepared = prepare_issuer(self.office.directory, make)
        if not self._as_json:
            self._show_issuer(prepared)
        if self._asks and not agrees(say("change_asked", self.lang)):
            click.echo(say("change_left", self.lang))
            return FOR_A_PERSON
        done = with_reader(lambda reader: change_issuer(self.editor, make, reader))
        if self._as_json:
            print_json(issuer_edit_json(done.edit, done.judged))
            return DONE
        click.echo(say("issuer_saved", self.lang, issuer=escape_control_chars(done.edit.name), id=done.edit.issuer))
        if done.judged:
            click.echo(say("change_judged", self.lang, count=len(done.judged), ids=list(map(str, done.judged))))
        return DONE

    def _show_issuer(self, prepared: PreparedIssuer) -> None:
        edit = prepared.edit
        click.echo(say("issuer_change_shown", self.lang, issuer=escape_control_chars(edit.name)))
        for line in issuer_lines(edit, self.lang):
            click.echo(line)
        for each in prepared.remarks:
            click.echo(f"{say(each.code, self.lang, **each.params)} {problem_hint(each, self.lang)}")
        for mail in with_reader(lambda reader: foresee_issuer(self.editor, prepared, reader)):
            draft = mail.seen.submission.composed.draft
            told = {"product": name_product(mail.product, self.lang), "project": mail.project or "―"}
            subject, to = (draft.subject, ", ".join(draft.to)) if draft else ("―", "―")
            click.echo(say("issuer_mail", self.lang, **told, subject=subject, to=to))
        before = self.office.active_config
        replayed = with_reader(lambda reader: replay_issuer(self.editor, prepared, before, reader))
        code = "issuer_replay_differs" if replayed.differing else "issuer_replay_same"
        ids = [each.submission.label for each in replayed.differing]
        click.echo(say(code, self.lang, tried=replayed.tried, count=len(ids), ids=ids))


StartIssuer = Callable[[], IssuerCommand]


# --- What is typed -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Given:
    """The fields that the options give."""

    settings: tuple[str, ...]
    unknown: tuple[str, ...]
    certain: tuple[str, ...]
    sample: str
    sample_of: str
    sample_name: str

    @property
    def page_sample(self) -> PageSample | None:
        """The subject that the page shows as a sample."""
        return PageSample(self.sample, Product(self.sample_of), self.sample_name) if self.sample else None


def _field_options(command: Callable[..., int]) -> Callable[..., int]:
    """Adds the options by which fields are given to a command, which gets them as ``given``."""

    @wraps(command)
    def called(*args: Any, **options: Any) -> int:
        given = _Given(**{each.name: options.pop(each.name) for each in fields(_Given)})
        return command(*args, given=given, **options)

    for option in (
        click.option("--sample-name", default="", metavar="NAME", help="見本の件名の中の工事名 / the project in it"),
        click.option(
            "--sample-of",
            default=Product.CONTRACT.value,
            type=click.Choice([each.value for each in Product]),
            help="見本の件名の保証の種類 / its guarantee",
        ),
        click.option(
            "--sample", default="", metavar="SUBJECT", help="公表元に載っている件名の見本 / the page's sample"
        ),
        click.option("--certain", multiple=True, metavar="FIELD", help="確かめた項目 / a field that is right as it is"),
        click.option("--unknown", multiple=True, metavar="FIELD", help="未確認の項目 / a field that is not certain"),
        click.option(
            "--set",
            "settings",
            multiple=True,
            metavar="FIELD=VALUE",
            help="項目=値（件名、宛先（土木課）、rule.default.subject など。空なら消す） / a field and its value",
        ),
    ):
        called = option(called)
    return called


def _texts(given: _Given, table: Mapping[str, Any], file: str) -> dict[KeyPath, str]:
    """Returns the texts of the options by field. Raises ConfigError with every fault at once."""
    texts: dict[KeyPath, str] = {}
    found: list[Problem] = []

    def field(name: str) -> KeyPath | None:
        try:
            return parse_issuer_field(name, table)
        except FieldRefused as refused:
            found.append(Problem(file, name, refused.code, refused.params))
            return None

    for setting in given.settings:
        name, equals, text = setting.replace("＝", "=", 1).partition("=")
        if not equals:
            raise click.UsageError(f"--set {setting!r}: FIELD=VALUE")
        if (path := field(name)) is not None:
            texts[path] = text
            if text.strip() and not means_unknown(text):
                texts["open", *path] = ""
    for names, word in ((given.unknown, UNKNOWN_WORD), (given.certain, "")):
        texts |= {("open", *path): word for name in names if (path := field(name)) is not None}
    if found:
        raise ConfigError(found)
    return texts


@issuers.command("edit")
@click.argument("name", metavar="ISSUER")
@_field_options
@click.option(
    "--drop-example", "dropped", multiple=True, type=int, metavar="N", help="外す見本の番号 / example to drop"
)
@changes_register(IssuerCommand)
def edit_one(start: StartIssuer, name: str, given: _Given, dropped: tuple[int, ...]) -> int:
    """発注者の決まりの修正：項目を変え、待っている提出に反映します（項目を指定しなければ、未確認のことを尋ねます）。

    ISSUER は発注者のIDか名前です。
    """
    run = start()
    found, content = run.find_own(name)
    guarantors = run.office.configuration.guarantors
    table = read_issuer_table(found, content)
    seen = texts_of(table, guarantors)
    texts = _texts(given, table, issuer_file(found))
    if not texts and not given.sample and not dropped:
        if not run.may_ask:
            raise click.UsageError("--set FIELD=VALUE")
        asked = [each.path for each in questions_of(table)]
        texts = _ask(run, asked, seen, table, lambda given: _editing(run, found, IssuerAnswers(given, seen)))
    answers = IssuerAnswers(texts, seen, given.page_sample, dropped)
    return run.change_it(_editing(run, found, answers))


def _editing(run: RegisterCommand, issuer: str, answers: IssuerAnswers) -> MakeIssuerEdit:
    guarantors, today = run.office.configuration.guarantors, run.today
    return lambda files: change_fields(issuer, files.get(issuer_file(issuer), b""), answers, guarantors, today)


@issuers.command("answer")
@click.argument("name", metavar="ISSUER")
@click.argument("field", metavar="FIELD")
@click.argument("value", metavar="VALUE", default="")
@click.option("--seen-at", required=True, metavar="PLACE", help="どこで確かめたか / where it was found")
@click.option("--seen-on", default="", metavar="DATE", help="確かめた日（省けば今日） / the day of it")
@changes_register(IssuerCommand)
def answer_one(start: StartIssuer, name: str, field: str, value: str, seen_at: str, seen_on: str) -> int:
    """未確認のことの記録：値と、どこでいつ確かめたかを記録します（値を省けば、いまの値のままでよいとします）。"""
    run = start()
    found, content = run.find_own(name)
    guarantors, file = run.office.configuration.guarantors, issuer_file(found)
    try:
        path = parse_issuer_field(field, read_issuer_table(found, content))
    except FieldRefused as refused:
        raise ConfigError([Problem(file, field, refused.code, refused.params)]) from refused
    day = _day(seen_on, file) if seen_on else run.today
    return run.change_it(
        lambda files: answer_open_key(found, files.get(file, b""), path, value, seen_at, day, guarantors)
    )


def _day(text: str, file: str) -> dt.date:
    try:
        return read_date(text)
    except ValueError as error:
        raise ConfigError([Problem(file, "seen_on", "field_date", {"value": text})]) from error


@issuers.command("new")
@click.option("--id", "id_", default="", metavar="ID", help="略号（英数字。省けば自動） / its id")
@click.option("--from", "shipped", default="", metavar="ISSUER", help="同梱の一覧から写す / copy it from the catalogue")
@_field_options
@changes_register(IssuerCommand)
def add_one(start: StartIssuer, id_: str, shipped: str, given: _Given) -> int:
    """発注者の追加：公表元のページを見ながら登録します（書いていないことは未確認となり、確かめるまで送られません）。"""
    run = start()
    base = None
    table: Mapping[str, Any] = {"section": {FIRST_SECTION: {}}}
    seen: Mapping[KeyPath, str] = {}
    if shipped:
        entry = find_entry(shipped, catalogue_tables())
        id_, base = id_ or entry, catalogue_file(entry)
        table = read_issuer_table(id_, base)
        seen = texts_of(table)
    texts = _texts(given, table, ISSUERS)
    if not texts and not given.sample and run.may_ask:
        asked = _ASKED_FIRST if base is None else [each.path for each in questions_of(table)]
        texts = _ask(run, asked, seen, table, None)
    taken = {each.id: each.full_name for each in run.office.configuration.issuers.values()}
    issuer = id_ or propose_id(texts.get(("name",), ""), texts.get(("source",), ""), taken)
    answers = IssuerAnswers(texts, sample=given.page_sample)
    if base is None and not any(path[0] == "section" for path in texts):
        raise click.UsageError("--set name=… --set section.ka1.name=…")
    return run.change_it(lambda files: _adding(run, issuer, files, answers, base))


def _adding(
    run: RegisterCommand, issuer: str, files: Mapping[str, bytes], answers: IssuerAnswers, base: bytes | None
) -> IssuerEdit:
    if issuer_file(issuer) in files:
        raise NotAllowed("issuer_exists", issuer=issuer)
    configuration = run.office.configuration
    taken = {each.id: each.full_name for each in configuration.issuers.values()}
    return add_new_issuer(issuer, answers, configuration.guarantors, taken, run.today, base)


# --- Asking ------------------------------------------------------------------------------------------------------


def _ask(
    run: RegisterCommand,
    paths: Iterable[KeyPath],
    seen: Mapping[KeyPath, str],
    table: Mapping[str, Any],
    judge: Callable[[Mapping[KeyPath, str]], MakeIssuerEdit] | None,
) -> dict[KeyPath, str]:
    """Question by question, in the page's order; an empty answer leaves the field as it is.

    はい, yes and いいえ answer the question about the present value; none of them becomes a value.
    """
    click.echo(say("issuer_asks_fields", run.lang))
    texts: dict[KeyPath, str] = {}
    for path in paths:
        texts |= _answer(run, path, seen.get(path, ""), table, judge)
    return texts


def _answer(
    run: RegisterCommand,
    path: KeyPath,
    now: str,
    table: Mapping[str, Any],
    judge: Callable[[Mapping[KeyPath, str]], MakeIssuerEdit] | None,
) -> dict[KeyPath, str]:
    while True:
        text = str(click.prompt(_question(run, path, now, table), default="", show_default=False)).strip()
        answer = read_answer(text)
        if answer is KeyAnswer.NONE:
            return {}
        if means_unknown(text):
            return {("open", *path): UNKNOWN_WORD}
        if answer is KeyAnswer.YES and now:
            return {("open", *path): ""}
        if answer in {KeyAnswer.YES, KeyAnswer.NO}:
            click.echo(say("ask_issuer_value", run.lang))
            continue
        given = {path: text, ("open", *path): ""}
        if judge is not None and not _is_right(run, judge(given)):
            continue
        if not now or agrees(say("ask_change", run.lang, former=escape_control_chars(now), value=text)):
            return given


def _is_right(run: RegisterCommand, make: MakeIssuerEdit) -> bool:
    """Tries this answer alone: a slip is asked again at once, not after the last question."""
    try:
        prepare_issuer(run.office.directory, make)
    except ConfigError as error:
        for each in error.problems:
            click.echo(f"{say(each.code, run.lang, **each.params)} {problem_hint(each, run.lang)}", err=True)
        return False
    return True


def _question(run: RegisterCommand, path: KeyPath, now: str, table: Mapping[str, Any]) -> str:
    lang: Language = run.lang
    names = {FIRST_SECTION: say("first_section", lang)} if not table.get("name") else section_names(table)
    label = name_rule_field(path, lang, names)
    words = words_of_field(path, table, run.office.configuration.guarantors)
    if path[-1] == "section" and not table.get("name"):
        words = ()
    choices = say("ask_choices", lang, choices="、".join(words)) if words else ""
    value = say("ask_now", lang, value=escape_control_chars(now)) if now else ""
    return "\n".join(filter(None, (label, choices, value)))
