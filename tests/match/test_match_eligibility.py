"""An issuer takes an electronic surety if an alternative fits by registered facts; a missing fact is asked for."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.holds import detail_of
from tests.support.registered import PROJECT, SECTION, of_issuer, of_project
from worker.core.messages.reasons import CODED, NAMES
from worker.core.model import Hold, Product
from worker.core.rulebook import Award, Contract, CountedBy, Eligibility, Section, WorkKind
from worker.core.states import Reason
from worker.match.match import NOT_SEEN, judge_eligibility

SINCE = dt.date(2024, 10, 1)
BEFORE = dt.date(2024, 9, 30)
AFTER = dt.date(2024, 10, 2)

_C = CountedBy


def judged(
    *alternatives: Eligibility,
    product: Product = Product.CONTRACT,
    contract: Contract = Contract.ORIGINAL,
    **project: Any,
) -> tuple[Hold, ...]:
    sections = {"doboku": SECTION, "keiyaku": Section("keiyaku", "契約課", ()), "suido": Section("suido", "水道課", ())}
    issuer = of_issuer(eligibility=alternatives, sections=sections)
    return judge_eligibility(issuer, of_project(**project), product, contract)


def since(*counted_by: CountedBy, date: dt.date = SINCE, **more: Any) -> Eligibility:
    return Eligibility(since=date, counted_by=counted_by, **more)


def fits(*alternatives: Eligibility, **project: Any) -> bool:
    return judged(*alternatives, **project) == ()


def asked(*alternatives: Eligibility, **project: Any) -> str:
    (hold,) = judged(*alternatives, **project)
    assert hold.reason is Reason.ELIGIBILITY_UNKNOWN
    return detail_of(hold)


def refused(*alternatives: Eligibility, **project: Any) -> str:
    (hold,) = judged(*alternatives, **project)
    assert hold.reason is Reason.NOT_ELIGIBLE
    return detail_of(hold)


# --- The sentences -------------------------------------------------------------------------------------------------


def test_what_failed_is_said_with_what_to_do() -> None:
    assert refused(since(_C.ANNOUNCEMENT), dates={"announcement": BEFORE}) == (
        f"{PROJECT}：公告日 令和6年9月30日 は対象の開始日 令和6年10月1日より前です。"
        "紙の証書に切り替えるか、発注者の了解を得てください"
    )


def test_what_is_missing_is_asked_for_with_its_key() -> None:
    assert asked(since(_C.ANNOUNCEMENT)) == (
        f"{PROJECT}：電子保証の対象か分かりません。次を案件に登録するか、発注者に確認してください："
        "公告日（dates.announcement）が令和6年10月1日以降か"
    )


def test_several_dates_and_several_alternatives_are_asked_for_together() -> None:
    told = asked(since(_C.ANNOUNCEMENT, _C.DESIGNATION, awards=(Award.OPEN,)), Eligibility(approval=True))
    assert told.endswith(
        "：契約方法（award）が一般競争入札か、"
        "公告日（dates.announcement）または指名日（dates.designation）が令和6年10月1日以降か。"
        "または、この案件を電子保証の対象とする発注者の承認（approval）があるか"
    )


@pytest.mark.parametrize(
    "alternative", [since(_C.BID), Eligibility(approval=True), Eligibility(products=(Product.ADVANCE,))]
)
def test_no_answer_for_one_project_covers_another(alternative: Eligibility) -> None:
    ours, other = judged(alternative), judged(alternative, id="mihon/橋梁補修工事")
    assert ours != other
    assert ours[0].reason is other[0].reason


def test_no_answer_for_one_starting_day_covers_another() -> None:
    assert asked(since(_C.BID)) != asked(since(_C.BID, date=AFTER))


# --- One limit at a time -------------------------------------------------------------------------------------------

DAYS = NAMES["day"]
LIMITS: list[tuple[Eligibility, dict[str, Any], dict[str, Any], str]] = [
    (
        Eligibility(kinds=(WorkKind.WORKS,)),
        {"kind": WorkKind.WORKS},
        {"kind": WorkKind.CONSULTING},
        "契約の種類（kind）が工事か",
    ),
    (
        Eligibility(awards=(Award.OPEN, Award.DESIGNATED)),
        {"award": Award.DESIGNATED},
        {"award": Award.DISCRETIONARY},
        "契約方法（award）が一般競争入札または指名競争入札か",
    ),
    (
        Eligibility(tendered_by=("keiyaku", "suido")),
        {"tendered_by": "suido"},
        {"tendered_by": "doboku"},
        "入札を行った部署（tendered_by）が契約課または水道課か",
    ),
    (
        Eligibility(min_amount=5_000_000),
        {"amount": 5_000_000},
        {"amount": 4_999_999},
        "請負金額（amount）が5,000,000円以上か",
    ),
    *(
        (since(date), {"dates": {date: SINCE}}, {"dates": {date: BEFORE}}, f"{DAYS[date][0]}（dates.{date}）")
        for date in CountedBy
    ),
]


@pytest.mark.parametrize(("alternative", "good", "bad", "question"), LIMITS, ids=[each[3] for each in LIMITS])
def test_a_limit_is_met_missed_or_not_known(
    alternative: Eligibility, good: dict[str, Any], bad: dict[str, Any], question: str
) -> None:
    assert fits(alternative, **good)
    assert refused(alternative, **bad)
    assert question in asked(alternative)


def test_a_product_is_always_known() -> None:
    limited = Eligibility(products=(Product.CONTRACT, Product.ADVANCE))
    assert fits(limited, product=Product.ADVANCE)
    assert "中間前払金保証は対象の保証（契約保証、前払金保証）ではありません" in refused(
        limited, product=Product.INTERIM
    )


def test_an_approval_can_still_be_given_so_its_lack_is_not_known() -> None:
    assert "承認（approval）" in asked(Eligibility(approval=True))
    assert fits(Eligibility(approval=True), approval="令和8年4月1日 契約課 みほん様より承認の回答")
    assert "承認" in asked(Eligibility(approval=True), approval="　")


OPEN = Eligibility(products=(Product.INTERIM,), open=True)
CERTAIN = since(_C.CONTRACT, products=(Product.CONTRACT, Product.ADVANCE))
IN_TIME = {"dates": {"contract": SINCE}}


def test_an_open_alternative_is_not_known_in_its_own_words_and_with_its_own_step() -> None:
    (hold,) = judged(CERTAIN, OPEN, product=Product.INTERIM, **IN_TIME)
    assert (hold.reason, detail_of(hold)) == (Reason.ELIGIBILITY_UNKNOWN, f"{NOT_SEEN}: {of_project().id}")
    assert (Reason.ELIGIBILITY_UNKNOWN, NOT_SEEN) in CODED


def test_an_open_alternative_leaves_what_is_certain_as_it_is() -> None:
    late = {"dates": {"contract": SINCE - dt.timedelta(days=1)}}
    for product in (Product.CONTRACT, Product.ADVANCE):
        assert judged(CERTAIN, OPEN, product=product, **IN_TIME) == ()
        (hold,) = judged(CERTAIN, OPEN, product=product, **late)
        assert hold.reason is Reason.NOT_ELIGIBLE
        (hold,) = judged(CERTAIN, OPEN, product=product)
        assert (hold.reason, NOT_SEEN in detail_of(hold)) == (Reason.ELIGIBILITY_UNKNOWN, False)


def test_an_open_alternative_that_a_project_certainly_misses_is_no_question() -> None:
    (hold,) = judged(Eligibility(kinds=(WorkKind.WORKS,), open=True), kind=WorkKind.OTHER)
    assert hold.reason is Reason.NOT_ELIGIBLE


def test_an_answer_of_the_issuer_for_the_project_settles_an_open_alternative() -> None:
    assert judged(CERTAIN, OPEN, product=Product.INTERIM, approval="4月1日 契約課 みほん様の回答", **IN_TIME) == ()
    assert judged(CERTAIN, OPEN, product=Product.INTERIM, approval="　", **IN_TIME) != ()


@given(st.booleans(), st.sampled_from(list(Product)), st.sampled_from([None, SINCE, SINCE - dt.timedelta(days=1)]))
def test_an_open_alternative_alone_never_lets_a_mail_go(
    is_limited: bool, product: Product, day: dt.date | None
) -> None:
    alternative = Eligibility(products=(product,), open=True) if is_limited else Eligibility(open=True)
    (hold,) = judged(alternative, product=product, dates={"contract": day} if day else {})
    assert hold.reason is Reason.ELIGIBILITY_UNKNOWN


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ({"kind": WorkKind.OTHER}, "その他の契約は対象の契約の種類（工事）ではありません"),
        ({"award": Award.DISCRETIONARY}, "随意契約は対象の契約方法（一般競争入札）ではありません"),
        ({"tendered_by": "suido"}, "入札を行った部署（水道課）は対象の部署（契約課）ではありません"),
        ({"tendered_by": "gone"}, "入札を行った部署（gone）は対象の部署（契約課）ではありません"),
        ({"amount": 1}, "請負金額 1円 は対象の下限 100円を下回ります"),
    ],
)
def test_each_limit_that_is_missed_has_its_sentence(bad: dict[str, Any], sentence: str) -> None:
    alternative = Eligibility(kinds=(WorkKind.WORKS,), awards=(Award.OPEN,), tendered_by=("keiyaku",), min_amount=100)
    good = {"kind": WorkKind.WORKS, "award": Award.OPEN, "tendered_by": "keiyaku", "amount": 100}
    assert fits(alternative, **good)
    assert refused(alternative, **{**good, **bad}) == (
        f"{PROJECT}：{sentence}。紙の証書に切り替えるか、発注者の了解を得てください"
    )


# --- Alternatives --------------------------------------------------------------------------------------------------


def test_an_issuer_that_says_nothing_holds_nothing() -> None:
    assert fits()


def test_the_issuers_consent_for_this_project_goes_before_its_rule() -> None:
    missed = Eligibility(products=(Product.ADVANCE,))
    assert fits(missed, exception="令和8年4月1日 電話で了解（契約課）")
    assert refused(missed, exception=" ")


def test_one_alternative_that_fits_is_enough() -> None:
    assert fits(since(_C.BID), Eligibility(products=(Product.ADVANCE,)), since(_C.CONTRACT), dates={"contract": SINCE})


def test_one_that_is_not_known_keeps_the_others_from_refusing() -> None:
    told = asked(since(_C.CONTRACT), since(_C.BID), dates={"contract": BEFORE})
    assert "dates.bid" in told
    assert "dates.contract" not in told


def test_a_missed_limit_makes_missing_facts_of_the_same_alternative_needless() -> None:
    assert "契約日 令和6年9月30日" in refused(since(_C.CONTRACT, awards=(Award.OPEN,)), dates={"contract": BEFORE})


def test_a_refusal_speaks_of_the_alternatives_that_were_meant_for_this_contract() -> None:
    works = since(_C.CONTRACT, kinds=(WorkKind.WORKS,))
    consulting = since(_C.CONTRACT, kinds=(WorkKind.CONSULTING,), date=dt.date(2025, 4, 1))
    told = refused(works, consulting, kind=WorkKind.CONSULTING, dates={"contract": AFTER})
    assert "令和7年4月1日より前です" in told
    assert "工事" not in told.removeprefix(PROJECT)


# --- Several dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "outcome"),
    [
        ({"announcement": SINCE}, None),
        ({"designation": AFTER}, None),
        ({"announcement": SINCE, "designation": AFTER}, None),
        ({"announcement": BEFORE}, Reason.NOT_ELIGIBLE),
        ({"announcement": BEFORE, "designation": AFTER}, Reason.NOT_ELIGIBLE),
        ({"contract": AFTER}, Reason.ELIGIBILITY_UNKNOWN),
        ({}, Reason.ELIGIBILITY_UNKNOWN),
    ],
)
def test_of_several_dates_all_that_are_registered_must_lie_in_time(
    dates: dict[str, dt.date], outcome: Reason | None
) -> None:
    holds = judged(since(_C.ANNOUNCEMENT, _C.DESIGNATION), dates=dates)
    assert [hold.reason for hold in holds] == ([outcome] if outcome else [])


# --- Amended contracts ---------------------------------------------------------------------------------------------

AMENDED: list[dict[str, Any]] = [{"is_amended": True}, {"contract": Contract.AMENDED}]


@pytest.mark.parametrize("amended", AMENDED, ids=["registered as amended", "amended guarantee"])
class TestOfAnAmendedContract:
    def test_original_only_counts_by_the_original_contract(self, amended: dict[str, Any]) -> None:
        rule = since(_C.CONTRACT, original_only=True)
        assert fits(rule, dates={"contract": AFTER, "original_contract": SINCE}, **amended)
        assert "当初契約の契約日 令和6年9月30日" in refused(
            rule, dates={"contract": AFTER, "original_contract": BEFORE}, **amended
        )
        assert "当初契約の契約日（dates.original_contract）" in asked(rule, dates={"contract": AFTER}, **amended)

    def test_the_guarantees_own_date_is_the_amendments_too(self, amended: dict[str, Any]) -> None:
        rule = since(_C.GUARANTEE, original_only=True)
        assert "dates.original_contract" in asked(rule, dates={"guarantee": AFTER}, **amended)

    @pytest.mark.parametrize("date", [_C.ANNOUNCEMENT, _C.DESIGNATION, _C.NOTIFICATION, _C.BID, _C.AWARD])
    def test_dates_of_the_award_are_the_original_contracts(self, amended: dict[str, Any], date: CountedBy) -> None:
        rule = since(date, original_only=True)
        assert fits(rule, dates={date: SINCE}, **amended)
        assert refused(rule, dates={date: BEFORE, "original_contract": AFTER}, **amended)
        assert f"dates.{date}）" in asked(rule, dates={"original_contract": AFTER}, **amended)

    def test_without_a_starting_day_only_original_contracts_are_taken(self, amended: dict[str, Any]) -> None:
        rule = Eligibility(original_only=True)
        assert fits(rule)
        assert "変更契約は対象外です" in refused(rule, dates={"original_contract": AFTER}, **amended)

    def test_an_issuer_that_says_nothing_of_amended_ones_counts_as_registered(self, amended: dict[str, Any]) -> None:
        assert fits(since(_C.CONTRACT), dates={"contract": AFTER, "original_contract": BEFORE}, **amended)

    def test_its_own_date_never_stands_for_the_original_contracts(self, amended: dict[str, Any]) -> None:
        assert "dates.original_contract" in asked(since(_C.ORIGINAL_CONTRACT), dates={"contract": AFTER}, **amended)


def test_while_it_is_the_original_one_the_contracts_date_is_the_original_contracts() -> None:
    rule = since(_C.ORIGINAL_CONTRACT)
    assert fits(rule, dates={"contract": SINCE})
    assert "令和6年9月30日" in refused(rule, dates={"contract": BEFORE})


# --- As issuers have published it ----------------------------------------------------------------------------------

APRIL_2024, APRIL_2025, NEW_YEAR_2024 = dt.date(2024, 4, 1), dt.date(2025, 4, 1), dt.date(2024, 1, 1)
BY_BIDDING = (Award.OPEN, Award.DESIGNATED)
YACHIYO = (since(_C.ANNOUNCEMENT, _C.DESIGNATION, awards=BY_BIDDING), since(_C.CONTRACT, awards=(Award.DISCRETIONARY,)))
FUJISAWA = (
    since(_C.ANNOUNCEMENT, awards=BY_BIDDING),
    since(_C.DESIGNATION, awards=(Award.DISCRETIONARY,)),
)
KUNISAKI = (
    since(_C.CONTRACT, kinds=(WorkKind.WORKS,)),
    since(_C.CONTRACT, kinds=(WorkKind.CONSULTING,), date=APRIL_2025),
)
ONOMICHI = (since(_C.CONTRACT, date=APRIL_2025, tendered_by=("keiyaku", "suido")),)
FUKUTSU = (since(_C.ANNOUNCEMENT, _C.DESIGNATION, date=APRIL_2024, awards=BY_BIDDING, kinds=(WorkKind.WORKS,)),)
NAGATO = (since(_C.NOTIFICATION, date=NEW_YEAR_2024, original_only=True),)
MOTOSU = (since(_C.ORIGINAL_CONTRACT),)
SAKU = (Eligibility(kinds=(WorkKind.WORKS, WorkKind.CONSULTING), approval=True),)
GIFU = (since(_C.GUARANTEE, tendered_by=("keiyaku", "suido")),)
_NO, _UNKNOWN = Reason.NOT_ELIGIBLE, Reason.ELIGIBILITY_UNKNOWN


@pytest.mark.parametrize(
    ("alternatives", "project", "outcome"),
    [
        pytest.param(YACHIYO, {"award": Award.DISCRETIONARY, "dates": {"contract": SINCE}}, None, id="no bids"),
        pytest.param(
            YACHIYO, {"award": Award.OPEN, "dates": {"contract": AFTER}}, _UNKNOWN, id="bids, contract's date"
        ),
        pytest.param(
            YACHIYO,
            {"award": Award.OPEN, "dates": {"announcement": BEFORE, "contract": AFTER}},
            _NO,
            id="announced before, concluded after",
        ),
        pytest.param(YACHIYO, {"dates": {"contract": AFTER}}, _UNKNOWN, id="award not registered"),
        pytest.param(FUJISAWA, {"award": Award.DISCRETIONARY, "dates": {"designation": SINCE}}, None, id="designated"),
        pytest.param(FUJISAWA, {"award": Award.OPEN, "dates": {"designation": SINCE}}, _UNKNOWN, id="the other's date"),
        pytest.param(KUNISAKI, {"kind": WorkKind.WORKS, "dates": {"contract": SINCE}}, None, id="works from October"),
        pytest.param(KUNISAKI, {"kind": WorkKind.CONSULTING, "dates": {"contract": SINCE}}, _NO, id="consulting later"),
        pytest.param(KUNISAKI, {"kind": WorkKind.OTHER, "dates": {"contract": APRIL_2025}}, _NO, id="neither kind"),
        pytest.param(ONOMICHI, {"tendered_by": "suido", "dates": {"contract": APRIL_2025}}, None, id="by the section"),
        pytest.param(ONOMICHI, {"tendered_by": "doboku", "dates": {"contract": APRIL_2025}}, _NO, id="by another"),
        pytest.param(ONOMICHI, {"dates": {"contract": APRIL_2025}}, _UNKNOWN, id="by whom is not registered"),
        pytest.param(FUKUTSU, {"kind": WorkKind.WORKS, "award": Award.DISCRETIONARY}, _NO, id="no discretionary ones"),
        pytest.param(
            NAGATO,
            {"contract": Contract.AMENDED, "dates": {"notification": dt.date(2023, 12, 28), "contract": AFTER}},
            _NO,
            id="an amendment of an older contract",
        ),
        pytest.param(
            NAGATO, {"contract": Contract.AMENDED, "dates": {"notification": NEW_YEAR_2024}}, None, id="of a new one"
        ),
        pytest.param(MOTOSU, {"is_amended": True, "dates": {"original_contract": SINCE}}, None, id="original in time"),
        pytest.param(SAKU, {"kind": WorkKind.WORKS}, _UNKNOWN, id="not approved yet"),
        pytest.param(SAKU, {"kind": WorkKind.WORKS, "approval": "承認済み"}, None, id="approved"),
        pytest.param(SAKU, {"kind": WorkKind.OTHER, "approval": "承認済み"}, _NO, id="approved, of another kind"),
        pytest.param(GIFU, {"tendered_by": "keiyaku", "dates": {"guarantee": SINCE}}, None, id="by the guarantee"),
        pytest.param(GIFU, {"tendered_by": "keiyaku", "dates": {"contract": SINCE}}, _UNKNOWN, id="not the contract"),
    ],
)
def test_what_issuers_publish_can_be_said_and_is_judged(
    alternatives: tuple[Eligibility, ...], project: dict[str, Any], outcome: Reason | None
) -> None:
    assert [hold.reason for hold in judged(*alternatives, **project)] == ([outcome] if outcome else [])


# --- For every rule ------------------------------------------------------------------------------------------------


def some(values: type) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


DAYS = st.sampled_from([BEFORE, SINCE, AFTER])
ALTERNATIVES = st.builds(
    lambda date, counted_by, **more: Eligibility(
        **more, **({"since": date, "counted_by": counted_by} if counted_by else {})
    ),
    date=DAYS,
    counted_by=some(CountedBy),
    products=some(Product),
    kinds=some(WorkKind),
    awards=some(Award),
    tendered_by=st.sampled_from([(), ("keiyaku",)]),
    min_amount=st.sampled_from([None, 100]),
    original_only=st.booleans(),
    approval=st.booleans(),
)
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "kind": st.none() | st.sampled_from(WorkKind),
    "award": st.none() | st.sampled_from(Award),
    "tendered_by": st.sampled_from(["", "keiyaku", "doboku"]),
    "amount": st.sampled_from([None, 99, 100]),
    "approval": st.sampled_from(["", "承認済み"]),
    "dates": st.dictionaries(st.sampled_from(CountedBy), DAYS),
    "is_amended": st.booleans(),
}


@given(alternatives=st.lists(ALTERNATIVES, min_size=1, max_size=3), facts=st.fixed_dictionaries(FACTS))
def test_a_hold_is_one_stands_still_and_is_released_by_consent(
    alternatives: list[Eligibility], facts: dict[str, Any]
) -> None:
    holds = judged(*alternatives, **facts)
    assert len(holds) <= 1
    assert holds == judged(*alternatives, **facts)
    assert all(detail_of(hold).startswith(f"{PROJECT}：") for hold in holds)
    assert fits(*alternatives, **facts, exception="了解済み")


@given(
    alternatives=st.lists(ALTERNATIVES, min_size=1, max_size=3), facts=st.fixed_dictionaries(FACTS), extra=ALTERNATIVES
)
def test_a_further_alternative_never_takes_eligibility_away(
    alternatives: list[Eligibility], facts: dict[str, Any], extra: Eligibility
) -> None:
    assert not fits(*alternatives, **facts) or fits(*alternatives, extra, **facts)


@given(
    alternatives=st.lists(ALTERNATIVES, min_size=1, max_size=3),
    facts=st.fixed_dictionaries(FACTS),
    fact=st.sampled_from(["kind", "award", "tendered_by", "amount", "dates"]),
)
def test_to_forget_a_fact_never_turns_a_refusal_into_a_mail(
    alternatives: list[Eligibility], facts: dict[str, Any], fact: str
) -> None:
    forgotten = {name: value for name, value in facts.items() if name != fact}
    holds = judged(*alternatives, **facts)
    if holds and holds[0].reason is Reason.NOT_ELIGIBLE:
        assert not fits(*alternatives, **forgotten)


def test_every_date_kind_and_award_has_its_word() -> None:
    assert [set(NAMES[each]) for each in ("day", "kind", "award", "product")] == [
        *(set(each) for each in (CountedBy, WorkKind, Award, Product))
    ]
