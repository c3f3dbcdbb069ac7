"""An issuer's examples are tried by the code that composes, and every difference is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.config_samples import ISSUER, files
from tests.support.registered import BODY
from tests.support.tables import every_case
from worker.compose.rule_examples import UNSEEN_SUBJECT, count_examples, run_example, try_examples
from worker.config.load import Configuration, load_configuration
from worker.config.templates import Renderer
from worker.core.errors import ConfigError, Problem
from worker.core.messages import put

RIGHT = """
[[example]]
product = "advance"
project = { name = "道路改良工事", section = "doboku", invoice = { advance = { file = "x/seikyu.pdf" } }, dates = { contract = 2026-04-01 } }
expect = { channel = "email", section = "doboku", subject = "前払金保証【道路改良工事】", attachments = ["認証キーのお知らせ", "seikyu.pdf"], body_has = ["道路改良工事", "31074-000001"], holds = [] }
"""  # noqa: E501  one table, as in a real file


def template(name: str) -> str | None:
    return {"default.txt.j2": BODY}.get(name)


def loaded(examples: str = RIGHT, issuer: str = ISSUER) -> Configuration:
    return load_configuration(files({"issuers/mihon.toml": issuer + examples}))


def differing(examples: str = RIGHT, issuer: str = ISSUER) -> list[tuple[str, str, str]]:
    found = try_examples(loaded(examples, issuer), template, Renderer())
    return [(each.key, *(str(put(each.params[name], "ja")) for name in ("expected", "found"))) for each in found]


def with_expectation(**changes: Any) -> tuple[Problem, ...]:
    configuration = loaded()
    issuer = configuration.issuers["mihon"]
    return run_example(replace(configuration.examples["mihon"][0], **changes), issuer, template, Renderer())


def test_an_example_that_comes_out_as_written_differs_in_nothing() -> None:
    assert differing() == []
    assert count_examples(loaded()) == 1


@every_case(
    ("changes", "key"),
    [
        ({"channel": "fax"}, "channel"),
        ({"section": "keiyaku"}, "section"),
        ({"subject": "前払金保証【道路改良工事】 "}, "subject"),
        ({"attachments": ("認証キーのお知らせ",)}, "attachments"),
        ({"attachments": ("認証キーのお知らせ", "seikyu.pdf", "申請書")}, "attachments"),
        ({"attachments": ("seikyu.pdf", "認証キーのお知らせ")}, "attachments"),
        ({"attachments": ()}, "attachments"),
        ({"body_has": ("橋梁補修工事",)}, "body_has"),
        ({"body_has": ("31074-000001", "案件名")}, "body_has"),  # not in this order
        ({"holds": ("timing",)}, "holds"),
    ],
)
def test_every_expectation_that_is_not_met_is_named_with_what_came_out(changes: dict[str, Any], key: str) -> None:
    found = with_expectation(**changes)
    assert [(each.file, each.key, each.code) for each in found] == [
        ("issuers/mihon.toml", f"example.expect.{key}", "example_differs")
    ]
    assert all(each.params["found"] for each in found)


def test_what_an_example_does_not_write_is_not_compared() -> None:
    bare = '[[example]]\nproduct = "interim"\nproject = { name = "橋梁補修工事" }\nexpect = {}\n'
    assert differing(bare) == []


def test_an_example_is_named_by_its_place_and_its_line() -> None:
    wrong = RIGHT.replace("前払金保証【", "前払保証【")
    found = try_examples(loaded(RIGHT + wrong), template, Renderer())
    assert [(each.file, each.key) for each in found] == [("issuers/mihon.toml", "example[2].expect.subject")]
    lines = (ISSUER + RIGHT + wrong).split("\n")
    line = int(found[0].params["line"])
    assert lines[line - 1].startswith("expect = ")
    assert lines[:line].count("[[example]]") == 2


def test_what_is_open_and_what_has_no_address_yet_is_tried_as_if_it_were_filled_in() -> None:
    unfilled = ISSUER.replace("open = []", 'open = ["section.doboku.to", "rule.default.invoice"]')
    unfilled = unfilled.replace('to = ["doboku@mihon.example"]', "to = []")
    assert differing(issuer=unfilled) == []


def test_an_open_subject_does_not_hide_what_else_an_example_says() -> None:
    unseen = ISSUER.replace("open = []", 'open = ["rule.default.subject"]')
    unseen = unseen.replace('subject = "{{ product }}【{{ project.name }}】"\n', "")
    assert differing(issuer=unseen) == [("example[1].expect.subject", "前払金保証【道路改良工事】", UNSEEN_SUBJECT)]


def test_a_hold_that_the_example_does_not_expect_is_named_with_what_it_is_about() -> None:
    numbered = ISSUER.replace("{{ project.name }}", '{{ values[\\"工事番号\\"] }}')
    ((_, expected, found), *_) = [each for each in differing(issuer=numbered) if each[0].endswith("holds")]
    assert (expected, found) == ("", "missing_value：工事番号")


def test_holds_for_what_is_not_filled_in_count_only_where_the_example_names_them() -> None:
    needed = ISSUER + 'invoice = "required"\n'
    undecided = """
[[example]]
product = "advance"
project = { name = "道路改良工事", section = "doboku" }
expect = { holds = HOLDS }
"""
    assert differing(undecided.replace("HOLDS", "[]"), needed) == []
    assert differing(undecided.replace("HOLDS", '["invoice_missing"]'), needed) == []
    assert differing(undecided.replace("HOLDS", '["invoice_missing"]')) != []


def test_a_project_of_an_example_that_is_no_project_is_a_fault_of_the_issuer_file() -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(RIGHT.replace('section = "doboku", invoice', 'section = "dobok", invoice'))
    assert [(each.file, each.key, each.code) for each in caught.value.problems] == [
        ("issuers/mihon.toml", "example[1].project.section", "unknown_section")
    ]
