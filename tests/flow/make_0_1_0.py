"""Makes the office of 0.1.0 that the tests of the upgrade start from: its database, its configuration, its mails.

It was run once, in a checkout of commit 669d3fd (the released 0.1.0), on that checkout's code::

python …/tests/flow/make_0_1_0.py …/tests/flow/0.1.0

The present code cannot run it. Every submission came to its state by the commands of 0.1.0, against embedded servers,
with PDFs of ``notice_pdfs.plain``; the clock is set, and runs. The last process was killed between SendStarted and the
first byte of a mail. Names, numbers, keys and addresses are invented.

``facts.json`` keeps the mails that 0.1.0 would have sent next: for each approved submission the Message-ID and the
SHA-256 of its message, composed by 0.1.0 with the Date of ``FIXED``. In ``worker.toml`` the placeholders
``{imap_port}``, ``{smtp_port}`` and ``{store}`` take the ports and the place of the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import hashlib
import json
import lzma
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from tests.support import notice_pdfs as made
from tests.support import returned
from tests.support.authenticated import received
from tests.support.misbehaving_smtp import At, MisbehavingServer
from tests.support.notice_pdfs import Form
from tests.support.office import HANAKO, command
from tests.support.world import COLLEAGUE, OFFICE, project
from worker.approve.reevaluate import reevaluate
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController
from worker.compose.mime_write import build_message
from worker.core.model import JST
from worker.core.states import State
from worker.service.clock import SystemClock
from worker.service.wiring import load_office
from worker.store.sqlite.store import open_store
from worker.watch.ports import InvoiceSnapshot

FIXED = dt.datetime(2026, 6, 22, 9, 0, tzinfo=JST)
"""The Date of the letters that 0.1.0 would have sent next."""
BY = ("--by", HANAKO)

WORKER = """\
[contractor]
name = "〇〇建設 株式会社"
department = "総務部"
contact = "山田 花子"
phone = "045-000-0000"
email = "soumu@contractor.example"

[mailbox.main]
host = "127.0.0.1"
port = {imap_port}
security = "none"
user = "soumu@contractor.example"
password_file = "imap-password"
authserv_id = "mx.contractor.example"

[intake]
colleagues = ["sato@contractor.example"]

[smtp]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
user = ""
copy_to = "hikae@contractor.example"
per_minute = 0

[release]
mode = "auto"
rehearsal_to = "{rehearsal_to}"

[schedule]
windows = ["mon-fri 09:00-17:00"]
overdue_hours = 24

[store]
dir = "{store}"

[operator]
people = ["山田 花子", "佐藤 次郎"]
notify = ["soumu@contractor.example"]
"""

ISSUERS = {
    # No notice, no timing: 0.1.0 took the usual for both.
    "kawa": """\
name = "川北町"
[section.doboku]
name = "土木課"
to = ["doboku@kawa-town.example"]
cc = ["genba@contractor.example"]
phone = "0761-00-0000"
[section.keiyaku]
name = "契約係"
to = ["keiyaku@kawa-town.example"]
[rule.default]
channel = "email"
section = "project"
subject = "{{ product }}にかかる認証キー【{{ project.name }}】の提出について"
invoice = "optional"
""",
    # No timing.
    "yama": """\
name = "山手市"
[section.keiyaku]
name = "契約課"
to = ["keiyaku@yama-city.example"]
[rule.default]
channel = "email"
section = "keiyaku"
subject = "【{{ product }}】{{ project.name }}（{{ contractor.name }}）"
notice = "attached"
invoice = "required"
""",
    # No invoice, and lines that name neither the project nor the number.
    "sora": """\
name = "空見村"
[section.somu]
name = "総務課"
to = ["somu@sora-village.example"]
[rule.default]
channel = "email"
section = "somu"
subject = "認証キーの提出"
notice = "attached"
timing = "any"
lines = [{ title = "担当者", value = "{{ contractor.contact }}" }]
""",
    # Each key is written.
    "hara": """\
name = "原野町"
source = "電子保証の手引き"
checked_on = 2026-05-01
[section.zaisei]
name = "財政課"
to = ["zaisei@hara-town.example"]
[rule.default]
channel = "email"
section = "zaisei"
subject = "{{ product }}【{{ project.name }}】"
body = "default"
notice = "both"
timing = "any"
invoice = "never"
""",
    "tele": """\
name = "浜風市"
[section.keiyaku]
name = "契約検査課"
to = ["keiyaku@hama-city.example"]
phone = "0538-00-0000"
[rule.default]
channel = "email"
section = "keiyaku"
subject = "電子保証の提出【{{ project.name }}】"
contact_first = "送信前に契約検査課へ電話"
""",
    "doji": """\
name = "森本村"
[section.somu]
name = "総務課"
to = ["somu@mori-village.example"]
[rule.default]
channel = "email"
section = "somu"
subject = "電子保証の提出【{{ project.name }}】"
timing = "with_contract"
""",
    "taisho": """\
name = "岸田町"
[section.keiyaku]
name = "契約係"
to = ["keiyaku@kishi-town.example"]
[rule.default]
channel = "email"
section = "keiyaku"
subject = "電子保証の提出【{{ project.name }}】"
[[eligibility]]
from = 2026-04-01
counted_by = ["announcement"]
""",
    "kaze": """\
name = "風間市"
[section.keiyaku]
name = "契約課"
to = ["keiyaku@kaze-city.example"]
[rule.default]
channel = "email"
section = "keiyaku"
subject = "認証キーの件【{{ project.name }}】"
""",
    "joken": """\
name = "条里町"
[section.keiyaku]
name = "契約課"
to = ["keiyaku@jori-town.example"]
[rule.default]
channel = "email"
section = "keiyaku"
subject = "認証キーの件【{{ project.name }}】"
conditions = ["受注者の押印のある契約書を提出した"]
after = ["契約書の写しを持参"]
""",
    "hatsu": """\
name = "初瀬村"
[section.somu]
name = "総務課"
to = ["somu@hatsu-village.example"]
[rule.default]
channel = "email"
section = "somu"
subject = "認証キーの件【{{ project.name }}】"
""",
    "kami": """\
name = "紙屋町"
[section.zaisei]
name = "財政課"
phone = "0263-00-0000"
[rule.default]
channel = "paper"
section = "zaisei"
subject = ""
""",
}


class Clock:
    """Set to a moment, it runs from there: a file settles while a pass waits for it."""

    def __init__(self) -> None:
        self.set(dt.datetime(2026, 6, 15, 9, 30, tzinfo=JST))
        SystemClock.now = lambda _: self.now()  # type: ignore[method-assign]

    def set(self, moment: dt.datetime) -> None:
        self._base, self._since = moment, time.monotonic()

    def now(self) -> dt.datetime:
        return self._base + dt.timedelta(seconds=time.monotonic() - self._since)


@dataclass
class OldOffice:
    """The office, its servers, and the names that this script gives to submissions."""

    root: Path
    imap: DemoImap
    relay: DsnController
    clock: Clock = field(default_factory=Clock)
    names: dict[str, int] = field(default_factory=dict)
    projects: list[str] = field(default_factory=list)
    issuers: dict[str, str] = field(default_factory=lambda: dict(ISSUERS))
    smtp_port: int = 0
    rehearsal_to: str = ""
    made: int = 0

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def store(self) -> Path:
        return self.root / "var"

    def at(self, day: int, clock: str) -> None:
        hour, minute = map(int, clock.split(":"))
        self.clock.set(dt.datetime(2026, 6, day, hour, minute, tzinfo=JST))

    def write(self) -> None:
        (self.config / "issuers").mkdir(parents=True, exist_ok=True)
        for name in ("notices", "invoices"):
            (self.store / "inbox" / name).mkdir(parents=True, exist_ok=True)
        secret = self.store / "imap-password"
        secret.touch(mode=0o600)
        secret.write_text(self.imap.password)
        worker = fill(WORKER, self.imap.port, self.smtp_port or self.relay.port, "var", self.rehearsal_to)
        (self.config / "worker.toml").write_text(worker, encoding="utf-8")
        (self.config / "projects.toml").write_text("\n".join(self.projects), encoding="utf-8")
        for name, text in self.issuers.items():
            (self.config / "issuers" / f"{name}.toml").write_text(text, encoding="utf-8")

    # --- What comes in --------------------------------------------------------------------------------------

    def form(
        self, name: str, issuer: str, product: str = "契約保証", /, *, registers: bool = True, **more: str
    ) -> Form:
        """A notice named ``name``, and its project in the register; ``more`` are further lines of TOML."""
        self.made += 1
        works = f"{name}第{self.made}号工事"
        number, key = f"40213-{self.made:06}", f"kEy{self.made:04}Zq{self.made % 10}W"
        form = replace(made.ADVANCE, project=works, product=product, number=number, key=key)
        if registers:
            numbers = () if more.pop("numberless", "") else (number,)
            section = more.pop("section", "")
            text = project(works, issuer, *numbers, **more)
            self.projects.append(text.replace('section = "doboku"', f"section = {section}") if section else text)
        return form

    def save(self, name: str, content: bytes, folder: str = "notices") -> None:
        path = self.store / "inbox" / folder / name
        path.write_bytes(content)
        moment = (self.clock.now() - dt.timedelta(minutes=10)).timestamp()
        os.utime(path, (moment, moment))

    def deliver(self, raw: bytes) -> None:
        self.imap.append(raw, received=self.clock.now())

    def take(self, *forms: tuple[str, Form], content: bytes | None = None) -> None:
        """Save each notice, make a pass, and remember each submission by its name."""
        for name, form in forms:
            self.save(f"{name}.pdf", content or made.plain(form))
        self.write()
        self.run()
        for name, form in forms:
            self.names[name] = max(each["id"] for each in self.list() if each["contract_number"] == form.number)

    # --- Commands -------------------------------------------------------------------------------------------

    def __call__(self, *arguments: str, code: int = 0) -> str:
        ran = command("--config", str(self.config), *arguments)
        assert ran.code == code, (arguments, ran)
        return ran.out

    def run(self) -> None:
        ran = command("--config", str(self.config), "run", "--once")
        assert ran.code in {0, 1}, ran

    def list(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self("list", "--json").splitlines()]

    def see(self, name: str) -> dict[str, Any]:
        return json.loads(self("show", str(self.names[name]), "--json"))

    def is_in(self, name: str, state: str, *reasons: str) -> None:
        seen = self.see(name)
        assert (seen["state"], sorted(seen["hold_reasons"])) == (state, sorted(reasons)), (name, seen)

    def approve(self, name: str, *more: str) -> None:
        self("approve", str(self.names[name]), *BY, "--note", f"{name}を確認した", *more)
        self.is_in(name, "APPROVED")

    # --- What comes back ------------------------------------------------------------------------------------

    def envelope(self, name: str) -> tuple[str, str]:
        """Message-ID and ENVID of the mail."""
        number, path = self.names[name], self.store / "hoshobin.sqlite3"
        with contextlib.closing(sqlite3.connect(path)) as database:
            (row,) = database.execute("select row from submissions where id = ?", (number,)).fetchone()
            (body,) = database.execute(
                "select body from entries where submission = ? and event = 'SendStarted' order by number desc",
                (number,),
            ).fetchone()
        return json.loads(row)["draft"]["message_id"], json.loads(body)["detail"]["envid"]

    def report(self, name: str, action: str, status: str, to: str, **more: str) -> bytes:
        message_id, envid = self.envelope(name)
        block = returned.recipient(action, status, to)
        number = 100 + self.names[name]
        return returned.dsn(block, **{"envid": envid, "returned": message_id, "number": number, **more})


def fill(text: str, imap_port: int | str, smtp_port: int | str, store: str, rehearsal_to: str = "") -> str:
    for name, value in (
        ("imap_port", imap_port),
        ("smtp_port", smtp_port),
        ("store", store),
        ("rehearsal_to", rehearsal_to),
    ):
        text = text.replace(f"{{{name}}}", str(value))
    return text


@contextlib.contextmanager
def misbehaving(office: OldOffice, at: At, fault: str) -> Iterator[MisbehavingServer]:
    """In place of the relay a server that fails once, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        server = MisbehavingServer(at, fault)
        asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        loop.call_soon_threadsafe(server.cue.set)
        office.smtp_port = server.port
        yield server
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result()
    finally:
        office.smtp_port = 0
        office.write()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def mail(subject: str, *attached: tuple[str, bytes], sender: str = COLLEAGUE, proven: bool = True) -> bytes:
    one = EmailMessage()
    if proven:
        received(one, sender)
    one["From"] = sender
    one["To"] = OFFICE
    one["Subject"] = subject
    one["Date"] = "Thu, 18 Jun 2026 18:00:00 +0900"
    one["Message-ID"] = f"<{hashlib.sha256(subject.encode()).hexdigest()[:12]}@{sender.rpartition('@')[2]}>"
    one.set_content(
        "電子保証の発行が完了しました。\n添付のとおりです。\n" if attached else "電子保証の発行が完了しました。\n"
    )
    for name, content in attached:
        one.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return one.as_bytes(policy=SMTP)


# --- The four days ---------------------------------------------------------------------------------------------


def live(office: OldOffice) -> dict[str, bytes]:
    """Everything that the office did until its last process was killed; the mails that are in flight then."""
    office.write()
    office.run()  # the first start
    _monday(office)
    _thursday_morning(office)
    flying = _thursday(office)
    _thursday_evening(office)
    office.at(19, "16:50")
    _run_killed(office)
    office.is_in("sending", "SENDING")
    return flying


def _monday(office: OldOffice) -> None:
    office.at(15, "10:00")
    first = {
        name: office.form(name, issuer, *more, **lines)
        for name, issuer, more, lines in (
            ("overdue", "kawa", (), {}),
            ("confirmed", "kawa", (), {"section": '"keiyaku"'}),
            ("sent", "hara", (), {}),
            ("bounced", "hara", (), {}),
            ("relayed", "tele", (), {}),
            ("delayed", "doji", (), {}),
            ("delivered_soon", "taisho", (), {"dates": "{ announcement = 2026-04-10 }"}),
            ("failed_soon", "kawa", (), {}),
            ("of_the_old_rule", "kaze", (), {}),
            ("of_lines", "sora", (), {}),
            ("of_conditions", "joken", (), {}),
            ("handed_over", "kami", (), {}),
            ("handed_in", "kami", (), {}),
        )
    }
    one = office.form(
        "delivered", "yama", "前払金保証", invoice='advance = { file = "delivered.pdf", amount = 20_000_000 }'
    )
    first["delivered"] = one
    office.save("delivered.pdf", invoice("山手市", one.project), "invoices")
    office.take(*first.items())
    for name in first:
        if office.see(name)["state"] == "HELD":
            ticks = ("--tick", "all") if name == "of_conditions" else ()
            office.approve(name, *ticks)
    office.run()
    for name in first.keys() - {"handed_over", "handed_in"}:
        office.is_in(name, "SENT")
    office("confirm", str(office.names["confirmed"]), *BY, "--note", "契約係 鈴木様に電話")
    office("confirm", str(office.names["handed_in"]), *BY, "--note", "窓口で受領印")
    office.at(15, "11:00")
    office.deliver(office.report("delivered", "delivered", "2.0.0", "keiyaku@yama-city.example"))
    office.deliver(office.report("bounced", "failed", "5.1.1", "zaisei@hara-town.example"))
    office.run()
    office.is_in("delivered", "DELIVERED")
    office.is_in("bounced", "BOUNCED")
    office.is_in("handed_over", "HANDED_OVER")


def _thursday_morning(office: OldOffice) -> None:
    office.at(18, "09:30")
    office.deliver(office.report("relayed", "relayed", "2.0.0", "keiyaku@hama-city.example"))
    office.deliver(office.report("delayed", "delayed", "4.4.1", "somu@mori-village.example"))
    for name in ("of_lines", "of_conditions", "of_the_old_rule", "failed_soon", "delivered_soon", "sent"):
        message_id, _ = office.envelope(name)
        text = f"受領しました。{name}\n"
        sender = office.see(name)["to"][0]
        office.deliver(returned.reply(text, to=message_id, sender=sender, number=office.names[name]))
    office.run()
    office.is_in("relayed", "RELAYED")
    office.is_in("delayed", "DELAYED")
    office.is_in("overdue", "SENT")
    office.at(18, "11:00")
    office.run()
    office.is_in("overdue", "OVERDUE")


def _thursday(office: OldOffice) -> dict[str, bytes]:
    office.at(18, "13:00")
    names = ("delayed_soon", "answered_soon", "told_without_envid", "follower_of", "confirmed_late")
    office.take(*((name, office.form(name, "kawa")) for name in names))
    for name in names:
        office.is_in(name, "SENT")
    office("confirm", str(office.names["confirmed_late"]), *BY, "--note", "土木課 田中様に電話")
    with misbehaving(office, At.RCPT_1, "550"):
        office.take(("refused", office.form("refused", "kawa")))
    office.is_in("refused", "REFUSED")
    copies = {}
    for name in ("in_doubt", "copied_soon", "not_sent"):
        with misbehaving(office, At.DOT, "close") as server:
            office.take((name, office.form(name, "kawa")))
            copies[name] = next(each for each in server.messages if b"Auto-Submitted" not in each)
        office.is_in(name, "IN_DOUBT")
    office("resolve", str(office.names["not_sent"]), "--not-sent", *BY)
    office.is_in("not_sent", "HELD", "not_sent")
    office.rehearsal_to = "renshu@contractor.example"
    office.take(("rehearsed", office.form("rehearsed", "kawa")))
    office.is_in("rehearsed", "HELD", "rehearsed")
    office.rehearsal_to = ""
    office.write()
    message_id, _ = office.envelope("answered_soon")
    return {
        "delivered_soon": office.report("delivered_soon", "delivered", "2.0.0", "keiyaku@kishi-town.example"),
        "failed_soon": office.report("failed_soon", "failed", "5.1.1", "doboku@kawa-town.example"),
        "delayed_soon": office.report("delayed_soon", "delayed", "4.4.1", "doboku@kawa-town.example"),
        "told_without_envid": office.report(
            "told_without_envid", "delivered", "2.0.0", "doboku@kawa-town.example", envid=""
        ),
        "confirmed_late": office.report("confirmed_late", "failed", "5.2.2", "doboku@kawa-town.example"),
        "copied_soon": b"Return-Path: <soumu@contractor.example>\r\nDelivered-To: hikae@contractor.example\r\n"
        + copies["copied_soon"],
        "answered_soon": returned.reply(to=message_id, sender="doboku@kawa-town.example", number=900),
    }


def _thursday_evening(office: OldOffice) -> None:
    """Nothing leaves in the evening: what is released waits for the morning."""
    office.at(18, "20:00")
    office.take(("sending", office.form("sending", "kawa")))
    office.is_in("sending", "APPROVED")
    office.at(18, "20:10")
    _released_by_itself(office)
    _never_read(office)
    _answered(office)
    _changed(office)


def _released_by_itself(office: OldOffice) -> None:
    forms = {
        "auto": office.form("auto", "kawa"),
        "auto_by_all_keys": office.form("auto_by_all_keys", "hara"),
        "auto_of_lines": office.form("auto_of_lines", "sora"),
    }
    for name, issuer, town in (("auto_with_invoice", "yama", "山手市"), ("auto_with_found_invoice", "kawa", "川北町")):
        lines = {"invoice": f'advance = {{ file = "{name}.pdf", amount = 20_000_000 }}'} if issuer == "yama" else {}
        if not lines:
            lines = {"dates": "{ contract = 2026-05-01 }"}
        forms[name] = office.form(name, issuer, "前払金保証", **lines)
        file = f"{name}.pdf" if issuer == "yama" else f"{forms[name].project}_前払金請求書.pdf"
        office.save(file, invoice(town, forms[name].project), "invoices")
    office.take(*forms.items())
    for name in forms:
        office.is_in(name, "APPROVED")
    withdrawn = office.form("withdrawn", "kawa")
    office.take(("withdrawn", withdrawn))
    office("withdraw", str(office.names["withdrawn"]), *BY, "--why", "発注者が紙を希望")


def _never_read(office: OldOffice) -> None:
    unknown = office.form("unknown", "kawa", registers=False)
    office.take(("unknown", unknown))
    office.is_in("unknown", "HELD", "unknown_project")
    wanting = office.form(
        "wanting", "yama", "前払金保証", invoice='advance = { file = "wanting.pdf", amount = 20_000_000 }'
    )
    office.take(("wanting", wanting))
    office.is_in("wanting", "HELD", "invoice_missing")
    office.save("scan.pdf", made.scan())
    office.deliver(mail("電子保証（認証キー）発行完了のお知らせ", sender="netdesk@surety.example"))
    office.run()
    by_state = {each["state"]: each["id"] for each in office.list()}
    office.names["announced"] = by_state["ANNOUNCED"]
    office.names["scan"] = next(each["id"] for each in office.list() if each["hold_reasons"] == ["no_text"])


def _answered(office: OldOffice) -> None:
    """One for each reason that a person answers."""
    forms = {
        "name_only": office.form("name_only", "kawa", numberless="yes"),
        "contact_first": office.form("contact_first", "tele"),
        "timing": office.form("timing", "doji"),
        "eligibility_unknown": office.form("eligibility_unknown", "taisho"),
        "not_eligible": office.form("not_eligible", "taisho", dates="{ announcement = 2026-03-01 }"),
        "first_address": office.form("first_address", "hatsu"),
        "conditions": office.form("conditions", "joken"),
    }
    differs = office.form("number_differs", "kawa", by_name="true")
    forms["number_differs"] = replace(differs, number="40213-900001")
    scanned = office.form(
        "invoice_unreadable", "kawa", "前払金保証", invoice='advance = { file = "scanned.pdf", amount = 20_000_000 }'
    )
    forms["invoice_unreadable"] = scanned
    office.save("scanned.pdf", made.scan(), "invoices")
    office.take(*forms.items())
    for name in forms:
        reason = {"conditions": "approval"}.get(name, name)
        office.is_in(name, "HELD", reason)
        office.approve(name, *(("--tick", "all") if name == "conditions" else ()))

    big = office.form("large_attachment", "kawa")
    office.take(("large_attachment", big), content=made.plain(big) + b"% " + b" " * 1_000_000 + b"\n%%EOF\n")
    office.is_in("large_attachment", "HELD", "large_attachment")
    office.approve("large_attachment")

    for name in ("sender_unproven", "left_unproven"):
        form = office.form(name, "kawa")
        office.deliver(mail(f"{name}の認証キー", (f"{name}.pdf", made.plain(form)), proven=False))
        office.write()
        office.run()
        office.names[name] = next(each["id"] for each in office.list() if each["contract_number"] == form.number)
        office.is_in(name, "HELD", "sender_unproven")
    office.approve("sender_unproven")

    earlier = office.see("follower_of")
    again = replace(made.ADVANCE, project=earlier["project"], product="契約保証", number=earlier["contract_number"])
    office.take(("seen_before", replace(again, key="An0therKeyW")))
    office.is_in("seen_before", "HELD", "seen_before")
    office.approve("seen_before")

    office.issuers["kaze"] = ISSUERS["kaze"].replace("認証キーの件", "認証キーの提出")
    office.take(("rule_changed", office.form("rule_changed", "kaze")))
    office.is_in("rule_changed", "HELD", "rule_changed")
    office.approve("rule_changed")

    for name in ("not_sent", "rehearsed"):
        office.approve(name)
    office("resend", str(office.names["bounced"]), *BY, "--why", "宛先を確認")
    office.names["approval"] = max(each["id"] for each in office.list())
    office.is_in("approval", "HELD", "approval")
    office.approve("approval")


def _changed(office: OldOffice) -> None:
    """A released draft that has changed since, because the register changed."""
    forms = {"changed": office.form("changed", "kawa"), "left_changed": office.form("left_changed", "doji")}
    office.take(*forms.items())
    office.approve("left_changed")
    for form in forms.values():
        at = next(at for at, text in enumerate(office.projects) if f'"{form.project}"' in text)
        office.projects[at] += 'contact = "佐藤 次郎"\n'
    office.write()
    office.run()
    for name in forms:
        office.is_in(name, "HELD", "changed")
    office.approve("changed")


def invoice(town: str, works: str) -> bytes:
    """An invoice to this town."""
    lines = (f"{town}長　様", "", "一金　２０，０００，０００円也", "", f"工事名　　{works}", "令和８年５月８日")
    return made._letter("前払金請求書", (*lines, "受注者　　〇〇建設 株式会社"))


# --- The last process ------------------------------------------------------------------------------------------


def _run_killed(office: OldOffice) -> None:
    ended = subprocess.run(
        [sys.executable, __file__, "--killed", str(office.config), office.clock.now().isoformat()], check=False
    )
    assert ended.returncode == 137, ended


def die_before_the_first_byte(config: str, moment: str) -> None:
    """A pass in this process, which ends at once when the mail server is asked for anything."""
    import worker.send.smtp.client as smtp_module

    async def die(*_: object) -> None:
        os._exit(137)

    smtp_module.SmtpServer.take = die  # type: ignore[assignment, method-assign]
    Clock().set(dt.datetime.fromisoformat(moment))
    SystemClock.now = lambda _: dt.datetime.fromisoformat(moment)  # type: ignore[method-assign]
    command("--config", config, "run", "--once")


# --- What is kept ----------------------------------------------------------------------------------------------


def keep(office: OldOffice, flying: dict[str, bytes], target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    facts = {
        "killed_at": office.clock.now().isoformat(timespec="seconds"),
        "date": FIXED.isoformat(),
        "names": office.names,
        "letters": letters_to_come(office),
    }
    (target / "facts.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    with contextlib.closing(sqlite3.connect(office.store / "hoshobin.sqlite3")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = (office.store / "hoshobin.sqlite3").read_bytes()
    (target / "hoshobin.sqlite3.xz").write_bytes(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME))
    shutil.copy(office.store / "head", target / "head")
    shutil.copytree(office.config, target / "config")
    worker = fill(WORKER, "{imap_port}", "{smtp_port}", "{store}")
    (target / "config" / "worker.toml").write_text(worker, encoding="utf-8")
    shutil.copytree(office.store / "inbox", target / "inbox")
    for path in (target / "inbox" / "notices").iterdir():
        path.unlink()  # the database has them
    (target / "in-flight").mkdir()
    for name, raw in flying.items():
        (target / "in-flight" / f"{name}.eml").write_bytes(raw)


def letters_to_come(office: OldOffice) -> dict[str, dict[str, str]]:
    """The mails that this program would send next: one for each approved submission, with the Date of ``FIXED``."""
    loaded = load_office(str(office.config))
    store = open_store(office.store, office.clock)
    invoices = asyncio.run(_look_at_invoices(loaded))
    letters = {}
    with store.writing() as writing:
        for each in store.submissions(State.APPROVED):
            drafted = reevaluate(each, loaded.active_config, invoices, writing, office.clock.now())
            draft = drafted.submission.draft
            assert draft is not None
            assert drafted.submission.draft_hash == each.released_draft, each
            raw = build_message(draft, drafted.body, drafted.contents, FIXED)
            letters[str(each.id)] = {"message_id": draft.message_id, "sha256": hashlib.sha256(raw).hexdigest()}
    store.close()
    return letters


async def _look_at_invoices(loaded: Any) -> InvoiceSnapshot:
    from worker.read.pdf.pool import PdfPool

    reader = PdfPool()
    invoices: InvoiceSnapshot = await loaded.active_config.files.look(reader, lambda _: True)
    await reader.close()
    return invoices


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as root, DemoImap(OFFICE) as imap, DsnController() as relay:
        office = OldOffice(Path(root), imap, relay)
        office.config.mkdir(parents=True)
        office.store.mkdir(parents=True)
        keep(office, live(office), target)
    for path in sorted(target.rglob("*")):
        if path.is_file():
            print(path.relative_to(target), path.stat().st_size)  # noqa: T201


if __name__ == "__main__":
    if sys.argv[1] == "--killed":
        die_before_the_first_byte(*sys.argv[2:])
    else:
        main(Path(sys.argv[1]))
