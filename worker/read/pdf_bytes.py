"""Checks by its bytes alone that a file is a PDF and nothing else.

A container, or a PDF with another file in or behind it, is named, however a PDF reader would take it. The PDF is not
opened here; the children do that.
"""

from __future__ import annotations

import io
import re
import zipfile
from itertools import pairwise
from typing import Final

CONTAINER: Final = "container"
"""The file does not begin as a PDF, or is an archive as well."""
TRAILING_DATA: Final = "trailing_data"
"""Another file, or more than a gateway adds, follows the PDF."""
CUT: Final = "cut"
"""The end of the PDF is missing."""

TRAILING: Final = 1024
"""Bytes that may follow the last ``%%EOF``: mail gateways were seen to add some, none of them a thousand."""

_MARK: Final = b"%PDF-"
_END: Final = b"%%EOF"
_EMPTY: Final = b"\0\t\n\f\r "
"""Padding: programs pad with white space and NUL."""
_FOREIGN: Final = (_MARK, b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"MZ")
"""Another PDF, ZIP (also an empty one), OLE (Office, Outlook, an installer), a program."""
_BEHIND: Final = (*_FOREIGN, b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b\x08", b"\x7fELF", b"MSCF")
"""The beginnings of other files directly after any ``%%EOF``; an update of the PDF begins differently."""
_TAR: Final = (257, b"ustar")
_ISO: Final = (32769, b"CD001")
"""A tar and an ISO image have their mark at a fixed place: their first bytes may be those of a PDF."""
_UPDATE: Final = re.compile(rb"\d+\s+\d+\s+obj\b|xref\b|trailer\b|startxref\b")


def begins_as_pdf(content: bytes) -> bool:
    """Returns whether only white space, or a byte order mark, precedes the mark of a PDF."""
    return content[:TRAILING].lstrip(b"\xef\xbb\xbf" + _EMPTY).startswith(_MARK)


def fault_of(content: bytes) -> str:
    """Returns CONTAINER, TRAILING_DATA or CUT; empty if ``content`` is one PDF and nothing else."""
    if not content.startswith(_MARK) or _is_archive(content):
        return CONTAINER
    end = content.rfind(_END)
    if end < 0:
        return CUT
    behind = content[end + len(_END) :]
    rest = behind.strip(_EMPTY)
    if rest and _UPDATE.match(rest):
        return CUT  # of a PDF that was saved twice, the end of the second part is missing
    if rest and (len(behind) > TRAILING or any(mark in rest for mark in _FOREIGN)):
        return TRAILING_DATA
    return TRAILING_DATA if _holds_another(content) else ""


def _is_archive(content: bytes) -> bool:
    if any(content.startswith(mark, at) for at, mark in (_TAR, _ISO)):
        return True
    return zipfile.is_zipfile(io.BytesIO(content))


def _holds_another(content: bytes) -> bool:
    """Returns whether another file, or more than a gateway adds, follows an earlier ``%%EOF``.

    The last ``%%EOF`` may be in that file's own comment. In a PDF that was saved again, its update follows each.
    """
    ends = [*re.finditer(re.escape(_END) + rb"[\0\t\n\f\r ]*", content)]
    if any(content.startswith(_BEHIND, end.end()) for end in ends):
        return True
    between = (content[end.end() : following.start()] for end, following in pairwise(ends))
    return any(
        not _UPDATE.match(rest) and (len(rest.translate(None, _EMPTY)) > TRAILING or _MARK in rest) for rest in between
    )
