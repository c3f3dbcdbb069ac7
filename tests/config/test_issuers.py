"""The keys and values allowed for issuers, guarantors and projects."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.config_samples import GUARANTORS, ISSUER, PROJECTS, files
from tests.support.tables import every_case
from worker.config import templates as render
from worker.config.load import load_configuration
from worker.config.template_check import FILTERS, Use, check_template
from worker.core.errors import ConfigError
from worker.core.model import Channel, Product
from worker.core.rulebook import InvoiceRule


def issuer_of(text):
    return load_configuration(files({"issuers/mihon.toml": text})).issuers["mihon"]


def projects_of(text):
    return load_configuration(files({"projects.toml": text})).projects


def problems_of(changes):
    with pytest.raises(ConfigError) as refused:
        load_configuration(files(changes))
    return [(problem.key, problem.code) for problem in refused.value.problems]


def test_a_product_overrides_the_default_rule_key_by_key():
    issuer = issuer_of(
        ISSUER + 'max_bytes = 7000000\n[rule.contract]\nchannel = "form"\nproduct_words = { contract = "契約" }'
    )
    contract, advance = issuer.rules[Product.CONTRACT], issuer.rules[Product.ADVANCE]
    assert (contract.channel, contract.subject, contract.max_bytes) == (Channel.FORM, advance.subject, 7_000_000)
    assert (contract.product_word, advance.product_word) == ("契約", "前払金保証")
    assert advance.channel is Channel.EMAIL


def test_what_a_rule_does_not_say_is_the_careful_choice():
    rule = issuer_of('name = "みほん町"\n[section.doboku]\nname = "土木課"\n[rule.default]').rules[Product.ADVANCE]
    assert (rule.channel, rule.section, rule.body) == (Channel.UNKNOWN, "project", "default")
    assert rule.invoice is InvoiceRule.OPTIONAL


def test_a_contract_submission_never_carries_an_invoice():
    issuer = issuer_of(ISSUER + 'invoice = "required"')
    assert issuer.rules[Product.CONTRACT].invoice is InvoiceRule.NEVER
    assert issuer.rules[Product.INTERIM].invoice is InvoiceRule.REQUIRED
    assert ("rule.contract.invoice", "contract_invoice") in problems_of(
        {"issuers/mihon.toml": ISSUER + '[rule.contract]\ninvoice = "optional"'}
    )


def test_an_open_key_goes_with_what_rests_on_it():
    text = ISSUER.replace(
        "open = []", 'open = ["section.doboku.to", "rule.default.subject", "rule.interim.channel", "guarantors"]'
    )
    issuer = issuer_of(text + '[rule.contract]\nsubject = "契約保証の提出"')
    assert issuer.sections["doboku"].open == ("section.doboku.to",)
    assert issuer.rules[Product.CONTRACT].open == ("guarantors",)
    assert issuer.rules[Product.ADVANCE].open == ("rule.default.subject", "guarantors")
    assert issuer.rules[Product.INTERIM].open == ("rule.default.subject", "rule.interim.channel", "guarantors")


def test_an_open_invoice_key_does_not_touch_a_contract_submission():
    issuer = issuer_of(ISSUER.replace("open = []", 'open = ["rule.default.invoice"]'))
    assert issuer.rules[Product.CONTRACT].open == ()
    assert issuer.rules[Product.ADVANCE].open == ("rule.default.invoice",)


def test_a_written_eligibility_is_known_to_be_there():
    head = ISSUER.replace(
        "[section.doboku]", '[[eligibility]]\nfrom = 2026-04-01\ncounted_by = ["contract"]\n[section.doboku]'
    )
    assert issuer_of(head).eligibility
    assert not issuer_of(ISSUER).eligibility


@every_case(
    ("eligibility", "key", "code"),
    [
        ("", "eligibility[1]", "empty"),
        ("from = 2026-04-01", "eligibility[1]", "eligibility_half"),
        ('counted_by = ["contract"]', "eligibility[1]", "eligibility_half"),
        ('from = 2026-04-01\ncounted_by = ["signed"]', "eligibility[1].counted_by[1]", "unknown_value"),
        ('tendered_by = ["zaisei"]', "eligibility[1].tendered_by[1]", "unknown_section"),
        ('kinds = ["road"]', "eligibility[1].kinds[1]", "unknown_value"),
        ("min_amount = -1", "eligibility[1].min_amount", "too_small"),
        ('approval = "yes"', "eligibility[1].approval", "not_a_switch"),
        ('open = "yes"', "eligibility[1].open", "not_a_switch"),
        ("open = false", "eligibility[1]", "empty"),
        ('products = ["bid"]', "eligibility[1].products[1]", "unknown_value"),
        ("form = 2026-04-01", "eligibility[1].form", "unknown_key"),
    ],
)
def test_the_shape_of_an_eligibility_is_checked(eligibility, key, code):
    text = ISSUER.replace("[section.doboku]", f"[[eligibility]]\n{eligibility}\n[section.doboku]")
    assert problems_of({"issuers/mihon.toml": text}) == [(key, code)]


@every_case(
    ("old", "new", "key", "code"),
    [
        ('["east"]', '["esat"]', "guarantors[1]", "unknown_guarantor"),
        ("open = []", 'open = ["section.dobok.to"]', "open[1]", "unknown_key"),
        ("open = []", 'open = ["rule.default.call_later"]', "open[1]", "unknown_key"),
        ("open = []", 'open = ["telephone"]', "open[1]", "unknown_key"),
        ('section = "project"', 'section = "dobok"', "rule.default.section", "unknown_section"),
        ("[section.doboku]", "[section.project]", "section.project", "reserved_name"),
        ("[section.doboku]", '[section."土木"]', "section.土木", "bad_name"),
        ('to = ["doboku@mihon.example"]', 'to = "doboku@mihon.example"', "section.doboku.to", "not_a_list"),
        ('channel = "email"', 'channel = "mail"', "rule.default.channel", "unknown_value"),
        ('channel = "email"', 'channel = "email"\ncall_later = true', "rule.default.call_later", "unknown_key"),
        ('channel = "email"', 'channel = "email"\nbody = "../default"', "rule.default.body", "bad_name"),
        ('channel = "email"', 'channel = "email"\ninvoice = "maybe"', "rule.default.invoice", "unknown_value"),
        ("[rule.default]", "[rule.defualt]", "rule.defualt", "unknown_key"),
        ('subject = "{{ product }}【{{ project.name }}】"', "", "rule.default.subject", "missing_key"),
        ('subject = "{{ product }}【{{ project.name }}】"', 'subject = " "', "rule.default.subject", "missing_key"),
        ("{{ product }}【", "{{ product 【", "rule.default.subject", "template_syntax"),
        ("{{ product }}【", "{{ notice.key }}【", "rule.default.subject", "template_key"),
        ("{{ product }}【", "{{ produkt }}【", "rule.default.subject", "template_name"),
        ("{{ product }}【", "{{ product }}\\n【", "rule.default.subject", "unsafe_value"),
    ],
)
def test_each_fault_of_an_issuer_is_named_by_its_key(old, new, key, code):
    assert old in ISSUER
    found = problems_of({"issuers/mihon.toml": ISSUER.replace(old, new), "projects.toml": ""})
    assert (key, code) in found
    assert len(found) == 1 or code in {"bad_name", "reserved_name"}


@every_case(
    ("template", "codes"),
    [
        ("{{ product }}にかかる認証キー【{{ project.name }}】の提出について", []),
        ("{{ values.工事番号 | default(project.name) }}", []),
        ("{{ values['工事 番号'] | digits | nospace }} {{ project.dates.bid | monthday }}", []),
        ("{{ notice.contract_number }} {{ notice['product'] }}", []),
        ("{% if invoice.attached and invoice.amount is defined %}{{ invoice.title }}{% endif %}", []),
        ("{{ notice.key }}", ["template_key"]),
        ("{{ notice['key'] }}", ["template_key"]),
        ("{{ notice | attr('key') }}", ["template_filter", "template_notice"]),
        ("{{ notice }}", ["template_notice"]),
        ("{% set n = notice %}{{ n.key }}", ["template_notice"]),
        ("{{ '{0.key}'.format(notice) }}", ["template_notice"]),
        ("{{ notice['k' ~ 'ey'] }}", ["template_key"]),
        ("{{ notice[product] }}", ["template_notice"]),
        ("{% for v in notice.values() %}{{ v }}{% endfor %}", ["template_name"]),
        ("{% include 'default.txt.j2' %}", ["template_include"]),
        ("{{ project.nmae }} {{ kouji }} {{ product | digit }}", ["template_name", "template_filter", "template_name"]),
        ("{{ range(10) }}", ["template_name"]),
        ("{{ product", ["template_syntax"]),
        ("{% if product %}", ["template_syntax"]),
        ("{{ product is nonsense }}", ["template_syntax"]),
    ],
)
def test_a_subject_uses_only_what_is_offered_and_never_the_key(template, codes):
    assert [code for code, _ in check_template(template, Use.SUBJECT)] == codes


LONE_BRACES = [
    "{ values.工事番号 }【{{ product }}】",
    "{{ product }}{values.工事番号}",
    "{{ product }}}",
    "{{{ product }}",
    "{ { product } }",
    "【{{ product }}】}",
    "{",
    "{% raw %}{{ product }}{% endraw %}",
    "{{ product ~ '{' }}",
    "｛｛ product ｝｝",
    "｛values.工事番号｝【{{ product }}】",
    "{{ product }}｝",
]


@every_case("template", LONE_BRACES)
@every_case("use", [Use.SUBJECT, Use.BODY, Use.LINE, Use.FILE_NAME])
def test_a_lone_brace_is_an_error_wherever_a_template_stands(template, use):
    codes = {code for code, _ in check_template(template, use)}
    assert codes & {"template_brace", "template_syntax"}


MARKS = [
    "○○○",
    "○○",
    "〇〇〇〇",
    "◯◯",
    "●●",
    "△△",
    "▲▲",
    "□□",
    "■■",
    "◇◇",
    "＊＊",
    "***",
    "××",
    "XXX",
    "ｘｘｘ",
    "＿＿＿",
    "○ ○ ○",
    "○　○",
    "○●",
    "◎◎",
    "☆☆",
    "◻◻",
    "⬜⬜",
    "⭕⭕",
    "※※",
    "＃＃＃",
    "XX",
    "ＯＯ",
    "oo",
    "＿＿",
    "第○号",
    "□月□日",
]


@every_case("mark", MARKS)
@every_case("around", ["【電子保証】{}", "{}工事の{{{{ product }}}}", "{{{{ product ~ '{}' }}}}", "{}"])
def test_a_mark_of_a_printed_example_in_a_subject_is_an_error(mark, around):
    assert [code for code, _ in check_template(around.format(mark), Use.SUBJECT)] == ["template_mark"]


@every_case(
    "subject",
    [
        "【{{ product }}】{{ project.name }}（{{ contractor.name }}）",
        "{{ product }}にかかる認証キー：{{ values.工事番号 }}_{{ project.dates.bid | monthday }}",
        "令和二〇〇号線{{ product }}",
        "○{{ product }}",
        "□ {{ product }} *重要*",
        "{{ product }}__{{ project.name }} #1 BOX zoo ※前払",
        "{% if values.工事番号 is defined %}{{ values.工事番号 }}{% else %}{{ project.name }}{% endif %}",
        "{# ○○○ と { はここでは説明 #}{{ product }}",
    ],
)
def test_a_subject_without_either_passes(subject):
    assert check_template(subject, Use.SUBJECT) == ()


@pytest.mark.parametrize("subject", ["{ values.工事番号 }【{{ product }}】", "【電子保証】○○○○", "認証キー（△△工事）"])
def test_what_was_copied_from_an_issuers_page_is_refused_in_a_file_and_in_a_project(subject):
    code = "template_brace" if "{ " in subject else "template_mark"
    issuer = ISSUER.replace("{{ product }}【{{ project.name }}】", subject)
    assert problems_of({"issuers/mihon.toml": issuer}) == [("rule.default.subject", code)]
    own = PROJECTS + f'[project.rule.default]\nsubject = "{subject}"\n'
    assert problems_of({"projects.toml": own}) == [("project[1].rule.default.subject", code)]


def test_the_lone_brace_is_shown_with_what_stands_behind_it():
    assert check_template("件名 { values.x }", Use.SUBJECT)[0][1]["value"] == "{ values.x }"


def test_a_body_may_show_the_key():
    assert check_template("{{ notice.key }}", Use.BODY) == ()


def test_a_fault_in_a_body_has_its_line():
    assert check_template("一行目\n{{ product", Use.BODY)[0][1]["line"] == "2"


def test_a_near_name_is_offered_for_a_wrong_one():
    assert check_template("{{ produkt }}", Use.SUBJECT)[0][1]["nearest"] == "product"
    assert check_template("{{ project.nmae }}", Use.SUBJECT)[0][1]["nearest"] == "project.name"


def test_the_filters_that_pass_are_those_that_render():
    assert set(FILTERS) == set(render.FILTERS)


def test_a_section_may_be_named_for_all_products_or_for_each():
    one = projects_of(PROJECTS)[0]
    assert set(one.sections) == set(Product)
    each = projects_of(PROJECTS.replace('"doboku"', '{ advance = "doboku" }'))[0]
    assert each.sections == {Product.ADVANCE: "doboku"}


def test_a_deadline_is_one_day_for_all_products_or_a_day_for_each():
    day = dt.date(2026, 5, 1)
    assert projects_of(PROJECTS + "deadline = 2026-05-01\n")[0].deadlines == dict.fromkeys(Product, day)
    assert projects_of(PROJECTS + "deadline = { advance = 2026-05-01 }\n")[0].deadlines == {Product.ADVANCE: day}
    assert projects_of(PROJECTS)[0].deadlines == {}


@pytest.mark.parametrize(
    "written", ["2026-05-01T10:00:00", '"2026-05-01"', "{ advance = 1 }", "{ works = 2026-05-01 }"]
)
def test_a_deadline_is_a_day(written):
    with pytest.raises(ConfigError, match=r"project\[1\]\.deadline"):
        projects_of(PROJECTS + f"deadline = {written}\n")


def test_an_invoice_is_a_file_or_separate():
    text = PROJECTS + (
        "[project.invoice]\n"
        'advance = { file = "r8/road.pdf", amount = 20_000_000, date = 2026-05-08 }\n'
        'interim = "separate"'
    )
    invoices = projects_of(text)[0].invoices
    assert invoices[Product.ADVANCE][0].file == "r8/road.pdf"
    assert (invoices[Product.ADVANCE][0].amount, invoices[Product.ADVANCE][0].date) == (20_000_000, dt.date(2026, 5, 8))
    assert invoices[Product.INTERIM][0].file == ""


def test_an_id_that_two_projects_would_share_is_neither_ones():
    # A number tied by approval to the only project of a name must not come to mean a second one registered later.
    numbered = PROJECTS.replace("[[project]]", '[[project]]\ncontract_numbers = ["31074-000001"]', 1)
    assert [project.id for project in projects_of(PROJECTS)] == ["mihon/道路改良工事"]
    assert "mihon/道路改良工事" not in [project.id for project in projects_of(numbered + PROJECTS)]


def test_two_projects_of_one_name_have_ids_of_their_own():
    numbered = PROJECTS + 'contract_numbers = ["31074-000001"]\n'
    ids = [project.id for project in projects_of(PROJECTS + numbered + PROJECTS)]
    assert ids == ["mihon/道路改良工事#1", "mihon/道路改良工事/31074-000001", "mihon/道路改良工事#3"]
    assert [project.id for project in projects_of(PROJECTS)] == ["mihon/道路改良工事"]


@every_case(
    ("addition", "key", "code"),
    [
        ('issuer = "mihno"', "project[1].issuer", "unknown_issuer"),
        ('section = "dobok"', "project[1].section", "unknown_section"),
        ('section = { advance = "dobok" }', "project[1].section.advance", "unknown_section"),
        ('section = { advnace = "doboku" }', "project[1].section.advnace", "unknown_key"),
        ("section = 5", "project[1].section", "not_a_table"),
        ("dates = { contract = 2026-05-01T00:00:00 }", "project[1].dates.contract", "not_a_date"),
        ("dates = { contarct = 2026-05-01 }", "project[1].dates.contarct", "unknown_key"),
        ('values = { "工事番号" = 12 }', "project[1].values.工事番号", "not_text"),
        ('values = { "工事番号" = "R8\\u200b-12" }', "project[1].values.工事番号", "unsafe_value"),
        ('values = { "工事\\n番号" = "R8-12" }', "project[1].values.工事\n番号", "unsafe_value"),
        ("by_name = 1", "project[1].by_name", "not_a_switch"),
        ('kind = "road"', "project[1].kind", "unknown_value"),
        ('office = "x"', "project[1].office", "not_a_table"),
        ('documents = { advance = "x.pdf" }', "project[1].documents.advance", "not_a_list"),
        ('invoice = { contract = "separate" }', "project[1].invoice", "contract_invoice"),
        ('invoice = { advance = "later" }', "project[1].invoice.advance", "invoice_form"),
        ("invoice = { advance = { amount = 5 } }", "project[1].invoice.advance.file", "missing_key"),
        (
            'invoice = { advance = { file = "a.pdf", amount = 1.5 } }',
            "project[1].invoice.advance.amount",
            "not_a_number",
        ),
        ('invoice = { advance = { file = "../a.pdf" } }', "project[1].invoice.advance.file", "invoice_path"),
        ('invoice = { advance = { file = "/etc/passwd" } }', "project[1].invoice.advance.file", "invoice_path"),
        ('invoice = { advance = { file = "a/../../b.pdf" } }', "project[1].invoice.advance.file", "invoice_path"),
        ('invoice = { advance = { file = "..\\\\b.pdf" } }', "project[1].invoice.advance.file", "invoice_path"),
        ('invoice = { advance = { file = "a.pdf", path = "b" } }', "project[1].invoice.advance.path", "unknown_key"),
    ],
)
def test_each_fault_of_a_project_is_named_by_its_key(addition, key, code):
    written = addition.split(" = ")[0]
    kept = "\n".join(line for line in PROJECTS.splitlines() if not line.startswith(f"{written} ="))
    assert problems_of({"projects.toml": f"{kept}\n{addition}\n"}) == [(key, code)]


@pytest.mark.parametrize(
    ("old", "new", "key", "code"),
    [
        ("'[0-9]{4,5}-[0-9]{5,6}[A-Z]?'", "'[0-9{5}'", "guarantor.east.number", "bad_pattern"),
        ("'[0-9A-Za-z]{8,16}'", "''", "guarantor.east.key", "empty"),
        (', key = ["認証キー"]', "", "guarantor.east.labels.key", "missing_key"),
        ("contract = [", "contact = [", "guarantor.east.products.contact", "unknown_key"),
        ("\nnumber =", '\nassumed = ["sender"]\nnumber =', "guarantor.east.assumed[1]", "unknown_key"),
        ("\nnumber =", '\nsenders = ["a@b.example"]\nnumber =', "guarantor.east.senders[1]", "bad_host"),
        ("[guarantor.east]", "[guarantor]\n[guarantor.east]\nsendres = []", "guarantor.east.sendres", "unknown_key"),
    ],
)
def test_each_fault_of_a_guarantor_is_named_by_its_key(old, new, key, code):
    assert old in GUARANTORS
    assert problems_of({"guarantors.toml": GUARANTORS.replace(old, new)}) == [(key, code)]
