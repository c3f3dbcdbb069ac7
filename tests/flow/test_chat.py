"""The chat over a working day: told of each alarm once, never in the way of the mails, its failure known to people."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.flow.test_paced_mails import URL, Linked
from tests.flow.test_silence_and_telling import FRIDAY
from tests.support.misbehaving_http import ChatServer, Way, chat_server
from tests.support.office import Mailroom, a_form, a_mail, notice
from tests.support.small_office import form
from tests.support.world import OFFICE
from worker.config.settings import WebhookForm, WebhookSettings
from worker.core.alarms import MAIL_PAUSE
from worker.core.errors import Unavailable
from worker.core.states import AlarmCause
from worker.notify.webhook import HttpWebhook
from worker.pipeline.chat import Chat

MINUTE = dt.timedelta(minutes=1)


class Chatting(Linked):
    """Days of an office with a chat."""

    def __init__(self, root: Path, chat: ChatServer) -> None:
        self.chat = chat
        super().__init__(root, mode="approve")

    def _bind(self) -> None:
        self.more["webhook"] = WebhookSettings(WebhookForm.JSON, "webhook")
        super()._bind()
        pipeline = self.office.pipeline
        webhook = HttpWebhook(self.chat.url, 0.5)
        pipeline.chatting = Chat(self.office.store, self.clock, pipeline.health, webhook)

    @property
    def told(self) -> list[dict[str, object]]:
        return [json.loads(body) for _, body in self.chat.requests]


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


async def test_a_new_task_is_told_with_counts_and_the_link(tmp_path: Path, server: ChatServer) -> None:
    days = Chatting(tmp_path, server)
    days.office.save(form(1))
    await days.office.pass_once()
    assert days.told == [{"tasks": 1, "urgent": 0, "warnings": 0, "url": f"{URL}/"}]
    assert form(1).key.encode() not in server.requests[0][1]
    await days.restart()
    await days.at(FRIDAY + dt.timedelta(hours=1))
    assert len(days.told) == 1


async def test_the_chat_has_the_same_pause_and_what_was_put_off_comes_after_it(
    tmp_path: Path, server: ChatServer
) -> None:
    days = Chatting(tmp_path, server)
    days.alarm(AlarmCause.NOT_READ_AGAIN)
    await days.at(FRIDAY)
    days.alarm(AlarmCause.CONFIGURATION_REFUSED)
    await days.at(FRIDAY + MINUTE)
    await days.restart()
    assert len(days.told) == 1
    await days.at(FRIDAY + MAIL_PAUSE)
    assert [each["warnings"] for each in days.told] == [1, 1]
    days.alarm(AlarmCause.CAME_BACK, "1：食い違い")
    await days.at(FRIDAY + MAIL_PAUSE + MINUTE)
    assert len(days.told) == 3


async def test_the_chat_is_told_while_no_mail_can_be_sent(tmp_path: Path, server: ChatServer) -> None:
    days = Chatting(tmp_path, server)
    days.server.failure = Unavailable("smtp", "away")
    days.alarm(AlarmCause.CONFIGURATION_REFUSED)
    await days.at(FRIDAY)
    assert len(days.told) == 1


@pytest.mark.parametrize("way", [each for each in Way if not each.startswith("takes") and each is not Way.ENDLESS])
async def test_a_chat_that_misbehaves_delays_no_mail_and_is_tried_again(
    tmp_path: Path, server: ChatServer, way: Way
) -> None:
    days = Chatting(tmp_path, server)
    server.way = way
    days.alarm(AlarmCause.CONFIGURATION_REFUSED)
    done = await days.office.finish()
    assert not done.failures
    assert len(days.mails_to(OFFICE)) == 1
    look = days.office.store.health_of("webhook")
    assert look is not None
    assert look.error
    assert server.url not in look.error
    server.way = Way.TAKES
    before = len(server.requests)
    await days.at(days.clock.moment + MINUTE)
    assert len(server.requests) == before + 1
    look = days.office.store.health_of("webhook")
    assert look is not None
    assert not look.error


@pytest.mark.parametrize(("way", "minutes"), [(Way.REFUSES, 0), (Way.FAILS, 21)])
async def test_people_are_told_once_that_the_chat_takes_nothing(
    tmp_path: Path, server: ChatServer, way: Way, minutes: int
) -> None:
    days = Chatting(tmp_path, server)
    server.way = way
    days.alarm(AlarmCause.CONFIGURATION_REFUSED)
    raised = None
    for minute in range(180):
        await days.at(FRIDAY + minute * MINUTE)
        told = [each for each in days.mails_to(OFFICE) if "チャットへのお知らせを送れません" in each]
        if told and raised is None:
            raised = minute
    assert len(told) == 1
    assert raised is not None
    assert minutes <= raised <= minutes + 16
    assert "T0PSECRET" not in "".join(days.mails_to(OFFICE))


async def test_without_the_key_nothing_is_kept_or_posted(tmp_path: Path, server: ChatServer) -> None:
    days = Chatting(tmp_path, server)
    pipeline = days.office.pipeline
    active = pipeline.active_config
    settings = dataclasses.replace(active.configuration.settings, webhook=None)
    configuration = dataclasses.replace(active.configuration, settings=settings)
    pipeline.activate_config(dataclasses.replace(active, configuration=configuration))
    days.alarm(AlarmCause.CONFIGURATION_REFUSED)
    await days.office.finish()
    assert not server.requests
    assert days.office.store.property("chat") is None


def test_the_chat_of_a_real_configuration_is_told_by_a_pass(
    mailroom: Callable[..., Mailroom], server: ChatServer
) -> None:
    room = mailroom(mode="approve")
    room.office.secret("chat", f"{server.url}\n")
    file = room.office.config / "worker.toml"
    written = file.read_text().replace(
        "[operator]", '[operator]\nwebhook = { form = "slack", url_file = "chat" }\nsent_digest = "17:30"', 1
    )
    file.write_text(f'{written}\n[console]\nurl = "{URL}"\n')
    room.deliver(a_mail("認証キー", ("a.pdf", notice(a_form("登録のない工事")))))
    assert room.office.run_once().code == 1
    ((_, body),) = server.requests
    assert json.loads(body) == {"text": f"【保証便】対応が必要な件：1件（うち至急 0件）\n{URL}/"}
    (told,) = room.tellings
    assert f"　　開く：{URL}/s/1" in told.text
    assert "hoshobin " not in told.text.replace(URL, "")
