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
from worker.core.japanese_dates import write_date
from worker.core.messages import name_receipt
from worker.core.model import JST, Duties, Hold, Product, Submission
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

_TOGETHER: Final = {Timing.WITH_CONTRACT: "契約書", Timing.WITH_INVOICE: "請求書"}
_BEFORE: Final = {Timing.BEFORE_CONTRACT: "契約書", Timing.BEFORE_INVOICE: "請求書"}


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
) -> Duties:
    """What the rule asks of people where the invoice goes this ``way``, but for what a draft or a form says."""
    return Duties(
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


def _source(issuer: Issuer, project: Project, product: Product, rule: Rule) -> str:
    if rule in (project.rules.get(product), project.amended_rules.get(product)):
        own = f"projects.toml（{project.id}）"
        return f"{own}、ほかは {issuer.source}" if issuer.source else own
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


def add_promised(after: tuple[str, ...], title: str) -> tuple[str, ...]:
    """``after`` for a letter that promises the invoice ``title``: always with a sentence that has it handed in."""
    return after if any(map(_HANDED_IN.search, after)) else (*after, f"{title}を別途提出")


# --- Before it is mailed -----------------------------------------------------------------------------------------


def hold_for_people(
    project: Project, product: Product, contract_number: str, rule: Rule, section: Section | None
) -> Iterator[Hold]:
    """What a person does before the mail goes: tell the issuer, wait for the contract document or the invoice.

    Details name the project: the same sentence about another project is another question.
    """
    if rule.contact_first:
        told = " ".join(filter(None, (section.name, section.phone))) if section else ""
        yield Hold(Reason.CONTACT_FIRST, f"{project.id}：{rule.contact_first}" + (f"（{told}）" if told else ""))
    if rule.timing in _TOGETHER:
        yield Hold(Reason.TIMING, f"{project.id}：{describe_timing(project, product, contract_number, rule)}")


def hold_for_contract(project: Project, today: dt.date) -> Iterator[Hold]:
    """An invoice for a contract that is not concluded yet: both guarantees are often issued before the signing."""
    concluded = project.dates.get(CountedBy.CONTRACT)
    if concluded is None:
        yield Hold(
            Reason.TIMING, f"{project.id}：契約日（dates の contract）が未登録です。請求書は契約日より前に送りません"
        )
    elif concluded > today:
        yield Hold(Reason.TIMING, f"{project.id}：{FROM_CONTRACT_DAY.format(day=write_date(concluded))}")


def earliest_day(project: Project) -> dt.date | None:
    """The first day on which a mail with an invoice may leave; None where it is not known."""
    return project.dates.get(CountedBy.CONTRACT)


def describe_timing(project: Project, product: Product, contract_number: str, rule: Rule) -> str:
    """When the issuer wants it, in a sentence with the day where it is known; empty: at any time."""
    day = _due_day(rule.timing, project, product, contract_number) if rule.timing is not Timing.ANY else None
    known = f"（{write_date(day)}）" if day else ""
    if rule.timing in _TOGETHER:
        return f"{_TOGETHER[rule.timing]}{known}と同時に提出"
    if rule.timing in _BEFORE:
        last = _last_day(rule.timing, project, product, contract_number)
        until = f"、{write_date(last)}までに" if last else "に"
        return f"{_BEFORE[rule.timing]}{known}より前{until}提出"
    return ""


# --- After it left -----------------------------------------------------------------------------------------------


def open_news(submission: Submission) -> tuple[str, ...]:
    """What came back and waits to be taken note of, a sentence each; its moment tells it from the same once more."""
    return tuple(f"{each.at.astimezone(JST):%m/%d %H:%M:%S} {name_receipt(each, 'ja')}" for each in submission.unread)


def choose_duty(submission: Submission, what: int | None) -> str:
    """The duty after sending with the number ``what`` (from 1), or the only one that is left. Raises NotAllowed.

    Behind the rule's duties stands what came back.
    """
    duties = submission.duties.after + open_news(submission)
    left = [(at, duty) for at, duty in enumerate(duties, 1) if duty not in submission.done]
    number, listed = str(submission.id), " ".join(f"{at}. {duty}" for at, duty in left)
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
