"""A contractor's office for the tests of the whole: its configuration, its folders, the mails it gets, its commands.

Everything is in one temporary folder. Commands run in this process by ``worker.cli.main``, as the console script calls
it, with both outputs caught. Names, numbers, keys and addresses are invented.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import os
import sqlite3
import time
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, Self

from fast_mail_parser import parse_email

from tests.support import notice_pdfs as made
from tests.support import world
from tests.support.authenticated import received
from tests.support.known_addresses import make_known, sections_with
from tests.support.notice_pdfs import Form
from tests.support.world import COLLEAGUE, ISSUERS, KNOWN, OFFICE, worker_toml
from worker import cli
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import AcceptedMail, DsnController
from worker.core.model import JST

HANAKO = world.HANAKO.by
(EAST,) = world.EAST.subjects
_numbers = count(1)
_folders = count(1)


@dataclass
class Ran:
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def documents(self) -> list[Any]:
        """The JSON lines on standard output."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Office:
    """One contractor's computer."""

    root: Path
    imap_port: int = 1
    imap_password: str = "secret"
    folder: str = "INBOX"
    smtp_port: int = 1
    mode: str = "auto"
    hold_minutes: int = 10
    rehearsal_to: str = ""
    since: str = ""
    projects: list[str] = field(default_factory=list)
    issuers: dict[str, str] = field(default_factory=lambda: dict(ISSUERS))
    address: str = OFFICE
    mailbox_lines: str = ""
    smtp_lines: str = ""
    """Instead of the lines for a server without TLS and login on loopback."""
    knows: tuple[str, ...] = KNOWN
    """Addresses that it has written to before; none: an office in its first hour, without a database."""

    def __post_init__(self) -> None:
        for name in ("notices", "invoices"):
            (self.store / "inbox" / name).mkdir(parents=True, exist_ok=True)
        (self.config / "issuers").mkdir(parents=True, exist_ok=True)
        if self.knows:
            # An office that began before the day's opening gets a digest on a working day: this one begins now.
            make_known(self.store, *sections_with(self.issuers, self.knows), at=dt.datetime.now(JST))
        self.write()

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def store(self) -> Path:
        return self.root / "var"

    def write(self, **changes: Any) -> None:
        """Write the configuration, with ``changes`` from now on."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.secret("imap-password", self.imap_password)
        (self.config / "worker.toml").write_text(self._worker(), encoding="utf-8")
        (self.config / "projects.toml").write_text("\n".join(self.projects), encoding="utf-8")
        for name, text in self.issuers.items():
            (self.config / "issuers" / f"{name}.toml").write_text(text, encoding="utf-8")

    def _worker(self) -> str:
        mailbox = self.mailbox_lines or (
            f'host = "127.0.0.1"\nport = {self.imap_port}\nsecurity = "none"\nuser = "{self.address}"\n'
            f'password_file = "imap-password"\nfolder = "{self.folder}"'
        )
        since = f"\nsince = {self.since}" if self.since else ""
        return worker_toml(
            office=self.address,
            mailbox=mailbox + since,
            smtp=self.smtp_lines,
            smtp_port=self.smtp_port,
            mode=self.mode,
            hold_minutes=self.hold_minutes,
            rehearsal_to=self.rehearsal_to,
        )

    def secret(self, name: str, text: str) -> None:
        """A password file that only we can read."""
        path = self.store / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")

    def save_notice(self, name: str, content: bytes) -> None:
        """Save a PDF into the watched folder, as a person does who downloads it."""
        (self.store / "inbox" / "notices" / name).write_bytes(content)

    def save_invoice(self, name: str, content: bytes) -> None:
        """Saved an hour ago: a file of this moment may still be being written, and is not there yet."""
        path = self.store / "inbox" / "invoices" / name
        path.write_bytes(content)
        an_hour_ago = time.time() - 3600
        os.utime(path, (an_hour_ago, an_hour_ago))

    # --- Commands -------------------------------------------------------------------------------------------

    def __call__(self, *arguments: str) -> Ran:
        """``hoshobin --config … ARGUMENTS``."""
        return command("--config", str(self.config), *arguments)

    def run_once(self) -> Ran:
        return self("run", "--once")

    def list(self) -> list[dict[str, Any]]:
        return self("list", "--json").documents

    def label(self, number: int) -> str:
        """The label with which submission ``number`` is approved in its current form."""
        return str(next(each["label"] for each in self.list() if each["id"] == number))

    def show(self, number: int) -> dict[str, Any]:
        return self("show", str(number), "--json").document

    def of(self, form: Form) -> list[dict[str, Any]]:
        """The submissions under the number of ``form``, oldest first."""
        return [each for each in self.list() if each["contract_number"] == form.number]

    def only(self, form: Form) -> dict[str, Any]:
        (one,) = self.of(form)
        return one

    @property
    def ledger(self) -> dict[str, tuple[str, list[int]]]:
        """The result for each message: by subject, the ledger's last word and the submissions."""
        rows = (json.loads(row) for (row,) in self.rows("select row from messages"))
        return {row["subject"]: (row["end"], row["submissions"]) for row in rows}

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the database, read apart from the program."""
        with contextlib.closing(sqlite3.connect(self.store / "hoshobin.sqlite3")) as database:
            return database.execute(sql).fetchall()


def command(*arguments: str) -> Ran:
    """``hoshobin ARGUMENTS`` in this process, into a pipe."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(list(arguments))
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    return Ran(code, *texts)


def environment(**more: str) -> dict[str, str]:
    """The environment for a real process."""
    return {**os.environ, **more}


@dataclass(frozen=True)
class Taken:
    """A mail that a server took: its envelope, and its content as fast-mail-parser reads it."""

    sender: str
    recipients: tuple[str, ...]
    subject: str
    to: tuple[str, ...]
    cc: tuple[str, ...]
    text: str
    files: tuple[tuple[str, bytes], ...]
    headers: dict[str, list[str]]
    raw: bytes
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, mail: AcceptedMail) -> Self:
        envelope = tuple(each.address for each in mail.recipients)
        return cls.read(mail.content, sender=mail.sender, recipients=envelope, options=mail.options)

    @classmethod
    def read(cls, raw: bytes, **envelope: Any) -> Self:
        seen = parse_email(raw)
        named = {name: tuple(_addresses(seen.headers.get(name, []))) for name in ("To", "Cc")}
        return cls(
            **{"sender": "", "recipients": (), **envelope},
            subject=seen.subject,
            to=named["To"],
            cc=named["Cc"],
            text="\n".join(seen.text_plain),
            files=tuple((each.filename, bytes(each.content)) for each in seen.attachments),
            headers=seen.headers,
            raw=raw,
        )


class Mailroom:
    """An office with a mailbox folder of its own on the shared server, and what the relay took from it."""

    def __init__(self, imap: DemoImap, relay: DsnController, root: Path, **settings: Any) -> None:
        self.imap = imap
        self.relay = relay
        self.folder = f"Box{next(_folders)}"
        self.imap.create_folder(self.folder)
        self.delivered = 0
        self._before = len(relay.mails)
        self.office = Office(
            root,
            **{
                "imap_port": imap.port,
                "imap_password": imap.password,
                "smtp_port": relay.port,
                "folder": self.folder,
                "since": yesterday(),
                **settings,
            },
        )

    def deliver(self, *mails: Any) -> None:
        for mail in mails:
            self.imap.append(wire(mail), folder=self.folder)
            self.delivered += 1

    @property
    def accepted(self) -> list[Taken]:
        """The mails that the relay took, read by a parser that is neither ours nor Python's."""
        return [Taken.of(mail) for mail in self.relay.mails[self._before :]]

    @property
    def submissions(self) -> list[Taken]:
        """Of those, what is no mail to the operator."""
        return [each for each in self.accepted if not each.subject.startswith("【保証便】")]

    @property
    def tellings(self) -> list[Taken]:
        return [each for each in self.accepted if each.subject.startswith("【保証便】")]


def _addresses(lines: list[str]) -> list[str]:
    return [address.strip() for line in lines for address in line.split(",")]


# --- Notices and mails ---------------------------------------------------------------------------------------


def a_form(name: str = "道路改良工事（その２）", product: str = "契約保証", **more: str) -> Form:
    """A notice's fields, with a number and a key that no other has."""
    number = next(_numbers)
    own = {"number": f"40213-{number:06}", "key": f"kEy{number:04}Zq{number % 10}W"}
    return replace(made.ADVANCE, project=name, product=product, **{**own, **more})


def later_key(form: Form) -> Form:
    """The same number with another key."""
    return replace(form, key=form.key[::-1])


@cache
def notice(form: Form) -> bytes:
    return made.plain(form)


@cache
def other_download(form: Form) -> bytes:
    """The same notice in other bytes."""
    return made.ruled_table(form)


@cache
def an_invoice(form: Form) -> bytes:
    """The invoice for the advance payment of this project."""
    return made.invoice(form.project)


def a_pdf(what: str = "見積書") -> bytes:
    """A PDF that is no notice."""
    return made.samples()["quotation.pdf" if what == "見積書" else "invoice-advance.pdf"]


def a_mail(
    subject: str = "認証キーのお知らせの件",
    *attachments: tuple[str, bytes],
    sender: str = COLLEAGUE,
    text: str = "添付のとおりです。",
    message_id: str = "",
) -> EmailMessage:
    mail = EmailMessage()
    received(mail, sender)
    mail["From"] = sender
    mail["To"] = OFFICE
    mail["Subject"] = subject
    mail["Date"] = format_datetime(dt.datetime.now(JST))
    mail["Message-ID"] = message_id or f"<t{next(_numbers)}.{os.getpid()}@{sender.rpartition('@')[2]}>"
    mail.set_content(text + "\n")
    for name, content in attachments:
        mail.add_attachment(content, maintype="application", subtype="pdf", filename=name)
    return mail


def wire(mail: EmailMessage | bytes) -> bytes:
    """As it comes over IMAP."""
    return mail if isinstance(mail, bytes) else mail.as_bytes(policy=SMTP)


def yesterday() -> str:
    return (dt.datetime.now(JST).date() - dt.timedelta(days=1)).isoformat()
