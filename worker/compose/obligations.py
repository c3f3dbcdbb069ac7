"""Decides what people still have to do about a submission, and when it may go: contact, moment, deadline, call.

Its one promise: every duty is the rule's own sentence or follows from a registered date; nothing here is sent. It
knows what was recorded as done, not whether it was.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from collections.abc import Iterator
from typing import Final

from worker.audit.chain import canonical
from worker.core.approval_label import FROM_CONTRACT_DAY
from worker.core.business_hours import working_days_before
from worker.core.errors import NotAllowed
from worker.core.messages import Language, put
from worker.core.model import FollowUps, Hold, Product, Receipt, Submission
from worker.core.params import Numbered, Params, Told
from worker.core.rulebook import (
    Contract,
    CountedBy,
    Issuer,
    Project,
    Rule,
    Section,
    Timing,
    When,
    invoice_for,
    sentences_for,
)
from worker.core.states import Reason

_TOGETHER: Final = frozenset({Timing.WITH_CONTRACT, Timing.WITH_INVOICE})
_BEFORE: Final = frozenset({Timing.BEFORE_CONTRACT, Timing.BEFORE_INVOICE})


_SINCE_0_2: Final = ("fax", "overtaken")
"""Keys that an older program did not know: one that no file writes is left out, so that an upgrade changes no hash."""
_NOT_HASHED: Final = frozenset({"unsaid", "assumed"})
"""What says only that a value was not written: written out as it was taken, the rule is the same."""


def hash_rule(rule: Rule, section: Section | None) -> str:
    """64 hexadecimal digits over ``rule`` and who receives under it; a comment in a file does not alter them."""
    return hashlib.sha256(canonical({"rule": _hashed(rule), "section": _hashed(section)}).encode()).hexdigest()


def _hashed(part: Rule | Section | None) -> dict[str, object] | None:
    if part is None:
        return None
    fields = {each.name: getattr(part, each.name) for each in dataclasses.fields(part)}
    if isinstance(part, Rule):
        fields["chosen"] = part.chosen or fields.pop("overtaken")  # as an older program, which did not drop it, did
    return {
        name: value for name, value in fields.items() if (value or name not in _SINCE_0_2) and name not in _NOT_HASHED
    }


def list_duties(
    issuer: Issuer,
    project: Project,
    product: Product,
    contract_number: str,
    rule: Rule,
    section: Section | None,
    contract: Contract,
    way: When | None = None,
) -> FollowUps:
    """What the rule asks of people where the invoice goes this ``way``, but for what a draft or a form says."""
    return FollowUps(
        rule_hash=hash_rule(rule, section),
        source=_source(issuer, project, product, rule),
        checked_on=issuer.checked_on,
        chosen=rule.chosen,
        is_amended=contract is Contract.AMENDED,
        call_after=rule.call_after,
        closes=rule.closes.value,
        settle_days=rule.settle_days,
        after=sentences_for(rule.after, way),
        url=rule.url,
        bring=rule.bring,
        deadline=_last_day(rule.timing, project, product, contract_number),
    )


def _source(issuer: Issuer, project: Project, product: Product, rule: Rule) -> Told:
    if rule in (project.rules.get(product), project.amended_rules.get(product)):
        return Params(code="own_rule", project=project.id, source=issuer.source)
    return issuer.source


def _due_day(timing: Timing, project: Project, product: Product, contract_number: str) -> dt.date | None:
    """The day that ``timing`` speaks of: that of the contract, or that of the registered invoice."""
    if timing in {Timing.WITH_CONTRACT, Timing.BEFORE_CONTRACT}:
        return project.dates.get(CountedBy.CONTRACT)
    registered = invoice_for(project, product, contract_number)
    return registered.date if registered else None


def _last_day(timing: Timing, project: Project, product: Product, contract_number: str) -> dt.date | None:
    """The earlier of the days that the rule and the project give.

    The rule's is the last working day before the one that ``timing`` speaks of: on that one the contract is signed.
    """
    day = _due_day(timing, project, product, contract_number) if timing in _BEFORE else None
    of_rule = working_days_before(day, 1) if day else None
    return min(filter(None, (of_rule, project.deadlines.get(product))), default=None)


_HANDED_IN: Final = re.compile("請求書.*(提出|持参|郵送|送付|送る|届け|渡す)")
"""A sentence that has the invoice handed in; one that only names it (請求書の控えを保管) does not remind of that."""


def add_promised(after: tuple[Told, ...], product: Product) -> tuple[Told, ...]:
    """``after`` for a letter that promises the invoice of ``product``: always with a sentence that has it handed in."""
    is_asked = any(_HANDED_IN.search(each) for each in after if isinstance(each, str))
    return after if is_asked else (*after, Params(code="hand_in_invoice", title=product.value))


# --- Before it is mailed -----------------------------------------------------------------------------------------


def hold_for_people(
    project: Project, product: Product, contract_number: str, rule: Rule, section: Section | None
) -> Iterator[Hold]:
    """What a person does before the mail goes: tell the issuer, wait for the contract document or the invoice.

    They name the project: the same question about another project is another one.
    """
    if rule.contact_first:
        told = tuple(filter(None, (section.name, section.phone))) if section else ()
        yield Hold.of(Reason.CONTACT_FIRST, project=project.id, asked=rule.contact_first, told=told)
    if rule.timing in _TOGETHER:
        yield Hold(Reason.TIMING, Params(**tell_timing(project, product, contract_number, rule), project=project.id))


def hold_for_contract(project: Project, today: dt.date) -> Iterator[Hold]:
    """An invoice for a contract that is not concluded yet: both guarantees are often issued before the signing."""
    concluded = project.dates.get(CountedBy.CONTRACT)
    if concluded is None:
        yield Hold.of(Reason.TIMING, "no_contract_day", project=project.id)
    elif concluded > today:
        yield Hold.of(Reason.TIMING, FROM_CONTRACT_DAY, project=project.id, day=concluded.isoformat())


def earliest_day(project: Project) -> dt.date | None:
    """The first day on which a mail with an invoice may leave; None where it is not known."""
    return project.dates.get(CountedBy.CONTRACT)


def tell_timing(project: Project, product: Product, contract_number: str, rule: Rule) -> Params:
    """When the issuer wants it, with the day where it is known; empty: at any time."""
    if rule.timing is Timing.ANY:
        return Params()
    day = _due_day(rule.timing, project, product, contract_number)
    last = _last_day(rule.timing, project, product, contract_number) if rule.timing in _BEFORE else None
    days = {"day": day.isoformat() if day else "", "last": last.isoformat() if last else ""}
    return Params(code=rule.timing.value, **days)


# --- After it left -----------------------------------------------------------------------------------------------


def describe_duty(duty: Told | Receipt, lang: Language) -> str:
    """What is to be done or taken note of; the moment of what came back tells it from the same once more."""
    return str(put(duty, lang))


def choose_duty(submission: Submission, what: int | None) -> Told | Receipt:
    """The duty after sending with the number ``what`` (from 1), or the only one that is left. Raises NotAllowed.

    Behind the rule's duties stands what came back.
    """
    duties: tuple[Told | Receipt, ...] = (*submission.duties.after, *submission.unread)
    left = [(at, duty) for at, duty in enumerate(duties, 1) if duty not in submission.done]
    number, listed = str(submission.id), [Numbered(at, duty) for at, duty in left]
    if what is not None and not 1 <= what <= len(duties):
        raise NotAllowed("no_such_duty", id=number, what=str(what), duties=listed or "-")
    if what is not None and duties[what - 1] in submission.done:
        raise NotAllowed("duty_done", id=number, duty=duties[what - 1])
    if what is not None:
        return duties[what - 1]
    if not left:
        raise NotAllowed("no_duty_left", id=number)
    if len(left) > 1:
        raise NotAllowed("which_duty", id=number, duties=listed)
    return left[0][1]
