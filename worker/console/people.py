"""利用者: the accounts, their roles and invitations; and the log of views for the auditor."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from starlette.responses import Response

from worker.accounts import people, second_factor, sso
from worker.accounts.people import INVITED_FOR
from worker.audit.sent_log import PROGRAM
from worker.console.visit import Visit
from worker.core.accounts import Account, Role
from worker.core.errors import NotAllowed
from worker.core.messages import is_said, name_event, name_role
from worker.core.model import Entry
from worker.core.states import NoteEvent

SHOWN_VIEWS: Final = 300
"""Entries of the log of views on its page: some days of an office."""
_NAMED: Final = {
    "name": "people_name",
    "reading": "people_reading",
    "until": "people_until_short",
    "mail_address": "people_mail",
    "login": "login_name",
}
"""The words of the fields whose values an entry holds."""
_NOT_SHOWN: Final = {"language": "user_change_language", "mails_wanted": "user_change_mails"}
"""The words of a change whose values say nothing to an auditor."""
_VIEWS: Final = frozenset(
    {"LOGGED_IN", "LOGIN_FAILED", "VIEWED", "KEY_SHOWN", "DOWNLOADED", "EXPORTED", "USER_CHANGED"}
)
"""The names of the events of looking and taking away."""


def show_people(visit: Visit) -> Response:
    """The list of people."""
    return _people(visit, "")


def add_person(visit: Visit) -> Response:
    """Adds a person."""
    try:
        added = people.add_account(visit.store, _typed(visit, Account(0, "", "")), visit.author, visit.now)
    except NotAllowed as refused:
        return _people(visit, visit.refusal(refused))
    return visit.go(f"/people/{added.id}", "person_added")


def _people(visit: Visit, failed: str) -> Response:
    return visit.page(
        "people.html",
        422 if failed else 200,
        accounts=visit.store.accounts(),
        state=lambda account: _state(visit, account),
        role_name=name_role,
        roles=tuple(Role),
        typed=visit.form,
        failed=failed,
    )


def show_person(visit: Visit) -> Response:
    """One person."""
    return _person(visit, _account(visit))


def change_person(visit: Visit) -> Response:
    """Changes what the administrator may change of a person."""
    account = _account(visit)
    try:
        people.change_account(visit.store, account, _typed(visit, account), visit.author, visit.now)
    except NotAllowed as refused:
        return _person(visit, account, visit.refusal(refused))
    return visit.go(f"/people/{account.id}", "person_changed")


def stop_person(visit: Visit) -> Response:
    """Ends the use of an account, or lets it be used again."""
    account = _account(visit)
    is_to_stop = visit.form.text("stop") == "yes"
    try:
        if is_to_stop:
            people.stop_account(visit.store, account.id, visit.author, visit.now)
        else:
            again = dataclasses.replace(account, is_stopped=False)
            people.change_account(visit.store, account, again, visit.author, visit.now)
    except NotAllowed as refused:
        return _person(visit, account, visit.refusal(refused))
    return visit.go(f"/people/{account.id}", "person_stopped" if is_to_stop else "person_restarted")


def invite_person(visit: Visit) -> Response:
    """Makes an invitation and shows its link, once: the answer itself holds it, as no address may."""
    account = _account(visit)
    try:
        token = people.invite(visit.store, account.id, visit.author, visit.now)
    except NotAllowed as refused:
        return _person(visit, account, visit.refusal(refused))
    return _person(visit, account, link=f"{visit.desk.address}/invite/{token}", until=visit.now + INVITED_FOR)


def forget_code(visit: Visit) -> Response:
    """Removes the second factor of a lost telephone."""
    account = _account(visit)
    second_factor.forget_code(visit.store, account.id, visit.author)
    return visit.go(f"/people/{account.id}", "code_forgotten")


def forget_company_account(visit: Visit) -> Response:
    """Removes the binding to a company account."""
    account = _account(visit)
    sso.forget_identity(visit.store, account.id, visit.author)
    return visit.go(f"/people/{account.id}", "identity_forgotten")


def show_views(visit: Visit) -> Response:
    """Who logged in, looked at what and took what away, the newest first."""
    events = [each for name, each in NoteEvent.__members__.items() if name in _VIEWS]
    entries = visit.store.last_entries(events, SHOWN_VIEWS)
    rows = [
        (each, name_event(each.event, visit.lang), _taken(each, visit), _person_of(each, visit)) for each in entries
    ]
    return visit.page("views.html", rows=rows, count=SHOWN_VIEWS)


def _person_of(entry: Entry, visit: Visit) -> str:
    """The person; an account is changed by a person even if the entry names the program: at the server's terminal."""
    if entry.event == NoteEvent.USER_CHANGED and entry.by == PROGRAM:
        return visit.say("role_given_on_server")
    return visit.name_author(entry.by)


def _taken(entry: Entry, visit: Visit) -> str:
    """What was looked at, taken away or changed, and the reason that the person gave."""
    detail = entry.detail
    if entry.event == NoteEvent.USER_CHANGED:
        return _changed(entry, visit)
    rows = visit.say("people_views_rows", count=detail["rows"]) if "rows" in detail else ""
    return visit.say("comma").join(filter(None, (str(detail.get("file", "")), rows, str(detail.get("why", "")))))


def _changed(entry: Entry, visit: Visit) -> str:
    """What was changed of an account: each value before and after, but for those that the log does not hold."""
    change = str(entry.detail.get("change", ""))
    if change == "added":
        return visit.say("user_change_added", roles=_roles(entry.detail["roles"], visit))
    if change == "away":
        days = [dt.date.fromisoformat(entry.detail[name]) for name in ("away_from", "away_until")]
        first, last = (f"{each.month}/{each.day}" if visit.lang == "ja" else each.isoformat() for each in days)
        deputy = str(entry.detail.get("deputy") or visit.say("user_change_none"))
        return visit.say("user_change_away", first=first, last=last, deputy=deputy)
    if change != "changed":
        code = f"user_change_{change}"
        return visit.say(code) if is_said(code) else ""
    parts = []
    for name, value in entry.detail.items():
        if name in {"user", "change"}:
            continue
        old, new = value
        if name == "is_stopped":
            parts.append(visit.say("user_change_stopped" if new else "user_change_let_in"))
        elif name == "roles":
            given = {"old": _roles(old, visit), "new": _roles(new, visit)}
            parts.append(visit.say("user_change_value", what=visit.say("people_roles"), **given))
        elif name in _NAMED:
            none = visit.say("user_change_none")
            parts.append(visit.say("user_change_value", what=visit.say(_NAMED[name]), old=old or none, new=new or none))
        elif name in _NOT_SHOWN:
            parts.append(visit.say(_NOT_SHOWN[name]))
    return visit.say("comma").join(parts)


def _roles(values: Sequence[str], visit: Visit) -> str:
    words = [name_role(Role(each), visit.lang) for each in values]
    return visit.say("dot").strip().join(words) or visit.say("user_change_none")


def _person(
    visit: Visit, account: Account, failed: str = "", *, link: str = "", until: dt.datetime | None = None
) -> Response:
    return visit.page(
        "person.html",
        422 if failed else 200,
        person=account,
        state=_state(visit, account),
        role_name=name_role,
        roles=tuple(Role),
        typed=visit.form,
        failed=failed,
        link=link,
        until=until,
    )


def _state(visit: Visit, account: Account) -> str:
    state = "stopped" if account.is_stopped else "over" if not account.is_usable(visit.today) else ""
    return visit.say(f"user_is_{state or ('usable' if account.password or account.identity else 'invited')}")


def _account(visit: Visit) -> Account:
    """Returns the account of the address. Raises NotAllowed ``no_such_submission`` if there is none."""
    account = visit.store.account(int(visit.params["id"]))
    if account is None:
        raise NotAllowed("no_such_submission", id=visit.params["id"])
    return account


def _typed(visit: Visit, before: Account) -> Account:
    """Returns ``before`` with what was typed. Raises NotAllowed."""
    form = visit.form
    known = {each.value for each in Role}
    return dataclasses.replace(
        before,
        login=form.text("login") if not before.id else before.login,
        name=form.text("name"),
        reading=form.text("reading"),
        mail=form.text("mail"),
        roles=frozenset(Role(each) for each in form.several("role") if each in known),
        until=visit.day(form.text("until")),
    )
