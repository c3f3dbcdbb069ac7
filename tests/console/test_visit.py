"""The words that every page uses: the device of a session."""

from __future__ import annotations

import pytest

from worker.console.visit import name_device

MOZILLA = "Mozilla/5.0 "
KHTML = " AppleWebKit/537.36 (KHTML, like Gecko) "


@pytest.mark.parametrize(
    ("agent", "shown"),
    [
        (
            f"{MOZILLA}(Windows NT 10.0; Win64; x64){KHTML}Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
            "Edge（Windows）",
        ),
        (f"{MOZILLA}(Macintosh; Intel Mac OS X 10_15_7){KHTML}Version/18.1 Safari/605.1.15", "Safari（Mac）"),
        (f"{MOZILLA}(iPhone; CPU iPhone OS 18_1 like Mac OS X){KHTML}Version/18.1 Safari/604.1", "Safari（iPhone）"),
        (f"{MOZILLA}(Linux; Android 10; K){KHTML}Chrome/131.0.0.0 Mobile Safari/537.36", "Chrome（Android）"),
        ("python-httpx/0.28", "python-httpx/0.28"),
    ],
)
def test_a_session_names_the_browser_and_the_system_that_a_person_knows(agent: str, shown: str) -> None:
    assert name_device(agent) == shown
    assert name_device(agent, "en") == shown.replace("（", " (").replace("）", ")")
