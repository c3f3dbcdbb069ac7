"""A module that decides takes nothing of the world in: no connection, no database, no child, no file, no log."""

from __future__ import annotations

import ast
import functools
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.sources import PACKAGE, nodes
from tests.support.tables import every_case

TOOLS: dict[str, Any] = tomllib.loads((PACKAGE.parent / "pyproject.toml").read_text())["tool"]
ACTING = frozenset(TOOLS["hoshobin"]["acting"])
DECISIONS = "Decisions do no I/O, not even through another module"
FACES = "No face of a package loads what acts"
WRITES_A_LOG = {"logging", "structlog", "warnings"}
PRINTS = {"print", "open", "input"}
# Files, other processes and threads, and what differs from one run to the next.
REACHES_OUT = {"os", "shutil", "tempfile", "pathlib", "glob", "socket", "signal", "fcntl", "multiprocessing"} | {
    *("concurrent", "threading", "time", "random", "secrets", "uuid")
}
READS_THE_CLOCK = {"datetime.now", "datetime.today", "datetime.utcnow", "date.today"}
CLOCKS = {name.partition(".")[2] for name in READS_THE_CLOCK}


def contract(name: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = TOOLS["importlinter"]["contracts"]
    return next(each for each in found if each["name"] == name)


# Modules that act, or that import such modules. Not `socket`: the standard library's `email` imports it on 3.11, 3.12.
ACTS = {name for name in contract(DECISIONS)["forbidden_modules"] if not name.startswith("worker")}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def is_in(name: str, packages: frozenset[str] | set[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in packages)


def is_deciding(name: str) -> bool:
    return not is_in(name, ACTING)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
DECIDING = {name: path for name, path in MODULES.items() if is_deciding(name)}


def loaded_by(*modules: str) -> set[str]:
    """The acting modules that a new interpreter has loaded after importing ``modules``."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(json.dumps(sorted({ACTS!r} & set(sys.modules))))"
    )
    ended = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(ended.stdout))


@dataclass(frozen=True)
class Named:
    """The names in a module that show I/O, each with its line."""

    imports: tuple[tuple[int, str], ...]
    """Every import, also one inside a function, which no interpreter shows before it is called."""
    prints: tuple[tuple[int, str], ...]
    """Calls of functions that write or open."""
    clocks: tuple[tuple[int, str], ...]
    """Attributes by which a clock is read."""


@functools.cache
def named_by(name: str) -> Named:
    """The names in the module ``name`` of the package, found once for all tests."""
    return named_in(nodes()[MODULES[name]])


def named_in(found: Iterable[ast.AST]) -> Named:
    """The names in a module, of which ``found`` are all nodes."""
    named = tuple(node for node in found if isinstance(node, ast.Import | ast.ImportFrom | ast.Call | ast.Attribute))
    calls = (node for node in named if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    attributes = (node for node in named if isinstance(node, ast.Attribute) and node.attr in CLOCKS)
    clocks = ((node.lineno, ast.unparse(node)) for node in attributes)
    return Named(
        tuple(each for node in named for each in _imports_in(node)),
        tuple((node.lineno, f"{node.func.id}()") for node in calls if node.func.id in PRINTS),
        tuple((line, text) for line, text in clocks if ".".join(text.split(".")[-2:]) in READS_THE_CLOCK),
    )


def _imports_in(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Import):
        yield from ((node.lineno, alias.name) for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.lineno, node.module
        yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_the_rule_is_about_the_modules_it_was_made_for() -> None:
    assert len(DECIDING) > 120
    assert {
        "worker.send.smtp_verdicts",
        "worker.approve.decisions",
        "worker.core.messages.reasons",
        "worker.config.load",
        "worker.watch.plan",
    } <= set(DECIDING)
    for package in ("core", "match", "compose", "approve", "track", "views", "audit"):
        assert {name for name in MODULES if is_in(name, {f"worker.{package}"})} <= set(DECIDING)
    assert {
        *("asyncio", "ssl", "http", "subprocess", "sqlite3", "sqlalchemy", "imapclient", "aiosmtplib"),
        *("pdfplumber", "pypdfium2", "apscheduler", "structlog"),
    } <= ACTS


def test_every_acting_name_is_a_module_and_named_once() -> None:
    assert set(ACTING) <= set(MODULES)
    assert [name for name in ACTING if is_in(name, ACTING - {name})] == []


def test_the_contract_of_decisions_is_about_every_deciding_module_and_no_other() -> None:
    named, faces = set(contract(DECISIONS)["source_modules"]), set(contract(FACES)["source_modules"])
    assert {name for name in MODULES if is_in(name, named)} | faces == set(DECIDING)
    assert not {name for name in MODULES if is_in(name, named)} & faces


def test_both_contracts_forbid_what_acts_and_no_other() -> None:
    forbidden, for_faces = (set(contract(name)["forbidden_modules"]) for name in (DECISIONS, FACES))
    packages = {name for name in ACTING if MODULES[name].name == "__init__.py"}
    assert forbidden == ACTS | ACTING
    assert for_faces == forbidden | {f"{name}.**" for name in packages}


@pytest.mark.process
def test_no_deciding_module_brings_anything_that_acts() -> None:
    # One interpreter for all: what none of them leaves behind together, none leaves behind alone.
    if loaded_by(*DECIDING):
        guilty = {name: found for name in DECIDING if (found := loaded_by(name))}
        pytest.fail(f"these modules decide and yet load what acts: {guilty}")


@pytest.mark.process
def test_what_acts_would_be_seen() -> None:
    assert "sqlite3" in loaded_by("worker.store.sqlite.store")
    assert "sqlalchemy" in loaded_by("worker.store.sqlite.statements")


def test_an_import_a_print_and_a_clock_are_seen_also_inside_a_function() -> None:
    planted = ast.parse("def f():\n    import os\n    print(1)\n    return dt.datetime.now(JST)\n")
    assert named_in(ast.walk(planted)) == Named(((2, "os"),), ((3, "print()"),), ((4, "dt.datetime.now"),))


@every_case("name", sorted(DECIDING))
def test_a_deciding_module_imports_nothing_that_acts_not_even_later(name: str) -> None:
    wrong = [
        f"line {line}: {imported}"
        for line, imported in named_by(name).imports
        if imported.partition(".")[0] in ACTS or (imported.startswith("worker.") and not is_deciding(imported))
    ]
    assert wrong == []


@every_case("name", sorted(DECIDING))
def test_a_deciding_module_writes_no_log_and_opens_no_file(name: str) -> None:
    named = named_by(name)
    logs = [(line, got) for line, got in named.imports if got.partition(".")[0] in WRITES_A_LOG]
    assert (logs, named.prints) == ([], ())


@every_case("name", sorted(DECIDING))
def test_a_deciding_module_reaches_for_nothing_outside_and_reads_no_clock(name: str) -> None:
    named = named_by(name)
    imported = [(line, got) for line, got in named.imports if got.partition(".")[0] in REACHES_OUT]
    assert (imported, named.clocks) == ([], ())
