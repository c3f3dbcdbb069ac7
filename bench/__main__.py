"""Runs the measurements and prints them; with names, only those."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from bench.backlog import Run, a_folder, a_mailbox, run_script, run_service
from bench.backup import measure_backup
from bench.cli import NOTICES, TURNS, compare_commands
from bench.cli import PROJECTS as REGISTERED
from bench.console import MOST_MEGABYTES, SUBMISSIONS, measure_console, middle
from bench.filled import FILLS, fill
from bench.gone import SECONDS, measure_gone
from bench.growth import SIZES, measure_growth, print_growth
from bench.history import BEFORE_PATH, HistoryMissing, extract
from bench.idle import measure_idle
from bench.latency import measure_latency
from bench.office import Order
from bench.path import trace_path
from bench.processes import on_cores
from bench.reading import ROUNDS, measure_reading
from bench.register import ISSUERS, PROJECTS, measure_register
from bench.strangers import BOMBS, measure_strangers
from bench.tenants import measure_tenants
from bench.verify import PRESENT, make_stores
from tests.support.mailservers import ServersMissing

BACKLOG: Final = 500
BACKED_UP: Final = 1_000
"""Megabytes: an office with 100,000 submissions has some ten times as many (``--sizes=10000``)."""
BACKUPS: Final = 3
ACCOUNTED: Final = 200
"""On one core, step by step: enough that the start weighs little, and no more minutes than needed."""
REPEATS: Final = 3
A_THOUSAND: Final = 1_000
GROWN: Final = 5
"""Thousands after which the memory is compared with that after the first."""
MAILS: Final = 200
_ENTRIES: Final = int(os.environ.get("BENCH_ENTRIES", "526000"))
"""Of the log that is verified: those of 100,000 submissions. 50,000 show the same in a minute."""
IDLE_SECONDS: Final = 300
TENANTS: Final = 50
TENANTS_SECONDS: Final = 120
STRANGERS_MAILS: Final = (1, 10, 100)
STRANGERS_CHILDREN: Final = (1, 2, 4)


def _say(text: str = "") -> None:
    print(text, flush=True)  # noqa: T201  this is what the program is for


def _reading() -> None:
    _say(f"# Reading a notice: the pool against the same calls in one process ({ROUNDS} rounds in turn, medians)")
    _say(f"{'file':40}{'bytes':>8}{'pool ms':>10}{'socket ms':>11}{'alone ms':>10}{'ratio':>8}{'ink check ms':>14}")
    measured = asyncio.run(measure_reading())
    for one in measured:
        look = "" if one.look is None else f"{one.look:.1f}"
        times = f"{one.pool:10.1f}{one.served:11.1f}{one.in_process:10.1f}{one.ratio:8.2f}"
        _say(f"{one.name:40}{one.size:8}{times}{look:>14}")
    worst = max(one.ratio for one in measured)
    _say(f"median of the ratios {median(one.ratio for one in measured):.2f}, worst {worst:.2f}   (target: at most 1.3)")
    served = [one.ratio_served for one in measured]
    _say(f"behind the reader's socket ÷ the pool's own child: median {median(served):.2f}, worst {max(served):.2f}")
    notices = [(one.pool, one.pool + one.look) for one in measured if one.look is not None]
    without, checked = (median(times) for times in zip(*notices, strict=True))
    dearest = max(after / before for before, after in notices)
    _say(f"a notice without the ink check {without:.1f} ms, with it {checked:.1f} ms (medians of {len(notices)} files)")
    _say(f"with it ÷ without it: median {median(b / a for a, b in notices):.2f}, worst {dearest:.2f}")


def _backlog() -> None:
    orders = [Order.of(count) for count in range(BACKLOG)]
    with on_cores(2) as cores, a_folder() as folder, a_mailbox(orders) as mailbox:
        tree = extract(BEFORE_PATH, folder / "former")
        _say(
            f"# A backlog of {BACKLOG} notices on {cores} core(s): the plain script, {BEFORE_PATH[:7]} and the present"
        )
        turns = []
        for turn in range(REPEATS):
            script, former = run_script(mailbox, orders), run_service(mailbox, orders, tree=tree)
            present = run_service(mailbox, orders)
            turns.append((script.seconds, former.seconds, present.seconds))
            _say(
                f"{turn + 1}: script {script.seconds:.1f} s, {BEFORE_PATH[:7]} {former.seconds:.1f} s, hoshobin "
                f"{present.seconds:.1f} s, ratios to the script {former.seconds / script.seconds:.2f} and "
                f"{present.seconds / script.seconds:.2f}"
            )
            _print_processor_time(script, former, present)
        now, then = (median(each[which] / each[0] for each in turns) for which in (2, 1))
        _say(f"medians of the ratios to the script {then:.2f} and {now:.2f}   (target: at most 1.00)")
        gained = median(present / former for _, former, present in turns)
        _say(f"present ÷ {BEFORE_PATH[:7]} {gained:.2f}   (target: at most 0.85)")


def _print_processor_time(*runs: Run) -> None:
    for run in runs:
        parts = ", ".join(f"{name} {spent * 1000 / BACKLOG:.1f}" for name, spent in run.cpu.items())
        _say(f"   processor time per notice, ms: {parts}; other programs used {run.others:.2f} cores")


def _one_core() -> None:
    orders = [Order.of(count) for count in range(ACCOUNTED)]
    with on_cores(1) as cores, a_mailbox(orders) as mailbox:
        _say(f"# {ACCOUNTED} notices on {cores} core: where the time goes, ms per notice")
        script, service = run_script(mailbox, orders), run_service(mailbox, orders)
        accounted = run_service(mailbox, orders, accounted=True)
    per_notice = 1000 / ACCOUNTED
    _say(
        f"script {script.seconds * per_notice:.1f}, hoshobin {service.seconds * per_notice:.1f}, ",
    )
    _say(f"ratio {service.seconds / script.seconds:.2f}")
    _print_steps("the script, by the clock on the wall", script.steps, per_notice, script.cpu)
    steps = dict(accounted.steps)
    whole = steps.pop("all of the process")
    steps["event loop, pipes, the rest"] = whole - sum(steps.values())
    others = {name: spent for name, spent in service.cpu.items() if name != "main process"}
    _print_steps("hoshobin's main process, processor time", steps, per_notice, others)


def _print_steps(title: str, steps: Mapping[str, float], per_notice: float, others: Mapping[str, float]) -> None:
    _say(f"  {title}")
    for name, spent in sorted(steps.items(), key=lambda step: -step[1]):
        _say(f"    {name:40}{spent * per_notice:8.2f}")
    for name, spent in others.items():
        _say(f"    {'[' + name + ', processor time]':40}{spent * per_notice:8.2f}")


def _memory() -> None:
    first, *later = (
        [Order.of(count) for count in range(start, start + A_THOUSAND)]
        for start in range(0, GROWN * A_THOUSAND, A_THOUSAND)
    )
    with a_mailbox(first) as mailbox:
        _say("# Memory of the main process (VmRSS), thousand after thousand")
        resident = run_service(mailbox, first, later).resident
    for thousand, megabytes in enumerate(resident, 1):
        _say(f"after {thousand * A_THOUSAND:5,} notices {megabytes:6.1f} MB")
    _say(f"(target: at most 97 MB after {A_THOUSAND:,})")
    _say(f"the last ÷ the first {resident[-1] / resident[0]:.3f}   (target: at most 1.05)")


def _latency() -> None:
    _say(f"# {MAILS} mails, one at a time, IDLE, mode auto, loopback: from the delivery, in seconds")
    waits = measure_latency(MAILS)
    own = [taken - told for taken, told in zip(waits.accepted, waits.told, strict=True)]
    _print_waits("Dovecot's own: a bare client in IDLE is told", waits.told)
    _print_waits("hoshobin: the notice is accepted by SMTP", waits.accepted)
    _print_waits("the second less the first", own)
    _say(f"(target: median at most 1.0, 95 % at most 2.0); other programs used {waits.others:.2f} cores")


def _print_waits(title: str, seconds: Sequence[float]) -> None:
    last = quantiles(seconds, n=20)[-1]
    _say(f"  {title:48}median {median(seconds):5.2f}   95 % {last:5.2f}   worst {max(seconds):5.2f}")


def _idle() -> None:
    _say(f"# Nothing to do for {IDLE_SECONDS} s: mailbox in IDLE, folder every minute, {BACKLOG} projects")
    idle = measure_idle(IDLE_SECONDS, BACKLOG)
    _say(
        f"main process {idle.main:.2f} s, its children {idle.children:.2f} s of processor time: "
        f"{idle.share:.2%} of one core   (target: less than 0.5 %)"
    )


def _register() -> None:
    _say(f"# A register of {PROJECTS:,} projects and {ISSUERS} issuers: read from disk, checked, and matched against")
    measured = measure_register()
    ratio = measured.loading / measured.decoding
    _say(
        f"loaded in {measured.loading:.2f} s   (target: less than 1.5 s); the standard library's decoder alone "
        f"{measured.decoding:.2f} s, ratio {ratio:.2f}"
    )
    _say(
        f"one match: median {measured.match * 1000:.3f} ms, slowest {measured.worst_match * 1000:.2f} ms"
        "   (target: less than 5 ms)"
    )


def _gone() -> None:
    _say(f"# Both mail servers gone and a notice to send: processor time over {SECONDS:g} s, children included")
    for one in measure_gone():
        _say(f"{one.kind:30}{one.share:8.2%} of one core   (target: less than 5%); connections: {one.connections}")


def _path() -> None:
    _say(f"# The path of one notice mail, mode auto, from the look at the mailbox to the 250 ({REPEATS} runs)")
    traces = [trace_path() for _ in range(REPEATS)]
    for whole in traces:
        path = whole.without_words()
        _say(
            f"files entered {len(path.files)}, changes of file {path.changes}, "
            f"of what is begun {path.without_resumed().changes}; "
            f"with core/ counted {len(whole.files)} and {whole.changes}"
        )
    last = traces[-1].without_words()
    _say(f"packages, as the last run entered them: {' '.join(last.packages)}")
    _say(f"steps on the main line, as pipeline/ calls them: {' '.join(last.main_line)}")
    _say(f"of these each so often: {', '.join(f'{name} {n}' for name, n in Counter(last.main_line).most_common())}")
    _say(f"helpers that pipeline/ calls: {', '.join(f'{name} {n}' for name, n in last.helpers.items())}")


def _strangers() -> None:
    _say(f"# Mails of {BOMBS:,} PDF bombs by strangers: how long the office's own notices wait, in limits for one PDF")
    _say(f"{'children':>8}{'mails':>7}{'folder':>9}{'proven mail':>13}{'PDFs begun':>12}{'still put off':>15}")
    for children in STRANGERS_CHILDREN:
        for mails in STRANGERS_MAILS:
            waited = measure_strangers(mails, children)
            _say(
                f"{children:8}{mails:7}{waited.folder:9.2f}{waited.proven:13.2f}"
                f"{waited.looked_at:12}{waited.put_off:15}"
            )
    _say("(target: folder at most 1.00, proven mail at most 12.00)")


def _cli() -> None:
    _say(
        f"# Commands against version 0.1.0: processor seconds of the child, medians of {TURNS} turns; "
        f"{REGISTERED} projects, {NOTICES} notices"
    )
    _say(f"{'command':24}{'0.1.0':>8}{'now':>8}{'ratio':>8}")
    for one in compare_commands():
        target = f"   (target: at most {one.command.target:.2f})" if one.command.target else ""
        _say(f"{' '.join(one.command.words):24}{one.former:8.2f}{one.now:8.2f}{one.ratio:8.2f}{target}")


def _growth(sizes: Sequence[int] = SIZES) -> None:
    _say("# How cost grows with closed submissions; 200 open ones and 500 registered projects in each store")
    for size in sizes:
        began = time.monotonic()
        fill(size, _say)
        _say(f"{size:,} closed: filled, or found filled in {FILLS}, in {time.monotonic() - began:.0f} s")
    print_growth(measure_growth(sizes), sizes, _say)


def _verify(entries: int) -> None:
    _say(f"# audit verify of {entries:,} entries: 0.1.0 and the present program in turn, each on its own store")
    with tempfile.TemporaryDirectory() as folder:
        stores = make_stores(Path(folder), entries)
        ratios = []
        for turn in range(REPEATS):
            former, present = (stores.run(tree, "audit", "verify", "--json") for tree in (stores.released, PRESENT))
            ratios.append(present.processor / former.processor)
            for name, ran in (("0.1.0", former), ("present", present)):
                _say(
                    f"{turn + 1}: {name:8} {ran.seconds:7.1f} s, processor {ran.processor:7.1f} s, "
                    f"memory at most {ran.megabytes:6.1f} MB"
                )
            _say(f"   ratio {present.seconds / former.seconds:.2f}, of processor time {ratios[-1]:.2f}")
        _say(f"median of the ratios of processor time {median(ratios):.2f}   (target: at most 0.40)")


def _backup(megabytes: int = BACKED_UP) -> None:
    _say(
        f"# A backup a minute beside twenty commits a second, {megabytes:,} MB of originals"
        "   (target: no commit takes more than 1 s)"
    )
    _say(f"{'':10}{'seconds':>9}{'copy MB':>9}{'commits':>9}{'median ms':>11}{'longest ms':>12}{'-wal MB':>9}")
    for number, one in enumerate(measure_backup(megabytes * 10**6, BACKUPS, 60.0)):
        _say(
            f"{f'backup {number}' if number else 'without':10}{one.seconds:9.1f}{one.size / 10**6:9.0f}{one.commits:9}"
            f"{one.median * 1000:11.1f}{one.longest * 1000:12.0f}{one.wal / 10**6:9.1f}"
        )


def _console(size: int = SUBMISSIONS) -> None:
    _say(f"# The console over {size:,} closed submissions, two people logged in; medians over HTTP on loopback")
    cost = measure_console(size)
    for page in cost.pages:
        target = f"   (target: less than {page.target * 1000:.0f} ms)" if page.target else ""
        worst = max(page.seconds) * 1000
        spent = f"processor {page.processor * 1000:5.0f} ms, {page.bytes / 1000:6.1f} KB"
        _say(f"  {page.name:36}{middle(page):6.0f} ms, worst {worst:6.0f} ms, {spent}{target}")
    _say(
        f"memory (VmRSS): {cost.at_start:.1f} MB before the first login, {cost.at_end:.1f} MB after all"
        f"   (target: less than {MOST_MEGABYTES} MB)"
    )


def _tenants() -> None:
    _say(f"# {TENANTS} contractors on one machine: a service and a console each, nothing to do for {TENANTS_SECONDS} s")
    cost = measure_tenants(TENANTS, TENANTS_SECONDS)
    for name, megabytes in cost.megabytes.items():
        share = cost.processor[name] / cost.seconds
        _say(
            f"  of {TENANTS}: {name:8} {megabytes:7.0f} MB ({megabytes / TENANTS:5.1f} for each, proportional set "
            f"size), {share:.2%} of one core ({share / TENANTS:.3%} for each)"
        )
    memory, whole = sum(cost.megabytes.values()), sum(cost.processor.values()) / cost.seconds
    _say(f"  together {memory:,.0f} MB, {whole:.2%} of one core; other programs used {cost.others:.2f} cores")


_PARTS: Final[Mapping[str, Callable[[], None]]] = {
    "reading": _reading,
    "backlog": _backlog,
    "one-core": _one_core,
    "memory": _memory,
    "latency": _latency,
    "idle": _idle,
    "register": _register,
    "gone": _gone,
    "growth": _growth,
    "path": _path,
    "cli": _cli,
    "strangers": _strangers,
    "console": _console,
    "backup": _backup,
    "tenants": _tenants,
    "verify": lambda: _verify(_ENTRIES),
}


_SIZES: Final = "--sizes="
"""``growth --sizes=100,10000`` for a quick turn; ``console`` takes the last of them, ``backup`` too, as megabytes."""


def main(words: Sequence[str]) -> int:
    """Returns the exit status: 0, 1 if a server or a commit to measure against is missing, 2 for an unknown name."""
    names = [word for word in words if not word.startswith(_SIZES)]
    given = [tuple(map(int, word.removeprefix(_SIZES).split(","))) for word in words if word not in names]
    last = given[-1][-1:] if given else ()
    sized = {name: partial(of_last, *last) for name, of_last in (("console", _console), ("backup", _backup))}
    sized["growth"] = partial(_growth, *given[-1:])
    parts: Mapping[str, Callable[[], None]] = {**_PARTS, **sized}
    if unknown := [name for name in names if name not in _PARTS]:
        _say(f"no such measurement: {', '.join(unknown)}; there are {', '.join(_PARTS)}")
        return 2
    logging.getLogger("pdfminer").setLevel(logging.ERROR)
    _say(f"cores: {len(os.sched_getaffinity(0))}; load before: {os.getloadavg()[0]:.1f}")
    began = time.monotonic()
    missed = 0
    for name in names or _PARTS:
        _say()
        try:
            parts[name]()
        except ServersMissing as missing:
            missed = 1
            _say(f"{name} was not measured: {missing}. `make servers` installs Dovecot and Postfix, as root, from apt.")
        except HistoryMissing as missing:
            missed = 1
            _say(f"{name} was not measured: {missing}")
    _say(f"\nall in {time.monotonic() - began:.0f} s")
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
