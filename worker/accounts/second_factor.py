"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and ten recovery codes for a lost telephone.

A code is accepted once, and one step of 30 seconds around the present one, as clocks differ.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
import hmac
import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from worker.accounts.people import account_with, author_of, record_change
from worker.accounts.sessions import token_hash
from worker.core.accounts import Account, Attempts, Role
from worker.core.errors import NotAllowed
from worker.store.ports import Author, Store, Writing

STEP_SECONDS: Final = 30
DIGITS: Final = 6
RECOVERY_CODES: Final = 10
_SECRET_BYTES: Final = 20
"""The length of the HMAC's output (RFC 4226 §4)."""
_RECOVERY_LENGTH: Final = 12
"""Characters of base32: 60 bits, which the delay after wrong codes makes unguessable."""
_LONGEST_TYPED: Final = 64


def new_secret(token: str) -> str:
    """Returns a secret in base32, as authenticator apps take it, made of a random text."""
    return base64.b32encode(hashlib.sha256(token.encode()).digest()[:_SECRET_BYTES]).decode()


def app_link(secret: str, login: str) -> str:
    """Returns the link by which a telephone's app takes the secret over."""
    return f"otpauth://totp/hoshobin:{quote(login)}?secret={secret}&issuer=hoshobin"


def code_of(secret: str, step: int) -> str:
    """Returns the code of one step since 1970 (RFC 4226 §5.3). Raises ValueError for a text that is no secret."""
    digest = hmac.new(
        base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1
    ).digest()  # the apps know no other
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def is_outside(address: str, networks: Iterable[str]) -> bool:
    """Returns whether the client is outside the office's networks; without any, none is, and an unknown address is."""
    known = [ipaddress.ip_network(each) for each in networks]
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return bool(known)
    mapped = getattr(found, "ipv4_mapped", None)
    return bool(known) and not any((mapped or found) in each for each in known)


def needs_code(account: Account, *, outside: bool) -> bool:
    """Returns whether this login needs a code: from outside, and of an administrator always."""
    return outside or Role.ADMIN in account.roles


def use_code(writing: Writing, account: Account, typed: str, now: dt.datetime, address: str = "") -> Account:
    """Uses up a code or a recovery code; returns the account after it.

    Raises NotAllowed ``code_needed`` without one, ``code_wrong``, and ``code_unregistered`` without a second factor.
    """
    if not account.totp:
        raise NotAllowed("code_unregistered")
    text = _folded(typed)
    if not text:
        raise NotAllowed("code_needed")
    if (step := _step_of(account.totp, text, now)) is not None:
        used = writing.attempts(f"code:{account.id}")
        if used is not None and used.count >= step:
            raise NotAllowed("code_wrong")
        writing.put_attempts(Attempts(f"code:{account.id}", step, now))
        return account
    spent = token_hash(text)
    if spent not in account.recovery:
        raise NotAllowed("code_wrong")
    left = dataclasses.replace(account, recovery=tuple(each for each in account.recovery if each != spent))
    writing.put_account(left)
    author = author_of(account, address)
    record_change(writing, left, author, {"change": "recovery_code_used", "left": len(left.recovery)})
    return left


def register_code(
    store: Store, account_id: int, secret: str, typed: str, author: Author, now: dt.datetime
) -> list[str]:
    """Sets the second factor after its first code; returns the recovery codes, which are shown once.

    Every session of the account ends. Raises NotAllowed ``code_wrong``.
    """
    try:
        is_right = len(base64.b32decode(secret)) == _SECRET_BYTES and _step_of(secret, _folded(typed), now) is not None
    except ValueError:
        is_right = False
    if not is_right:
        raise NotAllowed("code_wrong")
    with store.writing() as writing:
        account = account_with(writing, account_id)
        codes = [_recovery_code(writing) for _ in range(RECOVERY_CODES)]
        hashes = tuple(token_hash(_folded(each)) for each in codes)
        changed = dataclasses.replace(account, totp=secret, recovery=hashes)
        writing.put_account(changed)
        writing.drop_sessions_of(account_id)
        record_change(writing, changed, author, {"change": "code_registered"})
        return codes


def forget_code(store: Store, account_id: int, author: Author) -> Account:
    """Removes the second factor of a lost telephone; every session of the account ends."""
    with store.writing() as writing:
        account = account_with(writing, account_id)
        changed = dataclasses.replace(account, totp="", recovery=())
        writing.put_account(changed)
        writing.drop_sessions_of(account_id)
        record_change(writing, changed, author, {"change": "code_removed"})
        return changed


def _step_of(secret: str, text: str, now: dt.datetime) -> int | None:
    """Returns the step of which ``text`` is the code; None if it is none of the three around ``now``."""
    present = int(now.timestamp()) // STEP_SECONDS
    steps = (present - 1, present, present + 1)
    found = [each for each in steps if hmac.compare_digest(code_of(secret, each).encode(), text.encode())]
    return found[-1] if found else None


def _folded(typed: str) -> str:
    """Returns a code as it is compared: half width, capitals, without spaces and hyphens."""
    text = unicodedata.normalize("NFKC", typed[:_LONGEST_TYPED]).upper()
    return re.sub(r"[^A-Z0-9]", "", text)


def _recovery_code(writing: Writing) -> str:
    digest = hashlib.sha256(writing.new_token().encode()).digest()
    text = base64.b32encode(digest).decode()[:_RECOVERY_LENGTH].lower()
    return "-".join(text[start : start + 4] for start in range(0, _RECOVERY_LENGTH, 4))
