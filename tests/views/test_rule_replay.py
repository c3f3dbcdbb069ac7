"""The effects of a changed configuration are named field by field, and nothing else is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.holds import old
from tests.support.registered import REGISTER, Register, drafted, of_issuer, of_project
from tests.support.world import KEY, NUMBER
from worker.approve.reevaluate import Drafted
from worker.core.model import Address, Hold, sha256
from worker.core.states import Reason
from worker.views.rule_replay import DraftDifference, FollowUpLine, differences

BEFORE = drafted()


def changed(register: Register) -> dict[str, DraftDifference]:
    return {each.field: each for each in differences(BEFORE, drafted(register), KEY)}


def test_the_same_configuration_differs_in_nothing() -> None:
    assert differences(BEFORE, drafted(), KEY) == ()


@pytest.mark.parametrize(
    ("register", "field", "changes"),
    [
        (
            Register(issuers=(of_issuer(section={"to": (Address("new@mihon.example"),)}),)),
            "to",
            (("-", "doboku@mihon.example"), ("+", "new@mihon.example")),
        ),
        (
            Register(issuers=(of_issuer(section={"cc": (Address("genba@contractor.example"),)}),)),
            "cc",
            (("+", "genba@contractor.example"),),
        ),
        (
            Register(issuers=(of_issuer(section={"name": "契約課"}),)),
            "section",
            (("-", "doboku 土木課"), ("+", "doboku 契約課")),
        ),
        (
            Register(issuers=(of_issuer(rule={"subject": "認証キー"}),)),
            "subject",
            (("-", "契約保証【道路改良工事】"), ("+", "認証キー")),
        ),
    ],
    ids=["recipient", "copy", "section", "subject"],
)
def test_what_a_changed_rule_alters_is_named_before_and_after(
    register: Register, field: str, changes: tuple[tuple[str, str], ...]
) -> None:
    assert changed(register)[field].changes == changes


def test_of_a_changed_body_only_the_changed_lines_are_shown() -> None:
    body = REGISTER.templates["default.txt.j2"]
    register = Register(templates={"default.txt.j2": body.replace("いつもお世話になっております。", "拝啓")})
    assert changed(register)["body"].changes == (("-", "いつもお世話になっております。"), ("+", "拝啓"))


def test_another_file_that_rides_along_is_named_though_its_name_is_the_same() -> None:
    attachment = replace(BEFORE.submission.composed.draft.attachments[0], sha256=sha256(b"another"))
    other = replace(BEFORE.submission.composed.draft, attachments=(attachment,))
    after = Drafted(
        replace(BEFORE.submission, composed=replace(BEFORE.submission.composed, draft=other)), {}, BEFORE.body
    )
    assert [each.field for each in differences(BEFORE, after, KEY)] == ["attachments"]


def test_a_reason_that_would_hold_it_is_named_with_what_it_is_about() -> None:
    found = changed(Register(issuers=(of_issuer(rule={"open": ("subject",)}),)))
    assert ("+", 'rule_open {"keys": ["subject"]}') in found["reasons"].changes


def test_a_project_that_no_longer_takes_the_notice_leaves_nothing_of_the_mail() -> None:
    found = changed(Register(projects=(of_project(name="別の橋", contract_numbers=(f"{NUMBER}9",)),)))
    assert {"issuer", "project", "channel", "to", "subject", "body", "attachments", "reasons"} <= set(found)
    assert found["to"].after == ()


def test_reasons_that_only_say_that_something_changed_are_no_difference() -> None:
    reasons = (*BEFORE.submission.reasons, Hold(Reason.CHANGED), old(Reason.RULE_CHANGED, "issuers/mihon.toml"))
    after = Drafted(replace(BEFORE.submission, reasons=reasons), {}, BEFORE.body)
    assert differences(BEFORE, after, KEY) == ()


def test_conditions_and_duties_are_compared_too() -> None:
    found = changed(Register(issuers=(of_issuer(rule={"conditions": ("押印がある",), "after": ("原本を郵送",)}),)))
    assert found["conditions"].changes == (("+", "押印がある"),)
    assert ("+", FollowUpLine("after", ("原本を郵送",))) in found["duties"].changes


def test_a_typed_key_is_masked_in_what_is_compared() -> None:
    register = Register(templates={"default.txt.j2": "認証キー {{ notice.key }}"})
    assert KEY not in str(changed(register))
