"""A ledger as a whole: corrected cells, what was shown, and an edit that overwrites nothing of another person."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.registered import ISSUER
from worker.config.editing.columns import CellKind, Sheet, SheetRow, Stored
from worker.config.editing.import_rows import OutcomeKind
from worker.config.editing.ledger import (
    CellOfRow,
    JudgedLedger,
    LedgerConflict,
    corrected_sheet,
    judge_ledger,
    known_part,
    ledger_edit,
    seen_rows,
)
from worker.config.editing.register import FieldRules, RegisterAct, read_tables
from worker.core.errors import ConfigError, NotAllowed, Problem

HEADINGS = ("工事名", "発注者", "請負金額", "備考")
ROAD, BRIDGE = ("道路改良工事", "みほん町", "1,000", ""), ("橋梁補修工事", "みほん町", "2,000", "")
RULES = FieldRules({"mihon": ISSUER})
NONE: frozenset[CellOfRow] = frozenset()


def sheet(*rows: tuple[str, ...]) -> Sheet:
    return Sheet(tuple(SheetRow(number, cells) for number, cells in enumerate((HEADINGS, *rows), start=1)))


def register(*projects: dict[str, Any]) -> bytes:
    blocks = []
    for each in projects:
        lines = "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in each.items())
        blocks.append(f"[[project]]\n{lines}")
    return "\n".join(blocks).encode()


def road(**more: Any) -> dict[str, Any]:
    return {"name": ROAD[0], "issuer": "mihon", **more}


def judged(ledger: Sheet, content: bytes, left: frozenset[CellOfRow] = NONE) -> JudgedLedger:
    return judge_ledger(ledger, {}, RULES, content, lambda _: None, left)


def kinds(found: JudgedLedger) -> list[OutcomeKind]:
    return [each.kind for each in found.outcomes]


def test_new_and_changed_rows_make_one_edit_with_an_act_for_each_project() -> None:
    ledger, content = sheet(ROAD, BRIDGE), register(road(amount=500))
    found = judged(ledger, content)
    edit = ledger_edit(content, found, seen_rows(found.outcomes))
    assert [(each.act, each.project) for each in edit.edits] == [
        (RegisterAct.EDITED, "mihon/道路改良工事"),
        (RegisterAct.ADDED, "mihon/橋梁補修工事"),
    ]
    assert [each["amount"] for each in read_tables(edit.content).tables] == [1000, 2000]
    assert edit.projects == {"mihon/道路改良工事", "mihon/橋梁補修工事"}


def test_a_second_project_of_one_name_counts_the_first_as_touched_whose_id_it_changes() -> None:
    content = register(road(contract_numbers=["40213-000001"]))
    ledger = Sheet(
        (
            SheetRow(1, ("工事名", "発注者", "保証契約番号")),
            SheetRow(2, ("道路改良工事", "みほん町", "40213-000002")),
        )
    )
    found = judged(ledger, content)
    edit = ledger_edit(content, found, seen_rows(found.outcomes))
    assert set(read_tables(content).ids) | set(read_tables(edit.content).ids) == edit.projects


def test_a_value_that_another_person_changed_since_it_was_shown_is_a_conflict_of_its_project_and_field() -> None:
    ledger = sheet(ROAD)
    seen = seen_rows(judged(ledger, register(road(amount=500))).outcomes)
    later = register(road(amount=700))
    with pytest.raises(LedgerConflict) as conflict:
        ledger_edit(later, judged(ledger, later), seen)
    (row,) = conflict.value.rows
    assert (row.row, row.project) == (2, "mihon/道路改良工事")
    assert [(each.key, each.seen, each.now, each.given) for each in row.conflicts] == [
        (("amount",), "500", "700", "1000")
    ]


def test_a_value_that_was_the_ledger_s_own_when_shown_and_was_changed_since_is_a_conflict() -> None:
    ledger = sheet(ROAD)
    seen = seen_rows(judged(ledger, register(road(amount=1000))).outcomes)
    later = register(road(amount=700))
    with pytest.raises(LedgerConflict) as conflict:
        ledger_edit(later, judged(ledger, later), seen)
    assert [each.seen for each in conflict.value.rows[0].conflicts] == ["1000"]


def test_a_project_that_another_person_registered_meanwhile_is_a_conflict_where_it_differs() -> None:
    ledger = sheet(ROAD, BRIDGE)
    seen = seen_rows(judged(ledger, register()).outcomes)
    later = register(road(amount=700))
    with pytest.raises(LedgerConflict) as conflict:
        ledger_edit(later, judged(ledger, later), seen)
    assert [(each.seen, each.now) for each in conflict.value.rows[0].conflicts] == [("", "700")]


def test_where_the_registered_value_is_chosen_it_stays_and_the_rest_is_written() -> None:
    ledger, content = sheet(ROAD, BRIDGE), register(road(amount=700))
    found = judged(ledger, content, frozenset({(2, ("amount",))}))
    assert kinds(found) == [OutcomeKind.SAME, OutcomeKind.NEW]
    edit = ledger_edit(content, found, seen_rows(found.outcomes))
    assert read_tables(edit.content).tables[0]["amount"] == 700


def test_a_row_whose_project_is_gone_or_that_became_bad_is_not_written_unseen() -> None:
    ledger = sheet(ROAD)
    seen = seen_rows(judged(ledger, register(road(amount=500))).outcomes)
    with pytest.raises(NotAllowed) as refused:
        ledger_edit(register(), judged(ledger, register()), seen)
    assert refused.value.code == "ledger_stale"
    bad = sheet(("道路改良工事", "みほん町", "たくさん", ""))
    with pytest.raises(NotAllowed) as refused:
        ledger_edit(register(), judged(bad, register()), seen)
    assert refused.value.code == "ledger_stale"
    with pytest.raises(NotAllowed) as refused:
        ledger_edit(register(), judged(ledger, register()), {})
    assert refused.value.code == "ledger_stale"


def test_the_same_ledger_a_second_time_writes_nothing() -> None:
    ledger = sheet(ROAD)
    found = judged(ledger, register())
    seen = seen_rows(found.outcomes)
    content = ledger_edit(register(), found, seen).content
    with pytest.raises(NotAllowed) as refused:
        ledger_edit(content, judged(ledger, content), seen)
    assert refused.value.code == "register_same"


def test_bad_rows_are_left_out_and_the_good_ones_written() -> None:
    ledger = sheet(("公園造成工事", "無い市", "", ""), BRIDGE)
    found = judged(ledger, register())
    assert found.has_bad
    edit = ledger_edit(register(), found, seen_rows(found.outcomes))
    assert [each["name"] for each in read_tables(edit.content).tables] == ["橋梁補修工事"]


def test_a_row_that_the_whole_configuration_refuses_is_bad() -> None:
    def refuse(edited: bytes) -> None:
        if "橋梁" in edited.decode():
            raise ConfigError([Problem("projects.toml", "project[2].amount", "empty")])

    found = judge_ledger(sheet(ROAD, BRIDGE), {}, RULES, b"", refuse)
    assert [(each.kind, [fault.cell for fault in each.faults]) for each in found.outcomes] == [
        (OutcomeKind.NEW, []),
        (OutcomeKind.BAD, ["C3"]),
    ]


def test_a_corrected_cell_is_a_text_and_may_lie_behind_the_row_s_last_cell() -> None:
    ledger = Sheet((SheetRow(1, HEADINGS), SheetRow(2, ("道路改良工事",), {0: Stored(CellKind.DATE)})))
    corrected = corrected_sheet(ledger, {"A2": "橋梁補修工事", "B2": "みほん町", "nonsense": "x", "A9": "x"})
    assert corrected.rows[1] == SheetRow(2, ("橋梁補修工事", "みほん町"))
    assert kinds(judged(corrected, b"")) == [OutcomeKind.NEW]


def test_only_known_columns_are_kept_and_a_row_without_any_of_them_is_still_told_as_bad() -> None:
    ledger = sheet(("道路改良工事", "みほん町", "", "急ぎ"), ("", "", "", "小計"))
    found = judged(ledger, b"")
    part = known_part(ledger, found.headings)
    assert part.rows[1].cells == ("道路改良工事", "みほん町", "", "")
    assert kinds(judged(part, b"")) == kinds(found) == [OutcomeKind.NEW, OutcomeKind.BAD]
