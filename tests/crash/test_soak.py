"""A small soak in the suite; ``make soak`` is the same with 10,000 notices."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.crash.soak import DEATHS, Asked, a_soak

pytestmark = pytest.mark.crash

NOTICES = 200
RESTORES = 5


def test_of_200_notices_through_a_service_that_dies_again_and_again_none_is_lost_and_none_is_sent_twice(
    room: Path,
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    asked = Asked(NOTICES, seed, seconds=(0.0, 0.3), mails=(7, 23), backup_every=4.0, restores=RESTORES)
    with a_soak(asked, room, lambda words: None, is_small=True) as soak:
        sums = soak.run()
    sys.stdout.write(f"seed {seed}: {dict(soak.deaths)}, {sums}\n")
    assert not soak.judge.violations, f"seed {seed}"
    assert (sums.lost, sums.sent_twice, sums.delivered) == (0, 0, NOTICES)
    assert sums.by_report + sums.by_person == len(soak.judge.in_doubt)
    assert sum(soak.deaths.values()) >= len(DEATHS)
    assert len(soak.resumed) == RESTORES
    assert all("restored" in told["signs"] for told in soak.resumed)
    assert sums.by_report, "no death fell between the final dot and the record of its answer"
    assert sums.by_person, "no death fell into a mail that then never arrived"
