"""Finds what an arriving notice belongs to: its project, an earlier submission of it, its announcement.

Only the contract number, or a name that the register declares unique, decides the project; a person is asked if the
number's project has another name than the notice prints. A name alone is a proposal to a person, and similarity is
never used. Registered facts alone decide whether the issuer takes it (eligibility). The same notice by two sources or
two downloads is one submission as long as the first has not left. Afterwards a person decides. A notice answers an
announcement that names its number, or its project and product, and only if no other announcement fits. Every uncertain
case stays a task.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from worker.core.model import (
    JST,
    NO_DATE,
    Announced,
    FollowUpRecord,
    FollowUps,
    Hold,
    Notice,
    NoticeRecord,
    Product,
    Sha256,
    Source,
    Submission,
    Unreadable,
)
from worker.core.params import Params
from worker.core.rulebook import Contract, CountedBy, Eligibility, Issuer, Project
from worker.core.states import WAITING, Reason, State
from worker.core.text import match_key
from worker.store.ports import Reading

NumbersBefore = Callable[[str, Product], tuple[str, ...]]
"""A project's id and a product → the contract numbers under which it has had this product already."""


@dataclass(frozen=True, slots=True)
class Match:
    """This project, for certain: by its number, by an earlier approval, or by a name that may decide."""

    project: Project
    holds: tuple[Hold, ...] = ()
    """Questions and faults that remain: ``number_differs``, ``other_contractor``."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """The only project of this name; a person must say so (``name_only``)."""

    project: Project
    holds: tuple[Hold, ...] = ()


@dataclass(frozen=True, slots=True)
class Unmatched:
    """No registered project has this number or this name."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Several projects have this number, or this name."""

    projects: tuple[Project, ...]


MatchOutcome = Match | Proposed | Unmatched | Ambiguous


@dataclass(frozen=True, slots=True)
class Register:
    """The projects, found by number, by the match key of their names and by their folded names."""

    own_name: str
    """The contractor's own name, as the settings write it."""
    by_id: Mapping[str, Project]
    by_number: Mapping[str, tuple[Project, ...]]
    by_name: Mapping[str, tuple[Project, ...]]
    by_folded: Mapping[str, tuple[Project, ...]]


def index_projects(projects: Iterable[Project], own_name: str) -> Register:
    """Returns a register of ``projects`` in which a match is a dictionary look-up."""
    by_id: dict[str, Project] = {}
    by_number: dict[str, tuple[Project, ...]] = {}
    by_name: dict[str, tuple[Project, ...]] = {}
    by_folded: dict[str, tuple[Project, ...]] = {}
    for project in projects:
        by_id[project.id] = project
        for index, name in ((by_name, match_key(project.name)), (by_folded, fold_name(project.name))):
            index[name] = (*index.get(name, ()), project)
        for number in dict.fromkeys(map(match_key, project.all_numbers)):
            by_number[number] = (*by_number.get(number, ()), project)
    return Register(own_name, by_id, by_number, by_name, by_folded)


def no_numbers_before(project: str, product: Product) -> tuple[str, ...]:  # noqa: ARG001  the form of NumbersBefore
    """Returns no numbers, because nothing was submitted yet."""
    return ()


def find_numbers_before(submission: Submission, known: Reading) -> NumbersBefore:
    """Returns the numbers of a project and product before ``submission``, but for those that were ended unsent."""

    def numbers(project: str, product: Product) -> tuple[str, ...]:
        return tuple(
            each.notice.contract_number
            for each in known.of_project(project, product)
            if (each.id < submission.id or not submission.id)
            and each.notice.contract_number is not None
            and each.state not in {State.WITHDRAWN, State.REFUSED}
            and not (submission.source.proven and each.is_doubtful)
        )

    return numbers


def match_project(
    notice: Notice, register: Register, bound: str | None, numbers_before: NumbersBefore = no_numbers_before
) -> MatchOutcome:
    """Returns the project of ``notice``; ``bound`` is the project that an approval has tied its number to.

    The register's own numbers go first: a number written there corrects an earlier approval.
    """
    numbered = register.by_number.get(match_key(notice.contract_number), ())
    if len(numbered) > 1:
        return Ambiguous(numbered)
    if numbered:
        holds = (
            *_of_product(notice, numbered[0]),
            *_of_name(notice, numbered[0], register),
            *_of_contractor(notice, numbered[0], register.own_name),
        )
        return Match(numbered[0], holds)
    if bound is not None and bound in register.by_id:
        project = register.by_id[bound]
        return Match(project, _questions(notice, project, register.own_name, numbers_before))
    named = _of_this_name(notice.project_name, register)
    if not named:
        return Unmatched()
    if len(named) > 1:
        return Ambiguous(named)
    holds = _questions(notice, named[0], register.own_name, numbers_before)
    return Match(named[0], holds) if named[0].by_name else Proposed(named[0], holds)


def _of_this_name(name: str, register: Register) -> tuple[Project, ...]:
    """The projects of exactly this name, else of one that only widths, brackets and 第…号 part from it."""
    return register.by_name.get(match_key(name)) or register.by_folded.get(fold_name(name), ())


def _questions(notice: Notice, project: Project, own_name: str, numbers_before: NumbersBefore) -> tuple[Hold, ...]:
    holds = [*_of_contractor(notice, project, own_name)]
    known = (*project.numbers_of(notice.product), *numbers_before(project.id, notice.product))
    others = sorted({match_key(number) for number in known} - {match_key(notice.contract_number)})
    if others:
        # Not the number of the register, and yet its project: another project's notice, or a further guarantee.
        holds.append(Hold.of(Reason.NUMBER_DIFFERS, project=project.id, others=tuple(others)))
    return tuple(holds)


def _of_product(notice: Notice, project: Project) -> Iterator[Hold]:
    """Holds a number that the register gives this project for another product: one of the two was entered wrongly."""
    number = match_key(notice.contract_number)
    if number not in map(match_key, project.numbers_of(notice.product)):
        products = (each.value for each in Product if number in map(match_key, project.numbers_of(each)))
        yield Hold.of(Reason.NUMBER_DIFFERS, "other_product", project=project.id, products=tuple(products))


def _of_name(notice: Notice, project: Project, register: Register) -> Iterator[Hold]:
    """Holds a name that is not this project's: the number may have been entered with the wrong project."""
    if fold_name(notice.project_name) == fold_name(project.name):
        return
    if named := tuple(other.id for other in _of_this_name(notice.project_name, register)):
        yield Hold.of(Reason.NUMBER_DIFFERS, "other_name", project=project.id, projects=named)
    else:
        yield Hold.of(Reason.NUMBER_DIFFERS, "unknown_name", project=project.id, value=notice.project_name)


def _of_contractor(notice: Notice, project: Project, own_name: str) -> Iterator[Hold]:
    ours = filter(None, (own_name, project.contractor, *project.names_on_notice))
    if fold_firm(notice.contractor_name) not in set(map(fold_firm, ours)):
        yield Hold.of(Reason.OTHER_CONTRACTOR, name=notice.contractor_name)


# --- Names as they are compared -------------------------------------------------------------------------------

_NUMBER: Final = re.compile("第?([0-9]+)号?")
_CIRCLES: Final = str.maketrans("○◯", "〇〇")
_BETWEEN: Final = re.compile(r"[][(){}<>〈〉《》「」『』【】〔〕〖〗・]")
_FIRM_FORMS: Final = {"(株)": "株式会社", "(有)": "有限会社", "(同)": "合同会社"}


def fold_name(name: str) -> str:
    """Returns ``name`` without the parts that offices write differently: widths, spaces, brackets, ・, 第 and 号.

    Each number stays fenced, so that 1・2号線 is never 12号線. The result is never shown or sent.
    """
    fenced = _NUMBER.sub(r"#\1#", match_key(name).translate(_CIRCLES))
    return _BETWEEN.sub("", fenced)


def fold_firm(name: str) -> str:
    """Returns a firm's name with its legal form written out in its place: 株式会社甲 and 甲株式会社 are two firms."""
    folded = match_key(name)
    for short, full in _FIRM_FORMS.items():
        folded = folded.replace(short, full)
    return folded


# --- Whether the issuer takes this contract -------------------------------------------------------------------


_ORIGINAL_ALONE: Final = Params(code="original_alone")
NOT_SEEN: Final = "not_seen"
"""Code of the hold if only an alternative that the file itself calls open is left."""

_OF_THE_ORIGINAL: Final = frozenset(CountedBy) - {CountedBy.CONTRACT, CountedBy.GUARANTEE}
"""Dates that an amendment leaves as they were."""


@dataclass(frozen=True, slots=True)
class _Excluded:
    """A limit that the registered facts certainly miss."""

    fact: Params
    is_of_another: bool = False
    """True if the alternative is meant for other contracts; not reported if a nearer one fails."""


@dataclass(frozen=True, slots=True)
class _Lacking:
    """A fact that is not registered."""

    fact: Params


_Finding = _Excluded | _Lacking


@dataclass(frozen=True, slots=True)
class _Case:
    issuer: Issuer
    project: Project
    product: Product
    is_amended: bool


def judge_eligibility(issuer: Issuer, project: Project, product: Product, contract: Contract) -> tuple[Hold, ...]:
    """Decides whether the issuer takes an electronic surety for this contract; only registered facts count.

    Returns no hold if one of the issuer's alternatives fits, if it has none, or if it consented to an exception.
    Today's date and people's answers are not considered. A hold names the project and the question, so that no answer
    covers another project or another rule.

    A project that its announcement excludes is ``not_eligible``, even if an alternative fits. Otherwise there is one
    hold: ``eligibility_unknown`` with the facts to register, or ``not_eligible`` with the reasons if every alternative
    is certainly missed. A missing fact makes an alternative unknown, never fitting. A missing approval (``approval =
    true``) is unknown too, because the issuer can still give it. If only an open alternative is left (``open = true``),
    it is unknown until the issuer answers for this project or the rule is confirmed.

    The dates count as follows (the issuers' own words in brackets):

    - If one alternative counts by several dates (公告又は指名), those that the project has must all lie in time. A
      contract is either announced or designated, so the other date never exists.
    - The original contract (当初契約を締結する案件): its date is ``original_contract``. As long as the contract at hand
      is itself the original one, ``contract`` says the same.
    - ``original_only`` (それ以前のものの変更契約は除く), with an amended contract: announcement, designation,
      notification, bid and award were those of the original contract. An amendment has none, and they count as given.
      ``contract`` and ``guarantee`` may be the amendment's, made after the day from which the issuer counts, so
      ``original_contract`` is required instead. Without ``from`` there is no date to fit by, and no amended contract
      fits.
    - ``amended = false`` (変更契約は対象外): no amended contract fits, with any date.
    - Without ``original_only`` the issuer says nothing of amended contracts, and the dates count as registered.
    """
    if project.exception.strip():
        return ()
    if project.is_excluded:
        return (Hold.of(Reason.NOT_ELIGIBLE, "excluded", project=project.id),)
    if not issuer.eligibility:
        return ()
    case = _Case(issuer, project, product, project.is_amended or contract is Contract.AMENDED)
    examined = [tuple(_examine(alternative, case)) for alternative in issuer.eligibility]
    if not all(examined):
        return ()  # an alternative without findings fits
    possible = [
        (alternative, findings)
        for alternative, findings in zip(issuer.eligibility, examined, strict=True)
        if not any(isinstance(finding, _Excluded) for finding in findings)
    ]
    lacking = [
        tuple(finding.fact for finding in findings if isinstance(finding, _Lacking))
        for alternative, findings in possible
        if not alternative.open
    ]
    if lacking:
        asked = tuple(dict.fromkeys(lacking))
        return (Hold.of(Reason.ELIGIBILITY_UNKNOWN, "lacking", project=project.id, asked=asked),)
    if possible:
        return (Hold.of(Reason.ELIGIBILITY_UNKNOWN, NOT_SEEN, value=project.id),)
    facts = tuple(_tell_excluded(examined))
    return (Hold.of(Reason.NOT_ELIGIBLE, "missed", project=project.id, facts=facts),)


def _tell_excluded(examined: Sequence[tuple[_Finding, ...]]) -> Iterable[Params]:
    """Says why every alternative is missed, from those meant for this contract if there are any, else from all."""
    excluded = [[finding for finding in findings if isinstance(finding, _Excluded)] for findings in examined]
    meant = [findings for findings in excluded if not any(finding.is_of_another for finding in findings)]
    return dict.fromkeys(finding.fact for findings in meant or excluded for finding in findings)


# --- One alternative ------------------------------------------------------------------------------------------


def _examine(alternative: Eligibility, case: _Case) -> Iterator[_Finding]:
    """Yields the facts that speak against ``alternative``; none if it fits."""
    yield from _examine_scope(alternative, case)
    yield from _examine_amount(alternative, case.project)
    if case.is_amended and not alternative.amended:
        yield _Excluded(_ORIGINAL_ALONE)
    else:
        yield from _examine_dates(alternative, case)
    if (alternative.approval or alternative.open) and not case.project.approval.strip():
        yield _Lacking(Params(code="approval_unknown"))


def _examine_scope(alternative: Eligibility, case: _Case) -> Iterator[_Finding]:
    """Examines the contracts that it is meant for: product, kind of work, award, tendering section."""
    project = case.project
    if alternative.products and case.product not in alternative.products:
        yield _excluded_from("other_product", case.product.value, alternative.products)
    if alternative.kinds and project.kind not in alternative.kinds:
        if project.kind is None:
            yield _lacking_of("kind_unknown", alternative.kinds)
        else:
            yield _excluded_from("other_kind", project.kind.value, alternative.kinds)
    if alternative.awards and project.award not in alternative.awards:
        if project.award is None:
            yield _lacking_of("award_unknown", alternative.awards)
        else:
            yield _excluded_from("other_award", project.award.value, alternative.awards)
    if alternative.tendered_by and project.tendered_by not in alternative.tendered_by:
        taken = [_section_name(case.issuer, each) for each in alternative.tendered_by]
        if not project.tendered_by:
            yield _lacking_of("tendering_unknown", taken)
        else:
            yield _excluded_from("other_tendering", _section_name(case.issuer, project.tendered_by), taken)


def _examine_amount(alternative: Eligibility, project: Project) -> Iterator[_Finding]:
    least = alternative.min_amount
    if least is None:
        return
    if project.amount is None:
        yield _Lacking(Params(code="amount_unknown", least=str(least)))
    elif project.amount < least:
        yield _Excluded(Params(code="amount_below", amount=str(project.amount), least=str(least)))


def _examine_dates(alternative: Eligibility, case: _Case) -> Iterator[_Finding]:
    must_be_original = case.is_amended and alternative.original_only
    since = alternative.since
    if since is None:
        if must_be_original:
            yield _Excluded(_ORIGINAL_ALONE)
        return
    counted_by: Iterable[CountedBy] = alternative.counted_by
    if must_be_original:
        counted_by = dict.fromkeys(
            each if each in _OF_THE_ORIGINAL else CountedBy.ORIGINAL_CONTRACT for each in counted_by
        )
    dates = [(each, date) for each in counted_by for date in _dates_of(case, each)]
    if not dates:
        days = tuple(each.value for each in counted_by)
        yield _Lacking(Params(code="day_unknown", days=days, since=since.isoformat()))
    for which, date in dates:
        if date < since:
            days_told = {"which": which.value, "day": date.isoformat(), "since": since.isoformat()}
            yield _Excluded(Params(code="day_before", **days_told))


def _dates_of(case: _Case, counted_by: CountedBy) -> Iterator[dt.date]:
    """The registered date, if there is one."""
    dates = case.project.dates
    if counted_by in dates:
        yield dates[counted_by]
    elif counted_by is CountedBy.ORIGINAL_CONTRACT and not case.is_amended and CountedBy.CONTRACT in dates:
        yield dates[CountedBy.CONTRACT]


# --- What is told ---------------------------------------------------------------------------------------------


def _excluded_from(code: str, own: str, taken: Sequence[str]) -> _Excluded:
    return _Excluded(Params(code=code, own=own, taken=tuple(map(str, taken))), is_of_another=True)


def _lacking_of(code: str, taken: Sequence[str]) -> _Lacking:
    return _Lacking(Params(code=code, taken=tuple(map(str, taken))))


def _section_name(issuer: Issuer, section: str) -> str:
    return issuer.sections[section].name if section in issuer.sections else section


# --- From before the product watched --------------------------------------------------------------------------


FIRST_START: Final = "first_start"
"""Name of the store's value: the moment of the first start, ISO 8601."""

SAVED_EARLY: Final = dt.timedelta(hours=1)
"""Tolerance for files saved before the first start: a person who sets the product up saves a notice to try it."""

AHEAD: Final = dt.timedelta(hours=1)
"""Tolerance for a mail server's clock ahead of ours, as large as for one behind."""


@dataclass(frozen=True, slots=True)
class WatchedMailbox:
    """A mailbox as the configuration names it, and since when it does so."""

    user: str
    folder: str
    since: str
    """ISO 8601, or empty."""
    begun_at: dt.datetime
    """When this mailbox, this user or this folder was first in force."""
    since_at: dt.datetime
    """When this ``since`` was first in force."""


def update_watched(
    former: Mapping[str, WatchedMailbox] | None,
    configured: Mapping[str, tuple[str, str, str]],
    looked_at: frozenset[str],
    first_start: dt.datetime,
    now: dt.datetime,
) -> dict[str, WatchedMailbox]:
    """Returns the watched mailboxes from ``now`` on; ``configured`` gives user, folder and ``since`` of each.

    ``former`` is None if no mailbox was recorded yet: the mailboxes then begin with the first start. Those in
    ``looked_at`` are an older program's, and their ``since`` counts from now on, because the mails that an upgrade
    brings in are not known. A mailbox that is removed and added again starts over: meanwhile people did its work.
    """
    watched: dict[str, WatchedMailbox] = {}
    for name, (user, folder, since) in configured.items():
        if former is None:
            begun = WatchedMailbox(user, folder, since, first_start, now if name in looked_at else first_start)
        elif (known := former.get(name)) is None or (known.user, known.folder) != (user, folder):
            begun = WatchedMailbox(user, folder, since, now, now)
        else:
            begun = known if known.since == since else replace(known, since=since, since_at=now)
        watched[name] = begun
    return watched


def mail_from_before(
    came_at: dt.datetime,
    first_start: dt.datetime | None,
    watched: WatchedMailbox | None,
    now: dt.datetime,
    *,
    is_new: bool,
) -> str:
    """Returns the detail of FROM_BEFORE for a mail with this internal date; empty if it is recent.

    A mail from before the product watched may have been submitted by hand. ``is_new``: the server numbered it after
    those already read, so that no changed ``since`` brought it in. An internal date holds whole seconds, so one within
    the second of the start is not before it. A future date is no date of arrival: unless its number says that the mail
    is new, it may be of any age.
    """
    if came_at == NO_DATE:
        return "" if is_new else "undated"
    if came_at > now + AHEAD and not is_new:
        return f"future: {_day(came_at)}"
    if first_start is None or came_at < first_start.replace(microsecond=0):
        return f"mail: {_day(came_at)}"
    if watched is None:
        return ""
    changed_at = watched.begun_at if is_new else max(watched.begun_at, watched.since_at)
    return f"since: {_day(came_at)}" if came_at < changed_at.replace(microsecond=0) else ""


def file_from_before(saved_at: dt.datetime, first_start: dt.datetime | None, first_read: dt.datetime) -> str:
    """Returns the detail of FROM_BEFORE for a file of this modification time; empty if it is recent.

    ``first_read`` is the moment of the first read of its folder. The first folder of all is read from ``first_start``
    on.
    """
    if first_start is None or saved_at < first_start - SAVED_EARLY:
        return f"file: {_day(saved_at)}"
    return f"folder: {_day(saved_at)}" if first_read > first_start and saved_at < first_read else ""


def _day(moment: dt.datetime) -> str:
    return moment.astimezone(JST).date().isoformat()


_HAVE_LEFT: Final = frozenset(
    {State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED, State.BOUNCED, State.CONFIRMED}
)
"""States in which the issuer was given it, by mail or by hand.

HANDED_OVER may still be to do, or done and unrecorded.
"""

_NOT_HANDED_IN: Final = WAITING | {State.HANDED_OVER}
"""The same notice in other bytes adds nothing: a person who enters it in a form downloads it once more for that."""


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
    """Compares the notice in the file ``pdf`` with the submissions here."""
    # A submission that ended unread says nothing about the notice in it.
    same_file = [each for each in known.by_pdf(pdf) if each.notice.refusal is None or each.state in WAITING]
    same_file = [each for each in same_file if not (way.proven and _was_taken_back(each))]
    if same_file:
        return KnownNotice(same_file[0])
    earlier = [each for each in known.by_number(notice.contract_number) if each.notice.guarantor == notice.guarantor]
    twins = [each for each in earlier if _is_same(each, notice, known)]
    doubtful = [each for each in twins if way.proven and each.is_doubtful]
    for twin in twins:
        if twin.state in _NOT_HANDED_IN and twin not in doubtful:
            return KnownNotice(twin)
    others = [each for each in earlier if _has_other_key(each, notice, known)]
    submission = Submission(
        0,
        State.HELD,
        source=way,
        notice=NoticeRecord(
            pdf_sha256=pdf,
            guarantor=notice.guarantor,
            product=notice.product,
            contract_number=notice.contract_number,
            notice_name=notice.project_name,
        ),
        correction=_count_before(pdf, known),
        follows=find_followed(current_before(earlier, notice, known, proven=way.proven)),
    )
    # An unauthenticated notice waits itself, and changes nothing about authenticated ones.
    superseded = [each for each in others if way.proven or each.is_doubtful] + doubtful
    return NewNotice(submission, tuple(each for each in superseded if each.state in {State.HELD, State.APPROVED}))


def _count_before(pdf: Sha256, known: Reading) -> int:
    """Counts the submissions of the same bytes: the bytes make the Message-ID, which names one submission."""
    return max((each.correction + 1 for each in known.by_pdf(pdf) if each.notice.refusal is None), default=0)


def current_before(
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
    never_read = held.notice.refusal is not None and held.notice.contract_number is None
    return (
        held.state is State.HELD
        and held.source.came_by == "folder"
        and never_read
        and held.notice.pdf_sha256 in {None, former}
    )


def hold_without_notice(refusal: Hold, pdf: Sha256 | None, way: Source) -> Submission:
    """A submission that waits only for a person: there is a file or a mail, but no notice read from it."""
    return Submission(
        0, State.HELD, reasons=(refusal,), source=way, notice=NoticeRecord(pdf_sha256=pdf, refusal=refusal)
    )


def announce(guarantor: str, way: Source, steps: tuple[str, ...] = ()) -> Submission:
    """Returns the submission that an announcement without a PDF opens: a task to download its notice, by these steps.

    Nothing is sent of it, so it is never from before. Its notice is judged by its own arrival.
    """
    return Submission(
        0,
        State.ANNOUNCED,
        source=replace(way, from_before=""),
        notice=NoticeRecord(guarantor=guarantor),
        follow_ups=FollowUpRecord(duties=FollowUps(instructions=steps)),
    )


def join_notice(announcement: Submission, arrived: Submission, known: Reading) -> Submission:
    """``announcement`` continued by the notice that has ``arrived``; its id, Message-ID and words stay."""
    here = known.by_number(arrived.notice.contract_number) if arrived.notice.contract_number else ()
    return dataclasses.replace(
        arrived,
        id=announcement.id,
        version=announcement.version,
        source=dataclasses.replace(
            arrived.source,
            source_message_id=announcement.source.source_message_id or arrived.source.source_message_id,
            announced=announcement.source.announced,
        ),
        came_after=tuple(each.id for each in here if each.notice.guarantor == arrived.notice.guarantor),
        created_at=announcement.created_at,
        updated_at=announcement.updated_at,
    )


def _came_after(one: Submission, other: Submission) -> bool:
    """Returns whether the notice of ``one`` came after that of ``other``, by id unless an announcement came first."""
    return other.id in one.came_after or (one.id > other.id and one.id not in other.came_after)


def find_later(submission: Submission, notice: Notice, known: Reading) -> int | None:
    """Returns the first notice of the same number and another key that came after ``submission``, or None.

    Asked at every re-evaluation: when the later one came, this one may have been at the mail server, and been deferred.
    A stranger's notice does not count against an authenticated one, unless that was recorded before this rule existed.
    For a stranger's own submission, the same notice counts as well if it came authenticated.
    """
    for each in known.by_number(notice.contract_number):
        came_later = _came_after(each, submission) and each.id != submission.follows and each.corrects is None
        counts = came_later and each.notice.guarantor == notice.guarantor and each.state is not State.WITHDRAWN
        if submission.is_doubtful:
            counts = counts and (_has_other_key(each, notice, known) or (not each.is_doubtful and each.source.proven))
        else:
            is_heard = not each.is_doubtful or each.id == submission.superseded_by
            counts = counts and is_heard and _has_other_key(each, notice, known)
        if counts:
            return each.id
    return None


def find_amended(submission: Submission, known: Reading) -> Submission | None:
    """Returns the newest submission before ``submission``, of its number and product, that left, or None.

    A manual submission counts if its key differs: a number gets a second key by an amendment, and only people know
    whether the first was handed in already. A person who never handed it in withdraws it. A person distinguishes a copy
    from an amended guarantee: an approval says that it is amended, a withdrawal that it is not. A correction amends
    what its original amends.
    """
    own = submission
    while own.corrects is not None:
        own = known.submission(own.corrects)
    number = own.follows
    while number is not None:
        earlier = known.submission(number)
        if earlier.notice.product is submission.notice.product and _may_be_there(earlier, submission, known):
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
    twins = {
        each.id: each for each in others if each.notice.guarantor == notice.guarantor and _is_same(each, notice, known)
    }
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
    return bool(withdrawn.delivery.not_sent or withdrawn.delivery.late_answer or withdrawn.delivery.receipts)


def _may_be_there(earlier: Submission, later: Submission, known: Reading) -> bool:
    """Returns whether the issuer has ``earlier``, or may have been handed it before the key of ``later`` came."""
    if earlier.state is State.HANDED_OVER:
        notice = known.notice(later.notice.pdf_sha256) if later.notice.pdf_sha256 else None
        return notice is not None and _has_other_key(earlier, notice, known)
    return earlier.delivery.sent_at is not None or earlier.state in _HAVE_LEFT


def _has_other_key(other: Submission, notice: Notice, known: Reading) -> bool:
    if other.notice.pdf_sha256 is None:
        return False
    read = known.notice(other.notice.pdf_sha256)
    return read is not None and read.key != notice.key


def _is_same(earlier: Submission, notice: Notice, known: Reading) -> bool:
    if earlier.notice.pdf_sha256 is None:
        return False
    read = known.notice(earlier.notice.pdf_sha256)
    return read is not None and read.identity == notice.identity


# --- The announcement that it answers                   -------------------------------------------------------

APART: Final = dt.timedelta(days=3)
"""The longest time between an announcement and its notice, or between two copies of one announcement: a Friday's mail
is forwarded on Monday. An amended guarantee bears the number of the first one, so an older notice is not its notice."""


def find_announcement(notice: Notice, awaited: Sequence[Submission]) -> Submission | None:
    """Returns the one open announcement of the guarantor that this notice answers; None if that is not certain.

    An announcement of several numbers is not ended by the first of them (``find_listing``).
    """
    listing = find_listing(notice.contract_number, awaited)
    if listing:
        (only,) = listing if len(listing) == 1 else (None,)
        is_alone = only is not None and only.source.announced is not None and len(only.source.announced.numbers) == 1
        return only if only is not None and is_alone and _may_be_of(only.source.announced, notice.product) else None
    named = [each for each in awaited if _names(each.source.announced, notice.project_name, notice.product)]
    return named[0] if len(named) == 1 else None


def find_listing(number: str, awaited: Iterable[Submission]) -> tuple[Submission, ...]:
    """The open announcements that name this contract number."""
    return tuple(
        each for each in awaited if each.source.announced is not None and number in each.source.announced.numbers
    )


def find_answers(
    announced: Announced, of_numbers: Sequence[Sequence[Submission]], newest: Iterable[Submission]
) -> tuple[Submission, ...]:
    """Returns the submissions of all notices that it announces; empty if one of them is missing.

    ``of_numbers`` holds the submissions under each of its numbers; ``newest`` is searched if it names no number.
    """
    if announced.numbers:
        answers = [[each for each in under if is_answered_by(announced, each)] for under in of_numbers]
        return tuple(each[-1] for each in answers) if all(answers) else ()
    named = [
        each
        for each in newest
        if each.notice.product is not None
        and _names(announced, each.notice.notice_name, each.notice.product)
        and is_answered_by(announced, each)
    ]
    return tuple(named) if len(named) == 1 else ()


def is_answered_by(announced: Announced, submission: Submission) -> bool:
    """Returns whether the notice of ``submission``, which bears the announced number or name, may be the announced one.

    It arrived no earlier than APART before the announcement, and was announced by this announcement or by none.
    """
    is_notice = (
        submission.notice.pdf_sha256 is not None and submission.notice.refusal is None and submission.corrects is None
    )
    if not is_notice or submission.state is State.WITHDRAWN or announced.at is None:
        return False
    if submission.notice.product is None or not _may_be_of(announced, submission.notice.product):
        return False
    if submission.source.announced is not None and submission.source.announced.at is not None:
        return abs(submission.source.announced.at - announced.at) <= APART
    return submission.created_at is not None and submission.created_at >= announced.at - APART


def is_same_announcement(one: Submission, other: Submission) -> bool:
    """Returns whether two mails announce the same.

    They name the same within APART. Two mails that name no number and no single product must have no id and be equal.
    """
    first, second = one.source.announced, other.source.announced
    if first is None or second is None or first.at is None or second.at is None:
        return False
    if one.notice.guarantor != other.notice.guarantor or not _say_the_same(first, second):
        return False
    if first.numbers or _is_telling(first):
        return abs(first.at - second.at) <= APART
    has_no_id = not one.source.source_message_id and not other.source.source_message_id
    return (
        has_no_id
        and bool(first.date)
        and (one.source.source_name, first.date) == (other.source.source_name, second.date)
    )


def is_seen_before(earlier: Submission, arriving: Submission) -> bool:
    """Returns whether ``earlier``, of a mail with the same Message-ID, is what ``arriving`` announces.

    The sender chooses a Message-ID: some systems repeat one, and a stranger may have used it first. A mail that names
    another contract is new. An authenticated mail is also new if the earlier one was not authenticated and names
    something else or was withdrawn.
    """
    first, second = earlier.source.announced, arriving.source.announced
    if arriving.source.proven and earlier.is_doubtful and not earlier.joined:
        is_open = earlier.state is State.ANNOUNCED
        return is_open and first is not None and second is not None and _say_the_same(first, second)
    if first is None or second is None:
        return True
    numbers = set(first.numbers), set(second.numbers)
    names = set(map(match_key, first.names)), set(map(match_key, second.names))
    return not any(one and other and one.isdisjoint(other) for one, other in (numbers, names))


def could_mean(announcement: Submission, submission: Submission) -> bool:
    """Returns whether a person may join the two: a notice of the guarantor that arrived since and was not announced."""
    told = announcement.source.announced
    is_fitting = submission.notice.guarantor == announcement.notice.guarantor and submission.source.announced is None
    if told is None or not is_fitting or not is_answered_by(told, submission):
        return False
    return not told.numbers or submission.notice.contract_number in told.numbers


def _may_be_of(announced: Announced | None, product: Product) -> bool:
    return announced is not None and (not announced.products or product in announced.products)


def _names(announced: Announced | None, name: str, product: Product) -> bool:
    """Returns whether it names exactly this project and this product, and no number, which would say more."""
    if announced is None or announced.numbers or not _is_telling(announced):
        return False
    return match_key(announced.names[0]) == match_key(name) and announced.products == (product,)


def _is_telling(announced: Announced) -> bool:
    return len(announced.names) == 1 and len(announced.products) == 1


def _say_the_same(one: Announced, other: Announced) -> bool:
    def said(announced: Announced) -> tuple[object, ...]:
        return set(announced.numbers), set(map(match_key, announced.names)), set(announced.products)

    return said(one) == said(other)
