"""Sentences about what is done in a mailbox to messages that were dealt with."""

from __future__ import annotations

from typing import Final

TEXTS: Final = {
    "remedy_after": (
        (
            "[mailbox.{name}] の after のとおりにできません。move: のフォルダがあるか"
            "（大文字・小文字や「/」「.」の区切りまで同じ名前か）、"
            "この利用者がそのフォルダに書き込めるかを、メールソフトでご確認ください。"
            'なければ作成し、移さなくてよければ after = "nothing" にしてください（取り込みは続いています）。'
        ),
        (
            "What [mailbox.{name}] after says cannot be done. Check in a mail program whether the folder of move: is "
            "there, by the same name to the letter, and whether this user may write to it. Make it where it is "
            'missing; if nothing need be moved, write after = "nothing" (mails are taken all the same).'
        ),
    ),
}
