"""match → compose → approve for one submission: the part of the flow that is done again whenever something changed.

Its one promise: what it returns is what configuration, register, files and people's answers make of the notice
today; the same inputs give the same draft. The invoices are given as one look
found them; it reads no folder and writes nothing.

Longer than other files: the one place where match, compose, guards and approve meet is read in one piece.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from worker.approve.release import Judgement, judge
from worker.compose.attachments import STILL_WRITTEN, find_candidates
from worker.compose.checks import Check, DraftCheckInput, RuleCheckInput, check_draft, check_rule
from worker.compose.compose import FORMER_WORDS, Circumstances, Composed, compose
from worker.compose.invoice_values import InvoiceValues, read_invoice_values
from worker.compose.template_context import Previous
from worker.config.load import Configuration
from worker.config.ports import Templates
from worker.config.templates import Renderer
from worker.core.errors import LogBroken, StillWritten, Unavailable
from worker.core.message_id import SECRET
from worker.core.model import (
    INVOICE_TITLES,
    JST,
    Channel,
    FollowUps,
    Notice,
    Product,
    Sha256,
    Submission,
    Unreadable,
)
from worker.core.rulebook import Contract, Guarantor, InvoiceRule, Issuer, Project, invoice_for, rule_for
from worker.core.states import State
from worker.match.match import (
    Ambiguous,
    Match,
    NumbersBefore,
    Outcome,
    Proposed,
    Register,
    Unmatched,
    index_projects,
    match_project,
)
from worker.store.ports import Reading
from worker.watch.ports import Files, InvoiceSnapshot

_REHEARSALS_EACH: Final = 1000
"""Rehearsal numbers set aside for each correction; nobody rehearses one mail a thousand times."""


@dataclass(frozen=True, slots=True)
class ActiveConfig:
    """The configuration in force, with what was derived from it once."""

    configuration: Configuration
    register: Register
    guarantors: Mapping[str, Guarantor]
    templates: Templates
    files: Files
    is_loopback_server: bool
    renderer: Renderer = field(default_factory=Renderer)


def activate_config(configuration: Configuration, templates: Templates, files: Files) -> ActiveConfig:
    """``configuration`` ready for drafting."""
    return ActiveConfig(
        configuration,
        index_projects(configuration.projects, configuration.settings.contractor.name),
        {guarantor.id: guarantor for guarantor in configuration.guarantors},
        templates,
        files,
        configuration.settings.smtp.is_loopback,
    )


def treat_unread_as_missing(invoices: InvoiceSnapshot) -> InvoiceSnapshot:
    """``invoices`` for what must be recorded even while the share with them does not answer.

    The draft then lacks its invoice, is HELD for it, and is judged anew until the folder is there. A file that is still
    being written is told as such.
    """
    listing = () if isinstance(invoices.shelved, Unavailable) else invoices.shelved
    answers: dict[str, tuple[str, bytes] | Unreadable | Unavailable] = {}
    for file, found in invoices.answers.items():
        if isinstance(found, StillWritten):
            answers[file] = STILL_WRITTEN
        elif not isinstance(found, Unavailable):
            answers[file] = found
    return _MissingWhereAway(listing, answers, invoices.texts)


class _MissingWhereAway(InvoiceSnapshot):
    """A look in which a file that was not read is missing for now."""

    __slots__ = ()

    def invoice(self, file: str) -> tuple[str, bytes] | Unreadable | None:
        """None where nothing is known of it."""
        found = self.answers.get(file)
        return None if isinstance(found, Unavailable) else found


@dataclass(frozen=True, slots=True)
class Drafted:
    """A submission as it would stand, and the bytes its draft refers to."""

    submission: Submission
    contents: Mapping[Sha256, bytes]
    body: str
    checks: tuple[Check, ...] = ()
    """Every guard with its result; empty where no mail could be written."""


def draft_submission(
    submission: Submission,
    notice: Notice | None,
    pdf: bytes,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    known: Reading,
    bound: str | None,
    corrected_message_id: str,
    now: dt.datetime,
    amends: Submission | None = None,
) -> Drafted:
    """``submission`` with its draft, its reasons and its state as of ``now``.

    ``notice`` is None where none could be read. ``invoices`` are those of one look. ``known`` is what came in and was
    sent before. ``bound`` is the project
    that a person tied the number to. ``amends`` is the earlier submission under the same number that left
    (``match.duplicates.find_amended``).
    """
    release = active_config.configuration.settings.release
    if notice is None:
        return Drafted(_stand(submission, None, None, judge(submission, None, None, release, now)), {}, "")
    is_unsent = _is_number_unsent(submission, notice, known)
    outcome = match_project(notice, active_config.register, bound, _numbers_before(submission, known))
    project = _project_of(outcome)
    if project is None:
        judgement = judge(submission, outcome, None, release, now, is_number_unsent=is_unsent)
        stood = _stand(submission, outcome, None, judgement)
        return Drafted(dataclasses.replace(stood, issuer=None, issuer_name=""), {}, "")
    issuer = active_config.configuration.issuers[project.issuer]
    circumstances = _circumstances(submission, notice, project, active_config, corrected_message_id, amends, known, now)
    rule = rule_for(issuer, project, notice.product, circumstances.contract)
    if rule.channel is Channel.EMAIL and rule.invoice is not InvoiceRule.NEVER:
        found = _find_invoices(submission, notice, project, active_config, invoices, known)
        circumstances = dataclasses.replace(circumstances, found_invoices=found)

    def composed_under(circumstances: Circumstances) -> Composed:
        return compose(
            notice,
            pdf,
            project,
            issuer,
            circumstances,
            lambda name: active_config.templates.source(name, circumstances.words_of),
            invoices.invoice,
            active_config.renderer,
        )

    first, *others = _ways_of(submission)
    composed = composed_under(dataclasses.replace(circumstances, counts_silence=first[0], words_of=first[1]))
    for counts_silence, words_of in others:
        if composed.draft_hash == submission.draft_hash:
            break
        composed = composed_under(dataclasses.replace(circumstances, counts_silence=counts_silence, words_of=words_of))
    checks = _check(submission, notice, project, issuer, circumstances, composed, active_config, invoices, known)
    composed = dataclasses.replace(composed, holds=(*composed.holds, *(hold for each in checks for hold in each.holds)))
    judgement = judge(submission, outcome, composed, release, now, is_number_unsent=is_unsent)
    stood = _stand(submission, outcome, composed, judgement)
    read = _read_invoice(composed, invoices)
    stood = dataclasses.replace(
        stood,
        issuer=issuer.id,
        issuer_name=issuer.full_name,
        invoice_amount_read=read.amount,
        invoice_date_read=read.date,
    )
    return Drafted(stood, composed.contents, composed.body, checks)


def _is_number_unsent(submission: Submission, notice: Notice, known: Reading) -> bool:
    """Whether others of its number are here and nothing says that one of them was, or may have been, submitted."""
    others = [each for each in known.by_number(notice.contract_number) if each.id != submission.id]
    others = [each for each in others if each.guarantor == notice.guarantor]
    return bool(others) and not any(
        each.state not in {State.HELD, State.APPROVED, State.REFUSED, State.WITHDRAWN}
        or each.sent_at is not None
        or each.not_sent
        or each.late_answer
        or each.receipts
        for each in others
    )


def _read_invoice(composed: Composed, invoices: InvoiceSnapshot) -> InvoiceValues:
    """What the invoice that rides along says of sum and day; nothing where none does."""
    attached = composed.draft.attachments if composed.draft else ()
    own = next((each for each in attached if each.title in INVOICE_TITLES.values()), None)
    return read_invoice_values(invoices.text(own.sha256)) if own else InvoiceValues()


def _ways_of(submission: Submission) -> tuple[tuple[bool, str], ...]:
    """How its draft may have been written: whether silence counts, and in the words of which version.

    A draft of a program that took what a rule did not say for consent, or worded the letter otherwise, stays as it is
    for as long as nothing else changes: a person may have approved it. Last is the way of today.
    """
    if not submission.draft_hash:
        return ((True, ""),)
    counts = submission.duties.counts_silence
    return ((counts, ""), (counts, FORMER_WORDS), (True, ""))


def _check(
    submission: Submission,
    notice: Notice,
    project: Project,
    issuer: Issuer,
    circumstances: Circumstances,
    composed: Composed,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    known: Reading,
) -> tuple[Check, ...]:
    """The guards on what was composed; none where there is nothing that could be sent or handed in."""
    ruled = RuleCheckInput(
        submission=submission,
        notice=notice,
        project=project,
        issuer=issuer,
        rule=rule_for(issuer, project, notice.product, circumstances.contract),
        contract=circumstances.contract,
        rule_hash=composed.duties.rule_hash,
    )
    if composed.channel not in {Channel.EMAIL, Channel.UNKNOWN}:
        return check_rule(ruled, known, circumstances.today)
    if composed.draft is None or circumstances.guarantor is None:
        return ()
    finished = DraftCheckInput(
        **{each.name: getattr(ruled, each.name) for each in dataclasses.fields(ruled)},
        guarantor=circumstances.guarantor,
        draft=composed.draft,
        body=composed.body,
        rehearsal_to=circumstances.rehearsal_to,
        text_of=invoices.text,
        copy_to=active_config.configuration.settings.smtp.copy_to,
        issuers=tuple(active_config.configuration.issuers.values()),
    )
    return check_draft(finished, active_config.register, known, circumstances.today)


def _find_invoices(
    submission: Submission,
    notice: Notice,
    project: Project,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    known: Reading,
) -> tuple[str, ...]:
    """The files that could be the invoice where the register names none. Raises Unavailable."""
    product, number = notice.product, notice.contract_number
    if product not in INVOICE_TITLES or invoice_for(project, product, number) is not None:
        return ()

    def was_carried(digest: Sha256) -> bool:
        """By another line of submissions: a correction brings the issuer what it has not got."""
        return any(each.pdf_sha256 != submission.pdf_sha256 for each in known.carried(digest))

    return find_candidates(product, number, project, active_config.register, invoices.listing(), was_carried)


def _numbers_before(submission: Submission, known: Reading) -> NumbersBefore:
    """Under which numbers a project has had a product before ``submission``; what was ended unsent does not count."""

    def numbers(project: str, product: Product) -> tuple[str, ...]:
        return tuple(
            each.contract_number
            for each in known.of_project(project, product)
            if (each.id < submission.id or not submission.id)
            and each.contract_number is not None
            and each.state not in {State.WITHDRAWN, State.REFUSED}
            and not (submission.proven and each.is_doubtful)
        )

    return numbers


def _project_of(outcome: Outcome) -> Project | None:
    match outcome:
        case Match(project) | Proposed(project):
            return project
        case Ambiguous() | Unmatched():
            return None


def _circumstances(
    submission: Submission,
    notice: Notice,
    project: Project,
    active_config: ActiveConfig,
    corrected_message_id: str,
    amends: Submission | None,
    known: Reading,
    now: dt.datetime,
) -> Circumstances:
    settings = active_config.configuration.settings

    def is_named_by_old(message_id: str) -> bool:
        named = known.of_own_message(message_id)
        return named is not None and named.id == submission.id

    return Circumstances(
        contractor=settings.contractor,
        guarantor=active_config.guarantors.get(notice.guarantor),
        max_bytes=settings.smtp.max_bytes,
        is_loopback_server=active_config.is_loopback_server,
        rehearsal_to=settings.release.rehearsal_to,
        # A correction's rehearsals must not bear the Message-IDs of the original's.
        rehearsal=submission.correction * _REHEARSALS_EACH + submission.rehearsals + 1,
        correction=submission.correction,
        in_reply_to=corrected_message_id,
        secret=read_secret(known),
        is_named_by_old=is_named_by_old,
        today=now.astimezone(JST).date(),
        # While nobody has said that it is no copy, it is shown as the amended guarantee that an approval makes of it.
        contract=Contract.AMENDED if project.is_amended or amends else Contract.ORIGINAL,
        previous=_previous(amends, notice),
    )


def read_secret(known: Reading) -> bytes:
    """The store's secret; every store has one from its first start, or its upgrade, on."""
    secret = known.property(SECRET)
    if secret is None:
        raise LogBroken("no_secret", SECRET)
    return bytes.fromhex(secret)


def _previous(amends: Submission | None, notice: Notice) -> Previous | None:
    """What the body names; a mail that came back is none that the issuer has."""
    if amends is None or amends.state is State.BOUNCED:
        return None
    if amends.sent_at is None:
        return Previous(notice.contract_number, None)
    subject = amends.draft.subject if amends.draft else ""
    return Previous(notice.contract_number, amends.sent_at.astimezone(JST).date(), subject)


def _stand(
    submission: Submission, outcome: Outcome | None, composed: Composed | None, judgement: Judgement
) -> Submission:
    project = _project_of(outcome) if outcome is not None else None
    section = composed.section if composed else None
    draft_hash = composed.draft_hash if composed else ""
    return dataclasses.replace(
        submission,
        state=judgement.state,
        reasons=judgement.reasons,
        project=project.id if project else None,
        project_name=project.name if project else "",
        section=section.id if section else "",
        section_name=section.name if section else "",
        section_phone=section.phone if section else "",
        channel=composed.channel if composed else None,
        draft=composed.draft if composed else None,
        draft_hash=draft_hash,
        invoice_amount_read=None,
        invoice_date_read=None,
        duties=composed.duties if composed else FollowUps(),
        due_at=judgement.due_at,
        release=judgement.release,
        release_account=judgement.release_account,
        released_draft=draft_hash if judgement.state is State.APPROVED else submission.released_draft,
    )
