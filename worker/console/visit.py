"""One request as a handler sees it: the account, the office, a store, what was typed; and the answers it can give."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.datastructures import UploadFile
from starlette.responses import HTMLResponse, RedirectResponse, Response

from worker.accounts.login import LoggedIn
from worker.accounts.people import author_of
from worker.audit.sent_log import PROGRAM
from worker.config.editing.issuer_fields import UNKNOWN_WORD
from worker.console.desk import Desk
from worker.console.guards import session_cookie
from worker.core.accounts import KEPT_DAYS, Account, LoginSession, Right
from worker.core.errors import ConfigError, NotAllowed
from worker.core.japanese_dates import read_date, weekday, write_date
from worker.core.messages import Language, is_said, name_author, name_state_at, say, say_refusal
from worker.core.messages.days import short_day
from worker.core.model import JST, Submission
from worker.pipeline.register import Editor
from worker.send.rate_limit import leaves_at
from worker.service.wiring import Installation
from worker.store.ports import Author, Store
from worker.views.project_form import with_year
from worker.views.today import Viewer

HERE: Final = Path(__file__).parent
KEPT_SECONDS: Final = int(KEPT_DAYS.total_seconds())
DEVICE_COOKIE: Final = "device"
DEVICE_SECONDS: Final = 365 * 24 * 3600
"""How long a browser counts as one in which the person has logged in: a guesser elsewhere delays it not."""

SAID: Final = "said"
"""The query's name for the code of the sentence that the next page begins with; any other text is never shown."""
APPROVALS: Final = "/?kind=approval"
"""The list of work with what waits for an approval alone."""
MENU: Final = (
    ("/", "menu_today", Right.PREPARE),
    (APPROVALS, "menu_approvals", Right.DECIDE),
    ("/drop", "menu_drop", Right.PREPARE),
    ("/projects", "menu_projects", Right.PREPARE),
    ("/issuers", "menu_issuers", Right.SEE),
    ("/log", "menu_log", Right.SEE),
    ("/received", "menu_received", Right.SEE),
    ("/changes", "menu_changes", Right.SEE),
    ("/verify", "menu_verify", Right.AUDIT),
    ("/people/views", "people_views", Right.AUDIT),
    ("/health", "menu_health", Right.HEALTH),
    ("/people", "menu_people", Right.PEOPLE),
)
"""Path, word and right of each entry of the menu."""


LONGEST_NUMBER: Final = 15
"""Digits of a number that a form or an address may name: the database counts to nineteen."""


def number_in(text: str) -> int | None:
    """Returns the number that ``text`` is; None if it is none, or one that no row can have."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else None


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a POST, as typed."""

    fields: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Mapping[str, Sequence[UploadFile]] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The value of a field, without the spaces around it; empty if it is missing."""
        values = self.fields.get(name, ())
        return values[0].strip() if values else ""

    def secret(self, name: str) -> str:
        """The value of a field as it is: a password may begin with a space."""
        values = self.fields.get(name, ())
        return values[0] if values else ""

    def several(self, name: str) -> tuple[str, ...]:
        """All values of a field."""
        return tuple(self.fields.get(name, ()))


@dataclass(frozen=True, slots=True)
class Banner:
    """One sentence above the page."""

    text: str
    is_alarm: bool
    path: str = ""
    """The page on which the person may end it; empty if there is none."""
    word: str = ""
    """The words of the link to it."""


@dataclass(slots=True)
class Visit:
    """One request."""

    desk: Desk
    find_banners: Callable[[Visit], Sequence[Banner]]
    """Finds the banners that hold now; every page of a person who is logged in begins with them."""
    opened: Store | None
    now: dt.datetime
    path: str
    params: Mapping[str, Any]
    query: Mapping[str, str]
    form: Form
    address: str
    """The client's address, from the proxy if ``[console] proxy`` names it."""
    agent: str
    token: str = ""
    """The session's token, from the cookie; empty if there is none."""
    device: str = ""
    """The signed cookie of a browser that has logged in before."""
    trip: str = field(default="", repr=False)
    """The cookie of a login that is under way at the identity provider."""
    session: LoginSession | None = None
    account: Account | None = None
    cookies: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    """Cookies that the answer sets: the value, and how long it is kept in seconds; None: until the browser ends."""

    def use(self, store: Store) -> None:
        """Gives the request its store."""
        self.opened = store

    def leave_store(self) -> None:
        """Takes the store away: it is another request's now."""
        self.opened = None

    def keep_session(self, done: LoggedIn) -> None:
        """Sets the cookies of a session that was opened or proven again."""
        self.token, self.session, self.account = done.token, done.session, done.account
        self.cookies[session_cookie(self.desk)] = (done.token, KEPT_SECONDS if done.session.is_kept else None)
        if done.device:
            self.cookies[DEVICE_COOKIE] = (done.device, DEVICE_SECONDS)

    @property
    def store(self) -> Store:
        """The store of a request that is handled."""
        if self.opened is None:
            raise RuntimeError("a page of an error reads no store")
        return self.opened

    @property
    def office(self) -> Installation:
        """The configuration. Raises ConfigError."""
        return self.desk.office()

    @property
    def lang(self) -> Language:
        """The language of the account."""
        return self.account.language if self.account else "ja"

    @property
    def person(self) -> Account:
        """The account of a page that needs one."""
        if self.account is None:
            raise NotAllowed("login_needed")
        return self.account

    @property
    def viewer(self) -> Viewer:
        """The account as the one for whom the list of work is made."""
        return Viewer(self.person.name, self.may(Right.DECIDE))

    @property
    def opened_session(self) -> LoginSession:
        """The session of a page that needs one."""
        if self.session is None:
            raise NotAllowed("login_needed")
        return self.session

    @property
    def author(self) -> Author:
        """The person as entries name them, with the account and the client's address."""
        return author_of(self.person, self.address)

    @property
    def editor(self) -> Editor:
        """The person, as the functions that change the register take one."""
        office = self.office
        return Editor(office.directory, self.store, self.desk.clock, self.author, office.active_config.invoice_folder)

    @property
    def today(self) -> dt.date:
        """The present Japanese day."""
        return self.now.astimezone(JST).date()

    def day(self, typed: str) -> dt.date | None:
        """Returns the day that was typed: 令和8年11月30日, R8.11.30, 2026-11-30, 11/30; None if the field is empty.

        Raises NotAllowed ``date_unreadable``.
        """
        if not typed.strip():
            return None
        try:
            return read_date(with_year(typed, self.today))
        except ValueError as error:
            raise NotAllowed("date_unreadable", given=typed) from error

    def moment(self, typed: str) -> dt.datetime | None:
        """Returns the Japanese moment that was typed: a browser's own form, or a day of ``day`` and a time.

        None if the field is empty. Raises NotAllowed ``moment_unreadable``.
        """
        text = unicodedata.normalize("NFKC", typed).strip()
        if not text:
            return None
        if (found := _MOMENT.fullmatch(text)) is None:
            raise NotAllowed("moment_unreadable", given=typed)
        try:
            day = read_date(with_year(found["day"], self.today))
            return dt.datetime.combine(day, dt.time(int(found["hour"]), int(found["minute"])), JST)
        except ValueError as error:
            raise NotAllowed("moment_unreadable", given=typed) from error

    @property
    def today_typed(self) -> str:
        """The present day as a person types it in the language of the account."""
        return self.typed_day(self.today)

    def typed_day(self, day: dt.date) -> str:
        """A day as a person types it in the language of the account."""
        return write_date(day) if self.lang == "ja" else day.isoformat()

    def short_moment(self, at: dt.datetime) -> str:
        """A moment within a sentence: 11/30 8:30. In English it has its year: 11/12 could be two days."""
        here = at.astimezone(JST)
        return f"{here:%-m/%-d %-H:%M}" if self.lang == "ja" else f"{here:%Y-%m-%d %H:%M}"

    @property
    def csrf_token(self) -> str:
        """The CSRF token of this session, which each of its forms has: another site cannot know it."""
        return hmac.new(self.token.encode(), b"form", hashlib.sha256).hexdigest()

    def may(self, right: Right) -> bool:
        """Returns whether the account has this right today."""
        return self.account is not None and self.account.may(right, self.today)

    def say(self, code: str, **params: object) -> str:
        """The sentence of a code in the account's language."""
        return say(code, self.lang, **params)

    def refusal(self, refused: NotAllowed) -> str:
        """The sentence of a refusal in the account's language."""
        return say_refusal(refused.code, self.lang, **refused.params)

    def state_of(self, submission: Submission) -> str:
        """Returns the state for a chip: with the moment at which a mail leaves, or of the call to come."""
        leaves = leaves_at(submission, self.office.settings.hours, self.now)
        return name_state_at(submission, self.lang, leaves, self.now)

    def name_author(self, by: str, absent: Sequence[str] = ()) -> str:
        """The person of an entry, with those who were ``absent`` if a deputy; the program by a word for people."""
        return self.say("by_program") if by == PROGRAM else name_author(by, absent, self.lang)

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        """Renders a page."""
        said = self.query.get(SAID, "")
        known = f"said_{said}"
        shown = self.say(known) if said and is_said(known) else ""
        html = _ENVIRONMENT.get_template(template).render(
            visit=self,
            menu=MENU,
            t=self.say,
            named=self.name_author,
            lang=self.lang,
            said=shown,
            menu_counts=self._menu_counts(),
            banners=self._banners(),
            now=self.now,
            Right=Right,
            **context,
        )
        return HTMLResponse(html, status)

    def _menu_counts(self) -> Mapping[str, int]:
        """The numbers of the menu by path; none on a page without a store, which says that it is not available."""
        if self.opened is None or not self.may(Right.PREPARE):
            return {}
        try:
            counted = self.desk.count_work(self.store, self.now)
        except ConfigError:  # the pages that need no configuration still come
            return {}
        return {"/": counted.to_do(self.viewer), APPROVALS: counted.to_approve(self.viewer)}

    def _banners(self) -> Sequence[Banner]:
        """The banners; none before a login, on a page without a store, and where the configuration cannot be read."""
        if self.opened is None or self.account is None:
            return ()
        try:
            return self.find_banners(self)
        except ConfigError:
            return ()

    def go(self, path: str, said: str = "", **query: str) -> Response:
        """Answers a form: the browser gets the page at ``path``, which begins with the sentence ``said_CODE``."""
        asked = {**query, **({SAID: said} if said else {})}
        return RedirectResponse(f"{path}?{urlencode(asked)}" if asked else path, 303)


@dataclass(frozen=True, slots=True)
class Versions:
    """The static files with the first digits of their hash, so that a browser keeps one until it changes."""

    folder: Path

    def __call__(self, name: str) -> str:
        """The address of a static file."""
        content = (self.folder / name).read_bytes()
        return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    versions = Versions(HERE / "static")
    environment.globals["static"] = {each.name: versions(each.name) for each in versions.folder.iterdir()}.__getitem__
    environment.globals["unknown_word"] = UNKNOWN_WORD
    environment.filters["groups"] = lambda text: " ".join(text[at : at + 4] for at in range(0, len(text), 4))
    environment.filters["moment"] = _moment
    environment.filters["day"] = _day
    environment.filters["whole_days"] = _whole_days
    environment.filters["aside_whole"] = _aside_whole
    environment.tests["browsers_moment"] = lambda text: bool(_BROWSERS_MOMENT.fullmatch(text))
    environment.filters["date"] = _date
    environment.filters["device"] = name_device
    return environment


_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
)
_SYSTEMS: Final = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux")


def name_device(agent: str, lang: Language = "ja") -> str:
    """Returns the browser and the system that a person knows: ``Chrome（Windows）``; another agent as it is."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "Safari" if "Safari" in agent else "")
    system = next((each for each in _SYSTEMS if each in agent), "")
    if not (browser and system):
        return agent
    return browser + say("in_brackets", lang, text=system.replace("Macintosh", "Mac"))


def _moment(moment: dt.datetime | None, lang: Language) -> str:
    """A moment without seconds: 11/30（月）8:30."""
    if moment is None:
        return ""
    at = moment.astimezone(JST)
    return f"{_day(at.date(), lang)}{at.hour}:{at:%M}" if lang == "ja" else f"{at:%Y-%m-%d %H:%M}"


def _date(day: dt.date | None, lang: Language) -> str:
    """A day as it is written in contracts, with its weekday: 令和8年11月30日（月）."""
    if day is None:
        return ""
    return f"{write_date(day)}（{weekday(day)}）" if lang == "ja" else f"{day:%a} {day.isoformat()}"


def _day(day: dt.date | None, lang: Language) -> str:
    if day is None:
        return ""
    return short_day(day) if lang == "ja" else day.isoformat()


def _whole_days(text: str) -> Markup:
    """Returns a text in which no line ends within a date."""
    return Markup(_WRITTEN_DAY.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704  escaped first


def _aside_whole(text: str) -> Markup:
    """Returns the words of a button in which no line ends within the remark in brackets."""
    word, bracket, remark = text.partition("（")
    if not bracket:
        return escape(text)
    return escape(word) + Markup('<span class="whole">{}</span>').format(bracket + remark)


_WRITTEN_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|令和[元0-9]+年[0-9]+月[0-9]+日|[0-9]+/[0-9]+（.）")
_MOMENT: Final = re.compile(
    r"(?P<day>.*\S)(?:\s+|(?<=[0-9])T)(?P<hour>[0-9]{1,2})[:時](?P<minute>[0-9]{1,2})分?(?::00)?"
)
_BROWSERS_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_ENVIRONMENT: Final = _environment()
