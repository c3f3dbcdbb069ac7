"""Nothing becomes APPROVED as long as a reason for exactly this draft is unanswered."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.fakes import FakeFiles, FakeReading
from tests.support.holds import old
from tests.support.registered import (
    APPROVED_ONLY,
    INVOICE,
    ISSUER,
    NOTICE,
    PROJECT,
    REGISTER,
    REHEARSAL_TO,
    TO,
    Register,
    arrived,
    drafted,
    of_issuer,
    of_project,
    reasons,
)
from tests.support.tables import every_case
from tests.support.world import EAST, START
from worker.approve.decisions import Approval, answer_holds, refuse_unless_shown
from worker.config.release import Mode
from worker.core.errors import NotAllowed
from worker.core.model import Address, Channel, Hold, Product, Submission
from worker.core.rulebook import Invoice
from worker.core.states import HoldKind, Reason, State, kind_of
from worker.store.ports import Author

LATER = START + dt.timedelta(hours=1)
HANAKO, JIRO = "山田 花子", "佐藤 次郎"
AUTO = replace(REGISTER, mode=Mode.AUTO)
HOLD_10 = replace(REGISTER, mode=Mode.HOLD)
OTHER = Address("other@mihon.example")


def going_to(address: Address, register: Register = REGISTER) -> Register:
    return replace(register, issuers=(of_issuer(section={"to": (address,)}),))


def answer(
    submission: Submission,
    by: str,
    account: str,
    note: str,
    now: dt.datetime,
    register: Register,
    ticked: tuple[str, ...] = (),
) -> Submission:
    """Returns ``submission`` with its reasons answered by ``by``."""
    approval = Approval(submission.id, submission.label, Author(by, account), note, now, ticked)
    return answer_holds(submission, approval, register.release)


def answered(
    submission: Submission, register: Register = REGISTER, by: str = HANAKO, now: dt.datetime = START
) -> Submission:
    """Returns ``submission`` after ``by`` approves it under ``register``."""
    judged = answer(submission, by, "soumu", "電話で確認", now, register)
    return drafted(register, judged, now=now).submission


def again(
    submission: Submission,
    register: Register = REGISTER,
    now: dt.datetime = START,
    known: FakeReading | None = None,
) -> Submission:
    """``submission`` re-evaluated under ``register``."""
    return drafted(register, submission, known=known, now=now).submission


# --- Who releases ------------------------------------------------------------------------------------------------


def test_by_default_a_person_releases() -> None:
    held = drafted().submission
    assert (held.state, reasons(held), held.approval.due_at) == (State.HELD, {Reason.APPROVAL: ""}, None)
    approved = answered(held, now=LATER)
    assert (approved.state, approved.reasons, approved.approval.due_at) == (State.APPROVED, (), LATER)
    assert (approved.approval.release, approved.approval.release_account) == (HANAKO, "soumu")
    assert approved.approval.released_draft == approved.composed.draft_hash == held.composed.draft_hash


def test_auto_releases_at_once_by_its_own_name() -> None:
    approved = drafted(AUTO).submission
    assert (approved.state, approved.approval.due_at, approved.approval.release) == (State.APPROVED, START, "auto")
    assert approved.approval.release_account == ""


def test_hold_releases_after_its_minutes_unless_withdrawn() -> None:
    approved = drafted(HOLD_10).submission
    assert (approved.state, approved.approval.due_at) == (State.APPROVED, START + dt.timedelta(minutes=10))
    assert approved.approval.release == "hold 10 min"


def test_judging_again_does_not_put_the_moment_off() -> None:
    approved = drafted(HOLD_10).submission
    assert again(approved, HOLD_10, LATER).approval.due_at == START + dt.timedelta(minutes=10)


def test_a_person_who_approved_is_not_made_to_wait() -> None:
    held = drafted(HOLD_10, arrived(proven=False)).submission
    assert reasons(held) == {Reason.SENDER_UNPROVEN: ""}
    approved = answered(held, HOLD_10, now=LATER)
    assert (approved.state, approved.approval.due_at, approved.approval.release) == (State.APPROVED, LATER, HANAKO)


@pytest.mark.parametrize("mode", Mode)
def test_a_mail_of_unproven_sender_is_held_in_every_mode(mode: Mode) -> None:
    register = replace(REGISTER, mode=mode)
    assert Reason.SENDER_UNPROVEN in reasons(drafted(register, arrived(proven=False)).submission)
    assert Reason.SENDER_UNPROVEN not in reasons(drafted(register, arrived(proven=True)).submission)


def test_why_the_sender_is_not_proven_is_what_is_answered() -> None:
    why = "sato@contractor.example：受信サーバーの確認結果がない、電子署名（DKIM）がない"
    held = drafted(AUTO, arrived(proven=False, evidence=why)).submission
    assert reasons(held) == {Reason.SENDER_UNPROVEN: why}
    approved = answered(held, AUTO)
    assert approved.state is State.APPROVED
    assert again(approved, AUTO, LATER).state is State.APPROVED
    assert reasons(again(replace(approved, source=replace(approved.source, evidence="another")), AUTO, LATER)) == {
        Reason.SENDER_UNPROVEN: "another"
    }


def test_a_rehearsal_does_not_ask_who_sent_the_mail_and_the_submission_does() -> None:
    rehearsal = drafted(replace(AUTO, rehearsal_to=REHEARSAL_TO), arrived(proven=False)).submission
    assert (rehearsal.state, rehearsal.is_rehearsal) == (State.APPROVED, True)
    assert reasons(
        again(replace(rehearsal, delivery=replace(rehearsal.delivery, rehearsals=1)), AUTO, LATER)
    ).keys() >= {Reason.SENDER_UNPROVEN}


@every_case("mode", Mode)
@every_case(
    ("change", "reason"),
    [
        ({"follows": 1}, Reason.SEEN_BEFORE),
        ({"superseded_by": 2}, Reason.SUPERSEDED),
        ({"rehearsals": 1}, Reason.REHEARSED),
        ({"not_sent": 1}, Reason.NOT_SENT),
        ({"correction": 1}, Reason.APPROVAL),
    ],
)
def test_what_has_a_history_is_a_persons_to_release_in_every_mode(
    mode: Mode, change: dict[str, int], reason: Reason
) -> None:
    held = drafted(replace(REGISTER, mode=mode), arrived(**change)).submission
    assert held.state is State.HELD
    assert reason in reasons(held)


def test_a_mode_made_stricter_holds_what_was_not_sent_yet() -> None:
    assert reasons(again(drafted(AUTO).submission)) == {Reason.APPROVAL: ""}


def test_another_channel_is_handed_over_once_nothing_stands() -> None:
    paper = replace(REGISTER, issuers=(of_issuer(rule={"channel": Channel.PAPER}),))
    assert drafted(paper).submission.state is State.HANDED_OVER
    held = drafted(paper, arrived(follows=1)).submission
    assert (held.state, reasons(held)) == (State.HELD, {Reason.SEEN_BEFORE: "1"})
    assert answered(held, paper).state is State.HANDED_OVER


# --- One approval ------------------------------------------------------------------------------------------------


def test_one_approval_answers_every_open_reason_with_name_account_and_note() -> None:
    register = replace(
        REGISTER,
        projects=(of_project(contract_numbers=()),),
        issuers=(of_issuer(eligibility=APPROVED_ONLY),),
    )
    held = drafted(register, arrived(proven=False, follows=7)).submission
    answers = {
        Reason.SEEN_BEFORE,
        Reason.NAME_ONLY,
        Reason.ELIGIBILITY_UNKNOWN,
        Reason.SENDER_UNPROVEN,
        Reason.APPROVAL,
    }
    assert set(reasons(held)) == answers
    approved = answered(held, register)
    assert approved.state is State.APPROVED
    assert {each.reason for each in approved.answers} == answers | {Reason.CHANGED}
    assert {(each.by, each.account, each.note, each.at) for each in approved.answers} == {
        (HANAKO, "soumu", "電話で確認", START)
    }


@every_case("reason", [each for each in Reason if kind_of(each) is not HoldKind.ANSWER])
def test_while_one_reason_must_be_mended_an_approval_answers_none(reason: Reason) -> None:
    held = replace(drafted().submission, reasons=(Hold(Reason.APPROVAL), old(reason, "x"), old(Reason.NAME_ONLY, "y")))
    with pytest.raises(NotAllowed) as refused:
        answered(held)
    assert refused.value.code == "not_answerable"
    assert refused.value.params == {"id": "1", "reasons": reason.value}


@every_case("state", [each for each in State if each is not State.HELD])
def test_only_what_is_held_can_be_approved(state: State) -> None:
    with pytest.raises(NotAllowed) as refused:
        refuse_unless_shown(replace(drafted().submission, state=state), drafted().submission.label)
    assert refused.value.code == "not_held"


def test_an_approval_names_the_draft_that_was_shown() -> None:
    held = drafted().submission
    refuse_unless_shown(held, held.label)
    for other in (
        f"1@{held.composed.draft_hash[:4]}",
        held.label[:-1],
        f"{held.label}0",
        "1@0000000000",
        held.label[2:],
        "1",
    ):
        with pytest.raises(NotAllowed) as refused:
            refuse_unless_shown(held, other)
        assert refused.value.code == "draft_differs"
        assert refused.value.params["now"] == held.label


def test_no_approval_is_without_what_was_shown() -> None:
    with pytest.raises(NotAllowed) as refused:
        refuse_unless_shown(drafted().submission, "")
    assert refused.value.code == "label_missing"


def test_a_draft_that_is_gone_cannot_be_the_one_that_was_shown() -> None:
    with pytest.raises(NotAllowed):
        refuse_unless_shown(drafted(replace(REGISTER, projects=())).submission, drafted().submission.label)


# --- Conditions, and answers in words ----------------------------------------------------------------------------

CONDITIONS = ("押印又は押印省略欄の記入がある", "発行責任者の記載がある")
ON_CONDITION = {
    mode: replace(REGISTER, mode=mode, issuers=(of_issuer(rule={"conditions": CONDITIONS}),)) for mode in Mode
}


def ticking(submission: Submission, register: Register, *ticked: str) -> Submission:
    judged = answer(submission, HANAKO, "soumu", "", START, register, ticked)
    return drafted(register, judged).submission


@pytest.mark.parametrize("mode", Mode)
def test_what_has_conditions_is_a_persons_to_release_in_every_mode(mode: Mode) -> None:
    register = ON_CONDITION[mode]
    held = drafted(register).submission
    assert (held.state, reasons(held)) == (State.HELD, {Reason.APPROVAL: ""})
    approved = ticking(held, register, *CONDITIONS)
    assert (approved.state, approved.approval.ticked, approved.approval.release) == (State.APPROVED, CONDITIONS, HANAKO)


@pytest.mark.parametrize(
    ("ticked", "named"),
    [
        ((), "1. 押印又は押印省略欄の記入がある 2. 発行責任者の記載がある"),
        ((CONDITIONS[0],), "2. 発行責任者の記載がある"),
        (("発行責任者の記載",), "1. 押印又は押印省略欄の記入がある 2. 発行責任者の記載がある"),
    ],
)
def test_each_condition_that_is_not_ticked_is_named_with_its_number(ticked: tuple[str, ...], named: str) -> None:
    register = ON_CONDITION[Mode.APPROVE]
    with pytest.raises(NotAllowed) as refused:
        ticking(drafted(register).submission, register, *ticked)
    assert (refused.value.code, refused.value.params) == ("conditions_unticked", {"id": "1", "conditions": named})


def test_a_condition_added_after_the_approval_is_a_change_that_is_ticked_again() -> None:
    approved = answered(drafted().submission)
    changed = again(approved, ON_CONDITION[Mode.APPROVE])
    assert reasons(changed) == {Reason.CHANGED: ""}
    with pytest.raises(NotAllowed):
        ticking(changed, ON_CONDITION[Mode.APPROVE])
    assert ticking(changed, ON_CONDITION[Mode.APPROVE], *CONDITIONS).state is State.APPROVED


@pytest.mark.parametrize("reason", [Reason.CONTACT_FIRST, Reason.NOT_ELIGIBLE])
@pytest.mark.parametrize("note", ["", " 　"])
def test_what_was_said_to_the_issuer_is_answered_only_in_words(reason: Reason, note: str) -> None:
    held = replace(drafted().submission, reasons=(old(reason, "x"),))
    with pytest.raises(NotAllowed) as refused:
        answer(held, HANAKO, "soumu", note, START, REGISTER)
    assert (refused.value.code, refused.value.params["reasons"]) == ("note_needed", reason.value)
    assert answer(held, HANAKO, "soumu", "佐々木様に電話", START, REGISTER).answers


# --- The moment --------------------------------------------------------------------------------------------------

CONTRACT_DAY = START.date() + dt.timedelta(days=3)
MIDNIGHT = dt.datetime.combine(CONTRACT_DAY, dt.time(), START.tzinfo)
ADVANCE = replace(NOTICE, product=Product.ADVANCE)


def with_invoice(mode: Mode, contract: dt.date = CONTRACT_DAY) -> Register:
    project = of_project(invoices={Product.ADVANCE: (Invoice("road.pdf"),)}, dates={"contract": contract})
    return replace(REGISTER, mode=mode, projects=(project,), files=FakeFiles({"road.pdf": INVOICE}))


@pytest.mark.parametrize("mode", Mode)
def test_a_mail_with_an_invoice_approved_before_the_contracts_day_leaves_on_it(mode: Mode) -> None:
    register = with_invoice(mode)
    held = drafted(register, notice=ADVANCE).submission
    judged = answer(held, HANAKO, "soumu", "", START, register)
    approved = drafted(register, judged, notice=ADVANCE).submission
    assert (approved.state, approved.approval.due_at) == (State.APPROVED, MIDNIGHT)
    late = drafted(register, approved, notice=ADVANCE, now=MIDNIGHT + dt.timedelta(hours=1)).submission
    assert (late.state, late.approval.due_at) == (State.APPROVED, MIDNIGHT)


def test_an_approval_for_one_contracts_day_does_not_speak_for_another() -> None:
    register = with_invoice(Mode.APPROVE)
    held = drafted(register, notice=ADVANCE).submission
    judged = answer(held, HANAKO, "soumu", "", START, register)
    put_off = with_invoice(Mode.APPROVE, CONTRACT_DAY + dt.timedelta(days=7))
    assert set(reasons(drafted(put_off, judged, notice=ADVANCE).submission)) == {Reason.TIMING}


@pytest.mark.parametrize(("mode", "minutes"), [(Mode.APPROVE, 0), (Mode.HOLD, 10)])
def test_what_was_approved_for_the_contracts_day_goes_earlier_where_it_was_signed_earlier(
    mode: Mode, minutes: int
) -> None:
    register = with_invoice(mode)
    held = drafted(register, notice=ADVANCE).submission
    judged = answer(held, HANAKO, "soumu", "", START, register)
    if mode is Mode.HOLD:  # no person's approval of the draft: its minutes to withdraw begin again
        judged = replace(judged, answers=tuple(each for each in judged.answers if each.reason is Reason.TIMING))
    approved = drafted(register, judged, notice=ADVANCE).submission
    assert approved.approval.due_at == MIDNIGHT
    signed = drafted(with_invoice(mode, LATER.date()), approved, notice=ADVANCE, now=LATER).submission
    assert (signed.state, signed.approval.due_at) == (State.APPROVED, LATER + dt.timedelta(minutes=minutes))
    # Once it is known when it goes, looking again does not put it off.
    once_more = drafted(with_invoice(mode, LATER.date()), signed, notice=ADVANCE, now=MIDNIGHT).submission
    assert once_more.approval.due_at == signed.approval.due_at


# --- An answer is an answer to one thing -------------------------------------------------------------------------


def test_an_answer_about_one_project_does_not_speak_for_another() -> None:
    named = of_project(contract_numbers=())
    register = replace(REGISTER, projects=(named,), issuers=(of_issuer(eligibility=APPROVED_ONLY),))
    approved = answered(drafted(register).submission, register)
    # The number turns out to belong to another project of the same town.
    bridge = of_project(id="mihon/橋梁補修工事", name="橋梁補修工事")
    moved = again(approved, replace(register, projects=(named, bridge)))
    assert set(reasons(moved)) == {Reason.NUMBER_DIFFERS, Reason.ELIGIBILITY_UNKNOWN, Reason.CHANGED}
    assert reasons(moved)[Reason.ELIGIBILITY_UNKNOWN].startswith(bridge.id)


def test_an_answer_about_one_earlier_submission_does_not_speak_for_the_next() -> None:
    approved = answered(drafted(submission=arrived(follows=3)).submission)
    assert reasons(again(replace(approved, follows=4))) == {Reason.SEEN_BEFORE: "4"}


def test_each_statement_that_it_had_not_left_is_answered_anew() -> None:
    approved = answered(drafted(submission=arrived(not_sent=1)).submission)
    assert approved.state is State.APPROVED
    assert reasons(again(replace(approved, delivery=replace(approved.delivery, not_sent=2)))) == {Reason.NOT_SENT: "2"}


def test_what_was_answered_stays_answered_when_it_is_judged_again() -> None:
    approved = answered(drafted(submission=arrived(proven=False, follows=3)).submission)
    assert again(approved, now=LATER) == approved


def test_of_two_people_the_later_one_is_who_released_it() -> None:
    first = answered(drafted().submission)
    changed = again(first, going_to(OTHER))
    second = answered(changed, going_to(OTHER), by=JIRO, now=LATER)
    assert (second.approval.release, second.approval.due_at) == (JIRO, LATER)
    assert [each.by for each in second.answers] == [HANAKO] * 2 + [JIRO] * 2


# --- What was shown is what is approved, and what is approved is what is sent ------------------------------------


@pytest.mark.parametrize("register", [REGISTER, AUTO, HOLD_10], ids=["approve", "auto", "hold"])
def test_a_draft_that_changed_after_its_release_is_held_again(register: Register) -> None:
    held = drafted(register).submission
    approved = answered(held) if held.state is State.HELD else held
    changed = again(approved, going_to(OTHER, register))
    assert (changed.state, reasons(changed)) == (State.HELD, {Reason.CHANGED: ""})
    released = answered(changed, going_to(OTHER, register), by=JIRO)
    assert (released.state, released.approval.release) == (State.APPROVED, JIRO)


def test_a_template_changed_after_the_release_is_a_change() -> None:
    approved = answered(drafted().submission)
    assert reasons(again(approved, replace(REGISTER, templates={"default.txt.j2": "別の本文"}))) == {Reason.CHANGED: ""}


def test_a_change_that_is_taken_back_needs_no_second_approval() -> None:
    approved = answered(drafted().submission)
    changed = again(approved, going_to(OTHER))
    assert again(changed).state is State.APPROVED


def test_an_approval_does_not_come_back_to_life_after_another_draft_was_approved() -> None:
    """The first address was wrong and was corrected; an old configuration restored by mistake must not send to it."""
    wrong = answered(drafted().submission)
    right = answered(again(wrong, going_to(OTHER)), going_to(OTHER), by=JIRO)
    assert right.state is State.APPROVED
    put_back = again(right)
    assert (put_back.state, reasons(put_back)) == (State.HELD, {Reason.CHANGED: ""})


def test_a_rule_that_turns_to_paper_after_the_release_is_a_change() -> None:
    approved = answered(drafted().submission)
    paper = replace(REGISTER, issuers=(of_issuer(rule={"channel": Channel.PAPER}),))
    changed = again(approved, paper)
    assert (changed.state, reasons(changed)) == (State.HELD, {Reason.CHANGED: ""})
    assert answered(changed, paper).state is State.HANDED_OVER


def test_what_is_held_and_turns_to_paper_is_handed_over() -> None:
    paper = replace(REGISTER, issuers=(of_issuer(rule={"channel": Channel.PAPER}),))
    assert again(drafted().submission, paper).state is State.HANDED_OVER


@pytest.mark.parametrize(
    ("register", "reason"),
    [
        (replace(REGISTER, projects=()), Reason.UNKNOWN_PROJECT),
        (replace(REGISTER, guarantors=()), Reason.RULE_OPEN),
        (replace(REGISTER, issuers=(of_issuer(section={"to": ()}),)), Reason.NO_RECIPIENT),
        (replace(REGISTER, templates={}), Reason.RULE_OPEN),
        (replace(REGISTER, max_bytes=1000), Reason.TOO_BIG),
    ],
    ids=["project gone", "guarantor gone", "address gone", "template gone", "limit"],
)
def test_what_was_approved_and_lost_its_ground_is_held(register: Register, reason: Reason) -> None:
    approved = answered(drafted().submission)
    lost = again(approved, register)
    assert lost.state is State.HELD
    assert reason in reasons(lost)
    assert again(lost).state is State.APPROVED, "the same draft as approved, once its ground is back"


def test_what_lost_its_ground_and_comes_back_otherwise_is_looked_at_again() -> None:
    approved = answered(drafted().submission)
    lost = again(approved, replace(REGISTER, projects=()))
    assert reasons(again(lost, going_to(OTHER))) == {Reason.CHANGED: ""}


# --- Rehearsal ---------------------------------------------------------------------------------------------------

REHEARSING = replace(REGISTER, rehearsal_to=REHEARSAL_TO)


def test_a_rehearsal_is_released_like_any_mail() -> None:
    approved = answered(drafted(REHEARSING).submission, REHEARSING)
    assert (approved.state, approved.is_rehearsal) == (State.APPROVED, True)


def rehearsed(register: Register = REHEARSING) -> Submission:
    """After a rehearsal ended, however it ended."""
    approved = answered(drafted(REHEARSING).submission, REHEARSING)
    return again(
        replace(
            approved,
            delivery=replace(approved.delivery, rehearsals=1),
            approval=replace(approved.approval, released_draft="", due_at=None),
        ),
        register,
    )


def test_what_was_rehearsed_is_approved_only_once_rehearsing_is_over() -> None:
    held = rehearsed()
    assert set(reasons(held)) == {Reason.REHEARSED, Reason.APPROVAL}
    with pytest.raises(NotAllowed) as refused:
        answered(held, REHEARSING)
    assert refused.value.code == "still_rehearsing"
    real = answered(again(held))
    assert (real.state, real.is_rehearsal) == (State.APPROVED, False)


@pytest.mark.parametrize("mode", Mode)
def test_what_was_rehearsed_never_goes_for_real_by_itself(mode: Mode) -> None:
    assert Reason.REHEARSED in reasons(rehearsed(replace(REGISTER, mode=mode)))


@pytest.mark.parametrize("mode", Mode)
def test_an_approved_rehearsal_is_no_approval_to_send_to_the_issuer(mode: Mode) -> None:
    held = drafted(replace(REHEARSING, mode=mode)).submission
    approved = answered(held, REHEARSING) if held.state is State.HELD else held
    assert approved.is_rehearsal
    emptied = again(approved, replace(REGISTER, mode=mode))
    assert (emptied.state, reasons(emptied)) == (State.HELD, {Reason.CHANGED: ""})


def test_an_approved_mail_is_not_turned_into_a_rehearsal_unseen() -> None:
    assert reasons(again(answered(drafted().submission), REHEARSING)) == {Reason.CHANGED: ""}


def test_a_project_id_is_what_a_name_is_bound_to() -> None:
    register = replace(REGISTER, projects=(of_project(contract_numbers=()),), guarantors=(EAST,))
    assert reasons(drafted(register).submission)[Reason.NAME_ONLY] == PROJECT


# --- What an answer is about -------------------------------------------------------------------------------------

OUTSIDE = Address("renshu@elsewhere.example")


def test_an_answer_about_an_address_does_not_cover_it_for_another_issuer() -> None:
    held = drafted(known=FakeReading()).submission
    assert reasons(held)[Reason.FIRST_ADDRESS] == TO
    approved = answered(held)
    assert Reason.FIRST_ADDRESS not in reasons(again(approved, known=FakeReading()))
    another = replace(ISSUER, id="another", name="べつの町", file="issuers/another.toml")
    moved = replace(REGISTER, issuers=(another,), projects=(of_project(id="another/道路改良工事", issuer="another"),))
    assert reasons(again(approved, moved, known=FakeReading()))[Reason.FIRST_ADDRESS] == TO


def test_an_answer_of_an_older_program_stays() -> None:
    approved = answered(drafted(known=FakeReading()).submission)
    assert all(each.about for each in approved.answers if each.reason is Reason.FIRST_ADDRESS)
    older = replace(approved, answers=tuple(replace(each, about="") for each in approved.answers))
    assert again(older, known=FakeReading()).state is State.APPROVED


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.HOLD])
def test_the_question_about_the_address_of_rehearsals_holds_no_rehearsal(mode: Mode) -> None:
    register = replace(REGISTER, mode=mode, rehearsal_to=OUTSIDE)
    released = drafted(register).submission
    assert (released.state, released.is_rehearsal) == (State.APPROVED, True)
    ended = replace(
        released,
        delivery=replace(released.delivery, rehearsals=1, rehearsed_to=(OUTSIDE,)),
        approval=replace(released.approval, released_draft="", due_at=None),
    )
    for later in (register, replace(register, rehearsal_to=None)):
        assert reasons(again(ended, later))[Reason.FIRST_ADDRESS] == f"rehearsal_to: {OUTSIDE}"


def test_where_a_person_approves_the_rehearsal_its_address_is_asked_about_with_it() -> None:
    held = drafted(replace(REGISTER, rehearsal_to=OUTSIDE)).submission
    assert reasons(held) == {Reason.FIRST_ADDRESS: f"rehearsal_to: {OUTSIDE}", Reason.APPROVAL: ""}
