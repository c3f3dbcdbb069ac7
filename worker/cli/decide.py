"""Commands in which a person decides: each names who, and the entry keeps the account that ran it."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import click

from worker.accounts.people import find_person
from worker.approve import decisions
from worker.approve.decisions import Approval, refuse_unless_shown
from worker.cli import (
    DONE,
    FOR_A_PERSON,
    Cli,
    cli,
    json_option,
    language_of,
    open_for_command,
    open_installation,
    pass_cli,
)
from worker.cli.absence import absence_of, say_absence
from worker.cli.days import Moment
from worker.cli.pages import with_reader
from worker.cli.tables import print_json, say_stopped, sending_text, submission_table, time_text
from worker.cli.unknown import find_unknown, print_unknown
from worker.core.accounts import Right, japanese_day
from worker.core.approval_label import fold_label
from worker.core.errors import NotAllowed
from worker.core.messages import Language, name_hold, name_state, put, say, say_refusal
from worker.core.model import Submission
from worker.core.states import Event, HoldKind, Reason, State, kind_of
from worker.core.text import escape_control_chars
from worker.pipeline import decide as decide_anew
from worker.send.rate_limit import leaves_at
from worker.service.wiring import Installation, account_name, open_store_of, system_clock
from worker.store.ports import Author, Store
from worker.store.signs import find_signs
from worker.views.problems import refusal_json
from worker.views.service_json import resume_json
from worker.views.submission_json import decided_json, summary_json


class Tick(click.ParamType[int]):
    """The number of a condition from 1, or ``all``."""

    name = "N|all"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number, 0 for all."""
        if isinstance(value, int):
            return value
        text = fold_typed(value)
        if text == "all":
            return ALL_TICKED
        if re.fullmatch("[1-9][0-9]{0,3}", text) is None:
            self.fail(say("usage_form", language_of(ctx), given=text, form="1, 2, …, all"), param, ctx)
        return int(text)


_REFERENCE = re.compile(r"(\d{1,12})(?:@([0-9A-Za-z]{1,64}))?")

DIFFERS = "draft_differs"

by_option = click.option("--by", "by", required=True, metavar="NAME", help="判断する人の氏名 / who decides")


class Reference(click.ParamType[tuple[int, str]]):
    """``ID``, or ``ID@`` and ten letters."""

    name = "ID@LABEL"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, str]:
        """Returns number and label as lists and mails print it; the label is empty if none was given."""
        if isinstance(value, tuple):
            return value
        found = _REFERENCE.fullmatch(fold_typed(value))
        if found is None:
            self.fail(say("usage_number", language_of(ctx), given=value), param, ctx)
        return int(found[1]), f"{int(found[1])}@{found[2]}" if found[2] else ""


class Number(click.ParamType[int]):
    """``ID``, or a label as lists and mails print it: what was shown matters to ``approve`` alone."""

    name = "ID"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number."""
        return value if isinstance(value, int) else Reference().convert(value, param, ctx)[0]


def fold_typed(value: object) -> str:
    """A number or a label in half width, as it was meant: Japanese keyboards give either."""
    return unicodedata.normalize("NFKC", str(value)).strip()


def is_at_terminal() -> bool:
    """Returns True if a person reads the question and types the answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def find_author(office: Installation, by: str, right: Right = Right.PREPARE) -> Author:
    """Returns the person who has this right, typed in any width and spacing. Raises NotAllowed.

    Where accounts exist they are the list of people, else ``[operator] people`` is.
    """
    clock = system_clock()
    with contextlib.closing(open_store_of(office, clock)) as store:
        name = find_person(store, office.configuration.settings, by, japanese_day(clock.now()), right)
    return Author(name, account_name())


def _open_to_decide(shared: Cli, by: str, right: Right = Right.PREPARE) -> tuple[Installation, Author, Store]:
    """Opens the office and its store for the person ``by``, who needs this right. Raises ConfigError, NotAllowed."""
    office = open_installation(shared)
    return office, find_author(office, by, right), open_for_command(office, system_clock())


def _report(
    submission: Submission,
    code: str,
    lang: Language,
    *,
    as_json: bool,
    is_running: bool | None = None,
    **params: object,
) -> None:
    if as_json:
        print_json(decided_json(submission, lang, is_running=is_running))
    else:
        click.echo(say(code, lang, id=submission.id, **params))


def _each(
    numbers: Sequence[Any],
    decide: Callable[[Any], None],
    shared: Cli,
    *,
    as_json: bool,
    told_with: Callable[[NotAllowed], dict[str, Any]] = lambda refused: {},  # noqa: ARG005  nothing more to say
) -> int:
    """Decide on each; one that is not allowed does not stop the others. ``told_with`` is what its JSON adds."""
    code = DONE
    for number in numbers:
        try:
            decide(number)
        except NotAllowed as refused:
            message = say_refusal(refused.code, shared.lang, **refused.params)
            if as_json:
                print_json(refusal_json(refused.code, message, told_with(refused)))
            else:
                click.echo(message, err=True)
            code = FOR_A_PERSON
    return code


@cli.command()
@click.argument("references", nargs=-1, required=True, type=Reference(), metavar="ID@LABEL…")
@by_option
@click.option("--note", default="", help="確認した内容 / what was checked")
@click.option("--tick", "ticks", multiple=True, type=Tick(), help="確かめた条件の番号、または all / conditions checked")
@json_option
@pass_cli
def approve(
    shared: Cli, references: tuple[tuple[int, str], ...], by: str, note: str, ticks: tuple[int, ...], as_json: bool
) -> int:
    """承認：保留の理由を確認済みとし、送信待ちにします。

    list・show・お知らせのメールにある「番号@確認番号」を、そのまま指定します。端末で番号だけを指定すると、内容を表示して1件ずつ尋ねます。
    """
    clock = system_clock()
    office, author, store = _open_to_decide(shared, by, Right.DECIDE)
    absence, signs = absence_of(office.places.store, store.health_records()), find_signs(store)
    # A question and its summary go to the same stream, so that the person sees both.
    may_ask = is_at_terminal() and not as_json
    wanted = {number for number, _ in references}
    at_start = {each.id: each for each in store.submissions(State.HELD) if each.id in wanted}

    def decide(reference: tuple[int, str]) -> None:
        number, typed = reference
        if not typed and not may_ask:
            raise NotAllowed("label_missing", id=str(number))
        before = store.submission(number)
        if _was_released_as_shown(at_start.get(number), typed, before):
            state = name_state(before, shared.lang)
            is_running = absence is None
            _report(before, "approved_meanwhile", shared.lang, as_json=as_json, is_running=is_running, state=state)
            return
        try:
            # Only the draft shown, asked and ticked here is approved: one that changed meanwhile is refused.
            refuse_unless_shown(before, typed or before.label)
            ticked = _look_and_tick(before, ticks, shared.lang, may_ask=may_ask, is_labelled=bool(typed))
            approval = Approval(number, before.label, author, note, clock.now(), ticked, is_asked=not typed)
            after, answered = with_reader(
                lambda reader: decide_anew.approve(store, office.active_config, reader, approval)
            )
        except NotAllowed as refused:
            if refused.code == DIFFERS and not as_json:
                _print_summary(store.submission(number), shared.lang)
            raise
        _report(
            after,
            "answered_of_two" if Reason.SECOND_PERSON in {hold.reason for hold in after.reasons} else "approved",
            shared.lang,
            as_json=as_json,
            is_running=absence is None,
            answered=[name_hold(hold, shared.lang) for hold in answered],
            state=name_state(after, shared.lang),
        )
        moment = leaves_at(after, office.configuration.settings.hours, clock.now())
        if moment is not None and absence is None and not signs and not as_json:
            click.echo(f"　　{sending_text(moment, shared.lang)}")

    def tell_new(refused: NotAllowed) -> dict[str, Any]:
        return summary_json(store.submission(int(refused.params["id"])), shared.lang) if refused.code == DIFFERS else {}

    code = _each(references, decide, shared, as_json=as_json, told_with=tell_new)
    if not as_json:
        say_stopped(store, shared.lang, err=True)
        say_absence(absence, shared.lang, err=True)
    if not as_json and not may_ask and not all(typed for _, typed in references):
        print_json(refusal_json("label_missing"))
    return code


_RELEASED: Final = frozenset(
    {State.APPROVED, State.SENDING, State.IN_DOUBT, State.SENT, State.DELAYED, State.RELAYED, State.DELIVERED}
)


def _was_released_as_shown(at_start: Submission | None, typed: str, now: Submission) -> bool:
    """Returns True if the submission was held when the command began, and left its hold since with the same draft.

    An answer given to one of several may end the reasons of the others: the running service then releases them.
    """
    if at_start is None or fold_label(typed) != at_start.label or now.state not in _RELEASED:
        return False
    return now.composed.draft_hash == at_start.composed.draft_hash


def _look_and_tick(
    before: Submission, ticks: Sequence[int], lang: Language, *, may_ask: bool, is_labelled: bool
) -> tuple[str, ...]:
    """The conditions that are met, asked about at a terminal; there a submission without its label is shown first.

    Raises NotAllowed if the person does not approve.
    """
    is_answerable = all(kind_of(hold.reason) is HoldKind.ANSWER for hold in before.reasons)
    if is_labelled or not is_answerable:  # a hold that no approval ends is refused without a question
        return ask_conditions(before, lang) if may_ask and not ticks and is_labelled else name_ticked(before, ticks)
    _print_summary(before, lang)
    ticked = name_ticked(before, ticks) if ticks else ask_conditions(before, lang)
    if not click.confirm(say("ask_as_shown", lang, id=before.id), err=True):
        raise NotAllowed("declined", id=str(before.id))
    return ticked


def _print_summary(submission: Submission, lang: Language) -> None:
    """Prints recipients, subject, attachments and reasons on standard error, as the question about them is."""
    click.echo(f"■ {submission.label}　{escape_control_chars(submission.known_as)}", err=True)
    for heading, value in _summary_of(submission, lang):
        click.echo(f"　　{say(heading, lang)}：{escape_control_chars(value)}", err=True)


def _summary_of(submission: Submission, lang: Language) -> Iterator[tuple[str, str]]:
    yield (
        "h_section",
        " ".join(filter(None, (submission.destination.issuer_name, submission.destination.section_name)))
        or say("none", lang),
    )
    if submission.composed.draft is None:
        yield "h_to", say("not_mailed", lang)
    else:
        yield "h_to", ", ".join(submission.composed.draft.to)
        yield "h_cc", ", ".join(submission.composed.draft.cc) or say("none", lang)
        yield "h_subject", submission.composed.draft.subject
        for each in submission.composed.draft.attachments:
            size = say("size", lang, bytes=f"{each.size:,}")
            yield "h_attachments", say("attachment", lang, title=each.title, name=each.filename, size=size)
    for hold in submission.reasons:
        yield "h_reason", name_hold(hold, lang)


@cli.command()
@click.argument("numbers", nargs=-1, type=Number(), metavar="ID…")
@click.option("--from-mail", "of_mail", type=Number(), default=None, metavar="ID", help="同じメールの保留すべて")
@by_option
@click.option("--why", required=True, help="理由 / the reason")
@click.option("--yes", "is_sure", is_flag=True, help="尋ねずに取下げ / do not ask")
@json_option
@pass_cli
def withdraw(
    shared: Cli, numbers: tuple[int, ...], of_mail: int | None, by: str, why: str, is_sure: bool, as_json: bool
) -> int:
    """取下げ：送信しないことにします（複数可）。

    --from-mail は、その番号と同じメールから保留になったものすべてを取り下げます。
    端末で2件以上のときは、一覧の後に尋ねます。
    端末でないとき（--json も）、--from-mail は、--yes を付けるまで取り下げません。
    """
    if not numbers and of_mail is None:
        raise click.UsageError(say("withdraw_which", shared.lang))
    _, author, store = _open_to_decide(shared, by)
    chosen = tuple(dict.fromkeys((*numbers, *(decisions.held_of_mail(store, of_mail) if of_mail else ()))))
    if not is_sure and (of_mail is not None or (len(chosen) > 1 and is_at_terminal() and not as_json)):
        _ask_about_all([store.submission(number) for number in chosen], shared.lang, as_json=as_json)

    def decide(number: int) -> None:
        _report(decisions.withdraw(store, number, author, why), "withdrawn", shared.lang, as_json=as_json)

    return _each(chosen, decide, shared, as_json=as_json)


def _ask_about_all(chosen: Sequence[Submission], lang: Language, *, as_json: bool) -> None:
    """Show what would be withdrawn, and ask. Raises NotAllowed if the person does not agree."""
    if as_json:
        for each in chosen:
            print_json(decided_json(each, lang))
    else:
        submission_table(chosen, lang, title=say("t_to_withdraw", lang, count=len(chosen)))
    if as_json or not is_at_terminal():
        raise NotAllowed("withdraw_unasked")
    if not click.confirm(say("ask_withdraw", lang, count=len(chosen)), err=True):
        raise NotAllowed("withdraw_declined")


@cli.command("hand-over")
@click.argument("number", type=Number(), metavar="ID")
@by_option
@click.option("--note", required=True, help="提出の方法 / how it is handed in")
@json_option
@pass_cli
def hand_over(shared: Cli, number: int, by: str, note: str, as_json: bool) -> int:
    """別途提出：フォーム・持参など、ほかの方法で提出します。"""
    _, author, store = _open_to_decide(shared, by)
    _report(decisions.hand_over(store, number, author, note), "handed_over", shared.lang, as_json=as_json)
    return DONE


@cli.command()
@click.argument("announced", type=Number())
@click.argument("answers", nargs=-1, required=True, type=Number(), metavar="ID…")
@by_option
@json_option
@pass_cli
def join(shared: Cli, announced: int, answers: tuple[int, ...], by: str, as_json: bool) -> int:
    """結び付け：発行完了メールのお知らせが、すでに届いている提出（複数可）であることを記録します。"""
    _, author, store = _open_to_decide(shared, by)
    after = decisions.join(store, announced, answers, author)
    named = ", ".join(map(str, after.joined))
    _report(after, "joined", shared.lang, as_json=as_json, answers=named)
    return DONE


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@click.option("--sent/--not-sent", "left", default=None, help="届いていた／届いていない（必ず一方を指定）")
@by_option
@json_option
@pass_cli
def resolve(shared: Cli, number: int, left: bool | None, by: str, as_json: bool) -> int:
    """送信結果不明の解決：発注者に確認した結果を記録します。"""
    if left is None:  # click takes the None of a required pair of switches for an answer
        raise click.UsageError(say("resolve_which", shared.lang))
    clock = system_clock()
    office, author, store = _open_to_decide(shared, by, Right.DECIDE)
    if left:
        after = decisions.resolve_sent(store, number, author, clock.now())
        _report(after, "resolved_sent", shared.lang, as_json=as_json)
    else:
        after = with_reader(
            lambda reader: decide_anew.resolve_not_sent(
                store, office.active_config, reader, number, author, clock.now()
            )
        )
        _report(after, "resolved_not_sent", shared.lang, as_json=as_json)
    return DONE


@cli.command()
@click.argument("numbers", nargs=-1, required=True, type=Number(), metavar="ID…")
@click.option("--failed", is_flag=True, help="届いていない・返却 / the issuer has nothing, or sends it back")
@by_option
@click.option("--note", required=True, help="相手方・方法 / who there, and how")
@click.option("--at", "at", type=Moment(), default=None, help="確認した日時 / when")
@click.option("--later", type=Moment(), default=None, help="担当者不在：次に電話する日時 / call again at")
@json_option
@pass_cli
def confirm(
    shared: Cli,
    numbers: tuple[int, ...],
    failed: bool,
    by: str,
    note: str,
    at: dt.datetime | None,
    later: dt.datetime | None,
    as_json: bool,
) -> int:
    """到達確認：発注者に届いたこと（--failed なら届いていないこと）を記録します。

    担当者が不在のときは、--later に次に電話する日時を付けると、電話したことだけを記録します。
    """
    if failed and later is not None:
        raise click.UsageError(say("confirm_which", shared.lang))
    _, author, store = _open_to_decide(shared, by)

    def decide(number: int) -> None:
        if later is not None:
            after = decisions.note_not_reached(store, number, author, note, later)
            _report(after, "not_reached", shared.lang, as_json=as_json)
        elif failed:
            after = decisions.report_not_accepted(store, number, author, note, at)
            _report(after, "not_accepted", shared.lang, as_json=as_json)
        else:
            _report(decisions.confirm(store, number, author, note, at), "confirmed", shared.lang, as_json=as_json)

    return _each(numbers, decide, shared, as_json=as_json)


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@by_option
@click.option("--note", required=True, help="いつ・どのように / when and how")
@click.option("--what", type=click.IntRange(min=1), default=None, help="手続の番号（複数あるとき） / which duty")
@json_option
@pass_cli
def done(shared: Cli, number: int, by: str, note: str, what: int | None, as_json: bool) -> int:
    """提出後の手続：請求書の持参など、送信後に残った手続が済んだことを記録します。"""
    _, author, store = _open_to_decide(shared, by)
    after, duty = decisions.record_done(store, number, author, note, what)
    _report(after, "duty_recorded", shared.lang, as_json=as_json, duty=str(put(duty, shared.lang)))
    return DONE


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@by_option
@click.option("--why", required=True, help="理由 / the reason")
@json_option
@pass_cli
def resend(shared: Cli, number: int, by: str, why: str, as_json: bool) -> int:
    """訂正して再提出：新しい提出を作り、承認待ちにします（元の記録は残ります）。"""
    clock = system_clock()
    office, author, store = _open_to_decide(shared, by, Right.DECIDE)
    after = with_reader(
        lambda reader: decide_anew.resend(store, office.active_config, reader, number, author, why, clock.now())
    )
    if as_json:
        print_json(decided_json(after, shared.lang))
    else:
        click.echo(say("resent", shared.lang, id=number, new=after.label))
    return DONE


@cli.command()
@by_option
@click.option("--yes", "is_sure", is_flag=True, help="尋ねずに再開 / do not ask")
@json_option
@pass_cli
def resume(shared: Cli, by: str, is_sure: bool, as_json: bool) -> int:
    """再開：バックアップに戻した後、送信されるものを一覧で確かめてから、送信を再開します。

    端末では、一覧の後に尋ねます。端末でないとき（--json も）は、--yes を付けるまで再開しません。
    """
    office = open_installation(shared)
    author = find_author(office, by, Right.HEALTH)
    store = open_for_command(office, system_clock())
    last = next(store.entries(after=store.head()[0] - 1), None)
    # The last entry may be of this very start; what was sent shows how old the backup is, as nothing is sent meanwhile.
    sent_at = store.last_moment(Event.ACCEPTED)
    to_send = store.submissions(State.APPROVED)
    unknown = find_unknown(store)
    if as_json:
        if is_sure:
            decisions.resume(store, author)
        at = last.at if last else None
        print_json(resume_json(to_send, unknown, shared.lang, is_resumed=is_sure, last=at, sent=sent_at))
        return DONE if is_sure else FOR_A_PERSON
    print_unknown(unknown, shared.lang)
    code = "resumed_from" if sent_at else "resumed_from_nothing"
    click.echo(say(code, shared.lang, moment=time_text(sent_at)))
    if to_send:
        sends_at = partial(leaves_at, hours=office.configuration.settings.hours, now=system_clock().now())
        title = say("t_to_resume", shared.lang, count=len(to_send))
        submission_table(to_send, shared.lang, title=title, sends_at=sends_at)
    else:
        click.echo(say("resumes_nothing", shared.lang))
    click.echo(say("resumed_looks", shared.lang))
    if not is_sure and not is_at_terminal():
        raise NotAllowed("resume_unasked")
    if not is_sure and not click.confirm(say("ask_resume", shared.lang), err=True):
        raise NotAllowed("resume_declined")
    decisions.resume(store, author)
    click.echo(say("resumed", shared.lang))
    return DONE


ALL_TICKED: Final = 0
"""``--tick all``: conditions are numbered from 1."""


def _conditions(submission: Submission) -> tuple[str, ...]:
    held = submission.state is State.HELD and submission.composed.draft is not None
    return submission.composed.draft.conditions if held and submission.composed.draft else ()


def name_ticked(submission: Submission, ticks: Sequence[int]) -> tuple[str, ...]:
    """The conditions of these numbers. Raises NotAllowed for a number without a condition."""
    conditions = _conditions(submission)
    if ALL_TICKED in ticks:
        return conditions
    for number in ticks:
        if number > len(conditions):
            raise NotAllowed("no_such_condition", id=str(submission.id), number=str(number))
    return tuple(conditions[number - 1] for number in sorted(set(ticks)))


def ask_conditions(submission: Submission, lang: Language) -> tuple[str, ...]:
    """Returns the conditions that the person at the terminal says are met."""
    return tuple(
        condition
        for number, condition in enumerate(_conditions(submission), 1)
        if click.confirm(
            escape_control_chars(say("ask_condition", lang, id=submission.label, number=number, condition=condition)),
            err=True,
        )
    )
