"""The letters of a label stand for one draft with its open reasons."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from worker.core.approval_label import fold_label, label_letters
from worker.core.params import Params, of_text
from worker.core.states import Reason

DRAFT = "ab" * 32
HOLDS = ((Reason.APPROVAL, of_text("")), (Reason.FIRST_ADDRESS, of_text("doboku@mihon.example")))
LETTERS = label_letters(DRAFT, HOLDS, None)


def test_a_label_is_the_same_on_every_machine_and_in_every_version() -> None:
    assert LETTERS == "A0ZEXFSDF3"


def test_a_label_of_parameters_is_the_same_on_every_machine_and_in_every_version() -> None:
    holds = ((Reason.APPROVAL, Params()), (Reason.TIMING, Params(code="with_contract", project="p", day="2026-12-01")))
    assert label_letters(DRAFT, holds, None) == label_letters(DRAFT, holds[::-1], None)


@pytest.mark.parametrize(
    ("reason", "params", "other"),
    [
        (Reason.RULE_CHANGED, {"code": "checked_on", "checked": "2025-03-01"}, {"april": "2026-04-01"}),
        (Reason.TIMING, {"code": "from_contract_day", "project": "p"}, {"day": "2026-12-01"}),
    ],
)
def test_what_another_day_alone_changes_is_not_in_the_letters(
    reason: Reason, params: dict[str, str], other: dict[str, str]
) -> None:
    assert label_letters(DRAFT, ((reason, Params(**params)),), None) == label_letters(
        DRAFT, ((reason, Params(**params, **other)),), None
    )


def test_the_order_of_the_reasons_does_not_matter() -> None:
    assert label_letters(DRAFT, HOLDS[::-1], None) == LETTERS


@pytest.mark.parametrize("reason", [Reason.FIRST_ADDRESS, Reason.MAYBE_SENT, Reason.TIMING, Reason.RULE_CHANGED])
def test_every_reason_and_every_parameter_gives_other_letters(reason: Reason) -> None:
    more = [
        label_letters(DRAFT, (*HOLDS, (reason, of_text(detail))), None)
        for detail in ("", "a", "b", "2026-11-20", "a < b")
    ]
    assert len({LETTERS, *more}) == 6


def test_two_reasons_are_not_one_whose_parameter_reads_like_both() -> None:
    one = label_letters(DRAFT, ((Reason.APPROVAL, of_text("x")), (Reason.CHANGED, of_text("y"))), None)
    assert one != label_letters(DRAFT, ((Reason.APPROVAL, of_text('x"], ["changed", "y')),), None)


def test_another_draft_and_another_first_day_give_other_letters() -> None:
    day = dt.date(2026, 12, 1)
    given = [label_letters(draft, HOLDS, on) for draft in (DRAFT, "ab" * 31 + "ac", "") for on in (None, day)]
    assert len(set(given)) == 6


def test_twenty_thousand_drafts_have_twenty_thousand_labels_of_the_alphabet() -> None:
    chance = random.Random(seed := 20261129)
    drafts = [f"{chance.getrandbits(256):064x}" for _ in range(20_000)]
    labels = {label_letters(draft, HOLDS, None) for draft in drafts}
    assert len(labels) == len(drafts), seed
    assert set("".join(labels)) == set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    assert {len(label) for label in labels} == {10}


def test_what_looks_like_a_digit_is_read_as_one() -> None:
    assert fold_label("7@oOiIlLzzUu") == "7@001111ZZUU"
