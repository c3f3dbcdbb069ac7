"""Which of the waiting PDFs the next free child reads: one of ours before any stranger's.

Its one promise: ours waits for no stranger's PDF that has not begun, and strangers together hold at most their share of
the children. It does not know what a child is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.read.budget import Lane, strangers_most


class Lanes:
    """The places of so many children; used from one event loop."""

    def __init__(self, children: int) -> None:
        self._free = children
        self._most = {Lane.OURS: children, Lane.STRANGERS: strangers_most(children)}
        self._busy = dict.fromkeys(Lane, 0)
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {lane: deque() for lane in Lane}

    @asynccontextmanager
    async def place(self, lane: Lane) -> AsyncIterator[None]:
        """Hold a place, once it is this one's turn."""
        turn = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(turn)
        self._call()
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was called in the moment in which it was given up
                self._leave(lane)
            raise
        try:
            yield
        finally:
            self._leave(lane)

    def _leave(self, lane: Lane) -> None:
        self._busy[lane] -= 1
        self._free += 1
        # Not at once: who asked may go on with the same PDF, and no stranger's is to come in between.
        asyncio.get_running_loop().call_soon(self._call)

    def _call(self) -> None:
        for lane in Lane:  # ours first
            waiting = self._waiting[lane]
            while waiting and self._free and self._busy[lane] < self._most[lane]:
                turn = waiting.popleft()
                if turn.cancelled():
                    continue
                self._busy[lane] += 1
                self._free -= 1
                turn.set_result(None)
