"""Changed configuration files come into force without a signal once they have rested, as a whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.office import HANAKO, a_form, notice
from tests.support.service_process import Running, ServiceOffice
from tests.support.world import project
from worker.config.files import stamp_directory

NEW_ISSUER = """
name = "海辺町"
[section.somu]
name = "総務課"
to = ["somu@umibe-town.example"]
[rule.default]
channel = "email"
notice = "attached"
timing = "any"
section = "somu"
subject = "認証キーの提出"
invoice = "never"
"""


def reasons(office: ServiceOffice) -> list[list[str]]:
    return [each["hold_reasons"] for each in office.list()]


def recorded(office: ServiceOffice) -> list[str]:
    """Each configuration file that was recorded, by name, in order."""
    found = office.rows("select body from entries where event = 'ConfigurationChanged' order by number")
    return [json.loads(body)["detail"]["file"] for (body,) in found]


def test_a_changed_register_and_a_new_issuer_are_used_without_a_signal_and_a_removed_one_is_gone(
    tmp_path: Path,
) -> None:
    form = a_form("東山トンネル")
    office = ServiceOffice(tmp_path, mode="approve")
    office.save_notice("a.pdf", notice(form))
    with Running(office, tmp_path) as running:
        running.until(lambda: reasons(office) == [["unknown_project"]])
        before = len(recorded(office))
        office.issuers["umi"] = NEW_ISSUER
        office.write(projects=[project(form.project, "umi", form.number)])
        running.until(lambda: reasons(office) == [["first_address", "approval"]])
        assert sorted(recorded(office)[before:]) == ["issuers/umi.toml", "projects.toml"]

        (office.config / "issuers" / "umi.toml").unlink()
        del office.issuers["umi"]
        office.write(projects=[])
        running.until(lambda: reasons(office) == [["unknown_project"]])
        assert sorted(recorded(office)[before + 2 :]) == ["issuers/umi.toml", "projects.toml"]
        assert "configuration_refused" not in running.journal


def test_a_wrong_file_is_told_once_and_kept_out_and_one_half_written_never_takes_effect(tmp_path: Path) -> None:
    first, second = a_form("東山トンネル"), a_form("西山トンネル")
    office = ServiceOffice(tmp_path, mode="approve", projects=[project(first.project, "kawa", first.number)])
    office.save_notice("a.pdf", notice(first))
    office.save_notice("b.pdf", notice(second))
    register = office.config / "projects.toml"

    def refusals(running: Running) -> int:
        return [event["event"] for event in running.events].count("configuration_refused")

    with Running(office, tmp_path) as running:
        running.until(lambda: sorted(reasons(office)) == [["approval"], ["unknown_project"]])
        before = recorded(office)
        good = register.read_text(encoding="utf-8")
        register.write_text('[[project]]\nnaem = "誤"\n', encoding="utf-8")
        running.until_said("STATUS=", "以前の設定のまま")
        running.listener.until_passes(12)
        assert refusals(running) == 1
        assert office.rows("select count(*) from alarms where cause = 'configuration_refused'") == [(1,)]
        (look,) = (json.loads(row) for (row,) in office.rows("select row from looks where name = 'configuration'"))
        assert "projects.toml" in look["error"]
        assert recorded(office) == before

        # An editor that takes its time: at each pass a little more, each time a register without mistake.
        further = good + project(second.project, "kawa", second.number)
        lines = [f"{good}# {number}\n" for number in range(12)]
        for text in lines:
            register.write_text(text, encoding="utf-8")
            running.listener.until_passes(1)
        assert recorded(office) == before
        register.write_text(further, encoding="utf-8")
        running.until(lambda: reasons(office) == [["approval"], ["approval"]])
        assert "以前の設定のまま" not in running.until_said("STATUS=")
        assert recorded(office) == [*before, "projects.toml"]
        assert refusals(running) == 1
        (look,) = (json.loads(row) for (row,) in office.rows("select row from looks where name = 'configuration'"))
        assert look["error"] == ""


def test_a_look_at_files_that_rest_opens_none(tmp_path: Path) -> None:
    """A file already taken costs each pass its stat calls only: a file without read permission does not stop it."""
    office = ServiceOffice(tmp_path)
    stamp = stamp_directory(office.config)
    register = office.config / "projects.toml"
    register.chmod(0)
    changed = stamp_directory(office.config)
    assert [name for name, *_ in changed] == [name for name, *_ in stamp]
    assert changed != stamp, "a change of rights is a change: it may be what was wrong"
    (office.config / "templates" / "mail").mkdir(parents=True)
    (office.config / "templates" / "mail" / "own.txt.j2").write_text("本文\n", encoding="utf-8")
    (office.config / "issuers" / ".kawa.toml.swp").write_text("", encoding="utf-8")
    assert {name for name, *_ in stamp_directory(office.config)} == {
        *(name for name, *_ in stamp),
        "templates/mail/own.txt.j2",
    }


def judgements(office: ServiceOffice, after: str) -> list[str]:
    """The events of judgements since the first entry with the event ``after``, in order."""
    events = [event for (event,) in office.rows("select event from entries order by number")]
    return [each for each in events[events.index(after) :] if each in {"Redrafted", "Held"}]


def test_a_submission_that_a_command_judged_is_not_judged_by_the_former_register(tmp_path: Path) -> None:
    form = a_form("東山トンネル")
    office = ServiceOffice(tmp_path, mode="approve")
    office.save_notice("a.pdf", notice(form))
    ledger = tmp_path / "台帳.csv"
    ledger.write_text(f"工事名,発注者,保証契約番号\n{form.project},川北町,{form.number}\n")
    with Running(office, tmp_path) as running:
        running.until(lambda: reasons(office) == [["unknown_project"]])
        before = len(recorded(office))
        with (office.config / "worker.toml").open("a") as worker:
            worker.write("# a file that rests before it is read\n")
        ran = office("project", "import", str(ledger), "--by", HANAKO)
        assert ran.code == 0, ran.err
        judged = reasons(office)
        running.until(lambda: "projects.toml" in recorded(office)[before:])
        running.listener.until_passes(3)
        assert reasons(office) == judged != [["unknown_project"]]
        assert judgements(office, "RegisterChanged") == ["Redrafted"]


def test_a_rule_that_a_command_wrote_is_in_force_before_the_next_judgement(tmp_path: Path) -> None:
    form = a_form("東山トンネル")
    office = ServiceOffice(tmp_path, mode="approve", projects=[project(form.project, "kawa", form.number)])
    office.save_notice("a.pdf", notice(form))
    with Running(office, tmp_path) as running:
        running.until(lambda: "approval" in str(reasons(office)))
        before = len(recorded(office))
        ran = office("issuers", "edit", "kawa", "--set", "件名=認証キーの提出〔工事名〕", "--by", HANAKO)
        assert ran.code == 0, ran.err
        running.until(lambda: "issuers/kawa.toml" in recorded(office)[before:])
        running.listener.until_passes(3)
        assert judgements(office, "IssuerChanged") == ["Redrafted"]


def test_a_file_changed_by_hand_after_a_command_is_not_judged_by_the_one_before_the_command(tmp_path: Path) -> None:
    form = a_form("東山トンネル")
    office = ServiceOffice(tmp_path, mode="approve")
    office.save_notice("a.pdf", notice(form))
    ledger = tmp_path / "台帳.csv"
    ledger.write_text(f"工事名,発注者,保証契約番号\n{form.project},川北町,{form.number}\n")
    register = office.config / "projects.toml"
    with Running(office, tmp_path) as running:
        running.until(lambda: reasons(office) == [["unknown_project"]])
        with (office.config / "worker.toml").open("a") as worker:
            worker.write("# a file that rests before it is read\n")
        ran = office("project", "import", str(ledger), "--by", HANAKO)
        assert ran.code == 0, ran.err
        judged = reasons(office)
        with register.open("a", encoding="utf-8") as by_hand:
            by_hand.write("# by hand\n")
        before = len(recorded(office))
        running.until(lambda: "projects.toml" in recorded(office)[before:])
        running.listener.until_passes(3)
        assert reasons(office) == judged != [["unknown_project"]]
        assert judgements(office, "RegisterChanged") == ["Redrafted"]
