"""Lives of the worker in processes of their own: a script that is warm forks for each, and says how it ended.

Importing takes longer than a life, and a fork needs none. Nothing here knows what a life is.
"""

from __future__ import annotations

import contextlib
import email
import gc
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self

FAULT = 70
"""The exit code of a life that ended by an error of ours."""


class Lives:
    """Asks a script for one life after the other. Use it in a ``with`` statement."""

    def __init__(self, script: Path, *arguments: object, env: Mapping[str, str] | None = None) -> None:
        self._command = [sys.executable, str(script), *map(str, arguments)]
        self._env = {**os.environ, **(env or {})}

    def __enter__(self) -> Self:
        self._said = tempfile.TemporaryFile("w+")
        self._script = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True, env=self._env
        )
        assert self._script.stdout is not None
        assert self._script.stdout.readline() == "warm\n", self.said
        return self

    def __exit__(self, *_: object) -> None:
        assert self._script.stdin is not None
        self._script.stdin.close()
        self._script.wait(30)
        assert self._script.stdout is not None
        self._script.stdout.close()
        self._said.close()

    @property
    def said(self) -> str:
        """The last of what was said on standard error."""
        self._said.seek(0)
        return self._said.read()[-3000:]

    def live(self, **asked: object) -> int:
        """One life as it is ``asked`` for; the exit code, negative for a death."""
        assert self._script.stdin is not None
        assert self._script.stdout is not None
        self._script.stdin.write(json.dumps(asked) + "\n")
        self._script.stdin.flush()
        return int(self._script.stdout.readline())


def fork_for_each_line(live: Callable[[dict[str, Any]], int]) -> None:
    """The script's side: says that it is warm, and forks for each line of standard input, what ``live`` is asked."""
    gc.freeze()  # else the first collection in each child copies every page of what was loaded here
    _answer("warm")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                os._exit(live(json.loads(line)))
            except BaseException:  # noqa: BLE001  a fork must not go on as its parent would
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(FAULT)
        _, status = os.waitpid(child, 0)
        _answer(os.waitstatus_to_exitcode(status))


def _answer(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


@contextlib.contextmanager
def a_room() -> Iterator[Path]:
    """A folder in memory if the machine has one: only processes are killed here, and syncs cost half the time."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def message_id(mail: bytes) -> str:
    return str(email.message_from_bytes(mail)["Message-ID"])
