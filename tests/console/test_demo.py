"""``hoshobin demo --console``: the demo's office in a browser, with the service beside it."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import httpx
import pytest

from tests.support.console import Browser
from tests.support.demo_console import demo_console
from tests.support.service_process import PATIENCE

pytestmark = pytest.mark.process
_TICK = re.compile(r'type="checkbox" name="([^"]+)"')


def processes_of(folder: Path) -> list[str]:
    """The command lines of other processes that name this folder."""
    lines = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(each.read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return [line for line in lines if f"{folder}" in line and "pytest" not in line]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_approval_in_the_demo_is_sent_by_its_service_and_everything_ends_with_the_command(
    tmp_path: Path, end: signal.Signals
) -> None:
    with demo_console(tmp_path) as demo:
        with httpx.Client(base_url=demo.url, timeout=60, transport=httpx.HTTPTransport(retries=5)) as client:
            browser = Browser(demo.url, client)
            assert browser.log_in(demo.login, demo.password).status_code == 200
            (number,) = re.findall(r'class="btn[^"]*" href="/s/(\d+)"', browser.html)[:1]
            shown = browser.get(f"/s/{number}").text
            fields = {"label": browser.label, "shown": browser.shown, "note": "公表のページと照合済み"}
            fields |= dict.fromkeys(_TICK.findall(shown), "1")
            assert browser.post(f"/s/{number}/approve", fields).status_code == 303, browser.text
        demo.until(int(number), "SENT")
        demo.process.send_signal(end)
        rest, _ = demo.process.communicate(timeout=PATIENCE)
        assert ".example" in rest, "the mails that the embedded server took"
        assert demo.process.returncode == 0
        assert processes_of(demo.folder) == []
