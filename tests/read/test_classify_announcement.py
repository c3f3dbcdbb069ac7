"""The contents of an announcement, the notice that answers it, and the reminder: certain, or left to a person."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.parts import with_fields
from tests.support.registered import NOTICE, PDF, arrived
from tests.support.world import EAST, NUMBER, START
from worker.core.business_hours import OfficeHours, usual_windows
from worker.core.model import JST, Announced, FollowUps, Hold, NoticeRecord, Product, Source, Submission, sha256
from worker.core.states import Reason, State
from worker.match.match import APART, could_mean, find_announcement, find_answers, is_answered_by, is_same_announcement
from worker.notify.operator_mail import describe_submission
from worker.read.classify import NUMBERS_LIMIT, read_announced
from worker.track.overdue import REMINDERS_LIMIT, count_reminders, next_reminder
from worker.views.preview import SubmissionView, render_view

SUBJECT = EAST.subjects[0]
NAMED = Announced(START, names=("道路改良工事",), products=(Product.CONTRACT,))
NUMBERED = Announced(START, numbers=(NUMBER,))
SILENT = Announced(START)
DAY = dt.timedelta(days=1)
ANY_HOUR = OfficeHours()


def says(*lines: str, subject: str = SUBJECT) -> Announced:
    return read_announced(EAST, subject, ("\n".join(lines),))


def awaited(announced: Announced, number: int = 5, **changes: object) -> Submission:
    opened = Submission(
        number,
        State.ANNOUNCED,
        notice=NoticeRecord(guarantor="east"),
        source=Source(announced=announced),
        created_at=START,
    )
    return with_fields(opened, **changes)


def notice_here(**changes: object) -> Submission:
    return with_fields(arrived(), **{"id": 9, "pdf_sha256": sha256(PDF), "created_at": START, **changes})


# --- What it says ------------------------------------------------------------------------------------------------


def test_a_text_that_names_nothing_says_nothing() -> None:
    assert says("電子保証の発行が完了しました。", "Net Deskでご確認ください。", "", "東日本みほん支店") == Announced()


@pytest.mark.parametrize(
    "line",
    [
        "保証契約番号：31074-00001M",
        "保 証 契 約 番 号 ： ３１０７４－００００１Ｍ",
        "> 保証契約番号: 31074−00001M",
        "（31074-00001M）の電子証書を発行しました。",
        "31074‐00001M",
    ],
)
def test_a_number_is_read_beside_its_label_or_by_its_form_alone(line: str) -> None:
    assert says("お知らせ", "", line, "").numbers == ("31074-00001M",)


def test_a_number_in_the_subject_counts_as_well() -> None:
    assert says(subject=f"{SUBJECT}（31074-000001）").numbers == ("31074-000001",)


@pytest.mark.parametrize(
    "line", ["TEL 0120-123456", "電話：0466-500000", "フリーダイヤル 0120-123456", "1031074-000001"]
)
def test_a_telephone_number_and_a_part_of_a_longer_one_are_no_contract_number(line: str) -> None:
    assert says(line).numbers == ()


def test_beside_a_labelled_number_nothing_else_counts_as_one() -> None:
    assert says("保証契約番号：31074-000001", "受付 99999-000000").numbers == ("31074-000001",)


def test_several_numbers_are_all_named_and_a_whole_list_is_none() -> None:
    assert says("保証契約番号：31074-000001", "保証契約番号：31074-000002").numbers == ("31074-000001", "31074-000002")
    assert says(*(f"31074-{each:06}" for each in range(NUMBERS_LIMIT + 1))).numbers == ()


def test_a_project_and_a_product_are_read_beside_their_labels() -> None:
    told = says("工事名：道路改良工事", "　（その２）", "商品（保証区分）：前払金保証", "", "よろしくお願いします")
    assert (told.names, told.products) == (("道路改良工事（その２）",), (Product.ADVANCE,))


def test_what_stands_behind_an_empty_line_is_no_part_of_the_name() -> None:
    assert says("工事名：道路改良工事", "", "の件です").names == ("道路改良工事",)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("中間前払金保証のお知らせ", (Product.INTERIM,)),
        ("【契約保証】", (Product.CONTRACT,)),
        ("契約保証金について", ()),
        ("契約保証、前払金保証", (Product.CONTRACT, Product.ADVANCE)),
    ],
)
def test_a_product_word_counts_only_by_itself(line: str, expected: tuple[Product, ...]) -> None:
    assert says(line).products == expected


def test_what_looks_like_a_key_is_masked_in_a_name() -> None:
    assert says("工事名：Z28YUE4J3Bux").names == ("********ux",)


# --- Which announcement a notice answers -------------------------------------------------------------------------


def test_a_notice_answers_the_one_announcement_of_its_number() -> None:
    other = awaited(replace(NUMBERED, numbers=("99999-000000",)), 6)
    assert find_announcement(NOTICE, [awaited(NUMBERED), other, awaited(SILENT, 7)]) == awaited(NUMBERED)


@pytest.mark.parametrize(
    "open_ones",
    [
        [awaited(SILENT)],
        [awaited(NUMBERED), awaited(NUMBERED, 6)],
        [awaited(replace(NUMBERED, numbers=(NUMBER, "99999-000000")))],
        [awaited(replace(NUMBERED, products=(Product.ADVANCE,)))],
        [awaited(replace(NAMED, numbers=("99999-000000",)))],
        [awaited(replace(NAMED, products=()))],
        [awaited(replace(NAMED, products=(Product.CONTRACT, Product.ADVANCE)))],
        [awaited(replace(NAMED, products=(Product.ADVANCE,)))],
        [awaited(replace(NAMED, names=()))],
        [awaited(replace(NAMED, names=("道路改良工事", "橋梁補修工事")))],
        [awaited(replace(NAMED, names=("県道道路改良工事",)))],
        [awaited(NAMED), awaited(NAMED, 6)],
        [awaited(NAMED), awaited(replace(NUMBERED, numbers=(NUMBER, "99999-000000")), 6)],
        [],
    ],
    ids=[
        "names nothing",
        "two of this number",
        "several numbers",
        "the number with another product",
        "the name with another number",
        "the name without a product",
        "the name with two products",
        "the name with another product",
        "a product alone",
        "two names",
        "a longer name",
        "two of this name",
        "one of this name and a list with its number",
        "none",
    ],
)
def test_where_it_is_not_certain_no_announcement_is_answered(open_ones: list[Submission]) -> None:
    assert find_announcement(NOTICE, open_ones) is None


def test_a_notice_answers_the_one_announcement_of_its_project_and_product() -> None:
    spelt = replace(NAMED, names=("道路 改良工事",))
    assert find_announcement(NOTICE, [awaited(SILENT, 4), awaited(spelt)]) == awaited(spelt)


# --- Which notices an announcement finds here --------------------------------------------------------------------


def test_an_announcement_is_answered_by_what_is_here_under_its_number() -> None:
    assert find_answers(NUMBERED, [[notice_here()]], []) == (notice_here(),)
    assert find_answers(NUMBERED, [[]], []) == ()


def test_one_that_names_two_is_answered_only_by_both() -> None:
    both = replace(NUMBERED, numbers=(NUMBER, "99999-000000"))
    other = notice_here(contract_number="99999-000000")
    assert find_answers(both, [[notice_here()], [other]], []) == (notice_here(), other)
    assert find_answers(both, [[notice_here()], []], []) == ()


def test_without_a_number_the_one_notice_of_its_project_and_product_answers() -> None:
    assert find_answers(NAMED, [], [notice_here()]) == (notice_here(),)
    twin = replace(notice_here(), id=10)
    for newest in ([], [notice_here(), twin], [notice_here(notice_name="橋梁補修工事")]):
        assert find_answers(NAMED, [], newest) == ()
    assert find_answers(SILENT, [], [notice_here()]) == ()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"created_at": START - APART}, True),
        ({"created_at": START - APART - DAY}, False),
        ({"announced": replace(SILENT, at=START - APART)}, True),
        ({"announced": replace(SILENT, at=START - APART - DAY)}, False),
        ({"announced": replace(SILENT, at=START + APART + DAY)}, False),
        ({"state": State.WITHDRAWN}, False),
        ({"state": State.SENT}, True),
        ({"corrects": 3}, False),
        ({"refusal": Hold(Reason.NO_TEXT)}, False),
        ({"product": None}, False),
    ],
    ids=[
        "now",
        "shortly before",
        "an amended guarantee bears the old number",
        "announced twice",
        "announced long before",
        "announced long after",
        "withdrawn",
        "sent",
        "a correction",
        "unreadable",
        "no product",
    ],
)
def test_only_a_notice_of_about_then_is_what_was_announced(changes: dict[str, object], expected: bool) -> None:
    assert is_answered_by(NUMBERED, notice_here(**changes)) is expected


def test_a_notice_of_another_product_is_not_what_was_announced() -> None:
    assert not is_answered_by(replace(NUMBERED, products=(Product.ADVANCE,)), notice_here())


# --- The same announcement ---------------------------------------------------------------------------------------

DATED = replace(SILENT, date="Sat, 21 Nov 2026 09:00:00 +0900")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (awaited(NUMBERED), awaited(replace(NUMBERED, at=START + APART), source_message_id="<b>"), True),
        (awaited(NUMBERED), awaited(replace(NUMBERED, at=START + APART + DAY)), False),
        (awaited(NUMBERED), awaited(replace(NUMBERED, numbers=("99999-000000",))), False),
        (awaited(NUMBERED), awaited(NUMBERED, guarantor="west"), False),
        (awaited(NAMED), awaited(NAMED), True),
        (awaited(SILENT), awaited(SILENT), False),
        (awaited(DATED), awaited(DATED), True),
        (awaited(DATED), awaited(DATED, source_message_id="<b>"), False),
        (awaited(DATED), awaited(DATED, source_name="別の件名"), False),
        (awaited(DATED), awaited(replace(DATED, date="Sat, 21 Nov 2026 09:00:01 +0900")), False),
    ],
    ids=[
        "the number within days",
        "the number much later",
        "another number",
        "another guarantor",
        "project and product",
        "nothing named",
        "no id, the same date",
        "an id",
        "another subject",
        "another date",
    ],
)
def test_two_mails_are_the_same_announcement_only_where_they_say_the_same(
    one: Submission, other: Submission, expected: bool
) -> None:
    assert is_same_announcement(one, other) is expected


# --- What a person is offered, and when --------------------------------------------------------------------------


def test_a_notice_that_nothing_announced_is_offered_for_one_that_names_nothing() -> None:
    assert could_mean(awaited(SILENT), notice_here())
    assert not could_mean(awaited(SILENT), notice_here(announced=SILENT))
    assert not could_mean(awaited(SILENT), notice_here(guarantor="west"))
    assert not could_mean(awaited(replace(NUMBERED, numbers=("99999-000000",))), notice_here())
    assert not could_mean(with_fields(awaited(SILENT), announced=None), notice_here())


@pytest.mark.parametrize(
    ("hours", "expected"),
    [(-1, 0), (23, 0), (24, 1), (47, 1), (48, 2), (120, REMINDERS_LIMIT), (9999, REMINDERS_LIMIT)],
)
def test_one_reminder_each_period_up_to_the_limit(hours: int, expected: int) -> None:
    assert count_reminders(START, 24, ANY_HOUR, START + dt.timedelta(hours=hours)) == expected


def test_reminders_count_only_the_hours_in_which_the_office_is_open() -> None:
    friday = dt.datetime(2026, 11, 20, 17, tzinfo=JST)
    tuesday = dt.datetime(2026, 11, 24, 10, 15, tzinfo=JST)
    # 15 minutes on Friday, none on the holiday of Monday, the rest on Tuesday
    hours = OfficeHours(usual_windows())
    assert next_reminder(friday, 2, hours, friday) == tuesday
    assert [count_reminders(friday, 2, hours, tuesday + dt.timedelta(minutes=past)) for past in (-1, 0)] == [0, 1]


def test_the_next_reminder_is_due_a_period_after_the_last_and_none_after_the_limit() -> None:
    assert next_reminder(START, 24, ANY_HOUR, START + dt.timedelta(hours=30)) == START + 2 * DAY
    assert next_reminder(START, 24, ANY_HOUR, START + 5 * DAY) is None


# --- How it differs from others ----------------------------------------------------------------------------------


def test_an_announcement_is_known_by_what_it_names_and_not_by_the_subject_that_all_of_them_bear() -> None:
    waiting = awaited(Announced(numbers=("40213-000002",), names=("橋梁補修工事",)), source_name="発行完了のお知らせ")
    assert waiting.known_as == "40213-000002、橋梁補修工事"
    assert "■ 5　40213-000002、橋梁補修工事　／" in describe_submission(waiting)
    assert awaited(Announced(), source_name="発行完了のお知らせ").known_as == "発行完了のお知らせ"


def test_who_is_told_of_an_unproven_announcement_is_told_to_open_no_link_of_it() -> None:
    assert "リンクは開かず" in describe_submission(awaited(Announced(), proven=False))
    assert "リンク" not in describe_submission(awaited(Announced(), proven=True))


def test_how_the_pdf_is_got_is_not_shown_as_how_it_is_handed_in() -> None:
    waiting = awaited(Announced(), duties=FollowUps(instructions=("Net Desk にログイン",)))
    titles = [part.title for part in render_view(SubmissionView(waiting), "ja")]
    assert "お知らせPDFを取得する手順" in titles
    assert not any("提出の手順" in title for title in titles)
