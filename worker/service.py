"""The long run: one loop per mailbox, one for the folder, one for judging, sending and telling.

apscheduler is the clock: it wakes the loops, nothing else. Everything durable is in the store. No loop waits for
another; a loop that the world stops ends its pass with that reason and is woken on schedule again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from worker.adapters.imap import ImapMailbox
from worker.adapters.pdf import PdfPool
from worker.adapters.systemd import ServiceManager
from worker.beat import RUNNING, Beat, BeatingReader, BeatingServer, BeatingThread
from worker.errors import AccountRefused, ConfigError, LogBroken, Unavailable
from worker.model import JST
from worker.pipeline import Pipeline
from worker.pipeline.once import Pass, finish_pass, watch_folder_until_settled
from worker.ports import Clock, Store
from worker.recover import record_configuration, record_start, recover
from worker.send import retry_delay
from worker.states import State
from worker.wiring import (
    MailboxThread,
    Office,
    account_name,
    build_folder,
    build_mailboxes,
    build_server,
    load_office,
    load_secrets,
    program_version,
)
from worker.words import name_any_state, say

TICK_SECONDS: Final = 5
"""How often the sending loop looks whether somebody approved, or a moment has come: one indexed query."""
STOP_SECONDS: Final = 8.0
"""How long a stop waits for the steps at hand; ``systemd/hoshobin.service`` waits longer."""

_log = structlog.get_logger("hoshobin")


@dataclass(slots=True)
class _Loop:
    """One loop: woken by the clock, alive by its beat."""

    name: str
    beat: Beat
    seconds: float
    one_pass: Callable[[], Awaitable[None]]
    wake: asyncio.Event = field(default_factory=asyncio.Event)


class Service:
    """The worker as systemd runs it; the caller holds the sender's lock and has opened the store."""

    def __init__(self, office: Office, option: str | None, store: Store, reader: PdfPool, clock: Clock) -> None:
        self._office = office
        self._option = option
        self._store = store
        self._reader = reader
        self._clock = clock
        self._manager = ServiceManager()
        self._stop = asyncio.Event()
        self._turn = asyncio.Event()
        """Set when the loops must end: for a stop, or for another configuration to start with."""
        self._is_asked_to_reload = False
        self._troubles: dict[str, str] = {}
        self._refusals: dict[str, int] = {}
        self._not_before: dict[str, dt.datetime] = {}
        self._loops: list[_Loop] = []

    async def run(self) -> None:
        """Run until SIGTERM or SIGINT. Raises what is a fault of ours, and ConfigError for a missing secret."""
        load_secrets(self._office)
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self._ask_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._ask_to_reload)
        files = self._office.configuration.files
        record_start(self._store, files, program_version(), account_name(), self._store.config_in_force())
        found = recover(self._store, self._office.in_force, account_name(), self._clock.now())
        await self._reader.warm()
        _log.info("started", version=program_version(), put_back=found.put_back, in_doubt=found.in_doubt)
        while not self._stop.is_set():
            self._turn.clear()
            await self._run_office(self._office)
        _log.info("stopped")

    async def close(self) -> None:
        """End the PDF children."""
        await self._reader.close()

    def _ask_to_stop(self) -> None:
        self._manager.stopping()
        self._stop.set()
        self._turn.set()

    def _ask_to_reload(self) -> None:
        self._is_asked_to_reload = True
        for each in self._loops:
            each.wake.set()

    # --- One configuration's life ----------------------------------------------------------------------------

    async def _run_office(self, office: Office) -> None:
        """Run every loop with ``office`` until a stop, a fault, or the next configuration."""
        secrets = load_secrets(office)
        mailboxes = build_mailboxes(office, secrets)
        threads = [MailboxThread(mailbox.name) for mailbox in mailboxes]
        beat = Beat("sending", TICK_SECONDS, time.monotonic)
        server = BeatingServer(build_server(office, secrets, self._clock), beat)
        pipeline = Pipeline(
            self._store, BeatingReader(self._reader), server, self._clock, account_name(), office.in_force
        )
        self._loops = self._watching(office, pipeline, mailboxes, threads)
        sending = _Loop("sending", beat, TICK_SECONDS, partial(self._send, pipeline))
        self._loops.append(sending)
        scheduler = self._schedule()
        tasks = [asyncio.create_task(self._keep_going(each, sending, pipeline)) for each in self._loops]
        scheduler.start()
        self._manager.ready()
        turn = asyncio.create_task(self._turn.wait())
        await asyncio.wait([turn, *tasks], return_when=asyncio.FIRST_COMPLETED)
        turn.cancel()
        scheduler.shutdown(wait=False)
        await self._end(tasks, mailboxes)
        for mailbox, thread in zip(mailboxes, threads, strict=True):
            thread.end(mailbox.close)
        await server.close()
        for task in tasks:
            if not task.cancelled() and (fault := task.exception()) is not None:
                raise fault

    def _watching(
        self,
        office: Office,
        pipeline: Pipeline,
        mailboxes: Sequence[ImapMailbox],
        threads: Sequence[MailboxThread],
    ) -> list[_Loop]:
        settings = office.configuration.settings
        seconds = settings.poll_seconds
        loops = []
        for mailbox, thread in zip(mailboxes, threads, strict=True):
            beat = Beat(f"mail:{mailbox.name}", seconds, time.monotonic)
            since = settings.mailboxes[mailbox.name].since
            watch = partial(_ignore_count, pipeline.watch_mailbox, mailbox, BeatingThread(thread, beat), since)
            loops.append(_Loop(beat.name, beat, seconds, watch))
        folder = partial(_ignore_count, watch_folder_until_settled, pipeline, build_folder(office))
        loops.append(_Loop("folder", Beat("folder", seconds, time.monotonic), seconds, folder))
        return loops

    def _schedule(self) -> AsyncIOScheduler:
        scheduler = AsyncIOScheduler(timezone=JST)
        for each in self._loops:
            each.wake.set()
            scheduler.add_job(
                each.wake.set, "interval", seconds=each.seconds, max_instances=1, misfire_grace_time=None, coalesce=True
            )
        if self._manager.watchdog_seconds:
            scheduler.add_job(
                self._feed_watchdog,
                "interval",
                seconds=self._manager.watchdog_seconds / 3,
                max_instances=1,
                misfire_grace_time=None,
                coalesce=True,
            )
        return scheduler

    def _feed_watchdog(self) -> None:
        hung = [each.name for each in self._loops if not each.beat.is_alive]
        if hung:
            _log.error("hung", loops=hung)
        else:
            self._manager.feed_watchdog()

    async def _end(self, tasks: Sequence[asyncio.Task[None]], mailboxes: Sequence[ImapMailbox]) -> None:
        """Let each loop finish the step at hand, as long as that is soon; blocked threads lose their socket."""
        self._turn.set()
        for mailbox in mailboxes:
            mailbox.shut()
        for each in self._loops:
            each.wake.set()
        _, unfinished = await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in unfinished:
            task.cancel()
        if unfinished:
            await asyncio.wait(unfinished)

    # --- The loops -------------------------------------------------------------------------------------------

    async def _keep_going(self, loop: _Loop, sending: _Loop, pipeline: Pipeline) -> None:
        RUNNING.set(loop.beat)
        while True:
            await loop.wake.wait()
            loop.wake.clear()
            if self._turn.is_set():
                return
            if self._clock.now() >= self._not_before.get(loop.name, dt.datetime.min.replace(tzinfo=JST)):
                await self._pass(loop, pipeline)
                if loop is not sending:
                    sending.wake.set()
            loop.beat.rest()
            self._show_status(pipeline)

    async def _pass(self, loop: _Loop, pipeline: Pipeline) -> None:
        try:
            await loop.one_pass()
        except Unavailable as failure:
            if not self._turn.is_set():
                self._name_trouble(loop.name, failure, pipeline)
        else:
            if self._troubles.pop(loop.name, None):
                _log.info("recovered", loop=loop.name)
            self._refusals.pop(loop.name, None)
            self._not_before.pop(loop.name, None)

    def _name_trouble(self, name: str, failure: Unavailable, pipeline: Pipeline) -> None:
        """Say what stopped the pass; a refused account is tried ever more rarely, so that it is not locked."""
        if self._troubles.get(name) != str(failure):
            _log.warning("unavailable", loop=name, what=failure.what, detail=failure.detail)
        self._troubles[name] = str(failure)
        now = self._clock.now()
        if isinstance(failure, AccountRefused):
            self._refusals[name] = self._refusals.get(name, 0) + 1
            self._not_before[name] = now + retry_delay(self._refusals[name])
        try:
            pipeline.health.failed("smtp" if name == "sending" else name, failure, now)
        except Unavailable as unrecorded:
            _log.error("unrecorded", loop=name, detail=unrecorded.detail)

    async def _send(self, pipeline: Pipeline) -> None:
        """Reload where asked to, then judge, send, tell and note the head."""
        self._reload(pipeline)
        done = Pass()
        await finish_pass(pipeline, done)
        if done.sent or done.began_to_wait:
            _log.info("pass", sent=done.sent, began_to_wait=done.began_to_wait)
        self._note_broken(done.broken)
        if "smtp" in done.failures:
            raise done.failures["smtp"]

    def _note_broken(self, broken: LogBroken | None) -> None:
        if broken is None:
            self._troubles.pop("log", None)
        elif self._troubles.get("log") != broken.detail:
            self._troubles["log"] = broken.detail
            _log.error("log_broken", code=broken.code, detail=broken.detail)

    def _reload(self, pipeline: Pipeline) -> None:
        """Put the configuration on disk in force; a bad one is reported and the old one stays."""
        if not self._is_asked_to_reload:
            return
        self._is_asked_to_reload = False
        try:
            office = load_office(self._option)
            secrets = load_secrets(office)
        except ConfigError as error:
            self._troubles["configuration"] = say("config_kept", "ja")
            _log.error("configuration_refused", problems=[f"{p.file}: {p.key}: {p.code}" for p in error.problems])
            return
        self._troubles.pop("configuration", None)
        record_configuration(self._store, office.configuration.files, account_name(), self._store.config_in_force())
        is_same_world = _world_of(office) == _world_of(self._office) and secrets == load_secrets(self._office)
        self._office = office
        _log.info("configuration_in_force", files=len(office.configuration.files))
        if is_same_world:
            pipeline.put_in_force(office.in_force)
        else:
            self._turn.set()

    def _show_status(self, pipeline: Pipeline) -> None:
        """One line for ``systemctl status``: rehearsal, troubles, last look, counts."""
        try:
            counts = self._store.count_by_state()
            looks = [each for each in self._store.looks() if each.last_ok]
        except Unavailable:
            return
        parts = []
        if pipeline.in_force.configuration.settings.release.rehearsal_to is not None:
            parts.append(say("rehearsing_short", "ja"))
        if pipeline.is_behind_noted_head():
            parts.append(say("behind_head", "ja"))
        parts += [f"{name}: {trouble}" for name, trouble in sorted(self._troubles.items())]
        parts += [f"{each.name} {each.last_ok:%H:%M:%S}" for each in looks if each.last_ok]
        shown = (State.ANNOUNCED, State.HELD, State.APPROVED, State.IN_DOUBT, State.SENT)
        parts += [f"{name_any_state(state, 'ja')} {counts[state]}" for state in shown if counts.get(state)]
        self._manager.status(" / ".join(parts))


async def _ignore_count(call: Callable[..., Awaitable[int]], *args: object) -> None:
    await call(*args)


def _world_of(office: Office) -> tuple[object, ...]:
    """What connections and loops are built from; a change of anything else needs no new ones."""
    settings = office.configuration.settings
    return (dict(settings.mailboxes), settings.smtp, settings.poll_seconds, office.places)
