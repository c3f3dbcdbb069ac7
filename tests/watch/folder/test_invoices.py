"""The invoices folder, on a real file system."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from worker.core.errors import Unavailable
from worker.core.model import Unreadable, UnreadReason
from worker.core.states import Reason
from worker.watch.folder import invoices as invoice_files
from worker.watch.folder.invoices import InvoiceFiles
from worker.watch.ports import ListedFile

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "invoices"
    (folder / "r8").mkdir(parents=True)
    (folder / "r8" / "請求書.pdf").write_bytes(PDF)
    (tmp_path / "outside.pdf").write_bytes(PDF)
    return folder


def names(folder: Path) -> list[str]:
    return [each.name for each in InvoiceFiles(folder).look()]


def unread(shelf: InvoiceFiles) -> tuple[ListedFile, ...]:
    rest = shelf.rest()
    assert rest is not None
    return rest.unread


def read(folder: Path, name: str) -> bytes | Unreadable | None:
    listed = {each.name: each for each in InvoiceFiles(folder).look()}
    return InvoiceFiles(folder).read(listed.get(name, ListedFile(name, len(PDF), 0, 0)))


def test_an_invoice_inside_the_folder_is_read_to_the_byte(folder: Path) -> None:
    assert read(folder, "r8/請求書.pdf") == PDF


def test_a_name_that_a_mac_has_written_is_listed_and_found_as_everybody_writes_it(folder: Path) -> None:
    (folder / unicodedata.normalize("NFD", "橋げたの前払金.pdf")).write_bytes(PDF)
    assert "橋げたの前払金.pdf" in names(folder)
    assert read(folder, "橋げたの前払金.pdf") == PDF


def test_of_two_spellings_of_one_name_neither_is_listed(folder: Path) -> None:
    (folder / unicodedata.normalize("NFD", "橋げたの前払金.pdf")).write_bytes(PDF)
    (folder / unicodedata.normalize("NFC", "橋げたの前払金.pdf")).write_bytes(PDF)
    assert names(folder) == ["r8/請求書.pdf"]


def test_folders_within_folders_are_listed_down_to_a_depth(folder: Path) -> None:
    deep = folder.joinpath(*"abcdefg")
    deep.mkdir(parents=True)
    for depth in range(1, 8):
        folder.joinpath(*"abcdefg"[:depth], "x.pdf").write_bytes(PDF)
    found = [name for name in names(folder) if name.endswith("x.pdf")]
    assert found == ["a/b/c/d/x.pdf", "a/b/c/x.pdf", "a/b/x.pdf", "a/x.pdf"]


def test_the_number_of_files_is_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invoice_files, "FILES", 2)
    for number in range(5):
        (folder / f"{number}.pdf").write_bytes(PDF)
    assert len(names(folder)) == 2


def test_hidden_files_and_names_that_are_no_text_are_left(folder: Path) -> None:
    for name in (b".hidden.pdf", b"~$x.pdf", "請求書.pdf".encode("cp932")):
        (Path(os.fsdecode(bytes(folder) + b"/" + name))).write_bytes(PDF)
    assert names(folder) == ["r8/請求書.pdf"]


@pytest.mark.parametrize(
    "name",
    [
        "../outside.pdf",
        "r8/../../outside.pdf",
        "none.pdf",
        "none/a.pdf",
        "r8",
        "r8/請求書.pdf/x",
        "",
        ".",
        "/etc/passwd",
        "a\0b",
    ],
)
def test_what_is_not_a_file_inside_the_folder_is_not_there(folder: Path, name: str) -> None:
    assert read(folder, name) is None


def test_no_link_and_no_device_is_ever_listed_or_read(folder: Path, tmp_path: Path) -> None:
    (folder / "out.pdf").symlink_to(tmp_path / "outside.pdf")
    (folder / "inside.pdf").symlink_to("r8/請求書.pdf")
    (folder / "folder").symlink_to(tmp_path)
    os.mkfifo(folder / "fifo.pdf")
    assert names(folder) == ["r8/請求書.pdf"]
    for name in ("out.pdf", "inside.pdf", "folder/outside.pdf", "fifo.pdf"):
        assert read(folder, name) is None


def test_recycle_bins_and_hard_links_hold_no_invoice(folder: Path, tmp_path: Path) -> None:
    for name in ("#recycle", "@eaDir", ".Trash-1"):
        (folder / name).mkdir()
        (folder / name / "請求書.pdf").write_bytes(PDF)
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / "hard.pdf").hardlink_to(tmp_path / "outside.pdf")
    (folder / "link.pdf").symlink_to(tmp_path / "outside.pdf")
    shelf = InvoiceFiles(folder)
    assert [each.name for each in shelf.look()] == ["r8/請求書.pdf"]
    assert {each.name: each.why for each in unread(shelf)} == {
        "hard.pdf": UnreadReason.LINKED,
        "link.pdf": UnreadReason.LINK,
    }
    assert read(folder, "hard.pdf") is None


def test_a_folder_too_deep_is_named(folder: Path) -> None:
    folder.joinpath(*"abcdefg").mkdir(parents=True)
    shelf = InvoiceFiles(folder)
    shelf.look()
    assert [(each.name, each.why) for each in unread(shelf)] == [("a/b/c/d/e/", UnreadReason.TOO_DEEP)]


def test_what_is_no_pdf_is_damaged(folder: Path) -> None:
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "page.pdf").write_bytes(b"<html>")
    for name in ("empty.pdf", "page.pdf"):
        assert read(folder, name) == Unreadable(Reason.DAMAGED, f"container: {name}")


def test_what_stands_behind_a_pdf_keeps_it_from_being_attached(folder: Path) -> None:
    (folder / "two.pdf").write_bytes(PDF + b"PK\x03\x04memo.docx")
    (folder / "cut.pdf").write_bytes(b"%PDF-1.4\n")
    assert read(folder, "two.pdf") == Unreadable(Reason.DAMAGED, "trailing_data: two.pdf")
    assert read(folder, "cut.pdf") == Unreadable(Reason.DAMAGED, "cut: cut.pdf")


def test_what_no_mail_could_carry_is_not_read(folder: Path) -> None:
    with (folder / "big.pdf").open("wb") as file:
        file.write(PDF)
        file.truncate(invoice_files.MAX_INVOICE_BYTES + 1)
    assert read(folder, "big.pdf") == Unreadable(Reason.TOO_LARGE, "big.pdf")


def test_a_file_that_was_replaced_since_it_was_listed_is_not_taken_for_the_one_that_was(folder: Path) -> None:
    (listed,) = InvoiceFiles(folder).look()
    (folder / "r8" / "請求書.pdf").write_bytes(PDF + b"another")
    with pytest.raises(Unavailable):
        InvoiceFiles(folder).read(listed)


def test_a_share_that_is_away_is_no_empty_folder(folder: Path) -> None:
    with pytest.raises(Unavailable):
        names(folder / "away")
    with pytest.raises(Unavailable):
        InvoiceFiles(folder / "away").read(ListedFile("a.pdf", 1, 1, 1))
