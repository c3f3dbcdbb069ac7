"""The places of an installation by systemd's units: ``hoshobin``, or ``hoshobin@NAME`` for each contractor."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SYSTEM_STORE: Final = Path("/var/lib/hoshobin")
"""The ``StateDirectory=`` of the unit; the stores of template units lie directly below it."""
SYSTEM_CONFIGURATION: Final = Path("/etc/hoshobin")
"""The unit's configuration; a folder directly below it is that of a template unit."""
WITNESSES: Final = Path("/var/lib/hoshobin-witness")
"""The unit has a folder made below it for each installation (``StateDirectory=``); no command makes it."""
OWN_NAMES: Final = frozenset({"console", "office", "pdf", "reader"})
"""Names that no contractor may have: ``hoshobin-NAME`` is an account or a group of the program itself."""


def usual_store(directory: Path) -> Path | None:
    """Returns the store of the unit whose configuration is in ``directory``; None if that is not below ``/etc``."""
    if directory.parent == SYSTEM_CONFIGURATION:
        return SYSTEM_STORE / directory.name
    return SYSTEM_STORE if Path("/etc") in directory.parents else None


def tenant_of(directory: Path) -> str:
    """Returns the name of the contractor whose configuration a template unit reads; empty for any other place."""
    return directory.name if directory.parent == SYSTEM_CONFIGURATION else ""


def usual_witness(store: Path) -> Path:
    """Returns the witness's folder that the unit of ``store`` has made."""
    return WITNESSES / (store.name if store.parent == SYSTEM_STORE else SYSTEM_STORE.name)
