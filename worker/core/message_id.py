"""The Message-IDs of our mails: made of what is submitted and of a secret, so that a report about them is known."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from worker.core.model import JST, Address, Product, Sha256

SECRET: Final = "secret"  # noqa: S105  its name, not the secret
"""Name of the store's property that holds the secret, in hexadecimal digits."""


IDENTITY_BYTES: Final = 16
"""Random bytes that name a store: no two have the same, and none can be guessed."""


SECRET_BYTES: Final = 32
"""As long as the output of the hash that the HMAC is made with (RFC 2104 §3)."""


SECRET_DIGITS: Final = 32
"""Hexadecimal digits of the HMAC in a Message-ID: 128 bits cannot be guessed, and leave the line short."""


_OWN_ID: Final = re.compile(r"<(?:[0-9a-f]{20}\.[ar]?|[0-9a-f]{32}\.)[0-9]{1,10}@([A-Za-z0-9.-]+)>")


_OWN_ID_IN_TEXT: Final = re.compile(
    r"(?<![0-9a-z])(?:[0-9a-f]{20}|[0-9a-f]{32})\.[ar]?[0-9]{1,10}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,9}",
    re.IGNORECASE,
)


_WITH_SECRET: Final = re.compile(r"<[0-9a-f]{32}\.([0-9]{1,10})@[A-Za-z0-9.-]+>")


_OF_ALARM: Final = re.compile(r"<[0-9a-f]{20}\.a([0-9]{1,10})@[A-Za-z0-9.-]+>")


def message_id(secret: bytes, pdf: Sha256, issuer: str, product: Product, correction: int, sender: Address) -> str:
    """Returns ``<ID.N@domain of sender>``, N the correction; ID is an HMAC by the store's ``secret``.

    It is the same for the same notice, so that a second try is no second mail for a reader that compares, and a store
    that lost its record of the mail recognises it. Before the mail leaves, an outsider cannot predict it. The number of
    the correction is under the HMAC, so that the first mail does not reveal the next one's.
    """
    named = f"message\n{pdf}\n{issuer}\n{product.value}\n{correction}"
    digits = hmac.new(secret, named.encode(), hashlib.sha256).hexdigest()[:SECRET_DIGITS]
    return f"<{digits}.{correction}@{sender.rpartition('@')[2]}>"


def old_message_id(pdf: Sha256, issuer: str, product: Product, correction: int, sender: Address) -> str:
    """Returns the Message-ID of 0.1.0, which follows from the PDF. A submission drafted under it keeps it."""
    return _own_id(f"{pdf}\n{issuer}\n{product.value}", str(correction), sender)


def rehearsal_message_id(pdf: Sha256, issuer: str, product: Product, rehearsal: int, sender: Address) -> str:
    """Returns ``<ID.rN@domain of sender>`` of the N-th rehearsal, from 1; it proves nothing, so it needs no secret."""
    return _own_id(f"{pdf}\n{issuer}\n{product.value}", f"r{rehearsal}", sender)


def bears_secret(own_message_id: str) -> bool:
    """Returns whether this Message-ID of one of our mails has the form that needs the secret."""
    return _WITH_SECRET.fullmatch(own_message_id) is not None


def is_made_with(secret: bytes, candidate: str, pdfs: Iterable[Sha256], issuers: Collection[str]) -> bool:
    """Returns whether ``secret`` made this Message-ID, for one of these PDFs to one of these issuers.

    This lets a store without a record of a mail recognise it as one of its secret.
    """
    found = _WITH_SECRET.fullmatch(candidate)
    if found is None:
        return False
    sender = Address(candidate.strip("<>"))
    return any(
        hmac.compare_digest(message_id(secret, pdf, issuer, product, int(found[1]), sender), candidate)
        for pdf in pdfs
        for issuer in issuers
        for product in Product
    )


def alarm_number(candidate: str) -> int | None:
    """Returns the number in the Message-ID of a mail to the operator; None for any other."""
    found = _OF_ALARM.fullmatch(candidate)
    return None if found is None else int(found[1])


def alarm_message_id(number: int, created_at: dt.datetime, sender: Address) -> str:
    """``<ID.aN@domain of sender>`` of the mail to the operator with this number: the same on every try of it."""
    return _own_id(f"alarm\n{created_at.astimezone(JST).isoformat()}", f"a{number}", sender)


def _own_id(source: str, mark: str, sender: Address) -> str:
    digits = hashlib.sha256(source.encode()).hexdigest()[:20]
    return f"<{digits}.{mark}@{sender.rpartition('@')[2]}>"


def is_own_message_id_form(candidate: str, sender: Address) -> bool:
    """Returns whether ``candidate`` looks like a Message-ID that this program writes for ``sender``'s domain."""
    found = _OWN_ID.fullmatch(candidate.strip())
    return found is not None and found[1].lower() == sender.rpartition("@")[2].lower()


def find_own_form(text: str) -> Iterator[str]:
    """Yields every Message-ID in ``text`` that has this program's form, in any context, in its own small letters."""
    return (f"<{found[0].lower()}>" for found in _OWN_ID_IN_TEXT.finditer(text))
