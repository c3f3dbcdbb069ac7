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
