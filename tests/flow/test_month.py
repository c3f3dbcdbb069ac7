"""An office of mode ``auto`` left alone for a month: nothing is lost, sent twice or wrong, and all is reported once.

``python -m tests.flow.month`` runs many such months.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from tests.flow.month import DAYS, FIXED_SEED, a_month, in_memory
from tests.support.month_judge import Fate, Judge, Outcome
from tests.support.month_office import MonthOffice, Relay, a_mail, form_of, pdf_file
from worker.core.states import AlarmCause


@pytest.mark.parametrize("kind", ["fixed", "random"])
async def test_in_a_month_left_alone_nothing_is_lost_twice_or_wrong_and_each_incident_is_told_once(
    kind: str, pytestconfig: pytest.Config
) -> None:
    seed = str(FIXED_SEED) if kind == "fixed" else str(pytestconfig.getoption("hypothesis_seed"))
    with in_memory() as folder:
        outcome, month = await a_month(seed, folder)
    sys.stdout.write(f"seed {seed}: {outcome.notices} notices, {dict(outcome.incidents)}\n")
    said = "\n".join([f"python -m tests.flow.month --seed {seed}", *outcome.violations, *month.steps])
    assert (outcome.lost, outcome.twice, outcome.wrong, outcome.violations) == (0, 0, 0, []), said
    assert outcome.notices >= DAYS / 2
    assert outcome.incidents.total() >= DAYS


# --- The judge sees what is wrong ---------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def office(tmp_path: Path) -> AsyncIterator[MonthOffice]:
    """One notice was sent on the first open morning."""
    async with Relay() as relay:
        made = MonthOffice(tmp_path / "office", relay)
        await made.service_pass()
        made.clock.let_pass(days=3)
        made.give(a_mail("認証キー", 1, pdf_file(form_of(1)), at=made.true_now))
        await made.service_pass()
        yield made
        await made.stop()


def judged(office: MonthOffice, *numbers: int) -> Outcome:
    judge = Judge({form_of(number).number: Fate(form_of(number)) for number in numbers})
    return judge.judge(office, Counter())


async def test_the_judge_finds_nothing_where_nothing_is_wrong(office: MonthOffice) -> None:
    assert judged(office, 1).violations == []


async def test_the_judge_finds_what_never_left(office: MonthOffice) -> None:
    found = judged(office, 1, 2)
    assert (found.lost, len(found.violations)) == (1, 2)  # no mail, and no submission


async def test_the_judge_finds_what_left_twice(office: MonthOffice) -> None:
    office.relay.taken += [each for each in office.relay.taken if each.envid]
    assert judged(office, 1).twice == 1


async def test_the_judge_finds_a_notice_that_should_not_have_left(office: MonthOffice) -> None:
    found = judged(office)
    assert found.wrong == 1
    assert any(each.startswith("nothing explains #1") for each in found.violations)


def _an_alarm_of_it(office: MonthOffice) -> None:
    with office.store.writing() as writing:
        writing.raise_alarm(AlarmCause.BOUNCED, [1])


def _an_alarm_of_nothing(office: MonthOffice) -> None:
    with office.store.writing() as writing:
        writing.raise_alarm(f"{AlarmCause.DEAF}:folder", [])


@pytest.mark.parametrize("raise_alarm", [_an_alarm_of_it, _an_alarm_of_nothing])
async def test_the_judge_finds_an_alarm_that_nothing_explains(
    office: MonthOffice, raise_alarm: Callable[[MonthOffice], None]
) -> None:
    raise_alarm(office)
    await office.service_pass()
    assert len(judged(office, 1).violations) == 1
