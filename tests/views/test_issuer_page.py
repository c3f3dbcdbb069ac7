"""The rules of an issuer on its page: what is not certain is not shown as if it were known."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.support.tables import every_case
from worker.core.messages import say
from worker.core.model import Channel
from worker.core.prefectures import Prefecture, prefecture_in
from worker.core.rulebook import Issuer
from worker.service.wiring import load_catalogue
from worker.views.issuer_page import NOT_WRITTEN, find_issuers, prefectures_of, rules_of

SHOWN: Final = ("channel", "section", "subject", "notice", "invoice", "timing")
CATALOGUE: Final = tuple(load_catalogue().issuers.values())


NOT_NAMED = {"fujisawa", "higashiizu", "mishima", "nasushiobara"}
"""Issuers whose leaflet does not say in which prefecture they lie."""


@every_case("issuer", CATALOGUE, ids=lambda issuer: issuer.id)
def test_an_open_item_is_shown_as_not_certain_and_no_other_is(issuer: Issuer) -> None:
    for group in rules_of(issuer, "ja"):
        facts = dict(group.facts)
        for rule in (issuer.rules[product] for product in group.products):
            is_whole = any(key.startswith("rule.") and key.count(".") == 1 for key in rule.open)
            names = {key.rpartition(".")[2] for key in rule.open}
            for key in SHOWN:
                value = facts.get(say(f"issuer_{key}", "ja"))
                is_unknown = is_whole or key in names or (key == "channel" and rule.channel is Channel.UNKNOWN)
                assert value is None or (value == "未確認") == is_unknown, (issuer.id, key, value)


def test_the_catalogue_has_open_items_and_certain_ones() -> None:
    values = [value for issuer in CATALOGUE for group in rules_of(issuer, "ja") for _, value in group.facts]
    assert values.count("未確認") > 10
    assert len(values) - values.count("未確認") > 100


def test_a_shipped_issuer_has_the_prefecture_that_its_source_names_and_its_name_does_not_deny() -> None:
    assert {each.id for each in CATALOGUE if each.prefecture is None} == NOT_NAMED
    for issuer in CATALOGUE:
        assert prefecture_in((issuer.name, *issuer.aliases)) in {None, issuer.prefecture}, issuer.id


@every_case(
    ("names", "found"),
    [
        (("福岡県",), Prefecture.FUKUOKA),
        (("北海道企業局",), Prefecture.HOKKAIDO),
        (("公立大学法人福島県立医科大学",), Prefecture.FUKUSHIMA),
        (("加賀市", "石川県加賀市"), Prefecture.ISHIKAWA),
        (("京都市",), None),
        (("広島市",), None),
        (("東京都・埼玉県境界組合",), None),
        ((), None),
    ],
)
def test_a_prefecture_is_taken_from_a_name_only_if_the_name_writes_it_in_full(
    names: tuple[str, ...], found: Prefecture | None
) -> None:
    assert prefecture_in(names) is found


def test_issuers_are_found_by_prefecture_or_city_and_those_without_one_by_name_and_apart() -> None:
    unwritten = replace(next(each for each in CATALOGUE if each.name == "荒尾市"), id="x", prefecture=None)
    issuers = (*(each for each in CATALOGUE if each.id not in {"arao", *NOT_NAMED}), unwritten)
    names = {each.name for each in find_issuers(issuers, "静岡")}
    assert names == {"浜松市"}
    assert {each.name for each in find_issuers(issuers, "", "静岡県")} == names
    assert [each.name for each in find_issuers(issuers, "荒尾")] == ["荒尾市"]
    assert [each.name for each in find_issuers(issuers, "", NOT_WRITTEN)] == ["荒尾市"]
    assert find_issuers(issuers, "浜松", "長野県") == ()
    shown = find_issuers(issuers, "")
    assert (shown[0].lies_in, shown[-1].name) == (Prefecture.HOKKAIDO, "荒尾市")
    assert prefectures_of(issuers)[-1] == NOT_WRITTEN
    assert NOT_WRITTEN not in prefectures_of(each for each in CATALOGUE if each.prefecture is not None)
