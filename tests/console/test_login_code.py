"""The second factor on the pages: registered, asked for, removed; an administrator without one sees nothing else."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import pytest
import segno

from tests.support.console import PASSWORD, Console
from worker.accounts.second_factor import STEP_SECONDS, code_of
from worker.console.guards import session_cookie

SECRET = re.compile(r'name="secret" value="([A-Z2-7]{32})"')
RECOVERY = re.compile(r"\b(?:[a-z2-7]{4}-){2}[a-z2-7]{4}\b")


def code_at(secret: str, moment: dt.datetime) -> str:
    return code_of(secret, int(moment.timestamp()) // STEP_SECONDS)


def test_a_person_registers_the_code_is_asked_for_it_and_it_is_removed(console: Console) -> None:
    admin = console.browser("admin")
    (secret,) = SECRET.findall(admin.get("/me").text)
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
