"""A PDF that is a notice by its title and cannot be read is held, also beside others, and named by its file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.support.small_office import Settings, SmallOffice, form, mail_with
from worker.core.messages import name_hold
from worker.core.states import Reason, State

UNREAD = replace(form(2), number="0001")
ALSO_UNREAD = replace(form(3), number="0002")


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[SmallOffice]:
    opened = SmallOffice(tmp_path, Settings(mode="approve"))
    opened.start()
    yield opened
    assert opened.store.verify().holds
    await opened.stop()


async def taken(office: SmallOffice, mail: bytes) -> list[tuple[State, str]]:
    office.mails.received.append(mail)
    await office.take_in()
    return [(each.state, each.source.source_name) for each in office.store.submissions()]


async def test_each_of_several_is_held_and_bears_the_name_of_its_file(office: SmallOffice) -> None:
    assert await taken(office, mail_with(UNREAD, ALSO_UNREAD)) == [
        (State.HELD, "認証キーのお知らせの件（0001.pdf）"),
        (State.HELD, "認証キーのお知らせの件（0002.pdf）"),
    ]
    for each in office.store.submissions():
        (hold,) = each.reasons
        assert name_hold(hold, "ja") == "認証キーのお知らせですが、「保証契約番号」を読み取れない"


async def test_one_beside_a_notice_that_is_read_is_held(office: SmallOffice) -> None:
    held = await taken(office, mail_with(form(1), UNREAD))
    assert held[1] == (State.HELD, "認証キーのお知らせの件（0001.pdf）")
    assert [hold.reason for hold in office.store.submission(2).reasons] == [Reason.NOT_A_NOTICE]


async def test_one_alone_bears_the_name_of_its_mail(office: SmallOffice) -> None:
    assert await taken(office, mail_with(UNREAD)) == [(State.HELD, "認証キーのお知らせの件")]


async def test_one_in_a_mail_that_says_nothing_of_it_is_held_and_another_paper_is_not(office: SmallOffice) -> None:
    assert await taken(office, neutral(UNREAD.pdf)) == [(State.HELD, "書類の送付")]
    assert len(await taken(office, neutral(b"%PDF-1.4 estimate"))) == 1


def neutral(pdf: bytes) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "x@mail.example", "soumu@contractor.example", "書類の送付"
    mail["Message-ID"] = f"<{len(pdf)}@mail.example>"
    mail.set_content("お送りします。\n")
    mail.add_attachment(pdf, maintype="application", subtype="pdf", filename="a.pdf")
    return mail.as_bytes(policy=SMTP)
