"""The installation as programs read it: the fixed fields of ``check``, ``doctor``, ``status``, ``backup``, ``restore``.

A field never changes its name or its meaning.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from worker.core.errors import Problem
from worker.core.messages import Language, say
from worker.core.model import HealthRecord, Submission
from worker.core.signs import Sign
from worker.core.states import State
from worker.views.problems import problem_json
from worker.views.submission_json import ledger_json, submission_json, time_json
from worker.views.tasks import Urgency
from worker.views.unread_files import UnreadIn, unread_json

if TYPE_CHECKING:
    from worker.audit.verify import LogVerdict
    from worker.config.load import Configuration
    from worker.store.backups import Manifest
    from worker.store.ports import Witness
    from worker.views.limits import Crossed


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that ``doctor`` reached, or the failure and its remedy."""

    name: str
    error: str = ""
    remedy: str = ""
    is_to_come: bool = False
    note: str = ""
    """A fact worth knowing about a thing that is well."""


@dataclass(frozen=True, slots=True)
class Status:
    """The facts that ``status`` shows."""

    rehearsal_to: str | None
    ended: tuple[str, dt.datetime | None, str] | None
    """The reason, the time and the detail of the service's end; ``None`` while it runs."""
    faults: Sequence[Problem]
    """The problems of the configuration on disk; the one in force is shown then."""
    recorded_at: dt.datetime | None
    damage: str
    """The first damage that SQLite finds in the database; empty if it finds none."""
    signs: Sequence[Sign]
    """The signs of an old copy or a second installation: nothing is sent until a person resumes."""
    looks: Sequence[HealthRecord]
    deaf: Mapping[str, dt.datetime]
    """The time since which each watched place could not be reached."""
    aside: Mapping[str, Mapping[str, int]]
    """The messages set aside in each mailbox, counted by their end."""
    counts: Mapping[State, int]
    waiting: Sequence[Submission]
    sends_at: dt.datetime | None
    urgencies: Counter[Urgency]
    unread: Mapping[str, UnreadIn]
    """Files that are not read, by place."""
    backup: BackupStatus


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """The last backup, and what is wrong."""

    last: dt.datetime | None
    problem: str | None
    """A code of ``store.backups.TROUBLES``, or ``old``, ``ahead`` or ``never`` (``BackupLack``)."""


@dataclass(frozen=True, slots=True)
class UnknownMail:
    """A mail that the store did not write, or that it has no record of; or one about such a mail."""

    at: dt.datetime
    """The time at which it was scanned."""
    date: str
    """As the mail itself states it."""
    sender: str
    subject: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The data that a person who resumes must know."""

    signs: tuple[Sign, ...]
    own_entries: int
    witness: Witness | None
    mails: tuple[UnknownMail, ...]


def doctor_json(
    results: Iterable[Examined], unread: Mapping[str, UnreadIn], rehearsal_to: str | None, placeholders: Sequence[str]
) -> dict[str, Any]:
    """Returns the fixed fields of ``doctor``; ``unread`` are the files that are not read, by place."""
    return {
        "rehearsal_to": rehearsal_to,
        "placeholders": list(placeholders),
        "results": [
            {
                "name": each.name,
                "ok": not each.error,
                "error": each.error or None,
                "remedy": each.remedy or None,
                "note": each.note or None,
            }
            for each in results
        ],
        "unread_files": unread_json(unread),
    }


def check_json(
    configuration: Configuration, examples: Mapping[str, int], unread: Mapping[str, UnreadIn], lang: Language
) -> dict[str, Any]:
    """Returns the fixed fields of ``check``.

    ``examples`` are the examples tried, by their origin, ``unread`` the files that are not read, by place.
    """
    return {
        "ok": True,
        "issuers": len(configuration.issuers),
        "projects": len(configuration.projects),
        "mailboxes": len(configuration.settings.mailboxes),
        "rehearsal_to": configuration.settings.release.rehearsal_to,
        "examples": dict(examples),
        "remarks": [problem_json(each, lang) for each in configuration.remarks],
        "unread_files": unread_json(unread),
    }


def status_json(status: Status, lang: Language) -> dict[str, Any]:
    """Returns the fixed fields of ``status``."""
    why, since, detail = status.ended or (None, None, "")
    return {
        "rehearsal_to": status.rehearsal_to,
        "service": {"running": why is None, "since": time_json(since), "why": why, "detail": detail or None},
        "configuration_faults": [problem_json(each, lang) for each in status.faults],
        "configuration_recorded_at": time_json(status.recorded_at),
        "damage": status.damage or None,
        **{str(each): each in status.signs for each in (Sign.BEHIND_HEAD, Sign.OTHER_SECRET, Sign.RESTORED)},
        "signs": list(status.signs),
        "looks": [
            {
                "name": each.name,
                "last_ok": time_json(each.last_ok),
                "error": each.error or None,
                "deaf_since": time_json(status.deaf.get(each.name)),
                **ledger_json(each),
            }
            for each in status.looks
        ],
        "set_aside": {mailbox: dict(counted) for mailbox, counted in status.aside.items()},
        "states": {state.value: count for state, count in status.counts.items() if count},
        "waiting": [submission_json(each, lang) for each in status.waiting],
        "sends_at": time_json(status.sends_at),
        "backup": {"last": time_json(status.backup.last), "problem": status.backup.problem},
        "tasks": {urgency.name.lower(): count for urgency, count in status.urgencies.items()},
        "unread_files": unread_json(status.unread),
    }


def rehearsal_json(to: str | None) -> dict[str, Any]:
    """Fields of ``rehearsal``; None: mail goes to the issuers."""
    return {"rehearsal_to": to}


def backup_json(
    file: str, verdict: LogVerdict, manifest: Manifest, removed: Sequence[str], *, same_disk: bool, loose: bool
) -> dict[str, Any]:
    """Returns the fixed fields of a backup that was made; ``size`` in bytes, ``removed`` by the rotation.

    ``same_disk`` is that it is on the store's file system, ``loose`` that other accounts may write into its directory.
    """
    return {
        "file": file,
        "size": manifest.database.size,
        "sha256": manifest.database.sha256,
        **_verified_json(verdict),
        "configuration": manifest.configuration.name if manifest.configuration else None,
        "left_out": list(manifest.left_out),
        "removed": list(removed),
        "same_disk": same_disk,
        "loose": loose,
    }


def backup_check_json(file: str, verdict: LogVerdict, *, is_compared: bool) -> dict[str, Any]:
    """Returns the fixed fields of a backup that was verified; ``is_compared``: with its manifest as well."""
    return {"file": file, "compared": is_compared, **_verified_json(verdict)}


def limits_json(crossed: Sequence[Crossed], lang: Language) -> dict[str, Any]:
    """Returns the fixed fields of ``doctor --exit-code``: the limits that are crossed."""
    return {
        "limits": [
            {
                "name": each.limit.name,
                "severity": each.limit.severity.value,
                "figure": each.limit.figure,
                "labels": dict(each.sample.labels),
                "value": each.sample.value,
                "text": say(f"limit_{each.limit.name}", lang),
            }
            for each in crossed
        ]
    }


def restore_json(file: str, replaced: Sequence[str], verdict: LogVerdict) -> dict[str, Any]:
    """Returns the fixed fields of a restored backup; ``replaced`` names the former store's files."""
    return {"file": file, **_verified_json(verdict), "replaced": list(replaced)}


def migrate_json(copy: str, *, is_migrated: bool) -> dict[str, Any]:
    """Returns the fixed fields of ``migrate``; ``copy`` is the path of the store's copy, empty if none was made."""
    return {"migrated": is_migrated, "copy": copy or None}


def tenant_json(name: str, status: Mapping[str, Any], error: str) -> dict[str, Any]:
    """Returns the fixed fields of one contractor; ``status`` is that of ``status_json``, empty with an ``error``."""
    return {"tenant": name, "status": dict(status) or None, "error": error or None}


def _verified_json(verdict: LogVerdict) -> dict[str, Any]:
    return {"entries": verdict.count, "last": time_json(verdict.last), "head": verdict.head}


def resume_json(
    to_send: Sequence[Submission],
    unknown: Unknown,
    lang: Language = "ja",
    *,
    is_resumed: bool,
    last: dt.datetime | None,
    sent: dt.datetime | None,
) -> dict[str, Any]:
    """Returns the fixed fields of ``resume``; ``last`` and ``sent`` are the newest entry and the newest mail sent."""
    return {
        "resumed": is_resumed,
        "last_entry_at": time_json(last),
        "last_sent_at": time_json(sent),
        "to_send": [submission_json(each, lang) for each in to_send],
        **_unknown_json(unknown),
    }


def _unknown_json(unknown: Unknown) -> dict[str, Any]:
    witness = unknown.witness
    return {
        "signs": list(unknown.signs),
        "own_entries": unknown.own_entries,
        "witness_entries": witness.number if witness else None,
        "witness_store": witness.store if witness else None,
        "unknown_mails": [
            {
                "at": time_json(each.at),
                "date": each.date,
                "sender": each.sender,
                "subject": each.subject,
                "message_id": each.message_id,
            }
            for each in unknown.mails
        ],
    }
