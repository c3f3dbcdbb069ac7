"""The banners above every page of a person who is logged in: rehearsal, nothing watched, sending stopped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from worker.accounts.people import roles_given
from worker.audit.sent_log import PROGRAM
from worker.console.visit import Banner, Visit
from worker.core.accounts import Right
from worker.core.messages import name_role, name_thing
from worker.core.signs import Sign
from worker.service.absence import find_absence
from worker.service.watchdog import unwatched
from worker.service.wiring import read_lock_holder
from worker.store.signs import find_signs, rehearsing_to
from worker.views.backup_age import say_old_backup

_SWITCH: Final = "/health/rehearsal"
"""The page on which the rehearsal is ended."""
_OLDER: Final = frozenset({Sign.RESTORED, Sign.BEHIND_HEAD, Sign.BEHIND_WITNESS})
"""The signs that the data is of an earlier day; the others may also be of a second installation."""


def banners_of(visit: Visit) -> tuple[Banner, ...]:
    """The banners that hold now, the gravest first."""
    office, found = visit.office, []
    health = ("/health", visit.say("menu_health")) if visit.may(Right.HEALTH) else ("", "")
    if signs := find_signs(visit.store):
        code = "banner_restored" if _OLDER & set(signs) else "banner_stopped"
        found.append(Banner(visit.say(code), True, *health))
    looks = visit.store.health_records()
    if find_absence(read_lock_holder(office.places.store), looks) is not None:
        found.append(Banner(visit.say("banner_not_running"), is_alarm=True))
    else:
        for name, since in unwatched(looks, visit.now, office.brief.deaf_after):
            at = visit.short_moment(since)
            found.append(
                Banner(visit.say("banner_unwatched", name=name_thing(name, visit.lang), since=at), is_alarm=True)
            )
    if office.faults:
        found.append(Banner(visit.say("banner_faulty"), is_alarm=True))
    if old := say_old_backup(visit.store, visit.now, visit.lang):
        found.append(Banner(old, True, *health))
    if rehearsing_to(visit.store, office.brief.release.rehearsal_to) is not None:
        is_led = visit.may(Right.REHEARSE) and visit.path != _SWITCH
        path, word = (_SWITCH, visit.say("rehearsal_end_go")) if is_led else ("", "")
        found.append(Banner(visit.say("banner_rehearsal"), is_alarm=False, path=path, word=word))
    sees_roles = visit.may(Right.DECIDE) or visit.may(Right.PEOPLE)
    return (*found, *_banners_of_roles(visit)) if sees_roles else tuple(found)


def _banners_of_roles(visit: Visit) -> Iterator[Banner]:
    """New approvers and administrators, all in one sentence: a phone shows few lines."""
    people, names = [], {each.login: each.name for each in visit.store.accounts()}
    for each in roles_given(visit.store, visit.now):
        roles = [name_role(role, visit.lang) for role in each.roles]
        at = visit.short_moment(each.at)
        by = visit.say("role_given_on_server") if each.by == PROGRAM else each.by
        people.append(visit.say("role_given_to", by=by, login=names.get(each.login, each.login), roles=roles, at=at))
    if people:
        yield Banner(visit.say("banner_role_given", people=people), is_alarm=False)
