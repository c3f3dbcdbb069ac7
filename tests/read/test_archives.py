"""ZIPs: sound ones as offices make them, and those that were made to do harm."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile

import pytest

from tests.support import notice_pdfs as made
from tests.support.zips import LOCKED, raw_zip, zipped
from worker.read.archives import ENTRIES, MEMBERS, RATIO, UNPACKED_BYTES, Unpacked, unpack
from worker.read.message import AttachmentKind

PDF = made.plain()
REFUSED = Unpacked(unopened=(("", AttachmentKind.ZIP),))


# --- Sound ones ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_each_pdf_comes_out_as_it_went_in_and_other_files_are_named(method: int) -> None:
    found = unpack(zipped(("a.pdf", PDF), ("memo.docx", zipped(("x", b"y"))), ("readme.txt", b"see"), method=method))
    assert found == Unpacked((("a.pdf", PDF),), ("memo.docx", "readme.txt"))


@pytest.mark.parametrize(
    ("raw", "flags"),
    [
        ("認証キーのお知らせ.pdf".encode("cp932"), 0),
        ("認証キーのお知らせ.pdf".encode(), 0x800),
        ("認証キーのお知らせ.pdf".encode(), 0),
        ("ソ表能/認証キーのお知らせ.pdf".encode("cp932"), 0),
    ],
    ids=["Windows: cp932", "the flag: UTF-8", "macOS: UTF-8 without the flag", "a backslash inside a character"],
)
def test_names_in_cp932_and_utf_8_are_read(raw: bytes, flags: int) -> None:
    found = unpack(raw_zip((raw, PDF, flags)))
    assert found.pdfs == (("認証キーのお知らせ.pdf", PDF),)
    assert found.mentions_key


def test_a_pdf_without_its_suffix_is_a_pdf_all_the_same() -> None:
    assert unpack(zipped(("notice", PDF))).pdfs == (("notice", PDF),)


@pytest.mark.parametrize(
    "name", ["/etc/cron.d/a.pdf", "../../a.pdf", "C:\\Users\\a.pdf", "..\\..\\a.pdf", "x/y/z/a.pdf", "a.pdf\0.exe"]
)
def test_no_name_leads_to_a_folder(name: str) -> None:
    assert unpack(raw_zip((name.encode(), PDF, 0))).pdfs == (("a.pdf", PDF),)


def test_folders_are_no_members() -> None:
    folders = [(f"f{number}/", b"") for number in range(2 * MEMBERS)]
    assert unpack(zipped(*folders, ("f1/a.pdf", PDF))) == Unpacked((("a.pdf", PDF),))


def test_a_zip_behind_other_bytes_is_taken_apart() -> None:
    assert unpack(b"MZ" + b"\0" * 500 + zipped(("a.pdf", PDF))).pdfs == (("a.pdf", PDF),)


def test_zip64_fields_are_read() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive, archive.open("a.pdf", "w", force_zip64=True) as member:
        member.write(PDF)
    assert unpack(buffer.getvalue()).pdfs == (("a.pdf", PDF),)


# --- What is not taken out ---------------------------------------------------------------------------------------


def test_a_locked_file_is_named_and_its_name_is_read() -> None:
    found = unpack(raw_zip(("認証キー.pdf".encode("cp932"), b"\x00" * 300, LOCKED), (b"a.pdf", PDF, 0)))
    assert found == Unpacked((("a.pdf", PDF),), (), (("認証キー.pdf", AttachmentKind.LOCKED),), mentions_key=True)


@pytest.mark.parametrize("name", ["inner.zip", "inner.pdf", "inner"])
def test_a_zip_in_a_zip_is_not_opened(name: str) -> None:
    found = unpack(zipped((name, zipped(("a.pdf", PDF)))))
    assert found == Unpacked(unopened=((name, AttachmentKind.ARCHIVE),))


def test_a_wrong_sum_is_damage() -> None:
    content = bytearray(zipped(("a.pdf", PDF), method=zipfile.ZIP_STORED))
    content[100] ^= 1
    assert unpack(bytes(content)) == Unpacked(unopened=(("a.pdf", AttachmentKind.DAMAGED),))


def test_a_method_that_is_not_known_is_damage() -> None:
    assert unpack(zipped(("a.pdf", PDF), method=zipfile.ZIP_BZIP2)).unopened == (("a.pdf", AttachmentKind.DAMAGED),)
    assert unpack(zipped(("a.pdf", PDF), method=zipfile.ZIP_LZMA)).unopened == (("a.pdf", AttachmentKind.DAMAGED),)


def test_more_files_than_an_office_sends_are_not_looked_into_but_their_names_are() -> None:
    many = [(f"{number}.jpg", b"x") for number in range(MEMBERS)]
    assert unpack(zipped(*many)).unopened == ()
    assert unpack(zipped(*many, ("認証キー.pdf", PDF))) == Unpacked(unopened=REFUSED.unopened, mentions_key=True)


def test_a_directory_of_ten_thousand_files_is_not_read() -> None:
    content = zipped(*((f"{number}.pdf", b"") for number in range(10_000)))
    assert content.count(b"PK\x01\x02") > ENTRIES
    assert unpack(content) == REFUSED


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, zipped(("a.pdf", PDF))[:-30], b"x" * 5000, PDF]
)
def test_what_is_no_sound_zip_raises_nothing_and_gives_no_pdf(content: bytes) -> None:
    assert unpack(content).pdfs == ()


def test_a_zip_cut_or_altered_anywhere_raises_nothing() -> None:
    whole = zipped(("認証キー.pdf", PDF), ("b.txt", b"x" * 50))
    for place in range(0, len(whole), 7):
        unpack(whole[:place])
        altered = bytearray(whole)
        altered[place] ^= 0xFF
        found = unpack(bytes(altered))
        assert all(content == PDF for _, content in found.pdfs)  # the sum holds: else it is damage


# --- Bombs -------------------------------------------------------------------------------------------------------


def test_a_file_that_comes_out_a_hundred_times_larger_is_refused() -> None:
    bomb = b"%PDF-1.4\n" + b"\0" * 5_000_000
    assert unpack(zipped(("a.pdf", bomb))) == Unpacked(unopened=(("a.pdf", AttachmentKind.DAMAGED),))


def test_a_size_that_is_a_lie_gives_no_more_than_it_says() -> None:
    bomb = b"%PDF-1.4\n" + b"\0" * 5_000_000
    content = bytearray(zipped(("a.pdf", bomb)))
    small = struct.pack("<I", 1000)
    for mark, at in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = content.index(mark) + at
        content[place : place + 4] = small
    tracemalloc.start()
    assert unpack(bytes(content)) == Unpacked(unopened=(("a.pdf", AttachmentKind.DAMAGED),))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_the_pdfs_of_a_zip_have_one_sum() -> None:
    half = b"%PDF-1.4\n" + bytes(range(256)) * 35_000  # 9 MB, and two of them are below the sum
    files = [(f"{number}.pdf", half) for number in range(3)]
    found = unpack(zipped(*files, method=zipfile.ZIP_STORED))
    assert [name for name, _ in found.pdfs] == ["0.pdf", "1.pdf"]
    assert found.unopened == (("2.pdf", AttachmentKind.DAMAGED),)
    assert sum(len(content) for _, content in found.pdfs) <= UNPACKED_BYTES


def test_files_that_share_their_bytes_are_refused() -> None:
    """As in the ZIPs that come out as petabytes: many entries of the directory name one place."""
    content = raw_zip((b"a.pdf", PDF, 0), (b"b.pdf", PDF, 0))
    directory = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", directory + 4)
    overlapping = bytearray(content)
    overlapping[second + 42 : second + 46] = struct.pack("<I", 3)
    assert unpack(bytes(overlapping)) == REFUSED


def test_zips_within_zips_within_zips_cost_one_level() -> None:
    inner = zipped(("0.dll", b"\0" * 1_000_000))
    for _ in range(5):
        inner = zipped(*((f"lib {number}.zip", inner) for number in range(16)))
    tracemalloc.start()
    found = unpack(inner)
    assert tracemalloc.get_traced_memory()[1] < 2_000_000
    tracemalloc.stop()
    assert [sort for _, sort in found.unopened] == [AttachmentKind.ARCHIVE] * 16


def test_the_first_bytes_of_a_bomb_that_is_no_pdf_are_all_that_is_inflated() -> None:
    content = zipped(("a.bin", b"\0" * 50_000_000))
    tracemalloc.start()
    assert unpack(content) == Unpacked((), ("a.bin",))
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()
    assert RATIO == 100
