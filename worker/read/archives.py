"""Extracts the PDFs from a ZIP, in the child process that reads PDFs, within limits that no ZIP can exceed.

Only PDFs, and the first bytes of each file, are decompressed, never beyond the limits, independent of the sizes that
the ZIP states. A name never leads to a folder, and every file that was not extracted is named. Nothing is written, and
no PDF is opened.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from worker.read.message import FILENAME_LIMIT, AttachmentKind, decode_bytes, is_pdf, is_zip, mentions_key

MEMBERS: Final = 20
"""Files of one ZIP: an office sends one to five; hundreds are a delivery of photographs, or an attack."""
ENTRIES: Final = 1_000
"""Entries of its directory up to which a ZIP is looked into at all: each costs memory before it can be judged."""
MEMBER_BYTES: Final = 10_000_000
"""Bytes of one PDF: as much as is read of any PDF."""
UNPACKED_BYTES: Final = 20_000_000
"""Bytes of all PDFs of one ZIP: as much as any file is read of."""
RATIO: Final = 100
"""The largest factor by which a file may grow: PDFs grow up to 10 times, bombs 1,000 times."""
SNIFFED: Final = 2_048
"""Bytes by which a file is known as a PDF."""

_CENTRAL: Final = b"PK\x01\x02"
_LOCAL_BYTES: Final = 30
_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A ZIP as it was taken apart."""

    pdfs: tuple[tuple[str, bytes], ...] = ()
    """Name and bytes of each PDF."""
    others: tuple[str, ...] = ()
    """Names of files that are no PDFs."""
    unopened: tuple[tuple[str, AttachmentKind], ...] = ()
    """Files that may hold a notice and were not extracted; the name is empty for the ZIP itself."""
    mentions_key: bool = False
    """Set if the name of a file in it mentions 認証キー."""


@dataclass(slots=True)
class _Taking:
    pdfs: list[tuple[str, bytes]] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    unopened: list[tuple[str, AttachmentKind]] = field(default_factory=list)
    room: int = UNPACKED_BYTES


class _Refused(Exception):
    """A file of the ZIP that is not taken out."""


def has_too_many_entries(content: bytes) -> bool:
    """Returns whether a ZIP's directory is longer than ENTRIES; counts the marks of its entries."""
    return content.count(_CENTRAL) > ENTRIES


def unpack(content: bytes) -> Unpacked:
    """Returns the PDFs in the ZIP and its other contents; a damaged ZIP is itself unopened. Raises MemoryError."""
    whole = Unpacked(unopened=(("", AttachmentKind.ZIP),))
    if has_too_many_entries(content):
        return whole
    try:
        archive = zipfile.ZipFile(BytesIO(content))
        members = [each for each in archive.infolist() if each.file_size or not each.filename.endswith(("/", "\\"))]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  zipfile raises anything for what was made to break it
        return whole
    names = [_name(each) for each in members]
    speaks = any(map(mentions_key, names))
    if len(members) > MEMBERS or _overlap(members):
        return Unpacked(unopened=whole.unopened, mentions_key=speaks)
    taking = _Taking()
    for member, name in zip(members, names, strict=True):
        _take(content, member, name, taking)
    return Unpacked(tuple(taking.pdfs), tuple(taking.others), tuple(taking.unopened), speaks)


def _name(member: zipfile.ZipInfo) -> str:
    """Returns the name without folders. Windows writes cp932 and macOS UTF-8, without saying which."""
    name = member.orig_filename
    if not member.flag_bits & _UTF8:
        name = decode_bytes(name.encode("cp437", "replace"))[0]
    return re.split(r"[/\\]", name.split("\0")[0])[-1].strip()[-FILENAME_LIMIT:]


def _overlap(members: list[zipfile.ZipInfo]) -> bool:
    """Returns whether two files share bytes: a few MB were seen to grow to petabytes that way."""
    placed = sorted(members, key=lambda each: each.header_offset)
    ends = [each.header_offset + _LOCAL_BYTES + len(each.filename) + each.compress_size for each in placed]
    return any(end > after.header_offset for end, after in zip(ends, placed[1:], strict=False))


def _take(content: bytes, member: zipfile.ZipInfo, name: str, taking: _Taking) -> None:
    if member.flag_bits & _ENCRYPTED:
        taking.unopened.append((name, AttachmentKind.LOCKED))
        return
    try:
        packed = _packed(content, member)
        start = _inflate(packed, member, SNIFFED)
        if is_zip("", name, start):
            taking.unopened.append((name, AttachmentKind.ARCHIVE))
        elif not is_pdf("", name, start):
            taking.others.append(name)
        else:
            taking.pdfs.append((name, _whole(packed, member, taking)))
    except (_Refused, zlib.error):
        taking.unopened.append((name, AttachmentKind.DAMAGED))


def _packed(content: bytes, member: zipfile.ZipInfo) -> memoryview:
    """Returns the member's compressed bytes. Raises _Refused."""
    start = member.header_offset
    header = content[start : start + _LOCAL_BYTES]
    if len(header) < _LOCAL_BYTES or not header.startswith(b"PK\x03\x04"):
        raise _Refused
    begin = start + _LOCAL_BYTES + int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    if begin + member.compress_size > len(content):
        raise _Refused
    return memoryview(content)[begin : begin + member.compress_size]


def _inflate(packed: memoryview, member: zipfile.ZipInfo, most: int) -> bytes:
    """Returns at most ``most`` bytes of the member. Raises _Refused, zlib.error."""
    if member.compress_type == zipfile.ZIP_STORED:
        return bytes(packed[:most])
    if member.compress_type == zipfile.ZIP_DEFLATED:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    raise _Refused


def _whole(packed: memoryview, member: zipfile.ZipInfo, taking: _Taking) -> bytes:
    """Returns a whole PDF, its checksum verified. Raises _Refused, zlib.error."""
    size = member.file_size
    if size > min(MEMBER_BYTES, taking.room) or size > RATIO * max(1, len(packed)):
        raise _Refused
    found = _inflate(packed, member, size + 1)
    taking.room -= len(found)
    if len(found) != size or zlib.crc32(found) != member.CRC:
        raise _Refused
    return found
