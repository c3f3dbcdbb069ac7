"""Records a changed configuration as in force, or reports the reason for its refusal.

A refusal is reported once for each change of the files, and ``status`` shows it until they are corrected.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from worker.approve.rehearsal import record_setting
from worker.core.clock import Clock
from worker.core.errors import ConfigError, Problem
from worker.core.model import Address, ConfigFile, HealthRecord
from worker.core.params import Params, spell
from worker.core.states import AlarmCause
from worker.pipeline.start import record_configuration
from worker.store.ports import Author, Store

CONFIGURATION: Final = "configuration"
TOLD_LIMIT: Final = 10
"""Problems named in the alarm: ``check`` shows all."""


class ConfigReload:
    """Accepts or refuses the files as they are now."""

    def __init__(self, store: Store, clock: Clock, account: str) -> None:
        self._store = store
        self._clock = clock
        self._account = account

    def accept(self, files: Sequence[ConfigFile], rehearsal_to: Address | None) -> None:
        """Record what changed, also about the rehearsal, and that nothing is wrong any more."""
        record_configuration(self._store, files, self._account, self._store.config_in_force())
        record_setting(self._store, rehearsal_to, Author("hoshobin", self._account))
        known = self._store.health_of(CONFIGURATION)
        if known is not None and known.error:
            with self._store.writing() as writing:
                writing.record_health(dataclasses.replace(known, last_ok=self._clock.now(), error=""))

    def refuse(self, error: ConfigError) -> None:
        """Report that the files are faulty and the former ones stay in force."""
        now = self._clock.now()
        told = error.problems[:TOLD_LIMIT]
        said = "; ".join(f"{_place(problem)}: {problem.code}" for problem in told)
        problems = Params(problems=tuple(map(_params_of, told)))
        known = self._store.health_of(CONFIGURATION) or HealthRecord(CONFIGURATION)
        with self._store.writing() as writing:
            writing.record_health(dataclasses.replace(known, last_error=now, error=said))
            writing.raise_alarm(AlarmCause.CONFIGURATION_REFUSED, [], spell(problems))


def _place(problem: Problem) -> str:
    return " ".join(filter(None, (problem.file, problem.key)))


def _params_of(problem: Problem) -> Params:
    given = tuple(f"{name}={value}" for name, value in problem.params.items())
    return Params(code=problem.code, place=_place(problem), given=given)
