"""chat: posts counts and a link to ``[operator] webhook`` when there are new alarms. A failure never ends the pass.

An alarm is noted before a mail tells of it, so that the chat gets it also if the mail was accepted meanwhile.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from dataclasses import dataclass
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.core.alarms import MAIL_PAUSE, SMTP_DOWN_AFTER, cause_about, cause_kind
from worker.core.clock import Clock, is_over
from worker.core.errors import Unavailable
from worker.core.states import AlarmCause
from worker.notify.chat import count_for_chat, write_chat_notice
from worker.notify.pace import is_pressing
from worker.notify.ports import OperatorWebhook
from worker.pipeline.health import Health
from worker.send.smtp_verdicts import retry_delay
from worker.store.ports import Store
from worker.views.tasks import open_tasks

NOTED: Final = "chat"
"""Name of the store's value: what the chat was told of, and what it is still to be told of, as JSON."""

_NOT_FOR_CHAT: Final = frozenset({AlarmCause.SENT_LIST, AlarmCause.PERSON_UNREACHED, AlarmCause.WEBHOOK_REFUSED})
"""Causes that are for mails alone; the last one is about the chat itself."""

_REFUSED: Final = "HTTP 4"
"""Begins the reason if the chat answered and does not take it: waiting mends nothing."""


@dataclass(frozen=True, slots=True)
class _Noted:
    """The state that is kept between two posts."""

    seen: int = 0
    """The newest alarm that was noted."""
    pending: int = 0
    """Alarms since the last post that was taken."""
    warnings: int = 0
    """The number of those that are about no submission."""
    is_pressing: bool = False
    posted_at: str = ""
    tries: int = 0
    tried_at: str = ""


class Chat:
    """The chat of one office."""

    def __init__(self, store: Store, clock: Clock, health: Health, webhook: OperatorWebhook | None) -> None:
        self._store = store
        self._clock = clock
        self._health = health
        self._webhook = webhook

    def note(self, active_config: ActiveConfig) -> None:
        """Notes the alarms that wait and are new."""
        if self._webhook is None or active_config.configuration.settings.webhook is None:
            return
        noted, now = self._noted(), self._clock.now()
        fresh = [each for each in self._store.alarms_waiting() if each.id > noted.seen]
        if not fresh:
            return
        told = [each for each in fresh if cause_kind(each) not in _NOT_FOR_CHAT]
        after = dataclasses.replace(
            noted,
            seen=max(each.id for each in fresh),
            pending=noted.pending + len(told),
            warnings=noted.warnings + sum(_is_warning(each.cause, each.submissions) for each in told),
            is_pressing=noted.is_pressing
            or any(is_pressing(each, map(self._store.submission, each.submissions), now) for each in told),
        )
        self._keep(after)

    async def post(self, active_config: ActiveConfig) -> None:
        """Posts if something is new and its time has come; a failure is recorded and tried again later."""
        configuration = active_config.configuration
        settings, noted, now = configuration.settings, self._noted(), self._clock.now()
        if self._webhook is None or settings.webhook is None or not _is_due(noted, now):
            return
        notice = count_for_chat(open_tasks(self._store, configuration, now), noted.warnings)
        body = write_chat_notice(settings.webhook.form, notice, settings.console.url)
        why = await self._webhook.post(body)
        now = self._clock.now()
        if not why:
            self._keep(_Noted(seen=noted.seen, posted_at=now.isoformat()))
            self._health.reached("webhook", now)
            return
        self._keep(dataclasses.replace(noted, tries=noted.tries + 1, tried_at=now.isoformat()))
        self._health.failed("webhook", Unavailable("webhook", why), now)
        self._tell(why, now)

    def _tell(self, why: str, now: dt.datetime) -> None:
        """Raises one alarm for each time that the chat stays away: at once if it refuses."""
        look = self._store.health_of("webhook")
        since = look.failing_since if look is not None and look.failing_since is not None else now
        cause = cause_about(AlarmCause.WEBHOOK_REFUSED, since.isoformat())
        is_worth_it = why.startswith(_REFUSED) or now - since >= SMTP_DOWN_AFTER
        if is_worth_it and self._store.last_alarm(cause) is None:
            with self._store.writing() as writing:
                writing.raise_alarm(cause, [], why)

    def _noted(self) -> _Noted:
        return _Noted(**json.loads(self._store.property(NOTED) or "{}"))

    def _keep(self, noted: _Noted) -> None:
        with self._store.writing() as writing:
            writing.set_property(NOTED, json.dumps(dataclasses.asdict(noted)))


def _is_warning(cause: str, submissions: tuple[int, ...]) -> bool:
    return not submissions and cause.partition(":")[0] not in {AlarmCause.DIGEST, AlarmCause.ESCALATION}


def _is_due(noted: _Noted, now: dt.datetime) -> bool:
    if not noted.pending:
        return False
    if noted.tries:
        tried_at = dt.datetime.fromisoformat(noted.tried_at)
        return is_over(tried_at, tried_at + retry_delay(noted.tries), now)
    if not noted.posted_at or noted.is_pressing:
        return True
    posted_at = dt.datetime.fromisoformat(noted.posted_at)
    return is_over(posted_at, posted_at + MAIL_PAUSE, now)
