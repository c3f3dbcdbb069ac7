"""The measurements measure what is there: the steps that are clocked, and the path of a notice mail."""

from __future__ import annotations

from collections import Counter

import pytest

from bench import accounted
from bench.backup import measure_backup
from bench.path import Trace, trace_path
from bench.strangers import measure_strangers


def test_every_step_that_is_clocked_exists() -> None:
    clocked = [(holder, name) for _, holder, names in accounted._PLAIN + accounted._ASYNC for name in names]
    assert [name for holder, name in clocked if not hasattr(holder, name)] == []


def test_a_change_of_file_is_counted_within_each_thread_and_a_file_once() -> None:
    calls = [
        (1, "watch/plan.py"),
        (2, "send/retry.py"),
        (1, "watch/plan.py"),
        (1, "core/text.py"),
        (2, "send/retry.py"),
    ]
    trace = Trace([*calls, (1, "watch/plan.py"), (2, "watch/imap/mailbox.py")])
    assert trace.files == ("watch/plan.py", "send/retry.py", "core/text.py", "watch/imap/mailbox.py")
    assert trace.packages == ("watch", "send", "core", "watch/imap")
    assert trace.changes == 3
    assert trace.without_words().changes == 1


def test_the_main_line_names_a_step_once_for_its_calls_in_a_row_and_helpers_apart() -> None:
    from_order = ["watch", "store", "watch", "pipeline", "read", "core", "read", "match", "read", "store"]
    trace = Trace([], from_order)
    assert trace.main_line == ("watch", "read", "match", "read")
    assert trace.helpers == {"store": 2, "core": 1}


def test_what_goes_on_after_a_wait_is_counted_apart() -> None:
    calls = [(1, "pipeline/send.py"), (1, "core/model.py"), (1, "pipeline/send.py"), (1, "cli/run.py")]
    trace = Trace(calls, resumed=frozenset({3})).without_words()
    assert (trace.changes, trace.without_resumed().changes) == (1, 0)


def test_the_vocabulary_is_left_out_with_its_messages() -> None:
    trace = Trace([(1, "core/messages/keys.py"), (1, "track/dsn.py"), (1, "core/model.py")])
    assert trace.without_words().files == ("track/dsn.py",)


@pytest.mark.usefixtures("own_children")
def test_one_notice_mail_leads_from_the_mailbox_to_the_mail_server_through_every_step() -> None:
    trace = trace_path().without_words()
    packages = trace.packages
    assert max(Counter(trace.main_line).values()) <= 3
    assert len(trace.files) <= 35
    assert 0 < trace.without_resumed().changes < trace.changes <= 700
    assert trace.main_line[0] == "watch"
    assert trace.main_line[-1] == "send"
    assert {*trace.main_line} < {each.partition("/")[0] for each in packages}
    assert packages[0] == "watch/imap"
    assert packages[-1] == "send/smtp"
    assert {"pipeline", "watch", "read", "authenticate", "match", "compose", "approve", "send"} <= set(packages)
    assert [name for name in packages if name.startswith("core")] == []


@pytest.mark.parametrize("children", [1, 2])
def test_behind_strangers_the_folder_waits_for_one_limit_and_a_proven_mail_for_twelve_at_most(children: int) -> None:
    waited = measure_strangers(12, children, bombs=30, moments=(0.0, 1.0, 3.5, 7.7, 23.9, 49.0))
    assert (0.5 < waited.folder <= 1) if children == 1 else waited.folder < 0.01
    assert 1 < waited.proven <= 12  # it did wait behind them
    assert waited.looked_at >= 10


def test_a_backup_beside_traffic_is_measured() -> None:
    without, backed = measure_backup(3_000_000, 1, 0.5)
    assert (without.size, backed.size > 3_000_000) == (0, True)
    assert without.commits
    assert backed.commits
    assert 0 < backed.median <= backed.longest
    assert backed.wal > 0
