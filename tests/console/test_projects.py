"""The pages of projects: one row each, three guarantees side by side, what a notice would become, and the search."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import pytest

from tests.console.conftest import SENT, UNKNOWN, WAITS
from tests.console.test_project_forms import hidden, shown
from tests.support.console import Console
from tests.support.office import Mailroom, a_mail, notice


def path_of(name: str) -> str:
    return "/projects/" + quote(f"kawa/{name}")


def test_the_list_has_one_row_per_project_that_leads_to_its_page(console: Console) -> None:
    browser = console.browser("staff")
    page = browser.get("/projects").text
    for form in (SENT, WAITS):
        assert page.count(f'href="{path_of(form.project)}"') == 1
        browser.get(path_of(form.project))
        assert form.project in browser.text
        assert form.number in browser.text


@pytest.mark.parametrize("typed", ["橋梁", "橋 梁", "ｷ", WAITS.number, WAITS.number.replace("-", "－")])
def test_a_project_is_found_by_a_part_of_its_name_or_number_in_any_width(console: Console, typed: str) -> None:
    browser = console.browser("auditor")
    for page in ("/projects", "/search"):
        text = browser.get(page, params={"q": typed}).text
        assert (path_of(WAITS.project) in text) is (typed != "ｷ"), page
        assert path_of(SENT.project) not in text, page


def test_a_notice_without_a_project_is_found_by_its_name_and_its_submission_by_its_number(console: Console) -> None:
    browser = console.browser("staff")
    assert 'href="/s/3"' in browser.get("/search", params={"q": "登録のない"}).text
    assert 'href="/s/2"' in browser.get("/search", params={"q": "２"}).text
    assert "該当するものはありません" in browser.get("/search", params={"q": "9" * 30}).text
    assert "該当するものはありません" in browser.get("/search", params={"q": "<script>"}).text
    assert "<script>alert" not in browser.get("/search", params={"q": "<script>alert(1)</script>"}).text


def test_a_project_shows_its_three_guarantees_and_everything_submitted(console: Console) -> None:
    browser = console.browser("staff")
    page = browser.get(path_of(SENT.project)).text
    for words in ("契約保証", "前払金保証", "中間前払金保証", "別途提出", "提出方法（発注者の決まり）"):
        assert words in browser.text
    assert 'href="/s/1"' in page
    assert SENT.key not in page


def test_a_guarantee_that_has_not_come_shows_the_mail_that_its_notice_would_become(
    console: Console,
) -> None:
    browser = console.browser("staff")
    with console.desk.store() as store:
        before = store.head()
    browser.get(path_of(WAITS.project) + "/preview?product=interim")
    assert "中間前払金保証のお知らせが届いたら" in browser.text
    assert "請求書" in browser.text
    assert "送信内容の番号・キーがお知らせと異なる" not in browser.text
    browser.get(path_of(SENT.project) + "/preview?product=contract")
    assert "送るメール" in browser.text
    with console.desk.store() as store:
        assert store.head() == before


@pytest.mark.parametrize("path", ["/projects/kawa/none", "/projects/none", "/projects/kawa/none/preview?product=x"])
def test_an_unknown_project_is_a_404_with_a_way_home(console: Console, path: str) -> None:
    browser = console.browser("staff")
    assert browser.get(path).status_code == 404
    assert "今日することへ" in browser.text


def test_the_quick_guide_says_what_to_do_while_the_server_is_down(console: Console) -> None:
    for login in ("staff", "auditor", "admin"):
        browser = console.browser(login)
        browser.get("/help")
        assert "画面やサーバーが使えないとき" in browser.text
        assert "管理者の連絡先 鈴木 一郎 電話：＿" in browser.text


def test_an_administrator_sees_no_project(console: Console) -> None:
    browser = console.browser("admin")
    for path in ("/projects", path_of(SENT.project), "/search?q=1"):
        assert browser.get(path).status_code == 403


def test_a_memo_of_a_project_stands_on_its_page_and_on_its_row_with_its_person(console: Console) -> None:
    browser, path = console.browser("staff"), f"/projects/kawa/{WAITS.project}"
    browser.get(path)
    refused = browser.post(f"{path}/memo", {"text": "長" * 201, "next_look": "2027-01-05"})
    assert refused.status_code == 422
    assert "長" * 201 in refused.text
    assert 'value="2027-01-05"' in refused.text
    assert browser.post(f"{path}/memo", {"text": "メモ", "next_look": "いつか"}).status_code == 422
    done = browser.post(f"{path}/memo", {"text": "契約課の<b>田中さん</b>に確認中"})
    assert done.headers["location"].endswith("?said=recorded")
    assert "契約課の<b>田中さん</b>に確認中（佐藤 次郎）" in browser.get(path).text.replace("&lt;", "<").replace(
        "&gt;", ">"
    )
    assert "<b>田中さん</b>" not in browser.get(path).text
    browser.get("/")
    assert "メモ：契約課の" in browser.text
    assert browser.post("/projects/kawa/ない/memo", {"text": "x"}).status_code == 404


def test_a_memo_follows_its_project_to_a_new_name(console: Console) -> None:
    browser, path = console.browser("staff"), "/projects/kawa/名前の変わる工事"
    browser.get("/projects/new")
    fields = {"f:name": "名前の変わる工事", "f:issuer": "川北町", "asked": "kawa", "step": "save"}
    assert browser.post("/projects/new", fields).status_code == 303
    browser.get(path)
    browser.post(f"{path}/memo", {"text": "名前が変わっても"})
    renamed = {"f:name": "改名した工事", "s:name": "名前の変わる工事", "step": "save"}
    assert browser.post(f"{path}/edit", renamed).status_code == 303
    assert "名前が変わっても" in browser.get("/projects/kawa/改名した工事").text


def test_a_notice_is_linked_to_a_similar_project_from_its_own_page(console: Console, room: Mailroom) -> None:
    other = replace(WAITS, project="橋梁補修工事その２", number=UNKNOWN.number[:-1] + "9", key="QWER1234ASDF5678")
    room.deliver(a_mail("認証キー", ("b.pdf", notice(other))))
    assert room.office.run_once().code == 1
    number = room.office.only(other)["id"]
    staff = console.browser("staff")
    path = f"/projects/{quote(f'kawa/{WAITS.project}')}/edit?from={number}"
    assert f'<a href="{path}">この案件に結び付ける</a>' in staff.get(f"/s/{number}").text
    near = re.search('<ul class="near">.*?</ul>', staff.get(f"/s/{number}").text, re.DOTALL)
    assert near
    assert "川北町" in near[0], "the issuer tells two projects of one name apart"
    assert "この案件に結び付ける" not in console.browser("auditor").get(f"/s/{number}").text
    page = staff.get(path)
    assert f"提出 {number} のお知らせの保証契約番号（{other.number}）を" in page.text
    warning = f"お知らせの工事名「{other.project}」は、この案件の工事名「{WAITS.project}」と違います"
    assert warning in page.text
    fields = shown(staff)
    assert fields["f:contract_numbers"] == f"{WAITS.number}、{other.number}"
    assert fields["f:names_on_notice"] == "", "those are names of contractors"
    assert fields["s:contract_numbers"] == WAITS.number
    assert staff.post(path.partition("?")[0], {**fields, "from": str(number)}).status_code == 200
    assert warning in staff.text, "it stands beside what is to be saved too"
    saved = staff.post(path.partition("?")[0], {**hidden(staff), "step": "save"})
    assert saved.headers["location"].startswith(f"/s/{number}?")
    assert room.office.show(number)["project"] == WAITS.project
    assert "下の欄に加えました" not in staff.get(path).text, "it has the number now"
    compared = re.search(
        "<tr[^>]*>(?:(?!</tr>).)*橋梁補修工事その２.*?</tr>", staff.get(f"/s/{number}").text, re.DOTALL
    )
    assert compared
    assert "相違" in compared[0], "another printed name is shown to the approver"
