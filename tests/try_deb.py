"""The package of ``make deb``, tried in a booted Debian: ``python -m tests.try_deb bookworm|trixie …`` as root.

Each release gets a fresh root by mmdebstrap and boots its own systemd in it (systemd-nspawn). Its network is loopback
alone, with the demonstration's mail servers. In it the package is installed, configured, used for a first rehearsal in
the console by a browser, updated while it runs, updated without a terminal after an edit, refused as a downgrade,
updated while a backup runs, used for two contractors and for these alone, removed, put back to the earlier version and
purged. A backup is killed, and one finds no disk: people are told. PDFs are read by another account, with which it
tries to read what is secret. It prints each step with its seconds, and ends with 1 at the first that fails.

It is no test of the suite: it needs root, apt's mirror and some minutes. What is missing is said in words.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import tomlkit

from tests.first_rehearsal import ACCOUNT, ISSUER, Installation, seconds_of, walk_installation
from tests.support.browsing import CHROMIUM, chromium
from tests.support.office import a_mail, wire
from tests.support.stores import make_revision_0005
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.sample_files import sample_pdf
from worker.cli.demo.smtp_server import DsnController

TOP: Final = Path(__file__).parents[1]
DEBIAN: Final = {"bookworm": 12, "trixie": 13}
NEEDED: Final = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "nsenter": "util-linux",
    "dpkg-deb": "dpkg",
    "lintian": "lintian",
    CHROMIUM: CHROMIUM,
}
UNITS: Final = ("hoshobin", "hoshobin-console", "hoshobin-failed")
BACKUPS: Final = ("hoshobin-backup", "hoshobin-backup-drill")
CONTRACTORS: Final = ("acme", "midori2")
TIMERS: Final = tuple(f"{unit}{instance}.timer" for instance in ("", "@") for unit in BACKUPS)
"""Every timer of the package; each starts its service here (``tests/test_packaging.py``)."""
NIGHTS: Final = {"hoshobin-backup": "17:30:00 UTC", "hoshobin-backup-drill": "20:30:00 UTC"}
"""When they start by themselves: at 2:30 and 5:30 in Japan."""
TRACES: Final = {
    "hoshobin-backup": ("BackedUp", "hoshobin_backup_last_success_timestamp_seconds"),
    "hoshobin-backup-drill": ("BackupChecked", "hoshobin_backup_verified_timestamp_seconds"),
}
"""The entry and the figure that each leaves."""
MISSED: Final = 40 * 86_400
"""Seconds since the last start of a timer that has missed its moments."""
NEAR: Final = 3
"""Seconds until a timer's moment in a trial."""
SECRET: Final = (
    *("/var/lib/hoshobin/hoshobin.sqlite3", "/var/lib/hoshobin/secret", "/etc/hoshobin/worker.toml"),
    *("/etc/hoshobin/credentials/imap-password", "/etc/hoshobin/credentials/smtp-password"),
)
OF_AN_OFFICE: Final = ("/etc/hoshobin", "/var/lib/hoshobin", "/var/lib/hoshobin-witness", "/srv/hoshobin-backup")
"""All that a server has of an office, besides the package."""
OLD_SERVER: Final = "/srv/old-server"
OPEN: Final = ("head", "-c", "0")
"""Opens a file, and prints nothing of it."""
SHIPPED: Final = (
    *("hoshobin/prometheus-rules.yml", "hoshobin/hoshobin-console-sso.conf"),
    *(f"doc/hoshobin/{name}" for name in ("operations.ja.md", "backup.ja.md", "install.md")),
)
ENTRIES: Final = """
import json, sqlite3, sys
database = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
bodies = [json.loads(each) for (each,) in database.execute("SELECT body FROM entries ORDER BY number DESC")]
print(json.dumps([{"at": each["at"], **each["detail"]} for each in bodies if each["event"] == sys.argv[2]]))
"""
"""Prints the entries of an event with their details, the last one first."""
TOLD: Final = "/var/lib/hoshobin/told"
"""The texts that ``[operator] command`` was given."""
HELD_BACK: Final = "/run/held-back"
"""As long as this file is there, a backup does not end."""
EXPOSURE: Final = 1.1
"""The most that systemd may find about a unit; ``service/test_systemd_unit.py`` has the same for the files."""
CLONE_NEWNET: Final = 0x40000000
NSPAWN: Final = (
    *("systemd-nspawn", "--register=no", "--keep-unit", "--link-journal=no"),
    "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self",
)
"""On a machine without systemd of its own; with the calls by which a child that reads PDFs confines itself."""
LATER: Final = "9.9.9"
"""The version of the update, which is the same program."""
BOOT_SECONDS: Final = 120
WAIT_SECONDS: Final = 240
COMMAND_SECONDS: Final = 900


class Failed(Exception):
    """A step that did not end as it should."""


def expect(holds: object, *seen: object) -> None:
    if not holds:
        raise Failed("\n".join(map(str, seen)))


def until(condition: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    """Waits for something in another system, which gives no sign of its own; returns what became true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        expect(time.monotonic() < end, f"not within {seconds:g} s: {getattr(condition, '__doc__', condition)}")
        time.sleep(0.5)
    return found


@dataclass
class Machine:
    """A booted Debian."""

    root: Path
    leader: int
    steps: list[tuple[str, float]] = field(default_factory=list)

    def run(self, *words: str, expected: int | None = 0, **environment: str) -> str:
        """Runs a command in it, without a terminal; returns what it printed."""
        ended = subprocess.run(
            [
                "nsenter",
                "--target",
                str(self.leader),
                "--all",
                "--",
                "/usr/bin/env",
                "-i",
                *words_of(environment),
                *words,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        if expected is not None:
            expect(ended.returncode == expected, f"{' '.join(words)} ended with {ended.returncode}:", ended.stdout)
        else:
            expect(ended.returncode != 0, f"{' '.join(words)} ended well:", ended.stdout)
        return ended.stdout

    def shows(self, unit: str, key: str) -> str:
        return self.run("systemctl", "show", "--value", "--property", key, f"{unit}.service").strip()

    def is_active(self, unit: str) -> bool:
        return self.shows(unit, "ActiveState") == "active"

    def version(self) -> str:
        return self.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}|${Version}", "hoshobin").strip()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.steps.append((name, time.monotonic() - began))
        sys.stdout.write(f"  {self.steps[-1][1]:6.1f} s  {name}\n")
        sys.stdout.flush()


def words_of(environment: dict[str, str]) -> list[str]:
    base = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/",
        "LANG": "C.UTF-8",
        "DEBIAN_FRONTEND": "noninteractive",
    }
    return [f"{name}={value}" for name, value in {**base, **environment}.items()]


@contextmanager
def booted(root: Path) -> Iterator[Machine]:
    """Boots the root, and joins its network, so that servers and a browser of this process are in it."""
    with (root.parent / f"{root.name}.log").open("w") as console:
        nspawn = subprocess.Popen(
            [*NSPAWN, "-D", str(root), "-b", "--private-network"],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )
        try:
            leader = until(lambda: children_of(nspawn.pid))[0]
            machine = Machine(root, leader)
            own = os.open("/proc/self/ns/net", os.O_RDONLY)
            until(lambda: is_up(machine), BOOT_SECONDS)
            enter_network(os.open(f"/proc/{leader}/ns/net", os.O_RDONLY))
            try:
                yield machine
            finally:
                enter_network(own)
        finally:
            nspawn.terminate()
            nspawn.wait(timeout=60)


def children_of(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def is_up(machine: Machine) -> bool:
    try:
        return machine.run("systemctl", "is-system-running").strip() == "running"
    except Failed:
        return False


def enter_network(namespace: int) -> None:
    expect(
        ctypes.CDLL(None, use_errno=True).setns(namespace, CLONE_NEWNET) == 0, "setns", os.strerror(ctypes.get_errno())
    )
    os.close(namespace)


def repacked(package: Path, version: str, folder: Path) -> Path:
    """The same program as a later version."""
    tree = folder / "tree"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    before = re.findall(r"^Version: (.*)$", (tree / "DEBIAN" / "control").read_text(), re.MULTILINE)[0]
    for name in ("control", "prerm"):
        file = tree / "DEBIAN" / name
        file.write_text(file.read_text().replace(before, version))
    made = folder / f"hoshobin_{version}.deb"
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", tree, made], check=True, stdout=subprocess.DEVNULL
    )
    shutil.rmtree(tree)
    return made


def configure(machine: Machine, relay: DsnController, imap: DemoImap, folder: str = "etc/hoshobin") -> None:
    """Writes what an administrator writes into the configuration that ``init`` made."""
    file = machine.root / folder / "worker.toml"
    settings: Any = tomlkit.parse(file.read_text())
    settings["smtp"].update({"host": relay.host, "port": relay.port, "security": "none", "user": ""})
    settings["mailbox"]["main"].update({"host": imap.host, "port": imap.port, "security": "none", "user": imap.user})
    settings["schedule"]["windows"] = []
    file.write_text(tomlkit.dumps(settings))
    kept = file.with_name("credentials")
    kept.mkdir(0o700, exist_ok=True)
    for name, secret in (("imap-password", imap.password), ("smtp-password", secrets.token_hex(8))):
        (kept / name).write_text(secret)
        (kept / name).chmod(0o600)


def try_package(release: str, package: Path, roots: Path) -> None:
    """Every step on one release."""
    sys.stdout.write(f"{release}: {package.name} ({package.stat().st_size:,} bytes)\n")
    root = roots / f"booted-{release}"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    subprocess.run(["tar", "-C", root, "-xf", roots / f"try-{release}.tar"], check=True)
    later = repacked(package, f"{LATER}+deb{DEBIAN[release]}", roots)
    for each in (package, later):
        shutil.copy(each, root / "var/cache" / each.name)
    with booted(root) as machine, ExitStack() as stack:
        relay = stack.enter_context(DsnController())
        imap = stack.enter_context(DemoImap("soumu"))
        began = time.monotonic()
        first_rehearsal(machine, package, relay, imap)
        sys.stdout.write(f"  {time.monotonic() - began:6.1f} s  from the package to the first rehearsal\n")
        update(machine, later)
        update_after_an_edit(machine, later)
        refuse_the_earlier(machine, package)
        judge(machine)
        update_during_a_backup(machine, later)
        tell_of_a_backup_that_fails(machine)
        serve_contractors(machine, relay, later)
        remove(machine, package, later)
    shutil.rmtree(root)
    judge_package(package)


def first_rehearsal(machine: Machine, package: Path, relay: DsnController, imap: DemoImap) -> None:
    with machine.step("an installation by hand is not laid over"):
        by_hand = machine.root / "opt/hoshobin/venv"
        by_hand.mkdir(parents=True)
        said = machine.run("dpkg", "-i", f"/var/cache/{package.name}", expected=None)
        expect("mv /opt/hoshobin /opt/hoshobin.by-hand" in said, said)
        shutil.rmtree(by_hand.parent)
    with machine.step("apt-get install"):
        said = machine.run("apt-get", "install", "-y", f"/var/cache/{package.name}")
        expect("hoshobin init" in said, said)
        expect(machine.run("dpkg-query", "-W", "-f", "${Conffiles}", "hoshobin") == "", "it has conffiles")
        for unit in UNITS:
            expect(not machine.is_active(unit), f"{unit} runs before it is configured")
    with machine.step("hoshobin init, worker.toml, the passwords, an issuer"):
        machine.run("hoshobin", "init", "/etc/hoshobin")
        configure(machine, relay, imap)
        machine.run("hoshobin", *ISSUER)
    with machine.step("hoshobin check, hoshobin doctor"):
        machine.run("hoshobin", "check")
        machine.run("hoshobin", "doctor")
    with machine.step("systemctl enable --now hoshobin hoshobin-console"):
        machine.run("systemctl", "enable", "--now", "hoshobin", "hoshobin-console")
        expect(machine.is_active("hoshobin"), machine.run("journalctl", "-u", "hoshobin", "--no-pager"))
    with machine.step("hoshobin doctor, with the service"):
        said = machine.run("hoshobin", "doctor")
        expect(re.search("別のアカウント（.+）で読みます。有効：no_new_privs、Landlock.*、seccomp", said), said)
    with machine.step("hoshobin user add"):
        link = re.findall(r"/invite/\S+", machine.run("hoshobin", *ACCOUNT))[0]
    with machine.step("the first rehearsal in the console") as _, chromium() as window:
        office = Installation("http://127.0.0.1:8480", link, relay, until)
        steps = walk_installation(office, window)
    sys.stdout.write(f"            {seconds_of(steps)}\n")


def update(machine: Machine, later: Path) -> None:
    with machine.step("an update while both run"):
        before = {unit: machine.shows(unit, "MainPID") for unit in UNITS[:2]}
        said = machine.run("apt-get", "install", "-y", f"/var/cache/{later.name}")
        expect(machine.version() == f"ii |{later.stem.partition('_')[2]}", machine.version())
        for unit in UNITS[:2]:
            expect(machine.is_active(unit), said, machine.run("journalctl", "-u", unit, "--no-pager"))
            expect(machine.shows(unit, "MainPID") != before[unit], f"{unit} was not started again", said)
        machine.run("hoshobin", "audit", "verify")


def update_after_an_edit(machine: Machine, later: Path) -> None:
    file = machine.root / "etc/hoshobin/worker.toml"
    text = file.read_text()
    with machine.step("an update without a terminal after an edit of the configuration"):
        file.write_text(text + "# edited by hand\n")
        machine.run("dpkg", "-i", f"/var/cache/{later.name}")
        expect(file.read_text() == text + "# edited by hand\n", "the edit is gone")
        expect(machine.is_active("hoshobin") and machine.is_active("hoshobin-console"))
    with machine.step("the same with a fault in the edit: said, and nothing of the package fails"):
        file.write_text(text.replace("[smtp]", "[smpt]"))
        said = machine.run("dpkg", "-i", f"/var/cache/{later.name}")
        expect("smpt" in said, said)
        expect(machine.version().startswith("ii "), machine.version())
        expect(until(lambda: machine.shows("hoshobin", "ExecMainStatus") == "2"), "run took a faulty configuration")
        file.write_text(text)
        machine.run("systemctl", "restart", "hoshobin", "hoshobin-console")
        machine.run("hoshobin", "check")
    with machine.step("an update of what does not run migrates the database, keeps a copy and starts nothing"):
        machine.run("systemctl", "stop", "hoshobin", "hoshobin-console")
        store = machine.root / "var/lib/hoshobin"
        with closing(sqlite3.connect(store / "hoshobin.sqlite3")) as database, database:
            make_revision_0005(database)
        said = machine.run("dpkg", "-i", f"/var/cache/{later.name}")
        expect("改める前の写し" in said and list(store.glob("hoshobin-before-*.sqlite3")), said)
        expect(not machine.is_active("hoshobin") and not machine.is_active("hoshobin-console"))
        machine.run("hoshobin", "audit", "verify")
        machine.run("systemctl", "start", "hoshobin", "hoshobin-console")


def update_during_a_backup(machine: Machine, later: Path) -> None:
    unit = BACKUPS[0]
    folder = f"/run/systemd/system/{unit}.service.d"
    words = f'[Service]\nExecStartPre=/bin/sh -c "while [ -e {HELD_BACK} ]; do sleep 1; done"\n'
    with machine.step("an update while a backup runs waits for its end, and the service goes on meanwhile"):
        made, service = entries_of(machine, "BackedUp"), machine.shows("hoshobin", "MainPID")
        machine.run("sh", "-ec", f"touch {HELD_BACK}; mkdir {folder}; printf '%s' '{words}' >{folder}/held-back.conf")
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "start", "--no-block", unit)
        until(lambda: machine.shows(unit, "ActiveState") == "activating")
        with ThreadPoolExecutor(1) as beside:
            update = beside.submit(machine.run, "dpkg", "-i", f"/var/cache/{later.name}")
            try:
                until(partial(timers_are, machine, "inactive"))
                expect(machine.shows("hoshobin", "MainPID") == service and machine.is_active("hoshobin"))
                expect(machine.shows(unit, "ActiveState") == "activating", "the backup was cut off")
                expect(not update.done(), "the update did not wait")
            finally:
                machine.run("rm", "-r", HELD_BACK, folder)
            said = update.result()
        expect(f"up to 60 minutes: {unit}.service" in said, said)
        expect(machine.shows(unit, "Result") == "success", machine.run("journalctl", "-u", unit, "--no-pager"))
        expect(len(entries_of(machine, "BackedUp")) == len(made) + 1, "it was not made once")
        expect(machine.is_active("hoshobin") and machine.is_active("hoshobin-console"), said)
        expect(machine.shows("hoshobin", "MainPID") != service, "hoshobin was not started again")
        expect(timers_are(machine, "active"), "the timers were not started again")
        machine.run("hoshobin", "backup", "check", "/srv/hoshobin-backup")


def tell_of_a_backup_that_fails(machine: Machine) -> None:
    """One that is killed, as by a lack of memory, and one whose disk is not mounted: neither can tell of itself."""
    unit = BACKUPS[0]
    file = machine.root / "etc/hoshobin/worker.toml"
    text = file.read_text()
    settings: Any = tomlkit.parse(text)
    settings["operator"]["command"] = ["/usr/bin/tee", "-a", TOLD]
    told = machine.root / TOLD[1:]
    service = machine.shows("hoshobin", "MainPID")

    def is_told() -> bool:
        """People are told."""
        return told.exists() and "journalctl -u 'hoshobin-backup*'" in told.read_text()

    with machine.step("a backup that is killed is told to people, by a unit of its own"):
        file.write_text(tomlkit.dumps(settings))
        folder = f"/run/systemd/system/{unit}.service.d"
        words = "[Service]\nExecStart=\nExecStart=/bin/sleep infinity\n"
        machine.run("sh", "-ec", f"mkdir {folder}; printf '%s' '{words}' >{folder}/hangs.conf; systemctl daemon-reload")
        machine.run("systemctl", "start", "--no-block", unit)
        until(lambda: machine.shows(unit, "MainPID") != "0")
        machine.run("systemctl", "kill", "--signal=KILL", unit)
        until(is_told)
        expect(machine.shows(unit, "Result") == "signal", machine.run("journalctl", "-u", unit, "--no-pager"))
        machine.run("sh", "-ec", f"rm -r {folder} {TOLD}; systemctl daemon-reload; systemctl reset-failed {unit}")
    with machine.step("a backup whose disk is not mounted is not made, and told"):
        mount = machine.run("systemd-escape", "--path", "--suffix=mount", "/srv/hoshobin-backup").strip()
        # Of a type that no kernel has: the source of a bind that is missing is made by systemd.
        words = "[Mount]\nWhat=none\nWhere=/srv/hoshobin-backup\nType=nosuchfs\n"
        place = f"/etc/systemd/system/{mount}"
        (machine.root / place[1:]).write_text(words)
        machine.run("systemctl", "daemon-reload")
        made = entries_of(machine, "BackedUp")
        said = machine.run("systemctl", "start", unit, expected=None)
        expect("dependency" in said, said)
        until(is_told)
        expect(entries_of(machine, "BackedUp") == made, "it was made below the disk")
        (machine.root / place[1:]).unlink()
        machine.run("sh", "-ec", f"rm {TOLD}; systemctl daemon-reload; systemctl reset-failed")
        file.write_text(text)
        expect(machine.shows("hoshobin", "MainPID") == service, "the service was disturbed")
        machine.run("systemctl", "start", unit)


def timers_are(machine: Machine, state: str) -> bool:
    """Both timers are in this state."""
    named = [f"{unit}.timer" for unit in BACKUPS]
    said = machine.run("systemctl", "show", "--value", "--property", "ActiveState", *named)
    return said.split() == [state] * len(named)


def refuse_the_earlier(machine: Machine, package: Path) -> None:
    with machine.step("a downgrade is refused in words, and nothing stops"):
        before, version = machine.shows("hoshobin", "MainPID"), machine.version()
        said = machine.run("dpkg", "-i", f"/var/cache/{package.name}", expected=None)
        expect("前の版" in said and "install.md" in said, said)
        expect(machine.shows("hoshobin", "MainPID") == before and machine.is_active("hoshobin"), said)
        expect(machine.version() == version, machine.version())


def judge(machine: Machine) -> None:
    with machine.step("PDFs are read by another account, whose processes are confined"):
        service = machine.shows("hoshobin", "MainPID")
        readers = until(lambda: readers_of(machine))
        accounts = {int(machine.run("id", "-u", name)) for name in ("root", "hoshobin", "hoshobin-console")}
        for reader in readers:
            (child,) = children_in(machine, reader)
            until(partial(is_confined, machine, child))
            for process in (reader, child):
                said = status_of(machine, process)
                expect(said["Uid"] not in accounts, said)
                expect((said["Seccomp"], said["NoNewPrivs"]) == (2, 1), said)
                for kind in ("net", "user", "mnt"):
                    namespaces = {machine.run("readlink", f"/proc/{each}/ns/{kind}") for each in (service, process)}
                    expect(len(namespaces) == 2, f"a reader is in the service's own namespace: {kind}")
        for unit in UNITS[:2]:
            expect(not children_in(machine, machine.shows(unit, "MainPID")), f"{unit} has children of its own")
        account = status_of(machine, readers[0])["Uid"]
        sys.stdout.write(f"            {len(readers)} readers of the account {account}\n")
    with machine.step("that account reads neither database nor witness, configuration nor passwords"):
        refuse_reading(machine, readers[0])
    with machine.step("a reader that is ended is replaced, and one that cannot be reached is said"):
        machine.run("sh", "-c", f"kill -KILL {' '.join(readers)}")
        machine.run("hoshobin", "doctor")
        machine.run("systemctl", "stop", "hoshobin-reader.socket")
        said = machine.run("hoshobin", "doctor", expected=None)
        expect("systemctl status hoshobin-reader.socket" in said, said)
        machine.run("systemctl", "start", "hoshobin-reader.socket")
        machine.run("hoshobin", "doctor")
        expect(machine.is_active("hoshobin") and machine.is_active("hoshobin-console"))
    with machine.step("a backup and its trial by their units, and what else the package brings"):
        machine.run("install", "-d", "-o", "hoshobin", "-g", "hoshobin", "-m", "0700", "/srv/hoshobin-backup")
        for unit in BACKUPS:
            machine.run("systemctl", "start", unit)
            machine.run("systemctl", "enable", "--now", f"{unit}.timer")
        expect(len(list((machine.root / "srv/hoshobin-backup").glob("*.manifest.json"))) == 1, "no set of a backup")
        for each in SHIPPED:
            expect((machine.root / "usr/share" / each).exists(), f"{each} is missing")
        machine.run("/opt/hoshobin/venv/bin/python", "-c", "import authlib, worker.accounts.openid")
        machine.run("hoshobin", "metrics")
    let_timers_fire(machine)
    put_back(machine)
    move(machine)
    with machine.step("systemd-analyze security"):
        machine.run("systemctl", "restart", "hoshobin")
        (reader, *_) = until(lambda: reader_units(machine))
        for unit in (*UNITS, reader, *BACKUPS):
            sys.stdout.write(f"            {unit}: {exposure_of(machine, unit)}\n")


def let_timers_fire(machine: Machine) -> None:
    """The timers as they are shipped after nights without power, and each at a moment that comes."""
    with machine.step("the timers are due in the night of Japan, in a computer of another time zone"):
        for unit, moment in NIGHTS.items():
            due = machine.run("systemctl", "show", "--value", "--property", "NextElapseUSecRealtime", f"{unit}.timer")
            expect(moment in due, due)
    with machine.step("both timers make up for what was missed, the trial after the backup"):
        timers = [f"{unit}.timer" for unit in BACKUPS]
        machine.run("systemctl", "stop", *timers)
        before = traces_of(machine)
        for each in timers:
            stamp = machine.root / "var/lib/systemd/timers" / f"stamp-{each}"
            expect(stamp.exists(), f"{each} keeps no time of its last start")
            os.utime(stamp, (time.time() - MISSED,) * 2)
        machine.run("systemctl", "start", *timers)
        after = until(partial(new_traces, machine, before))
        made, tried = (after[unit][0]["file"] for unit in BACKUPS)
        expect(made == tried, f"{made} was made, and {tried} was tried")
    for unit in BACKUPS:
        with machine.step(f"{unit}.timer starts its service at its moment"):
            fire(machine, unit)


def page_blocks(name: str, heading: str) -> list[str]:
    """The blocks of commands of one section of a page, with the answer that a person would type."""
    text = (TOP / "docs" / f"{name}.ja.md").read_text()
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```sh\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return [re.sub(r"^hoshobin resume .*$", r"\g<0> --yes", each, flags=re.MULTILINE) for each in blocks]


def put_back(machine: Machine) -> None:
    with machine.step("a restore with the commands of docs/operations.ja.md, beside the console"):
        (block,) = page_blocks("operations", "復元")
        said = machine.run("sh", "-ec", block)
        expect("送信を止めています" in said and "送信を再開します" in said, said)
        until(partial(is_well, machine))
        expect(machine.is_active("hoshobin-console"), said)
        machine.run("hoshobin", "audit", "verify")


def move(machine: Machine) -> None:
    """The other server is this one without anything of the office; ``scp`` copies from where that was put."""
    scp = machine.root / "usr/local/bin/scp"
    with machine.step("a move to another server with the commands of docs/backup.ja.md"):
        on_old, on_new, start = page_blocks("backup", "別のサーバーへ移す")
        machine.run("sh", "-ec", on_old)
        expect(timers_are(machine, "inactive") and not machine.is_active("hoshobin"))
        machine.run("systemctl", "disable", "--now", "hoshobin-console")
        known = states_of(machine)
        for each in OF_AN_OFFICE:
            machine.run("sh", "-ec", f"mkdir -p {OLD_SERVER}{Path(each).parent}; mv {each} {OLD_SERVER}{each}")
        machine.run("systemd-tmpfiles", "--create", "hoshobin.conf")
        scp.write_text(f'#!/bin/sh\nfor last; do :; done\ncp {OLD_SERVER}/srv/hoshobin-backup/* "$last"\n')
        scp.chmod(0o755)
        machine.run("sh", "-ec", on_new)
        machine.run("hoshobin", "check")
        said = machine.run("sh", "-ec", start)
        expect("送信を止めています" in said and "送信を再開します" in said, said)
        timers = (f"{unit}.timer" for unit in BACKUPS)
        machine.run("systemctl", "enable", "--now", "hoshobin-console", *timers)
        until(partial(is_well, machine))
        expect(known and states_of(machine) == known, known, states_of(machine))
        machine.run("hoshobin", "audit", "verify")
        scp.unlink()


def states_of(machine: Machine) -> dict[int, str]:
    """The state of every submission."""
    rows = map(json.loads, machine.run("hoshobin", "list", "--all", "--json").splitlines())
    return {row["id"]: row["state"] for row in rows}


def is_well(machine: Machine) -> bool:
    """The service runs, and doctor finds nothing."""
    try:
        machine.run("hoshobin", "doctor")
    except Failed:
        return False
    return True


def fire(machine: Machine, unit: str, name: str = "") -> None:
    """Lets a timer come to its moment, which a drop-in brings near; the shipped file says the rest."""
    timer = f"{unit}{'@' * bool(name)}{name}"
    folder = f"/run/systemd/system/{timer}.timer.d"
    moment = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + NEAR))
    words = f"[Timer]\nOnCalendar=\nOnCalendar={moment}\nAccuracySec=100ms\nRandomizedDelaySec=0\n"
    before = traces_of(machine, name)
    machine.run("sh", "-ec", f"mkdir -p {folder}; printf '{words}' >{folder}/near.conf")
    try:
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", f"{timer}.timer")
        until(partial(new_traces, machine, before, (unit,), name))
        triggered = machine.run("systemctl", "show", "--value", "--property", "TriggeredBy", f"{timer}.service")
        expect(triggered.strip() == f"{timer}.timer", triggered)
    finally:
        machine.run("rm", "-r", folder)
        machine.run("systemctl", "daemon-reload")
        machine.run("systemctl", "restart", f"{timer}.timer")


def new_traces(
    machine: Machine, before: dict[str, tuple[dict[str, Any], float]], units: tuple[str, ...] = BACKUPS, name: str = ""
) -> dict[str, tuple[dict[str, Any], float]] | None:
    """Each service has ended well, and has left an entry and a later figure."""
    instance = f"@{name}" if name else ""
    after = traces_of(machine, name)
    for unit in units:
        state, result = (machine.shows(f"{unit}{instance}", key) for key in ("ActiveState", "Result"))
        expect(state != "failed" and result == "success", machine.run("journalctl", "-u", f"{unit}{instance}"))
        if state != "inactive" or after[unit][0] == before[unit][0] or after[unit][1] <= before[unit][1]:
            return None
    return after


def traces_of(machine: Machine, name: str = "") -> dict[str, tuple[dict[str, Any], float]]:
    """What the log and the figures say of the last backup and its last trial."""
    instance = (f"@{name}",) if name else ()
    figures = machine.run("hoshobin", *instance, "metrics")
    found: dict[str, tuple[dict[str, Any], float]] = {}
    for unit, (event, figure) in TRACES.items():
        (value,) = re.findall(rf"^{figure}(?:\{{tenant=[^}}]*\}})? (\S+)$", figures, re.MULTILINE)
        found[unit] = (next(iter(entries_of(machine, event, name)), {}), float(value))
    return found


def entries_of(machine: Machine, event: str, name: str = "") -> list[dict[str, Any]]:
    """The entries of an event, the last one first."""
    account, store = (f"hoshobin-{name}", f"hoshobin/{name}") if name else ("hoshobin", "hoshobin")
    found = machine.run(
        *("runuser", "-u", account, "--", "/opt/hoshobin/venv/bin/python", "-c", ENTRIES),
        *(f"/var/lib/{store}/hoshobin.sqlite3", event),
    )
    return list(json.loads(found))


def exposure_of(machine: Machine, unit: str) -> str:
    said = machine.run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
    found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    expect(found and float(found[1]) <= EXPOSURE, said[-300:])
    return found[1] if found else "?"


def reader_units(machine: Machine) -> list[str]:
    said = machine.run("systemctl", "list-units", "--plain", "--no-legend", "--state=running", "hoshobin-reader@*")
    return [line.split()[0].removesuffix(".service") for line in said.splitlines()]


def readers_of(machine: Machine) -> list[str]:
    """The main processes of the readers that run."""
    return [machine.shows(each, "MainPID") for each in reader_units(machine)]


def children_in(machine: Machine, process: str) -> list[str]:
    return machine.run("cat", f"/proc/{process}/task/{process}/children").split()


def status_of(machine: Machine, process: str) -> dict[str, int]:
    """The first number of each line of a process's status."""
    said = machine.run("cat", f"/proc/{process}/status")
    return {name: int(number) for name, number in re.findall(r"^(\w+):\s+(\d+)\b", said, re.MULTILINE)}


def is_confined(machine: Machine, child: str) -> bool:
    """A child has one filter more than its unit, its own."""
    parent = str(status_of(machine, child)["PPid"])
    return status_of(machine, child)["Seccomp_filters"] > status_of(machine, parent)["Seccomp_filters"]


def refuse_reading(machine: Machine, reader: str) -> None:
    """Tries to read what is not a reader's: with its account alone, and as root among the files that it sees."""
    witness = machine.root / "var/lib/hoshobin-witness/hoshobin"
    kept = [f"/{each.relative_to(machine.root)}" for each in witness.iterdir()]
    expect(kept, "there is no witness")
    status = status_of(machine, reader)
    account = ("setpriv", f"--reuid={status['Uid']}", f"--regid={status['Gid']}", "--clear-groups", "--")
    inside = ("nsenter", "--target", reader, "--mount", "--")
    for each in (account, inside):
        machine.run(*each, *OPEN, "/opt/hoshobin/venv/bin/hoshobin")
    for place in (*SECRET, *kept):
        machine.run(*OPEN, place)
        for each in (account, inside):
            machine.run(*each, *OPEN, place, expected=None)


def contractor_lines(name: str) -> list[str]:
    """The commands of docs/install.md for a contractor, up to the copying of units, which the package brings."""
    text = (TOP / "docs" / "install.md").read_text()
    block = text[text.index("  useradd --system --user-group --home-dir /var/lib/hoshobin/NAME") :]
    lines = block[: block.index("  cp systemd/hoshobin@.service")].splitlines()
    return [line.strip().replace("NAME", name) for line in lines if line.strip()]


def backup_lines(name: str) -> list[str]:
    """The commands of docs/install.md for the backups of a contractor."""
    text = (TOP / "docs" / "install.md").read_text()
    block = text[text.index("  install -d -m 0755 /srv/hoshobin-backup") :]
    return [line.strip().replace("NAME", name) for line in block[: block.index("```")].splitlines() if line.strip()]


def serve_contractors(machine: Machine, relay: DsnController, later: Path) -> None:
    """Two contractors by the template units."""
    services = [f"{unit}@{name}" for unit in UNITS[:2] for name in CONTRACTORS]
    machine.run("systemctl", "disable", "--now", *UNITS[:2])
    with ExitStack() as stack:
        boxes = {name: stack.enter_context(DemoImap("soumu")) for name in CONTRACTORS}
        with machine.step("two contractors, with the commands of docs/install.md, by template units"):
            for name, box in boxes.items():
                for line in contractor_lines(name):
                    machine.run("sh", "-ec", line)
                configure(machine, relay, box, f"etc/hoshobin/{name}")
            machine.run("systemctl", "enable", "--now", *services)
            for box in boxes.values():
                box.append(wire(a_mail("認証キーのお知らせの件", ("お知らせ.pdf", sample_pdf("notice-contract.pdf")))))
            until(partial(have_read, machine))
            said = machine.run("sh", "-c", "hoshobin tenants status || [ $? = 1 ]")
            sys.stdout.write("".join(f"            {line}\n" for line in said.splitlines()))
            for name in CONTRACTORS:
                machine.run("test", "-S", f"/run/hoshobin-console/{name}/socket")
                machine.run("hoshobin", f"@{name}", "doctor")
            for unit in UNITS:
                exposure_of(machine, f"{unit}@{CONTRACTORS[0]}")
        with machine.step("a contractor's accounts cannot read another's database"):
            database = f"/var/lib/hoshobin/{CONTRACTORS[1]}/hoshobin.sqlite3"
            machine.run("runuser", "-u", f"hoshobin-{CONTRACTORS[1]}-console", "--", *OPEN, database)
            for each in (f"hoshobin-{CONTRACTORS[0]}", f"hoshobin-{CONTRACTORS[0]}-console", "hoshobin"):
                machine.run("runuser", "-u", each, "--", *OPEN, database, expected=None)
        back_up_contractors(machine)
        with machine.step("an update while the contractors' services run"):
            before = {each: machine.shows(each, "MainPID") for each in services}
            machine.run("dpkg", "-i", f"/var/cache/{later.name}")
            for each in services:
                expect(machine.is_active(each), machine.run("journalctl", "-u", each, "--no-pager"))
                expect(machine.shows(each, "MainPID") != before[each], f"{each} was not started again")
            until(partial(have_read, machine))
        serve_contractors_alone(machine, services, later)
        machine.run("systemctl", "disable", "--now", *services)


def serve_contractors_alone(machine: Machine, services: list[str], later: Path) -> None:
    """A bureau's server has no configuration of a single office."""
    with machine.step("an update of a bureau's server migrates and checks each contractor, and takes no data away"):
        kept = machine.root / "etc/worker.toml"
        (machine.root / "etc/hoshobin/worker.toml").rename(kept)
        before = owners_of(machine)
        said = machine.run("dpkg", "-i", f"/var/cache/{later.name}")
        expect("hoshobin init" not in said, said)
        expect(all(f"hoshobin: @{name}\n" in said for name in CONTRACTORS), said)
        expect(all(machine.is_active(each) for each in services), said)
        refused = machine.run("sh", "-c", "hoshobin init /etc/hoshobin; test $? = 2")
        expect("会社ごとの形" in refused, refused)
        after = owners_of(machine)
        changed = {each: (owner, after[each]) for each, owner in before.items() if after.get(each, owner) != owner}
        expect(not changed, changed)
        machine.run("hoshobin", "@reader", "list", expected=None)
        kept.rename(machine.root / "etc/hoshobin/worker.toml")


def owners_of(machine: Machine) -> dict[str, str]:
    """The account, the group and the mode of everything that is the contractors'."""
    said = machine.run("find", "/etc/hoshobin", "/var/lib/hoshobin", "-printf", "%p\\t%u:%g %m\\n")
    return dict(line.split("\t") for line in said.splitlines())


def back_up_contractors(machine: Machine) -> None:
    with machine.step("a backup of each contractor and its trial by their units and timers, in a place of its own"):
        for name in CONTRACTORS:
            for line in backup_lines(name):
                machine.run("sh", "-ec", line)
            for unit in BACKUPS:
                machine.run("systemctl", "start", f"{unit}@{name}")
                exposure_of(machine, f"{unit}@{name}")
                expect(machine.run("systemctl", "is-active", f"{unit}@{name}.timer").strip() == "active")
                fire(machine, unit, name)
            kept = machine.root / "srv/hoshobin-backup" / name
            expect(len(list(kept.glob("*.manifest.json"))) == 1, f"no set of {name}'s backup")
        other = f"/srv/hoshobin-backup/{CONTRACTORS[1]}"
        machine.run("runuser", "-u", f"hoshobin-{CONTRACTORS[0]}", "--", "ls", other, expected=None)


def have_read(machine: Machine) -> bool:
    """Each contractor's service runs, and has read its notice."""
    said = machine.run("sh", "-c", "hoshobin tenants status --json || [ $? = 1 ] || [ $? = 3 ]")
    states = [json.loads(line)["status"] for line in said.splitlines()]
    if len(states) != len(CONTRACTORS) or not all(each and each["service"]["running"] for each in states):
        return False
    for name in CONTRACTORS:
        listed = machine.run(
            *("runuser", "-u", f"hoshobin-{name}", "--", "/opt/hoshobin/venv/bin/hoshobin"),
            *("--config", f"/etc/hoshobin/{name}", "list", "--json"),
        )
        if "40188-003051" not in listed:
            return False
    return True


def way_back(package: Path, copy: str) -> str:
    """The commands of docs/install.md by which an earlier package is put back, with the answers of a person."""
    text = (TOP / "docs" / "install.md").read_text()
    begin = text.index("  systemctl stop hoshobin hoshobin-console\n  apt-get remove hoshobin\n")
    block = text[begin:].partition("```")[0]
    for named, own in (
        ("./前の版のファイル", f"/var/cache/{package.name}"),
        ("hoshobin-before-新しい版.sqlite3", copy),
        ("apt-get ", "apt-get -y "),
    ):
        block = block.replace(named, own)
    return re.sub(r"^ *hoshobin resume .*$", r"\g<0> --yes", block, flags=re.MULTILINE)


def remove(machine: Machine, package: Path, later: Path) -> None:
    kept = ("etc/hoshobin/worker.toml", "var/lib/hoshobin/hoshobin.sqlite3")
    with machine.step("remove, and installed again"):
        machine.run("systemctl", "start", "hoshobin")
        said = machine.run("apt-get", "remove", "-y", "hoshobin")
        expect("何も送りません" in said and "systemctl start hoshobin.service" in said, said)
        expect(not (machine.root / "opt/hoshobin").exists(), "files are left in /opt")
        expect(not machine.is_active("hoshobin"))
        expect(all((machine.root / each).exists() for each in kept))
        machine.run("apt-get", "install", "-y", f"/var/cache/{later.name}")
        machine.run("systemctl", "start", "hoshobin")
        machine.run("hoshobin", "audit", "verify")
        expect(timers_are(machine, "active"), "backups stay away until the next start of the computer")
    with machine.step("back to the earlier version with the commands of docs/install.md; backups go on"):
        machine.run("systemctl", "stop", "hoshobin")
        store = machine.root / "var/lib/hoshobin"
        with closing(sqlite3.connect(store / "hoshobin.sqlite3")) as database, database:
            make_revision_0005(database)
        machine.run("dpkg", "-i", f"/var/cache/{later.name}")
        machine.run("systemctl", "start", "hoshobin", "hoshobin-console")
        (copy,) = store.glob("hoshobin-before-*.sqlite3")
        said = machine.run("sh", "-ec", way_back(package, copy.name))
        expect("送信を再開します" in said, said)
        expect(machine.version() == f"ii |{package.stem.split('_')[1]}", machine.version())
        expect(machine.is_active("hoshobin") and machine.is_active("hoshobin-console"), said)
        expect(timers_are(machine, "active"), "backups stay away until the next start of the computer")
        machine.run("hoshobin", "audit", "verify")
    with machine.step("purge leaves the accounts and the data"):
        machine.run("apt-get", "purge", "-y", "hoshobin")
        expect(all((machine.root / each).exists() for each in kept))
        machine.run("getent", "passwd", "hoshobin", "hoshobin-console")
        left = machine.run(
            "sh", "-c", "ls -d /opt/hoshobin /usr/lib/systemd/system/hoshobin* /usr/bin/hoshobin 2>/dev/null || true"
        )
        expect(left == "", left)


def judge_package(package: Path) -> None:
    ended = subprocess.run(
        ["lintian", "--fail-on", "error", "--allow-root", package], capture_output=True, text=True, check=False
    )
    expect(ended.returncode == 0, ended.stdout, ended.stderr)
    sys.stdout.write("            lintian: no error\n")


def make_root(release: str, roots: Path) -> None:
    """A minimal Debian with systemd, and the packages that ours depends on in apt's cache: its network is loopback."""
    script = (
        f'. "{TOP}/packaging/needs.sh"; make_root "{roots}/try-{release}.tar" {release} --variant=minbase'
        " --include=systemd-sysv,dbus --skip=cleanup/apt"
        ' --customize-hook=\'chroot "$1" apt-get install -y --download-only -o APT::Install-Recommends=true'
        " python3 ca-certificates fonts-noto-cjk sudo >/dev/null'"
    )
    subprocess.run(["sh", "-eu", "-c", script], check=True)


def missing() -> list[str]:
    """What this machine has not, in words."""
    lacking = [
        f"{program} is missing: apt-get install -y {package}"
        for program, package in NEEDED.items()
        if shutil.which(program) is None
    ]
    return [*([] if os.geteuid() == 0 else ["root is needed, to boot a system"]), *lacking]


def main(releases: list[str]) -> int:
    if said := missing():
        sys.stderr.write("\n".join(["make deb-try cannot run here:", *said, ""]))
        return 2
    roots = Path(os.environ.get("HOSHOBIN_ROOTS") or TOP / ".cache" / "deb").absolute()
    roots.mkdir(parents=True, exist_ok=True)
    for release in releases or list(DEBIAN):
        found = sorted((TOP / "dist").glob(f"hoshobin_*+deb{DEBIAN[release]}_*.deb"))
        if not found:
            sys.stderr.write(f"no package for {release}: make deb RELEASE={release}\n")
            return 2
        make_root(release, roots)
        try:
            try_package(release, found[-1], roots)
        except Failed as failed:
            sys.stderr.write(f"FAILED: {failed}\n")
            return 1
    sys.stdout.write("everything held\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
