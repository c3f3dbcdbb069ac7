"""One contractor's register, rules and settings to change one thing at a time, and the notice that belongs to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.support.config_samples import files
from tests.support.decided import invoices_of
from tests.support.fakes import FakeFiles, FakeReading, FakeTemplates
from tests.support.holds import detail_of
from tests.support.parts import with_fields
from tests.support.world import EAST, GUARANTORS_FILE, HANAKO, KEY, MIHON, MIHON_TO, NUMBER, REHEARSAL, START, WEST
from worker.approve.reevaluate import ActiveConfig, Drafted, DraftInput, activate_config, draft_submission, reevaluate
from worker.config.load import Configuration, load_configuration
from worker.config.oauth_settings import Auth
from worker.config.release import Mode, Release
from worker.config.settings import Security, Settings, SmtpSettings
from worker.core.model import Address, Key, Notice, NoticeRecord, Product, Sha256, Source, Submission, sha256
from worker.core.rulebook import Contractor, Eligibility, Guarantor, InvoiceRule, Issuer, Project
from worker.core.states import Reason, State
from worker.store.ports import Reading

PDF = b"%PDF-1.4 the notice as it was received"
INVOICE = "%PDF-1.4 前払金請求書 道路改良工事 金20,000,000円".encode()
TO = Address(MIHON_TO)
REHEARSAL_TO = Address(REHEARSAL)
BODY = (Path(__file__).parents[2] / "templates" / "mail" / "default.txt.j2").read_text()

_LOADED = load_configuration(files({"issuers/mihon.toml": MIHON, "guarantors.toml": GUARANTORS_FILE.decode()}))
CONTRACTOR = _LOADED.settings.contractor
_MIHON = _LOADED.issuers["mihon"]
ISSUER = replace(
    _MIHON,
    guarantors=(),
    rules={product: replace(rule, invoice=InvoiceRule.OPTIONAL) for product, rule in _MIHON.rules.items()},
    checked_on=None,
    sha256=Sha256("0" * 64),
)
"""As its file says, but it takes every guarantor, and an invoice with every product, as rules of 0.1.0 did."""
(SECTION,) = ISSUER.sections.values()
RULE = ISSUER.rules[Product.CONTRACT]
APPROVED_ONLY = (Eligibility(approval=True),)
"""An issuer that approves electronic sureties project by project."""

(_NUMBERLESS,) = _LOADED.projects
PROJECT_OF_NUMBER = replace(_NUMBERLESS, contract_numbers=(NUMBER,))
PROJECT = PROJECT_OF_NUMBER.id
NOTICE = Notice("east", PROJECT_OF_NUMBER.name, CONTRACTOR.name, Product.CONTRACT, NUMBER, Key(KEY))


def of_project(**changes: Any) -> Project:
    return replace(PROJECT_OF_NUMBER, **changes)


def of_issuer(
    *, rule: Mapping[str, Any] | None = None, section: Mapping[str, Any] | None = None, **more: Any
) -> Issuer:
    """The issuer, with these keys of every product's rule and of its one section changed."""
    rules = {product: replace(each, **(rule or {})) for product, each in ISSUER.rules.items()}
    return replace(ISSUER, **{"rules": rules, "sections": {"doboku": replace(SECTION, **(section or {}))}, **more})


@dataclass(frozen=True)
class Register:
    """The contents of the configuration today."""

    projects: tuple[Project, ...] = (PROJECT_OF_NUMBER,)
    issuers: tuple[Issuer, ...] = (ISSUER,)
    guarantors: tuple[Guarantor, ...] = (EAST, WEST)
    mode: Mode = Mode.APPROVE
    rehearsal_to: Address | None = None
    host: str = "localhost"
    """Loopback, so that an invented address may receive."""
    max_bytes: int = 10_000_000
    contractor: Contractor = CONTRACTOR
    templates: Mapping[str, str] = field(default_factory=lambda: {"default.txt.j2": BODY})
    files: FakeFiles = field(default_factory=FakeFiles)

    @property
    def release(self) -> Release:
        return Release(self.mode, 10, self.rehearsal_to)

    def active_config(self) -> ActiveConfig:
        smtp = SmtpSettings(
            self.host, 25, Security.NONE, "", Auth.PASSWORD, "", "", "contractor.example", self.max_bytes
        )
        settings = Settings(self.contractor, {}, smtp, "notices", "invoices", self.release, 60, "", (HANAKO.by,), ())
        issuers = {issuer.id: issuer for issuer in self.issuers}
        configuration = Configuration(settings, self.guarantors, issuers, self.projects, ())
        return activate_config(configuration, FakeTemplates(self.templates), self.files)


REGISTER = Register()


class EveryAddressKnown(FakeReading):
    """An office that has written to every address before: no question about a first mail arises."""

    def was_sent_to(self, address: Address, issuer: str, section: str, project: str) -> bool:
        return True


ALL_KNOWN = EveryAddressKnown()


def arrived(notice: Notice | None = NOTICE, pdf: bytes = PDF, **changes: Any) -> Submission:
    """A submission as it arrives, before it is drafted."""
    came = Submission(
        id=1,
        state=State.HELD,
        source=Source(came_by="folder", proven=True),
        notice=NoticeRecord(pdf_sha256=sha256(pdf)),
    )
    if notice is not None:
        came = replace(
            came,
            notice=replace(
                came.notice,
                guarantor=notice.guarantor,
                product=notice.product,
                contract_number=notice.contract_number,
                notice_name=notice.project_name,
            ),
        )
    return with_fields(came, **changes)


def drafted(
    register: Register = REGISTER,
    submission: Submission | None = None,
    *,
    notice: Notice | None = NOTICE,
    pdf: bytes = PDF,
    known: Reading | None = None,
    bound: str | None = None,
    replaces: str = "",
    amends: Submission | None = None,
    now: dt.datetime = START,
) -> Drafted:
    """The submission that ``register`` makes of the notice."""
    active_config = register.active_config()
    invoices, reading = invoices_of(active_config), ALL_KNOWN if known is None else known
    arriving = arrived(notice) if submission is None else submission
    if notice is None:
        return reevaluate(arriving, active_config, invoices, reading, now)
    return draft_submission(
        DraftInput(arriving, notice, pdf, bound, amends, replaces, active_config, invoices, reading, now)
    )


def reasons(submission: Submission) -> dict[Reason, str]:
    """The reasons for its hold, each with its detail."""
    return {hold.reason: detail_of(hold) for hold in submission.reasons}
