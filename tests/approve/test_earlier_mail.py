"""A mail beside the last confirmed one: the values of a project are no difference, another place or form is one."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Final

import pytest

from worker.approve.earlier_mail import MailPart, MailText, compare_mails
from worker.core.model import JST, Address, Attachment, Delivery, Draft, Hold, Submission, sha256
from worker.core.states import Reason, State
from worker.views.review import ticks_of_parts

SENT: Final = Submission(7, State.CONFIRMED, delivery=Delivery(sent_at=dt.datetime(2026, 10, 3, 9, 0, tzinfo=JST)))
HELD: Final = Submission(9, State.HELD)
PAPER = Attachment("認証キーのお知らせ", "a.pdf", sha256(b"a"), 1)


def mail(project: str, number: str, **changes: object) -> MailText:
    subject = f"前払金保証【{project}】の提出について"
    body = f"下記案件につきまして\n・案件名：{project}\n・番号：{number}\n・金額：20,000,000円\n"
    draft = Draft(
        Address("soumu@contractor.example"),
        "総務部",
        (Address("kensetsu@town.example"),),
        (),
        subject,
        sha256(body.encode()),
        (PAPER,),
        "<1@contractor.example>",
    )
    text = str(changes.pop("body", body))
    return MailText(dataclasses.replace(draft, **changes), text, (project, number))


def test_a_mail_of_another_project_has_the_same_form() -> None:
    found = compare_mails(mail("橋梁補修工事", "40213-00712M"), SENT, mail("道路改良工事", "39877-01044M"))
    assert found.same == tuple(MailPart)
    assert found.day_text == "10/3"
    assert ticks_of_parts(HELD, found) == ()


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        (MailPart.TO, {"to": (Address("other@town.example"),)}),
        (MailPart.TO, {"cc": (Address("genba@contractor.example"),)}),
        (MailPart.SUBJECT, {"subject": "前払金保証の提出【道路改良工事】"}),
        (MailPart.BODY, {"body": "別の文面です"}),
        (MailPart.ATTACHMENTS, {"attachments": (PAPER, PAPER)}),
    ],
)
def test_another_part_is_a_difference(part: MailPart, changes: dict[str, object]) -> None:
    found = compare_mails(mail("橋梁補修工事", "1-1"), SENT, mail("道路改良工事", "1-2", **changes))
    assert found.differing == (part,)
    assert bool(ticks_of_parts(HELD, found)) is (part in {MailPart.TO, MailPart.SUBJECT})


def test_letter_case_of_an_address_is_no_difference() -> None:
    former = mail("道路改良工事", "1-2", to=(Address("Kensetsu@Town.example"),))
    assert MailPart.TO in compare_mails(mail("橋梁補修工事", "1-1"), SENT, former).same


@pytest.mark.parametrize(
    ("reason", "ticked"), [(Reason.RULE_CHANGED, 0), (Reason.FIRST_ADDRESS, 1), (Reason.APPROVAL, 2)]
)
def test_what_a_reason_asks_about_is_not_asked_twice(reason: Reason, ticked: int) -> None:
    former = mail("道路改良工事", "1-2", to=(Address("other@town.example"),), subject="電子保証")
    held = dataclasses.replace(HELD, reasons=(Hold(reason),))
    assert len(ticks_of_parts(held, compare_mails(mail("橋梁補修工事", "1-1"), SENT, former))) == ticked


def test_a_box_goes_with_what_differs_and_with_no_other_difference() -> None:
    names = set()
    for place in ("other@town.example", "third@town.example"):
        former = mail("道路改良工事", "1-2", to=(Address(place),))
        names |= {each.name for each in ticks_of_parts(HELD, compare_mails(mail("橋梁補修工事", "1-1"), SENT, former))}
    assert len(names) == 2
