"""The picture of the packages and their layers, drawn from the import graph; ``write_docs.py`` puts it into docs/."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Set as AbstractSet
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent


def layers() -> list[list[str]]:
    """The packages of each layer that there are, top to bottom, as the contract in pyproject.toml names them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (found,) = (each["layers"] for each in contracts if each["type"] == "layers")
    named = [[name.strip(" ()") for name in layer.split("|")] for layer in found]
    return [there for layer in named if (there := [name for name in layer if (ROOT / "worker" / name).is_dir()])]


@functools.cache
def imports() -> frozenset[tuple[str, str]]:
    """The pairs (importer, imported) of packages, also for types alone."""
    graph = grimp.build_graph("worker", cache_dir=None)
    packages = {name for layer in layers() for name in layer}
    return frozenset(
        (upper, lower)
        for upper in packages
        for module in (f"worker.{upper}", *graph.find_descendants(f"worker.{upper}"))
        for imported in graph.find_modules_directly_imported_by(module)
        if (lower := imported.partition(".")[2].partition(".")[0]) in packages - {upper}
    )


def without_shortcuts(edges: AbstractSet[tuple[str, str]]) -> list[tuple[str, str]]:
    """Without those that other arrows already lead to: 100 arrows show nothing."""

    @functools.cache
    def reached(start: str) -> frozenset[str]:
        below = frozenset(lower for upper, lower in edges if upper == start)
        return below.union(*(reached(each) for each in below))

    return sorted(
        (upper, lower)
        for upper, lower in edges
        if not any(lower in reached(between) for start, between in edges if start == upper and between != lower)
    )


def package_picture() -> str:
    """Mermaid: one box per layer; an arrow from the package that imports to the one that is imported."""
    lines = ["```mermaid", "flowchart TB"]
    for number, layer in enumerate(layers(), 1):
        lines += [f'    subgraph layer{number}[" "]', "        direction LR", *(f"        {each}" for each in layer)]
        lines.append("    end")
    lines += [f"    {upper} --> {lower}" for upper, lower in without_shortcuts(imports())]
    return "\n".join([*lines, "```"])


def package_imports() -> str:
    """One row per package, top to bottom: every package that it imports."""
    edges = imports()
    order = [name for layer in layers() for name in layer]
    lines = ["| package | imports |", "|---|---|"]
    lines += [f"| {upper} | {' '.join(lower for lower in order if (upper, lower) in edges)} |" for upper in order]
    return "\n".join(lines)
