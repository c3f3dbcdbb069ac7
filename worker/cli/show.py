"""Commands that look at submissions: list, show, status."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

import click

from worker.approve.decisions import redraft
from worker.approve.redraft import missing_where_away
from worker.cli import DONE, Cli, cli, json_option, language_of, open_for_command, open_office, pass_cli
from worker.cli.absence import absence_of, say_absence
from worker.cli.look import detail_text
from worker.cli.tables import (
    is_behind_head,
    is_restored,
    print_json,
    print_pairs,
    print_parts,
    print_table,
    say_behind_head,
    sending_text,
    submission_table,
    time_text,
)
from worker.compose.checks import Check
from worker.core.messages import Language, name_any_state, name_event, name_thing, say
from worker.core.messages.reasons import APPROVAL_STATE, STATES
from worker.core.model import JST, End, Look, Submission
from worker.core.states import Reason, State
from worker.core.text import match_key
from worker.match.near_matches import near_misses_of
from worker.notify.operator_mail import say_deaf
from worker.send.rate_limit import leaves_at
from worker.service.unwatched import unwatched
from worker.service.wiring import Office, system_clock
from worker.store.ports import Store
from worker.views.actions import ActionKind, action_for
from worker.views.commands import command_line
from worker.views.preview import Seen, hold_json, lay_out, seen_json
from worker.views.problems import problem_json
from worker.views.submission_json import entry_json, ledger_json, service_json, submission_json, time_json
from worker.views.tasks import Urgency, open_tasks

_STILL_JUDGED: Final = frozenset({State.HELD, State.APPROVED})
_WAITING: Final = (
    *(State.HELD, State.ANNOUNCED, State.IN_DOUBT, State.REFUSED, State.BOUNCED),
    *(State.OVERDUE, State.HANDED_OVER),
)


_TO_APPROVE: Final = "approval"
"""What is held for nothing but approval: a word on the screen, and no state."""
_APPROVAL: Final = {Reason.APPROVAL}


class _StateWord(click.ParamType[State | str]):
    """A state by its word on the screen, with or without what stands in brackets, or by its code."""

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


def _say_rehearsing(office: Office, lang: Language) -> None:
    to = office.configuration.settings.release.rehearsal_to
    if to is not None:
        click.echo(say("rehearsing", lang, to=to))


def _sends_at(office: Office, submission: Submission) -> dt.datetime | None:
    return leaves_at(submission, office.configuration.settings.hours, system_clock().now())


@cli.command("list")
@click.option(
    "--state", type=_StateWord(), help="画面の言葉（承認待ち、保留 など）か記号 / as on the screen, or its code"
)
@json_option
@pass_cli
def list_submissions(shared: Cli, state: State | str | None, as_json: bool) -> int:
    """一覧：提出の状態と、次にすること。"""
    office = open_office(shared)
    store = open_for_command(office, system_clock())
    if state == _TO_APPROVE:
        found = [each for each in store.submissions(State.HELD) if {hold.reason for hold in each.reasons} == _APPROVAL]
    else:
        found = list(store.submissions(*([State(state)] if state else [])))
    if as_json:
        for each in found:
            print_json({**submission_json(each), "sends_at": time_json(_sends_at(office, each))})
        return DONE
    _say_rehearsing(office, shared.lang)
    say_behind_head(store, shared.lang)
    say_absence(absence_of(office.places.store, store.looks()), shared.lang, err=True)
    if found:
        submission_table(found, shared.lang, sends_at=partial(_sends_at, office))
    else:
        click.echo(say("no_submissions", shared.lang))
    return DONE


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
    office = open_office(shared)
    store = open_for_command(office, system_clock())
    wanted = unicodedata.normalize("NFKC", number).strip().partition("@")[0]
    if not wanted.isdigit():
        raise click.UsageError(say("usage_number", shared.lang, given=number))
    submission = store.submission(int(wanted))
    entries = list(store.entries(submission.id))
    linked = _linked(submission, store)
    is_looked_at = submission.state in _STILL_JUDGED and not as_json
    seen = _see(submission, office, store, shared.lang, with_pages=is_looked_at if pages is None else pages)
    if as_json:
        print_json(
            {
                **submission_json(submission),
                "sends_at": time_json(_sends_at(office, submission)),
                "hold_details": [hold_json(hold) for hold in submission.reasons],
                **seen_json(seen),
                "linked": [submission_json(each) for each in linked],
                "entries": [entry_json(each) for each in entries],
            }
        )
        return DONE
    _say_rehearsing(office, shared.lang)
    say_behind_head(store, shared.lang)
    say_absence(absence_of(office.places.store, store.looks()), shared.lang, err=True)
    click.echo(say("t_submission", shared.lang, id=submission.label))
    print_parts(lay_out(seen, shared.lang))
    if sending := sending_text(_sends_at(office, submission), shared.lang):
        print_pairs([(say("h_next", shared.lang), sending)])
    action = action_for(submission)
    if action is not None and action.kind is not ActionKind.SHOW:  # that was just run
        print_pairs([(say("h_command", shared.lang), command_line(action, shared.lang))])
    if submission.reply:
        print_pairs([(say("h_reply", shared.lang), submission.reply)])
    if linked:
        submission_table(linked, shared.lang, title=say("h_linked", shared.lang))
    headings = [say(f"h_{name}", shared.lang) for name in ("time", "event", "state", "by", "detail")]
    rows = [
        (
            time_text(each.at),
            name_event(each.event, shared.lang),
            name_any_state(State(each.set["state"]), shared.lang) if "state" in each.set else "",
            f"{each.by} / {each.account}",
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
        for each in (store.by_number(submission.contract_number) if submission.contract_number else ())
        if submission.id in {each.corrects, each.follows, each.superseded_by}
    }
    return [store.submission(number) for number in sorted(number for number in numbers if number is not None)]


def _see(submission: Submission, office: Office, store: Store, lang: Language, *, with_pages: bool) -> Seen:
    """The submission as it stands, its key masked: ``show`` is for any eye in the office."""
    from worker.cli.pages import read_first_pages, with_invoices_of
    from worker.pipeline.invoices import guarantees_of

    notice = store.notice(submission.pdf_sha256) if submission.pdf_sha256 else None
    key = notice.key.clear if notice else ""
    checks: tuple[Check, ...] = ()
    if notice is not None and submission.state in _STILL_JUDGED:
        # The guards' results are of this moment, as they would be at the next look; they are kept nowhere.
        now = system_clock().now()
        checks = with_invoices_of(
            office,
            lambda: guarantees_of([submission], office.in_force, store),
            lambda invoices: redraft(submission, office.in_force, missing_where_away(invoices), store, now).checks,
        )
    body = store.original(submission.draft.body_sha256).decode() if submission.draft else ""
    return Seen(
        submission,
        body.replace(key, str(notice.key)) if notice else body,
        checks,
        near_misses_of(submission, store, office.in_force.register),
        read_first_pages(submission, store.original, key, lang) if with_pages else {},
        _sends_at(office, submission),
        system_clock().now().astimezone(JST).date(),
    )


def _say_watched(looks: Iterable[Look], deaf: Mapping[str, dt.datetime], lang: Language) -> None:
    for name, since in deaf.items():
        click.echo(say_deaf(name, since, lang))
    for each in looks:
        if each.counted_at is not None:
            parts = {"count": each.in_window, "gap": each.gap, "at": time_text(each.counted_at)}
            click.echo(say("status_ledger", lang, mailbox=name_thing(each.name, lang), **parts))


@cli.command()
@json_option
@pass_cli
def status(shared: Cli, as_json: bool) -> int:
    """現況：最後に確認できた時刻、状態ごとの件数、対応待ち。"""
    office = open_office(shared)
    store = open_for_command(office, system_clock())
    counts = store.count_by_state()
    looks = store.looks()
    waiting = store.submissions(*_WAITING)
    aside = {
        name: {end.value: sum(1 for _ in store.messages(name, end)) for end in (End.UNFETCHED, End.TOO_LARGE)}
        for name in office.configuration.settings.mailboxes
    }
    rehearsal_to = office.configuration.settings.release.rehearsal_to
    is_behind, is_other, was_restored = is_behind_head(store), store.is_other_secret_noted(), is_restored(store)
    absence = absence_of(office.places.store, store.looks())
    ended = (absence.why, absence.since, absence.detail) if absence else (None, None, "")
    now = system_clock().now()
    deaf = dict(unwatched(looks, now, office.configuration.settings.deaf_after))
    sends_at = min(filter(None, (_sends_at(office, each) for each in store.submissions(State.APPROVED))), default=None)
    urgencies = Counter(task.urgency for task in open_tasks(store.submissions(), office.configuration, now))
    if as_json:
        print_json(
            {
                "rehearsal_to": rehearsal_to,
                "service": service_json(*ended),
                "configuration_faults": [problem_json(each, shared.lang) for each in office.faults],
                "configuration_recorded_at": time_json(office.recorded_at),
                "behind_head": is_behind,
                "other_secret": is_other,
                "restored": was_restored,
                "looks": [
                    {
                        "name": each.name,
                        "last_ok": time_json(each.last_ok),
                        "error": each.error or None,
                        "deaf_since": time_json(deaf.get(each.name)),
                        **ledger_json(each),
                    }
                    for each in looks
                ],
                "set_aside": aside,
                "states": {state.value: count for state, count in counts.items() if count},
                "waiting": [submission_json(each) for each in waiting],
                "sends_at": time_json(sends_at),
                "tasks": {urgency.name.lower(): count for urgency, count in urgencies.items()},
            }
        )
        return DONE
    _say_rehearsing(office, shared.lang)
    say_behind_head(store, shared.lang)
    say_absence(absence, shared.lang)
    lang = shared.lang
    print_table(
        [say(f"h_{name}", lang) for name in ("name", "last_ok", "error")],
        [(name_thing(each.name, lang), time_text(each.last_ok), each.error) for each in looks],
        title=say("t_watch", lang),
    )
    print_table(
        [say(f"h_{name}", lang) for name in ("state", "count")],
        [(name_any_state(state, lang), str(count)) for state, count in counts.items() if count],
        title=say("t_states", lang),
    )
    _say_watched(looks, deaf, lang)
    for name, counted in aside.items():
        if any(counted.values()):
            click.echo(say("status_set_aside", lang, mailbox=name_thing(f"mail:{name}", lang), **counted))
    if sends_at is not None and absence is None and not (is_behind or is_other or was_restored):
        click.echo(say("status_sends_at", lang, count=counts[State.APPROVED], moment=f"{sends_at:%Y-%m-%d %H:%M}"))
    if waiting:
        submission_table(waiting, lang, title=say("t_waits", lang))
    if not waiting and not urgencies:
        click.echo(say("nothing_waits", lang))
    if urgencies:
        click.echo(say("status_tasks", lang, count=urgencies.total(), now=urgencies[Urgency.NOW]))
    return DONE
