"""A rule by e-mail that leaves out how, when or with which invoice is asked about; what is assumed is shown."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from tests.support.config_samples import ISSUER, PROJECTS, files
from tests.support.registered import NOTICE, REGISTER, SECTION, Register, drafted, of_issuer, reasons
from tests.support.tables import every_case
from worker.compose.compose import hash_rule
from worker.config.editing.catalogue import list_entries
from worker.config.load import Configuration, load_configuration
from worker.config.release import Mode
from worker.core.errors import ConfigError
from worker.core.model import Channel, FollowUps, Product, Submission
from worker.core.rulebook import InvoiceRule, NoticeForm, Rule, Timing
from worker.core.states import Reason, State

ALL = ("notice", "timing", "invoice")
WRITTEN = {"notice": 'notice = "attached"', "timing": 'timing = "any"', "invoice": 'invoice = "optional"'}
ADVANCE = replace(NOTICE, product=Product.ADVANCE)
OF_0_1_0 = "e203ef01209d0b4d18da3737771edb051cd624baae1598e004fa221b26d41ff1"
"""``hash_rule`` of the rule and section of ``registered``, as 0.1.0 computed it."""


def loaded(rule: str = "", *, head: str = "open = []", projects: str = PROJECTS) -> Configuration:
    """The configuration in which the issuer's default rule also writes ``rule``."""
    text = ISSUER.replace("open = []", head) + rule + "\n"
    return load_configuration(files({"issuers/mihon.toml": text, "projects.toml": projects}))


def rule_of(rule: str = "", product: Product = Product.ADVANCE, *, head: str = "open = []") -> Rule:
    return loaded(rule, head=head).issuers["mihon"].rules[product]


def under(rule: Rule, **changes: Any) -> Register:
    return replace(REGISTER, issuers=(of_issuer(rules=dict.fromkeys(Product, rule)),), **changes)


def remarks_of(configuration: Configuration) -> list[tuple[str, str]]:
    codes = ((each.key, each.code) for each in configuration.remarks)
    return [(key, code) for key, code in codes if code.startswith(("unsaid_", "assumed_"))]


# --- What counts as open -----------------------------------------------------------------------------------------


@every_case("written", [each for many in range(4) for each in itertools.combinations(ALL, many)])
def test_by_e_mail_each_of_the_three_that_no_table_writes_holds_as_an_open_key_does(written: tuple[str, ...]) -> None:
    rule = rule_of("\n".join(WRITTEN[key] for key in written))
    left = [key for key in ALL if key not in written]
    assert list(rule.unsaid) == left
    held = reasons(drafted(under(rule, mode=Mode.AUTO), notice=ADVANCE).submission)
    assert held.get(Reason.RULE_OPEN, "") == ", ".join(f"rule.default.{key}" for key in left)


def test_a_contract_guarantee_carries_no_invoice_and_is_asked_about_none() -> None:
    assert rule_of(product=Product.CONTRACT).unsaid == ("notice", "timing")


@pytest.mark.parametrize("channel", [each for each in Channel if each is not Channel.EMAIL])
def test_what_is_not_mailed_is_held_for_none_of_them(channel: Channel) -> None:
    rule = replace(rule_of(), channel=channel)
    held = reasons(drafted(under(rule), notice=ADVANCE).submission)
    assert "rule.default" not in held.get(Reason.RULE_OPEN, "")


@pytest.mark.parametrize("table", ["advance", "amended", "advance_amended"])
def test_a_table_for_one_product_or_for_amended_contracts_may_say_it(table: str) -> None:
    issuer = loaded(f"[rule.{table}]\n" + "\n".join(WRITTEN[key] for key in ALL if key != "invoice")).issuers["mihon"]
    rules = issuer.amended_rules if "amended" in table else issuer.rules
    assert rules[Product.ADVANCE].unsaid == ("invoice",)
    if table != "advance":
        assert issuer.rules[Product.ADVANCE].unsaid == ALL


def test_a_project_may_say_for_itself_what_its_issuer_does_not() -> None:
    own = PROJECTS + "[project.rule.default]\n" + "\n".join(WRITTEN.values()) + "\n"
    (project,) = loaded(projects=own).projects
    assert project.rules[Product.ADVANCE].unsaid == ()
    (half,) = loaded(projects=PROJECTS + '[project.rule.default]\ntiming = "any"\n').projects
    assert half.rules[Product.ADVANCE].unsaid == ("notice", "invoice")


def test_a_project_that_turns_a_form_into_a_mail_must_say_them() -> None:
    form = ISSUER.replace('channel = "email"', 'channel = "form"')
    own = PROJECTS + '[project.rule.default]\nchannel = "email"\n'
    configuration = load_configuration(files({"issuers/mihon.toml": form, "projects.toml": own}))
    assert configuration.projects[0].rules[Product.ADVANCE].unsaid == ALL
    assert remarks_of(configuration) == [(f"project[1].rule.default.{key}", f"unsaid_{key}") for key in ALL]


def test_the_body_keeps_its_default_for_it_is_ours() -> None:
    assert (rule_of().body, "body" in rule_of().unsaid) == ("default", False)


def test_what_the_file_already_calls_open_is_not_named_twice() -> None:
    rule = rule_of(head='open = ["rule.default.notice"]')
    assert (rule.open, rule.unsaid) == (("rule.default.notice",), ("timing", "invoice"))


def test_check_names_each_key_that_is_not_written_and_nothing_once_all_are() -> None:
    assert remarks_of(loaded()) == [(f"rule.default.{key}", f"unsaid_{key}") for key in ALL]
    assert remarks_of(loaded("\n".join(WRITTEN.values()))) == []


# --- What is assumed ---------------------------------------------------------------------------------------------


def test_an_assumption_takes_the_usual_values_and_holds_nothing() -> None:
    rule = rule_of(WRITTEN["invoice"], head='open = []\nassumed = ["notice", "timing"]')
    assert (rule.notice, rule.timing, rule.unsaid) == (NoticeForm.ATTACHED, Timing.ANY, ())
    assert rule.assumed == ("notice", "timing")
    made = drafted(under(rule)).submission
    assert Reason.RULE_OPEN not in reasons(made)
    assert made.follow_ups.duties.assumed == ("notice", "timing")


def test_an_assumption_does_not_stand_against_what_a_table_writes_or_calls_open() -> None:
    head = 'open = ["rule.default.notice"]\nassumed = ["notice", "timing"]'
    rule = rule_of('timing = "with_invoice"', head=head)
    assert (rule.timing, rule.assumed) == (Timing.WITH_INVOICE, ())
    held = reasons(drafted(under(rule), notice=ADVANCE).submission)
    assert held[Reason.RULE_OPEN].split(", ") == ["rule.default.notice", "rule.default.invoice"]


@every_case(
    "name", ["invoice", "subject", "channel", "section", "body", "eligibility", "rule.default.notice", "Notice", ""]
)
def test_nothing_but_notice_and_timing_can_be_assumed(name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(head=f'open = []\nassumed = ["notice", "{name}"]')
    assert [problem.key for problem in refused.value.problems] == ["assumed[2]"]


@pytest.mark.parametrize("value", ['"notice"', "true", "{ notice = true }"])
def test_an_assumption_is_a_list(value: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(head=f"open = []\nassumed = {value}")
    assert [problem.key for problem in refused.value.problems] == ["assumed"]


def test_check_shows_each_assumption() -> None:
    shown = remarks_of(loaded(WRITTEN["invoice"], head='open = []\nassumed = ["notice", "timing"]'))
    assert shown == [("assumed", "assumed_notice"), ("assumed", "assumed_timing")]


def test_the_list_of_issuers_names_what_counts_as_open() -> None:
    configuration = loaded(WRITTEN["timing"])
    own = {"mihon": {"name": "みほん町", "open": []}}
    (entry,) = list_entries({}, own, configuration.issuers, ())
    assert entry.open == ("rule.default.notice", "rule.default.invoice")


# --- An upgrade --------------------------------------------------------------------------------------------------


def of_older_program(submission: Submission) -> Submission:
    """As 0.1.0 stored it: its duties say nothing of what the rule left out."""
    return replace(
        submission,
        follow_ups=replace(
            submission.follow_ups,
            duties=replace(submission.follow_ups.duties, counts_silence=FollowUps().counts_silence),
        ),
    )


@pytest.mark.parametrize("mode", Mode)
def test_an_upgrade_holds_nothing_that_was_drafted_before_it(mode: Mode) -> None:
    said = replace(rule_of(product=Product.CONTRACT), unsaid=())
    before = of_older_program(drafted(under(said, mode=mode)).submission)
    now = under(replace(said, unsaid=("notice", "timing")), mode=mode)
    after = drafted(now, before).submission
    assert after == before
    assert drafted(now, after).submission == before  # and each time that it is looked at
    assert Reason.RULE_OPEN in reasons(drafted(now).submission)  # a new one is held


def test_what_was_approved_before_an_upgrade_stays_approved() -> None:
    said = replace(rule_of(product=Product.CONTRACT), unsaid=())
    approved = of_older_program(drafted(under(said, mode=Mode.AUTO)).submission)
    assert approved.state is State.APPROVED
    assert drafted(under(replace(said, unsaid=("notice", "timing")), mode=Mode.AUTO), approved).submission == approved


def test_once_the_draft_changes_the_rule_of_today_counts() -> None:
    said = replace(rule_of(product=Product.CONTRACT), unsaid=())
    before = of_older_program(drafted(under(said)).submission)
    changed = replace(said, unsaid=("notice", "timing"), subject="別の件名")
    after = drafted(under(changed), before).submission
    assert reasons(after)[Reason.RULE_OPEN] == "rule.default.notice, rule.default.timing"
    back = drafted(under(replace(changed, subject=said.subject)), after).submission
    assert Reason.RULE_OPEN in reasons(back)  # to change it back does not bring the old rule back


def test_to_write_out_what_was_taken_silently_is_no_other_rule() -> None:
    silent, written = rule_of(), rule_of("\n".join(WRITTEN.values()))
    assumed = rule_of(WRITTEN["invoice"], head='open = []\nassumed = ["notice", "timing"]')
    assert silent != written != assumed
    assert len({hash_rule(rule, SECTION) for rule in (silent, written, assumed)}) == 1
    assert hash_rule(replace(written, invoice=InvoiceRule.NEVER), SECTION) != hash_rule(written, SECTION)


def test_the_hash_of_a_rule_is_the_one_that_0_1_0_stored() -> None:
    assert hash_rule(of_issuer().rules[Product.CONTRACT], SECTION) == OF_0_1_0
