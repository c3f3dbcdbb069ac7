"""Finds the addresses that a bounce without a standard form names, with flufl.bounce as a second reader.

Nothing here raises. The library gets a rebuilt mail (ASCII text of bounded size, a few levels, without the returned
mails), so that no foreign byte reaches the standard parser, and the words of a returned mail are not taken for the
bounce's own.
"""

from __future__ import annotations

from email.message import Message
from typing import Final

from flufl.bounce import all_failures

from worker.read.message import decode_bytes, header_text, read_addresses, split_headers, split_parts, undo_transfer

LINES_LIMIT: Final = 400
"""Lines of one text: a bounce says what failed in its first fifty; the returned mail follows."""
LINE_LIMIT: Final = 500
"""Characters of one line: the library's patterns go back and forth in a line."""
_PARTS: Final = 20
_DEPTH: Final = 4
_HEADERS: Final = ("subject", "x-mailer", "content-description")
_ADDRESSES: Final = ("from", "x-failed-recipients")
"""With _HEADERS the fields that the library's detectors read, in addition to the type."""
_NOBODY: Final = "nobody@invalid"
"""The library needs an address in every From (6.0.0 raises IndexError in ``yale`` without one)."""
_TEXTS: Final = frozenset({"text/plain", "text/html"})


def read_bounce(raw: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Returns the addresses that failed, and those that are still being tried, in order; most mails name none."""
    delayed, failed = all_failures(_rebuild(raw, 0))
    return _texts(failed), _texts(delayed - failed)


def _texts(addresses: frozenset[bytes]) -> tuple[str, ...]:
    texts = {address.decode("ascii", "replace").strip().strip("<>") for address in addresses}
    return tuple(sorted(texts - {"", _NOBODY}))


def _rebuild(raw: bytes, depth: int) -> Message:
    headers, body = split_headers(raw)
    content_type = headers.content_type
    kind = content_type.word if "/" in content_type.word else "text/plain"
    built: Message = Message()
    for name in _HEADERS:
        for text in headers.every(name.encode()):
            built[name] = _ascii(header_text(text))[:LINE_LIMIT]
    for name in _ADDRESSES:
        found = [address for text in headers.every(name.encode()) for address in read_addresses(text)][:_PARTS]
        if found or name == "from":
            built[name] = ", ".join(map(_ascii, found)) or _NOBODY
    boundary = content_type.parameters.get("boundary", "")
    if kind.startswith("multipart/") and boundary and depth < _DEPTH:
        built["content-type"] = _ascii(kind)
        built.set_payload([_rebuild(each, depth + 1) for each in split_parts(body, boundary).pieces[:_PARTS]])
        return built
    if kind not in _TEXTS:
        built["content-type"] = "application/octet-stream"
        built.set_payload("")
        return built
    built["content-type"] = kind
    content = undo_transfer(body[: LINES_LIMIT * LINE_LIMIT], headers.encoding)[0]
    lines = decode_bytes(content, content_type.parameters.get("charset", ""))[0].splitlines()[:LINES_LIMIT]
    built.set_payload("".join(f"{_ascii(line)[:LINE_LIMIT]}\n" for line in lines))
    return built


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")
