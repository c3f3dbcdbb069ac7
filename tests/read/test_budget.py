"""The cost limits for one mail, and for all strangers together."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.support.world import START
from worker.core.model import Unreadable
from worker.core.states import Reason
from worker.read import budget
from worker.read.budget import (
    OF_STRANGERS,
    OF_THE_PROVEN,
    SENDERS_REMEMBERED,
    SLOW_REMEMBERED,
    WINDOW,
    WINDOW_SECONDS,
    Admission,
    LimitReached,
    MailBudget,
    RecentUse,
    SlowSenders,
    is_disk_low,
    strangers_most,
)

SLOW = Unreadable(Reason.TOO_SLOW)
SOUND = Unreadable(Reason.NOT_A_NOTICE)


def after(limits: budget.MailLimits, *reads: tuple[int, float, object], slow_before: int = 0) -> MailBudget:
    spent = MailBudget(limits, slow_before)
    for read in reads:
        assert spent.why_ended(read[0]) is None
        spent.note(*read)
    return spent


@pytest.mark.parametrize("limits", [OF_STRANGERS, OF_THE_PROVEN])
def test_a_mail_is_read_up_to_each_of_its_limits_and_the_one_that_is_met_is_named(limits: budget.MailLimits) -> None:
    assert after(limits).why_ended(1) is None
    assert after(limits, *[(1, 0.0, SOUND)] * (limits.pdfs - 1)).why_ended(1) is None
    assert after(limits, *[(1, 0.0, SOUND)] * limits.pdfs).why_ended(1) is LimitReached.FILES
    assert after(limits, (limits.octets - 1, 0.0, SOUND)).why_ended(1) is None
    assert after(limits, (limits.octets - 1, 0.0, SOUND)).why_ended(2) is LimitReached.OCTETS
    assert after(limits, (1, 0.0, SLOW)).why_ended(1) is None
    assert after(limits, (1, 0.0, SLOW), (1, 0.0, SOUND), (1, 0.0, SLOW)).why_ended(1) is LimitReached.SLOW


@pytest.mark.parametrize("limits", [OF_STRANGERS, OF_THE_PROVEN])
def test_a_pdf_is_begun_only_where_all_that_it_may_take_fits_in_the_mails_seconds(limits: budget.MailLimits) -> None:
    fits = int(limits.seconds / limits.pdf_seconds) - 1
    full = [(1, limits.pdf_seconds, SOUND)] * fits
    assert after(limits, *full).why_ended(1) is None
    assert after(limits, *full, (1, 0.01, SOUND)).why_ended(1) is LimitReached.SECONDS


def test_what_a_busy_machine_adds_is_not_charged() -> None:
    assert after(OF_STRANGERS, (1, 60.0, SLOW)).why_ended(1) is None
    assert after(OF_STRANGERS, (1, 60.0, SLOW)).seconds == OF_STRANGERS.pdf_seconds


def test_after_slow_pdfs_of_a_sender_its_next_mail_ends_at_the_first_and_begins_all_the_same() -> None:
    for before in (1, 2, 7):
        spent = after(OF_STRANGERS, slow_before=before)
        assert spent.why_ended(1) is None
        spent.note(1, 5.0, SLOW)
        assert spent.why_ended(1) is LimitReached.SLOW


def test_slow_senders_are_remembered_for_an_hour_and_no_flood_of_them_fills_the_memory() -> None:
    senders = SlowSenders()
    senders.note("a@x.example", 2, START)
    senders.note("b@x.example", 0, START)
    assert (senders.count("a@x.example", START), senders.count("b@x.example", START)) == (2, 0)
    assert senders.count("a@x.example", START + SLOW_REMEMBERED - dt.timedelta(seconds=1)) == 2
    assert senders.count("a@x.example", START + SLOW_REMEMBERED) == 0
    assert senders.count("a@x.example", START - dt.timedelta(days=1)) == 0  # the clock was set back
    for number in range(2 * SENDERS_REMEMBERED):
        senders.note(f"{number}@x.example", 1, START)
    assert len(senders._slow) == SENDERS_REMEMBERED
    assert senders.count("a@x.example", START) == 0


def test_mails_at_their_limit_fill_the_window_once_and_what_ends_early_gives_its_rest_back() -> None:
    window = RecentUse()
    most = int(WINDOW_SECONDS // OF_STRANGERS.seconds)
    for _ in range(most):
        assert window.room(START) is Admission.NOW
        window.begin()
    assert window.room(START) is Admission.SOON  # those that are being read may end early
    window.end(0.1, START)
    assert window.room(START) is Admission.SOON
    for _ in range(most - 1):
        window.end(0.1, START)
    assert window.room(START) is Admission.NOW
    for _ in range(most - 1):
        window.begin()
        window.end(OF_STRANGERS.seconds, START)
    assert window.room(START) is Admission.LATER  # a whole mail does not fit any more
    assert window.free_at(START) == START + WINDOW
    assert window.room(window.free_at(START)) is Admission.NOW


@pytest.mark.parametrize("turn", range(20))
def test_no_six_minutes_hold_more_than_their_seconds_and_no_hour_more_than_ten_minutes(
    turn: int, pytestconfig: pytest.Config
) -> None:
    chance = random.Random(f"{pytestconfig.getoption('hypothesis_seed')}-{turn}")
    window, now, running = RecentUse(), START, []
    spent: list[tuple[dt.datetime, float]] = []
    for _ in range(600):
        now += dt.timedelta(seconds=chance.choice((0, 1, 5, 20, 100)))
        if running and chance.random() < 0.5:
            running.pop()
            seconds = chance.choice((0.05, 5.0, 10.0, OF_STRANGERS.seconds))
            window.end(seconds, now)
            spent.append((now, seconds))
        elif window.room(now) is Admission.NOW:
            window.begin()
            running.append(now)
    assert spent
    for at, _ in spent:
        within = [seconds for moment, seconds in spent if at <= moment < at + WINDOW]
        assert sum(within) <= WINDOW_SECONDS
        assert sum(seconds for moment, seconds in spent if at <= moment < at + dt.timedelta(hours=1)) <= 600


def test_a_clock_that_is_set_back_leaves_no_one_waiting_for_as_long() -> None:
    window = RecentUse()
    window.begin()
    window.end(WINDOW_SECONDS, START)
    assert window.room(START) is Admission.LATER
    assert window.room(START - dt.timedelta(days=1)) is Admission.NOW


def test_strangers_have_at_most_half_of_the_children_and_never_none() -> None:
    assert [strangers_most(children) for children in (1, 2, 3, 4, 8)] == [1, 1, 1, 2, 4]


def test_below_the_named_space_the_disk_is_low() -> None:
    assert is_disk_low(budget.FREE_DISK - 1)
    assert not is_disk_low(budget.FREE_DISK)


def test_a_mail_at_its_limit_fits_in_a_window_and_twelve_pdfs_at_theirs_are_all_of_it() -> None:
    assert OF_STRANGERS.seconds <= WINDOW_SECONDS == 12 * budget.STRANGERS_PDF_SECONDS
    assert dt.timedelta(hours=1) / WINDOW * WINDOW_SECONDS == 600
