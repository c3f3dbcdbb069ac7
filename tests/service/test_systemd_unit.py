"""The systemd unit, as systemd itself judges it."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.template_units import template_units
from worker.cli.service_failed import SECONDS
from worker.read.pdf.child import MEMORY
from worker.service.readers import READER as READER_VARIABLE
from worker.service.service import CLOSE_SECONDS
from worker.service.shutdown import EXTEND_BY, EXTEND_EVERY, STOP_SECONDS

UNIT = Path(__file__).parents[2] / "systemd" / "hoshobin.service"
FAILED = UNIT.with_name("hoshobin-failed.service")
FAILED_BACKUP = UNIT.with_name("hoshobin-failed-backup.service")
CONSOLE = UNIT.with_name("hoshobin-console.service")
SSO = UNIT.with_name("hoshobin-console-sso.conf")
# The first version whose `security` reads a unit file without a running systemd and whose `verify` knows all we use.
SYSTEMD = 252
FILES = {each.name.replace("@.", "@acme."): each for each in UNIT.parent.iterdir() if each != SSO}
"""The units by the names under which systemd judges them: a template unit by an instance."""
BACKUP = UNIT.with_name("hoshobin-backup.service")
DRILL = UNIT.with_name("hoshobin-backup-drill.service")
READER = UNIT.with_name("hoshobin-reader@.service")
SOCKET = UNIT.with_name("hoshobin-reader.socket")
EXPOSURE = {UNIT.name: 1.1, FAILED.name: 1.1, FAILED_BACKUP.name: 1.1, CONSOLE.name: 1.0}
EXPOSURE |= {BACKUP.name: 0.5, DRILL.name: 0.5}
EXPOSURE |= {each.replace(".", "@acme.", 1): value for each, value in EXPOSURE.items()}
EXPOSURE["hoshobin-reader@acme.service"] = 0.2
TIMERS = {
    "hoshobin-backup.timer": "2026-11-30T17:30:00",
    "hoshobin-backup-drill.timer": "2026-11-30T20:30:00",
}
TIMERS |= {each.replace(".", "@acme."): moment for each, moment in TIMERS.items()}
"""When each timer starts its service, after noon of 30 November 2026 (UTC): in Japan it is the night of 1 December."""


def analyze(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed (package systemd)")
    return subprocess.run(
        [program, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """Copies whose commands exist: verify refuses a unit whose program is not installed yet."""
    said = analyze("--version").stdout
    if int(said.split()[1].partition(".")[0]) < SYSTEMD:
        pytest.skip(f"systemd-analyze is older than {SYSTEMD}: {said.splitlines()[0]}")
    for name, file in FILES.items():
        text = re.sub(r"^(Exec\w+=-?)\S+", r"\1/bin/true", file.read_text(), flags=re.MULTILINE)
        (tmp_path / name).write_text(text)
        if file == READER:  # the socket starts instances of its own
            (tmp_path / READER.name).write_text(text)
    return tmp_path / UNIT.name


@pytest.mark.parametrize("name", [*EXPOSURE, *TIMERS, SOCKET.name])
def test_systemd_finds_nothing_to_say_about_the_units(unit: Path, name: str) -> None:
    verified = analyze("verify", unit.with_name(name))
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


@pytest.mark.parametrize("name", EXPOSURE)
def test_the_units_are_exposed_to_little(unit: Path, name: str) -> None:
    judged = analyze("security", "--offline=true", "--no-pager", unit.with_name(name))
    found = re.search(rf"Overall exposure level for {re.escape(name)}: ([0-9.]+)", judged.stdout)
    assert found, judged.stderr
    assert float(found[1]) <= EXPOSURE[name]


@pytest.mark.parametrize("unit_file", template_units(), ids=lambda each: each.name)
def test_a_template_unit_is_the_plain_one_with_its_own_place(unit_file: Path) -> None:
    text = template_units()[unit_file]
    assert unit_file.read_text() == text, "run .venv/bin/python tests/write_docs.py"
    words = [line for line in text.splitlines() if "hoshobin" in line and not line.startswith("#")]
    shared = [line for line in words if "%i" not in line]
    asks = "Environment" in text  # for PDFs: nothing but the reader, which keeps nothing, is shared
    own = [line for line in shared if "hoshobin-reader" not in line]
    assert [line.partition("=")[0] for line in own] == [
        "Description",
        "Documentation",
        *(["SupplementaryGroups"] * asks),
    ]


def test_every_unit_is_judged() -> None:
    assert {*FILES} == {*EXPOSURE, *TIMERS, SOCKET.name}


@pytest.mark.parametrize(("name", "moment"), TIMERS.items())
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
def test_a_backup_is_made_each_night_of_japan_and_tried_each_month_also_after_a_night_without_power(
    name: str, moment: str, zone: str
) -> None:
    """In any time zone of the computer: servers that are rented often have UTC, whose night is a day of work."""
    text = FILES[name].read_text()
    (calendar,) = re.findall(r"^OnCalendar=(.+)$", text, re.MULTILINE)
    said = analyze("calendar", "--base-time=2026-11-30 12:00:00 UTC", calendar, TZ=zone).stdout
    assert f"{moment.replace('T', ' ')} UTC" in said
    assert "Persistent=yes" in text


def test_a_trial_that_is_made_up_for_waits_for_the_backup_that_is_made_up_for() -> None:
    """The backup removes the older set of its day, which the trial would have under its hands."""
    for name, backup in (
        ("hoshobin-backup-drill", "hoshobin-backup"),
        ("hoshobin-backup-drill@", "hoshobin-backup@%i"),
    ):
        (after,) = re.findall(r"^After=(.+)$", UNIT.with_name(f"{name}.service").read_text(), re.MULTILINE)
        assert f"{backup}.service" in after.split()


def test_the_backups_of_many_contractors_are_apart_each_at_its_own_moment_and_before_the_trial() -> None:
    made, tried = (FILES[each].read_text() for each in TIMERS if "@" in each)
    for text in (made, tried):
        assert "FixedRandomDelay=yes" in text, "a moment that moves would be an interval of more than 26 hours"
        assert "RandomizedDelaySec=2h" in text
    begin, trial = (dt.datetime.fromisoformat(moment) for each, moment in TIMERS.items() if "@" in each)
    assert begin + dt.timedelta(hours=2) < trial


def test_the_backup_and_its_trial_are_of_one_place_which_they_may_write() -> None:
    for unit, command in ((BACKUP, "backup"), (DRILL, "backup check")):
        text = unit.read_text()
        (place,) = re.findall(rf"^ExecStart=/opt/hoshobin/venv/bin/hoshobin {command} (/\S+)$", text, re.MULTILINE)
        assert f"ReadWritePaths=-{place}" in text
        assert f"RequiresMountsFor={place}\n" in text, "a disk that is not mounted fails it"
        assert place == "/srv/hoshobin-backup"
        own = FILES[unit.name.replace(".", "@acme.")].read_text()
        assert f"--config /etc/hoshobin/%i {command} {place}/%i\n" in own
        assert f"ReadWritePaths=-{place}/%i\n" in own
        assert f"RequiresMountsFor={place}/%i\n" in own


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
    assert alone < float(found[1]) <= 1.3, "the drop-in was read, and lifts no more than the addresses"


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


def calls_allowed_in(unit: Path) -> set[str]:
    allowed: set[str] = set()
    for line in re.findall(r"^SystemCallFilter=(.+)$", unit.read_text(), re.MULTILINE):
        for group in line.removeprefix("~").split():
            calls = calls_of(group) if group.startswith("@") else {group}
            allowed = allowed - calls if line.startswith("~") else allowed | calls
    return allowed


LANDLOCK = {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}


def test_the_child_that_reads_pdfs_may_confine_itself() -> None:
    assert LANDLOCK | {"prctl", "prlimit64"} <= calls_allowed_in(READER)


def test_the_reader_takes_a_socket_that_it_is_handed_and_makes_and_reaches_none() -> None:
    assert "recvmsg" in calls_allowed_in(READER)
    assert calls_allowed_in(READER).isdisjoint({"socket", "connect", "bind", "listen", "accept4", "sendto", "sendmsg"})


@pytest.mark.parametrize("unit", [UNIT, CONSOLE], ids=lambda path: path.name)
def test_units_that_leave_pdfs_to_the_reader_have_nothing_left_of_a_childs_needs(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    assert {"Environment=HOSHOBIN_READER=/run/hoshobin-reader/socket", "SupplementaryGroups=hoshobin-pdf"} <= {*lines}
    assert "RestrictNamespaces=yes" in lines
    assert calls_allowed_in(unit).isdisjoint(LANDLOCK)
    (wanted,) = (line for line in lines if line.startswith("Wants=") and SOCKET.name in line)
    (after,) = (line for line in lines if line.startswith("After="))
    assert SOCKET.name in after, "it stays until they have stopped"
    assert wanted


def test_the_reader_is_of_another_account_which_the_socket_does_not_ask_for_its_group() -> None:
    reader, listens = READER.read_text().splitlines(), SOCKET.read_text().splitlines()
    assert {"DynamicUser=yes", "User=hoshobin-reader", "PrivateNetwork=yes", "RestrictAddressFamilies=none"} <= {
        *reader
    }
    assert "TemporaryFileSystem=/etc:ro /media:ro /mnt:ro /run:ro /srv:ro /var:ro" in reader
    assert {"Accept=yes", "SocketGroup=hoshobin-pdf", "SocketMode=0660"} <= {*listens}
    assert not any(line.startswith("LoadCredential") for line in reader)


def test_a_child_meets_its_own_limit_before_that_of_its_unit() -> None:
    (most,) = re.findall(r"^MemoryMax=(\d+)M$", READER.read_text(), re.MULTILINE)
    assert int(most) * 1024 * 1024 > MEMORY
    assert not re.findall(r"^Limit(CPU|DATA|AS|FSIZE)=", READER.read_text(), re.MULTILINE), "set by the child"


@pytest.mark.parametrize("name", EXPOSURE)
def test_no_unit_may_use_a_call_that_the_program_never_makes(name: str) -> None:
    allowed = calls_allowed_in(FILES[name])
    assert "read" in allowed
    assert allowed.isdisjoint({"chown", "io_uring_setup", "keyctl", "mlock", "mount", "ptrace", "setuid"})


def test_what_tells_of_a_failure_sees_no_password_and_no_login() -> None:
    for unit in (FAILED, FAILED_BACKUP):
        lines = unit.read_text().splitlines()
        assert "InaccessiblePaths=-/etc/hoshobin/credentials -/var/lib/hoshobin/tokens" in lines


def test_every_end_that_nobody_asked_for_is_told_to_people() -> None:
    """OnFailure= is for what is not started again, ExecStopPost= for what is."""
    lines = UNIT.read_text().splitlines()
    assert f"OnFailure={FAILED.name}" in lines
    told_by = "/opt/hoshobin/venv/bin/hoshobin service-failed"
    assert f"ExecStopPost=-{told_by}" in lines
    assert f"ExecStart={told_by}" in FAILED.read_text().splitlines()


def test_a_backup_or_a_trial_that_fails_is_told_to_people_by_what_may_reach_them() -> None:
    """Both have no network. Their own end tells nothing where memory ran out, or the program did not start."""
    for unit in (BACKUP, DRILL):
        lines = unit.read_text().splitlines()
        assert {f"OnFailure={FAILED_BACKUP.name}", "PrivateNetwork=yes"} <= {*lines}
        assert "OnFailure=hoshobin-failed-backup@%i.service" in FILES[unit.name.replace(".", "@acme.")].read_text()
    lines = FAILED_BACKUP.read_text().splitlines()
    assert "ExecStart=/opt/hoshobin/venv/bin/hoshobin service-failed --backup" in lines
    assert not any(line.startswith("PrivateNetwork") for line in lines)


def test_the_service_and_its_backups_have_each_their_own_unit_that_tells() -> None:
    """systemd hands the result of a unit on to what OnFailure= starts only if that is of this unit alone."""
    (told,) = re.findall(r"^OnFailure=(.+)$", UNIT.read_text(), re.MULTILINE)
    others = (each.read_text() for each in UNIT.parent.iterdir() if each != UNIT)
    assert not any(f"OnFailure={told}\n" in each for each in others)


@pytest.mark.parametrize("setting", ["User", "StateDirectory", "RuntimeDirectory", "RuntimeDirectoryPreserve"])
def test_the_units_are_of_one_account_and_share_their_folders(setting: str) -> None:
    units = (UNIT, FAILED, FAILED_BACKUP, BACKUP, DRILL) if setting in {"User", "StateDirectory"} else (UNIT, FAILED)
    (one,) = {tuple(re.findall(rf"^{setting}=(.+)$", each.read_text(), re.MULTILINE)) for each in units}
    assert len(one) == 1


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
    assert re.findall(r"^Environment\w*=(\w+)", text, re.MULTILINE) == [READER_VARIABLE]


def test_each_page_puts_a_password_where_the_service_reads_it_and_where_no_other_account_can() -> None:
    read = set(re.findall(r"^LoadCredential=[a-z-]+:(\S+)$", UNIT.read_text(), re.MULTILINE))
    lines = [
        (page.name, line)
        for page in (UNIT.parents[1] / "docs").glob("*.md")
        for line in page.read_text().splitlines()
        if re.search(r">\S*(imap|smtp)-password\b", line)
    ]
    assert {name for name, _ in lines} == {"install.md", "operations.ja.md"}
    for _, line in lines:
        (place,) = re.findall(r">(/[\w/-]+)", line)
        assert place in read, line
        assert line.strip().startswith("(umask 077; "), line


def test_a_stop_is_given_longer_than_it_takes_before_it_first_asks_for_more() -> None:
    (given,) = re.findall(r"^TimeoutStopSec=(\d+)s$", UNIT.read_text(), re.MULTILINE)
    assert int(given) > STOP_SECONDS + 3 * CLOSE_SECONDS, "a stop that waits for no answer"
    assert int(given) > STOP_SECONDS + EXTEND_EVERY, "the first word that asks for more, and the second"
    assert EXTEND_EVERY * 3 < EXTEND_BY, "two of them may be lost"
    assert "WatchdogSec=5min" in UNIT.read_text()
    assert EXTEND_EVERY < 5 * 60 / 3
