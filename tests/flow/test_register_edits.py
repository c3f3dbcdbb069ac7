"""An edit of a large register adds to the store what changed, and the register of any day is still proven by it."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import HANAKO, Mailroom, Ran, a_form, notice
from tests.support.stores import make_store
from tests.support.world import ACCOUNT
from worker.audit.kept_register import read_recorded
from worker.cli import run_office
from worker.core.errors import LogBroken
from worker.core.model import ConfigFile, sha256
from worker.core.states import NoteEvent
from worker.pipeline import start
from worker.pipeline.pipeline import Pass
from worker.pipeline.start import record_configuration
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore

A_FEW_KILOBYTES = 3_000


def a_project(number: int, name: str = "市道{}号線道路改良工事（第1工区）") -> str:
    return (
        f'[[project]]\nname = "{name.format(number)}"\nissuer = "issuer{number % 51}"\nsection = "doboku"\n'
        f'contract_numbers = ["31{number % 90:03}-{number:06}"]\ndates = {{ contract = 2026-05-01 }}\n\n'
    )


def record(store: SqlStore, register: str, **others: str) -> None:
    files = {"worker.toml": "# 1\n", **others, "projects.toml": register}
    recorded = [ConfigFile(name, sha256(text.encode()), text.encode()) for name, text in files.items()]
    record_configuration(store, recorded, ACCOUNT, store.config_in_force())


def recorded(store: SqlStore) -> dict[str, bytes]:
    return read_recorded(store.entries(events=[NoteEvent.CONFIGURATION_CHANGED]), store.original)


def bytes_kept(folder: Path) -> int:
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as connection, connection:
        originals, entries = (
            connection.execute(f"SELECT coalesce(sum(length({column})), 0) FROM {table}").fetchone()[0]
            for table, column in (("originals", "content"), ("entries", "body"))
        )
    connection.close()
    return int(originals) + int(entries)


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    return make_store(tmp_path)


@pytest.mark.parametrize("count", [1_000, 10_400])
def test_a_one_line_edit_adds_a_few_kilobytes(store: SqlStore, tmp_path: Path, count: int) -> None:
    projects = list(map(a_project, range(count)))
    record(store, "".join(projects))
    edits = {
        "a line changed": [*projects[:400], a_project(400, "市道{}号線舗装工事"), *projects[401:]],
        "a project added": [*projects, a_project(count)],
        "a project removed": projects[1:],
        "the first and the last changed": [a_project(0, "改名{}"), *projects[1:-1], a_project(count - 1, "改名{}")],
    }
    for edit, edited in edits.items():
        before = bytes_kept(tmp_path)
        record(store, "".join(edited))
        assert bytes_kept(tmp_path) - before < A_FEW_KILOBYTES, edit
        assert recorded(store)["projects.toml"] == "".join(edited).encode()
        assert store.verify().holds


def test_the_register_of_any_day_is_put_together_from_log_and_originals_alone(store: SqlStore, tmp_path: Path) -> None:
    """As an outsider would who has the database and docs/log-format.md: with sqlite3, json and hashlib."""
    import hashlib
    import json

    projects = list(map(a_project, range(50)))
    days = []
    for number in range(12):
        projects[number * 3] = a_project(number, "改名{}")
        days.append("".join(projects))
        record(store, days[-1])
    record(store, days[2])
    days.append(days[2])
    store.close()
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    originals = dict(connection.execute("SELECT sha256, content FROM originals"))
    found, tables = [], list[bytes]()
    for (body,) in connection.execute("SELECT body FROM entries ORDER BY number"):
        detail = json.loads(body)["detail"]
        if detail.get("file") != "projects.toml":
            continue
        if "tables" in detail:
            parts = [
                [originals[each]] if isinstance(each, str) else tables[each[0] : each[1]] for each in detail["tables"]
            ]
            tables = [table for part in parts for table in part]
        else:
            head, *others = originals[detail["sha256"]].split(b"\n[[project]]")
            tables = [head + b"\n", *(b"[[project]]" + each + b"\n" for each in others)]
            tables[-1] = tables[-1].removesuffix(b"\n")
        assert hashlib.sha256(b"".join(tables)).hexdigest() == detail["sha256"]
        found.append(b"".join(tables).decode())
    connection.close()
    assert found == days
    assert len([digest for digest in originals if digest == sha256(days[0].encode())]) == 1
    assert sha256(days[5].encode()) not in originals


def test_a_register_that_changed_wholly_and_every_other_file_are_kept_whole(store: SqlStore) -> None:
    record(store, "".join(map(a_project, range(10))))
    anew = "".join(a_project(number, "改名{}") for number in range(10))
    record(store, anew, **{"issuers/kawa.toml": "# 1\n"})
    assert store.original(sha256(anew.encode())) == anew.encode()
    assert store.original(sha256(b"# 1\n")) == b"# 1\n"


def test_it_is_kept_whole_again_after_many_changes(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "CHANGES_LIMIT", 5)
    projects = list(map(a_project, range(20)))
    for number in range(13):
        record(store, "".join([*projects, f"# {number}\n"]))
    details = [each.detail for each in store.entries(events=[NoteEvent.CONFIGURATION_CHANGED])]
    kept = ["tables" not in detail for detail in details if detail["file"] == "projects.toml"]
    assert [at for at, is_whole in enumerate(kept) if is_whole] == [0, 6, 12]


def test_a_register_that_went_and_came_back_is_kept(store: SqlStore) -> None:
    register = "".join(map(a_project, range(20)))
    record(store, register)
    record_configuration(store, [ConfigFile("worker.toml", sha256(b"x"), b"x")], ACCOUNT, store.config_in_force())
    assert "projects.toml" not in recorded(store)
    record(store, register + a_project(20))
    record(store, register)
    assert recorded(store)["projects.toml"] == register.encode()
    assert store.verify().holds


def test_a_table_that_is_lost_is_found_by_the_verification_and_nothing_is_put_together(
    store: SqlStore, tmp_path: Path
) -> None:
    projects = list(map(a_project, range(20)))
    record(store, "".join(projects))
    new = a_project(5, "改名{}")
    record(store, "".join([*projects[:5], new, *projects[6:]]))
    store.close()
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection, connection:
        connection.execute("DROP TRIGGER IF EXISTS originals_stay")
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM originals WHERE sha256 = ?", (sha256(new.encode()),))
    connection.close()
    opened = make_store(tmp_path)
    assert [(each.code, each.where) for each in opened.verify().faults] == [("original_missing", sha256(new.encode()))]
    with pytest.raises(LogBroken):
        recorded(opened)
    record(opened, "".join(projects))  # from here on there is a whole one again
    assert recorded(opened)["projects.toml"] == "".join(projects).encode()


def test_a_pass_that_began_before_a_command_does_not_judge_by_the_former_register(
    mailroom: Callable[..., Mailroom], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    form = a_form("東山トンネル")
    office = mailroom(mode="approve").office
    office.save_notice("a.pdf", notice(form))
    ledger = tmp_path / "台帳.csv"
    ledger.write_text(f"工事名,発注者,保証契約番号\n{form.project},川北町,{form.number}\n", encoding="utf-8")
    assert office.run_once().code == 1
    ran: list[Ran] = []
    make_pass = run_office.run_once

    async def edit_first(*given: Any) -> Pass:
        ran.append(await asyncio.to_thread(office, "project", "import", str(ledger), "--by", HANAKO))
        return await make_pass(*given)

    with monkeypatch.context() as patched:
        patched.setattr(run_office, "run_once", edit_first)
        office.run_once()
    assert [each.code for each in ran] == [0], ran
    office.run_once()
    events = [event for (event,) in office.rows("select event from entries order by number")]
    judged = [each for each in events[events.index("RegisterChanged") :] if each in {"Redrafted", "Held"}]
    assert judged == ["Redrafted"]
    assert office.only(form)["project"], "judged by the register that was imported"
