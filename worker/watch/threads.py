"""Threads for calls that block and cannot be interrupted: a mailbox, a folder on a share, a name look-up.

None of them holds the exit. The result or the exception of a call arrives in the caller.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from worker.core.heartbeat import note_step

P = ParamSpec("P")
T = TypeVar("T")


class OwnThread:
    """One thread for what blocks: a mailbox, whose connection is used from nowhere else, or a folder on a share.

    A daemon, so that a name look-up, a connect or a share that nothing can interrupt does not hold the exit.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def __call__(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Returns what ``call`` returns or raises, run in this thread."""
        future: Future[T] = Future()
        self._calls.put(partial(_carry_out, future, partial(call, *args, **kwargs)))
        return await asyncio.wrap_future(future)

    def end(self, last: Callable[[], None] | None = None) -> None:
        """Let the thread go, after ``last``; a mailbox must be shut first, so that no call holds it."""
        if last is not None:
            self._calls.put(last)
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


class Threaded:
    """The base of an adapter whose blocking calls are made in one thread; each is a sign of life of its loop."""

    def __init__(self, thread: OwnThread) -> None:
        self._thread = thread

    async def _call(self, call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        note_step()
        result = await self._thread(call, *args, **kwargs)
        note_step()
        return result


class DaemonExecutor(ThreadPoolExecutor):
    """Runs each call in a daemon thread of its own, for asyncio, which looks up names in its executor.

    At the exit Python waits for its default executor, as long as a resolver that gets no answer takes.
    """

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Start ``fn`` at once: the only calls are look-ups of names, few at a time."""
        future: Future[T] = Future()
        threading.Thread(
            target=_carry_out, args=(future, partial(fn, *args, **kwargs)), name="look-up", daemon=True
        ).start()
        return future


def _carry_out(future: Future[T], call: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001  raised again to its awaiter
        future.set_exception(error)
