"""The systemd unit, as systemd itself judges it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from worker.cli.service_failed import SECONDS
from worker.service.service import CLOSE_SECONDS
from worker.service.shutdown import EXTEND_BY, EXTEND_EVERY, STOP_SECONDS

UNIT = Path(__file__).parents[2] / "systemd" / "hoshobin.service"
FAILED = UNIT.with_name("hoshobin-failed.service")
CONSOLE = UNIT.with_name("hoshobin-console.service")
SSO = UNIT.with_name("hoshobin-console-sso.conf")
# The first version whose `security` reads a unit file without a running systemd and whose `verify` knows all we use.
SYSTEMD = 252
EXPOSURE = {UNIT.name: 1.5, FAILED.name: 1.5, CONSOLE.name: 1.3}


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed (package systemd)")
    return subprocess.run([program, *arguments], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Copies whose commands exist: verify refuses a unit whose program is not installed yet."""
    said = analyze("--version").stdout
    if int(said.split()[1].partition(".")[0]) < SYSTEMD:
        pytest.skip(f"systemd-analyze is older than {SYSTEMD}: {said.splitlines()[0]}")
    for each in (UNIT, FAILED, CONSOLE):
        text = re.sub(r"^(Exec\w+=-?)\S+", r"\1/bin/true", each.read_text(), flags=re.MULTILINE)
        (tmp_path / each.name).write_text(text)
    return tmp_path / UNIT.name


@pytest.mark.parametrize("name", EXPOSURE)
def test_systemd_finds_nothing_to_say_about_the_units(unit: Path, name: str) -> None:
    verified = analyze("verify", unit.with_name(name))
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


@pytest.mark.parametrize("name", EXPOSURE)
def test_the_units_are_exposed_to_little(unit: Path, name: str) -> None:
    judged = analyze("security", "--offline=true", "--no-pager", unit.with_name(name))
    found = re.search(rf"Overall exposure level for {re.escape(name)}: ([0-9.]+)", judged.stdout)
    assert found, judged.stderr
    assert float(found[1]) <= EXPOSURE[name]


@pytest.fixture
def with_sso(unit: Path) -> Path:
    """The console's unit with the drop-in that a login by company accounts needs, as systemd puts them together."""
    folder = unit.with_name(f"{CONSOLE.name}.d")
    folder.mkdir()
    (folder / "sso.conf").write_text(SSO.read_text())
    return unit.with_name(CONSOLE.name)


def test_the_console_that_asks_an_identity_provider_is_exposed_to_little(with_sso: Path) -> None:
    verified = analyze("verify", with_sso)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    judged = analyze("security", "--offline=true", "--no-pager", with_sso)
    found = re.search(rf"Overall exposure level for {re.escape(CONSOLE.name)}: ([0-9.]+)", judged.stdout)
    assert found, judged.stderr
    alone = EXPOSURE[CONSOLE.name]
    assert alone < float(found[1]) <= 1.5, "the drop-in was read, and lifts no more than the addresses"


def test_the_drop_in_lifts_the_limit_of_addresses_and_brings_the_secret_as_a_credential() -> None:
    lines = [line for line in SSO.read_text().splitlines() if line and not line.startswith("#")]
    assert lines == [
        "[Service]",
        "IPAddressDeny=",
        "IPAddressAllow=",
        "LoadCredential=sso-client-secret:/etc/hoshobin/credentials/sso-client-secret",
    ]


def calls_of(group: str) -> set[str]:
    lines = {line.strip() for line in analyze("syscall-filter", group).stdout.splitlines()[1:]}
    names = {line for line in lines if line and not line.startswith("#")}
    return names.union(*(calls_of(name) for name in names if name.startswith("@")))


def test_the_child_that_reads_pdfs_may_confine_itself() -> None:
    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.+)$", UNIT.read_text(), re.MULTILINE):
        for group in line.removeprefix("~").split():
            calls = calls_of(group) if group.startswith("@") else {group}
            allowed = allowed - calls if line.startswith("~") else allowed | calls
    assert {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "prctl"} <= allowed


def test_every_end_that_nobody_asked_for_is_told_to_people() -> None:
    """OnFailure= is for what is not started again, ExecStopPost= for what is."""
    lines = UNIT.read_text().splitlines()
    assert f"OnFailure={FAILED.name}" in lines
    told_by = "/opt/hoshobin/venv/bin/hoshobin service-failed"
    assert f"ExecStopPost=-{told_by}" in lines
    assert f"ExecStart={told_by}" in FAILED.read_text().splitlines()


@pytest.mark.parametrize("setting", ["User", "StateDirectory", "RuntimeDirectory", "RuntimeDirectoryPreserve"])
def test_both_units_are_of_one_account_and_share_their_folders(setting: str) -> None:
    (one,), (other,) = (re.findall(rf"^{setting}=(.+)$", each.read_text(), re.MULTILINE) for each in (UNIT, FAILED))
    assert one == other


def test_a_stop_leaves_the_operators_command_the_time_that_it_may_take() -> None:
    (given,) = re.findall(r"^TimeoutStopSec=(\d+)s$", UNIT.read_text(), re.MULTILINE)
    assert int(given) > SECONDS


def test_a_wrong_configuration_is_not_started_again() -> None:
    lines = UNIT.read_text().splitlines()
    assert "Restart=on-failure" in lines
    assert "RestartPreventExitStatus=2 243" in lines


def test_the_secrets_come_as_credentials_and_not_in_the_environment() -> None:
    text = UNIT.read_text()
    assert re.findall(r"^LoadCredential=([a-z-]+):", text, re.MULTILINE) == ["imap-password", "smtp-password"]
    assert "Environment" not in text


def test_a_stop_is_given_longer_than_it_takes_before_it_first_asks_for_more() -> None:
    (given,) = re.findall(r"^TimeoutStopSec=(\d+)s$", UNIT.read_text(), re.MULTILINE)
    assert int(given) > STOP_SECONDS + 3 * CLOSE_SECONDS, "a stop that waits for no answer"
    assert int(given) > STOP_SECONDS + EXTEND_EVERY, "the first word that asks for more, and the second"
    assert EXTEND_EVERY * 3 < EXTEND_BY, "two of them may be lost"
    assert "WatchdogSec=5min" in UNIT.read_text()
    assert EXTEND_EVERY < 5 * 60 / 3
