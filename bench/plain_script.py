"""The plain script that the worker is compared with: imaplib, pdfplumber and smtplib, one mail after the other.

It does what an office would write in an afternoon: take each message with a PDF, read the notice, look the project up
by the contract number, write the mail, send it. It asks one engine, keeps no record, checks nothing, retries nothing.
It says at the end how long each part took, as JSON.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import imaplib
import io
import json
import logging
import re
import smtplib
import sys
import time
import tomllib
from collections import defaultdict
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pdfplumber

logging.getLogger("pdfminer").setLevel(logging.ERROR)

NUMBER = re.compile(r"保証契約番号[:：\s]*([0-9]{4,5}-[0-9]{5,6}[A-Z]?)")
KEY = re.compile(r"認\s*証\s*キ\s*ー[:：\s]*([0-9A-Za-z]{8,16})")
PRODUCT = re.compile(r"商\s*品（保証区分）[:：\s]*(\S+)")
BODY = """{issuer}　{section}
ご担当者　様

いつもお世話になっております。
{contractor}の{contact}と申します。

下記案件の{product}につきまして、「認証キーのお知らせ」（PDFファイル）を添付のとおり提出いたします。
保証確認サービス（D-Sure）にてご確認くださいますよう、お願い申し上げます。

・案件名　　　：{project}
・受注者名　　：{contractor}
・保証契約番号：{number}（認証キーは添付PDFに記載）
"""


def main(config: Path, imap_port: int, smtp_port: int, user: str, password: str) -> None:
    """Everything in the mailbox, from the first mail to the last."""
    spent: dict[str, float] = defaultdict(float)
    began = time.perf_counter()

    def lap(step: str) -> None:
        nonlocal began
        now = time.perf_counter()
        spent[step] += now - began
        began = now

    contractor = tomllib.loads((config / "worker.toml").read_text())["contractor"]
    projects: dict[str, dict[str, Any]] = {
        number: project
        for project in tomllib.loads((config / "projects.toml").read_text())["project"]
        for number in project["contract_numbers"]
    }
    issuers = {path.stem: tomllib.loads(path.read_text()) for path in (config / "issuers").glob("*.toml")}
    mailbox = imaplib.IMAP4("127.0.0.1", imap_port)
    mailbox.login(user, password)
    mailbox.select("INBOX", readonly=True)
    relay = smtplib.SMTP("127.0.0.1", smtp_port)
    lap("start")
    for uid in mailbox.uid("SEARCH", "ALL")[1][0].split():
        raw = mailbox.uid("FETCH", uid, "(BODY.PEEK[])")[1][0][1]
        lap("imap")
        message = email.message_from_bytes(raw, policy=email.policy.default)
        pdfs = [part.get_content() for part in message.walk() if part.get_content_type() == "application/pdf"]
        lap("take the mail apart")
        for pdf in pdfs:
            with pdfplumber.open(io.BytesIO(pdf)) as document:
                text = "\n".join(page.extract_text() for page in document.pages)
            lap("pdf")
            number, key, product = NUMBER.search(text), KEY.search(text), PRODUCT.search(text)
            if not (number and key and product):
                raise SystemExit(f"not read: {text!r}")
            project = projects[number[1]]
            issuer = issuers[project["issuer"]]
            section = next(iter(issuer["section"].values()))
            words = {
                "issuer": issuer["name"],
                "section": section["name"],
                "contractor": contractor["name"],
                "contact": contractor["contact"],
                "product": product[1],
                "project": project["name"],
                "number": number[1],
            }
            mail = EmailMessage(policy=email.policy.SMTP)
            mail["From"] = contractor["email"]
            mail["To"] = section["to"]
            mail["Subject"] = f"{product[1]}にかかる認証キー【{project['name']}】の提出について"
            mail["Date"] = email.utils.localtime()
            mail["Message-ID"] = email.utils.make_msgid(domain="contractor.example")
            mail.set_content(BODY.format(**words))
            filename = f"認証キーのお知らせ_{number[1]}.pdf"
            mail.add_attachment(pdf, maintype="application", subtype="pdf", filename=filename)
            content = mail.as_bytes()
            lap("compose")
            relay.sendmail(contractor["email"], section["to"], content)
            lap("smtp")
    json.dump(spent, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5])
