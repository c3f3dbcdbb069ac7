"""The forms of a project: nothing is saved unseen, a conflict is chosen field by field, what waits is judged again."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape
from urllib.parse import quote

import pytest

from tests.console.conftest import SENT, UNKNOWN, WAITS
from tests.support.console import Browser, Console
from tests.support.notice_pdfs import invoice
from tests.support.world import project as a_project
from worker.console.visit import Visit
from worker.core.model import Product
from worker.core.rulebook import Project
from worker.core.states import NoteEvent, Reason

_FIELD = re.compile(r'<input(?![^>]*checkbox)[^>]*name="([fs]:[^"]+)"[^>]*value="([^"]*)"')
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


def path_of(name: str) -> str:
    return "/projects/" + quote(f"kawa/{name}")


def shown(browser: Browser) -> dict[str, str]:
    """The fields of the form on the last page, as they stand there."""
    assert browser.last is not None
    return {unescape(name): unescape(value) for name, value in _FIELD.findall(browser.last.text)}


def hidden(browser: Browser) -> dict[str, str]:
    """The hidden fields of the last page: those that the next step sends."""
    assert browser.last is not None
    return {unescape(name): unescape(value) for name, value in _HIDDEN.findall(browser.last.text) if name != "token"}


def registered(console: Console, name: str) -> Project | None:
    """The project as the files say it now."""
    return console.desk.office().active_config.register.by_id.get(f"kawa/{name}")


def entries(console: Console) -> list[tuple[str, str]]:
    with console.desk.store() as store:
        return [(each.detail["act"], each.by) for each in store.entries(events=[NoteEvent.REGISTER_CHANGED])]


def test_a_change_is_shown_before_it_is_saved_and_names_its_person(console: Console) -> None:
    browser = console.browser("staff")
    browser.get(path_of(SENT.project) + "/edit")
    fields = {**shown(browser), "f:dates.contract": "Ｒ８．１１．３０", "f:amount": "１，２８０，０００円"}
    before = len(entries(console))
    browser.post(path_of(SENT.project) + "/edit", fields)
    assert "令和8年11月30日（月）" in browser.text
    assert "1,280,000円" in browser.text
    assert len(entries(console)) == before
    saved = browser.post(path_of(SENT.project) + "/edit", {**hidden(browser), "step": "save"})
    assert saved.status_code == 303
    project = registered(console, SENT.project)
    assert project is not None
    assert (project.dates["contract"], project.amount) == (dt.date(2026, 11, 30), 1_280_000)
    assert entries(console)[before:] == [("edited", "佐藤 次郎")]
    browser.get(path_of(SENT.project))
    assert "令和8年11月30日（月）" in browser.text


def test_the_form_sent_as_it_was_shown_changes_nothing(console: Console) -> None:
    browser = console.browser("staff")
    for form in (SENT, WAITS):
        browser.get(path_of(form.project) + "/edit")
        answer = browser.post(path_of(form.project) + "/edit", shown(browser))
        assert answer.headers["location"].endswith("?said=unchanged"), browser.text


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("dates.contract", "8.11.30"),
        ("dates.contract", "あした"),
        ("amount", "たくさん"),
        ("numbers.contract", "令和8年11月30日"),
        ("name", ""),
        ("deadline.contract", "2/30"),
        ("issuer", "どこにもない市"),
    ],
)
def test_a_bad_field_comes_back_with_what_was_typed_and_the_sentence_beside_it(
    console: Console, field: str, text: str
) -> None:
    browser = console.browser("staff")
    browser.get(path_of(SENT.project) + "/edit")
    answer = browser.post(path_of(SENT.project) + "/edit", {**shown(browser), f"f:{field}": text})
    assert answer.status_code == 422
    assert f'id="fault-{field}"' in answer.text
    assert f'value="{text}"' in answer.text


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_field_at_fault_is_told_in_whole_sentences_and_without_a_pattern(
    console: Console, monkeypatch: pytest.MonkeyPatch, lang: str
) -> None:
    browser = console.browser("staff")
    monkeypatch.setattr(Visit, "lang", lang)
    browser.get("/projects/new")
    wrong = "きのう" if lang == "ja" else "yesterday"
    names = ("issuer", "dates.contract", "amount", "numbers.contract", "deadline.contract")
    answer = browser.post("/projects/new", {"f:name": "x", **{f"f:{name}": wrong for name in names}})
    assert answer.status_code == 422
    told = [unescape(each) for each in re.findall(r'class="fault"[^>]*>([^<]+)<', answer.text)]
    assert len(told) == len(names), told
    full = "。" if lang == "ja" else "."
    assert [each for each in told if not each.endswith(full) or re.search(r"[\[\]{}]", each)] == []
    if lang == "ja":
        assert "（例：40213-00712M）。お知らせPDFの「保証契約番号」を写してください。" in browser.text


def test_a_fault_of_a_field_that_is_not_on_the_form_is_said_above_it(console: Console) -> None:
    browser = console.browser("staff")
    for form in ("edit", "amend"):
        browser.get(path_of(SENT.project) + f"/{form}")
        fields = {**shown(browser), "f:dates.contract": "R9.1.15", "f:dates.bid": "あした"}
        answer = browser.post(path_of(SENT.project) + f"/{form}", fields)
        assert answer.status_code == 422
        assert "あした" in browser.text


def test_two_people_who_change_one_field_choose_which_text_stays(console: Console) -> None:
    first, second = console.browser("staff"), console.browser("approver")
    for browser in (first, second):
        browser.get(path_of(SENT.project) + "/edit")
    fields = [
        {**shown(browser), "f:phone": phone} for browser, phone in ((first, "03-1111-1111"), (second, "03-2222-2222"))
    ]
    first.post(path_of(SENT.project) + "/edit", {**fields[0], "step": "save"})
    answer = second.post(path_of(SENT.project) + "/edit", {**fields[1], "step": "save"})
    assert answer.status_code == 409
    assert "佐藤 次郎さん" in second.text
    for words in ("03-1111-1111", "03-2222-2222"):
        assert words in second.text
    kept = hidden(second)
    answer = second.post(path_of(SENT.project) + "/edit", {**kept, "c:phone": "now"})
    assert answer.headers["location"].endswith("?said=unchanged")
    second.post(path_of(SENT.project) + "/edit", {**kept, "c:phone": "mine", "step": "save"})
    project = registered(console, SENT.project)
    assert project is not None
    assert project.phone == "03-2222-2222"


def test_a_project_is_registered_from_its_notice_and_what_waited_goes_on(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/projects/new?from=3")
    fields = shown(browser)
    assert fields["f:name"] == UNKNOWN.project
    assert UNKNOWN.number in fields.values()
    assert UNKNOWN.key not in browser.text
    browser.post("/projects/new", {**fields, "from": "3", "f:issuer": "川北町"})
    asked = {**hidden(browser), **shown(browser), "f:issuer": "川北町", "from": "3"}
    browser.post("/projects/new", asked)
    assert "内容を確かめてください" in browser.text
    saved = browser.post("/projects/new", {**hidden(browser), "step": "save"})
    assert saved.headers["location"].startswith("/s/3")
    assert registered(console, UNKNOWN.project) is not None
    with console.desk.store() as store:
        reasons = {each.reason for each in store.submission(3).reasons}
    assert Reason.UNKNOWN_PROJECT not in reasons
    again = browser.post("/projects/new", {**asked, "step": "save"})
    assert again.headers["location"].endswith("?said=unchanged")


def test_an_amended_contract_keeps_the_original_beside_it(console: Console) -> None:
    browser = console.browser("staff")
    browser.get(path_of(SENT.project) + "/edit")
    first = {**shown(browser), "f:dates.contract": "R8.11.30", "f:amount": "1,280,000", "step": "save"}
    browser.post(path_of(SENT.project) + "/edit", first)
    browser.get(path_of(SENT.project) + "/amend")
    assert "1,280,000円" in browser.text
    assert browser.post(path_of(SENT.project) + "/amend", shown(browser)).status_code == 422
    fields = {**shown(browser), "f:dates.contract": "R9.1.15", "f:amount": "1,500,000"}
    browser.post(path_of(SENT.project) + "/amend", fields)
    assert "令和9年1月15日（金）" in browser.text
    browser.post(path_of(SENT.project) + "/amend", {**hidden(browser), "step": "save"})
    project = registered(console, SENT.project)
    assert project is not None
    assert (project.is_amended, project.amount, project.original_amount) == (True, 1_500_000, 1_280_000)
    browser.get(path_of(SENT.project))
    assert "当初" in browser.text


def test_an_invoice_is_given_chosen_or_said_to_go_separately(console: Console) -> None:
    browser, papers = console.browser("staff"), path_of(WAITS.project)
    browser.get(papers + "/papers?product=interim")
    pdf = invoice(WAITS.project)
    sent = browser.post(papers + "/invoice", {"product": "interim"}, files={"pdf": ("../../evil.pdf", pdf)})
    assert sent.status_code == 303, browser.text
    project = registered(console, WAITS.project)
    assert project is not None
    (named,) = project.invoices[Product.INTERIM]
    assert (console.desk.office().places.invoices / named.file).read_bytes() == pdf
    assert WAITS.project in named.file
    assert browser.post(papers + "/invoice", {"product": "interim", "choice": "separate"}).status_code == 303
    project = registered(console, WAITS.project)
    assert project is not None
    assert project.invoices[Product.INTERIM][0].file == ""
    for fields in ({"product": "interim"}, {"product": "contract", "choice": "separate"}):
        assert browser.post(papers + "/invoice", fields).status_code == 422
    refused = browser.post(papers + "/invoice", {"product": "advance"}, files={"pdf": ("a.pdf", b"PK\x03\x04 no pdf")})
    assert refused.status_code == 422
    empty = browser.post(papers + "/invoice", {"product": "advance"}, files={"pdf": ("a.pdf", b"")})
    assert (empty.status_code, "空のファイルです" in browser.text) == (422, True)
    both = {"product": "advance", "choice": "separate"}
    assert browser.post(papers + "/invoice", both, files={"pdf": ("a.pdf", pdf)}).status_code == 422
    assert "PDFと、ほかの選択肢の両方が選ばれています" in browser.text
    project = registered(console, WAITS.project)
    assert project is not None
    assert Product.ADVANCE not in project.invoices
    escaped = browser.post(papers + "/invoice", {"product": "advance", "choice": "file:../../etc/passwd"})
    assert escaped.status_code == 422


def test_an_issuer_that_takes_no_invoice_is_said_so_and_asks_for_none(console: Console) -> None:
    register = console.office.config / "projects.toml"
    before = register.read_text()
    register.write_text(before + a_project("庁舎清掃業務", "sora"))
    try:
        browser = console.browser("staff")
        page = browser.get("/projects/sora/庁舎清掃業務/papers?product=advance").text
        assert "この発注者には添付しません" in page
        assert page.count('name="pdf"') == 1, "that of the other documents alone"
        assert "その他の書類は不要" in page
    finally:
        register.write_text(before)


def test_documents_are_decided_as_none_or_by_name(console: Console) -> None:
    browser, papers = console.browser("staff"), path_of(WAITS.project)
    browser.get(papers + "/papers?product=contract")
    assert browser.post(papers + "/documents", {"product": "contract"}).status_code == 422
    given = {"product": "contract", "none": "1"}
    assert browser.post(papers + "/documents", {**given, "file": "工程表.pdf"}).status_code == 422
    assert browser.post(papers + "/documents", given, files={"pdf": ("a.pdf", invoice("工程表"))}).status_code == 422
    assert browser.post(papers + "/documents", given).status_code == 303
    assert "いまの登録：その他の書類は不要" in browser.get(papers + "/papers?product=contract").text
    project = registered(console, WAITS.project)
    assert project is not None
    assert project.documents[Product.CONTRACT] == ()


def test_other_documents_are_given_as_pdfs_and_keep_their_names(console: Console) -> None:
    browser, papers = console.browser("staff"), f"/projects/kawa/{WAITS.project}"
    browser.get(f"{papers}/papers?product=contract")
    assert "契約保証の書類" in browser.text
    given = [("pdf", (name, invoice(name), "application/pdf")) for name in ("工程表.pdf", "../../契約書.pdf")]
    assert browser.post(papers + "/documents", {"product": "contract"}, files=given).status_code == 303
    project = registered(console, WAITS.project)
    assert project is not None
    assert [each.file for each in project.documents[Product.CONTRACT]] == ["工程表.pdf", "契約書.pdf"]
    for (_, (_, content, _)), name in zip(given, ("工程表.pdf", "契約書.pdf"), strict=True):
        assert (console.desk.office().places.invoices / name).read_bytes() == content
    kept = {"product": "contract", "file": "工程表.pdf"}
    refused = browser.post(papers + "/documents", kept, files={"pdf": ("a.pdf", b"PK\x03\x04 no pdf")})
    assert refused.status_code == 422
    assert "PDFではない" in browser.text
    assert registered(console, WAITS.project) == project


def test_a_project_is_deleted_only_without_submissions_and_completed_otherwise(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/projects/new")
    spare = {"f:name": "使わない工事", "f:issuer": "川北町", "asked": "kawa", "step": "save"}
    assert browser.post("/projects/new", spare).status_code == 303, browser.text
    assert browser.post(path_of("使わない工事") + "/delete").headers["location"] == "/projects?said=project_deleted"
    assert registered(console, "使わない工事") is None
    assert browser.post(path_of(WAITS.project) + "/close").status_code == 303
    browser.get("/projects")
    assert WAITS.project not in browser.text
    browser.get("/projects?closed=1")
    assert WAITS.project in browser.text


def test_a_ledger_row_of_another_office_is_no_script(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/projects/new")
    name = '"><script>alert(1)</script>'
    answer = browser.post("/projects/new", {"f:name": name, "f:issuer": name})
    assert "<script>alert" not in answer.text
