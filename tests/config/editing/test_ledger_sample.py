"""The sample ledger: the product's own import reads it without a fault, as a workbook and as a CSV."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.support.registered import ISSUER
from worker.config.editing.import_rows import OutcomeKind
from worker.config.editing.ledger import judge_ledger
from worker.config.editing.ledger_sample import HEADINGS, LedgerForm, sample_ledger
from worker.config.editing.register import FieldRules
from worker.config.editing.spreadsheets import parse_ledger

TODAY = dt.date(2026, 11, 30)


@pytest.mark.parametrize("form", LedgerForm)
def test_the_import_reads_every_row_and_column_of_the_sample(form: LedgerForm) -> None:
    content = sample_ledger(form, [ISSUER], TODAY)
    sheet = parse_ledger(Path(f"sample.{form.value}"), content)
    found = judge_ledger(sheet, {}, FieldRules({"mihon": ISSUER}), b"", lambda _: None)
    assert (found.headings.faults, found.headings.ignored) == ((), ())
    assert len(found.headings.columns) == len(HEADINGS)
    assert [each.kind for each in found.outcomes] == [OutcomeKind.NEW] * 3
    first = found.outcomes[0].given
    assert (first["dates", "contract"], first["amount",], first["section",]) == (TODAY, 18_700_000, "doboku")


def test_both_forms_hold_the_same_cells() -> None:
    sheets = [parse_ledger(Path("x"), sample_ledger(form, [ISSUER], TODAY)) for form in LedgerForm]
    cells = [[[text for text in row.cells if text] for row in sheet.rows] for sheet in sheets]
    assert cells[0] == cells[1]


def test_an_office_without_issuers_gets_a_sample_all_the_same() -> None:
    assert "見本市" in sample_ledger(LedgerForm.CSV, [], TODAY).decode("utf-8-sig")
