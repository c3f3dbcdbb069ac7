"""The post to a chat against a real server that takes it or misbehaves: bounded, and without the address in words."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.support.misbehaving_http import ChatServer, Way, chat_server
from worker.notify.webhook import HttpWebhook

QUICK = 0.6
PATIENCE = 30.0
"""Seconds until the limit has surely worked, also on a machine that runs much else."""


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with chat_server() as server:
        yield server


@pytest.mark.parametrize("way", [Way.TAKES, Way.TAKES_NOTHING_BACK, Way.ENDLESS])
async def test_what_is_taken_has_no_reason_and_arrived_as_it_was(server: ChatServer, way: Way) -> None:
    server.way = way
    assert await HttpWebhook(server.url).post('{"text": "対応"}'.encode()) == ""
    ((head, body),) = server.requests
    assert head.startswith("POST /hooks/T0PSECRET?sig=S1G HTTP/1.1\r\n")
    assert "Content-Type: application/json; charset=utf-8" in head
    assert body.decode() == '{"text": "対応"}'


@pytest.mark.parametrize(
    ("way", "why"),
    [
        (Way.REFUSES, "HTTP 410"),
        (Way.FAILS, "HTTP 500"),
        (Way.REDIRECTS, "HTTP 302"),
        (Way.GARBAGE, "no HTTP answer: BadStatusLine"),
        (Way.CLOSES, "not reached: RemoteDisconnected"),
        (Way.SILENT, "no answer in time"),
        (Way.DRIPS, "no whole answer within 0.6 s"),
    ],
)
async def test_each_misbehaviour_ends_in_time_with_its_reason_and_is_asked_once(
    server: ChatServer, way: Way, why: str
) -> None:
    server.way = way
    begun = time.monotonic()
    said = await HttpWebhook(server.url, QUICK).post(b"{}")
    assert time.monotonic() - begun < PATIENCE
    assert said in {why, "no whole answer within 0.6 s"} if way is Way.SILENT else said == why
    assert len(server.requests) == 1


async def test_a_server_that_is_away_is_named_without_its_address(server: ChatServer) -> None:
    closed = server.url.replace(f":{server.port}/", ":1/")
    assert await HttpWebhook(closed).post(b"{}") == "not reached: Connection refused"


async def test_https_is_not_spoken_to_a_server_that_cannot_prove_itself(server: ChatServer) -> None:
    said = await HttpWebhook(server.url.replace("http:", "https:"), QUICK).post(b"{}")
    assert said
    assert not server.requests


@pytest.mark.parametrize("way", Way)
async def test_no_reason_and_no_line_of_the_journal_holds_the_address(
    server: ChatServer, way: Way, capfd: pytest.CaptureFixture[str]
) -> None:
    server.way = way
    webhook = HttpWebhook(server.url, QUICK)
    said = await webhook.post(b"{}")
    shown = capfd.readouterr()
    for text in (said, shown.out, shown.err, repr(webhook)):
        assert "T0PSECRET" not in text
        assert "S1G" not in text
