"""The package's own source, for the tests that read it: parsed once in a process, and not once in each test."""

from __future__ import annotations

import ast
import functools
import gc
from collections.abc import Mapping
from pathlib import Path

import worker

PACKAGE = Path(worker.__file__).parent


@functools.cache
def nodes() -> Mapping[Path, tuple[ast.AST, ...]]:
    """Returns the nodes of each file in the order of ``ast.walk``, the module itself first; the files are sorted.

    Half a million objects that live until the end: collections of garbage among them would take as long as the parsing.
    """
    gc.collect()
    gc.disable()
    try:
        return {path: tuple(ast.walk(ast.parse(path.read_bytes()))) for path in sorted(PACKAGE.rglob("*.py"))}
    finally:
        gc.freeze()
        gc.enable()


@functools.cache
def calls() -> Mapping[Path, tuple[ast.Call, ...]]:
    """Returns the calls in each file."""
    return {path: tuple(node for node in found if isinstance(node, ast.Call)) for path, found in nodes().items()}


def module_at(path: Path) -> ast.Module:
    """Returns the parsed file."""
    first = nodes()[path][0]
    assert isinstance(first, ast.Module)
    return first
