"""The `__init__.py` of each package says what its step takes and gives, and loads nothing."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from tests.support.tables import every_case
from tests.test_purity import MODULES, is_in

PACKAGES = {name: path for name, path in MODULES.items() if path.name == "__init__.py"}
STEPS = {name: path for name, path in PACKAGES.items() if name.count(".") == 1 and name != "worker.cli"}
"""``worker.cli`` is the command line itself: it loads click, and only the program's start imports it."""
LONG = {"worker.cli", "worker.core.messages"}
"""They hold a module's worth of their own."""


def loaded_by(name: str) -> set[str]:
    """The modules that a new interpreter has more of after importing ``name``, what it starts with left out."""
    code = (
        "import sys, json\n"
        "before = set(sys.modules)\n"
        f"import {name}\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    ended = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(ended.stdout))


@every_case("name", sorted(PACKAGES))
def test_a_package_says_in_a_few_lines_what_it_is(name: str) -> None:
    doc = ast.get_docstring(ast.parse(PACKAGES[name].read_text())) or ""
    assert len(doc) > 40
    assert len(doc.splitlines()) <= (11 if name == "worker" else 6)
    if name in STEPS:
        assert "Takes" in doc
        assert "gives" in doc
        assert "Start reading" in " ".join(doc.split())


@pytest.mark.process
@pytest.mark.parametrize("name", sorted(name for name in PACKAGES if not is_in(name, LONG)))
def test_a_package_loads_itself_and_the_packages_above_it_and_nothing_else(name: str) -> None:
    parts = name.split(".")
    above = {".".join(parts[: count + 1]) for count in range(len(parts))}
    assert loaded_by(name) <= above
