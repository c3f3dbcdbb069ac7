"""The embedded servers that the tests of the whole share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import world
from tests.support.office import Mailroom
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController


@pytest.fixture(scope="session")
def imap() -> Iterator[DemoImap]:
    with DemoImap(world.OFFICE) as server:
        yield server


@pytest.fixture(scope="module")
def relay() -> Iterator[DsnController]:
    with DsnController() as server:
        yield server


@pytest.fixture
def sent(relay: DsnController) -> Callable[[], int]:
    """Counts the mails to issuers that the relay took since the test began."""
    before = len(relay.mails)
    return lambda: sum(b"Auto-Submitted" not in mail.content for mail in relay.mails[before:])


@pytest.fixture
def mailroom(imap: DemoImap, relay: DsnController, tmp_path: Path) -> Callable[..., Mailroom]:
    """Opens an office with what its configuration should say."""

    def open_office(**settings: Any) -> Mailroom:
        return Mailroom(imap, relay, tmp_path, **settings)

    return open_office


@pytest.fixture(scope="module")
def wide_mailroom(
    imap: DemoImap, relay: DsnController, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Mailroom]:
    """As ``mailroom``, for an office that several tests look at."""

    def open_office(**settings: Any) -> Mailroom:
        return Mailroom(imap, relay, tmp_path_factory.mktemp("office"), **settings)

    return open_office
