"""What is remembered of the files that are not read, for commands and for the digest.

Its one promise: what is remembered is what the last look at each place found. It does not look, nor tell anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from worker.core.model import UnreadReason
from worker.store.ports import Store, Writing
from worker.views.unread_files import PROPERTY, UnreadIn, gather_unread, mark_reported, read_unread, spell_unread


class UnreadFiles:
    """The store's value about them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def recorded(self) -> dict[str, UnreadIn]:
        """By place."""
        return read_unread(self._store.property(PROPERTY))

    def note(self, place: str, found: Iterable[tuple[str, UnreadReason]]) -> None:
        """Record what a look at ``place`` found, where that is news. Raises Unavailable."""
        pairs = tuple(found)
        former = self.recorded()
        fresh = {**former, place: gather_unread(pairs, former.get(place))}
        if spell_unread(fresh) != spell_unread(former):
            with self._store.writing() as writing:
                _change(writing, lambda before: {**before, place: gather_unread(pairs, before.get(place))})

    def told(self, told: Mapping[str, UnreadIn]) -> None:
        """Record that a digest has named these. Raises Unavailable."""
        if not told:
            return

        def marked(before: dict[str, UnreadIn]) -> dict[str, UnreadIn]:
            return {
                place: mark_reported(each, told[place].files) if place in told else each
                for place, each in before.items()
            }

        with self._store.writing() as writing:
            _change(writing, marked)


def _change(writing: Writing, change: Callable[[dict[str, UnreadIn]], dict[str, UnreadIn]]) -> None:
    writing.set_property(PROPERTY, spell_unread(change(read_unread(writing.property(PROPERTY)))))
