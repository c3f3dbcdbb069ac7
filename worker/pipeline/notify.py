"""Telling people: alarms stored with their events become plain mails, until a server accepted them.

Its one promise: at least once. An alarm is marked only after the server's 250, so a crash in between tells twice
rather than never; while no mail can be sent, the operator's own command tells. No key is in any of it. It does not know
why an alarm was raised.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from worker.approve.redraft import InForce
from worker.compose import mime_write as letter
from worker.config.settings import Settings
from worker.core.alarms import MUTE_AFTER, cause_about, cause_kind
from worker.core.clock import Clock
from worker.core.errors import AccountRefused, NotAllowed, Unavailable
from worker.core.message_id import alarm_message_id
from worker.core.model import JST, Address, Alarm
from worker.core.states import NEEDS_A_PERSON, AlarmCause, State
from worker.match.near_matches import near_misses_of
from worker.notify.digest import escalation_cause, write_digest, write_escalation
from worker.notify.operator_mail import write_telling
from worker.notify.ports import OperatorCommand
from worker.pipeline.reachability import Health
from worker.send import smtp_verdicts as send
from worker.send.ports import Data, MailServer, Rcpt, Reply, Silence
from worker.store.ports import Store
from worker.views.tasks import open_tasks

_NEEDS_A_PERSON: Final = NEEDS_A_PERSON | {State.IN_DOUBT, State.REFUSED, State.BOUNCED, State.OVERDUE}

SENDER_NAME: Final = "保証便（自動）"
"""The display name of mails to people: they come from the address of the submissions, and are none."""

CALL_AGAIN: Final = dt.timedelta(minutes=15)
"""How long after the operator's command failed it is run again: a line that is busy is free by then."""

_ABOUT: Final = re.compile(r"([0-9]{1,12}): ")
"""How the detail of an alarm about no state (``AlarmCause.LATE_ANSWER``) names the submission all the same."""

_HandedOver = tuple[send.Verdict, Reply | Silence, dict[Address, Reply | Silence]]
"""What the last step meant and was answered, and the people whom the server did not take."""


@dataclass(frozen=True, slots=True)
class _Message:
    """One mail about some alarms."""

    alarms: tuple[Alarm, ...]
    to: tuple[Address, ...]
    subject: str
    body: str


class Telling:
    """Sends what waits in ``alarms``."""

    def __init__(
        self, store: Store, server: MailServer, clock: Clock, health: Health, command: OperatorCommand | None = None
    ) -> None:
        self._store = store
        self._server = server
        self._clock = clock
        self._health = health
        self._command = command

    async def tell(self, in_force: InForce, *causes: str) -> Unavailable | None:
        """Send a mail about all alarms whose moment has come, the digest and the escalation each in one of its own.

        With ``causes`` only about those. None when all were accepted or nothing was due. No DSN is asked for, so that a
        report on an alarm never becomes mail that has to be judged.
        """
        now = self._clock.now()
        alarms = [each for each in self._store.alarms_waiting() if each.next_try_at is None or each.next_try_at <= now]
        alarms = [each for each in alarms if not causes or each.cause in causes]
        failure = None
        for message in self._write_all(alarms, in_force, now):
            failure = await self._send(message, in_force.configuration.settings, now) or failure
        return failure

    async def call_operator(self, in_force: InForce, failure: Unavailable) -> None:
        """Tell by ``[operator] command`` what no mail can tell: at once where the account is refused.

        A server that is away for as long as it takes to restart one is waited for. Every alarm is handed over once.
        """
        now = self._clock.now()
        look = self._store.look("smtp")
        since = look.failing_since if look is not None and look.error else None
        is_refused = isinstance(failure, AccountRefused)
        if not is_refused and (since is None or now - since < MUTE_AFTER):
            return
        if not is_refused and since is not None:
            self._note_mute(since, failure)
        if self._command is None:
            return
        waiting = [each for each in self._store.alarms_waiting() if _is_to_be_called(each, now)]
        for message in self._write_all(waiting, in_force, now, is_by_command=True):
            why = await self._command.call(f"{message.subject}\n\n{message.body}")
            with self._store.writing() as writing:
                for alarm in message.alarms:
                    called_at, again_at = (None, now + CALL_AGAIN) if why else (now, None)
                    writing.update_alarm(dataclasses.replace(alarm, called_at=called_at, next_call_at=again_at))

    def _note_mute(self, since: dt.datetime, failure: Unavailable) -> None:
        """An alarm for each time that the server stays away; the mail about it comes late, the command does not."""
        cause = cause_about(AlarmCause.MUTE, since.astimezone(JST).isoformat())
        if self._store.last_alarm(cause) is None:
            with self._store.writing() as writing:
                writing.raise_alarm(cause, [], failure.detail)

    # --- What is said to whom --------------------------------------------------------------------------------

    def _write_all(
        self, alarms: Sequence[Alarm], in_force: InForce, now: dt.datetime, *, is_by_command: bool = False
    ) -> list[_Message]:
        """The mails about ``alarms``; the command is told also what has no address to go to."""
        settings = in_force.configuration.settings
        digests = [each for each in alarms if _is_digest(each)]
        escalations = [each for each in alarms if cause_kind(each) == AlarmCause.ESCALATION]
        others = [each for each in alarms if each not in digests and each not in escalations]
        written = []
        if others and (settings.notify or is_by_command):
            written.append(self._write_alarms(others, in_force, now))
        if digests and settings.notify:
            written.append(self._write_digest(digests, in_force, now))
        if escalations and (settings.escalate or is_by_command):
            written += self._write_escalation(escalations, in_force, now)
        return written

    def _write_alarms(self, alarms: Sequence[Alarm], in_force: InForce, now: dt.datetime) -> _Message:
        settings = in_force.configuration.settings
        numbers = dict.fromkeys(number for alarm in alarms for number in alarm.submissions)
        subject, body = write_telling(
            alarms,
            {number: self._store.submission(number) for number in numbers},
            _NEEDS_A_PERSON,
            lambda submission: near_misses_of(submission, self._store, in_force.register),
            now.astimezone(JST).date(),
            rehearsing=settings.release.rehearsal_to is not None,
        )
        named = [int(found[1]) for alarm in alarms if (found := _ABOUT.match(alarm.detail))]
        return _Message(tuple(alarms), settings.notify, subject, self._without_keys(body, [*numbers, *named]))

    def _write_digest(self, alarms: Sequence[Alarm], in_force: InForce, now: dt.datetime) -> _Message:
        """One mail, however many mornings could not be told: what is open now, and the head of now."""
        settings = in_force.configuration.settings
        tasks = open_tasks(self._store.submissions(), in_force.configuration, now)
        rehearsing = settings.release.rehearsal_to is not None
        subject, body = write_digest(tasks, self._store.head(), now, rehearsing=rehearsing)
        numbers = [each.submission for each in tasks if each.submission]
        return _Message(tuple(alarms), settings.notify, subject, self._without_keys(body, numbers))

    def _write_escalation(self, alarms: Sequence[Alarm], in_force: InForce, now: dt.datetime) -> list[_Message]:
        """Of what is still open; what was dealt with meanwhile is told to nobody."""
        settings = in_force.configuration.settings
        causes = {each.cause for each in alarms}
        tasks = [
            each
            for each in open_tasks(self._store.submissions(), in_force.configuration, now)
            if escalation_cause(each) in causes
        ]
        still_open = {escalation_cause(each) for each in tasks}
        settled = [each for each in alarms if each.cause not in still_open]
        if settled:
            with self._store.writing() as writing:
                for alarm in settled:
                    writing.update_alarm(dataclasses.replace(alarm, accepted_at=now, reply="dealt with meanwhile"))
        if not tasks:
            return []
        rehearsing = settings.release.rehearsal_to is not None
        subject, body = write_escalation(tasks, now, rehearsing=rehearsing)
        numbers = [each.submission for each in tasks if each.submission]
        told = tuple(each for each in alarms if each.cause in still_open)
        return [_Message(told, settings.escalate, subject, self._without_keys(body, numbers))]

    def _without_keys(self, body: str, numbers: Iterable[int]) -> str:
        """``body`` with the key of each of these submissions masked, wherever a server's or a reply's words hold it."""
        for number in dict.fromkeys(numbers):
            try:
                pdf = self._store.submission(number).pdf_sha256
            except NotAllowed:
                continue  # a number that stands in foreign words
            notice = self._store.notice(pdf) if pdf else None
            if notice is not None and notice.key.clear in body:
                body = body.replace(notice.key.clear, str(notice.key))
        return body

    # --- One mail --------------------------------------------------------------------------------------------

    async def _send(self, message: _Message, settings: Settings, now: dt.datetime) -> Unavailable | None:
        first, sender = message.alarms[0], settings.contractor.email
        message_id = alarm_message_id(first.id, first.created_at, sender)
        raw = letter.write_alarm(
            sender=sender,
            sender_name=SENDER_NAME,
            to=message.to,
            subject=message.subject,
            body=message.body,
            own_message_id=message_id,
            date=now,
        )
        # Recorded before it leaves: our own mail must be known as ours when it comes back into the mailbox.
        self._mark(message, now, message_id=message_id)
        try:
            verdict, answer, refused = await self._hand_over(sender, message.to, raw)
        except Unavailable as failure:
            return failure
        if verdict is send.Verdict.ACCEPTED:
            self._mark(message, now, message_id=message_id, accepted_at=answer.at, reply=str(answer))
        if verdict is send.Verdict.ACCEPTED and not refused:
            return None
        why = "; ".join(f"{address}: {reply}" for address, reply in refused.items()) or str(answer)
        return Unavailable("smtp", f"the mail to the operator: {why}")

    async def _hand_over(self, sender: Address, to: Sequence[Address], raw: bytes) -> _HandedOver:
        """To everybody whom the server takes: unlike an issuer's, one wrong address keeps it from no other."""
        await self._server.open()
        refused: dict[Address, Reply | Silence] = {}
        verdict = send.Verdict.NOT_NOW
        answer: Reply | Silence = Silence("no step was taken", self._clock.now())
        for step in send.steps_for(sender, to, raw):
            if isinstance(step, Data) and len(refused) == len(dict.fromkeys(to)):
                break
            answer = await self._server.take(step)
            verdict = send.judge(step, answer)
            if isinstance(step, Rcpt) and verdict is send.Verdict.REFUSED:
                refused[step.recipient] = answer
            elif verdict is not send.Verdict.GO_ON:
                break
            if isinstance(step, Data):
                self._health.reached("smtp", self._clock.now())
        return verdict, answer, refused

    def _mark(
        self,
        message: _Message,
        now: dt.datetime,
        *,
        message_id: str,
        accepted_at: dt.datetime | None = None,
        reply: str = "",
    ) -> None:
        with self._store.writing() as writing:
            for alarm in message.alarms:
                tries = alarm.tries + 1
                writing.update_alarm(
                    dataclasses.replace(
                        alarm,
                        text=message.body,
                        message_id=message_id,
                        tries=tries,
                        next_try_at=now + send.retry_delay(tries),
                        accepted_at=accepted_at,
                        reply=reply,
                    )
                )


def _is_digest(alarm: Alarm) -> bool:
    return cause_kind(alarm) == AlarmCause.DIGEST


def _is_to_be_called(alarm: Alarm, now: dt.datetime) -> bool:
    """Whether the command has not taken it; a digest can wait until mail goes again."""
    is_again = alarm.next_call_at is None or alarm.next_call_at <= now
    return alarm.called_at is None and is_again and not _is_digest(alarm)
