"""Amount and day of an invoice are taken if both engines read them and the paper leaves no choice."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.tables import every_case
from worker.compose.invoice_values import InvoiceValues, read_invoice_values
from worker.core.model import PageText, PdfText, Unreadable
from worker.core.states import Reason

MAY_8 = dt.date(2026, 5, 8)


def values(plumber: str, pdfium: str | None = None) -> InvoiceValues:
    return read_invoice_values(PdfText((PageText(plumber, plumber if pdfium is None else pdfium),)))


@every_case(
    "text",
    [
        "一金　２０，０００，０００円也",
        "金20,000,000円",
        "請求金額　金 20,000,000 円",
        "ご請求金額\n¥20,000,000-",
        "請負代金額　金50,000,000円\n前払金請求額　金20,000,000円",
        "請負代金額 50,000,000円\n一金 20,000,000円也\n（うち消費税 1,818,181円）",
        "下記のとおり 20,000,000円 を請求します。\n契約金額 50,000,000円",
        "請求額：20000000円\n電話 045-000-0000\n口座 普通 1234567",
        "請求金額 20,000,000円\n合計 20,000,000円\n小計 18,181,819円\n消費税 1,818,181円",
    ],
)
def test_the_sum_that_is_asked_for_is_read(text: str) -> None:
    assert values(f"前払金請求書\n{text}").amount == 20_000_000


@pytest.mark.parametrize(
    "text",
    [
        "",
        "請負代金額 50,000,000円",
        "請求金額 20,000,000円\n請求金額 21,000,000円",
        "一金 20,000,000円也\n一金 21,000,000円也",
        "A工区 10,000,000円\nB工区 20,000,000円",
        "電話 045-000-0000\n口座 1234567\n2026",
    ],
)
def test_a_sum_that_is_not_certain_is_not_guessed(text: str) -> None:
    assert values(f"前払金請求書\n{text}").amount is None


def test_engines_that_differ_give_no_value() -> None:
    assert values("一金 20,000,000円也", "一金 26,000,000円也") == InvoiceValues()
    assert values("請求日 令和8年5月8日", "請求日 令和8年5月6日") == InvoiceValues()


@pytest.mark.parametrize(
    "text",
    [
        "令和８年５月８日",
        "請求日：2026年5月8日",
        "契約年月日　令和8年4月1日\n工期　令和8年4月2日から令和9年3月25日まで\n令和 8 年 5 月 8 日",
        "請求年月日\n令和8年5月8日\n令和8年5月1日",
        "支払期限 令和8年6月30日\n発行日 令和8年5月8日",
    ],
)
def test_the_invoice_s_own_day_is_read(text: str) -> None:
    assert values(f"前払金請求書\n{text}").date == MAY_8


@pytest.mark.parametrize(
    "text", ["", "契約日 令和8年5月8日", "令和8年5月8日\n令和8年5月9日", "令和8年13月8日", "8.5.8"]
)
def test_a_day_that_is_not_certain_is_not_guessed(text: str) -> None:
    assert values(f"前払金請求書\n{text}").date is None


def test_an_empty_page_says_nothing() -> None:
    assert values("") == values("\n") == InvoiceValues()


def test_nothing_is_read_of_what_was_not_read() -> None:
    assert read_invoice_values(None) == read_invoice_values(Unreadable(Reason.NO_TEXT)) == InvoiceValues()
