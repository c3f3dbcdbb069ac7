"""Reads the store's directory alone: a fault elsewhere in the configuration does not hide the store.

It returns the directory that a valid ``worker.toml`` names, or none; no place is guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worker.config.files import find_directory, resolve_store
from worker.config.store_toml import dir_in
from worker.core.errors import ConfigError

_FILE: Final = "worker.toml"


def find_store(option: str | None, env: Mapping[str, str], cwd: Path) -> Path:
    """The store's directory: ``[store] dir``, else $STATE_DIRECTORY. Raises ConfigError if neither names one."""
    try:
        directory = find_directory(option, env, cwd)
    except ConfigError:
        if not env.get("STATE_DIRECTORY"):
            raise
        directory = cwd  # of no effect: $STATE_DIRECTORY is absolute
    return resolve_store(_read_store_dir(directory / _FILE), directory, env)


def _read_store_dir(file: Path) -> str:
    try:
        return dir_in(file.read_text("utf-8-sig"), "store")
    except (OSError, UnicodeDecodeError):
        return ""
