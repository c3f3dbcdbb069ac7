"""The sentence and the next step that ``check`` shows for a slip lead a person to its cure."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.config_samples import ISSUER, PROJECTS, files
from tests.support.sources import calls
from tests.support.tables import every_case
from worker.config.load import load_configuration
from worker.config.toml import _CODES
from worker.core.errors import ConfigError, Problem
from worker.core.messages import _HINTS, _TEXTS
from worker.core.messages.keys import _CLOSED
from worker.views.problems import problem_hint, problem_json

BESIDE = ("placeholder", "unsaid_")
RULE = 'subject = "{{ product }}【{{ project.name }}】"'


def said(issuer: str = ISSUER, projects: str = PROJECTS) -> list[dict[str, str]]:
    """Every problem, else every remark on the issuer's file."""
    try:
        loaded = load_configuration(files({"issuers/mihon.toml": issuer, "projects.toml": projects}))
    except ConfigError as error:
        return [problem_json(each, "ja") for each in error.problems]
    # The sample configuration has sample addresses and rules that leave something unsaid: other tests are about these.
    remarks = [each for each in loaded.remarks if each.file.startswith("issuers/") and not each.code.startswith(BESIDE)]
    return [problem_json(each, "ja") for each in remarks]


def only(issuer: str = ISSUER, projects: str = PROJECTS) -> tuple[str, str, str]:
    (problem,) = said(issuer, projects)
    return problem["key"], problem["message"], problem["hint"]


# --- Writing -----------------------------------------------------------------------------------------------------


@every_case(
    ("line", "message", "hint"),
    [
        ("[section.財政課]", "課の見出しに「財政課」は使えません", 'name = "財政課"'),
        ("[section.a課]", "課の見出しに「a課」は使えません", "[section.zaisei]"),
        ("[value.工事番号]", "引用符で囲まれていません", '[value."工事番号"] と書いてください'),
        ("[rule.default]\n[[eligibility]]\nfrom = R8.1.1", "「R8.1.1」は、日付として読めません", "2026-01-01"),
        ("call_after = yes", "「yes」は、true でも false でもありません", "小文字で、引用符なしで"),
        ("min_amount = 3,000,000", "「3,000,000」は、数値の書き方ではありません", "3_000_000"),
        ("channel = email", "文字列が引用符で囲まれていません", '" "'),
        ('name = "x', "引用符が閉じていません", '"'),
        ("to = [\n", "TOMLの書き方に合いません", "括弧の閉じ忘れ"),
        ('to = ["a@mihon.example"\n[rule.default]', "括弧", "[ と ]"),
        ("[value]\n[value]", "", "どちらか一方"),
        ("subject", "= がありません", "項目 = 値"),
    ],
)
def test_a_slip_of_writing_is_named_and_no_english_is_in_it(line: str, message: str, hint: str) -> None:
    problem = said(line + "\n")[0]
    assert message in problem["message"]
    assert hint in problem["hint"]
    assert re.search(r"Invalid|Expected|statement|document", problem["message"] + problem["hint"]) is None


# --- Keys --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "message", "hint"),
    [
        (
            f'{ISSUER}open = ["name"]'.replace("open = []\n", ""),
            "rule.default.open",
            "ファイルの初め",
            "最初の [ ] の見出しより前",
        ),
        (f"{ISSUER}note = 'x'", "rule.default.note", "ファイルの初め", "見出しより前"),
        (
            f"{ISSUER}\n[section.keiyaku]\nname = '契約課'\nchecked_on = 2026-01-01",
            "section.keiyaku.checked_on",
            "[section.keiyaku] の中",
            "最初の [ ] の見出しより前",
        ),
    ],
)
def test_a_key_of_the_file_behind_a_heading_is_sent_to_its_beginning(
    text: str, key: str, message: str, hint: str
) -> None:
    (problem,) = said(text)
    assert problem["key"] == key
    assert message in problem["message"]
    assert hint in problem["hint"]


def test_a_key_of_a_project_behind_a_heading_is_sent_below_the_project() -> None:
    key, message, hint = only(projects=f'{PROJECTS}[project.rule.contract]\nexpects = ["contract"]\n')
    assert key == "project[1].rule.contract.expects"
    assert "[[project]] に書く項目" in message
    assert "[[project]] の見出しのすぐ下" in hint


@every_case(
    ("open_", "near"),
    [
        ("rule.default.to", "section.doboku.to"),
        ("rule.contract.phone", "section.doboku.phone"),
        ("section.doboku.subject", ".subject"),
        ("rule.default.sbject", "rule.default.subject"),
        ("rule.defualt.subject", "rule.default.subject"),
        ("rule.defualt", "rule.default"),
        ("section.dobok.to", "section.doboku.to"),
        ("nmae", "name"),
    ],
)
def test_an_open_key_is_never_sent_to_a_whole_table_for_one_of_its_keys(open_: str, near: str) -> None:
    _, _, hint = only(ISSUER.replace("open = []", f'open = ["{open_}"]'))
    named = hint.rpartition("：")[2]
    assert named.endswith(near)
    assert named.count(".") >= open_.count(".")


@pytest.mark.parametrize("name", ["工事番号", "案件名"])
@pytest.mark.parametrize("scope", ["", "project.", "section."])
def test_a_japanese_name_in_a_template_is_a_registered_value(name: str, scope: str) -> None:
    _, message, hint = only(ISSUER.replace(RULE, f'subject = "{{{{ {scope}{name} }}}}"'))
    assert f"「{name}」という名前は使えません" in message
    assert f"{{{{ values.{name} }}}}" in hint
    assert "{{ project.name }}" in hint


@every_case(
    ("old", "new", "meaning"),
    [
        ('channel = "email"', 'channel = "メール"', "email（メール）、form（発注者のフォーム）"),
        ('channel = "email"', 'channel = "email"\ninvoice = "同送してもよい"', "optional（同送してもよい）"),
        ('channel = "email"', 'channel = "email"\nnotice = "添付"', "attached（お知らせPDFを添付）"),
        ('channel = "email"', 'channel = "email"\ntiming = "いつでも"', "any（いつでも）"),
        ("[rule.default]", '[[eligibility]]\nkinds = ["工事"]\n[rule.default]', "works（工事）"),
        ("[rule.default]", '[[eligibility]]\nawards = ["随契"]\n[rule.default]', "discretionary（随意契約）"),
        ("[rule.default]", '[[eligibility]]\nproducts = ["前払"]\n[rule.default]', "advance（前払金保証）"),
        (
            "[rule.default]",
            '[[eligibility]]\nfrom = 2026-04-01\ncounted_by = ["契約"]\n[rule.default]',
            "procedure_start（発注手続の開始）",
        ),
        (
            'channel = "email"',
            'channel = "email"\nafter = [{ text = "x", when = "別途" }]',
            "apart（請求書を別に出すとき）",
        ),
    ],
)
def test_the_words_of_a_closed_list_are_shown_with_their_meaning(old: str, new: str, meaning: str) -> None:
    _, message, hint = only(ISSUER.replace(old, new, 1))
    assert "は使えません" in message
    assert meaning in hint


def test_every_word_of_the_closed_lists_has_its_meaning() -> None:
    for words in _CLOSED.values():
        assert all(japanese and english for japanese, english in words.values())


@pytest.mark.parametrize(
    ("table", "form"),
    [
        ('lines = ["受注者"]', '{ title = "…", value = "…" } のように'),
        ('product_words = "契約"', '{ contract = "…" } のように'),
    ],
)
def test_a_table_that_is_none_is_shown_as_it_is_written(table: str, form: str) -> None:
    _, _, hint = only(f"{ISSUER}{table}\n")
    assert form in hint


def test_from_without_counted_by_is_shown_with_both() -> None:
    _, message, hint = only(f"{ISSUER}\n[[eligibility]]\nfrom = 2026-04-01\n")
    assert "両方必要" in message
    assert 'counted_by = ["announcement"]' in hint


# --- Remarks -----------------------------------------------------------------------------------------------------


@every_case(
    ("more", "key", "message"),
    [
        ('[rule.contract]\nchannel = "paper"', "rule.contract", "人がすることが書かれていません"),
        ('[rule.contract]\nchannel = "form"', "rule.contract", "人がすることが書かれていません"),
        ('[rule.amended]\nchannel = "paper"', "rule.amended", "人がすることが書かれていません"),
        ('[rule.advance_amended]\nchannel = "paper"', "rule.advance_amended", "人がすることが書かれていません"),
        ('[rule.contract]\nchannel = "fax"\ninstructions = ["x"]', "section.doboku.fax", "番号がありません"),
        ("[rule.contract]\ncall_after = true", "section.doboku.phone", "電話番号がありません"),
        ('[value."番号"]\ndigits_only = true\nlength = 8\nsample = "123"', "value.番号.sample", "3文字です"),
        ('[value."番号"]\ndigits_only = true\nsample = "R8-1"', "value.番号.sample", "数字以外"),
        ('[value."番号"]\npattern = \'[0-9]+\'\nsample = "x"', "value.番号.sample", "形式が違います"),
        (
            "[rule.contract]\nsubject = '{% if values.番号 %}{{ values.番号 }}{% else %}x{% endif %}'",
            "rule.contract",
            "「番号」は、登録のない案件では条件に使えず",
        ),
        ("[rule.contract]\nsubject = \"{{ values['番号'] or project.name }}\"", "rule.contract", "「番号」"),
    ],
)
def test_what_would_leave_a_person_without_a_next_step_is_a_remark(more: str, key: str, message: str) -> None:
    found, text, hint = only(f"{ISSUER}\n{more}\n")
    assert found == key
    assert message in text
    assert hint


@pytest.mark.parametrize(
    "more",
    [
        '[rule.contract]\nchannel = "paper"\ninstructions = ["持参"]',
        '[rule.contract]\nchannel = "form"\nlines = [{ title = "x", value = "y" }]',
        '[value."番号"]\ndigits_only = true\nlength = 8\nsample = "2026-0012"',
        "[rule.contract]\nsubject = '{% if values.番号 is defined %}{{ values.番号 }}{% else %}x{% endif %}'",
        "[rule.contract]\nsubject = \"{{ values.番号 | default('x') }}\"",
    ],
)
def test_what_leads_on_is_not_remarked_on(more: str) -> None:
    assert said(f"{ISSUER}\n{more}\n") == []


def test_what_every_product_shares_is_remarked_on_once() -> None:
    text = ISSUER.replace('channel = "email"', 'channel = "paper"').replace(RULE, "")
    assert only(text)[0] == "rule.default"


# --- Every code --------------------------------------------------------------------------------------------------

SAYS_IT_ALL = frozenset(
    {"field_amount", "field_date", "field_issuer", "field_section", "field_too_long", "field_two_issuers", "field_word"}
    | {"file_changed", "import_key", "project_exists", "register_form", "second_person_missing"}
)
"""Codes whose sentence holds the next step itself."""


def raised() -> set[str]:
    """The codes of problems and refusals that the source names."""
    codes = {*_CODES.values()}
    for found in calls().values():
        for node in found:
            match node:
                case ast.Call(func=ast.Name(id="Problem"), args=[_, _, ast.Constant(value=str(code)), *_]):
                    codes.add(code)
                case ast.Call(
                    func=ast.Name(id="Refused" | "FieldRefused" | "AddressRefused"),
                    args=[ast.Constant(value=str(code)), *_],
                ):
                    codes.add(code)
    return codes & _TEXTS.keys()


def test_every_problem_has_its_next_step() -> None:
    assert len(raised()) > 50
    assert sorted(raised() - _HINTS.keys() - SAYS_IT_ALL) == []


def test_an_unknown_word_of_a_list_without_meanings_is_shown_as_before() -> None:
    problem = Problem("worker.toml", "smtp.security", "unknown_value", {"value": "ssl", "valid": "tls, starttls"})
    assert problem_hint(problem, "ja") == "使える値：tls, starttls"
