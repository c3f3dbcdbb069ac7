"""The records and the sentences about files that are not read."""

from __future__ import annotations

from tests.support.tables import every_case
from worker.core.messages import say
from worker.core.model import UnreadReason
from worker.views.unread_files import (
    CONFIGURATION,
    INVOICES,
    KEPT,
    NOTICES,
    gather_unread,
    mark_reported,
    read_unread,
    say_unread,
    spell_unread,
    unread_json,
    unreported,
)


def test_each_file_is_named_once_and_what_endangers_a_notice_stands_first() -> None:
    found = [
        ("a.jpg", UnreadReason.PICTURE),
        ("z/", UnreadReason.TOO_DEEP),
        ("a.jpg", UnreadReason.PICTURE),
        ("x.pdf", UnreadReason.FORBIDDEN),
    ]
    gathered = gather_unread(found)
    assert [each.name for each in gathered.files] == ["x.pdf", "z/", "a.jpg"]
    said = "\n".join(say_unread({NOTICES: gathered}, "ja"))
    assert (said.count("a.jpg"), said.count("x.pdf")) == (1, 1)


def test_it_is_read_as_it_was_written() -> None:
    gathered = {
        NOTICES: gather_unread([("改\n行.jpg", UnreadReason.PICTURE)]),
        INVOICES: gather_unread([("h", UnreadReason.LINKED)]),
    }
    assert read_unread(spell_unread(gathered)) == gathered
    assert read_unread(None) == {}
    assert read_unread(spell_unread({NOTICES: gather_unread([])})) == {}


def test_the_names_are_bounded_and_the_counts_are_of_all() -> None:
    gathered = {NOTICES: gather_unread([(f"{number:05}.jpg", UnreadReason.PICTURE) for number in range(10_000)])}
    assert len(gathered[NOTICES].files) == KEPT
    (row,) = unread_json(gathered)
    assert row["count"] == 10_000
    assert sum(map(len, say_unread(gathered, "ja"))) < 500
    assert sum(fresh.counts[UnreadReason.PICTURE] for fresh in unreported(gathered).values()) == 10_000


def test_what_a_digest_has_named_is_named_by_no_other_and_stays_in_the_status() -> None:
    first = gather_unread([("a.jpg", UnreadReason.PICTURE), ("b.docx", UnreadReason.OTHER_KIND)])
    marked = mark_reported(first, first.files)
    assert unreported({NOTICES: marked}) == {}
    later = gather_unread([("a.jpg", UnreadReason.PICTURE), ("c.jpg", UnreadReason.PICTURE)], marked)
    fresh = unreported({NOTICES: later})[NOTICES]
    assert ([each.name for each in fresh.files], fresh.counts) == (["c.jpg"], {UnreadReason.PICTURE: 1})
    assert "a.jpg" in "\n".join(say_unread({NOTICES: later}, "ja"))


def test_a_file_that_left_and_came_back_is_named_again() -> None:
    first = gather_unread([("a.jpg", UnreadReason.PICTURE)])
    gone = gather_unread([], mark_reported(first, first.files))
    assert unreported({NOTICES: gather_unread([("a.jpg", UnreadReason.PICTURE)], gone)}) != {}


def test_a_key_in_a_name_is_not_shown() -> None:
    gathered = {NOTICES: gather_unread([("AbCd1234EfGh.jpg", UnreadReason.PICTURE)])}
    assert "AbCd1234EfGh" not in spell_unread(gathered) + "".join(say_unread(gathered, "ja"))


def test_a_name_that_moves_the_terminal_is_shown_harmless() -> None:
    said = "".join(say_unread({NOTICES: gather_unread([("a\x1b[2J\n\u202egpj.jpg", UnreadReason.PICTURE)])}, "ja"))
    assert "\x1b" not in said
    assert "\u202e" not in said


@every_case("why", UnreadReason)
@every_case("lang", ["ja", "en"])
def test_every_reason_has_words_and_a_next_step(why: UnreadReason, lang: str) -> None:
    said = list(say_unread({CONFIGURATION: gather_unread([("x", why)])}, lang))  # type: ignore[arg-type]
    assert len(said) == 2
    assert say(f"unread_{why.value}_todo", "en") != say(f"unread_{why.value}", "en")
