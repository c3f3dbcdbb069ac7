"""Tells people that the store cannot be written, without using it.

The operator's command and a mail from memory tell it, each until it was taken. The store tells the end of the outage.
"""

from __future__ import annotations

import asyncio
import dataclasses
import datetime as dt
from collections.abc import Awaitable, Callable

import structlog

from worker.compose import mime_write
from worker.config.settings import Settings
from worker.core.alarms import AGAIN, cause_about
from worker.core.clock import Clock
from worker.core.errors import FAULTS_OF_THE_STORE, LogBroken, Unavailable
from worker.core.message_id import alarm_message_id
from worker.core.messages import speaking_in_mails
from worker.core.states import AlarmCause
from worker.notify.operator_mail import write_store_failed
from worker.notify.ports import OperatorCommand
from worker.pipeline.notify import deliver
from worker.send.ports import MailServer
from worker.send.smtp_verdicts import Verdict, retry_delay
from worker.store.ports import Store

_log = structlog.get_logger("hoshobin")


@dataclasses.dataclass(frozen=True, slots=True)
class AlarmChannels:
    """The ways by which a person is told, without the store and without the connection for submissions."""

    settings: Settings
    place: str
    """The store's folder."""
    build_server: Callable[[], MailServer]
    command: OperatorCommand | None


class StoreOutage:
    """The store's failures, as this process knows them."""

    def __init__(self, store: Store, clock: Clock, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """``pause`` waits so many seconds between two tries to tell."""
        self._store = store
        self._clock = clock
        self._pause = pause
        self._since: tuple[float, dt.datetime] | None = None
        self._failure = ""
        self._told_at: float | None = None
        self._telling: asyncio.Task[None] | None = None
        self._mail: tuple[str, str, dt.datetime] | None = None
        """Message-ID and text of the mail that was taken, and when."""
        self.pass_failed: Unavailable | LogBroken | None = None
        """The reason why the last sending pass could neither be made nor told of; None if it could."""

    @property
    def is_told(self) -> bool:
        """Returns whether people are being told, or were, and its end is not recorded yet."""
        return self._telling is not None

    def note_pass(self, failure: Unavailable | LogBroken | None) -> None:
        """The sending pass ended, with ``failure`` if it could raise no alarm."""
        is_ours = isinstance(failure, LogBroken) or (failure is not None and failure.what in FAULTS_OF_THE_STORE)
        self.pass_failed = failure if is_ours else None

    def check(self, ways: AlarmChannels) -> None:
        """Begin to tell if it has lasted too long; record its end if that was told, or had lasted as long."""
        if self._telling is not None and self._telling.done():
            self._telling.result()  # a fault of ours ends the service
        failure = self._store.fault or self.pass_failed
        seconds = self._clock.uptime()
        if failure is None:
            self._end()
            return
        self._failure = str(failure)
        if self._since is None:
            self._since = seconds, self._clock.now()
        is_long = seconds - self._since[0] >= ways.settings.deaf_after.total_seconds()
        is_again = self._told_at is None or seconds - self._told_at >= AGAIN.total_seconds()
        if is_long and is_again and self._telling is None:
            self._told_at = seconds
            _log.error("store_outage", since=self._since[1].isoformat(), detail=self._failure)
            self._telling = asyncio.create_task(self._tell(ways, self._since[1], self._failure))

    def stop(self) -> None:
        """Tell no more."""
        if self._telling is not None:
            self._telling.cancel()

    def _end(self) -> None:
        if self._since is None:
            return
        if self._telling is not None:
            try:
                self._record_end(self._since[1])
            except (Unavailable, LogBroken) as failure:
                _log.error("unrecorded", loop="store", detail=str(failure))
                return
            self._telling.cancel()
            _log.info("recovered", loop="store")
        self._since = self._telling = self._mail = None

    def _record_end(self, since: dt.datetime) -> None:
        """The mail from memory becomes known as one of ours, and one that says that it is over is to be sent."""
        cause = cause_about(AlarmCause.STORE_FAILED, since.isoformat())
        with self._store.writing() as writing:
            if self._mail is not None:
                message_id, text, at = self._mail
                told = writing.raise_alarm(cause, [], self._failure)
                writing.update_alarm(
                    dataclasses.replace(told, text=text, message_id=message_id, tries=1, accepted_at=at)
                )
            over = cause_about(AlarmCause.STORE_MENDED, since.isoformat())
            writing.raise_alarm(over, [], self._failure)

    # --- Without the store ----------------------------------------------------------------------------------

    async def _tell(self, ways: AlarmChannels, since: dt.datetime, failure: str) -> None:
        with speaking_in_mails(ways.settings.console.url):
            subject, body = write_store_failed(since, failure, ways.place)
        is_called, is_mailed = ways.command is None, not ways.settings.notify
        tries = 0
        while not (is_called and is_mailed):
            if ways.command is not None and not is_called:
                is_called = not await ways.command.call(f"{subject}\n\n{body}")
            if not is_mailed:
                is_mailed = await self._mail_from_memory(ways, since, subject, body)
            tries += 1
            if not (is_called and is_mailed):
                await self._pause(retry_delay(tries).total_seconds())

    async def _mail_from_memory(self, ways: AlarmChannels, since: dt.datetime, subject: str, body: str) -> bool:
        sender, now = ways.settings.contractor.email, self._clock.now()
        message_id = alarm_message_id(0, since, sender)  # no alarm has this number
        raw = mime_write.write_alarm(
            sender=sender,
            sender_name=ways.settings.contractor.name,
            to=ways.settings.notify,
            subject=subject,
            body=body,
            own_message_id=message_id,
            date=now,
        )
        server = ways.build_server()
        try:
            verdict, answer, _ = await deliver(server, self._clock, sender, ways.settings.notify, raw)
        except (Unavailable, LogBroken) as error:
            _log.error("untold", loop="store", detail=str(error))
            return False
        finally:
            await server.close()
        if verdict is not Verdict.ACCEPTED:
            _log.error("untold", loop="store", detail=str(answer))
            return False
        self._mail = message_id, body, answer.at
        return True
