"""The embedded servers around the service's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import world
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController


@pytest.fixture(scope="module")
def imap() -> Iterator[DemoImap]:
    with DemoImap(world.OFFICE) as server:
        yield server


@pytest.fixture
def relay() -> Iterator[DsnController]:
    with DsnController() as server:
        yield server
