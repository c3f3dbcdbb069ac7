"""Answers of ``ports.Overview`` computed from a list of all submissions, to compare the store's answers with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from worker.core.model import Product, Submission
from worker.core.states import State
from worker.core.text import match_key

Guarantee = tuple[str, Product]


class Among:
    """All submissions in one list, by id; every one of them counts as open."""

    def __init__(self, *submissions: Submission) -> None:
        self._all = sorted(submissions, key=lambda each: each.id)
        self.properties: dict[str, str] = {}

    def property(self, name: str) -> str | None:
        return self.properties.get(name)

    def begun(self) -> dt.datetime | None:
        return None

    def walk_open(self, today: dt.date) -> Iterator[Submission]:
        return iter(self._all)

    def corrections(self, numbers: Iterable[int]) -> Mapping[int, int]:
        wanted = set(numbers)
        return {
            each.corrects: each.id
            for each in self._all
            if each.corrects in wanted and each.corrects is not None and each.state is not State.WITHDRAWN
        }

    def unannounced(self, guarantor: str, count: int) -> tuple[Submission, ...]:
        found = [
            each for each in self._all if each.notice.guarantor == guarantor and each.notice.pdf_sha256 is not None
        ]
        return tuple([each for each in found if each.source.announced is None][-count:])

    def _standing(self) -> list[Submission]:
        corrected = self.corrections(each.id for each in self._all)
        return [each for each in self._all if each.state is not State.WITHDRAWN and each.id not in corrected]

    def newest(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, Submission]:
        return _newest_of(self._all, guarantees)

    def newest_standing(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, Submission]:
        return _newest_of(self._standing(), guarantees)

    def having_standing(self, guarantees: Sequence[Guarantee]) -> frozenset[Guarantee]:
        return frozenset(self.newest_standing(guarantees))

    def numbers_standing(self, guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, frozenset[str | None]]:
        found: dict[Guarantee, set[str | None]] = {}
        for each in self._standing():
            if (
                each.destination.project is not None
                and each.notice.product is not None
                and (each.destination.project, each.notice.product) in guarantees
            ):
                found.setdefault((each.destination.project, each.notice.product), set()).add(
                    each.notice.contract_number
                )
        return {guarantee: frozenset(numbers) for guarantee, numbers in found.items()}

    def of_other_projects(self, match_keys: Iterable[str], projects: Iterable[str]) -> tuple[Submission, ...]:
        keys, ids = set(match_keys), set(projects)
        return tuple(
            each
            for each in self._all
            if each.destination.project is not None
            and each.destination.project not in ids
            and match_key(each.notice.contract_number or "") in keys
        )


def _newest_of(submissions: Iterable[Submission], guarantees: Sequence[Guarantee]) -> Mapping[Guarantee, Submission]:
    return {
        (each.destination.project, each.notice.product): each
        for each in submissions
        if each.destination.project is not None
        and each.notice.product is not None
        and (each.destination.project, each.notice.product) in guarantees
    }
