"""The form of a guarantee's papers: its invoice, given now or chosen among unused PDFs, and its other documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from starlette.responses import Response

from worker.compose.missing_invoice import find_unused, name_to_give
from worker.config.defaults import SEPARATE
from worker.config.editing.register import RegisterEdit, set_documents, set_invoice
from worker.console.project_forms import path_of, save_edit
from worker.console.projects import named_project
from worker.console.visit import Visit
from worker.core.errors import ConfigError, NotAllowed, Unavailable
from worker.core.model import Product
from worker.core.rulebook import Project
from worker.pipeline.invoices import explain_missing
from worker.pipeline.register import MAX_UPLOAD_BYTES, Paper, WrittenEdit, name_for_paper, placed_papers
from worker.views.project_form import faults_of
from worker.views.project_page import rule_of, takes_invoice

UPLOAD_BYTES: Final = MAX_UPLOAD_BYTES + 100_000
"""Of a form with one PDF: the PDF and the fields beside it."""
DOCUMENTS: Final = 5
"""Documents of one form: an issuer asks for one or two beside the invoice."""
DOCUMENT_BYTES: Final = DOCUMENTS * MAX_UPLOAD_BYTES + 100_000
"""Of a form with documents: the PDFs and the fields beside them."""
_UNUSED_SHOWN: Final = 50
"""Unused PDFs that are offered: more are not told apart by their names."""


def show_papers(visit: Visit) -> Response:
    """The form of a guarantee's invoice and other documents."""
    return _papers(visit, _product(visit, visit.query.get("product", "")))


def _product(visit: Visit, text: str) -> Product:
    if text not in set(Product):
        raise NotAllowed("no_such_project", project=visit.params["project"], nearest="-")
    return Product(text)


def _papers(visit: Visit, product: Product, failed: str = "", status: int = 200) -> Response:
    office, project = visit.office, named_project(visit)
    active = office.active_config
    found = visit.desk.read(lambda reader: active.invoice_folder.look(reader, lambda _: False))
    listed = () if isinstance(found.listed, Unavailable) else found.listed
    proposed = _proposed(visit, project, product)
    others = [each.file for each in find_unused(project, "", active.register, listed) if each.file not in proposed]
    unused = [*proposed, *others]
    chosen = [each.title or each.file for each in project.documents.get(product, ())]
    files = [each.file for each in project.documents.get(product, ())]
    return visit.page(
        "project_papers.html",
        status,
        project=project,
        product=product,
        invoices=project.invoices.get(product, ()),
        numbers=project.numbers_of(product),
        unused=unused[:_UNUSED_SHOWN],
        proposed=frozenset(proposed),
        more=max(0, len(unused) - _UNUSED_SHOWN),
        is_away=isinstance(found.listed, Unavailable),
        documents=list(zip(files, chosen, strict=True)),
        is_decided=product in project.documents,
        has_invoice=product is not Product.CONTRACT,
        takes_invoice=bool(project.invoices.get(product)) or _takes_invoice(visit, project, product),
        failed=failed,
    )


def _proposed(visit: Visit, project: Project, product: Product) -> tuple[str, ...]:
    """Returns the unused PDFs whose text names the project, if a submission waits for its invoice."""
    waiting = visit.store.newest_standing([(project.id, product)]).values()
    active = visit.office.active_config
    found = visit.desk.read(lambda reader: explain_missing(waiting, active, reader, visit.store))
    return tuple(dict.fromkeys(file for each in found.values() for file in each.proposed))


def _takes_invoice(visit: Visit, project: Project, product: Product) -> bool:
    issuer = visit.office.configuration.issuers[project.issuer]
    return takes_invoice(rule_of(issuer, project, product), product)


def record_invoice(visit: Visit) -> Response:
    """Records the invoice of a guarantee: a PDF given now, an unused one, handed in separately, or none."""
    project, form = named_project(visit), visit.form
    product = _product(visit, form.text("product"))
    if product is Product.CONTRACT:
        return _papers(visit, product, visit.say("no_invoice_here"), 422)
    choice, number = form.text("choice"), form.text("number")
    papers = [
        Paper(_name(visit, project, product, number), each.file.read(MAX_UPLOAD_BYTES + 1))
        for each in form.files.get("pdf", ())
    ]
    if papers and choice:
        return _papers(visit, product, visit.say("papers_two_choices"), 422)
    if not papers and choice not in {SEPARATE, "none"} and not choice.startswith("file:"):
        return _papers(visit, product, visit.say("error_choose"), 422)

    def save() -> WrittenEdit[RegisterEdit]:
        with placed_papers(visit.office.places.invoices, papers) as names:
            chosen = choice.removeprefix("file:") if choice != "none" else None
            file = names[0] if names else chosen
            return save_edit(visit, lambda content: set_invoice(content, project.id, product, number, file))

    return _saved(visit, project, product, save)


def _name(visit: Visit, project: Project, product: Product, number: str) -> str:
    """The name under which a given PDF is found again."""
    wanted = name_to_give(product, number, project, visit.office.active_config.register)
    otherwise = f"{product.value}.pdf"
    return name_for_paper(wanted if wanted and "/" not in wanted else project.name, otherwise)


def record_documents(visit: Visit) -> Response:
    """Records the other documents of a guarantee, chosen or given now; none at all is a decision too."""
    project = named_project(visit)
    product = _product(visit, visit.form.text("product"))
    files = visit.form.several("file")
    papers = [
        Paper(name_for_paper(each.filename or "", f"{product.value}.pdf"), each.file.read(MAX_UPLOAD_BYTES + 1))
        for each in visit.form.files.get("pdf", ())
    ]
    if visit.form.text("none") and (files or papers):
        return _papers(visit, product, visit.say("papers_none_and_some"), 422)
    if not files and not papers and not visit.form.text("none"):
        return _papers(visit, product, visit.say("error_choose"), 422)

    def save() -> WrittenEdit[RegisterEdit]:
        with placed_papers(visit.office.places.invoices, papers) as names:
            return save_edit(visit, lambda content: set_documents(content, project.id, product, (*files, *names)))

    return _saved(visit, project, product, save)


def _saved(visit: Visit, project: Project, product: Product, save: Callable[[], WrittenEdit[RegisterEdit]]) -> Response:
    """Answers a form that saves at once; the same page says why nothing was saved."""
    try:
        done = save()
    except NotAllowed as refused:
        if refused.code == "register_same":
            return visit.go(path_of(project.id), "unchanged")
        return _papers(visit, product, visit.refusal(refused), 422)
    except ConfigError as error:
        beside, others = faults_of(error.problems, visit.lang)
        return _papers(visit, product, " ".join((*others, *beside.values())), 422)
    return visit.go(path_of(project.id), "project_saved_judged" if done.judged else "project_saved")
