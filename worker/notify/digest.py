"""Writes the mails about everything that is open: the digest of a working morning, and the escalation.

Every open task is listed once, by project and in order of urgency, as in ``hoshobin tasks``, with the one command that
closes it. The mails contain no key.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from worker.core.alarms import cause_about
from worker.core.business_hours import OfficeHours
from worker.core.japanese_dates import weekday
from worker.core.messages import mail_language, name_product, name_state, say_in_mail
from worker.core.messages.on_pages import pages_at
from worker.core.model import JST, Requested, Submission
from worker.core.states import AlarmCause
from worker.core.text import escape_control_chars
from worker.views.actions import show_action
from worker.views.commands import link_or_command
from worker.views.tasks import Task, Urgency
from worker.views.unread_files import UnreadIn, say_unread

TASKS_LIMIT: Final = 300
"""Tasks written out in one mail; ``tasks`` shows a longer list."""


def digest_cause(day: dt.date) -> str:
    """The cause of the digest of ``day``."""
    return cause_about(AlarmCause.DIGEST, day.isoformat())


def sent_list_cause(day: dt.date) -> str:
    """The cause of the list of what was sent on ``day``."""
    return cause_about(AlarmCause.SENT_LIST, day.isoformat())


def digest_moment(hours: OfficeHours, now: dt.datetime) -> dt.datetime | None:
    """Returns the time of today's digest, when the first window opens; None on a day on which the office is closed."""
    return hours.or_usual().opening_on(now.astimezone(JST).date())


def next_digest_moment(hours: OfficeHours, now: dt.datetime) -> dt.datetime:
    """The first moment of a digest after ``now``."""
    staffed = hours.or_usual()
    day = now.astimezone(JST).date()
    while (moment := staffed.opening_on(day)) is None or moment <= now:
        day += dt.timedelta(days=1)
    return moment


def sent_list_moment(hours: OfficeHours, at: dt.time, now: dt.datetime) -> dt.datetime | None:
    """Returns the time of today's list of what was sent; None on a day on which the office is closed."""
    day = now.astimezone(JST).date()
    return None if hours.or_usual().opening_on(day) is None else dt.datetime.combine(day, at, JST)


def next_sent_list_moment(at: dt.time, now: dt.datetime) -> dt.datetime:
    """The next time on the clock, whether the office is open on that day or not."""
    moment = dt.datetime.combine(now.astimezone(JST).date(), at, JST)
    return moment if moment > now else moment + dt.timedelta(days=1)


def by_project(tasks: Sequence[Task]) -> tuple[tuple[Task, ...], ...]:
    """Returns ``tasks``, which are sorted by urgency, project by project: the one with the most urgent task first."""
    place: dict[tuple[str, str, str], int] = {}
    for each in tasks:
        place.setdefault(project_of(each), len(place))
    grouped = groupby(sorted(tasks, key=lambda each: place[project_of(each)]), key=project_of)
    return tuple(tuple(of_one) for _, of_one in grouped)


def project_of(task: Task) -> tuple[str, str, str]:
    """Returns the id, name and issuer that tasks of one project share."""
    return task.project, task.project_name, task.issuer


def write_digest(
    tasks: Sequence[Task],
    head: tuple[int, str],
    now: dt.datetime,
    sent: Sequence[Submission] = (),
    *,
    rehearsing: bool,
    unread: Mapping[str, UnreadIn] | None = None,
) -> tuple[str, str]:
    """Subject and body of the digest; ``head`` is number and hash of the log's last entry.

    ``sent`` is what left since the digest before; ``unread`` are files that are not read and that no digest has named,
    by place.
    """
    day = _day(now)
    urgent = sum(task.urgency is Urgency.NOW for task in tasks)
    parts = [say_in_mail("telling_rehearsing")] if rehearsing else []
    if tasks:
        subject = say_in_mail("digest_subject", count=len(tasks), now=urgent)
        parts.append(say_in_mail("digest_open", day=day, count=len(tasks), now=urgent))
        parts += _list_tasks(tasks)
    else:
        subject = say_in_mail("digest_subject_none")
        parts.append(say_in_mail("digest_none", day=day))
    parts.append("\n".join(_list_sent(sent)))
    if lines := list(say_unread(unread or {}, mail_language())):
        parts.append("\n".join([*lines, say_in_mail("unread_once")]))
    parts += [say_in_mail("digest_head", number=head[0], head=head[1]), say_in_mail("telling_end")]
    return subject, "\n\n".join(parts) + "\n"


def write_sent_list(sent: Sequence[Submission], now: dt.datetime, *, rehearsing: bool) -> tuple[str, str]:
    """Subject and body of the daily list of ``sent``, which left since the list before."""
    parts = [say_in_mail("telling_rehearsing")] if rehearsing else []
    parts += [say_in_mail("sent_list_open", day=_day(now), count=len(sent)), "\n".join(_list_sent(sent))]
    parts.append(say_in_mail("telling_end"))
    return say_in_mail("sent_list_subject", count=len(sent)), "\n\n".join(parts) + "\n"


def write_escalation(tasks: Sequence[Task], *, rehearsing: bool) -> tuple[str, str]:
    """Subject and body of the mail about what is urgent and was left untouched for a working day."""
    parts = [say_in_mail("telling_rehearsing")] if rehearsing else []
    parts.append(say_in_mail("escalation_open", count=len(tasks)))
    parts += [*_list_tasks(tasks), say_in_mail("telling_end")]
    return say_in_mail("escalation_subject", count=len(tasks)), "\n\n".join(parts) + "\n"


def write_unanswered(task: Task, requested: Requested, url: str, *, rehearsing: bool) -> tuple[str, str]:
    """Subject and body of the mail about a request without an answer; ``url`` is its page, if there is a console."""
    parts = [say_in_mail("telling_rehearsing")] if rehearsing else []
    moment = f"{requested.at.astimezone(JST):%Y-%m-%d %H:%M}"
    parts.append(say_in_mail("unanswered_open", by=requested.by, moment=moment))
    parts += _list_tasks([task])
    parts += [say_in_mail("unanswered_page", url=url)] if url else []
    parts.append(say_in_mail("telling_end"))
    project = escape_control_chars(task.project_name) or say_in_mail("t_no_project")
    return say_in_mail("unanswered_subject", project=project), "\n\n".join(parts) + "\n"


def _day(now: dt.datetime) -> str:
    local = now.astimezone(JST)
    if mail_language() == "en":
        return f"{local:%a %Y-%m-%d}"
    return f"{local.year}年{local.month}月{local.day}日（{weekday(local)}）"


def _list_sent(sent: Sequence[Submission]) -> Iterator[str]:
    yield say_in_mail("digest_sent", count=len(sent)) if sent else say_in_mail("digest_sent_none")
    for each in sent[:TASKS_LIMIT]:
        whom = escape_control_chars(f"{each.destination.issuer_name}　{each.destination.section_name}".strip())
        moment = f"{each.delivery.sent_at.astimezone(JST):%m-%d %H:%M}" if each.delivery.sent_at is not None else ""
        named = {
            "number": each.id,
            "project": escape_control_chars(each.known_as),
            "whom": whom,
            "state": name_state(each, mail_language()),
        }
        yield say_in_mail("digest_sent_one", moment=moment, **named)
        if link := link_or_command(show_action(each), mail_language()) if pages_at() else "":
            yield say_in_mail("digest_command", command=link)
    if len(sent) > TASKS_LIMIT:
        yield say_in_mail("digest_sent_more", count=len(sent) - TASKS_LIMIT)


def _list_tasks(tasks: Sequence[Task]) -> Iterator[str]:
    left = TASKS_LIMIT
    for of_one in by_project(tasks):
        named = of_one[:left]
        if named:
            yield "\n".join([_title(named[0]), *map(_describe, named)])
        left -= len(named)
    if len(tasks) > TASKS_LIMIT:
        yield say_in_mail("digest_more", count=len(tasks) - TASKS_LIMIT)


def _title(task: Task) -> str:
    project = task.project_name or say_in_mail("t_no_project")
    return say_in_mail(
        "digest_project",
        project=escape_control_chars(project),
        issuer=escape_control_chars(task.issuer) or say_in_mail("t_no_issuer"),
    )


def _describe(task: Task) -> str:
    about = [
        name_product(task.product, mail_language()),
        say_in_mail("digest_number", number=task.label or task.submission) if task.submission else "",
        say_in_mail("digest_due", day=task.due_text(mail_language())) if task.due else "",
    ]
    urgency = say_in_mail(f"urgency_{task.urgency.value}")
    lines = [say_in_mail("digest_task", urgency=urgency, about="　".join(filter(None, about)))]
    lines.append(say_in_mail("digest_todo", text=escape_control_chars(task.text(mail_language()))))
    if command := link_or_command(task.action, mail_language(), task.project):
        lines.append(say_in_mail("digest_command", command=command))
    return "\n".join(lines)


# --- Escalation ----------------------------------------------------------------------------------------------


def escalation_cause(task: Task) -> str:
    """The cause under which ``task`` is escalated: the same for as long as it is the same thing to do."""
    about = task.submission or f"{task.project}/{task.product}"
    return cause_about(AlarmCause.ESCALATION, task.kind.value, about)


def escalates_at(task: Task, submission: Submission | None, hours: OfficeHours) -> dt.datetime | None:
    """Returns the time at which ``task`` is escalated: a working day after it became urgent or was last touched.

    None if it is not urgent, or if that time is unknown. ``submission`` is the one that it concerns.
    """
    if task.urgency is not Urgency.NOW:
        return None
    staffed = hours.or_usual()
    since = [submission.updated_at] if submission is not None and submission.updated_at is not None else []
    if task.due is not None:
        since.append(staffed.next_opening(dt.datetime.combine(task.due, dt.time(), JST)))
    return staffed.a_working_day_after(max(since)) if since else None
