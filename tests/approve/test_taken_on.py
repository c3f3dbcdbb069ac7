"""Work taken on: shown with the name, ended by another, by leaving it, and by a working day without an act."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.approve.test_decisions import Desk, desk, empty_database
from tests.support.world import HANAKO, JIRO, START
from worker.approve import disclose
from worker.approve.decisions import send_back
from worker.approve.taken_on import is_still_taken, leave_work, take_on, taken_now
from worker.core.accounts import TakenWork, work_key
from worker.core.business_hours import OfficeHours, usual_windows
from worker.core.errors import NotAllowed
from worker.core.model import JST

__all__ = ["desk", "empty_database"]

HOURS = OfficeHours(usual_windows())
DAY = dt.timedelta(days=1)


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=JST)


@pytest.mark.parametrize(
    ("taken", "acted", "ends"),
    [
        ("2026-11-25 10:00", "2026-11-25 10:00", "2026-11-26 10:00"),
        ("2026-11-25 10:00", "2026-11-25 15:00", "2026-11-26 15:00"),
        ("2026-11-20 16:00", "2026-11-20 16:00", "2026-11-24 16:00"),  # a week-end and a holiday
        ("2026-11-20 20:00", "2026-11-20 20:00", "2026-11-25 08:30"),  # after hours it counts from the next opening
        ("2026-11-25 10:00", "2026-11-20 10:00", "2026-11-26 10:00"),  # an act before it was taken on
    ],
)
def test_it_ends_after_a_working_day_without_an_act(taken: str, acted: str, ends: str) -> None:
    work = TakenWork("1", HANAKO.by, at(taken))
    for hours in (HOURS, OfficeHours()):
        assert is_still_taken(work, at(acted), hours, at(ends) - dt.timedelta(seconds=1))
        assert not is_still_taken(work, at(acted), hours, at(ends))


def test_an_act_of_the_person_keeps_it_and_a_look_or_an_act_of_another_does_not(desk: Desk) -> None:
    desk.arrive()
    taken, later = at("2026-11-25 10:00"), at("2026-11-25 15:00")
    take_on(desk.store, "1", HOURS, JIRO, taken)
    desk.clock.moment = later
    disclose.note_view(desk.store, desk.store.submission(1), JIRO, later)
    send_back(desk.store, 1, HANAKO, "宛名を確認", later)
    assert "1" in taken_now(desk.store, HOURS, later)
    assert "1" not in taken_now(desk.store, HOURS, taken + DAY)
    take_on(desk.store, "1", HOURS, HANAKO, taken)
    assert taken_now(desk.store, HOURS, taken + DAY)["1"].by == HANAKO.by
    assert "1" not in taken_now(desk.store, HOURS, later + DAY)


def test_another_takes_it_over_and_only_the_holder_leaves_it(desk: Desk) -> None:
    desk.arrive()
    before = desk.store.head()
    take_on(desk.store, "1", HOURS, HANAKO, START)
    take_on(desk.store, "1", HOURS, JIRO, START)
    assert {about: each.by for about, each in taken_now(desk.store, HOURS, START).items()} == {"1": JIRO.by}
    with pytest.raises(NotAllowed) as refused:
        leave_work(desk.store, "1", HANAKO)
    assert (refused.value.code, refused.value.params["name"]) == ("taken_by_another", JIRO.by)
    for _ in range(2):
        leave_work(desk.store, "1", JIRO)
    assert taken_now(desk.store, HOURS, START) == {}
    assert desk.store.head() == before, "it is no entry of the log"


def test_what_is_over_is_removed_when_something_is_taken_on(desk: Desk) -> None:
    desk.arrive()
    guarantee = work_key(None, "town/道路改良工事", "advance")
    take_on(desk.store, guarantee, HOURS, HANAKO, START)
    assert guarantee in taken_now(desk.store, HOURS, START)
    take_on(desk.store, work_key(1, "", ""), HOURS, JIRO, START + 30 * DAY)
    assert [each.about for each in desk.store.taken_on()] == ["1"]
