"""The second factor: the codes of RFC 6238, each once; recovery codes; who is asked for one, and from where."""

from __future__ import annotations

import base64
import datetime as dt

import pytest

from tests.support.people import NOW, PASSWORD, ROOT, PlainHasher, add
from tests.support.tables import every_case
from worker.accounts.login import Attempt, LoginRefused, log_in
from worker.accounts.second_factor import (
    RECOVERY_CODES,
    STEP_SECONDS,
    code_of,
    forget_code,
    is_outside,
    new_secret,
    register_code,
)
from worker.accounts.sessions import find_session
from worker.core.accounts import Account, Role
from worker.core.errors import NotAllowed
from worker.core.states import NoteEvent
from worker.store.sqlite.store import SqlStore

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
HASHER = PlainHasher()
STEP = dt.timedelta(seconds=STEP_SECONDS)


@pytest.fixture
def admin(store: SqlStore) -> Account:
    return add(store)


@pytest.fixture
def staff(store: SqlStore, admin: Account) -> Account:
    return add(store, "jiro", "佐藤 次郎", Role.STAFF)


def at(now: dt.datetime, secret: str = RFC_SECRET) -> str:
    return code_of(secret, int(now.timestamp()) // STEP_SECONDS)


def refusal(store: SqlStore, login: str, code: str = "", *, outside: bool = False, now: dt.datetime = NOW) -> str:
    """The code of the refusal; empty if the login succeeded."""
    try:
        log_in(store, Attempt(login, PASSWORD, "192.0.2.1", code=code, is_outside=outside), HASHER, now)
    except NotAllowed as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_codes_are_those_of_rfc_6238(moment: int, code: str) -> None:
    assert code_of(RFC_SECRET, moment // STEP_SECONDS) == code


@every_case(
    ("address", "networks", "outside"),
    [
        ("192.168.10.7", ["192.168.10.0/24"], False),
        ("::ffff:192.168.10.7", ["192.168.10.0/24"], False),
        ("192.168.11.7", ["192.168.10.0/24"], True),
        ("fd00::1%eth0", ["192.168.10.0/24", "fd00::/8"], False),
        ("2001:db8::1", ["192.168.10.0/24"], True),
        ("unix", ["192.168.10.0/24"], True),
        ("", ["192.168.10.0/24"], True),
        ("203.0.113.1", [], False),
        ("unix", [], False),
    ],
)
def test_an_address_is_outside_the_networks_of_the_office_or_not(
    address: str, networks: list[str], outside: bool
) -> None:
    assert is_outside(address, networks) is outside


def test_an_administrator_is_asked_everywhere_and_the_others_from_outside(
    store: SqlStore, admin: Account, staff: Account
) -> None:
    for account in (admin, staff):
        register_code(store, account.id, RFC_SECRET, at(NOW), ROOT, NOW)
    assert refusal(store, "hanako") == "code_needed"
    assert refusal(store, "hanako", at(NOW)) == ""
    assert refusal(store, "jiro") == ""
    assert refusal(store, "jiro", outside=True) == "code_needed"
    assert refusal(store, "jiro", at(NOW), outside=True) == ""


def test_from_outside_only_an_account_with_a_second_factor_logs_in(
    store: SqlStore, admin: Account, staff: Account
) -> None:
    assert refusal(store, "jiro", "123456", outside=True) == "code_unregistered"
    assert refusal(store, "hanako") == "", "inside the administrator logs in once, to register it"


def test_a_code_is_accepted_once_and_a_step_around_the_present_one(store: SqlStore, admin: Account) -> None:
    register_code(store, admin.id, RFC_SECRET, at(NOW), ROOT, NOW)
    assert refusal(store, "hanako", at(NOW - 2 * STEP)) == "code_wrong"
    assert refusal(store, "hanako", at(NOW + 2 * STEP)) == "code_wrong"
    assert refusal(store, "hanako", at(NOW - STEP)) == ""
    assert refusal(store, "hanako", at(NOW - STEP)) == "code_wrong"
    assert refusal(store, "hanako", at(NOW)) == ""
    for old in (at(NOW - STEP), at(NOW)):
        assert refusal(store, "hanako", old) == "code_wrong"


@pytest.mark.parametrize("typed", ["{} {}", "{}-{}", " {}{} ", "{}　{}"])
def test_a_code_may_be_typed_with_spaces(store: SqlStore, admin: Account, typed: str) -> None:
    register_code(store, admin.id, RFC_SECRET, at(NOW), ROOT, NOW)
    code = at(NOW)
    assert refusal(store, "hanako", typed.format(code[:3], code[3:])) == ""


def test_a_full_width_code_is_read(store: SqlStore, admin: Account) -> None:
    register_code(store, admin.id, RFC_SECRET, at(NOW), ROOT, NOW)
    assert refusal(store, "hanako", at(NOW).translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})) == ""


def test_a_recovery_code_is_used_once_and_recorded(store: SqlStore, admin: Account) -> None:
    codes = register_code(store, admin.id, RFC_SECRET, at(NOW), ROOT, NOW)
    assert len(set(codes)) == RECOVERY_CODES
    assert refusal(store, "hanako", codes[0].upper()) == ""
    assert refusal(store, "hanako", codes[0]) == "code_wrong"
    assert refusal(store, "hanako", codes[1].replace("-", "")) == ""
    changes = [entry.detail["change"] for entry in store.entries(events=[NoteEvent.USER_CHANGED])]
    assert changes[-3:] == ["code_registered", "recovery_code_used", "recovery_code_used"]


@pytest.mark.parametrize("typed", ["", "12345", "000000", "abcdef", "０" * 200, "1" * 5_000, "'; --"])
def test_a_wrong_code_logs_no_person_in_and_slows_the_next_try(store: SqlStore, admin: Account, typed: str) -> None:
    register_code(store, admin.id, RFC_SECRET, at(NOW), ROOT, NOW)
    for _ in range(5):
        assert refusal(store, "hanako", typed) in {"code_wrong", "code_needed"}
    with pytest.raises(LoginRefused):
        log_in(store, Attempt("hanako", PASSWORD, "192.0.2.1", code=at(NOW)), HASHER, NOW)


@pytest.mark.parametrize(
    ("secret", "typed"), [(RFC_SECRET, "000000"), ("", ""), ("not base32!", "1"), ("AAAA", "1"), ("A" * 4_000, "1")]
)
def test_only_a_secret_of_ours_with_its_code_is_registered(
    store: SqlStore, admin: Account, secret: str, typed: str
) -> None:
    with pytest.raises(NotAllowed, match="code_wrong"):
        register_code(store, admin.id, secret, typed, ROOT, NOW)
    kept = store.account(admin.id)
    assert kept is not None
    assert kept.totp == ""


def test_registering_and_removing_end_every_session(store: SqlStore, admin: Account) -> None:
    opened = log_in(store, Attempt("hanako", PASSWORD), HASHER, NOW)
    register_code(store, admin.id, RFC_SECRET, at(NOW), ROOT, NOW)
    assert find_session(store, opened.token, NOW) is None
    again = log_in(store, Attempt("hanako", PASSWORD, code=at(NOW)), HASHER, NOW)
    forget_code(store, admin.id, ROOT)
    assert find_session(store, again.token, NOW) is None
    assert refusal(store, "hanako") == ""


def test_no_entry_holds_the_secret_or_a_recovery_code(store: SqlStore, admin: Account) -> None:
    codes = register_code(store, admin.id, RFC_SECRET, at(NOW), ROOT, NOW)
    written = "".join(repr(entry.detail) for entry in store.entries())
    assert RFC_SECRET not in written
    assert not any(code in written for code in codes)


def test_a_secret_is_160_bits_of_base32() -> None:
    assert len(base64.b32decode(new_secret("x"))) == 20
    assert new_secret("x") != new_secret("y")
