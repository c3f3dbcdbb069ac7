"""The forms of an issuer: nothing is saved unseen, a conflict is chosen field by field, what waits is judged again."""

from __future__ import annotations

import re
import tomllib
from html import unescape
from typing import Any

import pytest

from tests.support.console import Browser, Console
from worker.core.model import Entry
from worker.core.states import NoteEvent, Reason

EDIT = "/issuers/kawa/edit"
SUBJECT = "rule.default.subject"
_INPUT = re.compile(r'<input(?![^>]*(?:checkbox|hidden|radio))[^>]*name="([^"]+)"[^>]*value="([^"]*)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_TICKED = re.compile(r'<input type="checkbox" name="([^"]+)" value="([^"]*)" checked')
_SELECT = re.compile(r'<select name="([^"]+)"[^>]*>(.*?)</select>', re.DOTALL)
_SELECTED = re.compile(r'<option(?: value="([^"]*)")? selected>([^<]*)')
_LINES = re.compile(r'<textarea name="([^"]+)"[^>]*>([^<]*)</textarea>')


def shown(browser: Browser) -> dict[str, Any]:
    """The fields of the form on the last page, as a browser would send them."""
    assert browser.last is not None
    html = browser.last.text
    fields: dict[str, Any] = {}
    for name, value in (*_HIDDEN.findall(html), *_INPUT.findall(html), *_LINES.findall(html)):
        fields[unescape(name)] = unescape(value)
    for name, options in _SELECT.findall(html):
        found = _SELECTED.search(options)
        fields[unescape(name)] = unescape(found[1] or found[2]) if found else ""
    ticked: dict[str, list[str]] = {}
    for name, value in _TICKED.findall(html):
        ticked.setdefault(unescape(name), []).append(unescape(value))
    return {name: value for name, value in {**fields, **ticked}.items() if name != "token"}


def hidden(browser: Browser) -> dict[str, Any]:
    """The hidden fields of the last page: those that the next step sends."""
    assert browser.last is not None
    fields: dict[str, list[str]] = {}
    for name, value in _HIDDEN.findall(browser.last.text):
        fields.setdefault(unescape(name), []).append(unescape(value))
    return {name: values for name, values in fields.items() if name != "token"}


def table_of(console: Console, issuer: str = "kawa") -> dict[str, Any]:
    return tomllib.loads((console.office.config / "issuers" / f"{issuer}.toml").read_text())


def entries(console: Console) -> tuple[Entry, ...]:
    with console.desk.store() as store:
        return tuple(store.entries(events=[NoteEvent.ISSUER_CHANGED]))


def save(browser: Browser, path: str) -> Any:
    return browser.post(path, {**hidden(browser), "step": "save"})


def test_the_form_sent_as_it_was_shown_changes_nothing(console: Console) -> None:
    browser = console.browser("staff")
    for issuer in console.desk.office().configuration.issuers:
        browser.get(f"/issuers/{issuer}/edit")
        answer = browser.post(f"/issuers/{issuer}/edit", shown(browser))
        assert answer.headers.get("location", "").endswith("?said=unchanged"), (issuer, browser.text[:2000])


def test_a_change_is_saved_only_after_its_summary_was_seen(console: Console) -> None:
    browser = console.browser("staff")
    browser.get(EDIT)
    fields = {**shown(browser), f"f:{SUBJECT}": "【〔保証の種類〕】〔工事名〕の提出"}
    before = len(entries(console))
    unseen = browser.post(EDIT, {**fields, "step": "save"})
    assert (unseen.status_code, len(entries(console))) == (409, before)
    browser.post(EDIT, fields)
    for words in ("件名", "【〔保証の種類〕】〔工事名〕の提出", "】道路改良工事の提出", "これまでのお知らせ"):
        assert words in browser.text, words
    assert len(entries(console)) == before
    saved = save(browser, EDIT)
    assert saved.headers["location"] == "/issuers/kawa?said=project_saved_judged"
    assert table_of(console)["rule"]["default"]["subject"] == "【{{ product }}】{{ project.name }}の提出"
    entry = entries(console)[-1]
    assert (entry.by, entry.detail["act"], entry.detail["issuer"]) == ("佐藤 次郎", "edited", "kawa")
    with console.desk.store() as store:
        draft = store.submission(1).composed.draft
    assert draft is not None
    assert draft.subject.endswith("】道路改良工事の提出")
    browser.get("/issuers/kawa")
    assert "佐藤 次郎：件名" in browser.text
    again = browser.post(EDIT, {**fields, "step": "save"})
    assert again.status_code in {303, 409}
    assert len(entries(console)) == before + 1


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (SUBJECT, "はい"),
        (SUBJECT, "{{ nothing }}"),
        ("section.doboku.to", "doboku＠kawa"),
        ("section.doboku.name", "いいえ"),
        ("name", ""),
        ("checked_on", "あした"),
        ("rule.default.section", "どこにもない課"),
        ("rule.default.contact_first", "ｙｅｓ"),
    ],
)
def test_a_bad_field_comes_back_with_what_was_typed_and_the_sentence_beside_it(
    console: Console, field: str, text: str
) -> None:
    browser = console.browser("staff")
    browser.get(EDIT)
    before = table_of(console)
    answer = browser.post(EDIT, {**shown(browser), f"f:{field}": text})
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in answer.text
    assert f'value="{text}"' in answer.text
    assert table_of(console) == before


def test_the_mail_is_seen_while_typing_and_nothing_is_saved(console: Console) -> None:
    browser = console.browser("staff")
    browser.get(EDIT)
    before = table_of(console)
    fields = {**shown(browser), f"f:{SUBJECT}": "〔工事名〕の認証キー"}
    seen = browser.post(EDIT, {**fields, "step": "preview"})
    assert seen.status_code == 200
    assert "工事の認証キー" in browser.text or "〔工事名〕の認証キー" in browser.text
    assert 'id="preview"' in seen.text
    wrong = browser.post(EDIT, {**fields, f"f:{SUBJECT}": "{{ nothing }}", "step": "preview"})
    assert wrong.status_code == 200
    assert table_of(console) == before
    with console.desk.store() as store:
        keys = [
            notice.key.clear
            for each in (1, 2)
            if (notice := store.notice(store.submission(each).notice.pdf_sha256 or ""))
        ]  # type: ignore[arg-type]
    assert all(key not in seen.text for key in keys)


def test_two_people_who_change_one_field_choose_which_text_stays(console: Console) -> None:
    first, second = console.browser("staff"), console.browser("approver")
    phone = "section.doboku.phone"
    fields = []
    for browser, text in ((first, "0761-11-1111"), (second, "0761-22-2222")):
        browser.get(EDIT)
        fields.append({**shown(browser), f"f:{phone}": text})
    first.post(EDIT, fields[0])
    assert save(first, EDIT).status_code == 303
    answer = second.post(EDIT, fields[1])
    assert answer.status_code == 409
    assert "佐藤 次郎さん" in second.text
    for words in ("0761-11-1111", "0761-22-2222"):
        assert words in second.text
    kept = hidden(second)
    unchanged = second.post(EDIT, {**kept, f"c:{phone}": "now"})
    assert unchanged.headers["location"].endswith("?said=unchanged")
    second.post(EDIT, {**kept, f"c:{phone}": "mine"})
    assert save(second, EDIT).status_code == 303
    assert table_of(console)["section"]["doboku"]["phone"] == "0761-22-2222"


def test_what_is_open_is_a_list_and_each_answer_is_recorded_with_its_place(console: Console) -> None:
    browser = console.browser("staff")
    browser.get(EDIT)
    browser.post(EDIT, {**shown(browser), f"f:open.{SUBJECT}": "未確認"})
    assert save(browser, EDIT).status_code == 303
    with console.desk.store() as store:
        assert Reason.RULE_OPEN in {each.reason for each in store.submission(1).reasons}
    browser.get("/")
    assert browser.last is not None
    assert re.search(r'href="/issuers/kawa">\s*提出方法を補う', browser.last.text)
    browser.get("/issuers/kawa")
    assert "まだ確かめていないこと" in browser.text
    answer = "/issuers/kawa/answer"
    assert browser.post(answer, {"key": SUBJECT, "value": "件名"}).status_code == 422
    refused = browser.post(answer, {"key": SUBJECT, "value": "はい", "seen_at": "町のページ"})
    assert refused.status_code == 422
    assert browser.post(answer, {"key": SUBJECT, "seen_at": "町", "seen_on": "あした"}).status_code == 422
    browser.post(answer, {"key": SUBJECT, "value": "〔工事名〕の件", "seen_at": "町のページ", "seen_on": "R8.11.20"})
    assert "町のページ" in browser.text
    assert save(browser, answer).status_code == 303
    entry = entries(console)[-1]
    assert (entry.detail["act"], entry.detail["seen_at"], entry.detail["seen_on"]) == (
        "answered",
        "町のページ",
        "2026-11-20",
    )
    assert table_of(console)["open"] == []
    again = browser.post(answer, {"key": SUBJECT, "value": "別の件", "seen_at": "町のページ"})
    assert again.headers["location"].endswith("?said=unchanged")
    browser.get("/issuers/kawa")
    assert "まだ確かめていないこと" not in browser.text
    assert "町のページ（2026-11-20）" in browser.text


def test_a_new_issuer_is_registered_from_its_page_and_what_it_does_not_say_is_open(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/issuers", params={"q": "海辺市"})
    assert "/issuers/new?name=" in browser.html
    browser.get("/issuers/new", params={"name": "海辺市"})
    fields = {
        **shown(browser),
        "f:source": "https://www.city.umibe.example/hosho.html",
        "f:section.ka1.name": "契約検査課",
        "f:section.ka1.to": "keiyaku@umibe.example",
        "f:rule.default.channel": "メール",
        "f:rule.default.section": "契約検査課",
        f"f:{SUBJECT}": "【〔保証の種類〕】〔工事番号〕_〔工事名〕",
        "f:rule.default.notice": "お知らせPDFを添付",
        "sample": "【契約保証】第12号_市道改良工事",
    }
    browser.post("/issuers/new", {**fields, "step": "preview"})
    assert "【契約保証】〔工事番号〕_〔工事名〕" in browser.text
    browser.post("/issuers/new", {**fields, "sample": "契約保証 第12号"})
    assert "見本の件名" in browser.text
    browser.post("/issuers/new", fields)
    assert "見本 1件：すべて合っています" in browser.text
    sent = {**hidden(browser), "step": "save"}
    assert browser.post("/issuers/new", sent).headers["location"] == "/issuers/umibe?said=project_saved"
    table = table_of(console, "umibe")
    assert set(table["open"]) == {"rule.default.invoice", "rule.default.timing"}
    assert table["example"][0]["project"]["values"] == {"工事番号": "第12号"}
    assert browser.post("/issuers/new", sent).headers["location"].endswith("?said=unchanged")
    browser.get("/issuers/umibe")
    assert "まだ確かめていないこと" in browser.text


def test_an_issuer_of_the_catalogue_is_offered_and_taken_over(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/issuers", params={"q": "加賀"})
    assert "同梱の一覧にあります" in browser.text
    browser.get("/issuers/new?from=kaga")
    fields = {**shown(browser), "f:section.kanzai.to": "keiyaku@kaga.example", "f:open.section.kanzai.to": ""}
    browser.post("/issuers/new", fields)
    saved = save(browser, "/issuers/new")
    assert saved.headers["location"] == "/issuers/kaga?said=project_saved", browser.text[:1500]
    table = table_of(console, "kaga")
    assert (table["section"]["kanzai"]["to"], len(table["example"])) == (["keiyaku@kaga.example"], 2)
    assert browser.get("/issuers/new?from=../../etc/passwd").status_code == 200


def test_an_auditor_sees_the_rule_and_no_form(console: Console) -> None:
    browser = console.browser("auditor")
    browser.get("/issuers/kawa")
    assert browser.last is not None
    assert "/edit" not in browser.last.text
    assert "/answer" not in browser.last.text
    for path in (EDIT, "/issuers/new"):
        assert browser.get(path).status_code == 403


def test_an_unknown_issuer_is_not_found(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/issuers")
    assert browser.get("/issuers/nobody/edit").status_code == 404
    browser.get("/issuers/new")
    for path in ("/issuers/nobody/edit", "/issuers/nobody/answer"):
        assert browser.post(path, {"key": "name"}).status_code == 404
