"""A mail is complete and comes only from register, rule and notice; every missing value is named, all at once."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from tests.support.fakes import FakeFiles
from tests.support.registered import (
    APPROVED_ONLY,
    BODY,
    CONTRACTOR,
    INVOICE,
    ISSUER,
    NOTICE,
    PDF,
    PROJECT,
    REGISTER,
    REHEARSAL_TO,
    SECTION,
    TO,
    Register,
    arrived,
    drafted,
    of_issuer,
    of_project,
    reasons,
)
from tests.support.tables import every_case
from tests.support.world import EAST, KEY, NUMBER
from worker.approve.reevaluate import Drafted
from worker.compose.compose import hash_draft
from worker.config.release import Mode
from worker.core.model import JST, Address, Channel, Draft, Product, Sha256, Unreadable, sha256
from worker.core.rulebook import Document, Invoice, InvoiceRule, NoticeForm, TitledValue, ValueForm
from worker.core.states import Reason, State

CC = Address("kanri@mihon.example")
PUBLIC = Address("doboku@mihon.example-town")  # a domain not reserved for examples
ADVANCE = replace(NOTICE, product=Product.ADVANCE)
FILES = FakeFiles({"road.pdf": INVOICE})


def with_rule(**keys: Any) -> Register:
    return replace(REGISTER, issuers=(of_issuer(rule=keys),))


def with_section(**keys: Any) -> Register:
    return replace(REGISTER, issuers=(of_issuer(section=keys),))


def with_project(**keys: Any) -> Register:
    return replace(REGISTER, projects=(of_project(**keys),))


def draft_in(made: Drafted) -> Draft:
    assert made.submission.composed.draft is not None
    return made.submission.composed.draft


# --- The mail ----------------------------------------------------------------------------------------------------


def test_a_registered_notice_becomes_the_mail_that_the_rule_asks_for() -> None:
    made = drafted()
    draft = draft_in(made)
    assert reasons(made.submission) == {Reason.APPROVAL: ""}
    assert (draft.sender, draft.sender_name) == (CONTRACTOR.email, CONTRACTOR.name)
    assert (draft.to, draft.cc, draft.rehearsal_for) == ((TO,), (), ())
    assert draft.subject == "契約保証【道路改良工事】"
    assert [(each.title, each.filename) for each in draft.attachments] == [
        ("認証キーのお知らせ", f"認証キーのお知らせ_{NUMBER}.pdf")
    ]
    assert draft.in_reply_to == ""


def test_the_notice_rides_along_byte_for_byte() -> None:
    made = drafted(pdf=b"%PDF-1.4\r\n.\r\n\x00\xff")
    (attachment,) = draft_in(made).attachments
    assert made.contents[attachment.sha256] == b"%PDF-1.4\r\n.\r\n\x00\xff"
    assert attachment.size == len(made.contents[attachment.sha256])


def test_the_body_is_kept_under_the_hash_that_the_draft_names() -> None:
    made = drafted()
    assert made.contents[draft_in(made).body_sha256].decode() == made.body


def test_the_default_body_names_everybody_and_never_the_key() -> None:
    body = drafted(with_project(values={"工事番号": "R8-12"})).body
    for wanted in (
        "みほん町　土木課",
        "山田 花子と申します",
        "・案件名　　　：道路改良工事",
        "・工事番号：R8-12",
        NUMBER,
    ):
        assert wanted in body
    assert EAST.name in body
    assert KEY not in body
    assert body.endswith("------------------------------\n")


def test_a_body_holds_the_key_only_where_the_template_types_it() -> None:
    made = drafted(replace(REGISTER, templates={"default.txt.j2": "認証キー {{ notice.key }}"}))
    assert made.body == f"認証キー {KEY}\n"


def test_a_subject_knows_no_key() -> None:
    made = drafted(with_rule(subject="{{ notice.key }}"))
    assert reasons(made.submission)[Reason.MISSING_VALUE] == "notice.key"


def test_nothing_of_the_draft_is_derived_from_the_key() -> None:
    other = replace(NOTICE, key=replace(NOTICE.key, clear="zzzzZZZZ9999"))
    assert drafted(notice=other).submission.composed.draft == drafted().submission.composed.draft


def test_the_project_speaks_for_itself_where_it_names_contact_department_phone_or_a_joint_venture() -> None:
    made = drafted(
        with_project(
            contractor="〇〇・さくら特定建設工事共同企業体", contact="佐藤 次郎", phone="045-1", department="工事部"
        )
    )
    assert draft_in(made).sender_name == "〇〇・さくら特定建設工事共同企業体"
    assert "工事部の佐藤 次郎" in made.body
    assert draft_in(made).sender == CONTRACTOR.email


def test_the_rule_may_name_the_section_itself() -> None:
    sections = {"doboku": SECTION, "keiyaku": replace(SECTION, id="keiyaku", name="契約課", to=(CC,))}
    issuer = of_issuer(rule={"section": "keiyaku"}, sections=sections)
    made = drafted(replace(REGISTER, issuers=(issuer,)))
    assert draft_in(made).to == (CC,)
    assert made.submission.destination.section_name == "契約課"


def test_each_product_goes_to_the_section_that_the_project_names_for_it() -> None:
    sections = {"doboku": SECTION, "keiyaku": replace(SECTION, id="keiyaku", name="契約課", to=(CC,))}
    project = of_project(
        sections={Product.CONTRACT: "keiyaku", Product.ADVANCE: "doboku"}, invoices={Product.ADVANCE: (Invoice(""),)}
    )
    register = replace(REGISTER, issuers=(of_issuer(sections=sections),), projects=(project,))
    assert draft_in(drafted(register)).to == (CC,)
    assert draft_in(drafted(register, notice=ADVANCE)).to == (TO,)


def test_an_address_in_to_and_in_cc_is_written_once() -> None:
    draft = draft_in(drafted(with_section(cc=(TO, CC))))
    assert (draft.to, draft.cc, draft.recipients) == ((TO,), (CC,), (TO, CC))


# --- Project names that a template or a header could stumble over ------------------------------------------------


@every_case(
    "name",
    [
        "道路改良工事「その２」\"A\" 'B'",
        "{{ contractor.email }}",
        "{% raw %}{{{% endraw %}",
        "{# 注 #}工事",
        "工事 %s {} {0} $x \\n",
        "=?UTF-8?B?5bel5LqL?=",
        "あ" * 200,
        "ｶﾞｰﾄﾞﾚｰﾙ①㈱髙👷",
        "A B  C　D",
    ],
)
def test_a_name_is_sent_as_it_is_written(name: str) -> None:
    made = drafted(with_project(name=name))
    assert draft_in(made).subject == f"契約保証【{name}】"
    assert f"・案件名　　　：{name}\n" in made.body
    assert Reason.ENCODING not in reasons(made.submission)


@pytest.mark.parametrize("character", ["\n", "\r\n", "\x00", "\u2028", "\u202e", "\u200b", "\x85"])
def test_a_character_that_breaks_or_hides_never_becomes_a_header(character: str) -> None:
    made = drafted(with_project(name=f"道路{character}Bcc: x@other.example"))
    assert Reason.UNSAFE_VALUE in reasons(made.submission)
    assert made.submission.composed.draft is None


def test_an_unsafe_value_in_the_body_is_held_by_name() -> None:
    made = drafted(with_project(values={"工事番号": "R8\u202e21"}))
    assert reasons(made.submission)[Reason.UNSAFE_VALUE] == "body U+202E"


@pytest.mark.parametrize("name", ["みほん\r\nBcc: x@other.example", "みほん\u200b建設"])
def test_an_unsafe_display_name_is_held(name: str) -> None:
    made = drafted(
        replace(with_rule(subject="件名"), contractor=replace(CONTRACTOR, name=name), templates={"default.txt.j2": "x"})
    )
    assert Reason.UNSAFE_VALUE in reasons(made.submission)


# --- What is missing ---------------------------------------------------------------------------------------------


def test_a_value_that_the_subject_needs_and_nobody_registered_is_named() -> None:
    made = drafted(with_rule(subject="{{ values.工事番号 }}"))
    assert reasons(made.submission)[Reason.MISSING_VALUE] == "工事番号"
    assert made.submission.composed.draft is None


def test_an_empty_value_is_a_missing_one() -> None:
    register = replace(with_rule(subject="{{ values.工事番号 }}"), projects=(of_project(values={"工事番号": ""}),))
    assert reasons(drafted(register).submission)[Reason.MISSING_VALUE] == "工事番号"


def test_number_or_name_takes_the_name_where_there_is_no_number() -> None:
    register = with_rule(subject="{{ values.工事番号 | default(project.name) }}")
    assert draft_in(drafted(register)).subject == "道路改良工事"
    numbered = replace(register, projects=(of_project(values={"工事番号": "R8-12"}),))
    assert draft_in(drafted(numbered)).subject == "R8-12"


def test_an_empty_department_stops_the_default_body() -> None:
    made = drafted(replace(REGISTER, contractor=replace(CONTRACTOR, department="")))
    assert reasons(made.submission)[Reason.MISSING_VALUE] == "contractor.department"


@pytest.mark.parametrize("subject", ["{{ '' }}", "{{ ' ' }}"])
def test_a_subject_that_comes_out_empty_is_not_written(subject: str) -> None:
    assert reasons(drafted(with_rule(subject=subject)).submission)[Reason.MISSING_VALUE] == "subject"


@every_case("subject", ["", "　"])
@every_case("open_", [(), ("rule.default.subject",), ("rule.contract",)])
@every_case("rehearsal_to", [None, REHEARSAL_TO])
def test_a_mail_whose_subject_is_not_known_is_shown_whole_and_held_for_that_alone(
    subject: str, open_: tuple[str, ...], rehearsal_to: Address | None
) -> None:
    made = drafted(replace(with_rule(subject=subject, open=open_), rehearsal_to=rehearsal_to, mode=Mode.AUTO))
    assert made.submission.state is State.HELD
    assert reasons(made.submission)[Reason.RULE_OPEN] == (", ".join(open_) or "subject")
    assert Reason.MISSING_VALUE not in reasons(made.submission)
    assert draft_in(made).subject.endswith("（件名は未確認）")
    assert draft_in(made).attachments
    assert NUMBER in made.body


def test_an_empty_body_is_not_sent() -> None:
    made = drafted(replace(REGISTER, templates={"default.txt.j2": "{% if false %}x{% endif %}\n"}))
    assert reasons(made.submission)[Reason.MISSING_VALUE] == "body"


def test_a_section_without_an_address_is_named() -> None:
    made = drafted(with_section(to=()))
    assert reasons(made.submission) == {Reason.NO_RECIPIENT: "土木課"}
    assert made.submission.destination.section_phone == SECTION.phone


def test_a_project_that_names_no_section_for_the_product_is_held() -> None:
    assert reasons(drafted(with_project(sections={})).submission) == {Reason.NO_RECIPIENT: "section"}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    issuer = of_issuer(
        rule={"open": ("rule.default.subject",), "subject": "{{ values.工事番号 }}", "invoice": InvoiceRule.REQUIRED},
        eligibility=APPROVED_ONLY,
    )
    made = drafted(replace(REGISTER, issuers=(issuer,)), notice=ADVANCE, submission=arrived(ADVANCE, proven=False))
    assert set(reasons(made.submission)) == {
        Reason.RULE_OPEN,
        Reason.ELIGIBILITY_UNKNOWN,
        Reason.INVOICE_MISSING,
        Reason.MISSING_VALUE,
        Reason.SENDER_UNPROVEN,
    }


# --- What is not certain -----------------------------------------------------------------------------------------


def test_a_key_of_the_rule_that_is_not_certain_holds() -> None:
    made = drafted(with_rule(open=("rule.default.subject",)))
    assert reasons(made.submission)[Reason.RULE_OPEN] == "rule.default.subject"


def test_a_key_of_the_receiving_section_that_is_not_certain_holds() -> None:
    made = drafted(with_section(open=("section.doboku.to",)))
    assert reasons(made.submission)[Reason.RULE_OPEN] == "section.doboku.to"


def test_a_key_of_another_section_holds_nobody_up() -> None:
    other = replace(SECTION, id="keiyaku", open=("section.keiyaku.to",))
    made = drafted(replace(REGISTER, issuers=(of_issuer(sections={"doboku": SECTION, "keiyaku": other}),)))
    assert Reason.RULE_OPEN not in reasons(made.submission)


def test_a_guarantor_that_the_issuer_does_not_take_holds() -> None:
    register = replace(REGISTER, issuers=(of_issuer(guarantors=("west",)),))
    found = reasons(drafted(register).submission)
    assert found[Reason.GUARANTOR_NOT_LISTED] == "みほん町：東日本建設業保証株式会社"
    assert Reason.RULE_OPEN not in found  # the channel is known
    accepted = replace(REGISTER, issuers=(of_issuer(guarantors=("west", "east")),))
    assert not {Reason.RULE_OPEN, Reason.GUARANTOR_NOT_LISTED} & reasons(drafted(accepted).submission).keys()


def test_a_guarantor_that_the_profiles_no_longer_name_holds_and_ends_nothing_else() -> None:
    made = drafted(replace(REGISTER, guarantors=()))
    assert reasons(made.submission) == {Reason.RULE_OPEN: "guarantor.east"}
    assert made.submission.state is State.HELD


def test_an_issuer_with_conditions_is_asked_about_this_project() -> None:
    made = drafted(replace(REGISTER, issuers=(of_issuer(eligibility=APPROVED_ONLY),)))
    assert reasons(made.submission)[Reason.ELIGIBILITY_UNKNOWN].startswith(f"{PROJECT}：")


def test_an_unknown_channel_holds() -> None:
    made = drafted(with_rule(channel=Channel.UNKNOWN))
    assert reasons(made.submission) == {Reason.RULE_OPEN: "channel"}


@pytest.mark.parametrize("channel", [Channel.FORM, Channel.UPLOAD, Channel.PAPER, Channel.FAX])
def test_another_channel_than_mail_is_handed_over_and_needs_no_address(channel: Channel) -> None:
    made = drafted(replace(REGISTER, issuers=(of_issuer(rule={"channel": channel}, section={"to": ()}),)))
    assert (made.submission.state, made.submission.destination.channel) == (State.HANDED_OVER, channel)
    assert made.submission.composed.draft is None


def test_a_body_template_that_is_gone_holds() -> None:
    made = drafted(replace(REGISTER, templates={}))
    assert reasons(made.submission)[Reason.RULE_OPEN] == "templates/mail/default.txt.j2"


def test_a_template_that_fails_by_itself_holds() -> None:
    made = drafted(replace(REGISTER, templates={"default.txt.j2": "{{ 1 / 0 }}"}))
    assert reasons(made.submission)[Reason.RULE_OPEN].startswith("body: ZeroDivisionError")


# --- Placeholders ------------------------------------------------------------------------------------------------


@every_case("domain", ["mihon.example", "mihon.invalid", "mihon.test", "mihon.example.com", "example"])
@every_case("kind", ["to", "cc"])
def test_nothing_is_sent_to_a_placeholder_but_on_loopback(domain: str, kind: str) -> None:
    address = Address(f"doboku@{domain}")
    section = {"to": (PUBLIC,), kind: (address,)}
    register = replace(REGISTER, issuers=(of_issuer(section=section),))
    assert Reason.NO_RECIPIENT not in reasons(drafted(register).submission)
    real = replace(register, host="smtp.contractor.example")
    assert reasons(drafted(real).submission)[Reason.NO_RECIPIENT] == f"{address} は見本のアドレスのため送信しません"


def test_an_address_that_somebody_may_have_is_sent_to() -> None:
    register = replace(with_section(to=(PUBLIC,)), host="smtp.contractor.example")
    assert reasons(drafted(register).submission) == {Reason.APPROVAL: ""}


def test_a_rehearsal_asks_only_whether_its_own_address_is_real() -> None:
    real = Address("rensyu@contractor.example-town")
    register = replace(REGISTER, host="smtp.contractor.example", rehearsal_to=real)
    asked = {Reason.FIRST_ADDRESS: f"rehearsal_to: {real}", Reason.APPROVAL: ""}
    assert reasons(drafted(register).submission) == asked
    invented = replace(register, rehearsal_to=REHEARSAL_TO)
    assert reasons(drafted(invented).submission)[Reason.NO_RECIPIENT].startswith(f"{REHEARSAL_TO} は見本のアドレス")


# --- The invoice -------------------------------------------------------------------------------------------------

NAMED = Invoice("road.pdf", 20_000_000, dt.date(2026, 5, 8))
SEPARATE = Invoice("")
CONCLUDED = {"contract": dt.date(2026, 5, 1)}
NEVER, OPTIONAL, REQUIRED = InvoiceRule.NEVER, InvoiceRule.OPTIONAL, InvoiceRule.REQUIRED
INVOICES: list[tuple[InvoiceRule, Invoice | None, Reason | None, bool]] = [
    # the rule, what the project says, the hold, whether it rides along
    (NEVER, None, None, False),
    (NEVER, SEPARATE, None, False),
    (NEVER, NAMED, None, False),
    (OPTIONAL, None, Reason.INVOICE_UNDECIDED, False),
    (OPTIONAL, SEPARATE, None, False),
    (OPTIONAL, NAMED, None, True),
    (REQUIRED, None, Reason.INVOICE_MISSING, False),
    (REQUIRED, SEPARATE, Reason.INVOICE_MISSING, False),
    (REQUIRED, NAMED, None, True),
]


@every_case("product", [Product.ADVANCE, Product.INTERIM])
@every_case(("rule", "registered", "hold", "rides"), INVOICES)
def test_the_invoice_rides_along_where_rule_and_project_say_so(
    rule: InvoiceRule, registered: Invoice | None, hold: Reason | None, rides: bool, product: Product
) -> None:
    title = {Product.ADVANCE: "前払金請求書", Product.INTERIM: "中間前払金請求書"}[product]
    register = replace(
        with_rule(invoice=rule),
        projects=(of_project(invoices={product: (registered,)} if registered else {}, dates=CONCLUDED),),
        files=FakeFiles({"road.pdf": f"%PDF-1.4 {title} 道路改良工事 金20,000,000円".encode()}),
    )
    made = drafted(register, notice=replace(NOTICE, product=product))
    assert set(reasons(made.submission)) == {Reason.APPROVAL} | ({hold} if hold else set())
    names = [(each.title, each.filename) for each in draft_in(made).attachments[1:]]
    assert names == ([(title, "road.pdf")] if rides else [])
    assert (f"及び「{title}」" in made.body) is rides
    assert ("・請求金額　　：金20,000,000円" in made.body) is rides
    assert (f"なお、{title}は別途提出いたします。" in made.body) is (registered is SEPARATE and not hold)
    assert (draft_in(made).invoice_amount, draft_in(made).invoice_date) == (
        (20_000_000, dt.date(2026, 5, 8)) if rides else (None, None)
    )


@pytest.mark.parametrize("rule", InvoiceRule)
def test_a_contract_submission_never_carries_an_invoice(rule: InvoiceRule) -> None:
    register = replace(
        with_rule(invoice=rule), projects=(of_project(invoices={Product.CONTRACT: (NAMED,)}),), files=FILES
    )
    made = drafted(register)
    assert len(draft_in(made).attachments) == 1
    assert set(reasons(made.submission)) == {Reason.APPROVAL}


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, Reason.INVOICE_MISSING),
        (Unreadable(Reason.DAMAGED), Reason.WRONG_INVOICE),
        (Unreadable(Reason.TOO_LARGE), Reason.TOO_BIG),
    ],
)
def test_an_invoice_that_is_no_such_pdf_is_named(found: Unreadable | None, reason: Reason) -> None:
    files = FakeFiles({"road.pdf": found} if found else {})
    register = replace(with_project(invoices={Product.ADVANCE: (NAMED,)}), files=files)
    made = drafted(register, notice=ADVANCE)
    assert reasons(made.submission)[reason] == "road.pdf"
    assert made.submission.state is State.HELD


def test_the_invoice_of_another_product_does_not_ride_along() -> None:
    register = replace(with_project(invoices={Product.INTERIM: (NAMED,)}), files=FILES)
    made = drafted(register, notice=ADVANCE)
    assert Reason.INVOICE_UNDECIDED in reasons(made.submission)
    assert len(draft_in(made).attachments) == 1


def test_an_invoice_of_the_same_bytes_as_the_notice_is_still_attached() -> None:
    register = replace(with_project(invoices={Product.ADVANCE: (NAMED,)}), files=FakeFiles({"road.pdf": PDF}))
    assert [each.sha256 for each in draft_in(drafted(register, notice=ADVANCE)).attachments] == [sha256(PDF)] * 2


# --- How number and key are handed in ----------------------------------------------------------------------------

REQUIRED_LINES = (
    TitledValue("工事番号", "{{ values.工事番号 }}"),
    TitledValue("工事名", "{{ project.name }}"),
    TitledValue("提出者", "{{ contractor.name }}"),
)
NUMBERED = of_project(values={"工事番号": "R8-12"})


def items(body: str) -> list[str]:
    return [line for line in body.splitlines() if line.startswith("・")]


@pytest.mark.parametrize(
    ("form", "attached", "typed"),
    [(NoticeForm.ATTACHED, True, False), (NoticeForm.TYPED, False, True), (NoticeForm.BOTH, True, True)],
)
def test_the_notice_is_attached_typed_or_both(form: NoticeForm, attached: bool, typed: bool) -> None:
    made = drafted(with_rule(notice=form))
    assert set(reasons(made.submission)) == {Reason.APPROVAL}
    assert [each.title for each in draft_in(made).attachments] == (["認証キーのお知らせ"] if attached else [])
    assert (f"・認証キー：{KEY}\n" in made.body) is typed
    assert (KEY in made.body) is typed
    assert NUMBER in made.body
    assert ("を添付のとおり提出いたします" in made.body) is attached
    assert ("認証キーは添付PDFに記載" in made.body) is (attached and not typed)


def test_a_mail_that_types_the_key_may_still_carry_its_invoice() -> None:
    project = of_project(invoices={Product.ADVANCE: (NAMED,)}, dates=CONCLUDED)
    made = drafted(replace(with_rule(notice=NoticeForm.TYPED), projects=(project,), files=FILES), notice=ADVANCE)
    assert [each.filename for each in draft_in(made).attachments] == ["road.pdf"]
    assert "併せて、「前払金請求書」（PDFファイル）を添付いたします。" in made.body


@pytest.mark.parametrize("template", ["本文", "番号 {{ notice.contract_number }}", "{{ notice.key }}"])
def test_a_body_of_ones_own_that_forgets_number_or_key_is_held(template: str) -> None:
    made = drafted(replace(with_rule(notice=NoticeForm.TYPED), templates={"default.txt.j2": template}))
    assert reasons(made.submission)[Reason.MISSING_VALUE].startswith("body: notice.")
    assert made.submission.composed.draft is None


def test_the_items_of_the_body_are_those_that_the_issuer_requires_in_its_order() -> None:
    made = drafted(replace(with_rule(lines=REQUIRED_LINES), projects=(NUMBERED,)))
    assert items(made.body) == [
        "・工事番号：R8-12",
        "・工事名：道路改良工事",
        "・提出者：〇〇建設 株式会社",
        f"・保証契約番号：{NUMBER}",
    ]


def test_number_and_key_follow_the_required_items_where_they_are_typed_and_not_among_them() -> None:
    typed = with_rule(lines=REQUIRED_LINES, notice=NoticeForm.TYPED)
    body = drafted(replace(typed, projects=(NUMBERED,))).body
    assert items(body)[3:] == [f"・保証契約番号：{NUMBER}", f"・認証キー：{KEY}"]
    own = (TitledValue("認証キー番号", "{{ notice.key }}"), TitledValue("証書番号", "{{ notice.contract_number }}"))
    assert items(drafted(with_rule(lines=own, notice=NoticeForm.TYPED)).body) == [
        f"・認証キー番号：{KEY}",
        f"・証書番号：{NUMBER}",
        "・案件名：道路改良工事",
    ]


@pytest.mark.parametrize(
    ("lines", "added"),
    [
        ((("受注者", "{{ contractor.name }}"),), ["案件名", "保証契約番号"]),
        ((("案件", "{{ project.name | nospace }}"),), ["保証契約番号"]),
        ((("番号", "第{{ notice.contract_number }}号"),), ["案件名"]),
        ((("番号", "{{ notice.contract_number }}0"),), ["案件名", "保証契約番号"]),
        ((("案件と番号", "{{ project.name }} {{ notice.contract_number }}"),), []),
    ],
)
def test_items_of_the_issuer_never_take_project_and_number_out_of_the_letter(
    lines: tuple[tuple[str, str], ...], added: list[str]
) -> None:
    made = drafted(with_rule(lines=tuple(TitledValue(*each) for each in lines)))
    assert [item.removeprefix("・").partition("：")[0] for item in items(made.body)] == [
        *(title for title, _ in lines),
        *added,
    ]


def test_a_required_item_knows_the_key_only_where_the_rule_types_it() -> None:
    made = drafted(with_rule(lines=(TitledValue("認証キー", "{{ notice.key }}"),)))
    assert reasons(made.submission)[Reason.MISSING_VALUE] == "notice.key"


@pytest.mark.parametrize("value", ["{{ values.工事番号 }}", "{{ '' }}"])
def test_a_required_item_without_a_value_is_named(value: str) -> None:
    made = drafted(with_rule(lines=(TitledValue("工事番号", value),)))
    assert reasons(made.submission)[Reason.MISSING_VALUE] == "工事番号"


def test_values_go_into_subject_and_body_in_the_issuers_form() -> None:
    issuer = of_issuer(
        rule={"subject": "{{ values.工事番号 }}／{{ project.values.工事番号 }}"},
        values={"工事番号": ValueForm("工事番号", digits_only=True, remove_hyphens=True)},
    )
    made = drafted(replace(REGISTER, issuers=(issuer,), projects=(of_project(values={"工事番号": "08-12"}),)))
    assert draft_in(made).subject == "0812／0812"
    assert "・工事番号：0812" in made.body


def test_a_value_of_another_form_is_held_by_name() -> None:
    issuer = of_issuer(values={"工事番号": ValueForm("工事番号", digits_only=True)})
    made = drafted(replace(REGISTER, issuers=(issuer,), projects=(of_project(values={"工事番号": "R八"}),)))
    assert "工事番号" in reasons(made.submission)[Reason.BAD_VALUE]


# --- File names and documents ------------------------------------------------------------------------------------


def test_the_notice_bears_the_name_that_the_issuer_wants() -> None:
    made = drafted(with_rule(file_name="{{ project.name }}/{{ product }}.pdf"))
    assert [each.filename for each in draft_in(made).attachments] == ["道路改良工事_契約保証.pdf"]


def test_a_file_name_knows_no_key() -> None:
    made = drafted(with_rule(file_name="{{ notice.key }}.pdf"))
    assert reasons(made.submission)[Reason.MISSING_VALUE] == "notice.key"


def test_notice_invoice_and_documents_ride_along_in_this_order_and_the_body_names_them() -> None:
    project = of_project(
        invoices={Product.ADVANCE: (NAMED,)},
        documents={Product.ADVANCE: (Document("shinsei.pdf", "前払金申請書"), Document("工程表.pdf"))},
        dates=CONCLUDED,
    )
    register = replace(
        with_rule(documents_required=("前払金申請書",), documents_allowed=("工程表",)),
        projects=(project,),
        files=FakeFiles({"road.pdf": INVOICE, "shinsei.pdf": b"%PDF-1 a", "工程表.pdf": b"%PDF-1 b"}),
    )
    made = drafted(register, notice=ADVANCE)
    attachments = draft_in(made).attachments
    titles = ["認証キーのお知らせ", "前払金請求書", "前払金申請書", "工程表"]
    assert [each.title for each in attachments] == titles
    assert [made.contents[each.sha256] for each in attachments[2:]] == [b"%PDF-1 a", b"%PDF-1 b"]
    assert (
        "「認証キーのお知らせ」、「前払金請求書」、「前払金申請書」及び「工程表」（いずれもPDFファイル）" in made.body
    )
    assert f"・添付書類　　：{'、'.join(titles)}\n" in made.body


def test_documents_count_towards_the_size() -> None:
    project = of_project(documents={Product.CONTRACT: (Document("a.pdf", "a"),)})
    files = FakeFiles({"a.pdf": b"%PDF-" + bytes(100_000)})
    register = replace(with_rule(documents_allowed=("a",), max_bytes=130_000), projects=(project,), files=files)
    assert Reason.TOO_BIG in reasons(drafted(register).submission)


def test_a_lacking_document_holds_beside_everything_else() -> None:
    made = drafted(with_rule(documents_required=("工程表",), subject="{{ values.工事番号 }}"))
    assert set(reasons(made.submission)) == {Reason.DOCUMENTS_UNDECIDED, Reason.MISSING_VALUE}


# --- Amended contracts -------------------------------------------------------------------------------------------

AMENDED = replace(
    ISSUER,
    amended_rules={Product.CONTRACT: replace(ISSUER.rules[Product.CONTRACT], subject="変更：{{ project.name }}")},
)
BEFORE = arrived(id=7, state=State.SENT, sent_at=dt.datetime(2026, 4, 1, 10, tzinfo=JST))


def test_an_amended_guarantee_follows_the_rule_for_amended_contracts_and_names_the_one_before() -> None:
    made = drafted(replace(REGISTER, issuers=(AMENDED,)), amends=BEFORE)
    assert draft_in(made).subject == "変更：道路改良工事"
    assert "\n本件は、令和8年4月1日に提出いたしました同番号の契約保証の変更に伴うものです。\n\n・案件名" in made.body
    assert made.submission.follow_ups.duties.is_amended


def test_an_amended_guarantee_without_a_rule_of_its_own_follows_the_original_one() -> None:
    made = drafted(amends=BEFORE)
    assert draft_in(made).subject == "契約保証【道路改良工事】"
    assert "変更に伴うものです" in made.body


def test_what_was_handed_over_by_hand_is_named_without_a_day() -> None:
    made = drafted(amends=replace(BEFORE, state=State.CONFIRMED, delivery=replace(BEFORE.delivery, sent_at=None)))
    assert "本件は、先に提出いたしました同番号の契約保証の変更に伴うものです。" in made.body


def test_a_mail_that_came_back_is_not_named_as_one_that_the_issuer_has() -> None:
    made = drafted(amends=replace(BEFORE, state=State.BOUNCED))
    assert made.submission.follow_ups.duties.is_amended
    assert "変更に伴う" not in made.body


def test_a_contract_registered_as_amended_follows_its_rule_with_no_earlier_one_to_name() -> None:
    made = drafted(replace(REGISTER, issuers=(AMENDED,), projects=(of_project(is_amended=True),)))
    assert draft_in(made).subject == "変更：道路改良工事"
    assert "変更に伴う" not in made.body
    assert drafted(replace(REGISTER, issuers=(AMENDED,))).submission.composed.draft != made.submission.composed.draft


# --- Conditions and calls ----------------------------------------------------------------------------------------


def test_the_conditions_of_the_rule_are_part_of_the_draft() -> None:
    assert draft_in(drafted(with_rule(conditions=("押印がある", "様式による")))).conditions == (
        "押印がある",
        "様式による",
    )


def test_a_call_that_follows_is_announced_in_the_body() -> None:
    assert "後ほど、到達確認のお電話を差し上げます。" in drafted(with_rule(call_after=True)).body
    assert "ご返信くださいますよう" in drafted().body


# --- Size --------------------------------------------------------------------------------------------------------


def test_a_mail_larger_than_our_server_or_the_issuer_takes_is_held_as_it_would_go_over_the_wire() -> None:
    pdf = b"%PDF-" + bytes(100_000)  # base64 makes 137,000 of it
    assert Reason.TOO_BIG in reasons(drafted(replace(REGISTER, max_bytes=130_000), pdf=pdf).submission)
    assert Reason.TOO_BIG in reasons(drafted(with_rule(max_bytes=130_000), pdf=pdf).submission)
    assert Reason.TOO_BIG not in reasons(drafted(with_rule(max_bytes=150_000), pdf=pdf).submission)


def test_the_issuers_limit_does_not_raise_our_servers() -> None:
    register = replace(with_rule(max_bytes=10_000_000), max_bytes=130_000)
    assert Reason.TOO_BIG in reasons(drafted(register, pdf=b"%PDF-" + bytes(100_000)).submission)


# --- Rehearsal ---------------------------------------------------------------------------------------------------


def test_a_rehearsal_goes_to_its_address_alone_and_says_so() -> None:
    register = replace(with_section(cc=(CC,)), rehearsal_to=REHEARSAL_TO)
    made = drafted(register)
    draft = draft_in(made)
    assert (draft.to, draft.cc, draft.recipients) == ((REHEARSAL_TO,), (), (REHEARSAL_TO,))
    assert draft.rehearsal_for == (TO, CC)
    assert draft.subject == "【リハーサル】契約保証【道路改良工事】"
    assert f"本番の宛先：{TO}\n本番のCC：{CC}\n本番の件名：契約保証【道路改良工事】\n" in made.body
    assert drafted(with_section(cc=(CC,))).body in made.body


def test_every_rehearsal_has_a_message_id_of_its_own_and_none_the_real_one() -> None:
    rehearsing = replace(REGISTER, rehearsal_to=REHEARSAL_TO)
    told = [arrived(rehearsals=count, correction=n) for n in (0, 1) for count in (0, 1, 2)]
    ids = [draft_in(drafted(rehearsing, each)).message_id for each in told]
    real = [draft_in(drafted(submission=each)).message_id for each in told]
    assert len(set(ids)) == 6
    assert len(set(real)) == 2
    assert not set(ids) & set(real)


# --- The hash ----------------------------------------------------------------------------------------------------

CHANGES: dict[str, Any] = {
    "sender": Address("other@contractor.example"),
    "sender_name": "別の会社",
    "to": (CC,),
    "cc": (CC,),
    "subject": "別の件名",
    "body_sha256": Sha256("1" * 64),
    "attachments": (),
    "message_id": "<x@contractor.example>",
    "in_reply_to": "<x@contractor.example>",
    "rehearsal_for": (TO,),
    "invoice_amount": 1,
    "invoice_date": dt.date(2026, 1, 1),
    "conditions": ("押印を確かめた",),
}
NOT_SEEN = {"rule_file", "rule_sha256"}


def test_every_field_of_a_draft_is_either_in_its_hash_or_not_sent() -> None:
    assert set(CHANGES) | NOT_SEEN == {each.name for each in dataclasses.fields(Draft)}


@every_case("name", CHANGES)
def test_whatever_a_reader_would_see_changes_the_hash(name: str) -> None:
    draft = draft_in(drafted())
    assert hash_draft(replace(draft, **{name: CHANGES[name]})) != hash_draft(draft)


def test_a_comment_changed_in_the_rule_file_changes_no_draft() -> None:
    commented = replace(ISSUER, sha256=Sha256("f" * 64))
    assert (
        drafted(replace(REGISTER, issuers=(commented,))).submission.composed.draft_hash
        == drafted().submission.composed.draft_hash
    )


def test_the_same_inputs_give_the_same_draft() -> None:
    assert drafted() == drafted(replace(REGISTER, templates={"default.txt.j2": BODY}))
