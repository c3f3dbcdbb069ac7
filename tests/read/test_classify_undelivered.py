"""A machine's answer: the mail did not arrive, or the reader is only away."""

from __future__ import annotations

from tests.support.tables import every_case
from worker.read.classify import find_bounce_sign, has_transcript, is_answer, is_failure_subject, says_undelivered
from worker.read.message import read_message, split_headers

NEWS = """
このメールアドレスは3月末で廃止されました。新しいアドレスへ再送してください。
お送りいただいたメールは届きませんでした。
メールが送信先に配信されなかったことをお知らせ致します。
添付ファイルが削除され、宛先に配信されませんでした。
あなたのメールをお届けできませんでした。
以下の宛先へメールを配送できませんでした。
メールの送信に失敗しました。
受信を拒否しました。
受信者のメールボックスの容量が上限を超えています。
送信先のメールボックスが一杯のため、送信できませんでした。
メールボックスがいっぱいです。
お客様からのメールは受け付けておりません。
このアドレスは現在使用されておりません。
このアドレスは使われていません。
このメールアドレスは存在しません。
当該アドレスは利用を停止しました。
担当の鈴木は3月31日付で退職いたしました。
鈴木は人事異動により転出しました。
メールアドレスが変更になりました。
ドメインを移行しました。
このアドレスに送られたメールは確認しておりません。
送信専用アドレスです。
宛先不明です。ユーザーが見つかりません。
添付ファイル付きのメールは受信できません。
パスワード付きの添付ファイルは隔離しました。
添付ファイル（PDF）を取り除いて配信します。
ウイルスを検出したため、メールを破棄しました。
迷惑メールと判定されました。
メールサイズが制限を超えています。
このメールはシステムによりブロックされました。
メ ー ル を 配 信 で き ま せ ん
ﾒｰﾙを配信できません
This email inbox is no longer in use.
This mailbox is not monitored.
Your message could not be delivered.
I have left the company.
The user's mailbox is full.
Your message was automatically rejected: Quota exceeded
Unknown user
550 5.1.1 <a@b.example>: Recipient address rejected
Your message to the list awaits moderator approval
パスワード付きZIPファイルの受信は行っておりません。
メールでの提出はお受けしていません。
このメールの受信を許可するには、次のリンクを開いてください。
差出人の確認のため、次のリンクから手続きを完了してください。
あなたの投稿は、司会者の承認を待っています。
お送りいただいたメールは、管理者が確認するまで保管されています。
お送りいただいたメールは一時的に保管されております。
4月1日付で転任いたしました。
財政課に移りました。
担当が鈴木に替わりました。今後は新しい担当へお送りください。
Attachments are not accepted at this address.
Your mail is being held until the list moderator can review it.
Please verify that you are the sender of this message.
"""
QUIET = """
本日は不在にしております。11月30日に出社いたします。
お問い合わせを受け付けました。担当者より3営業日以内にご連絡いたします。
メールを受信しました。本メールは送信専用アドレスからお送りしています。
ありがとうございます。このメールは送信専用のため、返信はできません。
休暇中のため、返信が遅れます。お急ぎの方は代表電話へお願いいたします。
回答が届かない場合は、お手数ですがお電話ください。
3日を過ぎてもメールが届かないときは、迷惑メールフォルダをご確認ください。
このメールにお心当たりのない方は、お手数ですが削除してください。
宛先に誤りがある場合は、破棄してください。
配信できない場合があります。
現在、出張のためメールの確認が遅れることがあります。
年末年始（12月29日～1月3日）は休業いたします。
受領しました。
担当者が変更内容を確認し、ご連絡いたします。
メールの受信を確認いたしました。担当者よりご連絡いたします。
お送りいただいた書類は、5年間保管いたします。
このメールは大切に保管してください。
受付番号は保管しておいてください。
申請は現在審査中です。
契約の審査には1週間ほどかかります。
所長の承認後、正式な受領書をお送りします。
係の者に替わりまして、お礼申し上げます。
ご連絡ありがとうございました。内容を確認のうえ、改めてご連絡いたします。
本庁の開庁時間は8時30分から17時15分までです。
I am out of the office until Monday.
Thank you for your message. We will answer within three days.
Automatic reply: I am on holiday with limited access to e-mail.
"""


@every_case("text", NEWS.strip().splitlines())
def test_what_did_not_arrive_was_refused_or_is_read_no_more_is_news(text: str) -> None:
    assert says_undelivered(text)


@every_case("text", QUIET.strip().splitlines())
def test_an_absence_or_what_may_be_one_day_is_none(text: str) -> None:
    assert not says_undelivered(text)


@every_case(
    ("fields", "sign"),
    [
        ("Return-Path: <>\nFrom: gw@x.example", "Return-Path"),
        ("Return-Path: < >\nFrom: gw@x.example", "Return-Path"),
        ("Return-Path: <MAILER-DAEMON>\nFrom: gw@x.example", "Return-Path"),
        ("From: MAILER-DAEMON <>", "MAILER-DAEMON"),
        ("From: Mail Delivery Subsystem <mailer-daemon@x.example>", "MAILER-DAEMON"),
        ("From: postmaster@x.example", "MAILER-DAEMON"),
        ("From: mailgate@x.example", "MAILER-DAEMON"),
        ("From: mail-security@x.example", "MAILER-DAEMON"),
        ("From: anti_virus@x.example", "MAILER-DAEMON"),
        ("From: quarantine@x.example", "MAILER-DAEMON"),
        ("From: mailguardian@x.example", ""),
        ("From: security@x.example", ""),
        ("From: bounces+soumu=contractor.example@x.example", "MAILER-DAEMON"),
        ("From: a@x.example\nX-Failed-Recipients: b@y.example", "X-Failed-Recipients"),
        ("Return-Path: <a@x.example>\nFrom: a@x.example", ""),
        ("From: postmaster.yamada@x.example", ""),
        ("From: Postmaster Yamada <a@x.example>", ""),
        ("Return-Path: <>\nFrom: a@x.example\nAuto-Submitted: auto-replied", ""),
        ("Return-Path: <>\nFrom: a@x.example\nAuto-Submitted: auto-generated", "Return-Path"),
        ("Return-Path: <>\nFrom: a@x.example\nX-Autoreply: yes", ""),
        ("Return-Path: <>\nFrom: a@x.example\nSubject: Automatic reply: x", ""),
    ],
)
def test_what_returns_mail_is_known_by(fields: str, sign: str) -> None:
    raw = f"{fields}\n\ntext\n".encode()
    message = read_message(raw)
    assert find_bounce_sign(split_headers(raw)[0], message.senders, message.subject, "text") == sign


@every_case(
    ("subject", "is_failure"),
    [
        ("Undeliverable: 認証キー", True),
        ("Delivery Status Notification (Failure)", True),
        ("メールエラー通知", True),
        ("配信不能のお知らせ", True),
        ("送信できませんでした", True),
        ("Re: Undeliverable: 認証キー", False),
        ("FW: 配信不能のお知らせ", False),
        ("認証キーの提出について", False),
        ("受付のお知らせ", False),
    ],
)
def test_the_subject_of_returned_mail_is_no_answer(subject: str, *, is_failure: bool) -> None:
    assert is_failure_subject(subject) is is_failure
    assert is_answer(subject) is subject.startswith(("Re:", "FW:"))


def test_a_server_is_quoted_by_its_own_words() -> None:
    assert has_transcript("> 550 5.1.1 <a@b.example>... User unknown")
    assert has_transcript("Final-Recipient: rfc822; a@b.example")
    assert not has_transcript("RFC 2046, 5.1.5 を参照。電話 03-5550-5111")


def test_its_time_does_not_grow_with_what_a_stranger_writes() -> None:
    for text in (
        "not " * 200_000,
        "アドレス" * 100_000,
        "delivery " * 100_000,
        "mailbox a " * 100_000,
        "届か" * 200_000,
    ):
        assert not says_undelivered(text)
        assert not has_transcript(text)
