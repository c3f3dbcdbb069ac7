"""The first rehearsal through the console alone, as docs/first-submission.ja.md tells it, from both beginnings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.build_manual import DOCS
from tests.first_rehearsal import Step, installation, table_of, walk_demo, walk_installation
from tests.support.browsing import chromium, program
from tests.support.demo_console import demo_console

DOCUMENT = (DOCS / "first-submission.ja.md").read_text()
TEN_MINUTES = 600.0
needs_chromium = pytest.mark.skipif(program() is None, reason="Chromium is not installed (make servers)")


def counts_in(part: str) -> str:
    """The table of counts in the part of the document with this heading."""
    text = DOCUMENT.partition(f"\n## {part}")[2].partition("\n## ")[0]
    found = re.search(r"^\| \| 手順 \|.*?合計 \|[^\n]*$", text, re.MULTILINE | re.DOTALL)
    assert found is not None, part
    return found[0]


def took(steps: list[Step]) -> float:
    return sum(each.seconds for each in steps)


@needs_chromium
def test_from_the_demonstration_it_is_sent_and_confirmed_in_the_counted_steps(tmp_path: Path) -> None:
    with demo_console(tmp_path) as demo, chromium() as browser:
        steps = walk_demo(demo, browser)
    assert table_of(steps) == counts_in("1. デモで練習する")
    assert took(steps) < TEN_MINUTES


@needs_chromium
def test_from_one_account_the_rehearsal_comes_and_nothing_goes_to_the_issuer(tmp_path: Path) -> None:
    hurried = {"schedule": {"poll_seconds": 1}, "release": {"grace_seconds": 0}}
    with installation(tmp_path, **hurried) as office, chromium() as browser:
        steps = walk_installation(office, browser)
        reached = {recipient.address for mail in office.relay.mails for recipient in mail.recipients}
    assert table_of(steps) == counts_in("2. 自社のサーバーで、最初のリハーサルをする")
    assert took(steps) < TEN_MINUTES
    assert reached == {"soumu@contractor.example"}, "the office's own mailbox"
