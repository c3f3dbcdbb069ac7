"""The rules of Prometheus are made from the table of limits, and fire where each limit is crossed."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tests.prometheus_rules import RULES, rules, summary
from tests.support.promtool import promtool
from worker.views.limits import LIMITS, Limit

RENEW = "run: .venv/bin/python tests/write_docs.py"
Series = tuple[dict[str, str], int, int]
SERIES: dict[str, Series] = {
    "HoshobinAbsent": ({"": "1x10 _x99"}, 29, 31),
    "HoshobinNotRunning": ({"": "1x9 0x99"}, 14, 16),
    "HoshobinDeaf": ({'{mailbox="main"}': "0x99"}, 15, 16),
    "HoshobinFolderDeaf": ({"": "0x99"}, 20, 21),
    "HoshobinMailboxGap": ({'{mailbox="main"}': "1x99"}, 9, 11),
    "HoshobinInDoubt": ({'{state="IN_DOUBT"}': "0 1"}, 0, 1),
    "HoshobinRefused": ({'{state="REFUSED"}': "0 1"}, 0, 1),
    "HoshobinBounced": ({'{state="BOUNCED"}': "0 1"}, 0, 1),
    "HoshobinOverdue": ({'{state="OVERDUE"}': "0 1"}, 0, 1),
    "HoshobinHeldLong": ({"": "0 1"}, 0, 1),
    "HoshobinNotLeaving": ({'{state="APPROVED"}': "0x99"}, 30, 31),
    "HoshobinUrgentTasks": ({'{urgency="now"}': "2x199"}, 119, 121),
    "HoshobinAccountRefused": ({'{result="account_refused"}': "0x20 1x20"}, 20, 22),
    "HoshobinNoticesUnread": ({'{result="read"}': "0x60 4x60", '{result="refused"}': "0x60 8x60"}, 60, 62),
    "HoshobinAlarmsUnsent": ({"": "1x99"}, 14, 16),
    "HoshobinLogBroken": ({"": "1 0"}, 0, 1),
    "HoshobinLogUnverified": ({"": "0x999"}, 8 * 24, 8 * 24 + 1),
    "HoshobinBackupOld": ({"": "0x999"}, 26, 27),
    "HoshobinBackupUntried": ({"": "0x999"}, 35 * 24, 35 * 24 + 1),
    "HoshobinDiskFull": ({"": "1000000000 999999999"}, 0, 1),
}
"""Of each alert the series by minute (or hour: ``SLOW``), a moment before it is alarmed, and one at which it is."""
SLOW = {"HoshobinLogUnverified", "HoshobinBackupOld", "HoshobinBackupUntried"}


def test_the_rules_are_current() -> None:
    assert RULES.read_text() == rules(), RENEW


def test_prometheus_accepts_the_rules() -> None:
    checked = promtool("check", "rules", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(LIMITS)} rules found" in checked.stdout


def test_every_limit_has_its_series_here() -> None:
    assert list(SERIES) == [each.name for each in LIMITS]


def _rule_alone(limit: Limit, folder: Path) -> Path:
    """Writes the shipped rule without the others, as each would be evaluated at every step of the series."""
    head, *each = RULES.read_text().split("      - alert: ")
    (rule,) = [text for text in each if text.startswith(f"{limit.name}\n")]
    path = folder / "rule.yml"
    path.write_text(f"{head}      - alert: {rule}")
    return path


def _tested(limit: Limit, folder: Path, other: Series | None = None) -> Path:
    series, before, at = other or SERIES[limit.name]
    lines = [f"      - {{series: '{limit.figure}{labels}', values: '{values}'}}" for labels, values in series.items()]
    labels = next(reversed(series)).strip("{}").replace("=", ": ")
    if limit.name == "HoshobinNoticesUnread":
        labels = ""  # a share of all results
    unit = "h" if limit.name in SLOW else "m"
    shown = ", ".join(filter(None, (labels, f"severity: {limit.severity}")))
    fired = f"[{{exp_labels: {{{shown}}}, exp_annotations: {{summary: '{summary(limit)}'}}}}]"
    text = "\n".join(
        [
            f"rule_files: ['{_rule_alone(limit, folder)}']",
            f"evaluation_interval: 1{unit}",
            "tests:",
            f"  - interval: 1{unit}",
            "    input_series:",
            *lines,
            "    alert_rule_test:",
            f"      - {{eval_time: {before}{unit}, alertname: {limit.name}, exp_alerts: []}}",
            f"      - {{eval_time: {at}{unit}, alertname: {limit.name}, exp_alerts: {fired}}}",
        ]
    )
    path = folder / "test.yml"
    path.write_text(text + "\n")
    return path


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.name)
def test_an_alert_fires_where_its_limit_is_crossed_and_not_before(limit: Limit, tmp_path: Path) -> None:
    tested = promtool("test", "rules", _tested(limit, tmp_path))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_a_moment_that_a_clock_set_back_left_in_the_future_is_alarmed(tmp_path: Path) -> None:
    """After two minutes it is seven ahead, as no other machine's clock is."""
    (limit,) = (each for each in LIMITS if each.name == "HoshobinDeaf")
    tested = promtool("test", "rules", _tested(limit, tmp_path, ({'{mailbox="main"}': "240 240 540"}, 1, 2)))
    assert tested.returncode == 0, tested.stdout + tested.stderr


def _rules_of_the_page(folder: Path) -> Path:
    page = (Path(__file__).parents[2] / "docs" / "install.md").read_text()
    (block,) = re.findall(r"^  ```yaml\n(  groups:\n.*?)^  ```$", page, re.MULTILINE | re.DOTALL)
    path = folder / "sources.yml"
    path.write_text(textwrap.dedent(block))
    return path


@pytest.mark.parametrize(
    ("name", "series", "labels", "before", "at"),
    [
        ("HoshobinDown", 'up{job="hoshobin"}', "job: hoshobin", 14, 15),
        (
            "HoshobinFileOld",
            'node_textfile_mtime_seconds{file="/x/hoshobin-a.prom"}',
            "file: /x/hoshobin-a.prom",
            15,
            16,
        ),
    ],
)
def test_the_rules_of_the_page_fire_where_figures_do_not_come(
    tmp_path: Path, name: str, series: str, labels: str, before: int, at: int
) -> None:
    fired = f"[{{exp_labels: {{severity: critical, {labels}}}}}]"
    path = tmp_path / "test.yml"
    path.write_text(
        f"rule_files: ['{_rules_of_the_page(tmp_path)}']\n"
        "evaluation_interval: 1m\n"
        "tests:\n"
        "  - interval: 1m\n"
        "    input_series:\n"
        f"      - {{series: '{series}', values: '0x99'}}\n"
        "    alert_rule_test:\n"
        f"      - {{eval_time: {before}m, alertname: {name}, exp_alerts: []}}\n"
        f"      - {{eval_time: {at}m, alertname: {name}, exp_alerts: {fired}}}\n"
    )
    tested = promtool("test", "rules", path)
    assert tested.returncode == 0, tested.stdout + tested.stderr
