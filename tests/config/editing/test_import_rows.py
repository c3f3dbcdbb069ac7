"""Every row of a ledger is judged; what is registered is never registered twice, and nothing is guessed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.registered import ISSUER, SECTION, of_issuer
from worker.config.editing.columns import CellFault, Sheet, SheetRow, cell_name, read_headings
from worker.config.editing.import_rows import Edit, OutcomeKind, RowOutcome, blame_rows, edits_of, judge_rows
from worker.core.errors import Problem

HEADINGS = ("工事名", "発注者", "保証契約番号", "工事番号")
ROAD = {"name": "道路改良工事", "issuer": "mihon"}


def sheet(*rows: tuple[str, ...], headings: tuple[str, ...] = HEADINGS) -> Sheet:
    return Sheet(tuple(SheetRow(number, cells) for number, cells in enumerate((headings, *rows), start=1)))


def judged(*rows: tuple[str, ...], registered: tuple[dict[str, Any], ...] = ()) -> tuple[RowOutcome, ...]:
    whole = sheet(*rows)
    return judge_rows(whole, read_headings(whole, {}), {"mihon": ISSUER}, registered)


def kinds(*rows: tuple[str, ...], registered: tuple[dict[str, Any], ...] = ()) -> list[OutcomeKind]:
    return [each.kind for each in judged(*rows, registered=registered)]


def codes(fate: RowOutcome) -> list[str]:
    return [each.code for each in fate.faults]


NEW, SAME, CHANGED, BAD = OutcomeKind.NEW, OutcomeKind.SAME, OutcomeKind.CHANGED, OutcomeKind.BAD


def test_a_row_of_no_registered_project_is_new_by_any_name_of_its_issuer() -> None:
    issuer = of_issuer(aliases=("みほん町長",))
    for name in ("mihon", "みほん町", "みほん町長", "みほん　町"):
        whole = sheet(("道路改良工事", name))
        (fate,) = judge_rows(whole, read_headings(whole, {}), {"mihon": issuer}, ())
        assert (fate.kind, fate.given["issuer",]) == (NEW, "mihon")


def test_a_row_that_says_what_is_registered_changes_nothing() -> None:
    assert kinds(("道路改良 工事", "みほん町"), registered=(ROAD,)) == [SAME]


def test_an_empty_cell_says_nothing() -> None:
    assert kinds(("道路改良工事", "みほん町", "", "  "), registered=({**ROAD, "values": {"工事番号": "1"}},)) == [SAME]


def test_a_changed_row_names_the_key_with_what_it_was_and_what_it_becomes() -> None:
    (fate,) = judged(("道路改良工事", "みほん町", "", "R8-2"), registered=({**ROAD, "values": {"工事番号": "R8-1"}},))
    assert fate.kind is CHANGED
    assert [(each.key, each.former, each.value) for each in fate.changes] == [(("values", "工事番号"), "R8-1", "R8-2")]
    assert edits_of([fate]) == (Edit(0, ((("values", "工事番号"), "R8-2"),)),)


def test_a_number_is_added_to_those_that_are_registered() -> None:
    (fate,) = judged(("道路改良工事", "みほん町", "1-2"), registered=({**ROAD, "contract_numbers": ["1-1", "1-2"]},))
    assert fate.kind is SAME
    (fate,) = judged(("道路改良工事", "みほん町", "1-2、1-3"), registered=({**ROAD, "contract_numbers": ["1-2"]},))
    assert fate.changes[0].value == ["1-2", "1-3"]


BY_PRODUCT = ("工事名", "発注者", "保証契約番号", "契約保証番号", "前払金保証番号", "保証契約番号（中間前払金保証）")


def by_product(*row: str, registered: tuple[dict[str, Any], ...] = ()) -> RowOutcome:
    whole = sheet(("道路改良工事", "みほん町", *row), headings=BY_PRODUCT)
    (fate,) = judge_rows(whole, read_headings(whole, {}), {"mihon": ISSUER}, registered)
    return fate


def test_a_ledger_gives_numbers_by_product() -> None:
    fate = by_product("", "1-1", "1-2、1-3", "1-4")
    assert fate.kind is NEW
    (edit,) = edits_of([fate])
    assert dict(edit.values) == {
        ("name",): "道路改良工事",
        ("issuer",): "mihon",
        ("numbers", "contract"): ["1-1"],
        ("numbers", "advance"): ["1-2", "1-3"],
        ("numbers", "interim"): ["1-4"],
    }


def test_a_number_of_one_product_is_added_to_those_of_its_product() -> None:
    registered = ({**ROAD, "numbers": {"advance": ["1-2"]}},)
    assert by_product("", "", "1-2", registered=registered).kind is SAME
    fate = by_product("", "1-1", "1-2、1-3", registered=registered)
    assert [(each.key, each.value) for each in fate.changes] == [
        (("numbers", "contract"), ["1-1"]),
        (("numbers", "advance"), ["1-2", "1-3"]),
    ]


def test_a_number_that_was_registered_for_any_product_goes_to_the_product_that_the_ledger_gives() -> None:
    fate = by_product("", "１－１", registered=({**ROAD, "contract_numbers": ["1-1", "1-2"]},))
    assert [(each.key, each.value) for each in fate.changes] == [
        (("numbers", "contract"), ["1-1"]),
        (("contract_numbers",), ["1-2"]),
    ]


def test_a_number_of_one_product_is_not_registered_for_any_as_well() -> None:
    assert by_product("1-1", registered=({**ROAD, "numbers": {"contract": ["1-1"]}},)).kind is SAME


def test_projects_are_told_apart_by_numbers_of_whatever_product() -> None:
    first, second = {**ROAD, "numbers": {"contract": ["1-1"]}}, {**ROAD, "contract_numbers": ["1-2"]}
    assert by_product("1-1", "", "", registered=(first, second)).position == 0
    assert by_product("", "", "1-2", registered=(first, second)).position == 1
    assert by_product("", "1-3", registered=(first, second)).kind is NEW
    other = {"name": "橋梁補修工事", "issuer": "mihon", "numbers": {"advance": ["1-9"]}}
    assert [(each.code, each.cell) for each in by_product("", "1-9", registered=(other,)).faults] == [
        ("import_number_elsewhere", "D2")
    ]


def test_a_number_in_another_width_is_the_registered_one_and_makes_no_second_project() -> None:
    registered = ({**ROAD, "contract_numbers": ["31074-00001M"]},)
    assert kinds(("道路改良工事", "みほん町", "３１０７４－００００１Ｍ"), registered=registered) == [SAME]
    (fate,) = judged(("橋梁補修工事", "みほん町", "31074－00001M"), registered=registered)
    assert codes(fate) == ["import_number_elsewhere"]


def test_two_works_of_one_name_are_told_apart_by_their_numbers() -> None:
    first, second = {**ROAD, "contract_numbers": ["1-1"]}, {**ROAD, "contract_numbers": ["1-2"]}
    (fate,) = judged(("道路改良工事", "みほん町", "1-2", "x"), registered=(first, second))
    assert (fate.kind, fate.position) == (CHANGED, 1)
    assert kinds(("道路改良工事", "みほん町", "1-3"), registered=(first, second)) == [NEW]


def test_a_new_work_of_a_registered_name_is_shown_with_the_numbers_that_are_registered() -> None:
    registered = ({**ROAD, "contract_numbers": ["1-1", "1-2"]}, {**ROAD, "contract_numbers": ["1-4"]})
    found = judged(("道路改良工事", "みほん町", "1-3"), ("橋梁補修工事", "みほん町", "1-5"), registered=registered)
    assert [(each.kind, each.namesakes) for each in found] == [(NEW, ("1-1", "1-2", "1-4")), (NEW, ())]


def test_without_a_number_two_works_of_one_name_are_never_guessed_at() -> None:
    (fate,) = judged(("道路改良工事", "みほん町"), registered=(ROAD, ROAD))
    assert codes(fate) == ["import_two_projects"]


def test_the_same_work_in_two_rows_is_bad_but_two_numbers_are_two_works() -> None:
    assert kinds(("橋梁工事", "みほん町"), ("橋梁工事", "みほん町")) == [NEW, BAD]
    assert kinds(("橋梁工事", "みほん町", "1-1"), ("橋梁工事", "みほん町", "1-2")) == [NEW, NEW]
    assert kinds(("橋梁工事", "みほん町", "1-1"), ("水路工事", "みほん町", "1-1")) == [NEW, BAD]


def test_a_number_that_is_another_project_s_is_bad() -> None:
    (fate,) = judged(("橋梁工事", "みほん町", "1-1"), registered=({**ROAD, "contract_numbers": ["1-1"]},))
    assert [(each.cell, each.code) for each in fate.faults] == [("C2", "import_number_elsewhere")]


def test_every_bad_cell_of_a_row_is_named() -> None:
    headings = ("工事名", "発注者", "課", "公告日", "契約金額")
    whole = sheet(("改\n行", "みほん町", "無い課", "4/1", "多い"), ("", "無い市", "", "", ""), headings=headings)
    fates = judge_rows(whole, read_headings(whole, {}), {"mihon": ISSUER}, ())
    assert {each.cell for each in fates[0].faults} == {"A2", "C2", "D2", "E2"}
    assert {(each.cell, each.code) for each in fates[1].faults} == {("A3", "empty"), ("B3", "field_issuer")}


def test_headings_are_compared_without_spaces_breaks_and_widths() -> None:
    found = read_headings(sheet(headings=("工 事\n名", "発注者", "謎")), {})
    assert found.columns == {0: ("name",), 1: ("issuer",)}
    assert found.ignored == ("謎",)


def test_the_office_s_own_headings_go_before_the_usual_ones_and_may_leave_one_out() -> None:
    found = read_headings(sheet(headings=("件名", "契約先", "課")), {"契約先": "issuer", "課": ""})
    assert found.columns == {0: ("name",), 1: ("issuer",)}


def test_two_columns_of_one_key_and_a_missing_name_are_faults_of_the_headings() -> None:
    found = read_headings(sheet(headings=("発注者", "発注者名")), {})
    assert found.faults == (
        CellFault("B1", "import_heading_twice", {"key": "issuer"}),
        CellFault(
            "1",
            "import_heading_missing",
            {"names": ["工事名", "業務名", "案件名", "件名"], "shown": ["発注者", "発注者名"]},
        ),
    )


@pytest.mark.parametrize(("column", "name"), [(0, "A7"), (25, "Z7"), (26, "AA7"), (701, "ZZ7"), (702, "AAA7")])
def test_a_cell_is_named_as_spreadsheets_do(column: int, name: str) -> None:
    assert cell_name(column, 7) == name


def test_what_the_whole_configuration_refuses_makes_its_row_bad() -> None:
    fates = judged(("道路改良工事", "みほん町", "", "x"), ("橋梁工事", "みほん町"), registered=(ROAD,))
    blamed = blame_rows(fates, [Problem("projects.toml", "project[2].name", "empty")], 1)
    assert blamed is not None
    assert [each.kind for each in blamed] == [CHANGED, BAD]
    assert blamed[1].faults == (CellFault("A3", "empty"),)


def test_a_problem_of_no_row_is_nobody_s() -> None:
    fates = judged(("橋梁工事", "みほん町"), registered=(ROAD,))
    assert blame_rows(fates, [Problem("projects.toml", "project[1].name", "empty")], 1) is None
    assert blame_rows(fates, [Problem("worker.toml", "smtp.host", "empty")], 1) is None


def test_one_section_in_a_ledger_never_overwrites_the_sections_that_the_register_names_per_product() -> None:
    issuer = of_issuer(sections={each: replace(SECTION, id=each) for each in ("keiyaku", "doboku", "gesui")})
    registered = ({**ROAD, "section": {"contract": "keiyaku", "advance": "doboku"}},)
    fates = []
    for section in ("doboku", "gesui"):
        whole = sheet(("道路改良工事", "みほん町", section), headings=("工事名", "発注者", "担当課"))
        fates += judge_rows(whole, read_headings(whole, {}), {"mihon": issuer}, registered)
    assert [(fate.kind, codes(fate)) for fate in fates] == [(SAME, []), (BAD, ["import_section"])]
