"""The revision cache: remembers on which facts each waiting submission was last drafted.

A submission is drafted again only after one of them changed. A revision is the submission's version with a
fingerprint of everything else that its draft depends on, beside the configuration: others of its number, mails, files,
the day.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

from worker.approve.reevaluate import ActiveConfig
from worker.compose.checks import history_fingerprint
from worker.core.clock import Clock
from worker.core.errors import Unavailable
from worker.core.model import JST, Submission
from worker.pipeline.draft import fingerprint_files
from worker.store.ports import Store


class RevisionCache:
    """The revisions of one process; another configuration clears them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._drafted: dict[int, tuple[int, str]] = {}

    def clear(self) -> None:
        """Another configuration is in force: everything is drafted again."""
        self._drafted.clear()

    def note(self, submission: Submission, fingerprint: str) -> None:
        """``submission`` was drafted on the facts of ``fingerprint``."""
        self._drafted[submission.id] = (submission.version, fingerprint)

    def note_drafted(self, drafted: Sequence[Submission], active_config: ActiveConfig) -> None:
        """Note those of a block that depend on nothing that may have changed since they were drafted."""
        for submission in drafted:
            with contextlib.suppress(Unavailable):  # the share with its invoice is away: it is judged like the others
                fingerprint = self.fingerprint(submission, active_config)
                drafted_on = submission.updated_at.astimezone(JST).date() if submission.updated_at else None
                if fingerprint.split() == [str(drafted_on)]:
                    self.note(submission, fingerprint)

    def select_changed(self, submissions: Iterable[Submission], active_config: ActiveConfig) -> tuple[Submission, ...]:
        """Returns those whose revision is another than the one noted; others than these are forgotten."""
        submissions = tuple(submissions)
        for gone in self._drafted.keys() - {each.id for each in submissions}:
            del self._drafted[gone]  # sent, or ended: if it waits once more, its version is another
        return tuple(
            each
            for each in submissions
            if self._drafted.get(each.id) != (each.version, self.fingerprint(each, active_config))
        )

    def fingerprint(self, submission: Submission, active_config: ActiveConfig) -> str:
        """Returns a text that changes when a fact changes on which a draft depends.

        An approval of another may tie the number to a project. A later notice may come, or be withdrawn. A mail may
        make an address known. A contract's day comes, and with 1 April a rule is to be checked again.
        """
        number = submission.contract_number
        others = [f"{each.id}.{each.version}" for each in self._store.by_number(number)] if number else []
        others = [each for each in others if not each.startswith(f"{submission.id}.")]
        today = self._clock.now().astimezone(JST).date().isoformat()
        history = history_fingerprint(submission, self._store)
        return " ".join([*others, fingerprint_files(submission, active_config), history, today])
