"""Makes the office whose holds and answers the last program before holds became codes with parameters recorded.

It was run once, in a checkout of commit e96e52b, on that checkout's code with its directories of tests on the path::

    python …/tests/flow/make_issue_5.py …/tests/flow

The present code cannot run it. It takes the kept office of 0.1.0, makes a pass, holds what was approved once more for
all of its reasons, and approves it by the command, so that each answer has the form of that program. Some stay held.
``issue-5/`` holds the database and the noted head; configuration and invoices are those of ``0.1.0/``.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import lzma
import os
import shutil
import sys
import tempfile
from pathlib import Path

from office import ADDRESS, command
from worker.adapters.clock import SystemClock
from worker.adapters.demo_imap import DemoImap
from worker.adapters.demo_smtp import DsnController
from worker.adapters.store import create_or_migrate, open_store
from worker.model import JST, Hold
from worker.ports import Author
from worker.states import Event, Reason, State

CLOSED = dt.datetime(2026, 6, 19, 20, 0, tzinfo=JST)
STAY_HELD = {"approval", "timing", "eligibility_unknown", "contact_first"}
"""Submissions that are not approved again: they wait with the sentences of that program."""


def lay_out(kept: Path, root: Path, imap: DemoImap, relay: DsnController) -> Path:
    """The office as 0.1.0 left it; the folder of its store."""
    store = root / "var"
    shutil.copytree(kept / "config", root / "config")
    for name in ("notices", "invoices"):
        (store / "inbox" / name).mkdir(parents=True)
    for file in (kept / "inbox" / "invoices").iterdir():
        path = store / "inbox" / "invoices" / file.name
        shutil.copyfile(file, path)
        os.utime(path, ((CLOSED - dt.timedelta(days=1)).timestamp(),) * 2)
    (store / "hoshobin.sqlite3").write_bytes(lzma.decompress((kept / "hoshobin.sqlite3.xz").read_bytes()))
    (store / "hoshobin.sqlite3").chmod(0o600)
    shutil.copyfile(kept / "head", store / "head")
    secret = store / "imap-password"
    secret.touch(mode=0o600)
    secret.write_text(imap.password)
    settings = root / "config" / "worker.toml"
    text = settings.read_text(encoding="utf-8")
    for name, value in (("imap_port", imap.port), ("smtp_port", relay.port), ("store", store)):
        text = text.replace(f"{{{name}}}", str(value))
    settings.write_text(text, encoding="utf-8")
    create_or_migrate(store)
    return store


def hold_again(folder: Path) -> None:
    """Every approved submission is held, as though no person had answered."""
    store = open_store(folder, SystemClock())
    for each in store.submissions(State.APPROVED):
        with store.writing() as writing:
            before = writing.submission(each.id)
            held = dataclasses.replace(
                before,
                state=State.HELD,
                reasons=(Hold(Reason.CHANGED),),
                answers=(),
                released_draft="",
                due_at=None,
                ticked=(),
                bound_project=None,
                release="",
                release_account="",
            )
            writing.change(Event.HELD, before, held, Author("hoshobin", "test"), {})
    store.close()


def main(kept: Path) -> None:
    """Make the office under ``kept``/issue-5."""
    moment = [CLOSED]
    SystemClock.now = lambda _: moment[0]  # type: ignore[method-assign]
    names = json.loads((kept / "0.1.0" / "facts.json").read_text(encoding="utf-8"))["names"]
    with tempfile.TemporaryDirectory() as folder, DemoImap(ADDRESS) as imap, DsnController() as relay:
        root = Path(folder)
        store = lay_out(kept / "0.1.0", root, imap, relay)

        def run(*words: str) -> str:
            ran = command("--config", str(root / "config"), *words)
            assert ran.code in {0, 1}, (words, ran)
            return ran.out

        run("run", "--once")
        hold_again(store)
        moment[0] += dt.timedelta(minutes=5)
        run("run", "--once")
        for name, number in names.items():
            seen = json.loads(run("show", str(number), "--json"))
            if seen["state"] == "HELD" and name not in STAY_HELD:
                ticks = ("--tick", "all") if seen["conditions"] else ()
                run("approve", seen["label"], "--by", "山田 花子", "--note", f"{name}を確認した", *ticks)
        moment[0] += dt.timedelta(minutes=5)
        run("run", "--once")
        run("audit", "verify")
        made = kept / "issue-5"
        made.mkdir(exist_ok=True)
        shutil.copyfile(store / "head", made / "head")
        content = lzma.compress((store / "hoshobin.sqlite3").read_bytes(), preset=9 | lzma.PRESET_EXTREME)
        (made / "hoshobin.sqlite3.xz").write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
