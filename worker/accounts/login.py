"""The login: slows a guesser down, locks no account, and says the same of an unknown name as of a wrong password.

Every try is counted before its password is checked, so that tries at the same moment are no way round the count. A
browser in which the person logged in before has a signed cookie and a count of its own: a stranger who guesses delays
other browsers alone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import hmac
import ipaddress
from dataclasses import dataclass, field
from typing import Final

from worker.accounts.passwords import check_password, fold_password
from worker.accounts.people import author_of, fold_login, set_password
from worker.accounts.ports import Hasher
from worker.accounts.second_factor import needs_code, use_code
from worker.accounts.sessions import token_hash
from worker.core.accounts import Account, Attempts, LoginSession, japanese_day
from worker.core.clock import is_over
from worker.core.errors import NotAllowed
from worker.core.message_id import SECRET
from worker.core.states import AlarmCause, NoteEvent
from worker.core.text import escape_control_chars
from worker.store.ports import Author, Reading, Store, Writing

FREE_TRIES: Final = 4
"""Wrong passwords without a delay: as many slips as a person makes."""
LONGEST_DELAY: Final = 60
"""Seconds of delay at most: an owner can wait as long."""
PER_ADDRESS: Final = 60
"""Tries in a minute from one address: an office behind one address stays below."""
MINUTE: Final = dt.timedelta(minutes=1)
TOLD_AFTER: Final = 100
"""Wrong passwords in a row after which people are told: more than a person's slips."""
FORGOTTEN_AFTER: Final = dt.timedelta(days=1)
"""Time without a wrong password after which the count begins again."""
UNKNOWN_COUNTS: Final = 1 << 16
"""Counts for names without an account. They share them, so that nothing tells a typed name, and the table ends."""
MAX_AGENT: Final = 200
"""Characters of a browser's name for itself that are kept."""
MAX_DEVICE: Final = 200
"""Characters of a device cookie that are looked at; ours have fewer than 140."""

UNKNOWN_HASH: Final = (
    "$argon2id$v=19$m=19456,t=2,p=1$aG9zaG9iaW4tbm8tb25lIQ$bm8gcGFzc3dvcmQgaGFzIHRoaXMgaGFzaCwgZXZlciE"
)
"""The hash that is checked where an account has none: the same work, and no password fits."""

BY_THE_PROGRAM: Final = Author("hoshobin", "console")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to log in, as it came from the browser."""

    login: str = field(repr=False)
    password: str = field(repr=False)
    address: str = ""
    agent: str = ""
    is_kept: bool = False
    """「この端末で続ける」"""
    device: str = field(default="", repr=False)
    """The device cookie, empty if the browser has none."""
    code: str = field(default="", repr=False)
    """The code of the second factor, or a recovery code; empty: none was typed."""
    is_outside: bool = False
    """True from outside ``[console] networks``."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A new session, and what the browser keeps."""

    token: str = field(repr=False)
    """The value of the session's cookie."""
    session: LoginSession
    account: Account
    device: str = field(repr=False)
    """The value of the device cookie; empty: the browser keeps the one that it has."""


class LoginRefused(NotAllowed):
    """Raised for a name and password that do not fit, and for a try that came too soon; both say the same."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__("login_wrong_wait" if wait_seconds else "login_wrong", wait=wait_seconds)
        self.wait_seconds = wait_seconds


# --- Logging in ----------------------------------------------------------------------------------------------


def log_in(store: Store, attempt: Attempt, hasher: Hasher, now: dt.datetime) -> LoggedIn:
    """Returns a new session. Raises LoginRefused.

    After the right password: NotAllowed ``account_stopped``, and as ``use_code``; a wrong code stays counted.
    """
    with store.writing() as writing:
        account = writing.account_of(fold_login(attempt.login))
        nonce = _known_device(writing, account, attempt.device)
        if not nonce:  # a known browser has its own delays: a stranger behind the same proxy must not use up its tries
            count_address(writing, attempt.address, now)
        name = _count_name(writing, account, nonce, attempt.login)
        wait = count_try(writing, name, now)
    if not _is_right(hasher, account, attempt.password):
        with store.writing() as writing:
            _note_failure(writing, account, name, attempt.address, now)
        raise LoginRefused(wait)
    with store.writing() as writing:
        held = writing.account(account.id) if account is not None else None
        if held is None or account is None or held.password != account.password:  # changed at the same moment
            raise LoginRefused(wait)
        if not held.is_usable(japanese_day(now)):
            raise NotAllowed("account_stopped", name=held.name)
        if (held.totp or attempt.is_outside) and needs_code(held, outside=attempt.is_outside):
            held = use_code(writing, held, attempt.code, now, attempt.address)
        writing.drop_attempts(name)
        writing.drop_old_attempts(now - FORGOTTEN_AFTER)
        session = LoginSession("", held.id, now, now, now, attempt.is_kept, attempt.address, attempt.agent)
        opened = open_session(writing, held, session)
        return dataclasses.replace(opened, device=attempt.device if nonce else _new_device(writing, held))


def open_session(writing: Writing, account: Account, session: LoginSession, **detail: str) -> LoggedIn:
    """Records a login: ``session`` under a new token, and an entry with ``detail``. Sessions that are over go."""
    for each in writing.sessions_of(account.id):
        if each.is_over(session.opened_at):
            writing.drop_session(each.token_sha256)
    token = writing.new_token()
    agent = escape_control_chars(session.agent[:MAX_AGENT])
    opened = dataclasses.replace(session, token_sha256=token_hash(token), agent=agent)
    writing.put_session(opened)
    seen = {"user": account.login, "address": session.address, **detail}
    writing.note(NoteEvent.LOGGED_IN, None, author_of(account, session.address), seen)
    return LoggedIn(token, opened, account, "")


def prove(store: Store, session: LoginSession, password: str, hasher: Hasher, now: dt.datetime) -> LoggedIn:
    """Returns the session under a new token after its person gave the password again; the old token ends.

    Wrong passwords are counted for this session alone, as in a known browser. Raises LoginRefused.
    """
    name = f"session:{session.token_sha256}"
    with store.writing() as writing:
        account = writing.account(session.account)
        if writing.session(session.token_sha256) is None or account is None:
            raise NotAllowed("session_over")
        wait = count_try(writing, name, now)
    if not _is_right(hasher, account, password):
        with store.writing() as writing:
            _note_failure(writing, account, name, session.address, now)
        raise LoginRefused(wait)
    with store.writing() as writing:
        held = writing.account(account.id)
        if writing.session(session.token_sha256) is None or held is None or held.password != account.password:
            raise NotAllowed("session_over")
        writing.drop_attempts(name)
        return renew_session(writing, session, held, now)


def prove_by_code(store: Store, session: LoginSession, code: str, now: dt.datetime) -> LoggedIn:
    """As ``prove``, by a code of the second factor in place of the password.

    Raises LoginRefused for a try that came too soon, and NotAllowed as ``use_code``.
    """
    name = f"session:{session.token_sha256}"
    with store.writing() as writing:  # the count stays where the code is refused
        account = writing.account(session.account)
        if writing.session(session.token_sha256) is None or account is None:
            raise NotAllowed("session_over")
        count_try(writing, name, now)
    with store.writing() as writing:
        held = writing.account(session.account)
        if writing.session(session.token_sha256) is None or held is None:
            raise NotAllowed("session_over")
        used = use_code(writing, held, code, now, session.address)
        writing.drop_attempts(name)
        return renew_session(writing, session, used, now)


def change_password(
    store: Store, session: LoginSession, old: str, new: str, hasher: Hasher, now: dt.datetime, *, company: str = ""
) -> LoggedIn:
    """Sets a new password for the session's account; every other session of it ends.

    Raises LoginRefused for a wrong old password, or as ``check_password``.
    """
    account = store.account(session.account)
    if account is None:
        raise NotAllowed("session_over")
    chosen = check_password(new, account, company)  # before the session gets another token
    proven = prove(store, session, old, hasher, now)
    hashed = hasher.hash(chosen)
    with store.writing() as writing:
        author = author_of(proven.account, session.address)
        changed = set_password(writing, proven.account, hashed, author, now)
        return renew_session(writing, proven.session, changed, now)


def _is_right(hasher: Hasher, account: Account | None, password: str) -> bool:
    """Takes the same time for every name and password: a hash is always checked."""
    folded = fold_password(password)
    hashed = account.password if account is not None else ""
    fits = hasher.verify(hashed or UNKNOWN_HASH, folded or "")
    return fits and bool(hashed) and folded is not None


def renew_session(writing: Writing, session: LoginSession, account: Account, now: dt.datetime) -> LoggedIn:
    """Puts the same session under a new token; its age stays, so that proving lengthens none."""
    writing.drop_session(session.token_sha256)
    token = writing.new_token()
    renewed = dataclasses.replace(session, token_sha256=token_hash(token), seen_at=now, proven_at=now)
    writing.put_session(renewed)
    return LoggedIn(token, renewed, account, "")


def _note_failure(writing: Writing, account: Account | None, counted: str, address: str, now: dt.datetime) -> None:
    """Records a wrong password of an existing account, at most once a minute; an unknown name is not recorded.

    A hundred in a row are told to people.
    """
    if account is None:
        return
    held = writing.attempts(counted)
    if held is not None and held.count % TOLD_AFTER == 0:
        writing.raise_alarm(AlarmCause.GUESSING, [], account.login)
    name = f"noted:{account.id}"
    noted = writing.attempts(name)
    if noted is not None and not is_over(noted.at, noted.at + MINUTE, now):
        return
    writing.put_attempts(Attempts(name, 1, now))
    writing.note(NoteEvent.LOGIN_FAILED, None, BY_THE_PROGRAM, {"user": account.login, "address": address})


# --- Counting ------------------------------------------------------------------------------------------------


def delay_after(count: int) -> int:
    """Returns the seconds to wait after so many wrong passwords in a row: none, then 1, 2, 4 … 60."""
    over = count - FREE_TRIES
    return 0 if over <= 0 else min(LONGEST_DELAY, 1 << min(over - 1, 6))


def count_try(writing: Writing, name: str, now: dt.datetime) -> int:
    """Counts a try before its outcome is known; returns the delay after it. Raises LoginRefused if it came too soon."""
    held = writing.attempts(name)
    if held is None or is_over(held.at, held.at + FORGOTTEN_AFTER, now):
        held = Attempts(name, 0, now)
    until = held.at + dt.timedelta(seconds=delay_after(held.count))
    if not is_over(held.at, until, now):
        raise LoginRefused(_seconds(until - now))
    writing.put_attempts(Attempts(name, held.count + 1, now))
    return delay_after(held.count + 1)


def count_address(writing: Writing, address: str, now: dt.datetime) -> None:
    """Raises LoginRefused if this address has tried too often within its minute."""
    name = f"address:{_network_of(address)}"
    held = writing.attempts(name)
    if held is None or is_over(held.at, held.at + MINUTE, now):
        held = Attempts(name, 0, now)
    if held.count >= PER_ADDRESS:
        raise LoginRefused(_seconds(held.at + MINUTE - now))
    writing.put_attempts(dataclasses.replace(held, count=held.count + 1))


def _seconds(left: dt.timedelta) -> int:
    return max(1, -int(-left.total_seconds() // 1))


def _network_of(address: str) -> str:
    """Returns the address, of IPv6 its network of 64 bits: one customer has all of it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "?"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.IPv6Network((int(found), 64), strict=False))
    return str(found)


def _count_name(reading: Reading, account: Account | None, nonce: str, login: str) -> str:
    """Returns the name under which this try is counted."""
    if account is not None:
        return f"device:{account.id}:{token_hash(nonce)}" if nonce else f"account:{account.id}"
    digest = hmac.new(
        console_key(reading), b"unknown\n" + fold_login(login).encode("utf-8", "replace"), hashlib.sha256
    ).digest()
    return f"unknown:{int.from_bytes(digest[:8], 'big') % UNKNOWN_COUNTS}"


# --- Known browsers ------------------------------------------------------------------------------------------


def console_key(reading: Reading) -> bytes:
    """Returns the key of the console's signatures; it is not that of Message-IDs."""
    return hmac.new(bytes.fromhex(reading.property(SECRET) or ""), b"console", hashlib.sha256).digest()


def _sign(reading: Reading, account_id: int, nonce: str) -> str:
    return hmac.new(console_key(reading), f"device\n{account_id}\n{nonce}".encode(), hashlib.sha256).hexdigest()


def _new_device(writing: Writing, account: Account) -> str:
    nonce = writing.new_token()
    return f"{account.id}.{nonce}.{_sign(writing, account.id, nonce)}"


def _known_device(reading: Reading, account: Account | None, device: str) -> str:
    """Returns the random part of a device cookie of this account; empty if it has none that is ours."""
    parts = device.split(".") if len(device) <= MAX_DEVICE and device.isascii() else []
    if account is None or len(parts) != 3 or parts[0] != str(account.id):  # noqa: PLR2004  id, nonce, signature
        return ""
    return parts[1] if hmac.compare_digest(_sign(reading, account.id, parts[1]), parts[2]) else ""
