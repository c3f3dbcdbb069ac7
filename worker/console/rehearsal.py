"""本番とリハーサルの切替え: the page on which an approver or an administrator begins or ends the rehearsal."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from worker.approve import rehearsal
from worker.config.release import Mode
from worker.console.visit import Visit
from worker.core.errors import NotAllowed
from worker.core.model import Submission
from worker.core.states import Reason, State
from worker.store.signs import rehearsing_to

_PATH: Final = "/health/rehearsal"


def show_rehearsal(visit: Visit) -> Response:
    """The page: the address that mail goes to now, what the change means, and the one form that changes it."""
    return _rehearsal(visit)


def switch_rehearsal(visit: Visit) -> Response:
    """Begins or ends the rehearsal; a form of a page that was overtaken changes nothing."""
    settings = visit.office.settings
    setting, own = settings.release.rehearsal_to, settings.contractor.email
    wanted = visit.form.text("switch")
    try:
        if wanted == "off":
            rehearsal.stop_rehearsals(visit.store, setting, visit.author)
            return visit.go(_PATH, "rehearsal_off")
        if wanted == "on":
            rehearsal.start_rehearsals(visit.store, setting, own, visit.author)
            return visit.go(_PATH, "rehearsal_on")
    except NotAllowed as refused:
        return _rehearsal(visit, visit.refusal(refused), 409)
    return _rehearsal(visit, visit.say("error_choose"), 422)


def _rehearsal(visit: Visit, failed: str = "", status: int = 200) -> Response:
    settings = visit.office.settings
    release, own = settings.release, settings.contractor.email
    waiting = [each for each in visit.store.walk_open(visit.today) if each.state in {State.HELD, State.APPROVED}]
    return visit.page(
        "rehearsal.html",
        status,
        rehearsing=rehearsing_to(visit.store, release.rehearsal_to),
        goes_to=release.rehearsal_to or own,
        waiting=len(waiting),
        rehearsed=sum(map(_is_rehearsed, waiting)),
        approved=sum(each.state is State.APPROVED for each in waiting),
        is_by_itself=release.mode is not Mode.APPROVE,
        failed=failed,
    )


def _is_rehearsed(submission: Submission) -> bool:
    return any(hold.reason is Reason.REHEARSED for hold in submission.reasons)
