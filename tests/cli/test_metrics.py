"""``metrics`` and ``doctor --exit-code`` on an office: from the store alone, without a server or a password."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.office import Office
from worker.core.model import HealthRecord
from worker.send.smtp.lock import SenderLock
from worker.service.clock import SystemClock
from worker.service.wiring import load_installation
from worker.store.sqlite.store import create_or_migrate, open_store


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office whose servers are gone and whose service is dead."""
    office = Office(tmp_path)
    create_or_migrate(office.store)
    (office.store / "imap-password").unlink()
    return office


def test_the_figures_come_from_the_store_of_a_dead_service(office: Office) -> None:
    ran = office("metrics")
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert 'hoshobin_tasks{urgency="now"} 0' in lines
    assert "# TYPE hoshobin_notice_to_accepted_seconds histogram" in lines
    assert any(each.startswith("hoshobin_build_info{version=") for each in lines)
    assert "contractor" not in ran.out


def without_room(text: str) -> list[str]:
    """The figures without the free space, which other programs of the machine change."""
    return [line for line in text.splitlines() if not line.startswith("hoshobin_store_free_bytes ")]


def test_a_file_is_replaced_as_a_whole_and_another_account_may_read_it(office: Office, tmp_path: Path) -> None:
    target = tmp_path / "textfile" / "hoshobin.prom"
    target.parent.mkdir()
    target.write_text("old")
    kept = target.open()
    assert office("metrics", "--textfile", str(target)).code == 0
    with kept:
        assert kept.read() == "old", "another file took its name"
    assert without_room(target.read_text()) == without_room(office("metrics").out)
    assert target.stat().st_mode & 0o777 == 0o644
    assert [each.name for each in target.parent.iterdir()] == ["hoshobin.prom"]


def test_a_folder_that_is_not_there_is_named(office: Office, tmp_path: Path) -> None:
    ran = office("metrics", "--textfile", str(tmp_path / "gone" / "x.prom"))
    assert ran.code == 3
    assert f"{tmp_path}/gone がありません" in ran.err


@contextlib.contextmanager
def running(office: Office) -> Iterator[None]:
    """The service runs, and looked at everything just now."""
    clock = SystemClock()
    with contextlib.closing(open_store(office.store, clock)) as store, store.writing() as writing:
        for name in ("folder", *(f"mail:{each}" for each in load_installation(str(office.config)).brief.mailboxes)):
            writing.record_health(HealthRecord(name, last_ok=clock.now()))
    with SenderLock(office.store, clock):
        yield


def back_up(office: Office) -> None:
    target = str(office.root / "backups")
    assert [office("backup", target).code, office("backup", "check", target).code] == [0, 0]


def test_until_the_first_backup_is_made_and_tried_monitoring_is_told_so(office: Office) -> None:
    assert office("audit", "verify").code == 0
    with running(office):
        ran = office("doctor", "--exit-code")
    assert ran.code == 1
    named = [line.split()[:2] for line in ran.out.splitlines()]
    assert named == [["WARNING", "HoshobinBackupOld:"], ["WARNING", "HoshobinBackupUntried:"]]


def test_doctor_ends_with_the_gravest_limit_that_is_crossed(office: Office) -> None:
    back_up(office)
    with running(office):
        ran = office("doctor", "--exit-code")
        assert (ran.code, ran.out) == (0, "限度を超えている数値はありません。\n")
        assert office("backup", str(office.root / "gone" / "deeper")).code == 3
        ran = office("doctor", "--exit-code")
        assert ran.code == 1
        assert ran.out == "WARNING HoshobinUrgentTasks now: 急ぐ対応が残っています\n"
        (found,) = office("doctor", "--exit-code", "--json").document["limits"]
    assert (found["name"], found["severity"], found["labels"]) == ("HoshobinUrgentTasks", "warning", {"urgency": "now"})


def test_a_service_that_does_not_run_is_critical(office: Office) -> None:
    back_up(office)
    ran = office("doctor", "--exit-code")
    assert ran.code == 2
    assert "CRITICAL HoshobinNotRunning: 保証便のサービスが動いていません" in ran.out
    assert "hoshobin_service_running 0" in office("metrics").out.splitlines()


def test_a_damaged_store_is_critical_and_gives_no_figures(office: Office, tmp_path: Path) -> None:
    """Monitoring by a file keeps the former one: its age is looked at (docs/install.md)."""
    target = tmp_path / "hoshobin.prom"
    target.write_text("old")
    database = office.store / "hoshobin.sqlite3"
    database.write_bytes(b"no database" * 1000)
    ran = office("doctor", "--exit-code")
    assert (ran.code, "file is not a database" in ran.err) == (2, True)
    assert office("doctor", "--exit-code", "--json").document["refused"] == "log_broken"
    assert office("metrics", "--textfile", str(target)).code == 1
    assert target.read_text() == "old"


def test_a_log_that_does_not_verify_is_critical(office: Office) -> None:
    assert office("audit", "verify").code == 0
    assert "hoshobin_log_intact 1" in office("metrics").out.splitlines()
    (office.store / "head").write_text(f"9 {'ab' * 32}\n")
    assert office("audit", "verify").code == 1
    assert "hoshobin_log_intact 0" in office("metrics").out.splitlines()
    ran = office("doctor", "--exit-code")
    assert (ran.code, "CRITICAL HoshobinLogBroken" in ran.out) == (2, True)


def test_a_backup_verifies_the_log_as_well(office: Office, tmp_path: Path) -> None:
    assert office("backup", str(tmp_path / "backups")).code == 0
    values = figures(office)
    assert values["hoshobin_log_intact"] == "1"
    assert values["hoshobin_log_verified_timestamp_seconds"] > "0"
    assert values["hoshobin_backup_last_success_timestamp_seconds"] > "0"
    assert values["hoshobin_backup_verified_timestamp_seconds"] == "0", "that is of the trial"
    assert office("backup", "check", str(tmp_path / "backups")).code == 0
    assert figures(office)["hoshobin_backup_verified_timestamp_seconds"] > "0"


def figures(office: Office) -> dict[str, str]:
    lines = (each.rpartition(" ") for each in office("metrics").out.splitlines() if not each.startswith("#"))
    return {name: value for name, _, value in lines}


def test_without_a_store_there_are_no_figures(tmp_path: Path) -> None:
    office = Office(tmp_path, knows=())
    assert office("metrics").code == 2
    assert office("doctor", "--exit-code").code == 2
