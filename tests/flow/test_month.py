"""An office of mode ``auto`` left alone for a month: nothing is lost, sent twice or wrong, and all is told once.

``python -m tests.flow.month`` runs many such months.
"""

from __future__ import annotations

import sys

import pytest

from tests.flow.month import DAYS, FIXED_SEED, a_month, in_memory


@pytest.mark.parametrize("kind", ["fixed", "random"])
async def test_in_a_month_left_alone_nothing_is_lost_twice_or_wrong_and_each_incident_is_told_once(
    kind: str, pytestconfig: pytest.Config
) -> None:
    seed = str(FIXED_SEED) if kind == "fixed" else str(pytestconfig.getoption("hypothesis_seed"))
    with in_memory() as folder:
        outcome, month = await a_month(seed, folder)
    sys.stdout.write(f"seed {seed}: {outcome.notices} notices, {dict(outcome.incidents)}\n")
    said = "\n".join([f"python -m tests.flow.month --seed {seed}", *outcome.violations, *month.steps])
    assert (outcome.lost, outcome.twice, outcome.wrong, outcome.violations) == (0, 0, 0, []), said
    assert outcome.notices > DAYS
    assert outcome.incidents.total() > 2 * DAYS
