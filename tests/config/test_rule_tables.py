"""Rule tables are laid over each other: default, product, amended contracts, one project. Contradictions are found."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.config_samples import ISSUER, PROJECTS, files
from tests.support.tables import every_case
from worker.config.load import load_configuration
from worker.core.errors import ConfigError
from worker.core.messages import _HINTS, _TEXTS
from worker.core.model import Closing, Product
from worker.core.rulebook import Contract, InvoiceRule, NoticeForm, Timing, TitledValue, Width, rule_for


def load(issuer="", project="", *, open_keys=()):
    listed = ", ".join(f"'{key}'" for key in open_keys)
    text = ISSUER.replace("open = []", f"open = [{listed}]")
    return load_configuration(files({"issuers/mihon.toml": f"{text}\n{issuer}", "projects.toml": PROJECTS + project}))


def rule_of(issuer="", project="", product=Product.ADVANCE, contract=Contract.ORIGINAL, **more):
    loaded = load(issuer, project, **more)
    return rule_for(loaded.issuers["mihon"], loaded.projects[0], product, contract)


def problems_of(issuer="", project="", **more):
    with pytest.raises(ConfigError) as refused:
        load(issuer, project, **more)
    for problem in refused.value.problems:
        for text in (*_TEXTS[problem.code], *_HINTS.get(problem.code, ())):
            assert text.format(**problem.params)
    return [(problem.file, problem.key, problem.code) for problem in refused.value.problems]


def keys_of(issuer="", project="", **more):
    return [(key, code) for _, key, code in problems_of(issuer, project, **more)]


# --- Every key -----------------------------------------------------------------------------------------------

EVERY_KEY = """
chosen = "件名は二つのうち短い方"
notice = "both"
file_name = "認証キー_{{ project.name }}.pdf"
lines = [{ title = "案件名", value = "{{ project.name }}" }, { title = "認証キー", value = "{{ notice.key }}" }]
documents_required = ["前払金申請書"]
documents_allowed = ["工程表"]
other_documents = true
conditions = ["請求書に押印がある"]
contact_first = "契約日の前日までに電話で連絡"
call_after = true
timing = "with_invoice"
settle_days = 5
after = ["請求書の原本を郵送"]
url = "https://form.mihon.example/"
instructions = ["「{{ product }}」を選ぶ"]
bring = ["認証キーのお知らせ"]
"""


def test_every_key_of_a_rule_is_read_as_written():
    rule = rule_of(EVERY_KEY)
    assert (rule.chosen, rule.notice, rule.file_name) == (
        "件名は二つのうち短い方",
        NoticeForm.BOTH,
        "認証キー_{{ project.name }}.pdf",
    )
    assert rule.lines == (TitledValue("案件名", "{{ project.name }}"), TitledValue("認証キー", "{{ notice.key }}"))
    assert (rule.documents_required, rule.documents_allowed, rule.other_documents) == (
        ("前払金申請書",),
        ("工程表",),
        True,
    )
    assert (rule.conditions, rule.contact_first) == (("請求書に押印がある",), "契約日の前日までに電話で連絡")
    assert (rule.call_after, rule.timing, rule.settle_days) == (True, Timing.WITH_INVOICE, 5)
    assert (rule.after, rule.url) == (("請求書の原本を郵送",), "https://form.mihon.example/")
    assert (rule.instructions, rule.bring) == (("「{{ product }}」を選ぶ",), ("認証キーのお知らせ",))


def test_a_call_that_is_asked_for_closes_the_submission_and_else_an_answer_does():
    assert rule_of().closes is Closing.ANSWER
    assert rule_of("call_after = true").closes is Closing.CALL
    assert rule_of('call_after = true\ncloses = "answer"').closes is Closing.ANSWER
    assert rule_of('closes = "none"').closes is Closing.NONE


def test_the_call_of_the_default_table_is_taken_back_by_a_product_that_needs_none():
    rule = rule_of("call_after = true\n[rule.advance]\ncall_after = false")
    assert (rule.call_after, rule.closes) == (False, Closing.ANSWER)


def test_the_form_of_a_registered_value_is_read():
    issuer = load(
        '[value."工事番号"]\npattern = "R[0-9]+-[0-9]+"\nremove_hyphens = false\n'
        'width = "half"\nlength = 5\nsample = "R8-12"'
    ).issuers["mihon"]
    form = issuer.values["工事番号"]
    assert (form.name, form.pattern, form.width, form.length, form.sample) == (
        "工事番号",
        "R[0-9]+-[0-9]+",
        Width.HALF,
        5,
        "R8-12",
    )


def test_a_section_may_be_known_to_be_right_until_a_day():
    issuer = load("[section.keiyaku]\nname = '契約課'\nuntil = 2027-03-31").issuers["mihon"]
    assert issuer.sections["keiyaku"].until == dt.date(2027, 3, 31)
    assert issuer.sections["doboku"].until is None


# --- Amended contracts ---------------------------------------------------------------------------------------


def test_the_tables_for_amended_contracts_are_laid_over_in_their_order():
    text = (
        'contact_first = "default"\nchosen = "default"\nurl = "default"\n'
        '[rule.amended]\nchosen = "amended"\nurl = "amended"\nsection = "doboku"\n'
        '[rule.advance]\nurl = "advance"\n'
        '[rule.advance_amended]\ninvoice = "never"\n'
    )
    amended = rule_of(text, contract=Contract.AMENDED)
    assert (amended.contact_first, amended.chosen, amended.url) == ("default", "amended", "advance")
    assert (amended.section, amended.invoice) == ("doboku", InvoiceRule.NEVER)
    original = rule_of(text)
    assert (original.chosen, original.url, original.section) == ("default", "advance", "project")
    assert original.invoice is InvoiceRule.OPTIONAL


def test_an_amended_contract_follows_the_original_rule_where_no_table_says_otherwise():
    issuer = load('[rule.advance_amended]\nchannel = "form"').issuers["mihon"]
    assert set(issuer.amended_rules) == {Product.ADVANCE}
    assert rule_of(contract=Contract.AMENDED) == rule_of()
    assert set(load('[rule.amended]\nchannel = "form"').issuers["mihon"].amended_rules) == set(Product)


def test_what_is_open_for_amended_contracts_does_not_become_the_original_rule():
    open_keys = ["rule.amended.channel"]
    assert rule_of(open_keys=open_keys, contract=Contract.AMENDED).open == ("rule.amended.channel",)
    assert rule_of(open_keys=open_keys).open == ()


# --- What is not certain -------------------------------------------------------------------------------------


def test_an_open_key_is_settled_by_a_later_table_that_writes_it():
    open_keys = ["rule.default.subject", "rule.amended.subject", "rule.default.product_words"]
    text = (
        '[rule.amended]\nsubject = "a"\n[rule.advance]\nsubject = "b"\n'
        '[rule.interim]\nproduct_words = { contract = "契約" }'
    )
    assert rule_of(text, open_keys=open_keys).open == ("rule.default.product_words",)
    assert rule_of(text, open_keys=open_keys, contract=Contract.AMENDED).open == ("rule.default.product_words",)
    assert rule_of(text, open_keys=open_keys, product=Product.INTERIM, contract=Contract.AMENDED).open == (
        "rule.amended.subject",
        "rule.default.product_words",
    )


@every_case(
    ("key", "is_valid"),
    [
        ("rule.amended.subject", True),
        ("rule.contract_amended", True),
        ("rule.default.documents_required", True),
        ("value.工事番号", True),
        ("value.工事番号.pattern", True),
        ("section.doboku.until", True),
        ("eligibility", True),
        ("guarantors", True),
        ("name", True),
        ("value.案件番号", False),
        ("value.工事番号.patern", False),
        ("rule.original.subject", False),
        ("note", False),
    ],
)
def test_any_key_of_a_section_a_rule_or_a_value_may_be_open_and_no_other(key, is_valid):
    text = '[value."工事番号"]\ndigits_only = true'
    if is_valid:
        assert load(text, open_keys=[key])
    else:
        assert keys_of(text, open_keys=[key]) == [("open[1]", "unknown_key")]


# --- A project's own -----------------------------------------------------------------------------------------


def test_a_projects_own_tables_are_laid_over_the_whole_rule_of_its_issuer():
    issuer = '[rule.advance]\nsubject = "前払金"\nurl = "u"'
    project = '[project.rule.default]\nsubject = "この案件だけ"'
    rule = rule_of(issuer, project)
    assert (rule.subject, rule.url, rule.product_word) == ("この案件だけ", "u", "前払金保証")
    assert load(issuer).projects[0].rules == {}


def test_a_projects_own_table_for_one_product_leaves_the_others_to_the_issuer():
    loaded = load(project='[project.rule.advance]\nchannel = "form"\ninstructions = ["入力する"]')
    assert set(loaded.projects[0].rules) == {Product.ADVANCE}
    assert loaded.projects[0].amended_rules == {}


def test_a_projects_own_rule_holds_for_its_amended_contract_too():
    issuer = '[rule.amended]\nsubject = "変更"\nurl = "u"'
    rule = rule_of(issuer, '[project.rule.default]\nsubject = "この案件だけ"', contract=Contract.AMENDED)
    assert (rule.subject, rule.url) == ("この案件だけ", "u")
    only_amended = load(project='[project.rule.amended]\nsubject = "変更のとき"')
    assert (only_amended.projects[0].rules, set(only_amended.projects[0].amended_rules)) == ({}, set(Product))


def test_a_projects_own_rule_settles_what_its_issuer_left_open():
    open_keys = ["rule.default.subject", "rule.default.invoice", "guarantors"]
    rule = rule_of("", '[project.rule.default]\nsubject = "この案件だけ"', open_keys=open_keys)
    assert rule.open == ("rule.default.invoice", "guarantors")


def test_an_office_stands_in_place_of_the_section_of_one_product():
    project = 'office = { advance = { name = "支所", to = ["a@shisho.example"], phone = "0557-00-0001" } }'
    offices = load(project=project).projects[0].offices
    assert set(offices) == {Product.ADVANCE}
    office = offices[Product.ADVANCE]
    assert (office.id, office.name, office.to, office.phone) == (
        "office",
        "支所",
        ("a@shisho.example",),
        "0557-00-0001",
    )


def test_what_a_project_says_of_itself_is_read():
    project = load(
        project=(
            'tendered_by = "doboku"\nkind = "works"\naward = "designated"\namount = 50_000_000\n'
            'documents = { contract = ["a.pdf", { title = "前払金申請書", file = "b/c.pdf" }], advance = [] }\n'
            'approval = "令和8年4月1日付け承認"\nexception = "課長了承"\n'
            'amended = true\nexpects = ["contract", "advance"]\n'
            'invoice = { advance = [{ file = "1.pdf", number = "31074-000001" }, { file = "2.pdf" }] }'
        )
    ).projects[0]
    assert (project.tendered_by, project.kind, project.award, project.amount) == (
        "doboku",
        "works",
        "designated",
        50_000_000,
    )
    files_of = {product: [(each.title, each.file) for each in named] for product, named in project.documents.items()}
    assert files_of == {"contract": [("", "a.pdf"), ("前払金申請書", "b/c.pdf")], "advance": []}
    assert (project.approval, project.exception) == ("令和8年4月1日付け承認", "課長了承")
    assert (project.is_amended, project.expects) == (True, (Product.CONTRACT, Product.ADVANCE))
    assert [(each.file, each.number) for each in project.invoices[Product.ADVANCE]] == [
        ("1.pdf", "31074-000001"),
        ("2.pdf", ""),
    ]


def test_a_project_without_section_and_office_is_no_problem_when_it_is_loaded():
    text = PROJECTS.replace('section = "doboku"', "")
    assert load_configuration(files({"projects.toml": text})).projects[0].sections == {}


@every_case(
    ("addition", "key", "code"),
    [
        ('office = { advance = { to = ["a@b.example"] } }', "office.advance.name", "missing_key"),
        (
            'office = { advance = { name = "支所", to = ["支所@b.example"] } }',
            "office.advance.to[1]",
            "address_not_ascii",
        ),
        ('documents = { contract = ["../a.pdf"] }', "documents.contract[1]", "invoice_path"),
        ('documents = { contract = ["a.pdf", { file = "/b.pdf" }] }', "documents.contract[2].file", "invoice_path"),
        ('documents = { contract = [{ title = "申請書" }] }', "documents.contract[1].file", "missing_key"),
        ('tendered_by = "dobok"', "tendered_by", "unknown_section"),
        ('award = "lottery"', "award", "unknown_value"),
        ('expects = ["bid"]', "expects[1]", "unknown_value"),
        ("amount = -1", "amount", "too_small"),
        ("invoice = { advance = [] }", "invoice.advance", "empty"),
        ('invoice = { advance = [{ file = "a.pdf" }, { file = "b.pdf" }] }', "invoice.advance", "invoice_number_twice"),
        (
            'numbers = { contract = ["31074-000001"], advance = ["３１０７４－０００００１"] }',
            "numbers",
            "number_two_products",
        ),
        ('numbers = { bond = ["31074-000001"] }', "numbers.bond", "unknown_key"),
        ("numbers = { contract = [1] }", "numbers.contract[1]", "not_text"),
        ('numbers = { contract = [""] }', "numbers.contract[1]", "empty"),
        (
            'invoice = { advance = [{ file = "a.pdf", number = "1" }, { file = "../b.pdf" }] }',
            "invoice.advance[2].file",
            "invoice_path",
        ),
        ('[project.rule.default]\nsection = "dobok"', "rule.default.section", "unknown_section"),
        ('[project.rule.default]\nsubject = "{{ notice.key }}"', "rule.default.subject", "template_key"),
        ('[project.rule.contract]\ninvoice = "required"', "rule.contract.invoice", "contract_invoice"),
        ('[project.rule.advnace]\nurl = "x"', "rule.advnace", "unknown_key"),
        ('[project.rule.default]\nsubject = ""', "rule.default.subject", "missing_key"),
    ],
)
def test_each_fault_of_what_a_project_says_is_named_by_its_key(addition, key, code):
    assert problems_of(project=addition) == [("projects.toml", f"project[1].{key}", code)]


def test_a_contradiction_that_only_a_projects_table_brings_in_is_named_there():
    project = '[project.rule.advance]\nnotice = "typed"'
    assert problems_of('file_name = "a.pdf"', project) == [
        ("projects.toml", "project[1].rule.advance.notice", "file_name_typed")
    ]


# --- What contradicts itself ---------------------------------------------------------------------------------

KEY_LINE = 'lines = [{ title = "認証キー", value = "{{ notice.key }}" }]'


@every_case(
    ("tables", "found"),
    [
        ('timing = "before_invoice"', [("rule.default.timing", "invoice_after_key")]),
        ('timing = "before_invoice"\ninvoice = "optional"', [("rule.default.invoice", "invoice_after_key")]),
        ('timing = "before_invoice"\ninvoice = "never"', []),
        ('[rule.contract]\ntiming = "before_invoice"', []),
        ('[rule.advance_amended]\ntiming = "before_invoice"', [("rule.advance_amended.timing", "invoice_after_key")]),
        ('notice = "typed"\nfile_name = "a.pdf"', [("rule.default.file_name", "file_name_typed")]),
        ('notice = "both"\nfile_name = "a.pdf"', []),
        ('call_after = true\ncloses = "none"', [("rule.default.closes", "call_not_closing")]),
        ('call_after = true\n[rule.advance]\ncloses = "none"', [("rule.advance.closes", "call_not_closing")]),
        ('closes = "none"\n[rule.advance]\ncall_after = true', [("rule.default.closes", "call_not_closing")]),
        ('[rule.contract_amended]\ninvoice = "optional"', [("rule.contract_amended.invoice", "contract_invoice")]),
        (KEY_LINE, [("rule.default.lines", "line_key")]),
        (f'notice = "typed"\n{KEY_LINE}', []),
        (f'[rule.advance]\nchannel = "form"\n{KEY_LINE}', []),
        (f'[rule.advance]\nchannel = "paper"\n{KEY_LINE}', [("rule.advance.lines", "line_key")]),
        ('[rule.amended]\nsection = "dobok"', [("rule.amended.section", "unknown_section")]),
        ('[rule.amended]\nsubject = ""', [("rule.amended.subject", "missing_key")]),
        ("settle_days = 0", [("rule.default.settle_days", "too_small")]),
        ('file_name = "認証キー"', [("rule.default.file_name", "file_name_ending")]),
        ('file_name = "{{ notice.key }}.pdf"', [("rule.default.file_name", "template_key")]),
        ('instructions = ["{{ notice.key }}を入力"]', [("rule.default.instructions[1]", "template_key")]),
        ('instructions = ["{{ notice }}"]', [("rule.default.instructions[1]", "template_notice")]),
        ('lines = [{ title = "番号", value = "{{ nmuber }}" }]', [("rule.default.lines[1].value", "template_name")]),
        ('lines = [{ title = "番号" }]', [("rule.default.lines[1].value", "missing_key")]),
        ('lines = [{ title = "x", value = "{{ lines }}" }]', [("rule.default.lines[1].value", "template_name")]),
        ('[value."番号"]\npattern = "[0-9"', [("value.番号.pattern", "bad_pattern")]),
        (f'[value."番号"]\npattern = "{"a" * 201}"', [("value.番号.pattern", "pattern_too_long")]),
        ('[value."番号"]\nwidth = "wide"', [("value.番号.width", "unknown_value")]),
        ("[value.' ']\nlength = 3", [("value. ", "empty")]),
    ],
)
def test_a_rule_that_cannot_be_followed_is_named_once_at_the_table_that_says_so(tables, found):
    if found:
        assert keys_of(tables) == found
    else:
        assert load(tables)


def test_an_empty_subject_may_stand_where_it_is_open():
    assert load('[rule.amended]\nsubject = ""', open_keys=["rule.amended.subject"])
    assert keys_of('[rule.amended]\nsubject = ""', open_keys=["rule.default.subject"]) == [
        ("rule.amended.subject", "missing_key")
    ]


def test_a_project_may_leave_open_what_its_issuer_left_open():
    issuer = ISSUER.replace("open = []", 'open = ["rule.default.subject"]').replace(
        "{{ product }}【{{ project.name }}】", ""
    )
    project = PROJECTS + '[project.rule.advance]\nchannel = "email"\ncall_after = true'
    assert load_configuration(files({"issuers/mihon.toml": issuer, "projects.toml": project}))
