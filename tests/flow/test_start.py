"""What a command brings with it when it starts: no library that it does not use."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from tests.support.office import Office, a_form, notice
from tests.support.world import project
from worker.cli import NOT_REACHED, PartedGroup, cli

OF_THE_SERVICE = {"apscheduler", "structlog", "imapclient", "aiosmtplib", "pdfplumber", "pypdfium2", "alembic"}
OF_A_TERMINAL = {"rich"}
OF_THE_OFFICE = {"sqlalchemy", "pydantic", "jinja2", "email_validator"}


def loaded_by(*arguments: str, code: int = 0) -> set[str]:
    """The libraries that a new interpreter has loaded once ``hoshobin ARGUMENTS`` has ended with this exit code."""
    program = (
        "import json, sys\n"
        "from worker.cli import main\n"
        f"code = main({list(arguments)!r})\n"
        "print(json.dumps([code, sorted(each for each in sys.modules if '.' not in each)]), file=sys.stderr)\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    found, loaded = json.loads(ended.stderr.splitlines()[-1])
    assert found == code, ended.stdout + ended.stderr
    return set(loaded)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    form = a_form("道路改良工事")
    made = Office(tmp_path_factory.mktemp("office"), mode="approve", projects=[project(form.project, "kawa")])
    made.save_notice("a.pdf", notice(form))
    made.run_once()  # its servers are not there; what lies in the folder is taken in all the same
    assert made.list()
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
