"""The console's pages and forms, each named once with the right that it asks for; and how a request is answered.

A request passes, in this order: the host, the origin of a form, the session, the right, the form's CSRF token, for a
decision the password if the last one is older than 30 minutes, then its answerer in a thread.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any, Final

from anyio import fail_after, to_thread
from starlette.applications import Starlette
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, compile_path
from starlette.staticfiles import StaticFiles

from worker.accounts.login import prove, prove_by_code
from worker.accounts.sessions import find_session
from worker.config.settings import UNIX
from worker.console import (
    absence,
    drop,
    health,
    help_page,
    issuer_forms,
    issuers,
    ledger,
    login,
    people,
    pictures,
    project_forms,
    project_papers,
    projects,
    records,
    rehearsal,
    review,
    sso,
    today,
)
from worker.console.banners import banners_of
from worker.console.desk import Desk
from worker.console.guards import SecurityHeaders, is_same_origin, session_cookie
from worker.console.visit import HERE, LONGEST_NUMBER, Form, Visit
from worker.core.accounts import RIGHTS, Right, Role
from worker.core.errors import Conflict, HoshobinError, LogBroken, NotAllowed, Unavailable
from worker.core.messages import is_said, name_role, speaking_on_pages

Answerer = Callable[[Visit], Response]


class _Number(IntegerConvertor):
    """A number in an address; one that no row can have is no address of ours."""

    regex = f"[0-9]{{1,{LONGEST_NUMBER}}}"


register_url_convertor("int", _Number())

FORM_BYTES: Final = 256 * 1024
"""The largest form without files: the longest note and every field of an issuer's rule are below 100 KB."""
FORM_SECONDS: Final = 60
"""Seconds in which a form must come: a slow client holds one of the connections, and nothing else."""
FIELDS: Final = 2_000
"""The most fields of a form: a register's table of 100 projects has some 1,500."""
FIELDS_BESIDE_FILES: Final = 20
"""The most fields of a form with files: they are kept in memory, the files are not."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page: a GET that changes nothing but the record that it was viewed.

    The answer of the identity provider alone opens a session, once.
    """

    path: str
    show: Answerer
    right: Right | None = None
    """None: for everybody, before the login."""


@dataclass(frozen=True, slots=True)
class FormRoute:
    """A form: a POST that ends in a redirect, and may come twice."""

    path: str
    act: Answerer
    right: Right | None = None
    is_deciding: bool = False
    """True if the password must have been given in the last 30 minutes."""
    files: int = 0
    """The most files in it."""
    largest: int = FORM_BYTES
    """The most bytes of the request."""
    seconds: int = FORM_SECONDS
    """The longest time in which it must come."""


PAGES: Final = (
    Page("/login", login.show_login),
    Page("/invite/{token}", login.show_invitation),
    Page("/invite/{token}/company", sso.begin_binding),
    Page("/sso/login", sso.begin_login),
    Page("/sso/callback", sso.come_back),
    Page("/sso/proof", sso.begin_proof, Right.OWN),
    Page("/sso/logout", sso.leave_provider),
    Page("/", today.show_today, Right.OWN),
    Page("/s/{id:int}", review.show_submission, Right.SEE),
    Page("/s/{id:int}/state", review.show_state, Right.SEE),
    Page("/issuers", issuers.show_issuers, Right.SEE),
    Page("/issuers/new", issuer_forms.show_new_issuer, Right.PREPARE),
    Page("/issuers/{issuer}", issuers.show_issuer, Right.SEE),
    Page("/issuers/{issuer}/edit", issuer_forms.show_issuer_form, Right.PREPARE),
    Page("/log", records.show_log, Right.SEE),
    Page("/s/{id:int}/record", records.show_record, Right.SEE),
    Page("/received", records.show_received, Right.SEE),
    Page("/changes", records.show_changes, Right.SEE),
    Page("/verify", records.show_verify, Right.AUDIT),
    Page("/me", login.show_own_settings, Right.OWN),
    Page("/people", people.show_people, Right.PEOPLE),
    Page("/people/{id:int}", people.show_person, Right.PEOPLE),
    Page("/people/views", people.show_views, Right.AUDIT),
    Page("/people/absences", absence.show_absences, Right.ABSENCE),
    Page("/people/{id:int}/absence", absence.show_absence, Right.ABSENCE),
    Page("/health", health.show_health, Right.HEALTH),
    Page("/health/rehearsal", rehearsal.show_rehearsal, Right.REHEARSE),
    Page("/s/{id:int}/page/{paper:int}/{page:int}.png", pictures.show_picture, Right.SEE),
    Page("/s/{id:int}/page/{paper:int}/{page:int}", pictures.show_page, Right.SEE),
    Page("/s/{id:int}/key", pictures.show_key, Right.KEY),
    Page("/s/{id:int}/original/{paper:int}", pictures.give_original, Right.KEY),
    Page("/projects", projects.show_projects, Right.SEE),
    Page("/projects/new", project_forms.show_new, Right.PREPARE),
    Page("/projects/import", ledger.show_import, Right.PREPARE),
    Page("/projects/import/sample/{form}", ledger.give_sample, Right.PREPARE),
    Page("/projects/{project:path}/edit", project_forms.show_edit, Right.PREPARE),
    Page("/projects/{project:path}/amend", project_forms.show_amend, Right.PREPARE),
    Page("/projects/{project:path}/papers", project_papers.show_papers, Right.PREPARE),
    Page("/projects/{project:path}/preview", projects.show_foreseen, Right.SEE),
    Page("/projects/{project:path}", projects.show_project, Right.SEE),
    Page("/search", projects.show_found, Right.SEE),
    Page("/help", help_page.show_help, Right.OWN),
    Page("/help/terms", help_page.show_terms, Right.OWN),
    Page("/drop", drop.show_drop, Right.PREPARE),
)
ACTIONS: Final = (
    FormRoute("/login", login.log_in),
    FormRoute("/invite/{token}", login.accept_invitation),
    FormRoute("/sso/code", sso.give_code),
    FormRoute("/logout", login.log_out, Right.OWN),
    FormRoute("/me/password", login.change_password, Right.OWN),
    FormRoute("/me/code", login.register_code, Right.OWN, is_deciding=True),
    FormRoute("/me/settings", login.change_settings, Right.OWN),
    FormRoute("/take", today.take_work, Right.PREPARE),
    FormRoute("/me/absence", login.record_own_absence, Right.OWN),
    FormRoute("/people/{id:int}/absence", absence.record_absence, Right.ABSENCE, is_deciding=True),
    FormRoute("/me/mails", login.choose_mails, Right.OWN),
    FormRoute("/me/logout-everywhere", login.log_out_everywhere, Right.OWN),
    FormRoute("/log/export", records.export, Right.EXPORT, is_deciding=True),
    FormRoute("/verify", records.verify, Right.AUDIT),
    FormRoute("/log/originals", records.give_originals, Right.AUDIT, is_deciding=True),
    FormRoute("/s/{id:int}/approve", review.approve, Right.DECIDE, is_deciding=True),
    FormRoute("/s/{id:int}/resolve", review.resolve, Right.DECIDE, is_deciding=True),
    FormRoute("/s/{id:int}/resend", review.resend, Right.DECIDE, is_deciding=True),
    FormRoute("/s/{id:int}/request", review.request_approval, Right.PREPARE),
    FormRoute("/s/{id:int}/return", review.send_back, Right.DECIDE),
    FormRoute("/s/{id:int}/stop", review.stop_sending, Right.PREPARE),
    FormRoute("/s/{id:int}/correct", review.correct, Right.PREPARE),
    FormRoute("/s/{id:int}/memo", review.note_memo, Right.PREPARE),
    FormRoute("/s/{id:int}/withdraw", review.withdraw, Right.PREPARE),
    FormRoute("/s/{id:int}/hand-over", review.hand_over, Right.PREPARE),
    FormRoute("/s/{id:int}/confirm", review.confirm, Right.PREPARE),
    FormRoute("/s/{id:int}/reply", review.answer_reply, Right.PREPARE),
    FormRoute("/s/{id:int}/done", review.record_done, Right.PREPARE),
    FormRoute("/s/{id:int}/join", review.join, Right.PREPARE),
    FormRoute("/people", people.add_person, Right.PEOPLE, is_deciding=True),
    FormRoute("/people/{id:int}", people.change_person, Right.PEOPLE, is_deciding=True),
    FormRoute("/people/{id:int}/stop", people.stop_person, Right.PEOPLE, is_deciding=True),
    FormRoute("/people/{id:int}/invite", people.invite_person, Right.PEOPLE, is_deciding=True),
    FormRoute("/people/{id:int}/forget-code", people.forget_code, Right.PEOPLE, is_deciding=True),
    FormRoute("/people/{id:int}/forget-company", people.forget_company_account, Right.PEOPLE, is_deciding=True),
    FormRoute("/health/resume", health.resume, Right.HEALTH, is_deciding=True),
    FormRoute("/health/rehearsal", rehearsal.switch_rehearsal, Right.REHEARSE, is_deciding=True),
    FormRoute("/s/{id:int}/key", pictures.ask_for_key, Right.KEY, is_deciding=True),
    FormRoute("/s/{id:int}/original/{paper:int}", pictures.ask_for_original, Right.KEY, is_deciding=True),
    FormRoute(
        "/drop",
        drop.take_files,
        Right.PREPARE,
        files=drop.UPLOAD_FILES,
        largest=drop.UPLOAD_BYTES,
        seconds=drop.UPLOAD_SECONDS,
    ),
    FormRoute("/drop/{id:int}/file", drop.file_brought_invoice, Right.PREPARE),
    FormRoute("/issuers/new", issuer_forms.record_new_issuer, Right.PREPARE),
    FormRoute("/issuers/{issuer}/edit", issuer_forms.save_issuer, Right.PREPARE),
    FormRoute("/issuers/{issuer}/answer", issuers.record_answer, Right.PREPARE),
    FormRoute("/projects/new", project_forms.record_new, Right.PREPARE),
    FormRoute("/projects/import", ledger.read_upload, Right.PREPARE, files=1, largest=ledger.UPLOAD_BYTES),
    FormRoute("/projects/import/rows", ledger.take_rows, Right.PREPARE),
    FormRoute("/projects/{project:path}/edit", project_forms.save_project_change, Right.PREPARE),
    FormRoute("/projects/{project:path}/amend", project_forms.record_amendment, Right.PREPARE),
    FormRoute("/projects/{project:path}/memo", projects.record_memo, Right.PREPARE),
    FormRoute("/projects/{project:path}/close", project_forms.record_completion, Right.PREPARE),
    FormRoute("/projects/{project:path}/delete", project_forms.record_deletion, Right.PREPARE),
    FormRoute(
        "/projects/{project:path}/invoice",
        project_papers.record_invoice,
        Right.PREPARE,
        files=1,
        largest=project_papers.UPLOAD_BYTES,
    ),
    FormRoute(
        "/projects/{project:path}/documents",
        project_papers.record_documents,
        Right.PREPARE,
        files=project_papers.DOCUMENTS,
        largest=project_papers.DOCUMENT_BYTES,
        seconds=drop.UPLOAD_SECONDS,
    ),
)

_PAGE_PATHS: Final = tuple(compile_path(page.path)[0] for page in PAGES)
_LOG: Final = logging.getLogger(__name__)
_STALE: Final = frozenset({"draft_differs", "label_missing", "not_held", "not_in_this_state"})
"""Refusals that say that the page was of an earlier state."""
_UNKNOWN: Final = frozenset({"no_such_submission", "no_such_project", "no_such_issuer"})
"""Refusals that say that the address names nothing."""


def build_app(desk: Desk, hosts: frozenset[str], proxy: str = "") -> Starlette:
    """Builds the application.

    ``hosts`` are the values of Host that it answers. ``proxy`` is the one address whose X-Forwarded-For is believed.
    """
    by_path: dict[str, dict[str, Page | FormRoute]] = {}
    for page in PAGES:
        by_path.setdefault(page.path, {})["GET"] = page
    for action in ACTIONS:
        by_path.setdefault(action.path, {})["POST"] = action

    def endpoint_of(methods: Mapping[str, Page | FormRoute]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            method = "GET" if request.method == "HEAD" else request.method
            return await _answer(request, methods[method], desk, hosts, proxy)

        return endpoint

    routes: list[BaseRoute] = [
        Route(path, endpoint_of(methods), methods=list(methods)) for path, methods in by_path.items()
    ]
    routes.append(Mount("/static", StaticFiles(directory=HERE / "static")))
    app = Starlette(routes=routes, exception_handlers={HTTPException: _refused_by(desk, proxy)})
    app.add_middleware(SecurityHeaders)
    return app


async def _answer(
    request: Request, wanted: Page | FormRoute, desk: Desk, hosts: frozenset[str], proxy: str
) -> Response:
    visit = _visit_of(request, desk, proxy)
    if request.headers.get("host", "") not in hosts:
        return _error(visit, 421, "error_host")
    if isinstance(wanted, FormRoute) and not is_same_origin(request.headers, request.url.scheme):
        return _error(visit, 403, "error_foreign")
    if isinstance(wanted, FormRoute) and wanted.files:
        # Before the files are received: a client without the right must not fill the disk, nor may many at once.
        refused = await to_thread.run_sync(_handle, visit, Page(wanted.path, _go_on, wanted.right))
        if refused.status_code == HTTPStatus.SEE_OTHER and visit.account is None:
            return await to_thread.run_sync(_handle, visit, replace(wanted, act=_go_on))  # says that nothing was kept
        if refused.status_code != HTTPStatus.NO_CONTENT:
            return refused
        if not desk.uploads.acquire(blocking=False):
            return await _refuse(visit, 503, "error_uploads")
        try:
            return await _answer_form(request, wanted, visit)
        finally:
            desk.uploads.release()
    return await _answer_form(request, wanted, visit)


def _go_on(_visit: Visit) -> Response:
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _answer_form(request: Request, wanted: Page | FormRoute, visit: Visit) -> Response:
    form = Form()
    if isinstance(wanted, FormRoute):
        try:
            with fail_after(wanted.seconds):
                form = await _read_form(request, wanted)
        except TimeoutError:
            return await _refuse(visit, 408, "error_slow")
        except (MultiPartException, HTTPException):
            return await _refuse(visit, 413, "error_too_large")
    try:
        return await to_thread.run_sync(_handle, replace(visit, form=form), wanted)
    finally:
        for uploads in form.files.values():
            for each in uploads:
                await each.close()


async def _read_form(request: Request, action: FormRoute) -> Form:
    if int(request.headers.get("content-length") or action.largest + 1) > action.largest:
        raise HTTPException(413)
    fields_at_most = FIELDS_BESIDE_FILES if action.files else FIELDS
    parsed = await request.form(max_files=action.files, max_fields=fields_at_most, max_part_size=FORM_BYTES)
    fields: dict[str, list[str]] = {}
    files: dict[str, list[Any]] = {}
    for name, value in parsed.multi_items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
        elif value.filename:
            files.setdefault(name, []).append(value)
        else:  # a field in which nothing was chosen
            await value.close()
    return Form(fields, files)


def _visit_of(request: Request, desk: Desk, proxy: str) -> Visit:
    client = request.client.host if request.client else UNIX
    # A proxy may add a line of its own below the client's: the last word of the last line is the proxy's.
    forwarded = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
    return Visit(
        desk,
        banners_of,
        None,
        desk.clock.now(),
        request.url.path,
        request.path_params,
        dict(request.query_params),
        Form(),
        address=forwarded if proxy and client == proxy and forwarded else client,
        agent=request.headers.get("user-agent", "")[:200],
        token=request.cookies.get(session_cookie(desk), ""),
        device=request.cookies.get("device", ""),
        trip=request.cookies.get(sso.trip_cookie(desk), ""),
    )


def _handle(visit: Visit, wanted: Page | FormRoute) -> Response:
    """Answers in a thread, in the words of pages: everything that waits for the database or for a PDF."""
    with speaking_on_pages():
        return _handle_in_words_of_pages(visit, wanted)


def _handle_in_words_of_pages(visit: Visit, wanted: Page | FormRoute) -> Response:
    try:
        with visit.desk.store() as store:
            visit.use(store)
            if found := find_session(store, visit.token, visit.now) if visit.token else None:
                visit.session, visit.account = found
            answer = _allowed(visit, wanted) or _run(visit, wanted)
    except Unavailable as away:
        _LOG.warning("console_unavailable %s", away.what)
        visit.leave_store()
        answer = _error(visit, 503, "error_full" if away.what == "disk" else "error_busy")
    except LogBroken as broken:
        _LOG.error("console_log_broken %s", broken.code)
        visit.leave_store()
        answer = _error(visit, 503, "error_log_broken")
    except Exception:  # noqa: BLE001  the boundary: a page with a reference for people, the trace in the journal
        reference = f"{secrets.token_hex(2)}-{secrets.token_hex(1)}".upper()
        _LOG.exception("console_fault %s %s", reference, wanted.path)
        answer = _fault_page(visit, reference)
    for name, (value, seconds) in visit.cookies.items():
        answer.set_cookie(
            name, value, seconds, httponly=True, samesite="lax", secure=not visit.desk.is_loopback_http, path="/"
        )
    return answer


def _roles_with(right: Right, visit: Visit) -> str:
    """Returns the roles that have ``right``, as a sentence names them."""
    held = [visit.say("role_quoted", role=name_role(role, visit.lang)) for role in Role if right in RIGHTS[role]]
    return visit.say("role_or").join(held)


def _allowed(visit: Visit, wanted: Page | FormRoute) -> Response | None:
    """Returns the answer to a request that may not reach its answerer; None for one that may."""
    if wanted.right is None:
        return None
    if visit.account is None:
        if isinstance(wanted, FormRoute):
            return login.ask_again(visit, _page_at(visit.path))
        return visit.go("/login", then=visit.path) if visit.path != "/" else visit.go("/login")
    if not visit.may(wanted.right):
        people = tuple(each.name for each in visit.store.accounts() if each.may(wanted.right, visit.today))
        code = "error_role" if people else "error_role_unfilled"
        return _error(visit, 403, code, roles=_roles_with(wanted.right, visit), people=people)
    if login.must_register_code(visit) and not wanted.path.startswith(("/me", "/logout")):
        return visit.go("/me", "code_first")
    if isinstance(wanted, Page):
        return None
    if not secrets.compare_digest(visit.form.text("token").encode(), visit.csrf_token.encode()):
        return _error(visit, 403, "error_foreign")
    if wanted.is_deciding and visit.session is not None and not visit.session.is_fresh(visit.now):
        return _prove(visit)
    return None


def _page_at(path: str) -> str:
    """Returns the page on which the form of this address stands: the nearest one above it that is a page."""
    while path and not any(pattern.match(path) for pattern in _PAGE_PATHS):
        path = path.rpartition("/")[0]
    return path or "/"


def _prove(visit: Visit) -> Response | None:
    """Asks for the password or a code again, and keeps what was typed; None if one was given and is right."""
    if visit.session is None:
        return None
    password, code = visit.form.secret("proof"), visit.form.text("proof-code")
    if not password and not code:
        return login.ask_for_proof(visit, "")
    try:
        if password:
            proven = prove(visit.store, visit.session, password, visit.desk.hasher, visit.now)
        else:
            proven = prove_by_code(visit.store, visit.session, code, visit.now)
    except NotAllowed as refused:
        return login.ask_for_proof(visit, visit.refusal(refused))
    visit.keep_session(proven)
    return None


def _run(visit: Visit, wanted: Page | FormRoute) -> Response:
    answerer = wanted.show if isinstance(wanted, Page) else wanted.act
    try:
        return answerer(visit)
    except NotAllowed as refused:
        if refused.code in _UNKNOWN:
            return _error(visit, 404, "error_missing")
        status = 409 if refused.code in _STALE else 422
        return _error(visit, status, "", sentence=visit.refusal(refused))
    except Conflict:
        return _error(visit, 409, "error_changed")
    except HoshobinError as other:
        if isinstance(other, Unavailable | LogBroken):
            raise
        return _error(visit, 503, "error_configuration")


def _error(visit: Visit, status: int, code: str, sentence: str = "", **params: object) -> Response:
    said = sentence or visit.say(code, **params)
    title = f"error_title_{status}"
    return visit.page("error.html", status, sentence=said, title=visit.say(title if is_said(title) else "error_title"))


def _fault_page(visit: Visit, reference: str) -> Response:
    """Returns the page of a fault of ours; without the numbers of the menu if to count them is at fault."""
    try:
        with visit.desk.store() as store:
            visit.use(store)
            return _error(visit, 500, "error_ours", reference=reference)
    except Exception:  # noqa: BLE001  the fault is in the journal, and its page comes in any case
        visit.leave_store()
        return _error(visit, 500, "error_ours", reference=reference)


async def _refuse(visit: Visit, status: int, code: str) -> Response:
    return await to_thread.run_sync(_error_to_person, visit, status, code)


def _error_to_person(visit: Visit, status: int, code: str) -> Response:
    """Answers a request that reached no answerer, in the language and with the menu of its person."""
    try:
        with visit.desk.store() as store:
            visit.use(store)
            if found := find_session(store, visit.token, visit.now) if visit.token else None:
                visit.session, visit.account = found
            return _error(visit, status, code)
    except HoshobinError as away:
        _LOG.warning("console_unavailable %s", away)
    visit.leave_store()
    return _error(visit, status, code)


def _refused_by(desk: Desk, proxy: str) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def refuse(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        code = "error_missing" if status == HTTPStatus.NOT_FOUND else "error_method"
        return await _refuse(_visit_of(request, desk, proxy), status, code)

    return refuse
