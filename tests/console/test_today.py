"""今日すること: the person of each row, who takes it on and leaves it, and the rows of one person."""

from __future__ import annotations

import re

import pytest

from tests.support.console import Browser, Console
from tests.support.world import HANAKO, JIRO, START
from worker.core.japanese_dates import write_date
from worker.store.backups import BACKUP_TROUBLE, Trouble
from worker.store.sqlite.store import SqlStore

ROW = re.compile(r"<tr>\s*<td>.*?</tr>", re.DOTALL)


@pytest.fixture(autouse=True)
def untaken(console: Console) -> None:
    """Begins each test with nothing taken on."""
    with console.desk.store() as store, store.writing() as writing:
        for each in store.taken_on():
            writing.drop_taken_on(each.about)


def row_of(browser: Browser, about: str, query: str = "") -> str:
    """The row of the list with this key; empty if it is not shown."""
    page = browser.get(f"/{query}").text
    return next((row for row in ROW.findall(page) if f'name="about" value="{about}"' in row), "")


def test_a_row_is_taken_on_shown_with_the_name_taken_over_and_left(console: Console) -> None:
    staff, approver = console.browser("staff"), console.browser("approver")
    assert "引き受ける" in row_of(staff, "2")
    for _ in range(2):
        assert staff.post("/take", {"about": "2", "act": "take"}).headers["location"] == "/?said=work_taken"
    mine, other = row_of(staff, "2"), row_of(approver, "2")
    assert f"<b>{JIRO.by}</b>" in mine
    assert "引き受けをやめる" in mine
    assert f"<b>{JIRO.by}</b>" in other
    assert "引き継ぐ" in other
    assert approver.post("/take", {"about": "2", "act": "leave"}).status_code == 422
    assert f"引き受けているのは{JIRO.by}さんです" in approver.text
    row_of(approver, "2")
    assert approver.post("/take", {"about": "2", "act": "take"}).status_code == 303
    assert f"<b>{HANAKO.by}</b>" in row_of(staff, "2")
    for _ in range(2):
        assert approver.post("/take", {"about": "2", "act": "leave"}).headers["location"] == "/?said=work_left"
    assert "<b>" not in row_of(staff, "2").partition('<td class="w">')[2]


def test_the_rows_of_one_person_leave_out_what_another_has_taken_on(console: Console) -> None:
    staff, approver = console.browser("staff"), console.browser("approver")
    assert row_of(approver, "2", "?who=mine")
    assert not row_of(staff, "2", "?who=mine"), "an approval is missing, which staff may not give"
    row_of(staff, "2")
    answer = staff.post("/take", {"about": "2", "act": "take", "who": "mine", "kind": "held"})
    assert answer.headers["location"] == "/?kind=held&who=mine&said=work_taken"
    assert row_of(staff, "2", "?who=mine")
    assert not row_of(approver, "2", "?who=mine")


@pytest.mark.parametrize("about", ["", "0", "999", "x", "1/contract", "kawa/道路改良工事/nothing", "-1", "１"])
def test_what_is_no_row_is_not_taken_on(console: Console, about: str) -> None:
    staff = console.browser("staff")
    staff.get("/")
    assert staff.post("/take", {"about": about, "act": "take"}).status_code == 404
    with console.desk.store() as store:
        assert store.taken_on() == ()


def test_a_missing_guarantee_of_the_register_is_taken_on(console: Console) -> None:
    project = console.desk.office().outline.projects[0].id
    staff = console.browser("staff")
    staff.get("/")
    assert staff.post("/take", {"about": f"{project}/advance", "act": "take"}).status_code == 303
    with console.desk.store() as store:
        assert [(each.about, each.by) for each in store.taken_on()] == [(f"{project}/advance", JIRO.by)]
    assert console.office("take", f"{project}/advance", "--by", JIRO.by, "--leave").code == 0
    assert console.office("take", f"{project}/nothing", "--by", JIRO.by).code == 1
    with console.desk.store() as store:
        assert store.taken_on() == ()


def test_the_command_takes_on_the_same_and_the_auditor_may_not(console: Console) -> None:
    office = console.office
    taken = office("take", "2", "--by", JIRO.by, "--json").document
    assert (taken["about"], taken["by"]) == ("2", JIRO.by)
    assert JIRO.by in row_of(console.browser("approver"), "2")
    listed = {each["submission"]: each["taken_by"] for each in office("tasks", "--json").documents}
    assert (listed[2], listed[1]) == (JIRO.by, None)
    assert JIRO.by in office("tasks").out
    ran = office("take", "2", "--by", HANAKO.by, "--leave")
    assert (ran.code, f"引き受けているのは{JIRO.by}さんです" in ran.out + ran.err) == (1, True)
    assert "やめました" in office("take", "2", "--by", JIRO.by, "--leave").out
    assert office("take", "99", "--by", JIRO.by).code == 1
    assert office("take", "２＠abcdefghjk", "--by", JIRO.by).code == 0
    auditor = console.browser("auditor")
    auditor.get("/me")
    assert auditor.post("/take", {"about": "2", "act": "take"}).status_code == 403


def test_a_store_keeps_what_was_taken_on(console: Console) -> None:
    office = console.office
    assert office("take", "1", "--by", JIRO.by).code == 0
    with console.desk.store() as store:
        assert isinstance(store, SqlStore)
        assert [each.by for each in store.taken_on()] == [JIRO.by]
        assert store.verify().faults == ()


def test_a_backup_that_failed_is_a_row_without_a_button_for_who_sees_no_health(console: Console) -> None:
    with console.desk.store() as store, store.writing() as writing:
        writing.set_property(BACKUP_TROUBLE, Trouble(START, "unreached", "/srv/x", "gone").text())
    try:
        page = console.browser("staff").get("/?kind=backup").text
        (row,) = ROW.findall(page)
        assert "バックアップを作成できていません" in row
        assert "<form" not in row, "nobody takes it on here"
        assert 'href="/health"' not in row
    finally:
        with console.desk.store() as store, store.writing() as writing:
            writing.set_property(BACKUP_TROUBLE, "")


def test_the_menu_counts_what_is_to_do_and_the_approver_s_what_waits_for_an_approval(console: Console) -> None:
    approver = console.browser("approver")
    page = approver.get("/log").text
    counted = [int(each) for each in re.findall(r"(?:今日すること|承認待ち)（(\d+)）", page.partition("</nav>")[0])]
    assert len(counted) == 2
    approver.get("/")
    rows = [
        each for each in ROW.findall(approver.last.text if approver.last else "") if 'class="chip rest"' not in each
    ]
    assert counted[0] == len(rows) >= counted[1] > 0
    waiting = ROW.findall(approver.get("/?kind=approval").text)
    assert counted[1] == len(waiting)
    assert all("確認する" in each for each in waiting)
    assert "承認待ち（" not in console.browser("staff").get("/log").text.partition("</nav>")[0]


def test_the_count_of_the_menu_follows_a_decision(console: Console) -> None:
    staff = console.browser("staff")
    before = re.findall(r"今日すること（(\d+)）", staff.get("/log").text)
    staff.post("/s/1/memo", {"text": "来週", "next_look": "2099-01-01"})
    after = re.findall(r"今日すること（(\d+)）", staff.get("/log").text)
    assert int(after[0]) == int(before[0]) - 1
    staff.post("/s/1/memo", {"text": "いま"})
    assert re.findall(r"今日すること（(\d+)）", staff.get("/log").text) == before


def test_a_row_without_a_deadline_shows_the_contract_s_day_unbroken_and_with_its_name(console: Console) -> None:
    days = {each.id: each.dates.get("contract") for each in console.desk.office().outline.projects}
    with console.desk.store() as store:
        held = store.submission(1)
    day = days[held.destination.project or ""]
    assert day is not None
    assert held.follow_ups.duties.deadline is None
    assert f'契約日 <span class="whole">{write_date(day)}</span>' in row_of(console.browser("staff"), "1")
    assert f"契約日 {day}" in console.office("tasks").out
