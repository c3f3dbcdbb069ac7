"""The command that systemd runs after the service failed: it notifies people by ``[operator] command``."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from worker.cli import DONE, FOR_A_PERSON, Cli, cli, pass_cli
from worker.cli.absence import absence_text
from worker.core.alarms import AGAIN
from worker.core.messages import say
from worker.service.absence import CONFIGURATION, Absence, find_absence
from worker.service.wiring import (
    build_program_command,
    find_operator_command,
    find_store_of,
    read_lock_holder,
    record_end_of,
    system_clock,
)

SECONDS: Final = 25.0
"""Seconds that the command may take: a stop is given 30 s (TimeoutStopSec), and this belongs to the stop."""
TOLD: Final = "told"
"""File in $RUNTIME_DIRECTORY: on no disk that may be full or broken, and gone with the next start of the computer."""
SHORT: Final = dt.timedelta(minutes=5)
"""A run that ends sooner failed as it started: such ones follow each other every 30 s (RestartSec)."""


@cli.command("service-failed")
@click.option("--backup", is_flag=True, help="バックアップの異常終了を知らせる / tell of a backup that failed")
@pass_cli
def service_failed(shared: Cli, backup: bool) -> int:
    """停止の連絡：保証便が止まったときに systemd が実行し、[operator] command で担当者に知らせます。"""
    if backup:
        return _tell(shared, say("backup_unit_failed", shared.lang))
    result, code = (_said_by_systemd(os.environ, name) for name in ("SERVICE_RESULT", "EXIT_STATUS"))
    if result == "success":
        return DONE
    folder, clock = find_store_of(shared.config), system_clock()
    record_end_of(folder, clock.now(), result or "exit-code", code)
    holder = read_lock_holder(folder)
    absence = find_absence(holder, ())
    if absence is None:
        return DONE  # it was started again meanwhile
    lived = absence.since - holder.since if holder and holder.since and absence.since else dt.timedelta(0)
    memory = Path(os.environ["RUNTIME_DIRECTORY"]) / TOLD if os.environ.get("RUNTIME_DIRECTORY") else None
    if memory and is_reported(_read(memory), absence, lived, clock.now()):
        return DONE
    told = _tell(shared, say("service_failed", shared.lang, text=absence_text(absence, shared.lang)))
    if memory and told == DONE:
        with contextlib.suppress(OSError):
            memory.write_text(json.dumps(_row(absence, clock.now())))
    return told


def _tell(shared: Cli, text: str) -> int:
    command = find_operator_command(shared.config)
    click.echo(text, err=True)
    if not command:
        click.echo(say("service_failed_no_command", shared.lang), err=True)
        return FOR_A_PERSON
    failed = asyncio.run(build_program_command(command, SECONDS).call(text))
    return FOR_A_PERSON if failed else DONE  # the reason is in the journal


def _said_by_systemd(env: Mapping[str, str], name: str) -> str:
    """From ExecStopPost= or from OnFailure=, which give it under two names."""
    return env.get(name) or env.get(f"MONITOR_{name}", "")


def is_reported(told: Mapping[str, str], absence: Absence, lived: dt.timedelta, now: dt.datetime) -> bool:
    """Returns True if people know of this end, or of one like it in a row of failing starts, an hour long.

    A wrong configuration is reported each time: nothing starts the service again before a person does.
    """
    row = _row(absence, now)
    if absence.since is not None and told.get("ended") == row["ended"]:
        return True
    if absence.why == CONFIGURATION or lived >= SHORT or told.get("why") != absence.why:
        return False
    try:
        told_at = dt.datetime.fromisoformat(told.get("at", ""))
        return told_at <= now < told_at + AGAIN
    except (ValueError, TypeError):
        return False


def _row(absence: Absence, now: dt.datetime) -> dict[str, str]:
    return {"why": absence.why, "ended": absence.since.isoformat() if absence.since else "", "at": now.isoformat()}


def _read(memory: Path) -> dict[str, str]:
    try:
        content = json.loads(memory.read_text())
    except (OSError, ValueError):
        return {}
    return {name: str(value) for name, value in content.items()} if isinstance(content, dict) else {}
