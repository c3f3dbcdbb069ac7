"""Two people release a draft, one sends it back, one stops it: nothing leaves without them."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from tests.approve.test_decisions import BODY, STARTED, Desk, desk, empty_database, refusal
from tests.support import decided
from tests.support.fakes import FakeFiles
from tests.support.people import ROOT, add
from tests.support.registered import INVOICE, NOTICE, PDF, PROJECT, REGISTER, Register, drafted, of_project, reasons
from tests.support.turns import turns
from tests.support.world import HANAKO, JIRO, START
from worker.accounts.away import set_absence
from worker.accounts.people import find_missing_second
from worker.approve import decisions
from worker.approve.project_notes import last_preparer
from worker.config.release import Mode, Release, SecondPerson
from worker.core.accounts import Account, AwayPeriod, Role
from worker.core.alarms import turn_of
from worker.core.errors import NotAllowed
from worker.core.messages import name_event_of, name_state, next_step
from worker.core.model import Product, Submission, sha256
from worker.core.rulebook import Invoice
from worker.core.states import AlarmCause, HoldKind, NoteEvent, Reason, State, kind_of
from worker.core.text import match_key
from worker.store.ports import Author

__all__ = ["desk", "empty_database"]

MISAKI = Author("鈴木 美咲", "misaki")


@dataclass(frozen=True)
class Ruled(Register):
    """A register with more rules of release."""

    grace: int = 0
    second: SecondPerson = SecondPerson.NEVER
    amount: int | None = None

    @property
    def release(self) -> Release:
        return Release(
            self.mode,
            10,
            self.rehearsal_to,
            grace_seconds=self.grace,
            second_person=self.second,
            second_person_amount=self.amount,
        )


GRACE = Ruled(grace=60)
ALWAYS = Ruled(second=SecondPerson.ALWAYS)
NEW = Ruled(second=SecondPerson.NEW)


def request(desk: Desk, author: Author, number: int = 1) -> Submission:
    label = desk.store.submission(number).label
    return decisions.request_approval(desk.store, number, label, author, desk.clock.now())


def judged(desk: Desk, register: Register) -> Submission:
    return decided.reevaluate(
        desk.store.submission(1), register.active_config(), desk.store, desk.clock.now()
    ).submission


# --- Grace time --------------------------------------------------------------------------------------------------


def test_what_a_person_approved_leaves_no_sooner_than_the_grace_time(desk: Desk) -> None:
    desk.arrive(GRACE)
    approved = desk.approve(1, GRACE)
    assert (approved.state, approved.approval.due_at) == (State.APPROVED, START + dt.timedelta(seconds=60))
    assert judged(desk, GRACE).approval.due_at == START + dt.timedelta(seconds=60)


@pytest.mark.parametrize(("mode", "minutes"), [(Mode.AUTO, 0), (Mode.HOLD, 10)])
def test_the_grace_time_is_for_a_persons_approval_alone(mode: Mode, minutes: int) -> None:
    due = drafted(replace(GRACE, mode=mode)).submission.approval.due_at
    assert due == START + dt.timedelta(minutes=minutes)


# --- Stop and send back ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("register", [GRACE, ALWAYS, NEW, replace(GRACE, mode=Mode.AUTO)])
def test_a_stopped_mail_is_held_as_the_next_look_sees_it_until_it_is_approved_again(
    desk: Desk, register: Register
) -> None:
    desk.arrive(register, proven=False)
    if register is ALWAYS:
        request(desk, MISAKI)
    desk.approve(1, register)
    stopped = decisions.stop_sending(desk.store, 1, JIRO, "金額が違うようです", desk.clock.now())
    assert (stopped.state, stopped.approval.due_at, stopped.approval.release) == (State.HELD, None, "")
    assert Reason.RETURNED in reasons(stopped)
    fresh = judged(desk, register)
    assert (fresh.state, fresh.reasons) == (State.HELD, stopped.reasons)
    entry = desk.entries(1)[-1]
    assert (entry.event, entry.by, entry.detail) == ("Returned", JIRO.by, {"why": "金額が違うようです"})
    if register is ALWAYS:
        request(desk, MISAKI)
    assert desk.approve(1, register).state is State.APPROVED


@pytest.mark.parametrize("steps", [(STARTED,), (STARTED, BODY)])
def test_a_mail_whose_sending_began_is_not_stopped(desk: Desk, steps: tuple) -> None:  # type: ignore[type-arg]
    desk.approve(desk.arrive().id)
    desk.send(1, *steps)
    before = desk.store.submission(1)
    assert refusal(decisions.stop_sending, desk.store, 1, JIRO, "", START).code == "not_in_this_state"
    assert desk.store.submission(1) == before


@pytest.mark.parametrize("act", [decisions.stop_sending, decisions.send_back])
def test_a_return_is_of_its_own_state(desk: Desk, act: object) -> None:
    desk.arrive()
    if act is decisions.send_back:
        desk.approve(1)
    assert refusal(act, desk.store, 1, JIRO, "誤り", START).code == "not_in_this_state"  # type: ignore[arg-type]


def test_a_draft_sent_back_names_who_and_why_and_an_approval_ends_it(desk: Desk) -> None:
    desk.arrive()
    back = decisions.send_back(desk.store, 1, JIRO, "宛名を確認", desk.clock.now())
    assert reasons(back)[Reason.RETURNED].startswith(f"{JIRO.by}：宛名を確認")
    assert name_state(back, "ja") == f"差し戻し（{JIRO.by}）"
    assert judged(desk, REGISTER).reasons == back.reasons
    assert desk.approve(1).state is State.APPROVED


def test_what_was_requested_names_the_person_and_asks_an_approver_also_after_a_return(desk: Desk) -> None:
    desk.arrive(ALWAYS)
    request(desk, JIRO)
    asked = desk.store.submission(1)
    assert name_state(asked, "ja") == f"二人目の承認待ち（確認：{JIRO.by}）"
    assert next_step(asked, "ja") == f"{JIRO.by}さんの承認の依頼：準備も確認もしていない方が承認"
    back = decisions.send_back(desk.store, 1, MISAKI, "宛名を確認", desk.clock.now())
    assert next_step(back, "ja").startswith("差し戻しの理由を確かめ")
    request(desk, JIRO)
    again = desk.store.submission(1)
    assert Reason.RETURNED in {each.reason for each in again.reasons}, "the approver sees why it was sent back"
    assert name_state(again, "ja") == name_state(asked, "ja")
    assert next_step(again, "ja") == next_step(asked, "ja")


def test_a_return_leaves_the_draft_with_the_person_who_had_asked(desk: Desk) -> None:
    desk.arrive()
    asked = request(desk, JIRO)
    assert last_preparer(desk.store, asked, "") == JIRO.by
    back = decisions.send_back(desk.store, 1, HANAKO, "宛名を確認", desk.clock.now())
    assert last_preparer(desk.store, back, "") == JIRO.by


def test_each_return_is_another_one(desk: Desk) -> None:
    desk.arrive()
    decisions.send_back(desk.store, 1, JIRO, "宛名", desk.clock.now())
    desk.approve(1)
    desk.clock.let_pass(minutes=1)
    decisions.stop_sending(desk.store, 1, JIRO, "宛名", desk.clock.now())
    assert Reason.RETURNED in reasons(judged(desk, REGISTER))


@pytest.mark.parametrize("mode", Mode)
def test_a_change_ends_the_return_and_the_changed_draft_needs_a_person_in_every_mode(desk: Desk, mode: Mode) -> None:
    register = replace(REGISTER, mode=mode)
    desk.arrive(register, proven=False)
    decisions.send_back(desk.store, 1, JIRO, "工事番号", desk.clock.now())
    changed = replace(register, projects=(of_project(values={"工事番号": "R8-12"}),))
    assert set(reasons(judged(desk, changed))) == {Reason.SENDER_UNPROVEN, Reason.APPROVAL}


# --- Two people --------------------------------------------------------------------------------------------------


def test_one_person_alone_releases_nothing_whatever_they_press(desk: Desk) -> None:
    desk.arrive(ALWAYS)
    first = desk.approve(1, ALWAYS)
    assert (first.state, set(reasons(first))) == (State.HELD, {Reason.SECOND_PERSON})
    assert desk.entries(1)[-1].detail["answered"] == ["approval"]
    assert name_state(first, "ja") == f"二人目の承認待ち（確認：{HANAKO.by}）"
    assert refusal(desk.approve, 1, ALWAYS).code == "not_second"
    assert refusal(request, desk, HANAKO).code == "requested_before"
    assert desk.store.submission(1) == first
    assert desk.approve(1, ALWAYS, author=JIRO).state is State.APPROVED


def test_the_first_of_two_approvals_is_told_to_the_others_as_a_request_is(desk: Desk) -> None:
    add(desk.store, "misaki", MISAKI.by, Role.APPROVER, Role.ADMIN, mail="misaki@contractor.example")
    desk.arrive(ALWAYS)

    def turns_told() -> list[str]:
        return [each.detail for each in desk.store.alarms_waiting() if each.cause == AlarmCause.TURN]

    first = desk.approve(1, ALWAYS)
    assert turns_told() == [turn_of(first)]
    desk.approve(1, ALWAYS, author=MISAKI)
    assert len(turns_told()) == 1, "the last approval is no other person's turn"


def test_a_request_and_one_approval_are_two_people(desk: Desk) -> None:
    desk.arrive(ALWAYS, proven=False)
    asked = request(desk, JIRO)
    assert judged(desk, ALWAYS).reasons == asked.reasons
    assert desk.entries(1)[-1].event == "ApprovalRequested"
    approved = desk.approve(1, ALWAYS)
    assert (approved.state, approved.approval.release) == (State.APPROVED, HANAKO.by)
    assert judged(desk, ALWAYS).state is State.APPROVED


def test_the_approval_of_the_requester_answers_the_other_reasons_and_leaves_this_one(desk: Desk) -> None:
    desk.arrive(ALWAYS, proven=False)
    request(desk, HANAKO)
    assert set(reasons(desk.approve(1, ALWAYS))) == {Reason.SECOND_PERSON}
    released = desk.approve(1, ALWAYS, author=MISAKI)
    assert released.state is State.APPROVED
    approvals = [each for each in desk.entries(1) if each.event == "Approved"]
    words = [name_event_of(released, each, "ja") for each in approvals]
    assert words == ["内容を確認（承認は未完了）", "承認"], "the history calls only the second one an approval"


def test_who_prepared_a_correction_is_not_its_second_person(desk: Desk) -> None:
    desk.sent()
    desk.resend(1, ALWAYS)
    request(desk, JIRO, 2)
    left = desk.approve(2, ALWAYS, author=HANAKO)
    assert Reason.SECOND_PERSON in reasons(left)
    assert refusal(desk.approve, 2, ALWAYS, author=HANAKO).code == "not_second"
    assert desk.approve(2, ALWAYS, author=MISAKI).state is State.APPROVED


@pytest.mark.parametrize(
    ("event", "detail", "is_prepared"),
    [
        ("Uploaded", {"sha256": sha256(PDF)}, True),
        ("Uploaded", {"sha256": sha256(b"another file")}, False),
        ("RegisterChanged", {"project": PROJECT}, True),
        ("RegisterChanged", {"project": "mihon/former", "later": PROJECT}, True),
        ("RegisterChanged", {"project": "mihon/another"}, False),
        ("IssuerChanged", {"issuer": "mihon"}, True),
        ("IssuerChanged", {"issuer": "another"}, False),
    ],
)
def test_who_brought_a_file_or_changed_the_project_or_its_issuer_is_not_the_second_person(
    desk: Desk, event: str, detail: dict[str, str], is_prepared: bool
) -> None:
    desk.arrive(ALWAYS)
    with desk.store.writing() as writing:
        writing.note(cast("NoteEvent", event), None, HANAKO, detail)
    assert (match_key(HANAKO.by) in decisions.preparers_of(desk.store, desk.store.submission(1))) is is_prepared
    request(desk, JIRO)
    assert (desk.approve(1, ALWAYS).state is State.HELD) is is_prepared


def test_another_person_may_confirm_after_an_approver_did(desk: Desk) -> None:
    desk.arrive(ALWAYS)
    desk.approve(1, ALWAYS)
    request(desk, JIRO)
    assert desk.approve(1, ALWAYS).state is State.APPROVED


def test_a_stale_page_requests_nothing(desk: Desk) -> None:
    desk.arrive(ALWAYS)
    assert refusal(decisions.request_approval, desk.store, 1, "1@aaaaaaaaaa", JIRO, START).code == "draft_differs"
    assert refusal(decisions.request_approval, desk.store, 1, "", JIRO, START).code == "label_missing"


def test_what_no_approval_releases_is_not_requested(desk: Desk) -> None:
    desk.arrive(replace(ALWAYS, projects=()))
    assert refusal(request, desk, JIRO).code == "not_answerable"


def test_a_changed_draft_needs_both_people_again(desk: Desk) -> None:
    desk.arrive(ALWAYS)
    request(desk, JIRO)
    desk.approve(1, ALWAYS)
    changed = replace(ALWAYS, projects=(of_project(values={"工事番号": "R8-12"}),))
    fresh = judged(desk, changed)
    assert set(reasons(fresh)) == {Reason.CHANGED, Reason.SECOND_PERSON}
    assert fresh.approval.asker_of(fresh.composed.draft_hash) == ""


def test_a_new_recipient_asks_two_people_and_a_known_one_does_not() -> None:
    known = drafted(replace(NEW, mode=Mode.AUTO)).submission
    assert Reason.SECOND_PERSON not in reasons(known)
    nameless = replace(NEW, projects=(of_project(contract_numbers=()),))
    assert Reason.SECOND_PERSON in reasons(drafted(nameless).submission)


def test_what_waits_for_its_second_person_goes_on_waiting_when_the_first_answer_made_it_known(desk: Desk) -> None:
    nameless = replace(NEW, projects=(of_project(contract_numbers=()),))
    desk.arrive(nameless)
    assert set(reasons(desk.approve(1, nameless))) == {Reason.SECOND_PERSON}
    assert set(reasons(judged(desk, NEW))) == {Reason.SECOND_PERSON}


@pytest.mark.parametrize(
    ("amount", "is_brought", "is_asked"),
    [(19_999_999, True, True), (20_000_000, True, True), (20_000_001, True, False), (20_000_001, False, True)],
)
def test_two_people_release_an_invoice_from_the_amount_on_and_one_of_no_known_amount(
    amount: int,
    is_brought: bool,
    is_asked: bool,
) -> None:
    notice = replace(NOTICE, product=Product.ADVANCE)
    invoices = {Product.ADVANCE: (Invoice(file="road.pdf", amount=20_000_000),)} if is_brought else {}
    files = FakeFiles({"road.pdf": INVOICE})
    register = Ruled(amount=amount, projects=(of_project(invoices=invoices),), files=files)
    found = drafted(register, notice=notice).submission
    assert found.composed.draft is not None
    assert (Reason.SECOND_PERSON in reasons(found)) is is_asked


@pytest.mark.parametrize(
    ("release", "people", "key"),
    [
        ({"second": SecondPerson.ALWAYS}, (HANAKO.by,), "release.second_person"),
        ({"second": SecondPerson.NEW}, (HANAKO.by,), "release.second_person"),
        ({"amount": 1}, (HANAKO.by,), "release.second_person_amount"),
        ({}, (HANAKO.by,), ""),
        ({"second": SecondPerson.ALWAYS, "amount": 1}, (HANAKO.by, JIRO.by), ""),
    ],
)
def test_two_people_are_not_asked_for_where_there_is_one(
    desk: Desk, release: dict[str, Any], people: tuple[str, ...], key: str
) -> None:
    settings = replace(Ruled(**release).active_config().configuration.settings, people=people)
    assert [each.key for each in find_missing_second(desk.store, settings, START.date())] == [key] * bool(key)


def test_both_reasons_are_answered_by_an_approval() -> None:
    assert kind_of(Reason.SECOND_PERSON) is kind_of(Reason.RETURNED) is HoldKind.ANSWER


def test_no_order_of_acts_by_one_person_releases_a_draft_of_two(desk: Desk, pytestconfig: pytest.Config) -> None:
    """Random acts of each person: a release always has two people, and the second did not confirm it."""
    chance = random.Random(f"{pytestconfig.getoption('hypothesis_seed')}")  # printed at the head of every run
    desk.arrive(ALWAYS, proven=False)
    people = [HANAKO, JIRO, MISAKI]
    for _ in range(turns(120)):
        who, act = chance.choice(people), chance.choice(["approve", "request", "return", "stop"])
        now = desk.clock.now()
        try:
            match act:
                case "approve":
                    desk.approve(1, ALWAYS, author=who, note="確認")
                case "request":
                    request(desk, who)
                case "return":
                    decisions.send_back(desk.store, 1, who, "", now)
                case _:
                    decisions.stop_sending(desk.store, 1, who, "", now)
        except NotAllowed:
            pass
        desk.clock.let_pass(seconds=7)
        current = desk.store.submission(1)
        assert judged(desk, ALWAYS).reasons == current.reasons
        if current.state is State.APPROVED:
            since = [each for each in desk.entries(1) if each.at > (returned_at(current) or START - dt.timedelta(1))]
            confirmed = {each.by for each in since if each.event in {"Approved", "ApprovalRequested"}}
            assert len(confirmed) > 1
            assert current.approval.requested is not None
            assert current.approval.requested.by != current.approval.release


def returned_at(submission: Submission) -> dt.datetime | None:
    return submission.approval.returned.at if submission.approval.returned else None


# --- Whom a request waits for, and deputies ------------------------------------------------------------------------


def people_at(desk: Desk) -> dict[str, Account]:
    """An administrator, and three people who may approve."""
    now = desk.clock.now()
    names = {"ichiro": "鈴木 一郎", "hanako": HANAKO.by, "jiro": JIRO.by, "misaki": MISAKI.by}
    roles = {"ichiro": Role.ADMIN}
    return {
        login: add(desk.store, login, name, roles.get(login, Role.APPROVER), now=now) for login, name in names.items()
    }


def test_a_request_names_the_approvers_who_are_there_and_could_answer_it(desk: Desk) -> None:
    people = people_at(desk)
    desk.arrive(ALWAYS)
    today = desk.clock.now().date()
    set_absence(desk.store, people["misaki"].id, AwayPeriod(today, today, people["hanako"].id), ROOT, desk.clock.now())
    asked = request(desk, JIRO)
    assert asked.approval.requested is not None
    assert asked.approval.requested.asked == (HANAKO.by,)
    entry = desk.entries(1)[-1]
    assert (entry.event, entry.detail["asked"]) == ("ApprovalRequested", [HANAKO.by])
    fitting = decisions.fitting_approvers(desk.store, asked, JIRO.by, desk.clock.now(), only_present=False)
    assert [each.name for each in fitting] == [HANAKO.by, MISAKI.by]


def test_a_preparer_is_not_asked_where_two_people_release_it(desk: Desk) -> None:
    people_at(desk)
    desk.arrive(ALWAYS)
    with desk.store.writing() as writing:
        writing.note(NoteEvent.REGISTER_CHANGED, None, HANAKO, {"act": "edit", "project": PROJECT, "later": PROJECT})
    asked = request(desk, JIRO).approval.requested
    assert asked is not None
    assert asked.asked == (MISAKI.by,)


def test_the_first_of_two_approvals_asks_the_others(desk: Desk) -> None:
    people_at(desk)
    desk.arrive(ALWAYS)
    first = desk.approve(1, ALWAYS)
    assert first.approval.requested is not None
    assert first.approval.requested.asked == (JIRO.by, MISAKI.by)


def test_what_a_deputy_decides_names_the_absent_and_another_approval_does_not(desk: Desk) -> None:
    people = people_at(desk)
    today = desk.clock.now().date()
    set_absence(desk.store, people["misaki"].id, AwayPeriod(today, today, people["hanako"].id), ROOT, desk.clock.now())
    desk.arrive()
    assert desk.approve(1).approval.deputy_for == (MISAKI.by,)
    assert desk.entries(1)[-1].detail["deputy_for"] == [MISAKI.by]
    back = decisions.stop_sending(desk.store, 1, HANAKO, "", desk.clock.now())
    assert back.approval.deputy_for == ()
    assert desk.entries(1)[-1].detail == {"deputy_for": [MISAKI.by]}
    assert desk.approve(1, author=JIRO).approval.deputy_for == ()
    assert "deputy_for" not in desk.entries(1)[-1].detail
    assert desk.store.verify().faults == ()
