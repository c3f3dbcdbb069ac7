"""A service that does not run: every command that mentions the future says so, and people get an alarm."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.office import HANAKO, Mailroom, Office, a_form, notice
from tests.support.service_process import Running, ServiceOffice
from tests.support.world import project
from worker.send.smtp.lock import FILE_NAME, SenderLock
from worker.service.clock import SystemClock

ONE = a_form()
GONE = "保証便が動いていません"


@pytest.fixture
def office(mailroom: Callable[..., Mailroom]) -> Office:
    """An office with one submission that waits for approval."""
    room = mailroom(mode="approve", projects=[project(ONE.project, "kawa", ONE.number)])
    room.office.save_notice("a.pdf", notice(ONE))
    room.office.run_once()
    return room.office


def ended(office: Office, **said: str) -> None:
    """The lock as a run leaves it that said this of its end."""
    since = {"pid": 7, "host": "x", "since": "2026-11-20T08:00:00+09:00"}
    (office.store / FILE_NAME).write_text(json.dumps(since | said))


def test_status_tasks_approve_and_doctor_say_since_when_and_why_it_does_not_run(office: Office) -> None:
    ended(office, ended="2026-11-20T10:34:00+09:00", why="unavailable", detail="disk: No space left on device")
    label = office.label(1)
    for arguments in (["status"], ["tasks"], ["list"], ["show", "1"], ["doctor"], ["approve", label, "--by", HANAKO]):
        ran = office(*arguments)
        said = ran.out + ran.err
        assert GONE in said, arguments
        assert "2026-11-20 10:34:00 から" in said, arguments
        assert "ディスクの空き容量がありません" in said, arguments
    assert office("doctor").code == 3
    assert office.only(ONE)["state"] == "APPROVED", "the approval itself counts"


def test_no_time_of_sending_is_promised_while_it_does_not_run(office: Office) -> None:
    ended(office, ended="2026-11-20T10:34:00+09:00", why="asked")
    assert "送信予定" not in office("approve", office.label(1), "--by", HANAKO).out.replace("、送信予定", "")
    assert "次の送信は" not in office("status").out
    with SenderLock(office.store, SystemClock()):
        assert "次の送信は" in office("status").out


def test_programs_read_it_in_fields_of_their_own(office: Office) -> None:
    ended(office, ended="2026-11-20T10:34:00+09:00", why="fault", detail="KeyError")
    assert office("status", "--json").document["service"] == {
        "running": False,
        "since": "2026-11-20T10:34:00+09:00",
        "why": "fault",
        "detail": "KeyError",
    }
    assert [each["service_running"] for each in office("tasks", "--json").documents] == [False]
    (service,) = [each for each in office("doctor", "--json").document["results"] if each["name"] == "service"]
    assert service["ok"] is False
    assert office("approve", office.label(1), "--by", HANAKO, "--json").document["service_running"] is False


def test_while_it_runs_nothing_is_said(office: Office) -> None:
    with SenderLock(office.store, SystemClock()):
        for arguments in (["status"], ["tasks"], ["list"], ["doctor"], ["approve", office.label(1), "--by", HANAKO]):
            ran = office(*arguments)
            assert GONE not in ran.out + ran.err, arguments
            assert ran.code == 0, arguments
        assert office("status", "--json").document["service"]["running"] is True


def test_an_office_that_runs_pass_by_pass_is_told_when_the_last_one_ended(office: Office) -> None:
    assert office("status", "--json").document["service"]["why"] == "once"
    assert "run --once" in office("status").out
    assert office("doctor").code == 0, "that is how it is meant"


def test_before_the_first_start_doctor_is_content_and_says_so(tmp_path: Path) -> None:
    fresh = Office(tmp_path, projects=[], knows=())
    (service,) = [each for each in fresh("doctor", "--json").document["results"] if each["name"] == "service"]
    assert service["ok"] is True
    assert "まだ一度も起動していません" in service["note"]


def test_a_start_that_the_configuration_prevents_leaves_word(office: Office) -> None:
    good = (office.config / "worker.toml").read_text()
    (office.config / "worker.toml").write_text(good.replace('mode = "approve"', 'mode = "aprove"'))
    assert office("run").code == 2
    (office.config / "worker.toml").write_text(good)
    out = office("status").out
    assert GONE in out
    assert "worker.toml" in out
    assert "hoshobin check" in out


def test_a_second_run_that_is_refused_says_nothing_of_the_first(office: Office) -> None:
    good = (office.config / "worker.toml").read_text()
    with SenderLock(office.store, SystemClock()):
        before = (office.store / FILE_NAME).read_text()
        (office.config / "worker.toml").write_text(good.replace('mode = "approve"', 'mode = "aprove"'))
        assert office("run").code == 2
        assert (office.store / FILE_NAME).read_text() == before


# --- A real service ------------------------------------------------------------------------------------------


@pytest.fixture
def small(tmp_path: Path) -> ServiceOffice:
    root = tmp_path / "office"
    root.mkdir()
    return ServiceOffice(root)


def test_a_stop_and_a_kill_are_told_apart(small: ServiceOffice, tmp_path: Path) -> None:
    def why() -> tuple[bool, str | None]:
        service = small("status", "--json").document["service"]
        return service["running"], service["why"]

    for name in ("stopped", "killed"):
        (tmp_path / name).mkdir()
        with Running(small, tmp_path / name) as running:
            running.until_said("READY=1")
            assert why() == (True, None)
            if name == "stopped":
                assert running.stop() == 0
                assert why() == (False, "asked")
    assert why() == (False, "unknown")
    assert "終わった時刻と理由の記録がありません" in small("status").out


# --- What systemd runs ---------------------------------------------------------------------------------------


@pytest.fixture
def told(office: Office, tmp_path: Path) -> Callable[[], list[str]]:
    """The texts that ``[operator] command`` was given."""
    program, texts = tmp_path / "tell", tmp_path / "told"
    program.write_text(f'#!/bin/sh\n{{ cat; echo; echo "--"; }} >>{texts}\n')
    program.chmod(0o755)
    worker = (office.config / "worker.toml").read_text()
    (office.config / "worker.toml").write_text(worker.replace("[operator]\n", f'[operator]\ncommand = ["{program}"]\n'))
    return lambda: [each for each in texts.read_text().split("--\n") if each] if texts.exists() else []


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets systemd's variables for the program that it runs after a failure."""
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))

    def says(result: str, status: str, prefix: str = "") -> None:
        for name in ("SERVICE_RESULT", "EXIT_STATUS"):
            monkeypatch.delenv(name, raising=False)
            monkeypatch.delenv(f"MONITOR_{name}", raising=False)
        monkeypatch.setenv(f"{prefix}SERVICE_RESULT", result)
        monkeypatch.setenv(f"{prefix}EXIT_STATUS", status)

    return says


def test_a_failed_service_is_told_by_command_once(
    office: Office, told: Callable[[], list[str]], systemd: Callable[..., None]
) -> None:
    ended(office, ended="2026-11-20T10:34:00+09:00", why="unavailable", detail="disk: No space left on device")
    for prefix in ("", "MONITOR_"):
        systemd("exit-code", "3", prefix)
        assert office("service-failed").code == 0
    (text,) = told()
    assert GONE in text
    assert "ディスクの空き容量がありません" in text
    assert "systemctl start hoshobin" in text


def test_a_killed_service_is_told_with_what_systemd_saw_and_status_knows_it_then(
    office: Office, told: Callable[[], list[str]], systemd: Callable[..., None]
) -> None:
    ended(office)
    systemd("signal", signal.SIGKILL.name.removeprefix("SIG"))
    assert office("service-failed").code == 0
    assert "強制終了された（KILL）" in told()[0]
    assert "強制終了された（KILL）" in office("status").out


def test_an_orderly_stop_tells_nobody(
    office: Office, told: Callable[[], list[str]], systemd: Callable[..., None]
) -> None:
    systemd("success", "0")
    assert office("service-failed").code == 0
    assert told() == []


def test_a_service_that_runs_again_is_not_told_as_gone(
    office: Office, told: Callable[[], list[str]], systemd: Callable[..., None]
) -> None:
    systemd("exit-code", "3")
    with SenderLock(office.store, SystemClock()):
        assert office("service-failed").code == 0
    assert told() == []


def test_a_wrong_configuration_is_told_although_it_is_wrong(
    office: Office, told: Callable[[], list[str]], systemd: Callable[..., None]
) -> None:
    (office.config / "projects.toml").write_text("[[project]\n")
    assert office("run").code == 2
    systemd("exit-code", "2")
    assert office("service-failed").code == 0
    assert "projects.toml" in told()[0]


def test_a_backup_that_was_ended_is_told_beside_a_service_that_runs_and_leaves_its_record_as_it_is(
    office: Office, told: Callable[[], list[str]]
) -> None:
    """What OnFailure= of two units starts is handed no result of either."""
    with SenderLock(office.store, SystemClock()):
        before = office("status", "--json").document["service"]
        for _ in range(2):
            assert office("service-failed", "--backup").code == 0
        assert office("status", "--json").document["service"] == before
    texts = told()
    assert len(texts) == 2, "each night"
    assert "バックアップの作成、またはその検証が" in texts[0]
    assert "journalctl -u 'hoshobin-backup*'" in texts[0]


def test_without_a_command_it_is_said_that_nobody_was_told(office: Office, systemd: Callable[..., None]) -> None:
    ended(office)
    systemd("oom-kill", "9")
    ran = office("service-failed")
    assert ran.code == 1
    assert "担当者に知らせていません" in ran.err


def test_a_command_that_fails_is_tried_again_at_the_next_end(
    office: Office, told: Callable[[], list[str]], systemd: Callable[..., None], tmp_path: Path
) -> None:
    good = (tmp_path / "tell").read_text()
    (tmp_path / "tell").write_text("#!/bin/sh\nexit 1\n")
    ended(office, ended="2026-11-20T10:34:00+09:00", why="fault", detail="KeyError")
    systemd("exit-code", "70")
    assert office("service-failed").code == 1
    (tmp_path / "tell").write_text(good)
    assert office("service-failed").code == 0
    assert len(told()) == 1
