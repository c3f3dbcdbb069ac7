"""Commands that show submissions: list, show, status."""

from __future__ import annotations

import datetime as dt
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from worker.cli import DONE, Cli, cli, json_option, language_of, open_office, pass_cli
from worker.cli.absence import absence_of, say_absence
from worker.cli.tables import (
    DAMAGE_SECONDS,
    print_json,
    print_pairs,
    print_parts,
    print_table,
    say_release,
    say_stopped,
    sending_text,
    submission_table,
    time_text,
)
from worker.core.messages import Language, name_any_state, name_author, name_event_of, name_thing, say, say_trouble
from worker.core.messages.reasons import APPROVAL_STATE, STATES
from worker.core.model import FRESH, JST, Disposition, HealthRecord, Submission
from worker.core.states import STILL_JUDGED, Reason, State
from worker.core.text import match_key
from worker.service.wiring import Installation, system_clock
from worker.store.backups import BACKED_UP, BACKUP_TROUBLE, CHECK_TROUBLE, read_set_mark, read_trouble
from worker.store.ports import Store
from worker.store.signs import rehearsing_to
from worker.views.actions import ActionKind, action_for
from worker.views.commands import command_line
from worker.views.tasks import Urgency, open_tasks

if TYPE_CHECKING:
    from worker.views.preview import SubmissionView
    from worker.views.service_json import BackupStatus, Status

_WAITING: Final = (
    *(State.HELD, State.ANNOUNCED, State.IN_DOUBT, State.REFUSED, State.BOUNCED),
    *(State.OVERDUE, State.HANDED_OVER),
)


_TO_APPROVE: Final = "approval"
"""The word for a submission that is held for approval alone: it is no state."""
_APPROVAL: Final = {Reason.APPROVAL}


class _StateWord(click.ParamType[State | str]):
    """A state by its word on the screen, with or without the part in brackets, or by its code."""

    name = "STATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> State | str:
        lang = language_of(ctx)
        wanted = match_key(str(value)).casefold()
        named: dict[str, State | str] = dict.fromkeys(APPROVAL_STATE, _TO_APPROVE)
        for state, words in STATES.items():
            named |= dict.fromkeys((state.value, *words, *(word.partition("（")[0] for word in words)), state)
        found = {match_key(word).casefold(): state for word, state in named.items()}.get(wanted)
        if found is None:
            index = 0 if lang == "ja" else 1
            names = ("、", ", ")[index].join(words[index] for words in (APPROVAL_STATE, *STATES.values()))
            self.fail(say("usage_state", lang, given=value, names=names), param, ctx)
        return found


def _say_rehearsing(office: Installation, store: Store, lang: Language) -> None:
    to = rehearsing_to(store, office.brief.release.rehearsal_to)
    if to is not None:
        click.echo(say("rehearsing", lang, to=to))


def _sends_at(office: Installation, submission: Submission) -> dt.datetime | None:
    if submission.state is not State.APPROVED:
        return None
    from worker.send.rate_limit import leaves_at

    return leaves_at(submission, office.brief.hours, system_clock().now())


RECENT: Final = dt.timedelta(days=14)
"""The time for which a list shows closed submissions: an office asks about the mails of this week and the last, also
after a holiday.
"""

_BLOCK: Final = 500
"""Submissions printed at once: a table of 500 rows needs a few MB, and a list of any length no more."""


@cli.command("list")
@click.option(
    "--state", type=_StateWord(), help="画面の言葉（承認待ち、保留 など）か記号 / as on the screen, or its code"
)
@click.option(
    "--all", "shows_all", is_flag=True, help="終わって14日を過ぎたものも示す / also what was closed over 14 days ago"
)
@json_option
@pass_cli
def list_submissions(shared: Cli, state: State | str | None, shows_all: bool, as_json: bool) -> int:
    """一覧：提出の状態と、次にすること。

    終わっていないものすべてと、この14日に動きのあったものを示します。
    --all、--state、--json では、それより古いものも示します。
    """
    office, store = open_office(shared)
    is_short = state is None and not shows_all and not as_json
    found = _find_listed(store, state, is_short=is_short)
    if as_json:
        from worker.views.submission_json import listed_json

        for block in _blocks(found):
            corrections = store.corrections(each.id for each in block)
            for each in block:
                print_json(listed_json(each, _sends_at(office, each), corrections.get(each.id), shared.lang))
        return DONE
    say_release(rehearsing_to(store, office.brief.release.rehearsal_to), shared.lang, is_before_a_table=True)
    say_stopped(store, shared.lang)
    say_absence(absence_of(office.places.store, store.health_records()), shared.lang, err=True)
    shown_ones = _print_listed(found, office, store, shared.lang)
    older = sum(store.count_by_state().values()) - shown_ones if is_short else 0
    if older > 0:
        said = say("list_older", shared.lang, count=older, days=RECENT.days)
        click.echo(said if sys.stdout.isatty() else f"# {said}")
    elif not shown_ones:
        click.echo(say("no_submissions", shared.lang))
    return DONE


def _find_listed(store: Store, state: State | str | None, *, is_short: bool) -> Iterator[Submission]:
    if is_short:
        now = system_clock().now()
        return store.walk_recent(now.astimezone(JST).date(), now - RECENT)
    if state == _TO_APPROVE:
        held = store.walk_submissions(State.HELD)
        return (each for each in held if {hold.reason for hold in each.reasons} == _APPROVAL)
    return store.walk_submissions(*([State(state)] if state else []))


def _print_listed(found: Iterator[Submission], office: Installation, store: Store, lang: Language) -> int:
    """Print them in blocks; how many there were."""
    count = 0
    for block in _blocks(found):
        corrections = store.corrections(each.id for each in block)
        sends_at = partial(_sends_at, office)
        submission_table(block, lang, corrections=corrections, sends_at=sends_at, is_continued=count > 0)
        count += len(block)
    return count


def _blocks(found: Iterator[Submission]) -> Iterator[list[Submission]]:
    while block := list(islice(found, _BLOCK)):
        yield block


@cli.command()
@click.argument("number", metavar="ID")
@click.option(
    "--pages/--no-pages",
    default=None,
    help="添付の1ページ目（送信前のものには表示） / first pages of the attachments (shown before sending)",
)
@json_option
@pass_cli
def show(shared: Cli, number: str, pages: bool | None, as_json: bool) -> int:
    """詳細：メールを送信される形で、防止チェック、関連する提出、すべての経過。"""
    from worker.cli.entry_details import detail_text
    from worker.views.preview import render_view

    office, store = open_office(shared)
    wanted = unicodedata.normalize("NFKC", number).strip().partition("@")[0]
    if not wanted.isdigit():
        raise click.UsageError(say("usage_number", shared.lang, given=number))
    submission = store.submission(int(wanted))
    entries = list(store.entries(submission.id))
    linked = _linked(submission, store)
    is_looked_at = submission.state in STILL_JUDGED and not as_json
    seen = _see(submission, office, store, shared.lang, with_pages=is_looked_at if pages is None else pages)
    if as_json:
        from worker.views.submission_json import shown_json

        print_json(shown_json(seen, _sends_at(office, submission), linked, entries, shared.lang))
        return DONE
    _say_rehearsing(office, store, shared.lang)
    say_stopped(store, shared.lang)
    say_absence(absence_of(office.places.store, store.health_records()), shared.lang, err=True)
    click.echo(say("t_submission", shared.lang, id=submission.label))
    print_parts(render_view(seen, shared.lang))
    if sending := sending_text(_sends_at(office, submission), shared.lang):
        print_pairs([(say("h_next", shared.lang), sending)])
    action = action_for(submission)
    if correction := store.corrections([submission.id]).get(submission.id):
        print_pairs([(say("h_next", shared.lang), say("resubmitted_as", shared.lang, id=correction))])
    elif action is not None and action.kind is not ActionKind.SHOW:  # that was just run
        print_pairs([(say("h_command", shared.lang), command_line(action, shared.lang))])
    if submission.delivery.reply:
        print_pairs([(say("h_reply", shared.lang), submission.delivery.reply)])
    if linked:
        submission_table(linked, shared.lang, title=say("h_linked", shared.lang))
    headings = [say(f"h_{name}", shared.lang) for name in ("time", "event", "state", "by", "detail")]
    rows = [
        (
            time_text(each.at),
            name_event_of(submission, each, shared.lang),
            name_any_state(State(each.set["state"]), shared.lang) if "state" in each.set else "",
            f"{name_author(each.by, each.detail.get('deputy_for', ()), shared.lang)} / {each.account}",
            detail_text(each, shared.lang),
        )
        for each in entries
    ]
    print_table(headings, rows, title=say("h_history", shared.lang))
    return DONE


def _linked(submission: Submission, store: Store) -> list[Submission]:
    numbers = {submission.corrects, submission.follows, submission.superseded_by, *submission.joined}
    numbers |= {
        each.id
        for each in (store.by_number(submission.notice.contract_number) if submission.notice.contract_number else ())
        if submission.id in {each.corrects, each.follows, each.superseded_by}
    }
    return [store.submission(number) for number in sorted(number for number in numbers if number is not None)]


def _see(
    submission: Submission, office: Installation, store: Store, lang: Language, *, with_pages: bool
) -> SubmissionView:
    """The submission in its current form, its key masked: ``show`` is for any eye in the office.

    Register and rules are loaded for one that waits alone: of a closed one everything is in the store.
    """
    from worker.views.preview import SubmissionView

    notice = store.notice(submission.notice.pdf_sha256) if submission.notice.pdf_sha256 else None
    key = notice.key.clear if notice else ""
    body = store.original(submission.composed.draft.body_sha256).decode() if submission.composed.draft else ""
    now = system_clock().now()
    judged, pages = None, dict[str, str]()
    if (notice is not None and submission.state in STILL_JUDGED) or submission.reasons:
        from worker.cli.pages import with_reader
        from worker.pipeline.inspect import judge_now

        judged = office.judge(
            lambda active: with_reader(lambda reader: judge_now(submission, active, store, reader, now))
        )
    if with_pages:
        from worker.cli.pages import read_first_pages

        pages = read_first_pages(submission, store.original, key, lang)
    return SubmissionView(
        submission,
        body.replace(key, str(notice.key)) if notice else body,
        judged.checks if judged else (),
        judged.near if judged else (),
        pages,
        now.astimezone(JST).date(),
        _sends_at(office, submission),
        judged.missing if judged else None,
        judged.likeness if judged else None,
    )


def _say_looked(look: HealthRecord, now: dt.datetime, lang: Language) -> str:
    """When it was last reached. Of what is recorded every few minutes only, a recent moment is that of no look."""
    is_recorded_each_time = look.name.startswith("mail:") or bool(look.error)
    if is_recorded_each_time or look.last_ok is None or not dt.timedelta() <= now - look.last_ok <= FRESH:
        return time_text(look.last_ok)
    return say("looked_lately", lang, minutes=int(FRESH.total_seconds() // 60))


def _say_watched(looks: Iterable[HealthRecord], deaf: Mapping[str, dt.datetime], lang: Language) -> None:
    from worker.notify.operator_mail import say_deaf

    for name, since in deaf.items():
        click.echo(say_deaf(name, since, lang))
    for each in looks:
        if each.counted_at is not None:
            parts = {"count": each.in_window, "gap": each.gap, "at": time_text(each.counted_at)}
            click.echo(say("status_ledger", lang, mailbox=name_thing(each.name, lang), **parts))
        if each.left:
            counts = {"left": each.left, "alike": each.left_alike, "unseen": each.left_unseen}
            moment = time_text(each.taken_from)
            click.echo(say("status_left", lang, mailbox=name_thing(each.name, lang), since=moment, **counts))


def _status_of(office: Installation, store: Store) -> Status:
    from worker.cli.unread import recorded_unread
    from worker.service.watchdog import unwatched
    from worker.store.signs import find_signs
    from worker.views.service_json import Status

    settings = office.brief
    now = system_clock().now()
    looks = store.health_records()
    absence = absence_of(office.places.store, looks)
    return Status(
        rehearsal_to=rehearsing_to(store, settings.release.rehearsal_to),
        ended=(absence.why, absence.since, absence.detail) if absence else None,
        faults=office.faults,
        recorded_at=office.recorded_at,
        damage=store.find_damage(DAMAGE_SECONDS),
        signs=find_signs(store),
        looks=looks,
        deaf=dict(unwatched(looks, now, settings.deaf_after)),
        aside={name: {end.value: store.count_messages(name, end) for end in _SET_ASIDE} for name in settings.mailboxes},
        counts=store.count_by_state(),
        waiting=[each for each in store.walk_open(now.astimezone(JST).date()) if each.state in _WAITING],
        sends_at=min(
            filter(None, (_sends_at(office, each) for each in store.submissions(State.APPROVED))), default=None
        ),
        unread=recorded_unread(office, store),
        urgencies=Counter(task.urgency for task in open_tasks(store, office.outline, now)),
        backup=_backup_status(store, now),
    )


def _backup_status(store: Store, now: dt.datetime) -> BackupStatus:
    from worker.views.backup_age import find_no_recent_backup
    from worker.views.service_json import BackupStatus

    made = read_set_mark(store.property(BACKED_UP))
    troubles = [read_trouble(store.property(name)) for name in (BACKUP_TROUBLE, CHECK_TROUBLE)]
    lack = find_no_recent_backup(store, now)
    codes = [*(each.code for each in troubles if each is not None), *([lack.lack.value] if lack is not None else [])]
    return BackupStatus(made.at if made is not None else None, next(iter(codes), None))


_SET_ASIDE: Final = (Disposition.UNFETCHED, Disposition.TOO_LARGE, Disposition.PUT_OFF)


@cli.command()
@json_option
@pass_cli
def status(shared: Cli, as_json: bool) -> int:
    """現況：最後に確認できた時刻、状態ごとの件数、対応待ち。"""
    from worker.views.service_json import status_json
    from worker.views.unread_files import say_unread

    office, store = open_office(shared)
    found = _status_of(office, store)
    if as_json:
        print_json(status_json(found, shared.lang))
        return DONE
    say_release(found.rehearsal_to, shared.lang)
    say_stopped(store, shared.lang, damage=found.damage)
    say_absence(absence_of(office.places.store, found.looks), shared.lang)
    lang, now = shared.lang, system_clock().now()
    print_table(
        [say(f"h_{name}", lang) for name in ("name", "last_ok", "error")],
        [
            (name_thing(each.name, lang), _say_looked(each, now, lang), say_trouble(each.name, each.error, lang))
            for each in found.looks
        ],
        title=say("t_watch", lang),
    )
    print_table(
        [say(f"h_{name}", lang) for name in ("state", "count")],
        [(name_any_state(state, lang), str(count)) for state, count in found.counts.items() if count],
        title=say("t_states", lang),
    )
    _say_watched(found.looks, found.deaf, lang)
    for name, counted in found.aside.items():
        if counted[Disposition.PUT_OFF]:
            mailbox = name_thing(f"mail:{name}", lang)
            click.echo(say("status_put_off", lang, mailbox=mailbox, count=counted[Disposition.PUT_OFF]))
        if counted[Disposition.UNFETCHED] or counted[Disposition.TOO_LARGE]:
            click.echo(say("status_set_aside", lang, mailbox=name_thing(f"mail:{name}", lang), **counted))
    for line in say_unread(found.unread, lang):
        click.echo(line)
    if found.sends_at is not None and found.ended is None and not found.signs:
        click.echo(
            say("status_sends_at", lang, count=found.counts[State.APPROVED], moment=f"{found.sends_at:%Y-%m-%d %H:%M}")
        )
    if found.waiting:
        corrections = store.corrections(each.id for each in found.waiting)
        submission_table(found.waiting, lang, title=say("t_waits", lang), corrections=corrections)
    if not found.waiting and not found.urgencies:
        click.echo(say("nothing_waits", lang))
    if found.urgencies:
        click.echo(say("status_tasks", lang, count=found.urgencies.total(), now=found.urgencies[Urgency.NOW]))
    return DONE
