"""A small whole configuration to break one key at a time."""

from __future__ import annotations

WORKER = """
[contractor]
name = "みほん建設 株式会社"
department = "総務部"
contact = "山田 花子"
phone = "045-000-0000"
email = "soumu@contractor.example"

[mailbox.main]
host = "imap.contractor.example"
port = 993
user = "soumu@contractor.example"
password_file = "imap-password"

[smtp]
host = "smtp.contractor.example"
port = 465
user = "soumu@contractor.example"
password_file = "smtp-password"

[operator]
people = ["山田 花子"]
notify = ["soumu@contractor.example"]
"""

ISSUER = """
name = "みほん町"
guarantors = ["east"]
checked_on = 2026-11-21
open = []

[section.doboku]
name = "土木課"
to = ["doboku@mihon.example"]

[rule.default]
channel = "email"
section = "project"
subject = "{{ product }}【{{ project.name }}】"
"""

PROJECTS = """
[[project]]
name = "道路改良工事"
issuer = "mihon"
section = "doboku"
"""

GUARANTORS = """
[guarantor.east]
name = "みほん保証株式会社"
number = '[0-9]{5}-[0-9]{6}'
key = '[0-9A-Za-z]{8,16}'
labels = { project_name = ["工事名"], contractor_name = ["受注者名"], product = ["商品"], contract_number = ["保証契約番号"], key = ["認証キー"] }
products = { contract = ["契約保証"] }
"""  # noqa: E501  one table, as in a real file

FILES = {
    "worker.toml": WORKER,
    "projects.toml": PROJECTS,
    "guarantors.toml": GUARANTORS,
    "issuers/mihon.toml": ISSUER,
}


def files(changes: dict[str, str | None] | None = None) -> dict[str, bytes]:
    """The whole configuration as bytes, with some files replaced or (None) taken away."""
    texts = {**FILES, **(changes or {})}
    return {name: text.encode() for name, text in texts.items() if text is not None}
