"""Reads the machine-readable part of a delivery report: the result for each recipient (RFC 3464).

Nothing here raises. A block without an action and without a status code is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Final

from worker.read.message import header_text, split_headers

BLOCKS_LIMIT: Final = 100
"""Recipient blocks read of one report: a submission has a handful of recipients, an alias expands to some dozens."""
PARTS_LIMIT: Final = 10
"""Machine-readable parts read of one report: RFC 3462 has one, and a mailing list may put a report into another."""
STATUS_LIMIT: Final = 65_536
"""Bytes read of all of them together: a recipient block has some 500."""
DIAGNOSTIC_LIMIT: Final = 300
"""Characters of a server's own words that are kept: the line that a person reads to it over the telephone."""

_COMMENT: Final = re.compile(r"\([^()]*\)")
STATUS: Final = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
"""An enhanced status code (RFC 3463), and no part of a version or an address."""
_ADDRESS: Final = re.compile(r"(?<![^\s<>;,\"])[^\s<>;,\"]{1,256}@[^\s<>;,\"]{1,255}")
"""Anchored at the beginning of a word: tried at each place in it, a long word without ``@`` took 256 steps at each."""
_XTEXT: Final = re.compile(r"\+([0-9A-F]{2})")


class DsnAction(StrEnum):
    """The result for one recipient (RFC 3464 §2.3.3); ``expanded`` counts as ``relayed``."""

    DELIVERED = "delivered"
    RELAYED = "relayed"
    DELAYED = "delayed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DsnBlock:
    """A report's result for one recipient."""

    addresses: tuple[str, ...]
    """The recipient as it was addressed, then as the last server knew it; empty if the report names none."""
    action: DsnAction
    status: str = ""
    """The enhanced code, ``5.1.1``; empty if there is none."""
    diagnostic: str = ""


FieldGroup = tuple[tuple[str, str], ...]

_GROUP_START: Final = re.compile(rb"\n\r*(?=[!-9;-~]{1,100}[ \t]*:|>?From )")
"""The end of a line before one at which ``split_headers`` finds fields; one search passes all the lines between."""


def read_field_groups(content: bytes) -> tuple[FieldGroup, ...]:
    """Returns the groups of fields of a machine-readable part; an empty line ends one (RFC 3464 §2.1).

    Reads STATUS_LIMIT.
    """
    groups: list[FieldGroup] = []
    body = content[:STATUS_LIMIT].lstrip(b"\r\n")
    while body and len(groups) <= BLOCKS_LIMIT:
        headers, rest = split_headers(body)
        if len(rest) == len(body):  # a line that is no field in place of one
            found = _GROUP_START.search(body)
            rest = body[found.end() :] if found else b""
        fields = tuple((name.decode("ascii", "replace"), header_text(content)) for name, content in headers.fields)
        if fields:
            groups.append(fields)
        body = rest.lstrip(b"\r\n")
    return tuple(groups)


def read_delivery_status(parts: Iterable[bytes]) -> tuple[str, tuple[DsnBlock, ...]]:
    """Returns the envelope id, empty if there is none, and every recipient block of the machine-readable ``parts``.

    Parts beyond the limits are not consumed.
    """
    groups = read_all_groups(parts)
    envid = next((text for group in groups for name, text in group if name == "original-envelope-id"), "")
    blocks = [block for group in groups for each in _recipients(group) if (block := _block(each)) is not None]
    return envid.strip(), tuple(blocks[:BLOCKS_LIMIT])


def read_all_groups(parts: Iterable[bytes]) -> tuple[FieldGroup, ...]:
    """Returns the groups of fields of the ``parts`` within the limits; parts beyond them are not consumed."""
    return tuple(group for part in _within_limits(parts) for group in read_field_groups(part))


def _within_limits(parts: Iterable[bytes]) -> Iterator[bytes]:
    left = STATUS_LIMIT
    for part in islice(parts, PARTS_LIMIT):
        yield part[:left]
        left -= len(part)
        if left <= 0:
            return


def _recipients(group: FieldGroup) -> Iterator[dict[str, str]]:
    """Yields the recipients of a group: one, or several if a server leaves out the empty lines between them."""
    block: dict[str, str] = {}
    for name, text in group:
        if name in {"original-recipient", "final-recipient", "action"} and name in block:
            yield block
            block = {}
        block.setdefault(name, text)
    if block.keys() & {"original-recipient", "final-recipient", "action"}:
        yield block


def _block(fields: dict[str, str]) -> DsnBlock | None:
    """Returns None if neither its action nor its code says what happened to the mail."""
    diagnostic = fields.get("diagnostic-code", "")
    status = _read_status(fields.get("status", ""), diagnostic)
    action = read_action(fields.get("action", "")) or _by_status(status)
    if action is None:
        return None
    named = [fields.get(name, "") for name in ("original-recipient", "final-recipient", "x-actual-recipient")]
    addresses = dict.fromkeys(address for text in named for address in _read_address(text))
    return DsnBlock(tuple(addresses), action, status, _own_words(diagnostic))


def read_action(field: str) -> DsnAction | None:
    """Returns the meaning of an ``DsnAction`` field, or None for an unknown word.

    Servers add comments: sendmail writes "relayed (to non-DSN-aware mailer)". opensmtpd writes "error" for "failed",
    others "expired" or "failure"; a word is recognised by its beginning.
    """
    word = _COMMENT.sub(" ", field).strip().lower()
    for beginning, action in _ACTIONS:
        if word.startswith(beginning):
            return action
    return None


_ACTIONS: Final = (
    ("fail", DsnAction.FAILED),
    ("error", DsnAction.FAILED),
    ("expired", DsnAction.FAILED),
    ("delayed", DsnAction.DELAYED),
    ("delivered", DsnAction.DELIVERED),
    ("relayed", DsnAction.RELAYED),
    ("expanded", DsnAction.RELAYED),
)


def _by_status(status: str) -> DsnAction | None:
    """Returns the action by the class of the code; a success counts as the least that it can mean."""
    return {"5": DsnAction.FAILED, "4": DsnAction.DELAYED, "2": DsnAction.RELAYED}.get(status[:1])


def _read_status(field: str, diagnostic: str) -> str:
    """Returns the enhanced code; the server's own words if the field says only ``5.0.0`` or nothing."""
    found = STATUS.search(_COMMENT.sub(" ", field)) or STATUS.search(field)
    in_words = STATUS.search(diagnostic)
    if found is None or (found[1].endswith(".0.0") and in_words and in_words[1][0] == found[1][0]):
        found = in_words or found
    return found[1] if found else ""


def _read_address(field: str) -> Iterator[str]:
    """Yields the address after its type (``rfc822;``), and its decoded form.

    Some servers leave out the type or put the address in brackets; ORCPT is encoded.
    """
    found = _ADDRESS.search(_COMMENT.sub(" ", field.partition(";")[2] or field))
    if found is None:
        return
    yield found[0]
    decoded = _XTEXT.sub(lambda match: chr(int(match[1], 16)), found[0])
    if decoded != found[0]:
        yield decoded


def _own_words(field: str) -> str:
    """Returns a ``Diagnostic-Code`` without its type."""
    kind, separator, text = field.partition(";")
    return " ".join((text if separator and len(kind.split()) == 1 else field).split())[:DIAGNOSTIC_LIMIT]
