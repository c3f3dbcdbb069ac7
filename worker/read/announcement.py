"""Decides what an announcement says of its notice, which notice it means, and when a person is reminded of it.

Its one promise: never a guess. A notice answers an announcement that names its number, or its project and product,
where no other could be meant; whatever is not certain stays a task. It does not know whether a mail is an announcement.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from worker.core.alarms import cause_about
from worker.core.business_hours import OfficeHours
from worker.core.model import Announced, Notice, Product, Submission
from worker.core.rulebook import Guarantor
from worker.core.states import AlarmCause, State
from worker.core.text import fold_hyphens, hide_codes, match_key
from worker.read.notice import Labels, fold_lines

TEXT_CHARACTERS: Final = 20_000
"""Of a mail's text, as of a page's: the patterns are the operator's, their cost is unknown."""
NUMBER_CHARACTERS: Final = 64
NUMBERS_LIMIT: Final = 20
"""More are a list, and no announcement of theirs; cut short it would seem complete before it is."""
NAME_CHARACTERS: Final = 200

APART: Final = dt.timedelta(days=3)
"""How far an announcement and its notice, or the same announcement twice, may be apart: a Friday's mail is forwarded
on Monday. An amended guarantee bears the number of the first one: what came earlier is not taken for its notice."""

REMINDERS_LIMIT: Final = 5
"""Reminders of one announcement: a working week of days. The list of tasks goes on naming it."""

_BLANK: Final = re.compile(r"\n[>|\s]*\n")
_QUOTED: Final = re.compile(r"^[>|\s]+", re.MULTILINE)
_TOKEN: Final = re.compile(r"[0-9A-Za-z-]+")
_TELEPHONE: Final = re.compile("tel|fax|電話|ファクス|ファックス|ダイヤル|〒", re.IGNORECASE)
"""A line that holds one of these holds a number of another kind: 0120-123456 has the form of a contract number."""
_KANJI: Final = "[一-鿿々]"


# --- What it says --------------------------------------------------------------------------------------------


def read_announced(guarantor: Guarantor, subject: str, texts: Sequence[str], date: str = "") -> Announced:
    """What subject and texts name: numbers by label, else by their form alone; names and products by label.

    A product may also stand by itself: 契約保証 in 契約保証金 is none.
    """
    text = "\n\n".join((subject, *texts))[:TEXT_CHARACTERS].replace("\r", "")
    found: dict[str, list[str]] = {}
    labels = Labels(guarantor.labels, (guarantor.name, *guarantor.titles))
    for block in _BLANK.split(text):
        for field, values in labels.find(fold_lines(_QUOTED.sub("", block))).items():
            found.setdefault(field, []).extend(value.text for value in values if value.text)
    numbers = [match_key(value) for value in found.get("contract_number", ())]
    numbers = [each for each in numbers if _is_number(each, guarantor)] or list(_lone_numbers(text, guarantor))
    names = {match_key(name): hide_codes(name[:NAME_CHARACTERS]) for name in found.get("project_name", ())}
    return Announced(
        date=date,
        numbers=tuple(dict.fromkeys(numbers)) if len(set(numbers)) <= NUMBERS_LIMIT else (),
        names=tuple(names.values()),
        products=_products(text, found.get("product", ()), guarantor),
    )


def _is_number(value: str, guarantor: Guarantor) -> bool:
    fits = len(value) <= NUMBER_CHARACTERS and value.isascii() and any(map(str.isdigit, value))
    return fits and bool(re.fullmatch(guarantor.number, value, re.ASCII))


def _lone_numbers(text: str, guarantor: Guarantor) -> Iterator[str]:
    for line in text.splitlines():
        folded = fold_hyphens(unicodedata.normalize("NFKC", line))
        if not _TELEPHONE.search(folded):
            yield from (token for token in _TOKEN.findall(folded) if _is_number(token, guarantor))


def _products(text: str, labelled: Iterable[str], guarantor: Guarantor) -> tuple[Product, ...]:
    words = {match_key(word): product for product, several in guarantor.products.items() for word in several}
    found = [words[match_key(value)] for value in labelled if match_key(value) in words]
    if not found:
        folded = unicodedata.normalize("NFKC", text)
        alone = (
            product
            for word, product in words.items()
            if re.search(f"(?<!{_KANJI}){re.escape(word)}(?!{_KANJI})", folded)
        )
        found = list(alone)
    return tuple(dict.fromkeys(found))


# --- Whose notice it is --------------------------------------------------------------------------------------


def find_announcement(notice: Notice, awaited: Sequence[Submission]) -> Submission | None:
    """The one open announcement, of those of its guarantor, that this notice answers; None where that is not certain.

    One that names further numbers is not ended by the first of them (``find_listing``).
    """
    listing = find_listing(notice.contract_number, awaited)
    if listing:
        (only,) = listing if len(listing) == 1 else (None,)
        is_alone = only is not None and only.announced is not None and len(only.announced.numbers) == 1
        return only if only is not None and is_alone and _may_be_of(only.announced, notice.product) else None
    named = [each for each in awaited if _names(each.announced, notice.project_name, notice.product)]
    return named[0] if len(named) == 1 else None


def find_listing(number: str, awaited: Iterable[Submission]) -> tuple[Submission, ...]:
    """The open announcements that name this contract number."""
    return tuple(each for each in awaited if each.announced is not None and number in each.announced.numbers)


def find_answers(
    announced: Announced, of_numbers: Sequence[Sequence[Submission]], newest: Iterable[Submission]
) -> tuple[Submission, ...]:
    """The submissions of every notice that it announces, where all of them are here; else none.

    ``of_numbers`` are those under each of its numbers; ``newest`` is looked at where it names none.
    """
    if announced.numbers:
        answers = [[each for each in under if is_answered_by(announced, each)] for under in of_numbers]
        return tuple(each[-1] for each in answers) if all(answers) else ()
    named = [
        each
        for each in newest
        if each.product is not None
        and _names(announced, each.notice_name, each.product)
        and is_answered_by(announced, each)
    ]
    return tuple(named) if len(named) == 1 else ()


def is_answered_by(announced: Announced, submission: Submission) -> bool:
    """Whether the notice of ``submission``, which bears what is named, may be the announced one.

    It came about then or later, and what announced it, if anything did, was this announcement.
    """
    is_notice = submission.pdf_sha256 is not None and submission.refusal is None and submission.corrects is None
    if not is_notice or submission.state is State.WITHDRAWN or announced.at is None:
        return False
    if submission.product is None or not _may_be_of(announced, submission.product):
        return False
    if submission.announced is not None and submission.announced.at is not None:
        return abs(submission.announced.at - announced.at) <= APART
    return submission.created_at is not None and submission.created_at >= announced.at - APART


def is_same_announcement(one: Submission, other: Submission) -> bool:
    """Whether two mails announce the same: they name the same, within days, or bear no id and agree in all else."""
    first, second = one.announced, other.announced
    if first is None or second is None or first.at is None or second.at is None:
        return False
    if one.guarantor != other.guarantor or not _say_the_same(first, second):
        return False
    if first.numbers or _is_telling(first):
        return abs(first.at - second.at) <= APART
    has_no_id = not one.source_message_id and not other.source_message_id
    return has_no_id and bool(first.date) and (one.source_name, first.date) == (other.source_name, second.date)


def is_seen_before(earlier: Submission, arriving: Submission) -> bool:
    """Whether ``earlier``, of a mail with the same Message-ID, is what ``arriving`` announces.

    A Message-ID is the sender's: some systems use one twice, and a stranger may have been first with it. What names
    something else is another one; so is what somebody proven says, where the other is unproven and says anything
    else, or was taken back.
    """
    first, second = earlier.announced, arriving.announced
    if arriving.proven and earlier.is_doubtful and not earlier.joined:
        is_open = earlier.state is State.ANNOUNCED
        return is_open and first is not None and second is not None and _say_the_same(first, second)
    if first is None or second is None:
        return True
    numbers = set(first.numbers), set(second.numbers)
    names = set(map(match_key, first.names)), set(map(match_key, second.names))
    return not any(one and other and one.isdisjoint(other) for one, other in (numbers, names))


def could_mean(announcement: Submission, submission: Submission) -> bool:
    """Whether a person may want to tie the two: a notice of the guarantor came since, and nothing announced it."""
    told = announcement.announced
    is_fitting = submission.guarantor == announcement.guarantor and submission.announced is None
    if told is None or not is_fitting or not is_answered_by(told, submission):
        return False
    return not told.numbers or submission.contract_number in told.numbers


def _may_be_of(announced: Announced | None, product: Product) -> bool:
    return announced is not None and (not announced.products or product in announced.products)


def _names(announced: Announced | None, name: str, product: Product) -> bool:
    """Whether it names this project and this product, each alone, and no number that says more."""
    if announced is None or announced.numbers or not _is_telling(announced):
        return False
    return match_key(announced.names[0]) == match_key(name) and announced.products == (product,)


def _is_telling(announced: Announced) -> bool:
    return len(announced.names) == 1 and len(announced.products) == 1


def _say_the_same(one: Announced, other: Announced) -> bool:
    def said(announced: Announced) -> tuple[object, ...]:
        return set(announced.numbers), set(map(match_key, announced.names)), set(announced.products)

    return said(one) == said(other)


# --- When it is late -----------------------------------------------------------------------------------------


def count_reminders(opened: dt.datetime, period: int, hours: OfficeHours, now: dt.datetime) -> int:
    """How many reminders its age calls for, one each ``period`` open hours, at most REMINDERS_LIMIT."""
    return min(REMINDERS_LIMIT, hours.open_time(opened, now) // dt.timedelta(hours=period))


def next_reminder(opened: dt.datetime, period: int, hours: OfficeHours, now: dt.datetime) -> dt.datetime | None:
    """When the next one is due; None after the last."""
    count = count_reminders(opened, period, hours, now)
    return hours.after(opened, (count + 1) * dt.timedelta(hours=period)) if count < REMINDERS_LIMIT else None


def reminder_cause(number: int, count: int) -> str:
    """The cause of the ``count``-th reminder of this submission."""
    return cause_about(AlarmCause.ANNOUNCED, number, count)
