"""The view of a mail before it is sent: the whole mail, the rule, every guard, every condition, and never the key."""

from __future__ import annotations

import ast
import datetime as dt
import inspect
from dataclasses import replace

import pytest

from tests.support.holds import old
from tests.support.parts import with_fields
from tests.support.registered import NOTICE, PDF, REGISTER, REHEARSAL_TO, TO, Register, drafted, of_issuer, of_project
from tests.support.world import KEY
from worker.compose import checks as guards
from worker.compose.checks import Check
from worker.core.messages.preview import TEXTS
from worker.core.model import JST, FollowUps, Hold, PageText, PdfText, Submission, Unreadable, sha256
from worker.core.states import Reason, State
from worker.match.near_matches import NearMiss
from worker.views.preview import PAGE_LINES, SubmissionView, mask_key, page_text, render_view, view_json

MAIL = drafted()
SUBMISSION = MAIL.submission
DUTIES = FollowUps(
    rule_hash="0" * 64,
    source="https://mihon.example/rule.html",
    checked_on=dt.date(2026, 4, 2),
    chosen="電子メール（窓口も可）",
    is_amended=True,
    call_after=True,
    closes="call",
    after=("請求書の原本を郵送",),
    deadline=dt.date(2026, 12, 1),
    not_before=dt.date(2026, 11, 25),
)


def parts_of(submission: Submission = SUBMISSION, **more: object) -> dict[str, list[tuple[str, str]]]:
    seen = SubmissionView(submission, MAIL.body, **more)
    return {part.title: list(part.pairs) for part in render_view(seen, "ja")}


def test_a_mail_that_has_left_is_not_called_one_that_will() -> None:
    titles = parts_of(
        replace(
            SUBMISSION,
            state=State.SENT,
            delivery=replace(SUBMISSION.delivery, sent_at=dt.datetime(2026, 11, 20, 10, 0, tzinfo=JST)),
        )
    )
    assert "送信したメール" in titles
    assert "送信するメール" not in titles


def mail_of(submission: Submission = SUBMISSION) -> dict[str, str]:
    return dict(parts_of(submission)["送信するメール"])


def with_duties(**changes: object) -> Submission:
    return replace(SUBMISSION, follow_ups=replace(SUBMISSION.follow_ups, duties=replace(DUTIES, **changes)))


# --- The mail ------------------------------------------------------------------------------------------------


def test_the_mail_is_shown_as_it_will_be_with_the_section_that_receives_it() -> None:
    mail = mail_of()
    assert mail["差出人"] == "〇〇建設 株式会社 <soumu@contractor.example>"
    assert mail["宛先"] == f"{TO}（みほん町 土木課）"
    assert mail["件名"] == SUBMISSION.composed.draft.subject
    assert mail["本文"] == MAIL.body


def test_a_copy_goes_to_whom_it_says() -> None:
    copied = drafted(Register(issuers=(of_issuer(section={"cc": ("genba@contractor.example",)}),)))
    assert mail_of(copied.submission)["CC"] == "genba@contractor.example"


def test_a_rehearsal_is_shown_to_go_to_nobodys_section() -> None:
    assert mail_of(drafted(replace(REGISTER, rehearsal_to=REHEARSAL_TO)).submission)["宛先"] == REHEARSAL_TO


def test_an_attachment_is_shown_with_title_name_size_and_the_beginning_of_its_hash() -> None:
    shown = mail_of()["添付"]
    assert shown.startswith("認証キーのお知らせ：")
    assert f"{len(PDF):,}バイト、照合用 {sha256(PDF)[:8]}" in shown


def test_each_attachments_first_page_is_shown_under_its_name() -> None:
    name = SUBMISSION.composed.draft.attachments[0].filename
    assert parts_of(pages={sha256(PDF): "お知らせ"})["添付の1ページ目（認証キーは伏字）"] == [(name, "お知らせ")]
    assert parts_of(pages={sha256(PDF): ""})["添付の1ページ目（認証キーは伏字）"] == [(name, "（文字情報なし）")]


def test_a_part_with_nothing_in_it_is_left_out() -> None:
    refused = Submission(0, SUBMISSION.state, reasons=(Hold(Reason.NO_TEXT),))
    assert set(parts_of(refused)) == {""}


# --- The rule, the guards, the conditions --------------------------------------------------------------------


def test_the_rule_is_shown_with_its_source_its_day_and_what_was_chosen() -> None:
    assert parts_of(with_duties())["適用した提出方法"] == [
        ("ファイル", "issuers/mihon.toml"),
        ("出典", "https://mihon.example/rule.html"),
        ("確認日", "2026-04-02"),
        ("採用した方法", "電子メール（窓口も可）"),
        ("契約の区分", "変更契約の提出方法"),
    ]


def test_what_the_rule_assumes_is_shown_before_the_approval_and_to_programs() -> None:
    submission = with_duties(assumed=("notice", "timing"))
    assert [text for heading, text in parts_of(submission)["適用した提出方法"] if heading == "仮定"] == [
        "番号とキーは、お知らせのPDFで出す（公表元に記載なし）",
        "提出の時期は問わない（公表元に記載なし）",
    ]
    assert view_json(SubmissionView(submission, MAIL.body))["rule"]["assumed"] == ["notice", "timing"]
    assert "仮定" not in dict(parts_of()["適用した提出方法"])


def test_a_rule_without_source_or_day_says_so() -> None:
    shown = parts_of(with_duties(source="", checked_on=None))["適用した提出方法"]
    assert shown[1:3] == [("出典", "（記載なし）"), ("確認日", "（記載なし）")]


def test_every_guard_is_shown_whether_it_passed_or_holds() -> None:
    checks = (Check("wrong_recipient", ()), Check("first_address", (old(Reason.FIRST_ADDRESS, TO),)))
    assert parts_of(checks=checks)["誤送信の防止チェック"] == [
        ("宛先が登録どおり", "問題なし"),
        ("前に送信したことのある宛先", f"初めての宛先（{TO}）"),
    ]


def test_a_guard_that_asked_nobody_says_so_and_is_not_shown_as_passed() -> None:
    checks = (Check("first_address", (), is_asked=False),)
    ((_, result),) = parts_of(checks=checks)["誤送信の防止チェック"]
    assert result.startswith("リハーサル中は確認しません")
    assert view_json(SubmissionView(SUBMISSION, checks=checks))["checks"] == [
        {"name": "first_address", "passed": None, "holds": []}
    ]


def test_every_guard_has_its_words() -> None:
    names = [
        node.elts[0].value
        for node in ast.walk(ast.parse(inspect.getsource(guards.check_draft)))
        if isinstance(node, ast.Tuple) and isinstance(node.elts[0], ast.Constant)
    ]
    assert names
    assert [name for name in names if f"check_{name}" not in TEXTS] == []


def test_every_condition_is_shown_with_its_number_and_whether_it_was_ticked() -> None:
    conditions = ("押印又は押印省略の記載がある", "様式第3号である")
    draft = replace(SUBMISSION.composed.draft, conditions=conditions)
    ticked = replace(
        SUBMISSION,
        composed=replace(SUBMISSION.composed, draft=draft),
        approval=replace(SUBMISSION.approval, ticked=conditions[1:]),
    )
    assert parts_of(ticked)["目で確かめる条件"] == [("1", "□ 押印又は押印省略の記載がある"), ("2", "☑ 様式第3号である")]


# --- What people do ------------------------------------------------------------------------------------------


def test_what_a_person_does_before_and_after_is_shown_with_its_days_and_the_telephone() -> None:
    contact = old(Reason.CONTACT_FIRST, "担当者へ電話で送信を予告")
    held = with_fields(with_duties(), reasons=(contact,), done=())
    assert parts_of(held)["送信の前後にすること"] == [
        ("送信の前に", "担当者へ電話で送信を予告"),
        ("送信できる日", "2026-11-25"),
        ("提出期限", "2026-12-01"),
        ("送信後の電話", "土木課 0557-00-0000"),
        ("送信の後に", "請求書の原本を郵送"),
        ("完了の条件", "電話で到達を確認し、記録したとき"),
    ]


def test_what_was_done_afterwards_is_shown_as_done() -> None:
    done = with_fields(with_duties(), done=DUTIES.after)
    assert ("送信の後に", "請求書の原本を郵送（済）") in parts_of(done)["送信の前後にすること"]


def test_what_closes_by_time_says_how_many_days() -> None:
    shown = parts_of(with_duties(closes="none", settle_days=3))["送信の前後にすること"]
    assert ("完了の条件", "送信から3日、不達の通知がないとき") in shown


def test_what_is_not_mailed_is_shown_step_by_step_and_field_by_field() -> None:
    handed = with_fields(
        with_duties(
            url="https://form.mihon.example/",
            instructions=("フォームを開く", "PDFを添付"),
            entries=(("案件名", "道路改良工事"), ("認証キー", "********Gh")),
            bring=("お知らせの写し",),
        ),
        draft=None,
    )
    shown = parts_of(handed)
    assert "送信するメール" not in shown
    assert shown["提出の手順（メールでは送りません）"] == [
        ("URL", "https://form.mihon.example/"),
        ("1", "フォームを開く"),
        ("2", "PDFを添付"),
        ("案件名", "道路改良工事"),
        ("認証キー", "********Gh"),
        ("□", "お知らせの写し"),
    ]


def test_near_misses_are_shown_with_what_differs_and_that_none_is_chosen() -> None:
    near = (NearMiss("mihon/第2工区", "第2工区", "第3工区≠第2工区"), NearMiss("a/b", "b", ""))
    assert parts_of(near=near)["似た案件（自動では選びません）"] == [
        ("第2工区 (mihon/第2工区)", "第3工区≠第2工区"),
        ("b (a/b)", "お知らせと同じ"),
    ]


def test_every_heading_has_its_english() -> None:
    seen = SubmissionView(with_duties(), MAIL.body, (Check("invoice", ()),), (NearMiss("a", "b", ""),))
    english = render_view(seen, "en")
    assert {part.title for part in english} >= {"the mail to be sent", "the rule that applied"}
    assert not any(ord(letter) > 0x3000 for part in english for heading, _ in part.pairs for letter in heading)


def test_programs_get_the_same_in_fixed_fields() -> None:
    draft = replace(SUBMISSION.composed.draft, conditions=("押印がある",))
    checks = (Check("invoice", (Hold.of(Reason.WRONG_INVOICE, file="a.pdf"),)), Check("key_differs", ()))
    document = view_json(
        SubmissionView(with_fields(with_duties(), draft=draft), MAIL.body, checks, (NearMiss("a", "b", "c≠d"),))
    )
    assert document["rule"]["checked_on"] == "2026-04-02"
    assert document["rule"]["amended"] is True
    assert document["checks"] == [
        {
            "name": "invoice",
            "passed": False,
            "holds": [{"reason": "wrong_invoice", "detail": "a.pdf", "params": {"file": "a.pdf"}}],
        },
        {"name": "key_differs", "passed": True, "holds": []},
    ]
    assert document["conditions"] == [{"number": 1, "sentence": "押印がある", "ticked": False}]
    assert document["duties"]["after"] == [{"sentence": "請求書の原本を郵送", "done": False}]
    assert document["near_misses"] == [{"project": "a", "name": "b", "differs": "c≠d"}]


# --- Pages ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "printed",
    [KEY, " ".join(KEY), "".join(letter * 2 for letter in KEY), "　".join(KEY), f"認証キー：{KEY}です"],
    ids=["as it is", "spaced out", "each letter twice", "with wide spaces", "within a sentence"],
)
def test_the_key_is_masked_however_a_form_spaces_its_letters(printed: str) -> None:
    masked = mask_key(f"番号 12345-678901\n{printed}\n以上", KEY)
    assert KEY[:6] not in "".join(masked.split())
    assert f"{'*' * 8}{KEY[-2:]}" in masked
    assert masked.startswith("番号 12345-678901\n")
    assert masked.endswith("\n以上")


def test_what_looks_like_another_key_is_masked_too() -> None:
    assert "Zz98Yy76Xx" not in mask_key("前のキー Zz98Yy76Xx", KEY)


def test_a_key_that_is_printed_more_than_once_is_masked_each_time() -> None:
    assert mask_key(f"{KEY}\n{KEY} {KEY}", KEY) == f"{NOTICE.key}\n{NOTICE.key} {NOTICE.key}"


def test_a_first_page_is_its_lines_without_empty_ones_and_not_endless() -> None:
    page = PageText("", "\n\n".join(f"行{number}" for number in range(PAGE_LINES + 5)))
    lines = page_text(PdfText((page, PageText("", "2ページ目"))), 0, KEY, "ja").split("\n")
    assert lines[:2] == ["行0", "行1"]
    assert len(lines) == PAGE_LINES + 1
    assert lines[-1] == "…"


def test_an_attachment_that_cannot_be_read_says_why() -> None:
    assert page_text(Unreadable(Reason.NO_TEXT), 0, KEY, "ja") == "文字情報のないPDF（スキャン画像）"
    assert page_text(PdfText(()), 0, KEY, "ja") == ""


def test_no_laid_out_page_holds_the_key_of_the_notice() -> None:
    page = page_text(PdfText((PageText(f"認証キー {KEY}", f"認証キー {KEY}"),)), 0, NOTICE.key.clear, "ja")
    assert page == f"認証キー {NOTICE.key}"


def test_a_project_of_a_product_that_has_no_section_shows_what_is_known() -> None:
    unknown = drafted(Register(projects=(of_project(sections={}),)))
    assert "送信するメール" not in parts_of(unknown.submission)


def test_from_when_it_goes_is_shown_to_the_minute_of_the_contracts_day() -> None:
    midnight = dt.datetime(2026, 11, 24, 15, tzinfo=dt.UTC)
    waiting = replace(
        SUBMISSION, state=State.APPROVED, reasons=(), approval=replace(SUBMISSION.approval, due_at=midnight)
    )
    assert ("送信予定", "2026-11-25 00:00:00") in parts_of(waiting)[""]


def test_what_waits_for_the_hours_of_sending_shows_when_it_leaves_not_since_when_it_may() -> None:
    evening = dt.datetime(2026, 11, 20, 19, tzinfo=JST)
    waiting = replace(
        SUBMISSION, state=State.APPROVED, reasons=(), approval=replace(SUBMISSION.approval, due_at=evening)
    )
    morning = evening.replace(day=24, hour=8, minute=30)
    assert ("送信予定", "2026-11-24 08:30:00") in parts_of(waiting, sends_at=morning)[""]


def test_a_deadline_that_has_passed_stands_at_the_top() -> None:
    pressed = with_fields(with_duties(), state=State.HELD, duties=FollowUps(deadline=dt.date(2026, 11, 9)))
    first = render_view(SubmissionView(pressed, MAIL.body, today=dt.date(2026, 11, 29)), "ja")[0].pairs[0]
    assert first == ("提出期限", "2026-11-09（20日過ぎています）")
    today = render_view(SubmissionView(pressed, MAIL.body, today=dt.date(2026, 11, 9)), "ja")[0].pairs[0]
    assert today[0] == "状態"
