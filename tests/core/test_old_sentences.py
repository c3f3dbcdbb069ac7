"""The sentences that older programs stored, frozen: an answer to one counts for the hold of today."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest

from tests.support.rewording import pairs_of
from tests.support.tables import every_case
from worker.approve.reevaluate import covers
from worker.core import messages
from worker.core.messages import hold_detail, name_hold, reasons
from worker.core.messages.reasons import CODED, EVIDENCE, HOLD_DETAILS
from worker.core.model import JST, Answer, Hold, Source, Submission
from worker.core.old_sentences import old_detail, old_told
from worker.core.params import Params, of_text
from worker.core.states import HoldKind, Reason, State, kind_of
from worker.store.sqlite.queries import canonical, decode

P = "mihon/道路改良工事"
FILE = {"file": "請求書.pdf", "digits": "c0ffee00"}
REPLY = "250 2.0.0 Ok: as 7 2026-05-01 09:00:00"
OWN = Params(code="signature_none")
SINCE = {"since": "2026-04-01"}

_KINDS = ("works", "consulting")

FROZEN: tuple[tuple[Hold, str], ...] = (
    (Hold.of(Reason.APPROVAL), ""),
    (Hold.of(Reason.CHANGED), ""),
    (Hold.of(Reason.NAME_ONLY, project=P), P),
    (Hold.of(Reason.NUMBER_DIFFERS, project=P, others=("1-1", "1-2")), f"{P}: 1-1, 1-2"),
    (Hold.of(Reason.SEEN_BEFORE, earlier="3"), "3"),
    (Hold.of(Reason.REHEARSED, times="2"), "2"),
    (Hold.of(Reason.NOT_SENT, times="1"), "1"),
    (Hold.of(Reason.ALREADY_RESUBMITTED, value="#4"), "#4"),
    (Hold.of(Reason.ALREADY_RESUBMITTED, "confirmed", value="#4"), "confirmed: #4"),
    (Hold.of(Reason.FIRST_ADDRESS, address="a@b.example"), "a@b.example"),
    (Hold.of(Reason.FIRST_ADDRESS, "copy_to", value="a@b.example"), "copy_to: a@b.example"),
    (Hold.of(Reason.FROM_BEFORE, "mail", value="2026-05-01"), "mail: 2026-05-01"),
    (Hold.of(Reason.FROM_BEFORE, "undated"), "undated"),
    (Hold.of_code(Reason.MAYBE_SENT, f"answer: {REPLY}"), f"answer: {REPLY}"),
    (Hold.of(Reason.LARGE_ATTACHMENT, file="請求書.pdf", bytes="12340000"), "請求書.pdf 12.3 MB"),
    (
        Hold.of(Reason.RULE_CHANGED, "changed", file="issuers/a.toml", before="0a1b2c3d", after="4e5f6071"),
        "issuers/a.toml 0a1b2c3d → 4e5f6071",
    ),
    (
        Hold.of(
            Reason.RULE_CHANGED,
            "changed",
            file="issuers/a.toml",
            before="0a1b2c3d",
            after="4e5f6071",
            checked_before="-",
            checked_now="2026-05-01",
        ),
        "issuers/a.toml 0a1b2c3d → 4e5f6071 (checked_on - → 2026-05-01)",
    ),
    (
        Hold.of(Reason.RULE_CHANGED, "checked_on", file="issuers/a.toml", checked="2025-03-01", april="2026-04-01"),
        "issuers/a.toml checked_on 2025-03-01 < 2026-04-01",
    ),
    (Hold.of(Reason.RULE_CHANGED, "until", section="doboku", day="2026-03-31"), "section.doboku.until 2026-03-31"),
    (
        Hold.of(Reason.CONTACT_FIRST, project=P, asked="電話で一報", told=("契約課", "0538-00-0000")),
        f"{P}：電話で一報（契約課 0538-00-0000）",
    ),
    (Hold.of(Reason.CONTACT_FIRST, project=P, asked="電話で一報"), f"{P}：電話で一報"),
    (
        Hold.of(Reason.TIMING, "with_contract", project=P, day="2026-12-01"),
        f"{P}：契約書（令和8年12月1日）と同時に提出",
    ),
    (Hold.of(Reason.TIMING, "with_invoice", project=P), f"{P}：請求書と同時に提出"),
    (
        Hold.of(Reason.TIMING, "no_contract_day", project=P),
        f"{P}：契約日（dates の contract）が未登録です。請求書は契約日より前に送りません",
    ),
    (
        Hold.of(Reason.TIMING, "from_contract_day", project=P, day="2026-12-01"),
        f"{P}：請求書を送るのは契約日（令和8年12月1日）から",
    ),
    (
        Hold.of(Reason.NOT_ELIGIBLE, "excluded", project=P),
        (
            f"{P}：公告等で電子保証の対象外とされた案件です（excluded）。"
            "紙の証書に切り替えるか、発注者の了解を得てください"
        ),
    ),
    (
        Hold.of(
            Reason.NOT_ELIGIBLE,
            "missed",
            project=P,
            facts=(
                Params(code="other_product", own="contract", taken=("advance", "interim")),
                Params(code="other_kind", own="other", taken=_KINDS),
                Params(code="other_award", own="open", taken=("discretionary",)),
                Params(code="other_tendering", own="総務課", taken=("土木課", "契約課")),
                Params(code="amount_below", amount="4999999", least="5000000"),
                Params(code="day_before", which="announcement", day="2026-03-31", **SINCE),
                Params(code="original_alone"),
            ),
        ),
        (
            f"{P}：契約保証は対象の保証（前払金保証、中間前払金保証）ではありません。"
            "その他の契約は対象の契約の種類（工事、業務委託）ではありません。"
            "一般競争入札は対象の契約方法（随意契約）ではありません。"
            "入札を行った部署（総務課）は対象の部署（土木課、契約課）ではありません。"
            "請負金額 4,999,999円 は対象の下限 5,000,000円を下回ります。"
            "公告日 令和8年3月31日 は対象の開始日 令和8年4月1日より前です。"
            "変更契約は対象外です（当初の契約だけが対象です）。"
            "紙の証書に切り替えるか、発注者の了解を得てください"
        ),
    ),
    (
        Hold.of(
            Reason.ELIGIBILITY_UNKNOWN,
            "lacking",
            project=P,
            asked=(
                (
                    Params(code="kind_unknown", taken=_KINDS),
                    Params(code="award_unknown", taken=("open", "designated")),
                    Params(code="tendering_unknown", taken=("土木課", "契約課")),
                ),
                (
                    Params(code="amount_unknown", least="5000000"),
                    Params(code="day_unknown", days=("announcement", "designation"), **SINCE),
                    Params(code="approval_unknown"),
                ),
            ),
        ),
        (
            f"{P}：電子保証の対象か分かりません。次を案件に登録するか、発注者に確認してください："
            "契約の種類（kind）が工事又は業務委託か、契約方法（award）が一般競争入札又は指名競争入札か、"
            "入札を行った部署（tendered_by）が土木課又は契約課か。又は、"
            "請負金額（amount）が5,000,000円以上か、"
            "公告日（dates.announcement）又は指名日（dates.designation）が令和8年4月1日以降か、"
            "この案件を電子保証の対象とする発注者の承認（approval）があるか"
        ),
    ),
    (Hold.of(Reason.ELIGIBILITY_UNKNOWN, "not_seen", value=P), f"not_seen: {P}"),
    (
        Hold.of(Reason.INVOICE_UNCLEAR, "issuer", **FILE, names=("東川北町", "川北市")),
        "issuer: 請求書.pdf c0ffee00 東川北町, 川北市",
    ),
    (Hold.of(Reason.INVOICE_UNCLEAR, "project", **FILE, names=("橋",)), "project: 請求書.pdf c0ffee00 橋"),
    (Hold.of(Reason.INVOICE_UNCLEAR, "contractor", **FILE, names=("甲",)), "contractor: 請求書.pdf c0ffee00 甲"),
    *(
        (Hold.of(Reason.INVOICE_UNREADABLE, code, **FILE, **more), f"請求書.pdf c0ffee00 {words}")
        for code, more, words in (
            ("not_read", {}, "文字を読み取っていません"),
            ("refused", {"why": "too_slow"}, "文字を読み取れません（too_slow）"),
            ("no_text", {}, "文字がありません（画像のみ）"),
            ("broken", {}, "文字化けしています"),
            ("either_product", {}, "前払金と中間前払金のどちらの請求書か、文字では決められません"),
            ("no_product", {}, "前払金の文字がありません"),
            ("no_amount", {"registered": "20000000"}, "金額を読み取れません（登録: 20,000,000円）"),
            ("amounts_disagree", {"registered": "20000000"}, "金額の読み取りが一致しません（登録: 20,000,000円）"),
        )
    ),
    *(
        (Hold(Reason.SENDER_UNPROVEN, Params(**params)), words)
        for params, words in (
            ({"code": "flaw_headers"}, "ヘッダーの書き方が正しくない"),
            ({"code": "flaw_no_from"}, "差出人（From）がない"),
            ({"code": "flaw_two_froms"}, "差出人（From）が2つ以上ある"),
            ({"code": "flaw_unclear"}, "差出人（From）を1つのアドレスとして読めない"),
            (
                {"code": "by_server", "address": "a@b.example", "domain": "b.example"},
                "a@b.example：受信サーバーの確認結果（dkim b.example）",
            ),
            (
                {"code": "by_signature", "address": "a@b.example", "domain": "b.example"},
                "a@b.example：電子署名（DKIM b.example）",
            ),
            (
                {"code": "by_open_signature", "address": "a@b.example", "domain": "b.example"},
                "a@b.example：電子署名（DKIM b.example）。その鍵はDNSSECで確かめていない",
            ),
            (
                {"code": "open_dns_alone", "address": "a@b.example", "domain": "b.example"},
                (
                    "a@b.example：電子署名（DKIM b.example）は合うが、鍵をDNSSECで確かめられない"
                    "（auto・hold では認めない）"
                ),
            ),
            (
                {"code": "answers", "address": "a@b.example", "by": "In-Reply-To"},
                "a@b.example：返信・自動応答・配信通知（In-Reply-To）の中のものは、保証会社のものと確かめられない",
            ),
            (
                {"code": "enclosed", "address": "a@b.example"},
                "a@b.example：添付されたメールの中のものは、保証会社のものと確かめられない",
            ),
            (
                {"code": "unattended", "address": "a@b.example", "by": "Precedence"},
                "a@b.example：自動で送られたメール（Precedence）は、社内の方のものと確かめられない",
            ),
            (
                {"code": "nobodys", "address": "a@b.example"},
                "a@b.example：保証会社（guarantors.toml の senders）にも、[intake] colleagues にもない差出人",
            ),
            (
                {"code": "others", "address": "a@b.example"},
                "a@b.example：この保証会社の差出人（guarantors.toml の senders）ではない",
            ),
            ({"code": "signature", "address": "a@b.example", "own": OWN}, "a@b.example：電子署名（DKIM）がない"),
            (
                {
                    "code": "server_too",
                    "address": "a@b.example",
                    "server": Params(code="signature_field_unsigned", about="Subject"),
                    "own": OWN,
                },
                (
                    "a@b.example：受信サーバーは電子署名を確認したが、電子署名（DKIM）が Subject を含まない、"
                    "電子署名（DKIM）がない"
                ),
            ),
            (
                {"code": "neither", "address": "a@b.example", "stand": Params(code="server_none"), "own": OWN},
                "a@b.example：受信サーバーの確認結果がない、電子署名（DKIM）がない",
            ),
        )
    ),
)


NEWER = {(Reason.NUMBER_DIFFERS, "other_product"), (Reason.RULE_CHANGED, "changed_keys")} | {
    (Reason.NUMBER_DIFFERS, "other_name"),
    (Reason.SECOND_PERSON, "asked"),
    (Reason.RETURNED, ""),
}
"""Reasons added after holds were stored as codes: no older program stored a sentence for them."""


def answer_to(params: Params, reason: Reason) -> Answer:
    return Answer(reason, params, "山田 花子", "hanako", dt.datetime(2026, 5, 1, tzinfo=JST))


def name_it(each: object) -> str:
    return f"{each.reason}-{each.code}" if isinstance(each, Hold) else ""


@every_case(("hold", "sentence"), FROZEN, ids=name_it)
def test_an_answer_to_the_sentence_that_was_stored_counts_for_the_hold(hold: Hold, sentence: str) -> None:
    assert old_detail(hold) == sentence
    assert covers(answer_to(of_text(sentence), hold.reason), hold)
    assert not covers(answer_to(of_text(sentence + "x"), hold.reason), hold)
    assert covers(answer_to(hold.params, hold.reason), hold)


def test_an_answer_counts_for_a_hold_that_only_tells_more_and_for_none_that_asks_more() -> None:
    seen, unsent = Hold.of(Reason.SEEN_BEFORE, earlier="1"), Hold.of(Reason.SEEN_BEFORE, "unsent", earlier="1")
    assert covers(answer_to(seen.params, Reason.SEEN_BEFORE), unsent)
    assert covers(answer_to(of_text("1"), Reason.SEEN_BEFORE), unsent)
    assert covers(answer_to(unsent.params, Reason.SEEN_BEFORE), unsent)
    assert not covers(answer_to(unsent.params, Reason.SEEN_BEFORE), seen)
    assert not covers(answer_to(seen.params, Reason.SEEN_BEFORE), Hold.of(Reason.SEEN_BEFORE, "unsent", earlier="2"))
    hashes = {"file": "issuers/a.toml", "before": "aaaaaaaa", "after": "bbbbbbbb"}
    told = Hold.of(
        Reason.RULE_CHANGED, "changed_keys", changes=[Params(key="subject", before="x", after="y")], **hashes
    )
    plain = Hold.of(Reason.RULE_CHANGED, "changed", **hashes)
    assert covers(answer_to(plain.params, Reason.RULE_CHANGED), told)
    assert covers(answer_to(of_text("issuers/a.toml aaaaaaaa → bbbbbbbb"), Reason.RULE_CHANGED), told)
    other = Hold.of(Reason.RULE_CHANGED, "changed", **(hashes | {"after": "cccccccc"}))
    assert not covers(answer_to(other.params, Reason.RULE_CHANGED), told)


def test_an_answer_of_today_with_other_parameters_covers_no_hold() -> None:
    hold = Hold.of(Reason.TIMING, "with_contract", project=P)
    assert not covers(answer_to(Params(code="with_invoice", project=P), Reason.TIMING), hold)
    assert not covers(answer_to(hold.params, Reason.CONTACT_FIRST), hold)


SINCE = ("mail_file",)
"""Codes of evidence that no older program knew."""


def test_every_hold_that_can_be_answered_has_its_old_sentence_in_the_table() -> None:
    frozen = {(hold.reason, hold.code) for hold, _ in FROZEN}
    told = {pair for pair in HOLD_DETAILS if kind_of(pair[0]) is HoldKind.ANSWER}
    assert told - NEWER <= frozen
    assert not NEWER & frozen
    assert {(Reason.SENDER_UNPROVEN, code) for code in EVIDENCE.keys() - SINCE} <= frozen
    assert [old_detail(Hold.of(Reason.SENDER_UNPROVEN, code)) for code in SINCE] == list(SINCE)
    coded = {pair for pair in CODED if kind_of(pair[0]) is HoldKind.ANSWER}
    assert all(old_detail(Hold.of(reason, code, value="x")) == f"{code}: x" for reason, code in coded - frozen)


def test_all_facts_and_signatures_have_the_words_that_were_stored() -> None:
    """But for the 又は of official documents, the words of today are those of 0.1.0; the frozen table never changes."""
    for code, (japanese, _) in reasons.FACTS.items():
        fact = Params(
            code=code, **{name: "2026-04-01" if name in {"since", "day"} else "1" for name in names_in(japanese)}
        )
        wrapped = Hold(Reason.SENDER_UNPROVEN, Params(code="signature", address="a", own=fact))
        assert (old_detail(wrapped) or "").replace("又は", "または") == hold_detail(wrapped, "ja")


def names_in(words: str) -> list[str]:
    return re.findall(r"\{([a-z_]+)", words)


# --- Both languages -------------------------------------------------------------------------------------------------

PLACEHOLDER = re.compile(r"\{[a-z_]*[^}]*\}")


@every_case("place", ["CODED", "FOLLOW_UPS", "EVIDENCE", "FACTS", "FORMS", "HOLD_DETAILS", "NAMES", "REASONS", "WHOLE"])
def test_every_sentence_stands_in_both_languages_with_the_same_parameters(place: str) -> None:
    pairs = [(where, pair) for where, pair in pairs_of(reasons) if where.startswith(place)]
    assert pairs
    for where, (japanese, english) in pairs:
        assert bool(japanese.strip()) == bool(english.strip()), where
        assert set(names_in(japanese)) == set(names_in(english)), where
        assert not re.search("[ぁ-ヿ一-鿿]", PLACEHOLDER.sub("", english)), where


@every_case(("hold", "sentence"), FROZEN, ids=name_it)
def test_in_english_a_hold_shows_no_japanese_but_that_of_its_parameters(hold: Hold, sentence: str) -> None:
    del sentence
    given = canonical(hold.params)
    for run in re.findall("[ぁ-ヿ一-鿿]+", name_hold(hold, "en")):
        assert run in given


# --- What is stored -------------------------------------------------------------------------------------------------


@every_case(("hold", "sentence"), FROZEN, ids=name_it)
def test_what_is_stored_comes_back_equal_and_an_old_form_stays_as_it_was(hold: Hold, sentence: str) -> None:
    held = Submission(
        1,
        State.HELD,
        reasons=(hold,),
        answers=(answer_to(hold.params, hold.reason),),
        source=Source(evidence=hold.params),
    )
    assert decode(Submission, canonical(held)) == held
    text = of_text(sentence)
    old = Submission(1, State.HELD, reasons=(Hold(hold.reason, text),), answers=(answer_to(text, hold.reason),))
    stored = canonical(old)
    assert '"params"' not in stored
    assert canonical(decode(Submission, stored)) == stored
    assert sentence in name_hold(decode(Submission, stored).reasons[0], "ja") or hold.code in sentence


def test_steps_of_ours_are_what_was_stored_as_sentences() -> None:
    assert old_told(("原本を郵送", Params(code="hand_in_invoice", title="advance"))) == (
        "原本を郵送",
        "前払金請求書を別途提出",
    )
    assert old_told(((Params(code="key"), Params(code="key_on_notice", key="********0W")),)) == (
        ("認証キー", "********0W（お知らせのPDFに記載）"),
    )
    assert {code for code in reasons.FOLLOW_UPS if not old_told(Params(code=code, sentence="x"))} == set()


def test_parameters_are_equal_in_whatever_order_and_hold_no_list() -> None:
    assert Params(b="1", a=["x", {"code": "y"}]) == Params(a=("x", Params(code="y")), b="1")
    assert hash(Params(b="1", a="2")) == hash(Params(a="2", b="1"))
    with pytest.raises(ValueError, match="parameter"):
        Params(a=1)
    assert dataclasses.is_dataclass(Hold)
    assert messages.name_hold(Hold.of(Reason.APPROVAL), "ja")
