"""The invoice from the folder to the mail: found by its name, read, and not sent if it is another's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.notice_pdfs import Form
from tests.support.office import HANAKO, Mailroom, a_form, an_invoice, notice
from tests.support.small_office import Settings, SmallOffice, form
from tests.support.world import project

MODES = Callable[..., Mailroom]
ROAD = a_form("県道拡幅工事", "前払金保証")
BRIDGE = a_form("新橋架替工事", "前払金保証")
CONCLUDED = "{ contract = 2026-05-01 }"


def room_with(mailroom: MODES, *forms: Form) -> Mailroom:
    """An office that has registered these without a word about invoices, and the notice of the first came in."""
    room = mailroom(projects=[project(each.project, "kawa", each.number, dates=CONCLUDED) for each in forms])
    room.office.save_notice("お知らせ.pdf", notice(forms[0]))
    return room


def approve(room: Mailroom, form: Form) -> int:
    label = room.office.only(form)["label"]
    return room.office("approve", label, "--by", HANAKO, "--tick", "all", "--note", "確認済み").code


def holds(room: Mailroom, form: Form) -> list[str]:
    return room.office.only(form)["hold_reasons"]


def test_the_one_invoice_whose_name_leads_to_the_project_rides_along(mailroom: MODES) -> None:
    room = room_with(mailroom, ROAD, BRIDGE)
    room.office.save_invoice("前払金請求書_県道拡幅工事.pdf", an_invoice(ROAD))
    room.office.save_invoice("前払金請求書_新橋架替工事.pdf", an_invoice(BRIDGE))
    room.office.run_once()
    (mail,) = room.submissions
    assert mail.files[1:] == (("前払金請求書_県道拡幅工事.pdf", an_invoice(ROAD)),)


def test_an_invoice_that_names_another_project_leaves_with_nobody(mailroom: MODES) -> None:
    room = room_with(mailroom, ROAD, BRIDGE)
    room.office.save_invoice("前払金請求書_県道拡幅工事.pdf", an_invoice(BRIDGE))
    room.office.run_once()
    assert set(holds(room, ROAD)) == {"wrong_invoice"}
    assert approve(room, ROAD) != 0
    room.office.run_once()
    assert room.submissions == []


async def test_where_no_file_is_in_question_nobody_looks_at_the_folder(tmp_path: Path) -> None:
    office = SmallOffice(tmp_path, Settings(mode="approve", port=1))
    office.save(form(1))
    await office.take_in()
    await office.pipeline.reevaluate_waiting()
    assert office.files.looked_for == []
    office.save(form(2, product="前払金保証"))
    await office.take_in()
    (is_needed,) = office.files.looked_for
    assert [file for file in sorted(office.files.held) if is_needed(file)] == ["invoice-2.pdf"]
    await office.stop()


STATION = a_form("駅前広場舗装工事", "前払金保証")


def test_an_invoice_that_was_not_found_is_told_with_folder_name_and_what_lies_there(mailroom: MODES) -> None:
    room = mailroom(
        projects=[project(each.project, "kawa", each.number, dates=CONCLUDED) for each in (STATION, BRIDGE)]
    )
    worker = room.office.config / "worker.toml"
    worker.write_text(worker.read_text() + "[folders]\ninvoices_shown = '\\\\server\\保証の請求書'\n")
    room.office.save_notice("お知らせ.pdf", notice(STATION))
    room.office.save_invoice("請求書_駅前.pdf", an_invoice(STATION))
    room.office.save_invoice("控え.pdf", an_invoice(BRIDGE))
    room.office.run_once()
    assert holds(room, STATION) == ["invoice_undecided"]
    said = room.tellings[-1].text
    for part in (
        "\\\\server\\保証の請求書",
        "「駅前広場舗装工事_前払金請求書.pdf」",
        "請求書_駅前.pdf（これが請求書なら",
        "控え.pdf",
    ):
        assert part in said
    number = room.office.only(STATION)["id"]
    shown = room.office.show(number)["missing_invoice"]
    assert (shown["proposed"], shown["unused"]) == (["請求書_駅前.pdf"], ["請求書_駅前.pdf", "控え.pdf"])
    assert "駅前広場舗装工事_前払金請求書.pdf" in room.office("show", str(number)).out
    room.office.save_invoice(shown["name"], an_invoice(STATION))  # as the mail asked
    room.office.run_once()
    assert holds(room, STATION) == []
