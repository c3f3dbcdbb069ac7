"""Fixtures shared by the tests of killed processes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.lives import a_room


@pytest.fixture
def room() -> Iterator[Path]:
    with a_room() as folder:
        yield folder
