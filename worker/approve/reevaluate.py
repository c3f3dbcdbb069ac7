"""Re-evaluates one submission after each change: match → compose → check → release.

The result is what configuration, register, files and people's answers make of the notice today; the same inputs give
the same draft. The invoices are passed as one snapshot. Reads no folder and writes nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from worker.approve.release import Judgement, evidence_of_mail, is_weighed, judge
from worker.compose.attachments import STILL_WRITTEN, find_candidates
from worker.compose.checks import Check, DraftCheckInput, RuleCheckInput, check_draft, check_rule
from worker.compose.compose import FORMER_WORDS, Composed, ComposeInput, Previous, compose
from worker.compose.invoice_values import InvoiceValues, read_invoice_values
from worker.config.load import Configuration
from worker.config.ports import Templates
from worker.config.templates import Renderer
from worker.core.errors import LogBroken, StillWritten, Unavailable
from worker.core.message_id import SECRET, old_message_id
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
from worker.core.rulebook import Contract, Guarantor, InvoiceRule, Project, invoice_for, rule_for
from worker.core.states import State
from worker.match.match import (
    Ambiguous,
    Match,
    NumbersBefore,
    Outcome,
    Proposed,
    Register,
    Unmatched,
    find_amended,
    find_later,
    index_projects,
    match_project,
)
from worker.store.ports import Reading, Writing
from worker.watch.ports import InvoiceFolder, InvoiceSnapshot

_REHEARSALS_EACH: Final = 1000
"""Rehearsal numbers reserved for each correction, far more than one mail is ever rehearsed."""


_LEFT: Final = frozenset({State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED, State.BOUNCED})


@dataclass(frozen=True, slots=True)
class ActiveConfig:
    """The configuration in force, with what was derived from it once."""

    configuration: Configuration
    register: Register
    guarantors: Mapping[str, Guarantor]
    templates: Templates
    files: InvoiceFolder
    is_loopback_server: bool
    renderer: Renderer = field(default_factory=Renderer)


def activate_config(configuration: Configuration, templates: Templates, files: InvoiceFolder) -> ActiveConfig:
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
    """Returns ``invoices`` for a record that must be made even while their share does not answer.

    A file that was not read counts as missing for now: the draft lacks its invoice, is HELD for it, and is re-evaluated
    until the folder is back. A file that is still being written is reported as such.
    """
    listing = () if isinstance(invoices.shelved, Unavailable) else invoices.shelved
    answers: dict[str, tuple[str, bytes] | Unreadable | Unavailable | None] = dict.fromkeys(
        each.file for each in listing
    )
    for file, found in invoices.answers.items():
        if isinstance(found, StillWritten):
            answers[file] = STILL_WRITTEN
        else:
            answers[file] = None if isinstance(found, Unavailable) else found
    return InvoiceSnapshot(listing, answers, invoices.texts)


@dataclass(frozen=True, slots=True)
class Drafted:
    """A re-evaluated submission, and the bytes that its draft refers to."""

    submission: Submission
    contents: Mapping[Sha256, bytes]
    body: str
    checks: tuple[Check, ...] = ()
    """Every check with its result; empty if no mail could be written."""


def reevaluate(
    submission: Submission,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    reading: Reading,
    now: dt.datetime,
    content: bytes | None = None,
) -> Drafted:
    """Re-evaluates ``submission`` from its stored data; ``content`` is its PDF if that is at hand."""
    pdf = submission.pdf_sha256
    notice = reading.notice(pdf) if pdf and submission.refusal is None else None
    bound, amends = None, None
    if notice is not None:
        amends = find_amended(submission, reading)
        bound = submission.bound_project or reading.bound_project(
            notice.guarantor, notice.contract_number, notice.product
        )
        if submission.id:
            submission = dataclasses.replace(submission, superseded_by=find_later(submission, notice, reading))

    def draft(each: Submission) -> Drafted:
        return draft_submission(
            each,
            notice,
            (content or reading.original(pdf)) if pdf and notice else b"",
            active_config,
            invoices,
            reading,
            bound,
            _replaced_mail(each, reading),
            now,
            amends=amends,
        )

    drafted = draft(submission)
    if drafted.submission.state is not State.HELD or submission.late_answer:
        return drafted  # what is about to be sent is compared in that moment
    early = find_early(drafted.submission, reading)
    return draft(dataclasses.replace(submission, late_answer=early)) if early else drafted


def find_early(submission: Submission, reading: Reading) -> str:
    """Returns the detail of MAYBE_SENT for a kept mail about ``submission`` that is unanswered; empty if there is none.

    The mail came before this store knew of it, under its own Message-ID or that of 0.1.0. Then an old backup was
    restored, or the mail is forged.
    """
    draft, pdf = submission.draft, submission.pdf_sha256
    if draft is None or draft.is_rehearsal or pdf is None or submission.product is None:
        return ""
    old = old_message_id(pdf, submission.issuer or "", submission.product, submission.correction, draft.sender)
    for digest in dict.fromkeys((*reading.early_reports(draft.message_id), *reading.early_reports(old))):
        if not is_weighed(submission, digest):
            return evidence_of_mail("early", digest)
    return ""


def _replaced_mail(submission: Submission, reading: Reading) -> str:
    """Returns the Message-ID of the mail that a correction replaces: the newest of its line that left, or empty."""
    number = submission.corrects
    while number is not None:
        corrected = reading.submission(number)
        has_left = corrected.sent_at is not None or corrected.state in _LEFT
        if has_left and corrected.draft is not None:
            return corrected.draft.message_id
        number = corrected.corrects
    return ""


def keep_contents(writing: Writing, drafted: Drafted) -> None:
    """Keep the body and the attachments that the draft refers to by hash."""
    draft = drafted.submission.draft
    if draft is None:
        return
    kinds = {each.sha256: "document" for each in draft.attachments}
    kinds |= {each.sha256: "invoice" for each in draft.attachments if each.title in INVOICE_TITLES.values()}
    kinds[draft.body_sha256] = "body"
    if drafted.submission.pdf_sha256:
        kinds[drafted.submission.pdf_sha256] = "notice"
    for digest, content in drafted.contents.items():
        writing.keep(kinds[digest], content)


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
    """Returns ``submission`` with its draft, its reasons and its state as of ``now``.

    ``notice`` is None if none could be read. ``invoices`` are one snapshot. ``known`` is what came in and was sent
    before. ``bound`` is the project that a person tied the number to. ``amends`` is the earlier submission under the
    same number that left (``match.duplicates.find_amended``).
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
    given = _gather(
        submission,
        notice,
        pdf,
        project,
        active_config,
        invoices,
        known,
        now,
        amends=amends,
        replaces=corrected_message_id,
    )
    rule = rule_for(given.issuer, project, notice.product, given.contract)
    if rule.channel is Channel.EMAIL and rule.invoice is not InvoiceRule.NEVER:
        found = _find_invoices(submission, given, active_config.register, invoices, known)
        given = dataclasses.replace(given, found_invoices=found)
    first, *others = _ways_of(submission)
    composed = compose(dataclasses.replace(given, counts_silence=first[0], words_of=first[1]))
    for counts_silence, words_of in others:
        if composed.draft_hash == submission.draft_hash:
            break
        composed = compose(dataclasses.replace(given, counts_silence=counts_silence, words_of=words_of))
    checks = _check(submission, given, composed, active_config, invoices, known)
    composed = dataclasses.replace(composed, holds=(*composed.holds, *(hold for each in checks for hold in each.holds)))
    judgement = judge(submission, outcome, composed, release, now, is_number_unsent=is_unsent)
    stood = _stand(submission, outcome, composed, judgement)
    read = _read_invoice(composed, invoices)
    stood = dataclasses.replace(
        stood,
        issuer=given.issuer.id,
        issuer_name=given.issuer.full_name,
        invoice_amount_read=read.amount,
        invoice_date_read=read.date,
    )
    return Drafted(stood, composed.contents, composed.body, checks)


def _is_number_unsent(submission: Submission, notice: Notice, known: Reading) -> bool:
    """Returns whether others of its number are here and none of them was, or may have been, submitted."""
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
    """Returns the amount and day that the attached invoice states; empty without one."""
    attached = composed.draft.attachments if composed.draft else ()
    own = next((each for each in attached if each.title in INVOICE_TITLES.values()), None)
    return read_invoice_values(invoices.text(own.sha256)) if own else InvoiceValues()


def _ways_of(submission: Submission) -> tuple[tuple[bool, str], ...]:
    """Returns the ways its draft may have been written: whether silence counts, and the version of the wording.

    A draft of a program that took values missing in a rule for consent, or worded the message otherwise, stays as it is
    as long as nothing else changes: a person may have approved it. Last is today's way.
    """
    if not submission.draft_hash:
        return ((True, ""),)
    counts = submission.duties.counts_silence
    return ((counts, ""), (counts, FORMER_WORDS), (True, ""))


def _check(
    submission: Submission,
    given: ComposeInput,
    composed: Composed,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    known: Reading,
) -> tuple[Check, ...]:
    """Runs the checks on the composed submission; none if nothing could be sent or submitted by hand."""
    ruled = RuleCheckInput(
        submission=submission,
        notice=given.notice,
        project=given.project,
        issuer=given.issuer,
        rule=rule_for(given.issuer, given.project, given.notice.product, given.contract),
        contract=given.contract,
        rule_hash=composed.duties.rule_hash,
    )
    if composed.channel not in {Channel.EMAIL, Channel.UNKNOWN}:
        return check_rule(ruled, known, given.today)
    if composed.draft is None or given.guarantor is None:
        return ()
    finished = DraftCheckInput(
        submission=ruled.submission,
        notice=ruled.notice,
        project=ruled.project,
        issuer=ruled.issuer,
        rule=ruled.rule,
        contract=ruled.contract,
        rule_hash=ruled.rule_hash,
        guarantor=given.guarantor,
        draft=composed.draft,
        body=composed.body,
        rehearsal_to=given.rehearsal_to,
        text_of=invoices.text,
        copy_to=active_config.configuration.settings.smtp.copy_to,
        issuers=tuple(active_config.configuration.issuers.values()),
    )
    return check_draft(finished, active_config.register, known, given.today)


def _find_invoices(
    submission: Submission, given: ComposeInput, register: Register, invoices: InvoiceSnapshot, known: Reading
) -> tuple[str, ...]:
    """Returns the candidate files if the register names no invoice. Raises Unavailable."""
    notice, project = given.notice, given.project
    product, number = notice.product, notice.contract_number
    if product not in INVOICE_TITLES or invoice_for(project, product, number) is not None:
        return ()

    def was_carried(digest: Sha256) -> bool:
        """By another line of submissions: a correction brings the issuer what it has not got."""
        return any(each.pdf_sha256 != submission.pdf_sha256 for each in known.carried(digest))

    return find_candidates(product, number, project, register, invoices.listing(), was_carried)


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


def _gather(
    submission: Submission,
    notice: Notice,
    pdf: bytes,
    project: Project,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    known: Reading,
    now: dt.datetime,
    *,
    amends: Submission | None,
    replaces: str,
) -> ComposeInput:
    """Returns everything that the draft depends on, but for the invoices that are found by name."""
    settings = active_config.configuration.settings

    def is_named_by_old(message_id: str) -> bool:
        named = known.of_own_message(message_id)
        return named is not None and named.id == submission.id

    return ComposeInput(
        notice=notice,
        pdf=pdf,
        project=project,
        issuer=active_config.configuration.issuers[project.issuer],
        contractor=settings.contractor,
        guarantor=active_config.guarantors.get(notice.guarantor),
        max_bytes=settings.smtp.max_bytes,
        is_loopback_server=active_config.is_loopback_server,
        rehearsal_to=settings.release.rehearsal_to,
        # A correction's rehearsals must not bear the Message-IDs of the original's.
        rehearsal=submission.correction * _REHEARSALS_EACH + submission.rehearsals + 1,
        correction=submission.correction,
        in_reply_to=replaces,
        secret=read_secret(known),
        template=active_config.templates.source,
        load_invoice=invoices.invoice,
        renderer=active_config.renderer,
        is_named_by_old=is_named_by_old,
        today=now.astimezone(JST).date(),
        # Until a person says that it is a copy, it is shown as the amended guarantee that an approval makes of it.
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
    """Returns the earlier submission that the body names. The issuer does not have a mail that bounced."""
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
