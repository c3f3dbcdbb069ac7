"""People at the command line: the first administrator, invitations, roles, and who may decide then."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from pathlib import Path

import pytest

from tests.support.office import Office, Ran
from tests.support.people import PASSWORD
from tests.support.stores import make_revision_0005
from tests.support.world import HANAKO, JIRO
from worker.accounts.login import Attempt, log_in
from worker.accounts.people import accept_invitation
from worker.core.accounts import Account, Identity
from worker.service.wiring import build_hasher, system_clock
from worker.store.sqlite.connection import FILE_NAME
from worker.store.sqlite.store import SqlStore, create_or_migrate, open_store

URL = "https://hoshobin.contractor.example"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = Office(tmp_path)
    create_or_migrate(made.store)
    return made


def open_it(office: Office) -> SqlStore:
    return open_store(office.store, system_clock())


def give_url(office: Office) -> None:
    file = office.config / "worker.toml"
    file.write_text(f'{file.read_text()}\n[console]\nurl = "{URL}/"\n')


def add(office: Office, name: str, login: str, *roles: str, by: str = "") -> Ran:
    chosen = [part for role in roles for part in ("--role", role)]
    return office("user", "add", name, "--login", login, *chosen, *(["--by", by] if by else []), "--json")


def accept(office: Office, ran: Ran, password: str = PASSWORD) -> Account:
    """The person opens the link and chooses a password."""
    store = open_it(office)
    token = str(ran.document["link"]).rpartition("/")[2]
    accepted = accept_invitation(store, token, password, build_hasher(), system_clock().now())
    store.close()
    return accepted


def test_the_first_account_is_made_without_by_and_its_link_lets_its_person_log_in(office: Office) -> None:
    give_url(office)
    ran = add(office, HANAKO.by, "hanako", "admin", "approver")
    assert ran.code == 0
    assert str(ran.document["link"]).startswith(f"{URL}/invite/")
    assert ran.document | {"link": "", "link_until": "", "created_at": ""} == {
        "login": "hanako",
        "name": HANAKO.by,
        "reading": "",
        "mail": "",
        "roles": ["admin", "approver"],
        "until": None,
        "stopped": False,
        "usable": True,
        "has_password": False,
        "has_company_account": False,
        "language": "ja",
        "mails": [],
        "away": None,
        "created_at": "",
        "link": "",
        "link_until": "",
    }
    accept(office, ran)
    store = open_it(office)
    made = log_in(store, Attempt("hanako", PASSWORD), build_hasher(), system_clock().now())
    store.close()
    assert made.account.name == HANAKO.by
    (listed,) = office("user", "list", "--json").documents
    assert listed["has_password"]
    assert "argon2" not in json.dumps(listed)


def test_the_first_account_must_be_an_administrators(office: Office) -> None:
    ran = add(office, HANAKO.by, "hanako", "approver")
    assert (ran.code, ran.document["refused"]) == (1, "first_is_admin")
    assert office("user", "list", "--json").documents == []


def test_without_an_url_the_link_is_its_path_and_the_person_is_told(office: Office) -> None:
    ran = office("user", "add", HANAKO.by, "--login", "hanako", "--role", "admin")
    assert ran.code == 0
    assert "\n/invite/" in ran.out
    assert "[console] url" in ran.err
    assert "[console] url" in office("--lang", "en", "user", "link", "hanako", "--by", HANAKO.by).err


@pytest.mark.parametrize("by", ["", "誰か", JIRO.by])
def test_later_changes_need_an_administrators_name(office: Office, by: str) -> None:
    accept(office, add(office, HANAKO.by, "hanako", "admin"))
    accept(office, add(office, JIRO.by, "jiro", "approver", by=HANAKO.by))
    named = ["--by", by] if by else []
    before = office("user", "list", "--json").documents
    for arguments in (
        ("add", "新人", "--login", "new", "--role", "staff"),
        ("link", "jiro"),
        ("role", "jiro", "--role", "staff"),
        ("stop", "jiro"),
        ("mails", "jiro", "--on", "sent"),
    ):
        ran = office("user", *arguments, *named)
        assert ran.code == 1
        assert ran.err
    assert office("user", "list", "--json").documents == before


def test_the_mails_of_a_person_are_chosen_kind_by_kind(office: Office) -> None:
    accept(office, add(office, HANAKO.by, "hanako", "admin", "approver"))
    on = office("user", "mails", "hanako", "--on", "sent", "--on", "waiting", "--by", HANAKO.by)
    assert (on.code, "その日に送信したものの一覧" in on.out) == (0, True)
    ran = office("user", "mails", "hanako", "--off", "sent", "--on", "warnings", "--by", HANAKO.by, "--json")
    assert ran.document["mails"] == ["waiting", "warnings"]
    none = office("user", "mails", "hanako", "--off", "waiting", "--off", "warnings", "--by", HANAKO.by)
    assert "重大なお知らせだけ" in none.out
    assert office("user", "mails", "hanako", "--on", "everything", "--by", HANAKO.by).code == 2


def test_the_binding_to_a_company_account_is_removed_and_its_person_is_out(office: Office) -> None:
    accept(office, add(office, HANAKO.by, "hanako", "admin"))
    bound = accept(office, add(office, JIRO.by, "jiro", "approver", by=HANAKO.by))
    store = open_it(office)
    with store.writing() as writing:
        writing.put_account(dataclasses.replace(bound, password="", identity=Identity("https://id.example", "7")))
    store.close()
    assert office("user", "list", "--json").documents[1]["has_company_account"]
    assert office("user", "forget-company", "jiro").code == 1
    ran = office("user", "forget-company", "jiro", "--by", HANAKO.by)
    assert (ran.code, "結び付けを解除しました" in ran.out) == (0, True)
    listed = office("user", "list", "--json").documents[1]
    assert (listed["has_company_account"], listed["has_password"]) == (False, False)


def test_roles_are_replaced_stopped_and_let_in_again(office: Office) -> None:
    accept(office, add(office, HANAKO.by, "hanako", "admin"))
    accept(office, add(office, JIRO.by, "jiro", "approver", by=HANAKO.by))
    assert office("user", "role", "jiro", "--role", "staff", "--role", "auditor", "--by", HANAKO.by).code == 0
    assert office("user", "stop", "JIRO", "--by", HANAKO.by).code == 0
    _, jiro = office("user", "list", "--json").documents
    assert (jiro["roles"], jiro["stopped"], jiro["usable"]) == (["auditor", "staff"], True, False)
    assert office("user", "link", "jiro", "--by", HANAKO.by).code == 1
    assert office("user", "stop", "jiro", "--undo", "--by", HANAKO.by).code == 0
    assert office("user", "list", "--json").documents[1]["usable"]
    assert office("user", "stop", "hanako", "--by", HANAKO.by).code == 1  # the last administrator
    assert office("user", "stop", "nobody", "--by", HANAKO.by).code == 1


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_people_read_the_list_in_their_language(office: Office, lang: str) -> None:
    assert office("--lang", lang, "user", "list").out
    add(office, HANAKO.by, "hanako", "admin")
    ran = office(
        "user", "add", JIRO.by, "--login", "jiro", "--role", "auditor", "--until", "R99.3.31", "--by", HANAKO.by
    )
    assert ran.code == 0
    out = office("--lang", lang, "user", "list").out
    assert ("監査" if lang == "ja" else "auditor") in out
    assert "2117-03-31" in out


def test_accounts_are_the_list_of_people_for_decisions_too(office: Office) -> None:
    """Without one, [operator] people decide, as in earlier versions."""
    assert "no_such_submission" in str(office("withdraw", "1", "--why", "x", "--by", JIRO.by, "--json").document)
    accept(office, add(office, HANAKO.by, "hanako", "admin"))
    accept(office, add(office, "佐藤 雪", "yuki", "staff", by=HANAKO.by))
    assert "person_not_known" in str(office("withdraw", "1", "--why", "x", "--by", JIRO.by, "--json").document)
    assert "person_may_not" in str(office("withdraw", "1", "--why", "x", "--by", HANAKO.by, "--json").document)
    assert "no_such_submission" in str(office("withdraw", "1", "--why", "x", "--by", "佐藤　雪", "--json").document)
    assert "person_may_not" in str(office("resend", "1", "--why", "x", "--by", "佐藤 雪", "--json").document)


def test_a_database_of_the_version_before_gets_the_tables_and_keeps_every_row(office: Office) -> None:
    add(office, HANAKO.by, "hanako", "admin")
    database = sqlite3.connect(office.store / FILE_NAME)
    entries = database.execute("SELECT number, body, hash FROM entries").fetchall()
    make_revision_0005(database)
    database.commit()
    database.close()
    assert office("user", "list").code == 2  # it is brought up to date by the service alone
    create_or_migrate(office.store)
    assert office("user", "list", "--json").documents == []
    store = open_it(office)
    assert store.verify().faults == ()
    store.close()
    assert office.rows("SELECT number, body, hash FROM entries") == entries
