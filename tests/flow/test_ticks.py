"""Conditions are ticked one by one, and follow-ups after sending are recorded, by the commands an office types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.office import HANAKO, Mailroom, Office, a_form, a_mail, notice
from tests.support.world import ISSUERS, KAWA_TO, project

CONDITIONS = ("押印を確かめた", "様式を確かめた")
AFTER = ("請求書を紙で提出", "原本を郵送")
WITH_CONDITIONS = ISSUERS | {
    "kawa": ISSUERS["kawa"] + f'conditions = ["{CONDITIONS[0]}", "{CONDITIONS[1]}"]\n',
    "kami": ISSUERS["kami"] + f'after = ["{AFTER[0]}", "{AFTER[1]}"]\n',
}


def waiting(mailroom: Callable[..., Mailroom], issuer: str) -> Office:
    form = a_form("橋梁補修工事")
    room = mailroom(mode="approve", projects=[project(form.project, issuer, form.number)], issuers=WITH_CONDITIONS)
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.office.run_once()
    return room.office


@pytest.fixture
def desk(mailroom: Callable[..., Mailroom]) -> Office:
    """An office with one mail that waits for approval and has two conditions."""
    return waiting(mailroom, "kawa")


def approve(desk: Office, *ticks: str) -> Any:
    options = [option for tick in ticks for option in ("--tick", tick)]
    return desk("approve", desk.label(1), "--by", HANAKO, *options)


@pytest.mark.parametrize(("ticks", "left"), [((), CONDITIONS), (("2",), CONDITIONS[:1])])
def test_conditions_that_are_not_ticked_are_named_and_nothing_is_approved(
    desk: Office, ticks: tuple[str, ...], left: tuple[str, ...]
) -> None:
    ran = approve(desk, *ticks)
    assert (ran.code, desk.list()[0]["state"]) == (1, "HELD")
    assert [each for each in CONDITIONS if each in ran.err] == list(left)


@pytest.mark.parametrize("ticks", [("1", "2"), ("all",)])
def test_an_approval_with_every_condition_ticked_releases(desk: Office, ticks: tuple[str, ...]) -> None:
    assert approve(desk, *ticks).code == 0
    assert desk.list()[0]["state"] == "APPROVED"


@pytest.mark.parametrize(("tick", "code"), [("3", 1), ("0", 2), ("x", 2), ("-1", 2)])
def test_a_tick_that_is_no_condition_is_refused(desk: Office, tick: str, code: int) -> None:
    assert approve(desk, tick).code == code
    assert desk.list()[0]["state"] == "HELD"


@pytest.mark.parametrize(("answers", "state"), [("y\ny\n", "APPROVED"), ("y\nn\n", "HELD"), ("\n\n", "HELD")])
def test_on_a_terminal_each_condition_is_asked(
    desk: Office, monkeypatch: pytest.MonkeyPatch, answers: str, state: str
) -> None:
    given = iter(answers.splitlines())
    monkeypatch.setattr("worker.cli.decide.is_at_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _prompt: next(given))
    assert approve(desk).code == (0 if state == "APPROVED" else 1)
    assert desk.list()[0]["state"] == state


def asking(mailroom: Callable[..., Mailroom]) -> Office:
    """Returns an office with one mail that waits because its address is new, with two conditions."""
    form = a_form("橋梁補修工事")
    elsewhere = WITH_CONDITIONS["kawa"].replace(KAWA_TO, "kensetsu@kawa-town.example")
    registered = [project(form.project, "kawa", form.number)]
    room = mailroom(mode="approve", projects=registered, issuers={**WITH_CONDITIONS, "kawa": elsewhere})
    room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.office.run_once()
    assert sorted(room.office.show(1)["hold_reasons"]) == ["approval", "first_address"]
    return room.office


def test_a_reason_that_an_approval_answers_is_refused_without_its_own_tick(mailroom: Callable[..., Mailroom]) -> None:
    desk = asking(mailroom)
    assert [(each["number"], each["reason"]) for each in desk.show(1)["to_answer"]] == [(3, "first_address")]
    assert "承認の前に確かめる理由" in desk("show", "1").out
    ran = approve(desk, "1", "2")
    assert ran.code == 1
    assert "（3。" in ran.err, ran.err
    assert "初めての宛先" in ran.err, ran.err
    assert desk.list()[0]["state"] == "HELD"
    assert approve(desk, "3").code == 1, "the conditions are left"
    assert approve(desk, "1", "2", "3").code == 0
    shown = desk.show(1)
    assert (shown["state"], "first_address" in shown["entries"][-1]["detail"]["answered"]) == ("APPROVED", True)
    assert shown["to_answer"] == []


def test_at_a_terminal_each_reason_is_asked_after_the_conditions(
    mailroom: Callable[..., Mailroom], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, asked, given = asking(mailroom), list[str](), list[str]()

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return given.pop(0)

    monkeypatch.setattr("worker.cli.decide.is_at_terminal", lambda: True)
    monkeypatch.setattr("click.termui.visible_prompt_func", answer)
    given = ["y", "y", "n"]
    assert approve(desk).code == 1
    assert desk.list()[0]["state"] == "HELD"
    given = ["y", "y", "y"]
    assert approve(desk).code == 0
    assert len(asked) == 6


def test_what_remains_after_handing_over_is_recorded_by_its_number(mailroom: Callable[..., Mailroom]) -> None:
    desk = waiting(mailroom, "kami")
    asked = desk("done", "1", "--by", HANAKO, "--note", "窓口")
    assert (asked.code, all(each in asked.err for each in AFTER)) == (1, True)
    told = desk("done", "1", "--by", HANAKO, "--note", "書留", "--what", "2")
    assert (told.code, AFTER[1] in told.out) == (0, True)
    assert desk("done", "1", "--by", HANAKO, "--note", "窓口").code == 0
    assert desk("done", "1", "--by", HANAKO, "--note", "窓口").code == 1
