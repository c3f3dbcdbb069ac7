"""An office with a backlog: projects, their notices, the mails that bring them, and the configuration for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Final

from tests.support import notice_pdfs as forms
from tests.support.authenticated import AUTHSERV_ID, received
from tests.support.known_addresses import make_known
from tests.support.world import COLLEAGUE, CONTRACTOR_TABLE, HANAKO, OFFICE

USER: Final = "office"
ISSUERS: Final = 5
"""A contractor submits to a handful of issuers; each has one section and one rule."""

_FORMS: Final[Sequence[Callable[..., bytes]]] = (forms.plain, forms.ruled_table, forms.values_before_labels)
_PRODUCTS: Final = ("契約保証", "前払金保証", "中間前払金保証")

_WORKER: Final = """{contractor}
[mailbox.main]
host = "127.0.0.1"
port = {imap_port}
security = "none"
user = "{user}"
password_file = "imap-password"
since = 2026-01-01
authserv_id = "{authserv_id}"
[intake]
colleagues = ["{colleague}"]
[smtp]
host = "127.0.0.1"
port = {smtp_port}
security = "none"
user = ""
per_minute = 0
[folders]
notices = "inbox/notices"
invoices = "inbox/invoices"
[release]
mode = "auto"
[schedule]
poll_seconds = {poll_seconds}
windows = []
[store]
dir = "var"
[operator]
people = ["{person}"]
notify = ["{office}"]
"""

_ISSUER: Final = """\
name = "第{number}市"
[section.keiyaku]
name = "契約課"
to = ["keiyaku@city{number}.example"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "keiyaku"
subject = "{{{{ product }}}}にかかる認証キー【{{{{ project.name }}}}】の提出について"
invoice = "never"
"""


@dataclass(frozen=True, slots=True)
class Order:
    """One registered project and the notice that came for it."""

    number: str
    name: str
    product: str
    form: int

    @classmethod
    def of(cls, count: int) -> Order:
        """The order of this count: every number, name and key is another."""
        return cls(
            f"40{count // 1000:03}-{count % 1000:06}",
            f"市道{count}号線道路改良工事（その{count % 9 + 1}）",
            _PRODUCTS[count % len(_PRODUCTS)],
            count % len(_FORMS),
        )

    def pdf(self) -> bytes:
        """Its notice."""
        form = forms.Form(project=self.name, product=self.product, number=self.number, key=f"Hs4kQ9{self.number[-6:]}")
        return _FORMS[self.form](form)


def write_mail(order: Order, pdf: bytes) -> bytes:
    """The mail by which a colleague passes the notice on."""
    mail = EmailMessage()
    received(mail, COLLEAGUE)
    mail["From"] = COLLEAGUE
    mail["To"] = OFFICE
    mail["Subject"] = f"認証キーのお知らせ（{order.name}）"
    mail["Date"] = "Thu, 12 Nov 2026 09:00:00 +0900"
    mail["Message-ID"] = f"<{order.number}@contractor.example>"
    mail.set_content("添付のとおりです。よろしくお願いいたします。\n")
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="認証キーのお知らせ.pdf")
    return mail.as_bytes(policy=SMTP)


def write_configuration(
    root: Path, orders: Sequence[Order], imap_port: int, smtp_port: int, password: str, poll_seconds: int
) -> Path:
    """The office's configuration below ``root``, with every order's project registered."""
    config, var = root / "config", root / "var"
    (config / "issuers").mkdir(parents=True)
    for folder in ("notices", "invoices"):
        (var / "inbox" / folder).mkdir(parents=True)
    words = {
        "contractor": CONTRACTOR_TABLE,
        "person": HANAKO.by,
        "office": OFFICE,
        "user": USER,
        "authserv_id": AUTHSERV_ID,
        "colleague": COLLEAGUE,
        "imap_port": imap_port,
        "smtp_port": smtp_port,
        "poll_seconds": poll_seconds,
    }
    (config / "worker.toml").write_text(_WORKER.format(**words))
    for number in range(ISSUERS):
        (config / "issuers" / f"city{number}.toml").write_text(_ISSUER.format(number=number))
    projects = [
        f'[[project]]\nname = "{order.name}"\nissuer = "city{place % ISSUERS}"\ncontract_numbers = ["{order.number}"]\n'
        for place, order in enumerate(orders)
    ]
    (config / "projects.toml").write_text("\n".join(projects))
    # They were written to before: what goes to an address for the first time waits for a person, and is no backlog.
    make_known(var, *((f"city{number}", "keiyaku", (f"keiyaku@city{number}.example",)) for number in range(ISSUERS)))
    secret = var / "imap-password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    return config
