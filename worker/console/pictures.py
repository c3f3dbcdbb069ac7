"""The papers of a submission: pages as pictures, the key and the originals; and which pages a form has shown."""

from __future__ import annotations

import hashlib
import hmac
import math
import re
from typing import Final
from urllib.parse import quote, urlencode

from starlette.responses import Response

from worker.approve import disclose
from worker.approve.shown import PaperPage, ShownPages, pages_to_show, papers_of
from worker.console.visit import Visit
from worker.core.accounts import Right
from worker.core.errors import NotAllowed
from worker.core.model import Submission, Unreadable
from worker.pipeline.papers import draw_paper, view_papers
from worker.views.paper_pages import PaperView, marked_pages

SHOWN: Final = "shown"
"""The field with the pages that were in view: paper and page, both from 0, as ``0.0 1.0``."""
_SEAL: Final = "seal"
_PAGE: Final = re.compile(r"(\d{1,3})\.(\d{1,3})")
ORIGINAL_POLICY: Final = "default-src 'none'; sandbox"


def papers_shown(visit: Visit, submission: Submission) -> tuple[PaperView, ...]:
    """The papers of a submission with their pages."""
    active = visit.office.active_config
    return visit.desk.draw(
        lambda reader, pictures: view_papers(submission, active, visit.store, reader, pictures, visit.lang)
    )


def show_picture(visit: Visit) -> Response:
    """A page as PNG, or with ``?band`` the band of its values."""
    submission = visit.store.submission(int(visit.params["id"]))
    active, is_band = visit.office.active_config, "band" in visit.query
    place, page = int(visit.params["paper"]), int(visit.params["page"])
    drawn = visit.desk.draw(
        lambda _, pictures: draw_paper(submission, place, page, active, visit.store, pictures, is_band=is_band)
    )
    if isinstance(drawn, Unreadable):
        raise NotAllowed("no_such_submission", id=str(submission.id))
    return Response(drawn.png, media_type="image/png")


def show_page(visit: Visit) -> Response:
    """One page in full width, for a browser without JavaScript and for a closer look."""
    submission = visit.store.submission(int(visit.params["id"]))
    papers = papers_shown(visit, submission)
    place, number = int(visit.params["paper"]), int(visit.params["page"])
    if not (place < len(papers) and number < len(papers[place].pages)):
        raise NotAllowed("no_such_submission", id=str(submission.id))
    shown = " ".join(dict.fromkeys([*shown_by_link(visit, submission).split(), f"{place}.{number}"]))
    back = urlencode({SHOWN: shown, _SEAL: _seal(visit, submission, shown)})
    return visit.page(
        "paper.html",
        submission=submission,
        paper=papers[place],
        page=papers[place].pages[number],
        back=f"/s/{submission.id}?{back}",
    )


def shown_by_link(visit: Visit, submission: Submission) -> str:
    """The pages that were opened by their own links, from the address; nothing if it was not made for this draft."""
    shown = visit.query.get(SHOWN, "")
    sealed = visit.query.get(_SEAL, "").encode()
    return shown if hmac.compare_digest(sealed, _seal(visit, submission, shown).encode()) else ""


def shown_in_form(visit: Visit, submission: Submission) -> ShownPages:
    """The pages that the form names as shown, and those that must be."""
    papers = papers_shown(visit, submission)
    digests = {each.place: each.paper.sha256 for each in papers}
    named = (_PAGE.fullmatch(each) for each in visit.form.text(SHOWN).split())
    seen = {(digests[int(each[1])], int(each[2])) for each in named if each and int(each[1]) in digests}
    return ShownPages(frozenset(seen), marked_pages(papers))


def first_unseen(visit: Visit, submission: Submission, pages: ShownPages) -> str:
    """The address of the first page that was not shown; empty if all were."""
    places = {each.sha256: place for place, each in enumerate(papers_of(submission))}
    missing = (each for each in pages_to_show(submission, pages.marked) if each not in pages.seen)
    address = next((f"/s/{submission.id}/page/{places[digest]}/{page}" for digest, page in missing), "")
    shown = visit.form.text(SHOWN)
    return f"{address}?{urlencode({SHOWN: shown, _SEAL: _seal(visit, submission, shown)})}" if address else ""


def needed_pages(submission: Submission, papers: tuple[PaperView, ...]) -> frozenset[PaperPage]:
    """The pages that an approval needs."""
    return frozenset(pages_to_show(submission, marked_pages(papers)))


def show_key(visit: Visit) -> Response:
    """The key, if it was asked for a moment ago; else the form that asks for it."""
    submission = visit.store.submission(int(visit.params["id"]))
    key, left = disclose.given_key(visit.store, submission, visit.author, visit.now)
    page = _key_page(visit, submission, key)
    if key:  # the browser leaves the page by itself, also where no script runs; a reload gives no more time
        page.headers["Refresh"] = f"{math.ceil(left.total_seconds())}; url=/s/{submission.id}"
    return page


def ask_for_key(visit: Visit) -> Response:
    """Records that the key is shown, and shows it."""
    number = int(visit.params["id"])
    try:
        disclose.show_key(visit.store, number, visit.author, visit.form.text("why"), prepares=visit.may(Right.PREPARE))
    except NotAllowed as refused:
        if refused.code == "no_such_submission":
            raise
        return _key_page(visit, visit.store.submission(number), "", visit.refusal(refused), 422)
    return visit.go(f"/s/{number}/key")


def give_original(visit: Visit) -> Response:
    """A paper as a file, if it was asked for a moment ago."""
    submission, place = visit.store.submission(int(visit.params["id"])), int(visit.params["paper"])
    content = disclose.given_original(visit.store, submission, place, visit.author, visit.now)
    if content is None:
        return _key_page(visit, submission, "", visit.say("error_not_given"), 403)
    name = papers_of(submission)[place].filename or f"{submission.id}.pdf"
    return Response(
        content,
        media_type="application/pdf",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": ORIGINAL_POLICY,
        },
    )


def ask_for_original(visit: Visit) -> Response:
    """Records that an original is taken, and gives it."""
    number, place = int(visit.params["id"]), int(visit.params["paper"])
    try:
        disclose.take_original(
            visit.store, number, place, visit.author, visit.form.text("why"), prepares=visit.may(Right.PREPARE)
        )
    except NotAllowed as refused:
        if refused.code in {"no_such_submission", "no_such_paper"}:
            raise NotAllowed("no_such_submission", id=str(number)) from refused
        return _key_page(visit, visit.store.submission(number), "", visit.refusal(refused), 422)
    return visit.go(f"/s/{number}/original/{place}")


def _key_page(visit: Visit, submission: Submission, key: str, failed: str = "", status: int = 200) -> Response:
    return visit.page(
        "key.html",
        status,
        submission=submission,
        key=key,
        papers=papers_of(submission),
        needs_reason=disclose.needs_reason(submission, prepares=visit.may(Right.PREPARE)),
        failed=failed,
    )


def _seal(visit: Visit, submission: Submission, shown: str) -> str:
    """Binds the pages of an address to the session and the draft: a link from elsewhere shows nothing."""
    text = f"shown|{submission.label}|{shown}"
    return hmac.new(visit.token.encode(), text.encode(), hashlib.sha256).hexdigest()
