"""The kind of a mail is decided by subject, sender and Message-ID, never by a stranger's text in the body."""

from __future__ import annotations

import pytest

from tests.support.tables import every_case
from worker.core.model import Attached
from worker.core.rulebook import Guarantor
from worker.read.classify import (
    Announcement,
    MailClass,
    OwnMailSigns,
    OwnMessage,
    PossibleNotice,
    Report,
    Unrelated,
    classify_mail,
)
from worker.read.message import Message

OUR_ADDRESS = "soumu@contractor.example"
KNOWN = "<known@contractor.example>"
EAST = "電子保証（認証キー）発行完了のお知らせ"
WEST = "電子証書閲覧用「認証キー」等のお知らせ"
PDF = Attached("a.pdf", b"%PDF-")
ENCLOSED = Attached("a.pdf", b"%PDF-", is_enclosed=True)


def guarantor(name: str, subject: str, *senders: str) -> Guarantor:
    return Guarantor(name, name, senders, (subject,), (), "[0-9]{5}-[0-9]{6}", ".*", {}, {})


GUARANTORS = (guarantor("east", EAST), guarantor("west", WEST, "west.example"))
OURS = OwnMailSigns(
    OUR_ADDRESS, lambda one: one == KNOWN, lambda one, sender: one.startswith("<form.") and "@" in sender
)


def recognise(message: Message) -> MailClass:
    return classify_mail(message, GUARANTORS, OURS)


def mail(subject: str = "", sender: str = "someone@else.example", **more: object) -> Message:
    return Message(senders=(sender,) if sender else (), subject=subject, **more)


@every_case(
    "subject",
    [
        EAST,
        "電子保証(認証ｷｰ)発行完了のお知らせ",
        "電子保証（認証キー）　発行完了の お知らせ",
        f"Re: {EAST}",
        f"Fwd: FW: ＲＥ：{EAST}",
        f"転送：{EAST}",
        f"Fwd: 『{EAST}』",
        f"[社内 12] 【重要】{EAST}",
        f"{EAST}（道路改良工事）",
        f"Fwd: 「{EAST}」【至急】(控え)",
    ],
)
def test_an_announcement_is_known_by_its_subject_however_it_is_spelt_and_forwarded(subject: str) -> None:
    assert recognise(mail(subject, pdfs=(PDF,))) == Announcement("east", (PDF,))


@pytest.mark.parametrize(
    "subject", [f"「{EAST}」メールの送信元変更について", "発行完了のお知らせ", "保証の件", "", "（認証キー"]
)
def test_a_subject_that_only_speaks_of_announcements_is_none(subject: str) -> None:
    assert not isinstance(recognise(mail(subject, texts=(EAST,))), Announcement)


def test_a_quoted_subject_without_inner_brackets_is_known() -> None:
    known = (guarantor("short", "発行のお知らせ"),)
    assert classify_mail(mail("Fwd: 『発行のお知らせ』"), known, OURS) == Announcement("short", ())


def test_a_pattern_written_with_its_quotes_is_the_same_pattern() -> None:
    known = (guarantor("west", f"『{WEST}』"),)
    assert classify_mail(mail(f"Fwd: {WEST}"), known, OURS) == Announcement("west", ())


def test_an_empty_pattern_recognises_nothing() -> None:
    assert classify_mail(mail("x"), (guarantor("bad", " 「」"),), OURS) == Unrelated(())


@pytest.mark.parametrize(
    "sender",
    ["info@west.example", "info@Mail.West.example", "info@notwest.example", "info@west.example.evil.example", ""],
)
def test_an_announcement_is_one_whoever_sent_it_as_proof_is_judged_apart(sender: str) -> None:
    assert recognise(mail(WEST, sender)) == Announcement("west", ())
    assert recognise(mail(f"Fwd: {WEST}", sender)) == Announcement("west", ())


def test_where_senders_are_named_an_answer_of_another_is_talk_about_the_announcement() -> None:
    for subject in (f"Re: {WEST}", f"[社内 12] ＲＥ：{WEST}", f"返信: {WEST}", f"Re: Fwd: {WEST}"):
        assert recognise(mail(subject, "x@elsewhere.example")) == PossibleNotice(None, ())
    assert recognise(mail(f"Re: {WEST}", "info@west.example")) == Announcement("west", ())


def test_of_two_senders_a_colleague_and_a_stranger_nothing_is_announced() -> None:
    message = Message(senders=("hanako@contractor.example", "x@evil.example"), subject=f"Fwd: {WEST}")
    assert recognise(message) == PossibleNotice(None, ())


def test_a_colleague_may_forward_the_announcement_of_a_guarantor_with_named_senders() -> None:
    assert recognise(mail(f"Re: Fwd: {WEST}", "hanako@contractor.example")) == Announcement("west", ())
    assert recognise(mail(WEST, "hanako@contractor.example")) == PossibleNotice(None, ())


def test_a_forwarded_announcement_within_a_mail_is_one() -> None:
    inner = mail(WEST, "info@west.example", pdfs=(PDF,))
    assert recognise(mail("ご確認ください", nested=(inner,))) == Announcement("west", (ENCLOSED,), is_enclosed=True)
    strange = mail(WEST, "info@evil.example", pdfs=(PDF,))
    assert recognise(mail("ご確認ください", nested=(strange,))) == Announcement("west", (ENCLOSED,), is_enclosed=True)


def test_a_mail_from_a_guarantor_means_a_notice_and_names_it() -> None:
    assert recognise(mail("ご連絡", "info@west.example", pdfs=(PDF,))) == PossibleNotice("west", (PDF,))


@pytest.mark.parametrize(
    "message",
    [
        mail("認証 キーの件", pdfs=(PDF,)),
        mail(texts=("本文", "認 証 ｷｰ を送ります"), pdfs=(PDF,)),
        mail(nested=(mail("認証キー", pdfs=(PDF,)),)),
    ],
)
def test_a_mail_that_names_a_key_means_a_notice(message: Message) -> None:
    assert recognise(message) == PossibleNotice(None, (ENCLOSED if message.nested else PDF,))


def test_any_other_mail_is_unrelated_and_its_pdfs_are_offered_all_the_same() -> None:
    assert recognise(mail("お見積り", pdfs=(PDF,), nested=(mail(pdfs=(PDF,)),))) == Unrelated((PDF, ENCLOSED))


@pytest.mark.parametrize("subject", [EAST, "認証キー"])
def test_a_message_of_our_own_is_neither_announcement_nor_notice(subject: str) -> None:
    assert recognise(mail(subject, message_id=KNOWN, pdfs=(PDF,))) == OwnMessage()
    assert recognise(mail(subject, OUR_ADDRESS.upper(), message_id="<form.1@contractor.example>")) == OwnMessage()


def test_our_form_from_another_sender_is_not_our_own() -> None:
    assert recognise(mail(message_id="<form.1@contractor.example>")) == Unrelated(())
    assert recognise(mail(sender=OUR_ADDRESS, message_id="<other@contractor.example>")) == Unrelated(())
    two = Message(senders=(OUR_ADDRESS, "x@evil.example"), message_id="<form.1@contractor.example>")
    assert recognise(two) == Unrelated(())


def test_a_mail_without_message_id_is_never_our_own() -> None:
    everything = OwnMailSigns(OUR_ADDRESS, lambda _: True, lambda _, __: True)
    assert classify_mail(mail(sender=OUR_ADDRESS), GUARANTORS, everything) == Unrelated(())


def test_nothing_inside_a_forwarded_mail_of_our_own_is_offered() -> None:
    own = mail(EAST, message_id=KNOWN, pdfs=(PDF,), nested=(mail(EAST, pdfs=(PDF,)),))
    assert recognise(mail("届きました", nested=(own,))) == Unrelated(())


def test_a_report_is_a_report_whatever_its_subject() -> None:
    assert recognise(mail(f"Undelivered: {EAST}", is_report=True)) == Report()
    assert recognise(mail(EAST, "info@west.example", is_report=True)) == Report()


def test_a_pdf_that_stands_beside_a_report_is_offered() -> None:
    assert recognise(mail("fw", is_report=True, pdfs=(PDF,))) == Unrelated((PDF,))


def test_a_forwarded_report_tells_nothing() -> None:
    assert recognise(mail("bounced", nested=(mail(EAST, is_report=True),))) == Unrelated(())


def test_what_stands_in_a_mail_within_the_mail_is_marked_at_any_depth() -> None:
    message = mail("x", pdfs=(PDF,))
    for depth in range(1, 6):
        message = mail("x", pdfs=(PDF,), nested=(message,))
        what = recognise(message)
        assert isinstance(what, Unrelated)
        assert [each.is_enclosed for each in what.pdfs] == [False] + [True] * depth
