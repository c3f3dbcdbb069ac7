"""A mail that a newer program words otherwise: a waiting submission keeps its words, its label and its approval."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from tests.support.holds import told
from tests.support.registered import REGISTER, Register, drafted
from worker.approve.reevaluate import ActiveConfig
from worker.compose import compose
from worker.compose.compose import FORMER_WORDS
from worker.config.files import FORMER_TEMPLATES, TemplateFiles
from worker.config.ports import Templates
from worker.config.shipped import shipped_file
from worker.core.model import Address, Submission
from worker.core.states import Reason, State

TEMPLATE = "default.txt.j2"
FORMER = shipped_file(*FORMER_TEMPLATES.split("/"), FORMER_WORDS, TEMPLATE)


@dataclass(frozen=True)
class Shipped(Register):
    """A register whose letters are written by the shipped templates, or by the office's own ``files``."""

    own: tuple[tuple[str, bytes], ...] = ()

    def active_config(self) -> ActiveConfig:
        templates: Templates = TemplateFiles({f"templates/mail/{name}": text for name, text in self.own})
        return replace(super().active_config(), templates=templates)


TODAY = Shipped()
OF_0_1_0 = Shipped(own=((TEMPLATE, FORMER),))
"""Writes as 0.1.0 did."""


def approved(submission: Submission) -> Submission:
    return replace(
        submission,
        state=State.APPROVED,
        reasons=(),
        approval=replace(submission.approval, released_draft=submission.composed.draft_hash, release="山田"),
    )


def test_the_letters_differ_in_their_words() -> None:
    now, then = drafted(TODAY).body, drafted(OF_0_1_0).body
    assert "ご担当者様" in now
    assert "ご担当者　様" in then


def test_a_draft_of_other_words_stays_as_it_is_with_its_label() -> None:
    held = drafted(OF_0_1_0).submission
    again = drafted(TODAY, held)
    assert again.submission == held
    assert again.submission.label == held.label
    assert "ご担当者　様" in again.body


def test_what_was_approved_under_other_words_stays_approved() -> None:
    held = approved(drafted(OF_0_1_0).submission)
    again = drafted(TODAY, held).submission
    assert again.composed.draft_hash == held.composed.draft_hash
    assert Reason.CHANGED not in {hold.reason for hold in again.reasons}


def test_a_rehearsal_that_was_approved_keeps_its_first_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    rehearsing = {"rehearsal_to": Address("renshu@contractor.example")}
    with monkeypatch.context() as patch:
        patch.setitem(compose._INTRODUCED, "", compose._INTRODUCED[FORMER_WORDS])
        held = drafted(replace(OF_0_1_0, **rehearsing)).submission
    again = drafted(replace(TODAY, **rehearsing), held)
    assert again.submission == held
    assert "以下、本番の本文です。" in again.body


def test_once_anything_else_changes_the_words_are_those_of_today() -> None:
    held = approved(drafted(OF_0_1_0).submission)
    moved = replace(TODAY, contractor=replace(REGISTER.contractor, phone="03-0000-0001"))
    again = drafted(moved, held)
    assert "ご担当者様" in again.body
    assert (Reason.CHANGED, "") in {told(hold) for hold in again.submission.reasons}


@pytest.mark.parametrize("rehearsal_to", [None, Address("renshu@contractor.example")])
def test_a_new_draft_has_the_words_of_today(rehearsal_to: Address | None) -> None:
    made = drafted(replace(TODAY, rehearsal_to=rehearsal_to))
    assert "ご担当者様" in made.body
    assert ("以下は、発注者に送る文面です。" in made.body) is (rehearsal_to is not None)


def test_a_text_of_the_offices_own_has_no_former_one() -> None:
    own = TemplateFiles({f"templates/mail/{TEMPLATE}": "自社の本文".encode()})
    assert own.source(TEMPLATE, FORMER_WORDS) == own.source(TEMPLATE) == "自社の本文"
    assert TemplateFiles({}).source(TEMPLATE, FORMER_WORDS) == FORMER.decode()
    assert TemplateFiles({}).source("none.txt.j2", FORMER_WORDS) is None
