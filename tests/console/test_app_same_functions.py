"""Every form ends in functions that a command calls too: the console decides nothing of its own."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import worker
from worker.console.app import ACTIONS, FormRoute

ROOT: Final = Path(worker.__file__).parent
OF_A_BROWSER: Final = frozenset(
    {
        "worker.accounts.login.change_password",
        "worker.accounts.login.log_in",
        "worker.accounts.people.change_language",
        "worker.accounts.second_factor.register_code",
        "worker.accounts.sessions.log_out",
        "worker.accounts.sessions.log_out_everywhere",
        "worker.accounts.sso.open_by_code",
        "worker.accounts.sso.record_refusal",
    }
)
"""Functions of sessions, passwords and the language of pages, which the command line does not have."""
SHOWS_ALONE: Final = frozenset({"/projects/import"})
"""Forms that change nothing: the rows of a file that was read are shown."""


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(tree: ast.Module) -> Mapping[str, str]:
    """The names that a module takes from the package, each with its full name."""
    return {
        name.asname or name.name: f"{node.module}.{name.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("worker")
        for name in node.names
    }


def named_in(module: str, known: Mapping[str, str], inner: ast.AST) -> Iterator[str]:
    """The full names of what the code ``inner`` of a module refers to, which takes the names ``known`` from others."""
    for node in ast.walk(inner):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in known:
                yield f"{known[name]}.{attribute}"
            case ast.Name(id=name):
                yield known.get(name, f"{module}.{name}")


@dataclass(frozen=True)
class Package:
    """The names that its functions and its commands refer to; it is parsed once, and no tree is kept."""

    functions: Mapping[str, tuple[frozenset[str], bool]]
    """Each function: the names that it refers to, and whether it opens a transaction itself."""
    of_commands: frozenset[str]
    """The functions that the command line refers to."""


@cache
def package() -> Package:
    functions: dict[str, tuple[frozenset[str], bool]] = {}
    of_commands: set[str] = set()
    for path in sorted(ROOT.rglob("*.py")):
        module, tree = module_of(path), ast.parse(path.read_text())
        known = imported(tree)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                writes = any(isinstance(each, ast.Attribute) and each.attr == "writing" for each in ast.walk(node))
                functions[f"{module}.{node.name}"] = frozenset(named_in(module, known, node)), writes
        if module.startswith("worker.cli"):
            of_commands.update(named_in(module, known, tree))
    return Package(functions, frozenset(of_commands))


def reached_from(start: str, within: str) -> frozenset[str]:
    """The functions that ``start`` calls, through functions of the package ``within`` alone."""
    functions = package().functions
    reached: set[str] = set()
    open_ones = [start]
    while open_ones:
        for name in functions[open_ones.pop()][0] & functions.keys():
            if name not in reached:
                reached.add(name)
                if name.startswith(f"{within}."):
                    open_ones.append(name)
    return frozenset(reached)


@cache
def writes(name: str) -> bool:
    """Returns whether a function changes the store, itself or by a function of the package that it calls."""
    functions = package().functions
    return functions[name][1] or any(functions[each][1] for each in reached_from(name, "worker"))


def written_by(handler: object) -> frozenset[str]:
    """The functions outside the console that a form's handler calls and that change the store."""
    start = f"{inspect.getmodule(handler).__name__}.{handler.__name__}"  # type: ignore[union-attr,attr-defined]
    found = reached_from(start, "worker.console")
    return frozenset(each for each in found if not each.startswith("worker.console.") and writes(each))


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.path)
def test_a_form_ends_in_functions_that_a_command_calls_too(action: FormRoute) -> None:
    written = written_by(action.act)
    assert bool(written) != (action.path in SHOWS_ALONE)
    assert written - package().of_commands - OF_A_BROWSER == frozenset()


def test_the_exceptions_are_called_by_forms_and_by_no_command() -> None:
    written = frozenset().union(*(written_by(action.act) for action in ACTIONS))
    assert written >= OF_A_BROWSER
    assert OF_A_BROWSER & package().of_commands == frozenset()
