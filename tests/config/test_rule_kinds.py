"""The keys of a rule since 0.2: sentences that depend on the invoice, amended contracts, faxes, choices, open keys."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import product as combined
from typing import Any

import pytest

from tests.support.config_samples import ISSUER, PROJECTS, files
from tests.support.fakes import FakeFiles
from tests.support.holds import detail_of, in_ja
from tests.support.registered import (
    INVOICE,
    NOTICE,
    REGISTER,
    RULE,
    SECTION,
    Register,
    drafted,
    of_issuer,
    of_project,
    reasons,
)
from tests.support.tables import every_case
from tests.support.world import NUMBER
from worker.compose.compose import FAX_UNKNOWN, NO_STEPS, add_promised, hash_rule
from worker.config.load import Configuration, load_configuration
from worker.config.rule_layers import RULE_KEYS
from worker.core.model import Channel, Product
from worker.core.rulebook import (
    Conditional,
    Contract,
    CountedBy,
    Eligibility,
    Invoice,
    InvoiceRule,
    NoticeForm,
    Rule,
    Section,
    TitledValue,
    When,
    open_for,
    receiving_section,
    rule_for,
)
from worker.core.states import HoldKind, Reason, State, kind_of
from worker.match.match import judge_eligibility

ADVANCE = replace(NOTICE, product=Product.ADVANCE)
FILES = FakeFiles({"road.pdf": INVOICE})
NAMED, SEPARATE = (Invoice("road.pdf"),), (Invoice(""),)
WITH, APART = Conditional("押印がある", When.ATTACHED), Conditional("請求書の原本を郵送", When.APART)
CONCLUDED = {CountedBy.CONTRACT: dt.date(2026, 11, 1)}
SENTENCES = ("いつも", WITH, APART)


def register(invoices: tuple[Invoice, ...] | None, **rule: Any) -> Register:
    named = {} if invoices is None else {Product.ADVANCE: invoices}
    project = of_project(invoices=named, dates=CONCLUDED)
    return replace(REGISTER, issuers=(of_issuer(rule=rule),), projects=(project,), files=FILES)


# --- Sentences that depend on the invoice --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("invoices", "rule", "held_for"),
    [
        (NAMED, {"invoice": InvoiceRule.OPTIONAL}, ["いつも", WITH.text]),
        (SEPARATE, {"invoice": InvoiceRule.OPTIONAL}, ["いつも", APART.text]),
        (None, {"invoice": InvoiceRule.NEVER}, ["いつも", APART.text]),
        (NAMED, {"invoice": InvoiceRule.NEVER}, ["いつも", APART.text]),
    ],
)
def test_a_sentence_holds_only_with_its_way_of_the_invoice(
    invoices: tuple[Invoice, ...] | None, rule: dict[str, Any], held_for: list[str]
) -> None:
    made = drafted(register(invoices, conditions=SENTENCES, after=SENTENCES, **rule), notice=ADVANCE).submission
    assert made.composed.draft is not None
    assert list(made.composed.draft.conditions) == held_for
    assert list(made.follow_ups.duties.after) == held_for


def test_a_contract_guarantee_has_no_invoice_and_so_neither_sentence() -> None:
    made = drafted(register(None, conditions=SENTENCES, after=SENTENCES)).submission
    assert made.composed.draft is not None
    assert (made.composed.draft.conditions, made.follow_ups.duties.after) == (("いつも",), ("いつも",))


def test_while_the_invoice_is_undecided_it_is_held_whatever_the_sentences_say() -> None:
    made = drafted(register(None, conditions=SENTENCES, after=SENTENCES), notice=ADVANCE).submission
    assert made.state is State.HELD
    assert kind_of(Reason.INVOICE_UNDECIDED) is HoldKind.CORRECT
    assert Reason.INVOICE_UNDECIDED in reasons(made)


@pytest.mark.parametrize("after", [(), ("契約書を持参",), ("請求書の控えを保管",), (WITH,)])
def test_what_the_letter_promises_is_a_duty_whatever_the_rule_says(after: tuple[Any, ...]) -> None:
    made = drafted(register(SEPARATE, after=after), notice=ADVANCE)
    assert "前払金請求書は別途提出いたします" in made.body
    assert "前払金請求書を別途提出" in in_ja(made.submission.follow_ups.duties.after)


@pytest.mark.parametrize(
    "sentence", ["請求書の原本を会計課へ持参", "前払金請求書を別途提出する", "請求書を後日郵送", "紙の請求書を送付する"]
)
def test_a_sentence_that_has_the_invoice_handed_in_needs_no_second_one(sentence: str) -> None:
    made = drafted(register(SEPARATE, after=(sentence,)), notice=ADVANCE)
    assert made.submission.follow_ups.duties.after == (sentence,)
    assert add_promised((sentence,), "前払金請求書") == (sentence,)


@pytest.mark.parametrize("invoices", [NAMED, None])
def test_where_the_letter_promises_nothing_no_duty_is_made(invoices: tuple[Invoice, ...] | None) -> None:
    rule = {} if invoices else {"invoice": InvoiceRule.NEVER}
    made = drafted(register(invoices, **rule), notice=ADVANCE)
    assert "別途提出" not in made.body
    assert made.submission.follow_ups.duties.after == ()


def test_by_hand_a_sentence_is_told_with_its_condition_while_the_invoice_is_not_registered() -> None:
    paper = {"channel": Channel.PAPER, "instructions": ("窓口へ持参",), "conditions": SENTENCES, "after": (APART,)}
    told = {
        invoices: drafted(register(invoices, **paper), notice=ADVANCE).submission.follow_ups.duties
        for invoices in (None, NAMED, SEPARATE)
    }
    assert in_ja(told[None].instructions[1:]) == (
        "いつも",
        "請求書を一緒に提出するとき：押印がある",
        "請求書を別に提出するとき：請求書の原本を郵送",
    )
    assert told[NAMED].instructions[1:] == ("いつも", "押印がある")
    assert told[SEPARATE].instructions[1:] == ("いつも", "請求書の原本を郵送")
    assert [in_ja(told[each].after) for each in (None, NAMED, SEPARATE)] == [
        ("請求書を別に提出するとき：請求書の原本を郵送",),
        (),
        ("請求書の原本を郵送",),
    ]


# --- Which contracts -----------------------------------------------------------------------------------------------


def judged(alternative: Eligibility, contract: Contract = Contract.ORIGINAL, **project: Any) -> set[Reason]:
    issuer = of_issuer(eligibility=(alternative,))
    return {hold.reason for hold in judge_eligibility(issuer, of_project(**project), Product.CONTRACT, contract)}


IN_TIME, LATE = {CountedBy.ANNOUNCEMENT: dt.date(2026, 5, 1)}, {CountedBy.ANNOUNCEMENT: dt.date(2026, 3, 1)}


@every_case("original_only", [False, True])
@every_case("dates", [{}, IN_TIME, LATE])
@every_case(
    ("contract", "project"),
    [(Contract.AMENDED, {}), (Contract.ORIGINAL, {"is_amended": True})],
)
def test_amended_contracts_are_out_whatever_their_dates(
    original_only: bool, dates: dict[CountedBy, dt.date], contract: Contract, project: dict[str, Any]
) -> None:
    since = {"since": dt.date(2026, 4, 1), "counted_by": (CountedBy.ANNOUNCEMENT,)}
    for limits in ({}, since):
        alternative = Eligibility(amended=False, original_only=original_only, **limits)
        assert judged(alternative, contract, dates=dates, **project) == {Reason.NOT_ELIGIBLE}
        assert judged(alternative, contract, dates=dates, exception="了解", **project) == set()


def test_an_original_contract_is_judged_by_its_dates_as_before() -> None:
    alternative = Eligibility(since=dt.date(2026, 4, 1), counted_by=(CountedBy.ANNOUNCEMENT,), amended=False)
    assert judged(alternative, dates=IN_TIME) == set()
    assert judged(alternative, dates=LATE) == {Reason.NOT_ELIGIBLE}
    assert judged(alternative) == {Reason.ELIGIBILITY_UNKNOWN}


@pytest.mark.parametrize("eligibility", [(), (Eligibility(products=(Product.CONTRACT,)),)])
def test_what_the_announcement_excludes_is_out_whatever_the_issuer_says(eligibility: tuple[Eligibility, ...]) -> None:
    issuer = of_issuer(eligibility=eligibility)
    excluded = of_project(is_excluded=True)
    (hold,) = judge_eligibility(issuer, excluded, Product.CONTRACT, Contract.ORIGINAL)
    assert hold.reason is Reason.NOT_ELIGIBLE
    assert detail_of(hold).startswith(f"{excluded.id}：公告等で電子保証の対象外")
    agreed = replace(excluded, exception="契約課の了解")
    assert judge_eligibility(issuer, agreed, Product.CONTRACT, Contract.ORIGINAL) == ()


def test_an_issuer_may_count_by_the_start_of_the_procurement() -> None:
    alternative = Eligibility(since=dt.date(2026, 4, 1), counted_by=(CountedBy.PROCEDURE_START,))
    assert judged(alternative) == {Reason.ELIGIBILITY_UNKNOWN}
    assert judged(alternative, dates={CountedBy.PROCEDURE_START: dt.date(2026, 4, 1)}) == set()
    assert judged(alternative, dates={CountedBy.PROCEDURE_START: dt.date(2026, 3, 31)}) == {Reason.NOT_ELIGIBLE}
    of_original = replace(alternative, original_only=True)  # an amendment has no procurement of its own
    assert judged(of_original, Contract.AMENDED, dates={CountedBy.PROCEDURE_START: dt.date(2026, 4, 1)}) == set()


# --- By fax and on paper -------------------------------------------------------------------------------------------


def by_hand(channel: Channel, *, fax: str = "", **keys: Any) -> Any:
    issuer = of_issuer(rule={"channel": channel, **keys}, section={"fax": fax})
    return drafted(replace(REGISTER, issuers=(issuer,))).submission.follow_ups.duties


def test_a_fax_is_told_with_its_number_and_what_is_written_on_it() -> None:
    duties = by_hand(Channel.FAX, fax="0557-00-0001", notice=NoticeForm.TYPED, instructions=("送る",))
    assert in_ja(duties.entries) == (
        ("FAX番号", "0557-00-0001"),
        ("保証契約番号", NUMBER),
        ("認証キー", "********Gh（お知らせのPDFに記載）"),
    )
    assert in_ja(by_hand(Channel.FAX).entries) == (("FAX番号", in_ja(FAX_UNKNOWN)),)


@pytest.mark.parametrize("channel", [Channel.FAX, Channel.PAPER, Channel.FORM, Channel.UPLOAD])
def test_typed_number_and_key_are_told_once(channel: Channel) -> None:
    lines = (TitledValue("番号", "{{ notice.contract_number }}"),)
    titles = [title for title, _ in in_ja(by_hand(channel, notice=NoticeForm.TYPED, lines=lines).entries)]
    own = [] if channel is Channel.PAPER else ["番号"]
    typed = ["保証契約番号", "認証キー"] if channel is Channel.PAPER else ["認証キー"]
    assert [title for title in titles if title != "FAX番号"] == [*own, *typed]


def test_on_paper_the_lines_of_a_mail_are_no_step() -> None:
    duties = by_hand(Channel.PAPER, lines=(TitledValue("工事名", "{{ project.name }}"),), instructions=("持参",))
    assert duties.entries == ()


@pytest.mark.parametrize("channel", [Channel.FAX, Channel.PAPER, Channel.FORM, Channel.UPLOAD])
def test_where_no_step_is_written_a_person_is_told_so(channel: Channel) -> None:
    assert NO_STEPS in by_hand(channel).instructions
    assert NO_STEPS not in by_hand(channel, instructions=("持参",)).instructions
    assert NO_STEPS not in by_hand(channel, bring=("契約書",)).instructions


# --- Keys that decide nothing --------------------------------------------------------------------------------------

IDLE = {
    Channel.EMAIL: {"url", "instructions", "bring"},
    Channel.FORM: {"subject", "body", "max_bytes"},
    Channel.UPLOAD: {"subject", "body", "max_bytes"},
    Channel.PAPER: {"subject", "body", "max_bytes", "file_name", "url", "lines"},
    Channel.FAX: {"subject", "body", "max_bytes", "file_name", "url"},
}


@every_case(("channel", "key"), list(combined(IDLE, RULE_KEYS)))
def test_an_open_key_holds_where_it_decides_something_and_nowhere_else(channel: Channel, key: str) -> None:
    open_ = (f"rule.default.{key}",)
    issuer = of_issuer(rule={"channel": channel, "open": open_})
    made = drafted(replace(REGISTER, issuers=(issuer,))).submission
    assert (Reason.RULE_OPEN in reasons(made)) is (key not in IDLE[channel])


@pytest.mark.parametrize("channel", IDLE)
def test_a_whole_open_table_holds_by_any_channel(channel: Channel) -> None:
    for key in ("rule.default", "section.doboku", "eligibility", "guarantors", "value.工事番号.length"):
        assert open_for((key,), channel) == (key,)


@pytest.mark.parametrize(("key", "holding"), [("to", {Channel.EMAIL}), ("fax", {Channel.FAX}), ("phone", set(IDLE))])
def test_an_open_key_of_a_section_holds_where_it_is_used(key: str, holding: set[Channel]) -> None:
    assert {each for each in IDLE if open_for((f"section.doboku.{key}",), each)} == holding


@pytest.mark.parametrize("table", ["default", "amended", "contract", "contract_amended"])
def test_an_open_invoice_never_holds_a_contract_guarantee(table: str) -> None:
    loaded = load_configuration(
        files({"issuers/mihon.toml": ISSUER.replace("open = []", f'open = ["rule.{table}.invoice"]')})
    )
    for contract in Contract:
        rule = rule_for(loaded.issuers["mihon"], loaded.projects[0], Product.CONTRACT, contract)
        assert rule.open == ()


# --- What was chosen -----------------------------------------------------------------------------------------------

CHOSEN = 'chosen = "メールとFAXのうち、メールを選んだ"'


def rule_of(
    issuer: str, project: str = "", product: Product = Product.CONTRACT, contract: Any = Contract.ORIGINAL
) -> Rule:
    loaded = load(issuer, project)
    return rule_for(loaded.issuers["mihon"], loaded.projects[0], product, contract)


def load(issuer: str = "", project: str = "") -> Configuration:
    return load_configuration(files({"issuers/mihon.toml": f"{ISSUER}\n{issuer}", "projects.toml": PROJECTS + project}))


@pytest.mark.parametrize(
    ("later", "chosen"),
    [
        ('channel = "fax"', ""),
        ('channel = "email"', "メールとFAXのうち、メールを選んだ"),
        ('subject = "別の件名"', ""),
        ('notice = "typed"', ""),
        ("call_after = true", "メールとFAXのうち、メールを選んだ"),
        ('channel = "fax"\nchosen = "FAXを選んだ"', "FAXを選んだ"),
        ('chosen = ""', ""),
    ],
)
def test_what_was_chosen_goes_where_a_later_table_does_otherwise(later: str, chosen: str) -> None:
    in_issuer = rule_of(f"{CHOSEN}\n[rule.contract]\n{later}")
    in_project = rule_of(CHOSEN, f"[project.rule.contract]\n{later}")
    amended = rule_of(f"{CHOSEN}\n[rule.amended]\n{later}", contract=Contract.AMENDED)
    assert [each.chosen for each in (in_issuer, in_project, amended)] == [chosen] * 3
    assert rule_of(f"{CHOSEN}\n[rule.contract]\n{later}", product=Product.ADVANCE).chosen != ""


def test_a_choice_of_a_table_that_says_nothing_of_the_channel_stays() -> None:
    text = ISSUER.replace('channel = "email"', CHOSEN) + '\n[rule.contract]\nchannel = "email"'
    loaded = load_configuration(files({"issuers/mihon.toml": text}))
    assert loaded.issuers["mihon"].rules[Product.CONTRACT].chosen


# --- What a project says before the issuer ---------------------------------------------------------------------------


@pytest.mark.parametrize("section", ["doboku", "project"])
@pytest.mark.parametrize("named", ['section = "doboku"', ""])
def test_a_projects_office_receives_before_any_section(section: str, named: str) -> None:
    office = 'office = { contract = { name = "支所", to = ["shisho@mihon.example"] } }\n'
    projects = PROJECTS.replace('section = "doboku"', named) + office
    issuer = ISSUER.replace('section = "project"', f'section = "{section}"')
    loaded = load_configuration(files({"issuers/mihon.toml": issuer, "projects.toml": projects}))
    rule = rule_for(loaded.issuers["mihon"], loaded.projects[0], Product.CONTRACT, Contract.ORIGINAL)
    received = receiving_section(loaded.issuers["mihon"], loaded.projects[0], Product.CONTRACT, rule)
    assert received is not None
    assert received.name == "支所"


@pytest.mark.parametrize(
    ("product", "word"),
    [(Product.CONTRACT, "契約の保証"), (Product.ADVANCE, "前払金保証"), (Product.INTERIM, "中間前払金保証")],
)
def test_a_guarantee_without_a_word_of_the_issuer_has_its_formal_name(product: Product, word: str) -> None:
    assert rule_of('product_words = { contract = "契約の保証" }', product=product).product_word == word


# --- An upgrade changes no hash ------------------------------------------------------------------------------------

OLDER = """
chosen = "メールと持参のうち、メールを選んだ"
conditions = ["押印がある"]
after = ["請求書を持参"]
lines = [{ title = "案件名", value = "{{ project.name }}" }]
[rule.contract]
channel = "paper"
"""
HASHES = {
    Product.CONTRACT: "c424f4a51e95490edefa46f9886bf51f58e1bc54dde4b81118da995815df82cb",
    Product.ADVANCE: "4fcbb2ced93314e0b20718eec3a596fbd81e0c09316421d581b2996c86ef2415",
    Product.INTERIM: "bca2f50cc4a11b9357c198bf8e81e96729fa93b75d13e95468c8c20929001d84",
}
"""The results of 0.1.0 for these tables."""


@pytest.mark.parametrize("product", Product)
def test_the_hash_of_a_rule_of_0_1_stays(product: Product) -> None:
    issuer = load(OLDER).issuers["mihon"]
    assert hash_rule(issuer.rules[product], issuer.sections["doboku"]) == HASHES[product]
    assert hash_rule(RULE, SECTION) == "e203ef01209d0b4d18da3737771edb051cd624baae1598e004fa221b26d41ff1"


@pytest.mark.parametrize(
    ("rule", "section"),
    [
        (replace(RULE, conditions=(WITH,)), SECTION),
        (replace(RULE, conditions=(WITH.text,)), SECTION),
        (replace(RULE, after=(APART,)), SECTION),
        (RULE, replace(SECTION, fax="0557-00-0001")),
    ],
)
def test_a_new_key_that_is_written_changes_the_hash(rule: Rule, section: Section) -> None:
    assert hash_rule(rule, section) != hash_rule(RULE, SECTION)


# --- The source of the rule ----------------------------------------------------------------------------------------


def test_a_rule_of_the_project_names_the_issuers_source_for_the_rest() -> None:
    issuer = of_issuer(source="市のページ")
    own = of_project(rules={Product.CONTRACT: replace(RULE, timing=RULE.timing, subject="別")})
    made = drafted(replace(REGISTER, issuers=(issuer,), projects=(own,))).submission
    assert in_ja(made.follow_ups.duties.source) == f"projects.toml（{own.id}）、ほかは 市のページ"
