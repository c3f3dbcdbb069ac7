"""Writes the notice for a chat: counts and a link, in the fixed form that the chat takes.

It is made of numbers and our own sentences alone: no key, recipient or subject can get into it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from worker.config.settings import WebhookForm
from worker.core.messages import say
from worker.views.tasks import Task, Urgency


@dataclass(frozen=True, slots=True)
class ChatNotice:
    """The numbers of a notice."""

    tasks: int
    """The open tasks that a person acts on."""
    urgent: int
    """The number of those that are to be done at once."""
    warnings: int
    """Alarms about no submission since the notice before."""


def count_for_chat(tasks: Iterable[Task], warnings: int) -> ChatNotice:
    """Returns the numbers of ``tasks``; what only the other side can do is not counted."""
    urgencies = [each.urgency for each in tasks if each.urgency is not Urgency.WATCH]
    return ChatNotice(len(urgencies), urgencies.count(Urgency.NOW), warnings)


def write_chat_notice(form: WebhookForm, notice: ChatNotice, pages: str) -> bytes:
    """Returns the body of the request as JSON; ``pages`` is the address of the console, empty if there is none."""
    link = f"{pages}/" if pages else ""
    return json.dumps(_FORMS[form](notice, link), ensure_ascii=False).encode()


def _say(notice: ChatNotice) -> str:
    said = say("chat_open", "ja", count=notice.tasks, now=notice.urgent)
    return said + (say("chat_warnings", "ja", count=notice.warnings) if notice.warnings else "")


def _json(notice: ChatNotice, link: str) -> dict[str, Any]:
    return {"tasks": notice.tasks, "urgent": notice.urgent, "warnings": notice.warnings, "url": link}


def _slack(notice: ChatNotice, link: str) -> dict[str, Any]:
    return {"text": f"{_say(notice)}\n{link}".rstrip("\n")}


def _teams(notice: ChatNotice, link: str) -> dict[str, Any]:
    open_page = {"type": "Action.OpenUrl", "title": say("chat_button", "ja"), "url": link}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": [{"type": "TextBlock", "text": _say(notice), "wrap": True}],
        "actions": [open_page] if link else [],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
    return {"type": "message", "attachments": [attachment]}


def _line_works(notice: ChatNotice, link: str) -> dict[str, Any]:
    button = {"button": {"label": say("chat_button", "ja"), "url": link}} if link else {}
    return {"title": say("chat_title", "ja"), "body": {"text": _say(notice)}} | button


_FORMS = {
    WebhookForm.TEAMS: _teams,
    WebhookForm.SLACK: _slack,
    WebhookForm.LINE_WORKS: _line_works,
    WebhookForm.JSON: _json,
}
