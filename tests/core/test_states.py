"""Every (state, event, target), legal or refused; every reason's kind and words; every state's words."""

from __future__ import annotations

from itertools import product

import pytest

from tests.support.tables import every_case
from worker.core.messages.reasons import NEXT_STEPS, REASONS, STATES
from worker.core.states import TRANSITIONS, WAITING, Event, HoldKind, IllegalEvent, Reason, State, kind_of, next_state

# Written from the design by hand, not taken from the code: state | event > the states it may lead to.
ALLOWED = """
(new)       | Announced > ANNOUNCED             | NoticeRead > HELD APPROVED HANDED_OVER
ANNOUNCED   | NoticeRead > HELD APPROVED HANDED_OVER | HandedOver > HANDED_OVER | Withdrawn > WITHDRAWN
HELD        | Approved > APPROVED HELD          | Redrafted > HELD APPROVED HANDED_OVER
HELD        | HandedOver > HANDED_OVER          | Withdrawn > WITHDRAWN
HELD        | Returned > HELD                   | ApprovalRequested > HELD
APPROVED    | SendStarted > SENDING             | Held > HELD           | Withdrawn > WITHDRAWN
APPROVED    | Delayed > DELAYED | Relayed > RELAYED | Delivered > DELIVERED | Bounced > BOUNCED
APPROVED    | ProvenSent > SENT                 | Returned > HELD
SENDING     | DataStarted > IN_DOUBT | NotNow > APPROVED | Refused > REFUSED | RehearsalEnded > HELD
IN_DOUBT    | Accepted > SENT | NotNow > APPROVED | Refused > REFUSED | RehearsalEnded > HELD
IN_DOUBT    | ConfirmedSent > SENT              | ConfirmedNotSent > HELD
IN_DOUBT    | Delayed > DELAYED | Relayed > RELAYED | Delivered > DELIVERED | Bounced > BOUNCED
IN_DOUBT    | ProvenSent > SENT
SENT        | Delayed > DELAYED | Overdue > OVERDUE | Relayed > RELAYED | Delivered > DELIVERED
SENT        | Bounced > BOUNCED | NotAccepted > BOUNCED | Confirmed > CONFIRMED
DELAYED     | Overdue > OVERDUE | Relayed > RELAYED | Delivered > DELIVERED
DELAYED     | Bounced > BOUNCED | NotAccepted > BOUNCED | Confirmed > CONFIRMED
OVERDUE     | Relayed > RELAYED | Delivered > DELIVERED
OVERDUE     | Bounced > BOUNCED | NotAccepted > BOUNCED | Confirmed > CONFIRMED
RELAYED     | Overdue > OVERDUE | Delivered > DELIVERED | Bounced > BOUNCED
RELAYED     | NotAccepted > BOUNCED | Confirmed > CONFIRMED
DELIVERED   | Bounced > BOUNCED | NotAccepted > BOUNCED | Confirmed > CONFIRMED
HANDED_OVER | Confirmed > CONFIRMED | Withdrawn > WITHDRAWN
BOUNCED     | Confirmed > CONFIRMED
CONFIRMED   | ConfirmationCorrected > SENT DELAYED OVERDUE RELAYED DELIVERED HANDED_OVER BOUNCED
"""


def read_allowed() -> set[tuple[State | None, Event, State]]:
    found = set()
    for line in ALLOWED.strip().splitlines():
        state, *events = (part.strip() for part in line.split("|"))
        for each in events:
            event, _, targets = each.partition(" > ")
            found |= {(None if state == "(new)" else State(state), Event(event), State(to)) for to in targets.split()}
    return found


EXPECTED = read_allowed()
NEW_OR_ANY: tuple[State | None, ...] = (None, *State)


@every_case("state", NEW_OR_ANY, ids=str)
@every_case("event", Event)
def test_an_event_leads_where_the_design_says_and_nowhere_else(state: State | None, event: Event) -> None:
    for target in State:
        if (state, event, target) in EXPECTED:
            assert next_state(state, event, target) is target
        else:
            with pytest.raises(IllegalEvent):
                next_state(state, event, target)


@every_case("state", NEW_OR_ANY, ids=str)
@every_case("event", Event)
def test_an_event_with_one_way_needs_no_target_and_one_with_several_does(state: State | None, event: Event) -> None:
    targets = [target for target in State if (state, event, target) in EXPECTED]
    if len(targets) == 1:
        assert next_state(state, event) is targets[0]
    else:
        with pytest.raises(IllegalEvent):
            next_state(state, event)


def test_every_state_can_be_asked_and_final_ones_end() -> None:
    assert set(TRANSITIONS) == set(NEW_OR_ANY)
    assert {state for state in State if not TRANSITIONS[state]} == {State.REFUSED, State.WITHDRAWN}


def test_every_state_can_be_reached() -> None:
    reached: set[State | None] = {None}
    while grown := {target for state, _, target in EXPECTED if state in reached} - reached:
        reached |= grown
    assert reached == set(NEW_OR_ANY)


def test_the_machine_alone_never_leaves_in_doubt_for_another_try() -> None:
    # NotNow there is the server's own 4xx to the final dot; everything else that goes back needs a person's word.
    back = {event for state, event, target in EXPECTED if state is State.IN_DOUBT and target in WAITING}
    assert back == {Event.NOT_NOW, Event.CONFIRMED_NOT_SENT, Event.REHEARSAL_ENDED}


def test_after_sending_it_only_moves_to_the_right_but_for_silence_after_a_relay() -> None:
    order = [State.SENT, State.DELAYED, State.OVERDUE, State.RELAYED, State.DELIVERED]
    for (here, now), (there, to) in product(enumerate(order), enumerate(order)):
        leads = any((now, event, to) in EXPECTED for event in Event)
        is_silence_after_a_relay = (now, to) == (State.RELAYED, State.OVERDUE)
        assert leads is (there > here or is_silence_after_a_relay), f"{now} to {to}"


def test_what_waits_has_certainly_not_left() -> None:
    assert set(WAITING) == {State.ANNOUNCED, State.HELD, State.APPROVED, State.SENDING}


def test_an_illegal_event_names_itself() -> None:
    with pytest.raises(IllegalEvent, match="Withdrawn in SENT to None") as refused:
        next_state(State.SENT, Event.WITHDRAWN)
    assert (refused.value.state, refused.value.event) == (State.SENT, Event.WITHDRAWN)


# --- Words -------------------------------------------------------------------------------------------------------

STATE_WORDS = {
    "ANNOUNCED": "お知らせPDF待ち",
    "HELD": "保留（要対応）",
    "APPROVED": "送信待ち",
    "SENDING": "送信中",
    "IN_DOUBT": "送信結果不明（要確認）",
    "SENT": "送信済み（到達未確認）",
    "DELAYED": "配送が遅れています",
    "RELAYED": "先方の手前まで送信（到達不明）",
    "DELIVERED": "先方サーバーに到着（閲覧未確認）",
    "OVERDUE": "応答なし（要電話）",
    "CONFIRMED": "到達確認済み",
    "BOUNCED": "不達・返却",
    "REFUSED": "受信拒否（未送信）",
    "WITHDRAWN": "取下げ",
    "HANDED_OVER": "別途提出（フォーム・持参等）",
}

# reason | words (what it is about is added behind them) | 訂 correct, 答 answer, 否 never
REASON_TABLE = """
approval | 承認待ち | 答
second_person | 二人目の承認待ち | 答
returned | 差し戻し | 答
unknown_project | 該当案件の登録なし | 訂
two_projects | 同名の案件が複数 | 訂
name_only | 工事名だけの一致 | 答
number_differs | 登録済みの保証契約番号と異なる | 答
other_contractor | 受注者名が自社（JV）と異なる | 訂
missing_value | 必要項目の未登録 | 訂
bad_value | 登録値の形式違い | 訂
unsafe_value | 使用できない文字（改行等） | 訂
no_recipient | 提出先アドレスの未登録 | 訂
rule_open | 提出方法が未確認 | 訂
guarantor_not_listed | 発注者が受け付ける保証会社に挙がっていない | 訂
invoice_missing | 請求書（PDF）なし | 訂
invoice_undecided | 請求書の同送が未定 | 訂
two_invoices | 請求書の候補が複数 | 訂
wrong_invoice | 請求書が別案件・別種別・送信済み | 訂
invoice_unclear | 請求書の宛先・案件・請求者が読み分けられない | 答
invoice_unreadable | 請求書の文字を読み取れない | 答
documents_undecided | その他の必要書類が未定 | 訂
contact_first | 送信前の連絡が必要 | 答
timing | 提出時期待ち | 答
eligibility_unknown | 電子保証の対象か不明 | 答
not_eligible | 電子保証の対象外 | 答
sender_unproven | 送信元を確認できない | 答
first_address | 初めての宛先 | 答
rule_changed | 提出方法の変更後、初めての提出 | 答
changed | 承認後に内容が変わった | 答
seen_before | 同じ保証契約番号を受付済み（再取得か変更保証か） | 答
superseded | 後の保証（別の認証キー）のお知らせあり | 訂
already_resubmitted | 再提出済みの提出への再提出 | 答
from_before | 導入前のお知らせ | 答
rehearsed | リハーサル済み・発注者には未提出 | 答
not_sent | 未送信と確認済み | 答
maybe_sent | 送信済みの可能性 | 答
too_big | 容量制限を超過 | 訂
large_attachment | 添付が通常より大きい | 答
wrong_recipient | 登録にない宛先 | 否
key_differs | 送信内容の番号・キーがお知らせと異なる | 否
encoding | 作成したメールが正しく読み戻せない | 否
no_text | 文字情報のないPDF（スキャン画像） | 訂
password | 閲覧パスワード付きPDF | 訂
not_a_notice | 認証キーのお知らせではないPDF（証書・証券・請求書など） | 訂
two_notices | 1つのPDFに複数のお知らせ | 訂
two_values | 番号かキーの候補が複数 | 訂
engines_disagree | 2通りの読取り結果が食い違う | 訂
broken_text | 文字化け | 訂
damaged | ファイル破損 | 訂
attachment_unopened | 添付を開けない | 訂
mail_too_large | メール過大（8MB超） | 訂
rest_unread | 添付PDFの一部が未確認 | 訂
too_large | ファイル過大 | 訂
too_slow | 読取時間超過 | 訂
"""
ROWS = [tuple(cell.strip() for cell in line.split("|")) for line in REASON_TABLE.strip().splitlines()]
KINDS = {"訂": HoldKind.CORRECT, "答": HoldKind.ANSWER, "否": HoldKind.NEVER}


def test_the_list_of_reasons_is_fixed() -> None:
    assert {name for name, _, _ in ROWS} == {reason.value for reason in Reason}


@every_case(("name", "words", "kind"), ROWS)
def test_a_reason_has_its_kind_its_words_and_a_next_step(name: str, words: str, kind: str) -> None:
    reason = Reason(name)
    assert kind_of(reason) is KINDS[kind]
    japanese, english = REASONS[reason]
    assert japanese == words
    assert english.isascii() or "…" in english
    assert all(step.strip() for step in NEXT_STEPS[reason])


def test_only_an_answerable_reason_tells_a_person_to_approve() -> None:
    for reason, (japanese, english) in NEXT_STEPS.items():
        if kind_of(reason) is not HoldKind.ANSWER:
            assert "承認" not in japanese
            assert "approve" not in english


def test_a_state_has_the_words_of_the_office() -> None:
    assert {state.value: japanese for state, (japanese, _) in STATES.items()} == STATE_WORDS
    assert all(english.strip() for _, english in STATES.values())
