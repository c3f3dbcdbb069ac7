"""An SMTP server that takes every mail: the relay of the backlog, in a process of its own.

``python -m bench.sink FOLDER`` listens on a free port of 127.0.0.1, writes ``FOLDER/port``, appends each accepted
mail to ``FOLDER/mails`` and, only then, answers 250; when it had, on the machine's monotonic clock in nanoseconds,
is a line of ``FOLDER/accepted``. It offers what relays offer (SIZE, DSN) and takes nothing back.
"""

from __future__ import annotations

import asyncio
import sys
import time
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final, TextIO

SEPARATOR: Final = b"\0\n"
"""Between two mails in the file; mails are text and hold no NUL."""

_OFFERS: Final = b"250-sink.example\r\n250-SIZE 20000000\r\n250-8BITMIME\r\n250 DSN\r\n"
_ANSWERS: Final = {b"QUIT": b"221 2.0.0 bye\r\n", b"DATA": b"354 go on\r\n"}


async def _serve(mails: BinaryIO, accepted: TextIO, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"220 sink.example ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        writer.write(_OFFERS if verb == b"EHLO" else _ANSWERS.get(verb, b"250 2.1.0 ok\r\n"))
        if verb == b"QUIT":
            break
        if verb == b"DATA":
            content = await reader.readuntil(b"\r\n.\r\n")
            mails.write(content[:-3].replace(b"\r\n..", b"\r\n.") + SEPARATOR)
            mails.flush()
            writer.write(b"250 2.0.0 taken\r\n")
            accepted.write(f"{time.monotonic_ns()}\n")
            accepted.flush()
    await writer.drain()
    writer.close()


async def _listen(folder: Path) -> None:
    with (folder / "mails").open("ab") as mails, (folder / "accepted").open("a") as accepted:
        server = await asyncio.start_server(partial(_serve, mails, accepted), "127.0.0.1", 0, limit=20_000_000)
        port = server.sockets[0].getsockname()[1]
        (folder / "port.new").write_text(str(port))
        (folder / "port.new").rename(folder / "port")
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_listen(Path(sys.argv[1])))
