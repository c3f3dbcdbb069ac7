"""The three surety companies as the tests know them; the shipped ``guarantors.toml`` says the same."""

from worker.core.model import Product
from worker.core.rulebook import Guarantor

LABELS = {
    "project_name": ("工事名",),
    "contractor_name": ("受注者名",),
    "product": ("商品（保証区分）", "商品"),
    "contract_number": ("保証契約番号",),
    "key": ("認証キー",),
}
PRODUCTS = {
    Product.CONTRACT: ("契約保証",),
    Product.ADVANCE: ("前払金保証",),
    Product.INTERIM: ("中間前払金保証",),
}


def _guarantor(name_id: str, name: str, subject: str, title: str) -> Guarantor:
    return Guarantor(
        id=name_id,
        name=name,
        senders=(),
        subjects=(subject,),
        titles=(title,),
        number="[0-9]{4,5}-[0-9]{5,6}[A-Z]?",
        key="[0-9A-Za-z]{8,16}",
        labels=LABELS,
        products=PRODUCTS,
        assumed=("senders",),
    )


EAST = _guarantor(
    "east",
    "東日本建設業保証株式会社",
    "電子保証（認証キー）発行完了のお知らせ",
    "電子保証にかかる「認証キー」のお知らせ",
)
WEST = _guarantor(
    "west",
    "西日本建設業保証株式会社",
    "電子証書閲覧用「認証キー」等のお知らせ",
    "電子証書閲覧用「認証キー」等のお知らせ",
)
HOKKAIDO = _guarantor(
    "hokkaido",
    "北海道建設業信用保証株式会社",
    "電子証書にかかる「認証キー」のお知らせ",
    "電子証書にかかる「認証キー」のお知らせ",
)
GUARANTORS = (EAST, WEST, HOKKAIDO)
