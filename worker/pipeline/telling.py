"""Telling the operator: alarms stored with their events become one plain mail, until a server accepted it.

Its one promise: at least once. An alarm is marked only after the server's 250, so a crash in between tells twice
rather than never. It does not know why an alarm was raised.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Final

from worker import letter, send
from worker.drafting import InForce
from worker.errors import Unavailable
from worker.model import Address, Alarm
from worker.near import near_misses_of
from worker.pipeline.health import Health
from worker.ports import Clock, Data, MailServer, Rcpt, Reply, Silence, Store
from worker.states import NEEDS_A_PERSON, State
from worker.tell import write_telling

_NEEDS_A_PERSON: Final = NEEDS_A_PERSON | {State.IN_DOUBT, State.REFUSED, State.BOUNCED, State.OVERDUE}

_HandedOver = tuple[send.Verdict, Reply | Silence, dict[Address, Reply | Silence]]
"""What the last step meant and was answered, and the operators whom the server did not take."""


class Telling:
    """Sends what waits in ``alarms``."""

    def __init__(self, store: Store, server: MailServer, clock: Clock, health: Health) -> None:
        self._store = store
        self._server = server
        self._clock = clock
        self._health = health

    async def tell(self, in_force: InForce) -> Unavailable | None:
        """One mail about all alarms whose moment has come; None when it was accepted or nothing was due.

        No DSN is asked for, so that a report on an alarm never becomes mail that has to be judged.
        """
        settings = in_force.configuration.settings
        now = self._clock.now()
        alarms = [each for each in self._store.alarms_waiting() if each.next_try_at is None or each.next_try_at <= now]
        if not alarms or not settings.notify:
            return None
        rehearsal_to = settings.release.rehearsal_to
        submissions = {
            number: self._store.submission(number) for alarm in alarms for number in dict.fromkeys(alarm.submissions)
        }
        subject, body = write_telling(
            alarms,
            submissions,
            _NEEDS_A_PERSON,
            lambda submission: near_misses_of(submission, self._store, in_force.register),
            rehearsing=rehearsal_to is not None,
        )
        sender = settings.contractor.email
        message_id = letter.alarm_message_id(alarms[0].id, alarms[0].created_at, sender)
        raw = letter.write_alarm(
            sender=sender,
            sender_name=settings.contractor.name,
            to=settings.notify,
            subject=subject,
            body=body,
            own_message_id=message_id,
            date=now,
        )
        # Recorded before it leaves: our own mail must be known as ours when it comes back into the mailbox.
        self._mark(alarms, now, text=body, message_id=message_id)
        try:
            verdict, answer, refused = await self._hand_over(sender, settings.notify, raw)
        except Unavailable as failure:
            return failure
        if verdict is send.Verdict.ACCEPTED:
            self._mark(alarms, now, text=body, message_id=message_id, accepted_at=answer.at, reply=str(answer))
        if verdict is send.Verdict.ACCEPTED and not refused:
            return None
        why = "; ".join(f"{address}: {reply}" for address, reply in refused.items()) or str(answer)
        return Unavailable("smtp", f"the mail to the operator: {why}")

    async def _hand_over(self, sender: Address, to: Sequence[Address], raw: bytes) -> _HandedOver:
        """To every operator whom the server takes: unlike an issuer's, one wrong address keeps it from no other."""
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
        alarms: Sequence[Alarm],
        now: dt.datetime,
        *,
        text: str,
        message_id: str,
        accepted_at: dt.datetime | None = None,
        reply: str = "",
    ) -> None:
        with self._store.writing() as writing:
            for alarm in alarms:
                tries = alarm.tries + 1
                writing.update_alarm(
                    dataclasses.replace(
                        alarm,
                        text=text,
                        message_id=message_id,
                        tries=tries,
                        next_try_at=now + send.retry_delay(tries),
                        accepted_at=accepted_at,
                        reply=reply,
                    )
                )
