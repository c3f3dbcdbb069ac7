"""The pages about issuers: found by a piece of the name in any width, each rule in words, no file name on a page."""

from __future__ import annotations

from tests.support.console import Console


def test_an_issuer_is_found_and_its_rule_is_in_words(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/issuers")
    configuration = console.desk.office().configuration
    for issuer in configuration.issuers.values():
        assert issuer.full_name in browser.text
    issuer = configuration.issuers["kawa"]
    browser.get("/issuers", params={"q": issuer.name[:2]})
    assert issuer.full_name in browser.text
    browser.get("/issuers/kawa")
    for rule in issuer.rules.values():
        section = issuer.sections.get(rule.section)
        assert section is None or section.name in browser.text
    assert ".toml" not in browser.text
    assert issuer.checked_on is None or f"{issuer.checked_on.isoformat()} 確認" not in browser.text


def test_an_issuer_that_is_not_registered_is_named_so(console: Console) -> None:
    browser = console.browser("staff")
    browser.get("/issuers", params={"q": "そのような市はない"})
    assert "登録されていません" in browser.text
    assert browser.get("/issuers/nobody").status_code == 404
    assert browser.get("/issuers/..%2f..%2fetc").status_code == 404


def test_issuers_stand_under_their_prefecture_and_are_searched_by_it(console: Console) -> None:
    browser = console.browser("staff")
    page = browser.get("/issuers").text
    assert "都道府県の記載なし" in page, "the issuers of this office do not say it"
    name = console.desk.office().configuration.issuers["kawa"].full_name
    assert name in browser.get("/issuers?prefecture=none").text
    assert name not in browser.get("/issuers?prefecture=石川県").text
    offered = browser.get("/issuers?q=広島県").text
    assert "廿日市市" in offered
    assert 'name="f:prefecture"' in browser.get("/issuers/new?name=海辺市").text
