"""Words of who may speak: the server's own name in its findings, senders that are not proven.

Its one promise is that of ``words``: (Japanese, English) by code; it knows no file and no state.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "state_unproven": ("{state}（送信元未確認）", "{state} (sender not proven)"),
    "h_sender": ("送信元", "sender"),
    "sender_proven": ("確認済み（{evidence}）", "proven ({evidence})"),
    "sender_unproven": ("未確認（{evidence}）", "not proven ({evidence})"),
    "bad_authserv_id": (
        "「{value}」は Authentication-Results の先頭の名前になりません",
        '"{value}" cannot stand at the head of an Authentication-Results',
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "bad_authserv_id": (
        "受信メールの Authentication-Results の最初の「;」の前の名前だけを書いてください（hoshobin doctor が示します）",
        "write only the name that stands before the first ; there (hoshobin doctor names candidates)",
    ),
}
