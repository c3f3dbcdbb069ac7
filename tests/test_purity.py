"""A file in worker/ that decides takes nothing of the world in: no connection, no database, no child, no log."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import worker

PACKAGE = Path(worker.__file__).parent
ENTRY_POINTS = {"cli", "service", "demo", "wiring", "__main__"}
WHERE_BOTH_MEET = {"pipeline", "recover"}
ACTING = {"adapters"}
NOT_DECIDING = ENTRY_POINTS | WHERE_BOTH_MEET | ACTING
# What acts, and what brings such things with it. Not `socket`: the standard library's `email` imports it on 3.11, 3.12.
ACTS = {"ssl", "http", "asyncio", "subprocess", "imaplib", "smtplib", "sqlite3", "sqlalchemy", "imapclient"} | {
    *("aiosmtplib", "pdfplumber", "pdfminer", "pypdfium2", "apscheduler", "structlog")
}
WRITES_A_LOG = {"logging", "structlog", "warnings"}
PRINTS = {"print", "open", "input"}


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


def is_deciding(name: str) -> bool:
    return name == "worker" or name.split(".")[1] not in NOT_DECIDING


DECIDING = {
    name: path
    for path in sorted(PACKAGE.rglob("*.py"))
    if (name := name_of(path)) and is_deciding(name) and "samples" not in path.parts
}


def loaded_by(*modules: str) -> set[str]:
    """The acting modules that a new interpreter has loaded after importing ``modules``."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(json.dumps(sorted({ACTS!r} & set(sys.modules))))"
    )
    ended = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(ended.stdout))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """Every import in ``path``, also one inside a function, which no interpreter shows before it is called."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def test_the_rule_is_about_the_modules_it_was_made_for() -> None:
    assert len(DECIDING) > 35
    assert {
        "worker.send.smtp_verdicts",
        "worker.approve.decisions",
        "worker.core.messages.reasons",
        "worker.config.load",
    } <= set(DECIDING)
    assert not {name for name in DECIDING if "adapters" in name or "pipeline" in name}


def test_no_deciding_module_brings_anything_that_acts() -> None:
    # One interpreter for all: what none of them leaves behind together, none leaves behind alone.
    if loaded_by(*DECIDING):
        guilty = {name: found for name in DECIDING if (found := loaded_by(name))}
        pytest.fail(f"these modules decide and yet load what acts: {guilty}")


def test_what_acts_would_be_seen() -> None:
    assert "sqlalchemy" in loaded_by("worker.store.sqlite")


@pytest.mark.parametrize("name", sorted(DECIDING))
def test_a_deciding_module_imports_nothing_that_acts_not_even_later(name: str) -> None:
    wrong = [
        f"line {line}: {imported}"
        for line, imported in imports_of(DECIDING[name])
        if imported.partition(".")[0] in ACTS or (imported.startswith("worker.") and not is_deciding(imported))
    ]
    assert wrong == []


@pytest.mark.parametrize("name", sorted(DECIDING))
def test_a_deciding_module_writes_no_log_and_opens_no_file(name: str) -> None:
    path = DECIDING[name]
    logs = [f"line {line}: {got}" for line, got in imports_of(path) if got.partition(".")[0] in WRITES_A_LOG]
    calls = [
        f"line {node.lineno}: {node.func.id}()"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in PRINTS
    ]
    assert logs + calls == []
