"""The login in a real store: a guesser is slowed down, the owner is not locked out, and unknown names tell nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from tests.support.people import COMPANY, NOW, PASSWORD, ROOT, PlainHasher, add, replaced
from worker.accounts.login import (
    LONGEST_DELAY,
    MAX_AGENT,
    PER_ADDRESS,
    UNKNOWN_HASH,
    Attempt,
    LoggedIn,
    LoginRefused,
    change_password,
    delay_after,
    log_in,
    prove,
)
from worker.accounts.people import change_account, invite, stop_account
from worker.accounts.sessions import find_session
from worker.core.accounts import Account, Role
from worker.core.errors import NotAllowed
from worker.core.messages import say_refusal
from worker.core.states import AlarmCause, NoteEvent
from worker.notify.operator_mail import write_alarm_mail
from worker.store.sqlite.store import SqlStore

SECOND = dt.timedelta(seconds=1)
DAY = dt.timedelta(days=1)
HASHER = PlainHasher()


@pytest.fixture
def hanako(store: SqlStore) -> Account:
    return add(store)


def attempt(password: str = PASSWORD, login: str = "hanako", device: str = "", address: str = "192.0.2.1") -> Attempt:
    return Attempt(login, password, address, "Firefox", device=device)


def wait_of(store: SqlStore, tried: Attempt, now: dt.datetime = NOW) -> int:
    with pytest.raises(LoginRefused) as refused:
        log_in(store, tried, HASHER, now)
    return refused.value.wait_seconds


def guess(store: SqlStore, count: int, now: dt.datetime = NOW, *, login: str = "hanako") -> dt.datetime:
    """Returns when the next may come: so many wrong passwords, each as soon as it may, from an address of its own."""
    for number in range(count):
        wait = wait_of(store, attempt("wrong", login, address=f"198.51.100.{number % 250}"), now)
        now += wait * SECOND
    return now


def events(store: SqlStore, event: NoteEvent) -> list[dict[str, object]]:
    return [dict(entry.detail) for entry in store.entries(events=[event])]


# --- The right password --------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["hanako", "HANAKO", "ｈａｎａｋｏ", " hanako "])
def test_the_right_password_gives_a_new_session(store: SqlStore, hanako: Account, login: str) -> None:
    made = log_in(store, attempt(login=login), HASHER, NOW)
    assert made.account == hanako
    assert (made.session.opened_at, made.session.proven_at, made.session.address) == (NOW, NOW, "192.0.2.1")
    assert find_session(store, made.token, NOW) == (made.session, hanako)
    assert events(store, NoteEvent.LOGGED_IN) == [{"user": "hanako", "address": "192.0.2.1"}]
    (entry,) = store.entries(events=[NoteEvent.LOGGED_IN])
    assert (entry.by, entry.account) == ("山田 花子", "hanako 192.0.2.1")


def test_a_password_in_another_normal_form_is_the_same(store: SqlStore) -> None:
    add(store, password="がぎぐげござじずぜぞだぢづでど")
    typed = "".join(f"{each}\u3099" for each in "かきくけこさしすせそたちつてと")
    assert log_in(store, attempt(typed), HASHER, NOW).token


def test_no_two_logins_have_the_same_token_and_none_takes_one_that_is_given(store: SqlStore, hanako: Account) -> None:
    planted = log_in(store, attempt(), HASHER, NOW)
    tokens = {planted.token, *(log_in(store, attempt(device=planted.device), HASHER, NOW).token for _ in range(5))}
    assert len(tokens) == 6
    assert all(len(token) >= 43 for token in tokens)


def test_what_the_browser_says_of_itself_is_kept_short_and_plain(store: SqlStore, hanako: Account) -> None:
    tried = replaced_attempt(attempt(), agent="\x1b[31m\u202e" + "x" * 10_000)
    agent = log_in(store, tried, HASHER, NOW).session.agent
    assert "\x1b" not in agent
    assert "\u202e" not in agent
    assert len(agent) < MAX_AGENT + 20


def replaced_attempt(tried: Attempt, **fields: str) -> Attempt:
    return Attempt(**{name: getattr(tried, name) for name in Attempt.__slots__} | fields)  # type: ignore[arg-type]


# --- Unknown names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["nobody", "", "花子", "a" * 100_000, "\ud800", "x\x00y", "' OR 1=1 --"])
def test_an_unknown_name_is_refused_in_the_same_words_after_the_same_work(
    store: SqlStore, hanako: Account, login: str
) -> None:
    said, work = [], []
    for name in ("hanako", login):
        hasher = PlainHasher()
        with pytest.raises(LoginRefused) as refused:
            log_in(store, attempt("wrong", name), hasher, NOW)
        said.append([refused.value.wait_seconds, *(say_refusal(refused.value.code, lang) for lang in ("ja", "en"))])
        work.append(len(hasher.checked))
    assert said[0] == said[1]
    assert work == [1, 1]


def test_unknown_names_are_slowed_down_as_known_ones(store: SqlStore, hanako: Account) -> None:
    known, unknown = guess(store, 9), guess(store, 9, login="nobody")
    assert known == unknown
    assert wait_of(store, attempt("wrong"), known - SECOND) == wait_of(
        store, attempt("wrong", "nobody"), known - SECOND
    )


def test_a_typed_name_without_an_account_is_recorded_nowhere(store: SqlStore, hanako: Account, tmp_path: Path) -> None:
    typed = "my-password-in-the-wrong-field"
    guess(store, 5, login=typed)
    files = b"".join(each.read_bytes() for each in (tmp_path / "var").iterdir())
    assert typed.encode() not in files
    assert events(store, NoteEvent.LOGIN_FAILED) == []


def test_an_account_without_a_password_a_stopped_one_and_a_wrong_password_are_the_same(
    store: SqlStore, hanako: Account
) -> None:
    jiro = add(store, "jiro", "鈴木", Role.STAFF)
    stop_account(store, jiro.id, ROOT, NOW)
    with store.writing() as writing:
        writing.put_account(replaced(hanako, id=0, login="new", name="新人", password=""))
    for login in ("new", "jiro", "hanako", "nobody"):
        hasher = PlainHasher()
        with pytest.raises(LoginRefused) as refused:
            log_in(store, attempt("wrong", login), hasher, NOW)
        assert (refused.value.code, refused.value.wait_seconds, len(hasher.checked)) == ("login_wrong", 0, 1)


@pytest.mark.parametrize("password", ["", UNKNOWN_HASH, "x" * 10_000_000, "\ud800", "plain:"])
def test_no_password_fits_an_account_that_has_none(store: SqlStore, hanako: Account, password: str) -> None:
    with store.writing() as writing:
        writing.put_account(replaced(hanako, id=0, login="new", name="新人", password=""))
    wait_of(store, attempt(password, "new"))


def test_a_stopped_account_is_named_only_after_its_own_password(store: SqlStore, hanako: Account) -> None:
    jiro = add(store, "jiro", "鈴木", Role.STAFF)
    stop_account(store, jiro.id, ROOT, NOW)
    with pytest.raises(NotAllowed, match="account_stopped"):
        log_in(store, attempt(login="jiro"), HASHER, NOW)
    assert store.sessions_of(jiro.id) == ()
    auditor = add(store, "audit", "監査", Role.AUDITOR, until=NOW.date())
    with pytest.raises(NotAllowed, match="account_stopped"):
        log_in(store, attempt(login="audit"), HASHER, NOW + DAY)
    assert store.sessions_of(auditor.id) == ()


# --- Guessing ------------------------------------------------------------------------------------------------


def test_the_delays_are_those_of_the_design() -> None:
    assert [delay_after(count) for count in range(14)] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert delay_after(10**9) == LONGEST_DELAY


def test_wrong_passwords_slow_down_from_the_fifth(store: SqlStore, hanako: Account) -> None:
    now, waits = NOW, []
    for _ in range(12):
        waits.append(wait_of(store, attempt("wrong"), now))
        now += waits[-1] * SECOND
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_before_the_delay_is_over_even_the_right_password_is_not_looked_at(store: SqlStore, hanako: Account) -> None:
    free = guess(store, 8)
    hasher = PlainHasher()
    with pytest.raises(LoginRefused) as refused:
        log_in(store, attempt(), hasher, free - 5 * SECOND)
    assert (refused.value.wait_seconds, hasher.checked) == (5, [])
    assert log_in(store, attempt(), HASHER, free).token


def test_a_guesser_who_does_not_wait_does_not_lengthen_the_delay(store: SqlStore, hanako: Account) -> None:
    free = guess(store, 11)
    for number in range(1_000):
        wait_of(store, attempt("wrong", address=f"2001:db8:{number:x}::1"), free - SECOND)
    assert log_in(store, attempt(), HASHER, free).token


def test_guesses_at_the_same_moment_are_counted_each(store: SqlStore, hanako: Account) -> None:
    """Those whose passwords are still being checked count already."""
    inside: list[int] = []

    class Parallel(PlainHasher):
        def verify(self, hashed: str, password: str) -> bool:
            inside.append(1)
            if len(inside) < 20:
                with pytest.raises(LoginRefused):
                    log_in(store, attempt("wrong", address=f"198.51.100.{len(inside)}"), self, NOW)
            return super().verify(hashed, password)

    hasher = Parallel()
    with pytest.raises(LoginRefused):
        log_in(store, attempt("wrong"), hasher, NOW)
    assert len(hasher.checked) == 5


def test_an_owner_in_a_known_browser_logs_in_at_once_during_an_attack(store: SqlStore, hanako: Account) -> None:
    known = log_in(store, attempt(), HASHER, NOW)
    free = guess(store, 200)
    assert wait_of(store, attempt(), free - 30 * SECOND) == 30
    made = log_in(store, attempt(device=known.device), HASHER, free - 30 * SECOND)
    assert made.device == known.device
    assert wait_of(store, attempt("wrong"), free - 30 * SECOND) == 30  # the attack gains nothing by it


def test_an_owner_without_a_known_browser_waits_a_minute_at_most(store: SqlStore, hanako: Account) -> None:
    last = guess(store, 200)
    assert wait_of(store, attempt("wrong"), last) == LONGEST_DELAY
    assert log_in(store, attempt(), HASHER, last + LONGEST_DELAY * SECOND).token


def test_a_known_browser_is_slowed_down_by_its_own_count(store: SqlStore, hanako: Account) -> None:
    known = log_in(store, attempt(), HASHER, NOW)
    waits = []
    now = NOW
    for _ in range(7):
        waits.append(wait_of(store, attempt("wrong", device=known.device), now))
        now += waits[-1] * SECOND
    assert waits == [0, 0, 0, 0, 1, 2, 4]
    assert log_in(store, attempt(), HASHER, NOW).token  # other browsers are not


def test_a_device_cookie_of_another_person_changed_or_made_up_is_none(store: SqlStore, hanako: Account) -> None:
    add(store, "jiro", "鈴木", Role.STAFF)
    own = log_in(store, attempt(), HASHER, NOW).device
    others = log_in(store, attempt(login="jiro"), HASHER, NOW).device
    number, nonce, signature = own.split(".")
    free = guess(store, 11)
    for forged in (
        others,
        f"{hanako.id}.{others.partition('.')[2]}",
        f"{number}.{nonce}x.{signature}",
        f"{number}.{nonce}.{'0' * 64}",
        f"{number}.{nonce}.",
        f"{number}..{signature}",
        f"{number}.{nonce}",
        f"{number}.{nonce}.{signature}.",
        "..",
        "花",
        "\ud800",
        "x" * 10_000_000,
    ):
        assert wait_of(store, attempt(device=forged), free - SECOND) == 1
    assert log_in(store, attempt(device=own), HASHER, free - SECOND).token


def test_the_count_begins_again_after_a_login_and_after_a_day(store: SqlStore, hanako: Account) -> None:
    free = guess(store, 7)
    log_in(store, attempt(), HASHER, free)
    assert wait_of(store, attempt("wrong"), free) == 0
    later = guess(store, 7, free + SECOND)
    assert wait_of(store, attempt("wrong"), later + DAY) == 0


def test_a_clock_that_was_set_back_locks_nobody_out(store: SqlStore, hanako: Account) -> None:
    guess(store, 12)
    assert log_in(store, attempt(), HASHER, NOW - 30 * DAY).token


def test_an_address_has_sixty_tries_a_minute_for_all_names(store: SqlStore, hanako: Account) -> None:
    for number in range(PER_ADDRESS):
        wait_of(store, attempt("wrong", f"name{number}"))
    hasher = PlainHasher()
    with pytest.raises(LoginRefused) as refused:
        log_in(store, attempt(), hasher, NOW + 20 * SECOND)
    assert (refused.value.wait_seconds, hasher.checked) == (40, [])
    assert log_in(store, attempt(address="192.0.2.2"), HASHER, NOW).token
    assert log_in(store, attempt(), HASHER, NOW + 60 * SECOND).token


def test_a_known_browser_is_let_in_though_strangers_use_up_the_tries_of_its_address(
    store: SqlStore, hanako: Account
) -> None:
    """All come from one address where the proxy is not named in the settings."""
    known = log_in(store, attempt(), HASHER, NOW).device
    for number in range(PER_ADDRESS - 1):  # the login itself was one
        wait_of(store, attempt("wrong", f"name{number}"))
    assert wait_of(store, attempt()) == 60
    assert log_in(store, attempt(device=known), HASHER, NOW).token


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("nonsense", "", True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_one_customers_addresses_are_one(store: SqlStore, hanako: Account, one: str, other: str, are_one: bool) -> None:
    for number in range(PER_ADDRESS):
        wait_of(store, attempt("wrong", f"name{number}", address=one))
    wait = wait_of(store, attempt("wrong", "last", address=other))
    assert (wait > 0) is are_one


def test_failures_of_an_account_are_recorded_once_a_minute(store: SqlStore, hanako: Account) -> None:
    for second in (0, 1, 59, 60, 61):
        wait_of(store, attempt("wrong", address=f"192.0.2.{second}"), NOW + second * SECOND)
    noted = events(store, NoteEvent.LOGIN_FAILED)
    assert noted == [{"user": "hanako", "address": "192.0.2.0"}, {"user": "hanako", "address": "192.0.2.60"}]


def test_counts_of_a_day_ago_are_removed_at_a_login(store: SqlStore, hanako: Account) -> None:
    for number in range(20):
        wait_of(store, attempt("wrong", f"name{number}", address=f"192.0.2.{number}"))
    log_in(store, attempt(address="192.0.2.99"), HASHER, NOW + DAY + SECOND)
    with store.writing() as writing:
        assert writing._rows("SELECT name FROM login_attempts") == [("address:192.0.2.99",)]


def test_a_hundred_wrong_passwords_in_a_row_are_told_to_people(store: SqlStore, hanako: Account) -> None:
    free = guess(store, 99)
    guess(store, 150, login="nobody")
    assert store.alarms_waiting() == ()
    guess(store, 1, free)
    (alarm,) = store.alarms_waiting()
    assert (alarm.cause, alarm.detail) == (AlarmCause.GUESSING, "hanako")
    _, text = write_alarm_mail((alarm,), {}, (), rehearsing=False)
    assert "hanako" in text
    assert "パスワードの間違い" in text


def test_nothing_secret_of_a_login_is_in_an_entry(store: SqlStore, hanako: Account) -> None:
    made = log_in(store, attempt(), HASHER, NOW)
    wait_of(store, attempt("wrong-but-nearly"))
    told = "\n".join(str(entry) for entry in store.entries())
    for secret in (PASSWORD, "wrong-but-nearly", "plain:", made.token, made.session.token_sha256, made.device):
        assert secret not in told
    assert PASSWORD not in repr(attempt())
    assert made.token not in repr(made)
    assert store.verify().faults == ()


# --- The password again --------------------------------------------------------------------------------------


def logged_in(store: SqlStore) -> LoggedIn:
    return log_in(store, attempt(), HASHER, NOW)


def test_proving_gives_a_new_token_and_the_old_one_ends(store: SqlStore, hanako: Account) -> None:
    made = logged_in(store)
    later = NOW + dt.timedelta(hours=2)
    assert not made.session.is_fresh(later)
    proven = prove(store, made.session, PASSWORD, HASHER, later)
    assert proven.token != made.token
    assert proven.session.is_fresh(later)
    assert proven.session.opened_at == NOW  # proving lengthens no session
    assert find_session(store, made.token, later) is None
    assert find_session(store, proven.token, later) == (proven.session, hanako)
    assert len(store.sessions_of(hanako.id)) == 1


def test_a_wrong_password_leaves_the_session_and_slows_down(store: SqlStore, hanako: Account) -> None:
    made = logged_in(store)
    waits = []
    for _ in range(5):
        with pytest.raises(LoginRefused) as refused:
            prove(store, made.session, "wrong", HASHER, NOW)
        waits.append(refused.value.wait_seconds)
    assert waits == [0, 0, 0, 0, 1]
    assert find_session(store, made.token, NOW) is not None
    assert log_in(store, attempt(), HASHER, NOW).token  # a stolen session delays no login


def test_a_session_that_has_ended_is_not_brought_back_by_a_password(store: SqlStore, hanako: Account) -> None:
    made = logged_in(store)
    proven = prove(store, made.session, PASSWORD, HASHER, NOW)
    with pytest.raises(NotAllowed, match="session_over"):
        prove(store, made.session, PASSWORD, HASHER, NOW)
    change_account(store, hanako, replaced(hanako, roles=frozenset({Role.ADMIN, Role.STAFF})), ROOT, NOW)
    with pytest.raises(NotAllowed, match="session_over"):
        prove(store, proven.session, PASSWORD, HASHER, NOW)


def test_a_role_that_is_taken_while_the_password_is_checked_gives_no_session(store: SqlStore, hanako: Account) -> None:
    made = logged_in(store)

    class Slow(PlainHasher):
        def verify(self, hashed: str, password: str) -> bool:
            change_account(store, hanako, replaced(hanako, roles=frozenset({Role.ADMIN, Role.STAFF})), ROOT, NOW)
            return super().verify(hashed, password)

    with pytest.raises(NotAllowed, match="session_over"):
        prove(store, made.session, PASSWORD, Slow(), NOW)


def test_a_password_that_is_changed_while_the_old_one_is_checked_gives_no_session(
    store: SqlStore, hanako: Account
) -> None:
    class Slow(PlainHasher):
        def verify(self, hashed: str, password: str) -> bool:
            with store.writing() as writing:
                writing.put_account(replaced(hanako, password="plain:other"))
            return super().verify(hashed, password)

    with pytest.raises(LoginRefused):
        log_in(store, attempt(), Slow(), NOW)
    assert store.sessions_of(hanako.id) == ()


def test_a_new_password_ends_every_other_session(store: SqlStore, hanako: Account) -> None:
    first, second = logged_in(store), logged_in(store)
    fresh = f"{PASSWORD}、朝七時に"
    made = change_password(store, first.session, PASSWORD, fresh, HASHER, NOW, company=COMPANY)
    assert find_session(store, made.token, NOW) is not None
    assert find_session(store, first.token, NOW) is None
    assert find_session(store, second.token, NOW) is None
    wait_of(store, attempt())
    assert log_in(store, attempt(fresh), HASHER, NOW).token
    assert events(store, NoteEvent.USER_CHANGED)[-1] == {"change": "password", "user": "hanako"}


def test_a_refused_new_password_leaves_session_and_password(store: SqlStore, hanako: Account) -> None:
    made = logged_in(store)
    with pytest.raises(NotAllowed, match="password_short"):
        change_password(store, made.session, PASSWORD, "short", HASHER, NOW)
    with pytest.raises(LoginRefused):
        change_password(store, made.session, "wrong", f"{PASSWORD}2", HASHER, NOW)
    assert find_session(store, made.token, NOW) is not None
    assert store.account(hanako.id) == hanako


def test_an_invitation_for_a_new_password_leaves_the_old_one_until_it_is_used(store: SqlStore, hanako: Account) -> None:
    invite(store, hanako.id, ROOT, NOW)
    assert log_in(store, attempt(), HASHER, NOW).token
