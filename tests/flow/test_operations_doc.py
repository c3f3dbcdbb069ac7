"""The commands of docs/backup.ja.md and docs/operations.ja.md, read and run in order: backup, restore, another server.

The places are folders of the test; ``systemctl``, ``scp``, ``chown`` and ``install -o`` are stand-ins in front of
``PATH``. A start of the service is one pass.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.notice_pdfs import Form
from tests.support.office import HANAKO, Mailroom, a_form, environment, notice
from tests.support.world import project

pytestmark = pytest.mark.process

ROOT = Path(__file__).parents[2]
PAGES = "\n".join((ROOT / "docs" / name).read_text() for name in ("operations.ja.md", "backup.ja.md"))
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ONE, TWO, THREE = a_form(), a_form("橋梁補修工事"), a_form("舗装補修工事")
STAND_INS = {
    "systemctl": (
        'echo "$@" >>"$LOG"; case "$*" in *start\\ hoshobin|*--now\\ hoshobin) hoshobin run --once || [ $? = 1 ];; esac'
    ),
    "scp": 'for last; do :; done; cp "$OLD"/backup/* "$last"',
    "chown": ":",
    "install": 'while [ $# -gt 1 ]; do shift; done; mkdir -m 0700 -p "$1"',
}


def blocks_of(heading: str) -> list[str]:
    """The shell blocks of the sections of this name, in order."""
    sections = PAGES.split(f"\n## {heading}\n")[1:]
    return [block for each in sections for block in BLOCK.findall(each.partition("\n## ")[0])]


@dataclass
class Server:
    """The computer on which the commands of the page run."""

    room: Mailroom
    root: Path
    old: Path
    ran: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bin = self.old.with_name("bin")
        self.bin.mkdir()
        for name, text in STAND_INS.items():
            self._command(name, text)
        program = f'{sys.executable} -m worker --config {self.root}/config "$@"'
        self._command("hoshobin", f"cd {ROOT} && exec {program}")

    def _command(self, name: str, text: str) -> None:
        (self.bin / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.bin / name).chmod(0o755)

    def run(self, block: str) -> str:
        """Runs a block line by line as root would; a command that asks is answered with yes."""
        for place, own in (
            ("/srv/hoshobin-backup", "/backup"),
            ("/opt/hoshobin/src", ""),
            ("/etc/systemd/system", "/units"),
            ("/etc/hoshobin", "/config"),
            ("/var/lib/hoshobin", "/var"),
        ):
            where = str(ROOT) if place.startswith("/opt") else f"{self.root}{own}"
            block = block.replace(place, where).replace(f" {place[1:]}", f" {where[1:]}")
        block = re.sub(r"^hoshobin resume .*$", r"\g<0> --yes", block, flags=re.MULTILINE)
        (self.root / "units").mkdir(exist_ok=True)
        log = self.old.with_name("systemctl.log")
        log.touch()
        env = environment(PATH=f"{self.bin}:{os.environ['PATH']}", LOG=str(log), OLD=str(self.old))
        ended = subprocess.run(["/bin/sh", "-euc", block], capture_output=True, text=True, env=env, check=False)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        self.ran += log.read_text().splitlines()
        log.unlink()
        return ended.stdout


@pytest.fixture
def server(mailroom: Callable[..., Mailroom], tmp_path: Path) -> Server:
    projects = [project(each.project, "kawa", each.number) for each in (ONE, TWO, THREE)]
    room = mailroom(mode="approve", projects=projects)
    (room.office.config / "credentials").mkdir(mode=0o700)
    (room.office.config / "credentials" / "imap-password").write_text("secret")
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    return Server(room, room.office.root, outside / "old")


def bring(room: Mailroom, form: Form) -> None:
    room.office.save_notice(f"{form.number}.pdf", notice(form))
    room.office.run_once()


def approve(room: Mailroom, form: Form) -> None:
    assert room.office("approve", room.office.only(form)["label"], "--by", HANAKO, "--tick", "all").code == 0


def test_a_backup_is_made_and_tried_as_the_page_says(server: Server) -> None:
    bring(server.room, ONE)
    (block,) = blocks_of("バックアップ")
    out = server.run(block)
    assert "使えるバックアップです" in out
    assert len(list((server.root / "backup").iterdir())) == 3
    assert [each for each in server.ran if each.startswith("enable")] == [
        "enable --now hoshobin-backup.timer hoshobin-backup-drill.timer"
    ]
    assert {each.name for each in (server.root / "units").iterdir()} == {
        *(f"hoshobin-backup{part}.{kind}" for part in ("", "-drill") for kind in ("service", "timer")),
        "hoshobin-failed-backup.service",
    }


def test_a_lost_database_is_put_back_as_the_page_says_and_nothing_leaves_before_the_answer(server: Server) -> None:
    room = server.room
    bring(room, ONE)
    approve(room, ONE)
    room.office.run_once()
    bring(room, TWO)
    approve(room, TWO)
    assert len(room.submissions) == 1
    (block,) = blocks_of("バックアップ")
    server.run(block)
    for each in room.office.store.glob("hoshobin.sqlite3*"):
        each.unlink()
    by_a_fast_clock = next((server.root / "backup").glob("*.sqlite3")).with_name(
        "hoshobin-29991231T000000000Z-1-00000000.sqlite3"
    )
    by_a_fast_clock.write_bytes(b"the last by its name, and no backup")
    (restore,) = blocks_of("復元")
    before, asks, _ = restore.partition("hoshobin resume")
    out = server.run(before)
    assert "何も" in out or "送信を止めています" in out
    assert len(room.submissions) == 1
    server.run(asks + _)
    room.office.run_once()
    assert len(room.submissions) == 2, "the one that waited, and not the one that had left"
    assert room.office("audit", "verify").code == 0


def test_an_office_moves_to_another_server_as_the_page_says_and_nothing_is_lost_or_leaves_twice(
    server: Server,
) -> None:
    room, root = server.room, server.root
    bring(room, ONE)
    approve(room, ONE)
    room.office.run_once()
    bring(room, TWO)
    approve(room, TWO)
    on_old, on_new, start = blocks_of("別のサーバーへ移す")
    (root / "backup").mkdir(mode=0o700)
    room.office.secret("google-secret", "of Google")
    drop_in = root / "units" / "hoshobin.service.d" / "override.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\n")
    assert "google-secret" in server.run(on_old), "the list of what is taken along"
    assert server.ran[0].startswith("disable --now hoshobin ")
    root.rename(server.old)  # what follows happens on a computer that has nothing of it
    (root / "var" / "inbox").mkdir(parents=True)
    for name in ("notices", "invoices"):
        shutil.copytree(server.old / "var" / "inbox" / name, root / "var" / "inbox" / name)
    room.office.secret("imap-password", room.office.imap_password)
    room.office.save_notice("三.pdf", notice(THREE))  # saved meanwhile
    server.run(on_new)
    assert (root / "config" / "credentials" / "imap-password").read_text() == "secret"
    assert (room.office.store / "google-secret").read_text() == "of Google"
    assert drop_in.exists()
    assert not (root / "backup" / "secrets.tar.gz").exists()
    started, asks, rest = start.partition("hoshobin resume")
    server.run(started)
    assert len(room.submissions) == 1, "nothing leaves before the answer"
    server.run(asks + rest)
    room.office.run_once()
    sent = [each.subject for each in room.submissions]
    assert len(sent) == 2, "the one that waited, and not the one that had left"
    assert room.office.only(THREE)["state"] == "HELD", "what came meanwhile waits for a person as always"
    assert room.office("audit", "verify").code == 0
    assert room.office("backup", "check", str(root / "backup")).code == 0
