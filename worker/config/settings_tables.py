"""Decides which shape some tables of ``worker.toml`` have: when, where things are kept, who is told, import headings.

Its promise: a window opens, a share of hours is one that people can wait for, and an address is an address. Servers and
release have their shapes beside what they become, in ``settings``.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from worker.config.addresses import AddressText
from worker.config.editing.fields import key_names, parse_key
from worker.config.mailbox_actions import parse_after
from worker.config.toml import NonEmpty, Refused, Shape, nearest
from worker.core.business_hours import USUAL, BadWindow, read_window

MAX_POLL_SECONDS: Final = 86_400  # a day: a longer pause is a mailbox nobody watches
DEAF_MINUTES: Final = 15
MAX_DEAF_MINUTES: Final = 10_080  # a week: who wants to hear later does not want to hear
LOOKS_MISSED: Final = 2  # one look may fail, or take long, where the pause between looks is long
MAX_OPEN_HOURS: Final = 200  # about a month of open hours: by then nobody expects an answer any more


def _check_window(text: str) -> str:
    try:
        read_window(text)
    except BadWindow:
        raise Refused(("bad_window", {"value": text})) from None
    return text


def check_after(text: str) -> str:
    """What ``[mailbox.x] after`` may say. Raises Refused."""
    try:
        parse_after(text)
    except ValueError:
        raise Refused(("bad_after", {"value": text})) from None
    return text


def refuse_own_folder(text: str, folder: str) -> str:
    """A message that is moved to where it stands would be a new one for ever. Raises Refused."""
    if parse_after(text).folder.casefold() == folder.casefold():
        raise Refused(("after_same_folder", {"value": folder}))
    return text


class ScheduleTable(Shape):
    """``[schedule]``; every number of hours counts open ones. Empty ``windows`` are open around the clock."""

    poll_seconds: Annotated[int, Field(ge=1, le=MAX_POLL_SECONDS)] = 60
    deaf_minutes: Annotated[int, Field(ge=1, le=MAX_DEAF_MINUTES)] | None = None
    announced_hours: Annotated[int, Field(ge=1, le=MAX_OPEN_HOURS)] = 24
    overdue_hours: Annotated[int, Field(ge=1, le=MAX_OPEN_HOURS)] = 24
    stuck_hours: Annotated[int, Field(ge=1, le=MAX_OPEN_HOURS)] = 4
    windows: list[Annotated[str, AfterValidator(_check_window)]] = Field(default_factory=lambda: list(USUAL))
    closed: list[dt.date] = Field(default_factory=list)

    @field_validator("deaf_minutes")
    @classmethod
    def _longer_than_a_pause(cls, minutes: int | None, info: ValidationInfo) -> int | None:
        poll_seconds = info.data.get("poll_seconds", 0)
        if minutes is not None and minutes * 60 < LOOKS_MISSED * poll_seconds:
            raise Refused(("deaf_too_soon", {"least": str(-(-LOOKS_MISSED * poll_seconds // 60))}))
        return minutes


def deaf_after(schedule: ScheduleTable) -> dt.timedelta:
    """How long no look may succeed; where nothing is written, never less than two pauses between looks."""
    if schedule.deaf_minutes is not None:
        return dt.timedelta(minutes=schedule.deaf_minutes)
    return dt.timedelta(seconds=max(DEAF_MINUTES * 60, LOOKS_MISSED * schedule.poll_seconds))


_AUTHSERV_ID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,253}")
"""A token (RFC 2045 §5.1), which every server writes that has a name for itself."""


def check_authserv_id(text: str) -> str:
    """What ``[mailbox.x] authserv_id`` may say. Raises Refused."""
    if text and not _AUTHSERV_ID.fullmatch(text):
        raise Refused(("bad_authserv_id", {"value": text}))
    return text


class IntakeTable(Shape):
    """``[intake]``."""

    colleagues: list[AddressText] = Field(default_factory=list)


class FoldersTable(Shape):
    """``[folders]``."""

    notices: NonEmpty = "inbox/notices"
    invoices: NonEmpty = "inbox/invoices"
    invoices_shown: str = ""


class StoreTable(Shape):
    """``[store]``."""

    dir: str = ""
    witness: str = ""
    url: str = ""

    @field_validator("url")
    @classmethod
    def _only_embedded(cls, url: str) -> str:
        if url:  # the database that several workers share comes with an issue of its own
            raise Refused(("store_url", {}))
        return url


class OperatorTable(Shape):
    """``[operator]``."""

    people: Annotated[list[NonEmpty], Field(min_length=1)]  # in every mode something waits for a named person
    notify: list[AddressText] = Field(default_factory=list)
    escalate: list[AddressText] = Field(default_factory=list)
    command: list[NonEmpty] = Field(default_factory=list)


def _check_column(key: str) -> str:
    if not key or parse_key(key) is not None:  # empty: this heading is left out
        return key
    raise Refused(("import_key", {"name": key, "nearest": nearest(key, key_names())}))


class ImportTable(Shape):
    """``[import]``."""

    columns: dict[str, Annotated[str, AfterValidator(_check_column)]] = Field(default_factory=dict)
