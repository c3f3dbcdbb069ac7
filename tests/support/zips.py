"""ZIPs as offices send them, and as no program writes them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

LOCKED = 0x1
"""The flag of a member with a password."""


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def raw_zip(*members: tuple[bytes, bytes, int]) -> bytes:
    """Stored members whose names are exactly these bytes, each with its flags."""
    found, directory = bytearray(), bytearray()
    for name, content, flags in members:
        fixed = struct.pack("<HHHHHIII", 20, flags, 0, 0, 0, zlib.crc32(content), len(content), len(content))
        place = len(found)
        found += b"PK\x03\x04" + fixed + struct.pack("<HH", len(name), 0) + name + content
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + fixed
        directory += struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, place) + name
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(found), 0)
    return bytes(found + directory) + b"PK\x05\x06" + end


def locked_zip(*names: str) -> bytes:
    """As Windows programs write it: the content is unreadable, the names are not."""
    return raw_zip(*((name.encode("cp932"), bytes(range(256)) * 2, LOCKED) for name in names))
