"""Tests of an invoice's own text as evidence for or against sending it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.holds import Said, detail_of
from tests.support.registered import ISSUER, NOTICE, of_project
from tests.support.tables import every_case
from tests.support.world import NUMBER
from worker.compose.invoice_check import check_invoice
from worker.core.model import Attachment, Hold, PageText, PdfText, Product, Sha256, Unreadable
from worker.core.rulebook import Invoice, Issuer, Project
from worker.core.states import Reason
from worker.match.match import index_projects

FILE = Attachment("前払金請求書", "請求書.pdf", Sha256("c0ffee00" * 8), 80_000)
OWN = of_project()
RIGHT = "前払金請求書\n川北町長 様\n一金 ２０，０００，０００円也\n工事名 道路改良工事\n令和8年5月8日"


def text_of(plumber: str, pdfium: str | None = None, tables: tuple[tuple[str, ...], ...] = ()) -> PdfText:
    return PdfText((PageText(plumber, plumber if pdfium is None else pdfium, tables=tables),))


def another(name: str, *numbers: str, **changes: object) -> Project:
    return replace(OWN, id=f"mihon {name} {numbers}", name=name, contract_numbers=numbers, **changes)


def check(
    text: str | PdfText | Unreadable | None = RIGHT,
    *others: Project,
    project: Project = OWN,
    product: Product = Product.ADVANCE,
    amount: int | None = None,
    issuer: Issuer = ISSUER,
    before: tuple[str, ...] = (),
) -> tuple[Hold, ...]:
    register = index_projects((project, *others), "〇〇建設 株式会社")
    read = text_of(text) if isinstance(text, str) else text
    notice = replace(NOTICE, product=product)
    return check_invoice(FILE, read, notice, project, issuer, register, amount, numbers_before=before)


def reasons(holds: tuple[Hold, ...]) -> list[Reason]:
    return [hold.reason for hold in holds]


# --- Whose it is -----------------------------------------------------------------------------------------------


def test_an_invoice_that_names_project_product_and_amount_passes() -> None:
    assert check(amount=20_000_000) == ()


@pytest.mark.parametrize(
    "line",
    [
        "道 路 改 良 工 事",
        "道路改\n良工事",
        "道路〔改良〕工事",
        f"保証契約番号 {NUMBER}",
        f"保証契約番号 {NUMBER}\n20260508",
        "工事番号 Ｒ８－１２３",
    ],
)
def test_name_number_or_a_value_of_its_own_says_whose_it_is(line: str) -> None:
    assert check(f"前払金請求書\n{line}", project=of_project(values={"工事番号": "R8-123"})) == ()


def test_a_name_that_is_broken_around_its_label_is_read_in_its_cell() -> None:
    torn = "前払金請求書\n道路改\n工事名\n良工事"
    assert reasons(check(torn)) == [Reason.WRONG_INVOICE]
    assert check(text_of(torn, tables=(("工事名", "道路改\n良工事"),))) == ()


@pytest.mark.parametrize("line", ["橋補修工事", f"{NUMBER}7", "", "年度 令和8年度"])
def test_an_invoice_that_names_neither_is_wrong_and_says_what_was_missed(line: str) -> None:
    project = of_project(values={"年度": "令和8年度"})
    (hold,) = check(f"前払金請求書\n{line}", project=project)
    assert hold == Said(Reason.WRONG_INVOICE, "請求書.pdf c0ffee00 この案件の名前も番号もありません: 道路改良工事")


def test_a_value_that_another_project_shares_says_nothing() -> None:
    project = of_project(values={"工事番号": "R8-123"})
    other = another("水路整備工事", values={"工事番号": "R8-123"})
    assert reasons(check("前払金請求書\nR8-123", other, project=project)) == [Reason.WRONG_INVOICE]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("橋梁補修工事", "橋梁補修工事"),
        ("31074-000099", "31074-000099"),
        ("道路改良工事（その２）", "道路改良工事（その２）"),
    ],
)
def test_an_invoice_that_names_another_registered_project_beside_ours_is_asked_about(text: str, named: str) -> None:
    others = (another("橋梁補修工事", "31074-000099"), another("道路改良工事（その２）"))
    (hold,) = check(f"{RIGHT}\n{text}", *others)
    assert hold == Said(Reason.INVOICE_UNCLEAR, f"project: 請求書.pdf c0ffee00 {named}")


@pytest.mark.parametrize(
    "named", ["橋梁補修工事", "31074-000099", "橋梁\n補修工事", "橋 梁 補 修 工 事", "〔橋梁〕補修工事"]
)
def test_an_invoice_that_names_another_registered_project_alone_is_wrong(named: str) -> None:
    others = (another("橋梁補修工事", "31074-000099"), another("道路改良工事（その２）"))
    (hold,) = check(f"前払金請求書\n{named}", *others)
    assert hold.reason is Reason.WRONG_INVOICE
    assert detail_of(hold).startswith("請求書.pdf c0ffee00 別の案件の名前か番号があります: ")


@every_case(
    ("own", "written", "others", "expected"),
    [
        ("道路改良工事", "道路改良工事その2", ("道路改良工事その2",), Reason.INVOICE_UNCLEAR),
        ("道路改良工事", "道路改良工事（その２）", (), Reason.INVOICE_UNCLEAR),
        ("道路改良工事", "道路改良工事 その3", ("道路改良工事その2",), Reason.INVOICE_UNCLEAR),
        ("道路改良工事", "道路改良工事\n（その２）", (), Reason.INVOICE_UNCLEAR),
        ("道路改良工事", "道路改良工事第2工区", (), Reason.INVOICE_UNCLEAR),
        ("道路改良工事", "市道1号線道路改良工事", ("市道1号線道路改良工事",), Reason.INVOICE_UNCLEAR),
        ("道路改良工事その2", "道路改良工事", ("道路改良工事",), Reason.INVOICE_UNCLEAR),
        ("道路改良工事その2", "道路改良工事", (), Reason.WRONG_INVOICE),
        ("道路改良工事その2", "道路改良工事（その２）", ("道路改良工事", "道路改良工事その1"), None),
        ("道路改良工事その2", "道路改良工事その1", ("道路改良工事", "道路改良工事その1"), Reason.WRONG_INVOICE),
        ("道路改良工事その1", "道路改良工事その12", ("道路改良工事その12",), Reason.WRONG_INVOICE),
        ("道路改良工事", "道路改良工事\n道路改良工事その2", ("道路改良工事その2",), Reason.INVOICE_UNCLEAR),
        ("市道1・2号線工事", "市道12号線工事", ("市道12号線工事",), Reason.WRONG_INVOICE),
        ("道路改良工事", "道路改良工事に係る前払金", ("道路改良工事その2",), None),
    ],
)
def test_a_name_that_holds_ours_or_is_held_by_it_is_asked_about(
    own: str, written: str, others: tuple[str, ...], expected: Reason | None
) -> None:
    holds = check(f"前払金請求書\n工事名 {written}", *map(another, others), project=of_project(name=own))
    assert reasons(holds) == ([expected] if expected else [])


def test_a_shorter_name_within_the_own_one_names_no_other() -> None:
    longer = of_project(name="道路改良工事（その２）")
    assert check("前払金請求書\n道路改良工事（その２）", another("道路改良工事"), project=longer) == ()
    beside = check("前払金請求書\n道路改良工事（その２）\n道路改良工事", another("道路改良工事"), project=longer)
    assert reasons(beside) == [Reason.INVOICE_UNCLEAR]


def test_work_1_is_not_named_by_work_12() -> None:
    holds = check("前払金請求書\n道路工事その12", project=of_project(name="道路工事その1"))
    assert reasons(holds) == [Reason.WRONG_INVOICE]


OTHER_GUARANTEE = "31074-000098"
"""Of the form of NUMBER."""


@every_case(
    ("line", "listed", "printed"),
    [
        (f"保証契約番号 {OTHER_GUARANTEE}", (NUMBER, OTHER_GUARANTEE), OTHER_GUARANTEE),
        (f"保証契約番号 {OTHER_GUARANTEE}", (), OTHER_GUARANTEE),
        (f"中間 {OTHER_GUARANTEE} のとおり", (), OTHER_GUARANTEE),
        (f"{NUMBER}A", (NUMBER, f"{NUMBER}A"), f"{NUMBER}A"),
        ("保証証書番号：第ＡＢ１２３４５号", (), "AB12345"),
        ("保証契約番号\nAB-12345", (), "AB-12345"),
        ("証券番号：第Ｘ９８７６５４号", (), "X987654"),
        ("保 証 契 約 №．AB-12345", (), "AB-12345"),
        ("保証契約番号\u3000３１０７４－００００９８", (), OTHER_GUARANTEE),
        (f"工事番号 R8-123 保証番号 {OTHER_GUARANTEE}", (), OTHER_GUARANTEE),
    ],
)
def test_an_invoice_with_the_number_of_another_guarantee_of_the_same_project_is_asked_about(
    line: str, listed: tuple[str, ...], printed: str
) -> None:
    project = of_project(contract_numbers=listed, values={"工事番号": "R8-123"})
    holds = check(f"{RIGHT}\n{line}", project=project)
    assert [(hold.reason, hold.params["code"]) for hold in holds] == [(Reason.INVOICE_UNCLEAR, "guarantee")]
    assert printed in holds[0].params["names"]


@pytest.mark.parametrize(
    "line",
    [
        f"保証契約番号 {OTHER_GUARANTEE}\n保証契約番号 {NUMBER}",
        "電話 0246-12-3456",
        "登録番号 T1234567890123",
        "口座番号 1234567",
        "保証契約番号",
        "保証契約番号\n電話 0246-12-3456",
        "保証契約番号\n金20,000,000円",
        "契約番号 令和8年度 第31号",
        "保証金額 20,000,000円",
    ],
)
def test_other_numbers_beside_ours_and_numbers_of_other_things_say_nothing(line: str) -> None:
    project = of_project(contract_numbers=(NUMBER, OTHER_GUARANTEE))
    assert check(f"{RIGHT}\n{line}", project=project) == ()


LISTED = Invoice("一回目.pdf", None, None, OTHER_GUARANTEE)


@every_case(
    ("project", "before"),
    [
        (of_project(invoices={Product.ADVANCE: (LISTED,)}), ()),
        (of_project(contract_numbers=(), numbers={Product.ADVANCE: (OTHER_GUARANTEE, NUMBER)}), ()),
        (of_project(contract_numbers=(NUMBER, OTHER_GUARANTEE)), (OTHER_GUARANTEE,)),
    ],
)
def test_an_invoice_without_a_number_is_asked_about_if_the_project_has_another_guarantee_of_the_product(
    project: Project, before: tuple[str, ...]
) -> None:
    (hold,) = check(project=project, before=before)
    assert (hold.reason, hold.params["code"]) == (Reason.INVOICE_UNCLEAR, "unnumbered")
    assert hold.params["names"] == (OTHER_GUARANTEE,)
    assert check(f"{RIGHT}\n{NUMBER}", project=project, before=before) == ()


def test_an_invoice_that_the_register_names_for_this_number_needs_none_in_its_text() -> None:
    ours = replace(LISTED, number=NUMBER)
    assert check(project=of_project(invoices={Product.ADVANCE: (LISTED, ours)}), before=(OTHER_GUARANTEE,)) == ()


def test_the_notice_itself_is_no_other_guarantee() -> None:
    assert check(project=of_project(numbers={Product.ADVANCE: (NUMBER,)}), before=(NUMBER,)) == ()


def test_of_two_projects_of_one_name_the_number_or_the_issuer_tells() -> None:
    twin = another("道路改良工事", "31074-000099", issuer="kawa")
    assert reasons(check(RIGHT, twin)) == [Reason.WRONG_INVOICE]
    assert check(f"{RIGHT}\n{NUMBER}", twin) == ()
    assert check(f"{RIGHT}\n{ISSUER.name}長 様", twin) == ()
    same_issuer = replace(twin, issuer=OWN.issuer)
    assert reasons(check(f"{RIGHT}\n{ISSUER.name}長 様", same_issuer)) == [Reason.WRONG_INVOICE]


# --- Who is asked to pay -----------------------------------------------------------------------------------------


def town(id_: str, name: str, *aliases: str) -> Issuer:
    return replace(ISSUER, id=id_, name=name, aliases=aliases)


KAWAKITA = town("kawa", "川北町", "川北町役場")
TOWNS = (
    KAWAKITA,
    town("kita", "北川町"),
    town("sui", "川北町上下水道局"),
    town("yama", "山手市"),
    town("ken", "みほん県"),
    town("mura", "山手村"),
)


@every_case(
    ("of", "line", "expected"),
    [
        ("kawa", "川北町長 様", None),
        ("kawa", "川　北　町　長　殿", None),
        ("kawa", "（あて先）川北町長", None),
        ("kawa", "川北\n町長 様", None),
        ("kawa", "", None),
        ("kawa", "町長 様", None),
        ("kawa", "べつの町長 様", None),
        ("kawa", "川北町役場 建設課 御中", None),
        ("kawa", "みほん県川北町長 様", None),
        ("kawa", "みほん県河北郡川北町長 様", None),
        ("kawa", "川北町長 様\n受注者 住所 山手市本町1-2-3", None),
        ("kawa", "川北町長 様\n山手市本町１丁目２番３号\n〇〇建設", None),
        ("kawa", "川北町長 様\n工事場所 山手市地内", None),
        ("kawa", "川北町長 様\n山手市本町1-2 電話 0761-22-3333", None),
        ("kawa", "川北町長 様\n受注者 住所 山手市1-2 電話 0761-22-3333", None),
        ("kawa", "川北町長 様\n山手市長町1-2-3", None),
        ("kawa", "町長 様\n山手市大字本町12番地3", Reason.INVOICE_UNCLEAR),
        ("kawa", "町長 様\n受注者 住所 山手市本町1-2", Reason.INVOICE_UNCLEAR),
        ("kawa", "町長 様\n受注者 住所 山手市本町1-2\n工事場所 川北町地内", Reason.INVOICE_UNCLEAR),
        ("kawa", "町長 様\n受注者 住所 川北町本町1-2", None),
        ("kawa", "山手市 第8-15号", Reason.INVOICE_UNCLEAR),
        ("kawa", "工事場所 川北町地内 発注者 山手市", Reason.INVOICE_UNCLEAR),
        ("kawa", "発注者 山手市 12-3", Reason.WRONG_INVOICE),
        ("kawa", "発注者 住所 山手市本町1-2", Reason.WRONG_INVOICE),
        ("kawa", "山手市宛 1-2", Reason.WRONG_INVOICE),
        ("kawa", "山手市長 8-15", Reason.WRONG_INVOICE),
        ("kawa", "山手市 0761-24-7800", Reason.WRONG_INVOICE),
        ("kawa", "山手市契約課 8-15", Reason.WRONG_INVOICE),
        ("kawa", "山手市 工事番号 8-15", Reason.WRONG_INVOICE),
        ("kawa", "山手市 電話 24-7800", Reason.WRONG_INVOICE),
        ("kawa", "山手市 ＴＥＬ 24-7800", Reason.WRONG_INVOICE),
        ("kawa", "山手市 Fax 24-7800", Reason.WRONG_INVOICE),
        ("kawa", "工事場所 川北町地内\n発注者 山手市 契約課 電話 0761-24-7800", Reason.WRONG_INVOICE),
        ("kawa", "北川町長 様", Reason.WRONG_INVOICE),
        ("kawa", "山手市長 殿", Reason.WRONG_INVOICE),
        ("kawa", "山手市 契約課 御中", Reason.WRONG_INVOICE),
        ("kawa", "山 手 市 長　様", Reason.WRONG_INVOICE),
        ("kawa", "山手\n市長 様", Reason.WRONG_INVOICE),
        ("kawa", "みほん県知事 様", Reason.WRONG_INVOICE),
        ("kawa", "発注者 山手市", Reason.WRONG_INVOICE),
        ("kawa", "山手市長 様\n住所 川北町字三反田5", Reason.WRONG_INVOICE),
        ("kawa", "北川町長 様\n受注者 川北町本町1-2", Reason.WRONG_INVOICE),
        ("kawa", "川北町上下水道局長 様", Reason.INVOICE_UNCLEAR),
        ("kawa", "東川北町長 様", Reason.INVOICE_UNCLEAR),
        ("kawa", "上川北町 御中", Reason.INVOICE_UNCLEAR),
        ("kawa", "川北町長 様\n山手市長 様", Reason.INVOICE_UNCLEAR),
        ("kawa", "川北町長 様\n東川北町長 様", Reason.INVOICE_UNCLEAR),
        ("sui", "川北町上下水道局長 様", None),
        ("sui", "川北町上下水道局 御中\n川北町長 様", Reason.INVOICE_UNCLEAR),
        ("sui", "川北町長 様", Reason.INVOICE_UNCLEAR),
        ("yama", "山手村長 様", Reason.WRONG_INVOICE),
        ("mura", "山手市長 様", Reason.WRONG_INVOICE),
        ("ken", "みほん県知事 様", None),
        ("ken", "みほん県 川北町長 様", Reason.INVOICE_UNCLEAR),
    ],
)
def test_an_invoice_is_of_the_issuer_that_it_names(of: str, line: str, expected: Reason | None) -> None:
    issuer = next(each for each in TOWNS if each.id == of)
    attached = f"前払金請求書\n{line}\n工事名 道路改良工事"
    register = index_projects((OWN,), "〇〇建設 株式会社")
    notice = replace(NOTICE, product=Product.ADVANCE)
    holds = check_invoice(FILE, text_of(attached), notice, OWN, issuer, register, None, TOWNS)
    assert reasons(holds) == ([expected] if expected else [])
    assert all(detail_of(hold).startswith("issuer: 請求書.pdf c0ffee00 ") for hold in holds)


@every_case(
    ("own", "line", "expected"),
    [
        ("津市", "津市長 様", None),
        ("津市", "三重県津市長 様", None),
        ("津市", "発注者津市", None),
        ("津市", "草津市長 様", Reason.INVOICE_UNCLEAR),
        ("津市", "木更津市長 様", Reason.INVOICE_UNCLEAR),
        ("津市", "摂 津 市 長 様", Reason.INVOICE_UNCLEAR),
        ("津市", "津市長 様\n請求者 草津市草津一丁目3", None),
        ("津市", "津\n市長 様", None),
        ("村山市", "武蔵村山市長 様", Reason.INVOICE_UNCLEAR),
        ("みほん町", "奥みほん町長 様", Reason.INVOICE_UNCLEAR),
        ("みほん町", "石狩郡みほん町長 様", None),
        ("みほん大学", "公立大学法人みほん大学 御中", None),
    ],
)
def test_a_town_whose_name_ends_as_ours_need_not_be_registered_to_be_seen(
    own: str, line: str, expected: Reason | None
) -> None:
    holds = check(f"前払金請求書\n{line}\n工事名 道路改良工事", issuer=replace(ISSUER, name=own))
    assert reasons(holds) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("own", "other", "line", "expected"),
    [
        ("みほん町", "龍ケ崎市", "竜ヶ崎市長 様", Reason.INVOICE_UNCLEAR),
        ("みほん町", "塩竈市", "塩釜市長 様", Reason.INVOICE_UNCLEAR),
        ("龍ケ崎市", "川北町", "竜ケ崎市長 様", None),
        ("みほん町", "龍ケ崎市", "みほん町長 様", None),
    ],
)
def test_a_town_written_in_other_characters_is_asked_about(
    own: str, other: str, line: str, expected: Reason | None
) -> None:
    towns = tuple(replace(ISSUER, id=name, name=name) for name in (own, other))
    register = index_projects((OWN,), "〇〇建設 株式会社")
    notice = replace(NOTICE, product=Product.ADVANCE)
    text = text_of(f"前払金請求書\n{line}\n工事名 道路改良工事")
    holds = check_invoice(FILE, text, notice, OWN, towns[0], register, None, towns)
    assert reasons(holds) == ([expected] if expected else [])


_TOWN_NAMES = tuple(each.name for each in TOWNS)


@given(st.sets(st.sampled_from(_TOWN_NAMES)), st.sampled_from(TOWNS), st.permutations(range(len(TOWNS))))
def test_no_invoice_passes_that_is_addressed_to_another_issuer(named: set[str], own: Issuer, order: list[int]) -> None:
    lines = [f"{_TOWN_NAMES[at]} 御中" for at in order if _TOWN_NAMES[at] in named]
    text = text_of("\n".join(["前払金請求書", *lines, "工事名 道路改良工事"]))
    register = index_projects((OWN,), "〇〇建設 株式会社")
    notice = replace(NOTICE, product=Product.ADVANCE)
    holds = check_invoice(FILE, text, notice, OWN, own, register, None, TOWNS)
    assert (holds == ()) is (not named - {own.name})


# --- Who asks for it ---------------------------------------------------------------------------------------------

VENTURE = "〇〇・ためし特定建設工事共同企業体"
OTHER_VENTURE = "〇〇・べつの特定建設工事共同企業体"


@every_case(
    ("ours", "line", "expected"),
    [
        ("", "〇〇建設 株式会社", None),
        ("", "〇〇建設（株）", None),
        ("", "", None),
        ("", "株式会社よその建設", None),
        ("", VENTURE, Reason.WRONG_INVOICE),
        ("", "〇〇・ためし特定建設\n工事共同企業体", Reason.WRONG_INVOICE),
        ("", f"{VENTURE}\n代表者 〇〇建設株式会社", Reason.INVOICE_UNCLEAR),
        (VENTURE, VENTURE, None),
        (VENTURE, f"{VENTURE}\n代表者 〇〇建設株式会社", None),
        (VENTURE, "〇〇建設㈱", Reason.WRONG_INVOICE),
        (VENTURE, OTHER_VENTURE, Reason.WRONG_INVOICE),
        (VENTURE, f"{VENTURE}\n{OTHER_VENTURE}", Reason.INVOICE_UNCLEAR),
    ],
)
def test_an_invoice_is_of_the_contractor_that_it_names(ours: str, line: str, expected: Reason | None) -> None:
    others = (another("橋梁補修工事", contractor=VENTURE), another("水路整備工事", contractor=OTHER_VENTURE))
    holds = check(f"{RIGHT}\n請求者 {line}", *others, project=of_project(contractor=ours))
    assert reasons(holds) == ([expected] if expected else [])
    assert all(detail_of(hold).startswith("contractor: ") for hold in holds)


@pytest.mark.parametrize(
    ("other", "line", "expected"),
    [
        ("髙橋建設株式会社", "高橋建設㈱", Reason.INVOICE_UNCLEAR),
        ("齋藤建設株式会社", "斎藤建設株式会社", Reason.INVOICE_UNCLEAR),
        ("株式会社さくら建設", "さくら建設㈱", Reason.INVOICE_UNCLEAR),
        ("株式会社山田組", "山田組", Reason.INVOICE_UNCLEAR),
        ("株式会社さくら建設", "㈱さくら建設", Reason.WRONG_INVOICE),
        ("株式会社さくら建設", "〇〇建設", None),
        ("株式会社さくら建設", "〇〇建設㈱", None),
    ],
)
def test_another_firm_written_otherwise_is_asked_about(other: str, line: str, expected: Reason | None) -> None:
    holds = check(f"{RIGHT}\n請求者 {line}", another("橋梁補修工事", contractor=other))
    assert reasons(holds) == ([expected] if expected else [])


# --- What it is for, and how much ---------------------------------------------------------------------------------


@every_case(
    ("title", "advance", "interim"),
    [
        ("前払金請求書", [], [Reason.WRONG_INVOICE]),
        ("前 払 金 請 求 書", [], [Reason.WRONG_INVOICE]),
        ("前金払請求書", [], [Reason.WRONG_INVOICE]),
        ("請求書\n前払金として", [], [Reason.WRONG_INVOICE]),
        ("中間前払金請求書", [Reason.WRONG_INVOICE], []),
        ("中間前払金請求書\n既受領の前払金", [Reason.WRONG_INVOICE], []),
        ("請求書\n中間前払金として", [Reason.WRONG_INVOICE], []),
        ("前払金請求書・中間前払金請求書", [Reason.INVOICE_UNREADABLE], [Reason.INVOICE_UNREADABLE]),
        ("請求書（前払金・中間前払金）", [Reason.INVOICE_UNREADABLE], [Reason.INVOICE_UNREADABLE]),
        ("請求書（完成払）", [Reason.INVOICE_UNREADABLE], [Reason.INVOICE_UNREADABLE]),
    ],
)
def test_the_product_is_the_one_that_the_invoice_is_titled_by(
    title: str, advance: list[Reason], interim: list[Reason]
) -> None:
    assert reasons(check(f"{title}\n道路改良工事")) == advance
    assert reasons(check(f"{title}\n道路改良工事", product=Product.INTERIM)) == interim


@pytest.mark.parametrize(
    "line",
    [
        "金20,000,000円",
        "￥20,000,000-",
        "20000000円",
        "金 ２０，０００，０００ 円也",
        "¥ 2 0 0 0 0 0 0 0",
        "請求額 20,000,000",
        "請負代金額 50,000,000円 今回請求額 20,000,000円",
    ],
)
def test_the_registered_amount_is_found_however_it_is_written(line: str) -> None:
    assert check(f"前払金請求書\n道路改良工事\n{line}", amount=20_000_000) == ()


def test_another_amount_is_wrong_and_both_are_named() -> None:
    (hold,) = check("前払金請求書\n道路改良工事\n金120,000,000円", amount=20_000_000)
    assert hold.reason is Reason.WRONG_INVOICE
    assert "120,000,000円" in detail_of(hold)
    assert "登録: 20,000,000円" in detail_of(hold)


def test_an_amount_that_one_engine_reads_otherwise_is_asked_about() -> None:
    pdfium = RIGHT.replace("２０，０", "２８，０")
    assert reasons(check(text_of(RIGHT, pdfium), amount=20_000_000)) == [Reason.INVOICE_UNREADABLE]


def test_an_amount_in_words_alone_is_asked_about() -> None:
    assert reasons(check("前払金請求書\n道路改良工事\n金弐千万円也", amount=20_000_000)) == [Reason.INVOICE_UNREADABLE]


@given(
    st.integers(10_000, 10**11), st.integers(10_000, 10**11), st.sampled_from(["金{:,}円", "¥{:,}-", "{}円", "{:,}"])
)
def test_no_other_amount_ever_passes_for_the_registered_one(registered: int, written: int, form: str) -> None:
    holds = check(f"前払金請求書\n道路改良工事\n{form.format(written)}", amount=registered)
    assert reasons(holds) == ([] if registered == written else [Reason.WRONG_INVOICE])


# --- What cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        None,
        Unreadable(Reason.PASSWORD, ""),
        text_of("", ""),
        text_of(RIGHT, ""),
        text_of("(cid:12)(cid:13)", RIGHT),
        text_of(RIGHT, "\ufffd道路"),
    ],
)
def test_an_invoice_that_nobody_can_read_is_asked_about_under_its_name_and_hash(
    text: PdfText | Unreadable | None,
) -> None:
    (hold,) = check(text)
    assert hold.reason is Reason.INVOICE_UNREADABLE
    assert detail_of(hold).startswith("請求書.pdf c0ffee00 ")


_NAMES = ("道路改良工事", "道路改良工事（その２）", "橋梁補修工事", "水路整備工事")


@given(st.sets(st.sampled_from(_NAMES), min_size=1), st.sampled_from(_NAMES), st.permutations(range(4)))
def test_an_invoice_passes_only_for_the_one_project_it_names(named: set[str], of: str, order: list[int]) -> None:
    """The oracle: what is written on it, line by line."""
    lines = [_NAMES[at] for at in order if _NAMES[at] in named]
    others = tuple(another(name) for name in _NAMES if name != of)
    holds = check("\n".join(["前払金請求書", *lines, "以上"]), *others, project=of_project(name=of))
    assert (holds == ()) is (named == {of})
