"""``hoshobin tenants status``: a line for each contractor, and none that hides another."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.office import Office, Ran, a_form, command, notice
from tests.support.world import project
from worker.cli import tenants
from worker.cli.tenants import TenantStatus, describe, exit_code
from worker.send.smtp.lock import SenderLock
from worker.service.clock import SystemClock
from worker.service.wiring import find_store_of


@pytest.fixture(scope="module")
def bureau(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three contractors: one with an urgent task, one at rest, and one whose configuration is at fault."""
    root = tmp_path_factory.mktemp("bureau")
    (root / "etc").mkdir()
    busy = Office(root / "busy-office", mode="approve", projects=[project("道路改良工事", "kawa")])
    busy.save_notice("a.pdf", notice(a_form("道路改良工事")))
    busy.run_once()
    quiet = Office(root / "quiet-office", projects=[])
    quiet.run_once()
    faulty = Office(root / "faulty-office", projects=[])
    worker = faulty.config / "worker.toml"
    worker.write_text(worker.read_text().replace("[smtp]", "[smpt]"))
    for office, name in ((busy, "busy"), (quiet, "quiet"), (faulty, "faulty")):
        moved = office.config.rename((root / "etc").joinpath(name))
        text = (moved / "worker.toml").read_text()
        (moved / "worker.toml").write_text(text.replace('dir = "var"', f'dir = "{office.store}"'))
    return root / "etc"


def status(bureau: Path, *more: str) -> Ran:
    return command("--config", str(bureau), "tenants", "status", *more)


def test_each_contractor_has_its_own_line(bureau: Path) -> None:
    ran = status(bureau, "--json")
    found = {each["tenant"]: each for each in ran.documents}
    assert list(found) == ["busy", "faulty", "quiet"]
    assert found["busy"]["status"]["states"]["HELD"] == 1
    assert "HELD" not in found["quiet"]["status"]["states"]
    assert found["faulty"]["status"] is None
    assert "smpt" in found["faulty"]["error"]


def test_a_service_that_does_not_run_is_named(bureau: Path) -> None:
    ran = status(bureau)
    assert ran.code == 3
    lines = {line.split("\t")[0]: line.split("\t") for line in ran.out.splitlines()[1:]}
    assert (lines["busy"][1], lines["quiet"][1], lines["faulty"][1]) == ("停止中", "停止中", "不明")
    assert lines["busy"][4] == "1", lines


def test_a_running_service_is_named(bureau: Path) -> None:
    with SenderLock(find_store_of(str(bureau / "quiet")), SystemClock()):
        lines = status(bureau).out.splitlines()
    assert [line.split("\t")[1] for line in lines[1:]] == ["停止中", "不明", "稼働中"]


def test_the_place_of_a_fault_is_said_also_where_the_configuration_before_is_still_used(bureau: Path) -> None:
    worker = bureau / "quiet" / "worker.toml"
    before = worker.read_text()
    worker.write_text(before.replace("[smtp]", "[smpt]"))
    try:
        ran = status(bureau)
    finally:
        worker.write_text(before)
    lines = {line.split("\t")[0]: line.split("\t")[-1] for line in ran.out.splitlines()[1:]}
    assert "worker.toml smpt" in lines["quiet"]
    assert "hoshobin @quiet check" in lines["quiet"]
    assert "worker.toml smpt: " in lines["faulty"], "it never ran"


@pytest.mark.parametrize(
    "spoil", [lambda file: file.write_bytes(b"no database"), lambda file: (file.unlink(), file.mkdir())]
)
def test_a_damaged_database_of_one_hides_no_other(bureau: Path, spoil: Callable[[Path], object]) -> None:
    file = find_store_of(str(bureau / "quiet")) / "hoshobin.sqlite3"
    before = file.rename(file.with_suffix(".kept"))
    try:
        shutil.copy(before, file)
        spoil(file)
        ran = status(bureau)
    finally:
        shutil.rmtree(file) if file.is_dir() else file.unlink()
        before.rename(file)
    assert ran.code == 3
    lines = {line.split("\t")[0]: line.split("\t") for line in ran.out.splitlines()[1:]}
    assert lines["busy"][1] == "停止中"
    assert lines["quiet"][1] == "不明"
    assert lines["quiet"][-1]


def test_a_restored_database_whose_sending_is_stopped_is_named() -> None:
    put_back = TenantStatus("a", {**state("a").fields, "signs": ["restored"], "rehearsal_to": None})
    assert exit_code([put_back]) == 1
    assert "hoshobin @a status" in describe(put_back, "ja")


def state(name: str, *, running: bool = True, error: str = "", now: int = 0, doubt: int = 0) -> TenantStatus:
    fields = {"service": {"running": running}, "tasks": {"now": now, "soon": 3}, "states": {"IN_DOUBT": doubt}}
    return TenantStatus(name, {} if error else fields, error)


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ([state("a"), state("b")], 0),
        ([state("a"), state("b", now=1)], 1),
        ([state("a", doubt=1), state("b")], 1),
        ([state("a", now=1), state("b", running=False)], 3),
        ([state("a"), state("b", error="the database is damaged")], 3),
    ],
)
def test_the_exit_code_says_if_a_person_must_look(states: list[TenantStatus], code: int) -> None:
    assert exit_code(states) == code


def test_one_whose_configuration_is_lost_has_a_line_by_its_passwords(bureau: Path) -> None:
    (bureau / "gone" / "credentials").mkdir(parents=True)
    try:
        ran = status(bureau, "--json")
    finally:
        shutil.rmtree(bureau / "gone")
    assert ran.code == 3
    found = {each["tenant"]: each for each in ran.documents}
    assert list(found) == ["busy", "faulty", "gone", "quiet"]
    assert f"{bureau}/gone/worker.toml" in found["gone"]["error"]


def test_one_whose_configuration_is_lost_has_a_line_by_its_database(
    bureau: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = tmp_path / "lib"
    (stores / "gone").mkdir(parents=True)
    (stores / "gone" / "hoshobin.sqlite3").touch()
    monkeypatch.setattr(tenants, "SYSTEM_CONFIGURATION", bureau)
    monkeypatch.setattr(tenants, "SYSTEM_STORE", stores)
    found = {each["tenant"]: each for each in status(bureau, "--json").documents}
    assert str(stores / "gone" / "hoshobin.sqlite3") in found["gone"]["error"]


def test_a_backup_that_is_missing_is_noted_and_calls_a_person() -> None:
    fields = {**state("a").fields, "rehearsal_to": None, "backup": {"last": None, "problem": "never"}}
    assert exit_code([TenantStatus("a", fields)]) == 1
    assert "hoshobin @a doctor" in describe(TenantStatus("a", fields), "ja")
    well = {**fields, "backup": {"last": "2026-11-21T02:30:00+09:00", "problem": None}}
    assert (exit_code([TenantStatus("a", well)]), describe(TenantStatus("a", well), "ja")) == (0, "")


def test_the_status_has_the_last_backup_and_what_is_wrong_with_it(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.run_once()
    assert office("status", "--json").document["backup"] == {"last": None, "problem": None}, "it is new"
    assert office("backup", str(tmp_path / "backups")).code == 0
    made = office("status", "--json").document["backup"]
    assert (made["last"][:2], made["problem"]) == ("20", None)
    assert office("backup", str(tmp_path / "gone" / "deeper")).code == 3
    assert office("status", "--json").document["backup"] == {"last": made["last"], "problem": "unreached"}


def test_a_folder_without_contractors_is_said(tmp_path: Path) -> None:
    ran = status(tmp_path)
    assert ran.code == 2
    assert "会社ごとの設定のフォルダがありません" in ran.err
