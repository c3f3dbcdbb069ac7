"""One form of the console in a process that kills itself at a chosen call of the store or of the folder. Asked by line.

Each line on standard input is a JSON object: ``config`` (the office's configuration), ``at`` (the moment that the clock
shows), ``cookie``, ``path``, ``fields``, ``file`` (a PDF to bring, or nothing), ``kill`` (the point at which to die; 0:
never), ``points`` (the file for the names of the points that were passed). The exit code is the status of the form less
200, or -9 for a death.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx

from tests.crash.killed_run import Points
from tests.crash.lives import fork_for_each_line
from tests.support.fakes import FakeClock
from worker.console.app import build_app
from worker.console.desk import Desk
from worker.pipeline import register
from worker.service.wiring import build_hasher
from worker.store.sqlite.store import SqlStore, SqlWriting
from worker.watch.folder.uploads import UploadDirectory

HOST: Final = "127.0.0.1:8480"
LEAST_STATUS: Final = 200


def lay_hooks(points: Points) -> None:
    """A point before and after each change, the begin and the commit of a transaction, and each file."""
    for holder, names in (
        (SqlWriting, [name for name, call in _calls(SqlWriting) if name not in dict(_calls(SqlStore))]),
        (SqlStore, ["_begin", "_commit"]),
        (UploadDirectory, ["put", "remove"]),
    ):
        for name in names:
            setattr(holder, name, points.around(f"{holder.__name__}.{name}", getattr(holder, name)))
    register.replace_file = points.around("replace_file", register.replace_file)  # type: ignore[attr-defined]


def _calls(of: type) -> list[tuple[str, Callable[..., Any]]]:
    return [(name, getattr(of, name)) for name in dir(of) if not name.startswith("_") and callable(getattr(of, name))]


async def send(asked: dict[str, Any], content: bytes) -> int:
    clock = FakeClock(dt.datetime.fromisoformat(asked["at"]))
    desk = Desk(asked["config"], clock, build_hasher(), is_loopback_http=True)
    transport = httpx.ASGITransport(build_app(desk, frozenset({HOST})), raise_app_exceptions=False)
    base = f"http://{HOST}"
    headers = {"origin": base, "sec-fetch-site": "same-origin", "cookie": f"hoshobin={asked['cookie']}"}
    files = {"pdf": ("お知らせ.pdf", content)} if content else None
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
        answer = await client.post(asked["path"], data=asked["fields"], files=files)
    return answer.status_code - LEAST_STATUS


def run(asked: dict[str, Any]) -> int:
    """In the forked child."""
    points = Points(asked["kill"])
    lay_hooks(points)
    status = asyncio.run(send(asked, Path(asked["file"]).read_bytes() if asked["file"] else b""))
    Path(asked["points"]).write_text(json.dumps(points.labels))
    return status


if __name__ == "__main__":
    fork_for_each_line(run)
