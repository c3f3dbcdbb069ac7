"""Only a number, or a name that the register declares unique, decides; a name alone proposes; likeness never does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.holds import Said
from tests.support.registered import CONTRACTOR, NOTICE, Register, drafted, of_project, reasons
from tests.support.tables import every_case
from tests.support.world import NUMBER
from worker.core.model import Hold, Notice, Product
from worker.core.rulebook import Project
from worker.core.states import Reason
from worker.match.match import (
    Ambiguous,
    Match,
    MatchOutcome,
    Proposed,
    Unmatched,
    fold_firm,
    fold_name,
    index_projects,
    match_project,
)

BRIDGE = of_project(id="mihon/橋梁補修工事", name="橋梁補修工事", contract_numbers=())
NAMED = of_project(contract_numbers=())


def found(
    *projects: Project, name: str = NOTICE.project_name, number: str = NUMBER, bound: str | None = None
) -> MatchOutcome:
    notice = replace(NOTICE, project_name=name, contract_number=number)
    return match_project(notice, index_projects(projects, CONTRACTOR.name), bound)


def test_the_registered_number_decides() -> None:
    assert found(of_project(), BRIDGE) == Match(of_project())


def test_the_registered_number_decides_and_a_name_that_is_not_its_projects_must_be_asked_about() -> None:
    bridge = replace(BRIDGE, contract_numbers=(NUMBER,))
    asked = Hold.of(Reason.NUMBER_DIFFERS, "unknown_name", project=bridge.id, value=NOTICE.project_name)
    assert found(bridge) == Match(bridge, (asked,))
    assert found(bridge, name="橋梁 補修工事") == Match(bridge)


def test_a_number_entered_with_one_project_on_a_notice_that_names_another_must_be_asked_about() -> None:
    bridge = replace(BRIDGE, contract_numbers=(NUMBER,))
    other = f"この番号の案件ですが、お知らせの工事名は別の案件（{NAMED.id}）のものです"
    asked = Said(Reason.NUMBER_DIFFERS, f"{bridge.id}：{other}")
    assert found(NAMED, bridge) == Match(bridge, (asked,))


def test_a_name_that_the_numbers_project_shares_with_another_asks_nothing() -> None:
    numbered = of_project(id="yama/道路改良工事", issuer="yama")
    assert found(NAMED, numbered) == Match(numbered)


@pytest.mark.parametrize("written", ["１２３４５－６７８９０１", "12345 - 678901", "12345−678901", "12345－678901"])
def test_a_number_is_compared_by_the_match_key(written: str) -> None:
    project = of_project(contract_numbers=(written,))
    assert found(project) == Match(project)


def test_a_number_that_is_only_the_beginning_of_another_is_another() -> None:
    assert found(of_project(contract_numbers=(NUMBER + "A",)), name="別の工事") == Unmatched()


def test_a_number_registered_twice_decides_nothing() -> None:
    twice = of_project(), replace(BRIDGE, contract_numbers=(NUMBER,))
    assert found(*twice) == Ambiguous(twice)


def test_a_number_written_twice_in_one_project_is_one() -> None:
    project = of_project(contract_numbers=(NUMBER, f" {NUMBER}"))
    assert found(project) == Match(project)


def test_a_name_alone_only_proposes() -> None:
    assert found(NAMED, BRIDGE) == Proposed(NAMED)


def test_a_name_that_the_register_declares_unique_decides() -> None:
    assert found(replace(NAMED, by_name=True)) == Match(replace(NAMED, by_name=True))


def test_two_projects_of_one_name_decide_nothing_even_if_one_claims_to_be_unique() -> None:
    both = NAMED, replace(NAMED, id="kaga/道路改良工事", issuer="kaga", by_name=True)
    assert found(*both) == Ambiguous(both)


@pytest.mark.parametrize(
    ("registered", "printed"),
    [
        ("道路改良工事（その２）", "道路改良工事(その2)"),
        ("道路 改良　工事", "道路改良工事"),
        ("市道１号〜３号線", "市道1号～3号線"),
        ("ﾎﾟﾝﾌﾟ場", "ポンプ場"),
    ],
)
def test_a_name_is_compared_by_the_match_key(registered: str, printed: str) -> None:
    project = replace(NAMED, name=registered)
    assert found(project, name=printed) == Proposed(project)


@pytest.mark.parametrize("printed", ["道路改良", "道路改良工事その2", "道路改艮工事", ""])
def test_a_name_that_is_nearly_the_same_is_another(printed: str) -> None:
    assert found(NAMED, name=printed) == Unmatched()


def test_an_empty_register_knows_nothing() -> None:
    assert found() == Unmatched()


# --- What a person tied to the number ----------------------------------------------------------------------------


def test_a_number_that_a_person_tied_to_a_project_decides() -> None:
    assert found(NAMED, BRIDGE, bound=BRIDGE.id) == Match(BRIDGE)


def test_the_register_corrects_what_a_person_tied_earlier() -> None:
    assert found(of_project(), BRIDGE, bound=BRIDGE.id) == Match(of_project())


def test_two_projects_of_one_number_are_not_decided_by_what_was_tied_earlier() -> None:
    twice = of_project(), replace(BRIDGE, contract_numbers=(NUMBER,))
    assert found(*twice, bound=BRIDGE.id) == Ambiguous(twice)


def test_a_tie_to_a_project_that_is_gone_from_the_register_decides_nothing() -> None:
    assert found(NAMED, bound=BRIDGE.id) == Proposed(NAMED)
    assert found(BRIDGE, bound=NAMED.id) == Unmatched()


def test_a_tie_decides_between_two_projects_of_one_name() -> None:
    other = replace(NAMED, id="kaga/道路改良工事", issuer="kaga")
    assert found(NAMED, other, bound=other.id) == Match(other)


# --- Names as two offices write them -----------------------------------------------------------------------------


@every_case(
    ("registered", "printed"),
    [
        ("〔補正〕道路改良工事", "［補正］道路改良工事"),
        ("【単独】道路改良工事（その２）", "単独 道路改良工事 その2"),
        ("第3号排水路工事", "３号排水路工事"),
        ("第3工区整備工事", "3号工区整備工事"),
        ("市道○○線舗装工事", "市道◯◯線舗装工事"),
        ("市道〇〇線舗装工事", "市道○○線舗装工事"),
        ("橋梁・道路工事", "橋梁道路工事"),
        ("「みほん」体育館『改修』工事", "みほん体育館改修工事"),
    ],
)
def test_a_name_that_only_brackets_circles_and_number_words_part_finds_what_the_same_name_would(
    registered: str, printed: str
) -> None:
    project = replace(NAMED, name=registered)
    assert found(project, name=printed) == Proposed(project)
    unique = replace(project, by_name=True)
    assert found(unique, name=printed) == Match(unique)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("市道1・2号線工事", "市道12号線工事"),
        ("第1工区(2)工事", "第12工区工事"),
        ("1号2工区工事", "12工区工事"),
        ("第2工区工事", "第3工区工事"),
        ("第一工区工事", "第二工区工事"),
        ("道路改良工事(その2)", "道路改良工事"),
    ],
)
def test_folding_never_makes_one_of_two_different_names(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)
    assert found(replace(NAMED, name=one), name=other) == Unmatched()


def test_the_same_name_goes_before_one_that_only_folds_to_it() -> None:
    same, like = replace(NAMED, name="第3号工事"), replace(NAMED, id="kaga/3号工事", name="3号工事")
    assert found(like, same, name="第3号工事") == Proposed(same)


def test_two_projects_that_fold_to_the_printed_name_decide_nothing() -> None:
    both = replace(NAMED, name="第3号工事"), replace(NAMED, id="kaga/3号工事", name="3号工事")
    assert found(*both, name="第3工事") == Ambiguous(both)


# --- Another number ----------------------------------------------------------------------------------------------

OTHER = "12345-000009"


def differs(*numbers: str, project: str = NAMED.id) -> Said:
    return Said(Reason.NUMBER_DIFFERS, f"{project}: {', '.join(numbers)}")


def test_a_project_found_by_name_that_lists_other_numbers_must_be_asked_about() -> None:
    listed = of_project(contract_numbers=(OTHER, "12345-000001"))
    assert found(listed) == Proposed(listed, (differs("12345-000001", OTHER),))


def test_a_name_that_may_decide_does_not_pass_over_another_number() -> None:
    listed = of_project(contract_numbers=(OTHER,), by_name=True)
    assert found(listed) == Match(listed, (differs(OTHER),))


def test_a_tie_of_an_earlier_approval_does_not_pass_over_another_number() -> None:
    listed = of_project(contract_numbers=(OTHER,))
    assert found(listed, bound=listed.id) == Match(listed, (differs(OTHER),))


# --- Numbers by product ----------------------------------------------------------------------------------------

KINDS = of_project(
    contract_numbers=(),
    numbers={Product.CONTRACT: (NUMBER,), Product.ADVANCE: (OTHER, "12345-000001")},
)


def of_product(product: Product, number: str, *projects: Project, bound: str | None = None) -> MatchOutcome:
    notice = replace(NOTICE, product=product, contract_number=number)
    return match_project(notice, index_projects(projects or (KINDS,), CONTRACTOR.name), bound)


@pytest.mark.parametrize(
    ("product", "number"),
    [(Product.CONTRACT, NUMBER), (Product.ADVANCE, OTHER), (Product.ADVANCE, "12345-000001")],
)
def test_a_number_registered_for_its_product_decides_and_asks_nothing(product: Product, number: str) -> None:
    assert of_product(product, number) == Match(KINDS)


@pytest.mark.parametrize("product", Product)
def test_a_number_registered_for_any_product_decides_for_each(product: Product) -> None:
    assert of_product(product, NUMBER, of_project()) == Match(of_project())


@pytest.mark.parametrize(
    ("product", "number", "registered"),
    [
        (Product.ADVANCE, NUMBER, "契約保証"),
        (Product.CONTRACT, OTHER, "前払金保証"),
        (Product.INTERIM, OTHER, "前払金保証"),
    ],
)
def test_a_number_registered_for_another_product_must_be_asked_about(
    product: Product, number: str, registered: str
) -> None:
    asked = Said(Reason.NUMBER_DIFFERS, f"{KINDS.id}：この番号は{registered}の番号として登録されています")
    assert of_product(product, number) == Match(KINDS, (asked,))


def test_the_numbers_of_another_product_say_nothing_against_a_further_guarantee_of_the_project() -> None:
    contract_alone = of_project(contract_numbers=(), numbers={Product.CONTRACT: (NUMBER,)})
    assert of_product(Product.ADVANCE, OTHER, contract_alone) == Proposed(contract_alone)
    assert of_product(Product.ADVANCE, OTHER, contract_alone, bound=contract_alone.id) == Match(contract_alone)


def test_another_number_of_the_same_product_must_be_asked_about() -> None:
    assert of_product(Product.CONTRACT, "12345-000077") == Proposed(KINDS, (differs(NUMBER),))


def test_a_number_of_two_projects_decides_for_neither_whatever_the_product() -> None:
    any_product = replace(BRIDGE, contract_numbers=(NUMBER,))
    assert of_product(Product.CONTRACT, NUMBER, KINDS, any_product) == Ambiguous((KINDS, any_product))


def had(project: str, product: Product, *numbers: str, asked: Product = Product.CONTRACT) -> MatchOutcome:
    def before(of: str, what: Product) -> tuple[str, ...]:
        return numbers if (of, what) == (project, product) else ()

    notice = replace(NOTICE, product=asked)
    return match_project(notice, index_projects([NAMED, BRIDGE], CONTRACTOR.name), None, before)


def test_a_project_that_has_had_this_product_under_another_number_must_be_asked_about() -> None:
    assert had(NAMED.id, Product.CONTRACT, OTHER) == Proposed(NAMED, (differs(OTHER),))


@pytest.mark.parametrize(
    "outcome",
    [
        had(NAMED.id, Product.CONTRACT, NUMBER),
        had(NAMED.id, Product.ADVANCE, OTHER),
        had(BRIDGE.id, Product.CONTRACT, OTHER),
    ],
    ids=["the same number", "another product", "another project"],
)
def test_what_was_submitted_under_this_number_or_of_another_product_or_project_asks_nothing(
    outcome: MatchOutcome,
) -> None:
    assert outcome == Proposed(NAMED)


def test_a_number_that_the_register_lists_is_a_guarantee_of_its_own_without_a_question() -> None:
    listed = of_project(contract_numbers=(OTHER, NUMBER))

    def before(project: str, product: Product) -> tuple[str, ...]:
        return (OTHER,)

    assert match_project(NOTICE, index_projects([listed], CONTRACTOR.name), None, before) == Match(listed)


# --- Whose notice it is ------------------------------------------------------------------------------------------


def of_firm(name: str, **changes: object) -> MatchOutcome:
    notice: Notice = replace(NOTICE, contractor_name=name)
    return match_project(notice, index_projects([of_project(**changes)], CONTRACTOR.name), None)


@pytest.mark.parametrize("printed", ["〇〇建設株式会社", "〇〇建設㈱", "〇〇建設　（株）", "〇〇建設(株)"])
def test_the_contractors_own_name_is_known_in_every_form(printed: str) -> None:
    assert of_firm(printed) == Match(of_project())


@pytest.mark.parametrize("printed", ["株式会社〇〇建設", "〇〇建設", "〇〇建設 有限会社", "さんぷる建設 株式会社", ""])
def test_another_contractors_notice_is_held_under_the_name_it_bears(printed: str) -> None:
    assert of_firm(printed) == Match(of_project(), (Said(Reason.OTHER_CONTRACTOR, printed),))


def test_a_joint_venture_is_known_by_its_name_and_by_its_representatives() -> None:
    venture = {"contractor": "〇〇・さんぷる特定建設工事共同企業体", "names_on_notice": ("さんぷる建設㈱",)}
    for printed in ("〇〇・さんぷる特定建設工事共同企業体", "さんぷる建設 株式会社", CONTRACTOR.name):
        assert of_firm(printed, **venture) == Match(of_project(**venture))


def test_a_firm_is_not_known_by_the_joint_venture_of_another_project() -> None:
    venture = of_project(id="mihon/橋梁", contract_numbers=(OTHER,), names_on_notice=("さんぷる建設㈱",))
    register = index_projects([of_project(), venture], CONTRACTOR.name)
    outcome = match_project(replace(NOTICE, contractor_name="さんぷる建設㈱"), register, None)
    assert outcome == Match(of_project(), (Said(Reason.OTHER_CONTRACTOR, "さんぷる建設㈱"),))


def test_a_proposed_project_is_asked_about_its_contractor_too() -> None:
    notice = replace(NOTICE, contractor_name="さんぷる建設㈱")
    outcome = match_project(notice, index_projects([NAMED], CONTRACTOR.name), None)
    assert outcome == Proposed(NAMED, (Said(Reason.OTHER_CONTRACTOR, "さんぷる建設㈱"),))


def test_the_place_of_the_legal_form_tells_two_firms_apart() -> None:
    assert fold_firm("㈱みほん") != fold_firm("みほん㈱")
    assert fold_firm("(有)みほん") == fold_firm("有限会社　みほん")


@pytest.mark.parametrize("by_name", [True, False], ids=["decided", "proposed"])
def test_what_must_be_asked_holds_the_submission_whether_the_project_is_certain_or_proposed(*, by_name: bool) -> None:
    project = of_project(contract_numbers=(OTHER,), by_name=by_name)
    held = drafted(Register(projects=(project,)), notice=replace(NOTICE, contractor_name="さんぷる建設㈱")).submission
    assert reasons(held)[Reason.NUMBER_DIFFERS] == f"{project.id}: {OTHER}"
    assert reasons(held)[Reason.OTHER_CONTRACTOR] == "さんぷる建設㈱"
    assert (Reason.NAME_ONLY in reasons(held)) is not by_name
