"""稼働状況: what the service last saw, what can be examined from here, and the remedy of each fault."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from worker.approve import decisions
from worker.console.visit import Visit
from worker.core.errors import LogBroken
from worker.core.messages import explain_trouble, name_thing
from worker.core.model import HealthRecord
from worker.service.absence import find_absence
from worker.service.watchdog import unwatched
from worker.service.wiring import find_witness, read_lock_holder, try_witness
from worker.store.backups import (
    BACKED_UP,
    BACKUP_PLACE,
    BACKUP_TROUBLE,
    CHECK_TROUBLE,
    read_backup_place,
    read_set_mark,
    read_trouble,
)
from worker.store.signs import find_signs, rehearsing_to
from worker.views.backup_age import say_old_backup
from worker.views.backups import say_backup_trouble
from worker.views.problems import problem_json

CHECK_SECONDS: Final = 5.0
"""The longest look for damage while a person waits: 100,000 submissions take 2 s."""


@dataclass(frozen=True, slots=True)
class HealthFinding:
    """One thing of the page: its state, and the remedy if it is not well."""

    name: str
    found: str
    remedy: str = ""
    is_well: bool = True
    last: str = ""


def show_health(visit: Visit) -> Response:
    """The page; with ``?check=1`` it examines now what this account can reach."""
    return _health(visit)


def resume(visit: Visit) -> Response:
    """Lets the service send again from the database in place."""
    if find_signs(visit.store):
        decisions.resume(visit.store, visit.author)
    return visit.go("/health", "resumed")


def _health(visit: Visit) -> Response:
    signs = find_signs(visit.store)
    is_checked = bool(visit.query.get("check"))
    findings = [_service(visit), *(_look(visit, each) for each in visit.store.health_records())]
    findings += [
        HealthFinding(visit.say("health_store"), visit.say(f"sign_{each}"), visit.say(each), is_well=False)
        for each in signs
    ]
    findings += [*_backups(visit), *_configuration(visit), *_metrics(visit)]
    if is_checked:
        findings += _examined(visit)
    rehearsing = rehearsing_to(visit.store, visit.office.brief.release.rehearsal_to)
    return visit.page("health.html", findings=findings, signs=signs, is_checked=is_checked, rehearsing=rehearsing)


def _service(visit: Visit) -> HealthFinding:
    name = visit.say("health_service")
    if find_absence(read_lock_holder(visit.office.places.store), visit.store.health_records()) is None:
        return HealthFinding(name, visit.say("health_running"))
    return HealthFinding(name, visit.say("banner_not_running"), visit.say("health_start_it"), is_well=False)


def _look(visit: Visit, look: HealthRecord) -> HealthFinding:
    name = name_thing(look.name, visit.lang)
    last = _moment(look.last_ok, visit)
    since = next((at for _, at in unwatched([look], visit.now, visit.office.brief.deaf_after)), None)
    if not look.error and since is None:
        return HealthFinding(name, visit.say("health_well"), last=last)
    detail, step = explain_trouble(look.name, look.error, visit.lang) if look.error else ("―", "")
    kind, _, own = look.name.partition(":")
    code = {"mail": "remedy_imap", "smtp": "remedy_smtp", "webhook": "remedy_webhook"}.get(kind, "remedy_folder")
    found = visit.say("health_since", since=_moment(look.failing_since or look.last_ok, visit), detail=detail)
    return HealthFinding(name, found, step or visit.say(code, name=own), is_well=False, last=last)


def _backups(visit: Visit) -> list[HealthFinding]:
    name = visit.say("backup_task")
    troubles = [read_trouble(visit.store.property(each)) for each in (BACKUP_TROUBLE, CHECK_TROUBLE)]
    found = [
        HealthFinding(name, say_backup_trouble(each, visit.lang), visit.say("health_backup"), is_well=False)
        for each in troubles
        if each is not None
    ]
    made = read_set_mark(visit.store.property(BACKED_UP))
    last = visit.short_moment(made.at) if made is not None else ""
    if old := say_old_backup(visit.store, visit.now, visit.lang):
        found.append(HealthFinding(name, old, visit.say("health_backup"), is_well=False, last=last))
    elif made is None:
        found.append(HealthFinding(name, visit.say("health_no_backup")))
    found += _place_of_backups(visit, name, last)
    return found or [HealthFinding(name, visit.say("health_well"), last=last)]


def _place_of_backups(visit: Visit, name: str, last: str) -> Iterator[HealthFinding]:
    place = read_backup_place(visit.store.property(BACKUP_PLACE))
    if place is not None and place.loose:
        remedy = visit.say("remedy_loose_backup", target=place.target)
        yield HealthFinding(name, visit.say("backup_loose", target=place.target), remedy, is_well=False, last=last)
    if place is not None and place.same_disk:
        yield HealthFinding(name, visit.say("backup_same_disk", target=place.target), last=last)


def _configuration(visit: Visit) -> list[HealthFinding]:
    name = visit.say("health_configuration")
    faults = [problem_json(each, visit.lang) for each in visit.office.faults]
    found = [
        HealthFinding(
            name, " ".join(filter(None, (each["file"], each["key"], each["message"]))), each["hint"], is_well=False
        )
        for each in faults
    ]
    return found or [HealthFinding(name, visit.say("health_well"))]


def _metrics(visit: Visit) -> list[HealthFinding]:
    if (fault := visit.desk.metrics_fault) is None:
        return []
    said = problem_json(fault, visit.lang)
    return [HealthFinding(visit.say("health_metrics"), said["message"], said["hint"], is_well=False)]


def _examined(visit: Visit) -> list[HealthFinding]:
    """The examination of this moment: the pages of the database, and the place of the witness."""
    store, name = visit.store, visit.say("health_store")
    try:
        damage = store.find_damage(CHECK_SECONDS)
    except LogBroken as broken:
        damage = broken.detail or broken.code
    found = [
        HealthFinding(name, damage, visit.say("remedy_store"), is_well=False)
        if damage
        else HealthFinding(name, visit.say("health_well"), last=visit.short_moment(visit.now))
    ]
    folder = find_witness(visit.office, store)
    if why := try_witness(folder):
        said = visit.say("doctor_witness_unusable", folder=folder, why=why)
        found.append(
            HealthFinding(
                name_thing("witness", visit.lang), said, visit.say("remedy_witness", usual=folder), is_well=False
            )
        )
    return found


def _moment(moment: dt.datetime | None, visit: Visit) -> str:
    return visit.short_moment(moment) if moment is not None else ""
