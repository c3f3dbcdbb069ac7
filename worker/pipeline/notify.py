"""notify: alarms, which are stored with their events, are sent as plain mails until a server accepted them.

Each is told at least once: it is marked only after the server's 250, so a crash in between tells it twice. While no
mail can be sent, the operator's own command tells it. No mail holds a key.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from worker.approve.decisions import fitting_approvers
from worker.approve.reevaluate import ActiveConfig
from worker.approve.taken_on import taken_now
from worker.compose import mime_write
from worker.compose.missing_invoice import MissingInvoice
from worker.config.settings import Settings
from worker.core.alarms import (
    QUICK_TELLINGS,
    SMTP_DOWN_AFTER,
    cause_about,
    cause_kind,
    is_about_strangers,
    next_report_time,
    turn_of,
)
from worker.core.clock import Clock, is_over
from worker.core.errors import AccountRefused, LogBroken, NotAllowed, Unavailable
from worker.core.message_id import alarm_message_id
from worker.core.messages import Language, speaking_in_mails
from worker.core.model import JST, Address, Alarm, Submission, UnreadReason
from worker.core.states import WAITS_FOR_A_PERSON, AlarmCause, Event, NoteEvent, State
from worker.core.text import match_key
from worker.match.near_matches import near_misses_of
from worker.notify.digest import (
    digest_cause,
    escalation_cause,
    write_digest,
    write_escalation,
    write_sent_list,
    write_unanswered,
)
from worker.notify.operator_mail import LINES_LIMIT, join_mails, write_alarm_mail, write_before_sending
from worker.notify.pace import Waiting, is_pressing, plan_mails, still_counting
from worker.notify.ports import OperatorCommand
from worker.notify.readers import is_for, readers_of
from worker.pipeline.health import Health
from worker.pipeline.send import HoldWaits
from worker.pipeline.watch import UnreadFiles
from worker.send.ports import Data, MailServer, NoReply, Rcpt, Reply
from worker.send.smtp_verdicts import Verdict, judge_reply, retry_delay, steps_for
from worker.store.ports import IDENTITY, TOLD_OF_STRANGERS, Author, Store, Writing
from worker.store.signs import rehearsing_to
from worker.track.overdue import request_cause, unanswered_from
from worker.views.tasks import TaskKind, open_tasks
from worker.views.unread_files import CONFIGURATION, UnreadIn, unreported

DIGEST_UP_TO: Final = "digest_up_to"
"""Name of the store's value: the number of the last entry that a digest took account of."""

SENT_LIST_UP_TO: Final = "sent_list_up_to"
"""The same of the daily list of what was sent."""

FIRST_SENT_LIST: Final = dt.timedelta(days=1)
"""The first such list begins a day before: what left earlier was told otherwise."""

MAILED: Final = "mailed"
"""Name of the store's value: the people who got a mail within ``MAIL_PAUSE``, each with the moment, as JSON."""

DIGESTS_BACK: Final = 14
"""Days in which the last digest without a number is looked for: an office is closed for less."""

_LEAVING_EVENTS: Final = (
    *(Event.ACCEPTED, Event.PROVEN_SENT, Event.CONFIRMED_SENT),
    *(Event.DELAYED, Event.RELAYED, Event.DELIVERED, Event.BOUNCED),
)
"""The events with which it may become known that a submission left."""

LEAVING_GAP: Final = dt.timedelta(minutes=5)
"""Between two mails about what leaves by itself: what is released meanwhile waits for the next one."""

SENDER_NAME: Final = "保証便（自動）"
"""The display name of mails to people: they come from the address of the submissions, and are none."""

LOG_ALARM_AGAIN: Final = dt.timedelta(days=1)
"""A log that is broken for days is worth a mail each day: meanwhile nothing is submitted."""

_ONE_MAILBOX: Final = frozenset({Verdict.REFUSED, Verdict.NOT_NOW})
"""Answers about a mail to one person that may be about that person's mailbox alone."""

PERMANENT: Final = 500
"""SMTP replies from this one on say that another try is of no use (RFC 5321 §4.2.1)."""

UNREACHED_TRIES: Final = 4
"""Tries, within an hour, after which a person's mailbox that is full or away is told to the operator."""

CALL_AGAIN: Final = dt.timedelta(minutes=15)
"""Time after which a failed command of the operator is run again: a line that is busy is free by then."""

_APART: Final = (
    *(AlarmCause.DIGEST, AlarmCause.ESCALATION, AlarmCause.LEAVING),
    *(AlarmCause.REQUEST_WAITS, AlarmCause.SENT_LIST),
)
"""Causes with a form of mail of their own."""

_ABOUT: Final = re.compile(r"([0-9]{1,12}): ")
"""The submission's number in the detail of an alarm about no state (``AlarmCause.LATE_ANSWER``)."""

_HandedOver = tuple[Verdict, Reply | NoReply, dict[Address, Reply | NoReply]]
"""Verdict and answer of the last step, and the people whom the server did not take."""


ExplainInvoices = Callable[[Sequence[Submission], ActiveConfig], Awaitable[Mapping[int, MissingInvoice]]]


async def _explain_none(submissions: Sequence[Submission], active_config: ActiveConfig) -> Mapping[int, MissingInvoice]:  # noqa: ARG001  the form of what is asked
    return {}


@dataclass(frozen=True, slots=True)
class _Message:
    """One mail about some alarms."""

    alarms: tuple[Alarm, ...]
    to: tuple[Address, ...]
    subject: str
    body: str
    leaving: tuple[Submission, ...] = ()
    """The submissions that leave by themselves once this mail has told of them."""
    told_up_to: int | None = None
    """Of a digest: the number of the last entry that it takes account of."""
    unread: Mapping[str, UnreadIn] = field(default_factory=dict)
    """Files that are not read and that it names: no other digest does."""
    sent_up_to: int | None = None
    """As ``told_up_to``, of the daily list of what was sent."""
    is_urgent: bool = False
    """Its subject goes before the others' if several are one mail."""
    readers: Mapping[int, tuple[Address, ...]] | None = None
    """By alarm all the people who are told of it; None if ``to`` are all, without a pause between two mails."""
    operators: tuple[Address, ...] = ()
    """The operator's addresses: once all of these know what leaves by itself, the minutes to stop it begin."""


class Notifier:
    """Sends what waits in ``alarms``."""

    def __init__(
        self,
        store: Store,
        server: MailServer,
        clock: Clock,
        health: Health,
        waits: HoldWaits,
        author: Author,
        command: OperatorCommand | None = None,
    ) -> None:
        self._store = store
        self._server = server
        self._clock = clock
        self._health = health
        self._waits = waits
        self._author = author
        self._command = command
        self._unread = UnreadFiles(store)
        self.find_unread_configuration: Callable[[], Iterable[tuple[str, UnreadReason]]] = tuple
        """Gives the files in the configuration's directory that are not read: who runs the pipeline knows it."""
        self.explain_invoices: ExplainInvoices = _explain_none
        """Returns the place for the invoice of each submission that waits for one."""
        self._missing: Mapping[int, MissingInvoice] = {}

    async def tell(self, active_config: ActiveConfig, *causes: str) -> Unavailable | None:
        """Send a mail about all alarms whose moment has come, the digest and the escalation each in one of its own.

        With ``causes`` only about those. None when all were accepted or nothing was due. No DSN is asked for, so that a
        report on an alarm never becomes mail that has to be judged. If the console has an address, each person gets
        one mail about everything, and the next one after a pause (``notify.pace``).
        """
        is_paced = bool(active_config.configuration.settings.console.url)
        now = self._clock.now()
        if not causes:
            self._note_leaving(now)
        alarms = [each for each in self._store.alarms_waiting() if _is_due(each, now)]
        if not is_paced:
            alarms = [each for each in alarms if not causes or each.cause in causes]
        alarms = self._without_waiting(self._without_past_turns(alarms, now, is_told=is_paced), now)
        failure = None
        await self._look_for_invoices(alarms, active_config)
        write = self._write_paced if is_paced else self._write_all
        for message in write(alarms, active_config, now):
            failure = await self._send(message, active_config.configuration.settings, now) or failure
        return failure

    def _without_past_turns(self, alarms: Sequence[Alarm], now: dt.datetime, *, is_told: bool) -> list[Alarm]:
        """``alarms`` without those about the turn of a person that has ended, or of people who have no pages."""

        def is_past(alarm: Alarm) -> bool:
            return not is_told or turn_of(self._store.submission(alarm.submissions[0])) != alarm.detail

        past = [each for each in alarms if cause_kind(each) == AlarmCause.TURN and is_past(each)]
        self._settle(past, now)
        return [each for each in alarms if each not in past]

    def tell_broken(self, broken: LogBroken) -> None:
        """Raise an alarm that nothing is sent because of the log; once a day for as long as it lasts."""
        cause = cause_about(AlarmCause.LOG_BROKEN, broken.code)
        told = self._store.last_alarm(cause)
        if told is None or is_over(told.created_at, told.created_at + LOG_ALARM_AGAIN, self._clock.now()):
            with self._store.writing() as writing:
                writing.raise_alarm(cause, [], broken.detail)

    def _note_leaving(self, now: dt.datetime) -> None:
        """Raise an alarm about what leaves by itself and no person was told of: one mail for all, a gap between two."""
        unreported = self._store.untold()
        told = self._store.last_alarm(AlarmCause.LEAVING)
        if not unreported or (told is not None and told.accepted_at is None):
            return
        if told is not None and told.accepted_at and not is_over(told.accepted_at, told.accepted_at + LEAVING_GAP, now):
            return
        versions = " ".join(f"{number}.{self._store.submission(number).version}" for number in unreported)
        with self._store.writing() as writing:
            writing.raise_alarm(AlarmCause.LEAVING, unreported, versions)

    async def call_operator(self, active_config: ActiveConfig, failure: Unavailable) -> None:
        """Tell by ``[operator] command`` what no mail can tell: at once if the account is refused.

        A server that is away for as long as it takes to restart one is waited for. Every alarm is handed over once.
        """
        now = self._clock.now()
        look = self._store.health_of("smtp")
        since = look.failing_since if look is not None and look.error else None
        is_refused = isinstance(failure, AccountRefused)
        if not is_refused and (since is None or now - since < SMTP_DOWN_AFTER):
            return
        if not is_refused and since is not None:
            self._note_mute(since, failure)
        if self._command is None:
            return
        waiting = [each for each in self._store.alarms_waiting() if _is_to_be_called(each, now)]
        waiting = self._without_waiting(waiting, now)
        await self._look_for_invoices(waiting, active_config)
        for message in self._write_all(waiting, active_config, now, is_by_command=True):
            why = await self._command.call(f"{message.subject}\n\n{message.body}")
            with self._store.writing() as writing:
                if not why:
                    self._note_telling(writing, message.alarms, now)
                for alarm in message.alarms:
                    called_at, again_at = (None, now + CALL_AGAIN) if why else (now, None)
                    writing.update_alarm(dataclasses.replace(alarm, called_at=called_at, next_call_at=again_at))

    async def _look_for_invoices(self, alarms: Iterable[Alarm], active_config: ActiveConfig) -> None:
        numbers = dict.fromkeys(number for alarm in alarms for number in alarm.submissions)
        submissions = [self._store.submission(number) for number in numbers]
        self._missing = await self.explain_invoices(submissions, active_config)

    def _note_mute(self, since: dt.datetime, failure: Unavailable) -> None:
        """An alarm for each time that the server stays away; the mail about it comes late, the command does not."""
        cause = cause_about(AlarmCause.MUTE, since.astimezone(JST).isoformat())
        if self._store.last_alarm(cause) is None:
            with self._store.writing() as writing:
                writing.raise_alarm(cause, [], failure.detail)

    # --- Alarms about strangers' mails ------------------------------------------------------------------------

    def _without_waiting(self, alarms: Sequence[Alarm], now: dt.datetime) -> list[Alarm]:
        """``alarms`` without those about strangers' doings alone, if it is too early for them.

        Beside another in the same mail they go at once: that mail goes anyway.
        """
        others = [each for each in alarms if not _is_apart(each)]
        of_strangers = {each.id for each in others if self._is_of_strangers(each)}
        if len(of_strangers) < len(others) or next_report_time(self._tellings(), now) <= now:
            return list(alarms)
        return [each for each in alarms if each.id not in of_strangers]

    def _is_of_strangers(self, alarm: Alarm) -> bool:
        return is_about_strangers(alarm, {number: self._store.submission(number) for number in alarm.submissions})

    def _tellings(self) -> list[dt.datetime]:
        kept = self._store.property(TOLD_OF_STRANGERS)
        return [dt.datetime.fromisoformat(each) for each in (kept or "").split()]

    def _note_telling(self, writing: Writing, alarms: Sequence[Alarm], now: dt.datetime) -> None:
        if all(self._is_of_strangers(each) for each in alarms):
            moments = [*self._tellings(), now][-QUICK_TELLINGS:]
            writing.set_property(TOLD_OF_STRANGERS, " ".join(each.isoformat() for each in moments))

    # --- The mails themselves --------------------------------------------------------------------------------

    def _write_all(
        self, alarms: Sequence[Alarm], active_config: ActiveConfig, now: dt.datetime, *, is_by_command: bool = False
    ) -> list[_Message]:
        """The mails about ``alarms``; the command is told also what has no address to go to."""
        with speaking_in_mails(active_config.configuration.settings.console.url):
            return self._write_each(alarms, active_config, now, is_by_command=is_by_command)

    def _write_paced(self, alarms: Sequence[Alarm], active_config: ActiveConfig, now: dt.datetime) -> list[_Message]:
        """One mail for each group of people for whom the same alarms wait, and whose time has come."""
        settings, accounts = active_config.configuration.settings, self._store.accounts()
        today = now.astimezone(JST).date()
        taken = taken_now(self._store, settings.hours, now) if accounts else {}
        holders = {int(about): each.by for about, each in taken.items() if about.isdecimal()}

        def readers_of_one(alarm: Alarm) -> tuple[Address, ...]:
            concerned = tuple(map(self._store.submission, alarm.submissions))
            fitting = self._fitting(concerned, now) if accounts else {}
            return readers_of(
                alarm, settings, accounts, today, lambda person: is_for(person, concerned, holders, fitting)
            )

        readers = {each.id: readers_of_one(each) for each in alarms}
        waiting = []
        for each in alarms:
            left = tuple(person for person in readers[each.id] if person not in each.told)
            if left:
                concerned = map(self._store.submission, each.submissions)
                waiting.append(Waiting(each.id, left, is_pressing(each, concerned, now)))
            elif readers[each.id] or cause_kind(each) == AlarmCause.TURN:
                self._settle([each], now)  # no one is left who wants such a mail
        languages = {each.mail.casefold(): each.language for each in accounts if each.mail}
        written = []
        for people, numbers in plan_mails(waiting, self._mailed(now), now):
            of_these = [each for each in alarms if each.id in numbers]
            groups = _apart(people, settings, languages)
            for lang in dict.fromkeys(spoken for spoken, _ in groups):
                with speaking_in_mails(settings.console.url, lang):
                    parts = self._write_each(of_these, active_config, now, is_by_command=True)
                    theirs = [some for spoken, some in groups if parts and spoken == lang]
                    written += [_join(parts, some, readers, settings.notify) for some in theirs]
        return written

    def _fitting(self, submissions: Iterable[Submission], now: dt.datetime) -> dict[int, frozenset[str]]:
        """Returns the people who are there and can answer, by ``match_key``, for each requested approval."""
        found = {}
        for each in submissions:
            asker = each.approval.asker_of(each.composed.draft_hash) if each.state is State.HELD else ""
            if asker:
                people = fitting_approvers(self._store, each, asker, now, only_present=True)
                found[each.id] = frozenset(match_key(person.name) for person in people)
        return found

    def _mailed(self, now: dt.datetime) -> dict[Address, dt.datetime]:
        """Returns the people who got a mail lately."""
        kept = json.loads(self._store.property(MAILED) or "{}")
        moments = {Address(person): dt.datetime.fromisoformat(at) for person, at in kept.items()}
        return still_counting(moments, now)

    def _note_mailed(self, writing: Writing, mailed: Mapping[Address, dt.datetime]) -> None:
        writing.set_property(MAILED, json.dumps({person: at.isoformat() for person, at in mailed.items()}))

    def _write_each(
        self, alarms: Sequence[Alarm], active_config: ActiveConfig, now: dt.datetime, *, is_by_command: bool
    ) -> list[_Message]:
        settings = active_config.configuration.settings
        digests, escalations, leaving, requests, sent_lists = (
            [each for each in alarms if cause_kind(each) == kind] for kind in _APART
        )
        others = [each for each in alarms if cause_kind(each) not in _APART]
        written = []
        if leaving and (settings.notify or is_by_command):
            written += self._write_leaving(leaving, active_config, now)
        if others and (settings.notify or is_by_command):
            written.append(self._write_alarms(others, active_config, now))
        if digests and settings.notify:
            written.append(self._write_digest(digests, active_config, now))
        if escalations and (settings.escalate or is_by_command):
            written += self._write_escalation(escalations, active_config, now)
        for each in requests:
            written += self._write_unanswered(each, active_config, now, is_by_command=is_by_command)
        if sent_lists and (settings.notify or is_by_command):
            written.append(self._write_sent_list(sent_lists, active_config, now))
        return written

    def _write_alarms(self, alarms: Sequence[Alarm], active_config: ActiveConfig, now: dt.datetime) -> _Message:
        settings = active_config.configuration.settings
        numbers = dict.fromkeys(number for alarm in alarms for number in alarm.submissions)
        subject, body = write_alarm_mail(
            alarms,
            {number: self._store.submission(number) for number in numbers},
            WAITS_FOR_A_PERSON,
            lambda submission: near_misses_of(submission, self._store, active_config.register),
            missing=self._missing,
            rehearsing=self._is_rehearsing(settings),
            today=now.astimezone(JST).date(),
        )
        named = [int(found[1]) for alarm in alarms if (found := _ABOUT.match(alarm.detail))]
        told = self._without_keys(body, [*numbers, *named])
        is_urgent = any(is_pressing(each, map(self._store.submission, each.submissions), now) for each in alarms)
        return _Message(tuple(alarms), settings.notify, subject, told, is_urgent=is_urgent)

    def _write_leaving(self, alarms: Sequence[Alarm], active_config: ActiveConfig, now: dt.datetime) -> list[_Message]:
        """Of what is still to leave; what was stopped or approved meanwhile is told to no person."""
        settings = active_config.configuration.settings
        unreported = [self._store.submission(number) for number in self._store.untold()]
        if not unreported:
            self._settle(alarms, now)
            return []
        named = tuple(unreported[:LINES_LIMIT])
        earliest = now + dt.timedelta(minutes=settings.release.hold_minutes)
        moments = {each.id: settings.hours.next_opening(_not_before(each, earliest)) for each in named}
        subject, body = write_before_sending(
            named, moments, settings.release.hold_minutes, others=len(unreported) - len(named)
        )
        body = self._without_keys(body, [each.id for each in named])
        return [_Message(tuple(alarms), settings.notify, self._without_keys(subject, [named[0].id]), body, named)]

    def _settle(self, alarms: Sequence[Alarm], now: dt.datetime) -> None:
        """There is nothing more to be told."""
        if alarms:
            with self._store.writing() as writing:
                for alarm in alarms:
                    writing.update_alarm(dataclasses.replace(alarm, accepted_at=now, reply="dealt with meanwhile"))

    def _write_digest(self, alarms: Sequence[Alarm], active_config: ActiveConfig, now: dt.datetime) -> _Message:
        """One mail, however many mornings could not be told: what is open now, and the head of now."""
        settings = active_config.configuration.settings
        tasks = open_tasks(self._store, active_config.configuration, now)
        self._unread.note(CONFIGURATION, self.find_unread_configuration())
        unread = unreported(self._unread.recorded())
        head, sent = self._store.head(), self._find_sent(DIGEST_UP_TO, self._last_digest(now))
        subject, body = write_digest(tasks, head, now, sent, rehearsing=self._is_rehearsing(settings), unread=unread)
        numbers = [*(each.submission for each in tasks if each.submission), *(each.id for each in sent)]
        body = self._without_keys(body, numbers)
        return _Message(tuple(alarms), settings.notify, subject, body, told_up_to=head[0], unread=unread)

    def _write_sent_list(self, alarms: Sequence[Alarm], active_config: ActiveConfig, now: dt.datetime) -> _Message:
        """One mail, however many days could not be told."""
        settings = active_config.configuration.settings
        up_to, sent = self._store.head()[0], self._find_sent(SENT_LIST_UP_TO, now - FIRST_SENT_LIST)
        subject, body = write_sent_list(sent, now, rehearsing=self._is_rehearsing(settings))
        body = self._without_keys(body, [each.id for each in sent])
        return _Message(tuple(alarms), settings.notify, subject, body, sent_up_to=up_to)

    def _find_sent(self, up_to: str, since: dt.datetime) -> tuple[Submission, ...]:
        """Returns what left since the last list of this kind that was accepted, else ``since``, in that order."""
        told = self._store.property(up_to) or None
        numbers = [
            each.submission
            for each in self._store.entries(events=_LEAVING_EVENTS, after=int(told or 0))
            if each.submission and each.set.get("sent_at") and (told is not None or each.at >= since)
        ]
        return tuple(map(self._store.submission, dict.fromkeys(numbers)))

    def _last_digest(self, now: dt.datetime) -> dt.datetime:
        """Returns when the last digest without a number was raised; DIGESTS_BACK ago if none was."""
        days = [now - dt.timedelta(days=back) for back in range(1, DIGESTS_BACK + 1)]
        alarms = (self._store.last_alarm(digest_cause(each.astimezone(JST).date())) for each in days)
        return next((each.created_at for each in alarms if each is not None and each.accepted_at), days[-1])

    def _write_escalation(
        self, alarms: Sequence[Alarm], active_config: ActiveConfig, now: dt.datetime
    ) -> list[_Message]:
        """Of what is still open; what was dealt with meanwhile is told to no person."""
        settings = active_config.configuration.settings
        causes = {each.cause for each in alarms}
        tasks = [
            each
            for each in open_tasks(self._store, active_config.configuration, now)
            if escalation_cause(each) in causes
        ]
        still_open = {escalation_cause(each) for each in tasks}
        settled = [each for each in alarms if each.cause not in still_open]
        self._settle(settled, now)
        if not tasks:
            return []
        subject, body = write_escalation(tasks, rehearsing=self._is_rehearsing(settings))
        numbers = [each.submission for each in tasks if each.submission]
        told = tuple(each for each in alarms if each.cause in still_open)
        return [_Message(told, settings.escalate, subject, self._without_keys(body, numbers), is_urgent=True)]

    def _write_unanswered(
        self, alarm: Alarm, active_config: ActiveConfig, now: dt.datetime, *, is_by_command: bool
    ) -> list[_Message]:
        """To every approver who can answer the request, and to those above; an answer that came meanwhile ends it."""
        settings = active_config.configuration.settings
        submission = self._store.submission(alarm.submissions[0])
        requested = submission.approval.requested
        is_open = unanswered_from(submission, settings.hours) is not None and request_cause(submission) == alarm.cause
        tasks = open_tasks(self._store, active_config.configuration, now) if is_open else ()
        task = next((each for each in tasks if (each.kind, each.submission) == (TaskKind.HELD, submission.id)), None)
        if task is None or requested is None:
            self._settle([alarm], now)
            return []
        people = fitting_approvers(self._store, submission, requested.by, now, only_present=False)
        mails = dict.fromkeys((*(Address(each.mail) for each in people if each.mail), *settings.escalate))
        to = tuple(mails) or settings.notify
        if not to and not is_by_command:
            return []
        url = f"{settings.console.url}/s/{submission.id}" if settings.console.url else ""
        subject, body = write_unanswered(task, requested, url, rehearsing=self._is_rehearsing(settings))
        numbers = [submission.id]
        subject, body = self._without_keys(subject, numbers), self._without_keys(body, numbers)
        return [_Message((alarm,), to, subject, body, is_urgent=True)]

    def _is_rehearsing(self, settings: Settings) -> bool:
        return rehearsing_to(self._store, settings.release.rehearsal_to) is not None

    def _without_keys(self, body: str, numbers: Iterable[int]) -> str:
        """``body`` with the key of each of these submissions masked, also in the words of a server or a reply."""
        for number in dict.fromkeys(numbers):
            try:
                pdf = self._store.submission(number).notice.pdf_sha256
            except NotAllowed:
                continue  # a number in a foreign text, not a submission's
            notice = self._store.notice(pdf) if pdf else None
            if notice is not None and notice.key.clear in body:
                body = body.replace(notice.key.clear, str(notice.key))
        return body

    # --- One mail --------------------------------------------------------------------------------------------

    async def _send(self, message: _Message, settings: Settings, now: dt.datetime) -> Unavailable | None:
        first, sender = message.alarms[0], settings.contractor.email
        message_id = alarm_message_id(first.id, first.created_at, sender)
        raw = mime_write.write_alarm(
            sender=sender,
            sender_name=SENDER_NAME,
            to=message.to,
            subject=message.subject,
            body=message.body,
            own_message_id=message_id,
            date=now,
            store=self._store.property(IDENTITY) or "",
        )
        # Recorded before it leaves: our own mail must be known as ours when it comes back into the mailbox, and a crash
        # must not let a second one follow at once.
        mailed = self._mailed(now)
        self._mark(message, now, message_id=message_id, mailed=mailed | dict.fromkeys(message.to, now))
        try:
            verdict, answer, refused = await deliver(
                self._server, self._clock, sender, message.to, raw, self._note_taken
            )
        except Unavailable as failure:
            self._take_back(message, mailed)
            return failure
        if verdict is not Verdict.ACCEPTED:
            self._take_back(message, mailed)
        wait = dt.timedelta(minutes=settings.release.hold_minutes)
        if _is_of_account(message, settings) and isinstance(answer, Reply) and verdict in _ONE_MAILBOX:
            self._tell_unreached(message, answer, now)
            if refused:
                # Told to nobody: a wait begins only where the operator's addresses are told of it as well.
                given_up = message if settings.notify else dataclasses.replace(message, leaving=())
                self._mark(given_up, now, wait, message_id=message_id, accepted_at=now, reply=str(answer))
            return None
        if verdict is Verdict.ACCEPTED:
            told = self._mark(message, now, wait, message_id=message_id, accepted_at=answer.at, reply=str(answer))
            if all(each.accepted_at is not None for each in told if _is_digest(each)):
                self._unread.told(message.unread)
        if verdict is Verdict.ACCEPTED and not refused:
            return None
        if verdict is Verdict.ACCOUNT_REFUSED:
            return AccountRefused("smtp", str(answer))  # the server is there: it is our account's, as for a submission
        why = "; ".join(f"{address}: {reply}" for address, reply in refused.items()) or str(answer)
        return Unavailable("smtp", f"the mail to the operator: {why}")

    def _note_taken(self) -> None:
        self._health.answered(self._clock.now())

    def _mark(
        self,
        message: _Message,
        now: dt.datetime,
        wait: dt.timedelta = dt.timedelta(),
        *,
        message_id: str,
        mailed: Mapping[Address, dt.datetime] | None = None,
        accepted_at: dt.datetime | None = None,
        reply: str = "",
    ) -> tuple[Alarm, ...]:
        """Records the try; returns the alarms as recorded, those without ``accepted_at`` wait for others."""
        recorded = []
        with self._store.writing() as writing:
            if mailed is not None and message.readers is not None:
                self._note_mailed(writing, mailed)
            if accepted_at is not None:
                self._note_telling(writing, message.alarms, now)
            for alarm in message.alarms:
                tries = alarm.tries + 1
                tried = dataclasses.replace(
                    alarm,
                    text=message.body,
                    message_id=message_id,
                    tries=tries,
                    next_try_at=now + retry_delay(tries),
                    accepted_at=accepted_at,
                    reply=reply,
                )
                if message.readers is not None:
                    tried = self._as_told(tried, alarm, message)
                writing.update_alarm(tried)
                recorded.append(tried)
                if tried.accepted_at is not None:
                    self._end_telling(writing, tried, message)
            is_told = all(_is_announced(each, message) for each in recorded if cause_kind(each) == AlarmCause.LEAVING)
            for each in message.leaving if accepted_at is not None and is_told else ():
                self._begin_wait(writing, each, wait, message_id)
        return tuple(recorded)

    def _as_told(self, tried: Alarm, alarm: Alarm, message: _Message) -> Alarm:
        """Returns ``tried`` with the people who were told so far: it waits until all of its readers were."""
        held = self._store.alarm(alarm.id) or alarm  # another mail of this pass may have told of it
        up_to = min((each for each in (held.told_up_to, _up_to(tried, message)) if each is not None), default=None)
        told = (*held.told, *(message.to if tried.accepted_at is not None else ()))
        if tried.accepted_at is None:
            return dataclasses.replace(tried, told=held.told, told_up_to=held.told_up_to)
        is_done = {*(message.readers or {}).get(alarm.id, ())} <= {*told}
        if is_done:
            return dataclasses.replace(tried, told=told, told_up_to=up_to)
        return dataclasses.replace(tried, told=told, told_up_to=up_to, accepted_at=None)

    def _end_telling(self, writing: Writing, told: Alarm, message: _Message) -> None:
        """All were told: the next list begins with what the first of them did not see."""
        if (up_to := _up_to(told, message)) is not None:
            name = DIGEST_UP_TO if _is_digest(told) else SENT_LIST_UP_TO
            writing.set_property(name, str(up_to if told.told_up_to is None else told.told_up_to))

    # --- What could not be sent ------------------------------------------------------------------------------

    def _take_back(self, message: _Message, mailed: Mapping[Address, dt.datetime]) -> None:
        """The mail did not leave, so the next one need not wait."""
        if message.readers is not None:
            with self._store.writing() as writing:
                self._note_mailed(writing, mailed)

    def _tell_unreached(self, message: _Message, answer: Reply, now: dt.datetime) -> None:
        """Tells the operator once a day of a person's own mailbox that takes no mail: at once, or after some tries."""
        if answer.code < PERMANENT and message.alarms[0].tries < UNREACHED_TRIES:
            return
        cause = cause_about(AlarmCause.PERSON_UNREACHED, message.to[0])
        told = self._store.last_alarm(cause)
        if told is None or is_over(told.created_at, told.created_at + LOG_ALARM_AGAIN, now):
            with self._store.writing() as writing:
                writing.raise_alarm(cause, [], str(answer))

    def _begin_wait(self, writing: Writing, told: Submission, wait: dt.timedelta, message_id: str) -> None:
        """The minutes in which a person may stop it begin now, if it is still what the mail said."""
        before = writing.submission(told.id)
        if before.version != told.version:
            return
        due_at = _not_before(before, self._clock.now() + wait)
        detail = {"due_at": due_at.isoformat(), "message_id": message_id}
        writing.note(NoteEvent.TOLD_BEFORE, before.id, self._author, detail, {"due_at": due_at})
        self._waits.begin(writing, before.id, due_at, wait)


def _up_to(alarm: Alarm, message: _Message) -> int | None:
    """Returns the last entry that ``message`` takes account of, if ``alarm`` is about sent mails."""
    if _is_digest(alarm):
        return message.told_up_to
    return message.sent_up_to if cause_kind(alarm) == AlarmCause.SENT_LIST else None


def _apart(
    people: Sequence[Address], settings: Settings, languages: Mapping[str, Language]
) -> list[tuple[Language, tuple[Address, ...]]]:
    """Returns the operator's addresses together, and each person alone: one full mailbox delays no mail to others.

    Each group has one language: that of the accounts with these addresses, else Japanese.
    """
    operators = {*settings.notify, *settings.escalate}
    spoken = {each: languages.get(each.casefold(), "ja") for each in people}
    own = [each for each in people if each in operators]
    together: list[tuple[Language, tuple[Address, ...]]] = [
        (lang, tuple(each for each in own if spoken[each] == lang))
        for lang in dict.fromkeys(spoken[each] for each in own)
    ]
    return together + [(spoken[each], (each,)) for each in people if each not in operators]


def _is_of_account(message: _Message, settings: Settings) -> bool:
    """Returns whether it goes to one person's own address: that one takes no mail says nothing of the server."""
    return message.readers is not None and not {*settings.notify, *settings.escalate} & {*message.to}


def _join(
    parts: Sequence[_Message],
    people: tuple[Address, ...],
    readers: Mapping[int, tuple[Address, ...]],
    operators: tuple[Address, ...],
) -> _Message:
    """Returns one mail to ``people`` about everything in ``parts``, the most urgent first."""
    ordered = sorted(parts, key=lambda each: not each.is_urgent)
    subject, body = join_mails([(each.subject, each.body) for each in ordered])
    return _Message(
        tuple(alarm for each in ordered for alarm in each.alarms),
        people,
        subject,
        body,
        leaving=tuple(submission for each in ordered for submission in each.leaving),
        told_up_to=next((each.told_up_to for each in ordered if each.told_up_to is not None), None),
        unread={place: unread for each in ordered for place, unread in each.unread.items()},
        sent_up_to=next((each.sent_up_to for each in ordered if each.sent_up_to is not None), None),
        readers=readers,
        operators=operators,
    )


def _is_announced(alarm: Alarm, message: _Message) -> bool:
    """Returns whether enough people know of what leaves: a full mailbox of one more keeps nothing back."""
    if alarm.accepted_at is not None or message.readers is None:
        return alarm.accepted_at is not None
    needed = {*message.operators} & {*message.readers[alarm.id]}
    return bool(needed) and needed <= {*alarm.told}


def _not_before(submission: Submission, moment: dt.datetime) -> dt.datetime:
    return max(moment, submission.follow_ups.duties.opening or moment)


def _is_due(alarm: Alarm, now: dt.datetime) -> bool:
    next_at = alarm.next_try_at
    return next_at is None or is_over(next_at - retry_delay(alarm.tries), next_at, now)


def _no_note() -> None:
    """Nothing is recorded."""


async def deliver(
    server: MailServer,
    clock: Clock,
    sender: Address,
    to: Sequence[Address],
    raw: bytes,
    on_data: Callable[[], None] = _no_note,
) -> _HandedOver:
    """To everybody whom the server takes: unlike an issuer's, one wrong address keeps it from no other.

    ``on_data`` is called if the server asked for the mail, and did not refuse our account for it.
    """
    await server.open()
    refused: dict[Address, Reply | NoReply] = {}
    is_asked_for = False
    verdict = Verdict.NOT_NOW
    answer: Reply | NoReply = NoReply("no step was taken", clock.now())
    for step in steps_for(sender, to, raw):
        if isinstance(step, Data) and len(refused) == len(dict.fromkeys(to)):
            break
        answer = await server.perform(step)
        verdict = judge_reply(step, answer)
        if isinstance(step, Rcpt) and verdict is Verdict.REFUSED:
            refused[step.recipient] = answer
        elif verdict is not Verdict.GO_ON:
            break
        is_asked_for = is_asked_for or isinstance(step, Data)
    if is_asked_for and verdict is not Verdict.ACCOUNT_REFUSED:
        on_data()
    return verdict, answer, refused


def _is_apart(alarm: Alarm) -> bool:
    """Returns whether it is told in a mail of its own."""
    return _is_list(alarm) or cause_kind(alarm) in {AlarmCause.ESCALATION, AlarmCause.REQUEST_WAITS}


def _is_list(alarm: Alarm) -> bool:
    return _is_digest(alarm) or cause_kind(alarm) == AlarmCause.SENT_LIST


def _is_digest(alarm: Alarm) -> bool:
    return cause_kind(alarm) == AlarmCause.DIGEST


def _is_to_be_called(alarm: Alarm, now: dt.datetime) -> bool:
    """Returns whether the command has not taken it; a daily list can wait until mail goes again."""
    next_at = alarm.next_call_at
    is_again = next_at is None or is_over(next_at - CALL_AGAIN, next_at, now)
    is_for_operator = not _is_list(alarm) and cause_kind(alarm) != AlarmCause.TURN
    return alarm.called_at is None and is_again and is_for_operator
