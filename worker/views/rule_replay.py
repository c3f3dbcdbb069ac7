"""Compares two configurations on stored notices: what the changed one would do differently.

It names every difference that a reader, a recipient or the office would see. Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Final

from worker.approve.reevaluate import Drafted
from worker.core.message_id import SECRET, SECRET_BYTES
from worker.core.messages import Language, name_follow_up, name_hold
from worker.core.model import Draft, FollowUps, Hold, Notice, Sha256
from worker.core.params import Told, read_spelled
from worker.core.states import Reason
from worker.store.ports import Reading
from worker.views.preview import mask_key

_OF_THE_CHANGE: Final = frozenset({Reason.CHANGED, Reason.RULE_CHANGED})
"""Reasons that only say that something changed: the other fields show the change."""


@dataclass(frozen=True, slots=True)
class FollowUpLine:
    """One duty: its name and its sentences, the issuer's own or ours."""

    name: str
    told: tuple[Told, ...]

    def text(self, lang: Language) -> str:
        """Returns the duty in one line."""
        return f"{self.name} {': '.join(name_follow_up(each, lang) for each in self.told)}"


@dataclass(frozen=True, slots=True)
class DraftDifference:
    """One field, line by line (an address, an attachment, a line of the body), before and after the change."""

    field: str
    before: tuple[str | FollowUpLine, ...]
    after: tuple[str | FollowUpLine, ...]

    @property
    def changes(self) -> tuple[tuple[str, str | FollowUpLine], ...]:
        """The lines that are not the same: ``-`` for one that goes, ``+`` for one that comes, in their order."""
        codes = SequenceMatcher(None, self.before, self.after, autojunk=False).get_opcodes()
        return tuple(
            change
            for tag, i, j, k, m in codes
            if tag != "equal"
            for change in (*(("-", line) for line in self.before[i:j]), *(("+", line) for line in self.after[k:m]))
        )


def changed_lines(difference: DraftDifference, lang: Language) -> tuple[tuple[str, str], ...]:
    """Returns the lines of a difference in words, each with ``-`` or ``+``."""
    return tuple((sign, _in_words(difference.field, line, lang)) for sign, line in difference.changes)


def _in_words(field: str, line: str | FollowUpLine, lang: Language) -> str:
    if isinstance(line, FollowUpLine):
        return line.text(lang)
    if field != "reasons":
        return line
    reason, _, detail = line.partition(" ")
    return name_hold(Hold(Reason(reason), read_spelled(detail)), lang)


class OtherSecret:
    """``Reading`` of the stored data, for drafts that are only shown: no Message-ID of the store is made for them."""

    def __init__(self, known: Reading) -> None:
        self._known = known

    def __getattr__(self, name: str) -> Any:
        return getattr(self._known, name)

    def property(self, name: str) -> str | None:
        """The store's own values, but for the secret."""
        return "0" * (2 * SECRET_BYTES) if name == SECRET else self._known.property(name)


class WithNotice(OtherSecret):
    """The same with one notice that is not stored."""

    def __init__(self, known: Reading, pdf: Sha256, notice: Notice) -> None:
        super().__init__(known)
        self._pdf = pdf
        self._notice = notice

    def notice(self, pdf: Sha256) -> Notice | None:
        """Returns the one at hand, else the stored one."""
        return self._notice if pdf == self._pdf else self._known.notice(pdf)


def differences(before: Drafted, after: Drafted, key: str) -> tuple[DraftDifference, ...]:
    """Returns the differences between two drafts of one submission in the order of importance; the key is masked."""
    facets = zip(_facets(before, key), _facets(after, key), strict=True)
    return tuple(DraftDifference(field, one, other) for (field, one), (_, other) in facets if one != other)


def _facets(drafted: Drafted, key: str) -> Iterator[tuple[str, tuple[str | FollowUpLine, ...]]]:
    submission, draft, duties = (
        drafted.submission,
        drafted.submission.composed.draft,
        drafted.submission.follow_ups.duties,
    )
    yield "issuer", _some(submission.destination.issuer)
    yield "project", _some(submission.destination.project)
    yield "channel", _some(submission.destination.channel.value if submission.destination.channel else None)
    yield (
        "section",
        _some(" ".join(filter(None, (submission.destination.section, submission.destination.section_name)))),
    )
    yield "to", draft.to if draft else ()
    yield "cc", draft.cc if draft else ()
    yield "subject", _some(draft.subject if draft else None)
    yield "body", tuple(mask_key(drafted.body, key).splitlines())
    yield "attachments", _attachments(draft)
    reasons = (hold for hold in submission.reasons if hold.reason not in _OF_THE_CHANGE)
    yield "reasons", tuple(hold.spelled() for hold in reasons)
    yield "conditions", draft.conditions if draft else ()
    yield "duties", tuple(_duties(duties))


def _some(text: str | None) -> tuple[str, ...]:
    return (text,) if text else ()


def _attachments(draft: Draft | None) -> tuple[str, ...]:
    return tuple(f"{each.title}: {each.filename} {each.sha256[:8]}" for each in draft.attachments) if draft else ()


def _duties(duties: FollowUps) -> Iterator[str | FollowUpLine]:
    if duties.call_after:
        yield "call_after"
    yield f"closes {duties.closes}"
    for name, day in (("not_before", duties.not_before), ("deadline", duties.deadline)):
        if day is not None:
            yield f"{name} {day}"
    yield from (FollowUpLine("after", (sentence,)) for sentence in duties.after)
    if duties.url:
        yield f"url {duties.url}"
    yield from (FollowUpLine("instruction", (step,)) for step in duties.instructions)
    yield from (FollowUpLine("entry", entry) for entry in duties.entries)
    yield from (f"bring {thing}" for thing in duties.bring)
