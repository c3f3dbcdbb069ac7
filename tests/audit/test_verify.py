"""The log's bytes, its chain, and what a verification finds."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import hashlib
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

import worker.audit.verify as verify_module
from tests.audit.two_pass import verify_twice
from tests.support.tables import every_case
from tests.support.turns import turns
from worker.audit.chain import (
    GENESIS,
    LogLine,
    canonical,
    chain,
    entry_hash,
    fold,
    parse_moment,
    read_content,
    read_entry,
)
from worker.audit.verify import FAULTS_SHOWN, LogVerdict, parse_bytes, verify_log
from worker.core.model import JST, Hold, Key
from worker.core.states import NoteEvent, Reason, State

AT = dt.datetime(2026, 11, 21, 9, 30, tzinfo=JST)
PDF = hashlib.sha256(b"pdf").hexdigest()


def write_log(contents: Sequence[dict[str, Any]]) -> list[LogLine]:
    lines: list[LogLine] = []
    head = (0, GENESIS)
    for content in contents:
        line = chain(head, {"at": AT, "by": "山田 花子", "account": "soumu", "detail": {}, "set": {}, **content})
        lines.append(line)
        head = (line.number, line.hash)
    return lines


def entry(submission: int | None, event: str = "Held", **changes: object) -> dict[str, Any]:
    return {"submission": submission, "event": event, "set": changes}


LOG = write_log(
    [entry(None, "Started")]
    + [
        entry(1 + n % 3, state="HELD", tries=n, project_name="道路改良工事", **({"pdf_sha256": PDF} if n < 3 else {}))
        for n in range(29)
    ]
)


def rows_of(lines: Sequence[LogLine]) -> list[tuple[int, str]]:
    rows: dict[int, dict[str, Any]] = {}
    for line in lines:
        one = read_entry(line)
        if one.submission is not None:
            rows[one.submission] = fold(rows.get(one.submission, {}), one)
    return [(number, canonical(rows[number])) for number in sorted(rows)]


def judge(lines: Sequence[LogLine], **changed: Any) -> LogVerdict:
    """What is found, which is what 0.1.0 found."""
    given: dict[str, Any] = {"rows": rows_of(LOG), "originals": [(PDF, PDF)], "heads": ()} | changed
    verdict = verify_log(lines, **given)
    assert_like_two_passes(verdict, lines, **given)
    return verdict


def assert_like_two_passes(verdict: LogVerdict, lines: Sequence[LogLine], **given: Any) -> None:
    known, count = verify_twice(lines, **given)
    assert verdict.fault_count == count
    if count <= FAULTS_SHOWN:
        assert sorted(verdict.faults, key=str) == sorted(known, key=str)


def faults(verdict: LogVerdict) -> set[tuple[str, str]]:
    return {(fault.code, fault.where) for fault in verdict.faults}


def test_an_untouched_log_holds_with_its_count_times_and_head() -> None:
    verdict = judge(LOG)
    assert verdict.holds
    assert (verdict.count, verdict.first, verdict.last, verdict.head) == (30, AT, AT, LOG[-1].hash)


def test_an_empty_log_holds() -> None:
    verdict = verify_log([], [], [])
    assert verdict.holds
    assert (verdict.count, verdict.first, verdict.head) == (0, None, GENESIS)


@pytest.mark.parametrize("column", ["body", "previous_hash", "hash"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_changed_byte_is_found(column: str, place: int) -> None:
    log = LOG[:3]
    text = getattr(log[place], column)
    for position, character in enumerate(text):
        other = "!" if character != "!" else "?"
        changed = dataclasses.replace(log[place], **{column: text[:position] + other + text[position + 1 :]})
        verdict = judge([*log[:place], changed, *log[place + 1 :]], rows=rows_of(log))
        assert ("bad_hash", str(place + 1)) in faults(verdict), position


@every_case("column", ["body", "previous_hash", "hash"])
@every_case("place", [0, 1, 14, 28, 29])
def test_a_changed_byte_names_its_entry(column: str, place: int) -> None:
    text = getattr(LOG[place], column)
    changed = dataclasses.replace(LOG[place], **{column: text[:-1] + ("0" if text[-1] != "0" else "1")})
    verdict = judge([*LOG[:place], changed, *LOG[place + 1 :]])
    assert ("bad_hash", str(place + 1)) in faults(verdict)


TAMPERED: dict[str, tuple[Callable[[list[LogLine]], list[LogLine]], set[tuple[str, str]]]] = {
    "one deleted": (lambda log: log[:9] + log[10:], {("wrong_number", "11"), ("broken_link", "11")}),
    "the first deleted": (lambda log: log[1:], {("wrong_number", "2"), ("broken_link", "2")}),
    "two swapped": (
        lambda log: [*log[:9], log[10], log[9], *log[11:]],
        {("wrong_number", "11"), ("broken_link", "10")},
    ),
    "one twice": (lambda log: [*log[:10], log[9], *log[10:]], {("wrong_number", "10"), ("broken_link", "10")}),
    "renumbered": (
        lambda log: [*log[:9], dataclasses.replace(log[9], number=11), *log[10:]],
        {("wrong_number", "11"), ("no_entry", "11")},
    ),
    "no JSON": (
        lambda log: [*log[:9], dataclasses.replace(log[9], body="{"), *log[10:]],
        {("bad_hash", "10"), ("no_entry", "10")},
    ),
    "another shape": (
        lambda log: [*log[:9], dataclasses.replace(log[9], body='{"set":[],"number":10}'), *log[10:]],
        {("bad_hash", "10"), ("no_entry", "10")},
    ),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_what_was_done_to_the_log_is_named(how: str) -> None:
    tamper, expected = TAMPERED[how]
    verdict = judge(tamper(list(LOG)))
    assert not verdict.holds
    assert expected <= faults(verdict)


def test_an_entry_whose_hash_was_computed_again_breaks_the_link_after_it() -> None:
    body = LOG[9].body.replace("道路", "橋梁")
    forged = dataclasses.replace(LOG[9], body=body, hash=entry_hash(LOG[9].previous_hash, body))
    assert ("broken_link", "11") in faults(judge([*LOG[:9], forged, *LOG[10:]]))


def test_a_cut_end_is_found_only_by_a_head_noted_earlier() -> None:
    cut = LOG[:20]
    assert judge(cut, rows=rows_of(cut)).holds
    noted = judge(cut, rows=rows_of(cut), heads=[LOG[-1].hash])
    assert faults(noted) == {("head_missing", LOG[-1].hash)}
    assert judge(LOG, heads=[LOG[10].hash, GENESIS]).holds


def test_a_row_that_is_not_the_fold_of_its_entries_is_named() -> None:
    rows = rows_of(LOG)
    other = (2, rows[1][1].replace('"tries":', '"tries": '))
    assert faults(judge(LOG, rows=[rows[0], other, rows[2]])) == {("row_differs", "2")}
    assert faults(judge(LOG, rows=[rows[0], rows[2]])) == {("row_missing", "2")}
    assert faults(judge(LOG, rows=[*rows, (7, "{}")])) == {("row_unknown", "7")}
    assert faults(judge(LOG, rows=[(0, "{}"), *rows])) == {("row_unknown", "0")}
    assert faults(judge(LOG, rows=[])) == {("row_missing", "1"), ("row_missing", "2"), ("row_missing", "3")}


def test_an_original_that_differs_or_is_gone_is_named() -> None:
    assert faults(judge(LOG, originals=[(PDF, "0" * 64)])) == {("original_differs", PDF)}
    assert faults(judge(LOG, originals=[])) == {("original_missing", PDF)}


def test_a_hash_in_capital_letters_names_the_same_original() -> None:
    log = write_log([entry(1, state="HELD", pdf_sha256=PDF.upper(), mail_sha256="no hash")])
    rows = rows_of(log)
    assert faults(judge(log, rows=rows, originals=[(PDF, PDF)])) == {("original_missing", "no hash")}
    shouted = faults(judge(log, rows=rows, originals=[(PDF.upper(), PDF), ("no hash", PDF)]))
    assert shouted == {("original_differs", PDF.upper()), ("original_differs", "no hash")}


@pytest.mark.parametrize(("number", "written"), [("1e999", "Infinity"), ("-1e999", "-Infinity"), ("NaN", "NaN")])
def test_a_row_with_a_number_that_json_does_not_know_differs(number: str, written: str) -> None:
    (line,) = write_log([entry(1, state="NINIAN", tries=77)])
    body = line.body.replace("77", number)
    forged = dataclasses.replace(line, body=body, hash=entry_hash(line.previous_hash, body))
    row = rows_of([line])[0][1]
    for text in (row.replace("77", written), row.replace("77", "null"), row.replace("77", f'"{written}"')):
        assert faults(judge([forged], rows=[(1, text)])) == {("row_differs", "1")}


def test_words_for_numbers_are_words_of_a_row_like_any_other() -> None:
    log = write_log([entry(1, state="HELD", project_name="NNaInfinit 道路 I NaI", place="IInfinite")])
    assert judge(log, rows=rows_of(log)).holds
    log = write_log([entry(1, state="HELD", project_name="NaNInfinity", place="NNaN")])
    assert judge(log, rows=rows_of(log)).holds


def test_every_original_that_an_entry_names_is_looked_for() -> None:
    draft = {"body_sha256": "b" * 64, "attachments": [{"sha256": "a" * 64}]}
    log = write_log(
        [
            entry(1, state="HELD", draft=draft, mail_sha256="c" * 64, letter_sha256=None),
            {**entry(None, NoteEvent.CONFIGURATION_CHANGED), "detail": {"file": "worker.toml", "sha256": "d" * 64}},
            {**entry(None, NoteEvent.CONFIGURATION_CHANGED), "detail": {"file": "issuers/gone.toml", "sha256": ""}},
        ]
    )
    verdict = judge(log, rows=rows_of(log), originals=[])
    assert faults(verdict) == {("original_missing", letter * 64) for letter in "abcd"}


def test_the_quick_parser_takes_nothing_that_json_does_not_and_gives_the_same(pytestconfig: pytest.Config) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    chance = random.Random(seed)
    text = (
        '{"at":"R8","x":[1.5,-12.25e3,0.1,1e22,null,true,{"k":"道路\\n\\u00e9\\ud83d\\ude00"}],"n":123456789012345678}'
    )
    odd = ["1" * 5000, "1e999", "NaN", "-Infinity", '"\\ud800"', '"\udcff"', "[" * 1500, "\ufeff1", " 1\n", "-0.0"]
    for turn in range(turns(20_000)):
        changed = list(text)
        for _ in range(chance.randrange(1, 3)):
            changed[chance.randrange(len(changed))] = chance.choice('0123456789.eE+-{}[]",:\\u trn\x00\x1f\udcffé')
        given = odd[turn] if turn < len(odd) else "".join(changed)
        try:
            expected = repr(json.loads(given))
        except (ValueError, RecursionError) as error:
            with pytest.raises(type(error)):
                parse_bytes(given.encode("utf-8", "surrogateescape"))
        else:
            assert repr(parse_bytes(given.encode("utf-8", "surrogateescape"))) == expected, f"--hypothesis-seed={seed}"


def test_a_moment_is_that_of_japan_however_it_is_written(pytestconfig: pytest.Config) -> None:
    seed = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    chance = random.Random(seed)
    base = ["2026-11-21T09:30:00.123456+09:00", "2026-11-21T09:30:00+09:00", "2026-11-21T00:30:00.5Z"]
    odd = ["2026-11-21T09:30:00.000000+09:00", "2026-11-21", "2026-W47-6T09:30:00+09:00", "2026-11-21T24:00:00+09:00"]
    odd += ["2026-11-21T09:30:00+09:00:00", "2026-02-29T09:30:00+09:00", "0000-11-21T09:30:00+09:00"]
    odd += ["0001-01-01T00:00:00+09:00", "0001-01-01T09:00:00+09:00", "9999-12-31T23:59:59.999999+09:00", "۲026-11-21"]
    odd += ["2026-11-21T09:30:60+09:00", "2026-11-21 09:30:00.123456+09:00", "9999-12-31T23:59:59-09:00"]
    for turn in range(5_000):
        changed = list(chance.choice(base))
        changed[chance.randrange(len(changed))] = chance.choice("0123456789:-+.TZ ")
        given = odd[turn] if turn < len(odd) else "".join(changed)
        body = canonical({**entry(1), "at": given, "number": 1, "by": "", "account": "", "detail": {}})
        try:
            expected = dt.datetime.fromisoformat(given).astimezone(JST)
        except (ValueError, OverflowError):
            with pytest.raises((ValueError, TypeError)):
                read_content(1, body)
        else:
            assert read_content(1, body)[1] == expected.isoformat(), f"{given} --hypothesis-seed={seed}"
            assert parse_moment(expected.isoformat()) == expected


def random_log(chance: random.Random) -> list[LogLine]:
    """Submissions that begin, change, rest and come back, some of them noted without a change."""
    contents: list[dict[str, Any]] = []
    for _ in range(chance.randrange(1, 60)):
        number = chance.choice([None, *range(1, 9)])
        changes = {chance.choice("abcdef"): chance.choice([1, "文", None, [PDF]]) for _ in range(chance.randrange(4))}
        if chance.random() < 0.2:
            changes["pdf_sha256"] = chance.choice([PDF, "0" * 64])
        contents.append(entry(number, **({} if number is None else changes)))
    return write_log(contents)


def with_other_bytes(text: str, chance: random.Random) -> str:
    content = bytearray(text.encode("utf-8", "surrogateescape"))
    place = chance.randrange(len(content))
    content[place] = (content[place] + chance.randrange(1, 256)) % 256
    return bytes(content).decode("utf-8", "surrogateescape")


def tampered(lines: list[LogLine], rows: list[tuple[int, str]], chance: random.Random) -> str:
    """Change both lists in one place; what was done."""
    how = chance.choice(
        ["nothing", "byte of an entry", "byte of a row", "entry gone", "row gone", "row moved", "forged"]
    )
    place = chance.randrange(len(lines))
    line = lines[place]
    at = chance.randrange(len(rows)) if rows else 0
    match how:
        case "byte of an entry":
            column = chance.choice(["body", "previous_hash", "hash"])
            lines[place] = dataclasses.replace(line, **{column: with_other_bytes(getattr(line, column), chance)})
        case "byte of a row" if rows:
            rows[at] = (rows[at][0], with_other_bytes(rows[at][1], chance))
        case "entry gone":
            del lines[place]
        case "row gone" if rows:
            del rows[at]
        case "row moved" if rows:
            rows[at] = (rows[at][0] + 100, rows[at][1])
            rows.sort()
        case "forged":  # every hash from there on made again: only the rows and the originals can tell
            with contextlib.suppress(ValueError, KeyError, TypeError):  # a byte of it was changed before
                contents = [json.loads(each.body) for each in lines]
                contents[place]["set"] = {"a": 2, "draft": {"body_sha256": "1" * 64}}
                lines[:] = write_log(contents)
    return how


@pytest.mark.parametrize("held", [1, 3, 500])
def test_one_reading_finds_what_two_found_whatever_is_changed(
    held: int, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.setattr(verify_module, "FOLDS_HELD", held)
    seed = pytestconfig.getoption("hypothesis_seed")  # printed at the head of every run
    chance = random.Random(f"{seed}-{held}")
    for turn in range(turns(300)):
        lines = random_log(chance)
        rows = rows_of(lines)
        how = [tampered(lines, rows, chance) for _ in range(chance.randrange(3)) if lines]
        given = {"rows": rows, "originals": chance.choice([[(PDF, PDF)], [], [(PDF, "0" * 64)]]), "heads": ()}
        aside: dict[int, str] = {}
        try:
            assert_like_two_passes(verify_log(lines, **given, aside=aside), lines, **given)
        except AssertionError as error:
            error.add_note(f"--hypothesis-seed={seed}, turn {turn}, {how}")
            raise
        assert aside == {}


def test_faults_are_counted_beyond_those_that_are_named() -> None:
    broken = [dataclasses.replace(line, body="") for line in LOG] * 4
    verdict = judge(broken)
    assert len(verdict.faults) == FAULTS_SHOWN < verdict.fault_count


def test_the_same_content_gives_the_same_bytes() -> None:
    at = dt.datetime(2026, 11, 21, 0, 30, tzinfo=dt.UTC)
    value = {"b": at, "a": (Hold(Reason.TIMING), State.HELD, None), "c": dt.date(2026, 5, 8), "鍵": 1}
    assert canonical(value) == (
        '{"a":[{"params":{},"reason":"timing"},"HELD",null],"b":"2026-11-21T09:30:00+09:00","c":"2026-05-08","鍵":1}'
    )


def test_a_key_that_strays_into_an_entry_is_masked() -> None:
    assert canonical({"key": Key("abcdefgh12ux")}) == '{"key":"********ux"}'


def test_a_lone_surrogate_of_a_broken_header_does_not_stop_the_log() -> None:
    assert canonical({"subject": "件名\udc83"}) == '{"subject":"件名?"}'


@pytest.mark.parametrize("value", [dt.datetime(2026, 1, 1), {1, 2}, b"bytes", float("nan")])  # noqa: DTZ001  the point
def test_what_json_does_not_know_is_refused(value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        canonical({"value": value})


def test_an_entry_that_sets_nothing_leaves_the_version_alone() -> None:
    lines = write_log([entry(1, state="HELD"), entry(1, "SeenAgain")])
    row = fold({}, read_entry(lines[0]))
    assert fold(row, read_entry(lines[1])) == row
    assert row == {"state": "HELD", "id": 1, "version": 1, "created_at": AT.isoformat(), "updated_at": AT.isoformat()}
