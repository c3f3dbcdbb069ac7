"""Views of a submission, its key and its originals: each is recorded with the person before it is given.

A person who knows the key can open the certificate, so the log must prove later who has seen it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from worker.approve.shown import papers_of
from worker.core.errors import NotAllowed
from worker.core.model import JST, Attachment, Submission
from worker.core.states import NoteEvent, State
from worker.store.ports import Author, Reading, Store, Writing

GIVEN_FOR: Final = dt.timedelta(minutes=2)
"""Time in which what a person asked for is given: the next page of the browser, and one reload."""

_NEEDED_NOW: Final = frozenset({State.HELD, State.APPROVED, State.IN_DOUBT, State.HANDED_OVER})
"""States in which the daily work needs the key and the originals; for others, a reason is asked."""


def needs_reason(submission: Submission, *, prepares: bool) -> bool:
    """Returns whether the key and the originals need a reason; ``prepares``: the person works on submissions."""
    return not (prepares and submission.state in _NEEDED_NOW)


def show_key(store: Store, number: int, author: Author, why: str, *, prepares: bool) -> str:
    """Records that the person is shown the key, and returns it. Raises NotAllowed without a reason or a key."""
    with store.writing() as writing:
        submission = writing.submission(number)
        key = _key_of(writing, submission)
        _refuse_without_reason(submission, why, prepares=prepares)
        writing.note(NoteEvent.KEY_SHOWN, number, author, _detail(why))
    return key


def take_original(store: Store, number: int, place: int, author: Author, why: str, *, prepares: bool) -> Attachment:
    """Records that the person takes the paper at ``place`` (from 0), and returns it. Raises NotAllowed."""
    with store.writing() as writing:
        submission = writing.submission(number)
        paper = paper_at(submission, place)
        _refuse_without_reason(submission, why, prepares=prepares)
        detail = {"file": paper.filename, "sha256": paper.sha256, **_detail(why)}
        writing.note(NoteEvent.DOWNLOADED, number, author, detail)
    return paper


def note_taken(writing: Writing, number: int, papers: Iterable[tuple[str, str]], author: Author, why: str) -> None:
    """Records, in the caller's transaction, that the person takes these papers (name, SHA-256) and so the key."""
    if writing.submission(number).notice.pdf_sha256 is not None:
        writing.note(NoteEvent.KEY_SHOWN, number, author, _detail(why))
    for name, digest in papers:
        writing.note(NoteEvent.DOWNLOADED, number, author, {"file": name, "sha256": digest, **_detail(why)})


def note_view(store: Store, submission: Submission, author: Author, now: dt.datetime) -> None:
    """Records that the person views the submission, once a day."""
    today = now.astimezone(JST).date()
    for entry in store.entries(submission.id, [NoteEvent.VIEWED]):
        if entry.at.astimezone(JST).date() == today and _is_same(entry.account, author):
            return
    with store.writing() as writing:
        writing.note(NoteEvent.VIEWED, submission.id, author, {})


def given_key(store: Store, submission: Submission, author: Author, now: dt.datetime) -> tuple[str, dt.timedelta]:
    """Returns the key if the person was given it a moment ago, and how much longer it is given; else nothing."""
    left = _given_for(store, submission, NoteEvent.KEY_SHOWN, author, now, {})
    return (_key_of(store, submission), left) if left else ("", left)


def given_original(store: Store, submission: Submission, place: int, author: Author, now: dt.datetime) -> bytes | None:
    """Returns the paper at ``place`` if the person was given it a moment ago. Raises NotAllowed if there is none."""
    paper = paper_at(submission, place)
    wanted = {"sha256": paper.sha256}
    left = _given_for(store, submission, NoteEvent.DOWNLOADED, author, now, wanted)
    return store.original(paper.sha256) if left else None


def paper_at(submission: Submission, place: int) -> Attachment:
    """Returns the paper at ``place``. Raises NotAllowed ``no_such_paper``."""
    papers = papers_of(submission)
    if not 0 <= place < len(papers):
        raise NotAllowed("no_such_paper", id=str(submission.id), place=str(place + 1))
    return papers[place]


def _given_for(
    store: Store, submission: Submission, event: NoteEvent, author: Author, now: dt.datetime, wanted: dict[str, Any]
) -> dt.timedelta:
    """Returns how much longer the person is given what the last such entry is about; zero: no longer."""
    passed = (
        now - entry.at
        for entry in store.entries(submission.id, [event])
        if _is_same(entry.account, author) and all(entry.detail.get(name) == value for name, value in wanted.items())
    )
    return GIVEN_FOR - min((each for each in passed if dt.timedelta(0) <= each < GIVEN_FOR), default=GIVEN_FOR)


def _is_same(account: str, author: Author) -> bool:
    """Returns whether both name one account; the address behind it changes with a phone's network."""
    return account.partition(" ")[0] == author.account.partition(" ")[0]


def _key_of(store: Reading, submission: Submission) -> str:
    notice = store.notice(submission.notice.pdf_sha256) if submission.notice.pdf_sha256 else None
    if notice is None:
        raise NotAllowed("no_key", id=str(submission.id))
    return notice.key.clear


def _refuse_without_reason(submission: Submission, why: str, *, prepares: bool) -> None:
    if not why.strip() and needs_reason(submission, prepares=prepares):
        raise NotAllowed("reason_for_key", id=str(submission.id))


def _detail(why: str) -> dict[str, Any]:
    return {"why": why.strip()} if why.strip() else {}
