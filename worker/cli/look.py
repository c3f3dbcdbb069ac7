"""Commands that only look: read, preview, list, show, log, status, audit verify."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from worker.adapters.config_files import find_directory, read_directory
from worker.adapters.pdf import PdfPool
from worker.adapters.shipped import shipped_file
from worker.adapters.store import SqlStore, has_database
from worker.arrive import Known, Way, receive_notice
from worker.cli import DONE, FOR_A_PERSON, Cli, cli, json_option, open_for_command, pass_cli
from worker.cli.tables import (
    print_json,
    print_pairs,
    print_table,
    submission_json,
    submission_table,
    time_json,
    time_text,
)
from worker.configuration import guarantors_of
from worker.decisions import redraft
from worker.drafting import Drafted
from worker.errors import ConfigError, NotAllowed, Problem
from worker.model import (
    PRODUCT_NAMES,
    End,
    Entry,
    Guarantor,
    Hold,
    Notice,
    PdfText,
    Sha256,
    Submission,
    Unreadable,
    sha256,
)
from worker.ports import Reading, Store
from worker.read import read_notice
from worker.sent_log import LogRow, filter_rows, log_rows
from worker.sent_log_text import EVENT_NAMES, csv_bytes, jsonl
from worker.states import Event, Reason, State
from worker.tell import command_for
from worker.watch import FILE_LIMIT
from worker.wiring import Office, load_office, system_clock
from worker.words import (
    Language,
    name_any_state,
    name_detail,
    name_event,
    name_fault,
    name_hold,
    name_state,
    name_thing,
    next_step,
    say,
)

_FIELDS: Final = ("project_name", "contractor_name", "product", "contract_number", "key", "guarantor")
_WAITING: Final = (State.HELD, State.ANNOUNCED, State.IN_DOUBT, State.REFUSED, State.BOUNCED, State.HANDED_OVER)


# --- One PDF -------------------------------------------------------------------------------------------------


def _content(file: Path) -> bytes | Unreadable:
    """The file's bytes, or the refusal of one that is too large to be a notice. Raises ConfigError."""
    try:
        if file.stat().st_size > FILE_LIMIT:
            return Unreadable(Reason.TOO_LARGE)
        return file.read_bytes()
    except OSError as error:
        raise ConfigError([Problem(str(file), "", "cannot_read", {"detail": error.strerror or ""})]) from error


def _read(content: bytes | Unreadable, guarantors: tuple[Guarantor, ...]) -> Notice | Unreadable:
    if isinstance(content, Unreadable):
        return content

    async def read() -> PdfText | Unreadable:
        reader = PdfPool(1)
        try:
            return await reader.read(content)
        finally:
            await reader.close()

    text = asyncio.run(read())
    return read_notice(text, guarantors) if isinstance(text, PdfText) else text


def _guarantors(shared: Cli) -> tuple[Guarantor, ...]:
    """The profiles of the configuration where there is one, else the shipped ones: ``read`` needs none."""
    if shared.config is None and "HOSHOBIN_CONFIG" not in os.environ:
        try:
            directory = find_directory(None, os.environ, Path.cwd())
        except ConfigError:
            return guarantors_of(shipped_file("config", "guarantors.toml"))
    else:
        directory = find_directory(shared.config, os.environ, Path.cwd())
    return guarantors_of(read_directory(directory)["guarantors.toml"])


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_cli
def read(shared: Cli, file: Path, as_json: bool) -> int:
    """お知らせPDFの読み取り：項目、又は読み取れない理由を示します（認証キーはそのまま表示されます）。"""
    result = _read(_content(file), _guarantors(shared))
    if isinstance(result, Unreadable):
        message = _refusal_words(result, shared.lang)
        if as_json:
            print_json({"refused": result.reason.value, "message": message})
        else:
            click.echo(message)
        return FOR_A_PERSON
    fields = {
        "project_name": result.project_name,
        "contractor_name": result.contractor_name,
        "product": result.product.value,
        "contract_number": result.contract_number,
        "key": result.key.clear,
        "guarantor": result.guarantor,
    }
    if as_json:
        print_json(fields)
    else:
        fields["product"] = PRODUCT_NAMES[result.product]
        print_pairs((say(f"f_{name}", shared.lang), fields[name]) for name in _FIELDS)
    return DONE


def _refusal_words(refusal: Unreadable, lang: Language) -> str:
    hold = Hold(refusal.reason, refusal.detail)
    held = Submission(0, State.HELD, reasons=(hold,))
    return say("refused_notice", lang, reason=name_hold(hold, lang), step=next_step(held, lang))


class _NothingKnown:
    """``Reading`` of an office that has no database yet: nothing was seen before."""

    def submission(self, number: int) -> Submission:
        """Never found."""
        raise NotAllowed("no_such_submission", id=str(number))

    def by_pdf(self, pdf: Sha256) -> tuple[Submission, ...]:  # noqa: ARG002  the port's form
        """None."""
        return ()

    def by_number(self, contract_number: str) -> tuple[Submission, ...]:  # noqa: ARG002
        """None."""
        return ()

    def by_source_message(self, message_id: str) -> tuple[Submission, ...]:  # noqa: ARG002
        """None."""
        return ()

    def notice(self, pdf: Sha256) -> Notice | None:  # noqa: ARG002
        """None."""
        return None

    def original(self, digest: Sha256) -> bytes:
        """Never found."""
        raise NotAllowed("no_such_submission", id=digest)

    def bound_project(self, guarantor: str, contract_number: str) -> str | None:  # noqa: ARG002
        """None."""
        return None


class _WithNotice:
    """What is known, and the notice at hand that nobody has stored."""

    def __init__(self, known: Reading, pdf: Sha256, notice: Notice) -> None:
        self._known = known
        self._pdf = pdf
        self._notice = notice

    def __getattr__(self, name: str) -> Any:
        return getattr(self._known, name)

    def notice(self, pdf: Sha256) -> Notice | None:
        """The one at hand, else the stored one."""
        return self._notice if pdf == self._pdf else self._known.notice(pdf)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
@pass_cli
def preview(shared: Cli, file: Path, as_json: bool) -> int:
    """下見：このPDFがどの提出になるかを示します（保存も送信もしません）。"""
    office = load_office(shared.config)
    content = _content(file)
    read_as = _read(content, office.configuration.guarantors)
    if isinstance(read_as, Unreadable) or isinstance(content, Unreadable):
        refusal = read_as if isinstance(read_as, Unreadable) else Unreadable(Reason.TOO_LARGE)
        hold = Hold(refusal.reason, refusal.detail)
        drafted = Drafted(Submission(0, State.HELD, refusal=hold, reasons=(hold,)), {}, "")
    else:
        drafted = _draft(office, read_as, content, file.name)
    if as_json:
        print_json(_preview_json(drafted))
    else:
        _show_mail(drafted.submission, drafted.body, shared.lang)
    reasons = {hold.reason for hold in drafted.submission.reasons}
    return FOR_A_PERSON if reasons - {Reason.APPROVAL} else DONE


def _draft(office: Office, notice: Notice, pdf: bytes, name: str) -> Drafted:
    clock = system_clock()
    known: Reading = _NothingKnown()
    if has_database(office.places.store):
        known = open_for_command(office, clock)
    digest = sha256(pdf)
    way = Way("folder", name, "", None, proven=True)
    received = receive_notice(notice, digest, way, known)
    submission = received.first if isinstance(received, Known) else received.submission
    with_notice: Reading = _WithNotice(known, digest, notice)
    if isinstance(received, Known) and submission.state is not State.HELD:
        body = submission.draft.body_sha256 if submission.draft else None
        return Drafted(submission, {}, known.original(body).decode() if body else "")
    return redraft(submission, office.in_force, with_notice, clock.now(), pdf)


def _preview_json(drafted: Drafted) -> dict[str, Any]:
    submission = drafted.submission
    draft = submission.draft
    reasons = [hold.reason.value for hold in submission.reasons]
    return {
        "state": submission.state.value,
        "hold_reason": reasons[0] if reasons else None,
        "hold_reasons": reasons,
        "hold_details": [{"reason": hold.reason.value, "detail": hold.detail} for hold in submission.reasons],
        "issuer": submission.issuer,
        "section": submission.section or None,
        "to": list(draft.to) if draft else [],
        "cc": list(draft.cc) if draft else [],
        "subject": draft.subject if draft else None,
        "body": drafted.body or None,
        "attachments": [
            {"filename": each.filename, "bytes": each.size, "sha256": each.sha256} for each in draft.attachments
        ]
        if draft
        else [],
        "rehearsal": submission.is_rehearsal,
        "id": submission.id or None,
    }


def _show_mail(submission: Submission, body: str, lang: Language) -> None:
    """The mail as it will be, and why it is not sent yet."""
    draft = submission.draft
    pairs = [("h_state", name_state(submission, lang))]
    pairs += [("h_reason", name_hold(hold, lang)) for hold in submission.reasons]
    pairs.append(("h_next", next_step(submission, lang)))
    section = " ".join(filter(None, (submission.issuer_name, submission.section_name, submission.section_phone)))
    pairs += [
        ("h_project", submission.project_name or submission.notice_name or submission.source_name),
        ("h_product", PRODUCT_NAMES[submission.product] if submission.product else ""),
        ("h_number", submission.contract_number or ""),
        ("h_section", section),
    ]
    if submission.due_at is not None and submission.state is State.APPROVED:
        pairs.append(("h_due", time_text(submission.due_at)))
    if draft is not None:
        pairs += [("h_to", ", ".join(draft.to)), ("h_cc", ", ".join(draft.cc)), ("h_subject", draft.subject)]
        pairs += [("h_attachments", f"{each.filename}（{each.size:,} bytes）") for each in draft.attachments]
        pairs += [("h_body", body)]
    print_pairs((say(heading, lang), value) for heading, value in pairs if value)


# --- Submissions ---------------------------------------------------------------------------------------------


def _say_rehearsing(office: Office, lang: Language) -> None:
    to = office.configuration.settings.release.rehearsal_to
    if to is not None:
        click.echo(say("rehearsing", lang, to=to))


@cli.command("list")
@click.option("--state", type=click.Choice([state.value for state in State], case_sensitive=False))
@json_option
@pass_cli
def list_submissions(shared: Cli, state: str | None, as_json: bool) -> int:
    """一覧：提出の状態と、次にすること。"""
    office = load_office(shared.config)
    store = open_for_command(office, system_clock())
    found = store.submissions(*([State(state)] if state else []))
    if as_json:
        for each in found:
            print_json(submission_json(each))
        return DONE
    _say_rehearsing(office, shared.lang)
    if found:
        submission_table(found, shared.lang)
    else:
        click.echo(say("no_submissions", shared.lang))
    return DONE


@cli.command()
@click.argument("number", metavar="ID")
@json_option
@pass_cli
def show(shared: Cli, number: str, as_json: bool) -> int:
    """詳細：メールの内容、関連する提出、すべての経過。"""
    office = load_office(shared.config)
    store = open_for_command(office, system_clock())
    wanted = number.partition("@")[0]
    if not wanted.isdigit():
        raise click.UsageError(f"{number!r}: ID")
    submission = store.submission(int(wanted))
    entries = list(store.entries(submission.id))
    linked = _linked(submission, store)
    if as_json:
        print_json(
            {
                **submission_json(submission),
                "hold_details": [{"reason": hold.reason.value, "detail": hold.detail} for hold in submission.reasons],
                "linked": [submission_json(each) for each in linked],
                "entries": [_entry_json(each) for each in entries],
            }
        )
        return DONE
    _say_rehearsing(office, shared.lang)
    click.echo(say("t_submission", shared.lang, id=submission.label))
    _show_mail(submission, _masked_body(submission, store), shared.lang)
    command = command_for(submission)
    if command and not command.startswith("hoshobin show"):  # that was just run
        print_pairs([(say("h_command", shared.lang), command)])
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
            _detail_text(each, shared.lang),
        )
        for each in entries
    ]
    print_table(headings, rows, title=say("h_history", shared.lang))
    return DONE


def _linked(submission: Submission, store: Store) -> list[Submission]:
    numbers = {submission.corrects, submission.follows, submission.superseded_by}
    numbers |= {
        each.id
        for each in (store.by_number(submission.contract_number) if submission.contract_number else ())
        if submission.id in {each.corrects, each.follows, each.superseded_by}
    }
    return [store.submission(number) for number in sorted(number for number in numbers if number is not None)]


def _masked_body(submission: Submission, store: Store) -> str:
    """The body as kept, with the key masked: ``show`` is for any eye in the office."""
    if submission.draft is None:
        return ""
    body = store.original(submission.draft.body_sha256).decode()
    notice = store.notice(submission.pdf_sha256) if submission.pdf_sha256 else None
    return body.replace(notice.key.clear, str(notice.key)) if notice else body


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": time_json(entry.at),
        "event": entry.event,
        "by": entry.by,
        "account": entry.account,
        "detail": dict(entry.detail),
        "set": dict(entry.set),
    }


def _detail_text(entry: Entry, lang: Language) -> str:
    """What the entry adds, without hashes: those are in ``show --json``."""
    parts = [
        f"{name_detail(name, lang)}：{', '.join(map(str, value)) if isinstance(value, list) else value}"
        for name, value in entry.detail.items()
        if value not in (None, "", []) and name not in {"draft", "sha256", "letter", "answered"}
    ]
    reasons = [Hold(Reason(each["reason"]), each["detail"]) for each in entry.set.get("reasons", ())]
    if reasons:
        parts.append(f"{say('h_reason', lang)}：{'、'.join(name_hold(hold, lang) for hold in reasons)}")
    return " / ".join(parts)


# --- The log -------------------------------------------------------------------------------------------------


class _Day(click.ParamType[dt.date]):
    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        if isinstance(value, dt.date):
            return value
        try:
            return dt.date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r}: 2026-04-01", param, ctx)


@cli.command()
@click.option("--format", "form", type=click.Choice(["table", "jsonl", "csv"]), default="table")
@click.option("--since", type=_Day(), help="この日から（当日を含む） / from this day on")
@click.option("--until", type=_Day(), help="この日まで（当日を含む） / up to and with this day")
@click.option("--issuer", default="", help="発注者 / issuer")
@click.option("--project", default="", help="案件 / project")
@click.option("--contract", default="", help="保証契約番号 / contract number")
@pass_cli
def log(
    shared: Cli,
    form: str,
    since: dt.date | None,
    until: dt.date | None,
    issuer: str,
    project: str,
    contract: str,
) -> int:
    """送信記録：いつ、誰に、何を送り、サーバーが何と答えたか（監査用）。"""
    store = open_for_command(load_office(shared.config), system_clock())
    rows = filter_rows(
        log_rows(store.entries()), since=since, until=until, issuer=issuer, project=project, contract=contract
    )
    match form:
        case "csv":
            sys.stdout.flush()
            for line in csv_bytes(rows):
                sys.stdout.buffer.write(line)
        case "jsonl":
            for row in rows:
                click.echo(jsonl(row))
        case _:
            print_log(list(rows), shared.lang)
    return DONE


def print_log(rows: list[LogRow], lang: Language, *, title: str = "") -> None:
    """The log as an auditor reads it on a screen; every column is in the CSV."""
    if not rows:
        click.echo(say("no_log", lang))
        return
    names = ("time", "id", "event", "project", "issuer", "to", "subject", "reply", "by")
    print_table([say(f"h_{name}", lang) for name in names], [_log_cells(row, lang) for row in rows], title=title)


def _log_cells(row: LogRow, lang: Language) -> tuple[str, ...]:
    event = EVENT_NAMES[Event(row.event)] if lang == "ja" else row.event
    return (
        time_text(row.at),
        str(row.id),
        f"{say('rehearsing_short', lang)} {event}" if row.rehearsal else event,
        row.project,
        " ".join(filter(None, (row.issuer, row.section))),
        ", ".join(row.to + row.cc),
        row.subject,
        row.smtp_reply,
        row.decided_by,
    )


def _holds_marked_head(store: Store) -> bool:
    noted = store.marked_head()
    return noted is None or store.holds_head(*noted)


@cli.command()
@json_option
@pass_cli
def status(shared: Cli, as_json: bool) -> int:
    """現況：監視の最終時刻、状態ごとの件数、対応待ち。"""
    office = load_office(shared.config)
    store = open_for_command(office, system_clock())
    counts = store.count_by_state()
    looks = store.looks()
    waiting = store.submissions(*_WAITING)
    aside = {
        name: {end.value: sum(1 for _ in store.messages(name, end)) for end in (End.UNFETCHED, End.TOO_LARGE)}
        for name in office.configuration.settings.mailboxes
    }
    rehearsal_to = office.configuration.settings.release.rehearsal_to
    is_behind = not _holds_marked_head(store)
    if as_json:
        print_json(
            {
                "rehearsal_to": rehearsal_to,
                "behind_head": is_behind,
                "looks": [
                    {"name": each.name, "last_ok": time_json(each.last_ok), "error": each.error or None}
                    for each in looks
                ],
                "set_aside": aside,
                "states": {state.value: count for state, count in counts.items() if count},
                "waiting": [submission_json(each) for each in waiting],
            }
        )
        return DONE
    _say_rehearsing(office, shared.lang)
    if is_behind:
        click.echo(say("behind_head", shared.lang))
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
    for name, counted in aside.items():
        if any(counted.values()):
            click.echo(say("status_set_aside", lang, mailbox=name_thing(f"mail:{name}", lang), **counted))
    if waiting:
        submission_table(waiting, lang, title=say("t_waits", lang))
    else:
        click.echo(say("nothing_waits", lang))
    return DONE


@cli.group()
def audit() -> None:
    """記録（ログ）の検証。"""


@audit.command()
@click.option("--head", "heads", multiple=True, help="以前に控えた末尾のハッシュ / a head noted earlier")
@json_option
@pass_cli
def verify(shared: Cli, heads: tuple[str, ...], as_json: bool) -> int:
    """検証：記録の連鎖、現況との一致、原本のハッシュ。"""
    store = open_for_command(load_office(shared.config), system_clock())
    return print_verdict(store, heads, shared.lang, as_json=as_json)


def print_verdict(store: SqlStore, heads: tuple[str, ...], lang: Language, *, as_json: bool) -> int:
    """What the verification found; the exit code says whether the log holds."""
    noted = store.marked_head()
    verdict = store.verify([*heads, *([noted[1]] if noted and noted[0] else [])])
    if as_json:
        print_json(
            {
                "holds": verdict.holds,
                "count": verdict.count,
                "first": time_json(verdict.first),
                "last": time_json(verdict.last),
                "head": verdict.head,
                "faults": [{"where": str(each.where), "what": each.code} for each in verdict.faults],
            }
        )
    elif not verdict.holds:
        click.echo(say("audit_broken", lang, faults=len(verdict.faults)))
        headings = [say("h_name", lang), say("h_problem", lang)]
        print_table(headings, [(str(each.where), name_fault(each.code, lang)) for each in verdict.faults])
    elif not verdict.count:
        click.echo(say("audit_empty", lang))
    else:
        first, last = time_text(verdict.first), time_text(verdict.last)
        click.echo(say("audit_holds", lang, count=verdict.count, first=first, last=last, head=verdict.head))
    return DONE if verdict.holds else FOR_A_PERSON
