"""The reader of PDFs for a whole run of the tests: the product's, forked from a process that has loaded the engines.

A child takes 0.4 s of processor time to start and 0.05 s so, for importing the engines is most of it. Hundreds of tests
start one and test something else. Those of ``read/pdf`` start children as the product does.
"""

from __future__ import annotations

import ctypes
import gc
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

from worker.read.pdf import reader

ROOT: Final = Path(__file__).parents[2]
_PR_SET_PDEATHSIG: Final = 1


@contextmanager
def warm_reader() -> Iterator[Path]:
    """Serves until the end of the context or of this process; gives the place of the socket.

    Connections wait in the socket until the engines are loaded.
    """
    with tempfile.TemporaryDirectory(prefix="reader-") as folder, socket.socket(socket.AF_UNIX) as listener:
        place = Path(folder, "socket")
        listener.bind(str(place))
        listener.listen(128)
        with subprocess.Popen(
            [sys.executable, "-P", "-s", "-m", "tests.support.warm_reader"],
            env={"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "PATH": os.defpath},
            stdin=listener.fileno(),
            start_new_session=True,  # Ctrl-C is for the tests, which end it
        ) as server:
            try:
                yield place
            finally:
                server.kill()


def serve(listener: socket.socket) -> NoReturn:
    """Serves one child for each connection."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    for name in ("pdfplumber", "pypdfium2.raw", "PIL.ImageDraw", "PIL.PngImagePlugin", "worker.read.pdf.child"):
        import_module(name)
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no process waits for those that serve a connection
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for target in (0, 1):
                os.dup2(connection.fileno(), target)
            connection.close()
            sys.stderr = io.StringIO()  # children that a test ends are no news
            reader.main()
            os._exit(0)
        connection.close()


if __name__ == "__main__":
    serve(socket.socket(fileno=sys.stdin.fileno()))
