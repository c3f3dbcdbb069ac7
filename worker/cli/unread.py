"""Finds the files that are not read, for the commands that name them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from worker.config.files import find_unread
from worker.core.model import UnreadReason
from worker.service.wiring import Installation
from worker.store.ports import Store
from worker.views.unread_files import CONFIGURATION, PROPERTY, UnreadIn, gather_unread, read_unread

if TYPE_CHECKING:
    from worker.watch.ports import Rest

_BY_THE_SERVICE: Final = frozenset({UnreadReason.UNFINISHED, UnreadReason.FORBIDDEN, UnreadReason.OTHER_KIND})
"""Reasons that one look does not show: the time since it came, its bytes, the rights of the service's account."""


def recorded_unread(office: Installation, store: Store | None) -> dict[str, UnreadIn]:
    """Those of the folders as the service found them last, those of the configuration as they are now."""
    recorded = read_unread(store.property(PROPERTY)) if store is not None else {}
    return {**recorded, CONFIGURATION: gather_unread(find_unread(office.directory))}


def found_unread(rest: Rest | None, recorded: UnreadIn | None) -> UnreadIn:
    """Those of a look made now, and of those that the service found what one look does not show."""
    looked = rest.unread if rest is not None else ()
    named = [(each.name, each.why) for each in looked if each.why and each.why not in _BY_THE_SERVICE]
    kept = recorded.files if recorded is not None else ()
    return gather_unread([*named, *((each.name, each.why) for each in kept if each.why in _BY_THE_SERVICE)])
