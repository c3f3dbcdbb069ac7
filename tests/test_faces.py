"""Each package's face says what its step takes and gives, and loads what it names only when that is asked for."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.test_purity import ACTING, MODULES, is_in
from worker.core.lazy import lazily

PACKAGES = {name: path for name, path in MODULES.items() if path.name == "__init__.py"}
STEPS = {name: path for name, path in PACKAGES.items() if name.count(".") == 1 and name != "worker.cli"}
"""``worker.cli`` is the command line itself: it loads click, and only the program's start imports it."""
LONG = {"worker.cli", "worker.core.messages"}
"""They hold a module's worth of their own, from before there were faces."""
TECHNOLOGY = {name for name in ACTING if name in PACKAGES and name.count(".") == 2}


def named_by(path: Path) -> dict[str, str]:
    """Under ``TYPE_CHECKING``: each name of the face and the module that it is from."""
    return {
        alias.asname: node.module
        for block in ast.parse(path.read_text()).body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if alias.asname
    }


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


@pytest.mark.parametrize("name", sorted(PACKAGES))
def test_a_package_says_in_a_few_lines_what_it_is(name: str) -> None:
    doc = ast.get_docstring(ast.parse(PACKAGES[name].read_text())) or ""
    assert len(doc) > 40
    assert len(doc.splitlines()) <= (11 if name == "worker" else 6)
    if name in STEPS:
        assert "Takes" in doc
        assert "gives" in doc
        assert "Start reading" in " ".join(doc.split())


@pytest.mark.parametrize("name", sorted(STEPS))
def test_a_face_names_three_to_eight_things_of_its_own_package_and_none_of_its_technology(name: str) -> None:
    named = named_by(STEPS[name])
    assert 3 <= len(named) <= 8
    face = importlib.import_module(name)
    for thing, module in named.items():
        assert module.startswith(f"{name}.")
        assert not is_in(module, TECHNOLOGY)
        assert getattr(face, thing) is getattr(importlib.import_module(module), thing)
        assert f"{name}.{thing}" not in MODULES, "a submodule of this name would hide it"


@pytest.mark.parametrize("name", sorted(STEPS))
def test_what_a_face_loads_later_is_what_the_type_checker_sees(name: str) -> None:
    (call,) = (
        node for node in ast.walk(ast.parse(STEPS[name].read_text())) if isinstance(node, ast.Call) and node.keywords
    )
    later = {thing: f"{name}.{keyword.arg}" for keyword in call.keywords for thing in ast.literal_eval(keyword.value)}
    assert later == named_by(STEPS[name])


@pytest.mark.process
@pytest.mark.parametrize("name", sorted(name for name in PACKAGES if not is_in(name, LONG)))
def test_a_face_loads_itself_and_the_faces_above_it_and_nothing_else(name: str) -> None:
    parts = name.split(".")
    above = {".".join(parts[: count + 1]) for count in range(len(parts))}
    assert loaded_by(name) <= above | {"worker.core", "worker.core.lazy"}


def test_a_name_that_a_face_does_not_have_is_missed_as_in_any_module() -> None:
    load = lazily("worker.match", match=("Match",))
    with pytest.raises(AttributeError, match=r"module 'worker\.match' has no attribute 'Mach'"):
        load("Mach")
    with pytest.raises(ImportError, match="cannot import name 'Mach'"):
        exec("from worker.match import Mach")
