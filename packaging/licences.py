# ruff: noqa: INP001  run as a script inside a root that is being built
"""Prints what the package holds besides hoshobin: each distribution with its version and licence, as it states them."""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, distributions

NOT_KEPT = frozenset({"hatchling", "hoshobin", "pathspec", "pip", "pluggy", "setuptools", "trove-classifiers"})


def licence_of(found: Distribution) -> str:
    """The licence by its expression, else by its classifiers, else by the first line of the field for prose."""
    stated = found.metadata.get("License-Expression")
    classifiers = found.metadata.get_all("Classifier") or []
    named = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License ::")]
    prose = (found.metadata.get("License") or "").strip().partition("\n")[0]
    return stated or ", ".join(named) or prose or "see its licence files"


def main() -> None:
    """One line for each distribution, in alphabetical order."""
    rows = {found.name.lower(): found for found in distributions()}
    for name in sorted(rows.keys() - NOT_KEPT):
        sys.stdout.write(f" {rows[name].name} {rows[name].version}: {licence_of(rows[name])}\n")


if __name__ == "__main__":
    main()
