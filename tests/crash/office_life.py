"""The worker's whole life in a process that the kill points (``kill_points.c``) may end. Run as a script.

It is started with the kill points loaded before the C library. Its arguments are the ports of the mail servers; each
line on standard input is a JSON object: ``root`` (the office's folder), ``at`` (the moment the clock shows), ``point``
(the ordinal of the call at which something happens; 0: none), ``failure`` (the errno it fails with; 0: SIGKILL before
it), ``contents`` (whether the trace holds what was written). It lives once as a warm-up and then forks for each line
(``lives``). It answers with the exit code, negative for a death. The trace is next to the folder, under its name and
``.trace``.

A life is what ``run`` does, from the sender's lock and the migration on, with its own store, head, IMAP and SMTP: some
passes over everything due, and a pass that the world stops is followed by the next one. Only the clock and the reading
of PDFs are replaced: the PDFs' bytes hold their text, so that no child process is needed. All of it happens in one
thread, so that the same calls come in the same order each time.
"""

from __future__ import annotations

import asyncio
import ctypes
import datetime as dt
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.crash.lives import fork_for_each_line
from tests.support.fakes import FakeClock, FakeFiles, folder_of, mailbox_of
from tests.support.known_addresses import make_known
from tests.support.small_office import Settings, TextInBytes, active_config_of, invoice_of, server_at
from tests.support.world import ACCOUNT
from worker.config.settings import Security
from worker.core.errors import LogBroken, Unavailable
from worker.core.mailbox_actions import parse_after
from worker.core.states import State
from worker.pipeline.pipeline import Pipeline, run_once
from worker.pipeline.send import recover
from worker.pipeline.start import record_start
from worker.send.smtp.lock import SenderLock
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, create_or_migrate, open_store
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.imap.mailbox import ImapAccount, ImapMailbox

PASSES = 4
"""In one life, at most: mail in and submission out, report in, and what a failed call has put off twice more."""

NOTICES = 3
NOT_REACHED = 3
SETTINGS = Settings(works=(1, 2))


class Life:
    """Between two starts of the computer; the servers outlive it."""

    def __init__(self, imap: int, smtp: int) -> None:
        self._imap = imap
        self._smtp = smtp
        self._points = ctypes.CDLL(None)
        # Once for all lives: it is what reading the files gives, and compiling its templates takes a fifth of a life.
        self._active_config = active_config_of(SETTINGS, FakeFiles({"invoice-1.pdf": invoice_of(1)}))

    def live(self, asked: dict[str, Any]) -> int:
        """One life; the exit code."""
        root, clock = Path(asked["root"]), FakeClock(dt.datetime.fromisoformat(asked["at"]))
        if not (root / FILE_NAME).exists():
            for name in ("notices", "witness"):
                (root / name).mkdir(parents=True)
            make_known(root, *SETTINGS.known)
        trace = os.open(f"{root}.trace", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._points.kill_points_arm(
            os.fsencode(root), trace, ctypes.c_long(asked["point"]), asked["failure"], asked["contents"]
        )
        try:
            asyncio.run(self._run(root, clock))
        except (Unavailable, LogBroken):
            return NOT_REACHED  # as ``run`` ends; its supervisor starts it again
        finally:
            self._points.kill_points_disarm()
            os.close(trace)
        return 0

    async def _run(self, root: Path, clock: FakeClock) -> None:
        with SenderLock(root, clock):
            create_or_migrate(root)
            store = open_store(root, clock)
            store.witness_folder = root / "witness"  # within the folder whose calls are counted
            server = server_at(self._smtp, clock)
            mailbox = ImapMailbox(
                "main",
                ImapAccount(
                    host="127.0.0.1",
                    port=self._imap,
                    security=Security.NONE,
                    user="soumu",
                    password="secret",
                    ca_file="",
                ),
                folder="INBOX",
                after=parse_after("seen"),
            )
            try:
                files = self._active_config.configuration.files
                record_start(store, files, "0", ACCOUNT, store.config_in_force())
                recover(store, self._active_config, ACCOUNT, clock.now())
                pipeline = Pipeline(store, TextInBytes(), server, clock, ACCOUNT, self._active_config)
                for _ in range(PASSES):
                    await self._pass(pipeline, mailbox, root, clock)
                    if has_nothing_to_do(store):
                        break
                    clock.let_pass(minutes=6)
            finally:
                await server.close()
                mailbox.close()
                store.close()

    async def _pass(self, pipeline: Pipeline, mailbox: ImapMailbox, root: Path, clock: FakeClock) -> None:
        folder = NoticeDirectory(root / "notices")
        since = {"main": dt.date(2026, 11, 1)}
        try:
            await run_once(pipeline, [mailbox_of(mailbox)], since, folder_of(folder), clock)
        except (Unavailable, LogBroken):
            return  # as the service: the next pass tries again


def has_nothing_to_do(store: SqlStore) -> bool:
    """True if every submission is as far as the worker can bring it; spares passes that would find nothing."""
    try:
        states = [each.state for each in store.submissions()]
        is_all = len(states) == NOTICES and {State.DELIVERED, State.IN_DOUBT, State.HELD}.issuperset(states)
        return is_all and not store.alarms_waiting() and not store.messages_due_after("main")
    except Unavailable:
        return False


def main(imap: int, smtp: int) -> None:
    life = Life(imap, smtp)
    with tempfile.TemporaryDirectory() as folder:
        at = "2026-11-21T09:00:00+09:00"
        life.live({"root": f"{folder}/warm", "at": at, "point": 0, "failure": 0, "contents": False})
    fork_for_each_line(life.live)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
