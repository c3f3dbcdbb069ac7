"""The statements of each issuer's own page or leaflet about its electronic sureties, item by item, as read.

Independent of the shipped files and written from the sources alone: ``test_issuer_facts.py`` compares the two. A key
missing here for every product is one that the source does not state. ``C`` is the contract guarantee, ``A`` the
advance-payment and ``I`` the interim-payment guarantee; ``c`` the contract guarantee of an amended contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

PROJECT: Final = "each project says"
UNNAMED: Final = "one section, which the source does not name"

_THREE_IN_ONE_MAIL = {"channel": {"CAI": "email"}, "notice": {"CAI": "attached"}}
_PRINT = "『電子証書閲覧用「認証キー」等のお知らせ』を印刷する"

FACTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "arao": {
        "eligible": ["from 2024-05-01 contract"],
        "channel": {"CAI": "paper"},
        "section": {"CAI": UNNAMED},
        "instructions": {
            "CAI": (
                "電子証書閲覧用「認証キー」等のお知らせ（PDF）を印刷する",
                "発注者（契約担当者）へ持参する",
            )
        },
        "bring": {"CAI": ("電子証書閲覧用「認証キー」等のお知らせを印刷したもの",)},
    },
    "awaji": {
        **_THREE_IN_ONE_MAIL,
        "eligible": ["from 2025-04-01 contract"],
        "section": {"CAI": PROJECT},
        "note": ["受注者が電子保証を希望する", "認められません"],
    },
    "etajima": {
        "eligible": ["from 2024-11-01 contract"],
        "channel": {"CAI": "email"},
        "chosen": {"CAI": "電子メール、FAX、書面のうち、電子メールで提出します"},
        "section": {"CAI": UNNAMED},
        "invoice": {"A": "never"},
        "after": {"A": ("前払金請求書を、従来どおり書面で提出する",)},
    },
    "fmu": {
        "eligible": ["from 2025-09-01 announcement, CA", "I, not seen"],
        "channel": {"CA": "email"},
        "section": {"CA": "発注機関（指定のメールアドレス）"},
        "invoice": {"A": "optional"},
        "conditions": {
            "A": (
                "前払請求書を添えるときは、請求書に、本件責任者及び本件担当者の氏名及び電話番号を明記している（押印は省略できる）",
            )
        },
        "note": ["金融機関の保証は書面"],
    },
    "fujisawa": {
        **_THREE_IN_ONE_MAIL,
        "guarantors": ["east"],
        "eligible": [
            "from 2024-10-01 announcement, open designated",
            "from 2024-10-01 designation, discretionary",
        ],
        "section": {"CAI": "契約課"},
        "other_documents": {"CAI": True},
        "note": ["公募", "ほかの保証会社"],
    },
    "fukuoka-ken": {"eligible": ["from 2025-01-01 contract"]},
    "fukutsu": {
        "eligible": ["from 2024-04-01 designation announcement, works, open designated"],
        "note": ["随意契約", "書面"],
    },
    "gifu": {
        "eligible": ["from 2025-11-01 guarantee, tendered by 契約部門"],
        "channel": {"C": "form", "AI": "email"},
        "section": {"C": "行政部契約課", "AI": PROJECT},
        "notice": {"CAI": "attached"},
        "instructions": {
            "C": (
                "契約課宛ての申請フォーム（LoGoフォーム）を開く",
                "『電子保証にかかる「認証キー」のお知らせ』を添付して送信する",
            )
        },
    },
    "hamamatsu": {"eligible": None, "note": ["令和5年3月", "JV"]},
    "hatsukaichi": {
        "eligible": None,
        "conditions": {"CAI": ("公告などに、電子保証の対象外と書かれていない",)},
    },
    "higashiizu": {
        "guarantors": ["east"],
        "eligible": ["from 2026-04-01 contract, CA", "I, not seen"],
        "channel": {"CA": "email"},
        "section": {"CA": PROJECT},
        "notice": {"CA": "attached"},
        "invoice": {"A": "optional"},
        "note": ["紙の証書も選べます", "押印は省略", "ほかの保証会社"],
    },
    "hirosaki": {
        **_THREE_IN_ONE_MAIL,
        "eligible": [
            "from 2024-04-01 designation announcement, works consulting, tendered by one",
            "from 2024-04-01 designation announcement, tendered by one, approved one by one",
        ],
        "section": {"CAI": PROJECT},
    },
    "hitachiomiya": {
        "eligible": [
            "from 2024-10-01 announcement notification, CA, works consulting, open designated",
            "I, not seen",
        ],
        "section": {"C": "財政課", "Ac": PROJECT},
        "word": {"A": "前金払保証"},
        "note": ["随意契約は対象外"],
    },
    "hokkaido-kensetsu": {
        "eligible": ["from 2024-02-01 announcement, C", "AI, not seen"],
        "channel": {"C": "email"},
        "section": {"C": PROJECT},
        "note": ["そのままメールで提出することはできません"],
    },
    "hokkaido-kigyo": {
        "eligible": ["from 2022-10-01 announcement, A", "CI, not seen"],
        "notice": {"A": "attached"},
        "invoice": {"A": "required"},
        "timing": {"A": "with_invoice"},
        "conditions": {"A": ("前払金請求書は所定の様式である",)},
        "note": ["使途内訳明細書は不要"],
    },
    "ichikikushikino": {
        **_THREE_IN_ONE_MAIL,
        "eligible": ["from 2026-04-01 contract"],
        "section": {"C": "財政課契約管財係", "A": PROJECT},
        "note": ["銀行の保証は紙"],
    },
    "itami": {
        **_THREE_IN_ONE_MAIL,
        "eligible": ["from 2024-04-01 contract"],
        "section": {"CAI": UNNAMED},
    },
    "kaga": {
        "eligible": ["from 2025-01-01 contract"],
        "channel": {"CAI": "email"},
        "section": {"CAI": "管財課契約グループ"},
        "timing": {"CA": "before_contract"},
        "lines": {"CAI": ("案件名", "会社名", "ご連絡先")},
        "note": ["対象外"],
    },
    "kitahiroshima": {"eligible": ["from 2023-04-01 bid"], "note": ["認められません"]},
    "kitakami": {
        "eligible": ["from 2025-10-01 announcement, works consulting"],
        "channel": {"CAI": "email"},
    },
    "kitakyushu": {
        "eligible": [
            "from 2024-02-01 announcement designation, tendered by one",
            "tendered by one, not seen",
        ],
        "note": ["局ごと"],
    },
    "kitashiobara": {"eligible": None, "notice": {"CAI": "attached"}, "note": ["令和5年10月1日", "認められません"]},
    "kunisaki": {
        "eligible": None,
        "channel": {"CAI": "paper"},
        "timing": {"C": "with_contract", "AI": "with_invoice"},
        "instructions": {
            "C": (_PRINT, "『保証証書（○○保証）』の閲覧画面を印刷する", "契約書とともに提出する"),
            "AI": (_PRINT, "『保証証書（○○保証）』の閲覧画面を印刷する", "請求書とともに提出する"),
        },
        "bring": {
            "C": (
                "『電子証書閲覧用「認証キー」等のお知らせ』を印刷したもの",
                "『保証証書（○○保証）』の閲覧画面を印刷したもの",
                "契約書",
            ),
            "AI": (
                "『電子証書閲覧用「認証キー」等のお知らせ』を印刷したもの",
                "『保証証書（○○保証）』の閲覧画面を印刷したもの",
                "請求書",
            ),
        },
    },
    "minamishimabara": {
        "eligible": ["from 2025-06-01 contract"],
        "channel": {"C": "paper"},
        "section": {"C": "管財契約課"},
        "timing": {"C": "with_contract"},
        "instructions": {
            "C": (
                "「電子証書閲覧用「認証キー」等のお知らせ」を印刷する",
                "「保証証書（〇〇保証）」の閲覧画面を印刷する",
                "契約書とともに提出する",
            )
        },
        "bring": {
            "C": (
                "「電子証書閲覧用「認証キー」等のお知らせ」を印刷したもの",
                "「保証証書（〇〇保証）」の閲覧画面を印刷したもの",
                "契約書",
            )
        },
    },
    "mishima": {
        "guarantors": ["east"],
        "eligible": ["from 2026-01-01 contract"],
        "note": ["紙の証書も選べます", "ほかの保証会社"],
    },
    "motosu": {
        "eligible": ["from 2023-11-01 original_contract"],
        "channel": {"CAI": "email"},
        "section": {"C": "財政課", "AI": PROJECT},
        "word": {"C": "契約", "A": "前払金", "I": "中間前払金"},
        "invoice": {"AI": "required"},
        "conditions": {
            "AI": ("請求書は、市のページにある様式に必要事項を記入し、PDFに変換したものである",),
        },
        "call_after": {"CAI": True},
    },
    "nagaoka": {
        **_THREE_IN_ONE_MAIL,
        "eligible": None,
        "section": {"C": "契約検査課", "AI": PROJECT},
        "subject": {"AI": '【前払金書類】{{ values["工事番号"] }}'},
        "documents_required": {"A": ("前払金申請書",)},
        "note": ["承認願は廃止"],
    },
    "nagato": {
        **_THREE_IN_ONE_MAIL,
        "eligible": ["from 2024-01-01 notification, amended ones by their original"],
        "chosen": {"CAI": "電子メール又は書面のうち、電子メールで提出します"},
        "section": {"CAI": UNNAMED},
        "timing": {"C": "with_contract", "AI": "with_invoice"},
    },
    "nasushiobara": {
        **_THREE_IN_ONE_MAIL,
        "guarantors": ["east"],
        "eligible": ["works consulting, approved one by one"],
        "other_documents": {"CAI": True},
        "note": ["紙の証書も選べます", "混在できません", "ほかの保証会社"],
    },
    "niigata-suido": {"eligible": None, "note": ["聞き取ります"]},
    "nobeoka": {
        **_THREE_IN_ONE_MAIL,
        "eligible": ["from 2026-01-01 contract"],
        "section": {"CAI": PROJECT},
        "note": ["印刷したものは提出できません"],
    },
    "onomichi": {
        **_THREE_IN_ONE_MAIL,
        "eligible": None,
        "section": {"CAI": "契約課"},
        "subject": {"CAI": "【{{ product }}】{{ project.name }}_{{ contractor.name }}"},
        "word": {"A": "前払金", "I": "中間前払金"},  # 契約保証 is the name itself
        "invoice": {"AI": "optional"},
        "documents_allowed": {"AI": ("申請書",)},
        "conditions": {"AI": ("申請書・請求書を添えるときは、押印省略欄に記入してある",)},
    },
    "saku": {
        **_THREE_IN_ONE_MAIL,
        "guarantors": ["east"],
        "eligible": ["works consulting, approved one by one"],
        "other_documents": {"CAI": True},
        "note": ["2024年7月", "紙の証書も選べます", "ほかの保証会社"],
    },
    "shiga": {
        **_THREE_IN_ONE_MAIL,
        "eligible": None,
        "section": {"CAI": PROJECT},
        "subject": {
            "C": '【電子保証】{{ values["工事番号"] }}{{ project.name }}',
            "A": '【請求関係書類】{{ values["工事番号"] }}{{ project.name }}',
        },
        "note": ["令和6年1月4日"],
    },
    "shiso": {"eligible": ["from 2025-04-01 contract"], "note": ["認められません"]},
    "yachiyo": {
        "eligible": [
            "from 2024-10-01 announcement designation, CA, open designated",
            "from 2024-10-01 contract, CA, discretionary",
            "I, not seen",
        ],
        "note": ["令和8年5月1日以降、廃止"],
    },
    "yura": {
        **_THREE_IN_ONE_MAIL,
        "eligible": ["from 2025-06-09 contract"],
        "section": {"CAI": PROJECT},
        "timing": {"C": "before_contract", "AI": "before_invoice"},
        # The page only says that the key goes before the invoice: in one mail it cannot.
        "invoice": {"AI": "never"},
        "after": {"AI": ("請求書を、認証キーの送信の後に提出する",)},
        "note": ["ページの言葉ではありません", "対象外"],
    },
}
