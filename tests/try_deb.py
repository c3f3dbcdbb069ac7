"""The package of ``make deb``, tried in a booted Debian: ``python -m tests.try_deb bookworm|trixie …`` as root.

Each release gets a fresh root by mmdebstrap and boots its own systemd in it (systemd-nspawn). Its network is loopback
alone, with the demonstration's mail servers. In it the package is installed, configured, used for a first rehearsal in
the console by a browser, updated while it runs, updated without a terminal after an edit, refused as a downgrade,
removed and purged. It prints each step with its seconds, and ends with 1 at the first that fails.

It is no test of the suite: it needs root, apt's mirror and some minutes. What is missing is said in words.
"""

from __future__ import annotations

import ctypes
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import tomlkit

from tests.first_rehearsal import ACCOUNT, ISSUER, Installation, seconds_of, walk_installation
from tests.support.browsing import CHROMIUM, chromium
from tests.support.stores import make_revision_0005
from worker.cli.demo.imap_server import DemoImap
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
EXPOSURE: Final = 1.5
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


def configure(machine: Machine, relay: DsnController, imap: DemoImap) -> None:
    """Writes what an administrator writes into the configuration that ``init`` made."""
    file = machine.root / "etc/hoshobin/worker.toml"
    settings: Any = tomlkit.parse(file.read_text())
    settings["smtp"].update({"host": relay.host, "port": relay.port, "security": "none", "user": ""})
    settings["mailbox"]["main"].update({"host": imap.host, "port": imap.port, "security": "none", "user": imap.user})
    settings["schedule"]["windows"] = []
    file.write_text(tomlkit.dumps(settings))
    for name, secret in (("imap-password", imap.password), ("smtp-password", secrets.token_hex(8))):
        (machine.root / "etc/hoshobin/credentials" / name).write_text(secret)
        (machine.root / "etc/hoshobin/credentials" / name).chmod(0o600)


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
        remove(machine, later)
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
        expect(re.search("有効：no_new_privs、Landlock.*、seccomp", said), said)
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
        expect("更新前の写し" in said and list(store.glob("hoshobin-before-*.sqlite3")), said)
        expect(not machine.is_active("hoshobin") and not machine.is_active("hoshobin-console"))
        machine.run("hoshobin", "audit", "verify")
        machine.run("systemctl", "start", "hoshobin", "hoshobin-console")


def refuse_the_earlier(machine: Machine, package: Path) -> None:
    with machine.step("a downgrade is refused in words, and nothing stops"):
        before, version = machine.shows("hoshobin", "MainPID"), machine.version()
        said = machine.run("dpkg", "-i", f"/var/cache/{package.name}", expected=None)
        expect("前の版" in said and "install.md" in said, said)
        expect(machine.shows("hoshobin", "MainPID") == before and machine.is_active("hoshobin"), said)
        expect(machine.version() == version, machine.version())


def judge(machine: Machine) -> None:
    with machine.step("the children that read PDFs are confined under the unit"):
        service = machine.shows("hoshobin", "MainPID")
        children = until(lambda: machine.run("cat", f"/proc/{service}/task/{service}/children").split())
        for child in children:
            status = machine.run("cat", f"/proc/{child}/status")
            fields = dict(re.findall(r"^(Seccomp|NoNewPrivs):\s+(\w+)$", status, re.MULTILINE))
            expect(fields == {"Seccomp": "2", "NoNewPrivs": "1"}, status)
            for kind in ("net", "user"):
                namespaces = {machine.run("readlink", f"/proc/{each}/ns/{kind}") for each in (service, child)}
                expect(len(namespaces) == 2, f"a child is in the service's own namespace: {kind}")
    with machine.step("systemd-analyze security"):
        for unit in UNITS:
            said = machine.run("systemd-analyze", "security", "--no-pager", f"{unit}.service")
            found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
            expect(found and float(found[1]) <= EXPOSURE, said[-300:])
            sys.stdout.write(f"            {unit}: {found[1] if found else '?'}\n")


def remove(machine: Machine, later: Path) -> None:
    kept = ("etc/hoshobin/worker.toml", "var/lib/hoshobin/hoshobin.sqlite3")
    with machine.step("remove, and installed again"):
        machine.run("apt-get", "remove", "-y", "hoshobin")
        expect(not (machine.root / "opt/hoshobin").exists(), "files are left in /opt")
        expect(not machine.is_active("hoshobin"))
        expect(all((machine.root / each).exists() for each in kept))
        machine.run("apt-get", "install", "-y", f"/var/cache/{later.name}")
        machine.run("systemctl", "start", "hoshobin")
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
