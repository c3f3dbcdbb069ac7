"""The command ``project add``: one project into the register, asked question by question or given by options."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from worker.cli import DONE, Cli, json_option, pass_cli
from worker.cli.person import Number
from worker.cli.project import project
from worker.cli.tables import print_json
from worker.config.addresses import AddressRefused, read_address
from worker.config.editing.add_project import (
    NeededKey,
    ProjectRecipient,
    lacks_address,
    needed_keys,
    problems_of_outcome,
    register_project,
)
from worker.config.editing.fields import (
    FieldRefused,
    KeyPath,
    Value,
    find_issuer,
    number_forms,
    parse_key,
    read_key_value,
)
from worker.config.editing.import_rows import RowOutcome
from worker.config.editing.register import add_new_project
from worker.config.files import TemplateFiles, register_directory
from worker.config.load import Configuration, load_configuration
from worker.config.projects import FILE
from worker.config.toml import parse_toml
from worker.core.errors import ConfigError, NotAllowed, Problem
from worker.core.messages import Language, hint, name_product, put, say
from worker.core.model import Product
from worker.core.params import Aside
from worker.core.rulebook import CountedBy, Issuer
from worker.core.text import escape_control_chars
from worker.match.match import fold_firm
from worker.service.wiring import find_configuration_files, has_store
from worker.views.project_form import form_name
from worker.views.register_json import added_json

if TYPE_CHECKING:
    from worker.cli.project_edit import RegisterCommand

_PLAIN = (
    "name",
    "issuer",
    "contractor",
    "contact",
    "kind",
    "award",
    "amount",
    "tendered_by",
    "approval",
    "expects",
    "excluded",
)


def _date_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for each in reversed(CountedBy):
        name = each.value.replace("_", "-")
        command = click.option(f"--{name}-date", f"date_{each.value}", default="", metavar="DATE")(command)
    return command


@dataclass(slots=True)
class _Answers:
    """The answers given so far, and their faults."""

    given: dict[KeyPath, Value] = field(default_factory=dict)
    issuer: Issuer | None = None
    office: ProjectRecipient | None = None


@project.command("add")
@click.option("--from", "source", type=Number(), metavar="SUBMISSION", help="保留中の提出から写す / prefilled from it")
@click.option("--by", default="", metavar="NAME", help="登録する人の氏名（--from では必須） / who registers it")
@click.option("--name", default="", help="工事名（お知らせのとおり） / as on the notice")
@click.option("--issuer", default="", help="発注者の名前またはID / the issuer's name or id")
@click.option("--section", "sections", multiple=True, metavar="SECTION", help="課（advance=課 で種類ごと） / section")
@click.option("--number", "numbers", multiple=True, help="保証契約番号（advance=番号 で種類ごと） / contract number")
@click.option("--value", "values", multiple=True, metavar="NAME=VALUE", help="工事番号=R8-12 など / registered values")
@click.option("--contractor", default="", help="JVの正式名称 / a joint venture's name")
@click.option("--notice-name", "notice_names", multiple=True, help="お知らせの別の受注者名 / other contractor names")
@click.option("--contact", default="", help="担当者 / contact person")
@click.option("--kind", default="", help="works | consulting | other")
@click.option("--award", default="", help="open | designated | discretionary")
@click.option("--amount", default="", help="請負金額（円） / contract amount, yen")
@click.option("--tendered-by", default="", help="入札・契約を担当した課 / section that tendered")
@click.option("--approval", default="", help="発注者の承認（いつ・誰が） / the issuer's approval")
@click.option("--excluded", default="", help="公告等で電子保証の対象外なら はい / excluded by the announcement: yes")
@click.option("--expects", default="", metavar="contract,advance", help="必要な保証 / guarantees that are expected")
@click.option("--office-name", default="", help="この案件だけの提出先 / who receives, for this project alone")
@click.option("--office-to", multiple=True, metavar="ADDRESS", help="そのアドレス / its address")
@click.option("--office-phone", default="", help="その電話 / its phone")
@_date_options
@json_option
@pass_cli
def add_project(shared: Cli, /, *, as_json: bool, source: int | None, by: str, **options: Any) -> int:
    """案件の登録：発注者のルールに必要なことだけを、順に尋ねます（オプションでも指定できます）。"""
    from worker.config.editing.atomic_write import replace_file
    from worker.config.editing.toml_edit import edit_projects

    run = _command_of(shared, source, by, as_json=as_json)
    if run is not None and source is not None:
        options = _with_notice(run, source, options)
    directory, files = find_configuration_files(shared.config)
    configuration = load_configuration(files)
    templates = TemplateFiles(files)
    if options["name"] and options["issuer"]:
        answers = _read_options(options, configuration)
    elif sys.stdin.isatty() and sys.stdout.isatty() and not as_json:
        answers = _ask_everything(options, configuration, templates, shared.lang)
    else:
        raise click.UsageError(say("project_needs", shared.lang))
    issuer = answers.issuer
    if issuer is None:
        raise AssertionError("no project without its issuer")
    registered = (parse_toml(FILE, files[FILE], []) or {}).get("project", [])
    edit = register_project(answers.given, answers.office, issuer, registered)
    if isinstance(edit, RowOutcome):
        raise ConfigError(problems_of_outcome(edit))
    judged: tuple[int, ...] = ()
    if run is None:
        content = edit_projects(files[FILE], [edit])
        added = load_configuration({**files, FILE: content}).projects[-1]
        replace_file(register_directory(directory) / FILE, files[FILE], content)
        project_id = added.id
    else:
        done = run.write(lambda content: add_new_project(content, edit))
        project_id, judged = done.edit.later, done.judged
    missing = [form_name(each.key) for each in _needed(answers, issuer, templates) if not _has(answers, each.key)]
    if as_json:
        print_json(added_json(project_id, missing))
        return DONE
    place = register_directory(directory) / FILE
    click.echo(say("project_added", shared.lang, project=escape_control_chars(project_id), file=place))
    if judged:
        click.echo(say("change_judged", shared.lang, count=len(judged), ids=list(map(str, judged))))
    if missing:
        click.echo(say("project_missing", shared.lang, keys=missing))
    return DONE


def _command_of(shared: Cli, source: int | None, by: str, *, as_json: bool) -> RegisterCommand | None:
    """Returns the command, which records who registers it; None for an installation that has no database yet."""
    if not by and source is not None:
        raise click.UsageError(say("project_from_by", shared.lang))
    if not by and not has_store(shared.config):
        return None
    from worker.cli.project_edit import RegisterCommand

    return RegisterCommand(shared, by, as_json=as_json, is_certain=True)


def _with_notice(run: RegisterCommand, number: int, options: Mapping[str, Any]) -> dict[str, Any]:
    """Returns ``options`` with the values of the submission's notice for those that were not given.

    Raises NotAllowed ``submission_no_notice``.
    """
    submission = run.store.submission(number)
    sha = submission.notice.pdf_sha256
    notice = run.store.notice(sha) if sha is not None else None
    if notice is None:
        raise NotAllowed("submission_no_notice", id=str(number))
    own = run.office.configuration.settings.contractor.name
    contractor = "" if fold_firm(notice.contractor_name) == fold_firm(own) else notice.contractor_name
    product = notice.product.value
    return {
        **options,
        "name": options["name"] or notice.project_name,
        "numbers": options["numbers"] or (f"{product}={notice.contract_number}",),
        "expects": options["expects"] or product,
        "contractor": options["contractor"] or contractor,
    }


def _needed(answers: _Answers, issuer: Issuer, templates: TemplateFiles) -> tuple[NeededKey, ...]:
    return needed_keys(issuer, map(Product, _expected(answers)), templates.source)


def _numbers_asked(answers: _Answers) -> list[NeededKey]:
    """One question for each guarantee that the project must have, else for each that there is."""
    return [NeededKey(("numbers", product)) for product in _expected(answers) or [each.value for each in Product]]


def _expected(answers: _Answers) -> list[str]:
    expects = answers.given.get(("expects",), ())
    return list(expects) if isinstance(expects, tuple) else []


def _has(answers: _Answers, key: KeyPath) -> bool:
    return key in answers.given or (key == ("section",) and any(each[0] == "section" for each in answers.given))


# --- By options ----------------------------------------------------------------------------------------------


def _texts_given(options: Mapping[str, Any]) -> dict[KeyPath, str]:
    texts: dict[KeyPath, str] = {(name,): options[name] for name in _PLAIN if options[name]}
    texts |= {
        ("dates", each.value): options[f"date_{each.value}"] for each in CountedBy if options[f"date_{each.value}"]
    }
    for given in options["numbers"]:
        product, equals, number = given.partition("=")
        key = parse_key(f"numbers.{product}") if equals else ("contract_numbers",)
        if key is None:
            raise click.UsageError(f"--number {given!r}: NUMBER or advance=NUMBER")
        texts[key] = "、".join(filter(None, (texts.get(key, ""), number if equals else given)))
    if options["notice_names"]:
        texts[("names_on_notice",)] = "、".join(options["notice_names"])
    for value in options["values"]:
        name, equals, text = value.partition("=")
        if not equals or not name.strip():
            raise click.UsageError(f"--value {value!r}: NAME=VALUE")
        texts[("values", name.strip())] = text
    for section in options["sections"]:
        product, equals, id_ = section.partition("=")
        key = parse_key(f"section.{product}") if equals else ("section",)
        if key is None:
            raise click.UsageError(f"--section {section!r}: SECTION or advance=SECTION")
        texts[key] = id_ if equals else section
    return texts


def _read_options(options: Mapping[str, Any], configuration: Configuration) -> _Answers:
    """Returns the answers given by options. Raises ConfigError with every fault at once."""
    answers = _Answers()
    found: list[Problem] = []
    texts = _texts_given(options)
    for key in sorted(texts, key=lambda each: each != ("issuer",)):  # the issuer first: it knows the sections
        try:
            _take(answers, key, texts[key], configuration)
        except FieldRefused as refused:
            found.append(Problem(FILE, form_name(key), refused.code, refused.params))
    to = []
    for text in options["office_to"]:
        try:
            to.append(read_address(text))
        except AddressRefused as refused:
            found.append(Problem(FILE, "office", refused.code, refused.params))
    if found:
        raise ConfigError(found)
    if to:
        section = answers.issuer.sections.get(str(answers.given.get(("section",)))) if answers.issuer else None
        name = options["office_name"] or (section.name if section else say("office_unnamed", "ja"))
        answers.office = ProjectRecipient(name, tuple(to), options["office_phone"])
    return answers


def _take(answers: _Answers, key: KeyPath, text: str, configuration: Configuration) -> None:
    value = read_key_value(key, text, answers.issuer, number_forms(configuration.guarantors))
    if key == ("issuer",):
        answers.issuer = find_issuer(str(value), configuration.issuers)
        value = answers.issuer.id
    answers.given[key] = value


# --- Question by question ------------------------------------------------------------------------------------


def _ask_everything(
    options: Mapping[str, Any], configuration: Configuration, templates: TemplateFiles, lang: Language
) -> _Answers:
    """Asks for the answers that no option gave; Enter leaves out what is not required."""
    answers = _Answers()
    texts = _texts_given(options)
    known = tuple((each.id, each.full_name) for each in configuration.issuers.values())
    for key in [("issuer",), ("name",), ("expects",), *texts]:
        if key not in answers.given:
            needed = NeededKey(key, known if key == ("issuer",) else ())
            _ask(answers, needed, texts.get(key, ""), configuration, lang, is_required=key[0] in {"name", "issuer"})
    issuer = answers.issuer
    if issuer is None:
        raise click.Abort
    numbers = [] if ("contract_numbers",) in answers.given else _numbers_asked(answers)
    for needed in (*_needed(answers, issuer, templates), *numbers, NeededKey(("contact",))):
        if not _has(answers, needed.key):
            _ask(answers, needed, "", configuration, lang)
    section = lacks_address(issuer, answers.given)
    if section is not None:
        answers.office = _ask_office(section.name, section.phone, lang)
    return answers


def _ask(
    answers: _Answers,
    needed: NeededKey,
    text: str,
    configuration: Configuration,
    lang: Language,
    *,
    is_required: bool = False,
) -> None:
    """Ask until the answer is a value of the key; nothing typed is no answer, and shows once more what may be."""
    choices = _choices(needed, lang)
    while True:
        if not text:
            question = "\n".join([*choices, _question(needed, lang)])
            text = str(click.prompt(question, default="", show_default=False)).strip()
        choices = _choices(needed, lang)
        if text:
            try:
                return _take(answers, needed.key, _chosen(needed, text), configuration)
            except FieldRefused as refused:
                said = (say(refused.code, lang, **refused.params), hint(refused.code, lang, **refused.params))
                click.echo(" / ".join(filter(None, said)), err=True)
                choices = []  # it names the nearest; the list has just been seen
        elif not is_required:
            return None
        text = ""


def _question(needed: NeededKey, lang: Language) -> str:
    first = needed.key[0]
    if first == "values":
        about = needed.key[1]
    elif first == "numbers":
        about = say("ask_numbers", lang, product=name_product(Product(needed.key[1]), lang))
    elif first == "dates":
        about = say("ask_award_date" if needed.key[1] == "award" else f"ask_{needed.key[1]}", lang)
    else:
        about = say(f"ask_{first}", lang)
    return about + (say("ask_sample", lang, sample=escape_control_chars(needed.sample)) if needed.sample else "")


def _choices(needed: NeededKey, lang: Language) -> list[str]:
    return [
        f"  {at}: {put(Aside(escape_control_chars(name), id_), lang)}"
        for at, (id_, name) in enumerate(needed.choices, start=1)
    ]


def _chosen(needed: NeededKey, text: str) -> str:
    """The id behind the number of a choice; any other text as it is."""
    if text.isascii() and text.isdigit() and 1 <= int(text) <= len(needed.choices):
        return needed.choices[int(text) - 1][0]
    return text


def _ask_office(name: str, phone: str, lang: Language) -> ProjectRecipient | None:
    """Asks for the address that the issuer gave for this project alone; None if it is not known yet."""
    while True:
        text = str(
            click.prompt(say("ask_office", lang, name=escape_control_chars(name)), default="", show_default=False)
        ).strip()
        if not text:
            return None
        try:
            return ProjectRecipient(name, (read_address(text),), phone)
        except AddressRefused as refused:
            click.echo(say(refused.code, lang, **refused.params), err=True)
