"""The shipped catalogue: every issuer loads, says nothing that was not published, and its examples come out."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from tests.support.tables import every_case
from worker.config.load import Configuration
from worker.core.model import Channel
from worker.service.wiring import failing_examples_of_catalogue, load_catalogue

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "config" / "issuers").glob("*.toml"))
LEAFLETS = {"藤沢市", "東伊豆町", "佐久市", "那須塩原市", "三島市"}
PUBLISHED = LEAFLETS | {
    *(
        "長岡市",
        "新潟市水道局",
        "公立大学法人福島県立医科大学",
        "北塩原村",
        "北上市",
        "弘前市",
        "北海道",
        "北海道企業局",
    ),
    *("北広島市", "八千代市", "常陸大宮市", "浜松市", "長門市", "廿日市市", "いちき串木野市", "江田島市", "福岡県"),
    *("延岡市", "滋賀県", "尾道市", "本巣市", "加賀市", "岐阜市", "伊丹市", "由良町", "淡路市", "宍粟市", "荒尾市"),
    *("国東市", "福津市", "北九州市", "南島原市"),
}
ADDRESS = re.compile(r"[\w.+-]+[@＠][\w.-]+")


@pytest.fixture(scope="module")
def catalogue() -> Configuration:
    return load_catalogue()


def test_every_issuer_that_was_read_is_in_the_catalogue(catalogue: Configuration) -> None:
    assert len(PUBLISHED) == 37
    assert {issuer.name for issuer in catalogue.issuers.values()} == PUBLISHED


def test_every_entry_says_where_and_when_it_was_read_and_has_an_example(catalogue: Configuration) -> None:
    for issuer in catalogue.issuers.values():
        assert issuer.source, issuer.id
        assert issuer.checked_on is not None, issuer.id
        assert catalogue.examples[issuer.id], issuer.id
        is_leaflet = issuer.name in LEAFLETS
        assert issuer.source.startswith("東日本建設業保証株式会社のチラシ" if is_leaflet else "http"), issuer.id
    told = {remark.code for remark in catalogue.remarks if remark.file.startswith("issuers/")}
    assert told == {"assumed_notice", "assumed_timing"}


def test_every_example_of_the_catalogue_comes_out_as_written(catalogue: Configuration) -> None:
    assert failing_examples_of_catalogue(catalogue) == ()


@every_case("path", FILES, ids=lambda path: path.stem)
def test_no_entry_holds_an_address(path: Path) -> None:
    assert ADDRESS.findall(path.read_text()) == []


def test_a_section_to_which_mail_goes_is_open_until_its_address_is_filled_in(catalogue: Configuration) -> None:
    for issuer in catalogue.issuers.values():
        for rule in (*issuer.rules.values(), *issuer.amended_rules.values()):
            if rule.channel is Channel.EMAIL and rule.section != "project":
                assert f"section.{rule.section}.to" in issuer.sections[rule.section].open, issuer.id
        for id_, section in issuer.sections.items():
            # Sections that only tender, and those to which paper is brought or a form goes, need no address.
            assert f"section.{id_}.to" in section.open or not _receives_mail(path_of(issuer.id), id_), issuer.id


def test_an_entry_without_a_known_channel_or_subject_says_so(catalogue: Configuration) -> None:
    for issuer in catalogue.issuers.values():
        for product, rule in issuer.rules.items():
            named = {key.rpartition(".")[2] for key in rule.open}
            if rule.channel is Channel.UNKNOWN:
                assert "channel" in named, (issuer.id, product)
            if rule.channel is Channel.EMAIL and not rule.subject:
                assert "subject" in named, (issuer.id, product)
            if not issuer.eligibility:
                assert "eligibility" in named, (issuer.id, product)


def test_no_key_is_listed_as_open_twice() -> None:
    for path in FILES:
        keys = tomllib.loads(path.read_text())["open"]
        assert len(keys) == len(set(keys)), path.stem


def test_no_code_names_an_issuer() -> None:
    ids = {path.stem for path in FILES}
    for path in (ROOT / "worker").rglob("*.py"):
        text = re.sub(r"``issuers/\w+\.toml``", "", path.read_text())  # the example in a docstring
        if path.name != "prefectures.py":  # all 47, some of which are issuers
            assert [name for name in PUBLISHED if name in text.replace("北海道建設業信用保証", "")] == [], path
        assert ids & set(re.findall(r"[a-z][a-z-]+", text)) == set(), path


def path_of(issuer: str) -> Path:
    return ROOT / "config" / "issuers" / f"{issuer}.toml"


def _receives_mail(path: Path, section: str) -> bool:
    """True if the file itself gives the section a place for addresses (``to``)."""
    return "to" in tomllib.loads(path.read_text())["section"][section]
