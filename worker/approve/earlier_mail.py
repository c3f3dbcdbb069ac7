"""Compares a mail with the last one to the same section that a person has confirmed as received.

Two mails have one form if they are the same without the values of their projects and without digits. A person who
approves confirms each part that differs and that no reason of the hold asks about.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from worker.approve.reevaluate import ActiveConfig
from worker.core.messages import name_product
from worker.core.model import JST, Address, Draft, Notice, Submission, sha256
from worker.core.rulebook import OFFICE, Project
from worker.core.states import Reason, State
from worker.store.ports import Reading

_BLANK: Final = "□"
_DIGITS: Final = re.compile(r"[0-9０-９]+")
_SHORTEST: Final = 2
"""Characters of a value that is taken out: a single one is found everywhere."""


class MailPart(StrEnum):
    """What is compared (``part_…`` in the messages)."""

    TO = "to"
    SUBJECT = "subject"
    BODY = "body"
    ATTACHMENTS = "attachments"


ASKED_ABOUT: Final = (MailPart.TO, MailPart.SUBJECT)
"""Parts that a person confirms if they differ: each leads to another place or another desk there."""
_NOT_LEFT: Final = frozenset({State.HELD, State.APPROVED})


@dataclass(frozen=True, slots=True)
class MailText:
    """One mail with the values that were filled in."""

    draft: Draft
    body: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ComparedPart:
    """One part of both mails."""

    part: MailPart
    now: str
    before: str
    """Both empty for a part that is shown elsewhere as a whole."""
    is_same: bool

    @property
    def mark(self) -> str:
        """Identifies this difference: another one of the same part has another mark."""
        return f"{self.part}-{sha256(f'{self.now} / {self.before}'.encode())[:12]}"


@dataclass(frozen=True, slots=True)
class Likeness:
    """A mail beside the earlier one."""

    earlier: Submission
    parts: tuple[ComparedPart, ...]

    @property
    def day_text(self) -> str:
        """The day on which the earlier one was sent, as ``10/3``."""
        sent_at = self.earlier.delivery.sent_at
        return f"{sent_at.astimezone(JST):%-m/%-d}" if sent_at else ""

    @property
    def same(self) -> tuple[MailPart, ...]:
        """The parts that are alike."""
        return tuple(each.part for each in self.parts if each.is_same)

    @property
    def differing(self) -> tuple[MailPart, ...]:
        """The parts that are not."""
        return tuple(each.part for each in self.parts if not each.is_same)

    def to_confirm(self, submission: Submission) -> tuple[ComparedPart, ...]:
        """Returns the parts that differ and that no reason of the hold of ``submission`` asks about."""
        reasons = {hold.reason for hold in submission.reasons}
        if Reason.RULE_CHANGED in reasons:
            return ()
        asked = {MailPart.TO} if Reason.FIRST_ADDRESS in reasons else set()
        return tuple(
            each for each in self.parts if not each.is_same and each.part in ASKED_ABOUT and each.part not in asked
        )


def find_likeness(submission: Submission, reading: Reading, active_config: ActiveConfig) -> Likeness | None:
    """Returns the mail of ``submission`` beside the last confirmed one to its section; None if there is none.

    A mail that has left is compared with nothing, nor is a rehearsal, which has other recipients and other words.
    """
    draft, place, product = submission.composed.draft, submission.destination, submission.notice.product
    if draft is None or draft.is_rehearsal or product is None or not place.issuer or not place.section:
        return None
    if submission.state not in _NOT_LEFT:
        return None
    is_amended = submission.follow_ups.duties.is_amended
    earlier = reading.last_confirmed(place.issuer, product, place.section, is_amended=is_amended)
    if earlier is None or earlier.id == submission.id or earlier.composed.draft is None:
        return None
    if place.section == OFFICE and earlier.destination.project != place.project:
        return None  # the office of another project is another place
    projects = active_config.register.by_id
    contractor = active_config.configuration.settings.contractor.name
    texts = [_text_of(each, reading, projects, contractor) for each in (submission, earlier)]
    return compare_mails(texts[0], earlier, texts[1])


def _text_of(submission: Submission, reading: Reading, projects: Mapping[str, Project], contractor: str) -> MailText:
    draft, pdf = submission.composed.draft, submission.notice.pdf_sha256
    if draft is None:
        raise ValueError(f"no draft: {submission.id}")
    notice = reading.notice(pdf) if pdf else None
    values = filled_values(submission, notice, projects.get(submission.destination.project or ""), contractor)
    keys = (notice.key.clear,) if notice else ()
    return MailText(draft, reading.original(draft.body_sha256).decode(), (*values, *keys))


def compare_mails(mail: MailText, earlier: Submission, before: MailText) -> Likeness:
    """Returns ``mail`` beside the mail ``before`` of the submission ``earlier``."""
    draft, former = mail.draft, before.draft
    titles, former_titles = (tuple(each.title for each in one.attachments) for one in (draft, former))
    form, former_form = _form_of(draft.subject, mail.values), _form_of(former.subject, before.values)
    body, former_body = _form_of(mail.body, mail.values), _form_of(before.body, before.values)
    return Likeness(
        earlier,
        (
            ComparedPart(MailPart.TO, _people(draft), _people(former), _addresses(draft) == _addresses(former)),
            ComparedPart(MailPart.SUBJECT, draft.subject, former.subject, form == former_form),
            ComparedPart(MailPart.BODY, "", "", body == former_body),
            ComparedPart(MailPart.ATTACHMENTS, "、".join(titles), "、".join(former_titles), titles == former_titles),
        ),
    )


def _addresses(draft: Draft) -> tuple[frozenset[str], frozenset[str]]:
    return _folded(draft.to), _folded(draft.cc)


def _folded(addresses: Iterable[Address]) -> frozenset[str]:
    return frozenset(each.casefold() for each in addresses)


def _people(draft: Draft) -> str:
    return ", ".join(draft.recipients)


def _form_of(text: str, values: Iterable[str]) -> str:
    """Returns ``text`` with a blank in place of each value, the longest first, and of each number."""
    for each in sorted({each for each in values if len(each) >= _SHORTEST}, key=len, reverse=True):
        text = text.replace(each, _BLANK)
    return _DIGITS.sub(_BLANK, text)


def filled_values(
    submission: Submission, notice: Notice | None, project: Project | None, contractor: str
) -> tuple[str, ...]:
    """Returns the values that its mail names, the key masked."""
    amount, _ = submission.invoice_amount
    values: list[str] = [
        contractor,
        submission.destination.project_name,
        submission.destination.section_name,
        submission.destination.issuer_name,
    ]
    if notice is not None:
        values += [notice.project_name, notice.contract_number, str(notice.key), notice.contractor_name]
        values.append(name_product(notice.product, "ja"))
    if project is not None:
        values += [project.name, project.contact, project.phone, project.department, *_texts(project.values)]
    if amount is not None:
        values.append(f"{amount:,}円")
    return tuple(filter(None, values))


def _texts(values: Mapping[str, str]) -> Iterator[str]:
    yield from values.values()
