"""Reads ``worker.toml``: servers, folders, release, store, schedule and people.

Every address is an address and every plain connection ends at this machine. Paths are kept as written;
``config/files.py`` resolves them.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from worker.config.addresses import NAME, AddressText, Host, check_host, read_address
from worker.config.defaults import (
    DEAF_MINUTES,
    HOLD_MINUTES,
    INVOICES,
    LOOKS_MISSED,
    MAX_BYTES,
    NOTICES,
    POLL_SECONDS,
    SELF,
    STUCK_HOURS,
    longest_silence,
)
from worker.config.editing.fields import key_names, parse_key
from worker.config.oauth_settings import Auth, OauthTable, find_faults_of_logins, shared_login
from worker.config.release import Mode, Release, SecondPerson
from worker.config.sso_settings import SsoSettings, SsoTable
from worker.config.toml import (
    Listed,
    NonEmpty,
    OneOf,
    PathText,
    Refused,
    Shape,
    Some,
    SomePath,
    check_table,
    key_path,
    nearest,
    parse_toml,
    table_in,
    value_of,
)
from worker.core.addresses import is_loopback, is_placeholder
from worker.core.business_hours import USUAL, BadWindow, OfficeHours, read_window
from worker.core.errors import Problem
from worker.core.mailbox_actions import MailboxAction, parse_after
from worker.core.model import Address
from worker.core.rulebook import Contractor
from worker.oauth.settings import OauthSettings

FILE: Final = "worker.toml"

MAX_HOLD_MINUTES: Final = 10_080  # a week: by then the day of the contract has passed
MAX_GRACE_SECONDS: Final = 3_600  # an hour: a longer wait is a decision of its own, and mode "hold" is there for it
MAX_AMOUNT: Final = 1_000_000_000_000  # a trillion yen: more is a slip of the pen
MIN_MAIL_BYTES: Final = 100_000  # less holds no notice PDF with its base64
PER_MINUTE: Final = 30  # the strictest limit of the usual mail services: Microsoft 365 says 30 messages a minute
MAX_PER_MINUTE: Final = 6_000  # a hundred a second: more than one connection carries, so a slip of the pen
MAX_POLL_SECONDS: Final = 86_400  # a day: a longer pause leaves the mailbox unwatched
MAX_DEAF_MINUTES: Final = 10_080  # a week: a later alarm helps no more
MAX_OPEN_HOURS: Final = 200  # about a month of open hours: by then an answer is no longer expected


class Security(StrEnum):
    """The protection of a connection; NONE is for this machine only."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """One watched mailbox; its name is the NAME of ``[mailbox.NAME]``."""

    name: str
    host: str
    port: int
    security: Security
    user: str
    auth: Auth
    password_file: str
    ca_file: str
    folder: str
    since: dt.date | None
    after: MailboxAction = field(default_factory=MailboxAction)
    oauth: OauthSettings | None = None
    """Never None if ``auth`` is XOAUTH2."""
    authserv_id: str = ""
    """Our own server's name in the Authentication-Results that it writes; empty: none is believed."""


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """The mail server that takes what is sent; an empty ``user`` means no login."""

    host: str
    port: int
    security: Security
    user: str
    auth: Auth
    password_file: str
    ca_file: str
    ehlo: str
    """Never empty: by default the domain of the contractor's address."""
    max_bytes: int
    per_minute: int = PER_MINUTE
    """Mails begun within any 60 seconds; 0: no cap."""
    connections: int = 1
    """Always 1: mails go one at a time."""
    login: str = ""
    """The mailbox whose login is used; empty if ``auth`` is PASSWORD."""
    copy_to: Address | None = None
    """An address of our own that gets each submission as well, unseen by its recipients."""

    @property
    def is_loopback(self) -> bool:
        """True if the server is this machine."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class ConsoleSettings:
    """The web console."""

    url: str = ""
    """Its address in a browser, without a slash at its end; empty: there is none, and mails name commands."""
    proxy: str = ""
    """The address of the one proxy whose forwarded address is believed, or ``unix``; empty: none."""
    networks: tuple[str, ...] = ()
    """The networks from which no second factor is asked for."""
    metrics: str = ""
    """Address and port on this machine at which ``/metrics`` is served; empty: nowhere."""
    sso: SsoSettings | None = None
    """The identity provider of the office; None: people log in by passwords alone."""


class WebhookForm(StrEnum):
    """The form of the notices that a chat takes."""

    TEAMS = "teams"
    SLACK = "slack"
    LINE_WORKS = "line_works"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """A chat that gets counts and a link; its address is a credential, which stands in a file of its own."""

    form: WebhookForm
    url_file: str


@dataclass(frozen=True, slots=True)
class Settings:
    """``worker.toml``; folders, ``store_dir`` and file names as given there."""

    contractor: Contractor
    mailboxes: Mapping[str, MailboxSettings]
    smtp: SmtpSettings
    notices: str
    invoices: str
    release: Release
    poll_seconds: int
    store_dir: str
    people: tuple[str, ...]
    notify: tuple[Address, ...]
    deaf_after: dt.timedelta = dt.timedelta(minutes=DEAF_MINUTES)
    """The longest time without a successful look at a mailbox or folder."""
    colleagues: tuple[Address, ...] = ()
    """Addresses whose authenticated mails may bring a notice."""
    import_columns: Mapping[str, str] = field(default_factory=dict)
    """Headings of the contractor's own ledger → keys of a project; they go before the usual ones."""
    hours: OfficeHours = field(default_factory=OfficeHours)
    """When mail to issuers leaves, and which hours count."""
    announced_hours: int = 24
    """Open hours after which a person is reminded of a notice that was announced and has not come."""
    overdue_hours: int = 24
    """Open hours without news after which a person asks the issuer."""
    stuck_hours: int = STUCK_HOURS
    """Open hours of failed attempts after which a person is informed; the attempts go on."""
    escalate: tuple[Address, ...] = ()
    """Recipients of urgent matters that were left untouched for a working day."""
    command: tuple[str, ...] = ()
    """Program and arguments that alert a person if no mail can be sent; empty: none."""
    sent_digest: dt.time | None = None
    """When the list of what was sent goes out on a working day; None: no such list."""
    webhook: WebhookSettings | None = None
    invoices_shown: str = ""
    r"""The invoices folder as the office calls it (``\\server\保証の請求書``); empty: by its path."""
    store_witness: str = ""
    """The folder of the store's witness; empty: the usual place."""
    console: ConsoleSettings = ConsoleSettings()
    register_dir: str = ""
    """The directory of projects and issuers, as given; empty: the configuration's own."""

    @property
    def ca_files(self) -> tuple[str, ...]:
        """The files of certificates that are trusted, as given; empty texts among them."""
        return (self.smtp.ca_file, *(each.ca_file for each in self.mailboxes.values()))


# --- Shapes --------------------------------------------------------------------------------------------------

Port = Annotated[int, Field(ge=1, le=65_535)]
OpenHours = Annotated[int, Field(ge=1, le=MAX_OPEN_HOURS)]


def _check_after(text: str) -> str:
    try:
        parse_after(text)
    except ValueError:
        raise Refused("bad_after", value=text) from None
    return text


def _check_window(text: str) -> str:
    try:
        read_window(text)
    except BadWindow:
        raise Refused("bad_window", value=text) from None
    return text


UNIX: Final = "unix"
"""``[console] proxy`` for a proxy that reaches the console by ``--unix``."""


def _check_url(text: str) -> str:
    """Returns the address in small letters, without a slash at its end; http is for this machine: cookies need TLS."""
    if not text:
        return text
    try:
        parts = urlsplit(text)
        host, has_more = check_host(parts.hostname or ""), bool(parts.port == 0 or parts.username or parts.password)
    except ValueError:  # Refused is one
        raise Refused("console_url", value=text) from None
    is_plain = not (parts.path.strip("/") or parts.query or parts.fragment or has_more or "@" in text)
    if not is_plain or not text.isascii() or any(each in text for each in "\\?# "):
        raise Refused("console_url", value=text)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise Refused("console_url", value=text)
    return text.rstrip("/").lower()


def _check_proxy(text: str) -> str:
    if text in {"", UNIX}:
        return text
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise Refused("console_proxy", value=text) from None


def _check_metrics(text: str) -> str:
    """Returns an address of loopback with its port: no other machine reaches it."""
    if not text:
        return text
    host, colon, port = text.rpartition(":")
    try:
        is_own = ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        raise Refused("console_metrics", value=text) from None
    is_port = port.isascii() and port.isdigit() and 1 <= int(port) <= 65_535  # noqa: PLR2004  the ports that there are
    if not (is_own and colon and is_port and (":" in host) == host.startswith("[")):
        raise Refused("console_metrics", value=text)
    return text


def _check_network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        raise Refused("console_network", value=text) from None
    if not network.prefixlen:  # every address there is
        raise Refused("console_network", value=text)
    return str(network)


_AUTHSERV_ID: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{0,253}")
"""A token (RFC 2045 §5.1), which every server that has a name for itself writes; or empty."""


def _check_authserv_id(text: str) -> str:
    if not _AUTHSERV_ID.fullmatch(text):
        raise Refused("bad_authserv_id", value=text)
    return text


def _check_column(key: str) -> str:
    if not key or parse_key(key) is not None:  # empty: this heading is left out
        return key
    raise Refused("import_key", name=key, nearest=nearest(key, key_names()))


class _Contractor(Shape):
    name: NonEmpty
    department: str = ""
    contact: str = ""
    phone: str = ""
    email: AddressText


class _Server(Shape):
    """The keys of both kinds of server. Their order matters: a later key is checked against those before it."""

    host: Host
    port: Port
    security: OneOf[Security] = Security.TLS
    user: str = ""
    auth: OneOf[Auth] = Auth.PASSWORD
    password_file: PathText = ""
    ca_file: PathText = ""

    @field_validator("security")
    @classmethod
    def _plain_ends_here(cls, security: Security, validated: ValidationInfo) -> Security:
        if security is Security.NONE and not is_loopback(validated.data.get("host", "localhost")):
            raise Refused("plain_not_loopback")
        return security

    @field_validator("password_file")
    @classmethod
    def _login_has_a_secret(cls, name: str, validated: ValidationInfo) -> str:
        if validated.data.get("user") and validated.data.get("auth") is Auth.PASSWORD and not name.strip():
            raise Refused("secret_not_named")
        return name


class _Mailbox(_Server):
    user: NonEmpty
    folder: NonEmpty = "INBOX"
    since: dt.date | None = None
    after: Annotated[str, AfterValidator(_check_after)] = "nothing"
    oauth: Annotated[OauthTable, AfterValidator(partial(value_of, OauthSettings))] | None = None
    authserv_id: Annotated[str, AfterValidator(_check_authserv_id)] = ""

    @field_validator("after")
    @classmethod
    def _leads_away(cls, after: str, validated: ValidationInfo) -> str:
        """A message that is moved to its own folder would be a new one for ever."""
        folder = validated.data.get("folder", "")
        if parse_after(after).folder.casefold() == folder.casefold():
            raise Refused("after_same_folder", value=folder)
        return after


class _Smtp(_Server):
    ehlo: Annotated[str, AfterValidator(lambda text: check_host(text) if text else text)] = ""
    max_bytes: Annotated[int, Field(ge=MIN_MAIL_BYTES)] = MAX_BYTES
    per_minute: Annotated[int, Field(ge=0, le=MAX_PER_MINUTE)] = PER_MINUTE
    connections: int = 1
    login: str = ""
    copy_to: Annotated[str, AfterValidator(lambda text: read_address(text) if text else text)] = ""

    @field_validator("connections")
    @classmethod
    def _one_at_a_time(cls, connections: int) -> int:
        if connections != 1:  # no mail goes twice because only one is under way at a time
            raise Refused("one_connection")
        return connections

    @field_validator("user")
    @classmethod
    def _no_login_ends_here(cls, user: str, validated: ValidationInfo) -> str:
        if not user and not is_loopback(validated.data.get("host", "localhost")):
            raise Refused("no_login_not_loopback")
        return user


class _Release(Shape):
    mode: OneOf[Mode] = Mode.APPROVE
    hold_minutes: Annotated[int, Field(ge=0, le=MAX_HOLD_MINUTES)] = HOLD_MINUTES
    rehearsal_to: Annotated[str, AfterValidator(lambda text: text if text in {"", SELF} else read_address(text))] = ""
    grace_seconds: Annotated[int, Field(ge=0, le=MAX_GRACE_SECONDS)] = 0
    second_person: OneOf[SecondPerson] = SecondPerson.NEVER
    second_person_amount: Annotated[int, Field(ge=0, le=MAX_AMOUNT)] | None = None


class _Intake(Shape):
    colleagues: Listed[AddressText] = ()


class _Folders(Shape):
    notices: SomePath = NOTICES
    invoices: SomePath = INVOICES
    invoices_shown: str = ""


class _Schedule(Shape):
    """Every number of hours counts open ones. Without ``windows`` the office is open around the clock."""

    poll_seconds: Annotated[int, Field(ge=1, le=MAX_POLL_SECONDS)] = POLL_SECONDS
    deaf_minutes: Annotated[int, Field(ge=1, le=MAX_DEAF_MINUTES)] | None = None
    announced_hours: OpenHours = 24
    overdue_hours: OpenHours = 24
    stuck_hours: OpenHours = STUCK_HOURS
    windows: Listed[Annotated[str, AfterValidator(_check_window)]] = USUAL
    closed: Listed[dt.date] = ()

    @field_validator("deaf_minutes")
    @classmethod
    def _longer_than_a_pause(cls, minutes: int | None, validated: ValidationInfo) -> int | None:
        poll_seconds = validated.data.get("poll_seconds", 0)
        if minutes is not None and minutes * 60 < LOOKS_MISSED * poll_seconds:
            raise Refused("deaf_too_soon", least=str(-(-LOOKS_MISSED * poll_seconds // 60)))
        return minutes


class _Store(Shape):
    dir: PathText = ""
    witness: PathText = ""
    url: str = ""

    @field_validator("url")
    @classmethod
    def _only_embedded(cls, url: str) -> str:
        if url:  # the database that several workers share comes with an issue of its own
            raise Refused("store_url")
        return url


class _RegisterPlace(Shape):
    dir: PathText = ""


def _check_time(text: str) -> str:
    if text and not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise Refused("bad_time", value=text)
    return text


class _Webhook(Shape):
    form: OneOf[WebhookForm]
    url_file: SomePath


class _Operator(Shape):
    people: Some[NonEmpty]  # in every mode something waits for a named person
    notify: Listed[AddressText] = ()
    escalate: Listed[AddressText] = ()
    command: Listed[NonEmpty] = ()
    sent_digest: Annotated[str, AfterValidator(_check_time)] = ""
    webhook: Annotated[_Webhook, AfterValidator(partial(value_of, WebhookSettings))] | None = None


class _Console(Shape):
    url: Annotated[str, AfterValidator(_check_url)] = ""
    proxy: Annotated[str, AfterValidator(_check_proxy)] = ""
    networks: Listed[Annotated[str, AfterValidator(_check_network)]] = ()
    metrics: Annotated[str, AfterValidator(_check_metrics)] = ""
    sso: Annotated[SsoTable, AfterValidator(partial(value_of, SsoSettings))] | None = None

    @field_validator("sso")
    @classmethod
    def _comes_back_to_an_address(cls, sso: SsoSettings | None, validated: ValidationInfo) -> SsoSettings | None:
        if sso is not None and not validated.data.get("url", "-"):
            raise Refused("sso_needs_url")
        return sso


class _Import(Shape):
    columns: dict[str, Annotated[str, AfterValidator(_check_column)]] = Field(default_factory=dict)


class _Worker(Shape):
    contractor: _Contractor
    mailbox: dict[str, _Mailbox] = Field(default_factory=dict)
    smtp: _Smtp
    intake: _Intake = _Intake()
    folders: _Folders = _Folders()
    release: _Release = _Release()
    schedule: _Schedule = _Schedule()
    store: _Store = _Store()
    register_place: _RegisterPlace = Field(default=_RegisterPlace(), alias="register")
    operator: _Operator
    console: _Console = _Console()
    imports: _Import = Field(default=_Import(), alias="import")


# --- Reading -------------------------------------------------------------------------------------------------


def settings_of(files: Mapping[str, bytes]) -> Settings | None:
    """Returns what ``worker.toml`` says, also if other files are wrong; None if it has a fault."""
    found: list[Problem] = []
    content = files.get(FILE)
    table = None if content is None else parse_toml(FILE, content, found)
    return None if table is None else read_settings(table, found)


def read_settings(table: Mapping[str, Any], found: list[Problem]) -> Settings | None:
    """Returns ``worker.toml`` as Settings; None, with every problem in ``found``, if anything in it is wrong."""
    before = len(found)
    found.extend(
        Problem(FILE, key_path(("mailbox", name)), "bad_name", {"name": name})
        for name in table_in(table, "mailbox")
        if not NAME.fullmatch(name)
    )
    worker = check_table(_Worker, table, FILE, found)
    if worker is not None:
        found.extend(find_faults_of_logins(FILE, *_logins_of(worker)))
    return None if worker is None or len(found) > before else _settings_of(worker)


def _logins_of(worker: _Worker) -> tuple[dict[str, tuple[Auth, bool]], tuple[Auth, str]]:
    mailboxes = {name: (box.auth, box.oauth is not None) for name, box in worker.mailbox.items()}
    return mailboxes, (worker.smtp.auth, worker.smtp.login)


def _settings_of(worker: _Worker) -> Settings:
    contractor = value_of(Contractor, worker.contractor)
    smtp, schedule, rehearsal_to = worker.smtp, worker.schedule, worker.release.rehearsal_to
    return Settings(
        contractor=contractor,
        mailboxes={
            name: value_of(MailboxSettings, box, name=name, after=parse_after(box.after))
            for name, box in worker.mailbox.items()
        },
        smtp=value_of(
            SmtpSettings,
            smtp,
            ehlo=smtp.ehlo or contractor.email.rpartition("@")[2],
            login=shared_login(*_logins_of(worker)),
            copy_to=Address(smtp.copy_to) if smtp.copy_to else None,
        ),
        release=value_of(
            Release,
            worker.release,
            rehearsal_to={"": None, SELF: contractor.email}.get(rehearsal_to, Address(rehearsal_to)),
            is_announced=bool(worker.operator.notify),
        ),
        **dict(worker.intake),
        **dict(worker.folders),
        **dict(worker.operator)
        | {"sent_digest": dt.time.fromisoformat(worker.operator.sent_digest) if worker.operator.sent_digest else None},
        **schedule.model_dump(include={"poll_seconds", "announced_hours", "overdue_hours", "stuck_hours"}),
        deaf_after=longest_silence(schedule.deaf_minutes, schedule.poll_seconds),
        hours=OfficeHours(tuple(map(read_window, schedule.windows)), frozenset(schedule.closed)),
        store_dir=worker.store.dir,
        store_witness=worker.store.witness,
        import_columns=worker.imports.columns,
        console=value_of(ConsoleSettings, worker.console),
        register_dir=worker.register_place.dir,
    )


def placeholders_in(settings: Settings) -> list[tuple[str, Address]]:
    """Key and address of every placeholder in ``worker.toml``: nothing is sent to or from it but on loopback."""
    rehearsal = settings.release.rehearsal_to
    named = [
        ("contractor.email", settings.contractor.email),
        *([("release.rehearsal_to", rehearsal)] if rehearsal and rehearsal != settings.contractor.email else []),
        *([("smtp.copy_to", settings.smtp.copy_to)] if settings.smtp.copy_to else []),
        *(
            (key_path(("operator", name, at)), address)
            for name in ("notify", "escalate")
            for at, address in enumerate(getattr(settings, name))
        ),
    ]
    return [(key, address) for key, address in named if is_placeholder(address)]
