"""The page of people: added, invited, changed and stopped by an administrator, and told to the approvers."""

from __future__ import annotations

import re

import pytest

from tests.support.console import PASSWORD, PEOPLE, Console
from worker.core.accounts import MailKind

NEW = {"name": "高橋 三郎", "login": "saburo", "role": ["staff"], "mail": "saburo@contractor.example"}
LINK = re.compile(r'value="(http://127\.0\.0\.1:\d+/invite/[^"]+)"')
"""The whole address: people copy it into a mail."""


def id_of(console: Console, login: str) -> int:
    with console.desk.store() as store:
        account = store.account_of(login)
        assert account is not None
        return account.id


def test_a_person_is_added_invited_and_logs_in(console: Console) -> None:
    admin = console.browser("admin")
    admin.get("/people")
    added = admin.post("/people", NEW).headers["location"]
    assert "高橋 三郎" in (admin.get(added) and admin.text)
    assert "招待中" in admin.text
    path = added.partition("?")[0]
    page = admin.post(f"{path}/invite").text
    (link,) = LINK.findall(page)
    person = console.browser()
    person.get(link)
    chosen = {"password": "山の上の小さな駅から電車に乗る", "again": "山の上の小さな駅から電車に乗る"}
    assert person.post(link, chosen).headers["location"] == "/login?said=password_set"
    assert person.log_in("saburo", chosen["password"]).status_code == 200
    assert "利用中" in (admin.get("/people") and admin.text)


def test_a_link_is_shown_once_and_a_second_one_ends_the_first(console: Console) -> None:
    admin = console.browser("admin")
    path = f"/people/{id_of(console, 'staff')}"
    admin.get(path)
    (first,) = LINK.findall(admin.post(f"{path}/invite").text)
    assert first not in admin.get(path).text
    (second,) = LINK.findall(admin.post(f"{path}/invite").text)
    assert console.browser().get(first).status_code == 404
    assert console.browser().get(second).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "氏名を入力してください"),
        ({"role": []}, "役割を1つ以上選んでください"),
        ({"role": ["president"]}, "役割を1つ以上選んでください"),
        ({"login": "山田"}, "ログイン名に使えません"),
        ({"login": "admin"}, "別のログイン名にしてください"),
        ({"name": "鈴木 一郎"}, "すでに登録されています"),
        ({"mail": "saburo@"}, "メールアドレス"),
        ({"until": "1999-01-01"}, "過ぎています"),
        ({"until": "きのう"}, "日付として読めません"),
        ({"login": ""}, "ログイン名を入力してください。"),
        ({"name": "<script>alert(1)</script>", "login": "?"}, "ログイン名に使えません"),
    ],
)
def test_a_wrong_field_gives_the_form_again_with_what_was_typed(
    console: Console, wrong: dict[str, object], said: str
) -> None:
    admin = console.browser("admin")
    admin.get("/people")
    typed = NEW | {"name": "高橋 四郎", "login": "shiro", "reading": "タカハシ シロウ"} | wrong
    answer = admin.post("/people", typed)
    assert answer.status_code == 422
    assert said in admin.text
    assert 'value="タカハシ シロウ"' in answer.text
    assert "<script>alert" not in answer.text


def test_a_stopped_person_is_logged_out_and_may_be_let_in_again(console: Console) -> None:
    person = console.browser("staff")
    admin = console.browser("admin")
    path = f"/people/{id_of(console, 'staff')}"
    admin.get(path)
    assert admin.post(f"{path}/stop", {"stop": "yes"}).status_code == 303
    assert person.client.get("/", follow_redirects=False).headers["location"].startswith("/login")
    assert admin.post(f"{path}/stop", {"stop": "no"}).status_code == 303
    assert console.browser().log_in("staff", PASSWORD).status_code == 200


def test_the_last_administrator_stays(console: Console) -> None:
    admin = console.browser("admin")
    path = f"/people/{id_of(console, 'admin')}"
    admin.get(path)
    answer = admin.post(f"{path}/stop", {"stop": "yes"})
    assert answer.status_code == 422
    assert "使える「管理」の利用者がいなくなる" in admin.text


def test_a_new_approver_is_shown_to_the_approvers_and_told(console: Console) -> None:
    admin = console.browser("admin")
    admin.get("/people")
    person = {"name": "新任 承認", "login": "shinnin", "role": ["staff", "approver"]}
    assert admin.post("/people", person).status_code == 303
    approver = console.browser("approver")
    approver.get("/")
    assert "新しい役割：新任 承認（承認、" in approver.text
    assert "新任 承認" not in console.browser("staff").get("/").text
    with console.desk.store() as store:
        assert ("role_given", "shinnin") in [(alarm.cause, alarm.detail) for alarm in store.alarms_waiting()]


def test_the_auditor_sees_who_logged_in_and_the_others_do_not(console: Console) -> None:
    auditor = console.browser("auditor")
    auditor.get("/people/views")
    assert "ログイン" in auditor.text
    assert PEOPLE["auditor"][0] in auditor.text
    for login in ("staff", "approver", "admin"):
        assert console.browser(login).get("/people/views").status_code == 403


def test_the_log_of_views_says_what_was_changed_of_an_account_and_by_whom(console: Console) -> None:
    """An account that root made at the server was made by a person, not by the program."""
    admin = console.browser("admin")
    admin.get("/people")
    person = {"name": "変更 太郎", "login": "henko", "role": "staff"}
    path = admin.post("/people", person).headers["location"].partition("?")[0]
    assert admin.post(f"{path}/invite").status_code in {200, 303}
    changed = {**person, "role": ["staff", "approver"], "until": "2099-03-31", "mail": "henko@contractor.example"}
    assert admin.post(path, changed).status_code == 303
    assert admin.post(f"{path}/stop", {"stop": "yes"}).status_code == 303
    auditor = console.browser("auditor")
    auditor.get("/people/views")
    for said in (
        "利用者に追加（担当）",
        "招待リンクを作成",
        "役割：担当 → 承認・担当",
        "最終日：なし → 2099-03-31",
        "メールアドレス：なし → henko@contractor.example",
        "利用を停止",
        "パスワードを変更",
        "サーバーの管理者 root",
    ):
        assert said in auditor.text, said
    assert "保証便（自動） root" not in auditor.text


def test_an_auditor_begins_with_the_log_of_what_was_sent(console: Console) -> None:
    assert console.browser("auditor").get("/").url.path == "/log"


def test_an_unknown_person_is_a_page_with_a_way_home(console: Console) -> None:
    assert console.browser("admin").get("/people/9999").status_code == 404


# --- Mails wanted ------------------------------------------------------------------------------------------------


def test_a_person_chooses_which_mails_come_and_the_choice_is_an_entry(console: Console) -> None:
    person = console.browser("staff")
    person.get("/me")
    assert "重大なお知らせは、ここで外しても届きます" in person.text
    assert "メールアドレスが登録されていない" in person.text
    for _ in range(2):
        assert person.post("/me/mails", {"mail": ["waiting", "sent", "everything"]}).status_code == 303
    with console.desk.store() as store:
        account = store.account(id_of(console, "staff"))
        assert account is not None
        assert account.mails == {MailKind.WAITING, MailKind.SENT}
        changes = [each for each in store.entries(events=["UserChanged"]) if "mails_wanted" in each.detail]
    assert [(each.by, each.detail["mails_wanted"]) for each in changes] == [(account.name, [[], ["sent", "waiting"]])]
    assert person.get("/me").text.count(" checked>") == 3
    assert person.post("/me/mails", {}).status_code == 303
    with console.desk.store() as store:
        assert not store.account(account.id).mails


@pytest.mark.parametrize(("login", "kinds"), [("admin", {"warnings"}), ("auditor", {"sent"})])
def test_only_mails_are_offered_and_taken_that_the_roles_may_have(
    console: Console, login: str, kinds: set[str]
) -> None:
    person = console.browser(login)
    person.get("/me")
    assert person.post("/me/mails", {"mail": ["waiting", "sent", "warnings"]}).status_code == 303
    with console.desk.store() as store:
        account = store.account(id_of(console, login))
        assert account is not None
        assert {*account.mails} == kinds


def test_the_own_account_has_no_button_to_stop_it_and_a_form_for_it_is_refused(console: Console) -> None:
    admin = console.browser("admin")
    own, other = (f"/people/{id_of(console, login)}" for login in ("admin", "staff"))
    assert f'action="{other}/stop"' in admin.get(other).text
    assert f'action="{own}/stop"' not in admin.get(own).text
    assert admin.post(f"{own}/stop", {"stop": "yes"}).status_code == 422
    assert admin.get("/people").status_code == 200
