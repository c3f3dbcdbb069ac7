"""The form of a guarantee's papers: its invoice, given now or chosen among unused PDFs, and its other documents."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from worker.compose.mime_write import attachment_name
from worker.compose.missing_invoice import find_unused, name_to_give
from worker.config.defaults import SEPARATE
from worker.config.editing.register import set_documents, set_invoice
from worker.console.banners import banners_of
from worker.console.project_forms import path_of, save_edit
from worker.console.projects import project_of
from worker.console.visit import Visit
from worker.core.errors import ConfigError, NotAllowed, Unavailable
from worker.core.model import Product
from worker.pipeline.register import MAX_UPLOAD_BYTES, file_pdf
from worker.views.project_form import faults_of

UPLOAD_BYTES: Final = MAX_UPLOAD_BYTES + 100_000
"""Of a form with one PDF: the PDF and the fields beside it."""
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
    office, project = visit.office, project_of(visit)
    active = office.active_config
    found = visit.desk.read(lambda reader: active.invoice_folder.look(reader, lambda _: False))
    listed = () if isinstance(found.listed, Unavailable) else found.listed
    unused = [each.file for each in find_unused(project, "", active.register, listed)]
    chosen = [each.title or each.file for each in project.documents.get(product, ())]
    files = [each.file for each in project.documents.get(product, ())]
    return visit.page(
        "project_papers.html",
        status,
        banners=banners_of(visit),
        project=project,
        product=product,
        invoices=project.invoices.get(product, ()),
        numbers=project.numbers_of(product),
        unused=unused[:_UNUSED_SHOWN],
        more=max(0, len(unused) - _UNUSED_SHOWN),
        is_away=isinstance(found.listed, Unavailable),
        documents=list(zip(files, chosen, strict=True)),
        is_decided=product in project.documents,
        takes_invoice=product is not Product.CONTRACT,
        failed=failed,
    )


def choose_invoice(visit: Visit) -> Response:
    """Records the invoice of a guarantee: a PDF given now, an unused one, handed in separately, or none."""
    project = project_of(visit)
    form = visit.form
    product = _product(visit, form.text("product"))
    if product is Product.CONTRACT:
        return _papers(visit, product, visit.say("no_invoice_here"), 422)
    choice, number = form.text("choice"), form.text("number")
    uploads = form.files.get("pdf", ())
    try:
        file: str | None
        if uploads:
            register = visit.office.active_config.register
            name = name_to_give(product, number, project, register) or f"{project.name}_{product.value}.pdf"
            content = uploads[0].file.read(MAX_UPLOAD_BYTES + 1)
            file = file_pdf(visit.office.places.invoices, attachment_name(name), content)
        elif choice in {SEPARATE, "none"}:
            file = SEPARATE if choice == SEPARATE else None
        elif choice.startswith("file:"):
            file = choice.removeprefix("file:")
        else:
            return _papers(visit, product, visit.say("error_choose"), 422)
        save_edit(visit, lambda content: set_invoice(content, project.id, product, number, file))
    except NotAllowed as refused:
        if refused.code == "register_same":
            return visit.go(path_of(project.id), "unchanged")
        return _papers(visit, product, visit.refusal(refused), 422)
    except ConfigError as error:
        return _papers(visit, product, _all_of(error, visit), 422)
    return visit.go(path_of(project.id), "project_saved")


def choose_documents(visit: Visit) -> Response:
    """Records the other documents of a guarantee; none at all is a decision too."""
    project = project_of(visit)
    product = _product(visit, visit.form.text("product"))
    files = visit.form.several("file")
    if not files and not visit.form.text("none"):
        return _papers(visit, product, visit.say("error_choose"), 422)
    try:
        save_edit(visit, lambda content: set_documents(content, project.id, product, files))
    except NotAllowed as refused:
        if refused.code == "register_same":
            return visit.go(path_of(project.id), "unchanged")
        return _papers(visit, product, visit.refusal(refused), 422)
    except ConfigError as error:
        return _papers(visit, product, _all_of(error, visit), 422)
    return visit.go(path_of(project.id), "project_saved")


def _all_of(error: ConfigError, visit: Visit) -> str:
    beside, others = faults_of(error.problems, visit.lang)
    return " ".join((*others, *beside.values()))
