"""The embedded servers that the tests of the whole share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import office
import pytest
from office import Mailroom

from worker.adapters.demo_imap import DemoImap
from worker.adapters.demo_smtp import DsnController


@pytest.fixture(scope="session")
def imap() -> Iterator[DemoImap]:
    with DemoImap(office.ADDRESS) as server:
        yield server


@pytest.fixture(scope="module")
def relay() -> Iterator[DsnController]:
    with DsnController() as server:
        yield server


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
