"""Sentences about what is done in a mailbox to messages that were dealt with."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "remedy_after": (
        (
            "[mailbox.{name}] の after に書かれた処理ができません。move: のフォルダがあるか"
            "（大文字・小文字や「/」「.」の区切りまで同じ名前か）、"
            "この user でそのフォルダに書き込めるかを、メールソフトでご確認ください。"
            'なければ作成し、移さなくてよければ after = "nothing" にしてください（取り込みは続いています）。'
        ),
        (
            "What [mailbox.{name}] after says cannot be done. Check in a mail program whether the folder of move: is "
            "there, by the same name to the letter, and whether this user may write to it. Make it where it is "
            'missing; if nothing need be moved, write after = "nothing" (mails are taken all the same).'
        ),
    ),
    # --- Mailboxes that cannot be watched, and what is done to messages afterwards ---
    "telling_subject_deaf": (
        "【保証便】至急：受信を確認できていません",
        "[hoshobin] urgent: a mailbox is not watched",
    ),
    "telling_deaf": (
        (
            "{name}を確認できない状態が続いています（{detail} から）。\n"
            "　　その間に届いたお知らせは、まだ処理されていません。"
            "急ぎのものがないか、メールソフトなどで直接ご確認ください。"
            "原因は `hoshobin doctor` で分かります。回復すると、届いていたものも自動で処理します。"
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
        "{mailbox}：確認したメール {count}通、取りこぼし {gap}通（{at}）",
        "{mailbox}: {count} messages in the window, {gap} without a row in the ledger (counted {at})",
    ),
}
