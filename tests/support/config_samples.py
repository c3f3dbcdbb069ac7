"""The least of each configuration file, to break one key at a time: the world's people, みほん町, one project."""

from __future__ import annotations

from tests.support.world import CONTRACTOR_TABLE, EAST, HANAKO, MIHON_LEAST, OFFICE

WORKER = f"""{CONTRACTOR_TABLE}
[mailbox.main]
host = "imap.contractor.example"
port = 993
user = "{OFFICE}"
password_file = "imap-password"

[smtp]
host = "smtp.contractor.example"
port = 465
user = "{OFFICE}"
password_file = "smtp-password"

[operator]
people = ["{HANAKO.by}"]
notify = ["{OFFICE}"]
"""

ISSUER = MIHON_LEAST

PROJECTS = """
[[project]]
name = "道路改良工事"
issuer = "mihon"
section = "doboku"
"""

GUARANTORS = f"""
[guarantor.east]
name = "{EAST.name}"
number = '{EAST.number}'
key = '{EAST.key}'
labels = {{ project_name = ["工事名"], contractor_name = ["受注者名"], product = ["商品"], contract_number = ["保証契約番号"], key = ["認証キー"] }}
products = {{ contract = ["契約保証"] }}
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
