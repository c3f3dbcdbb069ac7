"""The bytes that are one PDF and nothing else."""

import io
import random
import tarfile
import zipfile

import pytest

from tests.support.tables import every_case
from worker.read.pdf_bytes import CONTAINER, CUT, TRAILING, TRAILING_DATA, fault_of

PDF = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\nxref\n0 1\ntrailer\n<< >>\nstartxref\n9\n%%EOF\n"
UPDATE = b"2 0 obj\n<< >>\nendobj\nxref\n0 1\ntrailer\n<< >>\nstartxref\n99\n%%EOF\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LINES = ("\n", "\r\n", " \t\n", "\0" * 5000, "\n" * 3000, "\n\0\n\0")


def a_zip(compression: int = zipfile.ZIP_STORED, comment: bytes = b"", **files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        archive.comment = comment
    return buffer.getvalue()


def a_tar() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        member = tarfile.TarInfo("%PDF-1.4")
        member.size = len(PDF)
        archive.addfile(member, io.BytesIO(PDF))
    return buffer.getvalue()


@pytest.mark.parametrize("end", ["", *LINES])
def test_a_pdf_may_end_in_any_length_of_white_space_and_nul(end: str) -> None:
    assert fault_of(PDF + end.encode()) == ""


def test_a_pdf_that_was_saved_again_is_one_pdf() -> None:
    assert fault_of(PDF + UPDATE) == ""
    assert fault_of(PDF + b"\n\n" + UPDATE + UPDATE) == ""


@pytest.mark.parametrize("padding", [b" ", b"\0", b"\n"])
def test_padding_between_two_ends_is_no_other_file(padding: bytes) -> None:
    assert fault_of(PDF + b"% " + padding * 10 * TRAILING + b"\n%%EOF\n") == ""
    assert fault_of(PDF + b"% " + b"x" * 2 * TRAILING + padding + b"\n%%EOF\n") == TRAILING_DATA


@pytest.mark.parametrize("length", [1, 40, TRAILING - 1, TRAILING])
def test_what_a_gateway_adds_is_let_be_up_to_its_limit(length: int) -> None:
    assert fault_of(PDF.rstrip() + b"-" * length) == ""
    assert fault_of(PDF.rstrip() + b"-" * length + b"-" * (TRAILING + 1 - length)) == TRAILING_DATA


@every_case(
    "before",
    [
        b"\xef\xbb\xbf",
        b"\n",
        b" ",
        b"\0",
        b"HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n\r\n",
        b"<html><body>",
        b"#!/bin/sh\n",
        b"MZ",
        OLE,
        b"Rar!\x1a\x07",
        b"7z\xbc\xaf\x27\x1c",
        b"\x1f\x8b\x08",
        b"%!PS-Adobe-3.0\n",
    ],
)
def test_a_pdf_that_does_not_begin_at_the_first_byte_is_none(before: bytes) -> None:
    assert fault_of(before + PDF) == CONTAINER


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_is_none_wherever_the_pdf_stands_in_it(compression: int) -> None:
    archive = a_zip(compression, **{"notice.pdf": PDF, "memo.docx": b"confidential"})
    assert fault_of(archive) == CONTAINER
    assert fault_of(PDF + archive) == CONTAINER
    assert fault_of(PDF + a_zip(compression, comment=b"%%EOF\n", memo=b"confidential")) == CONTAINER
    assert fault_of(a_tar()) == CONTAINER
    assert fault_of(PDF.ljust(32769, b" ") + b"CD001" + PDF) == CONTAINER


@every_case("mark", [b"%PDF-1.7", b"PK\x03\x04", b"PK\x05\x06", OLE, b"MZ\x90"])
@every_case("gap", [b"", b"\n", b"\0" * 300, b"some words "])
def test_the_mark_of_another_file_behind_the_end_refuses(mark: bytes, gap: bytes) -> None:
    assert fault_of(PDF + gap + mark) in {TRAILING_DATA, CONTAINER}


def test_another_file_that_brings_its_own_end_is_seen() -> None:
    for other in (PDF, OLE + b"x" * 5000 + b"%%EOF\n", b"MZ" + b"x" * 50 + b"%%EOF", b"Rar!\x1a\x07\0 %%EOF"):
        assert fault_of(PDF + other) == TRAILING_DATA
        assert fault_of(PDF + b"\0\n" * 40 + other) == TRAILING_DATA


@pytest.mark.parametrize("gap", [b"x\n", b"-" * 900, b"<html>" * 400, b"startx"])
def test_what_stands_before_another_end_is_judged_as_what_stands_behind_the_last(gap: bytes) -> None:
    assert fault_of(PDF + gap + PDF) == TRAILING_DATA
    assert fault_of(PDF + gap + UPDATE + gap + PDF) == TRAILING_DATA
    assert fault_of(PDF + gap + b"-" * TRAILING + b"\n%%EOF\n") == TRAILING_DATA
    assert fault_of(PDF + UPDATE + b"%%EOF\n" + UPDATE) == ""


def test_a_pdf_without_its_end_is_cut() -> None:
    assert fault_of(PDF[:-8]) == CUT
    assert fault_of(PDF + UPDATE[:-20]) == CUT
    assert fault_of(b"") == CONTAINER


def test_random_data_behind_a_pdf_is_never_passed_over_above_the_limit() -> None:
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    for _ in range(300):
        data = chance.randbytes(chance.randrange(1, 4 * TRAILING))
        if fault_of(PDF + data) == "":
            assert len(data) <= TRAILING or not data.strip(b"\0\t\n\f\r "), f"seed {seed}"
