"""In a manual submission every step and field is filled in, or the missing value is named; the key is masked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from tests.support.fakes import FakeFiles, FakeReading
from tests.support.holds import detail_of, in_ja
from tests.support.registered import (
    INVOICE,
    NOTICE,
    REGISTER,
    Register,
    arrived,
    drafted,
    of_issuer,
    of_project,
    reasons,
)
from tests.support.world import KEY, NUMBER, START
from worker.audit.chain import canonical
from worker.compose.compose import renew_steps
from worker.core.model import Answer, Channel, Product
from worker.core.params import of_text
from worker.core.rulebook import Document, Eligibility, Invoice, NoticeForm, Timing, TitledValue, ValueForm
from worker.core.states import Reason, State

ADVANCE = replace(NOTICE, product=Product.ADVANCE)
STEPS = {"lines": (TitledValue("工事番号", "{{ values.工事番号 }}"),), "url": "https://mihon.example/form"}
LINES = (TitledValue("案件名", "{{ project.name }}"), TitledValue("認証キー", "{{ notice.key }}"))


def by_form(channel: Channel = Channel.FORM, **keys: object) -> Register:
    return replace(REGISTER, issuers=(of_issuer(rule={"channel": channel, **keys}, section={"to": ()}),))


def test_a_form_is_told_field_by_field_with_its_address_and_its_steps() -> None:
    register = by_form(
        url="https://mihon.example/form", instructions=("「{{ project.name }}」を選ぶ", "送信を押す"), lines=LINES
    )
    handed = drafted(register).submission
    assert (handed.state, handed.composed.draft) == (State.HANDED_OVER, None)
    assert handed.follow_ups.duties.url == "https://mihon.example/form"
    assert handed.follow_ups.duties.instructions == ("「道路改良工事」を選ぶ", "送信を押す")
    assert in_ja(handed.follow_ups.duties.entries) == (("案件名", "道路改良工事"), ("認証キー", "********Gh"))


def test_nothing_that_is_kept_of_a_form_holds_the_key() -> None:
    handed = drafted(by_form(lines=LINES, instructions=("{{ notice.key }}を入力",), bring=("印鑑",))).submission
    assert KEY not in canonical(handed)


def test_what_to_take_along_names_each_file() -> None:
    register = replace(
        by_form(Channel.PAPER, bring=("印鑑",), documents_required=("前払金申請書",)),
        projects=(
            of_project(
                invoices={Product.ADVANCE: (Invoice("road.pdf"),)},
                documents={Product.ADVANCE: (Document("shinsei.pdf", "前払金申請書"),)},
            ),
        ),
        files=FakeFiles({"shinsei.pdf": INVOICE, "road.pdf": INVOICE}),
    )
    handed = drafted(register, notice=ADVANCE).submission
    assert handed.state is State.HANDED_OVER
    assert handed.follow_ups.duties.bring == (
        "印鑑",
        "前払金請求書：road.pdf",
        f"認証キーのお知らせ：認証キーのお知らせ_{NUMBER}.pdf",
        "前払金申請書：shinsei.pdf",
    )


def test_where_number_and_key_are_entered_the_notice_is_not_among_the_files() -> None:
    assert drafted(by_form(notice=NoticeForm.TYPED)).submission.follow_ups.duties.bring == ()


def test_contact_moment_and_conditions_are_steps_of_their_own() -> None:
    register = replace(
        by_form(
            Channel.PAPER,
            contact_first="事前に電話で一報",
            timing=Timing.WITH_CONTRACT,
            instructions=("窓口へ持参",),
            conditions=("記名を確かめた",),
        ),
        projects=(of_project(dates={"contract": dt.date(2026, 12, 1)}),),
    )
    handed = drafted(register).submission
    assert handed.state is State.HANDED_OVER
    assert in_ja(handed.follow_ups.duties.instructions) == (
        "事前に電話で一報",
        "契約書（令和8年12月1日）と同時に提出",
        "窓口へ持参",
        "記名を確かめた",
    )


@pytest.mark.parametrize(
    ("keys", "more", "reason"),
    [
        ({"open": ("rule.default.url",)}, {}, Reason.RULE_OPEN),
        ({}, {"eligibility": (Eligibility(approval=True),)}, Reason.ELIGIBILITY_UNKNOWN),
        ({}, {"values": {"工事番号": ValueForm("工事番号", digits_only=True)}}, Reason.BAD_VALUE),
        ({"documents_required": ("前払金申請書",)}, {}, Reason.DOCUMENTS_UNDECIDED),
        ({"lines": (TitledValue("契約番号", "{{ values.契約番号 }}"),)}, {}, Reason.MISSING_VALUE),
        ({"instructions": ("{{ values.契約番号 }}",)}, {}, Reason.MISSING_VALUE),
    ],
)
def test_what_is_not_certain_stands_before_it_is_handed_over(
    keys: dict[str, object], more: dict[str, object], reason: Reason
) -> None:
    issuer = of_issuer(rule={"channel": Channel.UPLOAD, **keys}, **more)
    register = replace(REGISTER, issuers=(issuer,), projects=(of_project(values={"工事番号": "R八"}),))
    held = drafted(register).submission
    assert (held.state, set(reasons(held))) == (State.HELD, {reason})


def test_a_missing_value_of_a_form_is_named_once() -> None:
    lines = (TitledValue("番号", "{{ values.契約番号 }}"), TitledValue("再掲", "{{ values.契約番号 }}"))
    held = drafted(by_form(lines=lines)).submission
    assert [(hold.reason, detail_of(hold)) for hold in held.reasons] == [(Reason.MISSING_VALUE, "契約番号")]


def test_a_deadline_is_known_for_what_a_person_hands_in() -> None:
    register = replace(
        by_form(timing=Timing.BEFORE_CONTRACT), projects=(of_project(dates={"contract": dt.date(2026, 12, 1)}),)
    )
    assert drafted(register).submission.follow_ups.duties.deadline == dt.date(2026, 11, 30)


# --- The second look ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", [Channel.FORM, Channel.UPLOAD, Channel.PAPER, Channel.FAX])
@pytest.mark.parametrize(
    ("issuer", "section", "detail"),
    [
        ({"checked_on": dt.date(2026, 3, 31)}, {}, "issuers/mihon.toml checked_on 2026-03-31 < 2026-04-01"),
        ({}, {"until": dt.date(2026, 11, 1)}, "section.doboku.until 2026-11-01"),
    ],
    ids=["not checked since April", "a section that is no more"],
)
def test_a_rule_that_should_be_looked_at_is_asked_about_before_anything_is_handed_in(
    channel: Channel, issuer: dict[str, object], section: dict[str, object], detail: str
) -> None:
    rule = {"channel": channel, "section": "doboku"}
    register = replace(REGISTER, issuers=(of_issuer(rule=rule, section={"to": (), **section}, **issuer),))
    held = drafted(register).submission
    assert (held.state, reasons(held)) == (State.HELD, {Reason.RULE_CHANGED: detail})
    answer = Answer(Reason.RULE_CHANGED, of_text(detail), "山田 花子", "soumu", START)
    assert drafted(register, replace(held, answers=(answer,))).submission.state is State.HANDED_OVER


def test_a_form_whose_rule_changed_since_the_last_one_was_handed_in_is_asked_about_once() -> None:
    first = replace(
        drafted(by_form(url="https://mihon.example/form")).submission,
        destination=replace(drafted(by_form(url="https://mihon.example/form")).submission.destination, issuer="mihon"),
    )
    changed = by_form(url="https://mihon.example/new")
    arriving = arrived(id=2)
    held = drafted(changed, arriving, known=FakeReading([first])).submission
    assert (held.state, [*reasons(held)]) == (State.HELD, [Reason.RULE_CHANGED])
    looked_at = drafted(changed, replace(arriving, id=3)).submission
    known = FakeReading([first, replace(looked_at, destination=replace(looked_at.destination, issuer="mihon"), id=2)])
    assert drafted(changed, replace(arriving, id=3), known=known).submission.state is State.HANDED_OVER


# --- What changes while it is not handed in yet ------------------------------------------------------------------

OLD = replace(by_form(**STEPS), projects=(of_project(values={"工事番号": "08-012"}),))
MENDED = replace(OLD, projects=(of_project(values={"工事番号": "08-021"}),))


def test_a_mended_value_is_in_the_steps_of_what_is_still_to_be_handed_in_and_its_state_stays() -> None:
    before = drafted(OLD).submission
    renewed = renew_steps(before, drafted(MENDED, before).submission)
    assert (renewed.state, renewed.follow_ups.duties.entries) == (State.HANDED_OVER, (("工事番号", "08-021"),))
    assert replace(renewed, follow_ups=replace(renewed.follow_ups, duties=before.follow_ups.duties)) == before


def test_steps_that_are_not_whole_any_more_or_of_another_project_do_not_replace_those_that_were_looked_at() -> None:
    before = drafted(OLD).submission
    nothing = replace(OLD, projects=(of_project(values={}),))
    nameless = replace(MENDED, projects=(of_project(values={"工事番号": "08-021"}, contract_numbers=()),))
    for register in (nothing, nameless, replace(OLD, projects=())):
        assert renew_steps(before, drafted(register, before).submission) == before


def test_a_rule_that_became_one_for_mail_leaves_the_steps_of_what_is_to_be_handed_in() -> None:
    before = drafted(OLD).submission
    assert renew_steps(before, drafted(REGISTER, before).submission) == before


def test_renewed_steps_keep_which_rule_a_person_last_looked_at() -> None:
    before = drafted(OLD).submission
    changed = replace(by_form(**{**STEPS, "bring": ("印鑑",)}), projects=OLD.projects)
    renewed = renew_steps(before, drafted(changed, before).submission)
    assert renewed.follow_ups.duties.bring[0] == "印鑑"
    assert renewed.follow_ups.duties.rule_hash == before.follow_ups.duties.rule_hash
