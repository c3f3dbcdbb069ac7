"""Holds are codes: rewriting every sentence moves no state, no label, no approval and no stored byte.

The office is the kept one of 0.1.0 after its first pass. Its approved submissions are held once more, for every reason
that a person answers, and then approved by a person under the new words.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.flow.test_upgrade import ANSWERED_IN_0_1_0, NAMES, Office, Snapshot, servers
from tests.support.parts import with_fields
from tests.support.rewording import EN_MARK, JA_MARK, reword
from tests.support.stores import open_store
from worker.compose.compose import NOTICE_TITLE
from worker.core.model import INVOICE_TITLES, Hold
from worker.core.states import Event, Reason, State
from worker.service.clock import SystemClock
from worker.store.ports import Author

__all__ = ["servers"]

HANAKO = "山田 花子"
JAPANESE = re.compile("[、（）：ぁ-ヿ一-鿿]+")


@dataclass
class Words:
    """The states and the sentences while the same office went through two changes of its words."""

    held: Snapshot
    held_after: Snapshot
    labels: dict[str, str]
    labels_after: dict[str, str]
    approved: Snapshot
    approved_after: Snapshot
    english: str
    japanese: str
    ours: str
    """All text that people, issuers and mails brought, and what 0.1.0 stored, which is shown as it was."""


def hold_again(office: Office) -> None:
    """Every approved one is held once more, as though no person had answered: the next pass says for what."""
    store = open_store(office.store, SystemClock())
    for each in store.submissions(State.APPROVED):
        with store.writing() as writing:
            before = writing.submission(each.id)
            unanswered = {"answers": (), "released_draft": "", "due_at": None, "ticked": (), "bound_project": None}
            held = with_fields(
                before, state=State.HELD, reasons=(Hold(Reason.CHANGED),), release="", release_account="", **unanswered
            )
            writing.change(Event.HELD, before, held, Author("hoshobin", "test"), {})
    store.close()


def approve_all(office: Office) -> None:
    shown = labels(office)
    for name, row in ((name, office.look().named(name)) for name in ANSWERED_IN_0_1_0):
        if row["state"] == "HELD":
            ran = office("approve", shown[name], "--by", HANAKO, "--note", "確認した", "--tick", "all")
            assert ran.code == 0, (name, ran)


def labels(office: Office) -> dict[str, str]:
    store = open_store(office.store, SystemClock())
    found = {name: store.submission(number).label for name, number in NAMES.items()}
    store.close()
    return found


def shown(office: Office, lang: str) -> str:
    """All that the commands show of the office in one language, to people and to programs."""
    commands = [["list"], ["tasks"], ["status"], ["project", "list"], ["rules", "test", str(office.root / "config")]]
    commands += [["show", str(number), "--no-pages"] for number in NAMES.values()]
    told = [office("--lang", lang, *words, *more).out for words in (*commands, ["check"]) for more in ([], ["--json"])]
    return "\n".join(told)


@pytest.fixture(scope="module")
def words(servers: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Words]:
    office = Office(tmp_path_factory.mktemp("words"), *servers)
    office.lay_out()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SystemClock, "now", lambda _: office.moment)
        old = office.look()
        office.run()
        hold_again(office)
        held, before = office.run(), labels(office)
        with pytest.MonkeyPatch.context() as other:
            assert reword(other) > 400
            held_after, after = office.run(), labels(office)
            english, japanese = shown(office, "en"), shown(office, "ja")
            approve_all(office)
            approved = office.look()
            office.audit()
        office.moment += dt.timedelta(minutes=5)
        approved_after = office.run()
        office.audit()
        texts = [path.read_text(encoding="utf-8") for path in (office.root / "config").rglob("*") if path.is_file()]
        texts += [*map(str, old.rows.values()), *(entry[1] for entry in old.entries)]
        texts += [content.decode("utf-8", "replace") for content in approved.originals.values()]
        yield Words(held, held_after, before, after, approved, approved_after, english, japanese, "\n".join(texts))


def entries_of(snapshot: Snapshot) -> list[str]:
    """The bodies of all entries but those of a start of the program, which has no submission."""
    return [body for _, body, *_ in snapshot.entries if json.loads(body)["event"] != "Started"]


def test_rewording_every_sentence_changes_no_state_no_label_and_no_stored_byte(words: Words) -> None:
    assert words.held_after.rows == words.held.rows
    assert words.held_after.originals == words.held.originals
    assert entries_of(words.held_after) == entries_of(words.held)
    assert words.labels_after == words.labels


def test_every_reason_that_a_person_answers_holds_meanwhile(words: Words) -> None:
    standing = {each["reason"] for row in words.held.rows.values() for each in row["reasons"] or ()}
    assert set(ANSWERED_IN_0_1_0) - {"changed", "name_only"} <= standing  # the number is tied to the project by now
    assert words.held.states()["approval"] == "HELD"


def test_what_was_approved_under_other_words_stays_approved(words: Words) -> None:
    approved = {name for name in ANSWERED_IN_0_1_0 if words.approved.named(name)["state"] == "APPROVED"}
    assert approved == set(ANSWERED_IN_0_1_0)
    assert words.approved_after.rows == words.approved.rows
    assert entries_of(words.approved_after) == entries_of(words.approved)


def test_no_sentence_is_stored(words: Words) -> None:
    stored = [*(str(row) for row in words.approved.rows.values()), *(entry[1] for entry in words.approved.entries)]
    assert not any(JA_MARK in each or EN_MARK in each for each in stored)


def test_in_english_no_japanese_of_ours_is_shown(words: Words) -> None:
    assert EN_MARK in words.english
    assert JA_MARK not in words.english
    assert JA_MARK in words.japanese
    assert EN_MARK not in words.japanese


def test_all_japanese_in_english_was_written_by_others(words: Words) -> None:
    others = "".join((words.ours, NOTICE_TITLE, *INVOICE_TITLES.values()))
    assert {run for run in JAPANESE.findall(words.english) if run not in others} == set()
