"""Words of the audit: what a verification says, and how the place of a fault is called.

Its one promise is that of ``words``: (Japanese, English) by code; it verifies nothing.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "audit_broken": (
        (
            "記録に異常があります（{faults}箇所、最初は{first}）。"
            "送信を止め、データベースを保全して管理者へご連絡ください。"
        ),
        (
            "The log does not hold ({faults} places, the first is {first})."
            " Stop sending, keep the database, tell the administrator."
        ),
    ),
    "audit_more": ("ほかに{count}箇所あります。", "And {count} place(s) more."),
    "audit_head_form": (
        "{given}：末尾は16進数64桁です。朝のまとめのメール、または `audit verify` の結果からそのまま写してください",
        "{given}: give the whole head, 64 hexadecimal digits, as the digest and `audit verify` show it",
    ),
    "place_entry": ("記録{where}", "entry {where}"),
    "place_submission": ("提出{where}", "submission {where}"),
    "place_original": ("原本{where}", "original {where}"),
    "place_head": ("末尾{where}", "head {where}"),
}

PLACES: Final[dict[str, str]] = {
    "row_differs": "place_submission",
    "row_missing": "place_submission",
    "row_unknown": "place_submission",
    "original_differs": "place_original",
    "original_missing": "place_original",
    "head_missing": "place_head",
}
"""What a fault's place is, where it is no entry."""
