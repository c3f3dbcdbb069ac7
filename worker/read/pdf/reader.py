"""The process of ``hoshobin-reader@.service``: starts one child under its own account, and tells how it ended.

Standard input and output are a connection that ``hoshobin-reader.socket`` accepted. The service that connects
(``connection``) first hands over a socket, with the word ``PICTURES`` for a child that draws pages. The child serves
requests over that socket as it does over pipes. The connection carries two lines of JSON from here: ``{"pid": …,
"uid": …}`` at the start and ``{"status": …}`` at the end, as ``Process.returncode`` has it. The end of the connection
ends the child.

This process reads no PDF, and loads no engine: the child loads them after the fork. It stays below 10 MB.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
from typing import Final, NoReturn

WORD_BYTES: Final = 16
"""The most that is taken of the word that comes with the socket."""

_OWN_DESCRIPTORS: Final = 64
"""More than this process has open when it forks."""


def main() -> None:
    """Serve one child until it or the connection ends."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=sys.stdin.fileno())
    word, handed, _, _ = socket.recv_fds(connection, WORD_BYTES, 1)
    if not handed:
        return
    child = os.fork()
    if child == 0:
        _be_child(handed[0], word.decode("ascii").strip())
    os.close(handed[0])
    _tell(pid=child, uid=os.getuid())
    process = os.pidfd_open(child)
    ready, _, _ = select.select([process, connection.fileno()], [], [])
    if process not in ready:  # the service has ended, or asks for the child's end
        os.kill(child, signal.SIGKILL)
    _, waited = os.waitpid(child, 0)
    status = os.waitstatus_to_exitcode(waited)
    _tell(status=status)
    if process in ready and status != 0:
        sys.stderr.write(f"the child ended with {status}\n")  # the journal; the child itself cannot write there


def _tell(**said: int) -> None:
    with contextlib.suppress(OSError):  # the service may have ended
        os.write(sys.stdout.fileno(), json.dumps(said).encode("ascii") + b"\n")  # its unit forbids ``sendto``


def _be_child(channel: int, argument: str) -> NoReturn:
    """Serves requests over ``channel`` in place of pipes; nothing else stays open."""
    code = 1
    try:
        os.setsid()
        nothing = os.open(os.devnull, os.O_RDWR)
        for source, target in ((channel, 0), (channel, 1), (nothing, 2)):
            os.dup2(source, target)
        os.closerange(3, _OWN_DESCRIPTORS)
        os.chdir("/")
        sys.argv[1:] = [argument] if argument else []
        from worker.read.pdf import child

        child.main()
        code = 0
    finally:
        os._exit(code)


if __name__ == "__main__":
    main()
