"""The short command, run by a real shell: each contractor's commands run as its own account with its own folder."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.test_docs import ROOT

pytestmark = pytest.mark.process

SCRIPT = ROOT / "packaging" / "files" / "hoshobin"
SAYS = '#!/bin/sh\necho "{name} $*"\n'
OTHERS = (
    "#!/bin/sh\ncase $1 in -u) echo {user};; -un) echo {name};; -Gn) echo $2 office;; hoshobin-acme) ;; "
    "*) exit 1 ;; esac\n"
)
PROGRAM = "/opt/hoshobin/venv/bin/hoshobin"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs it as root, or as another account, on a computer without systemd that has one contractor, ``acme``."""

    def run_as(
        *words: str, user: int = 0, name: str = "root", systemd: str = "/nonexistent"
    ) -> subprocess.CompletedProcess[str]:
        for program in ("runuser", "sudo", "hoshobin", "systemd-run"):
            (tmp_path / program).write_text(SAYS.format(name=program))
        (tmp_path / "id").write_text(OTHERS.format(user=user, name=name))
        for each in tmp_path.iterdir():
            each.chmod(0o755)
        script = SCRIPT.read_text().replace("/run/systemd/system", systemd)
        script = script.replace(f"program={PROGRAM}", f"program={tmp_path}/hoshobin")
        env = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
        ended = subprocess.run(
            ["/bin/sh", "-c", script, "hoshobin", *words], capture_output=True, text=True, env=env, check=False
        )
        ended.stdout = ended.stdout.replace(f"{tmp_path}/hoshobin", "PROGRAM")
        return ended

    return run_as


@pytest.mark.parametrize("words", [("list",), ("check",), ("doctor", "--json"), ("--lang", "en", "doctor")])
def test_a_command_runs_as_the_account_and_with_the_folder_of_the_contractor_that_is_named(
    run: Callable[..., subprocess.CompletedProcess[str]], words: tuple[str, ...]
) -> None:
    one = run(*words)
    assert one.stdout == f"runuser -u hoshobin -- PROGRAM --config /etc/hoshobin {' '.join(words)}\n"
    other = run("@acme", *words)
    assert other.stdout == f"runuser -u hoshobin-acme -- PROGRAM --config /etc/hoshobin/acme {' '.join(words)}\n"


@pytest.mark.parametrize("contractor", [(), ("@acme",)])
def test_under_systemd_every_command_may_reach_the_reader_of_pdfs(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, contractor: tuple[str, ...]
) -> None:
    account = "hoshobin-acme" if contractor else "hoshobin"
    looked = run(*contractor, "doctor", systemd=str(tmp_path)).stdout
    assert looked.startswith("systemd-run ")
    assert f"-p User={account} -p Group={account} " in looked
    assert "-p SupplementaryGroups=hoshobin-pdf " in looked
    ran = run(*contractor, "list", systemd=str(tmp_path)).stdout
    given = f"-g {account} -G hoshobin-pdf -G office -G {account} -- PROGRAM --config "
    assert ran.startswith(f"runuser -u {account} {given}")


@pytest.mark.parametrize("named", ["@nobodys", "@", "@../acme", "@acme/..", "@ACME", "@a b"])
def test_a_contractor_that_is_not_there_is_refused_in_words(
    run: Callable[..., subprocess.CompletedProcess[str]], named: str
) -> None:
    refused = run(named, "list")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "会社" in refused.stderr


def test_a_person_of_an_office_reaches_no_other_contractor(
    run: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    assert run("list", user=1000, name="hanako").stdout == "sudo -u hoshobin /usr/local/sbin/hoshobin-office list\n"
    for name in ("hanako", "hoshobin", "hoshobin-midori2"):
        refused = run("@acme", "list", user=1000, name=name)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "root" in refused.stderr
    own = run("@acme", "list", user=999, name="hoshobin-acme")
    assert own.stdout == "hoshobin --config /etc/hoshobin/acme list\n"
