"""Classifies files and folders by name alone: read, ignored, awaited or reported to people.

Only the leftovers of systems, browsers and programs are ignored silently. A name that says "not yet" is awaited. Every
other name is read, or has its reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from worker.core.model import UnreadReason

_LEFT_PREFIXES: Final = (".", "~$", "~wr", "~syncthing~")
"""Hidden files (also the ``._`` twins of macOS, ``.sync``, ``.dropbox``, ``.~lock``); Office's locks and scratch."""
_LEFT_SUFFIXES: Final = (".lnk", ".url", ".webloc", ".website", ".desktop")
"""Shortcuts: they hold no document."""
_LEFT_NAMES: Final = frozenset(
    {
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "autorun.inf",
        "icon\r",  # a folder's own icon, by macOS
        "icon",  # the same if the share took the control character away
    }
)
_STREAM: Final = re.compile(r"[:%\uf022\uf03a](3a)?(zone\.identifier|afp_|com\.apple\.)")
"""A second stream of a file, which shares write as a file of its own; macOS and Samba write the colon otherwise."""
_LEFT_FOLDERS: Final = frozenset(
    {
        "@eadir",
        "#recycle",
        "#snapshot",
        "@recycle",
        "@recently-snapshot",
        "@sharebin",
        "@tmp",
        "$recycle.bin",
        "recycler",
        "recycled",
        "trashbox",
        "system volume information",
        "lost+found",
        "__macosx",
        "network trash folder",
        "temporary items",
        "thevolumesettingsfolder",
        "~snapshot",
    }
)
"""Recycle bins and snapshots (a file in one was thrown away), and the index folders of file servers."""

_UNFINISHED: Final = (
    ".crdownload",
    ".part",
    ".partial",
    ".opdownload",
    ".filepart",
    ".download",
    ".downloading",
    ".fdmdownload",
    ".dtapart",
    ".incomplete",
    ".unfinished",
    ".aria2",
    ".tmp",
    ".temp",
    ".!ut",
    ".!qb",
    ".!bt",
    ".!sync",
    ".bc!",
)
"""Names that browsers, transfer programs and sync clients give until the file is whole."""
_HIDDEN_PDF: Final = re.compile(r"\.(?!_).+\.pdf(\.[0-9a-z]{1,10})?", re.DOTALL)
"""Matches a copy under way by rsync and the like, or a hidden PDF."""


def _endings(*lines: str) -> frozenset[str]:
    return frozenset(ending for line in lines for ending in line.split())


_PICTURES: Final = _endings("jpg jpeg jpe jfif png gif bmp tif tiff heic heif webp svg avif raw")
_MAILS: Final = _endings("msg oft pst mbox emlx")
_ARCHIVES: Final = _endings("lzh lha 7z rar tar gz tgz bz2 xz cab iso arj")
_OTHER_KINDS: Final = _endings(
    "doc docx docm dot dotx rtf odt xls xlsx xlsm xlsb xlt xltx ods csv tsv ppt pptx pptm pps ppsx odp pub one",
    "vsd vsdx mdb accdb jtd jtt jaw jbw xdw xbd xct txt text md log xml json yaml yml toml ini html htm mht mhtml",
    "xhtml xps oxps p21 sfc p2z dwg dxf jww jwc bfo ai eps psd ps pages numbers key mp3 wav m4a mp4 mov avi wmv",
    "mpg mkv exe msi bat cmd ps1 js vbs dll sys apk dmg p7m p7s ics vcf db sqlite bak",
)
"""Kinds that hold no notice. A name with an ending that is not here is read: its bytes decide."""


def is_left_file(name: str) -> bool:
    """Returns whether a file of this name is ignored silently."""
    folded = folded_name(name)
    if _HIDDEN_PDF.fullmatch(folded):
        return False
    return (
        folded.startswith(_LEFT_PREFIXES)
        or folded.endswith(_LEFT_SUFFIXES)
        or folded in _LEFT_NAMES
        or _STREAM.search(folded) is not None
    )


def is_left_folder(name: str) -> bool:
    """Returns whether a folder of this name is ignored silently, with everything in it."""
    folded = folded_name(name)
    return folded.startswith(".") or folded in _LEFT_FOLDERS


def is_unfinished(name: str) -> bool:
    """Returns whether the name of a file, or of a browser's folder for one, says that it is incomplete."""
    folded = folded_name(name)
    return folded.endswith(_UNFINISHED) or _HIDDEN_PDF.fullmatch(folded) is not None


def unfinished_names(name: str) -> tuple[str, ...]:
    """Returns the names under which programs write ``name`` while an empty file keeps its place (folded)."""
    return tuple(folded_name(name) + ending for ending in _UNFINISHED)


def kind_of_name(name: str) -> UnreadReason | None:
    """Returns why a file of this name is not read; None if it is."""
    ending = _ending(name)
    if ending in _PICTURES:
        return UnreadReason.PICTURE
    if ending in _MAILS:
        return UnreadReason.MAIL
    if ending in _ARCHIVES:
        return UnreadReason.ARCHIVE
    return UnreadReason.OTHER_KIND if ending in _OTHER_KINDS else None


def is_meant_as_notice(name: str) -> bool:
    """Returns whether the name suggests a notice, with any content: a PDF, a ZIP or a mail, or no ending."""
    return _ending(name) in {"", "pdf", "zip", "eml"}


def _ending(name: str) -> str:
    _, dot, ending = folded_name(name).rstrip(" .").rpartition(".")
    return ending.strip() if dot else ""


def folded_name(name: str) -> str:
    """``name`` as ``unfinished_names`` has them."""
    return unicodedata.normalize("NFKC", name).casefold()


# --- Names of files that people bring --------------------------------------------------------------------------

LONGEST_NAME: Final = 180
"""Bytes of a name of ours: file systems take 255, and a number in brackets and an ending are added."""
_FREE_NAMES: Final = 1_000
"""Numbers that are tried: files of one name in one folder, ten times as many as an office has projects a year."""
NOT_IN_NAMES: Final = str.maketrans('\\/:*?"<>|', "￥／：＊？”＜＞｜")
"""Characters that Windows forbids in file names, and their usual replacements."""
_PDF: Final = ".pdf"


def name_for_folder(given: str) -> str:
    """Returns a name, without its ending, under which a file called ``given`` may be saved; ``given`` may be a path.

    Nothing in it leads to another folder, hides the file or makes it look unfinished.
    """
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    name = name.removesuffix(_PDF).removesuffix(_PDF.upper()).translate(NOT_IN_NAMES)
    name = "".join(
        character for character in name if unicodedata.category(character)[0] not in "CZ" or character in " \u3000"
    )
    name = name.encode()[:LONGEST_NAME].decode(errors="ignore").strip(" .~\u3000")
    return "PDF" if not name or is_left_file(f"{name}{_PDF}") or is_unfinished(f"{name}{_PDF}") else name


def free_names(name: str) -> Iterator[str]:
    """Yields the file names to try for ``name``, in order: 請求書.pdf, 請求書 (2).pdf and so on."""
    yield f"{name}{_PDF}"
    yield from (f"{name} ({number}){_PDF}" for number in range(2, _FREE_NAMES))
