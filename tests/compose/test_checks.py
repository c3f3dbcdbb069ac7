"""Each check alone stops a wrong mail: a draft that is right in everything else, however it was made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.support.fakes import FakeReading
from tests.support.holds import Said, detail_of
from tests.support.parts import with_fields
from tests.support.registered import (
    ISSUER,
    NOTICE,
    PDF,
    PROJECT_OF_NUMBER,
    REHEARSAL_TO,
    RULE,
    SECTION,
    TO,
    arrived,
    of_issuer,
    of_project,
)
from tests.support.tables import every_case
from tests.support.world import EAST, KEY, NUMBER, START
from worker.approve.reevaluate import TOLD_BESIDE, covers
from worker.compose.checks import (
    CHANGES,
    LARGE_FILE,
    LARGE_NOTICE,
    Check,
    DraftCheckInput,
    check_draft,
    history_fingerprint,
)
from worker.core.messages import hold_detail, name_hold
from worker.core.model import (
    Address,
    Answer,
    Attachment,
    Channel,
    Composition,
    Delivery,
    Destination,
    Draft,
    FollowUpRecord,
    FollowUps,
    Hold,
    Key,
    Notice,
    NoticeRecord,
    PageText,
    PdfText,
    Product,
    Sha256,
    Submission,
    sha256,
)
from worker.core.rulebook import Contract, InvoiceRule, Issuer, NoticeForm, Project, Section
from worker.core.states import MAY_HAVE_LEFT, Reason, State
from worker.match.match import index_projects

GUARANTOR = replace(EAST, number="[0-9]{5}-[0-9]{6}", key="[0-9A-Za-z]{8,16}")
BODY = f"認証キーのお知らせを送付します。\n保証契約番号：{NUMBER}\n"
OTHER = Address("mitsumori@other.example")
SITE = Address("genba@contractor.example")
OTHER_PDF = Sha256("d" * 64)
OTHER_NUMBER = "12345-000009"
INVOICE = Attachment("前払金請求書", "請求書.pdf", Sha256("c" * 64), 80_000)
FITTING = PdfText((PageText("前払金請求書\n道路改良工事", "前払金請求書\n道路改良工事"),))
"""The invoice's own text; what else it may say is in ``test_invoice_check``."""
OLD_RULE, NEW_RULE = "a" * 64, "b" * 64
TODAY = START.date()


def a_draft(**changes: Any) -> Draft:
    """A right mail, written by hand."""
    right = Draft(
        sender=Address("soumu@contractor.example"),
        sender_name="〇〇建設 株式会社",
        to=(TO,),
        cc=(),
        subject="契約保証【道路改良工事】",
        body_sha256=sha256(changes.get("body", BODY).encode()),
        attachments=(Attachment("認証キーのお知らせ", f"認証キーのお知らせ_{NUMBER}.pdf", sha256(PDF), 40_000),),
        message_id="<a.0@contractor.example>",
    )
    return replace(right, **{name: value for name, value in changes.items() if name != "body"})


PAST = Submission(
    id=1,
    state=State.SENT,
    destination=Destination(issuer="mihon", project="mihon/橋梁補修工事", section="doboku"),
    notice=NoticeRecord(product=Product.CONTRACT, pdf_sha256=Sha256("e" * 64), contract_number="12345-000001"),
    composed=Composition(draft=a_draft(attachments=(), message_id="<past.0@contractor.example>")),
    follow_ups=FollowUpRecord(duties=FollowUps(rule_hash=NEW_RULE)),
    delivery=Delivery(sent_at=START - dt.timedelta(days=9), reply="250 2.0.0 Ok: queued as 1"),
)
"""A mail to the same section, accepted nine days ago under the same rule."""


@dataclass(frozen=True)
class Case:
    """The context of a draft's checks; each test changes one thing of a right one."""

    draft: Draft = field(default_factory=a_draft)
    body: str = BODY
    project: Project = PROJECT_OF_NUMBER
    issuer: Issuer = ISSUER
    notice: Notice = NOTICE
    past: tuple[Submission, ...] = (PAST,)
    notices: dict[str, Notice] = field(default_factory=dict)
    neighbours: tuple[Project, ...] = ()
    contract: Contract = Contract.ORIGINAL
    rehearsal_to: Address | None = None
    copy_to: Address | None = None
    rehearsed_to: tuple[Address, ...] = ()
    properties: dict[str, str] = field(default_factory=dict)
    originals: dict[Sha256, bytes] = field(default_factory=dict)
    today: dt.date = TODAY
    text: PdfText = FITTING
    is_authenticated: bool = True

    def check(self) -> tuple[Check, ...]:
        rule = self.issuer.rules[self.notice.product]
        finished = DraftCheckInput(
            submission=arrived(self.notice, id=7, proven=self.is_authenticated, rehearsed_to=self.rehearsed_to),
            notice=self.notice,
            guarantor=GUARANTOR,
            project=self.project,
            issuer=self.issuer,
            rule=rule,
            contract=self.contract,
            rule_hash=NEW_RULE,
            draft=self.draft,
            body=self.body,
            rehearsal_to=self.rehearsal_to,
            text_of=lambda _: self.text,
            copy_to=self.copy_to,
        )
        register = index_projects((self.project, *self.neighbours), "〇〇建設 株式会社")
        known = FakeReading(self.past, self.notices)
        known.properties |= self.properties
        known.originals |= self.originals
        return check_draft(finished, register, known, self.today)


def holds_of(checks: Iterable[Check]) -> list[Hold]:
    return [hold for check in checks for hold in check.holds]


def alone(reason: Reason, *details: str) -> list[Said]:
    """Exactly these holds, and no other guard's."""
    return [Said(reason, detail) for detail in details]


def holds(**changes: Any) -> list[Hold]:
    return holds_of(Case(**changes).check())


def with_body(body: str, **changes: Any) -> list[Hold]:
    return holds(draft=a_draft(body=body), body=body, **changes)


def test_a_right_draft_passes_every_guard_and_each_says_so() -> None:
    checks = Case().check()
    assert holds_of(checks) == []
    assert [check.name for check in checks] == [
        "wrong_recipient",
        "key_differs",
        "invoice",
        "first_address",
        "rule_changed",
        "already_resubmitted",
        "large_attachment",
    ]


# --- Recipients ------------------------------------------------------------------------------------------------

KEIYAKU = Section("keiyaku", "契約課", (OTHER,), cc=(SITE,))
TWO_SECTIONS = replace(ISSUER, sections={"doboku": SECTION, "keiyaku": KEIYAKU})
KNOWN_ELSEWHERE = (
    PAST,
    replace(PAST, id=2, composed=replace(PAST.composed, draft=a_draft(to=(OTHER,), cc=(SITE,), attachments=()))),
)


@pytest.mark.parametrize("changes", [{"to": (OTHER,)}, {"to": (TO, OTHER)}, {"cc": (OTHER,)}])
def test_an_address_of_another_section_is_stopped_even_where_it_is_known(changes: dict[str, Any]) -> None:
    found = holds(draft=a_draft(**changes), issuer=TWO_SECTIONS, past=KNOWN_ELSEWHERE)
    assert found == alone(Reason.WRONG_RECIPIENT, OTHER)


def test_an_address_for_another_product_of_the_project_is_stopped() -> None:
    split = of_project(sections={Product.CONTRACT: "keiyaku", Product.ADVANCE: "doboku"})
    found = holds(
        project=split,
        issuer=TWO_SECTIONS,
        past=(*KNOWN_ELSEWHERE, replace(PAST, id=3, destination=replace(PAST.destination, section="keiyaku"))),
    )
    assert found == alone(Reason.WRONG_RECIPIENT, TO)


def test_a_copy_receiver_is_not_addressed_as_the_receiver() -> None:
    issuer = of_issuer(section={"cc": (SITE,)})
    found = holds(draft=a_draft(to=(TO, SITE)), issuer=issuer, past=KNOWN_ELSEWHERE)
    assert found == alone(Reason.WRONG_RECIPIENT, SITE)
    assert holds(draft=a_draft(cc=(SITE,)), issuer=issuer, past=KNOWN_ELSEWHERE) == []


def test_the_office_told_for_one_product_receives_that_product_alone() -> None:
    office = Section("office", "みほん県庁", (OTHER,))
    own = of_project(offices={Product.CONTRACT: office})
    known = replace(
        PAST,
        id=3,
        destination=replace(PAST.destination, section="office", project=own.id),
        composed=replace(PAST.composed, draft=a_draft(to=(OTHER, TO), attachments=())),
    )
    assert holds(draft=a_draft(to=(OTHER,)), project=own, past=(PAST, known)) == []
    assert holds(project=own, past=(PAST, known)) == alone(Reason.WRONG_RECIPIENT, TO)
    other_product = of_project(offices={Product.ADVANCE: office})
    assert holds(draft=a_draft(to=(OTHER,)), project=other_product, past=KNOWN_ELSEWHERE) == alone(
        Reason.WRONG_RECIPIENT, OTHER
    )


def test_a_mail_to_nobody_is_stopped() -> None:
    assert holds(draft=a_draft(to=())) == alone(Reason.WRONG_RECIPIENT, "to")


def test_a_section_that_is_gone_receives_nothing() -> None:
    found = holds(issuer=replace(ISSUER, sections={}))
    assert found == [Said(Reason.WRONG_RECIPIENT, TO), Said(Reason.FIRST_ADDRESS, TO)]


def test_a_rehearsal_goes_to_the_rehearsal_address_alone() -> None:
    right = a_draft(to=(REHEARSAL_TO,), rehearsal_for=(TO,))
    assert holds(draft=right, rehearsal_to=REHEARSAL_TO) == []
    assert holds(rehearsal_to=REHEARSAL_TO) == alone(Reason.WRONG_RECIPIENT, TO, "to")
    copied = replace(right, cc=(TO,))
    assert holds(draft=copied, rehearsal_to=REHEARSAL_TO) == alone(Reason.WRONG_RECIPIENT, TO)
    for_another = replace(right, rehearsal_for=(OTHER,))
    assert holds(draft=for_another, rehearsal_to=REHEARSAL_TO) == alone(Reason.WRONG_RECIPIENT, OTHER)


def test_a_rehearsal_does_not_go_once_the_setting_is_gone() -> None:
    left_over = a_draft(rehearsal_for=(OTHER,))
    assert holds(draft=left_over) == alone(Reason.WRONG_RECIPIENT, OTHER)


# --- Number and key --------------------------------------------------------------------------------------------


def typed(form: NoticeForm) -> Issuer:
    return of_issuer(rule={"notice": form})


def test_the_pdf_of_another_notice_is_stopped() -> None:
    (own,) = a_draft().attachments
    swapped = a_draft(attachments=(replace(own, sha256=OTHER_PDF),))
    assert holds(draft=swapped) == alone(Reason.KEY_DIFFERS, "attachment")
    both = a_draft(attachments=(own, replace(INVOICE, title="内訳書", sha256=OTHER_PDF)))
    assert holds(draft=both) == []
    stored = {OTHER_PDF: replace(NOTICE, contract_number=OTHER_NUMBER)}
    assert holds(draft=both, notices=stored) == alone(Reason.KEY_DIFFERS, "attachment: 請求書.pdf")


def test_a_notice_that_lacks_or_that_the_rule_does_not_want_is_stopped() -> None:
    assert holds(draft=a_draft(attachments=())) == alone(Reason.KEY_DIFFERS, "attachment")
    body = f"{BODY}認証キー：{KEY}\n"
    assert with_body(body, issuer=typed(NoticeForm.BOTH)) == []
    assert with_body(body, issuer=typed(NoticeForm.TYPED)) == alone(Reason.KEY_DIFFERS, "attachment")


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (f"番号 {NUMBER}\n", "body: key"),
        (f"番号 {NUMBER} キー {KEY}Z\n", "body: key"),
        (f"番号 {NUMBER} キー {KEY.lower()}\n", "body: key"),
        (f"キー {KEY}\n", "body: contract_number"),
        (f"番号 1{NUMBER} キー {KEY}\n", "body: contract_number"),
    ],
)
def test_where_they_are_typed_number_and_key_stand_in_the_body_whole(body: str, fault: str) -> None:
    assert with_body(body, issuer=typed(NoticeForm.BOTH)) == alone(Reason.KEY_DIFFERS, fault)


def test_the_key_stands_nowhere_but_where_it_is_typed() -> None:
    (own,) = a_draft().attachments
    assert holds(draft=a_draft(subject=f"認証キー {KEY}")) == alone(Reason.KEY_DIFFERS, "subject: key")
    named = a_draft(attachments=(replace(own, filename=f"{KEY}.pdf"),))
    assert holds(draft=named) == alone(Reason.KEY_DIFFERS, "file name: key")
    assert with_body(f"認証キー：{KEY}\n") == alone(Reason.KEY_DIFFERS, "body: key")


@pytest.mark.parametrize("written", [OTHER_NUMBER, "12345－000009", "１２３４５−０００００９"])
def test_a_number_of_another_notice_is_stopped_wherever_it_stands(written: str) -> None:
    body = f"{BODY}保証契約番号：{written}\n"
    assert with_body(body) == []  # an unknown number: perhaps an order's
    neighbour = of_project(id="mihon/橋梁補修工事", contract_numbers=(OTHER_NUMBER,))
    expected = alone(Reason.KEY_DIFFERS, f"body: {OTHER_NUMBER}")
    assert with_body(body, neighbours=(neighbour,)) == expected
    stored = replace(PAST, id=2, notice=replace(PAST.notice, contract_number=OTHER_NUMBER))
    assert with_body(body, past=(PAST, stored)) == expected
    (own,) = a_draft().attachments
    assert holds(draft=a_draft(subject=written), neighbours=(neighbour,)) == alone(
        Reason.KEY_DIFFERS, f"subject: {OTHER_NUMBER}"
    )
    invoice = replace(INVOICE, title="内訳書", filename=f"内訳書_{written}.pdf")
    assert holds(draft=a_draft(attachments=(own, invoice)), neighbours=(neighbour,)) == alone(
        Reason.KEY_DIFFERS, f"file name: {OTHER_NUMBER}"
    )


def test_a_number_that_the_register_gives_this_project_is_its_own_word() -> None:
    body = f"{BODY}契約保証の番号：{OTHER_NUMBER}\n"
    both = of_project(contract_numbers=(NUMBER, OTHER_NUMBER))
    assert with_body(body, project=both) == alone(Reason.KEY_DIFFERS, f"body: {OTHER_NUMBER}")
    assert with_body(body, project=replace(both, values={"契約保証の番号": OTHER_NUMBER})) == []


def test_the_key_of_an_earlier_notice_under_this_number_is_stopped() -> None:
    earlier = replace(PAST, id=5, notice=replace(PAST.notice, contract_number=NUMBER, pdf_sha256=OTHER_PDF))
    notices = {OTHER_PDF: replace(NOTICE, key=Key("OldKey987654"))}
    body = f"{BODY}認証キー：{KEY}（変更前 OldKey987654）\n"
    found = with_body(body, issuer=typed(NoticeForm.BOTH), past=(PAST, earlier), notices=notices)
    assert found == alone(Reason.KEY_DIFFERS, "body: key #5")


STRANGERS = replace(
    PAST,
    id=6,
    state=State.HELD,
    source=replace(PAST.source, proven=False),
    composed=replace(PAST.composed, draft=None),
    delivery=replace(PAST.delivery, sent_at=None, reply=""),
)
"""Of a notice that came by a mail of an unknown sender."""
SENDER_ANSWER = Answer(Reason.SENDER_UNPROVEN, "", "鈴木", "suzuki", START)


@pytest.mark.parametrize(
    ("changes", "is_authenticated", "is_stopped"),
    [
        ({}, True, False),
        ({"state": State.WITHDRAWN}, True, False),
        ({}, False, True),
        ({"proven": True}, True, True),
        ({"answers": (SENDER_ANSWER,)}, True, True),
        ({"state": State.SENT}, True, True),
    ],
)
def test_a_number_or_key_that_a_stranger_chose_keeps_no_proven_notice_back(
    changes: dict[str, Any], is_authenticated: bool, is_stopped: bool
) -> None:
    body = f"{BODY}電話 12345-000009、郵便 OldKey987654、認証キー：{KEY}\n"
    numbered = with_fields(STRANGERS, contract_number=OTHER_NUMBER, **changes)
    keyed = with_fields(STRANGERS, id=5, contract_number=NUMBER, pdf_sha256=OTHER_PDF, **changes)
    notices = {OTHER_PDF: replace(NOTICE, key=Key("OldKey987654"))}
    found = with_body(
        body,
        issuer=typed(NoticeForm.BOTH),
        past=(PAST, numbered, keyed),
        notices=notices,
        is_authenticated=is_authenticated,
    )
    faults = (f"body: {OTHER_NUMBER}", "body: key #5") if is_stopped else ()
    assert found == [Said(Reason.KEY_DIFFERS, fault) for fault in faults]


def test_a_body_that_is_not_the_one_of_the_draft_is_stopped() -> None:
    assert holds(body=BODY + "追伸\n") == alone(Reason.KEY_DIFFERS, "body")


# --- The invoice -----------------------------------------------------------------------------------------------

ADVANCE = replace(NOTICE, product=Product.ADVANCE)
PAST_ADVANCE = replace(PAST, notice=replace(PAST.notice, product=Product.ADVANCE))


def with_invoice(invoice: Attachment = INVOICE, **changes: Any) -> list[Hold]:
    right = {"notice": ADVANCE, "past": (PAST_ADVANCE,)}
    return holds(draft=a_draft(attachments=(*a_draft().attachments, invoice)), **{**right, **changes})


@every_case("state", sorted(MAY_HAVE_LEFT))
def test_an_invoice_that_another_submission_carried_is_stopped(state: State) -> None:
    assert with_invoice() == []
    draft = a_draft(attachments=(INVOICE,))
    other = replace(PAST_ADVANCE, id=4, state=state, composed=replace(PAST_ADVANCE.composed, draft=draft))
    expected = alone(Reason.WRONG_INVOICE, "請求書.pdf: #4")
    assert with_invoice(past=(PAST_ADVANCE, other)) == expected
    rehearsed = replace(other, composed=replace(other.composed, draft=replace(draft, rehearsal_for=(TO,))))
    assert with_invoice(past=(PAST_ADVANCE, rehearsed)) == []
    waiting = replace(other, state=State.HELD)
    assert with_invoice(past=(PAST_ADVANCE, waiting)) == []


def test_a_correction_carries_the_same_invoice_once_more() -> None:
    corrected = replace(
        PAST_ADVANCE,
        id=4,
        notice=replace(PAST_ADVANCE.notice, pdf_sha256=sha256(PDF)),
        composed=replace(PAST_ADVANCE.composed, draft=a_draft(attachments=(INVOICE,))),
    )
    assert with_invoice(past=(PAST_ADVANCE, corrected)) == []


def test_an_invoice_without_a_number_is_asked_about_if_a_guarantee_of_the_product_came_before() -> None:
    first = with_fields(PAST_ADVANCE, id=5, contract_number=OTHER_NUMBER, project=of_project().id)
    (hold,) = with_invoice(past=(PAST_ADVANCE, first))
    assert hold == Hold.of(
        Reason.INVOICE_UNCLEAR, "unnumbered", file=INVOICE.filename, digits=INVOICE.sha256[:8], names=(OTHER_NUMBER,)
    )
    assert with_invoice(past=(PAST_ADVANCE, with_fields(first, state=State.WITHDRAWN))) == []
    assert with_invoice(past=(PAST_ADVANCE, with_fields(first, contract_number=NUMBER))) == []


def test_an_invoice_of_another_product_or_of_a_rule_without_one_is_stopped() -> None:
    interim = replace(INVOICE, title="中間前払金請求書")
    assert with_invoice(interim) == alone(Reason.WRONG_INVOICE, "請求書.pdf: 中間前払金請求書")
    never = of_issuer(rule={"invoice": InvoiceRule.NEVER})
    assert with_invoice(issuer=never) == alone(Reason.WRONG_INVOICE, "請求書.pdf: 前払金請求書")


# --- First addresses -------------------------------------------------------------------------------------------


def test_the_first_mail_to_an_address_is_held_for_each_such_address() -> None:
    assert holds(past=()) == alone(Reason.FIRST_ADDRESS, TO)
    copied = of_issuer(section={"cc": (SITE,)})
    assert holds(draft=a_draft(cc=(SITE,)), issuer=copied) == alone(Reason.FIRST_ADDRESS, SITE)
    assert holds(draft=a_draft(cc=(SITE,)), issuer=copied, past=()) == alone(Reason.FIRST_ADDRESS, TO, SITE)


@every_case("state", sorted(set(State) - {State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED}))
def test_only_what_a_server_took_for_it_and_what_did_not_come_back_makes_an_address_known(state: State) -> None:
    is_known = state in {State.DELIVERED, State.CONFIRMED}
    assert holds(past=(replace(PAST, state=state),)) == ([] if is_known else alone(Reason.FIRST_ADDRESS, TO))


def test_a_rehearsal_makes_no_address_known_and_its_own_is_not_asked_about() -> None:
    rehearsed = replace(PAST, composed=replace(PAST.composed, draft=a_draft(to=(TO,), rehearsal_for=(TO,))))
    assert holds(past=(rehearsed,)) == alone(Reason.FIRST_ADDRESS, TO)
    draft = a_draft(to=(REHEARSAL_TO,), rehearsal_for=(TO,))
    assert holds(draft=draft, past=(), rehearsal_to=REHEARSAL_TO) == []


ELSEWHERE = replace(ISSUER, id="another", file="issuers/another.toml")
OFFICE = Section("office", "工事事務所", (TO,))
WITH_OFFICE = of_project(offices={Product.CONTRACT: OFFICE})
HAND_SENT = replace(PAST, delivery=replace(PAST.delivery, reply="no answer for 300 s"))


@every_case(
    ("changes", "past", "is_asked"),
    [
        ({}, (PAST,), False),
        ({"issuer": ELSEWHERE}, (PAST,), True),
        (
            {"issuer": ELSEWHERE},
            (
                PAST,
                replace(
                    PAST,
                    id=2,
                    destination=replace(PAST.destination, issuer="another"),
                    notice=replace(PAST.notice, product=Product.INTERIM),
                ),
            ),
            False,
        ),
        ({}, (replace(PAST, destination=replace(PAST.destination, section="keiyaku")),), True),
        ({}, (replace(PAST, destination=replace(PAST.destination, issuer=None)),), True),
        ({}, (replace(PAST, destination=replace(PAST.destination, project="mihon/べつの工事")),), False),
        ({"project": WITH_OFFICE}, (PAST,), True),
        ({"project": WITH_OFFICE}, (replace(PAST, destination=replace(PAST.destination, section="office")),), True),
        (
            {"project": WITH_OFFICE},
            (replace(PAST, destination=replace(PAST.destination, section="office", project=WITH_OFFICE.id)),),
            False,
        ),
        ({}, (replace(PAST, destination=replace(PAST.destination, section="office", project=WITH_OFFICE.id)),), True),
        ({}, (HAND_SENT,), True),
        ({}, (replace(HAND_SENT, state=State.CONFIRMED),), True),
        ({}, (HAND_SENT, replace(PAST, id=2)), False),
    ],
)
def test_an_address_is_known_as_this_section_of_this_issuer_or_as_the_office_of_this_project(
    changes: dict[str, Any], past: tuple[Submission, ...], is_asked: bool
) -> None:
    found = [hold for hold in holds(**{"past": past, **changes}) if hold.reason is Reason.FIRST_ADDRESS]
    assert found == (alone(Reason.FIRST_ADDRESS, TO) if is_asked else [])


def test_what_the_settings_send_elsewhere_is_asked_about_once_by_address_and_kind() -> None:
    outside = Address("hikae@backup.example")
    copied = Case(copy_to=outside)
    assert holds_of(copied.check()) == alone(Reason.FIRST_ADDRESS, f"copy_to: {outside}")
    assert holds_of(replace(copied, copy_to=Address("hikae@Contractor.example")).check()) == []
    answered = {f"first_address copy_to: {outside}": "2026-11-21"}
    assert holds_of(replace(copied, properties=answered).check()) == []
    rehearsal = a_draft(to=(outside,), rehearsal_for=(TO,))
    rehearsing = Case(draft=rehearsal, rehearsal_to=outside, copy_to=outside, past=(), properties=answered)
    asked = alone(Reason.FIRST_ADDRESS, f"rehearsal_to: {outside}")
    assert holds_of(rehearsing.check()) == asked
    assert [check.is_asked for check in rehearsing.check() if check.holds] == [False]
    assert holds_of(replace(rehearsing, properties={f"first_address rehearsal_to: {outside}": ""}).check()) == []
    afterwards = Case(rehearsed_to=(REHEARSAL_TO, outside))
    assert holds_of(afterwards.check()) == asked


def test_a_copy_that_goes_to_a_receiver_of_the_mail_is_asked_about_as_one() -> None:
    cc = of_issuer(section={"cc": (OTHER,)})
    found = holds(draft=a_draft(cc=(OTHER,)), issuer=cc, copy_to=Address("MITSUMORI@other.example"))
    assert found == alone(Reason.FIRST_ADDRESS, OTHER)


def test_a_rehearsal_says_of_the_first_address_that_nobody_asked_instead_of_passing_it() -> None:
    draft = a_draft(to=(REHEARSAL_TO,), rehearsal_for=(TO,))
    unasked = [check.name for check in Case(draft=draft, rehearsal_to=REHEARSAL_TO).check() if not check.is_asked]
    assert unasked == ["first_address", "already_resubmitted"]
    assert all(check.is_asked for check in Case().check())


def test_a_submission_that_was_handed_in_makes_no_address_known() -> None:
    handed_in = replace(PAST, state=State.CONFIRMED, delivery=replace(PAST.delivery, sent_at=None))
    assert holds(past=(handed_in,)) == alone(Reason.FIRST_ADDRESS, TO)


# --- The rule --------------------------------------------------------------------------------------------------

UNDER_OLD = replace(PAST, follow_ups=replace(PAST.follow_ups, duties=FollowUps(rule_hash=OLD_RULE)))
CHANGED = f"issuers/mihon.toml {'a' * 8} → {'b' * 8}"


def test_a_rule_that_changed_since_the_last_mail_of_its_kind_is_held() -> None:
    assert holds(past=(UNDER_OLD,)) == alone(Reason.RULE_CHANGED, CHANGED)
    again = replace(PAST, id=2, delivery=replace(PAST.delivery, sent_at=START))
    assert holds(past=(UNDER_OLD, again)) == []
    back = replace(UNDER_OLD, id=3, delivery=replace(UNDER_OLD.delivery, sent_at=START + dt.timedelta(minutes=1)))
    assert holds(past=(UNDER_OLD, again, back)) == alone(Reason.RULE_CHANGED, CHANGED)


def test_a_changed_rule_is_told_by_what_changed_in_the_issuer_s_file() -> None:
    then, now = Sha256("1" * 64), Sha256("2" * 64)
    files = {
        then: f'name = "みほん町"\nchecked_on = 2026-04-02\n[section.doboku]\nto = ["{OTHER}"]\nphone = "1"\n'.encode(),
        now: f'name = "みほん町"\nchecked_on = 2026-11-02\n[section.doboku]\nto = ["{TO}"]\nphone = "1"\n'.encode(),
    }
    before = replace(UNDER_OLD, composed=replace(UNDER_OLD.composed, draft=a_draft(attachments=(), rule_sha256=then)))
    issuer = replace(ISSUER, sha256=now)
    (hold,) = holds(past=(before,), issuer=issuer, originals=files)
    assert hold_detail(hold, "ja") == f"issuers/mihon.toml section.doboku.to：['{OTHER}'] → ['{TO}']"
    (hold,) = holds(past=(before,), issuer=issuer, originals={now: files[now]})
    assert hold == alone(Reason.RULE_CHANGED, CHANGED)[0]  # a value that is not kept is not guessed
    many = {then: b"".join(b"a%d = 1\n" % at for at in range(9)), now: b"b = 1\n"}
    (hold,) = holds(past=(before,), issuer=issuer, originals=many)
    assert len(hold.params["changes"]) == CHANGES + 1


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (TO, f"宛先は前回と同じです（{TO}）"),
        (OTHER, f"宛先：{OTHER} → {TO}"),
    ],
)
def test_the_hold_of_a_changed_rule_says_whether_the_recipients_are_others(before: Address, said: str) -> None:
    (hold,) = holds(
        past=(
            replace(UNDER_OLD, composed=replace(UNDER_OLD.composed, draft=a_draft(to=(before,)))),
            replace(PAST, id=9, destination=replace(PAST.destination, issuer="other")),
        )
    )[-1:]
    assert hold.reason is Reason.RULE_CHANGED
    assert said in name_hold(hold, "ja")
    assert "aaaa" not in name_hold(hold, "ja")
    of_0_1_0 = Answer(hold.reason, hold.params.without(TOLD_BESIDE), "山田 花子", "hanako", START)
    assert covers(of_0_1_0, hold), "an answer that was given before the addresses were told"


def test_the_hold_says_when_each_rule_was_checked() -> None:
    old = replace(
        UNDER_OLD,
        follow_ups=replace(UNDER_OLD.follow_ups, duties=FollowUps(rule_hash=OLD_RULE, checked_on=dt.date(2026, 4, 2))),
    )
    checked = of_issuer(checked_on=dt.date(2026, 11, 1))
    assert holds(past=(old,), issuer=checked) == alone(
        Reason.RULE_CHANGED, f"{CHANGED} (checked_on 2026-04-02 → 2026-11-01)"
    )


def test_a_rule_that_now_names_another_section_is_held() -> None:
    fixed = replace(of_issuer(rule={"section": "doboku"}), sections={"doboku": SECTION, "keiyaku": KEIYAKU})
    before = replace(UNDER_OLD, destination=replace(UNDER_OLD.destination, section="keiyaku"))
    known = replace(PAST, id=2, notice=replace(PAST.notice, product=Product.INTERIM))
    assert holds(past=(before, known), issuer=fixed) == alone(Reason.RULE_CHANGED, CHANGED)


def test_another_projects_section_and_an_amended_contracts_rule_are_no_change() -> None:
    known = replace(PAST, destination=replace(PAST.destination, issuer="other"))
    other_section = replace(UNDER_OLD, id=2, destination=replace(UNDER_OLD.destination, section="keiyaku"))
    amended = replace(
        UNDER_OLD, id=3, follow_ups=replace(UNDER_OLD.follow_ups, duties=FollowUps(rule_hash=OLD_RULE, is_amended=True))
    )
    other_product = replace(UNDER_OLD, id=4, notice=replace(UNDER_OLD.notice, product=Product.ADVANCE))
    assert holds(past=(known, other_section, amended, other_product)) == []
    assert holds(past=(known, amended), contract=Contract.AMENDED) == alone(Reason.RULE_CHANGED, CHANGED)


def test_what_was_told_for_one_project_is_compared_with_that_projects_mails() -> None:
    own = of_project(rules={Product.CONTRACT: RULE})
    assert holds(past=(UNDER_OLD,), project=own) == []
    before = replace(UNDER_OLD, id=2, destination=replace(UNDER_OLD.destination, project=own.id))
    assert holds(past=(UNDER_OLD, before), project=own) == alone(Reason.RULE_CHANGED, CHANGED)


def test_a_mail_of_an_older_program_is_compared_by_its_rule_file() -> None:
    old = replace(
        PAST,
        follow_ups=replace(PAST.follow_ups, duties=FollowUps()),
        composed=replace(PAST.composed, draft=a_draft(rule_sha256="f" * 64)),
    )
    assert holds(past=(old,)) == alone(Reason.RULE_CHANGED, f"issuers/mihon.toml {'f' * 8} → {'0' * 8}")
    same = replace(old, composed=replace(old.composed, draft=a_draft(rule_sha256=ISSUER.sha256)))
    assert holds(past=(same,)) == []


@pytest.mark.parametrize(
    ("checked_on", "is_held"),
    [(None, False), (dt.date(2026, 4, 1), False), (dt.date(2026, 3, 31), True), (dt.date(2025, 4, 1), True)],
)
def test_a_rule_not_checked_since_the_last_first_of_april_is_held(checked_on: dt.date | None, is_held: bool) -> None:
    expected = alone(Reason.RULE_CHANGED, f"issuers/mihon.toml checked_on {checked_on} < 2026-04-01")
    assert holds(issuer=of_issuer(checked_on=checked_on)) == (expected if is_held else [])


def test_before_april_the_last_first_of_april_is_that_of_the_year_before() -> None:
    checked = of_issuer(checked_on=dt.date(2026, 4, 1))
    assert holds(issuer=checked, today=dt.date(2027, 3, 31)) == []
    assert [hold.reason for hold in holds(issuer=checked, today=dt.date(2027, 4, 1))] == [Reason.RULE_CHANGED]


def test_a_section_is_held_from_the_day_after_its_last() -> None:
    until = of_issuer(section={"until": TODAY})
    assert holds(issuer=until) == []
    tomorrow = TODAY + dt.timedelta(days=1)
    assert holds(issuer=until, today=tomorrow) == alone(Reason.RULE_CHANGED, f"section.doboku.until {TODAY}")


HANDED = replace(
    UNDER_OLD,
    id=4,
    state=State.HANDED_OVER,
    destination=replace(UNDER_OLD.destination, channel=Channel.FORM),
    composed=replace(UNDER_OLD.composed, draft=None),
    delivery=replace(UNDER_OLD.delivery, sent_at=None),
)


def test_a_rule_that_changed_since_the_last_one_that_was_handed_in_is_held_once() -> None:
    handed = (
        replace(HANDED, created_at=PAST.delivery.sent_at + dt.timedelta(days=1)) if PAST.delivery.sent_at else HANDED
    )
    assert holds(past=(PAST, handed)) == alone(Reason.RULE_CHANGED, CHANGED)
    assert (
        holds(past=(PAST, replace(handed, follow_ups=replace(handed.follow_ups, duties=FollowUps(rule_hash=NEW_RULE)))))
        == []
    )
    assert holds(past=(PAST, replace(handed, state=State.WITHDRAWN))) == []
    assert holds(past=(PAST, replace(handed, destination=replace(handed.destination, channel=Channel.EMAIL)))) == []


def test_an_invoice_that_went_with_another_download_of_the_notice_names_the_one_to_correct() -> None:
    draft = a_draft(attachments=(*a_draft().attachments, INVOICE))
    advance = replace(NOTICE, product=Product.ADVANCE)
    gone = replace(
        PAST,
        id=4,
        state=State.BOUNCED,
        composed=replace(PAST.composed, draft=draft),
        notice=replace(PAST.notice, product=Product.ADVANCE),
    )
    case = {"draft": draft, "notice": advance, "past": (PAST, gone)}
    again = holds(**case, notices={"e" * 64: advance})
    assert [hold for hold in again if "#" in detail_of(hold)] == alone(
        Reason.WRONG_INVOICE, "請求書.pdf: #4 同じお知らせ"
    )
    amended = holds(**case, notices={"e" * 64: replace(advance, key=Key("ZzYyXxWw0099"))})
    assert [hold for hold in amended if "#" in detail_of(hold)] == alone(Reason.WRONG_INVOICE, "請求書.pdf: #4")


# --- Size ------------------------------------------------------------------------------------------------------


def test_an_unusually_large_attachment_is_held() -> None:
    (own,) = a_draft().attachments
    assert holds(draft=a_draft(attachments=(replace(own, size=LARGE_NOTICE),))) == []
    found = holds(draft=a_draft(attachments=(replace(own, size=LARGE_NOTICE + 60_000),)))
    assert found == alone(Reason.LARGE_ATTACHMENT, f"{own.filename} 1.1 MB")
    assert with_invoice(replace(INVOICE, size=LARGE_FILE)) == []
    large = replace(INVOICE, size=12_340_000)
    assert with_invoice(large) == alone(Reason.LARGE_ATTACHMENT, "請求書.pdf 12.3 MB")


# --- When to look again ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hold", "later"),
    [
        (Hold.of(Reason.FIRST_ADDRESS, address=TO), PAST),
        (Hold.of(Reason.RULE_CHANGED, "changed"), PAST),
        (Hold.of(Reason.RULE_CHANGED, "changed"), HANDED),
        (
            Hold.of(Reason.WRONG_INVOICE, "carried"),
            replace(PAST, composed=replace(PAST.composed, draft=a_draft(attachments=(INVOICE,)))),
        ),
        (
            Hold.of(Reason.NUMBER_DIFFERS, others=(NUMBER,)),
            replace(PAST, destination=replace(PAST.destination, project="mihon/道路改良工事")),
        ),
        (
            Hold.of(Reason.INVOICE_UNCLEAR, "unnumbered"),
            replace(PAST, destination=replace(PAST.destination, project="mihon/道路改良工事")),
        ),
    ],
    ids=lambda each: each.reason.value if isinstance(each, Hold) else "",
)
def test_what_was_sent_meanwhile_is_a_reason_to_judge_anew(hold: Hold, later: Submission) -> None:
    draft = a_draft(attachments=(INVOICE,))
    held = arrived(id=7, reasons=(hold,), issuer="mihon", section="doboku", project="mihon/道路改良工事", draft=draft)
    assert history_fingerprint(held, FakeReading()) != history_fingerprint(held, FakeReading([later]))
    without = replace(held, reasons=(Hold(Reason.APPROVAL),))
    assert history_fingerprint(without, FakeReading()) == history_fingerprint(without, FakeReading([later]))
