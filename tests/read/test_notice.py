"""The fields read from the text of a PDF."""

import unicodedata
from dataclasses import replace

import pytest

from tests.support.world import EAST, GUARANTORS, HOKKAIDO, WEST
from worker.core.model import Key, Notice, PageText, PdfText, Product, Unreadable
from worker.core.states import Reason
from worker.core.text import match_key, repair_radicals
from worker.read.notice import PAGE_CHARACTERS, fold_line, read_notice

TITLE = "電子保証にかかる「認証キー」のお知らせ"
INTRODUCTION = "発注者様への「保証契約番号」と「認証キー」のご提出をもって、手続が完了いたします。"
FIELDS = """\
工 事 名：道路改良工事（その２）
受 注 者 名：〇〇建設 株式会社
（ＪＶの場合は代表者）
商 品（保証区分）：前払金保証
保証契約番号：40213-00712M
認 証 キ ー：Hs4kQ9wZx2Tb"""
END = "【発注者様へのお願い】\n上記の「保証契約番号」と「認証キー」をもって閲覧ください。\n東日本建設業保証株式会社"
PAGE = f"{TITLE}\n{INTRODUCTION}\n記\n{FIELDS}\n{END}"
NOTICE = Notice(
    "east", "道路改良工事（その２）", "〇〇建設 株式会社", Product.ADVANCE, "40213-00712M", Key("Hs4kQ9wZx2Tb")
)


def read(plumber, pdfium=None, deduped="", tables=(), guarantors=GUARANTORS):
    page = PageText(plumber, plumber if pdfium is None else pdfium, deduped, tables)
    return read_notice(PdfText((page,)), guarantors)


def with_line(line, *, page=PAGE):
    return f"{page}\n{line}"


def reason(result):
    assert isinstance(result, Unreadable), result
    assert "Hs4kQ9wZx2Tb" not in result.detail
    return result.reason


# --- fields -----------------------------------------------------------------------------------------------------


def test_a_form_that_both_engines_read_alike_is_a_notice():
    assert read(PAGE) == NOTICE


@pytest.mark.parametrize("colon", ["：", ":", " ： ", " : ", "　", " ", "∶"])
def test_a_colon_may_be_full_width_half_width_spaced_or_missing(colon):
    assert read(PAGE.replace("：", colon)) == NOTICE


@pytest.mark.parametrize("label", ["工事名", "工　事　名", "工  事  名", "1. 工事名", "① 工 事 名", "・工事名"])
def test_a_label_may_be_spaced_out_or_numbered(label):
    assert read(PAGE.replace("工 事 名", label)) == NOTICE


def test_a_label_that_only_begins_like_ours_is_not_ours():
    page = PAGE.replace("記\n", "記\n工 事 名 称 ： ほかの欄\n工事名称：ほかの欄\n")
    assert read(page) == NOTICE


def test_a_name_wrapped_onto_further_lines_is_joined():
    page = PAGE.replace("工事（その２）", "工事（そ\nの２）\nほか３件")
    assert read(page).project_name == "道路改良工事（その２）ほか３件"


def test_a_name_in_the_last_field_ends_before_the_guarantors_name():
    rest = FIELDS.replace("工 事 名：道路改良工事（その２）\n", "")
    page = f"{TITLE}\n{rest}\n工 事 名：道路改良工事\n（その２）\n東日本建設業保証株式会社"
    assert read(page) == NOTICE


def test_a_name_whose_end_is_not_known_is_refused():
    page = PAGE.replace("（その２）\n", "（その２）\n" + "続きの行\n" * 7)
    assert reason(read(page)) is Reason.NOT_A_NOTICE


@pytest.mark.parametrize(("one", "other"), [("・", "‧"), ("／", "∕")])
def test_what_one_engine_reads_as_the_twin_of_a_glyph_is_the_same_name(one, other):
    pdfium = PAGE.replace("道路改良", f"道路{one}改良").replace("〇〇建設", f"〇〇{one}建設")
    notice = replace(NOTICE, project_name=f"道路{one}改良工事（その２）", contractor_name=f"〇〇{one}建設 株式会社")
    assert read(pdfium.replace(one, other), pdfium) == notice
    wrapped = pdfium.replace("工事（その２）", "工事（そ\nの２）")
    assert read(wrapped.replace(one, other), wrapped) == notice
    assert read(pdfium.replace(one, ""), pdfium).reason is Reason.ENGINES_DISAGREE


@pytest.mark.parametrize("twin", ["‧", "∕", "・", "／"])
def test_a_number_or_key_is_never_compared_without_what_parts_its_characters(twin):
    for old, new in (("40213-00712M", f"40213-{twin}00712M"), ("Hs4kQ9wZx2Tb", f"Hs4k{twin}Q9wZx2Tb")):
        assert isinstance(read(PAGE.replace(old, new)), Unreadable)
        assert isinstance(read(PAGE.replace(old, new), PAGE), Unreadable)
        assert isinstance(read(PAGE, PAGE.replace(old, new)), Unreadable)


def test_no_two_characters_become_one_but_those_that_one_glyph_shows():
    """Over all code points: lines are compared by more than the match key only for colons, ・ and ／."""
    apart: dict[str, set[str]] = {}
    assigned, others = [], []
    for character in map(chr, (*range(0xD800), *range(0xE000, 0x110000))):
        (others if unicodedata.category(character) in {"Cn", "Co"} else assigned).append(character)
    # Without a meaning of their own: 820,000 in long rows that no rule names. Each eighth is compared, many at once.
    for first in range(0, len(others), 8000):
        text = "".join(others[first : first + 8000 : 8])
        assert fold_line(text).folded == match_key(repair_radicals(text))
    # One by one only where those of a group differ; the letter between them joins none of them to another.
    for first in range(0, len(assigned), 100):
        group = assigned[first : first + 100]
        text = "一".join(group)
        if fold_line(text).folded == match_key(repair_radicals(text)):
            continue
        for character in group:
            key = match_key(repair_radicals(character))
            if key and (folded := fold_line(character).folded) != key:
                apart.setdefault(folded, set()).add(character)
    assert apart == {":": {"∶"}, "・": {"‧"}, "/": {"∕"}}


def test_radicals_are_repaired_where_only_one_engine_gives_them():
    plumber = PAGE.replace("工", "⼯").replace("金", "⾦").replace("長", "⻑")
    assert read(plumber, PAGE) == NOTICE


def test_a_name_keeps_the_characters_of_the_engine_that_keeps_them():
    pdfium = PAGE.replace("〇〇建設 株式会社", "〇〇建設　株式会社").replace("（その２）", "（Ａ－１～２）")
    plumber = PAGE.replace("（その２）", "（Ａ−１〜２）")
    notice = read(plumber, pdfium)
    assert (notice.project_name, notice.contractor_name) == ("道路改良工事（Ａ－１～２）", "〇〇建設　株式会社")


def test_a_table_cells_lines_around_their_label_are_one_name():
    top, bottom = "主要地方道大川線（仮称）第２トンネル覆工", "コンクリート補修工事"
    plumber = PAGE.replace("工 事 名：道路改良工事（その２）", f"{top}\n工 事 名\n{bottom}")
    pdfium = PAGE.replace("工 事 名：道路改良工事（その２）", f"{top} 工 事 名 {bottom}")
    tables = (("工 事 名", f"{top}\n{bottom}"), ("認 証 キ ー", "Hs4kQ9wZx2Tb"))
    assert read(plumber, pdfium, tables=tables).project_name == top + bottom


def test_a_name_that_only_one_engine_reads_whole_is_taken_if_the_other_has_it_in_one_piece():
    plumber = PAGE.replace("工 事 名：道路改良工事（その２）", "道路改良\n工 事 名\n工事（その２）")
    pdfium = PAGE.replace("工 事 名：道路改良工事（その２）", "工 事 名\n道路改良\n工事（その２）")
    assert read(plumber, pdfium) == NOTICE


def test_names_that_differ_between_the_engines_are_refused():
    assert reason(read(PAGE, PAGE.replace("その２", "その３"))) is Reason.ENGINES_DISAGREE


def test_values_drawn_before_labels_are_read_where_both_engines_have_the_same():
    labels = "工 事 名：\n受 注 者 名：\n（ＪＶの場合は代表者）\n商 品（保証区分）：\n保証契約番号：\n認 証 キ ー："
    values = "道路改良工事（その２）\n〇〇建設 株式会社\n前払金保証\n40213-00712M\nHs4kQ9wZx2Tb"
    assert read(PAGE, f"{TITLE}\n{values}\n{labels}\n{END}") == NOTICE


def test_values_drawn_before_labels_are_refused_where_a_second_line_has_the_keys_form():
    labels = "工 事 名：\n受 注 者 名：\n商 品（保証区分）：\n保証契約番号：\n認 証 キ ー："
    values = "道路改良工事（その２）\n〇〇建設 株式会社\n前払金保証\n40213-00712M\nHs4kQ9wZx2Tb\nABCDEFG01"
    assert reason(read(PAGE, f"{TITLE}\n{values}\n{labels}\n{END}")) is Reason.ENGINES_DISAGREE


def test_letter_spacing_is_undone_in_number_and_key():
    spaced = "\n".join(" ".join(line.replace(" ", "")) for line in PAGE.split("\n"))
    pdfium = PAGE.replace("〇〇建設 ", "〇〇建設")
    assert read(spaced, pdfium) == replace(NOTICE, contractor_name="〇〇建設株式会社")


def test_a_gap_inside_a_key_is_not_closed():
    page = PAGE.replace("Hs4kQ9wZx2Tb", "Hs4kQ9wZ x2Tb")
    assert reason(read(page)) is Reason.NOT_A_NOTICE


def test_double_strike_is_undone():
    struck = "\n".join("".join(c * 2 for c in line) for line in PAGE.split("\n"))
    assert read(struck, PAGE, deduped=PAGE) == NOTICE


def test_two_keys_printed_over_each_other_are_refused_even_where_both_engines_drop_what_they_share():
    plain = PAGE.replace("Hs4kQ9wZx2Tb", "HHss44kkQQ99wwZZxx22TTba")
    dropped = PAGE.replace("Hs4kQ9wZx2Tb", "Hs4kQ9wZx2Tba")
    assert reason(read(plain, dropped, deduped=dropped)) is Reason.ENGINES_DISAGREE


def test_two_fields_may_stand_in_one_line():
    page = PAGE.replace("40213-00712M\n", "40213-00712M　")
    assert read(page) == NOTICE


# --- number and key -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new"), [("Hs4kQ9wZx2Tb", "Hs4kQ9wZx2TB"), ("40213-00712M", "40213-O0712M")])
def test_one_character_between_the_engines_refuses(old, new):
    assert reason(read(PAGE, PAGE.replace(old, new))) is Reason.ENGINES_DISAGREE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("40213-00712M", "４０２１３-００７１２Ｍ"),
        ("40213-00712M", "40213−00712M"),
        ("40213-00712M", "40213-0071"),
        ("Hs4kQ9wZx2Tb", "Ｈs4kQ9wZx2Tb"),
        ("Hs4kQ9wZx2Tb", "Hs4kQ9w"),
        ("Hs4kQ9wZx2Tb", "Hs4kQ9wZx2Tb（再発行）"),
        ("Hs4kQ9wZx2Tb", ""),
    ],
)
def test_a_number_or_key_of_another_form_is_refused_and_never_corrected(old, new):
    assert reason(read(PAGE.replace(old, new))) is Reason.NOT_A_NOTICE


@pytest.mark.parametrize("hyphen", ["－", "−"])
def test_a_number_and_a_key_printed_in_full_width_throughout_are_read_as_the_ascii_that_they_show(hyphen):
    number, key = f"４０２１３{hyphen}００７１２Ｍ", "Ｈｓ４ｋＱ９ｗＺｘ２Ｔｂ"
    page = PAGE.replace("40213-00712M", number).replace("Hs4kQ9wZx2Tb", key)
    assert read(page) == NOTICE
    assert read(page, page.replace("−", "－")) == NOTICE  # the engines give one － as two characters
    assert reason(read(page, page.replace("Ｈ", "Ｎ"))) is Reason.ENGINES_DISAGREE
    assert reason(read(page.replace("Ｔｂ", "ＴＢ"), page)) is Reason.ENGINES_DISAGREE


NARROW = PAGE.replace("保証契約番号：40213-00712M", "保証契約番\n号：\n40213-00712\nM").replace(
    "認 証 キ ー：Hs4kQ9wZx2Tb", "認 証 キ ー：\nHs4kQ9wZx\n2Tb"
)


@pytest.mark.parametrize(
    "page",
    [
        NARROW,
        f"{TITLE}\n電子証書\nを「保証確認サービス」に掲載しました。\n{FIELDS.replace('番号', '番 号 等')}\n{END}",
        f"{TITLE}\n電子証書を掲載しました。\n{END}",
    ],
)
def test_a_notice_that_cannot_be_read_is_not_called_the_certificate_that_it_speaks_of(page):
    refused = read(page)
    assert reason(refused) is Reason.NOT_A_NOTICE
    assert refused.detail.startswith("unread: ")


def test_a_notice_with_form_fields_is_told_as_such():
    page = PAGE.replace("40213-00712M", "").replace("Hs4kQ9wZx2Tb", "")
    refused = read_notice(PdfText((PageText(page, page),), has_fields=True), GUARANTORS)
    assert refused == Unreadable(Reason.NOT_A_NOTICE, "form_fields: 保証契約番号")
    assert read_notice(PdfText((PageText(PAGE, PAGE),), has_fields=True), GUARANTORS) == NOTICE


def test_a_notice_of_a_surety_without_a_profile_is_told_as_such():
    page = PAGE.replace(EAST.name, "南日本建設業保証株式会社").replace(TITLE, "電子保証の「認証キー」のお知らせ")
    assert read(page) == Unreadable(Reason.NOT_A_NOTICE, "unknown_surety")
    assert read(PAGE, guarantors=()) == Unreadable(Reason.NOT_A_NOTICE, "unknown_surety")


def test_a_notice_in_another_form_than_its_profile_assumes_is_told_with_its_surety():
    page = PAGE.replace(EAST.name, HOKKAIDO.name).replace("保証契約番号", "証書番号")
    assert read(page) == Unreadable(Reason.NOT_A_NOTICE, f"assumed: {HOKKAIDO.name} 保証契約番号")


def test_a_digit_class_in_a_profile_means_ascii_digits():
    east = replace(EAST, number=r"\d{5}-\d{5}[A-Z]?")
    assert read(PAGE, guarantors=(east,)) == NOTICE
    page = PAGE.replace("40213-00712M", "４０２１３-00712M")
    assert reason(read(page, guarantors=(east,))) is Reason.NOT_A_NOTICE


@pytest.mark.parametrize("line", ["認証キー：EFPpsRAqZ", "別紙 認証キー:EFPpsRAqZ", "認 証 キ ー EFPpsRAqZ"])
def test_a_second_key_anywhere_on_the_page_is_two_values(line):
    result = read(with_line(line))
    assert result == Unreadable(Reason.TWO_VALUES, "認証キー")


def test_a_second_key_that_one_engine_alone_sees_is_two_values():
    assert reason(read(PAGE, with_line("認証キー：EFPpsRAqZ"))) is Reason.TWO_VALUES
    assert reason(read(with_line("認証キー：EFPpsRAqZ"), PAGE)) is Reason.TWO_VALUES


def test_a_second_number_is_two_values():
    assert read(with_line("保証契約番号：40213-00713M")) == Unreadable(Reason.TWO_VALUES, "保証契約番号")


def test_the_same_value_printed_again_is_one_value():
    assert read(with_line("認証キー：Hs4kQ9wZx2Tb")) == NOTICE


def test_two_project_names_are_two_values():
    assert reason(read(PAGE.replace("記\n", "記\n工事名：ほかの工事\n"))) is Reason.TWO_VALUES


def test_a_telephone_number_of_the_numbers_form_is_no_second_number():
    assert read(with_line("お問い合わせ 0120-123456")) == NOTICE


# --- several notices ------------------------------------------------------------------------------------------------


def test_two_pages_with_a_notice_each_are_two_notices_even_of_the_same_values():
    other = PAGE.replace("40213-00712M", "40213-00713M").replace("Hs4kQ9wZx2Tb", "EFPpsRAqZ")
    for second in (other, PAGE):
        text = PdfText((PageText(PAGE, PAGE), PageText(second, second)))
        assert reason(read_notice(text, GUARANTORS)) is Reason.TWO_NOTICES


def test_two_numbers_with_two_keys_on_one_page_are_two_notices():
    assert reason(read(with_line("保証契約番号：40213-00713M\n認証キー：EFPpsRAqZ"))) is Reason.TWO_NOTICES


def test_a_page_without_number_and_key_beside_the_notice_changes_nothing():
    for second in ("", "ご利用にあたって"):
        assert read_notice(PdfText((PageText(PAGE, PAGE), PageText(second, second))), GUARANTORS) == NOTICE


OTHER_PAPERS = {
    "invoice": f"前払金請求書\n保証契約番号 40213-00712M\n{EAST.name}\n請求金額 5,000,000円",
    "invoice with the surety's words": f"請 求 書（前払金）\n認証キーのお知らせのとおり\n{EAST.name}",
    "invoice with the title of a notice": f"前払金請求書\n{TITLE}のとおり\n{EAST.name}",
    "invoice with its day": f"前払金請求書　令和８年５月８日\n{EAST.name}",
    "cover letter": "送付状\n" + "保証契約番号と認証キーのお知らせを、電子証書の控えとともにお送りします。\n" * 2,
    "short memo": "社内限：下請予定価格1,200万円",
    "memo": "社内連絡　工事部長殿\n" + "下請の見積は来週までに取りまとめ、原価は外に出さないこと。\n" * 3,
    "contract": "工事請負契約書\n" + "発注者と受注者は、次の条項によって請負契約を結ぶ。契約保証金は免除する。\n" * 3,
}


@pytest.mark.parametrize("paper", OTHER_PAPERS)
@pytest.mark.parametrize("is_first", [False, True])
def test_a_page_of_another_paper_in_the_file_of_a_notice_waits_for_a_person(paper, is_first):
    pages = [PageText(PAGE, PAGE), PageText(OTHER_PAPERS[paper], OTHER_PAPERS[paper])]
    read_as = read_notice(PdfText(tuple(reversed(pages) if is_first else pages)), GUARANTORS)
    assert read_as == Unreadable(Reason.NOT_A_NOTICE, f"other_page: {1 if is_first else 2}")
    assert read_as.is_of_a_notice


@pytest.mark.parametrize(
    "further",
    [
        f"電子証書の閲覧方法\n次のサイトで番号を入力してください。\n{EAST.name}　電子保証係\n",
        f"ご利用にあたって\n{EAST.name}\n" + "ご不明の点はお問い合わせください。\n" * 10,
        "2/2",
        "2026/5/8 10:15　https://surety.example/notice?id=12\n2/2 ページ",
        "認証キーのお知らせ_40213-00712M.pdf　令和8年5月8日",
        "以下余白",
    ],
)
def test_a_further_page_of_the_guarantor_changes_nothing(further):
    pages = (PageText(PAGE, PAGE), PageText(further, further))
    assert read_notice(PdfText(pages), GUARANTORS) == NOTICE


@pytest.mark.parametrize("text", ["", "2/2"])
def test_a_further_page_that_is_only_a_picture_waits_for_a_person(text):
    pages = (PageText(PAGE, PAGE, shows_more=True), PageText(text, text, shows_more=True))
    refused = read_notice(PdfText(pages), GUARANTORS)
    assert refused == Unreadable(Reason.NOT_A_NOTICE, "other_page: 2")
    assert refused.is_of_a_notice


def test_a_picture_beside_the_guarantors_name_changes_nothing():
    further = f"ご利用にあたって\n{EAST.name}\n"
    pages = (PageText(PAGE, PAGE, shows_more=True), PageText(further, further, shows_more=True))
    assert read_notice(PdfText(pages), GUARANTORS) == NOTICE


def test_a_second_key_on_another_page_is_two_values():
    second = PageText("認証キー：EFPpsRAqZ", "認証キー：EFPpsRAqZ")
    assert reason(read_notice(PdfText((PageText(PAGE, PAGE), second)), GUARANTORS)) is Reason.TWO_VALUES


# --- what is no notice ----------------------------------------------------------------------------------------------


def test_pages_without_a_character_have_no_text():
    assert reason(read(" \n", "\n")) is Reason.NO_TEXT


@pytest.mark.parametrize("mark", ["(cid:1979)", "\ufffd", "\x7f", "\x08", "\x85", chr(0xD800)])
def test_signs_of_a_broken_font_table_refuse_in_either_engine(mark):
    broken = PAGE.replace("のご提出", f"{mark}ご提出")
    assert reason(read(broken, PAGE)) is Reason.BROKEN_TEXT
    assert reason(read(PAGE, broken)) is Reason.BROKEN_TEXT


@pytest.mark.parametrize("mark", ["\x02", "\ufffe"])
def test_pdfiums_mark_for_a_hyphen_at_a_lines_end_is_no_broken_text(mark):
    plumber = PAGE.replace("道路改良工事（その２）", "道路改良工事（Ａ-\n１）")
    assert read(plumber, plumber.replace("-\n", f"{mark}\n")).project_name == "道路改良工事（Ａ-１）"


def test_a_page_longer_than_the_cut_is_too_large():
    assert reason(read(with_line("あ" * PAGE_CHARACTERS))) is Reason.TOO_LARGE


@pytest.mark.parametrize("heading", ["保　証　証　書", "前払金保証証書", "公共工事履行保証証券", "履行保証保険証券"])
def test_a_certificate_or_bond_is_named_and_refused_even_with_number_and_key(heading):
    for page in (f"{heading}\n{FIELDS}\n{END}", f"{heading}\n保証契約番号：40213-00712M\n{END}"):
        assert read(page) == Unreadable(Reason.NOT_A_NOTICE, heading.replace("　", ""))


@pytest.mark.parametrize(
    ("text", "paper"),
    [
        ("電子証書閲覧サービス\n証書の表示：40213-00712M", "電子証書"),
        ("閲覧画面\n下記の保証証書を表示しています。", "保証証書"),
        ("閲覧のご案内\n履行保証保険の閲覧URL：https://bond.example/", "履行保証保険"),
        ("公共工事履行保証証券のパスワード：Ab12Cd34", "公共工事履行保証証券"),
    ],
)
def test_a_screen_or_letter_about_a_certificate_or_bond_is_named_as_what_it_is_about(text, paper):
    assert read(text) == Unreadable(Reason.NOT_A_NOTICE, paper)


def test_a_number_without_a_key_is_no_notice():
    page = PAGE.replace("認 証 キ ー：Hs4kQ9wZx2Tb\n", "")
    assert read(page) == Unreadable(Reason.NOT_A_NOTICE, "unread: 認証キー")


def test_an_unrelated_paper_is_no_notice():
    assert reason(read("御見積書\n仮設材リース一式　３８５，０００円")) is Reason.NOT_A_NOTICE


@pytest.mark.parametrize(
    ("word", "product"),
    [("契約保証", Product.CONTRACT), ("前払金保証", Product.ADVANCE), ("中間前払金保証", Product.INTERIM)],
)
def test_a_product_is_its_whole_word(word, product):
    assert read(PAGE.replace("：前払金保証", f"：{word}")).product is product


@pytest.mark.parametrize("word", ["前払金保証等", "部分払保証", "金保証"])
def test_an_unknown_product_is_refused(word):
    assert read(PAGE.replace("：前払金保証", f"：{word}")) == Unreadable(
        Reason.NOT_A_NOTICE, "unread: 商品（保証区分）"
    )


def test_a_product_label_wrapped_in_its_cell_is_no_part_of_the_value():
    page = PAGE.replace("商 品（保証区分）：前払金保証", "商 品\n（保証区分） 前払金保証")
    assert read(page) == NOTICE


@pytest.mark.parametrize("line", [2, 3])
def test_an_empty_name_is_refused(line):
    label = {2: "工 事 名：", 3: "受 注 者 名："}[line]
    page = "\n".join(label if part.startswith(label) else part for part in PAGE.split("\n"))
    assert reason(read(page)) is Reason.NOT_A_NOTICE


# --- guarantors -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("guarantor", [EAST, WEST, HOKKAIDO])
def test_a_guarantor_is_known_by_its_name(guarantor):
    assert read(PAGE.replace(EAST.name, guarantor.name)).guarantor == guarantor.id


@pytest.mark.parametrize("guarantor", [EAST, WEST, HOKKAIDO])
def test_a_guarantor_is_known_by_its_title_where_the_name_is_missing(guarantor):
    page = PAGE.replace(EAST.name, "").replace(TITLE, guarantor.titles[0])
    assert read(page).guarantor == guarantor.id


def test_labels_decide_where_they_fit_one_guarantor_alone():
    other = replace(WEST, labels={**WEST.labels, "key": ("閲覧キー",)})
    page = PAGE.replace(EAST.name, "").replace(TITLE, "お知らせ").replace("認 証 キ ー：", "閲 覧 キ ー：")
    assert read(page, guarantors=(EAST, other)).guarantor == "west"


def test_labels_that_fit_several_guarantors_decide_nothing():
    page = PAGE.replace(EAST.name, "").replace(TITLE, "お知らせ")
    assert read(page) == Unreadable(Reason.NOT_A_NOTICE, "保証会社")


def test_without_guarantors_nothing_is_a_notice():
    assert reason(read(PAGE, guarantors=())) is Reason.NOT_A_NOTICE
