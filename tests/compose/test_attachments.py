"""Tests of the choice of the invoice, and of the file names that lead to it."""

from __future__ import annotations

import dataclasses
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.holds import Said, detail_of
from tests.support.registered import ISSUER, of_project
from tests.support.world import NUMBER
from worker.compose.attachments import STILL_WRITTEN, ChosenInvoice, choose_invoice, find_candidates
from worker.core.model import Hold, Product, Sha256, Unreadable, sha256
from worker.core.rulebook import Invoice, InvoiceRule, Project, invoice_for
from worker.core.states import Reason
from worker.core.text import match_key
from worker.match.match import Register, index_projects
from worker.watch.ports import InvoiceFile

PDF = b"%PDF-1.4 an invoice"
OWN = of_project()
RULE = ISSUER.rules[Product.ADVANCE]


def register_of(*projects: Project) -> Register:
    return index_projects((OWN, *projects), "〇〇建設 株式会社")


def another(name: str, *numbers: str, **changes: object) -> Project:
    return dataclasses.replace(OWN, id=f"mihon {name} {numbers}", name=name, contract_numbers=numbers, **changes)


def candidates(
    *files: str,
    product: Product = Product.ADVANCE,
    project: Project = OWN,
    others: tuple[Project, ...] = (),
    carried: tuple[str, ...] = (),
) -> list[str]:
    listing = [InvoiceFile(file, sha256(file.encode()), 9) for file in files]
    gone = {sha256(file.encode()) for file in carried}
    register = index_projects((project, *others), "〇〇建設 株式会社")
    return list(find_candidates(product, NUMBER, project, register, listing, gone.__contains__))


def choose(
    *found: str, invoice: InvoiceRule = InvoiceRule.OPTIONAL, registered: Invoice | None = None, holds: object = PDF
) -> ChosenInvoice | Hold | None:
    project = of_project(invoices={Product.ADVANCE: (registered,)} if registered else {})

    def load(file: str) -> tuple[str, bytes] | Unreadable | None:
        return (file, holds) if isinstance(holds, bytes) else holds

    return choose_invoice(Product.ADVANCE, NUMBER, replace(RULE, invoice=invoice), project, load, found)


# --- Which one is chosen ---------------------------------------------------------------------------------------


def test_the_one_file_whose_name_leads_here_rides_along_where_the_register_names_none() -> None:
    assert choose("道路改良工事.pdf") == ChosenInvoice("前払金請求書", ("道路改良工事.pdf", PDF), None)


@pytest.mark.parametrize("written", ["12345-678901", "１２３４５－６７８９０１", "12345−678901"])
def test_an_invoice_is_of_its_number_in_whatever_width_that_is_registered(written: str) -> None:
    first, own = Invoice("first.pdf"), Invoice("own.pdf", number=written)
    assert invoice_for(of_project(invoices={Product.ADVANCE: (first, own)}), Product.ADVANCE, NUMBER) == own


def test_the_register_goes_before_any_name() -> None:
    registered = Invoice("named.pdf")
    assert choose("道路改良工事.pdf", registered=registered) == ChosenInvoice(
        "前払金請求書", ("named.pdf", PDF), registered
    )


def test_an_invoice_that_is_handed_in_separately_is_not_searched_for() -> None:
    assert choose("道路改良工事.pdf", registered=Invoice("")) == ChosenInvoice("前払金請求書", None, Invoice(""))


def test_of_two_files_neither_is_taken_and_both_are_named() -> None:
    assert choose("a.pdf", "b.pdf") == Said(Reason.TWO_INVOICES, "a.pdf, b.pdf")


@pytest.mark.parametrize(
    ("rule", "reason"),
    [(InvoiceRule.REQUIRED, Reason.INVOICE_MISSING), (InvoiceRule.OPTIONAL, Reason.INVOICE_UNDECIDED)],
)
def test_without_any_file_a_person_says_whether_one_rides_along(rule: InvoiceRule, reason: Reason) -> None:
    assert choose(invoice=rule) == Said(reason, "前払金請求書")


def test_where_the_rule_wants_none_a_file_in_the_folder_changes_nothing() -> None:
    assert choose("道路改良工事.pdf", invoice=InvoiceRule.NEVER) == ChosenInvoice("前払金請求書", None, None)


@pytest.mark.parametrize(
    ("holds", "reason"),
    [
        (None, Reason.INVOICE_MISSING),
        (Unreadable(Reason.DAMAGED, ""), Reason.WRONG_INVOICE),
        (Unreadable(Reason.TOO_LARGE, ""), Reason.TOO_BIG),
    ],
)
def test_a_found_file_that_is_no_pdf_to_be_sent_holds_under_its_name(holds: object, reason: Reason) -> None:
    assert choose("a.pdf", holds=holds) == Said(reason, "a.pdf")


def test_a_found_file_that_is_still_being_written_says_that_it_is_looked_at_again_by_itself() -> None:
    hold = choose("a.pdf", holds=STILL_WRITTEN)
    assert (hold.reason, detail_of(hold).startswith("a.pdf：保存中")) == (Reason.INVOICE_MISSING, True)
    assert "自動でもう一度確認" in detail_of(hold)


# --- Which file's name leads here ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "file",
    [
        f"{NUMBER}.pdf",
        f"請求書_{NUMBER}_前払金.PDF",
        "道路改良工事.pdf",
        "r8/5月/前払金請求書（道路 改良工事）.pdf",
        "前金払請求書 道路改良工事.pdf",
        "ドウロ 道路改良工事 請求書.pdf",
    ],
)
def test_a_name_with_the_number_or_the_projects_name_leads_here(file: str) -> None:
    assert candidates(file) == [file]


@pytest.mark.parametrize(
    "file",
    [
        f"{NUMBER}7.pdf",
        f"1{NUMBER}.pdf",
        f"{NUMBER}-2.pdf",
        "道路工事.pdf",
        f"{NUMBER}.xlsx",
        f"{NUMBER}/請求書.pdf",
        "中間前払金請求書_道路改良工事.pdf",
    ],
)
def test_another_name_leads_nowhere(file: str) -> None:
    assert candidates(file) == []


def test_a_full_width_name_is_the_same_name() -> None:
    project = of_project(name="ＡＢ橋補修工事（その１）")
    assert candidates("AB橋補修工事(その1).pdf", project=project) == ["AB橋補修工事(その1).pdf"]


def test_a_number_at_a_names_end_is_not_the_beginning_of_a_longer_one() -> None:
    project = of_project(name="道路改良工事その1")
    assert candidates("道路改良工事その12.pdf", project=project) == []


@pytest.mark.parametrize("product", [Product.ADVANCE, Product.INTERIM])
def test_a_name_that_says_for_which_payment_is_of_that_payment(product: Product) -> None:
    files = ("道路改良工事_中間前払金.pdf", "道路改良工事_前払金.pdf", "道路改良工事.pdf")
    expected = files[1:] if product is Product.ADVANCE else (files[0], files[2])
    assert candidates(*files, product=product) == list(expected)


def test_a_town_that_is_called_the_middle_makes_no_interim_payment() -> None:
    project = of_project(name="中間市道路改良工事")
    assert candidates("中間市道路改良工事_前払金請求書.pdf", project=project) == ["中間市道路改良工事_前払金請求書.pdf"]


def test_a_contract_guarantee_never_has_an_invoice() -> None:
    assert candidates("道路改良工事.pdf", product=Product.CONTRACT) == []


def test_a_longer_name_is_another_projects() -> None:
    longer = another("道路改良工事（その２）", "31074-000099")
    assert candidates("道路改良工事(その2).pdf", "道路改良工事.pdf", others=(longer,)) == ["道路改良工事.pdf"]
    assert candidates("道路改良工事（その２）.pdf", project=longer, others=(OWN,)) == ["道路改良工事（その２）.pdf"]


def test_a_name_that_two_projects_bear_leads_to_neither_but_the_number_does() -> None:
    twin = another("道路改良工事", "31074-000099")
    assert candidates("道路改良工事.pdf", f"道路改良工事_{NUMBER}.pdf", others=(twin,)) == [
        f"道路改良工事_{NUMBER}.pdf"
    ]


def test_a_name_that_holds_another_project_beside_this_one_leads_nowhere() -> None:
    other = another("橋補修工事", "31074-000099")
    assert candidates("道路改良工事と橋補修工事.pdf", "道路改良工事_31074-000099.pdf", others=(other,)) == []
    assert candidates(f"{NUMBER}_31074-000099.pdf", others=(other,)) == []


def test_a_file_that_the_register_names_for_anything_is_not_found_by_its_name() -> None:
    other = another("橋補修工事", "31074-000099", invoices={Product.ADVANCE: (Invoice("道路改良工事.pdf"),)})
    assert candidates("道路改良工事.pdf", others=(other,)) == []


def test_a_file_that_was_carried_before_is_not_found_again() -> None:
    assert candidates("道路改良工事.pdf", "道路改良工事 訂正.pdf", carried=("道路改良工事.pdf",)) == [
        "道路改良工事 訂正.pdf"
    ]


_names = st.text("道路橋改良補修工事その12（）", min_size=2, max_size=8)


@given(
    own=_names,
    others=st.lists(_names, max_size=3),
    files=st.lists(
        st.tuples(_names, st.sampled_from(["", "前払金", "中間前払金", NUMBER, "31074-000099"])), max_size=4
    ),
)
def test_no_file_is_ever_found_that_bears_another_projects_longer_name_or_number(
    own: str, others: list[str], files: list[tuple[str, str]]
) -> None:
    projects = tuple(another(name, f"31074-{90 + number:06}") for number, name in enumerate(others))
    listing = [f"{name} {more}.pdf" for name, more in files]
    for file in candidates(*listing, project=of_project(name=own), others=projects):
        key = match_key(file)
        assert NUMBER in key or match_key(own) in key
        assert "中間" not in key
        if NUMBER not in key:
            assert "31074" not in key
            longer = [name for name in others if match_key(own) in match_key(name) and len(name) > len(own)]
            assert not [name for name in longer if match_key(name) + "." in key.replace("前払金", "")]


def test_the_hash_of_a_file_that_was_not_read_is_nobodys() -> None:
    listing = [InvoiceFile("道路改良工事.pdf", None, 9)]
    found = find_candidates(Product.ADVANCE, NUMBER, OWN, register_of(), listing, lambda _: True)
    assert found == ("道路改良工事.pdf",)


def test_two_candidates_of_the_same_bytes_are_two_all_the_same() -> None:
    same = Sha256("0" * 64)
    listing = [InvoiceFile(file, same, 9) for file in ("道路改良工事 1.pdf", "道路改良工事 2.pdf")]
    assert len(find_candidates(Product.ADVANCE, NUMBER, OWN, register_of(), listing, lambda _: False)) == 2
