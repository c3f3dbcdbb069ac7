"""The embedded servers around the service's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import service_process

from worker.adapters.demo_imap import DemoImap
from worker.adapters.demo_smtp import DsnController


@pytest.fixture(scope="module")
def imap() -> Iterator[DemoImap]:
    with DemoImap(service_process.offices.ADDRESS) as server:
        yield server


@pytest.fixture
def relay() -> Iterator[DsnController]:
    with DsnController() as server:
        yield server
