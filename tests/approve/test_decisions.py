"""A person's decision compares and sets in one transaction; what is not allowed changes nothing.

With the real store in a folder of its own: a decision is what it wrote.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import decided, world
from tests.support.fakes import FakeClock, FakeFiles
from tests.support.holds import detail_of
from tests.support.known_addresses import make_known
from tests.support.parts import with_fields
from tests.support.registered import (
    APPROVED_ONLY,
    INVOICE,
    NOTICE,
    PDF,
    PROJECT,
    REGISTER,
    REHEARSAL_TO,
    TO,
    Register,
    arrived,
    of_issuer,
    of_project,
    reasons,
)
from tests.support.stores import make_database, open_store
from tests.support.world import HANAKO, START, WORKER
from worker.approve import decisions
from worker.approve.checked_reasons import mark_of_hold, reasons_to_check
from worker.approve.decisions import Approval
from worker.approve.reevaluate import keep_contents
from worker.config.release import Mode
from worker.core.errors import NotAllowed, Unavailable
from worker.core.messages import name_hold
from worker.core.model import JST, Address, Channel, Entry, Key, Notice, NoticeRecord, Product, Submission, sha256
from worker.core.rulebook import CountedBy, Document, Invoice
from worker.core.states import Event, HoldKind, Reason, State, kind_of
from worker.send.smtp.client import Timeouts
from worker.store.ports import Author
from worker.store.sqlite.store import SqlStore

JIRO = Author(world.JIRO.by, "jiro (root)")
ELSEWHERE = replace(REGISTER, issuers=(of_issuer(section={"to": (Address("other@mihon.example"),)}),))
REHEARSING = replace(REGISTER, rehearsal_to=REHEARSAL_TO)
PAPER = replace(REGISTER, issuers=(of_issuer(rule={"channel": Channel.PAPER}),))
BRIDGE = of_project(id="mihon/橋梁補修工事", name="橋梁補修工事", contract_numbers=())


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    make_database(folder)
    make_known(folder, ("mihon", "doboku", (TO,)))
    return folder


@dataclass
class Desk:
    """A store, a clock, and the decisions taken with what the configuration says at that moment."""

    store: SqlStore
    clock: FakeClock

    def arrive(
        self, register: Register = REGISTER, notice: Notice = NOTICE, pdf: bytes = PDF, **changes: Any
    ) -> Submission:
        with self.store.writing() as writing:
            writing.keep("notice", pdf)
            writing.keep_notice(sha256(pdf), notice)
            new = arrived(notice, pdf, id=0, **changes)
            made = decided.reevaluate(new, register.active_config(), writing, self.clock.now())
            keep_contents(writing, made)
            return writing.create(Event.NOTICE_READ, made.submission, WORKER, {})

    def approve(
        self, number: int, register: Register = REGISTER, shown: str = "", author: Author = HANAKO, note: str = ""
    ) -> Submission:
        label = shown or self.store.submission(number).label
        after, _ = decided.approve(self.store, register.active_config(), number, label, author, note, self.clock.now())
        return after

    def send(self, number: int, *events: tuple[Event, State], **changes: Any) -> Submission:
        """The worker's records while it sends."""
        current = self.store.submission(number)
        for event, state in events:
            with self.store.writing() as writing:
                after = with_fields(current, state=state, **(changes if (event, state) == events[-1] else {}))
                current = writing.change(event, current, after, WORKER, {})
        return current

    def in_doubt(self, register: Register = REGISTER, **changes: Any) -> Submission:
        self.approve(self.arrive(register).id, register)
        return self.send(1, STARTED, BODY, **changes)

    def sent(self) -> Submission:
        self.approve(self.arrive().id)
        return self.send(1, STARTED, BODY, ACCEPTED, sent_at=self.clock.now())

    def entries(self, number: int | None = None) -> list[Entry]:
        return list(self.store.entries(number))

    def resend(self, number: int, register: Register = REGISTER) -> Submission:
        return decided.resend(self.store, register.active_config(), number, HANAKO, "宛先訂正", self.clock.now())


STARTED = (Event.SEND_STARTED, State.SENDING)
BODY = (Event.DATA_STARTED, State.IN_DOUBT)
ACCEPTED = (Event.ACCEPTED, State.SENT)


@pytest.fixture
def desk(empty_database: Path, tmp_path: Path) -> Iterator[Desk]:
    shutil.copytree(empty_database, tmp_path, dirs_exist_ok=True)
    clock = FakeClock()
    store = open_store(tmp_path, clock)
    yield Desk(store, clock)
    store.close()


def refusal(call: Callable[..., object], *arguments: Any, **named: Any) -> NotAllowed:
    with pytest.raises(NotAllowed) as refused:
        call(*arguments, **named)
    return refused.value


# --- approve -----------------------------------------------------------------------------------------------------


def test_an_approval_keeps_who_by_which_account_what_was_answered_and_the_note(desk: Desk) -> None:
    shown = desk.arrive(proven=False)
    approved = desk.approve(1, note="差出人に電話で確認")
    assert approved.state is State.APPROVED
    entry = desk.entries(1)[-1]
    assert (entry.event, entry.by, entry.account) == ("Approved", HANAKO.by, HANAKO.account)
    assert entry.detail == {
        "answered": ["sender_unproven", "approval"],
        "draft": approved.composed.draft_hash,
        "label": shown.label,
        "note": "差出人に電話で確認",
    }


def test_what_was_approved_is_kept_whole(desk: Desk) -> None:
    desk.arrive()
    draft = desk.approve(1).composed.draft
    assert draft is not None
    assert desk.store.original(draft.attachments[0].sha256) == PDF
    assert "道路改良工事" in desk.store.original(draft.body_sha256).decode()


def test_an_approval_by_name_ties_this_number_to_the_project(desk: Desk) -> None:
    nameless = replace(REGISTER, projects=(of_project(contract_numbers=()),))
    desk.arrive(nameless)
    assert desk.approve(1, nameless).destination.bound_project == PROJECT
    assert desk.store.bound_project("east", NOTICE.contract_number, Product.CONTRACT) == PROJECT
    assert desk.store.bound_project("east", NOTICE.contract_number, Product.ADVANCE) is None
    # The next notice of this number is certain, even if another project now has the name.
    twin = of_project(id="kaga/道路改良工事", contract_numbers=())
    amended = replace(NOTICE, key=Key("ZzYyXxWw0099"))
    both = replace(REGISTER, projects=(of_project(contract_numbers=()), twin))
    later = desk.arrive(both, amended, b"%PDF-1.4 amended", follows=1)
    assert later.destination.project == PROJECT
    assert set(reasons(later)) == {Reason.SEEN_BEFORE, Reason.APPROVAL}


def test_the_register_corrects_a_tie_made_by_mistake_and_the_draft_is_looked_at_again(desk: Desk) -> None:
    nameless = replace(REGISTER, projects=(of_project(contract_numbers=()),))
    desk.arrive(nameless)
    approved = desk.approve(1, nameless)
    numbered = replace(BRIDGE, contract_numbers=(NOTICE.contract_number,))
    corrected = replace(REGISTER, projects=(of_project(contract_numbers=()), numbered))
    fresh = decided.reevaluate(approved, corrected.active_config(), desk.store, START).submission
    assert (fresh.destination.project, set(reasons(fresh))) == (BRIDGE.id, {Reason.CHANGED, Reason.NUMBER_DIFFERS})


@pytest.mark.parametrize(
    "changed",
    [
        ELSEWHERE,
        replace(REGISTER, templates={"default.txt.j2": "別の本文"}),
        replace(REGISTER, projects=(of_project(values={"工事番号": "R8-12"}),)),
        REHEARSING,
    ],
    ids=["address", "template", "value", "rehearsal"],
)
def test_a_draft_that_changed_since_it_was_shown_is_recorded_and_not_approved(desk: Desk, changed: Register) -> None:
    shown = desk.arrive()
    refused = refusal(desk.approve, 1, changed, shown=shown.label)
    fresh = desk.store.submission(1)
    assert (refused.code, refused.params["now"]) == ("draft_differs", fresh.label)
    assert (fresh.state, fresh.answers) == (State.HELD, ())
    assert fresh.composed.draft_hash != shown.composed.draft_hash
    assert [entry.event for entry in desk.entries(1)] == ["NoticeRead", "Redrafted"]
    assert desk.approve(1, changed, shown=fresh.label).state is State.APPROVED


def test_an_invoice_whose_bytes_changed_is_another_draft(desk: Desk) -> None:
    invoices = {Product.ADVANCE: (Invoice("road.pdf"),)}
    files = FakeFiles({"road.pdf": INVOICE})
    register = replace(REGISTER, projects=(of_project(invoices=invoices),), files=files)
    desk.arrive(register, replace(NOTICE, product=Product.ADVANCE))
    approved = desk.approve(1, register)
    files.held["road.pdf"] = INVOICE + b" corrected"
    fresh = decided.reevaluate(approved, register.active_config(), desk.store, START).submission
    assert reasons(fresh) == {Reason.CHANGED: ""}


def test_an_approval_while_the_share_with_the_invoice_is_away_changes_nothing(desk: Desk) -> None:
    files = FakeFiles({"road.pdf": INVOICE})
    register = replace(
        REGISTER, projects=(of_project(invoices={Product.ADVANCE: (Invoice("road.pdf"),)}),), files=files
    )
    before = desk.arrive(register, replace(NOTICE, product=Product.ADVANCE))
    files.held["road.pdf"] = Unavailable("folder", "no answer")
    with pytest.raises(Unavailable):
        desk.approve(1, register)
    assert desk.store.submission(1) == before


def test_a_reason_that_nobody_was_shown_is_not_answered_unseen(desk: Desk) -> None:
    desk.arrive()
    stricter = replace(REGISTER, issuers=(of_issuer(eligibility=APPROVED_ONLY),))
    assert refusal(desk.approve, 1, stricter).code == "draft_differs"
    assert set(reasons(desk.store.submission(1))) == {Reason.ELIGIBILITY_UNKNOWN, Reason.APPROVAL}
    assert desk.approve(1, stricter).state is State.APPROVED


def test_the_label_shown_before_a_new_reason_does_not_answer_it_at_the_second_try(desk: Desk) -> None:
    shown = desk.arrive()
    stricter = replace(REGISTER, issuers=(of_issuer(eligibility=APPROVED_ONLY),))
    for _ in range(2):
        assert refusal(desk.approve, 1, stricter, shown=shown.label).code == "draft_differs"
    fresh = desk.store.submission(1)
    assert (fresh.state, fresh.answers, fresh.composed.draft_hash) == (State.HELD, (), shown.composed.draft_hash)
    assert fresh.label != shown.label


def test_no_approval_is_without_a_label_and_nothing_is_written(desk: Desk) -> None:
    before = desk.arrive()
    arguments = (desk.store, REGISTER.active_config(), 1, "", HANAKO, "", desk.clock.now())
    assert refusal(decided.approve, *arguments).code == "label_missing"
    assert (desk.store.submission(1), len(desk.entries(1))) == (before, 1)


def test_an_approval_that_was_asked_about_says_so_in_its_entry(desk: Desk) -> None:
    label = desk.arrive().label
    decided.approve(desk.store, REGISTER.active_config(), 1, label, HANAKO, "", desk.clock.now(), asked=True)
    assert desk.entries(1)[-1].detail["label"] == "asked"


@pytest.mark.parametrize("typed", [str.lower, lambda label: label.replace("1", "l").replace("0", "o")])
def test_a_label_is_taken_in_small_letters_and_with_letters_that_look_like_its_digits(
    desk: Desk, typed: Callable[[str], str]
) -> None:
    letters = desk.arrive().label.partition("@")[2]
    assert desk.approve(1, shown=f"1@{typed(letters)}").state is State.APPROVED
    assert desk.entries(1)[-1].detail["label"] == f"1@{letters}"


OLD_RULE = replace(REGISTER, issuers=(of_issuer(checked_on=dt.date(2020, 5, 1)),))


def test_midnight_of_the_first_of_april_changes_no_label_of_what_is_asked_before_and_after(desk: Desk) -> None:
    desk.clock.moment = dt.datetime(2027, 3, 31, 23, 59, tzinfo=JST)
    shown = desk.arrive(OLD_RULE)
    desk.clock.moment += dt.timedelta(minutes=2)
    fresh = decided.reevaluate(shown, OLD_RULE.active_config(), desk.store, desk.clock.now()).submission
    assert fresh.reasons != shown.reasons
    assert fresh.label == shown.label
    assert desk.approve(1, OLD_RULE, shown=shown.label).state is State.APPROVED


def test_a_first_of_april_that_asks_about_a_rule_once_more_changes_the_label(desk: Desk) -> None:
    rule = replace(REGISTER, issuers=(of_issuer(checked_on=dt.date(2026, 5, 1)),))
    desk.clock.moment = dt.datetime(2027, 3, 31, 23, 59, tzinfo=JST)
    shown = desk.arrive(rule)
    desk.clock.moment += dt.timedelta(minutes=2)
    assert refusal(desk.approve, 1, rule, shown=shown.label).code == "draft_differs"
    assert desk.store.submission(1).label != shown.label


def before_its_contract(**more: Any) -> Register:
    dates = {CountedBy.CONTRACT: dt.date(2026, 12, 1)}
    invoices = {Product.ADVANCE: (Invoice("road.pdf"),)}
    project = of_project(invoices=invoices, **{"dates": dates, **more})
    return replace(REGISTER, projects=(project,), files=FakeFiles({"road.pdf": INVOICE}))


def test_a_label_outlives_the_midnight_at_which_the_contracts_day_comes_but_no_other_day(desk: Desk) -> None:
    register = before_its_contract()
    desk.clock.moment = dt.datetime(2026, 11, 30, 23, 59, tzinfo=JST)
    shown = desk.arrive(register, replace(NOTICE, product=Product.ADVANCE))
    assert Reason.TIMING in reasons(shown)
    later = before_its_contract(dates={CountedBy.CONTRACT: dt.date(2026, 12, 2)})
    moved = decided.reevaluate(shown, later.active_config(), desk.store, desk.clock.now()).submission
    assert (moved.composed.draft_hash, moved.label == shown.label) == (shown.composed.draft_hash, False)
    desk.clock.moment += dt.timedelta(minutes=2)
    fresh = decided.reevaluate(shown, register.active_config(), desk.store, desk.clock.now()).submission
    assert (Reason.TIMING in reasons(fresh), fresh.label) == (False, shown.label)
    assert desk.approve(1, register, shown=shown.label).state is State.APPROVED


def test_no_day_of_a_year_changes_a_label_while_the_same_is_asked(desk: Desk) -> None:
    """But for a contract's day, which ends its reason, the reasons of each day are those of the day before."""
    register = replace(before_its_contract(), issuers=OLD_RULE.issuers)
    shown = desk.arrive(register, replace(NOTICE, product=Product.ADVANCE), proven=False)
    labels = set()
    for day in range(0, 500, 7):
        now = desk.clock.now() + dt.timedelta(days=day)
        labels.add(decided.reevaluate(shown, register.active_config(), desk.store, now).submission.label)
    assert labels == {shown.label}


def test_what_must_be_mended_is_not_approved_and_nothing_is_written(desk: Desk) -> None:
    unknown = replace(REGISTER, projects=())
    before = desk.arrive(unknown)
    refused = refusal(desk.approve, 1, unknown)
    assert (refused.code, refused.params["reasons"]) == ("not_answerable", "unknown_project")
    assert (desk.store.submission(1), len(desk.entries(1))) == (before, 1)


def test_what_was_mended_since_is_shown_before_it_can_be_approved(desk: Desk) -> None:
    desk.arrive(replace(REGISTER, projects=()))
    assert refusal(desk.approve, 1).code == "draft_differs"
    assert reasons(desk.store.submission(1)) == {Reason.APPROVAL: ""}
    assert desk.approve(1).state is State.APPROVED


def test_a_second_approval_finds_nothing_to_approve(desk: Desk) -> None:
    desk.arrive()
    desk.approve(1)
    assert refusal(desk.approve, 1, author=JIRO).code == "not_held"
    assert desk.store.submission(1).approval.release == "山田 花子"


def test_a_number_that_does_not_exist_is_said(desk: Desk) -> None:
    assert refusal(desk.approve, 7).code == "no_such_submission"


def test_an_approval_for_a_form_or_paper_opens_the_task_to_hand_it_in(desk: Desk) -> None:
    desk.arrive(PAPER, proven=False)
    handed = desk.approve(1, PAPER)
    assert (handed.state, handed.reasons) == (State.HANDED_OVER, ())
    assert [entry.event for entry in desk.entries(1)] == ["NoticeRead", "Approved", "Redrafted"]


def test_what_was_rehearsed_is_not_approved_while_rehearsing(desk: Desk) -> None:
    desk.in_doubt(REHEARSING)
    ended = with_fields(desk.store.submission(1), rehearsals=1, released_draft="", due_at=None)
    fresh = decided.reevaluate(ended, REHEARSING.active_config(), desk.store, START).submission
    with desk.store.writing() as writing:
        writing.change(Event.REHEARSAL_ENDED, desk.store.submission(1), fresh, WORKER, {})
    assert refusal(desk.approve, 1, REHEARSING).code == "still_rehearsing"
    assert refusal(desk.approve, 1, shown=fresh.label).code == "draft_differs"
    real = desk.approve(1)
    assert (real.state, real.is_rehearsal) == (State.APPROVED, False)


def test_a_later_notice_of_another_key_is_found_even_if_nothing_told_this_one(desk: Desk) -> None:
    """The first was being sent when the second came, and the server deferred it."""
    desk.arrive()
    desk.approve(1)
    desk.send(1, STARTED)
    desk.arrive(REGISTER, replace(NOTICE, key=Key("ZzYyXxWw0099")), b"%PDF-1.4 amended", follows=1)
    put_back = desk.send(1, (Event.NOT_NOW, State.APPROVED))
    fresh = decided.reevaluate(put_back, REGISTER.active_config(), desk.store, START).submission
    assert (fresh.state, reasons(fresh)) == (State.HELD, {Reason.SUPERSEDED: "2"})


# --- Conditions, amended guarantees, what is done after sending ---------------------------------------------------

CONDITIONS = ("押印を確かめた", "様式を確かめた")
ON_CONDITION = replace(REGISTER, issuers=(of_issuer(rule={"conditions": CONDITIONS}),))
AFTERWARDS = replace(REGISTER, issuers=(of_issuer(rule={"after": ("請求書を紙で提出", "原本を郵送")}),))
AMENDED = replace(NOTICE, key=Key("ZzYyXxWw0099"))


def approve_ticking(desk: Desk, *ticked: str) -> Submission:
    active_config, now = ON_CONDITION.active_config(), desk.clock.now()
    after, _ = decided.approve(desk.store, active_config, 1, desk.store.submission(1).label, HANAKO, "", now, ticked)
    return after


def test_an_approval_without_a_tick_for_each_reason_changes_nothing_and_names_those_left(desk: Desk) -> None:
    desk.arrive(ELSEWHERE, proven=False)
    held = desk.store.submission(1)
    asked = reasons_to_check(held)
    assert len(asked) > 1
    active_config, now = ELSEWHERE.active_config(), desk.clock.now()

    def approve_with(*reasons: str) -> Submission:
        approval = Approval(1, held.label, HANAKO, "照合済み", now, reasons=reasons)
        after, _ = decisions.approve(desk.store, active_config, decided.invoices_of(active_config), approval)
        return after

    entries = desk.entries()
    refused = refusal(approve_with, mark_of_hold(asked[0]))
    left = {"id": "1", "numbers": "2", "reasons": asked[1].reason.value}
    assert (refused.code, refused.params) == ("reasons_unconfirmed", left)
    assert desk.entries() == entries
    assert approve_with(*map(mark_of_hold, asked)).state is State.APPROVED


def test_the_conditions_that_were_ticked_are_kept_with_the_approval(desk: Desk) -> None:
    desk.arrive(ON_CONDITION)
    assert refusal(approve_ticking, desk, CONDITIONS[0]).code == "conditions_unticked"
    assert [entry.event for entry in desk.entries(1)] == ["NoticeRead"]
    approved = approve_ticking(desk, *CONDITIONS)
    assert (approved.state, approved.approval.ticked) == (State.APPROVED, CONDITIONS)
    assert desk.entries(1)[-1].detail["ticked"] == list(CONDITIONS)


def test_what_was_submitted_before_under_the_number_makes_this_an_amended_guarantee(desk: Desk) -> None:
    desk.sent()
    amended = desk.arrive(REGISTER, AMENDED, b"%PDF-1.4 amended", follows=1)
    assert amended.follow_ups.duties.is_amended
    assert desk.approve(2).follow_ups.duties.is_amended
    assert desk.entries(2)[-1].detail["amends"] == 1


def test_another_key_after_a_guarantee_that_was_handed_over_makes_this_an_amended_one(desk: Desk) -> None:
    """Only people know if it was handed in already; two keys under one number are an amendment."""
    assert desk.arrive(PAPER).state is State.HANDED_OVER
    amended = desk.arrive(REGISTER, AMENDED, b"%PDF-1.4 amended", follows=1)
    assert amended.follow_ups.duties.is_amended
    assert Reason.SEEN_BEFORE in reasons(amended)
    assert desk.approve(2).follow_ups.duties.is_amended
    assert desk.entries(2)[-1].detail["amends"] == 1


def test_another_key_after_a_guarantee_that_nobody_handed_in_is_an_original_one(desk: Desk) -> None:
    desk.arrive(PAPER)
    decisions.withdraw(desk.store, 1, HANAKO, "未提出。変更後のものを提出")
    assert not desk.arrive(REGISTER, AMENDED, b"%PDF-1.4 amended", follows=1).follow_ups.duties.is_amended


def test_the_same_key_read_from_another_file_does_not_amend_what_is_still_to_be_handed_in(desk: Desk) -> None:
    desk.arrive(PAPER)
    assert not desk.arrive(REGISTER, NOTICE, b"%PDF-1.4 other bytes", follows=1).follow_ups.duties.is_amended


def test_what_never_left_is_not_amended_by_what_comes_after_it(desk: Desk) -> None:
    desk.arrive()
    decisions.withdraw(desk.store, 1, HANAKO, "重複")
    assert not desk.arrive(REGISTER, AMENDED, b"%PDF-1.4 again", follows=1).follow_ups.duties.is_amended


def test_a_copy_that_was_withdrawn_hides_nothing_from_the_amended_guarantee_after_it(desk: Desk) -> None:
    desk.sent()
    desk.arrive(REGISTER, NOTICE, b"%PDF-1.4 copy", follows=1)
    decisions.withdraw(desk.store, 2, HANAKO, "同じもの")
    third = desk.arrive(REGISTER, AMENDED, b"%PDF-1.4 amended", follows=2)
    body = desk.store.original(third.composed.draft.body_sha256).decode() if third.composed.draft else ""
    assert third.follow_ups.duties.is_amended
    assert "令和8年11月21日に提出いたしました" in body
    desk.approve(3)
    assert desk.entries(3)[-1].detail["amends"] == 1


def test_another_product_under_the_same_number_amends_nothing(desk: Desk) -> None:
    desk.sent()
    interim = replace(AMENDED, product=Product.INTERIM)
    assert not desk.arrive(REGISTER, interim, b"%PDF-1.4 interim", follows=1).follow_ups.duties.is_amended


def test_a_correction_of_an_amended_guarantee_is_one_too_and_a_plain_one_is_none(desk: Desk) -> None:
    desk.sent()
    assert not desk.resend(1).follow_ups.duties.is_amended
    decisions.withdraw(desk.store, 2, HANAKO, "不要")
    desk.arrive(REGISTER, AMENDED, b"%PDF-1.4 amended", follows=1)
    desk.approve(3)
    desk.send(3, STARTED, BODY, ACCEPTED, sent_at=START)
    assert desk.resend(3).follow_ups.duties.is_amended


def owing(desk: Desk) -> None:
    desk.approve(desk.arrive(AFTERWARDS).id, AFTERWARDS)
    desk.send(1, STARTED, BODY, ACCEPTED, sent_at=START)


def test_what_remains_after_sending_is_recorded_as_done_one_by_one(desk: Desk) -> None:
    owing(desk)
    assert refusal(decisions.record_done, desk.store, 1, HANAKO, "窓口").code == "which_duty"
    after, duty = decisions.record_done(desk.store, 1, HANAKO, "書留で", 2)
    assert (after.state, after.follow_ups.done, duty) == (State.SENT, ("原本を郵送",), "原本を郵送")
    entry = desk.entries(1)[-1]
    assert (entry.event, entry.by, entry.detail) == ("Done", "山田 花子", {"done": "原本を郵送", "note": "書留で"})
    decisions.confirm(desk.store, 1, HANAKO, "土木課", None)
    after, duty = decisions.record_done(desk.store, 1, JIRO, "持参")
    assert (after.state, after.follow_ups.done) == (State.CONFIRMED, ("原本を郵送", "請求書を紙で提出"))
    length = len(desk.entries())
    assert refusal(decisions.record_done, desk.store, 1, JIRO, "", 1).code == "duty_done"
    assert refusal(decisions.record_done, desk.store, 1, JIRO, "").code == "no_duty_left"
    assert len(desk.entries()) == length


def test_what_has_not_left_has_nothing_done_after_it(desk: Desk) -> None:
    desk.arrive(AFTERWARDS)
    assert refusal(decisions.record_done, desk.store, 1, HANAKO, "", 1).code == "not_in_this_state"


def test_what_was_handed_over_may_have_more_to_be_done(desk: Desk) -> None:
    desk.arrive(replace(AFTERWARDS, issuers=(of_issuer(rule={"channel": Channel.FORM, "after": ("原本を郵送",)}),)))
    after, _ = decisions.record_done(desk.store, 1, HANAKO, "書留で")
    assert (after.state, after.follow_ups.done) == (State.HANDED_OVER, ("原本を郵送",))


def test_each_file_of_a_draft_is_kept_as_what_it_is(desk: Desk) -> None:
    project = of_project(
        invoices={Product.ADVANCE: (Invoice("road.pdf"),)},
        documents={Product.ADVANCE: (Document("a.pdf", "工程表"),)},
        dates={"contract": START.date()},
    )
    files = FakeFiles({"road.pdf": INVOICE, "a.pdf": b"%PDF-1.4 a document"})
    issuer = of_issuer(rule={"documents_allowed": ("工程表",)})
    register = replace(REGISTER, projects=(project,), issuers=(issuer,), files=files)
    draft = desk.arrive(register, replace(NOTICE, product=Product.ADVANCE)).composed.draft
    assert draft is not None
    assert [desk.store.original(each.sha256) for each in draft.attachments] == [PDF, INVOICE, b"%PDF-1.4 a document"]


# --- withdraw, hand over, confirm --------------------------------------------------------------------------------


@pytest.mark.parametrize("events", [(), (STARTED,), (STARTED, BODY), (STARTED, BODY, ACCEPTED)], ids=len)
def test_only_what_has_not_left_can_be_withdrawn_or_handed_over(desk: Desk, events: tuple[Any, ...]) -> None:
    desk.approve(desk.arrive().id)
    before = desk.send(1, *events) if events else desk.store.submission(1)
    length = len(desk.entries())
    assert refusal(decisions.hand_over, desk.store, 1, HANAKO, "持参").code == "not_in_this_state"
    if events:
        assert refusal(decisions.withdraw, desk.store, 1, HANAKO, "重複").code == "not_in_this_state"
        assert (desk.store.submission(1), len(desk.entries())) == (before, length)
    else:
        assert decisions.withdraw(desk.store, 1, HANAKO, "重複").state is State.WITHDRAWN


def test_a_withdrawal_keeps_who_and_why_and_is_never_due_again(desk: Desk) -> None:
    desk.approve(desk.arrive().id)
    withdrawn = decisions.withdraw(desk.store, 1, JIRO, "重複")
    assert (withdrawn.reasons, withdrawn.approval.due_at) == ((), None)
    assert desk.store.due(desk.clock.let_pass(days=1)) == ()
    entry = desk.entries(1)[-1]
    assert (entry.by, entry.account, entry.detail) == ("佐藤 次郎", "jiro (root)", {"why": "重複"})


def test_what_was_handed_over_is_confirmed_with_whom_and_when(desk: Desk) -> None:
    desk.arrive(replace(REGISTER, projects=()))
    assert decisions.hand_over(desk.store, 1, HANAKO, "窓口へ持参").state is State.HANDED_OVER
    at = START - dt.timedelta(hours=1)
    assert decisions.confirm(desk.store, 1, HANAKO, "土木課 佐々木様", at).state is State.CONFIRMED
    assert desk.entries(1)[-1].detail == {"note": "土木課 佐々木様", "confirmed_at": at.isoformat()}


def test_the_issuer_may_have_nothing_though_the_server_took_it(desk: Desk) -> None:
    desk.sent()
    assert decisions.report_not_accepted(desk.store, 1, HANAKO, "届いていない", None).state is State.BOUNCED
    assert decisions.confirm(desk.store, 1, HANAKO, "見つかった", None).state is State.CONFIRMED
    assert refusal(decisions.report_not_accepted, desk.store, 1, HANAKO, "", None).code == "not_in_this_state"


@pytest.mark.parametrize("decide", [decisions.confirm, decisions.report_not_accepted])
def test_what_has_not_left_cannot_be_confirmed(desk: Desk, decide: Callable[..., Submission]) -> None:
    desk.arrive()
    assert refusal(decide, desk.store, 1, HANAKO, "", None).code == "not_in_this_state"


# --- resolve -----------------------------------------------------------------------------------------------------


def resolve(desk: Desk, *, sent: bool, register: Register = REGISTER) -> Submission:
    if sent:
        return decisions.resolve_sent(desk.store, 1, HANAKO, desk.clock.now())
    return decided.resolve_not_sent(desk.store, register.active_config(), 1, HANAKO, desk.clock.now())


@pytest.mark.parametrize("sent", [True, False])
def test_a_doubt_is_not_resolved_while_the_server_may_still_answer(desk: Desk, sent: bool) -> None:
    before = desk.in_doubt()
    desk.clock.let_pass(seconds=Timeouts().transfer + Timeouts().answer)
    assert refusal(resolve, desk, sent=sent).code == "answer_may_come"
    assert desk.store.submission(1) == before
    desk.clock.let_pass(minutes=10)
    assert resolve(desk, sent=sent).state is (State.SENT if sent else State.HELD)


@pytest.mark.parametrize("sent", [True, False])
def test_a_doubt_is_resolved_at_once_when_no_answer_will_come(desk: Desk, sent: bool) -> None:
    desk.in_doubt(silent="the connection was lost")
    assert resolve(desk, sent=sent).state is (State.SENT if sent else State.HELD)


def test_what_was_sent_after_all_says_when_a_person_said_so(desk: Desk) -> None:
    desk.in_doubt(silent="lost")
    moment = desk.clock.let_pass(hours=1)
    assert resolve(desk, sent=True).delivery.sent_at == moment


@pytest.mark.parametrize("mode", Mode)
def test_what_was_not_sent_goes_again_only_when_a_person_approves(desk: Desk, mode: Mode) -> None:
    register = replace(REGISTER, mode=mode)
    desk.in_doubt(silent="lost")
    held = resolve(desk, sent=False, register=register)
    assert (held.state, reasons(held)) == (State.HELD, {Reason.NOT_SENT: "1"})
    assert desk.store.due(desk.clock.let_pass(days=1)) == ()
    released = desk.approve(1, register)
    assert (released.state, released.composed.draft_hash) == (State.APPROVED, held.composed.draft_hash)


@pytest.mark.parametrize("sent", [True, False])
@pytest.mark.parametrize("silent", ["", "lost"])
def test_a_rehearsal_in_doubt_is_never_resolved_to_sent(desk: Desk, sent: bool, silent: str) -> None:
    """SENT would be a submission that no person ever makes."""
    before = desk.in_doubt(REHEARSING, silent=silent)
    desk.clock.let_pass(days=1)
    assert refusal(resolve, desk, sent=sent).code == "rehearsal_in_doubt"
    assert desk.store.submission(1) == before


@pytest.mark.parametrize("sent", [True, False])
def test_only_a_doubt_can_be_resolved(desk: Desk, sent: bool) -> None:
    before = desk.sent()
    assert refusal(resolve, desk, sent=sent).code == "not_in_this_state"
    assert desk.store.submission(1) == before


# --- resend ------------------------------------------------------------------------------------------------------


def test_a_correction_is_a_new_submission_that_names_the_old_one_and_waits_for_approval(desk: Desk) -> None:
    old = desk.sent()
    new = desk.resend(1, replace(ELSEWHERE, mode=Mode.AUTO))
    assert (new.id, new.corrects, new.correction, new.state) == (2, 1, 1, State.HELD)
    # The causes of the new recipient are shown as well: it is a new address, and the rule is another.
    assert set(reasons(new)) == {Reason.FIRST_ADDRESS, Reason.RULE_CHANGED, Reason.APPROVAL}
    assert old.composed.draft is not None
    assert new.composed.draft is not None
    assert new.composed.draft.in_reply_to == old.composed.draft.message_id
    assert (new.composed.draft.message_id[33:], old.composed.draft.message_id[33:]) == (
        ".1@contractor.example>",
        ".0@contractor.example>",
    )
    assert desk.store.submission(1) == old
    entry = desk.entries(2)[0]
    assert (entry.by, entry.detail) == ("山田 花子", {"corrects": 1, "why": "宛先訂正"})


def test_each_correction_of_one_notice_has_a_number_of_its_own(desk: Desk) -> None:
    desk.sent()
    desk.approve(desk.resend(1).id)
    desk.send(2, STARTED, BODY, ACCEPTED, sent_at=START)
    second = desk.resend(1)
    assert (second.corrects, second.correction) == (1, 2)
    ids = [each.composed.draft.message_id for each in desk.store.submissions() if each.composed.draft]
    assert len(set(ids)) == 3


def test_there_is_one_open_correction_at_a_time(desk: Desk) -> None:
    desk.sent()
    desk.resend(1)
    refused = refusal(desk.resend, 1)
    assert (refused.code, refused.params["other"]) == ("correction_waits", "2")


@pytest.mark.parametrize("events", [(), (STARTED,), (STARTED, BODY)], ids=["approved", "sending", "in doubt"])
def test_what_may_still_arrive_is_not_sent_again(desk: Desk, events: tuple[Any, ...]) -> None:
    desk.approve(desk.arrive().id)
    if events:
        desk.send(1, *events)
    assert refusal(desk.resend, 1).code == "not_resendable"


def test_a_refusal_has_no_mail_to_send_again(desk: Desk) -> None:
    with desk.store.writing() as writing:
        writing.create(
            Event.ANNOUNCED, Submission(0, State.ANNOUNCED, notice=NoticeRecord(guarantor="east")), WORKER, {}
        )
    decisions.withdraw(desk.store, 1, HANAKO, "不要")
    assert refusal(desk.resend, 1).code == "not_resendable"


def test_a_correction_replies_to_no_mail_where_none_left(desk: Desk) -> None:
    desk.arrive()
    decisions.withdraw(desk.store, 1, HANAKO, "誤って取下げ")
    new = desk.resend(1)
    assert new.composed.draft is not None
    assert new.composed.draft.in_reply_to == ""


def test_a_correction_of_a_refused_correction_replies_to_the_mail_that_did_leave(desk: Desk) -> None:
    old = desk.sent()
    desk.approve(desk.resend(1).id)
    desk.send(2, STARTED, (Event.REFUSED, State.REFUSED))
    third = desk.resend(2)
    assert old.composed.draft is not None
    assert third.composed.draft is not None
    assert (third.corrects, third.composed.draft.in_reply_to) == (2, old.composed.draft.message_id)


def test_what_was_handed_over_with_a_draft_never_left_as_a_mail(desk: Desk) -> None:
    desk.arrive()
    decisions.hand_over(desk.store, 1, HANAKO, "持参")
    decisions.confirm(desk.store, 1, HANAKO, "窓口", None)
    new = desk.resend(1)
    assert new.composed.draft is not None
    assert new.composed.draft.in_reply_to == ""


def test_a_correction_of_a_name_that_was_tied_needs_no_second_tie(desk: Desk) -> None:
    nameless = replace(REGISTER, projects=(of_project(contract_numbers=()),))
    desk.arrive(nameless)
    desk.approve(1, nameless)
    desk.send(1, STARTED, BODY, ACCEPTED, sent_at=START)
    assert reasons(desk.resend(1, nameless)) == {Reason.APPROVAL: ""}


def test_a_correction_is_not_superseded_by_what_it_came_after(desk: Desk) -> None:
    desk.sent()
    desk.arrive(REGISTER, replace(NOTICE, key=Key("ZzYyXxWw0099")), b"%PDF-1.4 amended", follows=1)
    assert reasons(desk.resend(1)) == {Reason.APPROVAL: ""}
    amended = desk.store.submission(2)
    assert decided.reevaluate(amended, REGISTER.active_config(), desk.store, START).submission == amended


AGAIN = b"%PDF-1.4 downloaded again"


def resubmitted(submission: Submission) -> str | None:
    return reasons(submission).get(Reason.ALREADY_RESUBMITTED)


def sent_once_more(desk: Desk, number: int) -> Submission:
    """A correction of ``number`` that left."""
    new = desk.resend(number)
    desk.approve(new.id)
    return desk.send(new.id, STARTED, BODY, ACCEPTED, sent_at=START)


def test_the_first_correction_of_what_left_is_no_second_one(desk: Desk) -> None:
    desk.sent()
    assert resubmitted(desk.resend(1)) is None


def test_a_second_correction_of_one_submission_names_the_first(desk: Desk) -> None:
    desk.sent()
    sent_once_more(desk, 1)
    second = desk.resend(1)
    assert (second.state, resubmitted(second)) == (State.HELD, "#2")
    assert kind_of(Reason.ALREADY_RESUBMITTED) is HoldKind.ANSWER
    assert desk.approve(second.id).state is State.APPROVED


def test_a_chain_of_corrections_goes_on_from_its_end_unasked_and_from_before_it_asked(desk: Desk) -> None:
    desk.sent()
    sent_once_more(desk, 1)
    third = sent_once_more(desk, 2)
    assert third.corrects == 2
    assert resubmitted(desk.resend(3)) is None
    decisions.withdraw(desk.store, 4, HANAKO, "やめる")
    assert resubmitted(desk.resend(2)) == "#3"
    decisions.withdraw(desk.store, 5, HANAKO, "やめる")
    held = [detail_of(hold) for hold in desk.resend(1).reasons if hold.reason is Reason.ALREADY_RESUBMITTED]
    assert held == ["#2", "#3"]


def test_a_resubmission_of_what_is_confirmed_names_it(desk: Desk) -> None:
    desk.sent()
    decisions.confirm(desk.store, 1, HANAKO, "届いた", None)
    new = desk.resend(1)
    assert (new.state, resubmitted(new)) == (State.HELD, "confirmed: #1")
    assert "到達確認済み" in name_hold(new.reasons[0], "ja")
    assert "#1" in name_hold(new.reasons[0], "ja")


def test_a_confirmed_correction_is_named_by_the_next_of_its_original(desk: Desk) -> None:
    desk.sent()
    sent_once_more(desk, 1)
    decisions.confirm(desk.store, 2, HANAKO, "届いた", None)
    assert resubmitted(desk.resend(1)) == "confirmed: #2"


def test_what_was_handed_in_and_confirmed_is_named_where_nothing_is_mailed(desk: Desk) -> None:
    desk.arrive(PAPER, proven=False)
    desk.approve(1, PAPER)
    decisions.confirm(desk.store, 1, HANAKO, "窓口", None)
    new = desk.resend(1, PAPER)
    assert (new.state, resubmitted(new)) == (State.HELD, "confirmed: #1")


def test_an_arrival_confirmed_after_its_correction_was_approved_holds_the_correction(desk: Desk) -> None:
    desk.sent()
    waiting = desk.approve(desk.resend(1).id)
    decisions.confirm(desk.store, 1, HANAKO, "届いていた", None)
    fresh = decided.reevaluate(waiting, REGISTER.active_config(), desk.store, START).submission
    assert (fresh.state, resubmitted(fresh)) == (State.HELD, "confirmed: #1")


def test_another_download_of_the_notice_is_named_by_the_correction_and_names_it(desk: Desk) -> None:
    desk.sent()
    copy = desk.arrive(pdf=AGAIN, follows=1)
    assert resubmitted(copy) is None  # seen_before names the first
    correction = desk.resend(1)
    assert resubmitted(correction) == "#2"
    desk.approve(correction.id)
    desk.send(correction.id, STARTED, BODY, ACCEPTED, sent_at=START)
    fresh = decided.reevaluate(copy, REGISTER.active_config(), desk.store, START).submission
    assert (fresh.state, resubmitted(fresh)) == (State.HELD, "#3")


def test_a_correction_that_was_taken_back_is_no_resubmission(desk: Desk) -> None:
    desk.sent()
    decisions.withdraw(desk.store, desk.resend(1).id, HANAKO, "やめる")
    assert resubmitted(desk.resend(1)) is None


def test_a_correction_taken_back_after_a_doubtful_try_still_counts(desk: Desk) -> None:
    desk.sent()
    desk.approve(desk.resend(1).id)
    desk.send(2, STARTED, BODY, silent="connection lost")
    decided.resolve_not_sent(desk.store, REGISTER.active_config(), 2, HANAKO, desk.clock.now())
    decisions.withdraw(desk.store, 2, HANAKO, "やめる")
    assert resubmitted(desk.resend(1)) == "#2"


def test_an_amended_guarantee_under_the_number_is_no_resubmission(desk: Desk) -> None:
    desk.sent()
    desk.arrive(REGISTER, AMENDED, b"%PDF-1.4 amended", follows=1)
    assert resubmitted(desk.resend(1)) is None


def test_a_rehearsal_is_not_asked_about_a_second_resubmission_and_the_real_mail_is(desk: Desk) -> None:
    desk.sent()
    sent_once_more(desk, 1)
    rehearsed = desk.resend(1, REHEARSING)
    assert resubmitted(rehearsed) is None
    assert resubmitted(decided.reevaluate(rehearsed, REGISTER.active_config(), desk.store, START).submission) == "#2"


# --- resume ------------------------------------------------------------------------------------------------------


def test_resuming_is_an_entry_with_the_head_that_was_noted_and_notes_the_new_one(desk: Desk) -> None:
    desk.arrive()
    desk.store.mark_head()
    noted = desk.store.marked_head()
    assert noted is not None
    decisions.resume(desk.store, HANAKO)
    entry = desk.entries()[-1]
    assert (entry.event, entry.by, entry.detail) == ("Resumed", "山田 花子", {"noted_head": list(noted), "signs": []})
    assert desk.store.marked_head() == desk.store.head()


def test_no_entry_of_any_decision_holds_the_key(desk: Desk) -> None:
    desk.sent()
    decisions.confirm(desk.store, 1, HANAKO, "届いた", None)
    desk.resend(1)
    assert NOTICE.key.clear not in repr(desk.entries())
