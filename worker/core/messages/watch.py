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
    # --- Mailboxes that cannot be watched, and what is done to messages afterwards ---
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
    # --- What is older than what is taken ---
    "telling_subject_left": (
        "【保証便】ご確認ください：扱わない古いお知らせらしいメールがあります",
        "[hoshobin] please check: older mails that look like notices are left alone",
    ),
    "telling_left": (
        (
            "{mailbox}に、{since} より前に届いたメールが{left}通あり、保証便は扱いません。"
            "うち{alike}通は、件名・差出人から認証キーのお知らせとみられます。\n"
            "　　保証便を使い始めたところで、手で提出した分だけであれば、何もする必要はありません。\n"
            "　　以前から使っていてデータベースを失った場合などは、未提出のお知らせが残っているおそれがあります。"
            "下のメールを確かめてください。\n"
            "　　保証便に扱わせるには、worker.toml の [mailbox.{name}] に since = {example} のように日付を書きます。"
            "その日以降のメールを読み、「導入前のお知らせ」として承認待ちにします（確認なしに送ることはありません）。"
        ),
        (
            "{mailbox} holds {left} messages that came before {since}; they are left alone. "
            "{alike} of them look like notices, by subject or sender.\n"
            "Where the product is new and all of those were submitted by hand, nothing need be done. Where its "
            "database was lost, some may not be submitted: look at the mails below.\n"
            "To have them taken, write a day as since = {example} under [mailbox.{name}] in worker.toml: mails from "
            "that day on are read, and their notices wait for a person."
        ),
    ),
    "telling_left_mail": ("　　・{mail}", "- {mail}"),
    "telling_left_more": ("　　・ほか{count}通", "- and {count} more"),
    "telling_left_unseen": (
        "　　このほか{count}通は、件数が多いため、又はサーバーから取得できないため、件名を調べていません。",
        "The headers of {count} more were not looked at: they are too many, or the server does not give them.",
    ),
    "status_left": (
        (
            "{mailbox}：{since} より前のメール {left}通は扱っていません"
            "（お知らせとみられるもの {alike}通、件名を調べていないもの {unseen}通）"
        ),
        (
            "{mailbox}: {left} messages from before {since} are left alone "
            "({alike} look like notices, {unseen} not looked at)"
        ),
    ),
}
