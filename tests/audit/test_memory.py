"""Memory of the whole log and of its verification: the peak of a process does not grow with what is closed."""

from __future__ import annotations

import subprocess
import sys

import pytest

CLOSED = """
import datetime as dt, resource, sys
from worker.audit.chain import GENESIS, canonical, chain, fold, read_entry
from worker.audit.sent_log import log_rows
from worker.audit.sent_log_export import csv_bytes
from worker.audit.verify import verify_log
from worker.core.model import JST

AT = dt.datetime(2026, 11, 21, 9, 0, tzinfo=JST)
STEPS = [("NoticeRead", {"state": "APPROVED", "project_name": "道路" * 500}), ("Accepted", {"state": "SENT"}),
         ("Confirmed", {"state": "CONFIRMED"})]

def lines(count):
    head = (0, GENESIS)
    for number in range(1, count + 1):
        for event, changes in STEPS:
            line = chain(head, {"at": AT, "event": event, "submission": number, "by": "x", "account": "x",
                                "detail": {}, "set": changes})
            head = (line.number, line.hash)
            yield line

def rows(count):
    for number in range(1, count + 1):
        first = 3 * number - 2
        row = {}
        for place, (event, changes) in enumerate(STEPS):
            row |= changes | {"id": number, "version": first + place, "created_at": AT, "updated_at": AT}
        yield number, canonical(row)

what, count = sys.argv[1], int(sys.argv[2])
if what == "log":
    made = sum(1 for _ in csv_bytes(log_rows(map(read_entry, lines(count)), lambda number: ())))
    assert made == 1 + 2 * count
else:
    verdict = verify_log(lines(count), rows(count), ())
    assert verdict.holds and verdict.count == 3 * count
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(what: str, count: int) -> int:
    run = [sys.executable, "-c", CLOSED, what, str(count)]
    return int(subprocess.run(run, capture_output=True, text=True, check=True, timeout=300).stdout)


@pytest.mark.process
@pytest.mark.parametrize("what", ["log", "verify"])
def test_ten_times_the_closed_submissions_take_no_more_memory(what: str) -> None:
    assert peak(what, 10_000) <= 1.2 * peak(what, 1_000)
