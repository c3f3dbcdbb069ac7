"""The parts of a mail: own samples of each kind of trouble, and any bytes at all."""

from __future__ import annotations

import base64
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.tables import every_case
from tests.support.turns import turns
from worker.read.message import (
    DEPTH_LIMIT,
    PARTS_LIMIT,
    AttachmentKind,
    Defect,
    Message,
    decode_bytes,
    decode_words,
    mentions_key,
    read_addresses,
    read_header_value,
    read_message,
)

PDF = b"%PDF-1.4\n" + bytes(range(256)) * 8 + b"\n%%EOF\n"
SUBJECT = "電子保証（認証キー）発行完了のお知らせ"


def mixed(*parts: bytes, head: bytes = b"Subject: x\r\n", boundary: bytes = b"b1") -> bytes:
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    kind = b'Content-Type: multipart/mixed; boundary="' + boundary + b'"\r\n\r\n'
    return head + kind + body + b"--" + boundary + b"--\r\n"


def pdf_part(disposition: bytes = b'attachment; filename="a.pdf"', kind: bytes = b"application/pdf") -> bytes:
    head = b"Content-Type: " + kind + b"\r\n" if kind else b""
    if disposition:
        head += b"Content-Disposition: " + disposition + b"\r\n"
    return head + b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(PDF)


def jis(text: str) -> bytes:
    """ISO-2022-JP as Outlook writes it: with the characters of NEC row 13."""
    found = b""
    for char in text:
        lead, trail = char.encode("cp932")
        row = (lead - (0x70 if lead < 0xA0 else 0xB0)) * 2 - (trail < 0x9F)
        cell = trail - (0x7E if trail >= 0x9F else 0x1F if trail < 0x7F else 0x20)
        found += bytes((row, cell))
    return b"\x1b$B" + found + b"\x1b(B"


def every_pdf(message: Message) -> list[tuple[str, bytes]]:
    found = [(pdf.filename, pdf.content) for pdf in message.pdfs]
    return found + [pair for inner in message.nested for pair in every_pdf(inner)]


def test_a_mail_written_by_the_standard_library_is_read() -> None:
    mail = MIMEMultipart()
    mail["From"] = f"{Header('山田 花子', 'utf-8').encode()} <hanako@contractor.example>"
    mail["Subject"] = Header(SUBJECT, "iso-2022-jp")
    mail["Message-ID"] = "<one@contractor.example>"
    mail["Date"] = "Sat, 21 Nov 2026 10:00:00 +0900"
    mail.attach(MIMEText("認証キーをお送りします。", "plain", "iso-2022-jp"))
    mail.attach(MIMEText("<p>認証<b>キー</b> &amp; 番号</p><style>p{}</style>", "html", "utf-8"))
    part = MIMEApplication(PDF, "pdf")
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", "お知らせ①.pdf"))
    mail.attach(part)
    message = read_message(mail.as_bytes())
    assert message.message_id == "<one@contractor.example>"
    assert message.senders == ("hanako@contractor.example",)
    assert message.subject == SUBJECT
    assert message.date == "Sat, 21 Nov 2026 10:00:00 +0900"
    assert message.texts[0].strip() == "認証キーをお送りします。"
    assert message.texts[1].strip() == "認証キー & 番号"
    assert every_pdf(message) == [("お知らせ①.pdf", PDF)]
    assert message.defects == ()


def test_a_forwarded_mail_keeps_its_own_subject_sender_and_pdf() -> None:
    inner = MIMEMultipart()
    inner["From"] = "info@east.example"
    inner["Subject"] = Header(SUBJECT, "utf-8")
    inner.attach(MIMEApplication(PDF, "pdf", name="n.pdf"))
    outer = MIMEMultipart()
    outer["From"] = "hanako@contractor.example"
    outer["Subject"] = "Fwd"
    outer.attach(MIMEText("どうぞ", "plain", "utf-8"))
    outer.attach(MIMEMessage(inner))
    message = read_message(outer.as_bytes())
    assert message.pdfs == ()
    assert [(one.subject, one.senders) for one in message.nested] == [(SUBJECT, ("info@east.example",))]
    assert every_pdf(message) == [("n.pdf", PDF)]


@every_case(
    ("disposition", "kind", "filename"),
    [
        (b'attachment; filename="a.pdf"', b"application/octet-stream", "a.pdf"),
        (b"attachment", b"application/octet-stream", ""),
        (b"", b"", ""),
        (b"", b'application/pdf; name="=?UTF-8?B?44GK55+l44KJ44GbLnBkZg==?="', "お知らせ.pdf"),
        (b"attachment; filename*=UTF-8''%E3%81%8A%E7%9F%A5%E3%82%89%E3%81%9B.pdf", b"application/pdf", "お知らせ.pdf"),
        (
            b"attachment; filename*0*=UTF-8''%E3%81%8A%E7%9F;\r\n filename*1*=%A5%E3%81%9B;\r\n filename*2=.pdf",
            b"application/pdf",
            "お知せ.pdf",
        ),
        (b"attachment; filename*1=b.pdf; filename*0=a", b"application/pdf", "ab.pdf"),
        (b"attachment; filename=\"plain.pdf\"; filename*=utf-8'ja'%E8%A1%A8.pdf", b"application/pdf", "表.pdf"),
        (b'attachment; filename="' + "表 十.pdf".encode("cp932") + b'"', b"application/pdf", "表 十.pdf"),
        (b'attachment; filename="' + "お知らせ㈱.pdf".encode() + b'"', b"application/pdf", "お知らせ㈱.pdf"),
        (b'attachment; filename="' + jis("弐①㈱髙") + b'.pdf"', b"application/pdf", "弐①㈱髙.pdf"),
        (b'attachment; filename="=?ISO-2022-JP?B?' + base64.b64encode(jis("通知①")) + b'?=.pdf"', b"", "通知①.pdf"),
        (b"attachment; filename=no quotes.pdf", b"application/pdf", "no quotes.pdf"),
        (b'attachment; filename="..\\..\\x\\e.pdf"', b"application/pdf", "e.pdf"),
        (b"attachment; filename*=nonsense'x'%ff%41.pdf", b"application/pdf", "\ufffdA.pdf"),
        (b"attachment; filename*=a.pdf; filename*0=b; filename*99=c", b"application/pdf", "a.pdf"),
        (b'attachment filename="a.pdf"', b"application/octet-stream", "a.pdf"),
    ],
)
def test_a_pdf_is_found_by_type_name_or_first_bytes_under_any_spelling(
    disposition: bytes, kind: bytes, filename: str
) -> None:
    message = read_message(mixed(b"\r\ntext", pdf_part(disposition, kind)))
    assert every_pdf(message) == [(filename, PDF)]


def test_a_pdf_may_begin_anywhere_in_its_first_1024_bytes() -> None:
    part = b"Content-Type: application/x-unknown\r\n\r\n" + b"\0" * 1000 + PDF
    assert len(read_message(mixed(part)).pdfs) == 1


def test_a_text_that_speaks_of_a_pdf_mark_is_no_pdf() -> None:
    assert read_message(b"Subject: x\r\n\r\nthe mark is %PDF-1.4").pdfs == ()


def test_a_mail_that_is_nothing_but_a_pdf_is_found() -> None:
    assert read_message(b"Subject: x\r\n" + pdf_part()).pdfs[0].content == PDF
    assert read_message(b"Subject: x\n\n" + PDF).pdfs[0].content == PDF


def test_a_forwarded_mail_attached_as_an_eml_file_is_opened() -> None:
    inner = b"Subject: inner\r\n" + pdf_part()
    part = b'Content-Type: application/octet-stream; name="x.eml"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    message = read_message(mixed(part + base64.encodebytes(inner)))
    assert message.nested[0].subject == "inner"
    assert every_pdf(message) == [("a.pdf", PDF)]


@pytest.mark.parametrize("depth", [1, 30, 200])
def test_a_pdf_under_200_nested_parts_is_found(depth: int) -> None:
    raw = pdf_part()
    for level in range(depth):
        raw = mixed(raw, head=b"", boundary=b"level%d" % level)
    assert every_pdf(read_message(b"Subject: deep\r\n" + raw)) == [("a.pdf", PDF)]


def test_deeper_parts_are_left_and_noted() -> None:
    raw = pdf_part()
    for level in range(DEPTH_LIMIT + 3):
        raw = mixed(raw, head=b"", boundary=b"level%d" % level)
    message = read_message(b"Subject: deep\r\n" + raw)
    assert message.subject == "deep"
    assert message.defects == (Defect.TOO_DEEP,)


def test_a_thousand_mails_within_mails_do_not_end_the_reader() -> None:
    raw = pdf_part()
    for _ in range(1000):
        raw = b"Content-Type: message/rfc822\r\n\r\n" + raw
    assert read_message(raw).nested


def test_more_parts_than_anybody_sends_are_left_and_noted() -> None:
    message = read_message(mixed(*[b"\r\nx"] * (PARTS_LIMIT + 5)))
    assert Defect.TOO_MANY_PARTS in message.defects
    assert len(message.texts) <= PARTS_LIMIT


def test_nothing_inside_a_report_is_offered() -> None:
    part = b'Content-Type: multipart/report; boundary="r"\r\n\r\n--r\r\n' + pdf_part() + b"\r\n--r--\r\n"
    assert read_message(b"Subject: failed\r\n" + part) == Message(subject="failed", is_report=True, holds_report=True)
    around = read_message(mixed(part, b"\r\nfooter of a list"))
    assert around.is_report
    assert every_pdf(around) == []
    forwarded = read_message(mixed(b"Content-Type: message/rfc822\r\n\r\nSubject: r\r\n" + part, pdf_part()))
    assert not forwarded.is_report
    assert forwarded.nested[0].is_report
    assert len(every_pdf(forwarded)) == 1


def test_a_boundary_that_begins_another_boundary_does_not_end_it() -> None:
    inner = mixed(pdf_part(), head=b"", boundary=b"ab")
    assert len(read_message(mixed(inner, boundary=b"a")).pdfs) == 1


def test_a_mail_cut_in_the_middle_gives_what_stood_before() -> None:
    raw = mixed(b"\r\nfirst", pdf_part())
    message = read_message(raw[: len(raw) // 2])
    assert message.texts == ("first",)
    assert message.pdfs[0].content.startswith(b"%PDF-")
    assert Defect.NOT_CLOSED in message.defects


def test_broken_base64_is_read_as_far_as_it_goes_and_noted() -> None:
    part = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"JVBERi0xLjQ*!*KQ"
    message = read_message(mixed(part))
    assert message.pdfs[0].content.startswith(b"%PDF-1.4")
    assert Defect.TRANSFER in message.defects


@pytest.mark.parametrize(
    "content_type", [b"multipart/mixed", b"multipart/mixed; boundary=none", b"multipart/mixed;;=;"]
)
def test_a_multipart_without_its_boundary_is_noted(content_type: bytes) -> None:
    message = read_message(b"Content-Type: " + content_type + b"\r\n\r\n--b\r\n\r\nx")
    assert message.defects == (Defect.BOUNDARY,)


@pytest.mark.parametrize("kind", [b"application/ms-tnef", b'application/octet-stream; name="winmail.dat"'])
def test_a_tnef_part_is_left_and_named(kind: bytes) -> None:
    message = read_message(mixed(b"Content-Type: " + kind + b"\r\n\r\n\x78\x9f"))
    assert [each.sort for each in message.unopened] == [AttachmentKind.OUTLOOK]
    assert message.defects == ()


@every_case(
    ("raw", "text"),
    [
        (b"=?ISO-2022-JP?B?" + base64.b64encode(jis("㈱東①髙")) + b"?=", "㈱東①髙"),
        (jis("㈱東①髙"), "㈱東①髙"),
        ("認証キー".encode("cp932"), "認証キー"),
        ("認証キー".encode(), "認証キー"),
        (b"=?UTF-8?B?6KqN6Ki8?= =?UTF-8?B?44Kt44O8?=", "認証キー"),
        (b"=?UTF-8?B?6KqN6A==?= =?utf-8?B?qLw=?=", "認証"),
        (b"=?x-unknown?B?" + base64.b64encode("認証".encode()) + b"?=", "認証"),
        (b"=?punycode?Q?aaa?= b", "aaa b"),
        (b"Re: =?utf-8?q?a_=E8=AA=8D?= [x]", "Re: a 認 [x]"),
        (b"=?utf-8*ja?Q?a?= =?broken", "a =?broken"),
        (b"=?ISO-2022-JP?B?" + base64.b64encode("認".encode()) + b"?=", "認"),
        (b"=?EUC-JP?B?" + base64.b64encode(bytes(b | 0x80 for b in jis("①認")[3:-3])) + b"?=", "①認"),
        (b"=?us-ascii?B?" + base64.b64encode(b"\xff") + b"?=", "\ufffd"),
        (b"\x1b(I1\x1b(B", "ｱ"),
    ],
)
def test_a_subject_is_read_whatever_it_is_written_in(raw: bytes, text: str) -> None:
    assert read_message(b"Subject: " + raw + b"\r\n\r\n").subject == text


def test_a_body_in_iso_2022_jp_with_circled_digits_is_read() -> None:
    raw = b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + jis("①認証キー") + b"\r\nabc\r\n" + jis("㈱")
    assert read_message(raw).texts == ("①認証キー\r\nabc\r\n㈱",)


def test_an_unknown_charset_is_guessed_and_noted() -> None:
    message = read_message(b"Content-Type: text/plain; charset=x-what\r\n\r\n" + "認証".encode("cp932"))
    assert message.texts == ("認証",)
    assert message.defects == (Defect.CHARSET,)


@every_case(
    ("raw", "found"),
    [
        (b"a@B.Example", ("a@b.example",)),
        (b'"x@east.example" <a@b.example>', ("a@b.example",)),
        (b"x@east.example <a@b.example>", ("a@b.example",)),
        (b"(x@east.example) a@b.example", ("a@b.example",)),
        (b"=?utf-8?Q?x=40east.example?= <a@b.example>", ("a@b.example",)),
        (b"<a@b.example>, c d <e@f.example>", ("a@b.example", "e@f.example")),
        (b"group: a@b.example, c@d.example;", ("a@b.example", "c@d.example")),
        (b'"open <a@b.example>', ()),
        (b"nobody", ()),
        (b"<>", ()),
    ],
)
def test_the_senders_are_bare_addresses_and_never_their_names(raw: bytes, found: tuple[str, ...]) -> None:
    assert read_addresses(raw) == found


def test_every_from_counts() -> None:
    assert read_message(b"From: a@b.example\nFrom: c@d.example\n\n").senders == ("a@b.example", "c@d.example")


@pytest.mark.parametrize(("field", "automatic"), [(b"", False), (b"no", False), (b"auto-generated", True)])
def test_an_automatic_mail_says_so(field: bytes, automatic: bool) -> None:
    assert read_message(b"Auto-Submitted: " + field + b"\r\n\r\n").auto_submitted is automatic


def test_headers_that_end_without_a_blank_line_are_noted() -> None:
    message = read_message(b"Subject: x\r\nthis is no header\r\nFrom: a@b.example\r\n\r\nbody")
    assert message.senders == ()
    assert message.texts[0].startswith("this is no header")
    assert message.defects == (Defect.HEADERS,)


def test_a_field_of_megabytes_does_not_hide_the_type_behind_it() -> None:
    kind = b'Content-Type: application/pdf; name="n.pdf"\r\n\r\n%PDF-1.4'
    for first in (b"X-Long: " + b"x" * 3_000_000, b"X-Folded: x\r\n " + b"x" * 3_000_000):
        assert [pdf.filename for pdf in read_message(first + b"\r\n" + kind).pdfs] == ["n.pdf"]


def test_unclosed_markup_ends_the_text_and_takes_no_time() -> None:
    for piece in (b"<", b"<!--", b"<style>", b"<a<b"):
        raw = b"Content-Type: text/html\r\n\r\nkept" + piece * 50_000
        assert read_message(raw).texts[0].startswith("kept")


HOSTILE = (
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b" * 500_000,
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n" * 300_000,
    b"Content-Type: a/b;" + b" " * 250_000 + b"\r\n\r\n",
    b"Content-Type: a/b;" + b"n" * 30_000 + b" " * 30_000 + b"\r\n\r\n",
    b"Subject: " + b"=?a?B?" * 40_000 + b"\r\n\r\n",
    b"Subject: " + b"=?utf-8?B?YQ==?= " * 20_000 + b"\r\n\r\n",
    b"From: " + b'"\\' * 100_000 + b"\r\n\r\n",
    b"From: " + b"<a@" * 80_000 + b"\r\n\r\n",
    b"a:b\n" * 400_000,
    b"Subject: x\n" + b" y\n" * 400_000,
    b"\x1b$B" * 200_000,
)


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_no_bytes_take_more_than_their_length_deserves(raw: bytes) -> None:
    read_message(raw)  # each of these once took minutes, being quadratic


SEED = mixed(
    b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + jis("認証①"),
    pdf_part(b"attachment; filename*0*=utf-8''%E8; filename*1*=%A1%A8.pdf"),
    b"Content-Type: message/rfc822\r\n\r\nSubject: =?utf-8?B?6KqN?=\r\nFrom: a@b.example\r\n\r\n<b>x</b>",
    b'Content-Type: multipart/report; boundary="r"\r\n\r\n--r\r\n\r\nx\r\n--r--',
    head=b"Subject: =?ISO-2022-JP?B?GyRCRDw=?=\r\nFrom: =?utf-8?q?a?= <a@b.example>\r\nDate: never\r\n",
)


def check_storable(message: Message) -> None:
    waiting = [message]
    while waiting:
        one = waiting.pop()
        waiting += one.nested
        for text in (one.message_id, one.subject, one.date, *one.senders, *one.texts, *(p.filename for p in one.pdfs)):
            text.encode("utf-8")


@settings(max_examples=turns(200), deadline=None)
@given(st.binary(max_size=600))
def test_no_bytes_raise(raw: bytes) -> None:
    check_storable(read_message(raw))
    decode_bytes(raw, raw[:12].decode("latin-1"))
    check_storable(Message(texts=tuple(read_header_value(raw).parameters.values())))
    decode_words(raw.decode("latin-1"))


@settings(max_examples=turns(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(SEED)), st.integers(0, 40), st.binary(max_size=20)), max_size=6))
def test_no_mutilated_mail_raises(cuts: list[tuple[int, int, bytes]]) -> None:
    raw = SEED
    for place, length, put in cuts:
        raw = raw[:place] + put + raw[place + length :]
    check_storable(read_message(raw))


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1, max_size=80)
)
def test_every_subject_of_the_standard_library_is_read_back(subject: str) -> None:
    raw = b"Subject: " + Header(subject, "utf-8").encode().encode() + b"\r\n\r\n"
    assert read_message(raw).subject == subject


# --- Japanese as gateways leave it ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "raw",
    [
        b"\x1b$BG'>Z\x1b(B\x0e70\x0f",
        b"\x1b$BG'>Z\x1b(J\x0e70\x0f\x1b(B",
        b"\x1b$BG'>Z\x0e70\x0f\x1b(B",
        b"\x1b$BG'>Z\x1b(B\x0e70",
        b"\x1b$BG'>Z\x1b(I70\x1b(B",
        b"\x1b$BG'>Z\x1b(B\xb7\xb0",
    ],
    ids=["SO/SI", "SO/SI behind JIS Roman", "SO/SI among two bytes", "never shifted in", "ESC ( I", "eight bits"],
)
def test_half_width_kana_in_iso_2022_jp_is_read_however_it_is_shifted(raw: bytes) -> None:
    head = b"Subject: =?ISO-2022-JP?B?" + base64.b64encode(raw) + b"?=\r\n"
    kind = b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n"
    message = read_message(head + kind + raw + b"\r\n")
    assert (message.subject, message.texts[0].strip()) == ("認証ｷｰ", "認証ｷｰ")


def test_two_bytes_go_on_behind_half_width_kana() -> None:
    raw = b"\x1b$BG'\x0e70\x0f>Z\x1b(Bx"
    message = read_message(b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + raw)
    assert message.texts == ("認ｷｰ証x",)


def test_a_broken_pair_before_an_escape_spoils_no_more_than_itself() -> None:
    raw = b"\x1b$BG'>Z%-!<$,H/9T%\x1b(B\r\n\x1b$B$5$l$^$7$?\x1b(B"
    (text,) = read_message(b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + raw).texts
    assert text.startswith("認証キーが発行")
    assert text.endswith("されました")


@every_case(
    "name",
    [
        b'filename="=?utf-8?B?6KqN6Ki844Kt44O844Gu44GK55+l44KJ44GbLnBkZg==?="',
        b"filename*=utf-8''%E8%AA%8D%E8%A8%BC%E3%82%AD%E3%83%BC.pdf",
        b"filename*0*=utf-8''%E8%AA%8D%E8; filename*1*=%A8%BC%E3%82%AD%E3%83%BC.pdf",
        b"filename*=iso-2022-jp''%1B%24BG%27%3EZ%25-%21%3C%1B%28B.pdf",
        b"filename*=shift_jis''%94F%8F%D8%83L%81%5B.pdf",
        b"filename*=utf-8''%E8%AA%8D%E8%A8%BC%EF%BD%B7%EF%BD%B0.pdf",
        b'filename="' + "認証キー.pdf".encode("cp932") + b'"',
        b'filename="=?iso-2022-jp?B?' + base64.b64encode(b"\x1b$BG'>Z\x1b(B\x0e70\x0f") + b'?="',
    ],
)
def test_the_name_of_a_file_is_read_however_it_is_written(name: bytes) -> None:
    message = read_message(
        mixed(b"Content-Type: application/pdf\r\nContent-Disposition: attachment; " + name + b"\r\n\r\nx")
    )
    assert [mentions_key(each) for each in message.names] == [True]
