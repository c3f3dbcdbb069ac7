"""The use of a token, and the meaning of each answer of a token endpoint."""

from __future__ import annotations

import datetime as dt
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.tables import every_case
from worker.core.login_errors import LoginFault, LoginRefusal, find_refusal, hide_tokens, xoauth2_response
from worker.core.model import JST
from worker.oauth.tokens import (
    NoCode,
    TokenResponse,
    agreement_page,
    begin,
    is_an_answer,
    judge_error,
    read_login,
    read_pasted,
    read_token_response,
    write_login,
)

NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=JST)
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
GIVEN = TokenResponse("access-1", "refresh-1", HOUR)
KEPT = begin("microsoft", "id-1", GIVEN, NOW)


def test_a_token_is_renewed_five_minutes_before_its_end_and_serves_until_it():
    assert KEPT.is_usable(NOW + 54 * MINUTE)
    assert not KEPT.is_usable(NOW + 55 * MINUTE)
    assert KEPT.is_alive(NOW + 59 * MINUTE)
    assert not KEPT.is_alive(NOW + HOUR)


def test_a_token_that_lives_for_a_minute_is_used_for_half_of_it():
    short = begin("google", "id-1", TokenResponse("a", "r", MINUTE), NOW)
    assert short.is_usable(NOW + dt.timedelta(seconds=29))
    assert not short.is_usable(NOW + dt.timedelta(seconds=30))


def test_a_clock_that_was_set_back_makes_a_token_old():
    assert KEPT.is_usable(NOW - dt.timedelta(seconds=30))
    assert not KEPT.is_usable(NOW - 2 * MINUTE)


def test_a_token_that_the_server_refused_is_not_used_again():
    refused = KEPT.without_access()
    assert not refused.is_usable(NOW)
    assert not refused.is_alive(NOW)
    assert refused.refresh_token == "refresh-1"


def test_a_renewed_login_keeps_its_refresh_token_where_no_other_was_given():
    later = NOW + HOUR
    assert KEPT.renewed(TokenResponse("access-2", "refresh-2", HOUR), later).refresh_token == "refresh-2"
    renewed = KEPT.renewed(TokenResponse("access-2", "", HOUR), later)
    assert (renewed.refresh_token, renewed.access_token) == ("refresh-1", "access-2")
    assert (renewed.expires_at, renewed.renewed_at, renewed.logged_in_at) == (later + HOUR, later, NOW)


def test_a_kept_login_is_read_as_it_was_written_and_shows_no_token():
    assert read_login(write_login(KEPT)) == KEPT
    assert "access-1" not in repr(KEPT) + repr(GIVEN)
    assert "refresh-1" not in repr(KEPT) + repr(GIVEN)


@pytest.mark.parametrize(
    "change",
    [{"refresh_token": ""}, {"refresh_token": 5}, {"expires_at": "soon"}, {"expires_at": "2026-11-24T09:00:00"}],
)
def test_what_is_no_kept_login_is_none(change):
    assert read_login(json.dumps(json.loads(write_login(KEPT)) | change).encode()) is None
    assert read_login(b"") is None
    assert read_login(b"[]") is None


@every_case(
    ("status", "body", "spoke"),
    [
        (200, "{}", True),
        (400, '{"error": "invalid_grant"}', True),
        (401, '{"error": "invalid_client"}', True),
        (200, "<html>", False),
        (200, "[]", False),
        (302, "{}", False),
        (407, "{}", False),
        (429, "{}", False),
        (503, "{}", False),
    ],
)
def test_only_the_endpoint_itself_can_refuse(status, body, spoke):
    assert is_an_answer(status, body) is spoke


@every_case(
    ("error", "fault"),
    [
        ("invalid_grant", LoginFault.ENDED),
        ("interaction_required", LoginFault.ENDED),
        ("", LoginFault.ENDED),
        ("access_denied", LoginFault.DECLINED),
        ("authorization_declined", LoginFault.DECLINED),
        ("expired_token", LoginFault.DECLINED),
        ("invalid_client", LoginFault.APPLICATION),
        ("unauthorized_client", LoginFault.APPLICATION),
        ("invalid_scope", LoginFault.APPLICATION),
        ("temporarily_unavailable", None),
        ("server_error", None),
    ],
)
def test_each_error_is_the_logins_the_applications_or_the_worlds(error, fault):
    assert judge_error(error) is fault


@pytest.mark.parametrize("answer", [{}, {"access_token": ""}, {"access_token": "a b\n"}, {"access_token": 5}])
def test_an_answer_without_a_token_that_can_be_sent_gives_none(answer):
    assert read_token_response(answer) is None


@pytest.mark.parametrize(("life", "seconds"), [(60, 60), ("60", 60), (None, 3600), (-1, 3600), (10**9, 86_400)])
def test_the_life_of_a_token_is_what_the_endpoint_says_within_a_day(life, seconds):
    assert read_token_response({"access_token": "a", "expires_in": life}).life.total_seconds() == seconds


@every_case("fault", list(LoginFault))
@every_case("said", ["", "invalid_grant: AADSTS70008: (x): the token has expired"])
def test_a_refusal_is_found_again_in_an_error_and_in_an_alarm(fault, said):
    refusal = LoginRefusal("main", fault, said)
    assert find_refusal(str(refusal)) == refusal
    assert find_refusal(f"imap: {refusal}") == refusal


def test_another_error_holds_no_refusal():
    assert find_refusal("[AUTHENTICATIONFAILED] Authentication failed.") is None


def test_no_token_stands_in_a_text_for_people():
    token = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJodHRw.c2ln-_"
    text = hide_tokens(
        f"AUTH XOAUTH2 {token}\r\nrefused short-1; trace 0a1b2c3d-0000-1111-2222-333344445555", ["short-1"]
    )
    assert text == "AUTH XOAUTH2 … refused …; trace 0a1b2c3d-0000-1111-2222-333344445555"
    assert len(hide_tokens("a " * 1000)) == 300


def test_the_mechanisms_one_message_is_as_both_providers_want_it():
    assert xoauth2_response("a@b.example", "t-1") == b"user=a@b.example\x01auth=Bearer t-1\x01\x01"


def test_the_page_to_agree_on_asks_for_a_refresh_token_and_binds_the_code_to_us():
    page = agreement_page(
        "https://a.example/auth", "id-1", ["https://mail.google.com/"], "a@b.example", state="s-1", verifier="v"
    )
    asked = {name: values[0] for name, values in parse_qs(urlsplit(page).query).items()}
    assert asked["access_type"] == "offline"
    assert asked["prompt"] == "consent"
    assert asked["redirect_uri"] == "http://127.0.0.1"
    assert asked["code_challenge"] == "TJRIXgwhrmxBzh3-e2v6zupato5AokdvUCCOUm9QYIA"
    assert asked["code_challenge_method"] == "S256"
    assert "v" not in asked.values()


@every_case(
    ("pasted", "found"),
    [
        ("http://127.0.0.1/?state=s-1&code=4/0AbCdEfGh&scope=x", "4/0AbCdEfGh"),
        ("  http://127.0.0.1/?code=4%2F0AbCdEfGh&state=s-1\n", "4/0AbCdEfGh"),
        ("4/0AbCdEfGhIjKl", "4/0AbCdEfGhIjKl"),
        ("http://127.0.0.1/?state=s-2&code=4/0AbCdEfGh", NoCode()),
        ("http://127.0.0.1/?code=4/0AbCdEfGh", NoCode()),
        ("http://127.0.0.1/?state=s-1", NoCode()),
        ("http://127.0.0.1/?state=s-1&code=a&code=b", NoCode()),
        ("http://127.0.0.1/?state=s-1&error=access_denied", NoCode("access_denied")),
        ("http://[", NoCode()),
        ("はい", NoCode()),
        ("", NoCode()),
    ],
)
def test_what_a_person_pastes_is_the_code_of_this_login_or_none(pasted, found):
    assert read_pasted(pasted, "s-1") == found
