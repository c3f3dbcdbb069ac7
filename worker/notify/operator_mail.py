"""Writes the mails to the operator: about what needs a person after a pass, and about what will leave in mode ``hold``.

Each paragraph gives the number, the project, the issuer, the reason in office words and the one command for the next
step. No mail contains a key.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from worker.audit.sent_log import read_receipt
from worker.compose.missing_invoice import MissingInvoice
from worker.core.alarms import cause_kind
from worker.core.errors import ConfigError, HoshobinError, LogBroken
from worker.core.login_errors import find_refusal
from worker.core.messages import (
    Language,
    mail_language,
    name_any_state,
    name_deadline,
    name_follow_up,
    name_hold,
    name_limit,
    name_product,
    name_receipt,
    name_state,
    name_table,
    name_thing,
    next_step,
    say,
    say_in_mail,
    say_refused_login,
    say_trouble,
)
from worker.core.messages.on_pages import pages_at
from worker.core.messages.receipts import COPY_NEWS
from worker.core.model import JST, Alarm, ReceiptKind, Submission
from worker.core.params import Params, Value, read_spelled
from worker.core.server_faults import find_fault
from worker.core.signs import Sign
from worker.core.states import AlarmCause, Reason, State
from worker.core.text import escape_control_chars
from worker.match.near_matches import NearMiss
from worker.read.budget import FREE_DISK
from worker.store.backups import read_trouble
from worker.track.overdue import PRESSED
from worker.views.actions import action_for, withdraw_action
from worker.views.backups import say_backup_trouble
from worker.views.commands import link_or_command
from worker.views.missing_invoice import say_missing
from worker.views.tasks import days_over

_CALLED_ABOUT: Final = frozenset({State.IN_DOUBT, State.BOUNCED, State.OVERDUE})
"""The states in which the section itself knows most."""

_AT_ONCE: Final = frozenset({State.IN_DOUBT, State.BOUNCED, State.REFUSED})
"""The states listed first in a mail and in its subject: the mail may not have arrived, and nothing continues by itself.
"""

_SUBJECTS: Final[dict[str, str]] = {
    AlarmCause.DEAF: "telling_subject_deaf",
    AlarmCause.ACCOUNT_REFUSED: "telling_subject_account",
    AlarmCause.LOG_BROKEN: "telling_subject_stopped",
    AlarmCause.STORE_FAILED: "telling_subject_store",
    AlarmCause.MUTE: "telling_subject_mute",
    AlarmCause.CAME_BACK: "telling_subject_contradiction",
    AlarmCause.LATE_ANSWER: "telling_subject_contradiction",
    AlarmCause.NEWS: "telling_subject_news",
    AlarmCause.STORE_MENDED: "telling_subject_store_mended",
    AlarmCause.BACKUP_FAILED: "telling_subject_backup",
}
"""Alarms that determine the subject: nothing comes in, nothing goes out, something may go twice."""

_OF_A_SUBMISSION: Final = frozenset(
    {
        *(AlarmCause.LATE_ANSWER, AlarmCause.CAME_BACK, AlarmCause.NEWS, AlarmCause.WITHDRAWN_AGAIN),
        *(AlarmCause.UNPROVEN_NEWCOMER, AlarmCause.NOT_READ_AGAIN),
    }
)
"""Alarms without a state of their own whose detail begins with the number of a submission."""

STOPPED: Final = frozenset(map(str, Sign))
"""Codes of LogBroken with texts of their own: a person resumes."""

SUBJECT_MARK: Final = "【保証便】"
"""The beginning of the subject of every mail to people."""

BETWEEN: Final = f"\n\n{'―' * 30}\n\n"
"""Stands between two mails that are sent as one."""

LINES_LIMIT: Final = 200
"""Submissions in one mail; a backlog of thousands is viewed with ``list``."""

NEAR_LIMIT: Final = 20
"""Submissions whose near misses are searched: with 10,000 projects each takes 0.1 s."""


def describe_submission(
    submission: Submission,
    near: Sequence[NearMiss] = (),
    missing: MissingInvoice | None = None,
    today: dt.date | None = None,
) -> str:
    """Returns one submission in a few plain lines, with the projects that its notice nearly fits.

    ``missing`` describes its invoice if that was not found. A deadline that has passed on ``today`` comes first.
    """
    project = submission.known_as or say_in_mail("mail_no_project")
    issuer = submission.destination.issuer_name or say_in_mail("mail_no_issuer")
    lines = [f"■ {submission.label}　{escape_control_chars(project)}　／　{escape_control_chars(issuer)}"]
    over = days_over(submission.follow_ups.duties.deadline, today) if today and submission.state in PRESSED else 0
    if over:
        lines.append(
            say_in_mail("line_due", day=name_limit(submission.follow_ups.duties.deadline, over, mail_language()))
        )
    lines += _standing_of(submission)
    if near:
        lines.append(f"　　{say_in_mail('h_near')}：")
        lines += [f"　　　・{escape_control_chars(_say_near_miss(each))}" for each in near]
    if missing is not None:
        lines += [f"　　　{line}" for line in say_missing(missing, mail_language())]
    if submission.state in {State.REFUSED, State.IN_DOUBT} and submission.delivery.reply:
        lines.append(say_in_mail("mail_reply", reply=escape_control_chars(submission.delivery.reply)))
    if submission.state is State.BOUNCED:
        failed = (each for each in submission.delivery.receipts if each.kind is ReceiptKind.FAILED)
        lines += [f"　　{escape_control_chars(name_receipt(each, mail_language()))}" for each in failed]
    lines += _limits_of(submission, is_over=over > 0, today=today)
    if step := next_step(submission, mail_language()):
        lines.append(say_in_mail("mail_next", step=step))
    if submission.state is State.ANNOUNCED:
        lines += [
            f"　　　{at}. {escape_control_chars(name_follow_up(each, mail_language()))}"
            for at, each in enumerate(submission.follow_ups.duties.instructions, start=1)
        ]
    if command := link_or_command(action_for(submission), mail_language()):
        lines.append(say_in_mail("digest_command", command=command))
    return "\n".join(lines)


def _standing_of(submission: Submission) -> Iterator[str]:
    """Yields its reasons, else its state, and the person who asks for its approval."""
    for hold in submission.reasons:
        yield say_in_mail("mail_reason", reason=escape_control_chars(name_hold(hold, mail_language())))
    if not submission.reasons:
        yield say_in_mail("mail_state", state=name_state(submission, mail_language()))
    asker = submission.approval.asker_of(submission.composed.draft_hash)
    if asker and submission.state is State.HELD:
        yield say_in_mail("mail_asked", by=escape_control_chars(asker))


def _limits_of(submission: Submission, *, is_over: bool, today: dt.date | None) -> Iterator[str]:
    """Yields the deadline, and the telephone number to call if that, or the outcome, cannot wait."""
    deadline = submission.follow_ups.duties.deadline if submission.state in PRESSED else None
    if deadline is not None and not is_over:
        yield say_in_mail("line_due", day=name_deadline(deadline, today, mail_language()))
    if deadline is not None or submission.state in _CALLED_ABOUT:
        phone = submission.destination.section_phone or say_in_mail("no_phone")
        yield say_in_mail(
            "line_phone", whom=escape_control_chars(f"{submission.destination.section_name}　{phone}".strip())
        )


def _say_near_miss(miss: NearMiss) -> str:
    differs = miss.differs or say_in_mail("near_same")
    return say_in_mail("near_miss", name=miss.name, id=miss.project_id, differs=differs)


def write_alarm_mail(
    alarms: Sequence[Alarm],
    submissions: Mapping[int, Submission],
    waits: Iterable[State],
    near_misses_of: Callable[[Submission], tuple[NearMiss, ...]] | None = None,
    *,
    rehearsing: bool,
    missing: Mapping[int, MissingInvoice] | None = None,
    today: dt.date | None = None,
) -> tuple[str, str]:
    """Returns subject and body of the mail about ``alarms``; submissions that have moved on since are left out.

    ``waits`` are the states in which a submission needs a person. ``near_misses_of`` is called for the first
    NEAR_LIMIT; ``missing`` holds the missing invoices by submission. ``today`` marks deadlines that have passed.
    """
    wanted = dict.fromkeys(number for alarm in alarms for number in alarm.submissions)
    needing = frozenset(waits)
    pressed = frozenset(
        number for alarm in alarms if cause_kind(alarm) == AlarmCause.DEADLINE for number in alarm.submissions
    )
    open_ones = [
        submissions[number]
        for number in wanted
        if submissions[number].state in (PRESSED if number in pressed else needing)
    ]
    hurried = [each for each in open_ones if each.id in pressed]
    urgency = [*_SUBJECTS]
    troubles = [alarm for alarm in alarms if not alarm.submissions]
    troubles.sort(key=lambda alarm: urgency.index(kind) if (kind := cause_kind(alarm)) in urgency else len(urgency))
    parts = [say_in_mail("telling_rehearsing")] if rehearsing else []
    parts += [
        say_left(alarm.detail)
        if cause_kind(alarm) == AlarmCause.LEFT_ALONE
        else "\n".join([_describe_trouble(alarm), *_links_of(alarm)])
        for alarm in troubles
    ]
    if open_ones:
        parts += [say_in_mail("telling_deadline", count=len(hurried))] if hurried else []
        open_ones.sort(key=lambda each: (each.id not in pressed, each.state not in _AT_ONCE))
        parts.append(say_in_mail("telling_open", count=len(open_ones)))
        parts += [
            describe_submission(
                each, near_misses_of(each) if near_misses_of else (), (missing or {}).get(each.id), today
            )
            for each in open_ones[:NEAR_LIMIT]
        ]
        parts += [describe_submission(each, today=today) for each in open_ones[NEAR_LIMIT:LINES_LIMIT]]
        if len(open_ones) > LINES_LIMIT:
            parts.append(say_in_mail("telling_more", count=len(open_ones) - LINES_LIMIT))
    if not troubles and not open_ones:
        parts.append(say_in_mail("telling_settled"))
    parts.append(say_in_mail("telling_end"))
    code = "telling_subject_deadline" if hurried else _subject_code(troubles, open_ones)
    if code == "telling_subject" and all(cause_kind(each) == AlarmCause.TURN for each in alarms):
        is_asked = all(each.approval.asker_of(each.composed.draft_hash) for each in open_ones)
        is_returned = all(any(hold.reason is Reason.RETURNED for hold in each.reasons) for each in open_ones)
        code = "telling_subject_asked" if is_asked else "telling_subject_returned" if is_returned else code
    urgent = sum(each.state in _AT_ONCE for each in open_ones)
    subject = say_in_mail(code, count=len(hurried or open_ones), now=urgent, where=_name_refusing(troubles))
    return subject, "\n\n".join(parts) + "\n"


def join_mails(mails: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Returns subject and body of one mail in place of ``mails``: what stands in each of them is said once."""
    (subject, _), *others = mails
    if not others:
        return mails[0]
    end, beginning = f"\n\n{say_in_mail('telling_end')}\n", f"{say_in_mail('telling_rehearsing')}\n\n"
    bodies = [body.removesuffix(end).removeprefix(beginning) for _, body in mails]
    start = beginning if any(body.startswith(beginning) for _, body in mails) else ""
    parts = [
        f"【{title.removeprefix(SUBJECT_MARK)}】\n\n{body}" for (title, _), body in zip(mails, bodies, strict=True)
    ]
    return say_in_mail(
        "telling_subject_joined", subject=subject, count=len(others)
    ), f"{start}{BETWEEN.join(parts)}{end}"


def _name_refusing(troubles: Sequence[Alarm]) -> str:
    """Returns the servers that refuse our account."""
    refusing = (each for each in troubles if cause_kind(each) == AlarmCause.ACCOUNT_REFUSED)
    return "と".join(dict.fromkeys(name_thing(each.cause.partition(":")[2], mail_language()) for each in refusing))


def _subject_code(troubles: Sequence[Alarm], open_ones: Sequence[Submission]) -> str:
    kinds = {cause_kind(alarm) for alarm in troubles}
    if not open_ones and kinds == {AlarmCause.LEFT_ALONE}:
        return "telling_subject_left"
    kinds.discard(AlarmCause.LEFT_ALONE)  # no trouble: it leaves the subject to the rest
    for kind, code in _SUBJECTS.items():
        if kind in kinds:
            refused = [each for each in troubles if cause_kind(each) == kind == AlarmCause.ACCOUNT_REFUSED]
            return "telling_subject_fault" if refused and all(find_fault(each.detail) for each in refused) else code
    if any(each.state in _AT_ONCE for each in open_ones):
        return "telling_subject_urgent"
    if kinds:
        return (
            "telling_subject_configuration"
            if kinds == {AlarmCause.CONFIGURATION_REFUSED}
            else "telling_subject_trouble"
        )
    return "telling_subject" if open_ones else "telling_subject_settled"


_NUMBERED: Final = re.compile("[0-9]{1,12}: (?:#[0-9]{1,12}(?:, )?)*")
"""The detail of an alarm about a submission begins with its number, and may go on with those of others."""


def _links_of(alarm: Alarm) -> Iterator[str]:
    """Yields a link to each submission that the alarm names, in a mail that links to pages."""
    named = _NUMBERED.match(alarm.detail) if cause_kind(alarm) in _OF_A_SUBMISSION and pages_at() else None
    for number in dict.fromkeys(re.findall("[0-9]+", named[0])) if named else ():
        yield say_in_mail("digest_command", command=f"{pages_at()}/s/{number}")


def _describe_trouble(alarm: Alarm) -> str:
    """Returns the text of an alarm without a submission: a refused account, an unfetched message, a broken log."""
    kind, _, about = alarm.cause.partition(":")
    match kind:
        case AlarmCause.LOG_BROKEN if about in STOPPED:
            return say_in_mail(about)
        case AlarmCause.LOG_BROKEN:
            return say_in_mail("log_broken", detail=escape_control_chars(alarm.detail))
        case AlarmCause.MUTE | AlarmCause.STORE_FAILED | AlarmCause.STORE_MENDED:
            since = dt.datetime.fromisoformat(about).astimezone(JST)
            code = "telling_mute" if kind == AlarmCause.MUTE else "telling_store_mended"
            return say_in_mail(code, since=f"{since:%Y-%m-%d %H:%M}", reply=escape_control_chars(alarm.detail))
        case AlarmCause.LATE_ANSWER:
            return say_in_mail("telling_late", answer=escape_control_chars(alarm.detail))
        case (
            AlarmCause.CAME_BACK
            | AlarmCause.NEWS
            | AlarmCause.WITHDRAWN_AGAIN
            | AlarmCause.NOT_READ_AGAIN
            | AlarmCause.UNPROVEN_NEWCOMER
            | AlarmCause.PDF_SANDBOX
        ):
            return say_in_mail(f"telling_{kind}", news=escape_control_chars(_name_news(alarm.detail)))
        case AlarmCause.CONFIGURATION_REFUSED:
            return say_in_mail("telling_configuration", problems=escape_control_chars(_name_problems(alarm.detail)))
        case AlarmCause.GUESSING | AlarmCause.ROLE_GIVEN | AlarmCause.BACKUP_FAILED:
            login, what = escape_control_chars(alarm.detail), _name_backup(alarm.detail)
            return say_in_mail(f"telling_{kind}", login=login, what=what)
        case AlarmCause.DEAF | AlarmCause.PERSON_UNREACHED | AlarmCause.WEBHOOK_REFUSED:
            return say_in_mail(
                f"telling_{kind}", name=name_thing(about, mail_language()), detail=escape_control_chars(alarm.detail)
            )
        case AlarmCause.UNFETCHED | AlarmCause.PUT_OFF:
            return _describe_missed(kind, about, alarm.detail)
        case _:
            return _describe_account(about, alarm.detail)


def _name_backup(detail: str) -> str:
    trouble = read_trouble(detail)
    return say_backup_trouble(trouble, mail_language()) if trouble else ""


def _describe_account(about: str, detail: str) -> str:
    """Returns the text for an unusable account.

    The cause is a login by token, a fault other than the password, or the server's own words.
    """
    cause = name_thing(about, mail_language())
    meanwhile = say_in_mail("stopped_receiving" if about.startswith("mail") else "stopped_sending")
    if refusal := find_refusal(detail):
        why, step = say_refused_login(refusal, mail_language())
        reply = escape_control_chars(refusal.said)
        return say_in_mail("telling_login", cause=cause, why=why, reply=reply, step=step, meanwhile=meanwhile)
    if fault := find_fault(detail):
        why, step = (
            say_in_mail(f"fault_{fault}"),
            say_in_mail(f"remedy_{fault}", table=name_table(about)),
        )
        return say_in_mail("telling_fault", cause=cause, why=why, reply=escape_control_chars(detail), step=step)
    return say_in_mail("telling_account", cause=cause, reply=escape_control_chars(detail), meanwhile=meanwhile)


def _describe_missed(kind: str, about: str, detail: str) -> str:
    """Returns the text on messages that are still in their mailbox."""
    if kind == AlarmCause.UNFETCHED:
        return say_in_mail(
            "telling_unfetched", mailbox=name_thing(about, mail_language()), why=escape_control_chars(detail)
        )
    why, _, mailbox = about.partition(":")
    return say_in_mail(f"telling_put_off_{why}", mailbox=name_thing(mailbox, mail_language()), limit=FREE_DISK // 10**9)


def _name_news(detail: str) -> str:
    """Returns the news, from ``number: receipt`` in JSON; an older program wrote a sentence."""
    number, _, told = detail.partition(": ")
    news = read_spelled(told)
    if news == COPY_NEWS:
        return f"{number}：{say_in_mail(news.code)}"
    return f"{number}：{name_receipt(read_receipt(news), mail_language())}" if "kind" in news else detail


def _name_problems(detail: str) -> str:
    """Returns the faults of the configuration, from their codes in JSON; an older program wrote sentences."""
    problems = read_spelled(detail).get("problems")
    if not isinstance(problems, tuple):
        return detail
    return "; ".join(map(_name_problem, problems))


def _name_problem(problem: Value) -> str:
    if not isinstance(problem, Params):
        return str(problem)
    given = dict(each.split("=", 1) for each in problem.words("given"))
    return f"{problem.word('place')}：{say_in_mail(problem.code, **given)}"


def write_store_failed(since: dt.datetime, failure: str, place: str) -> tuple[str, str]:
    """Returns subject and body of the mail about a store that cannot be written; it needs nothing of the store."""
    moment = f"{since.astimezone(JST):%Y-%m-%d %H:%M}"
    said = say_in_mail(
        "telling_store", since=moment, failure=escape_control_chars(failure), place=escape_control_chars(place)
    )
    return say_in_mail("telling_subject_store"), f"{said}\n\n{say_in_mail('telling_end')}\n"


def write_status(
    troubles: Mapping[str, HoshobinError],
    looked: Mapping[str, dt.datetime],
    counts: Mapping[State, int],
    *,
    rehearsing: bool,
    deaf: Mapping[str, dt.datetime] | None = None,
) -> str:
    """Returns one line for ``systemctl status``: rehearsal first, then outages, last look, and the count of each state.

    ``deaf`` holds what was not reached for too long, with the time since when.
    """
    parts = [say_in_mail("rehearsing_short")] if rehearsing else []
    parts += [say_deaf(name, since, mail_language()) for name, since in sorted((deaf or {}).items())]
    parts += [_name_trouble(name, troubles[name]) for name in sorted(troubles)]
    if looked:
        looks = ", ".join(f"{name_thing(name, mail_language())} {looked[name]:%H:%M:%S}" for name in sorted(looked))
        parts.append(f"{say_in_mail('h_last_ok')} {looks}")
    parts += [f"{name_any_state(state, mail_language())} {counts[state]}" for state in State if counts.get(state)]
    return escape_control_chars(" / ".join(parts))


def say_deaf(name: str, since: dt.datetime, lang: Language) -> str:
    """Returns the sentence that this mailbox or folder is not watched."""
    return say("status_deaf", lang, name=name_thing(name, lang), since=f"{since.astimezone(JST):%Y-%m-%d %H:%M}")


def _name_trouble(name: str, trouble: HoshobinError) -> str:
    if isinstance(trouble, ConfigError):
        return say_in_mail("config_kept")
    if isinstance(trouble, LogBroken):
        code = trouble.code
        return say_in_mail(code) if code in STOPPED else say_in_mail("log_broken", detail=str(trouble))
    return f"{name_thing(name, mail_language())}: {say_trouble(name, str(trouble), mail_language())}"


EXAMPLE: Final = dt.timedelta(days=30)
"""The mail's example of ``since`` is this much earlier: a month of work."""


def say_left(detail: str) -> str:
    """Returns how many messages a scan left as old, how many look like notices, and the newest of these."""
    left = read_spelled(detail)
    mailbox, alike = left.word("mailbox"), int(left.word("alike"))
    since = dt.datetime.fromisoformat(left.word("from")).astimezone(JST)
    newest = left.words("newest")
    parts = {
        "mailbox": name_thing(mailbox, mail_language()),
        "name": mailbox.partition(":")[2],
        "since": f"{since:%Y-%m-%d %H:%M}",
        "example": (since - EXAMPLE).date().isoformat(),
    }
    lines = [say_in_mail("telling_left", left=left.word("left"), alike=alike, **parts)]
    lines += [say_in_mail("telling_left_mail", mail=escape_control_chars(each)) for each in newest]
    if alike > len(newest):
        lines.append(say_in_mail("telling_left_more", count=alike - len(newest)))
    if (unseen := left.word("unseen")) != "0":
        lines.append(say_in_mail("telling_left_unseen", count=unseen))
    return "\n".join(lines)


def write_before_sending(
    submissions: Sequence[Submission], leaves_at: Mapping[int, dt.datetime], minutes: int, *, others: int
) -> tuple[str, str]:
    """Returns subject and body of the mail about ``submissions``; ``leaves_at`` is the earliest time of each.

    ``others`` is the number of those that the next mail lists.
    """
    first = _moment(min(leaves_at[each.id] for each in submissions))
    count = len(submissions)
    parts = [say_in_mail("leaving_open", count=count, minutes=minutes)]
    parts += ["\n".join(_describe_leaving(each, leaves_at[each.id])) for each in submissions]
    if others:
        parts.append(say_in_mail("leaving_more", count=others))
    parts.append(say_in_mail("telling_end"))
    return say_in_mail("leaving_subject", count=count, moment=first), "\n\n".join(parts) + "\n"


def _describe_leaving(submission: Submission, moment: dt.datetime) -> Iterator[str]:
    draft = submission.composed.draft
    product = name_product(submission.notice.product, mail_language())
    whom = escape_control_chars(f"{submission.destination.issuer_name}　{submission.destination.section_name}".strip())
    yield f"■ {submission.label}　{escape_control_chars(submission.known_as)}　／　{whom}　{product}".rstrip()
    yield say_in_mail("leaving_at", moment=_moment(moment))
    if draft is not None:
        yield say_in_mail("leaving_to", to=escape_control_chars("、".join(draft.recipients)))
        yield say_in_mail("leaving_title", subject=escape_control_chars(draft.subject))
        if draft.attachments:
            yield say_in_mail(
                "leaving_files", files=escape_control_chars("、".join(each.filename for each in draft.attachments))
            )
    yield say_in_mail("leaving_stop", command=link_or_command(withdraw_action(submission), mail_language()))


def _moment(moment: dt.datetime) -> str:
    local = moment.astimezone(JST)
    if mail_language() == "en":
        return f"{local:%Y-%m-%d %H:%M}"
    return f"{local.month}月{local.day}日 {local:%H:%M}"
