"""Edits of registered projects: texts in, bytes out; comments stay, and another person's change is kept."""

from __future__ import annotations

import random
import tomllib

import pytest

from tests.support.turns import turns
from worker.config.defaults import SEPARATE
from worker.config.editing.fields import KeyPath
from worker.config.editing.register import (
    FieldRules,
    RegisterConflict,
    RegisterEdit,
    amend_project,
    close_project,
    delete_project,
    edit_project,
    field_texts,
    parse_field,
    read_tables,
    set_documents,
    set_invoice,
)
from worker.core.errors import ConfigError, NotAllowed
from worker.core.model import Product

RULES = FieldRules({})
REGISTER = """# わが社の案件

[[project]]              # 一件目
name = "道路改良工事"      # お知らせのとおり
issuer = "kawa"
section = "doboku"
values = { "工事番号" = "R7-9" }   # 県の番号ではない
deadline = 2026-12-01

[[project]]
name = "橋梁補修工事"
issuer = "kawa"
numbers = { advance = ["40213-000001"], contract = ["40213-000002"] }
[project.invoice]        # 請求書
advance = { file = "旧.pdf", amount = 100 }

# 末尾の覚え書き
""".encode()
ROAD, BRIDGE = "kawa/道路改良工事", "kawa/橋梁補修工事"


def tables(content: bytes) -> list[dict[str, object]]:
    return tomllib.loads(content.decode())["project"]


def edit(content: bytes, project: str, *, seen: dict[KeyPath, str] | None = None, **texts: str) -> RegisterEdit:
    given = {parse_field(name): text for name, text in texts.items()}
    return edit_project(content, project, given, RULES, seen)


def shown(content: bytes, project: str) -> dict[KeyPath, str]:
    known = read_tables(content)
    return field_texts(known.tables[known.position(project)])


def test_only_the_given_fields_change_and_every_comment_stays() -> None:
    done = edit(
        REGISTER, ROAD, 請負金額="１，０００，０００円", 契約日="令和8年5月1日", 種別="業務委託", 契約方法="随契"
    )
    first = tables(done.content)[0]
    assert (first["amount"], first["kind"], first["award"]) == (1_000_000, "consulting", "discretionary")
    for comment in (
        "# わが社の案件",
        "# 一件目",
        "# お知らせのとおり",
        "# 県の番号ではない",
        "# 請求書",
        "# 末尾の覚え書き",
    ):
        assert comment in done.content.decode()
    assert done.content.endswith("# 末尾の覚え書き\n".encode())
    assert [each.former for each in done.changes] == [None] * 4


def test_an_empty_text_takes_a_field_out_and_its_table_with_the_last_one() -> None:
    done = edit(REGISTER, ROAD, **{"values.工事番号": ""})
    assert "values" not in tables(done.content)[0]
    assert tables(edit(REGISTER, BRIDGE, **{"numbers.advance": ""}).content)[1]["numbers"] == {
        "contract": ["40213-000002"]
    }


def test_one_day_for_all_becomes_a_day_per_guarantee_and_no_other_day_is_lost() -> None:
    done = edit(REGISTER, ROAD, **{"前払金保証の提出期限": "2026-12-20", "section.advance": "keiri"})
    first = tables(done.content)[0]
    assert {name: str(day) for name, day in first["deadline"].items()} == {
        "contract": "2026-12-01",
        "advance": "2026-12-20",
        "interim": "2026-12-01",
    }
    assert first["section"] == {"contract": "doboku", "advance": "keiri", "interim": "doboku"}


def test_what_another_person_changed_since_is_a_conflict_by_field_with_both_values() -> None:
    seen = shown(REGISTER, ROAD)
    theirs = edit(REGISTER, ROAD, 工事番号="R7-10").content
    with pytest.raises(RegisterConflict) as refused:
        edit(theirs, ROAD, seen=seen, 工事番号="R7-11")
    (conflict,) = refused.value.conflicts
    assert (conflict.key, conflict.seen, conflict.now, conflict.given) == (
        ("values", "工事番号"),
        "R7-9",
        "R7-10",
        "R7-11",
    )


def test_two_people_who_change_different_fields_both_keep_theirs() -> None:
    seen = shown(REGISTER, ROAD)
    theirs = edit(REGISTER, ROAD, 工事番号="R7-10").content
    ours = edit(theirs, ROAD, seen=seen, 工事番号="R7-9", 担当者="佐藤")  # the number as shown
    first = tables(ours.content)[0]
    assert (first["values"], first["contact"]) == ({"工事番号": "R7-10"}, "佐藤")
    same = edit(edit(REGISTER, ROAD, 担当者="佐藤").content, ROAD, seen=seen, 担当者="佐藤", 電話="03-0000-0000")
    assert tables(same.content)[0]["contact"] == "佐藤"


def test_a_project_is_found_by_id_name_or_number_and_never_guessed() -> None:
    known = read_tables(REGISTER)
    assert {known.find(text) for text in (BRIDGE, "橋梁補修工事", "４０２１３－０００００１")} == {BRIDGE}
    with pytest.raises(NotAllowed, match="no_such_project"):
        known.find("橋梁")
    twice = read_tables(REGISTER + '\n[[project]]\nname = "橋梁補修工事"\nissuer = "yama"\n'.encode())
    with pytest.raises(NotAllowed, match="several_projects"):
        twice.find("橋梁補修工事")


def test_every_fault_comes_at_once_and_names_its_field() -> None:
    with pytest.raises(ConfigError) as refused:
        edit(REGISTER, ROAD, 種別="道", 契約日="5/32", 請負金額="千円", 工事名="")
    assert {each.key for each in refused.value.problems} == {"kind", "dates.contract", "amount", "name"}


def test_the_invoice_of_one_of_two_guarantees_of_a_kind_leaves_the_other() -> None:
    first = set_invoice(REGISTER, BRIDGE, Product.ADVANCE, "40213-000001", "新.pdf")
    assert tables(first.content)[1]["invoice"] == {"advance": {"file": "新.pdf"}}
    two = REGISTER.replace(
        'advance = { file = "旧.pdf", amount = 100 }'.encode(),
        (
            'advance = [{ file = "一.pdf", number = "40213-000001" }, { file = "他.pdf", number = "40213-000009" }]'
        ).encode(),
    )
    done = set_invoice(two, BRIDGE, Product.ADVANCE, "40213-000001", "新.pdf")
    assert {(each["file"], each["number"]) for each in tables(done.content)[1]["invoice"]["advance"]} == {
        ("新.pdf", "40213-000001"),
        ("他.pdf", "40213-000009"),
    }
    third = set_invoice(two, BRIDGE, Product.ADVANCE, "40213-000005", "三.pdf")
    assert len(tables(third.content)[1]["invoice"]["advance"]) == 3
    with pytest.raises(NotAllowed, match="invoice_separate_one"):
        set_invoice(two, BRIDGE, Product.ADVANCE, "40213-000001", SEPARATE)
    with pytest.raises(NotAllowed, match="invoice_contract"):
        set_invoice(two, BRIDGE, Product.CONTRACT, "40213-000002", "新.pdf")


def test_separate_none_and_documents_are_said_for_one_guarantee() -> None:
    assert tables(set_invoice(REGISTER, BRIDGE, Product.ADVANCE, "", SEPARATE).content)[1]["invoice"] == {
        "advance": SEPARATE
    }
    assert "invoice" not in tables(set_invoice(REGISTER, BRIDGE, Product.ADVANCE, "", None).content)[1]
    named = set_documents(REGISTER, BRIDGE, Product.ADVANCE, ["a.pdf", "b.pdf", "a.pdf"]).content
    assert tables(named)[1]["documents"] == {"advance": ["a.pdf", "b.pdf"]}
    assert tables(set_documents(named, BRIDGE, Product.ADVANCE, []).content)[1]["documents"] == {"advance": []}


def test_an_amended_contract_needs_its_day() -> None:
    with pytest.raises(ConfigError, match="amended_date_missing"):
        amend_project(REGISTER, BRIDGE, {("amount",): "5"}, RULES)


def test_closing_twice_and_saving_nothing_are_refused_in_words() -> None:
    import datetime as dt

    closed = close_project(REGISTER, ROAD, dt.date(2026, 11, 30))
    assert str(tables(closed.content)[0]["closed"]) == "2026-11-30"
    with pytest.raises(NotAllowed, match="project_closed"):
        close_project(closed.content, ROAD, dt.date(2026, 12, 1))
    with pytest.raises(NotAllowed, match="register_same"):
        edit(REGISTER, ROAD, 工事番号="R7-9")


def test_a_deleted_project_leaves_the_bytes_of_all_others() -> None:
    done = delete_project(REGISTER, ROAD)
    assert done.content.startswith('# わが社の案件\n\n[[project]]\nname = "橋梁補修工事"'.encode())
    assert done.content.endswith("# 末尾の覚え書き\n".encode())


def test_any_edits_in_any_order_change_no_other_project_and_no_comment() -> None:
    seed = random.SystemRandom().randrange(2**32)
    refusals: set[str] = set()
    chance = random.Random(seed)
    values = {
        "amount": ["", "1,000", "２千"],
        "contact": ["", "佐藤", "鈴木 一郎"],
        "契約日": ["", "2026-05-01", "令和8年6月1日"],
        "values.工事番号": ["", "R8-1", 'R8-2 "x"'],
        "section.advance": ["", "keiri", "doboku"],
        "deadline.interim": ["", "2027-01-10"],
        "numbers.advance": ["", "40213-000005", "40213-000006、40213-000007"],
        "office.advance.to": ["", "a@kawa-town.example", "a@kawa-town.example, b@kawa-town.example"],
        "excluded": ["", "はい", "対象"],
        "expects": ["", "契約、前払金"],
    }
    content = REGISTER
    for _ in range(turns(150)):
        project = chance.choice([ROAD, BRIDGE])
        name = chance.choice(list(values))
        before = tables(content)
        at = read_tables(content).position(project)
        try:
            content = edit(content, project, **{name: chance.choice(values[name])}).content
        except ConfigError:  # ２千 is no amount
            continue
        except NotAllowed as refused:
            refusals.add(refused.code)
            continue
        assert tables(content)[1 - at] == before[1 - at], seed
        assert "# わが社の案件" in content.decode()
        assert "# 末尾の覚え書き" in content.decode()
    assert refusals <= {"register_same"}, seed
