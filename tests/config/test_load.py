"""The configuration as a whole: every problem at once, with its file, key and nearest valid name."""

from __future__ import annotations

import pytest

from tests.support.config_samples import GUARANTORS, ISSUER, PROJECTS, WORKER, files
from tests.support.tables import every_case
from worker.config.load import load_configuration
from worker.config.toml import parse_toml
from worker.core.errors import ConfigError
from worker.core.messages import config
from worker.core.model import sha256

TEXTS = config.TEXTS
HINTS = config.HINTS

EXAMPLE = """
[[example]]
product = "advance"
project = { name = "道路" }
expect = { subject = "前払金保証【道路】" }
"""


def problems_of(changes=None, given=None):
    with pytest.raises(ConfigError) as refused:
        load_configuration(given if given is not None else files(changes))
    return refused.value.problems


def test_a_whole_configuration_is_loaded_with_the_files_it_came_from():
    given = files()
    configuration = load_configuration(given)
    assert [project.issuer for project in configuration.projects] == ["mihon"]
    assert [guarantor.id for guarantor in configuration.guarantors] == ["east"]
    assert {file.name: file.sha256 for file in configuration.files} == {
        name: sha256(content) for name, content in given.items()
    }
    assert configuration.issuers["mihon"].sha256 == sha256(given["issuers/mihon.toml"])
    assert configuration.issuers["mihon"].file == "issuers/mihon.toml"


def test_every_problem_of_every_file_comes_at_once():
    found = problems_of(
        {
            "worker.toml": WORKER.replace("port = 993", 'prot = 993\nsecurity = "ssl"'),
            "issuers/mihon.toml": ISSUER.replace("doboku@mihon.example", "doboku＠mihon.example"),
            "issuers/other.toml": "name = 他町",
            "projects.toml": PROJECTS + PROJECTS.replace('"doboku"', '"dobok"').replace("道路", "道\\u200b路"),
            "guarantors.toml": GUARANTORS.replace("{8,16}", "{8,16"  "["),
        }
    )  # fmt: skip
    assert {(problem.file, problem.key, problem.code) for problem in found} == {
        ("worker.toml", "mailbox.main.port", "missing_key"),
        ("worker.toml", "mailbox.main.prot", "unknown_key"),
        ("worker.toml", "mailbox.main.security", "unknown_value"),
        ("issuers/mihon.toml", "section.doboku.to[1]", "address_not_ascii"),
        ("issuers/other.toml", "", "bare_value"),
        ("projects.toml", "project[2].section", "unknown_section"),
        ("projects.toml", "project[2].name", "unsafe_value"),
        ("guarantors.toml", "guarantor.east.key", "bad_pattern"),
    }


def test_a_broken_issuer_file_is_one_problem_and_not_one_for_each_of_its_projects():
    found = problems_of({"issuers/mihon.toml": "name = ["})
    assert [(problem.file, problem.code) for problem in found] == [("issuers/mihon.toml", "toml_syntax")]


def test_a_broken_guarantors_file_is_one_problem():
    found = problems_of({"guarantors.toml": "[guarantor"})
    assert [(problem.file, problem.code) for problem in found] == [("guarantors.toml", "open_bracket")]


@pytest.mark.parametrize("name", ["worker.toml", "projects.toml", "guarantors.toml"])
def test_a_missing_file_is_named(name):
    assert ("missing_file", name) in [(problem.code, problem.file) for problem in problems_of({name: None})]


@every_case(
    ("line", "code", "params"),
    [
        ('工事番号 = "R8-12"', "bare_key", {"line": "2", "name": "工事番号"}),
        ('values = { 工事番号 = "R8-12" }', "bare_key", {"name": "工事番号"}),
        ('R8工事 = "12"', "bare_key", {"name": "R8工事"}),
        ('values.工事番号 = "R8-12"', "bare_key", {"name": "工事番号"}),
        ("[section.建設]", "section_id", {"name": "建設"}),
        ("[ section . 財政課 ]", "section_id", {"name": "財政課"}),
        ("[value.工事番号]", "bare_heading", {"heading": '[value."工事番号"]'}),
        ("[[例]]", "bare_heading", {"heading": '[["例"]]'}),
        ("from = R8.1.1", "bare_date", {"value": "R8.1.1", "line": "2"}),
        ("from = 令和8年4月1日", "bare_date", {"value": "令和8年4月1日"}),
        ("from = 2026年4月1日", "bare_date", {}),
        ("from = 2026/4/1 # 公告", "bare_date", {"value": "2026/4/1"}),
        ("from = 2026-4-1", "bare_date", {}),
        ("from = 令和元年10月1日", "bare_date", {}),
        ("call_after = yes", "bare_switch", {"value": "yes"}),
        ("call_after = True", "bare_switch", {}),
        ("call_after = はい", "bare_switch", {}),
        ("min_amount = 3,000,000", "bare_number", {"value": "3,000,000"}),
        ("min_amount = 300万円", "bare_number", {}),
        ("min_amount = 5000000円", "bare_number", {}),
        ("channel = email", "bare_value", {}),
        ("to = keiyaku@mihon.example", "bare_value", {}),
        ('x = ["a", "b"', "open_bracket", {}),
        ('subject "件名"', "no_equals", {}),
        ('pattern = "\\d+"', "bad_escape", {}),
        ('dir = "C:\\users\\hanako"', "bad_escape", {}),
        ('dir = "\\\\server\\share"', "bad_escape", {}),
        ('name\u00a0= "道路"', "unseen_space", {"line": "2", "column": "5", "character": "U+00A0"}),
        ('name =\u00a0"道路"', "unseen_space", {"column": "7"}),
        ('\u00a0name = "道路"', "unseen_space", {"column": "1"}),
        ('name\u200b = "道路"', "unseen_space", {"character": "U+200B"}),
        ("from = 令和8年11月29日", "bare_date", {"date": "2026-11-29"}),
        ("from = 2026/11/29", "bare_date", {"date": "2026-11-29"}),
        ("from = 11月29日", "bare_date", {"date": "2026-04-01"}),
        ("name = 道路改良工事", "bare_value", {"line": "2", "column": "8"}),
        ("name = “道路改良工事”", "wide_sign", {"sign": "“"}),
        ('name\u3000= "道路"', "wide_sign", {"sign": "\u3000"}),
        ('name ＝ "道路"', "wide_sign", {"sign": "＝"}),
        ('name = "道路', "open_quote", {"line": "2"}),
        ("name = 2026-02-30", "bare_date", {"line": "2"}),
        ('name = "a"\nname = "b"', "declared_twice", {"line": "3"}),
        ("[a]\nx = 1\n[a]\ny = 1", "declared_twice", {"line": "4"}),
        ("name = " + "9" * 5000, "toml_syntax", {}),
        ("name = " + "[" * 5000, "toml_syntax", {}),
    ],
)  # fmt: skip
def test_a_fault_of_writing_is_named_for_what_it_is_with_its_line(line, code, params):
    found = []
    assert parse_toml("projects.toml", f"# 案件\r\n{line}\r\n".encode(), found) is None
    assert [problem.code for problem in found] == [code]
    assert params.items() <= dict(found[0].params).items()


def test_a_file_in_shift_jis_is_named_for_what_it_is():
    found = []
    assert parse_toml("projects.toml", "x = 1\nname = '道路'".encode("cp932"), found) is None
    assert [(problem.code, problem.params["line"]) for problem in found] == [("not_utf8", "2")]


def test_a_byte_order_mark_is_tolerated():
    assert parse_toml("projects.toml", "name = '道路'".encode("utf-8-sig"), []) == {"name": "道路"}


def test_a_problem_of_a_project_is_found_by_its_line():
    (problem,) = problems_of({"projects.toml": PROJECTS * 3 + "bad = 1\n"})
    assert (problem.key, problem.params["line"]) == ("project[3].bad", "16")
    (missing,) = problems_of({"projects.toml": PROJECTS * 2 + PROJECTS.replace('name = "道路改良工事"\n', "")})
    assert (missing.key, missing.params["line"]) == ("project[3].name", "12")


def test_a_problem_of_an_issuer_is_found_by_its_line():
    given = ISSUER.replace('channel = "email"', 'channel = "mail"')
    (problem,) = problems_of({"issuers/mihon.toml": given})
    assert given.splitlines()[int(problem.params["line"]) - 1] == 'channel = "mail"'


def test_a_thousand_projects_are_loaded():
    text = "".join(PROJECTS.replace("道路改良", f"道路改良その{number}") for number in range(1000))
    configuration = load_configuration(files({"projects.toml": text}))
    assert len({project.id for project in configuration.projects}) == 1000


def test_a_body_that_a_rule_names_must_be_there_and_be_sound():
    given = files({"issuers/mihon.toml": ISSUER + 'body = "mihno"'})
    assert load_configuration(given)  # without any template among the files nothing is said of them
    given["templates/mail/mihon.txt.j2"] = b"{{ notice.key }}"
    (problem,) = problems_of(given=given)
    assert (problem.key, problem.code, problem.params["nearest"]) == (
        "rule.default.body",
        "unknown_template",
        "mihon",
    )
    given["templates/mail/mihno.txt.j2"] = "{{ product }}\n{{ kouji\u202e }}".encode()
    assert {(p.file, p.code, p.params["line"]) for p in problems_of(given=given)} == {
        ("templates/mail/mihno.txt.j2", "unsafe_value", "2"),
        ("templates/mail/mihno.txt.j2", "template_syntax", "2"),
    }


def is_of_silence(remark):
    return remark.code.startswith("unsaid_")


def test_placeholders_are_listed_and_not_refused():
    remarks = load_configuration(files()).remarks
    assert [(remark.file, remark.key, remark.code) for remark in remarks if not is_of_silence(remark)] == [
        ("worker.toml", "contractor.email", "placeholder"),
        ("worker.toml", "operator.notify[1]", "placeholder"),
        ("issuers/mihon.toml", "section.doboku.to[1]", "placeholder"),
    ]


def test_a_copy_to_a_stranger_and_an_entry_never_checked_are_listed_and_not_refused():
    issuer = ISSUER.replace("checked_on = 2026-11-21", "").replace(
        'to = ["doboku@mihon.example"]',
        'to = ["doboku@mihon.example"]\ncc = ["b@mihon.example", "genba@contractor.example", "c@other.example"]',
    )
    project = (
        PROJECTS + 'office = { advance = { name = "支所", to = ["a@shisho.example"], cc = ["d@else.example"] } }\n'
    )
    remarks = load_configuration(files({"issuers/mihon.toml": issuer, "projects.toml": project})).remarks
    others = [each for each in remarks if each.code != "placeholder" and not is_of_silence(each)]
    assert [(remark.file, remark.key, remark.code) for remark in others] == [
        ("issuers/mihon.toml", "checked_on", "not_checked"),
        ("issuers/mihon.toml", "section.doboku.cc[3]", "foreign_cc"),
        ("projects.toml", "project[1].office.advance.cc[1]", "foreign_cc"),
    ]
    assert ("projects.toml", "project[1].office.advance.to[1]", "placeholder") in [
        (remark.file, remark.key, remark.code) for remark in remarks
    ]


def test_a_body_that_a_projects_own_rule_names_must_be_there():
    given = files({"projects.toml": PROJECTS + '[project.rule.advance]\nbody = "mihno"'})
    given["templates/mail/default.txt.j2"] = b"{{ notice.key }}"
    assert [(problem.file, problem.key, problem.code) for problem in problems_of(given=given)] == [
        ("projects.toml", "project[1].rule.advance.body", "unknown_template")
    ]


def test_the_examples_of_an_issuer_are_read_with_what_they_expect():
    text = ISSUER + EXAMPLE.replace("expect = {", 'expect = { channel = "email", holds = ["bad_value"], ')
    (example,) = load_configuration(files({"issuers/mihon.toml": text})).examples["mihon"]
    assert (example.product, example.contract, example.number) == ("advance", "original", "31074-000001")
    assert (example.channel, example.subject, example.section) == ("email", "前払金保証【道路】", None)
    assert (example.attachments, example.body_has, example.holds) == (None, None, ("bad_value",))
    assert example.project == {"name": "道路"}


@every_case(
    ("old", "new", "key", "code"),
    [
        ('product = "advance"', 'product = "advnace"', "example[1].product", "unknown_value"),
        ('product = "advance"', "", "example[1].product", "missing_key"),
        ("expect = {", "expect = { attachment = [],", "example[1].expect.attachment", "unknown_key"),
        ("expect = {", 'expect = { holds = ["bad"],', "example[1].expect.holds[1]", "unknown_value"),
        ('name = "道路"', 'name = "道路", section = "dobok"', "example[1].project.section", "unknown_section"),
        ('name = "道路"', 'name = "道路", dates = { bdi = 2026-05-01 }', "example[1].project.dates.bdi", "unknown_key"),
        ('name = "道路"', "", "example[1].project.name", "missing_key"),
        ('name = "道路"', 'name = "道\\u200b路"', "example[1].project.name", "unsafe_value"),
    ],
)
def test_each_fault_of_an_example_is_named_by_its_key_in_the_issuers_file(old, new, key, code):
    assert old in EXAMPLE
    found = problems_of({"issuers/mihon.toml": ISSUER + EXAMPLE.replace(old, new)})
    assert {(problem.file, problem.key, problem.code) for problem in found} == {("issuers/mihon.toml", key, code)}


def test_every_problem_has_its_sentence_in_both_languages():
    given = {
        "worker.toml": "[contractor]\nname = 1\nemial = ''\n[mailbox.a]\nhost = ''\nport = 0",
        "issuers/a b.toml": "open = ['x']\n[rule.default]\nsubject = '{{ a.b | c }}{{ notice.key }}'",
        "projects.toml": "[[project]]\nname = '\\u200b'\nissuer = 'x'\ninvoice = { advance = 'x' }",
    }
    for problem in problems_of(given=files(given)):
        for text in (*TEXTS[problem.code], *HINTS.get(problem.code, ())):
            assert text.format(**problem.params)


@every_case("code", sorted({**TEXTS, **HINTS}))
def test_a_sentence_asks_for_no_name_that_problems_do_not_carry(code):
    names = "line column detail name sign value valid limit nearest character address host path looked mode issuer"
    names += " least heading here place form file sample expected found examples own shipped date owner names"
    for text in (*TEXTS[code], *HINTS.get(code, ())):
        assert text.format(**dict.fromkeys(names.split(), "…"))


@pytest.mark.parametrize(
    ("address", "own"),
    [
        ("doboku@mihon.example", "soumu@contractor.example"),
        ("Other@MIHON.example", "soumu@contractor.example"),
        ("genchi@koji.example", "soumu@contractor.example"),
        ("Doboku@mihon.example", "soumu@mihon.example"),
    ],
)
def test_an_own_copy_never_goes_where_an_issuer_receives(address, own):
    worker = WORKER.replace("port = 465", f'port = 465\ncopy_to = "{address}"')
    worker = worker.replace('email = "soumu@contractor.example"', f'email = "{own}"')
    office = '\noffice = { contract = { name = "現地", to = ["genchi@koji.example"] } }\n'
    given = {"worker.toml": worker, "projects.toml": PROJECTS.replace('\nsection = "doboku"\n', office)}
    (found,) = problems_of(given)
    assert (found.file, found.key, found.code) == ("worker.toml", "smtp.copy_to", "copy_to_issuer")


def test_an_own_copy_goes_to_an_address_of_the_office() -> None:
    worker = WORKER.replace("port = 465", 'port = 465\ncopy_to = "hikae@contractor.example"')
    assert load_configuration(files({"worker.toml": worker})).settings.smtp.copy_to == "hikae@contractor.example"


def test_check_names_two_issuers_that_share_an_address():
    copied = ISSUER.replace("みほん町", "ためし市")
    remarks = load_configuration(files({"issuers/tameshi.toml": copied})).remarks
    shared = [each for each in remarks if each.code == "shared_address"]
    assert [(each.file, each.key) for each in shared] == [("issuers/tameshi.toml", "section.doboku.to[1]")]
    assert "みほん町" in shared[0].params["other"]
    assert "ためし市" in shared[0].params["name"]


@pytest.mark.parametrize("key", ["smtp.copy_to", "release.rehearsal_to"])
def test_check_names_what_goes_outside_the_contractors_domain(key):
    table, _, name = key.partition(".")
    for address, expected in (("a@elsewhere.example", [key]), ("a@Contractor.example", [])):
        line = f'{name} = "{address}"'
        worker = (
            WORKER.replace("port = 465", f"port = 465\n{line}") if table == "smtp" else f"{WORKER}\n[release]\n{line}\n"
        )
        remarks = load_configuration(files({"worker.toml": worker})).remarks
        assert [each.key for each in remarks if each.code == "outside_own_domain"] == expected
