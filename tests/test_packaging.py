"""The Debian package's scripts. What they do in a booted Debian, ``tests/try_deb.py`` shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.try_deb import DEBIAN, TIMERS, missing
from worker.config.system_places import OWN_NAMES

ROOT = Path(__file__).parent.parent
PACKAGING = ROOT / "packaging"
MAINTAINER = ("preinst", "prerm", "postinst", "postrm")
SCRIPTS = sorted(each for each in PACKAGING.rglob("*") if each.is_file() and each.read_text().startswith("#!/bin/sh"))

SYSTEMCTL = """#!/bin/sh
echo "$@" >>"$PLACE/asked"
case $1 in
  list-units)
    for each in "$PLACE"/units/*; do
      for name in "$@"; do case ${each##*/} in $name) echo "${each##*/} loaded active running words" ;; esac; done
    done ;;
  stop) shift && for each in "$@"; do rm -f "$PLACE/units/$each"; done ;;
esac
"""
"""Stands for the system, which has a file for each unit that runs."""
HOSHOBIN = """#!/bin/sh
echo "hoshobin $*" >>"$PLACE/asked"
case " $FAULTY " in *" $* "*) echo "a reason" && exit 2 ;; esac
"""
"""Stands for the program, which fails at the command that is named in the environment."""
SLEEP = """#!/bin/sh
echo "sleep $*" >>"$PLACE/asked"
turn=$(grep -c ^sleep "$PLACE/asked")
[ ! -e "$PLACE/turn-$turn" ] || rm "$PLACE/units/$(cat "$PLACE/turn-$turn")"
"""
"""Passes no time; with the file ``turn-N`` the unit named in it ends in turn N."""

pytestmark = pytest.mark.process


def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def of_version(name: str, version: str, folder: Path) -> Path:
    """A maintainer script as the package of this version has it."""
    script = folder / name
    script.write_text((PACKAGING / "maintainer" / name).read_text().replace("@VERSION@", version))
    return script


@dataclass
class System:
    """A system in which units run, as a maintainer script asks it."""

    place: Path
    running: tuple[str, ...]
    ends: dict[int, str] = field(default_factory=dict)
    """The oneshot that ends in each turn of waiting."""
    version: str = "0.3.0+deb12"
    faulty: str = ""
    """The command that fails."""

    def __post_init__(self) -> None:
        for folder in ("bin", "units", "run/systemd/system"):
            (self.place / folder).mkdir(parents=True)
        for name, text in (("systemctl", SYSTEMCTL), ("sleep", SLEEP), ("hoshobin", HOSHOBIN)):
            self._command(name, text)
        for name in ("systemd-sysusers", "systemd-tmpfiles"):
            self._command(name, "#!/bin/sh\n")
        for unit in self.running:
            (self.place / "units" / unit).touch()
        for turn, unit in self.ends.items():
            (self.place / f"turn-{turn}").write_text(unit)

    def _command(self, name: str, text: str) -> None:
        (self.place / "bin" / name).write_text(text)
        (self.place / "bin" / name).chmod(0o755)

    def run(self, name: str, *words: str) -> str:
        script = of_version(name, self.version, self.place)
        text = re.sub(r"(?<![\w.])/(run|etc)/(?!hoshobin です|hoshobin\. )", rf"{self.place}/\1/", script.read_text())
        script.write_text(text)
        path = f"{self.place}/bin:{os.environ['PATH']}"
        ended = subprocess.run(
            ["sh", script, *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={"PATH": path, "PLACE": str(self.place), "FAULTY": self.faulty},
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    @property
    def asked(self) -> list[str]:
        """What it was asked to do, in order; a wait is a turn."""
        lines = (self.place / "asked").read_text().splitlines()
        return [line for line in lines if line.split()[0] in {"start", "stop", "sleep"}]

    def configure(self, *names: str) -> None:
        """Puts the configuration of each contractor in place; an empty name stands for that of a single office."""
        for name in names:
            folder = self.place / "etc/hoshobin" / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "worker.toml").touch()

    def enable(self, *units: str) -> None:
        """Leaves the links by which systemd starts these with the computer."""
        folder = self.place / "etc/systemd/system/timers.target.wants"
        folder.mkdir(parents=True)
        for unit in units:
            (folder / unit).symlink_to("/nonexistent")

    @property
    def done(self) -> list[str]:
        """The commands of the program and the starts of units, in order; the reader's socket is left out."""
        lines = (self.place / "asked").read_text().splitlines()
        wanted = (line for line in lines if line.split()[0] in {"start", "hoshobin"})
        return [line for line in wanted if "hoshobin-reader" not in line]

    @property
    def left(self) -> set[str]:
        return {each.name for each in (self.place / "units").iterdir()}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_each_script_is_sound(script: Path) -> None:
    checked = run("sh", "-n", script)
    assert (checked.returncode, checked.stderr) == (0, "")
    if shutil.which("shellcheck"):
        checked = run("shellcheck", "-x", "-P", ROOT, script)
        assert (checked.returncode, checked.stdout) == (0, "")


def test_each_maintainer_script_is_there() -> None:
    assert {each.name for each in (PACKAGING / "maintainer").iterdir()} == set(MAINTAINER)


def test_nothing_of_the_package_is_a_conffile_or_lies_below_etc() -> None:
    text = (PACKAGING / "tree.sh").read_text() + (PACKAGING / "build.sh").read_text()
    assert "$tree/etc" not in text
    assert "conffiles" not in text


def test_the_accounts_of_the_units_are_those_that_the_package_makes() -> None:
    made = set(re.findall(r"^u (\S+)", (PACKAGING / "files" / "hoshobin.sysusers").read_text(), re.MULTILINE))
    plain = (each for each in (ROOT / "systemd").glob("*.service") if "@" not in each.name)
    units = "".join(each.read_text() for each in plain)
    assert set(re.findall(r"^User=(\S+)$", units, re.MULTILINE)) == made


@pytest.mark.skipif(shutil.which("systemd-tmpfiles") is None, reason="systemd is not installed")
def test_an_update_leaves_the_state_folder_open_to_contractors_where_it_was_opened(tmp_path: Path) -> None:
    state, rules = tmp_path / "state", tmp_path / "hoshobin.conf"
    text = (PACKAGING / "files" / "hoshobin.tmpfiles").read_text()
    own = text.replace("/var/lib/hoshobin", str(state)).replace(":hoshobin :hoshobin", f":{os.getuid()} :{os.getgid()}")
    rules.write_text(own)
    for given, mode in ((None, 0o770), (0o755, 0o755)):
        if given is not None:
            state.chmod(given)
        assert run("systemd-tmpfiles", "--create", rules).returncode == 0
        assert state.stat().st_mode & 0o777 == mode


def test_the_package_has_each_document_that_a_unit_names() -> None:
    units = "".join(each.read_text() for each in (ROOT / "systemd").glob("*.service"))
    named = set(re.findall(r"file:/opt/hoshobin/src/docs/(\S+)", units))
    shipped = re.search(r"for document in (.+?); do", (PACKAGING / "tree.sh").read_text(), re.DOTALL)
    assert shipped
    assert named
    assert named <= set(shipped[1].replace("\\", " ").split())


def test_every_timer_of_the_package_starts_its_service_in_a_trial() -> None:
    assert {each.name for each in (ROOT / "systemd").glob("*.timer")} == set(TIMERS)


def test_each_release_is_built_for_its_own_python() -> None:
    rows = re.findall(r"(\w+)\) debian=(\d+) python=(3\.\d+) next=(3\.\d+)", (PACKAGING / "build.sh").read_text())
    assert {release: int(debian) for release, debian, _, _ in rows} == DEBIAN
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    least, below = (int(each) for each in re.findall(r"3\.(\d+)", wanted))
    for _, _, python, following in rows:
        assert least <= int(python[2:]) < below
        assert int(following[2:]) == int(python[2:]) + 1


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
def test_an_earlier_version_is_refused_in_words_before_anything_stops(tmp_path: Path) -> None:
    prerm = of_version("prerm", "0.3.0+deb12", tmp_path)
    for earlier in ("0.2.9+deb12", "0.3.0~rc1+deb12"):
        refused = run("sh", prerm, "upgrade", earlier)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert f"前の版（{earlier}）に戻すことはできません" in refused.stderr
        assert "/usr/share/doc/hoshobin/install.md" in refused.stderr


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
def test_the_next_debian_has_the_later_package_of_the_same_version() -> None:
    for earlier, later in (
        ("0.2.0+deb12", "0.2.0+deb13"),
        ("0.2.0+deb13", "0.2.1+deb12"),
        ("0.2.0+deb12", "0.10.0+deb12"),
    ):
        assert run("dpkg", "--compare-versions", earlier, "lt", later).returncode == 0


def test_the_earlier_package_takes_no_update_over_that_the_later_refused(tmp_path: Path) -> None:
    refused = run("sh", of_version("prerm", "0.2.0+deb12", tmp_path), "failed-upgrade", "0.3.0+deb12")
    assert refused.returncode == 1


def test_a_trial_says_in_words_what_this_machine_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert "mmdebstrap is missing: apt-get install -y mmdebstrap" in missing()


SERVICES = ("hoshobin.service", "hoshobin-console@acme.service")
TIMED = ("hoshobin-backup.timer", "hoshobin-backup-drill@acme.timer")
BACKUP, TRIAL = "hoshobin-backup.service", "hoshobin-backup-drill@acme.service"


def test_an_update_lets_a_backup_and_its_trial_end_while_the_service_goes_on(tmp_path: Path) -> None:
    system = System(tmp_path, (*SERVICES, *TIMED, BACKUP, TRIAL), {2: BACKUP, 3: TRIAL})
    said = system.run("prerm", "upgrade", "0.3.1+deb12")
    assert f"終わりを待っています（最長60分） / waiting for its end, up to 60 minutes: {TRIAL} {BACKUP}" in said
    timers, *waits, services, readers = system.asked
    assert set(timers.split()) == {"stop", *TIMED}, "before the wait, so that none begins meanwhile"
    assert [each.split()[0] for each in waits] == ["sleep"] * 3
    assert set(services.split()) == {"stop", *SERVICES}, "and no unit of a backup"
    assert readers.startswith("stop hoshobin-reader.socket")
    (tmp_path / "asked").unlink()
    system.run("postinst", "configure", "0.3.0+deb12")
    started = [each for each in system.asked if each != "start hoshobin-reader.socket"]
    assert [set(each.split()) for each in started] == [{"start", *SERVICES, *TIMED}]


def test_without_a_backup_that_runs_an_update_waits_for_none(tmp_path: Path) -> None:
    system = System(tmp_path, (*SERVICES, *TIMED))
    assert "待っています" not in system.run("prerm", "upgrade", "0.3.1+deb12")
    assert not [each for each in system.asked if each.startswith("sleep")]
    assert not system.left


@pytest.mark.parametrize("of", ["remove", "upgrade"])
def test_a_backup_that_does_not_end_is_stopped_and_said_and_begins_again_after_an_update_that_does_not_wait(
    tmp_path: Path, of: str
) -> None:
    system = System(tmp_path, (*SERVICES, BACKUP))
    said = system.run("prerm", of, *(["0.3.1+deb12"] if of == "upgrade" else []))
    seconds = sum(int(each.split()[1]) for each in system.asked if each.startswith("sleep"))
    assert seconds == 3600
    assert f"前のバックアップはそのままです / stopped before its end; earlier backups stay: {BACKUP}" in said
    assert not system.left
    (tmp_path / "asked").unlink()
    system.run("postinst", "configure", "0.3.0+deb12")
    started = [each for each in system.asked if each != "start hoshobin-reader.socket"]
    if of == "remove":
        assert started == [], "nothing ran before it was installed"
    else:
        services, backup = started
        assert set(services.split()) == {"start", *SERVICES}
        assert backup == f"start --no-block {BACKUP}"


CONTRACTORS = ("hoshobin@acme.service", "hoshobin-console@acme.service", "hoshobin@midori2.service")


def test_an_update_migrates_and_checks_each_contractor_and_starts_it_before_the_next(tmp_path: Path) -> None:
    """A migration measures the free space for itself: fifty that begin at once would take more than there is."""
    system = System(tmp_path, (*CONTRACTORS, "hoshobin-backup@acme.timer"))
    system.configure("acme", "midori2", "stopped")
    system.run("prerm", "upgrade", "0.3.1+deb12")
    (tmp_path / "asked").unlink()
    said = system.run("postinst", "configure", "0.3.0+deb12")
    assert system.done == [
        *("hoshobin @acme migrate", "hoshobin @acme check"),
        "start hoshobin-backup@acme.timer hoshobin-console@acme.service hoshobin@acme.service",
        *("hoshobin @midori2 migrate", "hoshobin @midori2 check", "start hoshobin@midori2.service"),
        *("hoshobin @stopped migrate", "hoshobin @stopped check"),
    ]
    assert "hoshobin init" not in said


@pytest.mark.parametrize("fault", ["migrate", "check"])
def test_a_contractor_whose_update_fails_is_named_and_its_service_is_started_so_that_people_are_told(
    tmp_path: Path, fault: str
) -> None:
    system = System(tmp_path, CONTRACTORS, faulty=f"@acme {fault}")
    system.configure("acme", "midori2")
    system.run("prerm", "upgrade", "0.3.1+deb12")
    (tmp_path / "asked").unlink()
    said = system.run("postinst", "configure", "0.3.0+deb12")
    reason, words = said.partition("a reason\n")[::2]
    assert reason.endswith("hoshobin: @acme\n")
    assert "@acme" in words.splitlines()[0]
    started = [each for each in system.done if each.startswith("start")]
    assert {*" ".join(started).split()} == {"start", *CONTRACTORS}


def test_on_a_bureaus_server_no_update_speaks_of_init(tmp_path: Path) -> None:
    """The command would make the configuration of a single office above those of the contractors."""
    system = System(tmp_path, ())
    assert "hoshobin init /etc/hoshobin" in system.run("postinst", "configure", "")
    system.configure("acme")
    assert "init" not in system.run("postinst", "configure", "0.3.0+deb12")


def test_after_a_removal_the_backups_that_are_enabled_come_back_and_the_services_wait_for_a_person(
    tmp_path: Path,
) -> None:
    system = System(tmp_path, (*SERVICES, *TIMED))
    system.configure("", "acme")
    system.enable(*TIMED)
    said = system.run("prerm", "remove")
    assert "何も送りません" in said
    assert f"systemctl start {SERVICES[1]} {SERVICES[0]}" in said
    assert not system.left
    (tmp_path / "asked").unlink()
    system.run("postinst", "configure", "0.3.0+deb12")
    started = [each for each in system.done if each.startswith("start")]
    assert [{*each.split()} for each in started] == [{"start", *TIMED}]


STAND_IN = """#!/bin/sh
echo "$0 $*" >>"$PLACE/asked"
[ "$1" = init ] || exit 0
[ ! -e "$CONFIG/worker.toml" ] && [ -z "$REFUSES" ] || exit 2
mkdir -p "$CONFIG" "$STATE/register/issuers"
touch "$CONFIG/worker.toml" "$CONFIG/guarantors.toml" "$STATE/register/projects.toml"
"""
"""Stands for the program behind the short command; its init makes what the real one makes."""


@dataclass
class ShortCommand:
    """The short command as root runs it, with places below ``place``."""

    place: Path

    def __post_init__(self) -> None:
        self.config, self.state = self.place / "etc/hoshobin", self.place / "var/lib/hoshobin"
        (self.place / "bin").mkdir()
        self.state.mkdir(parents=True)
        for name, text in (
            ("program", STAND_IN),
            ("chown", '#!/bin/sh\necho "chown $*" >>"$PLACE/asked"\n'),
            ("id", "#!/bin/sh\necho 0\n"),
        ):
            (self.place / "bin" / name).write_text(text)
            (self.place / "bin" / name).chmod(0o755)
        text = (PACKAGING / "files" / "hoshobin").read_text().replace("/opt/hoshobin/venv/bin/hoshobin", "program")
        for each in ("/etc/hoshobin", "/var/lib/hoshobin"):
            text = text.replace(f"={each}", f"={self.place}{each}")
        (self.place / "hoshobin").write_text(text)

    def __call__(self, *words: str, refuses: str = "") -> subprocess.CompletedProcess[str]:
        env = {"PATH": f"{self.place}/bin:{os.environ['PATH']}", "PLACE": str(self.place), "REFUSES": refuses}
        env |= {"CONFIG": str(self.config), "STATE": str(self.state)}
        return subprocess.run(
            ["sh", self.place / "hoshobin", *words], capture_output=True, text=True, check=False, timeout=60, env=env
        )

    @property
    def given(self) -> set[str]:
        """The files whose owner was changed."""
        asked = self.place / "asked"
        lines = asked.read_text().splitlines() if asked.exists() else []
        return {word for line in lines if line.startswith("chown") for word in line.split() if word.startswith("/")}


def test_init_gives_away_what_it_made_and_nothing_of_others(tmp_path: Path) -> None:
    short = ShortCommand(tmp_path)
    theirs = short.config / "acme/credentials/imap-password"
    theirs.parent.mkdir(parents=True)
    theirs.touch(0o600)
    assert short("init", str(short.config)).returncode == 0
    assert theirs.stat().st_mode & 0o777 == 0o600
    made = {short.config / each for each in (".", "worker.toml", "guarantors.toml")}
    assert {Path(each) for each in short.given} == {*made, short.state, short.state / "register"}
    assert (short.config / "credentials").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("reason", ["refused", "there already"])
def test_an_init_that_is_refused_changes_no_owner(tmp_path: Path, reason: str) -> None:
    short = ShortCommand(tmp_path)
    if reason == "there already":
        short.config.mkdir(parents=True)
        (short.config / "worker.toml").touch()
    assert short("init", str(short.config), refuses="yes" if reason == "refused" else "").returncode == 2
    assert not short.given


def test_an_init_for_another_place_changes_no_owner_here(tmp_path: Path) -> None:
    short = ShortCommand(tmp_path)
    assert short("init", str(short.config)).returncode == 0
    (tmp_path / "asked").unlink()
    (tmp_path / "bin/program").write_text("#!/bin/sh\n")
    assert short("init", "/elsewhere").returncode == 0
    assert not short.given


@pytest.mark.parametrize("name", sorted(OWN_NAMES))
def test_no_contractor_has_the_name_of_an_account_of_the_program(tmp_path: Path, name: str) -> None:
    short = ShortCommand(tmp_path)
    ended = short(f"@{name}", "list")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"この名前は使えません：@{name}" in ended.stderr
    assert not (tmp_path / "asked").exists()


def test_the_names_that_no_contractor_may_have_are_those_of_the_programs_accounts_and_groups() -> None:
    made = "".join(each.read_text() for each in (PACKAGING / "files").glob("*.sysusers"))
    units = "".join(each.read_text() for each in (ROOT / "systemd").glob("*.service"))
    named = set(re.findall(r"^[ug] hoshobin-(\w+)", made, re.MULTILINE))
    assert named | set(re.findall(r"^User=hoshobin-(\w+)$", units, re.MULTILINE)) == OWN_NAMES


@dataclass
class Release:
    """A folder with the files of a release, beside the scripts that make its sums."""

    top: Path
    version: str = "0.2.0"

    def __post_init__(self) -> None:
        for folder in ("packaging", "dist"):
            (self.top / folder).mkdir()
        for name in ("sums.sh", "build.sh"):
            shutil.copy(PACKAGING / name, self.top / "packaging" / name)
        (self.top / "pyproject.toml").write_text(f'[project]\nversion = "{self.version}"\n')
        architecture = run("dpkg", "--print-architecture").stdout.strip()
        self.files = {
            *(f"hoshobin-{self.version}{end}" for end in ("-py3-none-any.whl", ".tar.gz", ".cdx.json")),
            *(f"hoshobin_{self.version}+deb{debian}_{architecture}.deb" for debian in DEBIAN.values()),
        }
        for name in self.files:
            (self.top / "dist" / name).write_text(name)

    def sums(self, *words: str) -> subprocess.CompletedProcess[str]:
        return run("sh", self.top / "packaging" / "sums.sh", *words)

    @property
    def named(self) -> set[str]:
        """The files that the sums are of."""
        file = self.top / "dist" / "SHA256SUMS"
        return {line.split()[1] for line in file.read_text().splitlines()} if file.exists() else set()


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
def test_the_sums_that_are_signed_are_of_every_file_of_the_release(tmp_path: Path) -> None:
    release = Release(tmp_path)
    for _ in range(2):
        assert release.sums().returncode == 0
        assert release.named == release.files
    checked = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=tmp_path / "dist", check=False)
    assert checked.returncode == 0


@pytest.mark.skipif(shutil.which("dpkg") is None, reason="dpkg is not installed")
@pytest.mark.parametrize("fault", ["missing", "of another version"])
def test_no_sums_are_made_where_a_file_is_missing_or_of_another_version(tmp_path: Path, fault: str) -> None:
    release = Release(tmp_path)
    for name in sorted(release.files):
        file = tmp_path / "dist" / name
        other = file.with_name(name.replace(release.version, "0.1.9"))
        file.rename(other)
        if fault == "missing":
            other.unlink()
        refused = release.sums()
        assert (refused.returncode, release.named) == (1, set())
        assert (name if fault == "missing" else other.name) in refused.stderr
        other.unlink(missing_ok=True)
        file.write_text(name)
    assert release.sums("--without-deb").returncode == 1, "the packages are there"


def test_what_builds_a_release_is_installed_by_locks_alone() -> None:
    lines = [line for each in SCRIPTS for line in each.read_text().replace("\\\n", " ").splitlines()]
    installs = [line for line in lines if re.search(r"\bpip\b.* install\b", line) and not line.lstrip().startswith("#")]
    assert len(installs) >= 4
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == []
    named = {each for line in installs for each in re.findall(r"requirements[\w-]*\.txt", line)}
    assert "requirements-sbom.txt" in named
    for name in named:
        assert "--hash=sha256:" in (ROOT / name).read_text()
        assert "://" not in (ROOT / name).read_text(), "no address of an index"
