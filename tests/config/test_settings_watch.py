"""The keys of worker.toml about watching: actions after reading, and the time until a mailbox counts as deaf."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any

import pytest

from tests.support.config_samples import WORKER
from tests.support.tables import every_case
from worker.config.settings import Settings, read_settings
from worker.core.errors import Problem
from worker.core.mailbox_actions import Act, MailboxAction, is_due_after, parse_after
from worker.core.model import Disposition


def read(text: str) -> tuple[Settings | None, list[Problem]]:
    found: list[Problem] = []
    return read_settings(tomllib.loads(text), found), found


def with_mailbox(line: str) -> str:
    return WORKER.replace("port = 993", f"port = 993\n{line}")


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("", MailboxAction()),
        ('after = "nothing"', MailboxAction()),
        ('after = "seen"', MailboxAction(Act.SEEN)),
        ('after = "move:受信箱/保証便 済"', MailboxAction(Act.MOVE, "受信箱/保証便 済")),
        ('after = "move: Done"', MailboxAction(Act.MOVE, "Done")),
    ],
)
def test_what_is_done_to_a_message_afterwards_is_one_of_three(line: str, after: MailboxAction) -> None:
    settings, found = read(with_mailbox(line))
    assert found == []
    assert settings is not None
    assert settings.mailboxes["main"].after == after


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("delete", "bad_after"),
        ("", "bad_after"),
        ("seen:x", "bad_after"),
        ("move", "bad_after"),
        ("move:", "bad_after"),
        ("move:  ", "bad_after"),
        ("move:inbox", "after_same_folder"),
    ],
)
def test_anything_else_is_refused_and_so_is_the_watched_folder_itself(text: str, code: str) -> None:
    _, found = read(with_mailbox(f'after = "{text}"'))
    assert [(each.key, each.code) for each in found] == [("mailbox.main.after", code)]


@every_case("end", Disposition)
def test_other_peoples_mail_and_what_has_no_end_is_left_alone(end: Disposition) -> None:
    untouched = end in {Disposition.NOT_OURS, Disposition.UNFETCHED, Disposition.PUT_OFF, Disposition.PENDING}
    assert is_due_after(parse_after("seen"), end) is not untouched
    assert not is_due_after(MailboxAction(), end)


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        ("", 15),
        ("deaf_minutes = 5", 5),
        ("poll_seconds = 3600", 120),
        ("poll_seconds = 3600\ndeaf_minutes = 120", 120),
    ],
)
def test_a_mailbox_is_deaf_after_fifteen_minutes_or_two_pauses_between_looks(schedule: str, minutes: int) -> None:
    settings, found = read(f"{WORKER}\n[schedule]\n{schedule}")
    assert found == []
    assert settings is not None
    assert settings.deaf_after == dt.timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        ("poll_seconds = 600\ndeaf_minutes = 19", "deaf_too_soon"),
        ("deaf_minutes = 0", "too_small"),
        ("deaf_minutes = 100000", "too_large"),
    ],
)
def test_a_time_that_would_alarm_where_nothing_is_wrong_is_refused(schedule: str, code: str) -> None:
    _, found = read(f"{WORKER}\n[schedule]\n{schedule}")
    assert [(each.key, each.code) for each in found] == [("schedule.deaf_minutes", code)]
    params: Any = found[0].params
    assert code != "deaf_too_soon" or params["least"] == "20"
