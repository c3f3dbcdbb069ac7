"""One typo in any file of the configuration: people can still look, verify, stop a mail and decide.

They are shown the configuration that the service has in force, which the store recorded, with a sentence that says so.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.office import HANAKO, Mailroom, Office, a_form, notice
from tests.support.world import project

ONE = a_form()
SAID = "設定に誤りがあるため"
PASSWORD = "Uniquely7Secret"


@pytest.fixture
def room(mailroom: Callable[..., Mailroom]) -> Mailroom:
    """An office that ran, with one submission that waits for approval."""
    room = mailroom(mode="approve", projects=[project(ONE.project, "kawa", ONE.number)])
    room.office.save_notice("a.pdf", notice(ONE))
    room.office.run_once()
    return room


def spoil(office: Office, name: str, old: str, new: str) -> None:
    file = office.config / name
    text = file.read_text() if file.exists() else ""
    assert old in text
    file.write_text(text.replace(old, new, 1))


TYPOS: dict[str, Callable[[Office], None]] = {
    "no TOML": lambda office: spoil(office, "worker.toml", 'contact = "山田 花子"', "contact = 山田 花子"),
    "a wrong key": lambda office: spoil(office, "worker.toml", "per_minute", "per_minite"),
    "a wrong value": lambda office: spoil(office, "worker.toml", 'mode = "approve"', 'mode = "aprove"'),
    "another heading": lambda office: spoil(office, "worker.toml", "[contractor]", "[contracter]"),
    "the register": lambda office: spoil(office, "projects.toml", "[[project]]", "[[project]"),
    "the register is gone": lambda office: (office.config / "projects.toml").unlink(),
    "an issuer": lambda office: spoil(office, "issuers/kawa.toml", "[", "[["),
    "an issuer is a folder": lambda office: (office.config / "issuers" / "x.toml").mkdir(),
    "guarantors": lambda office: spoil(office, "guarantors.toml", "", "[guarantor.x]\nname = 5\n"),
    "Shift_JIS": lambda office: (office.config / "projects.toml").write_bytes("# 工事".encode("shift_jis")),
}


@pytest.mark.parametrize("typo", TYPOS.values(), ids=TYPOS)
def test_whatever_the_typo_people_look_verify_and_decide(room: Mailroom, typo: Callable[[Office], None]) -> None:
    office = room.office
    typo(office)
    for arguments in ("status", "list", "show 1", "tasks", "log", "audit verify", "resume --by x"):
        ran = office(*arguments.split())
        assert SAID in ran.err, arguments
        assert "hoshobin check" in ran.err, arguments
        assert ran.code == (1 if arguments.startswith("resume") else 0), arguments
    assert office("list", "--json").documents[0]["id"] == 1
    document = office("status", "--json").document
    assert document["configuration_faults"][0]["message"]
    assert document["configuration_recorded_at"]
    assert office("withdraw", "1", "--by", HANAKO, "--why", "取違え").code == 0
    assert office.only(ONE)["state"] == "WITHDRAWN"


def test_what_tries_the_files_themselves_uses_those_on_disk(room: Mailroom, tmp_path: Path) -> None:
    TYPOS["a wrong value"](room.office)
    pdf = tmp_path / "a.pdf"
    pdf.write_bytes(notice(ONE))
    for arguments in (["check"], ["doctor"], ["preview", str(pdf)], ["project", "list"], ["run", "--once"]):
        ran = room.office(*arguments)
        assert ran.code == 2, arguments
        assert "worker.toml" in ran.err, arguments
        assert SAID not in ran.err, arguments


def test_an_approval_is_made_under_the_configuration_in_force_and_leaves_when_the_typo_is_mended(
    room: Mailroom,
) -> None:
    good = (room.office.config / "projects.toml").read_text()
    TYPOS["the register"](room.office)
    label = room.office.label(1)
    ran = room.office("approve", label, "--by", HANAKO, "--tick", "all")
    assert ran.code == 0, ran.err
    assert ran.err.index(SAID) == 0, "it is said before anything is done"
    assert room.office.only(ONE)["state"] == "APPROVED"
    (room.office.config / "projects.toml").write_text(good)
    assert room.office.run_once().code == 0
    assert len(room.submissions) == 1


def test_a_submission_is_opened_again_under_the_configuration_in_force(room: Mailroom) -> None:
    room.office("withdraw", "1", "--by", HANAKO, "--why", "x")
    TYPOS["an issuer"](room.office)
    ran = room.office("resend", "1", "--by", HANAKO, "--why", "訂正")
    assert ran.code == 0
    assert SAID in ran.err
    assert [each["state"] for each in room.office.of(ONE)] == ["WITHDRAWN", "HELD"]


def test_nothing_of_the_faulty_files_is_taken(room: Mailroom) -> None:
    spoil(room.office, "worker.toml", 'rehearsal_to = ""', 'rehearsal_to = "x@contractor.example"')
    spoil(room.office, "worker.toml", 'people = ["', 'people = ["外部 太郎", "')
    assert room.office("status", "--json").document["rehearsal_to"] == "x@contractor.example", "no fault: the disk's"
    TYPOS["the register"](room.office)
    assert room.office("status", "--json").document["rehearsal_to"] is None
    assert room.office("withdraw", "1", "--by", "外部 太郎", "--why", "x").code == 1


def test_a_sound_configuration_is_used_from_disk_without_a_word(room: Mailroom) -> None:
    ran = room.office("status")
    assert SAID not in ran.out + ran.err
    assert room.office("status", "--json").document["configuration_faults"] == []


def test_a_lost_worker_toml_leaves_the_store_that_systemd_names(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    (room.office.config / "worker.toml").unlink()
    assert room.office("status").code == 2
    monkeypatch.setenv("STATE_DIRECTORY", str(room.office.store))
    ran = room.office("status")
    assert ran.code == 0
    assert SAID in ran.err


def test_without_a_recorded_configuration_every_fault_is_told_and_nothing_is_done(tmp_path: Path) -> None:
    never_run = Office(tmp_path, mode="approve", projects=[])
    TYPOS["a wrong value"](never_run)
    ran = never_run("status", "--json")
    assert ran.code == 2
    assert [each["key"] for each in ran.document["problems"]] == ["release.mode"]


def test_recorded_files_that_somebody_changed_are_not_used(room: Mailroom) -> None:
    with contextlib.closing(sqlite3.connect(room.office.store / "hoshobin.sqlite3")) as database, database:
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE originals SET content = x'00' WHERE kind = 'configuration'")
    TYPOS["a wrong value"](room.office)
    ran = room.office("status", "--json")
    assert ran.code == 2
    assert [each["key"] for each in ran.document["problems"]] == ["release.mode"]


def test_no_password_is_among_what_is_kept(mailroom: Callable[..., Mailroom]) -> None:
    room = mailroom(imap_password=PASSWORD, projects=[])
    room.office.run_once()
    kept = [content for (content,) in room.office.rows("select content from originals where kind = 'configuration'")]
    assert any(b"password_file" in each for each in kept), "the file's name is"
    for each in room.office.store.glob("hoshobin.sqlite3*"):
        assert PASSWORD.encode() not in each.read_bytes()


def test_the_command_of_a_failed_service_is_known_in_spite_of_a_typo_in_worker_toml(
    room: Mailroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "tell"
    program.write_text(f"#!/bin/sh\ncat >{tmp_path / 'told'}\n")
    program.chmod(0o755)
    spoil(room.office, "worker.toml", "[operator]\n", f'[operator]\ncommand = ["{program}"]\n')
    room.office.run_once()
    TYPOS["no TOML"](room.office)
    assert room.office("run").code == 2
    monkeypatch.setenv("SERVICE_RESULT", "exit-code")
    monkeypatch.setenv("EXIT_STATUS", "2")
    assert room.office("service-failed").code == 0
    assert "worker.toml" in (tmp_path / "told").read_text()


def test_what_a_program_reads_stays_one_document(room: Mailroom) -> None:
    TYPOS["the register"](room.office)
    assert isinstance(json.loads(room.office("status", "--json").out), dict)
