"""The configuration to start from: the shipped example, written once and over nothing."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Final

from worker.config.editing.atomic_write import write_new_file
from worker.config.shipped import shipped_file
from worker.config.system_places import OWN_NAMES, SYSTEM_CONFIGURATION, usual_store
from worker.core.errors import ConfigError, Problem

_STORE_LINE: Final = 'dir = "var" '
_REGISTER_LINES: Final = ("# [register]  ", '# dir = "var/register"  ')
REGISTER_FOLDER: Final = "register"
"""The folder of projects and issuers in the store's directory."""


def write_starter(directory: Path) -> tuple[Path, ...]:
    """Write the shipped commented configuration into ``directory`` (made if missing) and return its files.

    Projects and issuers lie in ``register`` below the store's directory, so that the console may change them and
    nothing else. Both directories are written as absolute paths, so that they are found from every working directory.
    Only configuration is made: the store and the inbox folders come with the first run. Raises ConfigError, having
    written nothing, if one of the files exists already, if contractors have theirs below the unit's configuration, or
    if an account of the program has the contractor's name.
    """
    directory = Path(os.path.abspath(directory))  # noqa: PTH100  Path.absolute keeps the ".."
    _refuse_place(directory)
    store = usual_store(directory) or directory.parent / "var"
    files = _starter_files(store)
    contents = {
        (store / REGISTER_FOLDER if _is_of_register(name) else directory) / name: content
        for name, content in files.items()
    }
    wanted = dict.fromkeys((*contents, *(directory / name for name in files)))
    existing = [path for path in wanted if os.path.lexists(path)]
    if existing:
        raise ConfigError([Problem(str(path), "", "file_exists") for path in existing])
    for path, content in contents.items():
        write_new_file(path, content)
    return tuple(contents)


def _refuse_place(directory: Path) -> None:
    if directory == SYSTEM_CONFIGURATION and (found := sorted(directory.glob("*/worker.toml"))):
        names = ", ".join(each.parent.name for each in found)
        raise ConfigError([Problem(str(directory), "", "serves_tenants", {"names": names})])
    if directory.parent == SYSTEM_CONFIGURATION and directory.name in OWN_NAMES:
        raise ConfigError([Problem(str(directory), "", "own_name", {"name": directory.name})])


def _is_of_register(name: str) -> bool:
    return name == "projects.toml" or name.startswith("issuers/")


def _starter_files(store: Path) -> dict[str, bytes]:
    worker = shipped_file("config", "worker.toml").decode()
    if worker.count(_STORE_LINE) != 1:
        raise AssertionError("the shipped worker.toml has no line for the store's directory")
    if any(worker.count(line) != 1 for line in _REGISTER_LINES):
        raise AssertionError("the shipped worker.toml has no lines for the register's directory")
    quoted = json.dumps(str(store), ensure_ascii=False)  # a JSON string is a TOML basic string
    register = json.dumps(str(store / REGISTER_FOLDER), ensure_ascii=False)
    worker = worker.replace(_REGISTER_LINES[0], "[register]  ").replace(_REGISTER_LINES[1], f"dir = {register}  ")
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
