"""One console for the tests of a file: an office with a sent mail, a draft to approve, an unregistered notice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.flow.conftest import imap, mailroom, relay, wide_mailroom
from tests.support import browsing
from tests.support.console import Console, console_of
from tests.support.office import EAST, Mailroom, a_form, a_mail, notice
from tests.support.screens import DESK, Screen
from tests.support.world import project

__all__ = ["imap", "mailroom", "relay", "wide_mailroom"]

SENT: Final = a_form("道路改良工事", "前払金保証")
WAITS: Final = a_form("橋梁補修工事")
UNKNOWN: Final = a_form("登録のない工事")


@pytest.fixture(scope="module")
def room(wide_mailroom: Callable[..., Mailroom]) -> Mailroom:
    """1 waits for approval, 2 too, 3 is of no registered project, 4 announces a notice."""
    projects = [project(SENT.project, "kawa", SENT.number, invoice='advance = "separate"')]
    projects.append(project(WAITS.project, "kawa", WAITS.number))
    room = wide_mailroom(mode="approve", projects=projects)
    for form in (SENT, WAITS, UNKNOWN):
        room.deliver(a_mail("認証キー", ("a.pdf", notice(form))))
    room.deliver(a_mail(EAST, sender="netdesk@surety.example"))
    assert room.office.run_once().code == 1
    return room


@pytest.fixture(scope="module")
def console(room: Mailroom) -> Iterator[Console]:
    """Its console."""
    with console_of(room.office) as console:
        yield console


@pytest.fixture(scope="module")
def chromium(console: Console) -> Iterator[Any]:
    """The browser; the office is there before its loop."""
    if browsing.program() is None:
        pytest.skip("Chromium is not installed (make servers)")
    with browsing.chromium() as browser:
        yield browser


@pytest.fixture
def screens(chromium: Any, console: Console) -> Iterator[Any]:
    """Opens windows; at the end none of them may have said anything."""
    opened: list[Screen] = []

    def open_screen(size: dict[str, int] = DESK, login: str = "") -> Screen:
        opened.append(Screen(chromium, console, size))
        if login:
            opened[-1].log_in(login)
        return opened[-1]

    yield open_screen
    said = [line for each in opened for line in each.said]
    for each in opened:
        each.context.close()
    assert said == []
