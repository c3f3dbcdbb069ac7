"""SIGHUP: a changed configuration comes into force at the next pass, a bad one does not."""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from pathlib import Path
from typing import Any

from tests.support.office import Taken, a_form, a_mail, notice, wire
from tests.support.people import NOW, ROOT, add
from tests.support.scripted_imap import Fault, ScriptedImap
from tests.support.service_process import Running, ServiceOffice
from tests.support.world import project
from worker.accounts.people import stop_account
from worker.cli.demo import smtp_server as demo_smtp
from worker.cli.demo.imap_server import DemoImap
from worker.cli.demo.smtp_server import DsnController
from worker.core.accounts import Role
from worker.core.model import JST
from worker.service.clock import SystemClock
from worker.store.sqlite.store import create_or_migrate, open_store


def reasons(office: ServiceOffice) -> list[list[str]]:
    return [each["hold_reasons"] for each in office.list()]


def test_a_changed_register_comes_into_force_and_a_bad_one_is_reported_and_kept_out(tmp_path: Path) -> None:
    first, second = a_form("東山トンネル"), a_form("西山トンネル")
    office = ServiceOffice(tmp_path, mode="approve")
    office.save_notice("a.pdf", notice(first))
    with Running(office, tmp_path) as running:
        running.until(lambda: office.states() == ["HELD"])
        assert reasons(office) == [["unknown_project"]]
        register = [project(form.project, "kawa", form.number) for form in (first, second)]
        office.write(projects=register)
        running.reload()
        running.until(lambda: reasons(office) == [["approval"]])

        (office.config / "projects.toml").write_text('[[project]]\nnaem = "誤"\n', encoding="utf-8")
        running.reload()
        running.until_said("STATUS=", "以前の設定のまま")
        refused = [event for event in running.events if event["event"] == "configuration_refused"]
        assert any("projects.toml" in problem for problem in refused[0]["problems"])
        office.save_notice("b.pdf", notice(second))
        running.until(lambda: office.states() == ["HELD", "HELD"])

        office.write()
        running.reload()
        running.until(lambda: "以前の設定のまま" not in running.until_said("STATUS="))
        assert reasons(office) == [["approval"], ["approval"]], "the register that was in force knew the second one"
        assert running.stop() == 0


class OfficeOfTwo(ServiceOffice):
    """Two people release each draft."""

    def _worker(self) -> str:
        return super()._worker().replace("[release]\n", '[release]\nsecond_person = "always"\n', 1)


def test_a_changed_register_comes_into_force_although_one_of_the_two_people_is_gone(tmp_path: Path) -> None:
    """A changed ``worker.toml`` alone is refused for it: the office cannot go on without its register."""
    form = a_form("東山トンネル")
    office = OfficeOfTwo(tmp_path, mode="approve")
    office.save_notice("a.pdf", notice(form))
    create_or_migrate(office.store)
    with contextlib.closing(open_store(office.store, SystemClock())) as store:
        people = [add(store, login, login, Role.STAFF, Role.APPROVER, Role.ADMIN) for login in ("hanako", "jiro")]
    with Running(office, tmp_path) as running:
        running.until(lambda: reasons(office) == [["unknown_project"]])
        with contextlib.closing(open_store(office.store, SystemClock())) as store:
            stop_account(store, people[1].id, ROOT, NOW)
        office.write(projects=[project(form.project, "kawa", form.number)])
        running.reload()
        running.until(lambda: reasons(office) == [["approval", "second_person"]])

        settings = office.config / "worker.toml"
        settings.write_text(settings.read_text().replace('"always"', '"new"'))
        running.reload()
        running.until_said("STATUS=", "以前の設定のまま")
        assert running.stop() == 0


def test_another_folder_of_the_mailbox_is_watched_after_a_reload(
    imap: DemoImap, relay: DsnController, tmp_path: Path
) -> None:
    form = a_form()
    office = ServiceOffice(
        tmp_path,
        imap_port=imap.port,
        imap_password=imap.password,
        smtp_port=relay.port,
        projects=[project(form.project, "kawa", form.number)],
    )
    imap.create_folder("Surety")
    with Running(office, tmp_path) as running:
        running.until_said("STATUS=最終確認", "main ")
        office.write(folder="Surety")
        running.reload()
        running.until_said("READY=1")
        imap.append(wire(a_mail("認証キー", ("a.pdf", notice(form)))), folder="Surety")
        running.until(lambda: office.states() == ["SENT"])


def test_a_since_that_is_written_while_the_service_runs_reaches_back_after_a_reload(
    imap: DemoImap, relay: DsnController, tmp_path: Path
) -> None:
    """The first look leaves mails older than the first start and reports them; the office then writes ``since``."""
    form = a_form()
    office = ServiceOffice(
        tmp_path,
        imap_port=imap.port,
        imap_password=imap.password,
        folder="Reached",
        smtp_port=relay.port,
        knows=(),
        projects=[project(form.project, "kawa", form.number)],
    )
    imap.create_folder("Reached")
    old = dt.datetime.now(JST) - dt.timedelta(days=3)
    imap.append(wire(a_mail("認証キー", ("a.pdf", notice(form)))), folder="Reached", received=old)
    sent = len(relay.mails)
    with Running(office, tmp_path) as running:
        running.until(lambda: relay.mails[sent:])
        assert "うち1通は" in Taken.of(relay.mails[sent]).text
        assert office.states() == []
        office.write(since=old.date().isoformat())
        running.reload()
        running.until(lambda: office.states() == ["HELD"])
        assert "from_before" in office.only(form)["hold_reasons"]
        assert running.stop() == 0


def test_a_changed_password_is_used_after_a_reload(tmp_path: Path) -> None:
    with ScriptedImap(faults=[Fault(rb'LOGIN \S+ "?old', b"TAG NO [AUTHENTICATIONFAILED] no\r\n")]) as server:
        office = ServiceOffice(tmp_path, imap_port=server.port, imap_password="old")
        with Running(office, tmp_path) as running:
            running.until_said("STATUS=", "main: imap")
            office.write(imap_password="new")
            running.reload()
            running.until_said("STATUS=最終確認", "main ")


def test_another_store_is_not_taken_up_by_a_reload(tmp_path: Path) -> None:
    office = ServiceOffice(tmp_path)
    with Running(office, tmp_path) as running:
        running.until_said("STATUS=")
        settings = office.config / "worker.toml"
        settings.write_text(settings.read_text().replace('dir = "var"', 'dir = "elsewhere"'))
        (tmp_path / "elsewhere").mkdir()
        office.secret("../elsewhere/imap-password", "secret")
        running.reload()
        running.until_said("STATUS=", "以前の設定のまま")
        refused = [event for event in running.events if event["event"] == "configuration_refused"]
        assert refused[0]["problems"] == ["worker.toml: store.dir: needs_restart"]
        assert list((tmp_path / "elsewhere").iterdir()) == [tmp_path / "elsewhere" / "imap-password"]


class Locking(demo_smtp._Keeper):
    """Takes a mail, and leaves the database locked before it answers."""

    def __init__(self, database: Path) -> None:
        super().__init__()
        self.database = database
        self.lock: sqlite3.Connection | None = None

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.lock = sqlite3.connect(self.database, isolation_level=None, check_same_thread=False)
        self.lock.execute("BEGIN IMMEDIATE")
        return await super().handle_DATA(server, session, envelope)


def test_an_answer_that_waits_to_be_recorded_outlives_another_configuration(
    relay: DsnController, tmp_path: Path
) -> None:
    form = a_form()
    taker = relay._controller.handler = Locking(tmp_path / "var" / "hoshobin.sqlite3")
    office = ServiceOffice(tmp_path, smtp_port=relay.port, projects=[project(form.project, "kawa", form.number)])
    office.save_notice("a.pdf", notice(form))
    with Running(office, tmp_path) as running:
        running.until_said("STATUS=", ": store: ")
        assert taker.lock is not None
        office.write(folder="Elsewhere")
        running.reload()
        running.listener.until_passes(1)
        assert office.states() == ["IN_DOUBT"]
        taker.lock.execute("ROLLBACK")
        running.until_said("READY=1")
        assert office.states() == ["SENT"]
    taker.lock.close()
    assert len(taker.mails) == 1
