"""The register is put together from the store's parts, byte for byte, after any edit."""

from __future__ import annotations

import random

import pytest

from worker.audit.kept_register import find_changes, hashes_kept, read_recorded, size_of_changes, split_tables


def a_table(number: int) -> bytes:
    return f'[[project]]\nname = "市道{number}号線道路改良工事"\ncontract_numbers = ["40{number:03}-1"]\n'.encode()


def put_together(former: list[bytes], changes: object) -> bytes:
    assert isinstance(changes, list)
    return b"".join(b"".join(former[each[0] : each[1]]) if isinstance(each, tuple) else each for each in changes)


@pytest.mark.parametrize(
    "content", [b"", b"# a", b"\n[[project]]\r\nname = 1", b"[[project]]\n" * 3, b"\xff[[project]]\n"]
)
def test_a_file_cut_into_tables_and_joined_is_the_file(content: bytes) -> None:
    assert b"".join(split_tables(content)) == content
    assert put_together([], find_changes([], split_tables(content))) == content


def test_one_changed_line_keeps_one_table() -> None:
    former = [b"# head\n", *map(a_table, range(1000))]
    edited = [*former[:500], a_table(5000), *former[501:]]
    changes = find_changes(former, edited)
    assert changes == [(0, 500), a_table(5000), (501, 1001)]
    assert size_of_changes(changes) < 300


def test_an_added_a_removed_and_a_moved_table_are_runs() -> None:
    former = list(map(a_table, range(10)))
    assert find_changes(former, [*former, a_table(11)]) == [(0, 10), a_table(11)]
    assert find_changes(former, former[:3] + former[4:]) == [(0, 3), (4, 10)]
    assert find_changes(former, former[5:] + former[:5]) == [(5, 10), (0, 5)]


def test_whatever_is_edited_the_file_is_put_together_again() -> None:
    seed = random.randrange(10**9)
    print("seed", seed)  # noqa: T201
    dice = random.Random(seed)
    former = [a_table(dice.randrange(8)) for _ in range(20)]  # some are the same
    for _ in range(500):
        edited = list(former)
        for _ in range(dice.randrange(4)):
            at = dice.randrange(len(edited) + 1)
            edited[at : at + dice.randrange(3)] = [a_table(dice.randrange(12)) for _ in range(dice.randrange(3))]
        dice.random() < 0.1 and dice.shuffle(edited)
        assert put_together(former, find_changes(former, edited)) == b"".join(edited)
        former = edited


@pytest.mark.parametrize(
    ("detail", "hashes"),
    [
        ({"sha256": "a"}, ["a"]),
        ({"sha256": "a", "former": "b", "tables": [[0, 4], "c", [5, 6], "d"]}, ["c", "d"]),
        ({"sha256": "a", "tables": 5}, ["a"]),
        ({"tables": [None, {}, "c"]}, ["c"]),
        ({}, [None]),
    ],
)
def test_the_originals_that_an_entry_rests_on_are_named(detail: dict[str, object], hashes: list[str | None]) -> None:
    assert list(hashes_kept(detail)) == hashes


def test_nothing_recorded_is_no_file() -> None:
    assert read_recorded([], lambda digest: b"") == {}
