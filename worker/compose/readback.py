"""Decides whether the letter of a draft is fit to be sent: safe, small enough, and read just as it was meant.

Its one promise: a reader written apart from the writer has seen those very contents. A draft is judged again and
again until it leaves, so what was found of the newest is remembered by their hash; the bytes that are sent in the end
are read once more, remembered or not (``pipeline/send.py``).
"""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Mapping
from typing import Final

from worker.compose import mime_verify as decode
from worker.compose import mime_write as letter
from worker.core.model import JST, Draft, Hold, Sha256
from worker.core.states import Reason

REMEMBERED: Final = 1000
"""Drafts of which the finding is remembered: two blocks of a backlog, in half a megabyte."""

_ANY_DATE: Final = dt.datetime(2000, 1, 1, tzinfo=JST)
"""The letter is composed once to be read back; its real Date comes with the first SendStarted."""

_found: Final[OrderedDict[tuple[str, int], tuple[Hold, ...]]] = OrderedDict()


def read_back(
    draft: Draft, draft_hash: str, body: str, contents: Mapping[Sha256, bytes], max_bytes: int
) -> tuple[Hold, ...]:
    """What is wrong with the letter of ``draft``; ``draft_hash`` stands for it with its body and its attachments."""
    key = (draft_hash, max_bytes)
    if key not in _found:
        _found[key] = _read(draft, body, contents, max_bytes)
        if len(_found) > REMEMBERED:
            _found.popitem(last=False)
    return _found[key]


def _read(draft: Draft, body: str, contents: Mapping[Sha256, bytes], max_bytes: int) -> tuple[Hold, ...]:
    try:
        raw = letter.build_message(draft, body, contents, _ANY_DATE)
    except letter.UnsafeValue as unsafe:
        return (Hold.of(Reason.UNSAFE_VALUE, where=unsafe.name, found=unsafe.char),)
    holds = []
    if len(raw) > max_bytes:
        holds.append(Hold.of(Reason.TOO_BIG, "bytes", bytes=str(len(raw)), limit=str(max_bytes)))
    if different := decode.verify_message(draft, body, contents, raw):
        holds.append(Hold.of(Reason.ENCODING, places=different))
    return tuple(holds)
