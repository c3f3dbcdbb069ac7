"""Lists the tasks that people still have, the most urgent first: from open submissions and the register.

Every submission that waits for a person, and every guarantee that is expected and missing, is a task with its one
action. Tasks are not stored. ``open_tasks`` reads open submissions and looks up the rest by key, so that its cost does
not grow with closed ones.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from worker.approve.project_notes import memo_of
from worker.core.accounts import work_key
from worker.core.business_hours import working_days_before
from worker.core.errors import NotAllowed
from worker.core.messages import Language, name_follow_up, name_limit, name_product, name_receipt, next_step, say
from worker.core.model import JST, Closing, Product, ProjectMemo, Receipt, ReceiptKind, Submission
from worker.core.open_until import settles_on
from worker.core.params import Aside
from worker.core.states import Reason, State
from worker.core.text import match_key
from worker.store.backups import BACKUP_TROUBLE, CHECK_TROUBLE, read_trouble
from worker.store.ports import GuaranteeKey, Overview, Store
from worker.track.overdue import PRESSED, is_stuck, unanswered_from
from worker.views.actions import (
    Action,
    action_for,
    confirm_action,
    follow_up_action,
    join_action,
    news_action,
    show_action,
    withdraw_action,
)
from worker.views.backup_age import find_no_recent_backup, say_backup_task
from worker.views.backups import say_backup_trouble

if TYPE_CHECKING:
    from worker.config.load import Configuration
    from worker.config.outline import Outline, OutlinedProject
    from worker.core.rulebook import Project

EXPECTED_AHEAD: Final = 5
"""Working days before its date on which a guarantee that is not here becomes a task.

A week: applying at the surety, its screening and issue, the download and one correction still fit into it.
"""

ACCEPTED: Final = frozenset({State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED})
"""The mail server accepted it, and its arrival is not confirmed yet."""


OFFERED_LIMIT: Final = 20
"""The newest unannounced notices that are offered for an announcement."""


class TaskKind(StrEnum):
    """The kinds of tasks (machine output)."""

    RESOLVE = "resolve"
    STUCK = "stuck"
    LEAVING = "leaving"
    CORRECT = "correct"
    HELD = "held"
    DOWNLOAD = "download"
    HAND_IN = "hand_in"
    CALL = "call"
    REPLY = "reply"
    NEWS = "news"
    REMAINING = "remaining"
    EXPECTED = "expected"
    UNCONFIRMED = "unconfirmed"
    UNDATED = "undated"
    BACKUP = "backup"


class Urgency(IntEnum):
    """The urgency of a task; lists begin with the lowest number."""

    NOW = 1
    TODAY = 2
    SOON = 3
    WATCH = 4


class DayOf(StrEnum):
    """The day that is shown if no deadline is known (``due_of_…`` in the messages)."""

    CONTRACT = "contract"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing that a person does, or keeps an eye on."""

    kind: TaskKind
    project: str
    """The project's id; empty if it is not known."""
    project_name: str
    """工事名, else what is known of the notice."""
    issuer: str
    """The issuer's name."""
    product: Product | None
    submission: int | None
    texts: tuple[str, str]
    """The instruction in Japanese and in English. Texts of the issuer's file are Japanese in both."""
    due: dt.date | None
    action: Action | None
    """The one action for the next step, or to record it; None if there is none."""
    urgency: Urgency
    label: str = ""
    """The label of the submission as it is now; empty if there is none."""
    days_over: int = 0
    """Days since ``due``, once that has passed."""
    reasons: tuple[Reason, ...] = ()
    """The reasons of its held submission; empty in any other state."""
    asked_by: str = ""
    """The person who confirmed its held submission and asked others for an approval; empty if none did."""
    day: dt.date | None = None
    """The day that is shown if ``due`` is not known: the contract's or the invoice's. It hurries nothing."""
    day_of: DayOf | None = None
    """The name of the day that is shown; None for a deadline."""

    @property
    def about(self) -> str:
        """The text by which a person takes it on."""
        return work_key(self.submission, self.project, self.product.value if self.product else "")

    def due_text(self, lang: Language) -> str:
        """The deadline, or another day with its name, and the days since it passed; empty if there is no day."""
        limit = name_limit(self.due or self.day, self.days_over, lang, is_near=self.day_of is None)
        return say(f"due_of_{self.day_of}", lang, day=limit) if self.day_of and limit else limit

    def text(self, lang: Language) -> str:
        """Returns the instruction in ``lang``."""
        return self.texts[0 if lang == "ja" else 1]


def open_tasks(overview: Overview, configuration: Configuration | Outline, now: dt.datetime) -> tuple[Task, ...]:
    """Everything that is open at ``now``, the most urgent first, then by due date."""
    today = now.astimezone(JST).date()
    registered = Registered.of(configuration.projects)
    projects = {each.id: each for each in configuration.projects}
    known = tuple(map(registered.present, overview.walk_open(today)))
    corrected = overview.corrections(each.id for each in known)
    found = [
        _hurry(_press(_rest(_dated(task, each, projects), each, now), each, configuration, now), today)
        for each in known
        if each.id not in corrected
        for task in _tasks_of_submission(each, today)
    ]
    found += [_hurry(_dated(task, each, projects), today) for each, task in _downloads(known, configuration, overview)]
    found += [_dated(_stuck(each), each, projects) for each in known if is_stuck(each, configuration.settings, now)]
    found += [
        _dated(_leaving(each, configuration, now), each, projects)
        for each in known
        if each.is_by_hold and not each.delivery.deferrals
    ]
    found += [task for each in known for task in _unread(each)]  # a corrected one's too: the issuer may answer either
    found += _backups(overview, now)
    found += _rest_missing(_missing_guarantees(configuration, overview, registered, today), overview, now)
    return tuple(sorted((replace(task, days_over=days_over(task.due, today)) for task in found), key=_order))


_NUMBER: Final = re.compile("[1-9][0-9]{0,11}")


def find_work(about: str, store: Store, configuration: Configuration | Outline) -> str:
    """Returns ``about`` if a person can take it on: a submission, or a guarantee of a registered project.

    Raises NotAllowed ``no_such_submission``.
    """
    if _NUMBER.fullmatch(about):
        return str(store.submission(int(about)).id)
    project, _, product = about.rpartition("/")
    if product not in set(Product) or project not in {each.id for each in configuration.projects}:
        raise NotAllowed("no_such_submission", id=about or "-")
    return about


def days_over(due: dt.date | None, today: dt.date) -> int:
    """Returns the days since ``due``; 0 if it has not passed."""
    return max(0, (today - due).days) if due else 0


def _order(task: Task) -> tuple[Urgency, dt.date, int, str]:
    return task.urgency, task.due or dt.date.max, task.submission or 0, task.project


@dataclass(frozen=True, slots=True)
class Registered:
    """The registered projects, as submissions name them."""

    ids: AbstractSet[str]
    owners: Mapping[tuple[str, str], AbstractSet[str]]
    """Issuer and contract number, as it is compared → the ids of the projects that register it."""

    @classmethod
    def of(cls, projects: Iterable[Project | OutlinedProject]) -> Registered:
        """The projects of a register."""
        ids: set[str] = set()
        owners: dict[tuple[str, str], set[str]] = {}
        for project in projects:
            ids.add(project.id)
            for number in project.all_numbers:
                owners.setdefault((project.issuer, match_key(number)), set()).add(project.id)
        return cls(ids, owners)

    def present(self, submission: Submission) -> Submission:
        """Returns it with a new project id if its own is gone and exactly one project of its issuer has its number.

        A corrected name changes an id, and so does a second project of the same name; sent mail stays sent.
        """
        if submission.destination.project is None or submission.destination.project in self.ids:
            return submission
        owners = self.owners.get(
            (submission.destination.issuer or "", match_key(submission.notice.contract_number or "")), set()
        )
        return (
            replace(submission, destination=replace(submission.destination, project=next(iter(owners))))
            if len(owners) == 1
            else submission
        )

    def moved(self, projects: Iterable[str], overview: Overview) -> tuple[Submission, ...]:
        """Submissions of these projects, under their present ids, that were recorded under an id that is gone."""
        wanted = set(projects)
        numbers = {number for (_, number), owners in self.owners.items() if len(owners) == 1 and owners <= wanted}
        others = overview.of_other_projects(sorted(numbers), sorted(self.ids)) if numbers else ()
        return tuple(each for each in map(self.present, others) if each.destination.project in wanted)


def expected_guarantees(submission: Submission) -> tuple[GuaranteeKey, ...]:
    """Returns its project and product; empty if either is not known."""
    if submission.destination.project is None or submission.notice.product is None:
        return ()
    return ((submission.destination.project, submission.notice.product),)


def current_among(submissions: Sequence[Submission], overview: Overview) -> tuple[Submission, ...]:
    """Those that were neither withdrawn nor corrected."""
    corrected = overview.corrections(each.id for each in submissions)
    return tuple(each for each in submissions if each.state is not State.WITHDRAWN and each.id not in corrected)


def is_settled(submission: Submission, today: dt.date) -> bool:
    """Returns whether time alone has completed it: no news is expected, and no bounce came within its rule's days."""
    last = settles_on(submission)
    return submission.state in ACCEPTED and last is not None and today > last


# --- Of one submission ---------------------------------------------------------------------------------------


def _tasks_of_submission(submission: Submission, today: dt.date) -> Iterator[Task]:
    match submission.state:
        case State.IN_DOUBT:
            texts = _of_whom("task_doubt", submission)
            yield _task(submission, TaskKind.RESOLVE, texts, Urgency.NOW, action_for(submission))
        case State.REFUSED | State.BOUNCED:
            yield _as_the_state_says(submission, TaskKind.CORRECT, Urgency.NOW)
        case State.HELD:
            yield _as_the_state_says(submission, TaskKind.HELD, Urgency.TODAY)
        case State.HANDED_OVER:
            yield _hand_in(submission)
        case state if state in ACCEPTED:
            yield from _arrival(submission, today)
            yield from _remaining(submission)
        case State.CONFIRMED:
            yield from _remaining(submission)
        case _:
            return


def _as_the_state_says(submission: Submission, kind: TaskKind, urgency: Urgency) -> Task:
    texts = next_step(submission, "ja"), next_step(submission, "en")
    return _task(submission, kind, texts, urgency, action_for(submission))


def _downloads(
    known: Sequence[Submission], configuration: Configuration | Outline, overview: Overview
) -> Iterator[tuple[Submission, Task]]:
    """The notices that were announced and are not here, each with the steps of its guarantor's web service."""
    announced = [each for each in known if each.state is State.ANNOUNCED]
    if not announced:
        return
    from worker.match.match import could_mean  # noqa: PLC0415  a list without announcements needs no matching

    steps = {guarantor.id: guarantor.download for guarantor in configuration.guarantors}
    unannounced = cache(partial(overview.unannounced, count=OFFERED_LIMIT))
    for each in announced:
        near = unannounced(each.notice.guarantor) if each.notice.guarantor is not None else ()
        here = [other for other in near if could_mean(each, other)]
        yield each, _download(each, steps.get(each.notice.guarantor or "", ()), here, configuration.settings.notices)


def _download(submission: Submission, steps: Sequence[str], here: Sequence[Submission], folder: str) -> Task:
    told = submission.source.announced
    named = (*told.numbers, *told.names) if told else ()
    came = [Aside(str(each.id), each.notice.notice_name) for each in here]

    def text(lang: Language) -> str:
        numbered = "".join(say("download_step", lang, number=at, step=each) for at, each in enumerate(steps, start=1))
        said = say(
            "task_download",
            lang,
            folder=folder,
            names=say("task_download_names", lang, names=named) if named else "",
            steps=say("task_download_steps", lang, steps=numbered) if steps else "",
        )
        said += say("task_download_here", lang, here=came, count=len(came)) if came else ""
        return said if submission.source.proven else said + say("task_download_unproven", lang)

    action = join_action(submission, here[0].id) if len(here) == 1 else action_for(submission)
    task = _task(submission, TaskKind.DOWNLOAD, (text("ja"), text("en")), Urgency.TODAY, action)
    return replace(task, product=told.products[0]) if told and len(told.products) == 1 else task


def _stuck(submission: Submission) -> Task:
    """A mail that a server defers for hours: it is tried further, and a person may find another way."""
    tried = submission.delivery.deferrals > 0
    texts = (
        _of_whom("task_stuck", submission, reply=submission.delivery.reply or "-")
        if tried
        else _of_whom("task_stuck_unreached", submission)
    )
    return _task(submission, TaskKind.STUCK, texts, Urgency.TODAY, show_action(submission))


def _leaving(submission: Submission, configuration: Configuration | Outline, now: dt.datetime) -> Task:
    """A mail that leaves automatically, and can still be stopped."""
    if submission.approval.due_at is None:
        texts = _both("task_leaving_untold")
    else:
        moment = configuration.settings.hours.next_opening(max(submission.approval.due_at, now)).astimezone(JST)
        texts = _both("task_leaving", moment=moment)
    return _task(submission, TaskKind.LEAVING, texts, Urgency.TODAY, withdraw_action(submission))


def _of_whom(code: str, submission: Submission, **params: object) -> tuple[str, str]:
    """Returns the sentence of ``code`` in both languages, with the section and its telephone number."""
    whom = submission.destination.receiver

    def text(lang: Language) -> str:
        return say(
            code, lang, whom=Aside(whom, submission.destination.section_phone or say("no_phone", lang)), **params
        )

    return text("ja"), text("en")


def _hand_in(submission: Submission) -> Task:
    """The steps of its rule; if its key may be void, first of all the notice that a later key has come."""
    steps = () if submission.superseded_by is not None else submission.follow_ups.duties.instructions

    def text(lang: Language) -> str:
        return " ".join(name_follow_up(each, lang) for each in steps) or next_step(submission, lang)

    return _task(submission, TaskKind.HAND_IN, (text("ja"), text("en")), Urgency.TODAY, action_for(submission))


def _arrival(submission: Submission, today: dt.date) -> Iterator[Task]:
    """The arrival: a call now if the issuer wants one or is silent, else to be watched."""
    action = confirm_action(submission)
    duties = submission.follow_ups.duties
    if submission.state is State.OVERDUE or duties.call_after or duties.closes == Closing.CALL:
        urgency = Urgency.NOW if submission.state is State.OVERDUE else Urgency.TODAY
        yield _task(submission, TaskKind.CALL, _call_whom(submission), urgency, action)
    elif duties.closes == Closing.NONE:
        if not is_settled(submission, today):
            texts = _both("task_settling", days=duties.settle_days)
            yield _task(submission, TaskKind.UNCONFIRMED, texts, Urgency.WATCH, None)
    else:
        yield _task(submission, TaskKind.UNCONFIRMED, _both("task_unconfirmed"), Urgency.WATCH, action)


def _call_whom(submission: Submission) -> tuple[str, str]:
    whom = submission.destination.receiver
    if submission.destination.section_phone:
        return _both("task_call", whom=whom, phone=submission.destination.section_phone)
    return _both("task_call_unknown", whom=whom)


def _unread(submission: Submission) -> Iterator[Task]:
    """News that waits for a person: a reply of the issuer, a report that the state does not follow."""
    duties = len(submission.follow_ups.duties.after)
    for number, receipt in enumerate(submission.delivery.unread, start=duties + 1):
        is_reply = receipt.kind is ReceiptKind.REPLY
        action = news_action(submission, number, is_reply=is_reply)
        if is_reply:
            yield _task(submission, TaskKind.REPLY, _say_news("task_reply", receipt), Urgency.TODAY, action)
        else:
            code = "task_unmatched" if receipt.kind is ReceiptKind.UNMATCHED else "task_news"
            yield _task(submission, TaskKind.NEWS, _say_news(code, receipt), Urgency.NOW, action)


def _say_news(code: str, receipt: Receipt) -> tuple[str, str]:
    ja, en = name_receipt(receipt, "ja"), name_receipt(receipt, "en")
    return say(code, "ja", news=ja), say(code, "en", news=en)


def _remaining(submission: Submission) -> Iterator[Task]:
    """The duties that the rule leaves for after sending, one task a sentence, numbered as ``done`` takes it."""
    for number, text in enumerate(submission.follow_ups.duties.after, start=1):
        if text not in submission.follow_ups.done:
            texts = (name_follow_up(text, "ja"), name_follow_up(text, "en"))
            yield _task(submission, TaskKind.REMAINING, texts, Urgency.SOON, follow_up_action(submission, number))


def _task(
    submission: Submission, kind: TaskKind, texts: tuple[str, str], urgency: Urgency, action: Action | None
) -> Task:
    return Task(
        kind=kind,
        project=submission.destination.project or "",
        project_name=submission.known_as,
        issuer=submission.destination.issuer_name,
        product=submission.notice.product,
        submission=submission.id,
        texts=texts,
        due=submission.follow_ups.duties.deadline if submission.state in PRESSED else None,
        action=action,
        urgency=urgency,
        label=submission.label,
        reasons=tuple(hold.reason for hold in submission.reasons) if submission.state is State.HELD else (),
        asked_by=_asked_by(submission),
    )


def _asked_by(submission: Submission) -> str:
    """Returns the person who asked others for an approval; empty too if no person was there to be asked."""
    requested = submission.approval.requested
    if submission.state is not State.HELD or requested is None or not requested.asked:
        return ""
    return submission.approval.asker_of(submission.composed.draft_hash)


def _dated(task: Task, submission: Submission, projects: Mapping[str, Project | OutlinedProject]) -> Task:
    """Returns ``task`` with the day that its project gives, if the rule gave no deadline and one still presses."""
    project = projects.get(task.project)
    if task.due is not None or submission.state not in PRESSED or project is None or task.product is None:
        return task
    day, day_of = day_of_guarantee(project, task.product)
    return replace(task, due=day) if day_of is None else replace(task, day=day, day_of=day_of)


def _rest(task: Task, submission: Submission, now: dt.datetime) -> Task:
    """Returns ``task`` among those to be watched while a person has put its submission off."""
    if not submission.rests(now):
        return task
    memo, moment = submission.follow_ups.memo, submission.follow_ups.call_again
    if memo is not None and memo.next_look is not None and memo.state is submission.state:
        texts = _both("task_resting", day=f"{memo.next_look:%-m/%-d}", memo=memo.text)
    elif task.kind is TaskKind.REMAINING:
        return task  # what is handed in otherwise does not wait for the call
    else:
        texts = _both("task_call_again", moment=moment or "")
    return replace(task, urgency=Urgency.WATCH, texts=texts)


def _press(task: Task, submission: Submission, configuration: Configuration | Outline, now: dt.datetime) -> Task:
    """Returns ``task``, urgent now if it is a request without an answer, unless a memo was written about it since."""
    moment = unanswered_from(submission, configuration.settings.hours) if task.kind is TaskKind.HELD else None
    requested, memo = submission.approval.requested, submission.follow_ups.memo
    if moment is None or requested is None or moment > now or (memo is not None and memo.at >= moment):
        return task
    code = "task_request_waits" if requested.asked else "task_request_waits_alone"
    texts = _both(code, by=requested.by, moment=requested.at, people=requested.asked)
    return replace(task, urgency=Urgency.NOW, texts=texts)


def _hurry(task: Task, today: dt.date) -> Task:
    """Returns ``task``, urgent now if its day has come."""
    if task.due is None or task.due > today or task.urgency is Urgency.NOW:
        return task
    return replace(task, urgency=Urgency.NOW)


def _both(code: str, **params: object) -> tuple[str, str]:
    return say(code, "ja", **params), say(code, "en", **params)


# --- Of the store itself -------------------------------------------------------------------------------------


def _backups(overview: Overview, now: dt.datetime) -> Iterator[Task]:
    """The backup that was not made, and the one that does not verify: for the administrator, by way of all.

    A backup that was killed, or whose timer is off, says nothing itself: it is missing by its age.
    """
    made, checked = (read_trouble(overview.property(name)) for name in (BACKUP_TROUBLE, CHECK_TROUBLE))
    for trouble in filter(None, (made, checked)):
        texts = (say_backup_trouble(trouble, "ja"), say_backup_trouble(trouble, "en"))
        yield _backup_task(texts, Urgency.NOW)
    if made is None and (lack := find_no_recent_backup(overview, now)) is not None:
        yield _backup_task((say_backup_task(lack, "ja"), say_backup_task(lack, "en")), Urgency.TODAY)


def _backup_task(texts: tuple[str, str], urgency: Urgency) -> Task:
    return Task(
        kind=TaskKind.BACKUP,
        project="",
        project_name=say("backup_task", "ja"),
        issuer=say("backup_of_all", "ja"),
        product=None,
        submission=None,
        texts=texts,
        due=None,
        action=None,
        urgency=urgency,
    )


# --- Of the register -----------------------------------------------------------------------------------------


def _missing_guarantees(
    configuration: Configuration | Outline, overview: Overview, registered: Registered, today: dt.date
) -> Iterator[Task]:
    """The guarantees that a project expects and that are missing."""
    awaited = {
        (project.id, product): (project, date_of_guarantee(project, product))
        for project in configuration.projects
        if project.closed is None
        for product in project.expects
    }
    near = [
        guarantee
        for guarantee, (_, day) in awaited.items()
        if day is None or today >= working_days_before(day, EXPECTED_AHEAD)
    ]
    here = overview.having_standing(near)
    missing = [each for each in near if each not in here]
    moved = current_among(registered.moved((project for project, _ in missing), overview), overview)
    came = {guarantee for each in moved for guarantee in expected_guarantees(each)}
    for guarantee in missing:
        if guarantee in came:
            continue
        project, day = awaited[guarantee]
        if day is None:
            yield _missing(project, guarantee[1], configuration, TaskKind.UNDATED, None, Urgency.WATCH)
        else:
            urgency = Urgency.NOW if today >= day else Urgency.TODAY
            yield _missing(project, guarantee[1], configuration, TaskKind.EXPECTED, day, urgency)


def _rest_missing(tasks: Iterable[Task], overview: Overview, now: dt.datetime) -> Iterator[Task]:
    """Yields ``tasks``; one whose project a person has put off is to be watched, and urgent once its day has come."""
    today = now.astimezone(JST).date()
    memos: dict[str, ProjectMemo | None] = {}
    for task in tasks:
        if task.project not in memos:
            memos[task.project] = memo_of(overview, task.project)
        memo = memos[task.project]
        if memo is None or memo.next_look is None or not memo.rests(now):
            yield task
            continue
        texts = _both("task_resting", day=f"{memo.next_look:%-m/%-d}", memo=memo.text)
        yield _hurry(replace(task, urgency=Urgency.WATCH, texts=texts), today)


def date_of_guarantee(project: Project | OutlinedProject, product: Product) -> dt.date | None:
    """Returns the day on which it should be handed in, as ``day_of_guarantee`` finds it."""
    return day_of_guarantee(project, product)[0]


def day_of_guarantee(
    project: Project | OutlinedProject, product: Product
) -> tuple[dt.date, DayOf | None] | tuple[None, None]:
    """Returns the deadline of a guarantee, else the contract's date with its name.

    For payments it is the invoice's date, if known. An interim payment comes long after the contract, so that only its
    invoice's date says anything about it.
    """
    if product in project.deadlines:
        return project.deadlines[product], None
    days = [invoice.date for invoice in project.invoices.get(product, ()) if invoice.date is not None]
    if days and product is not Product.CONTRACT:
        return min(days), DayOf.INVOICE
    contract = project.dates.get("contract") if product is not Product.INTERIM else None
    return (contract, DayOf.CONTRACT) if contract else (None, None)


def _missing(
    project: Project | OutlinedProject,
    product: Product,
    configuration: Configuration | Outline,
    kind: TaskKind,
    due: dt.date | None,
    urgency: Urgency,
) -> Task:
    code = "task_undated" if due is None else "task_expected"
    _, day_of = day_of_guarantee(project, product)
    return Task(
        kind=kind,
        project=project.id,
        project_name=project.name,
        issuer=configuration.issuers[project.issuer].full_name,
        product=product,
        submission=None,
        texts=(
            say(code, "ja", product=name_product(product, "ja")),
            say(code, "en", product=name_product(product, "en")),
        ),
        due=due,
        action=None,
        urgency=urgency,
        day_of=day_of,
    )
