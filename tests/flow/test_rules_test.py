"""A changed configuration is tried on what came in before, and nothing of the trial stays."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.office import Mailroom, Office, a_form, a_mail, notice
from tests.support.world import project

ROAD = a_form("道路改良工事")
BRIDGE = a_form("橋梁補修工事")
VALUES = '{ "工事番号" = "8-1" }'


@pytest.fixture(scope="module")
def office(wide_mailroom: Callable[..., Mailroom]) -> Office:
    """An office with a notice for each of two issuers, and one project without any mail."""
    projects = [
        project(ROAD.project, "kawa", ROAD.number),
        project(BRIDGE.project, "yama", BRIDGE.number, values=VALUES),
    ]
    room = wide_mailroom(mode="approve", projects=projects)
    for form in (ROAD, BRIDGE):
        room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    assert room.office.run_once().code == 1
    return room.office


def changed(office: Office, folder: Path, file: str, old: str, new: str) -> Path:
    """A copy of the configuration with one text replaced."""
    copy = folder / "config"
    shutil.copytree(office.config, copy)
    text = (copy / file).read_text()
    assert old in text
    (copy / file).write_text(text.replace(old, new))
    return copy


def everything_stored(office: Office) -> bytes:
    """The database with what its log still holds: a reader leaves both as they are."""
    return b"".join((office.store / name).read_bytes() for name in ("hoshobin.sqlite3", "head"))


def test_a_configuration_that_changes_nothing_ends_with_0(office: Office, tmp_path: Path) -> None:
    shutil.copytree(office.config, tmp_path / "config")
    ran = office("rules", "test", "--against", str(tmp_path / "config"), "--json")
    assert (ran.code, ran.documents) == (0, [{"tried": 2, "differing": 0, "examples": []}])


def test_a_changed_address_is_shown_for_every_notice_that_it_would_move(office: Office, tmp_path: Path) -> None:
    other = changed(office, tmp_path, "issuers/kawa.toml", "doboku@kawa-town.example", "new@kawa-town.example")
    before = everything_stored(office)
    ran = office("rules", "test", "--against", str(other), "--json")
    differing, end = ran.documents
    assert (ran.code, end["tried"], end["differing"]) == (1, 2, 1)
    assert differing["project"] == ROAD.project
    to = next(each for each in differing["differences"] if each["field"] == "to")
    assert (to["before"], to["after"]) == (["doboku@kawa-town.example"], ["new@kawa-town.example"])
    shown = office("rules", "test", "--against", str(other)).out
    assert "- doboku@kawa-town.example" in shown
    assert "+ new@kawa-town.example" in shown
    assert "お知らせ2件のうち1件" in shown
    assert everything_stored(office) == before


def test_without_a_folder_the_files_on_disk_are_tried_against_what_runs(office: Office) -> None:
    file = office.config / "issuers" / "yama.toml"
    text = file.read_text()
    try:
        file.write_text(text.replace("【{{ product }}】", "【認証キー】{{ product }}"))
        ran = office("rules", "test", "--json")
    finally:
        file.write_text(text)
    assert ran.code == 1
    assert [each["field"] for each in ran.documents[0]["differences"]] == ["subject"]
    assert office("rules", "test").code == 0


def test_only_as_many_as_asked_for_are_tried_and_the_newest_first(office: Office, tmp_path: Path) -> None:
    other = changed(office, tmp_path, "issuers/kawa.toml", "doboku@kawa-town.example", "new@kawa-town.example")
    ran = office("rules", "test", "--against", str(other), "--limit", "1", "--json")
    assert (ran.code, ran.documents[-1]["tried"]) == (0, 1)


def test_a_changed_configuration_that_is_wrong_is_refused_with_its_problems(office: Office, tmp_path: Path) -> None:
    other = changed(office, tmp_path, "issuers/kawa.toml", "subject =", "subjekt =")
    ran = office("rules", "test", "--against", str(other))
    assert ran.code == 2
    assert "subjekt" in ran.err


def test_an_example_that_the_changed_rule_fails_is_shown(office: Office, tmp_path: Path) -> None:
    example = '\n[[example]]\nproduct = "contract"\nproject = { name = "橋" }\nexpect = { subject = "別の件名" }\n'
    other = changed(office, tmp_path, "issuers/sora.toml", 'invoice = "never"\n', f'invoice = "never"\n{example}')
    ran = office("rules", "test", "--against", str(other), "--json")
    assert ran.code == 1
    (failing,) = ran.documents[-1]["examples"]
    assert failing["file"] == "issuers/sora.toml"


def test_a_folder_that_is_not_there_is_said(office: Office, tmp_path: Path) -> None:
    assert office("rules", "test", "--against", str(tmp_path / "nowhere")).code == 2
