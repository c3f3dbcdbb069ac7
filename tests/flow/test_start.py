"""A command loads no library at its start that it does not use."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.support.office import HANAKO, Office, a_form, notice
from tests.support.world import project
from worker.cli import NOT_REACHED, PartedGroup, cli

OF_THE_SERVICE = {"apscheduler", "structlog", "imapclient", "aiosmtplib", "pdfplumber", "pypdfium2", "alembic"}
OF_A_TERMINAL = {"rich"}
OF_THE_OFFICE = {"sqlalchemy", "pydantic", "jinja2", "email_validator"}
OF_THE_DATABASE = {"sqlalchemy", "asyncio"}
OF_RULES = {"jinja2", "openpyxl", "tomlkit", "dkim", "dns", "msal", "google"}
OF_SHAPES = {"pydantic", "pydantic_core", "email_validator"}
RULES = (
    "load",
    "settings",
    "toml",
    "secret_files",
    "addresses",
    "issuers",
    "rule_",
    "template",
    "projects",
    "project_tables",
    "guarantors",
    "examples",
    "open_keys",
)
"""Beginnings of the modules of ``worker.config`` that check settings, issuers' rules, register and templates."""
ACTING_ON_RULES = (
    "worker.match",
    "worker.compose",
    "worker.approve.reevaluate",
    "worker.approve.decisions",
    "worker.pipeline.",
)
OF_THE_LOG = {"worker.pipeline.export", "worker.pipeline.verification"}
"""The modules of ``worker.pipeline`` that read the log alone."""


def modules_of(*arguments: str, code: int = 0) -> set[str]:
    """The modules that a new interpreter has loaded once ``hoshobin ARGUMENTS`` has ended with this exit code."""
    program = (
        "import json, sys\n"
        "from worker.cli import main\n"
        f"code = main({list(arguments)!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    found, loaded = json.loads(ended.stderr.splitlines()[-1])
    assert found == code, ended.stdout + ended.stderr
    return set(loaded)


def decoded_by(*arguments: str, code: int = 0) -> set[str]:
    """The texts that a new interpreter decodes as TOML for ``hoshobin ARGUMENTS``."""
    program = (
        "import json, sys, tomli\n"
        "decode, texts = tomli.loads, []\n"
        "tomli.loads = lambda text: texts.append(text) or decode(text)\n"
        "from worker.cli import main\n"
        f"main({list(arguments)!r})\n"
        "print(json.dumps(texts), file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(ended.stderr.splitlines()[-1]))


def loaded_by(*arguments: str, code: int = 0) -> set[str]:
    """The same, libraries alone."""
    return {each for each in modules_of(*arguments, code=code) if "." not in each}


def rules_in(modules: set[str]) -> set[str]:
    """Those of ``modules`` that read issuers' rules, or work with them."""
    beginnings = (*(f"worker.config.{name}" for name in RULES), *ACTING_ON_RULES)
    return {each for each in modules if each.startswith(beginnings) and each not in OF_THE_LOG}


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    form = a_form("道路改良工事")
    expected = project("橋梁補修工事", "kawa") + 'expects = ["contract"]\ndates = { contract = 2026-11-20 }\n'
    works = [project(form.project, "kawa"), project("河川工事", "kawa"), expected]
    made = Office(tmp_path_factory.mktemp("office"), mode="approve", projects=works)
    made.save_notice("a.pdf", notice(form))
    made.save_notice("b.pdf", notice(a_form("河川工事")))
    made.run_once()  # its servers are not there; what lies in the folder is taken in all the same
    assert made("withdraw", "2", "--by", HANAKO, "--why", "取違え").code == 0
    assert {each["state"] for each in made.list()} == {"HELD", "WITHDRAWN"}
    assert "橋梁補修工事" in made("tasks").out
    return made


@pytest.mark.parametrize(
    "arguments", [["list"], ["show", "1"], ["status"], ["tasks"], ["log"], ["check"], ["project", "list"], ["issuers"]]
)
def test_a_command_that_looks_brings_nothing_of_servers_and_schedules(office: Office, arguments: list[str]) -> None:
    loaded = loaded_by("--config", str(office.config), *arguments)
    assert loaded & (OF_THE_SERVICE | OF_A_TERMINAL | {"sqlalchemy"}) == set()


def test_a_run_on_a_store_that_is_up_to_date_brings_nothing_that_only_makes_one(office: Office) -> None:
    loaded = loaded_by("--config", str(office.config), "run", "--once", code=NOT_REACHED)
    assert loaded & {"sqlalchemy", "alembic"} == set()


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_brings_no_office_with_it(arguments: list[str]) -> None:
    assert loaded_by(*arguments) & (OF_THE_SERVICE | OF_A_TERMINAL | OF_THE_OFFICE) == set()


@pytest.mark.parametrize("arguments", [["list"], ["tasks"], ["show", "2"], ["log"], ["audit", "verify"]])
def test_a_command_that_needs_no_rule_loads_none_and_nothing_that_reads_one(
    office: Office, arguments: list[str]
) -> None:
    loaded = modules_of("--config", str(office.config), *arguments)
    assert rules_in(loaded) == set()
    parser = {"pydantic_core"} if arguments == ["audit", "verify"] else set()  # it parses each entry, in half the time
    assert loaded & (OF_THE_SERVICE | OF_A_TERMINAL | OF_RULES | OF_SHAPES | OF_THE_DATABASE) == parser


@pytest.mark.parametrize("arguments", [["list"], ["show", "2"], ["log"], ["audit", "verify"]])
def test_a_command_that_needs_no_register_decodes_none(office: Office, arguments: list[str]) -> None:
    texts = decoded_by("--config", str(office.config), *arguments)
    assert texts == {(office.config / "worker.toml").read_text()}


def test_the_tasks_decode_the_register_and_no_issuer_that_expects_nothing(office: Office) -> None:
    texts = decoded_by("--config", str(office.config), "tasks")
    assert (office.config / "projects.toml").read_text() in texts
    assert (office.config / "issuers" / "yama.toml").read_text() not in texts


def test_the_status_reads_no_rule_and_no_shape(office: Office) -> None:
    loaded = modules_of("--config", str(office.config), "status")
    assert {each for each in rules_in(loaded) if each.startswith("worker.config")} == set()
    assert loaded & (OF_THE_SERVICE | OF_A_TERMINAL | OF_RULES | OF_SHAPES | OF_THE_DATABASE) == set()


def test_an_open_submission_is_judged_without_shapes_editing_tools_and_readers(office: Office) -> None:
    loaded = modules_of("--config", str(office.config), "show", "1", "--no-pages")
    assert "worker.compose.checks" in loaded
    with_shapes = {
        "load",
        "settings",
        "toml",
        "addresses",
        "issuers",
        "rule_tables",
        "projects",
        "guarantors",
        "editing",
    }
    assert loaded & {f"worker.config.{name}" for name in with_shapes} == set()
    assert {
        each for each in loaded if each.startswith(("worker.read.", "worker.pipeline.read", "worker.track.re"))
    } <= {"worker.read.pdf_bytes"}
    needed = {"jinja2", "asyncio"}  # a body is written by a template; the invoices folder is looked at
    unused = OF_THE_SERVICE | OF_A_TERMINAL | OF_RULES | OF_SHAPES | OF_THE_DATABASE | {"flufl", "multiprocessing"}
    assert loaded & unused <= needed


def test_an_open_submission_reads_no_issuer_but_its_own(office: Office) -> None:
    texts = decoded_by("--config", str(office.config), "show", "1", "--no-pages")
    assert (office.config / "issuers" / "kawa.toml").read_text() in texts
    assert (office.config / "issuers" / "yama.toml").read_text() not in texts


def test_what_works_with_rules_would_be_seen(office: Office) -> None:
    assert "worker.config.issuers" in rules_in(modules_of("--config", str(office.config), "check"))


def test_an_open_submission_is_shown_as_by_the_whole_configuration(office: Office) -> None:
    """A file that was changed since is checked whole; a comment changes nothing that is shown."""
    shown = [office("show", "1", *more).out for more in ((), ("--json",))]
    register = office.config / "projects.toml"
    before = register.read_text()
    try:
        register.write_text(before + "# 追記\n")
        assert [office("show", "1", *more).out for more in ((), ("--json",))] == shown
    finally:
        register.write_text(before)
    assert "誤送信の防止チェック" in shown[0]


def test_help_loads_no_module_of_ours_but_the_list_of_commands() -> None:
    assert {each for each in modules_of("--help") if each.split(".")[0] == "worker"} == {"worker", "worker.cli"}


def test_a_configuration_that_changed_since_it_was_recorded_is_checked_whole(office: Office) -> None:
    file = office.config / "projects.toml"
    recorded = file.read_text()
    try:
        file.write_text(recorded + "# 追記\n")
        assert "worker.config.load" in modules_of("--config", str(office.config), "list")
        file.write_text(recorded + '[[project]]\nname = "無効"\n')
        assert "設定に誤りがあるため" in office("list").err
    finally:
        file.write_text(recorded)


def command_of(group: PartedGroup, name: str) -> click.Command:
    found = group.get_command(click.Context(group), name)
    assert found is not None, name
    return found


def groups() -> list[PartedGroup]:
    commands = [command_of(cli, name) for name in cli.parts]
    return [cli, *(each for each in commands if isinstance(each, PartedGroup))]


def test_the_list_of_commands_says_what_the_own_help_of_each_begins_with() -> None:
    other = [
        name
        for group in groups()
        for name, part in group.parts.items()
        if not part.help or not (command_of(group, name).help or "").startswith(part.help)
    ]
    assert other == []


def test_every_command_that_a_module_adds_is_in_the_list_of_its_group() -> None:
    for path in sorted(Path(importlib.import_module("worker.cli").__file__ or "").parent.glob("*.py")):
        importlib.import_module(f"worker.cli.{path.stem}")
    assert len(cli.parts) > 20
    for group in groups():
        assert set(group.commands) == set(group.parts)
