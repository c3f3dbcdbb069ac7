"""``doctor`` tries what ``[mailbox.x] after`` asks for, before a mail is in question: against a real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.office import Office
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController

HEADING = "[mailbox.main]\n"


@pytest.fixture
def office(imap: DemoImap, relay: DsnController, tmp_path: Path) -> Office:
    return Office(tmp_path, imap_port=imap.port, imap_password=imap.password, smtp_port=relay.port)


def configure(office: Office, after: str) -> None:
    file = office.config / "worker.toml"
    text = file.read_text(encoding="utf-8")
    assert HEADING in text
    file.write_text(text.replace(HEADING, f'{HEADING}after = "{after}"\n'), encoding="utf-8")


def test_a_folder_that_is_not_there_is_named_with_what_to_do_and_found_once_it_is_made(
    office: Office, imap: DemoImap
) -> None:
    configure(office, "move:提出済み")
    ran = office("doctor", "--json")
    assert ran.code == 3
    results = {each["name"]: each for each in ran.document["results"]}
    assert [name for name, each in results.items() if not each["ok"]] == ["mail:main"]
    assert "[mailbox.main] の after に書かれた処理ができません。" in results["mail:main"]["remedy"]
    imap.create_folder("提出済み")
    assert office("doctor").code == 0


def test_marking_as_seen_needs_no_other_folder(office: Office) -> None:
    configure(office, "seen")
    assert office("doctor").code == 0
