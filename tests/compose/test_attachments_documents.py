"""A document is attached only if the rule names it, or asks for documents without naming them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.fakes import FakeFiles
from tests.support.holds import Said, detail_of
from tests.support.registered import RULE, of_project
from worker.compose.attachments import STILL_WRITTEN, ChosenDocuments, LoadedDocument, choose_documents
from worker.core.model import Product, Unreadable
from worker.core.rulebook import Document, Rule
from worker.core.states import Reason

APPLICATION = Document("shinsei.pdf", "前払金申請書")
FORM = b"%PDF-1.4 an application"
REQUIRING = replace(RULE, documents_required=("前払金申請書",))
UNNAMED = replace(RULE, other_documents=True)


def chosen(rule: Rule, documents: tuple[Document, ...] | None, files: FakeFiles | None = None) -> ChosenDocuments:
    register = {} if documents is None else {Product.ADVANCE: documents}
    held = files or FakeFiles({each.file: FORM for each in documents or ()})
    return choose_documents(Product.ADVANCE, rule, of_project(documents=register), held.snapshot().invoice)


def undecided(made: ChosenDocuments) -> list[str]:
    assert {hold.reason for hold in made.holds} <= {Reason.DOCUMENTS_UNDECIDED}
    return [detail_of(hold) for hold in made.holds]


def test_a_rule_that_names_no_document_needs_none() -> None:
    assert chosen(RULE, None) == ChosenDocuments()
    assert chosen(RULE, ()) == ChosenDocuments()


@pytest.mark.parametrize(
    "document",
    [
        APPLICATION,
        Document("x.pdf", "前払金　申請書"),
        Document("前払金申請書.pdf"),
        Document("kouji/R8_前払金申請書_道路.pdf"),
        Document("前払金申請書.pdf", "申請書一式"),
    ],
    ids=["title", "spaces", "file name", "part of it", "title beside"],
)
def test_a_required_document_is_known_by_its_title_or_its_file_name(document: Document) -> None:
    made = chosen(REQUIRING, (document,))
    assert undecided(made) == []
    assert [each.content for each in made.loaded] == [FORM]


@pytest.mark.parametrize("documents", [None, ()])
def test_a_required_document_that_is_not_listed_is_named(documents: tuple[Document, ...] | None) -> None:
    assert undecided(chosen(REQUIRING, documents)) == ["前払金申請書（必要書類）"]


def test_each_document_that_is_lacking_is_named() -> None:
    rule = replace(RULE, documents_required=("前払金申請書", "工程表"))
    assert undecided(chosen(rule, (APPLICATION,))) == ["工程表（必要書類）"]


def test_a_document_that_the_issuer_does_not_name_is_not_sent_along() -> None:
    made = chosen(REQUIRING, (APPLICATION, Document("kouteihyou.pdf", "工程表")))
    assert undecided(made) == ["工程表（発注者の定めにない書類）"]


def test_an_allowed_document_may_be_there_or_not() -> None:
    rule = replace(RULE, documents_allowed=("前払金申請書",))
    assert undecided(chosen(rule, (APPLICATION,))) == []
    assert undecided(chosen(rule, None)) == []


def test_documents_that_the_issuer_does_not_name_are_the_projects_to_list() -> None:
    assert undecided(chosen(UNNAMED, None)) == ["その他の必要書類"]
    assert chosen(UNNAMED, ()) == ChosenDocuments()
    assert undecided(chosen(UNNAMED, (Document("nanika.pdf"),))) == []


def test_what_is_required_by_name_is_said_beside_what_is_not_named() -> None:
    rule = replace(UNNAMED, documents_required=("前払金申請書",))
    assert undecided(chosen(rule, None)) == ["その他の必要書類", "前払金申請書（必要書類）"]


@pytest.mark.parametrize("found", [None, Unreadable(Reason.DAMAGED)])
def test_a_file_that_is_missing_or_no_pdf_is_named(found: Unreadable | None) -> None:
    files = FakeFiles({"shinsei.pdf": found} if found else {})
    assert undecided(chosen(REQUIRING, (APPLICATION,), files)) == ["shinsei.pdf"]


def test_a_file_larger_than_any_mail_is_too_big() -> None:
    files = FakeFiles({"shinsei.pdf": Unreadable(Reason.TOO_LARGE)})
    assert chosen(REQUIRING, (APPLICATION,), files).holds == (Said(Reason.TOO_BIG, "shinsei.pdf"),)


def test_a_document_is_called_by_its_title_else_by_its_file_without_the_ending() -> None:
    made = chosen(UNNAMED, (APPLICATION, Document("kouji/工程表.PDF")))
    assert made.loaded == (
        LoadedDocument("前払金申請書", "shinsei.pdf", FORM),
        LoadedDocument("工程表", "工程表.PDF", FORM),
    )


def test_documents_of_another_product_do_not_come_along() -> None:
    project = of_project(documents={Product.CONTRACT: (APPLICATION,)})
    made = choose_documents(Product.ADVANCE, UNNAMED, project, FakeFiles({"shinsei.pdf": FORM}).snapshot().invoice)
    assert (made.loaded, undecided(made)) == ((), ["その他の必要書類"])


@pytest.mark.parametrize(
    "document",
    [Document("scan.pdf", "前払金請求書（写し）"), Document("x/前払金請求書_橋梁.pdf"), Document("請求書.pdf", "様式")],
)
@pytest.mark.parametrize("rule", [UNNAMED, RULE])
def test_an_invoice_among_the_documents_does_not_pass_by_what_is_asked_of_an_invoice(
    document: Document, rule: Rule
) -> None:
    made = chosen(rule, (document,))
    assert made.loaded == ()
    assert any("invoice に登録" in detail for detail in undecided(made))


def test_a_document_that_the_issuer_itself_calls_so_is_no_invoice_of_ours() -> None:
    named = replace(RULE, documents_allowed=("請求書内訳",))
    assert undecided(chosen(named, (Document("請求書内訳_道路.pdf"),))) == []


def test_a_document_that_is_still_being_written_says_that_it_is_looked_at_again_by_itself() -> None:
    (detail,) = undecided(chosen(REQUIRING, (APPLICATION,), FakeFiles({"shinsei.pdf": STILL_WRITTEN})))
    assert detail.startswith("shinsei.pdf：保存中")
