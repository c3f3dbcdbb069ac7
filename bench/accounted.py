"""``hoshobin`` with a clock on each step of the main process: ``python -m bench.accounted FILE …`` as ``hoshobin …``.

At its end it writes the processor seconds of each step to FILE. A step's time is its own: what it calls that is a step
too counts there. Waiting costs no processor time and is not in it; what is left of the process is the event loop,
the program's start, and the interpreter's own housekeeping.
"""

from __future__ import annotations

import functools
import gc
import json
import sys
import threading
import time
import types
from collections import defaultdict
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, Final

from worker.__main__ import main
from worker.approve import reevaluate
from worker.compose import checks
from worker.compose import mime_verify as decode
from worker.compose import mime_write as letter
from worker.pipeline import read as reading
from worker.read.pdf import pool as pdf
from worker.send import retry
from worker.send.smtp import client as smtp
from worker.service import service
from worker.store.sqlite import store
from worker.watch.imap import mailbox as imap

_SPENT: Final[dict[str, float]] = defaultdict(float)
_OPEN: Final = threading.local()
"""Of each thread, what the steps within the open ones have spent: a stack."""


def _enter() -> float:
    if not hasattr(_OPEN, "inner"):
        _OPEN.inner = []
    _OPEN.inner.append(0.0)
    return time.thread_time()


def _leave(step: str, began: float) -> None:
    spent = time.thread_time() - began
    _SPENT[step] += spent - _OPEN.inner.pop()
    if _OPEN.inner:
        _OPEN.inner[-1] += spent


def _clocked(step: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def carry_out(*args: Any, **kwargs: Any) -> Any:
        began = _enter()
        try:
            return call(*args, **kwargs)
        finally:
            _leave(step, began)

    return carry_out


def _clocked_async(step: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a coroutine: each stretch between two waits is timed separately."""

    @types.coroutine
    def drive(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        inner = call(*args, **kwargs)
        resume: Callable[[], Any] = functools.partial(inner.send, None)
        while True:
            began = _enter()
            try:
                waits_for = resume()
            except StopIteration as end:
                return end.value
            finally:
                _leave(step, began)
            try:
                resume = functools.partial(inner.send, (yield waits_for))
            except BaseException as error:  # noqa: BLE001  raised in the waiting coroutine
                resume = functools.partial(inner.throw, error)

    return drive


_PLAIN: Final[tuple[tuple[str, Any, tuple[str, ...]], ...]] = (
    ("fetch by IMAP (its own thread)", imap.ImapMailbox, ("open", "uids", "headers", "_fetch")),
    ("take the mail apart, recognise it", reading, ("read_message", "classify_mail")),
    ("decide the fields", reading, ("read_notice",)),
    ("match, compose, judge", reevaluate, ("draft_submission",)),
    ("write the letter, read it back", checks, ("build_message", "verify_message")),
    ("write the letter, read it back", letter, ("build_message",)),
    ("write the letter, read it back", decode, ("verify_message",)),
    ("record: read and write", store.SqlWriting, ("create", "change", "note", "keep", "keep_notice", "_rows")),
    ("record: read and write", store.SqlWriting, ("record_message", "record_health", "raise_alarm")),
    ("record: read and write", store.SqlStore, ("_rows", "_begin", "mark_head", "marked_head")),
    ("record: commit", store.SqlStore, ("_commit",)),
    ("tell systemd", service.Service, ("_show_status",)),
)
_ASYNC: Final[tuple[tuple[str, Any, tuple[str, ...]], ...]] = (
    ("hand PDFs to the children", pdf.PdfPool, ("_ask_once",)),
    ("speak SMTP", smtp.SmtpServer, ("open", "perform")),
    ("speak SMTP", retry.RetryingServer, ("open", "perform")),
)


def _clock_garbage() -> None:
    began: list[float] = []

    def note(phase: str, _about: dict[str, int]) -> None:
        if phase == "start":
            began.append(_enter())
        else:
            _leave("collect garbage", began.pop())

    gc.callbacks.append(note)


def _run() -> None:
    target = Path(sys.argv.pop(1))
    for step, holder, names in _PLAIN:
        for name in names:
            setattr(holder, name, _clocked(step, getattr(holder, name)))
    for step, holder, names in _ASYNC:
        for name in names:
            setattr(holder, name, _clocked_async(step, getattr(holder, name)))
    _clock_garbage()
    _SPENT["start"] = time.process_time()
    try:
        main()
    finally:
        _SPENT["all of the process"] = time.process_time()
        target.write_text(json.dumps(_SPENT))


if __name__ == "__main__":
    _run()
