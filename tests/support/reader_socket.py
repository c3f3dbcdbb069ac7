"""The reader of PDFs behind a real socket, as ``hoshobin-reader.socket`` has it: one process for each connection."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
READER = ("-P", "-s", "-m", "worker.read.pdf.reader")


@contextmanager
def reader_socket(place: Path, *program: str) -> Iterator[int]:
    """Serves ``program`` of this interpreter at ``place``; gives the process id of the server."""
    server = shutil.which("systemd-socket-activate")
    if server is None:
        pytest.skip("systemd-socket-activate is not installed (package systemd)")
    words = [server, "--accept", "--inetd", "-l", str(place), "-E", f"PYTHONPATH={ROOT}", sys.executable]
    with subprocess.Popen(
        [*words, *(program or READER)], stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env={"PATH": os.defpath}
    ) as process:
        assert process.stderr is not None
        try:
            assert b"Listening on" in process.stderr.readline()
            yield process.pid
        finally:
            process.kill()
