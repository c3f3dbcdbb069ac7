"""Files that come with the program: of the wheel (``worker/shipped``), else of the checkout's top level."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parents[1]
_CHECKOUT: Final = _PACKAGE.parent


def _shipped(*parts: str) -> Path:
    # The wheel's copy goes first: the folder of an installed package also holds other packages.
    in_wheel = _PACKAGE.joinpath("shipped")
    return (in_wheel if in_wheel.is_dir() else _CHECKOUT).joinpath(*parts)


def shipped_file(*parts: str) -> bytes:
    """The bytes of one shipped file, e.g. ``shipped_file("config", "worker.toml")``.

    A missing one is a broken installation: the FileNotFoundError is left to the command line's last boundary.
    """
    return _shipped(*parts).read_bytes()


def shipped_names(folder: str) -> tuple[str, ...]:
    """The files in a shipped folder (``config/issuers``), sorted; empty if the folder is missing."""
    there = _shipped(*folder.split("/"))
    if not there.is_dir():
        return ()
    return tuple(sorted(entry.name for entry in there.iterdir() if entry.is_file()))
