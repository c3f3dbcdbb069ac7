"""The list of people: added, changed, stopped and invited by an administrator, each with an entry of the log.

A password, its hash, a token and a session never stand in an entry. The entry names the account by its login, says
what changed, and from which address.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from worker.accounts.passwords import check_password
from worker.accounts.ports import Hasher
from worker.accounts.sessions import MAX_TOKEN, token_hash
from worker.config.addresses import AddressRefused, read_address
from worker.config.release import SecondPerson
from worker.core.accounts import Account, Invitation, MailKind, Right, Role, japanese_day
from worker.core.clock import is_over
from worker.core.errors import NotAllowed, Problem
from worker.core.states import AlarmCause, NoteEvent
from worker.core.text import match_key, plain_spaces, private_character, unsafe_character
from worker.store.ports import Author, Reading, Store, Writing

if TYPE_CHECKING:
    from worker.config.settings import Settings

INVITED_FOR: Final = dt.timedelta(hours=24)
"""Time in which an invitation can be used: a day, as it lies in a mailbox."""
SHOWN_FOR: Final = dt.timedelta(days=7)
"""Time in which a new role is shown to the others: everybody is at the desk once in a week."""
TOLD_ROLES: Final = frozenset({Role.APPROVER, Role.ADMIN})
"""The roles that are told when they are given: who has one lets mail out, or gives roles."""
MAX_NAME: Final = 60
"""Characters of a name and of its reading: no line of the screens breaks."""
_LOGIN: Final = re.compile(r"[a-z0-9](?:[a-z0-9._@+-]{0,62}[a-z0-9])?")

_SEEN: Final = ("name", "reading", "roles", "until", "is_stopped", "language")
"""The fields whose values stand in an entry under their own names; ``mail`` is another detail's name."""
_ENDS_SESSIONS: Final = ("login", "roles", "until", "is_stopped", "password", "totp")
"""The fields whose change ends every session of the account."""


def fold_login(login: str) -> str:
    """Returns the form in which logins are kept and compared: half width, small letters."""
    return unicodedata.normalize("NFKC", login[:_LONGEST_LOGIN]).strip().casefold()


_LONGEST_LOGIN: Final = 256
"""Characters of a login that are looked at."""


def author_of(account: Account, address: str = "") -> Author:
    """Returns the author of what this person does in the console; ``address`` is the client's."""
    return Author(account.name, f"{account.login} {address}" if address else account.login)


# --- Who may decide ------------------------------------------------------------------------------------------


def people_of(store: Reading, settings: Settings, today: dt.date, right: Right = Right.PREPARE) -> tuple[str, ...]:
    """Returns the names of the people who have this right: of the accounts, or of ``[operator] people`` without any."""
    accounts = store.accounts()
    if not accounts:
        return settings.people
    return tuple(account.name for account in accounts if account.may(right, today))


def find_person(store: Reading, settings: Settings, by: str, today: dt.date, right: Right = Right.PREPARE) -> str:
    """Returns the name of the person as recorded, typed in any width and spacing.

    Raises NotAllowed ``unknown_person``; where accounts exist, ``person_not_known`` or ``person_may_not``.
    """
    accounts, allowed = store.accounts(), people_of(store, settings, today, right)
    known = [account.name for account in accounts] if accounts else allowed
    found = next((name for name in known if match_key(name) == match_key(by)), None)
    if found in allowed and found is not None:
        return found
    if not accounts:
        raise NotAllowed("unknown_person", name=by, people=allowed)
    raise NotAllowed("person_not_known" if found is None else "person_may_not", name=by, people=allowed or "-")


def find_missing_second(store: Reading, settings: Settings, today: dt.date) -> tuple[Problem, ...]:
    """Returns the problem of a configuration that asks for two people while there are fewer.

    One must be able to confirm, and another to approve.
    """
    release = settings.release
    if release.second_person is SecondPerson.NEVER and release.second_person_amount is None:
        return ()
    preparing, deciding = (people_of(store, settings, today, right) for right in (Right.PREPARE, Right.DECIDE))
    if len(preparing) > 1 and deciding:
        return ()
    key = "release.second_person" if release.second_person is not SecondPerson.NEVER else "release.second_person_amount"
    return (Problem("worker.toml", key, "second_person_missing", {"people": preparing or "-"}),)


# --- Changes -------------------------------------------------------------------------------------------------


def add_account(store: Store, account: Account, author: Author, now: dt.datetime) -> Account:
    """Records a new account without a password; returns it with its id.

    The first account must be an administrator's. Raises NotAllowed.
    """
    with store.writing() as writing:
        others = writing.accounts()
        tidy = _checked(
            dataclasses.replace(
                account, id=0, password="", totp="", recovery=(), created_at=now, password_at=None, identity=None
            ),
            others,
            now,
        )
        if not others and Role.ADMIN not in tidy.roles:
            raise NotAllowed("first_is_admin")
        added = writing.put_account(tidy)
        record_change(writing, added, author, {"change": "added", **_values_of(added)})
        if others:  # an installation's first account is made before there is a person to tell
            _tell_of_roles(writing, frozenset(), added)
        return added


def change_account(store: Store, before: Account, after: Account, author: Author, now: dt.datetime) -> Account:
    """Replaces ``before`` by ``after``, but for its password and second factor; a change of rights ends its sessions.

    Raises NotAllowed: ``account_changed`` if it was changed since it was read, ``last_admin``, and as ``add_account``.
    """
    with store.writing() as writing:
        held = _current(writing, before)
        others = tuple(each for each in writing.accounts() if each.id != held.id)
        kept = {
            name: getattr(held, name)
            for name in ("id", "password", "totp", "recovery", "created_at", "password_at", "identity")
        }
        tidy = _checked(dataclasses.replace(after, **kept), others, now, is_dated=after.until != held.until)
        _refuse_last_admin((*others, held), (*others, tidy), japanese_day(now))
        return _replace(writing, held, tidy, author)


def stop_account(store: Store, account_id: int, author: Author, now: dt.datetime) -> Account:
    """Ends the use of an account, its sessions and its invitations.

    Raises NotAllowed ``last_admin``; ``own_account`` for the own one: one press would end the day of the person.
    """
    with store.writing() as writing:
        held = account_with(writing, account_id)
        others = tuple(each for each in writing.accounts() if each.id != held.id)
        stopped = dataclasses.replace(held, is_stopped=True)
        _refuse_last_admin((*others, held), (*others, stopped), japanese_day(now))
        if author.account.partition(" ")[0] == held.login:
            raise NotAllowed("own_account")
        writing.drop_invitations_of(account_id)
        return _replace(writing, held, stopped, author)


def change_language(store: Store, account_id: int, language: Literal["ja", "en"], author: Author) -> Account:
    """Sets the language of the person's pages."""
    with store.writing() as writing:
        held = account_with(writing, account_id)
        return _replace(writing, held, dataclasses.replace(held, language=language), author)


def change_mails(store: Store, account_id: int, mails: Iterable[MailKind], author: Author) -> Account:
    """Sets the mails that the person wants; those of the gravest kind come in any case."""
    with store.writing() as writing:
        held = account_with(writing, account_id)
        return _replace(writing, held, dataclasses.replace(held, mails=frozenset(mails)), author)


def _replace(writing: Writing, before: Account, after: Account, author: Author) -> Account:
    if after == before:
        return before
    changed = writing.put_account(after)
    _tell_of_roles(writing, before.roles, after)
    if any(getattr(before, name) != getattr(after, name) for name in _ENDS_SESSIONS):
        writing.drop_sessions_of(before.id)
    old, new = _values_of(before), _values_of(after)
    detail = {name: [old[name], value] for name, value in new.items() if value != old[name]}
    if before.login != after.login:
        detail["login"] = [before.login, after.login]
    if before.mails != after.mails:
        detail["mails_wanted"] = [sorted(before.mails), sorted(after.mails)]
    record_change(writing, after, author, {"change": "changed", **detail})
    return changed


def _tell_of_roles(writing: Writing, before: Iterable[Role], account: Account) -> None:
    """Tells people of a new approver or administrator: a stolen administrator's login would make itself one."""
    if TOLD_ROLES & account.roles - frozenset(before):
        writing.raise_alarm(AlarmCause.ROLE_GIVEN, [], account.login)


@dataclasses.dataclass(frozen=True, slots=True)
class RoleGiven:
    """A person who became an approver or an administrator, as the log records it."""

    login: str
    roles: tuple[Role, ...]
    by: str
    at: dt.datetime


def roles_given(store: Store, now: dt.datetime) -> tuple[RoleGiven, ...]:
    """Returns the roles of ``TOLD_ROLES`` that were given in the last seven days, the newest first.

    The first account is an installation's own and is left out.
    """
    return tuple(reversed(list(_roles_given(store, now))))


def _roles_given(store: Store, now: dt.datetime) -> Iterator[RoleGiven]:
    for number, entry in enumerate(store.entries(events=[NoteEvent.USER_CHANGED])):
        roles = entry.detail.get("roles", ())
        if not number or not roles or is_over(entry.at, entry.at + SHOWN_FOR, now):
            continue
        old, new = ((), roles) if entry.detail.get("change") == "added" else roles
        if given := sorted(TOLD_ROLES & {Role(each) for each in new} - {Role(each) for each in old}):
            yield RoleGiven(str(entry.detail.get("user", "")), tuple(given), entry.by, entry.at)


def account_with(reading: Reading, account_id: int) -> Account:
    """Returns the account with this id. Raises NotAllowed ``no_such_account``."""
    account = reading.account(account_id)
    if account is None:
        raise NotAllowed("no_such_account", login=str(account_id))
    return account


def _current(reading: Reading, before: Account) -> Account:
    held = account_with(reading, before.id)
    if held != before:
        raise NotAllowed("account_changed", name=held.name)
    return held


def _values_of(account: Account) -> dict[str, Any]:
    values = {name: getattr(account, name) for name in _SEEN}
    return {**values, "mail_address": account.mail, "roles": sorted(account.roles)}


def record_change(writing: Writing, account: Account, author: Author, detail: Mapping[str, Any]) -> None:
    """Records a change of an account: ``detail`` holds no password, hash or token."""
    writing.note(NoteEvent.USER_CHANGED, None, author, {"user": account.login, **detail})


# --- What an account must be ---------------------------------------------------------------------------------


def _checked(account: Account, others: Iterable[Account], now: dt.datetime, *, is_dated: bool = True) -> Account:
    """Returns the account with its texts tidied. Raises NotAllowed."""
    login = fold_login(account.login)
    if not login:
        raise NotAllowed("account_without_login")
    if not _LOGIN.fullmatch(login):
        raise NotAllowed("login_form", login=account.login[:MAX_NAME])
    name, reading = _tidy(account.name, "name"), _tidy(account.reading, "reading")
    if not name:
        raise NotAllowed("account_without_name")
    if not account.roles:
        raise NotAllowed("account_without_role")
    if is_dated and account.until is not None and account.until < japanese_day(now):
        raise NotAllowed("until_past", until=account.until)
    for other in others:
        if other.login == login:
            raise NotAllowed("login_taken", login=login, name=other.name)
        if match_key(other.name) == match_key(name):
            raise NotAllowed("name_taken", name=other.name, login=other.login)
    return dataclasses.replace(account, login=login, name=name, reading=reading, mail=_mail(account.mail))


def _tidy(text: str, field: str) -> str:
    """Returns a name on one line with plain spaces. Raises NotAllowed."""
    if len(text) > MAX_NAME:
        raise NotAllowed("name_long", field=field, most=MAX_NAME)
    tidy = re.sub(" +", " ", plain_spaces(text.replace("\u3000", " "))).strip(" ")
    character = unsafe_character(tidy) or private_character(tidy)
    if character is not None:
        raise NotAllowed("name_character", field=field, character=character)
    return tidy


def _mail(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return read_address(text.strip())
    except AddressRefused:
        raise NotAllowed("account_mail", mail=text[:MAX_NAME]) from None


def _refuse_last_admin(before: Iterable[Account], after: Iterable[Account], today: dt.date) -> None:
    """Raises NotAllowed ``last_admin`` if the last administrator would go.

    An account with a last day will go. One without a password counts as long as no administrator has one.
    """
    was, is_now = ([each for each in group if _administers(each, today)] for group in (before, after))
    if was and not is_now:
        raise NotAllowed("last_admin")
    if any(each.password for each in was) and not any(each.password for each in is_now):
        raise NotAllowed("last_admin")


def _administers(account: Account, today: dt.date) -> bool:
    return Role.ADMIN in account.roles and account.is_usable(today) and account.until is None


# --- Invitations ---------------------------------------------------------------------------------------------


def invite(store: Store, account_id: int, author: Author, now: dt.datetime) -> str:
    """Returns the token of a new invitation, with which the person chooses a password; an earlier one ends.

    Raises NotAllowed ``account_stopped``.
    """
    with store.writing() as writing:
        account = account_with(writing, account_id)
        if not account.is_usable(japanese_day(now)):
            raise NotAllowed("account_not_usable", name=account.name)
        writing.drop_invitations_of(account_id)
        token = writing.new_token()
        writing.put_invitation(Invitation(token_hash(token), account_id, now))
        record_change(writing, account, author, {"change": "invited"})
        return token


def find_invitation(store: Reading, token: str, now: dt.datetime) -> Account | None:
    """Returns the account of an invitation that can still be used; looking does not use it up."""
    if not token or len(token) > MAX_TOKEN:
        return None
    invitation = store.invitation(token_hash(token))
    if invitation is None or abs(now - invitation.made_at) >= INVITED_FOR:
        return None
    account = store.account(invitation.account)
    return account if account is not None and account.is_usable(japanese_day(now)) else None


def accept_invitation(
    store: Store, token: str, password: str, hasher: Hasher, now: dt.datetime, *, company: str = "", address: str = ""
) -> Account:
    """Sets the password that the person chose; the invitation and every session of the account end.

    Raises NotAllowed ``invitation_over``, or as ``check_password``; the invitation then stays.
    """
    account = find_invitation(store, token, now)
    if account is None:
        raise NotAllowed("invitation_over")
    hashed = hasher.hash(check_password(password, account, company))
    with store.writing() as writing:
        account = find_invitation(writing, token, now)  # of two that came at once, one finds it
        if account is None:
            raise NotAllowed("invitation_over")
        writing.drop_invitations_of(account.id)
        return set_password(writing, account, hashed, author_of(account, address), now)


def set_password(writing: Writing, account: Account, hashed: str, author: Author, now: dt.datetime) -> Account:
    """Records the hash of a new password; every session of the account ends."""
    changed = writing.put_account(dataclasses.replace(account, password=hashed, password_at=now))
    writing.drop_sessions_of(account.id)
    record_change(writing, changed, author, {"change": "password"})
    return changed
