"""Decides what ``worker.toml`` says: servers, folders, release, store, people.

Its promise: a ``Settings`` is complete and safe to act on (addresses are addresses, plain connections end at this
machine), or there is a problem for every reason why not. It does not know files, secrets or the environment:
paths stand here as given, and ``config/files.py`` resolves them.

Longer than other files: one file of the configuration, one module that says what its keys become.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from worker.config.addresses import NAME, AddressText, Host, check_host, is_loopback, is_placeholder
from worker.config.addresses import AddressRefused as AddressRefused  # noqa: PLC0414  whoever reads settings catches it here
from worker.config.addresses import read_address as read_address  # noqa: PLC0414
from worker.config.mailbox_actions import MailboxAction, parse_after
from worker.config.oauth_settings import Auth as Auth  # noqa: PLC0414  whoever reads settings takes it from here
from worker.config.oauth_settings import OauthTable, find_faults_of_logins, settings_of_table, shared_login
from worker.config.settings_tables import (
    DEAF_MINUTES,
    FoldersTable,
    ImportTable,
    IntakeTable,
    OperatorTable,
    ScheduleTable,
    StoreTable,
    check_after,
    check_authserv_id,
    deaf_after,
    refuse_own_folder,
)
from worker.config.toml import NonEmpty, Refused, Shape, check_table, key_path, table_in
from worker.core.business_hours import OfficeHours, read_window
from worker.core.errors import Problem
from worker.core.model import Address
from worker.core.rulebook import Contractor
from worker.oauth.settings import OauthSettings

FILE: Final = "worker.toml"

MAX_HOLD_MINUTES: Final = 10_080  # a week: by then the day of the contract has passed
MIN_MAIL_BYTES: Final = 100_000  # less holds no notice PDF with its base64
PER_MINUTE: Final = 30  # what the strictest of the usual mail services take: Microsoft 365 says 30 messages a minute
MAX_PER_MINUTE: Final = 6_000  # a hundred a second: more than one connection carries, so a slip of the pen


class Security(StrEnum):
    """How a connection is protected; NONE is for this machine only."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


class Mode(StrEnum):
    """Who releases a draft: a person, a delay, or nobody."""

    APPROVE = "approve"
    HOLD = "hold"
    AUTO = "auto"


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
    """Not None where ``auth`` is XOAUTH2."""
    authserv_id: str = ""
    """What our own server calls itself in the Authentication-Results that it writes; empty: none is believed."""


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
    """Never empty: the domain of the contractor's address where the file names none."""
    max_bytes: int
    per_minute: int = PER_MINUTE
    """Mails begun within any 60 seconds; 0: no cap."""
    connections: int = 1
    """Always 1: mails go one at a time."""
    login: str = ""
    """The mailbox whose login is used; empty where ``auth`` is PASSWORD."""
    copy_to: Address | None = None
    """An address of our own that gets each submission as well, unseen by its recipients."""

    @property
    def is_loopback(self) -> bool:
        """Whether the server is this machine."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True)
class Release:
    """How a draft becomes approved; ``rehearsal_to`` set means that nothing goes to an issuer."""

    mode: Mode
    hold_minutes: int
    rehearsal_to: Address | None
    is_announced: bool = False
    """Whether anybody is told before what mode ``hold`` released leaves: the minutes begin with that mail."""


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
    """How long a mailbox or folder may go without a look that succeeded."""
    colleagues: tuple[Address, ...] = ()
    """Whose mails may bring a notice, where who sent them is proven."""
    import_columns: Mapping[str, str] = field(default_factory=dict)
    """Headings of the contractor's own ledger → keys of a project; they go before the usual ones."""
    hours: OfficeHours = field(default_factory=OfficeHours)
    """When mail to issuers leaves, and which hours count."""
    announced_hours: int = 24
    """Open hours after which a person is reminded of a notice that was announced and is not here."""
    overdue_hours: int = 24
    """Open hours without news after which a person asks the issuer."""
    stuck_hours: int = 4
    """Open hours of tries in vain after which a person is told; they go on."""
    escalate: tuple[Address, ...] = ()
    """Who is told of what is urgent and was left untouched for a working day."""
    command: tuple[str, ...] = ()
    """Program and arguments that tell a person where no mail can be sent; empty: none."""
    invoices_shown: str = ""
    r"""The invoices folder as the office calls it (``\\server\保証の請求書``); empty: by its path."""
    store_witness: str = ""
    """Where the store's witness is kept; empty: the usual place."""


# --- Shapes --------------------------------------------------------------------------------------------------

Port = Annotated[int, Field(ge=1, le=65_535)]


class _Contractor(Shape):
    name: NonEmpty
    department: str = ""
    contact: str = ""
    phone: str = ""
    email: AddressText


class _Server(Shape):
    """What both kinds of server have; the order matters, as a later key is checked against those before it."""

    host: Host
    port: Port
    security: Annotated[Security, Field(strict=False)] = Security.TLS
    user: str = ""
    auth: Annotated[Auth, Field(strict=False)] = Auth.PASSWORD
    password_file: str = ""
    ca_file: str = ""

    @field_validator("security")
    @classmethod
    def _plain_ends_here(cls, security: Security, info: ValidationInfo) -> Security:
        if security is Security.NONE and not is_loopback(info.data.get("host", "localhost")):
            raise Refused(("plain_not_loopback", {}))
        return security

    @field_validator("password_file")
    @classmethod
    def _login_has_a_secret(cls, name: str, info: ValidationInfo) -> str:
        if info.data.get("user") and info.data.get("auth") is Auth.PASSWORD and not name.strip():
            raise Refused(("secret_not_named", {}))
        return name


class _Mailbox(_Server):
    user: NonEmpty
    folder: NonEmpty = "INBOX"
    since: dt.date | None = None
    after: Annotated[str, AfterValidator(check_after)] = "nothing"
    oauth: OauthTable | None = None
    authserv_id: Annotated[str, AfterValidator(check_authserv_id)] = ""

    @field_validator("after")
    @classmethod
    def _leads_away(cls, after: str, info: ValidationInfo) -> str:
        return refuse_own_folder(after, info.data.get("folder", ""))


class _Smtp(_Server):
    ehlo: str = ""
    max_bytes: Annotated[int, Field(ge=MIN_MAIL_BYTES)] = 10_000_000
    per_minute: Annotated[int, Field(ge=0, le=MAX_PER_MINUTE)] = PER_MINUTE
    connections: int = 1
    login: str = ""
    copy_to: Annotated[str, AfterValidator(lambda text: read_address(text) if text else text)] = ""

    @field_validator("connections")
    @classmethod
    def _one_at_a_time(cls, connections: int) -> int:
        if connections != 1:  # that nothing goes twice rests on one mail being under way at a time
            raise Refused(("one_connection", {}))
        return connections

    @field_validator("user")
    @classmethod
    def _no_login_ends_here(cls, user: str, info: ValidationInfo) -> str:
        if not user and not is_loopback(info.data.get("host", "localhost")):
            raise Refused(("no_login_not_loopback", {}))
        return user

    @field_validator("ehlo")
    @classmethod
    def _ehlo_is_a_host(cls, ehlo: str) -> str:
        return check_host(ehlo) if ehlo else ehlo


SELF: Final = "self"
"""In place of the address of rehearsals: the contractor's own."""


class _Release(Shape):
    mode: Annotated[Mode, Field(strict=False)] = Mode.APPROVE
    hold_minutes: Annotated[int, Field(ge=0, le=MAX_HOLD_MINUTES)] = 10
    rehearsal_to: Annotated[str, AfterValidator(lambda text: text if text in {"", SELF} else read_address(text))] = ""


class _Worker(Shape):
    contractor: _Contractor
    mailbox: dict[str, _Mailbox] = Field(default_factory=dict)
    smtp: _Smtp
    intake: IntakeTable = IntakeTable()
    folders: FoldersTable = FoldersTable()
    release: _Release = _Release()
    schedule: ScheduleTable = ScheduleTable()
    store: StoreTable = StoreTable()
    operator: OperatorTable
    imports: ImportTable = Field(default=ImportTable(), alias="import")


# --- Reading -------------------------------------------------------------------------------------------------


def read_settings(table: Mapping[str, Any], found: list[Problem]) -> Settings | None:
    """``worker.toml`` as Settings; None where anything in it is wrong, and every problem in ``found``."""
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
    contractor = worker.contractor
    smtp = worker.smtp
    return Settings(
        contractor=Contractor(
            name=contractor.name,
            department=contractor.department,
            contact=contractor.contact,
            phone=contractor.phone,
            email=Address(contractor.email),
        ),
        mailboxes={
            name: MailboxSettings(
                name=name, **dict(box) | {"after": parse_after(box.after), "oauth": settings_of_table(box.oauth)}
            )
            for name, box in worker.mailbox.items()
        },
        smtp=SmtpSettings(
            **dict(smtp)
            | {
                "ehlo": smtp.ehlo or contractor.email.rpartition("@")[2],
                "login": shared_login(*_logins_of(worker)),
                "copy_to": Address(smtp.copy_to) if smtp.copy_to else None,
            }
        ),
        colleagues=tuple(map(Address, worker.intake.colleagues)),
        notices=worker.folders.notices,
        invoices=worker.folders.invoices,
        invoices_shown=worker.folders.invoices_shown,
        release=Release(
            mode=worker.release.mode,
            hold_minutes=worker.release.hold_minutes,
            rehearsal_to=_rehearsing_to(worker),
            is_announced=bool(worker.operator.notify),
        ),
        poll_seconds=worker.schedule.poll_seconds,
        deaf_after=deaf_after(worker.schedule),
        announced_hours=worker.schedule.announced_hours,
        overdue_hours=worker.schedule.overdue_hours,
        stuck_hours=worker.schedule.stuck_hours,
        hours=OfficeHours(tuple(map(read_window, worker.schedule.windows)), frozenset(worker.schedule.closed)),
        store_dir=worker.store.dir,
        store_witness=worker.store.witness,
        people=tuple(worker.operator.people),
        notify=tuple(map(Address, worker.operator.notify)),
        escalate=tuple(map(Address, worker.operator.escalate)),
        command=tuple(worker.operator.command),
        import_columns=dict(worker.imports.columns),
    )


def _rehearsing_to(worker: _Worker) -> Address | None:
    given = worker.release.rehearsal_to
    return Address(worker.contractor.email if given == SELF else given) if given else None


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
