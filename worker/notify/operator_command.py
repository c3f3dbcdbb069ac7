"""Runs ``[operator] command``: one program, without a shell, with the text on its standard input.

It ends within its time, with everything that it started. Its output goes to the journal, bounded. It gets no secret:
its environment holds neither a key nor the paths of our credentials.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from typing import Final

import structlog

SECONDS: Final = 60.0
"""The longest run: a modem dials and sends a short message in half of it."""
OUTPUT_LIMIT: Final = 4_000
"""Bytes of what it says that the journal gets."""
_ENVIRONMENT: Final = ("HOME", "LANG", "LC_ALL", "PATH", "TZ", "USER")
_log = structlog.get_logger("hoshobin")


class ProgramCommand:
    """``ports.OperatorCommand`` by a program of the operator's."""

    def __init__(self, command: Sequence[str], seconds: float = SECONDS) -> None:
        self._command = tuple(command)
        self._seconds = seconds

    async def call(self, text: str) -> str:
        """Runs it with ``text`` on standard input; returns an empty text if it ended with 0, else the reason."""
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        try:
            program = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                cwd="/",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return self._ended("", str(error))
        said = bytearray()
        try:
            async with asyncio.timeout(self._seconds):
                await asyncio.gather(_hand_in(program, text.encode()), _listen(program, said))
                code = await program.wait()
            why = "" if code == 0 else f"exit status {code}"
        except TimeoutError:
            why = f"not ended within {self._seconds:g} s"
        finally:
            with contextlib.suppress(ProcessLookupError):  # also what it left behind in its session
                os.killpg(program.pid, signal.SIGKILL)
            await program.wait()
        return self._ended(said.decode(errors="replace"), why)

    def _ended(self, said: str, why: str) -> str:
        """Write the result to the journal."""
        if why:
            _log.error("operator_command", program=self._command[0], failure=why, output=said)
        else:
            _log.warning("operator_command", program=self._command[0], output=said)
        return why


async def _hand_in(program: asyncio.subprocess.Process, text: bytes) -> None:
    """Writes the text; a program that does not read all of it may still have notified a person."""
    if program.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        program.stdin.write(text)
        await program.stdin.drain()
    program.stdin.close()


async def _listen(program: asyncio.subprocess.Process, said: bytearray) -> None:
    """Read what it says to its end, and keep the beginning."""
    while program.stdout is not None and (block := await program.stdout.read(OUTPUT_LIMIT)):
        said += block[: OUTPUT_LIMIT - len(said)]
