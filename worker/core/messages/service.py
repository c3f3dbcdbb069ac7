"""Words of what is stopped, changed and restored under way: own copies, files taken up by themselves, old backups.

Its one promise is that of ``messages``: (Japanese, English) by code; it knows no file and no state.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "other_secret": (
        (
            "データベースと、同じフォルダの secret ファイルが一致しません"
            "（別のデータベースの写しに戻された可能性があります）。送信を止めています。"
            "`hoshobin list` の「送信待ち」のうち、すでに発注者へ送ったものを取り下げてから、"
            "`hoshobin resume --by 氏名` で再開してください（secret ファイルはデータベースに合わせて書き直します）。"
        ),
        (
            "The secret in the database and the file `secret` beside it differ (another database was put back?)."
            " Nothing is sent. Withdraw what waits to be sent (`hoshobin list`) and has left already, then"
            " `hoshobin resume --by NAME`, which writes the file from the database."
        ),
    ),
    "stopping_waits": (
        "停止中：送信サーバーの最後の応答を確認しています（最長10分。強制的に止めると「送信結果不明」になります）",
        "stopping: waiting for the server's last answer (10 minutes at most; cut short, the submission is in doubt)",
    ),
    "telling_configuration": (
        (
            "新しい設定ファイルに誤りがあるため、以前の設定のまま動いています。\n　　{problems}\n"
            "　　直して保存すると、自動で新しい設定に切り替わります。誤りの場所は `hoshobin check` で確認できます。"
        ),
        (
            "The changed configuration is wrong; the old one stays in force.\n{problems}\n"
            "Once mended it is used by itself; `hoshobin check` shows every problem."
        ),
    ),
    "resumed_from": (
        "このデータベースに残る最後の送信：{moment}。これより後に送ったものは、ここに残っていません。",
        "The last mail that this database knows of left at {moment}: what left later is not known here.",
    ),
    "resumed_from_nothing": (
        "このデータベースに送信の記録はありません。送ったものがあっても、ここには残っていません。",
        "This database knows of no mail that left: if any did, it is not known here.",
    ),
    "t_to_resume": (
        "再開すると送信されるもの（{count}件）。すでに送ったものがあれば、再開する前に取り下げてください",
        "What resuming sends ({count}). Where something has left already, do not resume: withdraw it first",
    ),
    "resumes_nothing": (
        "送信待ちのものはありません。",
        "Nothing waits to be sent.",
    ),
    "ask_resume": ("このデータベースで送信を再開しますか", "Resume sending from this database?"),
    "resume_unasked": (
        "まだ再開していません。上の一覧を確かめてから、同じコマンドに --yes を付けて実行してください。",
        "Not resumed yet. Check the list above, then run the same command with --yes.",
    ),
    "resume_declined": (
        "再開していません。送信は止まったままです。",
        "Not resumed. Nothing is sent.",
    ),
    "resumed_looks": (
        "すべての受信メールボックスを一度確認してから送信します。配送通知か自社の控えで送信済みと分かったものは、送りません。",
        "Every mailbox is looked at first; what a report or our own copy proves to have left is not sent again.",
    ),
    "copy_came": (
        "送信済みとみられる自社の控えが届いています",
        "our own copy of it lies in the mailbox: it seems to have left",
    ),
    "copy_to_issuer": (
        "控えの宛先 {address} は、発注者のアドレスかドメインです",
        "{address}, where our own copy goes, is an address or a domain of an issuer",
    ),
    "outside_own_domain": (
        "{address} は、自社のドメインの外です（番号と認証キーが届きます）",
        "{address} is outside the contractor's domain and gets numbers and keys",
    ),
    "shared_address": (
        "{name} のアドレス {address} は、{other} と同じです",
        "{address} of {name} is also that of {other}",
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "outside_own_domain": (
        "意図した宛先か確かめてください（初めての提出のときに一度お尋ねします）",
        "make sure that it is meant; it is asked about once",
    ),
    "shared_address": (
        "ファイルを写したときの直し忘れでないか、公表元と照合してください",
        "compare it with where it is published: a copied file may have kept another issuer's address",
    ),
    "copy_to_issuer": (
        "自社のアドレスを指定するか、copy_to を消してください",
        "name an address of your own, or leave copy_to out",
    ),
}
