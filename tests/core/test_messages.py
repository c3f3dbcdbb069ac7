"""Every code that the program can raise or show has its sentence, in both languages and with the same blanks."""

from __future__ import annotations

import ast
import errno
import os
import re
import string
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.holds import old
from tests.support.parts import with_fields
from tests.support.registered import REGISTER, REHEARSAL_TO, drafted
from tests.support.sources import PACKAGE, nodes
from tests.support.tables import every_case
from worker.core import messages as words
from worker.core.messages import _HINTS as HINTS
from worker.core.messages import _TEXTS as TEXTS
from worker.core.messages import join_sentences, name_hold, next_step, reasons, say, say_refusal, speaking_on_pages
from worker.core.messages.sentences import SYSTEM_FAULTS
from worker.core.model import Hold, Submission
from worker.core.states import HoldKind, Reason, State, kind_of

# The argument of these calls that is a code of the words.
CODE_ARGUMENT = {"Problem": 2, "NotAllowed": 0, "say": 0, "say_in_mail": 0, "refused": 1}


def codes_in(found: Iterable[ast.AST]) -> Iterator[tuple[str, int]]:
    """Codes in the calls among ``found``; of one that is put together, its beginning with ``*``."""
    for node in found:
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        place = CODE_ARGUMENT.get(node.func.id)
        if place is None or len(node.args) <= place:
            continue
        given = node.args[place]
        for part in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
            if isinstance(part, ast.Constant):
                yield str(part.value), node.lineno
            elif isinstance(part, ast.JoinedStr) and isinstance(part.values[0], ast.Constant):
                yield f"{part.values[0].value}*", node.lineno


def has_sentence(code: str) -> bool:
    return any(known.startswith(code[:-1]) for known in TEXTS) if code.endswith("*") else code in TEXTS


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_code_that_the_source_names_has_its_sentence() -> None:
    missing = [
        f"{path.relative_to(PACKAGE)}:{line} {code}"
        for path, found in nodes().items()
        for code, line in codes_in(found)
        if not has_sentence(code)
    ]
    assert missing == []


def said_in(path: Path, found: Sequence[ast.AST]) -> Iterator[str]:
    """Strings of ``path`` that may be codes, apart from the words' own tables; of one put together its beginning."""
    tables = [node for node in found if isinstance(node, ast.Dict)] if path.parent.name == "messages" else []
    keys = {id(key) for table in tables for key in table.keys}
    for node in found:
        match node:
            case ast.JoinedStr(values=[ast.Constant(value=beginning), *_]):
                yield f"{beginning}*"
            case ast.Constant(value=str(text)) if id(node) not in keys:
                yield text


def said_on_pages() -> Iterator[str]:
    """Strings of the templates of the console's pages that may be codes; of one put together its beginning."""
    for page in sorted(PACKAGE.glob("console/html/*.html")):
        for code, joined in re.findall(r"""["']([a-z_]+)["'](\s*~)?""", page.read_text()):
            yield f"{code}*" if joined else code


def test_every_sentence_is_said_somewhere() -> None:
    said = {code for path, found in nodes().items() for code in said_in(path, found)} | set(said_on_pages())
    begun = tuple(code[:-1] for code in said if re.fullmatch(r"[a-z_]+_\*", code))
    assert [code for code in TEXTS if code not in said and not code.startswith(begun)] == []
    assert [code for code in HINTS if code not in TEXTS] == []


def test_no_code_stands_in_two_tables() -> None:
    for end in ("TEXTS", "HINTS"):
        codes = Counter(code for table in words._TABLES for code in getattr(table, end, {}))
        assert codes.keys() == getattr(words, f"_{end}").keys()
        assert [code for code, count in codes.items() if count > 1] == []


# The argument of these calls that is the code; the other arguments fill its blanks.
FILLED = {"NotAllowed": 0, "AddressRefused": 0, "Refused": 0, "say": 0, "say_in_mail": 0}


def fillings_in(found: list[ast.AST]) -> Iterator[tuple[str, set[str], int]]:
    """Codes with what fills their blanks: ``say("code", …, x=…)``, ``Problem(…, "code", {…})``, ``("code", {…})``."""
    for node in found:
        match node:
            case ast.Call(func=ast.Name(id=name), args=args, keywords=named) if name in FILLED:
                pair = args[FILLED[name] : FILLED[name] + 1], [keyword.arg for keyword in named]
            case ast.Call(func=ast.Name(id="Problem"), args=[_, _, code]):
                pair = [code], []
            case ast.Call(func=ast.Name(id="Problem"), args=[_, _, code, ast.Dict(keys=keys)]):
                pair = [code], [key and ast.literal_eval(key) for key in keys]
            case ast.Tuple(elts=[code, ast.Dict(keys=keys)]):
                pair = [code], [key and ast.literal_eval(key) for key in keys]
            case _:
                continue
        (code, *_), names = pair
        if isinstance(code, ast.Constant) and None not in names:  # None: others are put in from elsewhere
            yield str(code.value), set(names), node.lineno


def test_every_blank_of_a_sentence_is_filled_where_it_is_raised() -> None:
    """A blank without a value would be a traceback in place of the sentence."""
    found = [(path, *filled) for path, inner in nodes().items() for filled in fillings_in(inner)]
    assert len(found) > 80
    unfilled = [
        f"{path.relative_to(PACKAGE)}:{line} {code}: {blanks(text) - given}"
        for path, code, given, line in found
        for table in (TEXTS, HINTS)
        for text in table.get(code, ())
        if not blanks(text) <= given
    ]
    unknown = [f"{path.relative_to(PACKAGE)}:{line} {code}" for path, code, _, line in found if not has_sentence(code)]
    assert unfilled + unknown == []


@pytest.mark.parametrize("table", [TEXTS, HINTS], ids=["texts", "hints"])
def test_both_languages_put_the_same_things_in(table: dict[str, tuple[str, str]]) -> None:
    assert {code for code, (japanese, english) in table.items() if blanks(japanese) != blanks(english)} == set()


def test_every_state_and_every_reason_has_its_words_and_every_reason_its_next_step() -> None:
    assert set(reasons.STATES) == set(State)
    assert set(reasons.REASONS) == set(Reason)
    assert set(reasons.NEXT_STEPS) == set(Reason)


def test_a_next_step_speaks_of_approving_only_where_an_approval_answers() -> None:
    wrong = [
        reason
        for reason, (japanese, _) in reasons.NEXT_STEPS.items()
        if "承認" in japanese and kind_of(reason) is not HoldKind.ANSWER
    ]
    assert wrong == []


def test_what_was_rehearsed_speaks_of_the_setting_only_while_the_draft_is_a_rehearsal() -> None:
    rehearsing = drafted(replace(REGISTER, rehearsal_to=REHEARSAL_TO)).submission
    for_real = drafted().submission
    held = {"state": State.HELD, "reasons": (old(Reason.REHEARSED, "1"), Hold(Reason.APPROVAL))}
    assert "リハーサルを終えた後に" in next_step(with_fields(rehearsing, **held), "ja")
    assert "リハーサルを終えた後に" not in next_step(with_fields(for_real, **held), "ja")
    assert "end the rehearsal" in next_step(with_fields(rehearsing, **held), "en")
    assert "end the rehearsal" not in next_step(with_fields(for_real, **held), "en")
    assert "承認" in next_step(with_fields(for_real, **held), "ja")
    asking = {**held, "reasons": (*held["reasons"], old(Reason.FIRST_ADDRESS, "a@b.example"))}
    assert next_step(with_fields(for_real, **asking), "ja") == reasons.NEXT_STEPS[Reason.FIRST_ADDRESS][0]


def test_a_refused_decision_is_told_in_office_words() -> None:
    told = say_refusal("not_answerable", "ja", id="1", reasons="rule_open no_recipient")
    assert "（提出方法が未確認、提出先アドレスの未登録）" in told
    assert "取下げ" in say_refusal("not_held", "ja", id="1", state="WITHDRAWN")
    assert "withdrawn" in say_refusal("not_held", "en", id="1", state="WITHDRAWN")


@pytest.mark.parametrize("state", ["APPROVED", "SENDING"])
def test_an_approval_of_what_is_approved_is_told_so(state: str) -> None:
    assert "すでに承認されています" in say_refusal("not_held", "ja", id="1", state=state)
    assert "approved already" in say_refusal("not_held", "en", id="1", state=state)
    assert "山田 花子さんがすでに承認しています" in say_refusal("not_held", "ja", id="1", state=state, by="山田 花子")
    with speaking_on_pages():
        told = say_refusal("not_held", "ja", id="1", state=state, by="山田 花子")
    assert told.startswith("山田 花子さんが承認済みです")


def test_each_of_them_is_what_the_system_says() -> None:
    assert SYSTEM_FAULTS.keys() <= {os.strerror(number) for number in errno.errorcode}


@pytest.mark.parametrize(
    ("code", "given", "said"),
    [
        ("cannot_write", "No space left on device", "書き込めません（ディスクの空き容量がありません）"),
        ("cannot_write", "Permission denied", "書き込めません（アクセス権がありません）"),
        ("unavailable", "/srv/x: Stale file handle", "/srv/x: 共有フォルダの接続が切れています"),
        ("unavailable", "550 Permission denied by policy", "550 Permission denied by policy"),
    ],
)
def test_what_the_system_says_of_a_file_is_told_in_japanese(code: str, given: str, said: str) -> None:
    assert said in say(code, "ja", detail=given, what="フォルダ")
    assert given in say(code, "en", detail=given, what="the folder")


@pytest.mark.parametrize(
    ("paper", "step"),
    [
        ("電子証書", "証書そのものは提出しません"),
        ("前払金保証証書", "証書そのものは提出しません"),
        ("履行保証保険証券", "保険会社の証券は対象外"),
        ("履行保証保険", "保険会社の証券は対象外"),
        ("公共工事履行保証証券", "保険会社の証券は対象外"),
        ("認証キー", "「認証キーのお知らせ」PDFを保証会社のサイトから取得し"),
        ("", "「認証キーのお知らせ」PDFを保証会社のサイトから取得し"),
    ],
)
def test_a_wrong_kind_of_paper_is_named_with_what_to_do_about_it(paper: str, step: str) -> None:
    hold = old(Reason.NOT_A_NOTICE, paper)
    held = Submission(1, State.HELD, reasons=(hold,))
    assert paper in name_hold(hold, "ja")
    assert step in next_step(held, "ja")
    assert next_step(held, "en").isascii()


@every_case(
    ("reason", "detail", "says", "does"),
    [
        (Reason.DAMAGED, "container", "PDFではない（ZIP等）", "中のPDFを取り出し"),
        (Reason.DAMAGED, "trailing_data", "PDFの後ろに別のデータ", "サイトから取得したPDF"),
        (Reason.WRONG_INVOICE, "container: 請求.pdf", "PDFではない（ZIP等）：請求.pdf", "請求書フォルダ"),
        (Reason.WRONG_INVOICE, "trailing_data: 請求.pdf", "PDFの後ろに別のデータ：請求.pdf", "請求書フォルダ"),
        (Reason.WRONG_INVOICE, "cut: 請求.pdf", "PDFが途中で切れている：請求.pdf", "請求書フォルダ"),
        (Reason.DOCUMENTS_UNDECIDED, "container: 様式.pdf", "PDFではない（ZIP等）：様式.pdf", "請求書フォルダ"),
        (Reason.TWO_VALUES, "continues: 認証キー", "番号・キーが次の行に続いている可能性（認証キー）", "結合せず"),
        (Reason.NO_TEXT, "unseen: 認証キー", "紙面に表示されない（認証キー）", "結合せず"),
        (
            Reason.NO_TEXT,
            "ocr_layer",
            "複合機で作った検索可能PDFです。保証会社のサイトから取得したPDFをそのまま保存してください",
            "結合せず",
        ),
    ],
)
def test_a_paper_that_must_not_be_used_is_named_with_its_own_words(
    reason: Reason, detail: str, says: str, does: str
) -> None:
    held = Submission(1, State.HELD, reasons=(old(reason, detail),))
    assert says in name_hold(held.reasons[0], "ja")
    assert does in next_step(held, "ja")
    assert "save the PDF" in next_step(held, "en") or "save it" in next_step(held, "en")


def test_a_page_names_a_project_without_the_short_name_of_its_issuer() -> None:
    one = Hold.of(Reason.NAME_ONLY, project="maru-city/駅前広場舗装工事")
    several = Hold.of(Reason.TWO_PROJECTS, projects=("kawa/道路改良工事", "kawa/道路改良工事 (2)"))
    assert "maru-city/駅前広場舗装工事" in name_hold(one, "ja")
    with speaking_on_pages():
        assert name_hold(one, "ja") == "工事名だけの一致（駅前広場舗装工事）"
        assert "kawa/" not in name_hold(several, "ja")


def test_what_is_wrong_and_the_next_step_are_two_sentences() -> None:
    assert join_sentences(("読めません", "", "書き直してください。"), "ja") == "読めません。書き直してください。"
    assert join_sentences(("it is wrong", "write it like 1.", "is it lost?"), "en") == (
        "It is wrong. Write it like 1. Is it lost?"
    )
    assert join_sentences((), "ja") == ""


def test_the_next_step_of_what_was_sent_back_is_about_that() -> None:
    """The list of work says nothing else of it; a reason that must be corrected still comes before."""
    held = Submission(1, State.HELD, reasons=(Hold.of(Reason.FIRST_ADDRESS), Hold.of(Reason.RETURNED, by="田村 三郎")))
    assert "差し戻しの理由" in next_step(held, "ja")
    with_both = replace(held, reasons=(*held.reasons, Hold.of(Reason.UNKNOWN_PROJECT)))
    assert "案件を登録" in next_step(with_both, "ja")
