"""Commands in which a person decides: each names who, and the entry keeps the account that ran it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import click

from worker.approve import decisions
from worker.approve.checked_reasons import mark_of_hold, reasons_to_check
from worker.approve.decisions import Approval, refuse_unless_shown
from worker.approve.earlier_mail import find_likeness
from worker.approve.reevaluate import ActiveConfig
from worker.cli import DONE, FOR_A_PERSON, cli, language_of
from worker.cli.absence import absence_of, say_absence
from worker.cli.days import Moment
from worker.cli.pages import with_reader
from worker.cli.person import Number, PersonCommand, Reference, fold_typed, in_persons_name, is_at_terminal
from worker.cli.tables import print_json, say_stopped, sending_text, submission_table, time_text
from worker.cli.unknown import find_unknown, print_unknown
from worker.core.accounts import Right
from worker.core.approval_label import fold_label
from worker.core.errors import NotAllowed
from worker.core.messages import Language, name_hold, name_state, put, say, say_refusal
from worker.core.model import Submission
from worker.core.states import Event, HoldKind, Reason, State, kind_of
from worker.core.text import escape_control_chars
from worker.pipeline import decide as decide_anew
from worker.send.rate_limit import leaves_at
from worker.service.wiring import system_clock
from worker.store.ports import Store
from worker.store.signs import find_signs
from worker.views.preview import say_difference
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


DIFFERS = "draft_differs"


def _each(
    numbers: Sequence[Any],
    decide: Callable[[Any], None],
    run: PersonCommand,
    told_with: Callable[[NotAllowed], dict[str, Any]] = lambda refused: {},  # noqa: ARG005  nothing more to say
) -> int:
    """Decide on each; one that is not allowed does not stop the others. ``told_with`` is what its JSON adds."""
    code = DONE
    for number in numbers:
        try:
            decide(number)
        except NotAllowed as refused:
            message = say_refusal(refused.code, run.lang, **refused.params)
            if run.as_json:
                print_json(refusal_json(refused.code, message, told_with(refused)))
            else:
                click.echo(message, err=True)
            code = FOR_A_PERSON
    return code


@cli.command()
@click.argument("references", nargs=-1, required=True, type=Reference(), metavar="ID@LABEL…")
@click.option("--note", default="", help="確認した内容 / what was checked")
@click.option(
    "--tick", "ticks", multiple=True, type=Tick(), help="確かめた確認事項の番号、または all / what was checked"
)
@in_persons_name
def approve(run: PersonCommand, references: tuple[tuple[int, str], ...], note: str, ticks: tuple[int, ...]) -> int:
    """承認：保留の理由を確認済みとし、送信待ちにします。

    list・show・お知らせのメールにある「番号@確認番号」を、そのまま指定します。端末で番号だけを指定すると、内容を表示して1件ずつ尋ねます。
    """
    clock = system_clock()
    office, author, store = run.open(Right.DECIDE)
    absence, signs = absence_of(office.places.store, store.health_records()), find_signs(store)
    # A question and its summary go to the same stream, so that the person sees both.
    may_ask = is_at_terminal() and not run.as_json
    wanted = {number for number, _ in references}
    at_start = {each.id: each for each in store.submissions(State.HELD) if each.id in wanted}

    def decide(reference: tuple[int, str]) -> None:
        number, typed = reference
        if not typed and not may_ask:
            raise NotAllowed("label_missing", id=str(number))
        before = store.submission(number)
        if _was_released_as_shown(at_start.get(number), typed, before):
            state = name_state(before, run.lang)
            is_running = absence is None
            run.report(before, "approved_meanwhile", is_running=is_running, state=state)
            return
        try:
            # Only the draft shown, asked and ticked here is approved: one that changed meanwhile is refused.
            refuse_unless_shown(before, typed or before.label)
            boxes = _boxes_of(before, store, office.active_config, run.lang)
            ticked = _look_and_tick(before, boxes, ticks, run.lang, may_ask=may_ask, is_labelled=bool(typed))
            conditions = tuple(each.condition for each in ticked if each.condition)
            differences = tuple(each.difference for each in ticked if each.difference)
            reasons = tuple(each.reason for each in ticked if each.reason)
            given = (number, before.label, author, note, clock.now(), conditions, differences, reasons)
            approval = Approval(*given, is_asked=not typed)
            after, answered = with_reader(
                lambda reader: decide_anew.approve(store, office.active_config, reader, approval)
            )
        except NotAllowed as refused:
            if refused.code == DIFFERS and not run.as_json:
                _print_summary(store.submission(number), run.lang)
            raise
        run.report(
            after,
            "answered_of_two" if Reason.SECOND_PERSON in {hold.reason for hold in after.reasons} else "approved",
            is_running=absence is None,
            answered=[name_hold(hold, run.lang) for hold in answered],
            state=name_state(after, run.lang),
        )
        moment = leaves_at(after, office.configuration.settings.hours, clock.now())
        if moment is not None and absence is None and not signs and not run.as_json:
            click.echo(f"　　{sending_text(moment, run.lang)}")

    def tell_new(refused: NotAllowed) -> dict[str, Any]:
        return summary_json(store.submission(int(refused.params["id"])), run.lang) if refused.code == DIFFERS else {}

    code = _each(references, decide, run, told_with=tell_new)
    if not run.as_json:
        say_stopped(store, run.lang, err=True)
        say_absence(absence, run.lang, err=True)
    if not run.as_json and not may_ask and not all(typed for _, typed in references):
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


@dataclass(frozen=True, slots=True)
class ApprovalBox:
    """A condition of the rule, a difference from the last confirmed mail, or an open reason; numbered from 1."""

    sentence: str
    condition: str = ""
    difference: str = ""
    """The mark of the part that differs."""
    reason: str = ""
    """The mark of the open reason."""


def _boxes_of(
    submission: Submission, store: Store, active_config: ActiveConfig, lang: Language
) -> tuple[ApprovalBox, ...]:
    if submission.state is not State.HELD:
        return ()
    boxes = [ApprovalBox(each, condition=each) for each in submission.composed.conditions]
    likeness = find_likeness(submission, store, active_config)
    for each in likeness.to_confirm(submission) if likeness else ():
        about = say_difference(each, likeness, lang) if likeness else ""
        boxes.append(
            ApprovalBox(say("difference", lang, sentence=about, now=each.now, before=each.before), difference=each.mark)
        )
    boxes += [ApprovalBox(name_hold(each, lang), reason=mark_of_hold(each)) for each in reasons_to_check(submission)]
    return tuple(boxes)


def _look_and_tick(
    before: Submission,
    boxes: Sequence[ApprovalBox],
    ticks: Sequence[int],
    lang: Language,
    *,
    may_ask: bool,
    is_labelled: bool,
) -> tuple[ApprovalBox, ...]:
    """The boxes that are ticked, asked about at a terminal; there a submission without its label is shown first.

    Raises NotAllowed if the person does not approve.
    """
    is_answerable = all(kind_of(hold.reason) is HoldKind.ANSWER for hold in before.reasons)
    if is_labelled or not is_answerable:  # a hold that no approval ends is refused without a question
        may_ask = may_ask and not ticks and is_answerable
        return _ask_boxes(before, boxes, lang) if may_ask else _take_ticked(before, boxes, ticks)
    _print_summary(before, lang)
    ticked = _take_ticked(before, boxes, ticks) if ticks else _ask_boxes(before, boxes, lang)
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
@click.option("--why", required=True, help="理由 / the reason")
@click.option("--yes", "is_sure", is_flag=True, help="尋ねずに取下げ / do not ask")
@in_persons_name
def withdraw(run: PersonCommand, numbers: tuple[int, ...], of_mail: int | None, why: str, is_sure: bool) -> int:
    """取下げ：送信しないことにします（複数可）。

    --from-mail は、その番号と同じメールから保留になったものすべてを取り下げます。
    端末で2件以上のときは、一覧の後に尋ねます。
    端末でないとき（--json も）、--from-mail は、--yes を付けるまで取り下げません。
    """
    if not numbers and of_mail is None:
        raise click.UsageError(say("withdraw_which", run.lang))
    _, author, store = run.open()
    chosen = tuple(dict.fromkeys((*numbers, *(decisions.held_of_mail(store, of_mail) if of_mail else ()))))
    if not is_sure and (of_mail is not None or (len(chosen) > 1 and is_at_terminal() and not run.as_json)):
        _ask_about_all([store.submission(number) for number in chosen], run.lang, as_json=run.as_json)

    def decide(number: int) -> None:
        run.report(decisions.withdraw(store, number, author, why), "withdrawn")

    return _each(chosen, decide, run)


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
@click.option("--note", required=True, help="提出の方法 / how it is handed in")
@in_persons_name
def hand_over(run: PersonCommand, number: int, note: str) -> int:
    """別途提出：フォーム・持参など、ほかの方法で提出します。"""
    _, author, store = run.open()
    return run.report(decisions.hand_over(store, number, author, note), "handed_over")


@cli.command()
@click.argument("announced", type=Number())
@click.argument("answers", nargs=-1, required=True, type=Number(), metavar="ID…")
@in_persons_name
def join(run: PersonCommand, announced: int, answers: tuple[int, ...]) -> int:
    """結び付け：発行完了メールのお知らせが、すでに届いている提出（複数可）であることを記録します。"""
    _, author, store = run.open()
    after = decisions.join(store, announced, answers, author)
    named = ", ".join(map(str, after.joined))
    return run.report(after, "joined", answers=named)


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@click.option("--sent/--not-sent", "left", default=None, help="届いていた／届いていない（必ず一方を指定）")
@in_persons_name
def resolve(run: PersonCommand, number: int, left: bool | None) -> int:
    """送信結果不明の解決：発注者に確認した結果を記録します。"""
    if left is None:  # click takes the None of a required pair of switches for an answer
        raise click.UsageError(say("resolve_which", run.lang))
    clock = system_clock()
    office, author, store = run.open(Right.DECIDE)
    if left:
        after = decisions.resolve_sent(store, number, author, clock.now())
        return run.report(after, "resolved_sent")
    after = with_reader(
        lambda reader: decide_anew.resolve_not_sent(store, office.active_config, reader, number, author, clock.now())
    )
    return run.report(after, "resolved_not_sent")


@cli.command()
@click.argument("numbers", nargs=-1, required=True, type=Number(), metavar="ID…")
@click.option("--failed", is_flag=True, help="届いていない・返却 / the issuer has nothing, or sends it back")
@click.option("--note", required=True, help="相手方・方法 / who there, and how")
@click.option("--whom", default="", help="相手方の氏名（次の電話で示します） / the person there")
@click.option("--at", "at", type=Moment(), default=None, help="確認した日時 / when")
@click.option("--later", type=Moment(), default=None, help="担当者不在：次に電話する日時 / call again at")
@in_persons_name
def confirm(
    run: PersonCommand,
    numbers: tuple[int, ...],
    failed: bool,
    note: str,
    whom: str,
    at: dt.datetime | None,
    later: dt.datetime | None,
) -> int:
    """到達確認：発注者に届いたこと（--failed なら届いていないこと）を記録します。

    担当者が不在のときは、--later に次に電話する日時を付けると、電話したことだけを記録します。
    """
    if failed and later is not None:
        raise click.UsageError(say("confirm_which", run.lang))
    _, author, store = run.open()

    def decide(number: int) -> None:
        if later is not None:
            after = decisions.note_not_reached(store, number, author, note, later, whom)
            run.report(after, "not_reached")
        elif failed:
            after = decisions.report_not_accepted(store, number, author, note, at, whom)
            run.report(after, "not_accepted")
        else:
            run.report(decisions.confirm(store, number, author, note, at, whom), "confirmed")

    return _each(numbers, decide, run)


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@click.option("--note", required=True, help="いつ・どのように / when and how")
@click.option("--what", type=click.IntRange(min=1), default=None, help="手続の番号（複数あるとき） / which duty")
@in_persons_name
def done(run: PersonCommand, number: int, note: str, what: int | None) -> int:
    """提出後の手続：請求書の持参など、送信後に残った手続が済んだことを記録します。"""
    _, author, store = run.open()
    after, duty = decisions.record_done(store, number, author, note, what)
    return run.report(after, "duty_recorded", duty=str(put(duty, run.lang)))


@cli.command()
@click.argument("number", type=Number(), metavar="ID")
@click.option("--why", required=True, help="理由 / the reason")
@in_persons_name
def resend(run: PersonCommand, number: int, why: str) -> int:
    """訂正して再提出：新しい提出を作り、承認待ちにします（元の記録は残ります）。"""
    clock = system_clock()
    office, author, store = run.open(Right.DECIDE)
    after = with_reader(
        lambda reader: decide_anew.resend(store, office.active_config, reader, number, author, why, clock.now())
    )
    if run.as_json:
        print_json(decided_json(after, run.lang))
    else:
        click.echo(say("resent", run.lang, id=number, new=after.label))
    return DONE


@cli.command()
@click.option("--yes", "is_sure", is_flag=True, help="尋ねずに再開 / do not ask")
@in_persons_name
def resume(run: PersonCommand, is_sure: bool) -> int:
    """再開：バックアップに戻した後、送信されるものを一覧で確かめてから、送信を再開します。

    端末では、一覧の後に尋ねます。端末でないとき（--json も）は、--yes を付けるまで再開しません。
    """
    office, author, store = run.open(Right.HEALTH)
    last = next(store.entries(after=store.head()[0] - 1), None)
    # The last entry may be of this very start; what was sent shows how old the backup is, as nothing is sent meanwhile.
    sent_at = store.last_moment(Event.ACCEPTED)
    to_send = store.submissions(State.APPROVED)
    unknown = find_unknown(store)
    if run.as_json:
        if is_sure:
            decisions.resume(store, author)
        at = last.at if last else None
        print_json(resume_json(to_send, unknown, run.lang, is_resumed=is_sure, last=at, sent=sent_at))
        return DONE if is_sure else FOR_A_PERSON
    print_unknown(unknown, run.lang)
    code = "resumed_from" if sent_at else "resumed_from_nothing"
    click.echo(say(code, run.lang, moment=time_text(sent_at)))
    if to_send:
        sends_at = partial(leaves_at, hours=office.configuration.settings.hours, now=system_clock().now())
        title = say("t_to_resume", run.lang, count=len(to_send))
        submission_table(to_send, run.lang, title=title, sends_at=sends_at)
    else:
        click.echo(say("resumes_nothing", run.lang))
    click.echo(say("resumed_looks", run.lang))
    if not is_sure and not is_at_terminal():
        raise NotAllowed("resume_unasked")
    if not is_sure and not click.confirm(say("ask_resume", run.lang), err=True):
        raise NotAllowed("resume_declined")
    decisions.resume(store, author)
    click.echo(say("resumed", run.lang))
    return DONE


ALL_TICKED: Final = 0
"""``--tick all``: boxes are numbered from 1."""


def _take_ticked(submission: Submission, boxes: Sequence[ApprovalBox], ticks: Sequence[int]) -> tuple[ApprovalBox, ...]:
    """The boxes of these numbers. Raises NotAllowed for a number without a box."""
    if ALL_TICKED in ticks:
        return tuple(boxes)
    for number in ticks:
        if number > len(boxes):
            raise NotAllowed("no_such_condition", id=str(submission.id), number=str(number))
    return tuple(boxes[number - 1] for number in sorted(set(ticks)))


def _ask_boxes(submission: Submission, boxes: Sequence[ApprovalBox], lang: Language) -> tuple[ApprovalBox, ...]:
    """Returns the boxes about which the person at the terminal says yes."""
    return tuple(
        box
        for number, box in enumerate(boxes, 1)
        if click.confirm(
            escape_control_chars(
                say("ask_condition", lang, id=submission.label, number=number, condition=box.sentence)
            ),
            err=True,
        )
    )
