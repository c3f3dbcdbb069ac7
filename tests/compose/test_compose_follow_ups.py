"""Every duty is the rule's own sentence or follows from a registered date."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.holds import in_ja
from tests.support.registered import (
    INVOICE,
    NOTICE,
    PROJECT,
    REGISTER,
    SECTION,
    Register,
    arrived,
    drafted,
    of_issuer,
    of_project,
    reasons,
)
from tests.support.world import NUMBER, START
from worker.approve.decisions import choose_follow_up
from worker.compose.compose import describe_timing, hash_rule
from worker.config.release import Mode
from worker.core.errors import NotAllowed
from worker.core.messages import name_follow_up
from worker.core.model import Closing, FollowUps, Product, Submission
from worker.core.rulebook import Invoice, InvoiceRule, Timing
from worker.core.states import Reason, State

ADVANCE = replace(NOTICE, product=Product.ADVANCE)
TODAY = START.date()
TOMORROW = TODAY + dt.timedelta(days=1)
INVOICED = {Product.ADVANCE: (Invoice("road.pdf", date=dt.date(2026, 12, 4)),)}
AUTO = replace(REGISTER, mode=Mode.AUTO)


def ruled(register: Register = AUTO, **keys: object) -> Register:
    return replace(register, issuers=(of_issuer(rule=keys),))


def with_invoice(contract: dt.date | None, **keys: object) -> Register:
    dates = {"contract": contract} if contract else {}
    files = type(REGISTER.files)({"road.pdf": INVOICE})
    return replace(ruled(**keys), projects=(of_project(invoices=INVOICED, dates=dates),), files=files)


# --- What a draft keeps of its rule ------------------------------------------------------------------------------


def test_a_draft_keeps_what_people_do_as_its_rule_said() -> None:
    issuer = of_issuer(
        rule={
            "chosen": "課の指定により件名は案件名",
            "call_after": True,
            "closes": Closing.CALL,
            "settle_days": 5,
            "after": ("請求書を紙で提出",),
            "url": "https://mihon.example/",
        },
        source="https://mihon.example/rule",
        checked_on=dt.date(2026, 4, 2),
    )
    duties = drafted(replace(REGISTER, issuers=(issuer,))).submission.follow_ups.duties
    assert duties == FollowUps(
        rule_hash=hash_rule(issuer.rules[Product.CONTRACT], issuer.sections["doboku"]),
        source="https://mihon.example/rule",
        checked_on=dt.date(2026, 4, 2),
        chosen="課の指定により件名は案件名",
        call_after=True,
        closes="call",
        settle_days=5,
        after=("請求書を紙で提出",),
        url="https://mihon.example/",
        counts_silence=True,
    )


def test_the_rules_hash_follows_what_applies_and_who_receives() -> None:
    rule = of_issuer().rules[Product.CONTRACT]
    assert hash_rule(rule, SECTION) == hash_rule(replace(rule), replace(SECTION))
    assert hash_rule(replace(rule, subject="別"), SECTION) != hash_rule(rule, SECTION)
    assert hash_rule(rule, replace(SECTION, phone="0")) != hash_rule(rule, SECTION)
    assert hash_rule(rule, None) != hash_rule(rule, SECTION)


def test_duties_are_known_even_where_there_is_no_draft_yet() -> None:
    held = drafted(replace(REGISTER, issuers=(of_issuer(rule={"call_after": True}, section={"to": ()}),))).submission
    assert (held.composed.draft, held.follow_ups.duties.call_after) == (None, True)


def test_a_rule_given_for_one_project_says_that_it_stands_in_the_register() -> None:
    own = replace(of_issuer().rules[Product.CONTRACT], subject="指定の件名")
    register = replace(REGISTER, projects=(of_project(rules={Product.CONTRACT: own}),))
    made = drafted(register).submission
    assert made.composed.draft is not None
    assert made.composed.draft.subject == "指定の件名"
    assert in_ja(made.follow_ups.duties.source) == f"projects.toml（{PROJECT}）"


# --- Contact, and together with ----------------------------------------------------------------------------------


def test_whom_to_tell_before_sending_is_asked_with_section_and_phone() -> None:
    held = drafted(ruled(contact_first="送信前に電話で一報")).submission
    assert reasons(held) == {Reason.CONTACT_FIRST: f"{PROJECT}：送信前に電話で一報（土木課 0557-00-0000）"}


@pytest.mark.parametrize(
    ("timing", "dates", "says"),
    [
        (Timing.WITH_CONTRACT, {}, "契約書と同時に提出"),
        (Timing.WITH_CONTRACT, {"contract": TOMORROW}, "契約書（令和8年11月22日）と同時に提出"),
        (Timing.WITH_INVOICE, {}, "請求書と同時に提出"),
    ],
)
def test_what_goes_together_with_another_document_waits_for_a_person(
    timing: Timing, dates: dict[str, dt.date], says: str
) -> None:
    register = replace(ruled(timing=timing), projects=(of_project(dates=dates),))
    assert reasons(drafted(register).submission) == {Reason.TIMING: f"{PROJECT}：{says}"}


def test_together_with_the_invoice_names_the_invoices_day() -> None:
    register = with_invoice(TODAY, timing=Timing.WITH_INVOICE)
    held = drafted(register, notice=ADVANCE).submission
    assert reasons(held) == {Reason.TIMING: f"{PROJECT}：請求書（令和8年12月4日）と同時に提出"}


def test_a_rehearsal_neither_waits_for_the_moment_nor_asks_for_a_call() -> None:
    """An answer given for a rehearsal would count for the real mail, before the call to the issuer."""
    register = replace(
        with_invoice(TOMORROW, timing=Timing.WITH_CONTRACT, contact_first="一報"),
        rehearsal_to=REGISTER.contractor.email,
    )
    rehearsal = drafted(register, notice=ADVANCE).submission
    assert (rehearsal.state, rehearsal.approval.due_at) == (State.APPROVED, START)
    real = drafted(replace(register, rehearsal_to=None), notice=ADVANCE).submission
    assert set(reasons(real)) == {Reason.TIMING, Reason.CONTACT_FIRST}


# --- Deadlines ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("timing", "deadline"),
    [
        (Timing.BEFORE_CONTRACT, dt.date(2026, 11, 20)),  # its day, the 22nd, is a Sunday
        (Timing.BEFORE_INVOICE, dt.date(2026, 12, 3)),
        (Timing.ANY, None),
        (Timing.WITH_CONTRACT, None),
    ],
)
def test_what_comes_before_another_document_is_due_on_the_last_working_day_before_its_day(
    timing: Timing, deadline: dt.date | None
) -> None:
    register = with_invoice(TOMORROW, timing=timing, invoice=InvoiceRule.NEVER)
    assert drafted(register, notice=ADVANCE).submission.follow_ups.duties.deadline == deadline


@pytest.mark.parametrize(
    ("timing", "said"),
    [
        (Timing.BEFORE_CONTRACT, "契約書（令和8年12月1日）より前、令和8年11月30日までに提出"),
        (Timing.BEFORE_INVOICE, "請求書より前に提出"),
        (Timing.WITH_CONTRACT, "契約書（令和8年12月1日）と同時に提出"),
    ],
)
def test_when_to_hand_it_in_says_the_day_until_which_it_may_be(timing: Timing, said: str) -> None:
    rule = ruled(timing=timing).issuers[0].rules[Product.CONTRACT]
    project = of_project(dates={"contract": dt.date(2026, 12, 1)})
    assert name_follow_up(describe_timing(project, Product.ADVANCE, NUMBER, rule), "ja") == said


def test_a_deadline_without_a_registered_day_holds_nothing_up() -> None:
    made = drafted(ruled(timing=Timing.BEFORE_CONTRACT)).submission
    assert (made.state, made.follow_ups.duties.deadline) == (State.APPROVED, None)


@pytest.mark.parametrize("rule", InvoiceRule)
def test_where_the_key_comes_before_the_invoice_it_never_rides_along(rule: InvoiceRule) -> None:
    made = drafted(with_invoice(TODAY, timing=Timing.BEFORE_INVOICE, invoice=rule), notice=ADVANCE).submission
    assert made.composed.draft is not None
    assert len(made.composed.draft.attachments) == 1


# --- An invoice does not leave before the contract ---------------------------------------------------------------


def test_an_invoice_waits_until_the_contracts_day_is_known() -> None:
    held = drafted(with_invoice(None), notice=ADVANCE).submission
    assert set(reasons(held)) == {Reason.TIMING}
    assert reasons(held)[Reason.TIMING].startswith(PROJECT)
    assert held.follow_ups.duties.not_before is None


def test_an_invoice_waits_for_the_contracts_day_and_then_waits_no_longer() -> None:
    register = with_invoice(TOMORROW)
    held = drafted(register, notice=ADVANCE).submission
    assert set(reasons(held)) == {Reason.TIMING}
    assert "令和8年11月22日" in reasons(held)[Reason.TIMING]
    assert held.follow_ups.duties.not_before == TOMORROW
    midnight = dt.datetime.combine(TOMORROW, dt.time(), START.tzinfo)
    before = drafted(register, held, notice=ADVANCE, now=midnight - dt.timedelta(seconds=1)).submission
    assert before.state is State.HELD
    on_the_day = drafted(register, held, notice=ADVANCE, now=midnight.astimezone(dt.UTC)).submission
    assert (on_the_day.state, on_the_day.approval.due_at) == (State.APPROVED, midnight)


@pytest.mark.parametrize("contract", [TODAY, TODAY - dt.timedelta(days=30)])
def test_an_invoice_of_a_concluded_contract_goes_at_once(contract: dt.date) -> None:
    made = drafted(with_invoice(contract), notice=ADVANCE).submission
    assert (made.state, made.approval.due_at) == (State.APPROVED, START)


def test_a_mail_without_an_invoice_does_not_wait_for_the_contract() -> None:
    register = with_invoice(TOMORROW, invoice=InvoiceRule.NEVER)
    made = drafted(register, notice=ADVANCE).submission
    assert (made.state, made.approval.due_at, made.follow_ups.duties.not_before) == (State.APPROVED, START, None)


# --- Done --------------------------------------------------------------------------------------------------------


def owing(*after: str, done: tuple[str, ...] = ()) -> Submission:
    return arrived(duties=FollowUps(after=after), done=done)


def test_the_only_duty_left_needs_no_number() -> None:
    assert choose_follow_up(owing("請求書を紙で提出"), None) == "請求書を紙で提出"
    assert choose_follow_up(owing("請求書を紙で提出", "原本を郵送", done=("請求書を紙で提出",)), None) == "原本を郵送"


@pytest.mark.parametrize(
    ("submission", "what", "code"),
    [
        (owing(), None, "no_duty_left"),
        (owing("a", done=("a",)), None, "no_duty_left"),
        (owing("a", done=("a",)), 1, "duty_done"),
        (owing("a", "b"), None, "which_duty"),
        (owing("a", "b"), 3, "no_such_duty"),
        (owing("a", "b"), 0, "no_such_duty"),
    ],
)
def test_a_duty_that_is_not_one_or_is_done_already_is_refused(
    submission: Submission, what: int | None, code: str
) -> None:
    with pytest.raises(NotAllowed) as refused:
        choose_follow_up(submission, what)
    assert refused.value.code == code


def test_an_amended_contract_is_marked_so() -> None:
    register = replace(REGISTER, projects=(of_project(is_amended=True),))
    assert drafted(register).submission.follow_ups.duties.is_amended
    assert not drafted().submission.follow_ups.duties.is_amended


# --- A project's own deadline ------------------------------------------------------------------------------------


def test_of_two_deadlines_the_earlier_counts() -> None:
    day, last = dt.date(2026, 12, 3), dt.date(2026, 12, 2)
    for own, expected in ((last - dt.timedelta(days=1), last - dt.timedelta(days=1)), (day, last)):
        project = of_project(dates={"contract": day}, deadlines={Product.CONTRACT: own})
        register = replace(ruled(timing=Timing.BEFORE_CONTRACT), projects=(project,))
        assert drafted(register).submission.follow_ups.duties.deadline == expected


def test_a_projects_deadline_holds_for_its_own_product_alone() -> None:
    project = of_project(deadlines={Product.ADVANCE: dt.date(2026, 12, 1)})
    assert drafted(replace(AUTO, projects=(project,))).submission.follow_ups.duties.deadline is None
