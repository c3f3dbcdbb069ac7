"""A notice that is not attached as a PDF: taken out of a ZIP, or reported to a person with the next step.

Through a real IMAP server, the command line and the children that read PDFs.
"""

from __future__ import annotations

import binascii
import random
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.support import notice_pdfs as made
from tests.support.notice_pdfs import Form
from tests.support.office import Mailroom, a_form, a_mail, a_pdf, an_invoice, notice, wire
from tests.support.world import project
from tests.support.zips import LOCKED, locked_zip, raw_zip, zipped

MODES = Callable[..., Mailroom]
MEMO = zipped(("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b"secret"))
NEUTRAL = "資料の送付"
MEMO_LINES = ("社内連絡", *("下請の見積と原価は、社外に出さないこと。",) * 3)


def office_of(mailroom: MODES, *forms: Form, **settings: str) -> Mailroom:
    """An office with a project for each notice."""
    return mailroom(projects=[project(form.project, "kawa", form.number) for form in forms], **settings)


def with_files(*files: tuple[str, str, bytes], subject: str = "認証キーのお知らせの件", **more: str) -> EmailMessage:
    """A colleague's mail with each file as name, type and content."""
    mail = a_mail(subject, **more)
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail


def with_zip(content: bytes, name: str = "資料.zip", **more: str) -> EmailMessage:
    return with_files((name, "application/zip", content), **more)


# --- A ZIP without a password ------------------------------------------------------------------------------------


@pytest.mark.parametrize("subject", ["認証キーのお知らせの件", NEUTRAL])
def test_of_a_zip_in_a_mail_the_notice_alone_is_sent(mailroom: MODES, subject: str) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    room.deliver(with_zip(zipped(("お知らせ.pdf", notice(form)), ("社外秘.docx", MEMO)), subject=subject))
    room.office.run_once()
    sent = room.office.only(form)
    assert (sent["state"], sent["hold_reasons"]) == ("SENT", [])
    (mail,) = room.submissions
    assert [content for _, content in mail.files] == [notice(form)]
    assert b"PK\x03\x04" not in mail.files[0][1]
    (read, *_) = room.office.show(sent["id"])["entries"]
    told = {name: read["detail"][name] for name in ("file", "archive", "other_files")}
    assert told == {"file": "お知らせ.pdf", "archive": "資料.zip", "other_files": ["社外秘.docx"]}


def test_a_stored_notice_in_a_zip_is_taken_out_as_well(mailroom: MODES) -> None:
    """0.1.0 sent the whole ZIP as application/pdf, with all its other files."""
    form = a_form()
    room = office_of(mailroom, form)
    room.deliver(with_files(("n.pdf", "application/pdf", made.zipped(notice(form)))))
    room.office.run_once()
    assert room.office.only(form)["state"] == "SENT"
    assert [mail.files[0][1] for mail in room.submissions] == [notice(form)]


def test_each_notice_of_a_zip_is_a_submission_of_its_own(mailroom: MODES) -> None:
    forms = [a_form(), a_form("上水道管布設替工事")]
    room = office_of(mailroom, *forms)
    room.deliver(with_zip(zipped(*((f"{number}.pdf", notice(form)) for number, form in enumerate(forms)))))
    room.office.run_once()
    assert [room.office.only(form)["state"] for form in forms] == ["SENT", "SENT"]
    assert sorted(mail.files[0][1] for mail in room.submissions) == sorted(map(notice, forms))


def test_a_stranger_s_zip_proves_no_more_than_his_mail(mailroom: MODES) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    room.deliver(with_zip(zipped(("n.pdf", notice(form))), sender="x@stranger.example"))
    room.office.run_once()
    held = room.office.only(form)
    assert (held["state"], held["hold_reasons"]) == ("HELD", ["sender_unproven"])
    assert room.submissions == []


@pytest.mark.parametrize(
    "member",
    [
        ("別件.pdf".encode("cp932"), b"\0" * 300, LOCKED),
        (b"inner.zip", zipped(("a.pdf", made.plain())), 0),
    ],
)
def test_what_is_not_taken_out_beside_a_notice_is_a_task_and_the_notice_goes_on(
    mailroom: MODES, member: tuple[bytes, bytes, int]
) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    room.deliver(with_zip(raw_zip((b"n.pdf", notice(form), 0), member), subject=NEUTRAL))
    room.office.run_once()
    assert room.office.only(form)["state"] == "SENT"
    (held,) = [each for each in room.office.list() if each["state"] == "HELD"]
    assert held["hold_reasons"] == ["attachment_unopened"]
    name = decoded(member[0])
    assert room.office.show(held["id"])["hold_details"][0]["params"]["files"] == [f"資料.zip/{name}"]
    assert len(room.tellings) == 1


def decoded(raw: bytes) -> str:
    return raw.decode("cp932")


def test_a_pdf_in_a_zip_that_is_no_notice_is_held_like_one_beside_it(mailroom: MODES) -> None:
    room = mailroom()
    room.deliver(with_zip(zipped(("scan.pdf", made.scan()))))
    room.office.run_once()
    (held,) = room.office.list()
    assert (held["state"], held["hold_reasons"]) == ("HELD", ["no_text"])


def test_the_same_notice_beside_a_zip_and_in_it_is_one_submission(mailroom: MODES) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    mail = a_mail(NEUTRAL, ("n.pdf", notice(form)))
    mail.add_attachment(zipped(("n.pdf", notice(form))), maintype="application", subtype="zip", filename="n.zip")
    room.deliver(mail)
    room.office.run_once()
    assert room.office.only(form)["state"] == "SENT"
    assert len(room.submissions) == 1


def test_of_pdfs_that_a_stranger_blew_up_no_more_is_kept_than_he_sent(mailroom: MODES) -> None:
    """Eight PDFs of 2 MB in a ZIP of 0.2 MB: a person gets an alarm about the ZIP, and none of them is stored."""
    blown = [
        (f"{number}.pdf", b"%PDF-1.4\n" + b"%%\n" * 700_000 + random.Random(number).randbytes(22_000))
        for number in range(8)
    ]
    content = zipped(*blown)
    assert len(content) < 300_000
    room = mailroom()
    room.deliver(with_zip(content, sender="x@stranger.example"))
    room.office.run_once()
    (held,) = room.office.list()
    assert held["hold_reasons"] == ["attachment_unopened"]
    assert sum(size for (size,) in room.office.rows("SELECT length(content) FROM originals")) < 1_000_000


def test_a_key_in_the_names_of_a_zip_and_its_files_stands_in_no_entry(mailroom: MODES) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    members = [(form.key.encode(), b"x", 0), (f"{form.key}.pdf".encode(), notice(form), 0)]
    content = raw_zip(*members, (f"{form.key}.txt".encode(), b"x", LOCKED))
    room.deliver(with_zip(content, f"{form.key}.zip"))
    room.office.run_once()
    assert room.office.only(form)["state"] == "SENT"
    assert [row for row in room.office.rows("SELECT body FROM entries") if form.key in row[0]] == []
    for command in (["list"], ["show", "1"], ["show", "2"], ["tasks"], ["log"]):
        assert form.key not in room.office(*command).out
    assert all(form.key not in told.text for told in room.tellings)


@pytest.mark.parametrize("count", [11, 30])
def test_of_many_zips_in_a_mail_those_behind_the_limit_are_told(mailroom: MODES, count: int) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    files = [(f"{n}.zip", "application/zip", zipped((f"{n}.pdf", a_pdf(f"図面{n}")))) for n in range(count)]
    room.deliver(with_files(("a.zip", "application/zip", zipped(("n.pdf", notice(form)))), *files))
    room.office.run_once()
    assert room.office.only(form)["state"] == "SENT"
    (held,) = [each for each in room.office.list() if each["state"] == "HELD"]
    assert held["hold_reasons"] == ["attachment_unopened"]


# --- What is not opened ------------------------------------------------------------------------------------------

PHOTO = b"\xff\xd8\xff\xe0" + b"x" * 3_000
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 3_000
UNOPENED = [
    ("zip", ("資料.zip", "application/zip", zipped(("memo.docx", MEMO)))),
    ("zip", ("資料.zip", "application/zip", zipped(*((f"{n}.jpg", PHOTO) for n in range(30))))),
    ("zip", ("資料.zip", "application/zip", b"PK\x03\x04 broken")),
    ("locked", ("資料.zip", "application/zip", locked_zip("a.pdf"))),
    ("locked", ("資料.zip", "application/octet-stream", locked_zip("a.pdf"))),
    ("locked", ("download", "application/octet-stream", locked_zip("a.pdf"))),
    ("archive", ("資料.lzh", "application/octet-stream", b"\x21\x4f-lh5-" + b"\0" * 200)),
    ("archive", ("資料.7z", "application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c" + b"\0" * 200)),
    ("archive", ("資料.exe", "application/octet-stream", b"MZ" + b"\0" * 200)),
    ("outlook", ("winmail.dat", "application/ms-tnef", b"\x78\x9f\x3e\x22")),
    ("outlook", ("fwd.msg", "application/vnd.ms-outlook", OLE)),
    ("outlook", ("fwd.MSG", "application/octet-stream", OLE)),
    ("sealed", ("smime.p7m", "application/pkcs7-mime", b"0\x80\x06\x09")),
    ("docuworks", ("お知らせ.xdw", "application/vnd.fujixerox.docuworks", b"\x60\x0e\x82")),
    ("picture", ("IMG_0001.jpg", "image/jpeg", PHOTO)),
    ("picture", ("IMG_0001.HEIC", "application/octet-stream", b"\0\0\0\x18ftypheic" + b"x" * 3_000)),
    ("picture", ("fax.tif", "image/tiff", b"II*\0" + b"x" * 3_000)),
    ("other", ("お知らせ.docx", "application/octet-stream", MEMO)),
    ("other", ("securedoc.html", "text/html", b"<html>Open in a browser</html>")),
]


@pytest.mark.parametrize(("code", "file"), UNOPENED, ids=[f"{code}: {file[0]}" for code, file in UNOPENED])
def test_in_a_mail_that_speaks_of_a_key_an_attachment_that_is_not_opened_is_held_with_what_to_do(
    mailroom: MODES, code: str, file: tuple[str, str, bytes]
) -> None:
    name, kind, content = file
    main, _, sub = kind.partition("/")
    room = mailroom()
    mail = a_mail()
    mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    room.deliver(mail)
    assert room.office.run_once().code == 1
    (held,) = room.office.list()
    assert (held["state"], held["hold_reasons"]) == ("HELD", ["attachment_unopened"])
    (hold,) = room.office.show(held["id"])["hold_details"]
    assert hold["params"]["code"] == code
    assert hold["params"]["files"][0].startswith(name)
    page = room.office("show", str(held["id"])).out
    assert "添付を開けない" in page
    assert name in page
    assert "所定のフォルダに保存し、こちらは取下げ" in page
    (told,) = room.tellings
    assert "添付を開けない" in told.text


def test_a_link_in_place_of_an_attachment_is_held(mailroom: MODES) -> None:
    room = mailroom()
    room.deliver(a_mail(text="添付ファイルは安全のためリンクに変換されました。 https://files.contractor.example/abc"))
    room.office.run_once()
    (held,) = room.office.list()
    assert held["hold_reasons"] == ["attachment_unopened"]
    assert room.office.show(held["id"])["hold_details"][0]["params"] == {"code": "link"}


CARD = '<html><body>{text}<a href="{address}"><b>{name}</b></a></body></html>'


@pytest.mark.parametrize(
    "html",
    [
        CARD.format(text="", address="https://1drv.ms/b/s!Ab", name="お知らせ.pdf"),
        CARD.format(text="", address="https://files.contractor.example/x", name="お知らせ.PDF "),
        CARD.format(text="ご確認ください。", address="https://contractor.sharepoint.com/:b:/s/x", name="開く"),
        "お知らせ.pdf<https://files.contractor.example/x>",
    ],
)
def test_a_file_that_is_linked_without_a_word_is_held(mailroom: MODES, html: str) -> None:
    mail = a_mail()
    mail.clear_content()
    mail.set_content(html + "\n", subtype="html" if html.startswith("<html") else "plain")
    room = mailroom()
    room.deliver(mail)
    room.office.run_once()
    (held,) = room.office.list()
    assert room.office.show(held["id"])["hold_details"][0]["params"] == {"code": "link"}


@pytest.mark.parametrize(("subject", "name"), [("認証キーのお知らせの件", "a.pdf"), (NEUTRAL, "認証キー.pdf")])
def test_a_file_that_stands_in_the_text_by_uuencode_is_held_by_its_name(
    mailroom: MODES, subject: str, name: str
) -> None:
    content = notice(a_form())
    lines = [binascii.b2a_uu(content[place : place + 45]).decode() for place in range(0, len(content), 45)]
    room = mailroom()
    room.deliver(a_mail(subject, text=f"添付します。\nbegin 644 {name}\n{''.join(lines)}`\nend"))
    room.office.run_once()
    (held,) = room.office.list()
    (hold,) = room.office.show(held["id"])["hold_details"]
    assert (held["hold_reasons"], hold["params"]["code"]) == (["attachment_unopened"], "other")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(made.scan(), "no_text"), (made.with_user_password(), "password"), (made.plain()[:-400], "damaged")],
    ids=["a scan", "a password", "cut"],
)
def test_the_name_of_an_attachment_counts_as_text_that_speaks_of_a_key(
    mailroom: MODES, content: bytes, reason: str
) -> None:
    room = mailroom()
    room.deliver(a_mail(NEUTRAL, ("認証キーのお知らせ.pdf", content)))
    room.office.run_once()
    (held,) = room.office.list()
    assert held["hold_reasons"] == [reason]


def test_the_names_within_a_locked_zip_count_as_text(mailroom: MODES) -> None:
    room = mailroom()
    room.deliver(with_zip(locked_zip("認証キーのお知らせ.pdf"), subject=NEUTRAL))
    room.office.run_once()
    (held,) = room.office.list()
    assert held["hold_reasons"] == ["attachment_unopened"]


REFUSED_NOTICES = {
    "two_notices": made.two_notices(),
    "two_values": made.two_values(),
    "engines_disagree": made.two_keys_printed_over_each_other(),
}
"""Notices that are not read, as more than one value may be the right one."""


@pytest.mark.parametrize("reason", REFUSED_NOTICES)
def test_a_notice_of_several_values_is_held_in_a_mail_that_says_nothing_of_one(mailroom: MODES, reason: str) -> None:
    room = mailroom()
    room.deliver(a_mail(NEUTRAL, ("a.pdf", REFUSED_NOTICES[reason])))
    room.office.run_once()
    (held,) = room.office.list()
    assert held["hold_reasons"] == [reason]


@pytest.mark.parametrize("subject", ["認証キーのお知らせの件", NEUTRAL])
@pytest.mark.parametrize("lines", [made.INVOICE_LINES, MEMO_LINES])
def test_a_page_of_another_paper_behind_the_notice_goes_nowhere(
    mailroom: MODES, subject: str, lines: tuple[str, ...]
) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    room.deliver(a_mail(subject, ("a.pdf", made.with_another_paper(form, lines))))
    room.office.run_once()
    (held,) = room.office.list()
    assert (held["state"], held["hold_reasons"]) == ("HELD", ["not_a_notice"])
    assert room.submissions == []
    shown = room.office("show", str(held["id"])).out
    assert "2ページ目が、お知らせではない書類" in shown
    assert "お知らせのPDFを取得し直して" in shown


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.pdf", REFUSED_NOTICES["two_notices"], "two_notices"),
        ("a.pdf", made.cut(made.plain()), "damaged"),
        ("a.pdf", made.with_user_password(), "password"),
        ("認証キーのお知らせ（２）.pdf", made.scan(), "no_text"),
    ],
)
def test_what_may_be_another_notice_beside_one_is_a_task_and_the_notice_goes_on(
    mailroom: MODES, name: str, content: bytes, reason: str
) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    room.deliver(a_mail(NEUTRAL, ("n.pdf", notice(form)), (name, content)))
    room.office.run_once()
    assert room.office.only(form)["state"] == "SENT"
    (held,) = [each for each in room.office.list() if each["state"] == "HELD"]
    assert held["hold_reasons"] == [reason]
    assert name in room.office("tasks").out, "which of the mail's files it is"


def test_a_locked_pdf_beside_a_notice_in_a_zip_is_named(mailroom: MODES) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    room.deliver(with_zip(zipped(("n.pdf", notice(form)), ("b.pdf", made.with_user_password())), subject=NEUTRAL))
    room.office.run_once()
    assert room.office.only(form)["state"] == "SENT"
    (held,) = [each for each in room.office.list() if each["state"] == "HELD"]
    assert "b.pdf" in room.office("show", str(held["id"])).out


def test_a_scan_beside_a_notice_that_no_name_calls_one_is_no_task(mailroom: MODES) -> None:
    form = a_form()
    room = office_of(mailroom, form)
    room.deliver(a_mail(NEUTRAL, ("n.pdf", notice(form)), ("契約書.pdf", made.scan())))
    room.office.run_once()
    assert [each["state"] for each in room.office.list() if each["id"]] == ["SENT"]


LOGO = b"\x89PNG\r\n\x1a\n" + b"x" * 5_000


def ordinary_mails() -> list[EmailMessage]:
    """Mails about something else, or without content: they open no task."""
    about_key = a_mail("認証キーの件、了解しました")
    about_key.add_attachment(LOGO, maintype="image", subtype="png", filename="image001.png", disposition="inline")
    card = a_mail("認証キーの件、了解しました")
    card.add_attachment(b"BEGIN:VCARD", maintype="text", subtype="vcard", filename="sato.vcf")
    answer = a_mail(
        "Re: 認証キーのお知らせの件",
        text="了解です。\n\n> 添付ファイルはこちらからダウンロードしてください。\n> https://files.contractor.example/abc",
    )
    signature = a_mail("認証キーの件", text="明日うかがいます。\n--\n〇〇建設 https://www.contractor.example/")
    linked = a_mail("Re: 認証キーのお知らせの件")
    linked.clear_content()
    linked.set_content(CARD.format(text="了解です。", address="https://1drv.ms/x", name="お知らせ.pdf"), subtype="html")
    photos = with_files(("IMG_1.jpg", "image/jpeg", PHOTO * 100), subject="現場写真")
    locked = with_zip(locked_zip("図面.pdf"), subject=NEUTRAL)
    sheets = with_zip(zipped(("内訳.xlsx", MEMO), ("図面.pdf", a_pdf("図面"))), subject="見積の件")
    return [about_key, card, answer, signature, linked, photos, locked, sheets]


def test_of_ordinary_mail_no_task_is_made(mailroom: MODES) -> None:
    room = mailroom()
    room.deliver(*ordinary_mails())
    assert room.office.run_once().code == 0
    assert room.office.list() == []
    assert room.tellings == []


# --- The folder ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "code", "words", "step"),
    [
        (
            "notice.zip",
            zipped(("n.pdf", made.plain())),
            "zip",
            "ZIP",
            "中のPDFを取り出し、PDFだけを所定のフォルダに保存",
        ),
        ("n.pdf", made.zipped(made.plain()), "zip", "ZIP", "中のPDFを取り出し"),
        ("お知らせ.pdf", PHOTO, "picture", "写真", "PDFを取得し"),
    ],
)
def test_a_file_in_the_folder_that_is_no_pdf_is_named_with_what_to_do(
    mailroom: MODES, name: str, content: bytes, code: str, words: str, step: str
) -> None:
    room = mailroom()
    room.office.save_notice(name, content)
    room.office.run_once()
    (held,) = room.office.list()
    (hold,) = room.office.show(held["id"])["hold_details"]
    assert (held["hold_reasons"], hold["params"]["code"]) == (["damaged"], code)
    page = room.office("show", str(held["id"])).out
    assert (words in page, step in page) == (True, True)
    assert len(room.tellings) == 1


@pytest.mark.parametrize(
    ("name", "content", "why", "step"),
    [
        ("IMG_0001.jpg", PHOTO, "picture", "保証会社のサイトからPDFを取得して保存"),
        ("fwd.msg", OLE, "mail", "添付のPDFを取り出して"),
        ("お知らせ.xdw", b"\x60\x0e\x82", "other_kind", "PDFで保存し直して"),
        ("お知らせ.lzh", b"\x21\x4f-lh5-" + b"\0" * 200, "archive", "中のPDFを取り出して"),
        ("login.html", b"<html>", "other_kind", "PDFで保存し直して"),
    ],
)
def test_a_file_of_another_kind_in_the_folder_is_named_with_what_to_do(
    mailroom: MODES, name: str, content: bytes, why: str, step: str
) -> None:
    room = mailroom()
    room.office.save_notice(name, content)
    room.office.run_once()
    assert room.office.list() == []
    (named,) = room.office("status", "--json").document["unread_files"]
    assert (named["why"], named["names"]) == (why, [name])
    assert step in room.office("status").out


def test_an_invoice_in_the_notices_folder_is_called_one(mailroom: MODES) -> None:
    room = mailroom()
    room.office.save_notice("請求書.pdf", an_invoice(a_form()))
    room.office.run_once()
    (held,) = room.office.list()
    assert held["hold_reasons"] == ["not_a_notice"]
    assert "請求書フォルダに移し" in room.office("show", str(held["id"])).out


@pytest.mark.parametrize("mode", ["approve", "hold", "auto"])
@pytest.mark.parametrize("is_zipped", [False, True])
def test_a_mail_saved_to_the_folder_is_read_as_one_whose_sender_is_not_proven(
    mailroom: MODES, mode: str, *, is_zipped: bool
) -> None:
    form = a_form()
    room = office_of(mailroom, form, mode=mode)
    mail = with_zip(zipped(("n.pdf", notice(form)))) if is_zipped else a_mail(NEUTRAL, ("n.pdf", notice(form)))
    room.office.save_notice("お知らせ.eml", wire(mail))
    room.office.run_once()
    held = room.office.only(form)
    assert held["state"] == "HELD"
    assert "sender_unproven" in held["hold_reasons"]
    assert "保存されたメール" in room.office("show", str(held["id"])).out
    assert room.submissions == []
    assert room.office.run_once().code in {0, 1}  # it is not read twice
    assert len(room.office.list()) == 1


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (a_mail(NEUTRAL), "not_a_notice"),
        (b"", "damaged"),
        (b"nothing that is a mail", "not_a_notice"),
        (with_zip(locked_zip("a.pdf"), subject=NEUTRAL), "attachment_unopened"),
        (a_mail(NEUTRAL, ("scan.pdf", made.scan())), "no_text"),
        (a_mail("電子保証（認証キー）発行完了のお知らせ"), "not_a_notice"),
    ],
)
def test_a_saved_mail_without_a_notice_is_held_and_never_lost(
    mailroom: MODES, mail: EmailMessage | bytes, reason: str
) -> None:
    room = mailroom()
    room.office.save_notice("お知らせ.eml", wire(mail))
    room.office.run_once()
    (held,) = room.office.list()
    assert (held["state"], held["hold_reasons"]) == ("HELD", [reason])
