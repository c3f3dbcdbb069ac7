"""A mail that links to pages names no command; without pages each mail keeps its form."""

from __future__ import annotations

import re

from tests.support.every_mail import mails
from tests.support.tables import every_case
from worker.core.messages import _TEXTS, in_mails, say, speaking_in_mails

PAGES = "https://hoshobin.contractor.example"
LINK = re.compile(r"https?://\S+")


def test_no_mail_names_a_command_where_there_are_pages() -> None:
    with speaking_in_mails(PAGES):
        texts = ["\n".join(each) for each in mails()]
    for text in texts:
        assert not re.search(r"hoshobin [a-z]|`|コマンド|所定のフォルダ|請求書フォルダ|ルール|DKIM|DNSSEC|\{%", text), (
            text
        )
        assert PAGES in text


def test_a_link_ends_its_line_so_that_no_mail_program_takes_more_for_a_part_of_it() -> None:
    with speaking_in_mails(PAGES):
        lines = [line for _, body in mails() for line in body.split("\n") if PAGES in line]
    for line in lines:
        assert re.fullmatch(r".*?https://[!-~]+", line), line


def test_without_pages_every_mail_is_as_it_was() -> None:
    usual = list(mails())
    with speaking_in_mails(""):
        assert list(mails()) == usual
    assert any("`hoshobin " in body for _, body in usual)
    assert all("https://" not in body for _, body in usual)


@every_case("code", [code.removeprefix("on_mail_") for code in in_mails.TEXTS])
def test_each_form_stands_for_a_sentence_and_takes_its_values(code: str) -> None:
    assert code in _TEXTS
    names = set(re.findall(r"\{(\w+)\}", "".join(_TEXTS[code]))) | {"pages"}
    for words in in_mails.TEXTS[f"on_mail_{code}"]:
        assert set(re.findall(r"\{(\w+)\}", words)) <= names


def test_the_end_of_each_mail_leads_to_the_list_of_work() -> None:
    with speaking_in_mails(PAGES):
        assert f"{PAGES}/\n" in say("telling_end", "ja")
    assert "hoshobin list" in say("telling_end", "ja")
