"""Opens what an entry point needs: configuration, paths, store, adapters; binds ports to adapters, decides nothing."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar, cast

from worker.config.files import (
    Places,
    TemplateFiles,
    find_directory,
    find_store,
    read_directory,
    resolve_places,
)
from worker.config.loose_files import accounts_of, find_loose, name_of_uid
from worker.config.outline import OTHER_FORM, Outline, OutlinedSettings, outline_of, outlined_settings
from worker.config.shipped import shipped_file, shipped_names
from worker.config.system_places import usual_witness
from worker.core.clock import Clock
from worker.core.errors import ConfigError, HoshobinError, LogBroken, Problem
from worker.core.model import sha256
from worker.core.states import NoteEvent
from worker.service.clock import SystemClock
from worker.service.systemd import SystemdNotifier
from worker.store.ports import WITNESS_FOLDER
from worker.store.sqlite.connection import FILE_NAME, PATIENCE, REVISION
from worker.store.sqlite.store import SqlStore, create_or_migrate, has_database, open_store

if TYPE_CHECKING:
    from worker.accounts.argon2.hasher import Argon2Hasher
    from worker.accounts.ports import IdentityProvider
    from worker.approve.reevaluate import ActiveConfig
    from worker.authenticate.dkim.verify import DnsDkimVerifier
    from worker.authenticate.sender_auth import Resolver
    from worker.config.load import Configuration
    from worker.config.ports import Secrets, TokenSource
    from worker.config.settings import MailboxSettings, Settings
    from worker.notify.operator_command import ProgramCommand
    from worker.notify.ports import OperatorCommand
    from worker.notify.webhook import HttpWebhook
    from worker.oauth.endpoint import TokenEndpoint
    from worker.oauth.source import NewTokenSource, StoredTokenSource
    from worker.send.ports import Holder
    from worker.send.smtp.client import SmtpServer
    from worker.send.smtp.lock import SenderLock
    from worker.store.ports import Store
    from worker.store.sqlite.backup import BackupCopy, CheckedBackup, RestoredStore
    from worker.watch.folder.invoices import InvoiceCache, InvoiceFiles
    from worker.watch.folder.notices import NoticeDirectory, ThreadedNoticeFolder
    from worker.watch.imap.mailbox import ImapMailbox, ThreadedMailbox
    from worker.watch.ports import InvoiceFolder, UploadFolder
    from worker.watch.threads import OwnThread

T = TypeVar("T")


@dataclass(frozen=True)
class Installation:
    """One contractor's configuration, and the places that it names.

    Settings, rules, register and templates are loaded when they are first asked for.
    """

    directory: Path
    files: Mapping[str, bytes]
    """The configuration's files by name; ``load_configuration`` has accepted them, now or when they were recorded."""
    brief: Settings | OutlinedSettings
    """The settings; if the files were checked before, the keys that looking commands need, read without shapes."""
    places: Places
    faults: tuple[Problem, ...] = ()
    """The problems on disk, if this is the configuration that the store recorded as in force."""
    recorded_at: dt.datetime | None = None
    """When that was recorded; None with one from disk."""
    checked: Configuration | None = None
    """The configuration, if it was loaded to check it."""
    invoice_folder: InvoiceFolder | None = None
    """The files of the invoices folder that were read before a reload."""

    @cached_property
    def settings(self) -> Settings:
        """Returns what ``worker.toml`` says. Raises ConfigError as ``configuration`` does."""
        from worker.config.settings import settings_of

        return self.checked.settings if self.checked else settings_of(self.files) or self.configuration.settings

    @cached_property
    def configuration(self) -> Configuration:
        """The whole configuration. Raises ConfigError if this version refuses what an older one recorded."""
        from worker.config.load import load_configuration

        return self.checked or load_configuration(self.files)

    @cached_property
    def active_config(self) -> ActiveConfig:
        """The configuration with its index of the register, its templates and the invoices folder."""
        from worker.approve.reevaluate import activate_config

        invoice_folder = self.invoice_folder or _open_invoice_folder(self.places)
        return activate_config(self.configuration, TemplateFiles(self.files), invoice_folder)

    def judge(self, act: Callable[[ActiveConfig], T]) -> T:
        """Returns what ``act`` makes of the configuration, read without shapes if the files were accepted before.

        ``act`` only looks: it is called again with the whole configuration if an older program accepted another form.
        """
        if isinstance(self.brief, OutlinedSettings):
            with contextlib.suppress(*OTHER_FORM):
                return act(self._accepted_config)
        return act(self.active_config)

    @cached_property
    def _accepted_config(self) -> ActiveConfig:
        from worker.approve.reevaluate import activate_config
        from worker.config.accepted import read_accepted

        configuration = cast("Configuration", read_accepted(self.files))  # the part of it that a draft depends on
        return activate_config(configuration, TemplateFiles(self.files), _open_invoice_folder(self.places))

    @cached_property
    def outline(self) -> Outline | Configuration:
        """The part of the configuration that the list of tasks needs: the outline, or all of it if that is loaded."""
        if isinstance(self.brief, OutlinedSettings):
            with contextlib.suppress(*OTHER_FORM):
                return outline_of(self.files, self.brief)
        return self.configuration

    @property
    def connection_settings(self) -> tuple[object, ...]:
        """The settings of connections and loops; if they are the same, a reload needs no new ones."""
        settings = self.settings
        own = (settings.command, settings.webhook)
        return (dict(settings.mailboxes), settings.smtp, settings.poll_seconds, own, self.places)


def _find_directory(option: str | None) -> Path:
    return find_directory(option, os.environ, Path.cwd())


def find_configuration_files(option: str | None) -> tuple[Path, dict[str, bytes]]:
    """The configuration's directory and its files as they are, not judged yet. Raises ConfigError."""
    directory = _find_directory(option)
    return directory, read_directory(directory)


def find_store_of(option: str | None) -> Path:
    """Returns the store's directory, also with other faults in the configuration. Raises ConfigError if it has none."""
    return find_store(option, os.environ, Path.cwd())


def has_store(option: str | None) -> bool:
    """Returns whether the office has its database; before the first start it has none. Raises ConfigError."""
    return has_database(find_store_of(option))


def judge_store(store: Path, settings: Settings | OutlinedSettings) -> None:
    """Raises ConfigError if others may change the store, its neighbouring files, or the certificates that we trust."""
    beside = [store / name for name in ("", "hoshobin.sqlite3", "head", "secret")]
    trusts = [store / name for name in settings.ca_files if name]
    if found := [*find_loose(beside, trusted=accounts_of(store)), *find_loose(trusts)]:
        raise ConfigError(found)


def find_operator_command(option: str | None) -> tuple[str, ...]:
    """``[operator] command`` on disk, else of the configuration in force; empty if none is known."""
    from worker.config.settings import settings_of

    settings = None
    with contextlib.suppress(ConfigError):
        settings = settings_of(find_configuration_files(option)[1])
    if settings is None:
        with contextlib.suppress(ConfigError):
            settings = load_installation_in_use(option).settings
    return tuple(settings.command) if settings else ()


def load_installation(option: str | None, former: Installation | None = None) -> Installation:
    """Find, read and check the configuration. Raises ConfigError with every problem at once.

    The cache of the invoices folder of ``former`` is kept if the folder is the same.
    """
    from worker.config.load import load_configuration

    directory = _find_directory(option)
    files = read_directory(directory)
    configuration = load_configuration(files)
    places = resolve_places(configuration.settings, directory, os.environ)
    judge_store(places.store, configuration.settings)
    is_same_folder = former is not None and former.places.invoices == places.invoices
    invoice_folder = former.active_config.invoice_folder if former is not None and is_same_folder else None
    return Installation(
        directory, files, configuration.settings, places, checked=configuration, invoice_folder=invoice_folder
    )


def load_installation_in_use(option: str | None) -> Installation:
    """As ``load_installation``; if the files are at fault, with those that the store recorded as in force.

    Files that are those recorded were checked then, and are not checked again. Raises ConfigError with the faults on
    disk if the store knows of no configuration.
    """
    if (unchanged := _load_unchanged(option)) is not None:
        return unchanged
    try:
        return load_installation(option)
    except ConfigError as error:
        recorded = _load_recorded(option, error.problems)
        if recorded is None:
            raise
        return recorded


def _load_unchanged(option: str | None) -> Installation | None:
    """Returns the office on disk if its files are those that the store recorded as in force; None if one differs."""
    try:
        directory, files = find_configuration_files(option)
        with contextlib.closing(open_store(find_store_of(option), system_clock())) as store:
            recorded = store.config_in_force()
        if recorded != {name: sha256(content) for name, content in files.items()}:
            return None
        brief = outlined_settings(files)
        places = resolve_places(brief, directory, os.environ)
        judge_store(places.store, brief)
    except (HoshobinError, *OTHER_FORM):
        return None
    return Installation(directory, files, brief, places)


def _load_recorded(option: str | None, faults: tuple[Problem, ...]) -> Installation | None:
    """None if there is no store, or none that holds a configuration which this program understands."""
    from worker.audit.kept_register import read_recorded
    from worker.config.load import load_configuration

    try:
        folder, directory = find_store_of(option), _find_directory(option)
        with contextlib.closing(open_store(folder, system_clock())) as store:
            recorded = tuple(store.entries(events=[NoteEvent.CONFIGURATION_CHANGED]))
            files = read_recorded(recorded, store.original)
        configuration = load_configuration(files)
        places = resolve_places(replace(configuration.settings, store_dir=str(folder)), directory, os.environ)
    except HoshobinError:
        return None
    recorded_at = max((each.at for each in recorded), default=None)
    return Installation(directory, files, configuration.settings, places, faults, recorded_at, checked=configuration)


def _open_invoice_folder(places: Places) -> InvoiceCache:
    from worker.watch.folder.invoices import InvoiceCache, InvoiceFiles
    from worker.watch.threads import OwnThread

    return InvoiceCache(InvoiceFiles(places.invoices), partial(OwnThread, "invoices"), system_clock())


def load_installation_for_servers(option: str | None) -> Installation:
    """As ``load_installation``, and every password is there: what is wrong with either comes in one ConfigError."""
    from worker.config.secret_files import read_secrets
    from worker.config.settings import settings_of

    directory = _find_directory(option)
    found: list[Problem] = []
    settings = settings_of(read_directory(directory))
    if settings is not None:
        try:
            read_secrets(settings, os.environ, resolve_places(settings, directory, os.environ).store)
        except ConfigError as missing:
            found += missing.problems
    try:
        office = load_installation(option)
    except ConfigError as error:
        raise ConfigError([*error.problems, *(each for each in found if each not in error.problems)]) from error
    if found:
        raise ConfigError(found)
    return office


def load_changed_installation(former: Installation, option: str | None) -> Installation:
    """The office as it is on disk now. Raises ConfigError, also for a change that a running service cannot follow."""
    office = load_installation(option, former=former)
    if office.places.store != former.places.store:
        raise ConfigError([Problem("worker.toml", "store.dir", "needs_restart")])
    if office.places.witness != former.places.witness:
        raise ConfigError([Problem("worker.toml", "store.witness", "needs_restart")])
    if failing := failing_examples(office):
        raise ConfigError(failing)
    return office


def failing_examples(office: Installation) -> tuple[Problem, ...]:
    """Returns what the examples in the office's own issuer files expect otherwise than its rules and templates do."""
    from worker.compose.rule_examples import try_examples

    return try_examples(office.configuration, office.active_config.templates.source, office.active_config.renderer)


def load_catalogue() -> Configuration:
    """The shipped configuration with every issuer of the catalogue: complete without the office's files."""
    from worker.config.load import load_configuration

    files = {name: shipped_file("config", name) for name in ("worker.toml", "projects.toml", "guarantors.toml")}
    for folder, parts in (("issuers", ("config", "issuers")), ("templates/mail", ("templates", "mail"))):
        files |= {f"{folder}/{name}": shipped_file(*parts, name) for name in shipped_names("/".join(parts))}
    return load_configuration(files)


def failing_examples_of_catalogue(catalogue: Configuration) -> tuple[Problem, ...]:
    """The same of the shipped issuers under the shipped templates, by their place among the shipped files."""
    from worker.compose.rule_examples import try_examples
    from worker.config.templates import Renderer

    failing = try_examples(catalogue, TemplateFiles({}).source, Renderer())
    return tuple(replace(problem, file=f"config/{problem.file}") for problem in failing)


def program_version() -> str:
    """The version of the installed distribution."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("hoshobin")
    except PackageNotFoundError:
        return "unknown"


_MIGRATION_SECONDS: Final = 120.0
"""Asked of the service manager for the copy and the trial of a small store on a slow disk."""
_MIGRATED_BYTES: Final = 2_000_000
"""Bytes of the store for which one second more is asked: it is copied twice, read, checked and migrated twice."""
LOGINUID: Final = Path("/proc/self/loginuid")
_NO_LOGIN: Final = 2**32 - 1
"""The kernel's number for a process that belongs to no login."""


def account_name(loginuid: Path = LOGINUID) -> str:
    """Returns the account that runs this command: behind sudo or su, the one that logged in, with this one in brackets.

    Nothing is taken from the environment: any account could write another name there. The account that logged in is the
    kernel's record, which PAM sets once (``pam_loginuid``) and sudo and su keep.
    """
    own, login = os.getuid(), login_uid(loginuid)
    return name_of_uid(own) if login is None or login == own else f"{name_of_uid(login)} ({name_of_uid(own)})"


def login_uid(record: Path = LOGINUID) -> int | None:
    """Returns the user id that logged in; ``None`` for a service, and if the kernel records none."""
    try:
        uid = int(record.read_text())
    except (OSError, ValueError):
        return None
    return None if uid == _NO_LOGIN else uid


def open_store_of(office: Installation, clock: Clock, patience: float = PATIENCE) -> SqlStore:
    """The office's database as it is. Raises ConfigError if there is none, or an older one.

    ``patience`` is the time in seconds to wait for another process's transaction.
    """
    store = open_store(office.places.store, clock, patience)
    try:
        store.witness_folder = find_witness(office, store)
    except BaseException:
        store.close()
        raise
    return store


def find_witness(office: Installation, store: Store) -> Path:
    """Returns the folder of the witness: as configured, or given by systemd, else the one that the service last used.

    systemd gives no folder to a command that a person runs; it must use the same one.
    """
    kept = store.property(WITNESS_FOLDER)
    return office.places.witness or (Path(kept) if kept else usual_witness(office.places.store))


def try_witness(folder: Path) -> str:
    """Returns why no witness can be kept in ``folder``; empty if one can."""
    from worker.store.sqlite.store import try_writing

    return try_writing(folder)


def store_form() -> str:
    """The form of the database that this program reads and writes."""
    return REVISION


def make_store_of(folder: Path, clock: Clock, *, keeps_copy: bool = True) -> Path | None:
    """Makes the database in ``folder``, or migrates an older one; returns the copy that was kept of the older one.

    Before the copy is made, the service manager is asked for the time that it takes. Raises ConfigError
    ``migration_unsound`` and others, NoRoom, Unavailable; then the older one is unchanged.
    """
    kept: list[Path] = []

    def keep() -> None:
        from worker.store.sqlite.backup import keep_before_migration

        size = (folder / FILE_NAME).stat().st_size
        SystemdNotifier().extend_timeout(_MIGRATION_SECONDS + size / _MIGRATED_BYTES)
        try:
            kept.append(keep_before_migration(folder, program_version(), clock))
        except LogBroken as broken:
            problem = Problem(str(folder / FILE_NAME), "", "migration_unsound", {"detail": str(broken)})
            raise ConfigError([problem]) from broken  # as for a newer database: a service is not started again

    create_or_migrate(folder, keep if keeps_copy else None)
    return kept[0] if kept else None


@contextlib.contextmanager
def empty_store(clock: Clock) -> Iterator[SqlStore]:
    """A store without an entry, in a temporary folder: for a look before the first run."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="hoshobin-") as folder:
        create_or_migrate(Path(folder))
        with contextlib.closing(open_store(Path(folder), clock)) as store:
            yield store


def has_store_of(office: Installation) -> bool:
    """Returns whether the office has a database yet."""
    return has_database(office.places.store)


def take_sender_lock(folder: Path, clock: Clock) -> SenderLock:
    """The lock of the one process that may send from the store in ``folder``, until it is released.

    Raises NotAllowed, Unavailable.
    """
    from worker.send.smtp.lock import SenderLock

    return SenderLock(folder, clock)


def is_older_store(folder: Path, clock: Clock) -> bool:
    """Returns whether the database in ``folder`` waits for its migration. Raises ConfigError if newer or absent."""
    try:
        open_store(folder, clock).close()
    except ConfigError as error:
        if all(problem.code == "old_database" for problem in error.problems):
            return True
        raise
    return False


@contextlib.contextmanager
def borrow_lock(folder: Path, clock: Clock, why: str) -> Iterator[None]:
    """Holds the lock for a command that is no run of the service: the end that its last run recorded stays.

    ``why`` is recorded if there was no run. Raises NotAllowed, Unavailable.
    """
    before = read_lock_holder(folder)
    with take_sender_lock(folder, clock) as lock:
        try:
            yield
        finally:
            if before is not None and before.ended is not None:
                lock.note_end(before.ended, before.why, before.detail)
            else:
                lock.note_end(clock.now(), why)


def read_lock_holder(folder: Path) -> Holder | None:
    """The holder of the lock of the store in ``folder``; None if it was never taken. Raises Unavailable."""
    from worker.send.smtp.lock import read_holder

    return read_holder(folder)


def record_end_of(folder: Path, now: dt.datetime, why: str, detail: str) -> None:
    """Record the end of a process that could not record it itself."""
    from worker.send.smtp.lock import record_end

    record_end(folder, now, why, detail)


def back_up_store(
    option: str | None, folder: Path, target: Path, clock: Clock, *, takes_same_disk: bool = False
) -> BackupCopy:
    """One more set in ``target``: a checked copy of the store in ``folder``, and the configuration as it lies there.

    ``takes_same_disk`` as of ``back_up``. Raises ConfigError, NotAllowed, LogBroken, Unavailable.
    """
    from worker.config.packed import pack_files
    from worker.store.sqlite.backup import PackedConfiguration, back_up

    packed = None
    with contextlib.suppress(ConfigError):  # a store that systemd names may have no configuration beside it any more
        packed = PackedConfiguration(*pack_files(_find_directory(option)))
    return back_up(folder, target, clock, packed, account_name(), takes_same_disk=takes_same_disk)


def check_backup_of(option: str | None, file: Path, clock: Clock) -> CheckedBackup:
    """A backup restored into a temporary folder and verified. Raises NotAllowed, LogBroken, ConfigError, Unavailable.

    That is recorded where the backup is one of the store that the configuration names.
    """
    from worker.store.sqlite.backup import check_backup

    folder = None
    with contextlib.suppress(ConfigError):  # a backup is checked on any computer
        folder = find_store_of(option)
    return check_backup(folder, file, clock, account_name())


def restore_store(folder: Path, file: Path, clock: Clock, *, takes_other: bool = False) -> RestoredStore:
    """The store in ``folder`` replaced by ``file``. Raises NotAllowed, LogBroken, ConfigError, Unavailable."""
    from worker.store.sqlite.backup import replace_store

    return replace_store(folder, file, clock, account_name(), takes_other=takes_other)


def build_hasher() -> Argon2Hasher:
    """Returns the function that hashes passwords. Raises ImportError without ``hoshobin[console]``."""
    from worker.accounts.argon2.hasher import Argon2Hasher

    return Argon2Hasher()


def build_identity_provider(office: Installation, callback: str, clock: Clock) -> IdentityProvider:
    """The identity provider of ``[console.sso]``, which must be there; nothing is connected yet. Raises ConfigError.

    ``callback`` is the address to which it sends browsers back.
    """
    from worker.config.secret_files import read_sso_secret

    settings = office.settings.console.sso
    if settings is None:
        raise ValueError("console.sso")
    secret = read_sso_secret(settings, os.environ, office.places.store)
    from worker.accounts.openid import OpenIdProvider

    return OpenIdProvider(settings, secret, callback, _ca(office, settings.ca_file), clock)


def build_program_command(command: Sequence[str], seconds: float) -> OperatorCommand:
    """The operator's own program, ended after ``seconds``."""
    from worker.notify.operator_command import ProgramCommand

    return ProgramCommand(command, seconds)


def load_secrets(office: Installation) -> Secrets:
    """Every password that the configuration names. Raises ConfigError."""
    from worker.config.secret_files import read_secrets

    return read_secrets(office.settings, os.environ, office.places.store)


def build_mailboxes(office: Installation, secrets: Secrets) -> tuple[ThreadedMailbox, ...]:
    """One adapter per ``[mailbox.NAME]``; nothing is connected yet."""
    from worker.watch.imap.mailbox import ThreadedMailbox

    mailboxes = office.configuration.settings.mailboxes.values()
    logins = {each.name: build_login(office, secrets, each.name, "imap") for each in mailboxes if each.oauth}
    return tuple(ThreadedMailbox(build_mailbox(office, secrets, each, logins.get(each.name))) for each in mailboxes)


def build_mailbox(
    office: Installation, secrets: Secrets, mailbox: MailboxSettings, tokens: TokenSource | None
) -> ImapMailbox:
    """The adapter of one ``[mailbox.NAME]``."""
    from worker.watch.imap.mailbox import ImapAccount, ImapMailbox

    return ImapMailbox(
        mailbox.name,
        ImapAccount(
            host=mailbox.host,
            port=mailbox.port,
            security=mailbox.security,
            user=mailbox.user,
            password=secrets.imap.get(mailbox.name, ""),
            ca_file=_ca(office, mailbox.ca_file),
            tokens=tokens,
        ),
        folder=mailbox.folder,
        after=mailbox.after,
    )


def build_login(office: Installation, secrets: Secrets, name: str, what: str) -> StoredTokenSource:
    """The login of a mailbox, for ``what`` needs it ("imap", "smtp")."""
    from worker.oauth.files import LoginFile
    from worker.oauth.source import StoredTokenSource

    endpoint = build_endpoint(office, secrets.clients.get(name, ""), name, what)
    return StoredTokenSource(name, what, LoginFile(office.places.store, name), endpoint, system_clock())


def build_new_token(name: str, what: str, token: str) -> NewTokenSource:
    """A token just given, for a login that is tried before it is kept."""
    from worker.oauth.source import NewTokenSource

    return NewTokenSource(name, what, token)


def build_endpoint(office: Installation, client_secret: str, name: str, what: str) -> TokenEndpoint:
    """The provider of a mailbox's login, which must have one; nothing is connected yet."""
    from worker.oauth.endpoint import TokenEndpoint

    settings = office.settings
    oauth = settings.mailboxes[name].oauth
    if oauth is None:
        raise ValueError(name)
    is_for_sending = settings.smtp.login == name
    ca_file = _ca(office, oauth.ca_file)
    return TokenEndpoint(name, what, oauth, secret=client_secret, ca_file=ca_file, is_for_sending=is_for_sending)


def build_server(office: Installation, secrets: Secrets, clock: Clock, tokens: TokenSource | None = None) -> SmtpServer:
    """The adapter of ``[smtp]``; nothing is connected yet. ``tokens`` in place of the login that is kept."""
    from worker.send.smtp.client import SmtpAccount, SmtpServer

    smtp = office.settings.smtp
    if tokens is None and smtp.login and smtp.user:
        tokens = build_login(office, secrets, smtp.login, "smtp")
    return SmtpServer(
        SmtpAccount(
            host=smtp.host,
            port=smtp.port,
            security=smtp.security,
            user=smtp.user,
            password=secrets.smtp,
            ca_file=_ca(office, smtp.ca_file),
            ehlo=smtp.ehlo,
            tokens=tokens,
        ),
        clock,
    )


def build_command(office: Installation) -> ProgramCommand | None:
    """The program of ``[operator] command``; None if none is named."""
    from worker.notify.operator_command import ProgramCommand

    command = office.settings.command
    return ProgramCommand(command) if command else None


def build_webhook(secrets: Secrets) -> HttpWebhook | None:
    """The chat of ``[operator] webhook``; None if none is named."""
    from worker.notify.webhook import HttpWebhook

    return HttpWebhook(secrets.webhook) if secrets.webhook else None


def build_dkim_verifier(clock: Clock) -> DnsDkimVerifier:
    """The adapter that verifies DKIM signatures; nothing is asked yet."""
    from worker.authenticate.dkim.verify import DnsDkimVerifier

    return DnsDkimVerifier(clock)


def try_resolver() -> Resolver:
    """Returns what the resolver of this machine can prove of a key."""
    from worker.authenticate.dkim.verify import TxtRecords

    return TxtRecords().try_resolver()


def build_invoice_folder(office: Installation) -> InvoiceFiles:
    """The invoices folder, for one look."""
    from worker.watch.folder.invoices import InvoiceFiles

    return InvoiceFiles(office.places.invoices)


def build_notice_folder(office: Installation) -> NoticeDirectory:
    """The notices folder, for one look."""
    from worker.watch.folder.notices import NoticeDirectory

    return NoticeDirectory(office.places.notices)


def build_upload_folders(office: Installation) -> tuple[UploadFolder, UploadFolder]:
    """The notices folder and the invoices folder, as PDFs are put into them that people bring."""
    from worker.watch.folder.uploads import UploadDirectory

    return UploadDirectory(office.places.notices), UploadDirectory(office.places.invoices)


def build_folder(office: Installation, thread: OwnThread | None = None) -> ThreadedNoticeFolder:
    """The notices folder, in ``thread`` or in one of its own."""
    from worker.watch.folder.notices import ThreadedNoticeFolder

    return ThreadedNoticeFolder(build_notice_folder(office), thread)


def _ca(office: Installation, ca_file: str) -> str:
    return str(office.places.under_store(ca_file)) if ca_file else ""


def system_clock() -> SystemClock:
    """The real clock."""
    return SystemClock()
