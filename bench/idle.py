"""The cost of a service with nothing to do: mailbox in IDLE, folder by the clock, as shipped."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from bench.backlog import a_mailbox, a_process, a_scene, wait_until
from bench.office import Order
from bench.processes import own_seconds, tree_seconds

POLL_SECONDS: Final = 60
"""The default of ``[schedule] poll_seconds``."""
SETTLE_SECONDS: Final = 20.0
"""For the start, the first look, and the children that wait for the first PDF."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Processor time over ``seconds`` of nothing to do."""

    seconds: float
    main: float
    children: float

    @property
    def share(self) -> float:
        """Of one core, children included."""
        return (self.main + self.children) / self.seconds


def measure_idle(seconds: float, projects: int) -> Idle:
    """``hoshobin run`` before an empty mailbox and an empty folder."""
    orders = [Order.of(number) for number in range(projects)]
    with (
        a_mailbox([]) as mailbox,
        a_scene(mailbox, orders, POLL_SECONDS) as scene,
        (scene.root / "service.log").open("wb") as log,
        a_process(["worker", "--config", str(scene.config), "run"], stderr=log, stdout=log) as service,
    ):
        wait_until((scene.root / "var" / "hoshobin.sqlite3").exists, service)
        time.sleep(SETTLE_SECONDS)
        main, tree, began = own_seconds(service.pid), tree_seconds(service.pid), time.monotonic()
        time.sleep(seconds)
        spent = time.monotonic() - began
        main, tree = own_seconds(service.pid) - main, tree_seconds(service.pid) - tree
        if service.poll() is not None:
            raise SystemExit(f"hoshobin ended with {service.returncode}")
    return Idle(spent, main, tree - main)
