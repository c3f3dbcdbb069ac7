"""That the service does not run: said by every command that speaks of the future."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from worker.cli.tables import time_text
from worker.core.messages import Language, say, say_end
from worker.core.model import HealthRecord
from worker.core.text import escape_control_chars
from worker.service.absence import NEVER, ONCE, UNKNOWN, Absence, find_absence
from worker.service.wiring import read_lock_holder


def absence_of(folder: Path, looks: Iterable[HealthRecord]) -> Absence | None:
    """Returns the absence of a holder of the sender's lock of ``folder``; None while a process holds it."""
    return find_absence(read_lock_holder(folder), looks)


def absence_text(absence: Absence, lang: Language) -> str:
    """One sentence: since when and why it does not run, what that means, and what to do."""
    if absence.why in {NEVER, ONCE}:
        return say(f"absent_{absence.why}", lang, since=time_text(absence.since))
    if absence.why == UNKNOWN:
        since = time_text(absence.since) or say("absent_no_sign", lang)
        return say("absent_unknown", lang, since=since)
    why = say_end(absence.why, absence.detail, lang)
    return escape_control_chars(say("absent_ended", lang, since=time_text(absence.since), why=why))


def say_absence(absence: Absence | None, lang: Language, *, err: bool = False) -> None:
    """Prints the sentence if it does not run; on standard error if programs read the table."""
    if absence is not None:
        click.echo(absence_text(absence, lang), err=err)
