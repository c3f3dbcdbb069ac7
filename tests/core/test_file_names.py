"""Names of files: what systems and programs leave is passed over, what is not whole is awaited, the rest is read."""

from __future__ import annotations

import unicodedata

from tests.support.tables import every_case
from worker.core.file_names import is_left_file, is_left_folder, is_meant_as_notice, is_unfinished, kind_of_name
from worker.core.model import UnreadReason


@every_case(
    "name",
    [
        "Thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "Desktop.ini",
        ".DS_Store",
        "._認証キー.pdf",
        ".~lock.送付状.odt#",
        "~$送付状.docx",
        "~WRL0003.tmp",
        "Icon\r",
        "お知らせ.pdf.lnk",
        "保証会社.URL",
        "x.webloc",
        "x.pdf:Zone.Identifier",
        "x.pdf\uf03aZone.Identifier",
        "x.pdf\uf022AFP_AfpInfo",
        "x.pdf%3AZone.Identifier",
        "ｘ.pdf：Zone.Identifier",
        ".sync_5a1.db",
        ".dropbox",
        ".owncloudsync.log",
        ".stignore",
        "~syncthing~x.pdf.tmp",
        ".smbdelete1A2",
        ".nfs0000001",
    ],
)
def test_that_which_systems_and_programs_leave_is_passed_over(name: str) -> None:
    assert is_left_file(name)
    assert is_left_file(unicodedata.normalize("NFD", name))


@every_case(
    "name",
    [
        "@eaDir",
        "#recycle",
        "@Recycle",
        "$RECYCLE.BIN",
        "System Volume Information",
        ".Trash-1000",
        ".sync",
        ".stversions",
        "lost+found",
        "__MACOSX",
        ".dropbox.cache",
        ".TemporaryItems",
        "trashbox",
        "#snapshot",
        ".snapshot",
    ],
)
def test_recycle_bins_and_the_folders_of_servers_are_passed_over(name: str) -> None:
    assert is_left_folder(name.replace("m_V", "m V").replace("e_I", "e I"))


@every_case(
    "name",
    [
        "未確認12345.crdownload",
        "x.pdf.part",
        "x.PDF.Partial",
        "x.opdownload",
        "x.pdf.filepart",
        "x.pdf.download",
        "x.tmp",
        "x.pdf.!ut",
        "x.!qB",
        "x.bc!",
        "x.pdf.aria2",
        ".お知らせ.pdf.Xa81cD",
        ".x.pdf",
        "x.pdf.!sync",
    ],
)
def test_a_name_that_says_not_yet_is_awaited_and_not_passed_over(name: str) -> None:
    assert is_unfinished(name)
    assert not is_left_file(name)


@every_case(
    ("name", "why"),
    [
        ("写真.JPG", UnreadReason.PICTURE),
        ("a.HEIC", UnreadReason.PICTURE),
        ("a.tiff", UnreadReason.PICTURE),
        ("a.jpg ", UnreadReason.PICTURE),
        ("a.ｊｐｇ", UnreadReason.PICTURE),
        ("x.pdf.docx", UnreadReason.OTHER_KIND),
        ("内訳.xlsx", UnreadReason.OTHER_KIND),
        ("工事.jtd", UnreadReason.OTHER_KIND),
        ("図.xdw", UnreadReason.OTHER_KIND),
        ("図.p21", UnreadReason.OTHER_KIND),
        ("mail.msg", UnreadReason.MAIL),
        ("x.lzh", UnreadReason.ARCHIVE),
        ("x.7z", UnreadReason.ARCHIVE),
    ],
)
def test_another_kind_of_file_has_its_reason(name: str, why: UnreadReason) -> None:
    assert kind_of_name(name) is why


@every_case(
    "name",
    [
        "x.pdf",
        "UPPER.PDF",
        "a.ｐｄｆ",
        "x.pdf ",
        "お知らせ",
        "R8.11.29",
        "x.pdf.1",
        "a.part.pdf",
        "x.zip",
        "x.eml",
        "アイコン",
        "iconic.pdf",
        "thumbs.db.pdf",
        "lnk.pdf",
        "trashbox.pdf",
        "工事（その１）.改.pdf",
        "40213-000961",
    ],
)
def test_every_other_name_is_read(name: str) -> None:
    assert not is_left_file(name)
    assert not is_unfinished(name)
    assert kind_of_name(name) is None


def test_a_folder_that_people_make_is_looked_into() -> None:
    for name in ("令和8年度", "11月分", "済", "recycle", "tmp", "eaDir", "#1 橋", "@現場", "ごみ箱"):
        assert not is_left_folder(name)


def test_a_name_says_whether_a_notice_was_meant() -> None:
    meant = [name for name in ("x.PDF", "お知らせ", "x.zip", "x.eml", "x.xyz", "R8.11.29") if is_meant_as_notice(name)]
    assert meant == ["x.PDF", "お知らせ", "x.zip", "x.eml"]
