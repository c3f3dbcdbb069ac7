"""Words of the watch over mailboxes: deafness, the ledger's gap, what is done to messages afterwards.

Its one promise is that of ``words``: (Japanese, English) by code; it knows no file and no state.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "telling_subject_deaf": (
        "【保証便】至急：受信を確認できていません",
        "[hoshobin] urgent: a mailbox is not watched",
    ),
    "telling_deaf": (
        (
            "{name}を確認できない状態が続いています（いつから：{detail}）。\n"
            "　　この間に届いたお知らせは処理されていません。メールソフト等で直接ご確認のうえ、"
            "`hoshobin doctor` を実行してください。回復すると、届いていたものから自動で処理します。"
        ),
        (
            "{name} has not been looked at successfully (since: {detail}).\n"
            "What came meanwhile is not dealt with: look there yourself, and run `hoshobin doctor`.\n"
            "After it recovers, everything that came is taken by itself."
        ),
    ),
    "status_deaf": (
        "確認できていません：{name}（{since} から）",
        "NOT WATCHED: {name} (since {since})",
    ),
    "status_ledger": (
        "{mailbox}：照合したメール {count}通、台帳との差 {gap}通（{at}）",
        "{mailbox}: {count} messages in the window, {gap} without a row in the ledger (counted {at})",
    ),
}
