"""The pages of the record: the sent-mail log and its exports, corrections, what came in, the verification."""

from __future__ import annotations

import datetime as dt
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Final

from starlette.responses import Response, StreamingResponse

from worker.approve import disclose
from worker.approve.shown import papers_of
from worker.audit.sent_log import LogFilter, LogRow
from worker.audit.sent_log_export import name_row
from worker.config.release import Mode
from worker.console.pictures import ORIGINAL_POLICY
from worker.console.visit import Visit
from worker.core.errors import NotAllowed
from worker.core.messages import (
    name_any_state,
    name_event,
    name_event_of,
    name_fault,
    name_place,
    name_state,
)
from worker.core.model import JST, Disposition, Entry, Product, Sha256
from worker.core.states import Event, NoteEvent, State
from worker.core.text import match_key
from worker.pipeline import export as exporting
from worker.pipeline.export import ExportForm, LogSearch, export_log, search_log
from worker.pipeline.verification import last_check, noted_heads, verify_noted
from worker.store.backups import BACKUP_CHECKED, read_set_mark
from worker.store.ports import Store
from worker.store.verifications import Verification
from worker.views.metrics import last_verification

_PIECE: Final = 1 << 20
"""Bytes of a file that are read and given at once."""
ROWS_SHOWN: Final = 300
"""Rows of a search on the page: more are read in a spreadsheet."""
CHANGES_SHOWN: Final = 100
"""Corrections on the page: the course of each of their submissions is read for the state before."""
USUAL_DAYS: Final = dt.timedelta(days=31)
"""The period of a search that names none: the last month is asked for most."""
CORRECTIONS: Final = (
    Event.WITHDRAWN,
    Event.NOT_ACCEPTED,
    Event.CONFIRMED_NOT_SENT,
    Event.CONFIRMED_SENT,
    Event.HANDED_OVER,
    Event.RETURNED,
    Event.CONFIRMATION_CORRECTED,
    NoteEvent.DONE_CORRECTED,
)
"""Events by which a person changed the course of a submission, or took a record back."""
_HEAD: Final = re.compile("[0-9a-f]{64}")
_MEDIA: Final = {
    ExportForm.CSV: "text/csv; charset=utf-8",
    ExportForm.EXCEL: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """One row of the page."""

    row: LogRow
    event: str
    state: str
    approved_by: str


def show_log(visit: Visit) -> Response:
    """The sent-mail log: the last month, or what was searched for."""
    try:
        search = _search_of(visit)
    except NotAllowed as refused:
        return _log_page(visit, None, visit.refusal(refused), 422)
    return _log_page(visit, search)


def export(visit: Visit) -> Response:
    """The rows of a search as a file; the export is recorded."""
    form = ExportForm(visit.form.text("form")) if visit.form.text("form") in set(ExportForm) else ExportForm.EXCEL
    try:
        search = _search_of(visit)
    except NotAllowed as refused:
        return _log_page(visit, None, visit.refusal(refused), 422)
    content = export_log(visit.store, search, form, visit.author)
    name = f"sent-log-{visit.today:%Y%m%d}.{form.value}"
    return Response(content, media_type=_MEDIA[form], headers={"Content-Disposition": f'attachment; filename="{name}"'})


def give_originals(visit: Visit) -> Response:
    """The papers of exactly the rows of a search as a ZIP, with a reason; each is recorded as shown and taken."""
    try:
        file = exporting.export_originals(visit.store, _search_of(visit), visit.author, visit.form.text("why"))
    except NotAllowed as refused:
        return _log_page(visit, _search_or_none(visit), visit.refusal(refused), 422)
    headers = {
        "Content-Disposition": f'attachment; filename="sent-log-{visit.today:%Y%m%d}.zip"',
        "Content-Security-Policy": ORIGINAL_POLICY,
    }
    return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)


def _search_or_none(visit: Visit) -> LogSearch | None:
    try:
        return _search_of(visit)
    except NotAllowed:
        return None


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_PIECE):
            yield block


def show_record(visit: Visit) -> Response:
    """Everything that is recorded of one submission, to print for a file."""
    submission = visit.store.submission(int(visit.params["id"]))
    disclose.note_view(visit.store, submission, visit.author, visit.now)
    entries = [each for each in visit.store.entries(submission.id) if each.event != NoteEvent.VIEWED]
    return visit.page(
        "record.html",
        submission=submission,
        state=name_state(submission, visit.lang),
        entries=[
            (each, each.at.astimezone(JST), name_event_of(submission, each, visit.lang), _why(each)) for each in entries
        ],
        papers=papers_of(submission),
    )


def _log_page(visit: Visit, search: LogSearch | None, failed: str = "", status: int = 200) -> Response:
    shown: deque[LogRow] = deque(maxlen=ROWS_SHOWN)
    count = total = 0
    for row in search_log(visit.store, search) if search else ():
        shown.append(row)
        count += 1
        total += row.invoice_amount or 0 if row.event == Event.ACCEPTED else 0
    return visit.page(
        "log.html",
        status,
        rows=[_shown(row, visit) for row in reversed(shown)],
        count=count,
        total=total,
        cut=ROWS_SHOWN if count > ROWS_SHOWN else 0,
        everything=0 if shown else sum(visit.store.count_by_state().values()),
        search=search,
        asked=_asked(visit),
        states=[(state.value, name_any_state(state, visit.lang)) for state in State],
        products=tuple(Product),
        failed=failed,
    )


def _shown(row: LogRow, visit: Visit) -> _Shown:
    return _Shown(row, *name_row(row, visit.lang), _approved_by(row, visit))


def _approved_by(row: LogRow, visit: Visit) -> str:
    """The person who approved it, or the setting by which it left."""
    if row.approved_by == Mode.AUTO:
        return visit.say("approved_auto")
    if delayed := re.fullmatch(r"hold (\d+) min", row.approved_by):
        return visit.say("approved_hold", minutes=delayed[1])
    return visit.name_author(row.approved_by, row.approved_for)


def _asked(visit: Visit) -> dict[str, str]:
    """The typed values of a form that is sent, or of the page's address."""
    names = ("since", "until", "text", "amount_from", "amount_to", "state", "product")
    return {name: visit.form.text(name) or visit.query.get(name, "").strip() for name in names}


def _search_of(visit: Visit) -> LogSearch:
    """Returns the search that was typed. Raises NotAllowed for what cannot be read and a period without a day."""
    asked = _asked(visit)
    since, until = visit.day(asked["since"]), visit.day(asked["until"])
    if since is not None and until is not None and since > until:
        raise NotAllowed("period_reversed", since=asked["since"], until=asked["until"])
    limits = LogFilter(
        text=asked["text"],
        product=Product(asked["product"]) if asked["product"] in set(Product) else None,
        state=State(asked["state"]) if asked["state"] in set(State) else None,
        amount_from=_yen(asked["amount_from"]),
        amount_to=_yen(asked["amount_to"]),
    )
    if since is None and until is None and limits == LogFilter():
        since = visit.today - USUAL_DAYS
    return LogSearch(since, until, limits)


def _yen(text: str) -> int | None:
    from worker.config.editing.fields import FieldRefused, read_amount  # noqa: PLC0415  a search without amounts

    if not text:
        return None
    try:
        return read_amount(text)
    except FieldRefused as error:
        raise NotAllowed("amount_unreadable", given=text) from error


def show_changes(visit: Visit) -> Response:
    """Corrections and withdrawals, the newest first, each with the state before it and after it."""
    newest = visit.store.last_entries(CORRECTIONS, CHANGES_SHOWN)
    before = states_before(visit.store, newest)
    shown = []
    for entry in newest:
        states = [before.get(entry.number), entry.set.get("state")]
        words = [name_any_state(State(each), visit.lang) for each in states if each]
        course = " → ".join(words) if len(words) == len(states) else ""
        shown.append((entry, name_event(entry.event, visit.lang), course, _why(entry)))
    return visit.page("changes.html", entries=shown, cut=CHANGES_SHOWN if len(newest) == CHANGES_SHOWN else 0)


def states_before(store: Store, entries: Iterable[Entry]) -> Mapping[int, str]:
    """Returns the state of its submission before each of ``entries`` by the entry's number."""
    found: dict[int, str] = {}
    wanted = {each.number for each in entries}
    for submission in {each.submission for each in entries if each.submission}:
        state = ""
        for entry in store.entries(submission):
            if entry.number in wanted:
                found[entry.number] = state
            state = entry.set.get("state", state)
    return found


def _why(entry: Entry) -> str:
    return " / ".join(str(entry.detail[name]) for name in ("why", "note") if entry.detail.get(name))


@dataclass(frozen=True, slots=True)
class _Received:
    """One mail or file that came in."""

    at: dt.datetime | None
    name: str
    sender: str
    end: Disposition
    submissions: tuple[int, ...]


def show_received(visit: Visit) -> Response:
    """The mails and files that were looked at, the newest first; of a search those with the words in name or sender."""
    store, typed = visit.store, visit.query.get("q", "").strip()
    words = match_key(typed)
    uploads = store.entries(events=[NoteEvent.UPLOADED]) if words else ()
    by_file = {str(each.detail.get("sha256", "")): each.by for each in uploads}

    def fits(name: str, sender: str) -> bool:
        return not words or words in match_key(f"{name}\n{sender}")

    def whence(digest: str) -> str:
        by = by_file.get(digest, "")
        if not words and digest:
            by = next((each.by for each in reversed(store.uploads(Sha256(digest)))), "")
        return visit.say("received_brought", name=by) if by else visit.say("received_folder")

    found: list[_Received] = []
    for each in store.health_records():
        kind, _, mailbox = each.name.partition(":")
        if kind == "mail":
            rows = store.find_messages(mailbox, fits, ROWS_SHOWN)
            found += [_Received(row.internal_date, row.subject, row.sender, row.end, row.submissions) for row in rows]
    for file in store.find_files(lambda name, digest: not words or fits(name, whence(digest)), ROWS_SHOWN):
        found.append(_Received(file.looked_at, file.name, whence(file.sha256 or ""), file.end, file.submissions))
    never = dt.datetime.min.replace(tzinfo=dt.UTC)
    newest = sorted(found, key=lambda row: row.at or never, reverse=True)[:ROWS_SHOWN]
    is_cut = len(found) >= ROWS_SHOWN
    return visit.page("received.html", rows=newest, count=len(newest), typed=typed, is_cut=is_cut)


def show_verify(visit: Visit) -> Response:
    """The last verification, the noted heads, and the form for the next one."""
    return _verify_page(visit)


def verify(visit: Visit) -> Response:
    """Verifies the log; a noted head is looked for as well. The result is kept and shown.

    A result that could not be kept is shown at once: the next page has the one before.
    """
    typed = visit.form.text("head")
    head = typed.lower().rpartition(" ")[2]
    if head and not _HEAD.fullmatch(head):
        return _verify_page(visit, typed, visit.say("verify_head_form"), 422)
    done = verify_noted(visit.store, [head] if head else [], visit.person.name, visit.now)
    if not done.is_kept:
        return _verify_page(visit, typed, visit.say("verify_unkept"), 503, done.result)
    return visit.go("/verify", "verified")


def _verify_page(
    visit: Visit, head: str = "", failed: str = "", status: int = 200, unkept: Verification | None = None
) -> Response:
    count, present = visit.store.head()
    check = unkept or last_check(visit.store)
    tried = read_set_mark(visit.store.property(BACKUP_CHECKED))
    return visit.page(
        "verify.html",
        status,
        check=check,
        faults=[
            (name_place(code, where, visit.lang), name_fault(code, visit.lang))
            for code, where in (check.faults if check else ())
        ],
        heads=unkept.heads if unkept else noted_heads(visit.store),
        head=head,
        failed=failed,
        count=count,
        present=present,
        tried=tried.at if tried else None,
        last=last_verification(visit.store),
    )
