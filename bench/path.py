"""The path of one notice mail through the files of the product: from the scan of the mailbox to the mail server's 250.

``hoshobin run --once`` runs in this process, between an IMAP server and an SMTP server that are processes of their own.
Python reports every call in every thread. A coroutine or generator that goes on counts as a call. Two things are not
counted: what runs while a module is loaded, and the PDF children, which are processes of their own.

The main line is read off the calls that ``worker/pipeline/`` makes directly in the thread of the event loop: the
package of each, with helpers left out and calls in a row that stay in one package joined. It names none more than three
times. The mail is drafted once before it is recorded and once before it is sent, as a mail leaves only if its draft is
the approved one at that moment.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Final

import worker
from bench.backlog import a_folder, a_process, prove, wait_until
from bench.office import USER, Order, write_configuration, write_mail
from worker.cli import DONE, main
from worker.cli.demo.imap_server import DemoImap
from worker.send.ports import Body, Reply

POLL_SECONDS: Final = 3600
"""Of no effect on one pass, and the configuration needs it."""
_PACKAGE: Final = f"{Path(worker.__file__).parent}/"
_WORDS: Final = "core/"
"""Values and sentences are no stops of the way: every step uses them."""
_ACCEPTED: Final = 250
_ORDER: Final = "pipeline"
"""The package that calls the steps: the main line goes back to it after each call."""
_SHARED: Final = frozenset({_ORDER, "core", "config", "store", "audit", "service"})
"""The order itself, and the packages that every step calls: values, settings, records, and the clock (service)."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Every call of the product's functions: its thread and its file below ``worker/``, in order of time."""

    calls: Sequence[tuple[int, str]]
    from_order: Sequence[str] = ()
    """The package of each call that the order (``worker/pipeline/``) makes in the thread of the event loop."""
    resumed: frozenset[int] = frozenset()
    """The places in ``calls`` at which a coroutine or generator goes on after a wait."""

    def without_words(self) -> Trace:
        """The same without ``worker/core/``."""
        kept = [(place, call) for place, call in enumerate(self.calls) if not call[1].startswith(_WORDS)]
        resumed = frozenset(at for at, (place, _) in enumerate(kept) if place in self.resumed)
        return Trace([call for _, call in kept], self.from_order, resumed)

    def without_resumed(self) -> Trace:
        """The same without the calls by which a coroutine or generator goes on: what is begun."""
        return Trace([call for place, call in enumerate(self.calls) if place not in self.resumed], self.from_order)

    @property
    def files(self) -> tuple[str, ...]:
        """The files entered, each once, in the order of their first calls."""
        return tuple(dict.fromkeys(file for _, file in self.calls))

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages entered, likewise."""
        return tuple(dict.fromkeys(file.rpartition("/")[0] for file in self.files))

    @property
    def main_line(self) -> tuple[str, ...]:
        """The steps' packages in the order in which the main line enters them.

        The main line is what the order calls directly; a package with its sub-packages is one stop, and so are calls
        in a row that stay in it. A step's own calls of other packages are no stops. Helpers that every step uses
        (core, config, store, audit, and the clock in service) are no steps: ``helpers`` names them.
        """
        steps = [each for each in self.from_order if each not in _SHARED]
        return tuple(each for place, each in enumerate(steps) if place == 0 or steps[place - 1] != each)

    @property
    def helpers(self) -> Mapping[str, int]:
        """The number of times that the order calls each of the helpers."""
        return Counter(each for each in self.from_order if each in _SHARED - {_ORDER})

    @property
    def changes(self) -> int:
        """The number of times that a thread's next call is in another file than its last one."""
        last: dict[int, str] = {}
        found = 0
        for thread, file in self.calls:
            found += last.get(thread, file) != file
            last[thread] = file
        return found


class _Recorder:
    """A profile function that records from the first look at a mailbox until the mail was accepted."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, str]] = []
        self.from_order: list[str] = []
        self.resumed: set[int] = set()
        self._begun: set[FrameType] = set()
        self._loop = threading.get_ident()
        self.is_recording = False
        self.is_accepted = False

    def __call__(self, frame: FrameType, event: str, given: Any) -> None:
        code = frame.f_code
        if not code.co_filename.startswith(_PACKAGE) or not code.co_flags & inspect.CO_OPTIMIZED:
            return  # foreign, or the body of a module or class: that runs when it is loaded
        file = code.co_filename.removeprefix(_PACKAGE)
        if event == "call":
            if code.co_name == "open" and file.startswith("watch/imap/") and not self.is_accepted:
                self.is_recording = True
            if self.is_recording:
                if frame in self._begun:
                    self.resumed.add(len(self.calls))
                self._begun.add(frame)
                self.calls.append((threading.get_ident(), file))
                if threading.get_ident() == self._loop and _caller(frame).startswith(f"{_ORDER}/"):
                    self.from_order.append(file.partition("/")[0])
        elif event == "return" and isinstance(given, Reply) and _ends_a_mail(frame, given):
            self.is_recording, self.is_accepted = False, True


def _caller(frame: FrameType) -> str:
    """The file below ``worker/`` of the nearest of the product's functions that called this one; empty for none."""
    caller = frame.f_back
    while caller is not None and not caller.f_code.co_filename.startswith(_PACKAGE):
        caller = caller.f_back
    return "" if caller is None else caller.f_code.co_filename.removeprefix(_PACKAGE)


def _ends_a_mail(frame: FrameType, answer: Reply) -> bool:
    return answer.code == _ACCEPTED and isinstance(frame.f_locals.get("step"), Body)


def trace_path() -> Trace:
    """One notice mail, mode auto, to an address that was written to before."""
    order = Order.of(0)
    with a_folder() as root, a_process(["bench.sink", str(root)]) as sink, DemoImap(USER) as mailbox:
        wait_until((root / "port").exists, sink)
        port = int((root / "port").read_text())
        config = write_configuration(root, [order], mailbox.port, port, mailbox.password, POLL_SECONDS)
        _run_once(config)  # the first start: mail from before it would wait for a person; modules are loaded
        mailbox.append(write_mail(order, order.pdf()))
        recorder = _Recorder()
        threading.setprofile(recorder)
        sys.setprofile(recorder)
        try:
            _run_once(config)
        finally:
            sys.setprofile(None)
            threading.setprofile(None)
        prove(root / "mails", [order])
    if not recorder.is_accepted:
        raise SystemExit("the mail arrived, and no 250 was seen")
    return Trace(recorder.calls, recorder.from_order, frozenset(recorder.resumed))


def _run_once(config: Path) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = main(["--config", str(config), "run", "--once"])
    if code != DONE:
        raise SystemExit(f"`run --once` ended with {code}: {said.getvalue()}")
