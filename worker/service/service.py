"""The long run: one loop per mailbox, one for the folder, one that judges, sends and notifies.

Loops and checks wait by asyncio, whose clock cannot be set; a mailbox's loop is woken by its server. apscheduler wakes
the sending loop as each minute of the day begins, for moments of the calendar. Everything durable is in the store. No
loop waits for another; a loop that an outage stops ends its pass with that reason.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import gc
import logging
import random
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from worker.accounts.people import find_missing_second
from worker.config.files import find_unread, make_own_folders, read_directory, stamp_directory
from worker.config.ports import Secrets
from worker.config.quiet_period import Debounce
from worker.config.settings import FILE, Settings
from worker.core.accounts import japanese_day
from worker.core.clock import Clock
from worker.core.errors import AccountRefused, ConfigError, LogBroken, Unavailable
from worker.core.heartbeat import Heartbeat
from worker.core.model import JST
from worker.pipeline.pipeline import Pipeline, watch_folder_until_settled
from worker.pipeline.send import recover
from worker.pipeline.start import record_start
from worker.pipeline.store_outage import AlarmChannels, StoreOutage
from worker.pipeline.written_files import WrittenFiles
from worker.read.ports import LanedReader
from worker.send.ports import MailServer
from worker.send.retry import Backoff, RetryingServer
from worker.service.loop import RECONNECT_LIMIT, Loop, MailboxPoller, keep_going
from worker.service.reload import CONFIGURATION, ConfigReload
from worker.service.shutdown import Shutdown
from worker.service.status import SENDING, ServiceStatus
from worker.service.systemd import SystemdNotifier
from worker.service.wiring import (
    Installation,
    account_name,
    build_command,
    build_dkim_verifier,
    build_folder,
    build_mailboxes,
    build_server,
    build_webhook,
    load_changed_installation,
    load_secrets,
    program_version,
)
from worker.store.ports import Store
from worker.watch.ports import Mailbox
from worker.watch.threads import DaemonExecutor, OwnThread

TICK_SECONDS: Final = 5
"""Seconds between two checks for an approval, a moment that has come, or an outage: one indexed query."""
CLOSE_SECONDS: Final = 1.0
"""Seconds that a stop, after the mail under way, waits for the broken-off looks, and for the mail server's goodbye."""

_log = structlog.get_logger("hoshobin")


class Service:
    """The worker as systemd runs it; the caller holds the sender's lock and has opened the store."""

    def __init__(
        self, office: Installation, option: str | None, store: Store, reader: LanedReader, clock: Clock
    ) -> None:
        self._office = office
        self._secrets = load_secrets(office)
        self._option = option
        self._store = store
        self._reader = reader
        self._clock = clock
        self._systemd = SystemdNotifier()
        self._stopping = Shutdown(self._systemd)
        self._debounce = Debounce()
        self._written = WrittenFiles(store, office.directory, office.configuration.files)
        self._config_reload = ConfigReload(store, clock, account_name())
        self._turn = asyncio.Event()  # the loops must end: for a stop, or for another configuration to start with
        self._is_asked_to_reload = False
        self._status = ServiceStatus(store, clock)
        self._troubles = self._status.troubles
        self._outage = StoreOutage(store, clock)
        self._loops: list[Loop] = []  # the sending one first
        self._looked: set[str] = set()  # the loops whose first pass has ended, well or not
        self._folder_thread = OwnThread("folder")
        self._backoffs: list[Backoff] = []

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT; at the end the reader is closed. Raises what is a fault of ours."""
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        loop.set_default_executor(DaemonExecutor())
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._ask_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._ask_to_reload)
        await self._reader.prepare()  # a core is free while the office is opened
        files = self._office.configuration.files
        record_start(self._store, files, program_version(), account_name(), self._store.config_in_force())
        self._config_reload.accept(files, self._office.settings.release.rehearsal_to)
        found = recover(self._store, self._office.active_config, account_name(), self._clock.now())
        _log.info("started", version=program_version(), put_back=found.put_back, in_doubt=found.in_doubt)
        gc.freeze()  # what a start makes is kept to the end: no collection visits it
        try:
            while not self._stopping.is_asked:
                self._turn.clear()
                await self._run_office(self._office)
        finally:
            self._outage.stop()
            await self._reader.close()
        _log.info("stopped")

    def _ask_to_stop(self) -> None:
        self._stopping.ask()
        self._turn.set()

    def _ask_to_reload(self) -> None:
        self._is_asked_to_reload = True
        for each in self._loops:
            each.wake.set()

    # --- One configuration's life ----------------------------------------------------------------------------

    async def _run_office(self, office: Installation) -> None:
        """Run every loop with ``office`` until a stop, a fault, or the next configuration."""
        mailboxes = build_mailboxes(office, self._secrets)
        heartbeat = Heartbeat(SENDING, TICK_SECONDS, time.monotonic)
        self._backoffs = [Backoff(self._clock, dt.timedelta(seconds=office.configuration.settings.poll_seconds))]
        server = RetryingServer(build_server(office, self._secrets, self._clock), self._backoffs[0])
        account, command = account_name(), build_command(office)
        dkim = build_dkim_verifier(self._clock)
        pipeline = Pipeline(
            self._store,
            self._reader,
            server,
            self._clock,
            account,
            office.active_config,
            command,
            dkim,
            self._reader.for_mail,
            build_webhook(self._secrets),
        )
        self._loops = [Loop(heartbeat, partial(self._send, pipeline))]
        self._loops += self._watching(office, pipeline, mailboxes)
        pipeline.on_recorded = self._loops[0].wake.set
        pipeline.writes_known = self._written.known
        pipeline.notifying.find_unread_configuration = partial(find_unread, office.directory)
        watching = {each.name for each in self._loops if each.poller is not None}
        pipeline.gate.awaits_first_looks = lambda: not watching <= self._looked | pipeline.watching.has_news_of
        scheduler = self._schedule()
        for each in self._loops:
            each.wake.set()
        make_pass = partial(self._pass, pipeline)
        tasks = [
            asyncio.create_task(keep_going(each, make_pass, self._turn.is_set), name=each.name) for each in self._loops
        ]
        checks = self._start_checks(pipeline)
        scheduler.start()
        self._systemd.ready()
        turn = asyncio.create_task(self._turn.wait())
        await asyncio.wait([turn, *tasks, *checks], return_when=asyncio.FIRST_COMPLETED)
        turn.cancel()
        for check in checks:
            check.cancel()
        end_clock(scheduler)
        pipeline.sending.end_after_this_mail()
        await self._end(tasks, mailboxes, server, pipeline)
        self._record_what_is_kept(pipeline)
        for task in (*tasks, *checks):
            if task.done() and not task.cancelled() and (fault := task.exception()) is not None:
                _log.error("fault", loop=task.get_name(), trace="".join(traceback.format_exception(fault)))
                raise fault

    def _watching(self, office: Installation, pipeline: Pipeline, mailboxes: Sequence[Mailbox]) -> list[Loop]:
        settings = office.configuration.settings
        loops = [self._watching_one(mailbox, settings, pipeline) for mailbox in mailboxes]
        heartbeat = Heartbeat("folder", settings.poll_seconds, time.monotonic)
        folder = build_folder(office, self._folder_thread)
        return [*loops, Loop(heartbeat, partial(watch_folder_until_settled, pipeline, folder))]

    def _watching_one(self, mailbox: Mailbox, settings: Settings, pipeline: Pipeline) -> Loop:
        heartbeat = Heartbeat(f"mail:{mailbox.name}", max(settings.poll_seconds, RECONNECT_LIMIT), time.monotonic)
        backoff = Backoff(self._clock)
        self._backoffs.append(backoff)

        async def look() -> int:
            since = settings.mailboxes[mailbox.name].since
            return await backoff.ask(partial(pipeline.watch_mailbox, mailbox, since))

        poller = MailboxPoller(look, mailbox.listen, settings.poll_seconds, random.random, time.monotonic)
        return Loop(heartbeat, poller.poll, poller)

    def _schedule(self) -> AsyncIOScheduler:
        """The calendar: digest, office hours and the days of contracts begin with a minute.

        It calls a coroutine: anything else it would call in a thread. A late run counts once.
        """
        scheduler = AsyncIOScheduler(
            timezone=JST, job_defaults={"max_instances": 1, "misfire_grace_time": None, "coalesce": True}
        )
        scheduler.add_job(self._loops[0].wake_up, "cron", second=0)
        return scheduler

    def _start_checks(self, pipeline: Pipeline) -> list[asyncio.Task[None]]:
        """Start the checks in tasks of their own, so that a loop that hangs is seen."""
        checks = {"hearing": _every(TICK_SECONDS, partial(self._check_outages, pipeline))}
        if self._systemd.watchdog_seconds:
            checks["watchdog"] = _every(self._systemd.watchdog_seconds / 3, self._feed_watchdog)
        return [asyncio.create_task(check, name=name) for name, check in checks.items()]

    def _feed_watchdog(self) -> None:
        hung = [each.name for each in self._loops if not each.heartbeat.is_alive]
        if hung:
            _log.error("hung", loops=hung)
        else:
            self._systemd.feed_watchdog()

    async def _end(
        self, tasks: Sequence[asyncio.Task[None]], mailboxes: Sequence[Mailbox], server: MailServer, pipeline: Pipeline
    ) -> None:
        """Give the mail under way its time; a look is broken off at once, as it loses nothing by being made again."""
        sending, *watching = tasks
        self._turn.set()
        self._loops[0].wake.set()
        for task in watching:
            task.cancel()
        for mailbox in mailboxes:
            mailbox.close()
        await self._stopping.wait_for(sending, lambda: pipeline.sending.awaits_answer)
        sending.cancel()
        await asyncio.wait(tasks, timeout=CLOSE_SECONDS)
        await asyncio.wait([asyncio.create_task(server.close())], timeout=CLOSE_SECONDS)

    def _record_what_is_kept(self, pipeline: Pipeline) -> None:
        """The last chance of an answer that could not be recorded; without it the submission is found IN_DOUBT."""
        try:
            pipeline.sending.record_kept_answer()
        except (Unavailable, LogBroken) as failure:
            _log.error("unrecorded", loop=SENDING, detail=str(failure))

    # --- The loops -------------------------------------------------------------------------------------------

    async def _pass(self, pipeline: Pipeline, loop: Loop) -> None:
        try:
            await loop.one_pass()
        except (Unavailable, LogBroken) as failure:
            self._name_trouble(loop.name, failure, pipeline)
        else:
            self._status.note_success(loop.name, pipeline.watching.actions.failures.get(loop.name))
        self._looked.add(loop.name)
        if loop.name != SENDING:
            self._loops[0].wake.set()
        self._show_status(pipeline)

    def _name_trouble(self, name: str, failure: Unavailable | LogBroken, pipeline: Pipeline) -> None:
        """Say what stopped the pass, once for as long as it stays the same."""
        former = self._troubles.get(name)
        self._troubles[name] = failure
        if str(former) != str(failure):
            _write_trouble(name, failure)
        if former is failure or isinstance(failure, LogBroken) or (name == SENDING and failure.what != "smtp"):
            return
        try:
            pipeline.health.failed("smtp" if name == SENDING else name, failure, self._clock.now())
        except (Unavailable, LogBroken) as unrecorded:
            _log.error("unrecorded", loop=name, detail=str(unrecorded))

    async def _send(self, pipeline: Pipeline) -> None:
        """Reload if asked to, then re-evaluate, send, notify and note the head."""
        self._reload(pipeline)
        if self._turn.is_set():
            return
        try:
            done = await pipeline.finish_pass()
        except (Unavailable, LogBroken) as failure:
            self._outage.note_pass(failure)
            raise
        self._outage.note_pass(None)
        if done.sent or done.began_to_wait:
            _log.info("pass", sent=done.sent, began_to_wait=done.began_to_wait)
        if done.broken is not None:
            raise done.broken
        if "smtp" in done.failures:
            await pipeline.notifying.call_operator(pipeline.active_config, done.failures["smtp"])
            raise done.failures["smtp"]

    def _reload(self, pipeline: Pipeline) -> None:
        """Put the configuration on disk in force: at once if asked to, else if the changed files are due.

        A bad one is reported and the old one stays. Not while an answer waits to be recorded: it is kept in this
        pipeline.
        """
        if pipeline.sending.has_unrecorded_answer:
            return
        noted, stamp = self._written.note(), stamp_directory(self._office.directory)
        written = self._written.find_newer()
        whole = written if self._written.are_as_written(written) else ()
        is_due = self._debounce.is_due(stamp, time.monotonic(), is_superseded=bool(written), whole=whole)
        if not (is_due or self._is_asked_to_reload):
            return
        refused, office, secrets = None, self._office, self._secrets
        try:
            office, secrets = self._load_changed()
        except ConfigError as error:
            refused = error
        if stamp_directory(self._office.directory) != stamp:
            return  # somebody is writing: they are read again when they have rested
        if refused is not None:
            self._refuse(refused)
        else:
            self._activate_config(office, secrets, pipeline)
        self._written.known = pipeline.writes_known = noted
        self._debounce.take(stamp)
        self._is_asked_to_reload = False

    def _load_changed(self) -> tuple[Installation, Secrets]:
        """The office as it is on disk; the one in force itself if no byte differs and no person asks."""
        active_config = {each.name: each.content for each in self._office.configuration.files}
        if not self._is_asked_to_reload and read_directory(self._office.directory) == active_config:
            return self._office, self._secrets
        office = load_changed_installation(self._office, self._option)
        today = japanese_day(self._clock.now())
        changed = {each.name for each in office.configuration.files if each.content != active_config.get(each.name)}
        # As at a start: an account may have ended meanwhile, and a changed register is not held back for it.
        if FILE in changed and (problems := find_missing_second(self._store, office.settings, today)):
            raise ConfigError(problems)
        return office, load_secrets(office)

    def _refuse(self, error: ConfigError) -> None:
        self._troubles[CONFIGURATION] = error
        _log.error("configuration_refused", problems=[f"{p.file}: {p.key}: {p.code}" for p in error.problems])
        self._config_reload.refuse(error)

    def _activate_config(self, office: Installation, secrets: Secrets, pipeline: Pipeline) -> None:
        make_own_folders(office.places)
        self._config_reload.accept(office.configuration.files, office.settings.release.rehearsal_to)
        self._troubles.pop(CONFIGURATION, None)
        if office is self._office:
            return
        _log.info("configuration_in_force", files=len(office.configuration.files))
        pipeline.activate_config(office.active_config)
        for each in self._backoffs:
            each.forget()
        for loop in self._loops[1:]:
            loop.forget_failures()
        if (office.connection_settings, secrets) != (self._office.connection_settings, self._secrets):
            self._turn.set()
        self._office, self._secrets = office, secrets

    def _show_status(self, pipeline: Pipeline) -> None:
        self._systemd.status(self._status.write(pipeline.active_config))

    def _check_outages(self, pipeline: Pipeline) -> None:
        office = self._office
        build = partial(build_server, office, self._secrets, self._clock)
        place = str(office.places.store)
        self._outage.check(AlarmChannels(office.configuration.settings, place, build, build_command(office)))
        names = [each.name for each in self._loops[1:]]
        if self._status.check_outages(names, pipeline.active_config, is_store_outage_told=self._outage.is_told):
            self._loops[0].wake.set()
            self._show_status(pipeline)


def _write_trouble(name: str, failure: Unavailable | LogBroken) -> None:
    """Writes to the journal what stopped the pass of a loop."""
    match failure:
        case LogBroken():
            _log.error("log_broken", loop=name, failure=str(failure))
        case AccountRefused():
            _log.error("unavailable", loop=name, failure=str(failure))
        case Unavailable():
            _log.warning("unavailable", loop=name, failure=str(failure))


async def _every(seconds: float, call: Callable[[], None]) -> None:
    """Call it each time that so many seconds have passed, by the loop's own clock: setting the machine's counts not."""
    while True:
        await asyncio.sleep(seconds)
        call()


def end_clock(scheduler: AsyncIOScheduler) -> None:
    """End ``scheduler``; it calls nothing more, as a call that its end breaks off is an error in the journal."""
    scheduler.pause()  # at once; the end comes with the loop's next turn, behind every call that is already made
    scheduler.shutdown(wait=False)
