"""The work of the command ``run``: the service, or one pass over everything due."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from collections.abc import Iterator
from functools import partial

import click
import structlog
from structlog.typing import Processor

from worker.accounts.people import find_missing_second
from worker.approve.rehearsal import record_setting
from worker.cli import DONE, FOR_A_PERSON, NOT_REACHED, Cli
from worker.config.files import find_unread, make_own_folders
from worker.config.settings import FILE
from worker.core.accounts import japanese_day
from worker.core.clock import Clock
from worker.core.errors import ConfigError, HoshobinError
from worker.core.messages import Language, name_thing, say, say_trouble
from worker.core.model import JST
from worker.core.states import State
from worker.notify.operator_mail import STOPPED
from worker.pipeline.pipeline import Pass, Pipeline, run_once
from worker.pipeline.send import recover
from worker.pipeline.start import record_start
from worker.pipeline.written_files import WrittenFiles
from worker.read.ports import LanedReader
from worker.send.ports import Lock
from worker.send.rate_limit import leaves_at
from worker.service.absence import ASKED, ONCE, explain_end
from worker.service.service import Service
from worker.service.wiring import (
    Installation,
    account_name,
    build_command,
    build_dkim_verifier,
    build_folder,
    build_mailboxes,
    build_server,
    build_webhook,
    find_store_of,
    load_installation_for_servers,
    load_secrets,
    make_store_of,
    open_store_of,
    program_version,
    system_clock,
    take_sender_lock,
)
from worker.store.ports import Author


def run_office(shared: Cli, reader: LanedReader, runner: asyncio.Runner, *, once: bool) -> int:
    """Runs the service until it is stopped, or one pass; returns the exit code.

    The tasks that start the children of ``reader`` belong to ``runner``. Raises ConfigError, and what the store raises.
    """
    if not once:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # until there is a configuration to replace; it would end us
    _log_to_stderr()
    clock = system_clock()
    try:
        office = load_installation_for_servers(shared.config)
    except ConfigError as error:
        _note_failed_start(shared.config, clock, error)
        raise
    with take_sender_lock(office.places.store, clock) as lock, _noting_end(lock, clock, ONCE if once else ASKED):
        make_store_of(office.places.store, clock)
        _refuse_single_person(office, clock)
        make_own_folders(office.places)
        if once:
            done = pass_once(office, reader, runner)
            code = _end_of_pass(done, shared.lang)
            if done.broken is None:
                _say_when_the_rest_leaves(office, clock, shared.lang)
            return code
        with contextlib.closing(open_store_of(office, clock)) as store:
            runner.run(Service(office, shared.config, store, reader, clock).run())
    return DONE


def _refuse_single_person(office: Installation, clock: Clock) -> None:
    """Raises ConfigError if the changed ``worker.toml`` asks for two people while there are fewer.

    A start with the former file is not refused, because an account may have ended meanwhile: what needs two people
    waits, and the rest goes on.
    """
    with contextlib.closing(open_store_of(office, clock)) as store:
        in_force = store.config_in_force()
        if all(in_force.get(each.name) == each.sha256 for each in office.configuration.files if each.name == FILE):
            return
        if problems := find_missing_second(store, office.settings, japanese_day(clock.now())):
            raise ConfigError(problems)


def _note_failed_start(option: str | None, clock: Clock, error: ConfigError) -> None:
    """Leave word in a store's directory that is known and in which no service runs."""
    with contextlib.suppress(HoshobinError):
        folder = find_store_of(option)
        if folder.is_dir():
            with take_sender_lock(folder, clock) as lock:
                lock.note_end(clock.now(), *explain_end(error))


@contextlib.contextmanager
def _noting_end(lock: Lock, clock: Clock, ended_well: str) -> Iterator[None]:
    try:
        yield
    except BaseException as error:
        lock.note_end(clock.now(), *explain_end(error))
        raise
    lock.note_end(clock.now(), ended_well)


def pass_once(office: Installation, reader: LanedReader, runner: asyncio.Runner) -> Pass:
    """One pass over everything due, for the holder of the sender's lock; closes ``reader``."""
    clock, secrets = system_clock(), load_secrets(office)
    server = build_server(office, secrets, clock)
    mailboxes, folder = build_mailboxes(office, secrets), build_folder(office)
    settings = office.settings
    with contextlib.closing(open_store_of(office, clock)) as store, contextlib.ExitStack() as closing:
        closing.callback(folder.close)
        for mailbox in mailboxes:
            closing.callback(mailbox.close)
        closing.callback(lambda: runner.run(reader.close()))
        closing.callback(lambda: runner.run(server.close()))
        files = office.configuration.files
        record_start(store, files, program_version(), account_name(), store.config_in_force())
        record_setting(store, settings.release.rehearsal_to, Author("hoshobin", account_name()))
        recover(store, office.active_config, account_name(), clock.now())
        command, dkim, webhook = build_command(office), build_dkim_verifier(clock), build_webhook(secrets)
        pipeline = Pipeline(
            store, reader, server, clock, account_name(), office.active_config, command, dkim, reader.for_mail, webhook
        )
        pipeline.writes_known = WrittenFiles(store, office.directory, files).known
        pipeline.notifying.find_unread_configuration = partial(find_unread, office.directory)
        since = {name: mailbox.since for name, mailbox in settings.mailboxes.items()}
        return runner.run(run_once(pipeline, mailboxes, since, folder, clock))


def _end_of_pass(done: Pass, lang: Language) -> int:
    for name, failure in done.failures.items():
        why = say_trouble(name, failure.detail, lang)
        click.echo(say("pass_failed", lang, name=name_thing(name, lang), why=why), err=True)
    if done.broken is not None:
        code = done.broken.code
        said = say(code, lang) if code in STOPPED else say("log_broken", lang, detail=done.broken.detail)
        click.echo(said, err=True)
    click.echo(say("pass_done", lang, sent=done.sent, new=done.new, changed=done.changed))
    if done.failures:
        return NOT_REACHED
    return FOR_A_PERSON if done.began_to_wait or done.broken else DONE


def _say_when_the_rest_leaves(office: Installation, clock: Clock, lang: Language) -> None:
    """A pass that sent nothing is no failure while the released mails wait for the hours of sending."""
    with contextlib.closing(open_store_of(office, clock)) as store:
        waiting = store.submissions(State.APPROVED)
    hours, now = office.settings.hours, clock.now()
    moments = [moment for each in waiting if (moment := leaves_at(each, hours, now)) is not None]
    if moments:
        first = f"{min(moments).astimezone(JST):%Y-%m-%d %H:%M}"
        click.echo(say("status_sends_at", lang, count=len(waiting), moment=first))
    grace = office.settings.release.grace_seconds
    if grace and any(each.approval.due_at and each.approval.due_at > now for each in waiting if not each.is_by_hold):
        click.echo(say("grace_waits", lang, seconds=grace))


def _log_to_stderr() -> None:
    """Writes events for the journal, one JSON line each, and the warnings of libraries."""
    stamps: list[Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    line = structlog.processors.JSONRenderer(ensure_ascii=False)
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setLevel(logging.WARNING)  # here: loggers have levels of their own
    to_stderr.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=stamps, processors=[meta, line]))
    logging.basicConfig(handlers=[to_stderr])
    structlog.configure(processors=[*stamps, line], logger_factory=structlog.PrintLoggerFactory(sys.stderr))
