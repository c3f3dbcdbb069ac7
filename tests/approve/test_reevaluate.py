"""The same inputs give the same draft; what a submission shows is what register and rules make of it today."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from tests.support.fakes import FakeFiles, FakeReading
from tests.support.holds import detail_of
from tests.support.parts import with_fields
from tests.support.registered import (
    NOTICE,
    PROJECT,
    REGISTER,
    REHEARSAL_TO,
    TO,
    EveryAddressKnown,
    Register,
    arrived,
    drafted,
    of_issuer,
    of_project,
    reasons,
)
from tests.support.world import START
from worker.approve.reevaluate import treat_unread_as_missing
from worker.compose.attachments import STILL_WRITTEN
from worker.compose.compose import hash_draft
from worker.config.release import Mode
from worker.core.errors import StillWritten, Unavailable
from worker.core.message_id import bears_secret, old_message_id
from worker.core.messages import name_hold
from worker.core.model import Answer, Channel, Hold
from worker.core.states import Reason, State

BRIDGE = of_project(id="mihon/橋梁補修工事", name="橋梁補修工事", contract_numbers=())


def register_of(*projects: object) -> Register:
    return replace(REGISTER, projects=projects)


def test_a_draft_says_whose_it_is_and_where_it_goes() -> None:
    stood = drafted().submission
    assert (stood.destination.project, stood.destination.project_name) == (PROJECT, "道路改良工事")
    assert (stood.destination.issuer, stood.destination.issuer_name) == ("mihon", "みほん町")
    assert (stood.destination.section, stood.destination.section_name, stood.destination.section_phone) == (
        "doboku",
        "土木課",
        "0557-00-0000",
    )
    assert stood.destination.channel is Channel.EMAIL
    assert len(stood.composed.draft_hash) == 64
    assert re.fullmatch("1@[0-9A-HJKMNP-TV-Z]{10}", stood.label)


def test_what_is_no_longer_so_is_taken_off_again() -> None:
    stood = drafted().submission
    emptied = drafted(register_of(), stood).submission
    assert reasons(emptied) == {Reason.UNKNOWN_PROJECT: ""}
    assert (
        emptied.destination.project,
        emptied.destination.issuer,
        emptied.destination.issuer_name,
        emptied.destination.section,
    ) == (None, None, "", "")
    assert (emptied.composed.draft, emptied.composed.draft_hash, emptied.destination.channel) == (None, "", None)
    assert emptied.label not in {"1", stood.label}


def test_what_could_not_be_read_waits_for_a_person_alone() -> None:
    refused = arrived(None, refusal=Hold(Reason.NO_TEXT))
    made = drafted(submission=refused, notice=None)
    assert (made.submission.state, reasons(made.submission)) == (State.HELD, {Reason.NO_TEXT: ""})
    assert (made.body, made.contents) == ("", {})


def test_an_unknown_project_and_two_of_one_name_are_held_by_name() -> None:
    assert reasons(drafted(register_of(BRIDGE)).submission) == {Reason.UNKNOWN_PROJECT: ""}
    same = of_project(contract_numbers=()), of_project(id="mihon/道路改良工事#2", contract_numbers=())
    made = drafted(register_of(*same))
    assert reasons(made.submission) == {Reason.TWO_PROJECTS: "mihon/道路改良工事, mihon/道路改良工事#2"}


@pytest.mark.parametrize("mode", Mode)
def test_a_name_alone_is_held_in_every_mode_and_names_the_project(mode: Mode) -> None:
    made = drafted(replace(register_of(of_project(contract_numbers=())), mode=mode))
    assert reasons(made.submission)[Reason.NAME_ONLY] == PROJECT
    assert made.submission.state is State.HELD
    assert made.submission.composed.draft is not None, "a person must see what the approval would send"


def test_a_name_that_may_decide_is_not_held_for_it() -> None:
    made = drafted(replace(register_of(of_project(contract_numbers=(), by_name=True)), mode=Mode.AUTO))
    assert made.submission.state is State.APPROVED


def test_a_number_tied_by_a_person_needs_no_second_look_at_the_name() -> None:
    made = drafted(register_of(BRIDGE), bound=BRIDGE.id)
    assert reasons(made.submission) == {Reason.APPROVAL: ""}
    assert made.submission.destination.project == BRIDGE.id


def test_a_correction_replies_to_the_mail_it_replaces_under_a_number_of_its_own() -> None:
    first = drafted().submission.composed.draft
    made = drafted(submission=arrived(correction=1, corrects=1), replaces="<abc.0@contractor.example>")
    draft = made.submission.composed.draft
    assert first is not None
    assert draft is not None
    assert draft.in_reply_to == "<abc.0@contractor.example>"
    assert draft.message_id[33:] == first.message_id[33:].replace(".0@", ".1@")
    assert draft.message_id[:33] != first.message_id[:33]


def test_what_0_1_drafted_keeps_its_message_id_and_nothing_else_gets_one_of_its_form() -> None:
    fresh = drafted().submission
    assert fresh.composed.draft is not None
    assert bears_secret(fresh.composed.draft.message_id)
    pdf, issuer, product = fresh.notice.pdf_sha256, fresh.destination.issuer, fresh.notice.product
    assert pdf is not None
    assert issuer is not None
    assert product is not None
    old = old_message_id(pdf, issuer, product, 0, fresh.composed.draft.sender)
    before = replace(fresh, id=7, composed=replace(fresh.composed, draft=replace(fresh.composed.draft, message_id=old)))
    again = drafted(submission=before, known=FakeReading([before])).submission
    assert again.composed.draft is not None
    assert (again.composed.draft.message_id, again.composed.draft_hash) == (old, hash_draft(again.composed.draft))
    lost = drafted(
        submission=replace(before, composed=replace(before.composed, draft=None)), known=FakeReading([before])
    ).submission
    assert lost.composed.draft is not None
    assert lost.composed.draft.message_id == old, "also where the draft was missing for a while"
    another = drafted(submission=replace(before, id=8), known=FakeReading([before])).submission
    assert another.composed.draft is not None
    assert bears_secret(another.composed.draft.message_id)


def test_a_rehearsal_is_one_while_the_setting_stands() -> None:
    rehearsing = replace(REGISTER, rehearsal_to=REHEARSAL_TO)
    stood = drafted(rehearsing).submission
    assert stood.is_rehearsal
    assert not drafted(submission=stood).submission.is_rehearsal


def test_a_released_draft_is_remembered_while_it_is_held_again() -> None:
    approved = drafted(replace(REGISTER, mode=Mode.AUTO)).submission
    assert approved.approval.released_draft == approved.composed.draft_hash
    issuer = of_issuer(section={"to": ("other@mihon.example",)})
    held = drafted(replace(REGISTER, mode=Mode.AUTO, issuers=(issuer,)), approved).submission
    assert held.approval.released_draft == approved.composed.draft_hash
    assert reasons(held) == {Reason.CHANGED: ""}
    assert held.approval.due_at is None


def test_drafting_again_changes_nothing_where_nothing_changed() -> None:
    for mode in Mode:
        register = replace(REGISTER, mode=mode)
        once = drafted(register).submission
        assert drafted(register, once, now=START.replace(hour=12)).submission == once


def test_two_notices_of_one_project_do_not_share_a_message_id() -> None:
    one = drafted(pdf=b"%PDF-1.4 one").submission.composed.draft
    two = drafted(pdf=b"%PDF-1.4 two", notice=NOTICE).submission.composed.draft
    assert one is not None
    assert two is not None
    assert one.message_id != two.message_id


# --- Guards ----------------------------------------------------------------------------------------------------

AUTO = replace(REGISTER, mode=Mode.AUTO)


@pytest.mark.parametrize("mode", Mode)
def test_the_first_mail_to_an_address_is_held_in_every_mode(mode: Mode) -> None:
    made = drafted(replace(REGISTER, mode=mode), known=FakeReading())
    assert made.submission.state is State.HELD
    assert reasons(made.submission)[Reason.FIRST_ADDRESS] == TO


def test_every_guard_is_listed_with_its_result() -> None:
    made = drafted(AUTO, known=FakeReading())
    assert {check.name: len(check.holds) for check in made.checks} == {
        "wrong_recipient": 0,
        "key_differs": 0,
        "invoice": 0,
        "first_address": 1,
        "rule_changed": 0,
        "already_resubmitted": 0,
        "large_attachment": 0,
    }
    assert drafted(register_of()).checks == ()


def test_an_answer_about_one_address_covers_no_other() -> None:
    two = replace(AUTO, issuers=(of_issuer(section={"to": (TO, "other@mihon.example")}),))
    held = drafted(two, known=FakeReading()).submission
    answers = tuple(
        Answer(hold.reason, hold.params, "山田 花子", "hanako", START) for hold in held.reasons if detail_of(hold) == TO
    )
    left = drafted(two, replace(held, answers=answers), known=FakeReading()).submission
    assert reasons(left) == {Reason.FIRST_ADDRESS: "other@mihon.example"}


def test_an_address_that_a_person_looked_at_stays_answered_when_another_mail_made_the_other_known() -> None:
    two = replace(AUTO, issuers=(of_issuer(section={"to": (TO, "other@mihon.example")}),))
    held = drafted(two, known=FakeReading()).submission
    answers = tuple(Answer(hold.reason, hold.params, "山田 花子", "hanako", START) for hold in held.reasons)
    past = replace(
        drafted(AUTO).submission,
        id=9,
        state=State.SENT,
        notice=replace(drafted(AUTO).submission.notice, contract_number="1-1"),
        delivery=replace(drafted(AUTO).submission.delivery, sent_at=None),
    )
    approved = drafted(two, replace(held, answers=answers), known=FakeReading([past])).submission
    assert approved.state is State.APPROVED


def test_a_further_notice_under_a_number_already_submitted_waits_even_in_auto() -> None:
    made = drafted(AUTO, arrived(follows=3))
    assert (made.submission.state, reasons(made.submission)) == (State.HELD, {Reason.SEEN_BEFORE: "3"})


@pytest.mark.parametrize("state", [State.HELD, State.APPROVED, State.WITHDRAWN, State.REFUSED])
def test_a_notice_of_a_number_that_was_not_submitted_is_told_so(state: State) -> None:
    earlier = replace(drafted().submission, id=3, state=state)
    held = drafted(AUTO, arrived(id=4, follows=3), known=EveryAddressKnown([earlier])).submission
    (hold,) = (each for each in held.reasons if each.reason is Reason.SEEN_BEFORE)
    assert name_hold(hold, "ja") == "同じ番号のお知らせが前に届いています（3：未提出）"
    for submitted in ({"sent_at": START}, {"state": State.SENT}, {"state": State.IN_DOUBT}, {"not_sent": 1}):
        known = EveryAddressKnown([with_fields(earlier, **submitted)])
        asked = reasons(drafted(AUTO, arrived(id=4, follows=3), known=known).submission)
        assert asked[Reason.SEEN_BEFORE] == "3"


def test_a_projects_earlier_notice_of_this_product_is_asked_about_where_only_the_name_fits() -> None:
    earlier = replace(
        drafted().submission, id=1, notice=replace(drafted().submission.notice, contract_number="12345-000001")
    )
    by_name = replace(register_of(of_project(contract_numbers=(), by_name=True)), mode=Mode.AUTO)
    later = arrived(id=2)
    held = drafted(by_name, later, known=EveryAddressKnown([earlier])).submission
    assert reasons(held) == {Reason.NUMBER_DIFFERS: f"{PROJECT}: 12345-000001"}
    withdrawn = replace(earlier, state=State.WITHDRAWN)
    assert drafted(by_name, later, known=EveryAddressKnown([withdrawn])).submission.state is State.APPROVED
    assert drafted(by_name, arrived(), known=EveryAddressKnown([replace(earlier, id=2)])).submission.reasons == ()


def test_where_the_draft_must_be_recorded_a_file_still_being_written_is_told_from_one_that_is_away() -> None:
    held = {"new.pdf": StillWritten("folder", "new.pdf"), "away.pdf": Unavailable("folder", "away")}
    files = treat_unread_as_missing(FakeFiles(held).snapshot())
    assert files.invoice("new.pdf") == STILL_WRITTEN
    assert files.invoice("away.pdf") is None
