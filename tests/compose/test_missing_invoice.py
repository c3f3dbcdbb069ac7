"""Tests of the help for a missing invoice: the name to give, the unused files, the proposed one."""

from __future__ import annotations

import dataclasses

from tests.support.registered import of_project
from tests.support.tables import every_case
from tests.support.world import NUMBER
from worker.compose import missing_invoice as missing
from worker.compose.attachments import could_be_invoice
from worker.compose.missing_invoice import MissingInvoice, describe_missing, find_unused, name_to_give
from worker.core.model import PageText, PdfText, Product, Sha256, Unreadable, sha256
from worker.core.rulebook import Invoice, Project
from worker.core.states import Reason
from worker.match.match import Register, index_projects
from worker.views.missing_invoice import say_missing
from worker.watch.ports import InvoiceFile

OWN = of_project()
OTHER = dataclasses.replace(OWN, id="mihon other", name="駅前広場舗装工事", contract_numbers=("12345-000009",))


def register_of(*projects: Project) -> Register:
    return index_projects(projects, "〇〇建設 株式会社")


def text(*lines: str) -> PdfText:
    return PdfText((PageText("\n".join(lines), "\n".join(lines)),))


def told(
    *files: str,
    texts: dict[str, PdfText | Unreadable] | None = None,
    carried: tuple[str, ...] = (),
    project: Project = OWN,
    others: tuple[Project, ...] = (OTHER,),
) -> MissingInvoice:
    register = register_of(project, *others)
    listing = [InvoiceFile(file, None, 9, saved_ns=at) for at, file in enumerate(files)]
    unused = find_unused(project, NUMBER, register, listing)
    gone = {sha256(file.encode()) for file in carried}

    def text_of(file: str) -> tuple[Sha256, PdfText | Unreadable] | None:
        found = (texts or {}).get(file, text("何かの書類"))
        return sha256(file.encode()), found

    return describe_missing(
        "\\\\server\\請求書", project, Product.ADVANCE, NUMBER, register, unused, text_of, gone.__contains__
    )


def test_the_name_to_give_is_one_that_is_found() -> None:
    name = name_to_give(Product.ADVANCE, NUMBER, OWN, register_of(OWN, OTHER))
    assert name == f"{OWN.name}_前払金請求書.pdf"
    assert could_be_invoice(name, Product.ADVANCE, NUMBER, OWN, register_of(OWN, OTHER))


@every_case("name", ["県道1/2号:改良工事", "橋\\工事?", 'a"b<c>|工事*', "中前払工事", "前払中間橋工事"])
@every_case("product", [Product.ADVANCE, Product.INTERIM])
def test_a_name_for_windows_is_given_and_found(name: str, product: Product) -> None:
    project = dataclasses.replace(OWN, name=name)
    register = register_of(project, OTHER)
    given = name_to_give(product, NUMBER, project, register)
    assert not set('\\/:*?"<>|') & set(given)
    assert given == "" or could_be_invoice(given, product, NUMBER, project, register)


def test_two_projects_of_one_name_are_told_apart_by_the_number() -> None:
    twin = dataclasses.replace(OWN, id="mihon twin", contract_numbers=("12345-000010",))
    assert name_to_give(Product.ADVANCE, NUMBER, OWN, register_of(OWN, twin)) == f"{NUMBER}_前払金請求書.pdf"


def test_the_registered_file_is_the_name_to_give() -> None:
    registered = Invoice("r8/seikyu.pdf", None, None)
    project = of_project(invoices={Product.ADVANCE: (registered,)})
    assert name_to_give(Product.ADVANCE, NUMBER, project, register_of(project)) == "r8/seikyu.pdf"


def test_what_is_anothers_or_left_before_is_not_listed_and_the_newest_stands_first() -> None:
    found = told(
        "a.pdf", "b.xlsx", "駅前広場舗装工事_請求書.pdf", "x/12345-000009.pdf", "c.PDF", "d.pdf", carried=("d.pdf",)
    )
    assert (found.unused, found.more, found.proposed) == (("c.PDF", "a.pdf"), 0, ())


def test_an_invoice_whose_text_names_the_project_or_the_number_is_proposed() -> None:
    texts: dict[str, PdfText | Unreadable] = {
        "by-name.pdf": text("前払金請求書", f"工事名　{OWN.name}", "金 20,000,000円"),
        "by-number.pdf": text("前払金請求書", f"保証契約番号 {NUMBER}"),
        "longer.pdf": text(f"{OWN.name}その２"),
        "scan.pdf": Unreadable(Reason.NO_TEXT),
    }
    longer = dataclasses.replace(OWN, id="mihon longer", name=f"{OWN.name}その２", contract_numbers=())
    found = told("longer.pdf", "by-name.pdf", "by-number.pdf", "scan.pdf", texts=texts, others=(OTHER, longer))
    assert found.proposed == ("by-number.pdf", "by-name.pdf")
    assert found.unused[:2] == found.proposed
    said = "\n".join(say_missing(found, "ja"))
    assert "\\\\server\\請求書" in said
    assert "by-name.pdf" in said
    assert f"「{found.name}」" in said


def test_what_is_named_is_bounded_and_counted() -> None:
    found = told(*(f"{number}.pdf" for number in range(400)))
    assert (len(found.unused), found.more) == (missing.NAMED, missing.EXAMINED - missing.NAMED)
    assert "ほか290件" in "\n".join(say_missing(found, "ja"))


def test_a_key_in_a_files_name_is_not_shown() -> None:
    assert "AbCd1234EfGh" not in "\n".join(say_missing(told("請求書 AbCd1234EfGh.pdf"), "ja"))
