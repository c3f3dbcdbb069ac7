"""The notice for a chat: the fixed form of each chat, numbers and a link and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.notify.test_digest import task
from tests.support.every_mail import tasks
from tests.support.world import KEY
from worker.config.settings import WebhookForm
from worker.notify.chat import ChatNotice, count_for_chat, write_chat_notice
from worker.views.tasks import Urgency

PAGES = "https://hoshobin.contractor.example"
NOTICE = ChatNotice(tasks=5, urgent=1, warnings=2)
SAID = "【保証便】対応が必要な件：5件（うち至急 1件）、不具合のお知らせ：2件"


def body(form: WebhookForm, notice: ChatNotice = NOTICE, pages: str = PAGES) -> Any:
    return json.loads(write_chat_notice(form, notice, pages))


def test_plain_json_holds_the_counts_and_the_link() -> None:
    assert body(WebhookForm.JSON) == {"tasks": 5, "urgent": 1, "warnings": 2, "url": f"{PAGES}/"}


def test_slack_gets_one_text() -> None:
    assert body(WebhookForm.SLACK) == {"text": f"{SAID}\n{PAGES}/"}


def test_line_works_gets_title_text_and_button() -> None:
    assert body(WebhookForm.LINE_WORKS) == {
        "title": "保証便",
        "body": {"text": SAID},
        "button": {"label": "今日することを開く", "url": f"{PAGES}/"},
    }


def test_teams_gets_an_adaptive_card() -> None:
    sent = body(WebhookForm.TEAMS)
    (attachment,) = sent["attachments"]
    assert sent["type"] == "message"
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["body"] == [{"type": "TextBlock", "text": SAID, "wrap": True}]
    assert [each["url"] for each in attachment["content"]["actions"]] == [f"{PAGES}/"]


@pytest.mark.parametrize("form", WebhookForm)
def test_without_pages_there_is_no_link_and_without_warnings_no_word_of_them(form: WebhookForm) -> None:
    text = write_chat_notice(form, ChatNotice(1, 0, 0), "").decode()
    assert "://" not in text.replace("http://adaptivecards.io/schemas/adaptive-card.json", "")
    assert "不具合" not in text


@pytest.mark.parametrize("form", WebhookForm)
def test_no_key_name_or_address_of_any_task_gets_into_it(form: WebhookForm) -> None:
    foreign = f"{KEY} 橋梁補修工事 doboku@town.example"
    open_now = [replace(each, project=foreign, issuer=foreign, texts=(foreign, foreign)) for each in tasks()]
    text = write_chat_notice(form, count_for_chat(open_now, 1), PAGES).decode()
    assert not re.search(rf"{re.escape(KEY)}|橋梁|town\.example|みほん", text)


def test_what_is_the_other_sides_turn_is_not_counted() -> None:
    open_now = [task("橋", Urgency.NOW), task("道", Urgency.TODAY), task("川", Urgency.WATCH)]
    assert count_for_chat(open_now, 3) == ChatNotice(tasks=2, urgent=1, warnings=3)
