"""Compares an arriving notice with the submissions already here: the same again, a further one, or a new one.

The same notice by two sources or two downloads is one submission as long as the first has not left. Afterwards a person
decides. Projects and issuers are not considered.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from worker.core.model import Announced, FollowUps, Hold, Notice, Sha256, Submission, Unreadable
from worker.core.params import Told
from worker.core.states import WAITING, State
from worker.store.ports import Reading

_LEFT: Final = frozenset(
    {State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED, State.BOUNCED, State.CONFIRMED}
)
"""States in which the issuer was given it, by mail or by hand.

HANDED_OVER may still be to do, or done and unrecorded.
"""

_NOT_HANDED_IN: Final = WAITING | {State.HANDED_OVER}
"""The same notice in other bytes adds nothing: a person who enters it in a form downloads it once more for that."""


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a notice, and the evidence of its sender."""

    came_by: str
    """``mail:NAME`` or ``folder``."""
    source_name: str
    source_message_id: str
    mail_sha256: Sha256 | None
    proven: bool
    """True if its sender is authenticated, or if it lay in the office's own folder."""
    evidence: Told = ""
    """The evidence for or against the sender, in words for people."""
    announced: Announced | None = None
    """The content of the mail if it is an announcement."""
    from_before: str = ""
    """The reason why it is from before the product watched (``Submission.from_before``)."""
    by_open_dns: bool = False
    """True if the proof rests on a key that came without DNSSEC."""


@dataclass(frozen=True, slots=True)
class KnownNotice:
    """The same notice, or the same bytes, arrived again; an entry names the first submission."""

    first: Submission


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A submission to be drafted; ``superseded`` are earlier ones of another key that have not left."""

    submission: Submission
    superseded: tuple[Submission, ...]


def receive_notice(notice: Notice, pdf: Sha256, way: Source, known: Reading) -> KnownNotice | NewNotice:
    """Compares the notice in the file ``pdf`` with the submissions here (design: *The same notice again*)."""
    # A submission that ended unread says nothing about the notice in it.
    same_file = [each for each in known.by_pdf(pdf) if each.refusal is None or each.state in WAITING]
    same_file = [each for each in same_file if not (way.proven and _was_taken_back(each))]
    if same_file:
        return KnownNotice(same_file[0])
    earlier = [each for each in known.by_number(notice.contract_number) if each.guarantor == notice.guarantor]
    twins = [each for each in earlier if _is_same(each, notice, known)]
    doubtful = [each for each in twins if way.proven and each.is_doubtful]
    for twin in twins:
        if twin.state in _NOT_HANDED_IN and twin not in doubtful:
            return KnownNotice(twin)
    others = [each for each in earlier if _has_other_key(each, notice, known)]
    submission = dataclasses.replace(
        _arrived(way),
        pdf_sha256=pdf,
        guarantor=notice.guarantor,
        product=notice.product,
        contract_number=notice.contract_number,
        notice_name=notice.project_name,
        correction=_count_before(pdf, known),
        follows=find_followed(standing_before(earlier, notice, known, proven=way.proven)),
    )
    # An unauthenticated notice waits itself, and changes nothing about authenticated ones.
    superseded = [each for each in others if way.proven or each.is_doubtful] + doubtful
    return NewNotice(submission, tuple(each for each in superseded if each.state in {State.HELD, State.APPROVED}))


def _count_before(pdf: Sha256, known: Reading) -> int:
    """Counts the submissions of the same bytes: the bytes make the Message-ID, which names one submission."""
    return max((each.correction + 1 for each in known.by_pdf(pdf) if each.refusal is None), default=0)


def standing_before(
    earlier: Sequence[Submission], notice: Notice, known: Reading, *, proven: bool
) -> tuple[Submission, ...]:
    """Returns those of ``earlier``, of the same number, that a further notice may follow; all if it is unauthenticated.

    A stranger's submission stops no authenticated notice. But if a person took back this same notice, the question is
    asked.
    """
    return tuple(
        each
        for each in earlier
        if not (proven and each.is_doubtful) or (_was_taken_back(each) and _is_same(each, notice, known))
    )


def _was_taken_back(submission: Submission) -> bool:
    """Returns whether a person withdrew it while its sender was unauthenticated."""
    return submission.state is State.WITHDRAWN and submission.is_doubtful


def find_followed(earlier: Sequence[Submission]) -> int | None:
    """Returns the id that a further notice follows among ``earlier``, of the same number: the newest not withdrawn.

    The issuer does not have a withdrawn copy. If all were withdrawn, the newest of them is followed.
    """
    standing = [each for each in earlier if each.state is not State.WITHDRAWN] or earlier
    return next((each.id for each in standing if not any(_came_after(other, each) for other in standing)), None)


def receive_unreadable(refusal: Unreadable, pdf: Sha256, way: Source, known: Reading) -> KnownNotice | NewNotice:
    """Receives a file that was meant as a notice and could not be read as one."""
    if same_file := [each for each in known.by_pdf(pdf) if not (way.proven and _was_taken_back(each))]:
        return KnownNotice(same_file[0])
    return NewNotice(hold_without_notice(Hold.of_refusal(refusal), pdf, way), ())


def is_replaced_by(held: Submission, former: Sha256 | None) -> bool:
    """Returns whether the new content of a file replaces ``held``, the hold of its ``former`` bytes.

    True only for a hold that never had a notice, so that nothing that a person could have approved changes.
    """
    never_read = held.refusal is not None and held.contract_number is None
    return held.state is State.HELD and held.came_by == "folder" and never_read and held.pdf_sha256 in {None, former}


def hold_without_notice(refusal: Hold, pdf: Sha256 | None, way: Source) -> Submission:
    """A submission that waits only for a person: there is a file or a mail, but no notice read from it."""
    return dataclasses.replace(_arrived(way), pdf_sha256=pdf, refusal=refusal, reasons=(refusal,))


def announce(guarantor: str, way: Source, steps: tuple[str, ...] = ()) -> Submission:
    """Returns the submission that an announcement without a PDF opens: a task to download its notice, by these steps.

    Nothing is sent of it, so it is never from before. Its notice is judged by its own arrival.
    """
    return dataclasses.replace(
        _arrived(way), state=State.ANNOUNCED, guarantor=guarantor, duties=FollowUps(instructions=steps), from_before=""
    )


def join_notice(announcement: Submission, arrived: Submission, known: Reading) -> Submission:
    """``announcement`` as it goes on with the notice that has ``arrived``; its id, Message-ID and words stay."""
    here = known.by_number(arrived.contract_number) if arrived.contract_number else ()
    return dataclasses.replace(
        arrived,
        id=announcement.id,
        version=announcement.version,
        source_message_id=announcement.source_message_id or arrived.source_message_id,
        announced=announcement.announced,
        came_after=tuple(each.id for each in here if each.guarantor == arrived.guarantor),
        created_at=announcement.created_at,
        updated_at=announcement.updated_at,
    )


def _came_after(one: Submission, other: Submission) -> bool:
    """Returns whether the notice of ``one`` came after that of ``other``, by id unless an announcement came first."""
    return other.id in one.came_after or (one.id > other.id and one.id not in other.came_after)


def _arrived(way: Source) -> Submission:
    """A submission that came this way; its number is given when it is recorded."""
    return Submission(
        id=0,
        state=State.HELD,
        came_by=way.came_by,
        source_name=way.source_name,
        source_message_id=way.source_message_id,
        mail_sha256=way.mail_sha256,
        proven=way.proven,
        evidence=way.evidence,
        by_open_dns=way.by_open_dns,
        announced=way.announced,
        from_before=way.from_before,
    )


def find_later(submission: Submission, notice: Notice, known: Reading) -> int | None:
    """Returns the first notice of the same number and another key that came after ``submission``, or None.

    Asked at every re-evaluation: when the later one came, this one may have been at the mail server, and been put back.
    A stranger's notice does not count against an authenticated one, unless that was recorded before this rule existed.
    For a stranger's own submission, the same notice counts as well if it came authenticated.
    """
    for each in known.by_number(notice.contract_number):
        came_later = _came_after(each, submission) and each.id != submission.follows and each.corrects is None
        counts = came_later and each.guarantor == notice.guarantor and each.state is not State.WITHDRAWN
        if submission.is_doubtful:
            counts = counts and (_has_other_key(each, notice, known) or (not each.is_doubtful and each.proven))
        else:
            is_heard = not each.is_doubtful or each.id == submission.superseded_by
            counts = counts and is_heard and _has_other_key(each, notice, known)
        if counts:
            return each.id
    return None


def find_amended(submission: Submission, known: Reading) -> Submission | None:
    """Returns the newest submission before ``submission``, of its number and product, that left, or None.

    A manual submission counts if its key differs: a number gets a second key by an amendment, and only people know
    whether the first was handed in already. A person who never handed it in withdraws it. A person tells a copy from an
    amended guarantee: an approval says that it is amended, a withdrawal that it is not. A correction amends what its
    original amends.
    """
    own = submission
    while own.corrects is not None:
        own = known.submission(own.corrects)
    number = own.follows
    while number is not None:
        earlier = known.submission(number)
        if earlier.product is submission.product and _may_be_there(earlier, submission, known):
            return earlier
        number = earlier.corrects if earlier.corrects is not None else earlier.follows
    return None


def find_resubmitted(submission: Submission, notice: Notice, known: Reading) -> tuple[Submission, ...]:
    """Returns other submissions of the same notice that ``submission`` does not itself continue, oldest first.

    A second correction of one submission, or a second download of its notice in addition to its correction, brings the
    issuer the same once more. A withdrawn one does not count, unless a mail of it was seen or answered outside. For a
    correction, a confirmed one that it continues counts as well: the issuer has what is to be sent again.
    """
    if submission.corrects is None and submission.follows is None:
        return ()
    others = [each for each in known.by_number(notice.contract_number) if each.id != submission.id]
    twins = {each.id: each for each in others if each.guarantor == notice.guarantor and _is_same(each, notice, known)}
    line: set[int] = set()
    left = [submission]
    while left:
        one = left.pop()
        before = {number for number in (one.corrects, one.follows) if number in twins} - line
        line |= before
        left += [twins[number] for number in before]
    return tuple(
        each
        for number, each in sorted(twins.items())
        if (
            submission.corrects is not None and each.state is State.CONFIRMED
            if number in line
            else each.state is not State.WITHDRAWN or _left_a_trace(each)
        )
    )


def _left_a_trace(withdrawn: Submission) -> bool:
    """Returns whether a try was in doubt, or a report came back: the withdrawal then proves nothing about the mail."""
    return bool(withdrawn.not_sent or withdrawn.late_answer or withdrawn.receipts)


def _may_be_there(earlier: Submission, later: Submission, known: Reading) -> bool:
    """Returns whether the issuer has ``earlier``, or may have been handed it before the key of ``later`` came."""
    if earlier.state is State.HANDED_OVER:
        notice = known.notice(later.pdf_sha256) if later.pdf_sha256 else None
        return notice is not None and _has_other_key(earlier, notice, known)
    return earlier.sent_at is not None or earlier.state in _LEFT


def _has_other_key(other: Submission, notice: Notice, known: Reading) -> bool:
    if other.pdf_sha256 is None:
        return False
    read = known.notice(other.pdf_sha256)
    return read is not None and read.key != notice.key


def _is_same(earlier: Submission, notice: Notice, known: Reading) -> bool:
    if earlier.pdf_sha256 is None:
        return False
    read = known.notice(earlier.pdf_sha256)
    return read is not None and read.identity == notice.identity
