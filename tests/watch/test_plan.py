"""The messages and files that a look takes of a mailbox and of a folder; time is a value."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from tests.support.tables import every_case
from worker.core.model import JST, NO_DATE, Disposition, FileRow, HealthRecord, MessageRow, UnreadReason
from worker.watch.plan import (
    CLOCK_MARGIN,
    GONE,
    NUMBERINGS,
    STAYS,
    SWEPT,
    Incremental,
    InitialSync,
    Judged,
    MailPlan,
    UidValidityChanged,
    due_again,
    end_of_sweep,
    is_other,
    judge_headers,
    next_try,
    plan_below,
    plan_folder,
    plan_mailbox,
    plan_replaced,
    plan_unread,
    start_from,
    unfetched_delay,
)
from worker.watch.ports import SETTLE, Header, ListedFile, SelectedMailbox

NOW = dt.datetime(2026, 11, 21, 10, 0, tzinfo=JST)
SECOND = dt.timedelta(seconds=1)
FILE = ListedFile("a.pdf", 100, 5, 7)
ROW = FileRow("a.pdf", 100, 5, 7, NOW)


def test_a_file_seen_for_the_first_time_is_only_noted() -> None:
    plan = plan_folder((FILE,), lambda _: None, NOW)
    assert (plan.take, plan.record, plan.look_again) == ((), (ROW,), SETTLE)


def test_a_file_that_looked_the_same_for_two_seconds_is_taken() -> None:
    plan = plan_folder((FILE,), lambda _: ROW, NOW + SETTLE)
    assert (plan.take, plan.record, plan.look_again) == ((FILE,), (), None)


def test_a_file_that_looked_the_same_for_less_waits_for_the_rest() -> None:
    plan = plan_folder((FILE,), lambda _: ROW, NOW + SECOND)
    assert (plan.take, plan.record, plan.look_again) == ((), (), SECOND)


@every_case("changed", [{"size": 101}, {"mtime_ns": 6}, {"inode": 8}])
@every_case("end", [Disposition.PENDING, Disposition.SUBMISSION, Disposition.HELD])
def test_a_file_that_changed_is_looked_at_anew_whatever_became_of_it(changed: dict[str, int], end: Disposition) -> None:
    other = replace(FILE, **changed)
    plan = plan_folder((other,), lambda _: replace(ROW, end=end, submissions=(1,)), NOW + SETTLE)
    assert plan.take == ()
    assert plan.record == (FileRow("a.pdf", other.size, other.mtime_ns, other.inode, NOW + SETTLE),)


def test_a_file_that_was_taken_is_not_taken_again() -> None:
    plan = plan_folder((FILE,), lambda _: replace(ROW, end=Disposition.SUBMISSION), NOW + dt.timedelta(days=1))
    assert (plan.take, plan.record, plan.look_again) == ((), (), None)


def test_a_clock_set_back_does_not_keep_a_file_waiting() -> None:
    early = NOW - dt.timedelta(days=1)
    plan = plan_folder((FILE,), lambda _: ROW, early)
    assert (plan.take, plan.record, plan.look_again) == ((), (replace(ROW, looked_at=early),), SETTLE)


def test_an_unfinished_file_is_named_after_a_day_in_which_it_stayed_the_same() -> None:
    part, other = replace(FILE, why=UnreadReason.UNFINISHED), replace(FILE, name="b.jpg", why=UnreadReason.PICTURE)
    begun = replace(ROW, looked_at=NOW)
    assert plan_unread((part, other), lambda _: None, NOW) == ((other,), (begun,))
    assert plan_unread((part,), lambda _: begun, NOW + STAYS - SECOND) == ((), ())
    assert plan_unread((part,), lambda _: begun, NOW + STAYS) == ((part,), ())
    grown = replace(part, size=101)
    told, (row,) = plan_unread((grown,), lambda _: begun, NOW + STAYS)
    assert (told, row.size, row.looked_at) == ((), 101, NOW + STAYS)
    back = NOW - dt.timedelta(days=3)
    assert plan_unread((part,), lambda _: begun, back) == ((), (replace(begun, looked_at=back),))


def test_one_unfinished_file_keeps_no_other_waiting() -> None:
    other = replace(FILE, name="b.pdf")
    plan = plan_folder((FILE, other), {"b.pdf": replace(ROW, name="b.pdf")}.get, NOW + SETTLE)
    assert plan.take == (other,)
    assert [row.name for row in plan.record] == ["a.pdf"]


OPENED = SelectedMailbox(uidvalidity=3, uidnext=50, exists=20)
FIRST_START = NOW - dt.timedelta(days=2)
LOOK = HealthRecord("mail:main", first_look=NOW, uidvalidity=3, first_uid=40, taken_from=FIRST_START)
NOVEMBER = dt.datetime(2026, 11, 1, tzinfo=JST)


def plan(
    look: HealthRecord | None, opened: SelectedMailbox, last_uid: int, since: dt.date | None, now: dt.datetime
) -> MailPlan:
    numbering = (look and look.uidvalidity) or opened.uidvalidity
    known = {numbering: last_uid}
    return plan_mailbox(
        look,
        opened,
        last_uid_of=lambda asked: known.get(asked, 0),
        start=start_from(since, FIRST_START),
        now=now,
        name="mail:main",
    )


@pytest.mark.parametrize("look", [None, HealthRecord("mail:main", last_error=NOW, error="down")])
def test_the_first_look_takes_from_the_first_start_on_whenever_it_succeeds(look: HealthRecord | None) -> None:
    planned = plan(look, OPENED, 0, None, NOW)
    begun = replace(
        look or HealthRecord("mail:main"), first_look=NOW, uidvalidity=3, first_uid=50, taken_from=FIRST_START
    )
    not_before = FIRST_START - CLOCK_MARGIN
    assert planned == InitialSync(1, 50, (not_before - dt.timedelta(days=1)).date(), not_before, begun)


@every_case("hours", range(-12, 15))
@every_case("begun", [0, 9, 15, 23.75])
def test_the_day_that_is_searched_from_holds_the_moment_in_every_zone(hours: int, begun: float) -> None:
    """SINCE counts days in a zone that only the server knows."""
    start = start_from(None, dt.datetime(2026, 11, 21, tzinfo=JST) + dt.timedelta(hours=begun))
    planned = plan_mailbox(None, OPENED, last_uid_of=lambda _: 0, start=start, now=NOW, name="mail:main")
    assert isinstance(planned, InitialSync)
    zone = dt.timezone(dt.timedelta(hours=hours))
    assert planned.search_since <= start.not_before.astimezone(zone).date()


def test_since_lets_the_first_look_take_older_messages_from_midnight_in_japan() -> None:
    planned = plan(None, OPENED, 0, dt.date(2026, 11, 1), NOW)
    assert isinstance(planned, InitialSync)
    assert (planned.first, planned.below) == (1, 50)
    assert planned.not_before == dt.datetime(2026, 11, 1, tzinfo=JST)
    assert planned.search_since == dt.date(2026, 10, 31)  # the server may count days in another zone


@pytest.mark.parametrize(("last_uid", "first"), [(0, 40), (39, 40), (44, 45)])
def test_the_same_numbering_goes_on_after_the_last_recorded_message(last_uid: int, first: int) -> None:
    assert plan(LOOK, OPENED, last_uid, dt.date(2026, 11, 1), NOW) == Incremental(first, LOOK)


def test_a_renumbered_mailbox_is_no_first_look() -> None:
    planned = plan(LOOK, replace(OPENED, uidvalidity=4), 0, None, NOW + dt.timedelta(days=9))
    start = FIRST_START - CLOCK_MARGIN
    look = replace(LOOK, uidvalidity=4, first_uid=50)
    assert planned == UidValidityChanged(1, 50, dt.date(2026, 11, 18), start, look)
    assert planned.look.first_look == NOW


def test_a_later_since_leaves_nothing_that_came_after_the_first_look_when_the_server_renumbers() -> None:
    planned = plan(LOOK, replace(OPENED, uidvalidity=4), 0, dt.date(2027, 1, 1), NOW + dt.timedelta(days=9))
    assert isinstance(planned, UidValidityChanged)
    assert planned.not_before == NOW - CLOCK_MARGIN


def test_a_renumbered_mailbox_is_read_again_from_since() -> None:
    planned = plan(LOOK, replace(OPENED, uidvalidity=4), 0, dt.date(2026, 11, 1), NOW)
    assert isinstance(planned, UidValidityChanged)
    assert planned.not_before == dt.datetime(2026, 11, 1, tzinfo=JST) - CLOCK_MARGIN


# --- Below the first look's UID ---------------------------------------------------------------------------------


@every_case("since", [None, dt.date(2026, 11, 1), dt.date(2026, 12, 1)])
@every_case("before", [None, FIRST_START, NOVEMBER])
def test_a_changed_since_asks_once_for_what_stands_below_the_first_look(
    since: dt.date | None, before: dt.datetime | None
) -> None:
    start = start_from(since, FIRST_START)
    look = replace(LOOK, taken_from=before)
    planned = plan_below(look, start)
    if before == start.moment:
        assert planned is None
        return
    assert planned is not None
    assert (planned.first, planned.below, planned.not_before) == (1, 40, start.not_before)
    assert planned.look == replace(look, taken_from=start.moment)
    assert plan_below(planned.look, start) is None


def test_nothing_stands_below_the_first_uid() -> None:
    assert plan_below(replace(LOOK, first_uid=1, taken_from=None), start_from(None, FIRST_START)) is None


HEADER = Header(9, 500, NOW, "<a@b.example>")
FORMER = MessageRow("main", 2, 4, Disposition.SUBMISSION, message_id="<a@b.example>", internal_date=NOW, size=500)
LATER = NOW + SECOND
TAKEN, KNOWN, OLD = Judged((9,), ()), Judged((), ((9, FORMER),)), Judged((), ())


@every_case(
    ("header", "formers", "not_before", "judged"),
    [
        (HEADER, [], NOW, TAKEN),
        (HEADER, [], LATER, OLD),
        (HEADER, [FORMER], NOW, KNOWN),
        (HEADER, [FORMER], LATER, KNOWN),
        (HEADER, [FORMER, replace(FORMER, uidvalidity=1)], LATER, KNOWN),
        (HEADER, [FORMER, replace(FORMER, uid=5, sha256="f" * 64)], LATER, TAKEN),
        (HEADER, [FORMER, replace(FORMER, uid=5, size=501)], LATER, KNOWN),
        (replace(HEADER, size=501), [FORMER], LATER, OLD),
        (replace(HEADER, internal_date=LATER), [FORMER], LATER, TAKEN),
        (HEADER, [replace(FORMER, end=Disposition.UNFETCHED)], LATER, TAKEN),
        (replace(HEADER, message_id=""), [replace(FORMER, message_id="")], NOW, TAKEN),
        (replace(HEADER, message_id=""), [replace(FORMER, message_id="")], LATER, OLD),
        (replace(HEADER, internal_date=NO_DATE), [], LATER, TAKEN),
    ],
)
def test_a_message_is_known_again_by_its_former_row_and_left_only_where_it_is_old(
    header: Header, formers: list[MessageRow], not_before: dt.datetime | None, judged: Judged
) -> None:
    assert judge_headers([header], lambda _: formers, not_before) == judged


def test_two_messages_with_one_id_size_and_date_are_both_looked_into() -> None:
    judged = judge_headers([HEADER, replace(HEADER, uid=10)], lambda _: [FORMER], LATER)
    assert judged == Judged((9, 10), ())


def test_a_numbering_that_began_anew_under_the_same_uidvalidity_is_another_one() -> None:
    planned = plan(LOOK, OPENED, 50, None, NOW)
    assert isinstance(planned, UidValidityChanged)
    assert planned.look.uidvalidity == 3 + NUMBERINGS
    again = plan(planned.look, replace(OPENED, uidnext=51), 50, None, NOW)
    assert again == Incremental(51, planned.look), "and goes on under it"
    third = plan(planned.look, replace(OPENED, uidvalidity=4), 50, None, NOW)
    assert isinstance(third, UidValidityChanged)
    assert third.look.uidvalidity == 4


def test_other_messages_under_the_same_numbers_are_reconciled_whatever_their_dates() -> None:
    start = start_from(None, FIRST_START)
    planned = plan_replaced(LOOK, OPENED, lambda numbering: 45 if numbering == 3 else 0, start)
    look = replace(LOOK, uidvalidity=3 + NUMBERINGS)
    assert planned == UidValidityChanged(1, 50, dt.date(2026, 11, 18), start.not_before, look, whatever_date_from=40)
    old = replace(HEADER, uid=LOOK.first_uid)
    assert judge_headers([old], lambda _: [], LATER, LOOK.first_uid).take == (old.uid,)


def test_of_what_was_there_before_the_first_look_the_date_decides_also_where_it_was_replaced() -> None:
    planned = plan_replaced(LOOK, OPENED, lambda _: 0, start_from(dt.date(2026, 11, 1), FIRST_START))
    start = dt.datetime(2026, 11, 1, tzinfo=JST)
    assert (planned.first, planned.search_since, planned.not_before) == (1, dt.date(2026, 10, 31), start)
    assert planned.whatever_date_from == LOOK.first_uid
    below = LOOK.first_uid - 1
    dates = {below: start, below - 1: start - dt.timedelta(days=3)}
    headers = [replace(HEADER, uid=uid, internal_date=date) for uid, date in dates.items()]
    assert judge_headers(headers, lambda _: [], planned.not_before, LOOK.first_uid).take == (below,)


def test_every_message_is_compared_once_in_as_many_hours_as_there_are_pieces() -> None:
    uids = range(1, 2 * SWEPT + 302)
    ends = [end_of_sweep(uids, NOW + dt.timedelta(hours=hour)) for hour in range(3)]
    assert sorted(filter(None, ends)) == [SWEPT, 2 * SWEPT, 2 * SWEPT + 301]
    assert end_of_sweep(uids, NOW) == end_of_sweep(uids, NOW + dt.timedelta(hours=3))
    assert end_of_sweep((), NOW) is None


@pytest.mark.parametrize(
    ("change", "other"),
    [
        ({}, False),
        ({"message_id": "<b@b.example>"}, True),
        ({"size": 501}, True),
        ({"internal_date": LATER}, True),
        ({"size": 0}, False),
        ({"internal_date": NO_DATE}, False),
    ],
)
def test_another_message_under_a_number_is_told_by_what_is_known_of_it(change: dict[str, Any], other: bool) -> None:
    assert is_other(replace(HEADER, **change), FORMER) is other


def test_only_what_is_due_under_this_numbering_is_fetched_again() -> None:
    failed = MessageRow("main", 3, 8, Disposition.UNFETCHED, next_try_at=NOW)
    rows = (
        failed,
        replace(failed, uid=5, next_try_at=NOW - SECOND),
        replace(failed, uid=6, next_try_at=LATER),
        replace(failed, uid=7, next_try_at=None),
        replace(failed, uid=9, uidvalidity=2),
        replace(failed, uid=10, end=Disposition.HELD),
    )
    assert due_again(rows, 3, NOW) == (5, 8)


def test_the_delay_grows_and_then_stays() -> None:
    assert [unfetched_delay(tries).total_seconds() / 60 for tries in (0, 1, 2, 3, 4, 5, 99)] == [
        5, 5, 15, 60, 360, 360, 360,
    ]  # fmt: skip


def test_a_message_that_is_gone_is_not_tried_again() -> None:
    assert next_try(GONE, 1, NOW) is None
    assert next_try("NO", 1, NOW) == NOW + unfetched_delay(1)
