"""People in a real store: added, changed, stopped and invited, each with an entry, never without administrator."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.support.config_samples import files
from tests.support.people import COMPANY, NOW, PASSWORD, ROOT, PlainHasher, account, add, replaced
from worker.accounts.people import (
    INVITED_FOR,
    accept_invitation,
    add_account,
    author_of,
    change_account,
    find_invitation,
    find_person,
    invite,
    people_of,
    stop_account,
)
from worker.accounts.sessions import token_hash
from worker.config.settings import Settings, settings_of
from worker.core.accounts import Account, LoginSession, Right, Role
from worker.core.errors import NotAllowed
from worker.core.messages import is_said, say_refusal
from worker.core.messages.events import DETAILS
from worker.core.states import NoteEvent
from worker.store.ports import Author
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore

TODAY = NOW.date()
DAY = dt.timedelta(days=1)
SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def admin(store: SqlStore) -> Account:
    return add(store, "hanako", "山田 花子", Role.ADMIN, Role.APPROVER)


def refused(code: str) -> pytest.RaisesExc[NotAllowed]:
    def has_its_words(error: NotAllowed) -> bool:
        said = [say_refusal(error.code, lang, **error.params) for lang in ("ja", "en")]
        return error.code == code and is_said(code) and all(said)

    return pytest.RaisesExc(NotAllowed, check=has_its_words)


def settings() -> Settings:
    read = settings_of(files())
    assert read is not None
    return read


def details(store: SqlStore) -> list[dict[str, object]]:
    return [dict(entry.detail) for entry in store.entries(events=[NoteEvent.USER_CHANGED])]


def open_session(store: SqlStore, owner: Account, token: str = "t") -> None:
    with store.writing() as writing:
        writing.put_session(LoginSession(token_hash(token), owner.id, NOW, NOW, NOW))


# --- Adding --------------------------------------------------------------------------------------------------


def test_an_account_is_read_back_as_it_was_recorded(store: SqlStore) -> None:
    given = account(
        "jiro.suzuki",
        "鈴木 次郎",
        Role.STAFF,
        Role.ADMIN,
        reading="スズキ ジロウ",
        mail="jiro@mihon.example",
        language="en",
    )
    added = add_account(store, given, ROOT, NOW)
    assert added == replaced(given, id=1, created_at=NOW)
    assert store.account(1) == store.account_of("jiro.suzuki") == added
    assert store.accounts() == (added,)


def test_the_first_account_is_an_administrators(store: SqlStore) -> None:
    with refused("first_is_admin"):
        add_account(store, account("jiro", "鈴木", Role.STAFF), ROOT, NOW)
    assert store.accounts() == ()
    assert add_account(store, account("jiro", "鈴木", Role.STAFF, Role.ADMIN), ROOT, NOW).id == 1


def test_a_password_or_an_id_that_is_given_is_not_taken_over(store: SqlStore) -> None:
    given = replaced(account(), id=7, password="plain:x", totp="JBSWY3DP")
    added = add_account(store, given, ROOT, NOW)
    assert (added.id, added.password, added.totp) == (1, "", "")


@pytest.mark.parametrize("login", ["ＨＡＮＡＫＯ", "Hanako", " hanako "])
def test_a_login_is_taken_in_every_way_to_type_it(store: SqlStore, admin: Account, login: str) -> None:
    with refused("login_taken"):
        add_account(store, account(login, "別の 人", Role.STAFF), ROOT, NOW)


@pytest.mark.parametrize("name", ["山田 花子", "山田花子", "山田　花子", " 山田 花子"])
def test_a_name_is_taken_in_every_spacing(store: SqlStore, admin: Account, name: str) -> None:
    with refused("name_taken"):
        add_account(store, account("other", name, Role.STAFF), ROOT, NOW)


@pytest.mark.parametrize(
    "login", ["花子", "a b", "a/b", "../a", ".a", "a.", "a\x00b", "a\nb", "a" * 65, "a" * 10_000_000]
)
def test_a_login_of_another_form_is_refused(store: SqlStore, login: str) -> None:
    with refused("login_form"):
        add_account(store, account(login), ROOT, NOW)


@pytest.mark.parametrize("login", ["", " ", "\u3000"])
def test_a_missing_login_is_asked_for(store: SqlStore, login: str) -> None:
    with refused("account_without_login"):
        add_account(store, account(login), ROOT, NOW)


@pytest.mark.parametrize(
    "sign", ["\x00", "\x1b[31m", "\r\nBcc: x", "\u202e", "\u200b", "\u2028", "\ue000", "\ud800", "\t"]
)
@pytest.mark.parametrize("field", ["name", "reading"])
def test_a_name_with_a_control_or_an_unseen_character_is_refused(store: SqlStore, field: str, sign: str) -> None:
    given = replaced(account(), **{field: f"山田{sign}花子"})
    with refused("name_character"):
        add_account(store, given, ROOT, NOW)


def test_a_name_on_one_line_with_plain_spaces_is_kept(store: SqlStore) -> None:
    assert add_account(store, account(name="　山田\u3000\u00a0花子 "), ROOT, NOW).name == "山田 花子"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (account(name="  "), "account_without_name"),
        (account(name="山" * 61), "name_long"),
        (account(name="山" * 10_000_000), "name_long"),
        (replaced(account(), roles=frozenset()), "account_without_role"),
        (account(until=TODAY - DAY), "until_past"),
        (account(mail="a@x.example, b@x.example"), "account_mail"),
        (account(mail="花子@x.example"), "account_mail"),
        (account(mail="a@x.example\r\nBcc: b@x.example"), "account_mail"),
    ],
)
def test_what_an_account_must_have(store: SqlStore, given: Account, code: str) -> None:
    with refused(code):
        add_account(store, given, ROOT, NOW)
    assert list(store.entries()) == []


# --- The last administrator ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"roles": frozenset({Role.STAFF})},
        {"is_stopped": True},
        {"until": TODAY},
        {"until": TODAY + 365 * DAY},  # it will go
    ],
)
def test_the_last_administrator_cannot_go(store: SqlStore, admin: Account, change: dict[str, object]) -> None:
    add(store, "jiro", "鈴木", Role.APPROVER)
    with refused("last_admin"):
        change_account(store, admin, replaced(admin, **change), ROOT, NOW)
    assert store.account(admin.id) == admin


def test_the_last_administrator_cannot_be_stopped(store: SqlStore, admin: Account) -> None:
    with refused("last_admin"):
        stop_account(store, admin.id, ROOT, NOW)


def test_an_administrator_does_not_stop_the_own_account_and_another_one_does(store: SqlStore, admin: Account) -> None:
    second = add_account(store, account("jiro", "鈴木", Role.ADMIN), ROOT, NOW)
    accept_invitation(store, invite(store, second.id, ROOT, NOW), PASSWORD, PlainHasher(), NOW)
    with refused("own_account"):
        stop_account(store, admin.id, author_of(admin, "192.0.2.7"), NOW)
    assert stop_account(store, admin.id, author_of(second), NOW).is_stopped


def test_one_who_never_chose_a_password_is_no_second_administrator(store: SqlStore, admin: Account) -> None:
    second = add_account(store, account("jiro", "鈴木", Role.ADMIN), ROOT, NOW)
    with refused("last_admin"):
        stop_account(store, admin.id, ROOT, NOW)
    accept_invitation(store, invite(store, second.id, ROOT, NOW), PASSWORD, PlainHasher(), NOW)
    assert stop_account(store, admin.id, ROOT, NOW).is_stopped


def test_one_with_a_last_day_or_stopped_is_no_second_administrator(store: SqlStore, admin: Account) -> None:
    second = add(store, "jiro", "鈴木", Role.ADMIN, until=TODAY + DAY)
    with refused("last_admin"):
        stop_account(store, admin.id, ROOT, NOW)
    stop_account(store, second.id, ROOT, NOW)
    with refused("last_admin"):
        stop_account(store, admin.id, ROOT, NOW)


# --- Changing ------------------------------------------------------------------------------------------------


def test_a_change_of_rights_ends_every_session_and_another_change_ends_none(store: SqlStore, admin: Account) -> None:
    jiro = add(store, "jiro", "鈴木", Role.STAFF)
    open_session(store, jiro)
    jiro = change_account(store, jiro, replaced(jiro, mail="jiro@mihon.example", language="en"), ROOT, NOW)
    assert len(store.sessions_of(jiro.id)) == 1
    jiro = change_account(store, jiro, replaced(jiro, roles=frozenset({Role.APPROVER})), ROOT, NOW)
    assert store.sessions_of(jiro.id) == ()


def test_a_change_leaves_password_and_second_factor_alone(store: SqlStore, admin: Account) -> None:
    changed = change_account(
        store, admin, replaced(admin, password="plain:other", totp="X", name="山田 はな"), ROOT, NOW
    )
    assert (changed.password, changed.totp, changed.name) == (admin.password, "", "山田 はな")


def test_a_change_of_what_was_changed_meanwhile_is_refused(store: SqlStore, admin: Account) -> None:
    change_account(store, admin, replaced(admin, mail="hanako@mihon.example"), ROOT, NOW)
    with refused("account_changed"):
        change_account(store, admin, replaced(admin, name="別の 名"), ROOT, NOW)


def test_an_account_whose_last_day_has_passed_can_still_be_changed(store: SqlStore, admin: Account) -> None:
    auditor = add(store, "audit", "監査 人", Role.AUDITOR, until=TODAY)
    later = NOW + 2 * DAY
    renamed = change_account(store, auditor, replaced(auditor, name="監査 法人"), ROOT, later)
    with refused("until_past"):
        change_account(store, renamed, replaced(renamed, until=TODAY + DAY), ROOT, later)


def test_stopping_ends_sessions_and_invitations(store: SqlStore, admin: Account) -> None:
    jiro = add(store, "jiro", "鈴木", Role.STAFF)
    open_session(store, jiro)
    token = invite(store, jiro.id, ROOT, NOW)
    stop_account(store, jiro.id, ROOT, NOW)
    assert store.sessions_of(jiro.id) == ()
    assert find_invitation(store, token, NOW) is None
    with refused("account_not_usable"):
        invite(store, jiro.id, ROOT, NOW)


def test_a_change_of_nothing_makes_no_entry(store: SqlStore, admin: Account) -> None:
    before = len(details(store))
    change_account(store, admin, admin, ROOT, NOW)
    assert len(details(store)) == before


def test_every_change_is_an_entry_that_names_who_and_what(store: SqlStore, admin: Account) -> None:
    author = Author("山田 花子", "hanako 192.0.2.1")
    jiro = add_account(store, account("jiro", "鈴木", Role.STAFF), author, NOW)
    jiro = change_account(store, jiro, replaced(jiro, login="suzuki", roles=frozenset({Role.APPROVER})), author, NOW)
    stop_account(store, jiro.id, author, NOW)
    entries = list(store.entries(events=[NoteEvent.USER_CHANGED]))[-3:]
    assert {(entry.by, entry.account) for entry in entries} == {("山田 花子", "hanako 192.0.2.1")}
    assert {name for entry in entries for name in entry.detail} <= DETAILS.keys()
    added, changed, stopped = (dict(entry.detail) for entry in entries)
    assert (added["change"], added["user"], added["roles"]) == ("added", "jiro", ["staff"])
    assert changed == {
        "change": "changed",
        "user": "suzuki",
        "login": ["jiro", "suzuki"],
        "roles": [["staff"], ["approver"]],
    }
    assert stopped == {"change": "changed", "user": "suzuki", "is_stopped": [False, True]}


# --- Invitations ---------------------------------------------------------------------------------------------


def test_an_invitation_is_used_once(store: SqlStore) -> None:
    added = add_account(store, account(), ROOT, NOW)
    token = invite(store, added.id, ROOT, NOW)
    for _ in range(3):  # looking, as a scanner of mails does, uses nothing up
        assert find_invitation(store, token, NOW) == added
    accepted = accept_invitation(store, token, PASSWORD, PlainHasher(), NOW, company=COMPANY)
    assert accepted.password == f"plain:{PASSWORD}"
    assert accepted.password_at == NOW
    with refused("invitation_over"):
        accept_invitation(store, token, f"{PASSWORD}2", PlainHasher(), NOW)
    assert store.account(added.id) == accepted


def test_of_two_who_use_an_invitation_at_the_same_moment_one_sets_the_password(store: SqlStore) -> None:
    added = add_account(store, account(), ROOT, NOW)
    token = invite(store, added.id, ROOT, NOW)

    class Overtaken(PlainHasher):
        def hash(self, password: str) -> str:
            accept_invitation(store, token, PASSWORD, PlainHasher(), NOW)
            return super().hash(password)

    with refused("invitation_over"):
        accept_invitation(store, token, f"{PASSWORD}2", Overtaken(), NOW)
    held = store.account(added.id)
    assert held is not None
    assert held.password == f"plain:{PASSWORD}"


@pytest.mark.parametrize(
    ("after", "is_found"), [(INVITED_FOR - SECOND, True), (INVITED_FOR, False), (-INVITED_FOR, False)]
)
def test_an_invitation_is_over_after_a_day(store: SqlStore, after: dt.timedelta, is_found: bool) -> None:
    token = invite(store, add_account(store, account(), ROOT, NOW).id, ROOT, NOW)
    assert (find_invitation(store, token, NOW + after) is not None) is is_found


def test_a_new_invitation_ends_the_one_before(store: SqlStore, admin: Account) -> None:
    first, second = invite(store, admin.id, ROOT, NOW), invite(store, admin.id, ROOT, NOW)
    assert first != second
    assert find_invitation(store, first, NOW) is None
    assert find_invitation(store, second, NOW) == admin


def test_a_refused_password_leaves_the_invitation(store: SqlStore) -> None:
    token = invite(store, add_account(store, account(), ROOT, NOW).id, ROOT, NOW)
    with refused("password_short"):
        accept_invitation(store, token, "short", PlainHasher(), NOW)
    with refused("password_names"):
        accept_invitation(store, token, "みほん建設で三十年目の春が来た", PlainHasher(), NOW, company=COMPANY)
    assert accept_invitation(store, token, PASSWORD, PlainHasher(), NOW).password


def test_a_new_password_ends_every_session(store: SqlStore, admin: Account) -> None:
    open_session(store, admin)
    accept_invitation(store, invite(store, admin.id, ROOT, NOW), f"{PASSWORD}2", PlainHasher(), NOW)
    assert store.sessions_of(admin.id) == ()


@pytest.mark.parametrize("token", ["", "x", "x" * 10_000_000, "\ud800", "../../etc/passwd"])
def test_no_other_text_is_an_invitation(store: SqlStore, admin: Account, token: str) -> None:
    invite(store, admin.id, ROOT, NOW)
    assert find_invitation(store, token, NOW) is None


def test_no_password_hash_or_token_is_in_an_entry_and_no_token_is_in_the_database(
    store: SqlStore, tmp_path: Path
) -> None:
    token = invite(store, add(store).id, ROOT, NOW)
    told = "\n".join(str(entry) for entry in store.entries())
    assert PASSWORD not in told
    assert "plain:" not in told
    assert token not in told
    assert token_hash(token) not in told
    files = b"".join(each.read_bytes() for each in (tmp_path / "var").glob(f"{FILE_NAME}*"))
    assert token.encode() not in files
    assert store.verify().faults == ()


# --- Who may decide at the command line ----------------------------------------------------------------------


def test_without_an_account_the_people_are_those_of_the_settings(store: SqlStore) -> None:
    given = settings()
    assert people_of(store, given, TODAY) == given.people
    assert find_person(store, given, given.people[0].replace(" ", "\u3000"), TODAY) == given.people[0]
    with refused("unknown_person"):
        find_person(store, given, "誰か", TODAY)


def test_with_accounts_they_are_the_list_of_people(store: SqlStore) -> None:
    given = settings()
    add(store, "admin", "管理 一郎", Role.ADMIN)
    add(store, "jiro", "鈴木 次郎", Role.STAFF)
    approver = add(store, "yuki", "佐藤 雪", Role.APPROVER)
    add(store, "audit", "監査 人", Role.AUDITOR)
    assert people_of(store, given, TODAY) == ("鈴木 次郎", "佐藤 雪")
    assert people_of(store, given, TODAY, Right.DECIDE) == ("佐藤 雪",)
    assert people_of(store, given, TODAY, Right.PEOPLE) == ("管理 一郎",)
    assert find_person(store, given, "佐藤　雪", TODAY, Right.DECIDE) == "佐藤 雪"
    with refused("person_may_not"):
        find_person(store, given, "鈴木 次郎", TODAY, Right.DECIDE)
    with refused("person_may_not"):
        find_person(store, given, "監査 人", TODAY)
    with refused("person_not_known"):
        find_person(store, given, given.people[0], TODAY)
    stop_account(store, approver.id, ROOT, NOW)
    with refused("person_may_not"):
        find_person(store, given, "佐藤 雪", TODAY, Right.DECIDE)
