"""Writes an action as the shell command that does it, or as the link to the page on which it is done."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from worker.core.messages import Language, say
from worker.core.messages.on_pages import pages_at
from worker.views.actions import Action, ActionKind, Input

_OPTIONS: Final = {
    Input.BY: "--by",
    Input.WHY: "--why",
    Input.WHOM_AND_WHEN: "--note",
    Input.WHEN_AND_HOW: "--note",
    Input.WHAT_WAS_SEEN: "--note",
}
_OUTCOMES: Final = {ActionKind.RESOLVE: (" --sent", " --not-sent"), ActionKind.CONFIRM: ("", " --failed")}


def command_line(action: Action | None, lang: Language) -> str:
    """Returns the command, or one for each answer; empty if there is no action.

    Each can be pasted unchanged: the shell would interpret a ``|`` or ``[--failed]``.
    """
    if action is None:
        return ""
    words = f"hoshobin {action.kind.value} {action.label or action.submission}"
    if action.kind is ActionKind.JOIN:
        words += f" {action.answer or say('input_answer', lang)}"
    outcomes = _OUTCOMES[action.kind] if Input.OUTCOME in action.missing else ("",)
    what = f" --what {action.what}" if action.what is not None else ""
    given = "".join(f" {_OPTIONS[each]} {say(f'input_{each}', lang)}" for each in action.missing if each in _OPTIONS)
    return " / ".join(f"{words}{outcome}{what}{given}" for outcome in outcomes)


def link_or_command(action: Action | None, lang: Language, project: str = "") -> str:
    """Returns the command of ``action``; in a mail that links to pages the link to its page, or to the project's.

    Empty if there is neither.
    """
    if not (pages := pages_at()):
        return command_line(action, lang)
    if action is not None:
        return f"{pages}/s/{action.submission}"
    return f"{pages}/projects/{quote(project)}" if project else ""
