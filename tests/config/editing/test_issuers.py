"""Edits of issuers' files: comments and order stay, conflicts are shown, an example goes only by its number."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest

from worker.config.editing.fields import KeyPath
from worker.config.editing.issuer_fields import texts_of
from worker.config.editing.issuers import (
    IssuerAct,
    IssuerAnswers,
    IssuerConflict,
    PageSample,
    add_new_issuer,
    answer_open_key,
    change_fields,
    propose_id,
)
from worker.config.load import guarantors_of
from worker.config.shipped import shipped_file
from worker.core.errors import ConfigError, NotAllowed
from worker.core.model import Product

ROOT = Path(__file__).parents[3]
FILES = sorted([*(ROOT / "config" / "issuers").glob("*.toml"), *(ROOT / "tests/support/issuers").rglob("*.toml")])
GUARANTORS = guarantors_of(shipped_file("config", "guarantors.toml"))
TODAY = dt.date(2026, 11, 29)
KAGA = shipped_file("config", "issuers", "kaga.toml")
TO: KeyPath = ("section", "kanzai", "to")
SUBJECT: KeyPath = ("rule", "default", "subject")


def changed(content: bytes, texts: dict[KeyPath, str], **more: Any) -> bytes:
    return change_fields("kaga", content, IssuerAnswers(texts, **more), GUARANTORS, TODAY).content


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_new_keys_and_tables_are_added_and_every_other_line_stays(file: Path) -> None:
    content = file.read_bytes()
    table = tomllib.loads(content.decode())
    section, number = next(iter(table["section"])), str(len(table.get("eligibility", ())) + 1)
    texts: dict[KeyPath, str] = {
        ("section", section, "cc"): "genba@contractor.example",
        ("section", "neu", "name"): "新しい課",
        ("rule", "advance", "contact_first"): "送る前に電話",
        ("rule", "interim_amended", "chosen"): "メールを選んだ",
        ("eligibility", number, "from"): "R8.4.1",
        ("eligibility", number, "counted_by"): "契約、公告",
        ("open", "rule", "advance", "after"): "未確認",
    }
    edited = changed(content, texts)
    later = tomllib.loads(edited.decode())
    assert later["rule"]["advance"]["contact_first"] == "送る前に電話"
    assert later["eligibility"][-1] == {"from": dt.date(2026, 4, 1), "counted_by": ["contract", "announcement"]}
    assert "rule.advance.after" in later["open"]
    gone = set(content.decode().splitlines()) - set(edited.decode().splitlines())
    assert [each for each in gone if not each.startswith(("cc =", "open = [", "contact_first ="))] == []


def test_an_empty_text_takes_a_key_out_and_the_same_texts_change_nothing() -> None:
    assert "note" not in tomllib.loads(changed(KAGA, {("note",): ""}).decode())
    with pytest.raises(NotAllowed) as refused:
        changed(KAGA, texts_of(tomllib.loads(KAGA.decode()), GUARANTORS))
    assert refused.value.code == "issuer_same"


def test_a_range_that_is_emptied_goes_and_the_others_stay() -> None:
    kunisaki = shipped_file("config", "issuers", "kunisaki.toml")
    first: dict[KeyPath, str] = {("eligibility", "1", key): "" for key in ("from", "counted_by", "kinds")}
    second: dict[KeyPath, str] = {("eligibility", "2", key): "" for key in ("from", "counted_by", "kinds")}
    edited = changed(kunisaki, first)
    assert tomllib.loads(edited.decode())["eligibility"] == tomllib.loads(kunisaki.decode())["eligibility"][1:]
    assert "# 建設コンサルタント等業務委託" in edited.decode()
    emptied = tomllib.loads(changed(changed(kunisaki, {("open", "eligibility"): ""}), {**first, **second}).decode())
    assert "eligibility" not in emptied
    assert "eligibility" in emptied["open"]
    nagaoka = shipped_file("config", "issuers", "nagaoka.toml")
    answered = answer_open_key("nagaoka", nagaoka, ("eligibility",), "", "契約検査課に電話", TODAY, GUARANTORS)
    assert "eligibility" not in tomllib.loads(answered.content.decode())["open"]


def test_the_last_answer_says_that_the_file_was_compared_with_its_source() -> None:
    content = KAGA
    asked: list[tuple[KeyPath, str]] = [
        (TO, "keiyaku@kaga.example"),
        (SUBJECT, ""),
        (("rule", "default", "invoice"), "必ず同送する"),
        (("rule", "interim", "timing"), ""),
    ]
    for path, text in asked:
        assert tomllib.loads(content.decode())["checked_on"] == dt.date(2026, 11, 21)
        edit = answer_open_key("kaga", content, path, text, "契約課に電話", TODAY, GUARANTORS)
        assert (edit.act, edit.seen_at, edit.seen_on) == (IssuerAct.ANSWERED, "契約課に電話", TODAY)
        content = edit.content
    table = tomllib.loads(content.decode())
    assert (table["open"], table["checked_on"]) == ([], TODAY)
    with pytest.raises(NotAllowed):
        answer_open_key("kaga", content, SUBJECT, "", "契約課に電話", TODAY, GUARANTORS)


@pytest.mark.parametrize(
    ("path", "text", "seen_at"),
    [(TO, "", "ページ"), (TO, "a@b.example", " "), (SUBJECT, "不明", "ページ"), (TO, "はい", "ページ")],
)
def test_an_answer_needs_a_value_and_a_place(path: KeyPath, text: str, seen_at: str) -> None:
    with pytest.raises(ConfigError):
        answer_open_key("kaga", KAGA, path, text, seen_at, TODAY, GUARANTORS)


def test_a_field_that_another_person_changed_is_a_conflict_and_only_that_field() -> None:
    seen = texts_of(tomllib.loads(KAGA.decode()), GUARANTORS)
    theirs = changed(KAGA, {("note",): "あちら", TO: "a@kaga.example"})
    with pytest.raises(IssuerConflict) as refused:
        changed(theirs, {**seen, ("note",): "こちら", SUBJECT: "認証キー"}, seen=seen)
    (conflict,) = refused.value.conflicts
    assert (conflict.key, conflict.now, conflict.given) == (("note",), "あちら", "こちら")
    merged = tomllib.loads(changed(theirs, {**seen, SUBJECT: "認証キー"}, seen=seen).decode())
    assert (merged["note"], merged["rule"]["default"]["subject"]) == ("あちら", "認証キー")
    same = tomllib.loads(changed(theirs, {**seen, ("note",): "あちら", SUBJECT: "認証"}, seen=seen).decode())
    assert same["note"] == "あちら"


def test_a_key_that_another_person_answered_is_not_opened_again_unseen() -> None:
    seen = texts_of(tomllib.loads(KAGA.decode()), GUARANTORS)
    theirs = answer_open_key("kaga", KAGA, SUBJECT, "", "ページ", TODAY, GUARANTORS).content
    merged = changed(theirs, {**seen, ("note",): "こちら"}, seen=seen)
    assert "rule.default.subject" not in tomllib.loads(merged.decode())["open"]


@pytest.mark.parametrize(
    "path",
    [("eligibility", "9", "from"), ("eligibility", "0", "from"), ("rule", "x", "subject"), ("example", "1"), ("rule",)],
)
def test_a_key_that_no_form_has_is_refused(path: KeyPath) -> None:
    with pytest.raises(ConfigError):
        changed(KAGA, {path: "R8.4.1"})


def test_a_sample_becomes_the_first_example_once_and_one_goes_by_its_number() -> None:
    sample = PageSample("電子保証(認証キー)", Product.ADVANCE)
    edited = changed(KAGA, {}, sample=sample)
    examples = tomllib.loads(edited.decode())["example"]
    assert (examples[0]["product"], examples[0]["project"]["invoice"]) == ("advance", {"advance": "separate"})
    assert examples[1:] == tomllib.loads(KAGA.decode())["example"]
    with pytest.raises(NotAllowed):
        changed(edited, {}, sample=sample)
    assert tomllib.loads(changed(edited, {}, dropped=(1,)).decode())["example"] == examples[1:]
    assert "example" not in tomllib.loads(changed(edited, {}, dropped=(1, 2, 3)).decode())


def test_examples_that_are_not_at_the_end_stay_as_they_are() -> None:
    example = b'[[example]]\nproduct = "contract"\nproject = { name = "b" }\nexpect = {}\n'
    moved = b'name = "a"\n' + example + b'[section.x]\nname = "c"\n'
    assert b'[section.x]\nname = "d"' in changed(moved, {("section", "x", "name"): "d"})
    with pytest.raises(ConfigError):
        changed(moved, {}, dropped=(1,))


# --- A new one -----------------------------------------------------------------------------------------------


def added(texts: dict[KeyPath, str], issuer: str = "umibe", taken: dict[str, str] | None = None, **more: Any) -> Any:
    return add_new_issuer(issuer, IssuerAnswers(texts, **more), GUARANTORS, taken or {}, TODAY)


def test_what_the_page_does_not_answer_is_open() -> None:
    texts: dict[KeyPath, str] = {("name",): "海辺市", ("section", "ka1", "name"): "契約課"}
    table = tomllib.loads(added(texts).content.decode())
    asked = ("channel", "section", "subject", "notice", "invoice", "timing")
    assert set(table["open"]) == {*(f"rule.default.{key}" for key in asked), "section.ka1.to"}
    by_form = tomllib.loads(added({**texts, ("rule", "default", "channel"): "発注者のフォーム"}).content.decode())
    assert by_form["open"] == ["rule.default.section"]
    said = {
        **texts,
        ("rule", "default", "channel"): "メール",
        SUBJECT: "未確認",
        ("rule", "default", "section"): "契約課",
    }
    assert "rule.default.subject" in tomllib.loads(added(said).content.decode())["open"]


def test_a_new_issuer_needs_a_name_a_section_and_a_free_id() -> None:
    for texts in ({("name",): "海辺市"}, {("section", "ka1", "name"): "契約課"}):
        with pytest.raises(ConfigError):
            added(texts)  # type: ignore[arg-type]
    whole: dict[KeyPath, str] = {("name",): "海辺市", ("section", "ka1", "name"): "契約課"}
    for issuer, taken in (("umibe", {"umibe": "別の市"}), ("umi2", {"x": "海辺市"})):
        with pytest.raises(NotAllowed):
            added(whole, issuer, taken)
    with pytest.raises(ConfigError):
        added(whole, "../etc")


def test_an_id_is_proposed_from_the_address_of_the_page() -> None:
    assert propose_id("海辺市", "https://www.city.umibe.lg.jp/hosho.html", ()) == "umibe"
    assert propose_id("海辺市", "https://www.city.umibe.lg.jp/", ["umibe"]) == "umibe1"
    assert propose_id("海辺市", "チラシ", ["issuer1"]) == "issuer2"
