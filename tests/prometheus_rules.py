"""Makes ``ops/prometheus-rules.yml`` from the table of limits; ``tests/write_docs.py`` writes it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from worker.core.clock import AHEAD
from worker.core.messages import say
from worker.views.limits import LEAST_NOTICES, LIMITS, MINUTE, WINDOW, Crossing, Limit

RULES: Final = Path(__file__).parent.parent / "ops" / "prometheus-rules.yml"
_HEAD: Final = """\
# Alerts of hoshobin; made from the table of `hoshobin doctor --exit-code` (worker/views/limits.py).
groups:
  - name: hoshobin
    rules:
"""


def rules() -> str:
    """The content of the file."""
    return _HEAD + "".join(map(_rule, LIMITS))


def _rule(limit: Limit) -> str:
    held = f"        for: {limit.hold // MINUTE}m\n" if limit.hold else ""
    return (
        f"      - alert: {limit.name}\n"
        f"        expr: {expression(limit)}\n"
        f"{held}"
        f"        labels:\n          severity: {limit.severity}\n"
        f'        annotations:\n          summary: "{summary(limit)}"\n'
    )


def summary(limit: Limit) -> str:
    """What the alert says."""
    return say(f"limit_{limit.name}", "ja")


def expression(limit: Limit) -> str:
    """The limit in PromQL."""
    labels = ", ".join(f'{name}="{value}"' for name, value in limit.labels.items())
    figure = f"{limit.figure}{{{labels}}}" if labels else limit.figure
    match limit.crossing:
        case Crossing.ABOVE:
            return f"{figure} > {limit.value}"
        case Crossing.BELOW:
            return f"{figure} < {limit.value}"
        case Crossing.ABSENT:
            return f"absent({figure})"
        case Crossing.AGE:
            return f"time() - {figure} > {limit.value} or time() - {figure} < -{int(AHEAD.total_seconds())}"
        case Crossing.DUE:
            return f"time() - {figure} > {limit.value}"
        case Crossing.GROWS:
            return f"increase({figure}[{WINDOW // MINUTE}m]) > {limit.value}"
        case Crossing.SHARE:
            every = f"sum without (result) (increase({limit.figure}[1d]))"
            share = f"increase({figure}[1d]) / ignoring (result) {every} > {limit.value}"
            return f"{share} and ignoring (result) {every} >= {LEAST_NOTICES}"
