"""Re-evaluates one submission after each change: match → compose → check → release.

The result is what configuration, register, files and people's answers make of the notice today; the same inputs give
the same draft. The invoices are passed as one snapshot of the files that ``compose.attachments.files_wanted`` names.
Reads no folder and writes nothing.

The release at the end makes it HELD, APPROVED from a moment, or HANDED_OVER. Nothing becomes APPROVED as long as a
reason for exactly this draft is unanswered. Before the sending the notice is compared with the one that was taken in,
and the bytes of the mail with its draft.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from worker.compose.attachments import STILL_WRITTEN, files_in_question, find_candidates
from worker.compose.checks import (
    PDF_DIFFERS,
    Check,
    DraftCheckInput,
    RuleCheckInput,
    check_draft,
    check_rule,
    compare_notice,
    entered_notice,
    history_fingerprint,
    is_about_rehearsing,
)
from worker.compose.compose import FORMER_WORDS, Composed, ComposeInput, Previous, compose
from worker.compose.invoice_values import InvoiceValues, read_invoice_values
from worker.compose.mime_verify import verify_message
from worker.compose.mime_write import build_message
from worker.config.ports import Templates
from worker.config.release import Mode, Release, SecondPerson
from worker.config.templates import Renderer
from worker.core.errors import LogBroken, StillWritten, Unavailable
from worker.core.message_id import SECRET, old_message_id
from worker.core.model import (
    BY_HOLD,
    INVOICE_TITLES,
    JST,
    Answer,
    Attachment,
    Channel,
    Entry,
    FollowUps,
    Hold,
    Notice,
    Returned,
    Sha256,
    Submission,
    Unreadable,
)
from worker.core.old_sentences import old_detail
from worker.core.params import CODE, of_text
from worker.core.rulebook import Contract, Guarantor, InvoiceRule, Project, invoice_for, rule_for
from worker.core.states import Reason, State
from worker.match.match import (
    Ambiguous,
    Match,
    MatchOutcome,
    Proposed,
    Register,
    Unmatched,
    find_amended,
    find_later,
    find_numbers_before,
    index_projects,
    match_project,
)
from worker.store.ports import Reading, Writing
from worker.store.signs import rehearsing_to
from worker.watch.ports import InvoiceFolder, InvoiceSnapshot

if TYPE_CHECKING:
    from worker.config.load import Configuration

_REHEARSALS_EACH: Final = 1000
"""Rehearsal numbers reserved for each correction, far more than one mail is ever rehearsed."""


_HAVE_LEFT: Final = frozenset({State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED, State.BOUNCED})


@dataclass(frozen=True, slots=True)
class ActiveConfig:
    """The configuration in force, with what was derived from it once."""

    configuration: Configuration
    register: Register
    guarantors: Mapping[str, Guarantor]
    templates: Templates
    invoice_folder: InvoiceFolder
    is_loopback_server: bool
    renderer: Renderer = field(default_factory=Renderer)


def activate_config(configuration: Configuration, templates: Templates, invoice_folder: InvoiceFolder) -> ActiveConfig:
    """``configuration`` ready for drafting."""
    return ActiveConfig(
        configuration,
        index_projects(configuration.projects, configuration.settings.contractor.name),
        {guarantor.id: guarantor for guarantor in configuration.guarantors},
        templates,
        invoice_folder,
        configuration.settings.smtp.is_loopback,
    )


def treat_unread_as_missing(invoices: InvoiceSnapshot) -> InvoiceSnapshot:
    """Returns ``invoices`` for a record that must be made even while their share does not answer.

    A file that was not read counts as missing for now: the draft lacks its invoice, is HELD for it, and is re-evaluated
    until the folder is back. A file that is still being written is reported as such.
    """
    listing = () if isinstance(invoices.listed, Unavailable) else invoices.listed
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


@dataclass(frozen=True, slots=True)
class DraftInput:
    """Everything that one re-evaluation depends on."""

    submission: Submission
    notice: Notice
    pdf: bytes
    bound: str | None
    """The project that a person tied the number to."""
    amends: Submission | None
    """The earlier submission under the same number that left."""
    replaces: str
    """Message-ID of the mail that a correction replaces."""
    active_config: ActiveConfig
    invoices: InvoiceSnapshot
    reading: Reading
    """The notices that came in and the mails that were sent before."""
    now: dt.datetime


def reevaluate(
    submission: Submission,
    active_config: ActiveConfig,
    invoices: InvoiceSnapshot,
    reading: Reading,
    now: dt.datetime,
    content: bytes | None = None,
) -> Drafted:
    """Match → compose → check → release: returns ``submission`` as it stands today, with its mail.

    Nothing is recorded. ``content`` is its PDF if that is at hand. Raises NotInSnapshot for a file that ``invoices``
    does not hold.
    """
    pdf = submission.notice.pdf_sha256
    notice = reading.notice(pdf) if pdf and submission.notice.refusal is None else None
    if pdf is None or notice is None:
        release = active_config.configuration.settings.release
        return Drafted(_stand(submission, None, None, judge_submission(submission, None, None, release, now)), {}, "")
    amends = find_amended(submission, reading)
    bound = submission.destination.bound_project or reading.bound_project(
        notice.guarantor, notice.contract_number, notice.product
    )
    if submission.id:
        submission = dataclasses.replace(submission, superseded_by=find_later(submission, notice, reading))
    original = content or reading.original(pdf)
    replaces = _replaced_mail(submission, reading)
    case = DraftInput(submission, notice, original, bound, amends, replaces, active_config, invoices, reading, now)
    drafted = draft_submission(case)
    if drafted.submission.state is not State.HELD or submission.delivery.late_answer:
        return drafted  # a mail about to be sent is compared in that moment
    early = find_early(drafted.submission, reading)
    if not early:
        return drafted
    return draft_submission(
        dataclasses.replace(
            case,
            submission=dataclasses.replace(
                submission, delivery=dataclasses.replace(submission.delivery, late_answer=early)
            ),
        )
    )


def find_early(submission: Submission, reading: Reading) -> str:
    """Returns the detail of MAYBE_SENT for a kept mail about ``submission`` that is unanswered; empty if there is none.

    The mail came before this store knew of it, under its own Message-ID or that of 0.1.0. Then an old backup was
    restored, or the mail is forged.
    """
    draft, pdf = submission.composed.draft, submission.notice.pdf_sha256
    if draft is None or draft.is_rehearsal or pdf is None or submission.notice.product is None:
        return ""
    old = old_message_id(
        pdf, submission.destination.issuer or "", submission.notice.product, submission.correction, draft.sender
    )
    for digest in dict.fromkeys((*reading.early_reports(draft.message_id), *reading.early_reports(old))):
        if not is_weighed(submission, digest):
            return evidence_of_mail("early", digest)
    return ""


def invoices_of(
    submission: Submission, active_config: ActiveConfig
) -> tuple[frozenset[str], Callable[[str], bool] | None]:
    """Returns the invoices that ``submission`` may carry: the files that are named, and what tells others by name."""
    project = (
        active_config.register.by_id.get(submission.destination.project) if submission.destination.project else None
    )
    if project is None or submission.notice.product is None:
        return frozenset(), None
    return files_in_question(
        submission.notice.product, submission.notice.contract_number or "", project, active_config.register
    )


def draft_fingerprint(submission: Submission, files: str, reading: Reading, now: dt.datetime) -> tuple[str, ...]:
    """Returns texts that change with the facts on which a draft depends; the last is the day.

    ``files`` changes with the files that it may carry.

    An approval of another may tie the number to a project. A later notice may come, or be withdrawn. A mail may
    make an address known. A contract's day comes, and with 1 April a rule is to be checked again.
    """
    number = submission.notice.contract_number
    others = [each for each in reading.by_number(number) if each.id != submission.id] if number else []
    facts = (files, history_fingerprint(submission, reading))
    today = now.astimezone(JST).date().isoformat()
    return (*(f"{each.id}.{each.version}" for each in others), *filter(None, facts), today)


def _replaced_mail(submission: Submission, reading: Reading) -> str:
    """Returns the Message-ID of the mail that a correction replaces: the newest of its line that left, or empty."""
    number = submission.corrects
    while number is not None:
        corrected = reading.submission(number)
        has_left = corrected.delivery.sent_at is not None or corrected.state in _HAVE_LEFT
        if has_left and corrected.composed.draft is not None:
            return corrected.composed.draft.message_id
        number = corrected.corrects
    return ""


def keep_contents(writing: Writing, drafted: Drafted) -> None:
    """Keep the body and the attachments that the draft refers to by hash."""
    draft = drafted.submission.composed.draft
    if draft is None:
        return
    kinds = {each.sha256: "document" for each in draft.attachments}
    kinds |= {each.sha256: "invoice" for each in draft.attachments if each.title in INVOICE_TITLES.values()}
    kinds[draft.body_sha256] = "body"
    if drafted.submission.notice.pdf_sha256:
        kinds[drafted.submission.notice.pdf_sha256] = "notice"
    for digest, content in drafted.contents.items():
        writing.keep(kinds[digest], content)


def draft_submission(case: DraftInput) -> Drafted:
    """Returns the submission with its draft, its reasons and its state as of now."""
    submission, known = case.submission, case.reading
    release = case.active_config.configuration.settings.release
    is_unsent = _is_number_unsent(submission, case.notice, known)
    outcome = match_project(
        case.notice, case.active_config.register, case.bound, find_numbers_before(submission, known)
    )
    project = _project_of(outcome)
    if project is None:
        judgement = judge_submission(submission, outcome, None, release, case.now, is_number_unsent=is_unsent)
        stood = _stand(submission, outcome, None, judgement)
        return Drafted(
            dataclasses.replace(stood, destination=dataclasses.replace(stood.destination, issuer=None, issuer_name="")),
            {},
            "",
        )
    given = _gather(case, project)
    first, *others = _ways_of(submission)
    composed = _compose_as(case, given, *first)
    for way in others:
        if composed.draft_hash == submission.composed.draft_hash:
            break
        composed = _compose_as(case, given, *way)
    checks = _check(case, given, composed)
    composed = dataclasses.replace(composed, holds=(*composed.holds, *(hold for each in checks for hold in each.holds)))
    read = _read_invoice(composed, case.invoices)
    registered = composed.draft.invoice_amount if composed.draft else None
    amount = registered if registered is not None else read.amount
    judgement = judge_submission(submission, outcome, composed, release, case.now, amount, is_number_unsent=is_unsent)
    stood = _stand(submission, outcome, composed, judgement)
    stood = dataclasses.replace(
        stood,
        destination=dataclasses.replace(stood.destination, issuer=given.issuer.id, issuer_name=given.issuer.full_name),
        composed=dataclasses.replace(stood.composed, invoice_amount_read=read.amount, invoice_date_read=read.date),
    )
    return Drafted(stood, composed.contents, composed.body, checks)


def _compose_as(case: DraftInput, given: ComposeInput, counts_silence: bool, words_of: str) -> Composed:
    """Composes in one of ``_ways_of``; today's wording needs no other template than ``given`` has."""
    templates = case.active_config.templates
    template = partial(templates.source, version=words_of) if words_of else given.template
    return compose(dataclasses.replace(given, counts_silence=counts_silence, words_of=words_of, template=template))


def _is_number_unsent(submission: Submission, notice: Notice, known: Reading) -> bool:
    """Returns whether others of its number are here and none of them was, or may have been, submitted."""
    others = [each for each in known.by_number(notice.contract_number) if each.id != submission.id]
    others = [each for each in others if each.notice.guarantor == notice.guarantor]
    return bool(others) and not any(
        each.state not in {State.HELD, State.APPROVED, State.REFUSED, State.WITHDRAWN}
        or each.delivery.sent_at is not None
        or each.delivery.not_sent
        or each.delivery.late_answer
        or each.delivery.receipts
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
    if not submission.composed.draft_hash:
        return ((True, ""),)
    counts = submission.follow_ups.duties.counts_silence
    return ((counts, ""), (counts, FORMER_WORDS), (True, ""))


def _check(case: DraftInput, given: ComposeInput, composed: Composed) -> tuple[Check, ...]:
    """Runs the checks on the composed submission; none if nothing could be sent or submitted by hand."""
    ruled = RuleCheckInput(
        submission=case.submission,
        notice=given.notice,
        project=given.project,
        issuer=given.issuer,
        rule=rule_for(given.issuer, given.project, given.notice.product, given.contract),
        contract=given.contract,
        rule_hash=composed.duties.rule_hash,
    )
    if composed.channel not in {Channel.EMAIL, Channel.UNKNOWN}:
        return check_rule(ruled, case.reading, given.today)
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
        text_of=case.invoices.text,
        copy_to=case.active_config.configuration.settings.smtp.copy_to,
        issuers=case.active_config.configuration.issuers.values(),
    )
    return check_draft(finished, case.active_config.register, case.reading, given.today)


def _find_invoices(case: DraftInput, project: Project) -> tuple[str, ...]:
    """Returns the candidate files if the register names no invoice. Raises Unavailable."""
    product, number = case.notice.product, case.notice.contract_number
    if product not in INVOICE_TITLES or invoice_for(project, product, number) is not None:
        return ()

    def was_carried(digest: Sha256) -> bool:
        """By another line of submissions: a correction brings the issuer only what it lacks."""
        carried = case.reading.carried(digest)
        return any(each.notice.pdf_sha256 != case.submission.notice.pdf_sha256 for each in carried)

    register, listing = case.active_config.register, case.invoices.listing()
    return find_candidates(product, number, project, register, listing, was_carried)


def _project_of(outcome: MatchOutcome) -> Project | None:
    match outcome:
        case Match(project) | Proposed(project):
            return project
        case Ambiguous() | Unmatched():
            return None


def _gather(case: DraftInput, project: Project) -> ComposeInput:
    """Returns everything that the draft depends on."""
    submission, notice, active_config = case.submission, case.notice, case.active_config
    settings = active_config.configuration.settings
    issuer = active_config.configuration.issuers[project.issuer]
    # Until a person says that it is a copy, it is shown as the amended guarantee that an approval makes of it.
    contract = Contract.AMENDED if project.is_amended or case.amends else Contract.ORIGINAL
    rule = rule_for(issuer, project, notice.product, contract)
    is_invoice_mailed = rule.channel is Channel.EMAIL and rule.invoice is not InvoiceRule.NEVER

    def is_named_by_old(message_id: str) -> bool:
        named = case.reading.of_own_message(message_id)
        return named is not None and named.id == submission.id

    return ComposeInput(
        notice=notice,
        pdf=case.pdf,
        project=project,
        issuer=issuer,
        contractor=settings.contractor,
        guarantor=active_config.guarantors.get(notice.guarantor),
        max_bytes=settings.smtp.max_bytes,
        is_loopback_server=active_config.is_loopback_server,
        rehearsal_to=rehearsing_to(case.reading, settings.release.rehearsal_to),
        # A correction's rehearsals must not bear the Message-IDs of the original's.
        rehearsal=submission.correction * _REHEARSALS_EACH + submission.delivery.rehearsals + 1,
        correction=submission.correction,
        in_reply_to=case.replaces,
        secret=secret_of(case.reading),
        template=active_config.templates.texts.get,
        load_invoice=case.invoices.invoice,
        found_invoices=_find_invoices(case, project) if is_invoice_mailed else (),
        renderer=active_config.renderer,
        is_named_by_old=is_named_by_old,
        today=case.now.astimezone(JST).date(),
        contract=contract,
        previous=_previous(case.amends, notice),
    )


def secret_of(known: Reading) -> bytes:
    """The store's secret; every store has one from its first start, or its upgrade, on."""
    secret = known.property(SECRET)
    if secret is None:
        raise LogBroken("no_secret", SECRET)
    return bytes.fromhex(secret)


def _previous(amends: Submission | None, notice: Notice) -> Previous | None:
    """Returns the earlier submission that the body names. The issuer does not have a mail that bounced."""
    if amends is None or amends.state is State.BOUNCED:
        return None
    if amends.delivery.sent_at is None:
        return Previous(notice.contract_number, None)
    subject = amends.composed.draft.subject if amends.composed.draft else ""
    return Previous(notice.contract_number, amends.delivery.sent_at.astimezone(JST).date(), subject)


def _stand(
    submission: Submission, outcome: MatchOutcome | None, composed: Composed | None, judgement: Judgement
) -> Submission:
    project = _project_of(outcome) if outcome is not None else None
    section = composed.section if composed else None
    draft_hash = composed.draft_hash if composed else ""
    return dataclasses.replace(
        submission,
        state=judgement.state,
        reasons=judgement.reasons,
        destination=dataclasses.replace(
            submission.destination,
            project=project.id if project else None,
            project_name=project.name if project else "",
            section=section.id if section else "",
            section_name=section.name if section else "",
            section_phone=section.phone if section else "",
            channel=composed.channel if composed else None,
        ),
        composed=dataclasses.replace(
            submission.composed,
            draft=composed.draft if composed else None,
            draft_hash=draft_hash,
            invoice_amount_read=None,
            invoice_date_read=None,
        ),
        follow_ups=dataclasses.replace(submission.follow_ups, duties=composed.duties if composed else FollowUps()),
        approval=dataclasses.replace(
            submission.approval,
            due_at=judgement.due_at,
            release=judgement.release,
            release_account=judgement.release_account,
            released_draft=draft_hash if judgement.state is State.APPROVED else submission.approval.released_draft,
        ),
    )


# --- Before the sending ------------------------------------------------------------------------------------------


def find_notice_difference(
    read: Notice | Unreadable, pdf: Sha256 | None, released: Submission, entries: Iterable[Entry], reading: Reading
) -> Hold | None:
    """Returns why the notice read a moment ago must not go out as the one that was taken in; None if it may.

    ``pdf`` is the file that was read; ``entries`` are those of ``released``.
    """
    if released.notice.pdf_sha256 is None or released.notice.pdf_sha256 != pdf:
        return Hold.of(Reason.KEY_DIFFERS, PDF_DIFFERS, value=("file",))
    if isinstance(read, Unreadable):
        return Hold.of_refusal(read)
    entered = entered_notice(entries)
    return compare_notice(read, released.notice.pdf_sha256, entered, reading.notice(released.notice.pdf_sha256))


def write_mail(drafted: Drafted, date: dt.datetime) -> bytes:
    """Returns the bytes of the mail of ``date``."""
    mail = drafted.submission.composed.draft
    return b"" if mail is None else build_message(mail, drafted.body, drafted.contents, date)


def verify_mail(drafted: Drafted, raw: bytes, date: dt.datetime) -> tuple[str, ...]:
    """Returns the places in which ``raw``, read as a mail, is another than the draft; empty if it is the same."""
    mail = drafted.submission.composed.draft
    return () if mail is None else verify_message(mail, drafted.body, drafted.contents, raw, date)


# --- The release: draft × policy × people's answers ------------------------------------------------------------

UNSENT: Final = "unsent"
"""Code of SEEN_BEFORE: what came before under the number was not submitted."""

OF_THE_DRAFT: Final = frozenset({Reason.APPROVAL, Reason.CHANGED})
"""Reasons that are about one draft: an answer names the draft's hash and covers no other."""

_NEW: Final = frozenset(
    {Reason.FIRST_ADDRESS, Reason.RULE_CHANGED, Reason.CHANGED, Reason.NAME_ONLY, Reason.NUMBER_DIFFERS}
)
"""Reasons that say that something is new or differs: ``second_person = "new"`` asks two people about it."""

_OF_THE_TARGET: Final = frozenset(
    {
        Reason.FIRST_ADDRESS,
        Reason.RULE_CHANGED,
        Reason.CONTACT_FIRST,
        Reason.TIMING,
        Reason.ELIGIBILITY_UNKNOWN,
        Reason.NOT_ELIGIBLE,
    }
)
"""Reasons about the project and the section that receives: with another of them they are asked once more."""

_OF_THE_FILES: Final = frozenset({Reason.INVOICE_UNCLEAR, Reason.INVOICE_UNREADABLE, Reason.LARGE_ATTACHMENT})
"""Reasons about a file as this project's: with other bytes, or another project, they are asked once more."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The current state of a submission, the reasons that remain, and the moment from which it may go."""

    state: State
    reasons: tuple[Hold, ...]
    due_at: dt.datetime | None
    """None also if its minutes begin only when a person has been notified (mode ``hold``)."""
    release: str
    """The person or policy that released it; empty unless APPROVED or HANDED_OVER."""
    release_account: str


def judge_submission(
    submission: Submission,
    outcome: MatchOutcome | None,
    composed: Composed | None,
    release: Release,
    now: dt.datetime,
    amount: int | None = None,
    *,
    is_number_unsent: bool = False,
) -> Judgement:
    """Judges ``submission`` with the draft that configuration and register give today.

    ``outcome`` is None if no notice could be read. ``amount`` is that of the invoice in yen, if it is known.
    ``is_number_unsent``: no submission that it follows was submitted.
    """
    standing = _standing(submission, outcome, composed, release, amount, is_number_unsent=is_number_unsent)
    project = outcome.project.id if isinstance(outcome, Match | Proposed) else ""
    section = composed.section.id if composed is not None and composed.section is not None else ""
    files = composed.draft.attachments if composed is not None and composed.draft is not None else ()
    open_holds = tuple(
        hold
        for hold in standing
        if not _is_answered(hold, submission, composed, target_of(hold, project, section, files))
    )
    is_rehearsal = composed is not None and composed.draft is not None and composed.draft.is_rehearsal
    stopping = [hold for hold in open_holds if not (is_rehearsal and is_about_rehearsing(hold))]
    if stopping or composed is None:
        return Judgement(State.HELD, open_holds, None, "", "")
    name, account = _releaser(submission, composed, release)
    if composed.channel is not Channel.EMAIL:
        return Judgement(State.HANDED_OVER, (), None, name, account)
    opening, former = composed.duties.opening, submission.follow_ups.duties.opening
    was_for_former_day = (
        opening != former and submission.approval.due_at == former
    )  # the contract has another day by now
    if (
        submission.approval.released_draft == composed.draft_hash
        and submission.approval.due_at
        and not was_for_former_day
    ):
        due = submission.approval.due_at
    elif release.mode is Mode.HOLD and not _approving(submission, composed):
        if release.is_announced and not is_rehearsal:  # a rehearsal reaches only ourselves
            return Judgement(State.APPROVED, (), None, name, account)
        due = now + dt.timedelta(minutes=release.hold_minutes)
    elif _approving(submission, composed):
        due = now + dt.timedelta(seconds=release.grace_seconds)
    else:
        due = now
    return Judgement(State.APPROVED, (), max(due, opening or due), name, account)


def _standing(
    submission: Submission,
    outcome: MatchOutcome | None,
    composed: Composed | None,
    release: Release,
    amount: int | None,
    *,
    is_number_unsent: bool,
) -> Iterable[Hold]:
    """Returns every reason, answered or not, in the order in which a person should read them."""
    if submission.notice.refusal is not None:
        return (submission.notice.refusal,)
    holds = [*_of_history(submission, is_number_unsent=is_number_unsent), *_of_match(outcome)]
    if composed is not None:
        holds += composed.holds
    is_rehearsal = composed is not None and composed.draft is not None and composed.draft.is_rehearsal
    if not _is_proven(submission, composed, release) and not is_rehearsal:  # a rehearsal is asked about afterwards
        holds.append(_of_sender(submission))
    if composed is not None:
        holds += _of_release(submission, composed, release)
    holds += _of_return(submission, composed)
    if composed is not None and _needs_second_person(submission, composed, release, amount, holds):
        by = submission.approval.asker_of(composed.draft_hash)
        holds.append(Hold.of(Reason.SECOND_PERSON, "asked" if by else "", by=by))
    return tuple(dict.fromkeys(holds))


def _of_return(submission: Submission, composed: Composed | None) -> Iterable[Hold]:
    """Yields why a person sent this draft back; another draft is a change, which ends it."""
    returned = submission.approval.returned
    if returned is not None and returned.draft == (composed.draft_hash if composed else ""):
        yield hold_of_return(returned)


def hold_of_return(returned: Returned) -> Hold:
    """Returns the hold of a draft that a person sent back; its moment makes each return another."""
    at = f"{returned.at.astimezone(JST):%Y-%m-%d %H:%M:%S}"
    return Hold.of(Reason.RETURNED, by=returned.by, why=returned.why, at=at)


def _needs_second_person(
    submission: Submission, composed: Composed, release: Release, amount: int | None, holds: Iterable[Hold]
) -> bool:
    """Returns whether two people release this draft.

    A draft that waits for its second person goes on waiting: an answer of the first may end what was new. An amount
    that is not known may be any.
    """
    if composed.draft is None:
        return False
    least = release.second_person_amount
    if least is not None and submission.notice.product in INVOICE_TITLES and (amount is None or amount >= least):
        return True
    if release.second_person is not SecondPerson.NEW:
        return release.second_person is SecondPerson.ALWAYS
    is_waiting = any(hold.reason is Reason.SECOND_PERSON for hold in submission.reasons)
    return is_waiting or any(hold.reason in _NEW for hold in holds)


def _of_sender(submission: Submission) -> Hold:
    """Returns why its sender is not authenticated, as recorded; an older program recorded a sentence."""
    evidence = submission.source.evidence
    if isinstance(evidence, str):
        return Hold(Reason.SENDER_UNPROVEN, of_text(evidence))
    return Hold(Reason.SENDER_UNPROVEN, evidence)


def _is_proven(submission: Submission, composed: Composed | None, release: Release) -> bool:
    """Returns whether its sender is authenticated; a key without DNSSEC counts only if a person approves the draft."""
    if not submission.source.by_open_dns or release.mode is Mode.APPROVE:
        return submission.source.proven
    return submission.source.proven and composed is not None and _approving(submission, composed) is not None


def _of_release(submission: Submission, composed: Composed, release: Release) -> Iterable[Hold]:
    if composed.channel is Channel.EMAIL and composed.draft is None:
        return ()  # the holds that prevent it are listed already
    if submission.approval.released_draft and submission.approval.released_draft != composed.draft_hash:
        return (Hold(Reason.CHANGED),)
    draft = composed.draft
    is_returned = submission.approval.returned is not None
    if draft is not None and (release.mode is Mode.APPROVE or submission.correction or draft.conditions or is_returned):
        return (Hold(Reason.APPROVAL),)
    return ()


def _of_history(submission: Submission, *, is_number_unsent: bool) -> Iterable[Hold]:
    if submission.source.from_before:
        yield Hold.of_code(Reason.FROM_BEFORE, submission.source.from_before)
    if submission.superseded_by is not None:
        yield Hold.of(Reason.SUPERSEDED, later=str(submission.superseded_by))
    if submission.follows is not None:
        yield Hold.of(Reason.SEEN_BEFORE, UNSENT if is_number_unsent else "", earlier=str(submission.follows))
    if submission.delivery.rehearsals:
        yield Hold.of(Reason.REHEARSED, times=str(submission.delivery.rehearsals))
    if submission.delivery.late_answer:
        # Each piece of evidence is a hold of its own: an approval given before it was known does not cover it.
        yield Hold.of_code(Reason.MAYBE_SENT, submission.delivery.late_answer)
    elif submission.delivery.not_sent:
        yield Hold.of(Reason.NOT_SENT, times=str(submission.delivery.not_sent))


def _of_match(outcome: MatchOutcome | None) -> Iterable[Hold]:
    match outcome:
        case None:
            return ()
        case Match(_, holds):
            return holds
        case Proposed(project, holds):
            return (Hold.of(Reason.NAME_ONLY, project=project.id), *holds)
        case Unmatched():
            return (Hold(Reason.UNKNOWN_PROJECT),)
        case Ambiguous(projects):
            return (Hold.of(Reason.TWO_PROJECTS, projects=tuple(project.id for project in projects)),)


def _is_answered(hold: Hold, submission: Submission, composed: Composed | None, about: str) -> bool:
    if hold.reason in OF_THE_DRAFT:
        return composed is not None and _approving(submission, composed) is not None
    if hold.reason is Reason.SECOND_PERSON:
        second = next((each for each in reversed(submission.answers) if each.reason is Reason.SECOND_PERSON), None)
        return composed is not None and second is not None and names_draft(second, composed.draft_hash)
    return any(covers(answer, hold) and answer.about in {"", about} for answer in submission.answers)


def target_of(hold: Hold, project: str, section: str, files: Sequence[Attachment]) -> str:
    """Returns the target of an answer beyond the parameters, which may be the same for another issuer or file."""
    if hold.reason not in _OF_THE_TARGET | _OF_THE_FILES:
        return ""
    place = f"{project} {section}"
    return " ".join((place, *(each.sha256 for each in files))) if hold.reason in _OF_THE_FILES else place


def _approving(submission: Submission, composed: Composed) -> Answer | None:
    """Returns the newest approval of a draft if it approved exactly this one.

    An older approval of this draft does not count: a person who approved another one since has taken it back.
    """
    newest = next((answer for answer in reversed(submission.answers) if answer.reason in OF_THE_DRAFT), None)
    return newest if newest is not None and names_draft(newest, composed.draft_hash) else None


def _releaser(submission: Submission, composed: Composed, release: Release) -> tuple[str, str]:
    if answer := _approving(submission, composed):
        return answer.by, answer.account
    if release.mode is Mode.HOLD:
        return f"{BY_HOLD}{release.hold_minutes} min", ""
    return release.mode.value, ""


# --- It may have been sent already ---------------------------------------------------------------------------

_DIGITS: Final = 12
"""Digits of a mail's hash in a hold: enough to distinguish the mails of one submission."""


def evidence_of_news(code: str, value: str, at: dt.datetime) -> str:
    """Code and value of MAYBE_SENT for what a server or a mail said: its moment makes it another than the last one."""
    return f"{code}: {value or '-'} {at.astimezone(JST):%Y-%m-%d %H:%M:%S}"


def evidence_of_mail(code: str, digest: Sha256) -> str:
    """Code and value of MAYBE_SENT for a mail that is kept."""
    return f"{code}: {digest[:_DIGITS]}"


def is_weighed(submission: Submission, digest: Sha256) -> bool:
    """Returns whether a person has answered the evidence of this kept mail about ``submission``, under any code."""
    return any(is_answer_to_mail(answer, digest[:_DIGITS]) for answer in submission.answers)


# --- Answers to holds, also those that an older program recorded with a sentence ------------------------------

TOLD_BESIDE: Final = frozenset({"changes", "to_before", "to_now", "cc_before", "cc_now", "to_same"})
"""Parameters of RULE_CHANGED that describe values already bound by its hashes; an answer of 0.1.0 has none of them."""


def covers(answer: Answer, hold: Hold) -> bool:
    """Returns whether ``answer`` covers ``hold``, by its parameters or by the sentence that an older program stored."""
    if answer.reason is not hold.reason:
        return False
    text = answer.params.old_text
    return any(answer.params == one.params or (text is not None and text == old_detail(one)) for one in _asked_as(hold))


def _asked_as(hold: Hold) -> tuple[Hold, ...]:
    """Returns ``hold`` in the forms in which it may have been asked, also by a program that gave less detail.

    A person who let a notice go on although its number seemed submitted also lets it go on if it was not; the reverse
    is asked.
    """
    if hold.reason is Reason.SEEN_BEFORE and hold.code:
        return hold, Hold(hold.reason, hold.params.without(frozenset({CODE})))
    if hold.reason is Reason.RULE_CHANGED and not TOLD_BESIDE.isdisjoint(hold.params):
        return hold, Hold.of(hold.reason, "changed", **hold.params.without(TOLD_BESIDE | {CODE}))
    return (hold,)


def names_draft(answer: Answer, draft_hash: str) -> bool:
    """Returns whether ``answer``, an approval, is for the draft of this hash."""
    return draft_hash in {answer.params.word("draft"), answer.params.old_text}


def is_answer_to_mail(answer: Answer, digits: str) -> bool:
    """Returns whether ``answer`` is about the kept mail whose hash begins with ``digits``, under any code."""
    text = answer.params.old_text
    is_named = answer.params.word("value") == digits if text is None else text.endswith(f": {digits}")
    return answer.reason is Reason.MAYBE_SENT and is_named
