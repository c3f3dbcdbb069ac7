"""早見表: one page to print: the day's steps, the words of the screens, and what to do while the server is down."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from worker.console.visit import Visit

_STEPS: Final = 6
_TERMS: Final = ("key", "sent", "in_doubt", "hand_over", "held", "rehearsal")
_DOWN: Final = 4


def show_help(visit: Visit) -> Response:
    """The quick guide."""
    return visit.page(
        "help.html",
        steps=[visit.say(f"guide_step_{number}") for number in range(1, _STEPS + 1)],
        terms=[(visit.say(f"term_{each}"), visit.say(f"term_{each}_is")) for each in _TERMS],
        down=[visit.say(f"guide_down_{number}") for number in range(1, _DOWN + 1)],
        contractor=visit.office.settings.contractor,
    )
