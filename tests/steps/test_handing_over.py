"""Where nothing is mailed, every step and field is filled in, or what is missing is named; the key is masked."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from fakes import FakeFiles
from registered import (
    INVOICE,
    KEY,
    NOTICE,
    NUMBER,
    REGISTER,
    Register,
    drafted,
    of_issuer,
    of_project,
    reasons,
)

from worker.chain import canonical
from worker.model import Channel, Product
from worker.rulebook import Document, Eligibility, Invoice, Line, NoticeForm, Timing, ValueForm
from worker.states import Reason, State

ADVANCE = replace(NOTICE, product=Product.ADVANCE)
LINES = (Line("案件名", "{{ project.name }}"), Line("認証キー", "{{ notice.key }}"))


def by_form(channel: Channel = Channel.FORM, **keys: object) -> Register:
    return replace(REGISTER, issuers=(of_issuer(rule={"channel": channel, **keys}, section={"to": ()}),))


def test_a_form_is_told_field_by_field_with_its_address_and_its_steps() -> None:
    register = by_form(
        url="https://mihon.example/form", instructions=("「{{ project.name }}」を選ぶ", "送信を押す"), lines=LINES
    )
    handed = drafted(register).submission
    assert (handed.state, handed.draft) == (State.HANDED_OVER, None)
    assert handed.duties.url == "https://mihon.example/form"
    assert handed.duties.instructions == ("「道路改良工事」を選ぶ", "送信を押す")
    assert handed.duties.entries == (("案件名", "道路改良工事"), ("認証キー", "********Gh"))


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
    assert handed.duties.bring == (
        "印鑑",
        "前払金請求書：road.pdf",
        f"認証キーのお知らせ：認証キーのお知らせ_{NUMBER}.pdf",
        "前払金申請書：shinsei.pdf",
    )


def test_where_number_and_key_are_entered_the_notice_is_not_among_the_files() -> None:
    assert drafted(by_form(notice=NoticeForm.TYPED)).submission.duties.bring == ()


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
    assert handed.duties.instructions == (
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
        ({"lines": (Line("契約番号", "{{ values.契約番号 }}"),)}, {}, Reason.MISSING_VALUE),
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
    lines = (Line("番号", "{{ values.契約番号 }}"), Line("再掲", "{{ values.契約番号 }}"))
    held = drafted(by_form(lines=lines)).submission
    assert [(hold.reason, hold.detail) for hold in held.reasons] == [(Reason.MISSING_VALUE, "契約番号")]


def test_a_deadline_is_known_for_what_a_person_hands_in() -> None:
    register = replace(
        by_form(timing=Timing.BEFORE_CONTRACT), projects=(of_project(dates={"contract": dt.date(2026, 12, 1)}),)
    )
    assert drafted(register).submission.duties.deadline == dt.date(2026, 12, 1)
