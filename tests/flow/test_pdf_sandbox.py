"""A sandbox that keeps the children from reading: it is reported as that, and no notice counts as damaged."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.read.pdf import lacking
from tests.support.office import Mailroom, a_form, a_mail, environment, notice
from tests.support.world import project
from worker.cli.doctor import describe_sandbox
from worker.read.pdf import pool as pool_module
from worker.read.ports import Sandbox

NARROW = ("-P", "-s", "-c", "from worker.read.pdf import child; child.DESCRIPTORS = 3; child.main()")
"""A child whose limits keep it from the tables that it needs."""

FORM = a_form("橋梁補修工事")
ROOT = str(Path(__file__).parents[2])

pytestmark = pytest.mark.usefixtures("own_children")


@pytest.fixture
def room(mailroom: Callable[..., Mailroom]) -> Mailroom:
    return mailroom(projects=[project(FORM.project, "kawa", FORM.number)])


def test_a_person_is_told_once_and_the_notice_is_read_and_sent_once_it_is_mended(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    room.deliver(a_mail("認証キー", ("a.pdf", notice(FORM))))
    room.office.save_notice("b.pdf", notice(FORM))
    monkeypatch.setattr(pool_module, "_CHILD", NARROW)
    for _ in range(2):
        assert room.office.run_once().code == 3
    assert room.office.list() == []
    (told,) = room.tellings
    assert "組込みの試験用PDFを読めませんでした" in told.text
    assert "hoshobin doctor" in told.text
    results = {each["name"]: each for each in room.office("doctor", "--json").document["results"]}
    assert "pdf" not in results
    assert (results["pdf_sandbox"]["ok"], results["pdf_sandbox"]["remedy"] is None) == (False, False)
    monkeypatch.undo()
    assert room.office.run_once().code == 0
    assert [each["state"] for each in room.office.list()] == ["SENT"]
    assert [each.files[0][1] for each in room.submissions] == [notice(FORM)]
    assert len(room.tellings) == 1


def test_a_person_is_told_also_where_nothing_new_comes_in(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> None:
    room.office.save_notice("a.pdf", notice(FORM)[:-200])
    assert room.office.run_once().code == 1
    assert [each["hold_reasons"] for each in room.office.list()] == [["damaged"]]
    before = len(room.tellings)
    monkeypatch.setattr(pool_module, "_CHILD", NARROW)
    assert room.office.run_once().code == 3
    (told,) = room.tellings[before:]
    assert "組込みの試験用PDFを読めませんでした" in told.text


def test_doctor_shows_which_parts_are_in_force_in_both_languages(room: Mailroom) -> None:
    assert describe_sandbox(Sandbox(no_new_privs=True, landlock=7, seccomp=True), "ja") == (
        "有効：no_new_privs、Landlock (ABI 7)、seccomp",
        "",
    )
    note, advice = describe_sandbox(Sandbox(no_new_privs=True, seccomp=True), "en")
    assert note == "in force: no_new_privs, seccomp; not in force: Landlock"
    assert advice
    note, advice = describe_sandbox(Sandbox(), "ja")
    assert note == "有効：なし／無効：no_new_privs、Landlock、seccomp"
    assert "カーネル" in advice
    shown = room.office("doctor")
    assert "PDF読取りの隔離" in shown.out
    assert "no_new_privs" in shown.out


@pytest.mark.parametrize(("part", "name"), [("landlock", "Landlock"), ("seccomp", "seccomp")])
def test_on_a_kernel_without_a_part_doctor_names_it_and_notices_are_read(room: Mailroom, part: str, name: str) -> None:
    ran = subprocess.run(
        [
            sys.executable,
            lacking.__file__,
            part,
            "-m",
            "worker",
            "--config",
            str(room.office.config),
            "doctor",
            "--json",
        ],
        env=environment(PYTHONPATH=ROOT),
        capture_output=True,
        check=False,
        timeout=120,
    )
    results = {each["name"]: each for each in json.loads(ran.stdout)["results"]}
    assert results["pdf"]["ok"]
    assert results["pdf_sandbox"]["ok"]
    assert name in results["pdf_sandbox"]["note"].partition("無効：")[2]
    assert "カーネル" in results["pdf_sandbox"]["remedy"]
