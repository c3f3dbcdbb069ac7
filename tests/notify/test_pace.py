"""One mail per person within the pause, but for what presses; nothing that is put off is lost, however it comes."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from dataclasses import dataclass, field, replace

import pytest

from tests.support.parts import with_fields
from tests.support.registered import drafted
from tests.support.tables import every_case
from tests.support.turns import turns
from tests.support.world import START
from worker.core.alarms import MAIL_PAUSE
from worker.core.model import JST, Address, Alarm, Submission
from worker.core.states import State
from worker.notify.pace import Waiting, is_pressing, plan_mails, still_counting

HANA, JIRO = Address("hana@contractor.example"), Address("jiro@contractor.example")
MINUTE = dt.timedelta(minutes=1)


def alarm(cause: str) -> Alarm:
    return Alarm(1, cause, (), START)


def waiting(number: int, *people: Address, pressing: bool = False) -> Waiting:
    return Waiting(number, people, pressing)


# --- One decision ------------------------------------------------------------------------------------------------


def test_what_waits_for_a_person_is_one_mail() -> None:
    assert plan_mails([waiting(1, HANA), waiting(2, HANA)], {}, START) == (((HANA,), (1, 2)),)


def test_people_for_whom_the_same_waits_get_the_same_mail_and_others_their_own() -> None:
    assert plan_mails([waiting(1, HANA, JIRO), waiting(2, JIRO)], {}, START) == (((HANA,), (1,)), ((JIRO,), (1, 2)))


@pytest.mark.parametrize(("minutes", "mails"), [(0, 0), (14, 0), (15, 1), (16, 1), (-1, 1)])
def test_the_next_mail_waits_for_the_pause_and_not_longer_where_the_clock_was_set_back(
    minutes: int, mails: int
) -> None:
    assert len(plan_mails([waiting(1, HANA)], {HANA: START}, START + minutes * MINUTE)) == mails


def test_what_presses_goes_at_once_and_takes_along_what_was_put_off() -> None:
    told = {HANA: START, JIRO: START}
    planned = plan_mails([waiting(1, HANA, JIRO), waiting(2, HANA, pressing=True)], told, START + MINUTE)
    assert planned == (((HANA,), (1, 2)),)


def test_only_moments_that_still_count_are_kept() -> None:
    assert still_counting({HANA: START, JIRO: START - MAIL_PAUSE}, START) == {HANA: START}


# --- What presses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cause", ["leaving", "deadline:1:2026-11-24", "in_doubt", "came_back", "late_answer"])
def test_leaving_expiring_and_doubt_press(cause: str) -> None:
    assert is_pressing(alarm(cause), (), START)


@pytest.mark.parametrize("cause", ["began_to_wait", "digest:2026-11-24", "deaf:mail:main", "escalation:held:1"])
def test_nothing_else_presses_by_its_cause(cause: str) -> None:
    assert not is_pressing(alarm(cause), [drafted().submission], START)


def of(state: State, **fields: object) -> Submission:
    return with_fields(replace(drafted().submission, state=state), **fields)


def test_a_submission_that_leaves_or_expires_before_the_next_mail_presses() -> None:
    today = START.astimezone(JST).date()
    duties = drafted().submission.follow_ups.duties
    for day, presses in ((today, True), (today - dt.timedelta(days=1), True), (today + dt.timedelta(days=1), False)):
        held = of(State.HELD, duties=replace(duties, deadline=day))
        assert is_pressing(alarm("began_to_wait"), [held], START.astimezone(JST).replace(hour=12)) is presses
    for minutes, presses in ((15, True), (16, False)):
        leaving = of(State.APPROVED, due_at=START + minutes * MINUTE)
        assert is_pressing(alarm("began_to_wait"), [leaving], START) is presses
    assert is_pressing(alarm("began_to_wait"), [of(State.IN_DOUBT)], START)


# --- Any course of things ----------------------------------------------------------------------------------------


@dataclass
class Course:
    """Alarms that come at random, mails that fail at random, and a program that is killed at random."""

    chance: random.Random
    now: dt.datetime = START
    waiting: dict[int, Waiting] = field(default_factory=dict)
    raised: dict[int, Waiting] = field(default_factory=dict)
    raised_at: dict[int, dt.datetime] = field(default_factory=dict)
    mailed: dict[Address, dt.datetime] = field(default_factory=dict)
    got: list[tuple[dt.datetime, Address, frozenset[int], bool]] = field(default_factory=list)

    def come(self) -> None:
        number = len(self.raised) + 1
        people = self.chance.choice([(HANA,), (JIRO,), (HANA, JIRO)])
        self.raised[number] = self.waiting[number] = waiting(number, *people, pressing=self.chance.random() < 0.2)
        self.raised_at[number] = self.now

    def tell(self) -> None:
        for people, numbers in plan_mails(self.waiting.values(), self.mailed, self.now):
            before = dict(self.mailed)
            self.mailed |= dict.fromkeys(people, self.now)  # recorded before the mail leaves
            if self.chance.random() < 0.2:
                self.mailed = before  # the server did not take it
                continue
            is_killed = self.chance.random() < 0.1
            for person in people:
                presses = any(self.waiting[each].is_pressing for each in numbers)
                self.got.append((self.now, person, frozenset(numbers), presses))
            if is_killed:
                return  # between the server's answer and our record: all is told again
            for each in numbers:
                left = tuple(one for one in self.waiting[each].to if one not in people)
                self.waiting[each] = replace(self.waiting[each], to=left)
                if not left:
                    del self.waiting[each]


@every_case("seed", range(turns(200)))
def test_nothing_is_lost_and_the_limit_holds_in_any_course_of_things(seed: int) -> None:
    course = Course(random.Random(seed))
    for _ in range(90):
        if course.chance.random() < 0.3:
            course.come()
        course.tell()
        course.now += MINUTE * course.chance.choice((1, 1, 1, 4))
    for _ in range(200):
        course.tell()
        course.now += MINUTE
    assert course.raised
    assert not course.waiting
    for number, each in course.raised.items():
        assert {person for _, person, numbers, _ in course.got if number in numbers} >= {*each.to}
    for person in (HANA, JIRO):
        mails = [each for each in course.got if each[1] == person]
        for (before, *_), (at, _, _, presses) in itertools.pairwise(mails):
            assert presses or at - before >= MAIL_PAUSE
