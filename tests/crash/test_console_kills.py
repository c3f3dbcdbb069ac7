"""A form of the console whose process is killed at each of its changes: the decision is whole or not there."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from tests.console.conftest import WAITS, room
from tests.console.test_project_forms import shown as fields_of
from tests.crash.lives import Lives
from tests.flow.conftest import imap, relay, wide_mailroom
from tests.support.console import Browser, console_of
from tests.support.office import Mailroom, a_form, command, notice
from worker.service.wiring import load_installation, open_store_of, system_clock

__all__ = ["imap", "relay", "room", "wide_mailroom"]

pytestmark = pytest.mark.process

PROJECT: Final = "/projects/" + quote(f"kawa/{WAITS.project}") + "/edit"
BROUGHT: Final = a_form("持ち込む工事")
SEEN: Final = 303 - 200
"""The exit code of a form that was answered by a redirect."""


@dataclass(frozen=True)
class Sheet:
    """A form as a browser would send it."""

    path: str
    fields: dict[str, Any]
    cookie: str
    at: str
    """The moment of the page; one moment for every life, so that each passes the same points."""
    file: str = ""


@dataclass(frozen=True)
class Outcome:
    """What stands in the store and in the folder."""

    events: tuple[str, ...]
    states: tuple[str, ...]
    files: tuple[str, ...]
    register: str


@pytest.fixture(scope="module")
def sheets(room: Mailroom, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sheet]:
    """An approval, a withdrawal and a PDF; the console that gave the pages has ended."""
    pdf = tmp_path_factory.mktemp("brought") / "pdf"
    pdf.write_bytes(notice(BROUGHT))
    with console_of(room.office) as console:
        browser = console.browser("approver")
        cookie = str(browser.client.cookies.get("hoshobin", domain="127.0.0.1"))

        at = system_clock().now().isoformat()

        def sheet(page: str, act: str, file: str = "", **fields: Any) -> Sheet:
            browser.get(page)
            shown = {"label": browser.label, "shown": browser.shown} if act.endswith("approve") else {}
            return Sheet(act, {"token": browser.token, **shown, **fields}, cookie, at, file)

        return {
            "approve": sheet("/s/2", "/s/2/approve"),
            "withdraw": sheet("/s/3", "/s/3/withdraw", why="二重に届いたため"),
            "drop": sheet("/drop", "/drop", str(pdf)),
            "edit": sheet(PROJECT, PROJECT, **shown(browser, PROJECT), **{"f:phone": "03-1111-1111", "step": "save"}),
        }


def shown(browser: Browser, page: str) -> dict[str, str]:
    """The fields of the form on this page, but the one that is changed."""
    browser.get(page)
    return {name: value for name, value in fields_of(browser).items() if name != "f:phone"}


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    with Lives(Path(__file__).with_name("killed_console.py")) as lives:
        yield lives


@pytest.fixture
def send(room: Mailroom, lives: Lives, tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    """Sends a form to the console of a copy of the office; the exit code, and the copy."""

    def sent(sheet: Sheet, kill: int, root: Path | None = None) -> tuple[int, Path]:
        root = root or Path(shutil.copytree(room.office.root, tmp_path / str(kill)))
        asked = {"config": str(root / "config"), "kill": kill, "points": str(root / "points.json"), **vars(sheet)}
        return lives.live(**asked), root

    return sent


def outcome_of(root: Path) -> Outcome:
    store = open_store_of(load_installation(str(root / "config")), system_clock())
    try:
        assert store.verify().holds
        events = tuple(str(entry.event) for entry in store.entries())
        states = tuple(each.state.value for each in store.submissions())
    finally:
        store.close()
    inbox = root / "var" / "inbox"
    files = tuple(sorted(str(each.relative_to(inbox)) for each in inbox.rglob("*.pdf")))
    return Outcome(events, states, files, (root / "config" / "projects.toml").read_text())


def changes_of(root: Path) -> list[tuple[str, str]]:
    """Who changed the register, and how the file was found if the entry was written later."""
    store = open_store_of(load_installation(str(root / "config")), system_clock())
    try:
        found = store.entries(events=["RegisterChanged"])
        return [(entry.by, str(entry.detail.get("interrupted", ""))) for entry in found]
    finally:
        store.close()


@pytest.mark.parametrize("what", ["approve", "withdraw"])
def test_a_decision_that_is_killed_is_whole_or_not_there_and_may_be_sent_again(
    sheets: dict[str, Sheet], send: Callable[..., tuple[int, Path]], room: Mailroom, lives: Lives, what: str
) -> None:
    before = outcome_of(room.office.root)
    code, root = send(sheets[what], 0)
    assert code == SEEN, lives.said
    after, points = outcome_of(root), json.loads((root / "points.json").read_text())
    assert after.events[: len(before.events)] == before.events
    assert after != before
    found = set()
    for kill, point in enumerate(points, start=1):
        code, root = send(sheets[what], kill)
        assert code == -signal.SIGKILL, point
        standing = outcome_of(root)
        assert standing in {before, after}, point
        found.add(standing)
        if standing == before:
            assert send(sheets[what], 0, root)[0] == SEEN, point
            assert outcome_of(root) == after, point
    assert found == {before, after}


def test_a_pdf_whose_process_is_killed_is_recorded_before_it_appears_and_may_be_brought_again(
    sheets: dict[str, Sheet], send: Callable[..., tuple[int, Path]], room: Mailroom, lives: Lives
) -> None:
    before = outcome_of(room.office.root)
    code, root = send(sheets["drop"], 0)
    assert code == SEEN, lives.said
    after, points = outcome_of(root), json.loads((root / "points.json").read_text())
    assert after.events == (*before.events, "Uploaded")
    assert len(after.files) == len(before.files) + 1
    recorded_alone = replace(before, events=after.events)
    found = set()
    for kill, point in enumerate(points, start=1):
        code, root = send(sheets["drop"], kill)
        assert code == -signal.SIGKILL, point
        standing = outcome_of(root)
        assert standing in {before, recorded_alone, after}, point
        found.add(standing)
        if standing != after:
            assert send(sheets["drop"], 0, root)[0] == SEEN, point
            assert outcome_of(root).files == after.files, point
        for each in (root / "var" / "inbox" / "notices").glob("*.pdf"):
            assert each.read_bytes() == notice(BROUGHT), point
    assert found == {before, recorded_alone, after}


def test_a_change_of_a_project_that_is_killed_is_whole_or_not_there_or_recorded_at_the_next_pass(
    sheets: dict[str, Sheet], send: Callable[..., tuple[int, Path]], room: Mailroom, lives: Lives
) -> None:
    """Between the new file and its entry the next pass records the change, in the name of the person who made it."""
    before = outcome_of(room.office.root)
    code, root = send(sheets["edit"], 0)
    assert code == SEEN, lives.said
    after, points = outcome_of(root), json.loads((root / "points.json").read_text())
    assert after.events[len(before.events)] == "RegisterChanged"
    file_alone = replace(before, register=after.register)
    noted = replace(before, register=after.register, events=after.events[: len(before.events) + 1])
    found = set()
    for kill, point in enumerate(points, start=1):
        code, root = send(sheets["edit"], kill)
        assert code == -signal.SIGKILL, point
        standing = outcome_of(root)
        assert standing in {before, file_alone, noted, after}, point
        if standing == before:
            assert send(sheets["edit"], 0, root)[0] == SEEN, point
            assert outcome_of(root) == after, point
        if standing == file_alone and standing not in found:
            command("--config", str(root / "config"), "run", "--once")
            assert "ConfigurationChanged" in outcome_of(root).events[len(before.events) :], point
            assert changes_of(root) == [("山田 花子", "written")], point
            command("--config", str(root / "config"), "run", "--once")
            assert len(changes_of(root)) == 1, point
        elif standing != file_alone:
            assert [each for each in changes_of(root) if each[1]] == [], point
        found.add(standing)
    assert {before, file_alone, noted} <= found
