"""One step of the service over a store: ``python -m bench.growth_step STEP CONFIG`` prints its cost as JSON.

The cost of the start is left out of the seconds; the memory is the peak of the process, start included.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final

from worker.core.model import Address
from worker.notify.digest import write_digest
from worker.pipeline.remind import Reminders
from worker.service.wiring import load_installation, open_store_of, system_clock
from worker.store.ports import Author
from worker.views.tasks import open_tasks

STEPS: Final = 11
"""One takes milliseconds; the median of several does not depend on other programs."""
_AUTHOR: Final = Author("hoshobin", "bench")


def _step(name: str, config: str) -> Callable[[], object]:
    office = load_installation(config)
    clock = system_clock()
    store = open_store_of(office, clock)
    if name == "digest":
        configuration = office.active_config.configuration
        return lambda: write_digest(
            open_tasks(store, configuration, clock.now()), store.head(), clock.now(), rehearsing=False
        )
    active_config = office.active_config
    if name == "escalate":
        settings = active_config.configuration.settings
        escalating = dataclasses.replace(settings, escalate=(Address("chief@contractor.example"),))
        configuration = dataclasses.replace(active_config.configuration, settings=escalating)
        active_config = dataclasses.replace(active_config, configuration=configuration)
    reminders = Reminders(store, clock, _AUTHOR)

    def look() -> None:
        reminders.forget()
        reminders.remind(active_config)
        store.count_by_state()

    return look


def _main(name: str, config: str) -> None:
    step = _step(name, config)
    step()  # what is done once, as the first look, is no look of every minute
    spent = []
    for _ in range(STEPS):
        began = time.process_time()
        step()
        spent.append(time.process_time() - began)
    seconds = median(spent)
    status = Path("/proc/self/status").read_text().splitlines()
    peak = next(int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmHWM:"))
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": peak}) + "\n")


if __name__ == "__main__":
    _main(*sys.argv[1:])
