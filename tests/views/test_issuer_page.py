"""The rules of an issuer on its page: what is not certain is not shown as if it were known."""

from __future__ import annotations

from typing import Final

from tests.support.tables import every_case
from worker.core.messages import say
from worker.core.model import Channel
from worker.core.rulebook import Issuer
from worker.service.wiring import load_catalogue
from worker.views.issuer_page import rules_of

SHOWN: Final = ("channel", "section", "subject", "notice", "invoice", "timing")
CATALOGUE: Final = tuple(load_catalogue().issuers.values())


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
