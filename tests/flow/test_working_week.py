"""A working week of one office, from the notices that come in to the calls that close them.

Five projects of five issuers, each with a way of its own, walked day by day over the three holidays of September 2026.
Store, pipeline, drafting, guards and decisions are the real ones, the relay is a real SMTP server on loopback; a PDF's
bytes hold its text, and a fake clock gives the days. Names, numbers, keys and addresses are invented.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Self

import pytest

from tests.support import decided
from tests.support.fakes import FakeClock, FakeFiles, folder_of, mailbox_of
from tests.support.holds import detail_of
from tests.support.known_addresses import make_known, sections_with
from tests.support.small_office import Form, Mails, TextInBytes, WatchedStore, mail_with, server_at
from tests.support.world import ACCOUNT, CONTRACTOR_TABLE, HANAKO, JIRO, OFFICE
from worker.approve import decisions
from worker.approve.reevaluate import activate_config
from worker.cli.demo.smtp_server import AcceptedMail, DsnController
from worker.cli.project import _row_cells as row_cells
from worker.config.files import TemplateFiles
from worker.config.load import load_configuration
from worker.config.shipped import shipped_file
from worker.core.errors import NotAllowed
from worker.core.model import JST, Submission
from worker.pipeline.pipeline import Pipeline
from worker.pipeline.send import recover
from worker.pipeline.start import record_configuration, record_start
from worker.store.backups import BACKED_UP, SetMark
from worker.views.project_status import project_rows
from worker.views.tasks import Task, open_tasks
from worker.watch.folder.notices import NoticeDirectory
from worker.watch.ports import SETTLE

WORKER = (
    CONTRACTOR_TABLE
    + """
[mailbox.main]
host = "127.0.0.1"
port = 143
security = "none"
user = "soumu"
password_file = "imap-password"
[smtp]
host = "127.0.0.1"
port = {port}
security = "none"
user = ""
[release]
mode = "{mode}"
[store]
dir = "var"
[operator]
people = ["山田 花子", "佐藤 次郎"]
notify = ["soumu@contractor.example"]
"""
)

AKANE = """
name = "茜市"
source = "https://www.akane.example/denshi-hosho"
checked_on = 2026-04-02
[[eligibility]]
from = 2026-04-01
counted_by = ["contract"]
[section.keiyaku]
name = "契約課"
to = ["keiyaku@akane.example"]
phone = "0155-00-0001"
[section.doro]
name = "道路課"
to = ["doro@akane.example"]
cc = ["genba@contractor.example"]
phone = "0155-00-0002"
[value."工事番号"]
pattern = '[0-9]{2}-[0-9]{3}'
sample = "08-012"
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "【{{ product }}】{{ values.工事番号 }}　{{ project.name }}"
invoice = "never"
call_after = true
[rule.advance]
section = "doro"
invoice = "required"
conditions = ["請求書に責任者と担当者の氏名がある", "請求書に押印又は押印省略の記載がある"]
after = ["前払金請求書の原本を道路課へ持参"]
"""

KAZAMA = """
name = "風間町"
source = "https://www.kazama.example/nyusatsu"
checked_on = 2026-04-02
[section.kensa]
name = "契約検査課"
phone = "0266-00-0001"
[section.kensetsu]
name = "建設課"
to = ["kensetsu@kazama.example"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "kensetsu"
subject = "{{ project.name }}（{{ product }}）の認証キー"
invoice = "required"
closes = "none"
settle_days = 3
[rule.contract]
channel = "form"
section = "kensa"
url = "https://form.kazama.example/hosho"
lines = [
  { title = "工事名", value = "{{ project.name }}" },
  { title = "証券番号", value = "{{ notice.contract_number }}" },
  { title = "認証キー", value = "{{ notice.key }}" },
]
instructions = ["フォームに入力し、お知らせのPDFを添付する"]
invoice = "never"
"""

KAZAMA_CONTRACT_AMENDED = """
[section.kanzai]
name = "管財課"
to = ["kanzai@kazama.example"]
[rule.contract_amended]
channel = "email"
section = "kanzai"
subject = "【変更】{{ project.name }}（{{ product }}）"
url = ""
lines = []
instructions = []
closes = "answer"
"""

MINATO = """
name = "湊市"
source = "https://www.minato.example/keiyaku"
checked_on = 2026-04-02
[section.keiyaku]
name = "契約課"
to = ["keiyaku@minato.example"]
phone = "0995-00-0001"
[section.kanri]
name = "工事管理課"
to = ["kanri@minato.example"]
phone = "0995-00-0002"
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "電子保証（{{ product }}）　{{ project.name }}"
invoice = "required"
closes = "call"
[rule.amended]
section = "kanri"
subject = "【変更】電子保証（{{ product }}）　{{ project.name }}"
"""

YUNO = """
name = "湯野町"
source = "https://www.yuno.example/keiyaku"
checked_on = 2026-04-02
[section.somu]
name = "総務課"
to = ["somu@yuno.example"]
[rule.default]
channel = "email"
section = "somu"
subject = "電子証書の認証キー（{{ product }}）"
invoice = "never"
notice = "both"
timing = "before_contract"
[rule.advance]
timing = "before_invoice"
after = ["前払金請求書（紙）を会計課へ郵送"]
"""

SHIRANE = """
name = "白根県"
source = "https://www.pref.shirane.example/hosho"
checked_on = 2026-04-02
[section.doboku]
name = "土木事務所"
to = ["doboku@pref-shirane.example"]
phone = "0558-00-0001"
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "doboku"
subject = "{{ product }}の提出（{{ project.name }}、{{ contractor.name }}）"
other_documents = true
contact_first = "土木事務所へ提出の日を電話で知らせる"
invoice = "required"
[rule.contract]
contact_first = ""
"""

PROJECTS = {
    "akane": """
[[project]]
name = "道路改良工事"
issuer = "akane"
expects = ["contract", "advance"]
contract_numbers = []
values = { "工事番号" = "08-012" }
dates = { contract = 2026-09-24 }
[project.invoice]
advance = { file = "akane/前払金請求書.pdf", amount = 20_000_000, date = 2026-09-24 }
""",
    "kazama": """
[[project]]
name = "道路改良工事"
issuer = "kazama"
expects = ["contract", "advance"]
contract_numbers = []
dates = { contract = 2026-09-17 }
[project.invoice]
advance = { file = "kazama/前払金請求書.pdf", amount = 8_000_000, date = 2026-09-17 }
""",
    "minato": """
[[project]]
name = "中央橋耐震補強工事"
issuer = "minato"
expects = ["contract", "advance"]
contract_numbers = ["40213-000301", "40213-000302", "40213-000303"]
dates = { contract = 2026-04-10 }
[project.invoice]
advance = { file = "minato/前払金請求書.pdf", amount = 40_000_000, date = 2026-04-10 }
""",
    "yuno": """
[[project]]
name = "湯野小学校外壁改修工事"
issuer = "yuno"
expects = ["contract", "advance"]
contract_numbers = ["40213-000401", "40213-000402"]
dates = { contract = 2026-09-24 }
[project.invoice]
advance = { file = "yuno/前払金請求書.pdf", amount = 5_000_000, date = 2026-09-25 }
""",
    "shirane": """
[[project]]
name = "県道白根線法面工事"
issuer = "shirane"
expects = ["contract", "advance"]
contract_numbers = ["40213-000501", "40213-000502"]
contractor = "さくら・〇〇特定建設工事共同企業体"
names_on_notice = ["さくら建設 株式会社"]
dates = { contract = 2026-09-25 }
[project.invoice]
advance = { file = "shirane/前払金請求書.pdf", amount = 30_000_000, date = 2026-09-25 }
""",
}


def invoice(title: str, project: str, issuer: str, amount: int) -> bytes:
    return f"%PDF-1.4{title}\n{issuer}長　様\n{project}\n金{amount:,}円".encode()


INVOICES = {
    "akane/前払金請求書.pdf": invoice("前払金請求書", "道路改良工事", "茜市", 20_000_000),
    "kazama/前払金請求書.pdf": invoice("前払金請求書", "道路改良工事", "風間町", 8_000_000),
    "minato/前払金請求書.pdf": invoice("前払金請求書", "中央橋耐震補強工事", "湊市", 40_000_000),
    "yuno/前払金請求書.pdf": invoice("前払金請求書", "湯野小学校外壁改修工事", "湯野町", 5_000_000),
    "shirane/前払金請求書.pdf": invoice("前払金請求書", "県道白根線法面工事", "白根県", 30_000_000),
    "shirane/工程表.pdf": "%PDF-1.4工程表\n県道白根線法面工事".encode(),
}

SAKURA = "さくら建設 株式会社"
AKANE_CONTRACT = Form("40213-000101", "道路改良工事", "aKeY0101Xq7W", "契約保証")
AKANE_ADVANCE = Form("40213-000102", "道路改良工事", "aKeY0102Xq7W", "前払金保証")
KAZAMA_CONTRACT = Form("40213-000201", "道路改良工事", "kZeY0201Xq7W", "契約保証")
KAZAMA_ADVANCE = Form("40213-000202", "道路改良工事", "kZeY0202Xq7W", "前払金保証")
MINATO_CONTRACT = Form("40213-000301", "中央橋耐震補強工事", "mNeY0301Xq7W", "契約保証")
MINATO_ADVANCE = Form("40213-000302", "中央橋耐震補強工事", "mNeY0302Xq7W", "前払金保証")
MINATO_INTERIM = Form("40213-000303", "中央橋耐震補強工事", "mNeY0303Xq7W", "中間前払金保証")
MINATO_AMENDED = dataclasses.replace(MINATO_CONTRACT, key="mNeY0391Zz8V")
YUNO_CONTRACT = Form("40213-000401", "湯野小学校外壁改修工事", "yNeY0401Xq7W", "契約保証")
YUNO_ADVANCE = Form("40213-000402", "湯野小学校外壁改修工事", "yNeY0402Xq7W", "前払金保証")
SHIRANE_CONTRACT = Form("40213-000501", "県道白根線法面工事", "sHeY0501Xq7W", "契約保証", contractor=SAKURA)
SHIRANE_ADVANCE = Form("40213-000502", "県道白根線法面工事", "sHeY0502Xq7W", "前払金保証", contractor=SAKURA)


@dataclasses.dataclass(frozen=True)
class Left:
    """A mail that the relay took, as the stdlib reads it."""

    envelope: tuple[str, ...]
    to: str
    cc: str
    subject: str
    lines: tuple[str, ...]
    files: tuple[tuple[str, bytes], ...]
    message_id: str
    in_reply_to: str
    date: dt.datetime

    @classmethod
    def of(cls, taken: AcceptedMail) -> Self:
        mail = email.message_from_bytes(taken.content, policy=email.policy.default)
        assert isinstance(mail, EmailMessage)
        body = mail.get_body(("plain",))
        assert isinstance(body, EmailMessage)
        return cls(
            envelope=tuple(each.address for each in taken.recipients),
            to=str(mail["To"]),
            cc=str(mail["Cc"] or ""),
            subject=str(mail["Subject"]),
            lines=tuple(body.get_content().splitlines()),
            files=tuple((str(each.get_filename()), each.get_content()) for each in mail.iter_attachments()),
            message_id=str(mail["Message-ID"]),
            in_reply_to=str(mail["In-Reply-To"] or ""),
            date=mail["Date"].datetime,
        )


class Week:
    """The office: the files in its folders, its decisions, and the view of an onlooker."""

    def __init__(self, root: Path, relay: DsnController, mode: str) -> None:
        self.root = root
        self.relay = relay
        self.clock = FakeClock(dt.datetime(2026, 4, 10, 9, tzinfo=JST))
        self.mails = Mails()
        self.files = FakeFiles(dict(INVOICES))
        self.texts = {
            "worker.toml": WORKER.format(port=relay.port, mode=mode),
            "issuers/akane.toml": AKANE,
            "issuers/kazama.toml": KAZAMA,
            "issuers/minato.toml": MINATO,
            "issuers/yuno.toml": YUNO,
            "issuers/shirane.toml": SHIRANE,
            "guarantors.toml": shipped_file("config", "guarantors.toml").decode(),
        }
        self.projects = dict(PROJECTS)
        self.told: list[Left] = []
        """The mails to the operator."""
        self._seen = len(relay.mails)
        (root / "notices").mkdir(parents=True)
        make_known(root)
        self.store = WatchedStore(root, self.clock)
        self.server = server_at(relay.port, self.clock)
        active_config = self._active_config()
        record_start(self.store, active_config.configuration.files, "0", ACCOUNT, self.store.config_in_force())
        recover(self.store, active_config, ACCOUNT, self.clock.now())
        self.pipeline = Pipeline(self.store, TextInBytes(), self.server, self.clock, ACCOUNT, active_config)

    def _active_config(self):
        texts = {**self.texts, "projects.toml": "\n".join(self.projects.values())}
        configuration = load_configuration({name: text.encode() for name, text in texts.items()})
        return activate_config(configuration, TemplateFiles({}), self.files)

    # --- What people do -------------------------------------------------------------------------------------

    def mend(self, file: str, old: str, new: str) -> None:
        """Change the configuration, as the running service takes it up."""
        held = self.projects if file in self.projects else self.texts
        assert held[file].count(old) == 1, (file, old)
        held[file] = held[file].replace(old, new)
        active_config = self._active_config()
        record_configuration(self.store, active_config.configuration.files, ACCOUNT, self.store.config_in_force())
        self.pipeline.activate_config(active_config)

    def save(self, form: Form) -> None:
        """Download a notice into the watched folder."""
        (self.root / "notices" / f"{form.number}-{form.key}-{form.copy}.pdf").write_bytes(form.pdf)

    def approve(self, number: int, note: str = "", *ticked: str) -> str:
        shown = self.store.submission(number)
        decided.approve(
            self.store,
            self.pipeline.active_config,
            number,
            shown.label,
            HANAKO,
            note,
            self.clock.now(),
            ticked,
        )
        return self.stand(number)

    def refused(self, number: int, note: str = "", *ticked: str) -> str:
        """The code with which an approval is refused."""
        with pytest.raises(NotAllowed) as refusal:
            self.approve(number, note, *ticked)
        return refusal.value.code

    def confirm(self, number: int, note: str) -> str:
        return decisions.confirm(self.store, number, JIRO, note, self.clock.now()).state.value

    # --- What the program does ------------------------------------------------------------------------------

    async def on(self, month: int, day: int, hour: int = 9) -> None:
        """The next morning of interest: a pass of its own, as the service makes one a minute."""
        moment = dt.datetime(2026, month, day, hour, tzinfo=JST)
        assert moment > self.clock.moment
        self.clock.moment = moment
        with self.store.writing() as writing:  # as its timer made it at night
            writing.set_property(BACKED_UP, SetMark(moment, "hoshobin-x").text())
        await self.look()

    async def look(self) -> None:
        """One pass over everything."""
        folder = NoticeDirectory(self.root / "notices")
        await self.pipeline.watch_folder(folder_of(folder))
        self.clock.let_pass(seconds=SETTLE.total_seconds())
        await self.pipeline.watch_folder(folder_of(folder))
        await self.pipeline.watch_mailbox(mailbox_of(self.mails), dt.date(2026, 4, 1))
        done = await self.pipeline.finish_pass()
        assert (done.failures, done.broken) == ({}, None)

    async def take(self, *forms: Form) -> list[int]:
        """Save these notices, look, and name the submissions that they opened."""
        before = len(self.store.submissions())
        for form in forms:
            self.save(form)
            await self.look()
        return [each.id for each in self.store.submissions()[before:]]

    # --- What an onlooker sees ------------------------------------------------------------------------------

    @property
    def today(self) -> dt.date:
        return self.clock.now().astimezone(JST).date()

    def of(self, number: int) -> Submission:
        return self.store.submission(number)

    def stand(self, number: int) -> str:
        """State, reasons, and the earliest send time if it is later than now."""
        one = self.of(number)
        parts = [one.state.value, *(hold.reason.value for hold in one.reasons)]
        if one.approval.due_at and one.approval.due_at > self.clock.now():
            parts.append(f"{one.approval.due_at.astimezone(JST):from %m-%d %H:%M}")
        return " ".join(parts)

    def details(self, number: int) -> dict[str, str]:
        return {hold.reason.value: detail_of(hold) for hold in self.of(number).reasons}

    def left(self) -> list[Left]:
        """The submissions that the relay took since the last call; mails to the operator are set apart."""
        taken = [Left.of(each) for each in self.relay.mails[self._seen :]]
        self._seen += len(taken)
        self.told += [each for each in taken if each.envelope == (OFFICE,)]
        return [each for each in taken if each.envelope != (OFFICE,)]

    @property
    def told_at_once(self) -> list[str]:
        """Subjects of the mails to the operator, without the list of each morning."""
        return [each.subject for each in self.told if "本日の対応一覧" not in each.subject]

    def tasks(self) -> list[str]:
        return [_say(each) for each in self._open()]

    def task(self, number: int) -> list[str]:
        return [_say(each) for each in self._open() if each.submission == number]

    def words(self, number: int) -> list[str]:
        """The sentences in the tasks of a submission."""
        return [each.text("ja") for each in self._open() if each.submission == number]

    def _open(self) -> tuple[Task, ...]:
        return open_tasks(self.store, self.pipeline.active_config.configuration, self.clock.now())

    def rows(self) -> dict[str, tuple[str, ...]]:
        """``project list``, as the command prints it: issuer → one cell a guarantee, and what is to be done next."""
        rows = project_rows(self.store, self.pipeline.active_config.configuration, self.clock.now())
        return {row.project.issuer: row_cells(row, "ja")[2:] for row in rows}


def _say(task: Task) -> str:
    whose = f"#{task.submission}" if task.submission else f"{task.project.partition('/')[0]} {task.product}"
    return " ".join(filter(None, (task.urgency.name, task.kind.value, whose, f"{task.due:%m-%d}" if task.due else "")))


@asynccontextmanager
async def an_office(root: Path, relay: DsnController, mode: str = "approve") -> AsyncIterator[Week]:
    week = Week(root, relay, mode)
    try:
        yield week
    finally:
        await week.server.close()
        week.store.close()


# --- The story -----------------------------------------------------------------------------------------------


async def test_a_working_week_over_three_holidays(tmp_path: Path, relay: DsnController) -> None:
    async with an_office(tmp_path / "office", relay) as week:
        await in_april_the_bridge_is_concluded(week)
        await on_the_friday_before_nothing_is_due(week)
        await on_monday_two_works_of_one_name_are_told_apart_by_their_numbers(week)
        await on_tuesday_a_form_is_handed_in_and_a_joint_venture_is_recognised(week)
        await on_wednesday_an_invoice_waits_for_its_contract(week)
        await on_thursday_an_amended_guarantee_goes_out_and_a_mail_comes_back(week)
        await on_friday_an_address_changes_while_a_mail_waits(week)
        await over_the_holidays_nothing_leaves(week)
        await on_the_day_of_the_contract_the_invoice_goes_by_itself(week)
        await on_the_last_friday_everything_is_in_its_place(week)


async def in_april_the_bridge_is_concluded(week: Week) -> None:
    assert await week.take(MINATO_CONTRACT, MINATO_ADVANCE) == [1, 2]
    assert week.stand(1) == week.stand(2) == "HELD first_address approval"
    assert week.details(1)["first_address"] == "keiyaku@minato.example"
    assert week.approve(1, "市のページと照合") == week.approve(2) == "APPROVED"
    await week.look()
    contract, advance = week.left()
    assert contract.subject == "電子保証（契約保証）　中央橋耐震補強工事"
    assert [name for name, _ in contract.files] == ["認証キーのお知らせ_40213-000301.pdf"]
    assert [name for name, _ in advance.files] == ["認証キーのお知らせ_40213-000302.pdf", "前払金請求書.pdf"]
    assert week.task(1) == ["TODAY call #1"]
    assert week.confirm(1, "契約課 森様、電話") == week.confirm(2, "契約課 森様、電話") == "CONFIRMED"
    assert week.task(1) == week.task(2) == []


async def on_the_friday_before_nothing_is_due(week: Week) -> None:
    await week.on(9, 11)
    assert week.tasks() == ["TODAY expected kazama contract 09-17", "TODAY expected kazama advance 09-17"]
    missing = "契約保証の「認証キーのお知らせ」が未着。保証の申込み・取得の状況を確認"
    assert week.rows() == {
        "akane": ("未着", "未着", "—", ""),
        "kazama": ("未着", "未着", "—", missing),
        "minato": ("到達確認済み 2026-04-10", "到達確認済み 2026-04-10", "—", ""),
        "yuno": ("未着", "未着", "—", ""),
        "shirane": ("未着", "未着", "—", ""),
    }


async def on_monday_two_works_of_one_name_are_told_apart_by_their_numbers(week: Week) -> None:
    await week.on(9, 14)
    # Five working days before Thursday the 24th, as the 21st to the 23rd are holidays.
    assert week.tasks() == [
        "TODAY expected kazama contract 09-17",
        "TODAY expected kazama advance 09-17",
        "TODAY expected akane contract 09-24",
        "TODAY expected akane advance 09-24",
        "TODAY expected yuno contract 09-24",
    ]
    assert await week.take(AKANE_CONTRACT, KAZAMA_CONTRACT) == [3, 4]
    assert week.stand(3) == week.stand(4) == "HELD two_projects"
    assert week.task(3) == ["TODAY held #3"]
    assert week.refused(3, "茜市のもの") == "not_answerable"
    week.mend("akane", "contract_numbers = []", 'contract_numbers = ["40213-000101", "40213-000102"]')
    await week.look()
    assert week.stand(3) == "HELD first_address approval"
    assert week.stand(4) == "HELD two_projects"
    week.mend("kazama", "contract_numbers = []", 'contract_numbers = ["40213-000201", "40213-000202"]')
    await week.look()
    assert week.stand(4) == "HANDED_OVER"
    assert week.left() == []

    assert week.approve(3, "公表のアドレスと照合") == "APPROVED"
    await week.look()
    (mail,) = week.left()
    assert (mail.envelope, mail.to, mail.cc) == (("keiyaku@akane.example",), "keiyaku@akane.example", "")
    assert mail.subject == "【契約保証】08-012　道路改良工事"
    assert mail.files == (("認証キーのお知らせ_40213-000101.pdf", AKANE_CONTRACT.pdf),)
    assert mail.lines == (
        "茜市　契約課",
        "ご担当者様",
        "",
        "いつもお世話になっております。",
        "〇〇建設 株式会社　総務部の山田 花子と申します。",
        "",
        "下記案件の契約保証につきまして、電子証書が発行されましたので、",
        "「認証キーのお知らせ」（PDFファイル）を添付のとおり提出いたします。",
        "保証確認サービス（D-Sure）にてご確認くださいますようお願い申し上げます。",
        "",
        "・案件名　　　：道路改良工事",
        "・工事番号：08-012",
        "・受注者名　　：〇〇建設 株式会社",
        "・保証の種類　：契約保証",
        "・保証契約番号：40213-000101（認証キーは添付PDFに記載）",
        "・保証会社　　：東日本建設業保証株式会社",
        "・添付書類　　：認証キーのお知らせ",
        "",
        "後ほど、到達確認のお電話を差し上げます。",
        "",
        "※お心当たりのない場合は、恐れ入りますが下記までご一報のうえ、本メールを添付ファイルごと削除してくださいますようお願いいたします。",
        "------------------------------",
        "〇〇建設 株式会社　総務部",
        "担当：山田 花子",
        "電話：045-000-0000　メール：soumu@contractor.example",
        "------------------------------",
    )
    assert week.task(3) == ["TODAY call #3"]
    assert week.words(3) == ["茜市 契約課（0155-00-0001）へ電話で到達を確認し、記録"]
    assert week.confirm(3, "契約課 林様、電話") == "CONFIRMED"
    assert week.task(3) == []
    assert week.tasks() == [
        "TODAY expected kazama advance 09-17",
        "TODAY expected akane advance 09-24",
        "TODAY expected yuno contract 09-24",
        "TODAY hand_in #4",
    ]


async def on_tuesday_a_form_is_handed_in_and_a_joint_venture_is_recognised(week: Week) -> None:
    await week.on(9, 15)
    form = week.of(4)
    assert form.follow_ups.duties.url == "https://form.kazama.example/hosho"
    assert form.follow_ups.duties.entries == (
        ("工事名", "道路改良工事"),
        ("証券番号", "40213-000201"),
        ("認証キー", "********7W"),
    )
    assert form.follow_ups.duties.instructions == ("フォームに入力し、お知らせのPDFを添付する",)
    assert form.follow_ups.duties.bring == ("認証キーのお知らせ：認証キーのお知らせ_40213-000201.pdf",)
    # To fill in the form, the person downloads the notice once more; this does not hand it in.
    assert await week.take(dataclasses.replace(KAZAMA_CONTRACT, copy=1)) == []
    assert week.task(4) == ["TODAY hand_in #4"]
    assert week.confirm(4, "フォームで提出、受付番号 55") == "CONFIRMED"
    assert week.left() == []

    # A firm of the same name's work elsewhere: neither the number nor the contractor is ours.
    stranger = dataclasses.replace(SHIRANE_CONTRACT, number="40987-000001", contractor="つばき土木 株式会社")
    assert await week.take(stranger) == [5]
    reasons = "name_only other_contractor number_differs documents_undecided first_address approval"
    assert week.stand(5) == f"HELD {reasons}"
    assert week.details(5)["other_contractor"] == "つばき土木 株式会社"
    assert week.refused(5, "JVの代表者") == "not_answerable"
    decisions.withdraw(week.store, 5, HANAKO, "他社のお知らせ")

    # The joint venture's own, with its representative's name on it.
    assert await week.take(SHIRANE_CONTRACT) == [6]
    assert week.stand(6) == "HELD documents_undecided first_address approval"
    assert week.refused(6, "書類なし") == "not_answerable"
    files = "documents = { contract = [], advance = [{ title = '工程表', file = 'shirane/工程表.pdf' }] }"
    week.mend("shirane", "dates = {", f"{files}\ndates = {{")
    await week.look()
    assert week.stand(6) == "HELD first_address approval"
    assert week.approve(6, "県のページと照合") == "APPROVED"
    await week.look()
    (mail,) = week.left()
    assert mail.envelope == ("doboku@pref-shirane.example",)
    assert mail.subject == "契約保証の提出（県道白根線法面工事、さくら・〇〇特定建設工事共同企業体）"
    assert "・受注者名　　：さくら・〇〇特定建設工事共同企業体" in mail.lines
    assert [name for name, _ in mail.files] == ["認証キーのお知らせ_40213-000501.pdf"]
    # Five working days before Friday the 25th.
    assert week.tasks() == [
        "TODAY expected kazama advance 09-17",
        "TODAY expected akane advance 09-24",
        "TODAY expected yuno contract 09-24",
        "TODAY expected shirane advance 09-25",
        "TODAY expected yuno advance 09-25",
        "WATCH unconfirmed #6",
    ]


ROAD_CONDITIONS = ("請求書に責任者と担当者の氏名がある", "請求書に押印又は押印省略の記載がある")


async def on_wednesday_an_invoice_waits_for_its_contract(week: Week) -> None:
    await week.on(9, 16)
    assert await week.take(AKANE_ADVANCE) == [7]
    assert week.stand(7) == "HELD timing first_address first_address approval"
    assert week.details(7)["timing"] == "akane/道路改良工事：請求書を送るのは契約日（令和8年9月24日）から"
    assert week.refused(7, "照合した") == "conditions_unticked"
    assert week.refused(7, "照合した", ROAD_CONDITIONS[0]) == "conditions_unticked"
    assert week.approve(7, "照合した", *ROAD_CONDITIONS) == "APPROVED from 09-24 00:00"
    assert week.of(7).approval.ticked == ROAD_CONDITIONS
    await week.look()
    assert week.left() == []
    assert week.task(7) == []

    # A colleague downloads it once more: nothing new while it waits.
    assert await week.take(dataclasses.replace(AKANE_ADVANCE, copy=1)) == []
    assert week.stand(7) == "APPROVED from 09-24 00:00"

    # The interim payment has an invoice of its own, which is found by its name.
    assert await week.take(MINATO_INTERIM) == [8]
    assert week.stand(8) == "HELD invoice_missing approval"
    assert week.refused(8, "別途") == "not_answerable"
    interim = invoice("中間前払金請求書", "中央橋耐震補強工事", "湊市", 20_000_000)
    week.files.held["中間前払金請求書_中央橋耐震補強工事.pdf"] = interim
    await week.look()
    assert week.stand(8) == "HELD approval"
    assert week.approve(8) == "APPROVED"
    await week.look()
    (mail,) = week.left()
    assert mail.subject == "電子保証（中間前払金保証）　中央橋耐震補強工事"
    assert mail.files[1:] == (("中間前払金請求書_中央橋耐震補強工事.pdf", interim),)
    assert week.task(8) == ["TODAY call #8"]

    # A second download of what left in April: a copy, says the person who looks at it.
    assert await week.take(dataclasses.replace(MINATO_CONTRACT, copy=1)) == [9]
    assert week.stand(9) == "HELD seen_before first_address approval"
    assert week.details(9)["seen_before"] == "1"
    decisions.withdraw(week.store, 9, HANAKO, "再ダウンロード")
    assert week.rows()["minato"][0] == "到達確認済み 2026-04-10"

    # Before the contract is brought on the 24th.
    assert await week.take(YUNO_CONTRACT) == [10]
    assert week.task(10) == ["TODAY held #10 09-18"]
    assert week.approve(10, "電話で照合") == "APPROVED"
    await week.look()
    (mail,) = week.left()
    assert "・認証キー：yNeY0401Xq7W" in mail.lines
    assert week.task(10) == ["WATCH unconfirmed #10"]


async def on_thursday_an_amended_guarantee_goes_out_and_a_mail_comes_back(week: Week) -> None:
    await week.on(9, 17)
    # The contract was concluded this morning: the invoice goes at once, and three days without a bounce close it.
    assert await week.take(KAZAMA_ADVANCE) == [11]
    assert week.stand(11) == "HELD first_address approval"
    assert week.approve(11, "照合した") == "APPROVED"
    await week.look()
    (mail,) = week.left()
    assert mail.envelope == ("kensetsu@kazama.example",)
    assert mail.files[1] == ("前払金請求書.pdf", INVOICES["kazama/前払金請求書.pdf"])
    assert "・請求金額　　：金8,000,000円（前払金請求書のとおり）" in mail.lines
    assert week.task(11) == ["WATCH unconfirmed #11"]

    # The bridge's contract grew: another key under the same number.
    assert await week.take(MINATO_AMENDED) == [12]
    assert week.stand(12) == "HELD seen_before first_address approval"
    assert week.details(12)["seen_before"] == "1"
    assert week.of(12).follow_ups.duties.is_amended
    assert week.approve(12, "増額変更の保証") == "APPROVED"
    await week.look()
    (mail,) = week.left()
    assert mail.envelope == ("kanri@minato.example",)
    assert mail.subject == "【変更】電子保証（契約保証）　中央橋耐震補強工事"
    said = "本件は、令和8年4月10日に提出いたしました同番号の契約保証の変更に伴うものです。"
    assert said in mail.lines
    assert mail.files == (("認証キーのお知らせ_40213-000301.pdf", MINATO_AMENDED.pdf),)
    (approved,) = [each for each in week.store.entries(12) if each.event == "Approved"]
    assert approved.detail["amends"] == 1
    assert week.task(12) == ["TODAY call #12"]
    assert week.stand(1) == "CONFIRMED"

    # The joint venture's mail came back; the office has another address by now.
    first = week.of(6)
    assert first.composed.draft is not None
    bounced = decisions.report_not_accepted(week.store, 6, JIRO, "不達通知", week.clock.now())
    assert bounced.state.value == "BOUNCED"
    assert week.task(6) == ["NOW correct #6"]
    week.mend("issuers/shirane.toml", "doboku@pref-shirane.example", "hosho@pref-shirane.example")
    opened = decided.resend(week.store, week.pipeline.active_config, 6, HANAKO, "アドレス変更", week.clock.now())
    assert opened.id == 13
    assert week.stand(13) == "HELD first_address rule_changed approval"
    assert week.task(6) == []
    assert week.approve(13, "電話で確認") == "APPROVED"
    await week.look()
    (mail,) = week.left()
    assert mail.envelope == ("hosho@pref-shirane.example",)
    assert mail.message_id != first.composed.draft.message_id
    assert mail.message_id[33:] == first.composed.draft.message_id[33:].replace(".0@", ".1@")
    assert mail.in_reply_to == first.composed.draft.message_id
    assert week.stand(6) == "BOUNCED"
    assert (week.task(6), week.task(13)) == ([], ["WATCH unconfirmed #13"])


async def on_friday_an_address_changes_while_a_mail_waits(week: Week) -> None:
    await week.on(9, 18)
    week.mend("issuers/akane.toml", "doro@akane.example", "dobokuka@akane.example")
    await week.look()
    assert week.stand(7) == "HELD first_address changed"
    assert week.details(7)["first_address"] == "dobokuka@akane.example"
    assert week.left() == []
    assert any(week.of(7).label in line for line in week.told[-1].lines)
    assert week.task(7) == ["TODAY held #7"]
    assert week.refused(7, "市のページと照合") == "conditions_unticked"
    assert week.approve(7, "市のページと照合", *ROAD_CONDITIONS) == "APPROVED from 09-24 00:00"

    # The key before the invoice: the invoice follows on paper, which is left to be done.
    assert await week.take(YUNO_ADVANCE) == [14]
    assert week.stand(14) == "HELD approval"
    assert week.task(14) == ["TODAY held #14 09-24"]
    assert week.approve(14) == "APPROVED"
    await week.look()
    (mail,) = week.left()
    assert [name for name, _ in mail.files] == ["認証キーのお知らせ_40213-000402.pdf"]
    assert week.task(14) == ["SOON remaining #14", "WATCH unconfirmed #14"]
    with pytest.raises(NotAllowed, match="no_duty_left"):
        decisions.record_done(week.store, 10, HANAKO, "郵送")

    assert week.confirm(8, "契約課 森様、電話") == "CONFIRMED"
    assert week.confirm(12, "工事管理課 南様、電話") == "CONFIRMED"
    assert week.confirm(10, "受領の返信あり") == "CONFIRMED"
    assert week.tasks() == [
        "TODAY expected shirane advance 09-25",
        "SOON remaining #14",
        "WATCH unconfirmed #11",
        "WATCH unconfirmed #13",
        "WATCH unconfirmed #14",
    ]


async def over_the_holidays_nothing_leaves(week: Week) -> None:
    for day in (19, 20, 21, 22, 23):
        await week.on(9, day)
        assert week.left() == []
        assert week.stand(7) == "APPROVED from 09-24 00:00"
        assert week.task(11) == (["WATCH unconfirmed #11"] if day <= 20 else [])
    assert week.rows()["kazama"][1] == "送信済み（不達なし・完了） 2026-09-17"
    assert week.rows()["akane"][1:] == ("送信待ち（承認：山田 花子） 2026-09-18", "—", "")
    await week.on(9, 23, 23)
    assert week.left() == []


async def on_the_day_of_the_contract_the_invoice_goes_by_itself(week: Week) -> None:
    await week.on(9, 24, 0)
    assert week.left() == []  # the day has come, and the town hall is still closed
    await week.on(9, 24)
    (mail,) = week.left()
    assert mail.envelope == ("dobokuka@akane.example", "genba@contractor.example")
    assert (mail.to, mail.cc) == ("dobokuka@akane.example", "genba@contractor.example")
    assert mail.subject == "【前払金保証】08-012　道路改良工事"
    assert mail.date.date() == dt.date(2026, 9, 24)
    assert mail.files == (
        ("認証キーのお知らせ_40213-000102.pdf", AKANE_ADVANCE.pdf),
        ("前払金請求書.pdf", INVOICES["akane/前払金請求書.pdf"]),
    )
    assert week.task(7) == ["TODAY call #7", "SOON remaining #7"]
    assert week.confirm(7, "道路課 谷様、電話") == "CONFIRMED"
    assert week.task(7) == ["SOON remaining #7"]
    decisions.record_done(week.store, 7, JIRO, "持参")
    assert week.task(7) == []

    # A colleague forwards the joint venture's notice: its sender is not proven, and the office gets an alarm first.
    await week.on(9, 24, 13)
    week.mails.received.append(mail_with(SHIRANE_ADVANCE))
    await week.look()
    assert week.stand(15) == "HELD contact_first timing sender_unproven approval"
    assert week.refused(15) == "note_needed"
    assert week.approve(15, "土木事務所 北様へ電話、25日に送付") == "APPROVED from 09-25 00:00"


async def on_the_last_friday_everything_is_in_its_place(week: Week) -> None:
    await week.on(9, 25)
    (mail,) = week.left()
    assert mail.envelope == ("hosho@pref-shirane.example",)
    assert [name for name, _ in mail.files] == [
        "認証キーのお知らせ_40213-000502.pdf",
        "前払金請求書.pdf",
        "工程表.pdf",
    ]
    assert week.confirm(13, "北様、電話") == week.confirm(14, "受領の返信あり") == "CONFIRMED"
    assert week.tasks() == ["SOON remaining #14", "WATCH unconfirmed #15"]
    assert week.rows() == {
        "akane": ("到達確認済み 2026-09-14", "到達確認済み 2026-09-24", "—", ""),
        "kazama": ("別途提出済み 2026-09-15", "送信済み（不達なし・完了） 2026-09-17", "—", ""),
        "minato": ("到達確認済み 2026-09-17", "到達確認済み 2026-04-10", "到達確認済み 2026-09-16", ""),
        "yuno": ("到達確認済み 2026-09-16", "到達確認済み 2026-09-18", "—", "前払金請求書（紙）を会計課へ郵送"),
        "shirane": (
            "到達確認済み 2026-09-17",
            "送信済み（到達未確認） 2026-09-25",
            "—",
            "到達未確認。返信か電話があれば記録",
        ),
    }
    keys = [each.key for each in (AKANE_ADVANCE, KAZAMA_CONTRACT, YUNO_CONTRACT, MINATO_AMENDED)]
    assert not any(key in line for key in keys for told in week.told for line in told.lines)
    verdict = week.store.verify()
    assert (verdict.holds, verdict.head) == (True, week.store.head()[1])


# --- What the week does not single out -----------------------------------------------------------------------


@asynccontextmanager
async def an_office_whose_invoice_waits(root: Path, relay: DsnController) -> AsyncIterator[Week]:
    """On 16 September the akane advance's mail was approved for the day of its contract, the 24th."""
    async with an_office(root, relay) as week:
        week.mend("akane", "contract_numbers = []", 'contract_numbers = ["40213-000102"]')
        await week.on(9, 16)
        await week.take(AKANE_ADVANCE)
        assert week.approve(1, "照合した", *ROAD_CONDITIONS) == "APPROVED from 09-24 00:00"
        yield week


async def test_an_invoice_that_waits_goes_at_once_where_the_contract_was_signed_today(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office_whose_invoice_waits(tmp_path / "office", relay) as week:
        week.mend("akane", "contract = 2026-09-24", "contract = 2026-09-16")
        await week.look()
        assert week.stand(1) == "SENT"
        assert [each.subject for each in week.left()] == ["【前払金保証】08-012　道路改良工事"]
        assert "Rescheduled" in [entry.event for entry in week.store.entries(1)]
        assert week.store.verify().holds


async def test_an_invoice_that_waits_goes_on_the_new_day_where_the_contract_is_put_forward(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office_whose_invoice_waits(tmp_path / "office", relay) as week:
        week.mend("akane", "contract = 2026-09-24", "contract = 2026-09-18")
        await week.look()
        assert week.stand(1) == "HELD timing"
        await week.on(9, 17)
        assert week.left() == []
        await week.on(9, 18)
        assert week.stand(1) == "SENT"
        assert len(week.left()) == 1


async def test_an_invoice_that_waits_does_not_go_on_the_old_day_where_the_contract_is_put_off(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office_whose_invoice_waits(tmp_path / "office", relay) as week:
        week.mend("akane", "contract = 2026-09-24", "contract = 2026-09-28")
        await week.on(9, 25)
        assert week.stand(1) == "HELD timing"
        assert week.left() == []
        await week.on(9, 28)
        assert week.stand(1) == "SENT"
        assert len(week.left()) == 1


async def test_an_address_that_is_put_back_while_a_mail_waits_leaves_the_approval_as_it_was(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office_whose_invoice_waits(tmp_path / "office", relay) as week:
        week.mend("issuers/akane.toml", "doro@akane.example", "doto@akane.example")
        await week.look()
        assert week.stand(1) == "HELD first_address changed"
        week.mend("issuers/akane.toml", "doto@akane.example", "doro@akane.example")
        await week.look()
        assert week.stand(1) == "APPROVED from 09-24 00:00"
        await week.on(9, 24)
        assert [each.to for each in week.left()] == ["doro@akane.example"]


async def test_an_advance_that_came_before_its_contract_goes_by_itself_on_its_day_where_nobody_need_approve(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office(tmp_path / "office", relay, "auto") as week:
        make_known(week.root, *sections_with({"kazama": KAZAMA}, ["kensetsu@kazama.example"]))
        week.mend("kazama", "contract_numbers = []", 'contract_numbers = ["40213-000202"]')
        await week.on(9, 16)
        await week.take(KAZAMA_ADVANCE)
        assert week.stand(1) == "HELD timing"
        assert week.left() == []
        await week.on(9, 17)
        assert week.stand(1) == "SENT"
        assert len(week.left()) == 1


async def test_an_amended_notice_that_comes_before_the_first_has_left_takes_its_place(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office(tmp_path / "office", relay) as week:
        assert await week.take(MINATO_CONTRACT, MINATO_AMENDED) == [1, 2]
        assert week.stand(1) == "HELD superseded first_address approval"
        assert week.stand(2) == "HELD seen_before first_address approval"
        assert week.refused(1, "古いもの") == "not_answerable"
        decisions.withdraw(week.store, 1, HANAKO, "変更後のものを提出")
        await week.look()
        # The issuer has nothing yet: to it this is the first, for the section of first ones.
        assert not week.of(2).follow_ups.duties.is_amended
        assert week.approve(2, "変更後のもの") == "APPROVED"
        await week.look()
        assert [each.to for each in week.left()] == ["keiyaku@minato.example"]
        assert week.tasks() == [
            "NOW expected minato advance 04-10",
            "TODAY call #2",
        ]


async def test_an_amended_notice_follows_its_own_rule_though_the_first_is_not_recorded_as_handed_in(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office(tmp_path / "office", relay) as week:
        week.texts["issuers/kazama.toml"] += KAZAMA_CONTRACT_AMENDED
        week.mend("kazama", "contract_numbers = []", 'contract_numbers = ["40213-000201", "40213-000202"]')
        assert await week.take(KAZAMA_CONTRACT, dataclasses.replace(KAZAMA_CONTRACT, copy=1)) == [1]
        assert week.stand(1) == "HANDED_OVER"
        assert await week.take(dataclasses.replace(KAZAMA_CONTRACT, key="kZeY0291Zz8V")) == [2]
        assert week.stand(2) == "HELD seen_before first_address approval"
        (said,) = week.words(1)
        assert said.startswith("保証契約番号 40213-000201 には、後から別の認証キーのお知らせ（2）が届いています。")
        assert week.approve(2, "変更後のもの") == "APPROVED"
        await week.look()
        (mail,) = week.left()
        assert (mail.to, mail.subject) == ("kanzai@kazama.example", "【変更】道路改良工事（契約保証）")
        assert "本件は、先に提出いたしました同番号の契約保証の変更に伴うものです。" in mail.lines


async def test_what_is_to_be_handed_in_has_its_steps_again_once_the_later_notice_was_taken_back(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office(tmp_path / "office", relay) as week:
        week.mend("kazama", "contract_numbers = []", 'contract_numbers = ["40213-000201"]')
        await week.take(KAZAMA_CONTRACT, dataclasses.replace(KAZAMA_CONTRACT, key="kZeY0291Zz8V"))
        assert week.of(1).superseded_by == 2
        decisions.withdraw(week.store, 2, HANAKO, "誤って取得")
        await week.look()
        assert week.words(1) == ["フォームに入力し、お知らせのPDFを添付する"]
        assert week.of(1).superseded_by is None


async def test_what_is_mended_while_a_form_is_still_to_be_handed_in_is_in_its_steps_and_told_once(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office(tmp_path / "office", relay) as week:
        week.mend("kazama", "contract_numbers = []", 'contract_numbers = ["40213-000201"]')
        await week.take(KAZAMA_CONTRACT)
        week.mend("issuers/kazama.toml", "フォームに入力し、", "会社コードでログインし、")
        await week.look()
        assert week.stand(1) == "HANDED_OVER"
        assert week.words(1) == ["会社コードでログインし、お知らせのPDFを添付する"]
        assert week.left() == []
        assert any(week.of(1).label in line for line in week.told[-1].lines)
        told = week.told_at_once
        await week.on(9, 14)
        week.mend("issuers/kazama.toml", 'closes = "none"', 'closes = "none" # nothing that a form says')
        await week.look()
        assert [entry.event for entry in week.store.entries(1)] == ["NoticeRead", "StepsRenewed"]
        assert week.left() == []
        assert week.told_at_once == told
        assert week.store.verify().holds


async def test_a_second_download_after_a_mail_came_back_says_to_correct_the_one_that_came_back(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office(tmp_path / "office", relay) as week:
        await week.take(MINATO_ADVANCE)
        week.approve(1, "照合した")
        await week.look()
        assert len(week.left()) == 1
        decisions.report_not_accepted(week.store, 1, JIRO, "不達通知", week.clock.now())
        assert await week.take(dataclasses.replace(MINATO_ADVANCE, copy=1)) == [2]
        (said,) = week.words(2)
        assert "hoshobin resend 1 --by" in said
        assert said.endswith("こちらは取下げ")


async def test_a_correction_that_is_taken_back_opens_the_task_of_what_came_back_again(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office(tmp_path / "office", relay) as week:
        await week.take(YUNO_CONTRACT)
        week.approve(1, "照合した")
        await week.look()
        decisions.report_not_accepted(week.store, 1, JIRO, "不達通知", week.clock.now())
        assert week.task(1) == ["NOW correct #1"]
        again = decided.resend(week.store, week.pipeline.active_config, 1, HANAKO, "同じものを再送", week.clock.now())
        assert (week.task(1), week.task(again.id)) == ([], ["TODAY held #2 09-18"])
        decisions.withdraw(week.store, again.id, HANAKO, "窓口で渡す")
        assert week.task(1) == ["NOW correct #1"]
        assert week.confirm(1, "窓口で渡した") == "CONFIRMED"
        assert week.task(1) == []


async def test_what_is_to_go_before_a_contract_after_the_holidays_presses_on_the_last_working_day_before_them(
    tmp_path: Path, relay: DsnController
) -> None:
    async with an_office(tmp_path / "office", relay) as week:
        await week.on(9, 17)
        await week.take(YUNO_CONTRACT)
        assert week.task(1) == ["TODAY held #1 09-18"]
        await week.on(9, 18, 0)
        assert week.task(1) == ["NOW held #1 09-18"]
        await week.on(9, 24)
        assert [each for each in week.tasks() if "yuno" in each or "#1" in each] == [
            "NOW held #1 09-18",
            "TODAY expected yuno advance 09-25",
        ]
