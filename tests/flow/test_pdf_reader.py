"""The reader of another account: through it a notice is sent as before, and without it nothing is decided or lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.office import Mailroom, a_form, a_mail, notice
from tests.support.reader_socket import reader_socket
from tests.support.world import project
from worker.read.pdf import pool as pool_module
from worker.service.readers import READER, build_picture_reader, build_reader

FORM = a_form("橋梁補修工事")


@pytest.fixture
def room(mailroom: Callable[..., Mailroom]) -> Mailroom:
    return mailroom(projects=[project(FORM.project, "kawa", FORM.number)])


@pytest.mark.parametrize("build", [build_reader, build_picture_reader])
def test_the_environment_names_the_reader_and_without_it_children_are_our_own(build: Callable[..., object]) -> None:
    for env, named in (({READER: "/run/x"}, Path("/run/x")), ({READER: ""}, None), ({}, None)):
        assert vars(build(1, env))["_reader"] == named


def test_while_the_reader_is_away_what_arrived_waits_unjudged_and_is_sent_once_it_is_back(
    room: Mailroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = tmp_path / "reader"
    monkeypatch.setenv(READER, str(place))
    monkeypatch.setattr(pool_module, "_CHILD", ("-c", "raise SystemExit('a child of our own was started')"))
    room.deliver(a_mail("認証キー", ("a.pdf", notice(FORM))))
    room.office.save_notice("b.pdf", notice(FORM))
    for _ in range(2):
        assert room.office.run_once().code == 3
        assert room.office.list() == []
    results = {each["name"]: each for each in room.office("doctor", "--json").document["results"]}
    assert not results["pdf"]["ok"]
    assert str(place) in results["pdf"]["error"]
    assert "hoshobin-reader.socket" in results["pdf"]["remedy"]
    with reader_socket(place):
        shown = room.office("doctor").out
        assert "no_new_privs" in shown
        assert room.office.run_once().code == 0
    assert [each["state"] for each in room.office.list()] == ["SENT"]
    assert [each.files[0][1] for each in room.submissions] == [notice(FORM)]
