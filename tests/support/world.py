"""The one contractor of the tests: its people, its issuers, its guarantors, and the files that say so.

Three modules run it: ``registered`` as values without I/O, ``small_office`` as a pipeline in this process, ``office``
by the command line with embedded servers. ``config_samples`` has the least of each file, to break one key at a time.
Names, numbers, keys and addresses are invented; the guarantors are those of the shipped ``guarantors.toml``.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from typing import Final

from tests.support.authenticated import AUTHSERV_ID
from worker.config.guarantors import FILE, read_guarantors
from worker.config.shipped import shipped_file
from worker.config.toml import parse_toml
from worker.core.errors import Problem
from worker.core.model import JST
from worker.core.rulebook import Guarantor
from worker.store.ports import Author

START: Final = dt.datetime(2026, 11, 21, 9, 0, tzinfo=JST)
"""A Saturday: mail leaves on it if no windows are set."""

# --- The contractor ------------------------------------------------------------------------------------------

COMPANY: Final = "〇〇建設 株式会社"
OFFICE: Final = "soumu@contractor.example"
COLLEAGUE: Final = "sato@contractor.example"
SITE: Final = "genba@contractor.example"
REHEARSAL: Final = "renshu@contractor.example"
HANAKO: Final = Author("山田 花子", "hanako")
JIRO: Final = Author("佐藤 次郎", "jiro")
PEOPLE: Final = (HANAKO.by, JIRO.by)
ACCOUNT: Final = "hoshobin"
WORKER: Final = Author("hoshobin", ACCOUNT)
"""The author of entries that the program makes without a person's decision."""

CONTRACTOR_TABLE: Final = f"""
[contractor]
name = "{COMPANY}"
department = "総務部"
contact = "{HANAKO.by}"
phone = "045-000-0000"
email = "{OFFICE}"
"""


def worker_toml(
    *,
    office: str = OFFICE,
    mailbox: str = 'host = "127.0.0.1"\nport = 143\nsecurity = "none"\nuser = "soumu"\npassword_file = "imap-password"',
    smtp: str = "",
    smtp_port: int = 25,
    per_minute: int = 0,
    copy_to: str = "",
    mode: str = "auto",
    hold_minutes: int = 10,
    rehearsal_to: str = "",
    notify: Iterable[str] | None = None,
    escalate: Iterable[str] = (),
    windows: Iterable[str] = (),
) -> str:
    """``worker.toml``; ``[schedule]`` is the last table, so that a test can add to it.

    ``mailbox`` and ``smtp`` are TOML lines; without ``smtp`` the server is one without TLS and login on loopback.
    Without ``notify`` the office gets the alarms.
    """
    server = smtp or f'host = "127.0.0.1"\nport = {smtp_port}\nsecurity = "none"\nuser = ""'
    copy = f'\ncopy_to = "{copy_to}"' if copy_to else ""
    return f"""{CONTRACTOR_TABLE.replace(OFFICE, office)}
[mailbox.main]
authserv_id = "{AUTHSERV_ID}"
{mailbox}
[intake]
colleagues = ["{COLLEAGUE}"]
[smtp]
{server}
per_minute = {per_minute}{copy}
[release]
mode = "{mode}"
hold_minutes = {hold_minutes}
rehearsal_to = "{rehearsal_to}"
[store]
dir = "var"
[operator]
people = {_texts(PEOPLE)}
notify = {_texts((office,) if notify is None else notify)}
escalate = {_texts(escalate)}
[schedule]
windows = {_texts(windows)}
"""


def _texts(several: Iterable[str]) -> str:
    return json.dumps(list(several), ensure_ascii=False)


# --- The issuers ---------------------------------------------------------------------------------------------

MIHON_TO: Final = "doboku@mihon.example"
KAWA_TO: Final = "doboku@kawa-town.example"
KAWA_CONTRACTS: Final = "keiyaku@kawa-town.example"
YAMA_TO: Final = "keiyaku@yama-city.example"
WORKS_NUMBER: Final = "工事番号"

MIHON_LEAST: Final = f"""
name = "みほん町"
guarantors = ["east"]
checked_on = 2026-11-21
open = []

[section.doboku]
name = "土木課"
to = ["{MIHON_TO}"]

[rule.default]
channel = "email"
section = "project"
subject = "{{{{ product }}}}【{{{{ project.name }}}}】"
"""
"""The least that a file says of an issuer that takes mail: the notice, the timing and the invoice are left unsaid."""
MIHON: Final = (
    MIHON_LEAST.replace('name = "土木課"', 'name = "土木課"\nphone = "0557-00-0000"')
    + 'notice = "attached"\ntiming = "any"\ninvoice = "optional"\n'
)
"""The same with everything said."""

ISSUERS: Final = {
    "kawa": f"""
name = "川北町"
[section.doboku]
name = "土木課"
to = ["{KAWA_TO}"]
cc = ["{SITE}"]
phone = "0761-00-0000"
[section.keiyaku]
name = "契約係"
to = ["{KAWA_CONTRACTS}"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "project"
subject = "{{{{ product }}}}にかかる認証キー【{{{{ project.name }}}}】の提出について"
invoice = "optional"
""",
    "yama": f"""
name = "山手市"
[section.keiyaku]
name = "契約課"
to = ["{YAMA_TO}"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "【{{{{ product }}}}】{{{{ values.{WORKS_NUMBER} }}}} {{{{ project.name }}}}（{{{{ contractor.name }}}}）"
invoice = "required"
""",
    "sora": """
name = "空見村"
[section.somu]
name = "総務課"
to = []
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "somu"
subject = "認証キーの提出"
invoice = "never"
""",
    "kami": """
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
"""The files of the issuers that the office submits to, without みほん町, which is tried as a single issuer."""
KNOWN: Final = (KAWA_TO, SITE, KAWA_CONTRACTS, YAMA_TO)
"""The addresses in ``ISSUERS``."""


def project(name: str, issuer: str = "kawa", *numbers: str, **more: str) -> str:
    """One ``[[project]]``; ``more`` are further lines, TOML as given."""
    lines = ["[[project]]", f'name = "{name}"', f'issuer = "{issuer}"', f"contract_numbers = {json.dumps(numbers)}"]
    if issuer == "kawa":
        lines.append('section = "doboku"')
    invoice = more.pop("invoice", "")
    lines += [f"{key} = {value}" for key, value in more.items()]
    if invoice and "dates" not in more:
        lines.append("dates = { contract = 2026-05-01 }")  # concluded: an invoice may leave
    if invoice:
        lines += ["[project.invoice]", invoice]
    return "\n".join(lines) + "\n"


# --- The guarantors and their notices ------------------------------------------------------------------------

GUARANTORS_FILE: Final = shipped_file("config", "guarantors.toml")
NUMBER: Final = "12345-678901"
KEY: Final = "AbCd1234EfGh"


def _guarantors() -> tuple[Guarantor, ...]:
    found: list[Problem] = []
    read = read_guarantors(parse_toml(FILE, GUARANTORS_FILE, found) or {}, found)
    assert read is not None, found
    return read


EAST, WEST, HOKKAIDO = GUARANTORS = _guarantors()


def printed_notice(*, project: str, number: str, key: str, product: str, contractor: str) -> str:
    """The text of a notice of 東日本, one field a line."""
    return "\n".join(
        (
            EAST.titles[0],
            EAST.name,
            f"工事名 {project}",
            f"受注者名 {contractor}",
            f"商品（保証区分） {product}",
            f"保証契約番号 {number}",
            f"認証キー {key}",
        )
    )
