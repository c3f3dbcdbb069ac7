"""Whether an issuer takes an electronic surety for this contract.

Its one promise: only registered facts decide. An alternative that lacks one is not known, never fitting; and a hold
names the project and what was asked, so that no answer covers another project or another rule. It does not know
today's date, nor what people have answered.

What stands in which date (the issuers' own words in brackets):

- Of several dates that one alternative counts by (公告又は指名), those that the project has must all lie in time; a
  contract is either announced or designated, so the other date never exists.
- The original contract (当初契約を締結する案件): its date is ``original_contract``; while the contract at hand is
  itself the original one, ``contract`` says the same.
- ``original_only`` (それ以前のものの変更契約は除く), with an amended contract: announcement, designation,
  notification, bid and award were those of the original contract, an amendment has none, and they count as given.
  ``contract`` and ``guarantee`` may be the amendment's, made after the day from which the issuer counts:
  ``original_contract`` is asked for in their place. Without ``from`` there is no date to fit by, and no amended
  contract fits.
- ``amended = false`` (変更契約は対象外): no amended contract fits, whatever its dates.
- Without ``original_only`` the issuer says nothing of amended contracts, and the dates count as registered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from worker.core.model import Hold, Product
from worker.core.params import Params
from worker.core.rulebook import Contract, CountedBy, Eligibility, Issuer, Project
from worker.core.states import Reason

_ORIGINAL_ALONE: Final = Params(code="original_alone")
NOT_SEEN: Final = "not_seen"
"""Code of the hold where nothing but an alternative that the file itself calls open is left."""

_OF_THE_ORIGINAL: Final = frozenset(CountedBy) - {CountedBy.CONTRACT, CountedBy.GUARANTEE}
"""Dates that an amendment leaves as they were."""


@dataclass(frozen=True, slots=True)
class _Excluded:
    """A limit that the registered facts certainly miss."""

    fact: Params
    is_of_another: bool = False
    """The alternative is meant for other contracts: where a nearer one fails, this is nothing to tell."""


@dataclass(frozen=True, slots=True)
class _Lacking:
    """A fact that is not registered."""

    fact: Params


_Finding = _Excluded | _Lacking


@dataclass(frozen=True, slots=True)
class _Case:
    issuer: Issuer
    project: Project
    product: Product
    is_amended: bool


def judge_eligibility(issuer: Issuer, project: Project, product: Product, contract: Contract) -> tuple[Hold, ...]:
    """No hold where one of the issuer's alternatives fits, where it has none, or where it consented to an exception.

    A project that its announcement excludes is ``not_eligible`` whatever the alternatives say.

    Else one: ``eligibility_unknown`` with the facts to register, or ``not_eligible`` where every alternative is
    certainly missed, with why. A missing approval (``approval = true``) is not known rather than missed: the issuer can
    still give it. Where nothing but an open alternative is left (``open = true``), it is not known either: an answer of
    the issuer for this project settles it, or a confirmed rule.
    """
    if project.exception.strip():
        return ()
    if project.is_excluded:
        return (Hold.of(Reason.NOT_ELIGIBLE, "excluded", project=project.id),)
    if not issuer.eligibility:
        return ()
    case = _Case(issuer, project, product, project.is_amended or contract is Contract.AMENDED)
    examined = [tuple(_examine(alternative, case)) for alternative in issuer.eligibility]
    if not all(examined):
        return ()  # one with nothing found against it fits
    possible = [
        (alternative, findings)
        for alternative, findings in zip(issuer.eligibility, examined, strict=True)
        if not any(isinstance(finding, _Excluded) for finding in findings)
    ]
    lacking = [
        tuple(finding.fact for finding in findings if isinstance(finding, _Lacking))
        for alternative, findings in possible
        if not alternative.open
    ]
    if lacking:
        asked = tuple(dict.fromkeys(lacking))
        return (Hold.of(Reason.ELIGIBILITY_UNKNOWN, "lacking", project=project.id, asked=asked),)
    if possible:
        return (Hold.of(Reason.ELIGIBILITY_UNKNOWN, NOT_SEEN, value=project.id),)
    facts = tuple(_tell_excluded(examined))
    return (Hold.of(Reason.NOT_ELIGIBLE, "missed", project=project.id, facts=facts),)


def _tell_excluded(examined: Sequence[tuple[_Finding, ...]]) -> Iterable[Params]:
    """Why every alternative is missed: of those meant for this contract, where there are any, else of all."""
    excluded = [[finding for finding in findings if isinstance(finding, _Excluded)] for findings in examined]
    meant = [findings for findings in excluded if not any(finding.is_of_another for finding in findings)]
    return dict.fromkeys(finding.fact for findings in meant or excluded for finding in findings)


# --- One alternative -----------------------------------------------------------------------------------------------


def _examine(alternative: Eligibility, case: _Case) -> Iterator[_Finding]:
    """What speaks against ``alternative``: nothing where it fits."""
    yield from _examine_scope(alternative, case)
    yield from _examine_amount(alternative, case.project)
    if case.is_amended and not alternative.amended:
        yield _Excluded(_ORIGINAL_ALONE)
    else:
        yield from _examine_dates(alternative, case)
    if (alternative.approval or alternative.open) and not case.project.approval.strip():
        yield _Lacking(Params(code="approval_unknown"))


def _examine_scope(alternative: Eligibility, case: _Case) -> Iterator[_Finding]:
    """Which contracts it is meant for: product, kind of work, award, who tendered."""
    project = case.project
    if alternative.products and case.product not in alternative.products:
        yield _excluded_from("other_product", case.product.value, alternative.products)
    if alternative.kinds and project.kind not in alternative.kinds:
        if project.kind is None:
            yield _lacking_of("kind_unknown", alternative.kinds)
        else:
            yield _excluded_from("other_kind", project.kind.value, alternative.kinds)
    if alternative.awards and project.award not in alternative.awards:
        if project.award is None:
            yield _lacking_of("award_unknown", alternative.awards)
        else:
            yield _excluded_from("other_award", project.award.value, alternative.awards)
    if alternative.tendered_by and project.tendered_by not in alternative.tendered_by:
        taken = [_section_name(case.issuer, each) for each in alternative.tendered_by]
        if not project.tendered_by:
            yield _lacking_of("tendering_unknown", taken)
        else:
            yield _excluded_from("other_tendering", _section_name(case.issuer, project.tendered_by), taken)


def _examine_amount(alternative: Eligibility, project: Project) -> Iterator[_Finding]:
    least = alternative.min_amount
    if least is None:
        return
    if project.amount is None:
        yield _Lacking(Params(code="amount_unknown", least=str(least)))
    elif project.amount < least:
        yield _Excluded(Params(code="amount_below", amount=str(project.amount), least=str(least)))


def _examine_dates(alternative: Eligibility, case: _Case) -> Iterator[_Finding]:
    must_be_original = case.is_amended and alternative.original_only
    since = alternative.since
    if since is None:
        if must_be_original:
            yield _Excluded(_ORIGINAL_ALONE)
        return
    counted_by: Iterable[CountedBy] = alternative.counted_by
    if must_be_original:
        counted_by = dict.fromkeys(
            each if each in _OF_THE_ORIGINAL else CountedBy.ORIGINAL_CONTRACT for each in counted_by
        )
    dates = [(each, date) for each in counted_by for date in _dates_of(case, each)]
    if not dates:
        days = tuple(each.value for each in counted_by)
        yield _Lacking(Params(code="day_unknown", days=days, since=since.isoformat()))
    for which, date in dates:
        if date < since:
            days_told = {"which": which.value, "day": date.isoformat(), "since": since.isoformat()}
            yield _Excluded(Params(code="day_before", **days_told))


def _dates_of(case: _Case, counted_by: CountedBy) -> Iterator[dt.date]:
    """The registered date, if there is one."""
    dates = case.project.dates
    if counted_by in dates:
        yield dates[counted_by]
    elif counted_by is CountedBy.ORIGINAL_CONTRACT and not case.is_amended and CountedBy.CONTRACT in dates:
        yield dates[CountedBy.CONTRACT]


# --- What is told ----------------------------------------------------------------------------------------------


def _excluded_from(code: str, own: str, taken: Sequence[str]) -> _Excluded:
    return _Excluded(Params(code=code, own=own, taken=tuple(map(str, taken))), is_of_another=True)


def _lacking_of(code: str, taken: Sequence[str]) -> _Lacking:
    return _Lacking(Params(code=code, taken=tuple(map(str, taken))))


def _section_name(issuer: Issuer, section: str) -> str:
    return issuer.sections[section].name if section in issuer.sections else section
