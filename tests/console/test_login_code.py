"""The second factor on the pages: registered, asked for, removed; an administrator without one sees nothing else."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from html import unescape

import pytest
import segno

from tests.support.console import PASSWORD, PEOPLE, Console
from worker.accounts.passwords import SHORTEST, SHORTEST_WITH_SECOND
from worker.accounts.second_factor import STEP_SECONDS, code_of
from worker.accounts.sessions import token_hash
from worker.console.guards import session_cookie
from worker.core.accounts import FRESH

SECRET = re.compile(r'name="secret" value="([A-Z2-7]{32})"')
RECOVERY = re.compile(r"\b(?:[a-z2-7]{4}-){2}[a-z2-7]{4}\b")


def code_at(secret: str, moment: dt.datetime) -> str:
    return code_of(secret, int(moment.timestamp()) // STEP_SECONDS)


def test_a_person_registers_the_code_is_asked_for_it_and_it_is_removed(console: Console) -> None:
    admin = console.browser("admin")
    (secret,) = SECRET.findall(admin.get("/me").text)
    assert f"{SHORTEST}文字以上" in admin.text
    wrong = admin.post("/me/code", {"secret": secret, "code": "000000"})
    assert wrong.status_code == 422
    assert SECRET.findall(wrong.text) == [secret], "the app has it already"
    done = admin.post("/me/code", {"secret": secret, "code": code_at(secret, console.desk.clock.now())})
    codes = RECOVERY.findall(admin.text)
    assert (done.status_code, len(codes)) == (200, 10)
    assert admin.client.get("/people", follow_redirects=False).headers["location"].startswith("/login")

    other = console.browser()
    asked = other.post("/login", {"login": "admin", "password": PASSWORD})
    assert asked.status_code == 422
    assert "確認コードも入力してください" in other.text
    assert 'name="code"' in asked.text
    assert other.post("/login", {"login": "admin", "password": PASSWORD, "code": codes[0]}).status_code == 303
    other.get("/me")
    assert "残りの回復コード：9個" in other.text
    assert f"{SHORTEST_WITH_SECOND}文字以上" in other.text
    assert f"{SHORTEST}文字以上" not in other.text, "beside a code a shorter password is taken"
    assert secret not in (other.last.text if other.last else "")
    number = re.findall(r'href="/people/(\d+)" aria-label="鈴木', other.get("/people").text)[0]
    assert other.post(f"/people/{number}/forget-code").status_code == 303
    assert console.browser().log_in("admin").status_code == 200


def test_the_secret_is_a_picture_in_the_page_itself_and_in_no_address(console: Console) -> None:
    staff = console.browser("staff")
    page = staff.get("/me").text
    (secret,) = SECRET.findall(page)
    (link,) = (unescape(each) for each in re.findall(r'href="(otpauth:[^"]+)"', page))
    assert secret in link
    (drawn,) = re.findall(r"<svg.*?</svg>", page)
    dark = {
        (x, y)
        for y, row in enumerate(segno.make(link, error="m", micro=False).matrix)
        for x, on in enumerate(row)
        if on
    }
    assert modules_of(drawn) == dark
    assert secret not in str(re.findall(r'(?:src|action)="([^"]+)"', page))
    long = staff.post("/me/code", {"secret": "A" * 9_000, "code": "000000"})
    assert long.status_code == 422


def modules_of(drawn: str) -> set[tuple[int, int]]:
    """The dark modules of a picture whose path goes by ``m`` and draws by ``h``, within a border of four."""
    (path,) = re.findall(r' d="([^"]+)"', drawn)
    found, x, y = set(), 0.0, 0.0
    for step, numbers in re.findall(r"([Mmh])([-0-9. ]+)", path):
        first, *second = (float(each) for each in numbers.split())
        if step == "h":
            found |= {(int(x) + place - 4, int(y) - 4) for place in range(int(first))}
            x += first
        else:
            x, y = (first, second[0]) if step == "M" else (x + first, y + second[0])
    return found


def grow_old(console: Console, login: str) -> None:
    """Puts the last proof of each session of ``login`` back by the time after which a decision asks for a new one."""
    with console.desk.store() as store, store.writing() as writing:
        account = store.account_of(login)
        assert account is not None
        for session in store.sessions_of(account.id):
            writing.put_session(dataclasses.replace(session, proven_at=session.proven_at - FRESH))


def test_before_a_decision_a_second_factor_proves_as_well_as_the_password(console: Console) -> None:
    approver = console.browser("approver")
    grow_old(console, "approver")
    approver.get("/s/2")
    asked = approver.post("/s/2/resend", {"why": "訂正"})
    assert asked.status_code == 403
    assert "もう一度パスワードを入力してください" in approver.text
    assert 'name="proof-code"' not in asked.text, "this account has no second factor"
    approver = console.browser()
    approver.log_in("approver")
    (secret,) = SECRET.findall(approver.get("/me").text)
    moment = console.desk.clock.now()
    approver.post("/me/code", {"secret": secret, "code": code_at(secret, moment)})
    try:
        for proof, said in (
            ({"proof-code": "000000"}, "確認コードが違うか"),
            ({"proof": "そのようなパスワードではない"}, "パスワードが違います"),
            ({}, ""),
        ):
            browser = console.browser()
            browser.log_in("approver")
            grow_old(console, "approver")
            browser.get("/s/2")
            answer = browser.post("/s/2/resend", {"why": "訂正のため", **proof})
            assert answer.status_code == 403
            assert "もう一度パスワードか確認コード" in browser.text
            assert said in browser.text
            fields = re.findall(r'<input name="proof[^>]*>', answer.text)
            assert ["proof-code" in each for each in fields] == [False, True]
            assert not any("required" in each for each in fields)
            assert 'name="why" value="訂正のため"' in answer.text, "what was typed is kept"
        for proof in ({"proof-code": code_at(secret, moment)}, {"proof": PASSWORD}):
            browser = console.browser()
            browser.log_in("approver")
            grow_old(console, "approver")
            browser.get("/s/2")
            answer = browser.post("/s/2/resend", {"why": "訂正のため", **proof})
            assert "もう一度パスワード" not in browser.text
            assert answer.status_code != 403, browser.text
            session = browser.client.cookies[session_cookie(console.desk)]
            with console.desk.store() as store:
                held = store.session(token_hash(session))
                assert held is not None
                assert held.is_fresh(console.desk.clock.now())
    finally:
        console.office("user", "forget-code", "approver", "--by", PEOPLE["admin"][0])


@pytest.mark.parametrize("path", ["/people", "/health", "/people/1"])
def test_over_https_an_administrator_without_a_code_is_led_to_register_one(console: Console, path: str) -> None:
    admin = console.browser("admin")
    token = admin.client.cookies[session_cookie(console.desk)]
    console.desk.is_loopback_http = False
    try:
        headers = {"cookie": f"{session_cookie(console.desk)}={token}"}
        answer = admin.client.get(path, headers=headers, follow_redirects=False)
        assert answer.headers["location"] == "/me?said=code_first"
        assert admin.client.get("/me", headers=headers).status_code == 200
        sent = admin.client.post(
            "/people", data={"name": "x"}, headers={**admin.headers, **headers}, follow_redirects=False
        )
        assert sent.headers["location"] == "/me?said=code_first"
    finally:
        console.desk.is_loopback_http = True


def test_the_language_of_the_pages_is_the_persons(console: Console) -> None:
    staff = console.browser("staff")
    staff.get("/me")
    assert staff.post("/me/settings", {"language": "en"}).status_code == 303
    staff.get("/me")
    assert "Change the password" in staff.text
    assert staff.post("/me/settings", {"language": "klingon"}).status_code == 303
    staff.get("/me")
    assert "パスワードを変える" in staff.text
