"""How often a test of random inputs tries: all of its turns, or a quarter of them under ``make quick``."""

from __future__ import annotations

import os
from typing import Final

QUICK: Final = "HOSHOBIN_QUICK"
"""Set by the Makefile's loop for a person at work; ``make test`` and ``.ci/run`` try everything."""
SHARE: Final = 4


def turns(whole: int) -> int:
    """Returns the number of turns, at least one."""
    return max(1, whole // SHARE) if os.environ.get(QUICK) else whole
