"""``/metrics`` is served at an address of its own on loopback, and never at the console's."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from tests.support.console import Console
from tests.support.demo_console import free_port
from worker.console.metrics import serving_metrics
from worker.console.server import offering_metrics
from worker.core.errors import ConfigError, Unavailable
from worker.core.messages import say
from worker.views.problems import problem_hint

TEXT = "hoshobin_build_info 1\n"


@pytest.fixture
def address() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.fixture
def served(address: str) -> Iterator[str]:
    with serving_metrics(address, "127.0.0.1:8480", lambda: TEXT):
        yield address


def get(address: str, path: str = "/metrics", host: str = "", method: str = "GET") -> tuple[int, str, str]:
    name, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(name.strip("[]"), int(port), timeout=30)
    try:
        connection.request(method, path, headers={"Host": host or address})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), answer.headers.get("Content-Type", "")
    finally:
        connection.close()


def test_the_figures_are_served_as_prometheus_reads_them(served: str) -> None:
    assert get(served) == (200, TEXT, "text/plain; version=0.0.4; charset=utf-8")
    assert get(served, host=f"localhost:{served.rpartition(':')[2]}")[0] == 200


@pytest.mark.parametrize("path", ["/", "/metrics/", "/metrics?x=1", "/login"])
def test_nothing_else_is_there(served: str, path: str) -> None:
    assert get(served, path)[:2] == (404, "")


def test_a_page_of_another_name_gets_nothing(served: str) -> None:
    """A browser may be led to loopback by a stranger's name."""
    assert get(served, host="evil.example")[:2] == (404, "")


def test_only_reading_is_understood(served: str) -> None:
    assert get(served, method="POST")[0] == 501


def test_a_store_that_fails_counts_as_down(address: str) -> None:
    def fail() -> str:
        raise Unavailable("store", "locked")

    with serving_metrics(address, "", fail):
        assert get(address)[:2] == (503, "")


def test_a_reader_that_says_nothing_does_not_stop_the_next(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from worker.console import metrics

    monkeypatch.setattr(metrics._Answer, "timeout", 0.2)
    host, _, port = served.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30):
        assert get(served)[0] == 200


def test_the_address_of_the_console_is_refused(address: str) -> None:
    with pytest.raises(ConfigError) as refused, serving_metrics(address, address, lambda: TEXT):
        pass
    assert [each.code for each in refused.value.problems] == ["console_metrics_taken"]


def test_an_address_that_another_program_uses_is_refused_with_the_reason_and_the_remedy(served: str) -> None:
    with pytest.raises(ConfigError) as refused, serving_metrics(served, "", lambda: TEXT):
        pass
    (problem,) = refused.value.problems
    assert say(problem.code, "ja", **problem.params).endswith("示せません（ほかのプログラムが使っています）")
    assert served in say(problem.code, "en", **problem.params)
    assert "ss -ltnp" in problem_hint(problem, "ja")


def test_a_console_serves_without_metrics_where_another_has_their_address(
    console: Console, served: str, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        with offering_metrics(console.desk, served, ""):
            text = console.browser("admin").get("/health").text
        assert f"監視用の数値（metrics）を {served} で示せません" in text
        assert "ss -ltnp" in text
        assert f"console_no_metrics {served}: Address already in use" in caplog.text
    finally:
        console.desk.metrics_fault = None
    assert "監視用の数値" not in console.browser("admin").get("/health").text


def test_without_an_address_nothing_listens() -> None:
    before = threading.active_count()
    with serving_metrics("", "127.0.0.1:8480", lambda: TEXT):
        assert threading.active_count() == before


def test_ipv6_is_loopback_as_well() -> None:
    address = f"[::1]:{free_port()}"
    with serving_metrics(address, "", lambda: TEXT):
        assert get(address)[0] == 200


def test_the_console_itself_has_no_such_page(console: Console) -> None:
    host = console.base.removeprefix("http://")
    status, text, _ = get(host)
    assert status in {303, 404}
    assert "hoshobin_" not in text
