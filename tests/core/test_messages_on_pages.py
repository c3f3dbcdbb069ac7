"""What a page says: no command, no file or key of the configuration, no word of the machine."""

from __future__ import annotations

import ast
import contextvars
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.support.parts import with_fields
from tests.support.sources import PACKAGE, calls
from tests.support.tables import every_case
from worker.config.template_check import ATTRIBUTES
from worker.core.messages import (
    _TEXTS,
    hint,
    is_said,
    name_any_state,
    name_evidence,
    name_follow_up,
    name_hold,
    name_limit,
    name_state,
    name_state_at,
    name_thing,
    next_step,
    on_pages,
    put,
    say,
    speaking_on_pages,
)
from worker.core.messages.events import THINGS
from worker.core.messages.preview import PAPERS
from worker.core.messages.reasons import CODED, EVIDENCE, FACTS, FOLLOW_UPS, FORMS, HOLD_DETAILS, WHOLE
from worker.core.model import JST, Hold, Receipt, ReceiptKind, Submission
from worker.core.old_sentences import old_detail
from worker.core.params import Params
from worker.core.states import Reason, State

FORBIDDEN = re.compile(
    r"hoshobin\s+[a-z]|`|\.toml|TOML|JSON|SMTP|ハッシュ|チェーン|コマンド|(?<![a-z])--[a-z]|\[\[?[a-z_]+(\.[a-z_]+)?\]|_to\b|[（(]dates"
    r"|所定のフォルダ|請求書フォルダ|invoices folder|\{%|（[a-z_][a-z_.]+）|authserv|DKIM|DNSSEC|SPF|S/MIME"
    r"|ルール|送信先"
)
"""Words of the command line, of the configuration's files, of the technique, and those that another word replaces."""
CODE = re.compile(r"(?<![.A-Za-z])(?!(?:msg|eml|pdf|xdw|winmail\.dat)\b)[a-z_]{2,}")
"""A word of the program within a Japanese sentence; endings of files are no such words."""
CODE_IN_BRACKETS = re.compile(r"\((?:[a-z]+_[a-z_]+|approval|kind|award|amount|eligibility|subject|excluded|labels)\)")
SPOKEN_BY_PAGES = (
    "approve",
    "accounts",
    "console",
    "track",
    "pipeline/decide.py",
    "pipeline/upload.py",
    "compose/uploads.py",
)
"""Packages and modules whose refusals a page shows."""
KEYS = sorted({*CODED, *HOLD_DETAILS, *((reason, "") for reason in Reason)}, key=str)


@pytest.fixture(autouse=True)
def on_a_page() -> Iterator[None]:
    """Everything here is said on a page."""
    with speaking_on_pages():
        yield


def refusals() -> set[str]:
    """The codes of the refusals that a page can show."""
    found: set[str] = set()
    places = [PACKAGE / name for name in SPOKEN_BY_PAGES]
    for path, inside in calls().items():
        if not any(path.is_relative_to(place) for place in places):
            continue
        for node in inside:
            if isinstance(node.func, ast.Name) and node.func.id == "NotAllowed":
                first = node.args[0]
                found |= {first.value} if isinstance(first, ast.Constant) and isinstance(first.value, str) else set()
    return found


_PLACE = re.compile(r"\{([a-z_]+)(?::([a-z_ ]*))?\}")
_VALUES = {"date": "2026-05-01", "yen": "1000", "number": "7", "mb": "7", "form": Params(code="digits")}


def hold_of(reason: Reason, code: str, other: str = "x") -> Hold:
    """The hold with a value for everything that its sentences take."""
    pairs = [table[reason, code] for table in (HOLD_DETAILS, WHOLE) if (reason, code) in table]
    pairs += [CODED[reason, code][0]] if (reason, code) in CODED else []
    pairs += [on_pages.TEXTS.get(f"on_page_hold_{reason}_{code}", ("", ""))]
    given = {name: _VALUES.get(way, other) for pair in pairs for name, way in _PLACE.findall(pair[0])}
    given.pop("form", None)
    return Hold(reason, Params(**({"code": code} if code else {}), **given))


def assert_for_office(words: str, lang: str) -> None:
    """Fails on a sentence that a clerk cannot follow: folders, keys of a file, codes of the program."""
    assert not FORBIDDEN.search(words), words
    assert not (CODE if lang == "ja" else CODE_IN_BRACKETS).search(words), words


def test_a_refusal_names_no_command() -> None:
    codes = refusals()
    assert len(codes) > 50
    assert [code for code in codes if not is_said(code)] == []
    said = [(code, words) for code in codes for words in on_pages.for_reader(_TEXTS[code], code)]
    assert [each for each in said if FORBIDDEN.search(each[1])] == []


@every_case("key", KEYS, ids=lambda key: f"{key[0]}-{key[1]}")
def test_a_reason_and_its_next_step_name_no_command(key: tuple[Reason, str]) -> None:
    hold = hold_of(*key)
    held = Submission(1, State.HELD, reasons=(hold,))
    for lang in ("ja", "en"):
        for words in (name_hold(hold, lang), next_step(held, lang)):
            assert_for_office(words, lang)


@every_case("state", State)
def test_the_next_step_of_a_state_names_no_command(state: State) -> None:
    for lang in ("ja", "en"):
        assert not FORBIDDEN.search(next_step(Submission(1, state), lang))
        assert not FORBIDDEN.search(name_any_state(state, lang))


def test_evidence_duties_and_things_name_no_command() -> None:
    for lang in ("ja", "en"):
        said = [name_evidence(Params(code=code), lang) for code in EVIDENCE]
        said += [name_follow_up(Params(code=code), lang) for code in FOLLOW_UPS]
        said += [name_thing(name, lang) for name in THINGS]
        for words in said:
            assert_for_office(words, lang)


@every_case("paper", PAPERS)
def test_the_next_step_about_a_paper_that_is_no_notice_names_no_folder(paper: str) -> None:
    for word in PAPERS[paper][0]:
        held = Submission(1, State.HELD, reasons=(Hold.of(Reason.NOT_A_NOTICE, found=f"前払金{word}"),))
        for lang in ("ja", "en"):
            assert_for_office(next_step(held, lang), lang)
            assert next_step(held, lang) != next_step(replace(held, reasons=(Hold(Reason.NOT_A_NOTICE),)), lang)


@every_case("code", FACTS)
def test_a_condition_or_a_signature_names_no_key_and_no_technique(code: str) -> None:
    fact = Params(code=code, **{name: _VALUES.get(way, "x") for name, way in _PLACE.findall(FACTS[code][0])})
    for lang in ("ja", "en"):
        words = [name_hold(Hold.of(Reason.ELIGIBILITY_UNKNOWN, "lacking", project="x", asked=((fact,),)), lang)]
        words += [name_hold(Hold.of(Reason.NOT_ELIGIBLE, "missed", project="x", facts=(fact,)), lang)]
        words += [name_evidence(Params(code="signature", address="x", own=fact), lang)]
        for each in words:
            assert_for_office(each, lang)
            assert ISO_DAY.search(each) is None or lang == "en"


@every_case("code", FORMS)
def test_the_form_of_a_value_names_no_pattern(code: str) -> None:
    form = Params(code=code, **{name: "7" for name, way in _PLACE.findall(FORMS[code][0]) if way != "forms"})
    for lang in ("ja", "en"):
        hold = Hold.of(Reason.BAD_VALUE, "pattern", name="工事番号", given="1", form=(form,))
        assert_for_office(name_hold(hold, lang), lang)
        assert "パターン" not in name_hold(hold, lang)


TEMPLATE_NAMES = [f"{whole}.{part}" for whole, parts in ATTRIBUTES.items() for part in parts]
NEVER_MISSING = {"project.values", "project.dates", "invoice.attached", "invoice.separate"}
"""Names that are there in every mail: a template that uses them finds a value."""


@every_case("name", [each for each in TEMPLATE_NAMES if each not in NEVER_MISSING and not each.startswith("rule.")])
def test_a_missing_value_is_named_as_people_name_it(name: str) -> None:
    assert_for_office(name_hold(Hold.of(Reason.MISSING_VALUE, value=name), "ja"), "ja")


@every_case("place", ["subject", "body", "file_name", "filename", "To", "Cc", "From", "Subject", "Message-ID"])
def test_the_place_of_a_character_that_no_mail_may_have_is_named_as_people_name_it(place: str) -> None:
    hold = Hold.of(Reason.UNSAFE_VALUE, where=place, found="U+000A")
    assert not re.search(r"[A-Za-z_]{3,}|U\+", name_hold(hold, "ja")), name_hold(hold, "ja")


@every_case(
    "found", ["subject: key", "body: 40213-00712M", "file name: key #3", "attachment: 請求書.pdf", "attachment"]
)
def test_what_differs_from_the_notice_is_named_as_people_name_it(found: str) -> None:
    assert_for_office(name_hold(Hold.of(Reason.KEY_DIFFERS, found=found), "ja"), "ja")


@pytest.mark.parametrize("reason", [Reason.DAMAGED, Reason.TOO_SLOW, Reason.TOO_LARGE, Reason.NOT_A_NOTICE])
def test_the_word_by_which_the_reader_ended_is_for_the_command_line(reason: Reason) -> None:
    hold = Hold.of(reason, found="exit 139")
    assert_for_office(name_hold(hold, "ja"), "ja")
    assert "exit 139" in contextvars.Context().run(name_hold, hold, "ja")


def test_a_file_is_named_without_the_digits_of_its_content() -> None:
    hold = Hold.of(Reason.WRONG_INVOICE, "issuer", file="請求書.pdf", digits="3f2a91bc", names=("みほん町",))
    assert "3f2a91bc" not in name_hold(hold, "ja")
    assert "3f2a91bc" in contextvars.Context().run(name_hold, hold, "ja")


def test_an_older_answer_is_compared_in_one_form_wherever_it_is_judged() -> None:
    fact = Params(code="kind_unknown", taken=("works",))
    hold = Hold.of(Reason.ELIGIBILITY_UNKNOWN, "lacking", project="kawa/橋", asked=((fact,),))
    assert old_detail(hold) == contextvars.Context().run(old_detail, hold) != ""


@every_case("code", [code for code in on_pages.TEXTS if is_said(code)])
def test_the_form_for_pages_names_no_command(code: str) -> None:
    for words in on_pages.TEXTS[code]:
        assert not FORBIDDEN.search(words), words


@pytest.mark.parametrize("code", ["address_not_ascii", "address_space", "address_not_bare"])
def test_an_address_is_asked_for_without_the_signs_of_a_file(code: str) -> None:
    assert not set('[]"') & set(hint(code, "ja"))
    assert "[ ]" in contextvars.Context().run(hint, code, "ja")


def test_every_form_for_pages_stands_for_a_sentence() -> None:
    kinds = ("step_", "hold_", "hint_", "next_", "evidence_", "duty_", "thing_", "state_", "fact_", "form_")
    for code in on_pages.TEXTS:
        stem = code.removeprefix("on_page_")
        assert is_said(stem) or stem.startswith(kinds), code


DAY, AT = dt.date(2026, 12, 1), dt.datetime(2026, 12, 1, 9, 5, 30, tzinfo=JST)
ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def test_a_deadline_on_a_japanese_page_is_written_as_in_its_tables() -> None:
    assert name_limit(DAY, 0, "ja") == "12/1（火）"
    assert name_limit(DAY, 20, "ja") == "12/1（火） 20日過ぎ"
    assert name_limit(DAY, 20, "en") == "2026-12-01 (20 days past)"
    assert name_limit(DAY, 0, "ja", is_near=False) == "令和8年12月1日", "the day of a contract may be of another year"
    assert contextvars.Context().run(name_limit, DAY, 20, "ja") == "2026-12-01（20日過ぎています）"


def test_a_day_and_a_moment_in_a_sentence_on_a_japanese_page_are_japanese() -> None:
    assert say("task_leaving", "ja", moment=AT).startswith("12/1（火）9:05以降に")
    assert say("task_leaving", "en", moment=AT).startswith("sent automatically from 2026-12-01 09:05")
    assert contextvars.Context().run(say, "task_leaving", "ja", moment=AT).startswith("2026-12-01 09:05")
    assert say("until_past", "ja", until=DAY).startswith("最終日 令和8年12月1日 は")
    assert put(Receipt(ReceiptKind.REPLY, AT), "ja") == "12/1（火）9:05 発注者からの返信"


DATED = [key for key in KEYS if key[0] in {Reason.FROM_BEFORE, Reason.MAYBE_SENT}]


@every_case("key", DATED, ids=lambda key: f"{key[0]}-{key[1]}")
def test_a_reason_on_a_japanese_page_shows_no_day_of_the_machine(key: tuple[Reason, str]) -> None:
    for value in ("2026-12-01", "550 no 2026-12-01 09:05:30", "- 2026-12-01T09:05:30+09:00"):
        hold = hold_of(*key, other=value)
        assert not ISO_DAY.search(name_hold(hold, "ja")), name_hold(hold, "ja")
    kept = hold_of(*key, other="請求書 2026-12-01.pdf")
    assert "12月1日" not in name_hold(kept, "ja"), "a file keeps its name"


def test_the_state_of_an_approved_mail_names_the_moment_at_which_it_leaves() -> None:
    approved = Submission(1, State.APPROVED)
    assert name_state_at(approved, "ja", AT, AT) == "送信待ち（12/1 9:05）"
    assert name_state_at(approved, "en", AT, AT) == "waiting to be sent (2026-12-01 09:05)"


def test_the_state_of_a_call_to_come_names_its_moment_until_then() -> None:
    called = with_fields(Submission(1, State.SENT), call_again=AT)
    assert name_state_at(called, "ja", None, AT - dt.timedelta(hours=1)) == "折返し待ち（12/1 9:05）"
    assert name_state_at(called, "ja", None, AT) == "送信済み（到達未確認）"


def test_the_state_of_what_was_rehearsed_says_that_the_issuer_has_nothing() -> None:
    reasons = (Hold.of(Reason.REHEARSED, times="1"), Hold(Reason.APPROVAL))
    assert name_state(Submission(1, State.HELD, reasons=reasons), "ja") == "リハーサル済み（発注者には未提出）"
    asks = (*reasons, Hold.of(Reason.FIRST_ADDRESS, address="a@town.example"))
    assert name_state(Submission(1, State.HELD, reasons=asks), "ja") == "要確認", "its other reasons ask for more"


def test_the_state_of_what_was_sent_back_begins_its_reason() -> None:
    def state(why: str) -> str:
        returned = Hold.of(Reason.RETURNED, by="田村 三郎", **({"why": why} if why else {}))
        return name_state(Submission(1, State.HELD, reasons=(returned,)), "ja")

    assert state("請求書の宛名が違う") == "差し戻し（請求書の宛名が違う）"
    assert state("請" * 40) == f"差し戻し（{'請' * 24}…）"
    assert state("") == "差し戻し（田村 三郎）"


def test_commands_and_mails_keep_their_own_words() -> None:
    assert "hoshobin" not in say("no_such_submission", "ja", id=9)
    usual = contextvars.Context()
    assert "hoshobin list" in usual.run(say, "no_such_submission", "ja", id=9)
