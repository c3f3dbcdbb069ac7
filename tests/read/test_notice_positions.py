"""The places of number and key on the page: visible, and complete.

Each case is the text around one code, in points.
"""

from dataclasses import replace

import pytest

from tests.support.tables import every_case
from tests.support.world import EAST
from worker.core.model import CodePositions, Key, Notice, PageText, PdfText, Place, Product, TextRun, Unreadable
from worker.core.states import Reason
from worker.read.notice import confirm_notice

NUMBER, KEY = "40213-00712", "Hs4kQ9wZx"
NOTICE = Notice("east", "道路改良工事", "〇〇建設", Product.ADVANCE, NUMBER, Key(KEY))
AT_NUMBER = TextRun(NUMBER, 180.0, 240.0, 500.0, 10.0)
AT_KEY = TextRun(KEY, 180.0, 230.0, 400.0, 10.0)
FULL_KEY = "Hs4kQ9wZx2Tb7Yp3"
GOES_ON = Unreadable(Reason.TWO_VALUES, "continues: 認証キー")


def text(*lines, tables=()):
    page = "\n".join(lines) or f"保証契約番号：{NUMBER}\n認証キー：{KEY}"
    return PdfText((PageText(page, page, "", tables),))


def located(*around, key=AT_KEY, number=AT_NUMBER, drawn=(True, True), is_scan=False):
    places = ((Place(0, number, drawn[0]),), (Place(0, key, drawn[1]),))
    labels = (TextRun("保証契約番号：", 60.0, 130.0, 500.0, 10.0), TextRun("認証キー：", 60.0, 110.0, 400.0, 10.0))
    return CodePositions(places, ((*labels, number, key, *around),), is_scan)


def confirmed(*around, notice=NOTICE, words=None, **more):
    return confirm_notice(notice, words or text(), located(*around, **more), EAST)


def line(words, left=180.0, baseline=384.0, *, size=10.0, right=None):
    return TextRun(words, left, right or left + len(words) * size / 2, baseline, size)


def test_a_code_with_nothing_around_it_is_whole():
    assert confirmed() == NOTICE


# --- what goes on -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rest", ["2Tb", "2", "2Tb7Yp3", "2Tb (1)", "Z9/4", "12345678901"])
def test_a_line_below_in_the_same_column_that_could_be_the_rest_refuses(rest):
    assert confirmed(line(rest)) == GOES_ON


@every_case(
    "below",
    [
        "- 1 -",
        "（注）",
        "発行日",
        "/ 3",
        "【発注者様へ】",
        "電話：0312345678",
        "TEL: 0312345678",
        "https://d.example/1",
    ],
)
def test_a_line_below_that_could_be_no_rest_does_not(below):
    # "https" has the key's letters; a colon behind two to twelve characters makes a label of it
    assert confirmed(line(below)) == NOTICE


def test_a_value_of_the_patterns_full_length_cannot_go_on():
    whole = replace(NOTICE, key=Key(FULL_KEY))
    assert confirmed(line("2Tb"), notice=whole, key=replace(AT_KEY, text=FULL_KEY, right=270.0)) == whole


def test_a_number_without_its_letter_can_go_on_by_it():
    assert confirmed(line("M", baseline=484.0)) == Unreadable(Reason.TWO_VALUES, "continues: 保証契約番号")
    whole = replace(NOTICE, contract_number="40213-007123M")
    at = replace(AT_NUMBER, text="40213-007123M", right=250.0)
    assert confirmed(line("M", baseline=484.0), notice=whole, number=at) == whole


@pytest.mark.parametrize("distance", [4.0, 10.0, 11.5, 15.0, 18.0, 21.0, 24.0])
def test_a_rest_counts_at_every_usual_distance_of_lines(distance):
    assert confirmed(line("2Tb", baseline=400.0 - distance)) == GOES_ON


def test_text_further_below_does_not_count():
    assert confirmed(line("2Tb", baseline=375.0)) == NOTICE


@pytest.mark.parametrize("left", [171.0, 175.0, 180.0, 185.0, 190.0])
def test_a_rest_counts_within_one_character_of_the_left_edge(left):
    assert confirmed(line("2Tb", left)) == GOES_ON


def test_a_rest_counts_where_it_is_centred_or_at_the_right_as_the_code_is():
    assert confirmed(line("2Tb", 197.5, right=212.5)) == GOES_ON
    assert confirmed(line("2Tb", 215.0, right=230.0)) == GOES_ON


def test_text_in_another_column_does_not_count():
    assert confirmed(line("2Tb", 330.0)) == NOTICE


def test_a_rest_counts_where_the_paragraph_begins_whatever_reaches_further_right():
    label = line("認証キー：", 124.0, 400.0, right=174.0)
    assert confirmed(label, line("2Tb", 124.0)) == GOES_ON
    assert confirmed(label, line("2Tb", 124.0), line("https://www.d.example/12", 176.0, 330.0, right=400.0)) == GOES_ON
    assert confirmed(replace(label, text=f"認証キー：{KEY}", right=230.0), line("2Tb", 124.0)) == GOES_ON


def test_text_in_the_column_of_labels_is_no_rest_of_a_code_in_a_column_of_its_own():
    assert confirmed(line("2026/05/08", 60.0)) == NOTICE


@pytest.mark.parametrize("size", [6.0, 9.0, 12.0, 16.0])
def test_a_rest_counts_in_any_size_of_print(size):
    assert confirmed(line("2Tb", size=size)) == GOES_ON


def test_a_beginning_above_counts_as_a_rest_below_does():
    assert confirmed(line("Ab3", baseline=416.0)) == GOES_ON
    assert confirmed(line("Ab3", baseline=430.0)) == NOTICE


def test_a_line_with_a_label_of_its_own_is_no_rest():
    label = line("受付番号：", 60.0, right=110.0)
    assert confirmed(label, line("12345")) == NOTICE
    assert confirmed(line("受付番号：12345")) == NOTICE


def test_what_stands_beside_without_a_label_could_be_the_rest():
    assert confirmed(line("2Tb", 260.0, 400.0)) == GOES_ON
    assert confirmed(line("（控）", 260.0, 400.0)) == NOTICE


def test_a_code_along_a_turned_line_goes_on_along_it():
    turned = replace(line("2Tb"), angle=90)
    assert confirmed(turned, key=replace(AT_KEY, angle=90)) == GOES_ON
    assert confirmed(turned) == NOTICE


# --- cells and lines --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rows",
    [
        (("認証キー", KEY, "2Tb"),),
        (("認証キー", KEY, "", "2Tb"),),
        (("認証キー", KEY), ("", "2Tb")),
    ],
)
def test_the_next_cell_without_a_label_that_could_be_the_rest_refuses(rows):
    assert confirmed(words=text(tables=rows)) == GOES_ON


@pytest.mark.parametrize(
    "rows",
    [
        (("認証キー", KEY, "受付番号：12345"),),
        (("認証キー", KEY, "（控）"),),
        (("認証キー", KEY), ("受付番号", "12345")),
        (("認証キー", KEY), ("", "")),
        (("認証キー", KEY),),
    ],
)
def test_a_next_cell_that_could_be_no_rest_does_not(rows):
    assert confirmed(words=text(tables=rows)) == NOTICE


@pytest.mark.parametrize("reading", ["plumber", "pdfium", "deduped"])
def test_where_positions_cannot_be_had_a_next_line_that_could_be_the_rest_refuses(reading):
    unknown = replace(AT_KEY, height=0.0)
    page = replace(text().pages[0], **{reading: f"認証キー：{KEY}\n2Tb\n東日本"})
    assert confirmed(words=PdfText((page,)), key=unknown) == GOES_ON
    assert confirmed(words=PdfText((page,))) == NOTICE
    for following in ("受付番号：12345", "東日本", "- 1 -"):
        page = replace(text().pages[0], **{reading: f"認証キー：{KEY}\n{following}"})
        assert confirmed(words=PdfText((page,)), key=unknown) == NOTICE


# --- seen -------------------------------------------------------------------------------------------------------


def test_a_code_that_does_not_show_is_no_text():
    assert confirmed(drawn=(True, False)) == Unreadable(Reason.NO_TEXT, "unseen: 認証キー")
    assert confirmed(drawn=(False, True)) == Unreadable(Reason.NO_TEXT, "unseen: 保証契約番号")


def test_a_code_that_does_not_show_on_a_scan_is_its_ocr_layer():
    assert confirmed(drawn=(False, False), is_scan=True) == Unreadable(Reason.NO_TEXT, "ocr_layer")
    assert confirmed(is_scan=True) == NOTICE


def test_a_code_that_does_not_show_at_one_of_its_places_is_no_text():
    twice = located()
    hidden = replace(twice, places=(twice.places[0], (*twice.places[1], replace(twice.places[1][0], is_drawn=False))))
    assert confirm_notice(NOTICE, text(), hidden, EAST) == Unreadable(Reason.NO_TEXT, "unseen: 認証キー")


def test_a_code_that_is_not_found_on_the_page_is_no_text():
    nowhere = replace(located(), places=(located().places[0], ()))
    assert confirm_notice(NOTICE, text(), nowhere, EAST) == Unreadable(Reason.NO_TEXT, "unseen: 認証キー")
