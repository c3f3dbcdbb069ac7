"""A text is whole or it is not there: a missing name is named, a fault is a fault, and nothing is endless."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.support.tables import every_case
from worker.config.template_check import Use, check_template
from worker.config.templates import TEXT_LIMIT, MissingName, Renderer, Scope, TemplateFault

NAMES: dict[str, Any] = {
    "product": "契約保証",
    "values": Scope("values", {"工事番号": "R8-12", "empty": "", "none": None}),
    "invoice": Scope("invoice", {"amount": 0, "attached": False}),
    "project": Scope("project", {"name": "道路改良工事", "values": Scope("values", {})}),
    "attachments": (Scope("attachments", {"title": "お知らせ"}),),
}


def text_of(source: str, **more: Any) -> str:
    return Renderer().render(source, {**NAMES, **more})


# --- A hole is named ---------------------------------------------------------------------------------------------


@every_case(
    ("source", "name"),
    [
        ("{{ unknown }}", "unknown"),
        ("{{ values.工期 }}", "values.工期"),
        ("{{ values['工期'] }}", "values.工期"),
        ("{{ values.empty }}", "values.empty"),
        ("{{ values.none }}", "values.none"),
        ("{{ project.values.工期 }}", "values.工期"),
        ("{{ values.copy }}", "values.copy"),
        ("{{ values['pop'] }}", "values.pop"),
        ("{{ attachments[0].filename }}", "attachments.filename"),
        ("{{ values.工期 | nospace }}", "values.工期"),
        ("{{ values.工期 | upper }}", "values.工期"),
        ("{{ values.工期 ~ 'x' }}", "values.工期"),
        ("{% if values.工期 %}x{% endif %}", "values.工期"),
        ("{% if values.工期 == 'x' %}x{% endif %}", "values.工期"),
        ("{% for x in values.工期 %}{% endfor %}", "values.工期"),
        ("{{ values.工期.年 }}", "values.工期"),
        ("{{ values.工期() }}", "values.工期"),
        ("{{ '%s' | format(values.工期) }}", "values.工期"),
    ],
)
def test_a_name_that_nobody_registered_stops_the_text_and_is_named(source: str, name: str) -> None:
    with pytest.raises(MissingName) as missing:
        text_of(source)
    assert missing.value.name == name


def test_a_name_may_be_missing_where_the_template_says_what_then() -> None:
    assert text_of("{{ values.工期 | default(project.name) }}") == "道路改良工事"
    assert text_of("{% if values.工期 is defined %}x{% else %}y{% endif %}") == "y"


def test_the_values_of_a_project_are_found_both_ways_and_can_be_gone_through() -> None:
    project = Scope("project", {"values": Scope("values", {"工事番号": "R8-12"})})
    assert text_of("{{ project.values.工事番号 }}", project=project) == "R8-12"
    assert (
        text_of("{% for k, v in project.values.items() %}{{ k }}={{ v }}{% endfor %}", project=project)
        == "工事番号=R8-12"
    )
    assert text_of("{{ values.values() | join }}{{ values.keys() | join }}") == "R8-12工事番号"


def test_a_value_may_bear_any_name() -> None:
    assert text_of("{{ values.copy }}", values=Scope("values", {"copy": "写し"})) == "写し"


def test_zero_and_false_are_values() -> None:
    assert text_of("{{ invoice.amount }}{% if invoice.attached %}x{% endif %}") == "0"


# --- A value is a value ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["{{ product }}", "{% for x in y %}", "{#", "<b>&amp;</b>", "\\n%s", "'\""])
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    assert text_of("【{{ product }}】", product=value) == f"【{value}】"


def test_the_last_line_end_of_a_template_stays() -> None:
    assert text_of("a\n") == "a\n"


# --- A template's own fault --------------------------------------------------------------------------------------


@every_case(
    "source",
    [
        "{{ 1 / 0 }}",
        "{{ 'x' + 1 }}",
        "{{ [1][5] + 1 }}",
        "{% if %}",
        "{{ product | unknown_filter }}",
        "{{ product.__class__.__mro__ }}",
        "{{ ''.__class__ }}",
        "{{ product.format.__globals__ }}",
        "{% set _ = attachments.append(1) %}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
        "{{ 'x' * 10 }}",
        "{{ 10 ** 10 }}",
    ],
)
def test_a_template_that_fails_is_a_fault_and_ends_nothing_else(source: str) -> None:
    with pytest.raises((TemplateFault, MissingName)):
        text_of(source)


def test_a_text_without_an_end_is_a_fault() -> None:
    line = "{% for a in attachments %}" * 3 + "x" * 200 + "{% endfor %}" * 3
    with pytest.raises(TemplateFault, match=str(TEXT_LIMIT)):
        text_of(line, attachments=tuple(range(100)))


def test_a_fault_of_one_text_does_not_stay_with_the_renderer() -> None:
    renderer = Renderer()
    with pytest.raises(MissingName):
        renderer.render("{{ x }}", {})
    assert renderer.render("{{ x }}", {"x": "1"}) == "1"


# --- Filters -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("date", "wareki", "short", "monthday"),
    [
        (dt.date(2026, 4, 1), "令和8年4月1日", "R8.4.1", "4月1日"),
        (dt.date(2019, 5, 1), "令和元年5月1日", "R1.5.1", "5月1日"),
        (dt.date(2019, 4, 30), "2019年4月30日", "2019.4.30", "4月30日"),
        (dt.date(2028, 12, 31), "令和10年12月31日", "R10.12.31", "12月31日"),
    ],
)
def test_a_date_is_written_as_issuers_write_it(date: dt.date, wareki: str, short: str, monthday: str) -> None:
    assert (
        text_of("{{ d | wareki }} {{ d | wareki_short }} {{ d | monthday }}", d=date) == f"{wareki} {short} {monthday}"
    )


@pytest.mark.parametrize(("text", "digits"), [("第12345-６７８号", "12345678"), ("①２", "12"), ("なし", "")])
def test_digits_are_the_digits_alone(text: str, digits: str) -> None:
    assert text_of("{{ t | digits }}", t=text) == digits


def test_nospace_takes_every_kind_of_space_out() -> None:
    assert text_of("{{ t | nospace }}", t=" 〇〇　建設\u00a0株式会社 ") == "〇〇建設株式会社"


LONG = {"x": "abcdefghij" * 1_000, "words": ["a"] * 1_000}


@every_case(
    "source",
    [
        "{% for a in x %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in 'aaaaaaaaaa' %}{% for b in x %}{% for c in x %}{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in x if a == 'z' %}{% endfor %}{% for b in x %}{% endfor %}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%1000000000d'|format(1) }}",
        "{{ '%*d'|format(1000000000, 1) }}",
        "{{ '%.1000000000f'|format(1.5) }}",
        "{{ '{:1000000000}'.format(1) }}",
        "{{ '{:{}}'.format(1, 1000000000) }}",
        "{{ '{0:>{1}}'.format('a', 1000000000) }}",
        "{{ x|indent(1000000000) }}",
        "{{ x|replace('', x) }}",
        "{{ x|list|join(x) }}",
        "{{ x|wordwrap(1, True, x) }}",
        "{{ (x|wordwrap(1))|indent(999) }}",
        "{{ x|slice(100000000)|list }}",
        "{{ x|batch(1)|list }}",
        "{{ x|map('upper')|list }}",
        "{{ x|tojson }}",
        "{{ 2 ** 1000000000 }}",
        "{{ 'a' * 1000000000 }}",
        "{{ [1] * 1000000000 }}",
        "{% set a = x %}" + "{% set a = a ~ a %}" * 40 + "{{ a|length }}",
        "{% set a = x %}" + "{% set a = a + a %}" * 40 + "{{ a|length }}",
        "{% set a = words %}" + "{% set a = a + a %}" * 40 + "{{ a|length }}",
        "{% set a = 99 %}" + "{% set a = a * a %}" * 40 + "{{ a }}",
    ],
)
def test_a_template_that_makes_much_out_of_little_is_a_fault(source: str) -> None:
    with pytest.raises(TemplateFault):
        Renderer().render(source, LONG)


@every_case("method", ["ljust", "rjust", "center", "zfill", "expandtabs", "replace", "join", "translate"])
def test_a_method_that_gives_more_than_it_gets_is_no_name_of_a_text(method: str) -> None:
    with pytest.raises((TemplateFault, MissingName)):
        Renderer().render(f"{{{{ x.{method}(1000000000) }}}}", LONG)


@pytest.mark.parametrize("name", ["range(3)", "cycler(1)", "lipsum()", "dict(a=1)", "namespace()", "joiner()"])
def test_the_renderer_has_no_name_but_those_that_are_given(name: str) -> None:
    with pytest.raises(MissingName):
        Renderer().render(f"{{{{ {name} }}}}", LONG)


def test_what_mails_need_stays() -> None:
    source = (
        "{% for a in words[:2] %}{{ a ~ loop.index }}{% endfor %} {{ '{:,}'.format(12345) }} {{ '%05d'|format(3) }}"
    )
    assert Renderer().render(source, LONG) == "a1a2 12,345 00003"


@pytest.mark.parametrize(
    "source",
    [
        "{% macro f() %}{{ f() }}{{ f() }}{% endmacro %}{{ f() }}",
        "{% macro f(n) %}x{% endmacro %}{% call f(1) %}{% endcall %}",
        "{% for a in attachments recursive %}{{ loop(attachments) }}{% endfor %}",
    ],
)
def test_a_template_that_calls_a_part_of_itself_is_refused_before_it_runs(source: str) -> None:
    assert ("template_recursive", {}) in check_template(source, Use.BODY)


@pytest.mark.parametrize(
    "expression", ["'%1000000000d' % 1", "'a' * 10000000000", "2 ** 1000000000", "2 ** 9 ** 9 ** 9"]
)
def test_the_check_works_out_no_expression(expression: str) -> None:
    check_template(f"{{{{ {expression} }}}}", Use.SUBJECT)
