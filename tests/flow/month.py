"""A month of an office of mode ``auto`` that is left alone, with everything at random. Run as a module: ``--help``.

Each incident of the catalogue says at once what people must see of it at the end: how many tasks and alarms name it.
``month_judge`` compares. The same seed gives the same month.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import datetime as dt
import heapq
import itertools
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Final

import structlog

from tests.support import returned
from tests.support.misbehaving_smtp import At
from tests.support.month_judge import ACCEPTED, Fate, Judge, Outcome, Stranger
from tests.support.month_office import (
    BOMB,
    NOTICES,
    MonthOffice,
    Relay,
    Taken,
    a_mail,
    address_of,
    form_of,
    number_of,
    pdf_file,
    town_of,
)
from tests.support.small_office import Form
from tests.support.world import EAST, OFFICE, START
from tests.support.zips import locked_zip, zipped
from worker.core.errors import AccountRefused, Unavailable
from worker.core.model import JST, Submission
from worker.core.states import AlarmCause, State
from worker.views.tasks import TaskKind

DAYS: Final = 30
A_DAY: Final = (1, 5)
"""So many incidents a day, at least and at most."""
FIXED_SEED: Final = 20261121
KEYED: Final = "認証キーのお知らせ"
STRANGER: Final = "anyone@elsewhere.example"
RETURNED: Final = Path(__file__).parent.parent / "track" / "returned"
STEP: Final = dt.timedelta(seconds=110)
"""Between two checks while something is away: below what counts as a computer that slept."""
WATCHFUL: Final = dt.timedelta(minutes=7)
"""Between two passes during an outage: two are made before silence is reported."""
MINUTE: Final = dt.timedelta(minutes=1)
HOUR: Final = dt.timedelta(hours=1)
DAY: Final = dt.timedelta(days=1)
SINCE: Final = dt.date(2026, 11, 15)
"""The value that ``since`` is changed to, once in the month."""

PHOTO = b"\xff\xd8\xff\xe0" + b"x" * 3_000
UNOPENED: Final = (
    ("資料.zip", "application/zip", locked_zip("a.pdf")),
    ("資料.zip", "application/zip", zipped(("memo.docx", b"PK\x03\x04 memo"))),
    ("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22"),
    ("fwd.msg", "application/vnd.ms-outlook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3_000)),
    ("お知らせ.xdw", "application/vnd.fujixerox.docuworks", b"\x60\x0e\x82"),
    ("IMG_0001.jpg", "image/jpeg", PHOTO),
)
JUNK: Final = ("Thumbs.db", ".DS_Store", "desktop.ini", "~$送付状.docx", "._お知らせ.pdf")
OTHER_KINDS: Final = ("内訳{}.xlsx", "写真{}.jpg", "送付状{}.docx", "mail{}.msg", "図面{}.lzh")
PASSING: Final = (
    (At.GREETING, "421"),
    (At.EHLO, "close"),
    (At.MAIL, "450"),
    (At.MAIL, "close"),
    (At.RCPT_1, "450"),
    (At.RCPT_1, "451"),
    (At.DATA, "451"),
    (At.DOT, "451"),
    (At.DOT, "452"),
)

Incident = Callable[[], Awaitable[bool]]


class Month:
    """One office, and what chance does to it."""

    def __init__(self, chance: random.Random, office: MonthOffice) -> None:
        self.chance = chance
        self.office = office
        self.relay = office.relay
        self.judge = Judge()
        self.incidents: Counter[str] = Counter()
        self.steps: list[str] = []
        self._numbers = iter(range(1, NOTICES + 1))
        self._counted = itertools.count(1)
        self._plan: list[tuple[dt.datetime, int, Callable[[], Awaitable[Any]]]] = []
        self._busy: dict[str, dt.datetime] = {}
        self._troubled_until = self._next_pass = START
        self._spoken_of: set[str] = set()
        """Contract numbers about which something came back."""
        self._again: set[str] = set()
        self._files: list[tuple[str, Path]] = []
        self._bytes: dict[bytes, str] = {}
        self._hour_off = 0
        self._was_fast_until = START
        self.relay.on_taken = self._note_taken

    # --- The course of the month ---------------------------------------------------------------------------------

    async def run(self) -> Outcome:
        self._fill_mailbox()
        await self.office.service_pass()
        catalogue = self._catalogue()
        kinds, weights = [kind for kind, _ in catalogue], [weight for _, weight in catalogue]
        for day in range(DAYS):
            for _ in range(self.chance.randint(*A_DAY)):
                moment = START.replace(hour=0) + day * DAY + dt.timedelta(minutes=self.chance.randint(5 * 60, 23 * 60))
                if moment > START:
                    (kind,) = self.chance.choices(kinds, weights)
                    self._at(moment, lambda kind=kind: self._happen(kind))
        change = START + dt.timedelta(days=self.chance.randint(3, 26), minutes=self.chance.randint(0, 600))
        self._at(change, lambda: self._happen(self.since_is_changed))
        while self._plan and self._plan[0][0] < START + (DAYS + 3) * DAY:
            moment, _, act = heapq.heappop(self._plan)
            await self._pass_until(moment)
            await act()
        await self._end()
        return self.judge.judge(self.office, self.incidents)

    async def _happen(self, kind: Incident) -> None:
        name = kind.__name__  # type: ignore[attr-defined]  # a method
        place = len(self.steps)
        self.steps.append("")
        happened = await kind()
        self._next_pass = min(self._next_pass, self.now + MINUTE) if happened else self._next_pass
        self.steps[place] = f"{self.now:%m-%d %H:%M} {name}{'' if happened else ' (not now)'}"
        self.incidents[name] += happened

    async def _end(self) -> None:
        """All faults have ended; some working days pass, and what was broken off is looked up."""
        await self._pass_until(max([*self._busy.values(), self.now]) + HOUR)
        self.relay.mend()
        await self._pass_until(START + (DAYS + 6) * DAY)
        for (at, fault), envid in self.relay.victims:
            self._note_victim(at, fault, envid)

    def _note_victim(self, at: At, fault: str, envid: str) -> None:
        message_id = self.office.store.own_message_of(envid)
        one = self.office.store.of_own_message(message_id)
        if one is None or one.notice.contract_number not in self.judge.fates:
            return
        fate = self.judge.fates[one.notice.contract_number]
        if at is At.RCPT_1 and fault == "550":
            fate.states, fate.copies = frozenset({State.REFUSED}), (0, 0)
            fate.alarms[AlarmCause.REFUSED] += 1
        elif at in (At.DOT, At.BODY) and fault == "close":
            fate.may_doubt = True

    async def _pass_until(self, moment: dt.datetime) -> None:
        """Passes as often as something may happen, not each time that something comes."""
        while self.now < moment:
            until = min(moment, max(self._next_pass, self.now))
            while self.now < until:
                is_watched = self.now < self._troubled_until
                step = min(until - self.now, STEP) if is_watched else until - self.now
                self.office.clock.let_pass(seconds=step.total_seconds())
                if is_watched:
                    self.office.check()
            if self.now >= self._next_pass:
                await self._pass()

    async def _pass(self) -> None:
        await self.office.service_pass()
        idle = 3 * HOUR if 7 <= self.now.hour < 19 else 6 * HOUR
        self._next_pass = self.now + (WATCHFUL if self.now < self._troubled_until else idle)

    @property
    def now(self) -> dt.datetime:
        return self.office.true_now.astimezone(JST)

    def _at(self, moment: dt.datetime, act: Callable[[], Awaitable[Any]]) -> None:
        heapq.heappush(self._plan, (moment, next(self._counted), act))

    def _later(
        self, least: dt.timedelta, most: dt.timedelta, act: Callable[[], Any], *, is_end: bool = False
    ) -> dt.datetime:
        """Do it at a moment between; ``is_end`` if it ends an outage, which the next pass finds at once."""
        moment = self.now + least + (most - least) * self.chance.random()

        async def do() -> None:
            act()
            if is_end:
                await self._pass()

        self._at(moment, do)
        return moment

    def _is_free(self, *resources: str) -> bool:
        return all(self._busy.get(each, START) <= self.now for each in resources)

    def _occupy(self, until: dt.datetime, *resources: str) -> None:
        """Resources that are away until then are left alone by other incidents, and for half an hour more."""
        for each in resources:
            self._busy[each] = until + HOUR / 2
        self._troubled_until = max(self._troubled_until, until + WATCHFUL)

    def _is_in_office_hours(self) -> bool:
        """True if an office is open now and for some hours, by a clock that may be an hour off."""
        hours = self.office.pipeline.active_config.configuration.settings.hours
        return all(hours.is_open(self.now + each * HOUR) for each in (-1, 0, 1, 2, 3))

    def _catalogue(self) -> list[tuple[Incident, int]]:
        return [
            (self.notice_by_mail, 8),
            (self.notice_in_the_folder, 8),
            (self.notice_in_a_zip, 3),
            (self.two_notices_in_a_mail, 2),
            (self.same_file_again, 2),
            (self.downloaded_again, 2),
            (self.file_is_moved, 3),
            (self.announcement_then_notice, 2),
            (self.announcement_alone, 2),
            (self.half_a_file, 2),
            (self.bounce, 4),
            (self.failure_without_a_mail, 2),
            (self.answer_not_understood, 2),
            (self.address_given_up, 2),
            (self.issuer_writes, 2),
            (self.out_of_office, 2),
            (self.read_receipt, 2),
            (self.forged_notice, 3),
            (self.forged_key, 2),
            (self.strangers_copy, 1),
            (self.attachment_that_is_not_opened, 3),
            (self.link_in_place_of_an_attachment, 1),
            (self.mail_file_in_the_folder, 2),
            (self.zip_in_the_folder, 1),
            (self.junk_in_the_folder, 2),
            (self.other_kind_in_the_folder, 2),
            (self.other_mail, 2),
            (self.server_has_a_fault, 4),
            (self.connection_is_cut, 2),
            (self.recipient_is_refused, 2),
            (self.sender_is_refused, 2),
            (self.server_is_away, 3),
            (self.mailbox_is_away, 3),
            (self.login_is_refused, 2),
            (self.folder_is_away, 2),
            (self.clock_is_set, 2),
            (self.restart, 3),
            (self.crash, 3),
            (self.bombs, 2),
            (self.store_is_unwritable, 2),
            (self.typo, 2),
        ]

    # --- Notices -------------------------------------------------------------------------------------------------

    def _next(self, **more: Any) -> Form | None:
        number = next(self._numbers, None)
        return None if number is None else form_of(number, **more)

    def _genuine(self, form: Form, how: str) -> Fate:
        fate = self.judge.fates[form.number] = Fate(form, happened=[f"{self.now:%m-%d %H:%M} {how}"])
        fate.may_wait = self.now <= self._was_fast_until
        self._bytes[form.pdf] = form.number
        return fate

    def _give(self, subject: str, *files: Any, **more: Any) -> None:
        self.office.give(a_mail(subject, next(self._counted), *files, at=self.now, **more))

    def _bring(self) -> Fate | None:
        """A notice in one of the plain ways."""
        form = self._next()
        if form is None:
            return None
        if self.chance.random() < 0.5:
            self._give(self.chance.choice([KEYED, "書類の件"]), pdf_file(form))
        else:
            self._save(form)
        return self._genuine(form, "comes")

    def _save(self, form: Form) -> None:
        folder = self.chance.choice(["", "", "令和8年度/", "11月分/橋/", "a b/"])
        name = self.chance.choice([f"{form.number}.pdf", f"お知らせ {form.number}.PDF", f"{form.number}"])
        self._files.append((form.number, self.office.put(folder + name, form.pdf)))
        if (announced := self.judge.fates.get(form.number)) is not None:
            announced.may_wait = self.now <= self._was_fast_until

    async def notice_by_mail(self) -> bool:
        form = self._next()
        if form is None:
            return False
        self._give(self.chance.choice([KEYED, "書類の件", "Fwd: お知らせ"]), pdf_file(form))
        self._genuine(form, "by mail")
        return True

    async def notice_in_the_folder(self) -> bool:
        form = self._next()
        if form is None:
            return False
        self._save(form)
        self._genuine(form, "in the folder")
        return True

    async def notice_in_a_zip(self) -> bool:
        form = self._next()
        if form is None:
            return False
        content = zipped(("お知らせ.pdf", form.pdf), *([("送付状.docx", b"PK memo")] * self.chance.randint(0, 1)))
        self._give(self.chance.choice([KEYED, "書類の件"]), ("資料.zip", "application/zip", content))
        self._genuine(form, "in a ZIP")
        return True

    async def two_notices_in_a_mail(self) -> bool:
        forms = [form for form in (self._next(), self._next()) if form is not None]
        self._give(KEYED, *map(pdf_file, forms))
        for each in forms:
            self._genuine(each, "two in a mail")
        return bool(forms)

    def _bring_again(self, form: Form, name: str) -> None:
        if self.chance.random() < 0.5:
            self._give(f"{KEYED} {name}", pdf_file(form))
        else:
            self.office.put(f"もう一度/{name}.pdf", form.pdf)

    async def same_file_again(self) -> bool:
        """Nothing new."""
        fate = self._pick(lambda one: True)
        if fate is None or not self._is_free("mailbox", "folder", "store"):
            return False
        self._bring_again(fate.form, self._stranger("the same file", 0))
        fate.happened.append(f"{self.now:%m-%d %H:%M} the same file again")
        return True

    async def downloaded_again(self) -> bool:
        """Other bytes of a notice that has left: a person's to judge."""
        fate = self._pick(lambda one: one.state in ACCEPTED and one.notice.contract_number not in self._again)
        if fate is None or not self._is_free("mailbox", "folder", "store"):
            return False
        self._again.add(fate.form.number)
        form = form_of(number_of(fate.form), copy=1)
        self._bring_again(form, self._stranger("another download"))
        fate.happened.append(f"{self.now:%m-%d %H:%M} downloaded again")
        return True

    async def file_is_moved(self) -> bool:
        if not self._files:
            return False
        place = self.chance.randrange(len(self._files))
        number, path = self._files[place]
        to = self.office.notices / self.chance.choice(["済", "令和8年度", "済/11月"]) / f"{next(self._counted)}.pdf"
        to.parent.mkdir(parents=True, exist_ok=True)
        path.rename(to)
        self._files[place] = (number, to)
        self.judge.fates[number].happened.append(f"{self.now:%m-%d %H:%M} moved")
        return True

    def _announce(self, form: Form) -> None:
        mail = EmailMessage()
        mail["From"] = "netdesk@surety.example"
        mail["To"] = OFFICE
        mail["Subject"] = EAST.subjects[0]
        mail["Date"] = self.now
        mail["Message-ID"] = f"<in.{next(self._counted)}@surety.example>"
        lines = ("電子保証の発行が完了しました。", f"保証契約番号：{form.number}", "", "Net Deskでご確認ください。")
        mail.set_content("\n".join(lines) + "\n")
        self.office.give(mail.as_bytes(policy=SMTP))

    async def announcement_then_notice(self) -> bool:
        form = self._next()
        if form is None or not self._is_free("mailbox", "folder", "store", "process"):
            return False
        self._announce(form)
        fate = self._genuine(form, "announced")
        fate.alarms[AlarmCause.BEGAN_TO_WAIT] = 1
        self._occupy(self.now + 5 * MINUTE, "mailbox", "folder", "store", "process")
        self._later(HOUR, 40 * HOUR, lambda: self._save(form))
        return True

    async def announcement_alone(self) -> bool:
        form = self._next()
        if form is None:
            return False
        self._announce(form)
        self.judge.announced[form.number] = f"{self.now:%m-%d %H:%M}"
        return True

    async def half_a_file(self) -> bool:
        form = self._next()
        if form is None or not self._is_free("folder", "store", "process"):
            return False
        fate = self._genuine(form, "half a file")
        fate.alarms[AlarmCause.BEGAN_TO_WAIT] = 1
        path = self.office.put(f"{form.number}.pdf", form.pdf[: len(form.pdf) // 2])
        self._occupy(self.now + 5 * MINUTE, "folder", "store", "process")

        def finish() -> None:
            self.office.put(path.name, form.pdf)

        self._later(10 * MINUTE, 5 * HOUR, finish)
        return True

    # --- What comes back -----------------------------------------------------------------------------------------

    def _note_taken(self, taken: Taken) -> None:
        """Deliver the mail to its address: the office's own mailbox, or an issuer's, which may report."""
        if OFFICE in taken.to and self.chance.random() < 0.7:
            delivered = b"Received: from mx.contractor.example; Sat, 21 Nov 2026 09:00:00 +0900\r\n" + taken.content
            self._later(MINUTE, HOUR, lambda: self.office.give(delivered))
        if not taken.envid:
            return
        number = self._bytes.get(taken.files[0]) if taken.files else None
        if number is None or self.chance.random() < 0.6:
            return
        self._spoken_of.add(number)
        action = self.chance.choice(["delivered", "delivered", "relayed"])
        blocks = [returned.recipient(action, "2.0.0", to) for to in taken.to]
        report = returned.dsn(*blocks, envid=taken.envid, returned=taken.message_id, number=next(self._counted))
        self._later(MINUTE, 30 * HOUR, lambda: self.office.give(report))

    def _pick(self, is_fit: Callable[[Submission], bool]) -> Fate | None:
        found = [
            self.judge.fates[each.notice.contract_number]
            for each in self.office.store.submissions()
            if each.id > 0 and each.notice.contract_number in self.judge.fates and each.source.proven and is_fit(each)
        ]
        return self.chance.choice(found) if found else None

    def _pick_sent(self) -> tuple[Fate, Submission, Taken] | None:
        """A notice that left and has no receipt."""
        if not self._is_free("mailbox", "store"):
            return None
        fate = self._pick(
            lambda one: (
                one.state in {State.SENT, State.OVERDUE}
                and one.notice.contract_number not in self._spoken_of
                and one.delivery.sent_at is not None
                and one.delivery.sent_at > self.now - 5 * DAY
            )
        )
        if fate is None:
            return None
        (one,) = [
            each
            for each in self.office.store.by_number(fate.form.number)
            if each.source.proven and each.state in {State.SENT, State.OVERDUE}
        ]
        mails = [
            each for each in self.relay.taken if one.composed.draft and each.message_id == one.composed.draft.message_id
        ]
        if not mails:
            return None
        self._spoken_of.add(fate.form.number)
        return fate, one, mails[0]

    async def bounce(self) -> bool:
        found = self._pick_sent()
        if found is None:
            return False
        fate, _, mail = found
        to, count = address_of(town_of(number_of(fate.form))), next(self._counted)
        shape = self.chance.choice(["dsn", "envid", "returned", "qmail", "tnef", "reply-id"])
        fate.happened.append(f"{self.now:%m-%d %H:%M} bounce {shape}")
        block = returned.recipient("failed", "5.1.1", to)
        match shape:
            case "dsn":
                raw = returned.dsn(block, envid=mail.envid, returned=mail.message_id, number=count)
            case "envid":
                raw = returned.dsn(block, envid=mail.envid, returned="", number=count)
            case "returned":
                raw = returned.dsn(block, envid="", returned=mail.message_id, number=count)
            case "qmail":
                raw = returned.qmail(to, mail.message_id)
            case _:
                name = "exch-tnef" if shape == "tnef" else "gmail-reply-id"
                raw = (RETURNED / f"{name}.eml").read_bytes()
                raw = raw.replace(b"<@@OUR_MESSAGE_ID@@>", mail.message_id.encode())
                raw = raw.replace(b"doboku@kawa-town.example", to.encode())
        self.office.give(raw)
        fate.states = frozenset({State.BOUNCED})
        fate.alarms[AlarmCause.BOUNCED] += 1
        return True

    async def failure_without_a_mail(self) -> bool:
        """Of an address to which one mail went in the last days."""
        sent = [
            each
            for each in self.office.store.submissions()
            if each.id > 0
            and each.composed.draft is not None
            and each.delivery.sent_at
            and each.delivery.sent_at > self.now - 9 * DAY
        ]
        towns = Counter(town_of(int(str(each.notice.contract_number).partition("-")[2])) for each in sent)
        found = self._pick_sent()
        if found is None:
            return False
        fate, _, _ = found
        town = town_of(number_of(fate.form))
        if towns[town] != 1:
            return False
        to, count = address_of(town), next(self._counted)
        text = f"メールが送信先に配信されなかったことをお知らせ致します。\n送信先(TO)：{to}\n"
        raw = self.chance.choice(
            [
                returned.dsn(returned.recipient("failed", "5.1.1", to), envid="", returned="", number=count),
                returned.bounce(text, fields="Return-Path: <>\n", sender="gw@gateway.example", number=count),
                returned.bounce("It failed.\n", fields=f"X-Failed-Recipients: {to}\n", number=count),
            ]
        )
        self.office.give(raw)
        self._tell_news(fate, "a failure without a mail")
        return True

    def _tell_news(self, fate: Fate, what: str) -> None:
        fate.tasks[TaskKind.NEWS] += 1
        fate.alarms[AlarmCause.NEWS] += 1
        fate.happened.append(f"{self.now:%m-%d %H:%M} {what}")

    async def answer_not_understood(self) -> bool:
        found = self._pick_sent()
        if found is None:
            return False
        fate, _, mail = found
        raw = returned.bounce(
            "このメールは「ゲートウェイ」が自動的に生成して送信しています。\n処理番号 4711\n",
            fields=f"Return-Path: <>\nIn-Reply-To: {mail.message_id}\n",
            sender="gateway@gateway.example",
            number=next(self._counted),
        )
        self.office.give(raw)
        self._tell_news(fate, "an answer that is not understood")
        return True

    async def address_given_up(self) -> bool:
        found = self._pick_sent()
        if found is None:
            return False
        fate, _, mail = found
        self._answer(mail, fate, "このアドレスは3月末で廃止されました。\n", Auto_Submitted="auto-replied")
        self._tell_news(fate, "the address was given up")
        return True

    def _answer(self, mail: Taken, fate: Fate, text: str, **fields: str) -> None:
        sender = address_of(town_of(number_of(fate.form)))
        raw = returned.reply(text, sender=sender, to=mail.message_id, number=next(self._counted), **fields)
        self.office.give(raw)

    async def issuer_writes(self) -> bool:
        found = self._pick_sent()
        if found is None:
            return False
        fate, _, mail = found
        self._answer(mail, fate, self.chance.choice(["受領しました。\n", "工事名が違います。至急ご連絡ください。\n"]))
        fate.tasks[TaskKind.REPLY] += 1
        fate.happened.append(f"{self.now:%m-%d %H:%M} the issuer writes")
        return True

    async def out_of_office(self) -> bool:
        found = self._pick_sent()
        if found is None:
            return False
        fate, _, mail = found
        text = "本日は不在にしております。明日ご連絡いたします。\n"
        self._answer(mail, fate, text, Auto_Submitted="auto-replied")
        return True

    async def read_receipt(self) -> bool:
        found = self._pick_sent()
        if found is None:
            return False
        fate, _, mail = found
        raw = returned.read_receipt(mail.message_id, address_of(town_of(number_of(fate.form))))
        self.office.give(raw.replace(b"<mdn.1@", b"<mdn.%d@" % next(self._counted)))
        return True

    # --- What strangers, colleagues and programs bring -----------------------------------------------------------

    def _stranger(self, kind: str, holds: int = 1) -> str:
        """The name of something that comes in, by which people see it."""
        name = f"その{next(self._counted)}の件"
        self.judge.strangers.append(Stranger(f"{self.now:%m-%d %H:%M} {kind}", name, (holds, holds)))
        return name

    async def forged_notice(self) -> bool:
        form = self._next()
        if form is None:
            return False
        subject = f"{KEYED} {self._stranger('forged notice')}"
        sender = self.chance.choice([STRANGER, "sato@contractor.example", "netdesk@surety.example"])
        self._give(subject, pdf_file(form), sender=sender, proven=False)
        return True

    async def forged_key(self) -> bool:
        """Another key for a notice that has left."""
        fate = self._pick(lambda one: one.state in ACCEPTED and one.notice.contract_number not in self._again)
        if fate is None:
            return False
        self._again.add(fate.form.number)  # a further one would be another incident of this one
        form = form_of(number_of(fate.form), key=next(self._counted))
        self._give(f"{KEYED} {self._stranger('forged key')}", pdf_file(form), sender=STRANGER, proven=False)
        return True

    async def strangers_copy(self) -> bool:
        """The very file of a notice that has left: nothing new."""
        fate = self._pick(lambda one: one.state in ACCEPTED)
        if fate is None or not self._is_free("mailbox", "store"):
            return False
        self._give(f"{KEYED} {self._stranger('copy', 0)}", pdf_file(fate.form), sender=STRANGER, proven=False)
        return True

    async def attachment_that_is_not_opened(self) -> bool:
        self._give(f"{KEYED} {self._stranger('unopened')}", self.chance.choice(UNOPENED))
        return True

    async def link_in_place_of_an_attachment(self) -> bool:
        text = "添付ファイルは安全のためリンクに変換されました。 https://files.contractor.example/abc"
        self._give(f"{KEYED} {self._stranger('link')}", text=text)
        return True

    async def mail_file_in_the_folder(self) -> bool:
        form = self._next()
        if form is None:
            return False
        name = self._stranger("mail file")
        self.office.put(f"{name}.eml", a_mail(KEYED, next(self._counted), pdf_file(form), at=self.now))
        return True

    async def zip_in_the_folder(self) -> bool:
        form = self._next()
        if form is None:
            return False
        self.office.put(f"{self._stranger('ZIP')}.zip", zipped(("n.pdf", form.pdf)))
        return True

    async def junk_in_the_folder(self) -> bool:
        name = self.chance.choice(JUNK)
        self.office.put(self.chance.choice(["", "令和8年度/"]) + name, b"junk")
        self.judge.named_never.append(name)
        return True

    async def other_kind_in_the_folder(self) -> bool:
        name = self.chance.choice(OTHER_KINDS).format(next(self._counted))
        self.office.put(name, b"no pdf " + name.encode())
        self.judge.named_once.append(name)
        return True

    async def other_mail(self) -> bool:
        name = self._stranger("other mail", 0)
        which = self.chance.randrange(3)
        if which == 0:
            self._give(f"お見積り {name}", sender=STRANGER, proven=False, text="ご確認ください。")
        elif which == 1:
            self._give(f"{KEYED}について {name}", text="認証キーはまだ届いていますか。")
        else:
            drawing = ("図面.pdf", "application/pdf", b"%PDF-1.4 a drawing")
            self._give(f"図面 {name}", drawing, sender=STRANGER, proven=False)
        return True

    async def bombs(self) -> bool:
        if not self._is_free("bombs", "mailbox", "store", "process"):
            return False
        count = self.chance.randint(14, 30)
        for _ in range(count):
            number = next(self._counted)
            bomb = ("a.pdf", "application/pdf", BOMB + b"%d" % number)
            sender = f"anyone{number}@elsewhere.example"
            self._give(f"{KEYED} {self._stranger('bomb')}", bomb, sender=sender, proven=False)
        self._occupy(self.now + HOUR, "bombs", "mailbox", "store", "process")
        self._busy["bombs"] = self.now + 3 * HOUR
        self.judge.alarms[f"{AlarmCause.PUT_OFF}:time:mail:main"] += 1
        return True

    # --- What fails ----------------------------------------------------------------------------------------------

    async def server_has_a_fault(self) -> bool:
        if not self._is_free("server", "store"):
            return False
        at, fault = self.chance.choice(PASSING)
        self.relay.fail(at, fault, self.chance.randint(1, 3), of_submissions=at not in (At.GREETING, At.EHLO))
        self._occupy(self._later(5 * MINUTE, 12 * MINUTE, self.relay.mend, is_end=True), "server")
        return self._bring() is not None

    async def connection_is_cut(self) -> bool:
        if not self._is_free("server", "store"):
            return False
        self.relay.fail(self.chance.choice([At.DOT, At.BODY]), "close", of_submissions=True)
        self._occupy(self._later(5 * MINUTE, 12 * MINUTE, self.relay.mend, is_end=True), "server")
        return self._bring() is not None

    async def recipient_is_refused(self) -> bool:
        if not self._is_free("server", "store"):
            return False
        self.relay.fail(At.RCPT_1, "550", of_submissions=True)
        self._occupy(self._later(5 * MINUTE, 12 * MINUTE, self.relay.mend, is_end=True), "server")
        return self._bring() is not None

    async def sender_is_refused(self) -> bool:
        if not self._is_free("server", "store", "mailbox", "folder") or not self._is_in_office_hours():
            return False
        self.relay.fail(self.chance.choice([At.MAIL, At.DOT]), "send_as", 10**6)
        self._occupy(self._later(20 * MINUTE, 90 * MINUTE, self.relay.mend, is_end=True), "server", "store")
        self.judge.alarms[f"{AlarmCause.ACCOUNT_REFUSED}:smtp"] += 1
        return self._bring() is not None

    async def server_is_away(self) -> bool:
        if not self._is_free("server", "store", "mailbox", "folder") or not self._is_in_office_hours():
            return False
        self.relay.fail(self.chance.choice([At.CONNECT, At.GREETING]), "close", 10**6)
        await self.relay.drop_all()
        is_long = self.chance.random() < 0.6
        span = (25 * MINUTE, 90 * MINUTE) if is_long else (MINUTE, 4 * MINUTE)
        self._occupy(self._later(*span, self.relay.mend, is_end=True), "server", "store")
        self.judge.alarms[AlarmCause.MUTE.value] += is_long
        return self._bring() is not None

    async def mailbox_is_away(self) -> bool:
        if not self._is_free("mailbox", "store"):
            return False
        why = ["connection refused", "[OVERQUOTA] Account exceeded command or bandwidth limits"]
        self.office.mails.failure = Unavailable("imap", self.chance.choice(why))
        self._end_later("mailbox", f"{AlarmCause.DEAF}:mail:main", self._mailbox_is_back)
        self._bring()
        return True

    def _mailbox_is_back(self) -> None:
        self.office.mails.failure = None

    def _end_later(self, resource: str, alarm: str, end: Callable[[], None]) -> None:
        is_long = self.chance.random() < 0.6
        span = (25 * MINUTE, 90 * MINUTE) if is_long else (MINUTE, 4 * MINUTE)
        self._occupy(self._later(*span, end, is_end=True), resource, "store")
        self.judge.alarms[alarm] += is_long

    async def login_is_refused(self) -> bool:
        if not self._is_free("mailbox", "store"):
            return False
        self.office.mails.failure = AccountRefused("imap", "[AUTHENTICATIONFAILED] Invalid credentials")
        self._occupy(self._later(5 * MINUTE, 90 * MINUTE, self._mailbox_is_back, is_end=True), "mailbox", "store")
        self.judge.alarms[f"{AlarmCause.ACCOUNT_REFUSED}:mail:main"] += 1
        self._bring()
        return True

    async def folder_is_away(self) -> bool:
        if not self._is_free("folder", "store"):
            return False
        self.office.folder_failure = Unavailable("folder", "/srv/notices: Host is down")
        self._end_later("folder", f"{AlarmCause.DEAF}:folder", self._folder_is_back)
        self._bring()
        return True

    def _folder_is_back(self) -> None:
        self.office.folder_failure = None

    async def clock_is_set(self) -> bool:
        if self._hour_off:
            return False
        self._hour_off = self.chance.choice([-1, 1])
        self.office.clock.set_by(hours=self._hour_off)

        def set_right() -> None:
            self.office.clock.set_by(hours=-self._hour_off)
            self._hour_off = 0

        until = self._later(HOUR, 40 * HOUR, set_right)
        if self._hour_off > 0:
            self._was_fast_until = until + HOUR
        return True

    async def restart(self) -> bool:
        if not self._is_free("process"):
            return False
        await self.office.restart()
        return True

    async def crash(self) -> bool:
        """The process dies within a pass in which a notice comes."""
        if not self._is_free("process", "server", "store"):
            return False
        self._bring()
        self.office.clock.let_pass(seconds=60)
        before = len(self.relay.taken)
        cut = asyncio.create_task(self.office.service_pass())
        turns = self.chance.choice([self.chance.randint(1, 200), 2000])
        for _ in range(turns):
            if cut.done() or (turns == 2000 and len(self.relay.taken) > before):
                break
            await asyncio.sleep(0)
        cut.cancel()
        await asyncio.gather(cut, return_exceptions=True)
        await self.office.restart()
        for each in self.office.store.submissions(State.IN_DOUBT):
            if each.notice.contract_number in self.judge.fates:
                self.judge.fates[each.notice.contract_number].may_doubt = True
        return True

    async def store_is_unwritable(self) -> bool:
        if not self._is_free("store", "server", "process", "mailbox", "folder"):
            return False
        left = self.chance.choice([0, 0, 1, 2])

        def refuses(events: list[str]) -> bool:
            nonlocal left
            left -= 1
            return left < 0

        def end() -> None:
            self.office.store.refuses = lambda events: False

        self.office.store.refuses = refuses
        is_long = self.chance.random() < 0.6
        span = (25 * MINUTE, 90 * MINUTE) if is_long else (MINUTE, 4 * MINUTE)
        until = self._later(*span, end, is_end=True)
        self._occupy(until, "store", "server", "process", "mailbox", "folder")
        self.judge.alarms[AlarmCause.STORE_FAILED.value] += is_long
        self.judge.alarms[AlarmCause.STORE_MENDED.value] += is_long
        self._bring()
        return True

    async def typo(self) -> bool:
        if not self._is_free("process", "store"):
            return False
        self.office.reload(broken='[[project]]\nname = "第999工区整備工事"\nissuer = "nowhere"\n')
        until = self._later(5 * MINUTE, 5 * HOUR, lambda: self.office.reload(broken=""))
        self._busy["process"] = self._busy["store"] = until + HOUR / 2
        self.judge.alarms[AlarmCause.CONFIGURATION_REFUSED.value] += 1
        return True

    # --- What was there before -----------------------------------------------------------------------------------

    def _fill_mailbox(self) -> None:
        """The mail from before the first start: notices and others."""
        self._old: list[Form] = []
        for day in (3, 8, 17, 18, 20):
            form = self._next()
            assert form is not None
            moment = dt.datetime(2026, 11, day, 10, tzinfo=JST)
            self.office.give(a_mail(KEYED, next(self._counted), pdf_file(form), at=moment), moment)
            self.office.give(a_mail("お見積り", next(self._counted), at=moment, sender=STRANGER), moment)
            if moment.date() >= SINCE:
                self._old.append(form)
        self.judge.alarms[AlarmCause.LEFT_ALONE.value] += 2  # and what the changed ``since`` leaves

    async def since_is_changed(self) -> bool:
        if not self._is_free("process", "store"):
            self._at(self.now + HOUR, lambda: self._happen(self.since_is_changed))
            return False
        for form in self._old:
            fate = self._genuine(form, "from before")
            fate.states, fate.copies = frozenset({State.HELD}), (0, 0)
            fate.tasks[TaskKind.HELD] += 1
            fate.alarms[AlarmCause.BEGAN_TO_WAIT] += 1
        self.office.reload(since=SINCE.isoformat())
        return True


async def a_month(seed: str, root: Path) -> tuple[Outcome, Month]:
    """The month of this seed."""
    async with Relay() as relay:
        office = MonthOffice(root, relay)
        month = Month(random.Random(seed), office)
        try:
            return await month.run(), month
        finally:
            office.outage.stop()
            await office.stop()


@contextlib.contextmanager
def in_memory() -> Any:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def main() -> int:
    """Run months and print what they came to."""
    asked = argparse.ArgumentParser(description="Months of an office that is left alone, with everything at random.")
    asked.add_argument("--seeds", type=int, default=30, help="how many months")
    asked.add_argument("--seed", default=None, help="this month alone, with its course")
    asked.add_argument("--first", type=int, default=None, help="the seed of the first of several")
    given = asked.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    first = random.SystemRandom().randrange(2**32) if given.first is None else given.first
    seeds = [given.seed] if given.seed is not None else [str(first + each) for each in range(given.seeds)]
    sums, faulty = Outcome(), 0
    for seed in seeds:
        began = time.monotonic()
        with in_memory() as folder:
            outcome, month = asyncio.run(a_month(seed, folder))
        passed = time.monotonic() - began
        faulty += bool(outcome.violations)
        sums = dataclasses.replace(
            sums,
            notices=sums.notices + outcome.notices,
            incidents=sums.incidents + outcome.incidents,
            lost=sums.lost + outcome.lost,
            twice=sums.twice + outcome.twice,
            wrong=sums.wrong + outcome.wrong,
        )
        sys.stdout.write(
            f"seed {seed}: {outcome.notices} notices, {outcome.incidents.total()} incidents, lost {outcome.lost}, "
            f"twice {outcome.twice}, wrong {outcome.wrong}, {len(outcome.violations)} violations, {passed:.0f} s\n"
        )
        for each in outcome.violations:
            sys.stdout.write(f"  {each}\n")
        if given.seed is not None:
            sys.stdout.write("\n".join(month.steps) + "\n")
        sys.stdout.flush()
    sys.stdout.write(
        f"{len(seeds)} months: {sums.notices} notices, {sums.incidents.total()} incidents, lost {sums.lost}, twice "
        f"{sums.twice}, wrong {sums.wrong}, months with violations {faulty}\n"
    )
    for name, count in sorted(sums.incidents.items()):
        sys.stdout.write(f"  {count:5} {name}\n")
    return 1 if faulty else 0


if __name__ == "__main__":
    sys.exit(main())
