"""The whole against Dovecot and Postfix: mails in over IMAPS, submissions through STARTTLS and AUTH into maildirs.

The mails that arrived are read by fast-mail-parser, a decoder that is neither Python's nor ours.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import imapclient
import pytest
import time_machine

from tests.support.known_addresses import say_installed
from tests.support.mailservers import ARRIVAL_SECONDS, MailServers
from tests.support.notice_pdfs import Form
from tests.support.office import HANAKO, Office, Taken, a_form, a_mail, a_pdf, an_invoice, notice, wire, yesterday
from tests.support.world import project
from worker.core.model import JST

pytestmark = pytest.mark.servers

OFFICE = "office@test.example"
STARTED = "select body from entries where event = 'SendStarted' order by number"
AWKWARD = "髙田①号線(仮称)　ﾎﾟﾝﾌﾟ場 Ａ棟 ～その２～ ㈱ 改修工事"
FORMS = {
    "a": a_form("道路改良工事（その２）", "前払金保証"),
    "b": a_form("橋梁補修工事 No.3 (Phase 2) と 附帯工 ABC の件名が折り返すほど長い工事"),
    "c": a_form(AWKWARD),
}
ISSUERS = {
    "a": """
name = "甲市"
[section.keiyaku]
name = "契約課"
to = ["keiyaku@issuer-a.example"]
cc = ["kanri@issuer-a.example"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "{{ product }}にかかる認証キー【{{ project.name }}】の提出について"
invoice = "required"
""",
    **{
        name: f"""
name = "{title}"
[section.keiyaku]
name = "契約課"
to = ["{to}"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "{{{{ product }}}} {{{{ project.name }}}} {{{{ contractor.name }}}}"
invoice = "never"
"""
        for name, title, to in (
            ("b", "乙町", "doboku@issuer-b.example"),
            ("c", "丙村", "somu@issuer-c.example"),
            ("refusing", "丁市", "refused@ext.example"),
            ("later", "戊町", "later@ext.example"),
            ("gone", "己町", "hardfail@ext.example"),
            ("blocking", "庚町", "blocked@ext.example"),
            ("full", "辛町", "full@ext.example"),
        )
    },
}

KNOWN = (
    "keiyaku@issuer-a.example",
    "kanri@issuer-a.example",
    "doboku@issuer-b.example",
    "somu@issuer-c.example",
    "refused@ext.example",
    "later@ext.example",
    "hardfail@ext.example",
    "blocked@ext.example",
    "full@ext.example",
)


@pytest.fixture
def clean(servers: MailServers) -> MailServers:
    for user in ("office", "issuer", "issuer-a", "issuer-b", "issuer-c"):
        servers.empty(user)
    return servers


@pytest.fixture
def at(clean: MailServers, tmp_path: Path) -> Callable[..., Office]:
    """Opens an office with IMAPS, and with STARTTLS and AUTH on the submission port."""

    def open_office(*projects: str, smtp_port: int = 0, smtp_security: str = "starttls") -> Office:
        ca = f'ca_file = "{clean.ca_file}"\n'
        office = Office(
            tmp_path,
            address=OFFICE,
            imap_password=clean.password + "\n",
            since=yesterday(),
            issuers=ISSUERS,
            knows=KNOWN,
            projects=list(projects),
            mailbox_lines=f'host = "localhost"\nport = {clean.imaps}\nsecurity = "tls"\nuser = "office"\n{ca}'
            'password_file = "imap-password"',
            smtp_lines=f'host = "localhost"\nport = {smtp_port or clean.submission}\nsecurity = "{smtp_security}"\n'
            f'user = "office"\n{ca}password_file = "smtp-password"',
        )
        office.secret("smtp-password", clean.password)
        return office

    return open_office


def arrived(servers: MailServers, user: str, count: int) -> list[Taken]:
    return [Taken.read(raw) for raw in servers.arrived(user, count)]


@dataclass(frozen=True)
class Seen:
    """Dovecot's description of one message, and the message's bytes."""

    flags: tuple[bytes, ...]
    content: bytes


def look_at(servers: MailServers) -> tuple[Seen, ...]:
    """The office's INBOX as another mail program sees it, without changing it."""
    with imapclient.IMAPClient("127.0.0.1", servers.imap, ssl=False, timeout=60) as mailbox:
        mailbox.login("office", servers.password)
        mailbox.select_folder("INBOX", readonly=True)
        uids = mailbox.search("ALL")
        found = mailbox.fetch(uids, ["FLAGS", "BODY.PEEK[]"]) if uids else {}
        # \Recent is about who looked first, and no flag of the message
        return tuple(
            Seen(tuple(flag for flag in found[uid][b"FLAGS"] if flag != b"\\Recent"), found[uid][b"BODY[]"])
            for uid in uids
        )


def test_notices_come_in_over_imaps_and_arrive_at_three_issuers_as_they_were_meant(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    office = at(
        project(FORMS["a"].project, "a", FORMS["a"].number, invoice='advance = { file = "請求書（前払金） No.1.pdf" }'),
        project(FORMS["b"].project, "b", FORMS["b"].number),
        project(FORMS["c"].project, "c", FORMS["c"].number),
    )
    office.save_invoice("請求書（前払金） No.1.pdf", an_invoice(FORMS["a"]))
    for name in ("a", "b"):
        clean.deliver("office", wire(a_mail("認証キーの件", ("お知らせ.pdf", notice(FORMS[name])))))
    clean.deliver("office", wire(a_mail("お見積り", ("見積書.pdf", a_pdf()), text="見積書です。")))
    office.save_notice("c.pdf", notice(FORMS["c"]))
    before = look_at(clean)
    assert len(before) == 3

    ran = office.run_once()
    assert (ran.code, ran.err) == (0, "")

    mails = {name: arrived(clean, f"issuer-{name}", count)[0] for name, count in (("a", 2), ("b", 1), ("c", 1))}
    company = "〇〇建設 株式会社"
    assert {name: mail.subject for name, mail in mails.items()} == {
        "a": f"前払金保証にかかる認証キー【{FORMS['a'].project}】の提出について",
        "b": f"契約保証 {FORMS['b'].project} {company}",
        "c": f"契約保証 {AWKWARD} {company}",
    }
    for name, mail in mails.items():
        form = FORMS[name]
        assert mail.files[0] == (f"認証キーのお知らせ_{form.number}.pdf", notice(form))
        assert mail.headers["From"] == [f"{company} <{OFFICE}>"]
        assert form.key not in mail.raw.decode("ascii")
    assert mails["a"].files[1:] == (("請求書（前払金） No.1.pdf", an_invoice(FORMS["a"])),)
    assert (mails["a"].to, mails["a"].cc) == (("keiyaku@issuer-a.example",), ("kanri@issuer-a.example",))
    assert {each["state"] for each in office.list()} == {"SENT"}

    sent = [office.show(each["id"]) for each in office.list()]
    letters = {content for (content,) in office.rows("select content from originals where kind = 'letter'")}
    for mail in mails.values():
        # Postfix put its trace on top and changed nothing below it.
        assert [letter for letter in letters if mail.raw.endswith(letter)]
    started = [entry for each in sent for entry in each["entries"] if entry["event"] == "SendStarted"]
    assert {entry["set"]["tls"] for entry in started} == {"TLSv1.3"}
    assert all(entry["detail"]["envid"] for entry in started)

    assert look_at(clean)[: len(before)] == before
    assert all(seen.flags == () for seen in before)


def test_delivery_reports_come_back_and_are_taken_for_nothing_else(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    form = FORMS["b"]
    office = at(project(form.project, "b", form.number))
    clean.deliver("office", wire(a_mail("認証キーの件", ("お知らせ.pdf", notice(form)))))
    office.run_once()
    clean.arrived("issuer-b", 1)
    (_, report) = clean.arrived("office", 2)
    assert form.key.encode() not in report
    envid = [entry["detail"]["envid"] for entry in office.show(1)["entries"] if entry["event"] == "SendStarted"]
    assert f"Original-Envelope-Id: {envid[0]}".encode() in report
    assert office.run_once().code == 0
    assert office.rows('select "end", count(*) from messages group by "end" order by "end"') == [
        ("report", 1),
        ("submission", 1),
    ]
    (one,) = office.list()
    assert one["state"] == "DELIVERED"


def test_arrival_needs_a_report_for_every_recipient_and_the_copy_counts_for_nothing(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    form = FORMS["a"]
    office = at(project(form.project, "a", form.number, invoice='advance = { file = "請求書.pdf" }'))
    office.save_invoice("請求書.pdf", an_invoice(form))
    clean.deliver("office", wire(a_mail("認証キーの件", ("お知らせ.pdf", notice(form)))))
    office.run_once()
    clean.arrived("office", 2)
    said = {each["recipient"]: each["kind"] for each in wait_for(office, "DELIVERED")["receipts"]}
    assert said == {"keiyaku@issuer-a.example": "delivered", "kanri@issuer-a.example": "delivered"}


class Mailman:
    """Another program in the office's account, which may put a mail anywhere with any internal date."""

    def __init__(self, servers: MailServers) -> None:
        self.client = imapclient.IMAPClient("127.0.0.1", servers.imap, ssl=False, timeout=60)
        self.client.login("office", servers.password)

    def give(self, form: Form, received: dt.datetime, folder: str = "INBOX") -> None:
        mail = wire(a_mail("認証キー", ("a.pdf", notice(form))))
        self.client.append(folder, mail, msg_time=received)

    def move_all(self, source: str, target: str) -> None:
        self.client.select_folder(source)
        self.client.move(self.client.search("ALL"), target)
        self.client.unselect_folder()


@pytest.fixture
def man(clean: MailServers) -> Iterator[Mailman]:
    made = Mailman(clean)
    yield made
    made.client.logout()


def numbers_of(office: Office) -> list[str]:
    return sorted(each["contract_number"] for each in office.list())


def reasons_of(office: Office, form: Form) -> set[str]:
    return {*office.only(form)["hold_reasons"]}


def test_the_first_look_at_dovecot_takes_by_the_moment_and_what_is_moved_in_later_whatever_its_date(
    clean: MailServers, man: Mailman, at: Callable[..., Office]
) -> None:
    old, margin, new, ahead, moved = [a_form(f"初回の工事{number}") for number in range(5)]
    office = at()
    office.write(since="")
    now = dt.datetime.now(JST)
    say_installed(office.store, now - dt.timedelta(days=7))
    minute = dt.timedelta(minutes=1)
    honolulu = dt.timezone(dt.timedelta(hours=-10))
    clean.deliver("office", wire(a_mail("認証キー", ("a.pdf", notice(ahead)))))
    (file,) = (clean.maildir("office") / "new").iterdir()
    os.utime(file, ((now + dt.timedelta(days=400)).timestamp(),) * 2)  # by APPEND Dovecot takes no date to come
    man.give(old, (now - dt.timedelta(days=7, hours=1) - minute).astimezone(honolulu))
    man.give(margin, (now - dt.timedelta(days=7, hours=1) + minute).astimezone(dt.UTC))
    man.give(new, (now - dt.timedelta(days=6)).astimezone(honolulu))
    office.run_once()
    assert numbers_of(office) == sorted(form.number for form in (margin, new, ahead))
    assert [("from_before" in reasons_of(office, form)) for form in (margin, new, ahead)] == [True, False, True]
    (look,) = [each for each in office("status", "--json").document["looks"] if each["name"] == "mail:main"]
    assert (look["left"], look["left_alike"]) == (1, 1)
    clean.arrived("office", 5)
    assert sum("うち1通は" in Taken.read(mail).text for mail in clean.messages("office")) == 1

    man.client.create_folder("Later")
    man.give(moved, now - dt.timedelta(days=300), "Later")
    man.move_all("Later", "INBOX")
    man.client.delete_folder("Later")
    office.run_once()
    assert "from_before" in reasons_of(office, moved)
    office.write(since=(now - dt.timedelta(days=9)).date().isoformat())
    office.run_once()
    assert "from_before" in reasons_of(office, old)


def test_a_dovecot_that_numbers_anew_loses_and_repeats_nothing_and_a_changed_since_reaches_below(
    clean: MailServers, man: Mailman, at: Callable[..., Office]
) -> None:
    old, first, second = [a_form(f"番号の工事{number}") for number in range(3)]
    office = at(*(project(form.project, "b", form.number) for form in (old, first, second)))
    now = dt.datetime.now(JST)
    say_installed(office.store, now - dt.timedelta(days=7))
    man.client.create_folder("Hosho")
    office.mailbox_lines += '\nfolder = "Hosho"'
    office.write(since="")
    man.give(old, now - dt.timedelta(days=8), "Hosho")
    man.give(first, now - dt.timedelta(days=1), "Hosho")
    office.run_once()
    assert numbers_of(office) == [first.number]
    clean.arrived("issuer-b", 1)
    man.client.rename_folder("Hosho", "Kept")
    man.client.create_folder("Hosho")  # of another UIDVALIDITY, and the mails in another order
    man.give(second, now, "Hosho")
    man.move_all("Kept", "Hosho")
    man.client.delete_folder("Kept")
    office.run_once()
    assert numbers_of(office) == sorted(form.number for form in (first, second))
    office.write(since=(now - dt.timedelta(days=9)).date().isoformat())
    office.run_once()
    assert "from_before" in reasons_of(office, old)
    office.run_once()
    assert len(office.list()) == 3
    assert len(clean.arrived("issuer-b", 2)) == 2
    man.client.delete_folder("Hosho")


@pytest.mark.parametrize(
    ("issuer", "status", "words"),
    [
        ("gone", "5.1.1", "アドレスの誤り、または廃止"),
        ("blocking", "5.7.1", "受信拒否"),
        ("full", "4.2.2", "宛先の容量超過"),
    ],
)
def test_a_bounce_comes_back_is_told_at_once_and_says_why(
    issuer: str, status: str, words: str, clean: MailServers, at: Callable[..., Office]
) -> None:
    form = a_form("戻ってくる工事")
    office = at(project(form.project, issuer, form.number))
    clean.deliver("office", wire(a_mail("認証キーの件", ("a.pdf", notice(form)))))
    office.run_once()
    bounced = wait_for(office, "BOUNCED")
    failed = next(each for each in bounced["receipts"] if each["kind"] == "failed")
    assert failed["status"] == status
    events = [entry["event"] for entry in office.show(1)["entries"]]
    assert events.count("Bounced") == 1
    assert ("Delayed" in events) == (issuer == "full")
    assert words in office("list").out
    told = [mail for mail in map(Taken.read, clean.messages("office")) if mail.subject.startswith("【保証便】")]
    assert any(words in mail.text for mail in told)
    assert office("audit", "verify").code == 0


def wait_for(office: Office, state: str) -> dict[str, Any]:
    """The only submission once it is in ``state``; the reports of Postfix take their time."""
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while True:
        (one,) = office.list()
        if one["state"] == state:
            return one
        assert time.monotonic() < deadline, one
        office.run_once()


def test_a_server_over_tls_from_the_first_byte_that_hides_dsn_is_served_too(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    forms = [a_form("暗号化された工事"), a_form("知らせのない工事")]
    for form, port, security in zip(forms, (clean.submissions, clean.nodsn), ("tls", "starttls"), strict=True):
        office = at(project(form.project, "b", form.number), smtp_port=port, smtp_security=security)
        clean.deliver("office", wire(a_mail("認証キーの件", ("a.pdf", notice(form)))))
        assert office.run_once().code == 0
    contents = [mail.files[0][1] for mail in arrived(clean, "issuer-b", 2)]
    assert contents == [notice(form) for form in forms]
    envids = [json.loads(body)["detail"]["envid"] for (body,) in office.rows(STARTED)]
    assert [bool(envid) for envid in envids] == [True, False]


def test_a_recipient_that_is_refused_ends_the_submission_and_the_operator_is_told(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    form = a_form("丁市の工事")
    office = at(project(form.project, "refusing", form.number))
    clean.deliver("office", wire(a_mail("認証キーの件", ("a.pdf", notice(form)))))
    assert office.run_once().code == 1
    (one,) = office.list()
    assert one["state"] == "REFUSED"
    assert one["smtp_reply"].startswith("550 5.1.1")
    (_, told) = arrived(clean, "office", 2)
    assert told.subject == "【保証便】至急：ご対応が必要な提出があります（1件、うち至急 1件）"
    assert "受信拒否（未送信）" in told.text
    assert "550 5.1.1" in told.text
    assert "hoshobin resend 1 --by" in told.text
    assert told.headers["Auto-Submitted"] == ["auto-generated"]
    assert office.run_once().code == 0
    assert len(clean.messages("office")) == 2


def test_a_recipient_that_is_put_off_is_tried_again_by_itself_later(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    form = a_form("戊町の工事")
    office = at(project(form.project, "later", form.number))
    clean.deliver("office", wire(a_mail("認証キーの件", ("a.pdf", notice(form)))))
    assert office.run_once().code == 0
    (one,) = office.list()
    assert (one["state"], one["sent_at"]) == ("APPROVED", None)
    assert one["smtp_reply"].startswith("451 4.3.0")
    (put_off,) = [entry for entry in office.show(1)["entries"] if entry["event"] == "NotNow"]
    assert put_off["detail"]["next_try_at"] > put_off["at"]
    assert "送信予定" in office("show", "1").out
    assert office.run_once().code == 0
    assert [entry["event"] for entry in office.show(1)["entries"]].count("SendStarted") == 1
    assert len(clean.messages("office")) == 1  # no alarm: it goes on by itself


def test_greylisting_is_waited_out_and_ends_in_one_mail(clean: MailServers, at: Callable[..., Office]) -> None:
    form = FORMS["c"]
    office = at(project(form.project, "c", form.number), smtp_port=clean.greylist)
    clean.deliver("office", wire(a_mail("認証キーの件", ("a.pdf", notice(form)))))
    assert office.run_once().code == 0
    assert office.list()[0]["smtp_reply"].startswith("450 ")
    assert clean.messages("issuer-c") == []
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2), tick=True):
        assert office.run_once().code == 0
    assert office.list()[0]["state"] == "SENT"
    assert arrived(clean, "issuer-c", 1)[0].files == ((f"認証キーのお知らせ_{form.number}.pdf", notice(form)),)


def test_a_wrong_imap_password_ends_with_3_and_the_operator_is_told_once(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    form = FORMS["a"]
    office = at(project(form.project, "b", form.number))
    office.write(imap_password="wrong")
    for _ in range(2):
        ran = office.run_once()
        assert ran.code == 3
        assert "main" in ran.err
    (told,) = arrived(clean, "office", 1)
    assert told.subject == "【保証便】メールサーバーにログインできません（受信メールボックス main）"
    assert "hoshobin doctor" in told.text
    doctor = office("doctor")
    assert doctor.code == 3
    assert "[mailbox.main] の user とパスワードのファイルをご確認ください。" in doctor.out
    assert "wrong" not in doctor.out + doctor.err

    office.write(imap_password=clean.password)
    assert office.run_once().code == 0
    assert office("doctor").code == 0
    assert office.list() == []  # the operator's mail is known as our own
    assert office.rows('select "end" from messages') == [("own",)]


def test_a_certificate_of_an_authority_that_is_not_known_is_refused(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    office = at()
    office.write(
        mailbox_lines=office.mailbox_lines.replace(f'ca_file = "{clean.ca_file}"', ""),
        smtp_lines=office.smtp_lines.replace(f'ca_file = "{clean.ca_file}"', ""),
    )
    ran = office("doctor", "--json")
    assert ran.code == 3
    failed = {each["name"]: each["error"] for each in ran.document["results"] if not each["ok"]}
    assert failed.keys() == {"mail:main", "smtp"}
    assert all("certificate" in error for error in failed.values())


def test_a_notice_in_a_forwarded_mail_is_sent_once_a_person_has_approved_it(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    form = a_form("乙町の橋")
    office = at(project(form.project, "b", form.number))
    office.write(mode="approve")
    inner = a_mail("電子保証の件", ("お知らせ.pdf", notice(form)))
    outer = a_mail("Fwd: 電子保証の件", text="転送します。")
    outer.add_attachment(inner)
    clean.deliver("office", wire(outer))
    assert office.run_once().code == 1
    held = office.only(form)
    assert held["hold_reasons"] == ["approval"]
    assert office("approve", held["label"], "--by", HANAKO, "--tick", "all").code == 0
    assert office.run_once().code == 0
    assert arrived(clean, "issuer-b", 1)[0].files == ((f"認証キーのお知らせ_{form.number}.pdf", notice(form)),)


# --- Our own copy --------------------------------------------------------------------------------------------


class LostAnswer:
    """A line to the mail server that breaks, once, when the answer to a whole mail comes back over it."""

    BODY = 5_000
    """Bytes that no greeting, login and envelope have together."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.is_lost = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                threading.Thread(target=self._carry, args=(client, server), daemon=True).start()

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        sent = 0
        with contextlib.suppress(OSError), client, server:
            while ready := select.select([client, server], [], [], 120)[0]:
                for source, sink in ((client, server), (server, client)):
                    if source not in ready:
                        continue
                    some = source.recv(65_536)
                    sent += len(some) if source is client else 0
                    if source is server and sent > self.BODY and not self.is_lost.is_set():
                        self.is_lost.set()
                        return
                    if not some:
                        return
                    sink.sendall(some)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.close()


def with_copy(office: Office) -> Office:
    office.write(smtp_lines=f'{office.smtp_lines}\ncopy_to = "{OFFICE}"')
    return office


def test_our_own_copy_comes_back_unseen_by_the_issuer_and_is_known_as_ours(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    form = a_form("乙町の橋")
    office = with_copy(at(project(form.project, "b", form.number)))
    office.save_notice("お知らせ.pdf", notice(form))
    assert office.run_once().code == 0
    (mail,) = arrived(clean, "issuer-b", 1)
    assert (mail.to, mail.cc) == (("doboku@issuer-b.example",), ())
    message_id = office.only(form)["message_id"].encode()
    assert OFFICE.encode() not in mail.raw.partition(b"Message-ID:")[2], "our address stands in From, and nowhere else"

    def came(kind: bytes) -> list[bytes]:
        return [each for each in clean.messages("office") if kind in each.partition(b"\r\n\r\n")[0]]

    deadline = time.monotonic() + ARRIVAL_SECONDS
    while not (came(b"Message-ID: " + message_id) and came(b"multipart/report")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(came(b"Message-ID: " + message_id)) == 1
    assert office.run_once().code == 0
    assert sorted(end for (end,) in office.rows('select "end" from messages')) == ["own", "report"]
    (report,) = came(b"multipart/report")
    assert report.count(b"Final-Recipient:") == 1, "of our own copy nothing is reported"


def test_our_own_copy_resolves_an_answer_that_was_lost_and_nothing_is_sent_again(
    clean: MailServers, at: Callable[..., Office]
) -> None:
    """By a server that offers no reports, so that the copy is the only proof."""
    form = a_form("乙町の橋")
    with LostAnswer(clean.nodsn) as line:
        office = with_copy(at(project(form.project, "b", form.number), smtp_port=line.port))
        office.save_notice("お知らせ.pdf", notice(form))
        assert office.run_once().code == 1
        assert line.is_lost.is_set()
        assert office.only(form)["state"] == "IN_DOUBT"
        arrived(clean, "issuer-b", 1)
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while office.only(form)["state"] == "IN_DOUBT" and time.monotonic() < deadline:
            office.run_once()
        assert office.only(form)["state"] == "SENT"
        assert office.rows("select count(*) from entries where event = 'ProvenSent'") == [(1,)]
        assert office.run_once().code == 0
    assert len(arrived(clean, "issuer-b", 1)) == 1
