"""A new project is asked for what its issuer's rules name, and for nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support.registered import ISSUER, RULE, SECTION, of_issuer
from worker.config.editing.add_project import ProjectRecipient, lacks_address, needed_keys, register_project
from worker.config.editing.fields import KeyPath, Value
from worker.config.editing.import_rows import Edit, OutcomeKind, RowOutcome
from worker.core.model import Address, Channel, Product
from worker.core.rulebook import CountedBy, Eligibility, Issuer, TitledValue, ValueForm, WorkKind

CONTRACT: KeyPath = ("dates", "contract")
FIXED = {"rule": {"section": "doboku"}}


def keys(issuer: Issuer, *products: Product, body: str = "{{ project.name }}") -> list[KeyPath]:
    return [each.key for each in needed_keys(issuer, products, {"default.txt.j2": body}.get)]


def test_an_issuer_with_one_section_and_a_plain_subject_asks_for_the_contract_s_date_alone() -> None:
    assert keys(of_issuer(**FIXED)) == [CONTRACT]


def test_the_section_is_asked_for_where_the_rule_leaves_it_to_the_project_with_its_names_to_choose() -> None:
    (section, _) = needed_keys(ISSUER, (), lambda _: None)
    assert (section.key, section.choices) == (("section",), (("doboku", "土木課"),))


def test_values_are_asked_for_wherever_a_template_names_them_and_in_whatever_way() -> None:
    rule = {
        "section": "doboku",
        "subject": "{{ values.工事番号 | default(project.name) }}",
        "lines": (TitledValue("案件番号", '{{ values["案件番号"] }}'),),
        "file_name": "{{ project.values.契約番号 }}.pdf",
        "instructions": ("{{ values.施行番号 }}を入力",),
    }
    asked = keys(of_issuer(rule=rule), body="{{ values.仕様書番号 }}{% for a, b in values.items() %}{% endfor %}")
    names = {key[1] for key in asked if key[0] == "values"}
    assert names == {"工事番号", "案件番号", "契約番号", "施行番号", "仕様書番号"}


def test_the_sample_of_a_value_comes_from_the_issuer_s_form() -> None:
    form = ValueForm("工事番号", sample="R8-012")
    issuer = of_issuer(rule={"section": "doboku", "subject": "{{ values.工事番号 }}"}, values={"工事番号": form})
    assert needed_keys(issuer, (), lambda _: None)[0].sample == "R8-012"


def test_dates_are_asked_for_where_eligibility_counts_by_them_or_a_template_names_them() -> None:
    issuer = of_issuer(
        rule={"section": "doboku", "subject": "{{ project.dates.bid | monthday }}"},
        eligibility=(Eligibility(counted_by=(CountedBy.ANNOUNCEMENT, CountedBy.DESIGNATION)),),
    )
    assert keys(issuer) == [("dates", "bid"), ("dates", "announcement"), ("dates", "designation"), CONTRACT]


def test_what_eligibility_looks_at_is_asked_for_and_only_that() -> None:
    every = Eligibility(kinds=(WorkKind.WORKS,), min_amount=1, tendered_by=("doboku",), approval=True)
    assert keys(of_issuer(**FIXED, eligibility=(every,))) == [
        CONTRACT, ("kind",), ("amount",), ("tendered_by",), ("approval",),
    ]  # fmt: skip


def test_only_the_rules_of_the_guarantees_that_are_expected_count() -> None:
    rules = {product: replace(RULE, section="doboku", subject="x") for product in Product}
    rules[Product.ADVANCE] = replace(rules[Product.ADVANCE], subject="{{ values.番号 }}", channel=Channel.EMAIL)
    later = Eligibility(products=(Product.INTERIM,), counted_by=(CountedBy.AWARD,))
    issuer = replace(ISSUER, rules=rules, eligibility=(later,))
    assert keys(issuer, Product.CONTRACT) == [CONTRACT]
    assert keys(issuer, Product.ADVANCE) == [("values", "番号"), CONTRACT]
    assert keys(issuer, Product.INTERIM) == [("dates", "award"), CONTRACT]


def given(**more: Value) -> dict[KeyPath, Value]:
    return {("name",): "橋梁工事", ("issuer",): "mihon"} | {(key,): value for key, value in more.items()}


def written(edit: Edit | RowOutcome) -> dict[KeyPath, Any]:
    assert isinstance(edit, Edit)
    return dict(edit.values)


def test_an_office_is_written_for_every_product_whose_section_the_project_names_and_no_other() -> None:
    rules = {**ISSUER.rules, Product.CONTRACT: replace(ISSUER.rules[Product.CONTRACT], section="doboku")}
    office = ProjectRecipient("建設課", (Address("a@b.example"),), "045")
    values = written(register_project(given(), office, replace(ISSUER, rules=rules), ()))
    assert {key[1] for key in values if key[0] == "office"} == {"advance", "interim"}
    assert values["office", "advance", "to"] == ["a@b.example"]


def test_a_project_that_is_registered_is_not_written_again() -> None:
    known = [{"name": "橋梁工事", "issuer": "mihon"}]
    found = register_project(given(), None, ISSUER, known)
    assert isinstance(found, RowOutcome)
    assert found.kind is OutcomeKind.SAME


def test_a_section_without_an_address_is_where_an_office_is_asked_for() -> None:
    empty = replace(ISSUER, sections={"doboku": replace(SECTION, to=())})
    assert lacks_address(empty, given(section="doboku")) == empty.sections["doboku"]
    assert lacks_address(ISSUER, given(section="doboku")) is None
    assert lacks_address(empty, given()) is None
