"""早見表, one page to print: the day's steps, who does them, words, what to do while the server is down. 用語集."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from worker.console.visit import Visit
from worker.core.accounts import Right, Role
from worker.core.messages import Language, name_role, say

_STEPS: Final = 6
_TERMS: Final = ("key", "sent", "in_doubt", "hand_over", "held", "rehearsal")
"""The terms that the day's steps use; the quick guide is one sheet."""
_GLOSSARY: Final = (
    *("key", "notice", "announcement", "submission", "addressee", "project", "rule", "held", "to_confirm"),
    *("request", "returned", "sent", "in_doubt", "undelivered", "hand_over", "waiting", "rehearsal", "received"),
    *("amended", "log", "head"),
)
_DOWN: Final = 4


def show_help(visit: Visit) -> Response:
    """The quick guide."""
    return visit.page(
        "help.html",
        steps=[visit.say(f"guide_step_{number}") for number in range(1, _STEPS + 1)],
        roles=[(name_role(role, visit.lang), visit.say(f"role_note_{role.value}")) for role in Role],
        terms=_explained(_TERMS, visit.lang),
        down=[visit.say(f"guide_down_{number}") for number in range(1, _DOWN + 1)],
        contractor=visit.office.settings.contractor,
        administrators=[each for each in visit.store.accounts() if each.may(Right.PEOPLE, visit.today)],
    )


def show_terms(visit: Visit) -> Response:
    """The glossary."""
    return visit.page("terms.html", terms=terms(visit.lang))


def terms(lang: Language) -> list[tuple[str, str]]:
    """Returns each term of the glossary with its sentence; the manual has the same."""
    return _explained(_GLOSSARY, lang)


def _explained(names: tuple[str, ...], lang: Language) -> list[tuple[str, str]]:
    return [(say(f"term_{each}", lang), say(f"term_{each}_is", lang)) for each in names]
