"""The configuration to start from: the shipped example, written once and over nothing."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Final

from worker.config.editing.atomic_write import write_new_file
from worker.config.shipped import shipped_file
from worker.core.errors import ConfigError, Problem

SYSTEM_STORE: Final = Path("/var/lib/hoshobin")
"""The store of a configuration below ``/etc``: systemd's StateDirectory of the shipped unit."""

_STORE_LINE: Final = 'dir = "var" '


def write_starter(directory: Path) -> tuple[Path, ...]:
    """Write the shipped commented configuration into ``directory`` (made if missing) and return its files.

    The store's directory is written as an absolute path, so that the same store is found from every working
    directory. Only configuration is made: the store and the inbox folders come with the first run. Raises
    ConfigError, having written nothing, if one of the files exists already.
    """
    directory = Path(os.path.abspath(directory))  # noqa: PTH100  Path.absolute keeps the ".."
    contents = {directory / name: content for name, content in _starter_files(_store_of(directory)).items()}
    existing = [path for path in contents if os.path.lexists(path)]
    if existing:
        raise ConfigError([Problem(str(path), "", "file_exists") for path in existing])
    for path, content in contents.items():
        write_new_file(path, content)
    return tuple(contents)


def _store_of(directory: Path) -> Path:
    return SYSTEM_STORE if Path("/etc") in directory.parents else directory.parent / "var"


def _starter_files(store: Path) -> dict[str, bytes]:
    worker = shipped_file("config", "worker.toml").decode()
    if worker.count(_STORE_LINE) != 1:
        raise AssertionError("the shipped worker.toml has no line for the store's directory")
    quoted = json.dumps(str(store), ensure_ascii=False)  # a JSON string is a TOML basic string
    files = {
        "worker.toml": worker.replace(_STORE_LINE, f"dir = {quoted} ").encode(),
        "projects.toml": shipped_file("config", "projects.toml"),
        "guarantors.toml": shipped_file("config", "guarantors.toml"),
    }
    for name in _issuers_named(files["projects.toml"]):
        files[f"issuers/{name}.toml"] = shipped_file("config", "issuers", f"{name}.toml")
    return files


def _issuers_named(projects: bytes) -> tuple[str, ...]:
    """Those that the sample register needs; the others stay in the catalogue until a person adds them."""
    return tuple(sorted({project["issuer"] for project in tomllib.loads(projects.decode())["project"]}))
