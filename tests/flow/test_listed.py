"""Which submissions a list shows: the open ones and those of the last days, and all where that is asked for."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.known_addresses import record_past_submission
from tests.support.office import Mailroom, Office
from tests.support.stores import open_store
from tests.support.world import HANAKO
from worker.cli import show
from worker.core.model import JST, FollowUps, Product
from worker.core.states import Event, State

NOW = dt.datetime.now(JST)
LONG_AGO = NOW - dt.timedelta(days=40)


class SetClock:
    def __init__(self) -> None:
        self.moment = LONG_AGO

    def now(self) -> dt.datetime:
        return self.moment


@pytest.fixture
def office(mailroom: Callable[..., Mailroom]) -> Office:
    """1 closed long ago, 2 closed yesterday, 3 sent long ago and not confirmed, 4 closed by itself long ago."""
    room = mailroom(mode="approve", projects=[])
    clock = SetClock()
    with contextlib.closing(open_store(Path(room.office.store), clock)) as store:
        for number, closes in (("1-1", "answer"), ("1-2", "answer"), ("1-3", "answer"), ("1-4", "none")):
            sent = record_past_submission(
                store, "kawa", Product.ADVANCE, ["a@kawa.example"], number=number, duties=FollowUps(closes=closes)
            )
            if number in {"1-1", "1-2"}:
                clock.moment = LONG_AGO if number == "1-1" else NOW - dt.timedelta(days=1)
                with store.writing() as writing:
                    closed = dataclasses.replace(sent, state=State.CONFIRMED)
                    writing.change(Event.CONFIRMED, sent, closed, HANAKO, {})
                clock.moment = LONG_AGO
    return room.office


def listed(out: str) -> list[str]:
    return [line.split("@")[0] for line in out.splitlines() if "@" in line]


def test_a_list_shows_what_is_open_and_the_last_days_and_counts_the_others_in_its_last_line(office: Office) -> None:
    ran = office("list")
    assert listed(ran.out) == ["2", "3"]
    last = ran.out.splitlines()[-1]
    assert last.startswith("# ほかに、終わってから14日を過ぎた提出が2件あります。")
    assert "hoshobin list --all" in last


def test_all_is_shown_where_it_is_asked_for_and_no_number_is_left_over(office: Office) -> None:
    ran = office("list", "--all")
    assert listed(ran.out) == ["1", "2", "3", "4"]
    assert "#" not in ran.out


def test_json_and_one_state_show_all_as_in_the_first_version(office: Office) -> None:
    assert [each["id"] for each in office("list", "--json").documents] == [1, 2, 3, 4]
    assert listed(office("list", "--state", "CONFIRMED").out) == ["1", "2"]
    assert listed(office("list", "--state", "SENT").out) == ["3", "4"]


def test_a_list_in_several_blocks_has_its_headings_once_in_a_pipe(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(show, "_BLOCK", 1)
    in_blocks = office("list", "--all").out
    monkeypatch.undo()
    assert in_blocks == office("list", "--all").out


def test_a_list_of_an_empty_store_says_that_there_is_nothing(mailroom: Callable[..., Mailroom]) -> None:
    room = mailroom(mode="approve", projects=[])
    assert room.office("list").out == "該当する提出はありません。\n"
