"""The command ``doctor``: every server and folder reached once, what failed, and what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import shutil
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final

import click

from worker.authenticate.sender_auth import Resolver, Tally, tally_servers
from worker.cli import DONE, NOT_REACHED, Cli, cli, json_option, pass_cli
from worker.cli.absence import absence_of, absence_text
from worker.cli.demo.sample_files import sample_pdf
from worker.cli.rehearsal import rehearsing_in
from worker.cli.tables import print_json, print_table, say_release, time_text
from worker.cli.unread import found_unread, recorded_unread
from worker.config.files import is_own_folder
from worker.config.loose_files import name_of_uid
from worker.config.settings import MailboxSettings, Settings
from worker.config.system_places import usual_witness
from worker.core.errors import AccountRefused, ConfigError, HoshobinError, LogBroken, Unavailable
from worker.core.login_errors import find_refusal
from worker.core.message_id import alarm_number
from worker.core.messages import PROVIDERS, Language, hint, name_thing, say, say_refused_login, say_system_fault
from worker.core.model import JST, HealthRecord, Unreadable
from worker.core.server_faults import fault_of_reply, find_fault
from worker.oauth.files import LoginFile, UnusableLogin
from worker.read.ports import BROKEN_SANDBOX, PdfReader, Sandbox
from worker.send.ports import Mail, MailServer, Rcpt, Session, Step
from worker.send.smtp_verdicts import Verdict, judge_reply
from worker.service.readers import build_reader
from worker.service.wiring import (
    Installation,
    build_invoice_folder,
    build_mailboxes,
    build_notice_folder,
    build_server,
    has_store_of,
    load_installation_for_servers,
    load_secrets,
    open_store_of,
    store_form,
    system_clock,
    try_resolver,
    try_witness,
)
from worker.store.backups import (
    BACKED_UP,
    BACKUP_PLACE,
    BACKUP_TROUBLE,
    CHECK_TROUBLE,
    read_backup_place,
    read_set_mark,
    read_trouble,
)
from worker.store.ports import Store
from worker.store.signs import find_signs
from worker.views.backup_age import say_old_backup
from worker.views.backups import say_backup_trouble
from worker.views.problems import problem_hint
from worker.views.service_json import Examined, doctor_json
from worker.views.unread_files import INVOICES, NOTICES, UnreadIn, say_unread
from worker.watch.ports import TriedMailbox


@cli.command()
@click.option(
    "--exit-code",
    "by_limits",
    is_flag=True,
    help="接続せず、警報の限度を超えた数値を終了コードで示します（0 正常、1 注意、2 警報）/ compare with the limits",
)
@json_option
@pass_cli
def doctor(shared: Cli, by_limits: bool, as_json: bool) -> int:
    """診断：各サーバーとフォルダに接続し、異常と対処を示します。"""
    if by_limits:
        from worker.cli.limits import show_limits

        return show_limits(shared, as_json=as_json)
    office = load_installation_for_servers(shared.config)
    tallies: dict[str, Tally] = {}
    unread: dict[str, UnreadIn] = {}
    results = asyncio.run(_examine(office, tallies, unread, shared.lang))
    is_well = not any(each.error for each in results)
    if as_json:
        print_json(doctor_json(results, unread, rehearsing_in(office), _placeholders(office)))
    else:
        say_release(rehearsing_in(office), shared.lang)
        headings = [say(f"h_{name}", shared.lang) for name in ("name", "result", "remedy")]
        rows = [(name_thing(each.name, shared.lang), _said(each, shared.lang), each.remedy) for each in results]
        print_table(headings, rows, styles=["red" if each.error else "" for each in results])
        if addresses := _placeholders(office):
            click.echo(say("doctor_placeholders", shared.lang, addresses=", ".join(addresses)))
        if test := strip_test(office.configuration.settings, tallies, shared.lang):
            click.echo(test + "\n")
        for line in say_unread(unread, shared.lang):
            click.echo(line)
        click.echo(say("doctor_all_well" if is_well else "doctor_failed", shared.lang))
    return DONE if is_well else NOT_REACHED


def _placeholders(office: Installation) -> tuple[str, ...]:
    """The sample addresses of the configuration, each once."""
    remarks = office.configuration.remarks
    return tuple(dict.fromkeys(each.params["address"] for each in remarks if each.code == "placeholder"))


def _said(result: Examined, lang: Language) -> str:
    return result.error or result.note or say("doctor_to_come" if result.is_to_come else "doctor_ok", lang)


async def _examine(
    office: Installation, tallies: dict[str, Tally], unread: dict[str, UnreadIn], lang: Language
) -> list[Examined]:
    """Each thing that is reached, what failed, and what to do about it.

    The answers of servers go into ``tallies``, the files that are not read into ``unread``.
    """
    secrets = load_secrets(office)
    settings = office.configuration.settings
    clock = system_clock()
    results = [_describe_service(office, lang), *_describe_store(office, lang)]
    for mailbox in build_mailboxes(office, secrets):
        results += await _examine_mailbox(mailbox, settings.mailboxes[mailbox.name], tallies, lang)
        mailbox.close()
    if settings.mailboxes:
        note, advice = describe_resolver(await asyncio.to_thread(try_resolver), lang)
        results.append(Examined("dns", remedy=advice, note=note))
    results += [_describe_login(office, name, lang) for name, each in settings.mailboxes.items() if each.oauth]
    server = build_server(office, secrets, clock)
    sessions: list[Session] = []
    opening = partial(_open, server, sessions)
    results.append(await _try("smtp", opening, ("remedy_smtp", "remedy_smtp_account"), lang))
    if sessions:
        results[-1] = await _try_sending(server, settings, lang)
    await server.close()
    results += _describe_copies(office, lang, offers_dsn=any(each.dsn for each in sessions))
    unread |= _recorded_unread(office)
    for name, path, folder in (
        (NOTICES, office.places.notices, build_notice_folder(office)),
        (INVOICES, office.places.invoices, build_invoice_folder(office)),
    ):
        if _is_to_come(path, office):
            results.append(Examined(name, remedy=say("remedy_to_come", lang), is_to_come=True))
        else:
            results.append(await _try(name, _async(folder.look), ("remedy_folder",) * 2, lang))
            unread[name] = found_unread(folder.rest(), unread.get(name))
    results += await _try_reading(lang)
    if command := settings.command:
        results.append(await _try("command", _async(partial(_find, command[0])), ("remedy_command",) * 2, lang))
    return results


async def _examine_mailbox(
    mailbox: TriedMailbox, own: MailboxSettings, tallies: dict[str, Tally], lang: Language
) -> list[Examined]:
    """The mailbox, as far as a look would reach it, and the findings of its server."""
    name, remedies = f"mail:{mailbox.name}", ("remedy_imap", "remedy_imap_account")

    async def count_findings() -> None:
        tallies[mailbox.name] = tally_servers(await mailbox.newest_results(NEWEST))

    for step in (mailbox.open, mailbox.try_reading, count_findings):
        result = await _try(name, step, remedies, lang, name=mailbox.name)
        if result.error:
            return [result]
    note, advice = describe_findings(own, tallies[mailbox.name], lang)
    # ``after`` is tried last: its trial leaves the folder.
    result = await _try(name, mailbox.try_after, ("remedy_after",) * 2, lang, name=mailbox.name)
    return [result, Examined(f"sender:{mailbox.name}", remedy=advice, note=note)]


TRIED_BYTES: Final = 100_000
"""Size that is told of the mail that is tried: that of a notice with an invoice."""


async def _try_sending(server: MailServer, settings: Settings, lang: Language) -> Examined:
    """Begins a mail to addresses of our own and ends it before its content: nothing is sent."""
    copies = (settings.smtp.copy_to, settings.release.rehearsal_to)
    own = dict.fromkeys((*settings.notify, *settings.escalate, *filter(None, copies))) or [settings.contractor.email]
    steps: list[Step] = [Mail(settings.contractor.email, TRIED_BYTES), *(Rcpt(each, dsn=False) for each in own)]
    for step in steps:
        answer = await server.perform(step)
        verdict = judge_reply(step, answer)
        if verdict is Verdict.GO_ON:
            continue
        said, otherwise = str(answer), "remedy_smtp_refused"
        if isinstance(step, Rcpt):
            said, otherwise = f"{step.recipient}: {answer}", "remedy_smtp_own_address"
        if verdict is Verdict.NOT_NOW:
            return Examined("smtp", said, say("remedy_smtp_later", lang))
        if fault := fault_of_reply(str(answer)):
            return Examined("smtp", said, say(f"remedy_{fault}", lang, table="[smtp]"))
        return Examined("smtp", said, say(otherwise, lang))
    return Examined("smtp")


def _describe_service(office: Installation, lang: Language) -> Examined:
    """Reports if it runs; one that was never started, or runs pass by pass, is no failure."""
    folder = office.places.store
    looks: tuple[HealthRecord, ...] = ()
    with contextlib.suppress(HoshobinError):  # none yet, or one of another version: other commands say so
        store = open_store_of(office, system_clock())
        with contextlib.closing(store):
            looks = store.health_records()
    absence = absence_of(folder, looks)
    if absence is None:
        return Examined("service", note=say("service_running", lang))
    if absence.is_meant:
        return Examined("service", note=absence_text(absence, lang))
    return Examined("service", absence_text(absence, lang), say("remedy_service", lang))


def _describe_store(office: Installation, lang: Language) -> list[Examined]:
    """Reports the store's form and the signs against sending from it; nothing before the first run."""
    if not has_store_of(office):
        return []
    try:
        with contextlib.closing(open_store_of(office, system_clock())) as store:
            signs, backups = find_signs(store), describe_backups(store, system_clock().now(), lang)
    except ConfigError as other:  # older or newer than this program
        (problem,) = other.problems
        return [Examined("store", say(problem.code, lang, **problem.params), problem_hint(problem, lang))]
    except (Unavailable, LogBroken) as failure:
        return [Examined("store", str(failure), say("remedy_store", lang))]
    if signs:
        told = [say(f"sign_{each}", lang) for each in signs]
        return [Examined("store", say("doctor_store_stopped", lang, signs=told), say(signs[0], lang)), *backups]
    return [Examined("store", note=say("doctor_store", lang, revision=store_form())), *backups]


def describe_backups(store: Store, now: dt.datetime, lang: Language) -> list[Examined]:
    """Reports the backup that was not made or does not verify, and the age of the last one."""
    troubles = [read_trouble(store.property(name)) for name in (BACKUP_TROUBLE, CHECK_TROUBLE)]
    remedy = say("remedy_backup", lang)
    found = [Examined("backups", say_backup_trouble(each, lang), remedy) for each in troubles if each is not None]
    if old := say_old_backup(store, now, lang):
        found.append(Examined("backups", old, remedy))
    if found:
        return found
    made = read_set_mark(store.property(BACKED_UP))
    if made is None:
        return [Examined("backups", note=say("doctor_backup_to_come", lang))]
    at, place = time_text(made.at), read_backup_place(store.property(BACKUP_PLACE))
    if place is None:
        return [Examined("backups", note=say("doctor_backup", lang, at=at))]
    if place.loose:
        remedy = say("remedy_loose_backup", lang, target=place.target)
        return [Examined("backups", say("backup_loose", lang, target=place.target), remedy)]
    if place.same_disk:
        note = say("backup_same_disk", lang, target=place.target)
        return [Examined("backups", remedy=say("remedy_same_disk", lang), note=note)]
    return [Examined("backups", note=say("doctor_backup", lang, at=at))]


def _describe_copies(office: Installation, lang: Language, *, offers_dsn: bool) -> list[Examined]:
    """The witness, and by what this office would find that it is an old copy, or that another one sends."""
    settings = office.configuration.settings
    wrote = False
    number, folder, has_machine = None, office.places.witness or usual_witness(office.places.store), False
    with contextlib.suppress(HoshobinError), contextlib.ExitStack() as closing:
        store = closing.enter_context(contextlib.closing(open_store_of(office, system_clock())))
        folder, has_machine = store.witness_folder or folder, bool(store.machine)
        own = (each for name in settings.mailboxes for each in store.alarm_messages(name))
        wrote = any(alarm_number(each) is not None for each in own)
        with contextlib.suppress(LogBroken):  # one of the signs
            number = witness.number if (witness := store.witness()) else None
    why = try_witness(folder)
    if why:
        is_named = bool(settings.store_witness)
        said = say("doctor_witness_unusable" if is_named else "doctor_witness_none", lang, folder=folder, why=why)
        remedy = say("remedy_witness", lang, usual=usual_witness(office.places.store))
        results = [Examined("witness", said if is_named else "", remedy, note=said)]
    else:
        code = "doctor_witness_to_come" if number is None else "doctor_witness"
        results = [Examined("witness", note=say(code, lang, folder=folder, number=number))]
    users = {each.user.casefold() for each in settings.mailboxes.values()}
    evidence = {
        "witness": not why,
        "machine": has_machine,
        "telling": wrote or any(each.casefold() in users for each in settings.notify),
        "dsn": offers_dsn,
        "copy": settings.smtp.copy_to is not None,
    }
    return [*results, describe_evidence(evidence, lang)]


def describe_evidence(evidence: Mapping[str, bool], lang: Language) -> Examined:
    """Reports what the store has and lacks; the remedy, if a second sending of everything would not be noticed.

    The machine's id detects neither a restored store nor a second one.
    """
    present, absent = (
        [say(f"evidence_{name}", lang) for name, is_there in evidence.items() if is_there is wanted]
        for wanted in (True, False)
    )
    code = "doctor_evidence" if absent else "doctor_evidence_all"
    note = say(code, lang, present=present or say("evidence_nothing", lang), absent=absent)
    is_blind = not any(is_there for name, is_there in evidence.items() if name != "machine")
    return Examined("copies", remedy=say("remedy_blind", lang) if is_blind else "", note=note)


async def _open(server: MailServer, sessions: list[Session]) -> None:
    sessions.append(await server.open())


def _describe_login(office: Installation, name: str, lang: Language) -> Examined:
    """Reports the stored login by token after the scan of its mailbox, which renewed it if that was due."""
    try:
        kept = LoginFile(office.places.store, name).read()
    except UnusableLogin as unfit:
        params = {"name": name} | unfit.params
        return Examined(f"login:{name}", say(unfit.code, lang, **params), hint(unfit.code, lang, **params))
    code = "doctor_login" if kept.is_usable(system_clock().now()) else "doctor_login_renews"
    times = {"expires": kept.expires_at, "renewed": kept.renewed_at, "since": kept.logged_in_at}
    moments = {key: f"{moment.astimezone(JST):%Y-%m-%d %H:%M}" for key, moment in times.items()}
    return Examined(f"login:{name}", note=say(code, lang, provider=PROVIDERS[kept.provider], **moments))


def _is_to_come(folder: Path, office: Installation) -> bool:
    """Returns True if the first ``run`` will make this folder: after that, a folder that is gone is missed."""
    return not folder.exists() and is_own_folder(folder, office.places) and not has_store_of(office)


def _recorded_unread(office: Installation) -> dict[str, UnreadIn]:
    with contextlib.suppress(HoshobinError):  # no store yet, or one of another version: other commands say so
        store = open_store_of(office, system_clock())
        with contextlib.closing(store):
            return recorded_unread(office, store)
    return recorded_unread(office, None)


def _find(program: str) -> None:
    """It is not run: it would notify people."""
    if not Path(program).is_absolute() or shutil.which(program) is None:
        raise Unavailable("command", program)


async def _try_reading(lang: Language) -> list[Examined]:
    """A sample read by a child, and the parts of its sandbox that are in force."""
    reader = build_reader(1)
    try:
        await reader.warm()
    except Unavailable as failure:
        if failure.what == BROKEN_SANDBOX:
            return [Examined(BROKEN_SANDBOX, failure.detail, say("remedy_pdf_sandbox", lang))]
    try:
        remedy = "remedy_pdf" if reader.is_own else "remedy_pdf_reader"
        results = [await _try("pdf", partial(_read_sample, reader), (remedy,) * 2, lang)]
    finally:
        await reader.close()
    if reader.sandbox is not None:
        note, advice = describe_sandbox(reader.sandbox, lang)
        if reader.account is not None and reader.account != os.geteuid():
            note = say("doctor_reader", lang, account=name_of_uid(reader.account), parts=note)
        results.append(Examined(BROKEN_SANDBOX, remedy=advice, note=note))
    return results


async def _read_sample(reader: PdfReader) -> None:
    read = await reader.read(sample_pdf("notice-contract.pdf"))
    if isinstance(read, Unreadable):
        raise Unavailable("pdf", read.reason.value)


def describe_sandbox(sandbox: Sandbox, lang: Language) -> tuple[str, str]:
    """Returns the parts in force, and the remedy for the others; empty if nothing is to be done."""
    names = {"no_new_privs": "no_new_privs", "landlock": "Landlock", "seccomp": "seccomp"}
    missing = [names[each] for each in sandbox.missing]
    names["landlock"] += f" (ABI {sandbox.landlock})"
    parts = [names[each] for each in sandbox.parts] or say("doctor_sandbox_none", lang)
    if not missing:
        return say("doctor_sandbox", lang, parts=parts), ""
    return say("doctor_sandbox_partly", lang, parts=parts, missing=missing), say("remedy_sandbox_partly", lang)


def _async(call: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    async def called() -> object:
        return call()

    return called


async def _try(
    shown_name: str,
    reach: Callable[[], Awaitable[object]],
    remedies: tuple[str, ...],
    lang: Language,
    **params: str,
) -> Examined:
    try:
        await reach()
    except AccountRefused as refused:
        if refusal := find_refusal(refused.detail):
            why, step = say_refused_login(refusal, lang)
            return Examined(shown_name, f"{why}: {refusal.said}", step)
        return Examined(shown_name, refused.detail, _remedy(refused, remedies[1], lang, params))
    except Unavailable as failure:
        detail = say_system_fault(failure.detail, lang)
        return Examined(shown_name, detail, _remedy(failure, remedies[0], lang, params))
    return Examined(shown_name)


def _remedy(failure: Unavailable, otherwise: str, lang: Language, params: Mapping[str, str]) -> str:
    """Returns the remedy of the fault that ``failure`` reports, else ``otherwise``."""
    fault = find_fault(failure.detail)
    table = f"[mailbox.{params['name']}]" if "name" in params else "[smtp]"
    return say(f"remedy_{fault}", lang, table=table) if fault else say(otherwise, lang, **params)


NEWEST: Final = 30
"""Messages that are examined: the server's own name is in each of them."""


_NAMED: Final = 3
"""Names that are shown: the own one is the most frequent."""


def describe_findings(own: MailboxSettings, tally: Tally, lang: Language) -> tuple[str, str]:
    """Returns the state of the findings of the mailbox's server, and the remedy; empty if nothing is to be done."""
    name, mails = own.authserv_id, tally.mails
    candidates = _candidates(own, tally, lang)
    if not name:
        return say("doctor_not_set", lang), say("remedy_not_set", lang, candidates=candidates)
    if name.casefold() in {each.casefold() for each in tally.doubled}:
        return say("doctor_doubled", lang), say("remedy_doubled", lang, name=name)
    count = tally.in_mails(name)
    if mails and not count:
        return say("doctor_not_seen", lang), say("remedy_not_seen", lang, mails=mails, name=name, candidates=candidates)
    return say("doctor_seen", lang, mails=mails, count=count), ""


def _candidates(own: MailboxSettings, tally: Tally, lang: Language) -> str:
    if not tally.bearing:
        return say("remedy_no_candidates" if tally.mails else "remedy_no_mails", lang, mails=tally.mails)
    names = [say("mails_of", lang, name=name, count=count) for name, count in list(tally.bearing.items())[:_NAMED]]
    return say("remedy_candidates", lang, mails=tally.mails, names=names, mailbox=own.name)


def describe_resolver(found: Resolver, lang: Language) -> tuple[str, str]:
    """Reports how far keys that are looked up here can be trusted, and the remedy; empty if nothing is to be done."""
    remedy = "" if found is Resolver.SECURED else say("remedy_resolver", lang)
    return say(f"resolver_{found.name.lower()}", lang), remedy


def strip_test(settings: Settings, tallies: dict[str, Tally], lang: Language) -> str:
    """Returns the way to try that the server removes forged findings, for the first mailbox; empty without one."""
    own = next(iter(settings.mailboxes.values()), None)
    if own is None:
        return ""
    seen = tallies.get(own.name)
    name = own.authserv_id or (next(iter(seen.bearing), "") if seen else "") or own.host
    return say("strip_test", lang, user=settings.contractor.email, name=name)
