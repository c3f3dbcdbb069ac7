"""The whole job on embedded servers: mails in, submissions out, what waits, the operator's mail, the log.

Everything stays on loopback and in one folder. It uses the product's own pass and prints what that pass left
behind; nothing is prepared but the mailbox and the configuration. It is an office in its first hour: what goes to an
address for the first time waits, and is approved here as a person would. Needs the extra ``hoshobin[demo]``.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from worker.approve.checked_reasons import mark_of_hold, reasons_to_check
from worker.approve.decisions import Approval
from worker.audit.sent_log import log_rows
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.sample_files import sample_pdf
from worker.cli.demo.smtp_server import AcceptedMail, DsnController
from worker.cli.log import print_log, print_verdict
from worker.cli.pages import with_reader
from worker.cli.run_office import pass_once
from worker.cli.tables import print_pairs, print_table, submission_table
from worker.compose import mime_verify
from worker.core.messages import Language, say
from worker.core.model import JST
from worker.core.states import NEEDS_A_PERSON, Reason, State
from worker.pipeline.decide import approve
from worker.pipeline.start import record_start
from worker.read.ports import PdfReader
from worker.service.readers import build_reader
from worker.service.wiring import (
    account_name,
    load_installation,
    make_store_of,
    open_store_of,
    program_version,
    system_clock,
    take_sender_lock,
)
from worker.store.ports import Author

OFFICE: Final = "soumu@contractor.example"
COLLEAGUE: Final = "sato@contractor.example"
PERSON: Final = "山田 花子"
ADMINISTRATOR: Final = "鈴木 一郎"
ANNOUNCED_SUBJECT: Final = "電子保証（認証キー）発行完了のお知らせ"

_WORKER: Final = """\
# デモの設定：このコンピューターの中のサーバーだけを使います。
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
since = {since}
authserv_id = "mx.contractor.example"

[intake]
colleagues = ["sato@contractor.example", "soumu@contractor.example"]

[smtp]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
user = ""

[folders]
notices = "inbox/notices"
invoices = "inbox/invoices"

[release]
mode = "auto"                            # デモなので、確実なものは承認なしで送ります

[schedule]
windows = []                             # デモなので、夜間・休日でも送ります

[store]
dir = "var"
witness = "witness"                      # デモなので、目印（witness）もこのフォルダに置きます

[operator]
people = ["山田 花子", "佐藤 次郎"]
notify = ["soumu@contractor.example"]
"""

_ISSUERS: Final = {
    "maru-city": """\
name = "〇〇市"
[section.keiyaku]
name = "契約課"
to = ["keiyaku@maru-city.example"]
[rule.default]
channel = "email"
section = "keiyaku"
subject = "【{{ product }}】{{ values.工事番号 }} {{ project.name }}（{{ contractor.name }}）"
notice = "attached"
timing = "any"
invoice = "never"
""",
    "sankaku-town": """\
name = "△△町"
[section.kensetsu]
name = "建設整備課"
to = ["kensetsu@sankaku-town.example"]
cc = ["genba@contractor.example"]
[rule.default]
channel = "email"
section = "project"
subject = "{{ product }}にかかる認証キー【{{ project.name }}】の提出について"
notice = "attached"
timing = "any"
invoice = "required"
""",
    "shikaku-pref": """\
name = "□□県"
[section.doboku]
name = "土木事務所 総務課"
to = ["doboku@shikaku-pref.example"]
[rule.default]
channel = "email"
section = "doboku"
subject = "電子保証(認証キー)"
notice = "attached"
timing = "any"
invoice = "optional"
""",
}

_PROJECTS: Final = """\
[[project]]
name = "市営住宅外壁改修工事"
issuer = "maru-city"
contract_numbers = ["40188-003051"]
values = { "工事番号" = "R8-12" }

[[project]]
name = "道路改良工事（その２）"
issuer = "sankaku-town"
section = "kensetsu"
contract_numbers = ["40213-00712M"]
dates = { contract = 2026-05-01 }
[project.invoice]
advance = { file = "invoice-advance.pdf", amount = 20_000_000, date = 2026-05-08 }

[[project]]
name = "橋梁補修工事（第３工区）"
issuer = "shikaku-pref"
contract_numbers = ["39877-01044M"]
[project.invoice]
interim = "separate"
"""


def run_demo(keep: Path | None, lang: Language) -> int:
    """Run the job once and print the results; with ``keep`` everything is left there."""
    with ExitStack() as stack:
        root = keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hoshobin-demo-")))
        click.echo(say("demo_intro", lang))
        with _progress(say("starting_servers", lang)):
            mailbox = stack.enter_context(DemoImap(OFFICE))
            relay = stack.enter_context(DsnController())
        mails = prepare_office(root, mailbox, relay, lang)
        if _approve_first_mails(root, lang):
            with _progress(say("reading", lang)):
                _run_worker(root)
        _print_results(root, relay.mails, lang)
        if keep is not None:
            _keep_mails(root, mails, relay.mails)
            click.echo(say("demo_kept", lang, dir=root))
        return 0


def prepare_office(root: Path, mailbox: DemoImap, relay: DsnController, lang: Language) -> list[tuple[str, bytes]]:
    """Writes the configuration, starts the store, puts the mails into the mailbox and judges them; returns them."""
    root.mkdir(parents=True, exist_ok=True)
    _write_configuration(root, mailbox, relay)
    _start(root)
    mails = _mails(system_clock().now())
    for _, raw in mails:
        mailbox.append(raw)
    headings = [say("h_id", lang), say("demo_mail_in", lang)]
    print_table(headings, [(str(number), what) for number, (what, _) in enumerate(mails, start=1)])
    with _progress(say("reading", lang)):
        _run_worker(root)
    return mails


@contextmanager
def _progress(what: str) -> Iterator[None]:
    """Shows a spinner on a terminal, nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


def _write_configuration(root: Path, mailbox: DemoImap, relay: DsnController) -> None:
    config, var = root / "config", root / "var"
    (config / "issuers").mkdir(parents=True, exist_ok=True)
    (root / "witness").mkdir(exist_ok=True)
    for folder in ("notices", "invoices"):
        (var / "inbox" / folder).mkdir(parents=True, exist_ok=True)
    yesterday = system_clock().now() - dt.timedelta(days=1)
    worker = _WORKER.format(imap_port=mailbox.port, smtp_port=relay.port, since=yesterday.date().isoformat())
    (config / "worker.toml").write_text(worker, encoding="utf-8")
    (config / "projects.toml").write_text(_PROJECTS, encoding="utf-8")
    for name, text in _ISSUERS.items():
        (config / "issuers" / f"{name}.toml").write_text(text, encoding="utf-8")
    invoice = var / "inbox" / "invoices" / "invoice-advance.pdf"
    invoice.write_bytes(sample_pdf("invoice-advance.pdf"))
    os.utime(invoice, (yesterday.timestamp(),) * 2)  # saved a while ago: a file of this moment may still be growing
    password = var / "imap-password"
    password.touch(mode=0o600)
    password.write_text(mailbox.password, encoding="utf-8")


def _start(root: Path) -> None:
    """The first start, before any mail comes: what lay in the mailbox then would wait for a person as from before."""
    office, clock = load_installation(str(root / "config")), system_clock()
    with take_sender_lock(office.places.store, clock):
        make_store_of(office.places.store, clock)
        with closing(open_store_of(office, clock)) as store:
            files = office.configuration.files
            record_start(store, files, program_version(), account_name(), store.config_in_force())


def _run_worker(root: Path) -> None:
    """One pass of the product itself, as ``hoshobin run --once`` makes it."""
    office = load_installation(str(root / "config"))
    with take_sender_lock(office.places.store, system_clock()), asyncio.Runner() as runner:
        make_store_of(office.places.store, system_clock())
        pass_once(office, build_reader(), runner)


def _approve_first_mails(root: Path, lang: Language) -> bool:
    """Shows and approves what waits for its first address alone; returns True if there was any."""
    office = load_installation(str(root / "config"))
    with closing(open_store_of(office, system_clock())) as store:
        first = [
            each
            for each in store.submissions(State.HELD)
            if {hold.reason for hold in each.reasons} == {Reason.FIRST_ADDRESS}
        ]
        if not first:
            return False
        submission_table(first, lang, title=say("t_first_mails", lang))
        author, note = Author(PERSON, account_name()), say("demo_note", lang)

        async def approve_each(reader: PdfReader) -> None:
            for each in first:
                click.echo(f'$ hoshobin approve {each.label} --by "{author.by}" --note "{note}" --tick all')
                checked = tuple(map(mark_of_hold, reasons_to_check(each)))
                approval = Approval(each.id, each.label, author, note, system_clock().now(), reasons=checked)
                await approve(store, office.active_config, reader, approval)

        with_reader(approve_each)
        return True


def _print_results(root: Path, accepted: tuple[AcceptedMail, ...], lang: Language) -> None:
    office = load_installation(str(root / "config"))
    with closing(open_store_of(office, system_clock())) as store:
        submissions = store.submissions()
        headings = [say(f"h_{name}", lang) for name in ("id", "to", "cc", "subject", "attachments", "reply")]
        rows = [
            (
                str(each.id),
                ", ".join(each.composed.draft.to),
                ", ".join(each.composed.draft.cc),
                each.composed.draft.subject,
                ", ".join(attachment.filename for attachment in each.composed.draft.attachments),
                each.delivery.reply,
            )
            for each in submissions
            if each.composed.draft is not None and each.delivery.sent_at is not None
        ]
        print_table(headings, rows, title=say("t_sent", lang))
        waiting = [each for each in submissions if each.state in NEEDS_A_PERSON]
        submission_table(waiting, lang, title=say("t_waits", lang))
        for mail in accepted:
            told = mime_verify.decode_message(mail.content)
            if told.auto_submitted:
                pairs = [(say("h_to", lang), ", ".join(told.to)), (say("h_subject", lang), told.subject)]
                print_pairs([*pairs, (say("h_body", lang), told.text)], title=say("t_operator", lang))
        print_log(log_rows(store.entries()), lang, title=say("t_log", lang))
        click.echo(f"\n{say('t_audit', lang)}: ", nl=False)
        print_verdict(store, (), lang, as_json=False)


def show_accepted(accepted: tuple[AcceptedMail, ...], lang: Language) -> None:
    """Shows the mails that the embedded mail server took."""
    told = [mime_verify.decode_message(mail.content) for mail in accepted]
    rows = [(", ".join(each.to), each.subject) for each in told]
    print_table([say("h_to", lang), say("h_subject", lang)], rows, title=say("t_sent", lang))


def _keep_mails(root: Path, received: list[tuple[str, bytes]], accepted: tuple[AcceptedMail, ...]) -> None:
    folder = root / "mails"
    folder.mkdir(exist_ok=True)
    for number, (_, raw) in enumerate(received, start=1):
        (folder / f"in-{number}.eml").write_bytes(raw)
    for number, mail in enumerate(accepted, start=1):
        (folder / f"out-{number}.eml").write_bytes(mail.content)


# --- The mails that come in ----------------------------------------------------------------------------------


def _mails(now: dt.datetime) -> list[tuple[str, bytes]]:
    """Returns the mails in a contractor's mailbox on such a morning, each as (kind, mail)."""
    forwarded = _mail(COLLEAGUE, "認証キーのお知らせ（市営住宅外壁改修工事）", "添付のとおりです。", 3, now)
    _attach(forwarded, "notice-contract.pdf", "認証キーのお知らせ.pdf")
    wrapper = _mail(OFFICE, "Fwd: 認証キーのお知らせ", "転送します。", 4, now)
    wrapper.add_attachment(forwarded)
    advance = _mail(COLLEAGUE, "Fwd: " + ANNOUNCED_SUBJECT, "前払金保証のお知らせPDFです。", 2, now)
    _attach(advance, "notice-advance.pdf", "お知らせ（前払金保証）.pdf")
    interim = _mail(COLLEAGUE, "中間前払金の認証キー", "橋梁補修工事の分です。", 5, now)
    _attach(interim, "notice-interim.pdf", "notice.pdf")
    unregistered = _mail(COLLEAGUE, "認証キーの件", "公園の工事です。", 6, now)
    _attach(unregistered, "notice-unregistered.pdf", "電子保証.pdf")
    quotation = _mail("sales@supplier.example", "お見積りの送付", "見積書をお送りします。", 7, now)
    _attach(quotation, "quotation.pdf", "見積書.pdf")
    announced = _mail(
        "netdesk@surety.example", ANNOUNCED_SUBJECT, "電子保証の発行が完了しました。Net Deskでご確認ください。", 1, now
    )
    named = [
        ("発行完了メール（PDFなし）", announced),
        ("前払金保証のお知らせ（請求書を同送する案件）", advance),
        ("契約保証のお知らせ（message/rfc822 で転送）", wrapper),
        ("中間前払金保証のお知らせ（請求書は別途）", interim),
        ("登録のない案件のお知らせ", unregistered),
        ("無関係なメール（見積書PDF）", quotation),
    ]
    return [(what, mail.as_bytes(policy=SMTP)) for what, mail in named]


def _mail(sender: str, subject: str, text: str, number: int, now: dt.datetime) -> EmailMessage:
    mail = EmailMessage()
    domain = sender.rpartition("@")[2]  # the office's mail server found the signature of this domain good
    mail["Authentication-Results"] = f"mx.contractor.example; dkim=pass header.d={domain}"
    signed = "from:to:subject:date:message-id: mime-version:content-type: content-transfer-encoding"
    mail["DKIM-Signature"] = f"v=1; a=rsa-sha256; d={domain}; s=demo; h={signed}; bh=ZGVtbw==; b=ZGVtbw=="
    mail["From"] = sender
    mail["To"] = OFFICE
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now.astimezone(JST))
    mail["Message-ID"] = f"<demo.{number}.{now:%Y%m%d%H%M%S}@{sender.rpartition('@')[2]}>"
    mail.set_content(text + "\n")
    return mail


def _attach(mail: EmailMessage, sample: str, filename: str) -> None:
    mail.add_attachment(sample_pdf(sample), maintype="application", subtype="pdf", filename=filename)
