"""The command ``tenants``: the state of each contractor that this machine serves by a template unit."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from worker.cli import DONE, FOR_A_PERSON, NOT_REACHED, Cli, cli, json_option, pass_cli
from worker.cli.tables import print_json, print_table
from worker.config.system_places import SYSTEM_CONFIGURATION, SYSTEM_STORE
from worker.core.errors import ConfigError, Problem
from worker.core.messages import Language, say
from worker.service.wiring import find_store_of
from worker.views.service_json import tenant_json

SECONDS: Final = 60.0
"""Seconds for one contractor's status, which takes less than one; a disk that hangs must not hide the others."""


@dataclass(frozen=True, slots=True)
class TenantStatus:
    """The fields of ``status --json`` of one contractor, or the sentence that says why there are none."""

    name: str
    fields: dict[str, Any]
    error: str = ""

    @property
    def is_running(self) -> bool:
        """Returns whether the service runs."""
        return not self.error and bool(self.fields["service"]["running"])

    @property
    def urgent(self) -> int:
        """The number of tasks that cannot wait."""
        return int(self.fields.get("tasks", {}).get("now", 0))

    @property
    def in_doubt(self) -> int:
        """The number of submissions that may have arrived or not."""
        return int(self.fields.get("states", {}).get("IN_DOUBT", 0))

    @property
    def faults(self) -> tuple[str, ...]:
        """The places of the faults in the configuration on disk; the service goes on with the one before."""
        return tuple(map(_place, self.fields.get("configuration_faults", ())))

    @property
    def holds_back(self) -> bool:
        """Returns whether sending is stopped: the database was put back, is damaged, or is not the only one."""
        return bool(self.fields.get("signs") or self.fields.get("damage"))

    @property
    def backup_problem(self) -> str:
        """What is wrong with the backup: a code of ``status --json``; empty if nothing is."""
        return str((self.fields.get("backup") or {}).get("problem") or "")

    @property
    def last_look(self) -> str:
        """The oldest of the last successful looks at mailboxes and folders, ISO 8601; empty if one has none."""
        looks = [each["last_ok"] or "" for each in self.fields.get("looks", ())]
        return min(looks, default="")


@cli.group()
def tenants() -> None:
    """複数の会社：1台で動かす会社ごとの状況。"""


@tenants.command("status")
@json_option
@pass_cli
def show_status(shared: Cli, as_json: bool) -> int:
    """状況：設定のフォルダ（--config、既定は /etc/hoshobin）の下の会社を、1行ずつ示します。"""
    folder = Path(shared.config) if shared.config else SYSTEM_CONFIGURATION
    found = sorted(each.parent for each in folder.glob("*/worker.toml"))
    lost = _find_lost(folder, {each.name for each in found}, shared.lang)
    if not found and not lost:
        raise ConfigError([Problem(str(folder), "", "no_tenants", {"path": str(folder)})])
    states = sorted([*_read_all(found, shared.lang), *lost], key=lambda each: each.name)
    if as_json:
        for each in states:
            print_json(tenant_json(each.name, each.fields, each.error))
    else:
        _show(states, shared.lang)
    return exit_code(states)


def _find_lost(folder: Path, known: Collection[str], lang: Language) -> list[TenantStatus]:
    """Those without a configuration that have a database, or passwords: a line that is missing would not be missed."""
    places = {each.parent.name: each for each in folder.glob("*/credentials") if each.is_dir()}
    if folder == SYSTEM_CONFIGURATION:
        places |= {each.parent.name: each for each in SYSTEM_STORE.glob("*/hoshobin.sqlite3")}
    return [
        TenantStatus(name, {}, say("tenant_lost", lang, file=folder / name / "worker.toml", found=place))
        for name, place in places.items()
        if name not in known
    ]


def exit_code(states: Sequence[TenantStatus]) -> int:
    """Returns the exit code: a service that does not run weighs more than work for a person."""
    if not all(each.is_running for each in states):
        return NOT_REACHED
    calls = any(
        each.urgent or each.in_doubt or each.faults or each.holds_back or each.backup_problem for each in states
    )
    return FOR_A_PERSON if calls else DONE


def _show(states: Sequence[TenantStatus], lang: Language) -> None:
    headings = [say(f"h_{name}", lang) for name in ("tenant", "service", "last_ok", "urgent", "tasks", "doubt", "note")]
    print_table(headings, [_row(each, lang) for each in states], styles=[_style(each) for each in states])


def _row(state: TenantStatus, lang: Language) -> tuple[str, ...]:
    if state.error:
        return (state.name, say("tenant_unknown", lang), "", "", "", "", state.error)
    runs = say("tenant_runs" if state.is_running else "tenant_stopped", lang)
    counts = (state.urgent, sum(state.fields["tasks"].values()), state.in_doubt)
    looked = state.last_look[:16].replace("T", " ")
    return (state.name, runs, looked, *(str(count) if count else "" for count in counts), describe(state, lang))


def describe(state: TenantStatus, lang: Language) -> str:
    """Returns the notes beside the counts: a rehearsal, sending that is stopped, a fault of the configuration."""
    notes = [say("tenant_rehearses", lang)] if state.fields["rehearsal_to"] else []
    if state.holds_back:
        notes.append(say("tenant_holds_back", lang, name=state.name))
    if state.backup_problem:
        notes.append(say("tenant_no_backup", lang, name=state.name))
    if state.faults:
        notes.append(say("tenant_faulty", lang, places=", ".join(state.faults), name=state.name))
    return " / ".join(notes)


def _style(state: TenantStatus) -> str:
    if not state.is_running or state.in_doubt or state.holds_back:
        return "red"
    return "yellow" if state.urgent or state.faults or state.backup_problem else ""


def _read_all(folders: Sequence[Path], lang: Language) -> Iterator[TenantStatus]:
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for done, state in enumerate(pool.map(lambda each: read_tenant(each, lang), folders), 1):
            if sys.stderr.isatty():
                click.echo(f"\r{done}/{len(folders)}", err=True, nl=done == len(folders))
            yield state


def read_tenant(folder: Path, lang: Language) -> TenantStatus:
    """Returns the state of the contractor with the configuration in ``folder``.

    Runs ``status`` in a process of its own: under root it takes the account that owns the store, so that no file of
    root's comes into the store, and a store that hangs or is damaged keeps the others from nothing.
    """
    command = [sys.executable, "-m", "worker", "--config", str(folder), "--lang", lang, "status", "--json"]
    try:
        ran = subprocess.run(  # noqa: S603  our own program, and a folder that the caller named
            command, capture_output=True, text=True, timeout=SECONDS, check=False, cwd="/", **_account_of(folder)
        )
        fields = dict(json.loads(ran.stdout))
    except (OSError, TypeError, ValueError, subprocess.TimeoutExpired) as error:
        return TenantStatus(folder.name, {}, say("tenant_unread", lang, detail=str(error)))
    if ran.returncode != DONE:
        problems = [f"{_place(each)}: {each['message']}" for each in fields.get("problems", ())]
        said = fields.get("error") or fields.get("message")  # a refusal, such as of a damaged database, has the second
        return TenantStatus(folder.name, {}, " / ".join(problems) or said or say("tenant_unread", lang, detail=""))
    return TenantStatus(folder.name, fields)


def _place(problem: Mapping[str, str]) -> str:
    return " ".join(filter(None, (problem["file"], problem["key"])))


def _account_of(folder: Path) -> dict[str, Any]:
    """The account for the process; empty: that of this one, which reports what is wrong with the configuration."""
    if os.geteuid() != 0:
        return {}
    with contextlib.suppress(ConfigError, OSError):
        status = find_store_of(str(folder)).stat()
        return {"user": status.st_uid, "group": status.st_gid, "extra_groups": ()}
    return {}
