"""Words of old copies and second installations: the signs, what ``resume`` lists, what ``doctor`` says of them.

Its one promise is that of ``messages``: (Japanese, English) by code; it knows no file and no state.
"""

from __future__ import annotations

from typing import Final

_WITHDRAW: Final = (
    (
        "`hoshobin list` の「送信待ち」のうち、すでに送ったものを取り下げてから、"
        "`hoshobin resume --by 氏名` で再開してください。"
    ),
    (
        "Withdraw what waits to be sent (`hoshobin list`) and has left already, then `hoshobin resume --by NAME`,"
        " which lists first what is unknown."
    ),
)
_OTHER_ENDS: Final = (
    "もう一方の保証便を止めて（そのサーバーで `systemctl disable --now hoshobin`）から、" + _WITHDRAW[0],
    "Turn the other one off (`systemctl disable --now hoshobin` there). " + _WITHDRAW[1],
)

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- The signs -------------------------------------------------------------------------------------------
    "head_unreadable": (
        "末尾の控え（データベースと同じフォルダの head ファイル）が読めません。送信を止めています。" + _WITHDRAW[0],
        "The file `head` beside the database cannot be understood. Nothing is sent. " + _WITHDRAW[1],
    ),
    "behind_witness": (
        (
            "データベースが、別の場所に残した目印（witness）より古くなっています（以前の状態に戻した可能性）。"
            "送信を止めています。" + _WITHDRAW[0]
        ),
        (
            "The database is behind the witness that is kept elsewhere: it was probably put back to an earlier state."
            " Nothing is sent. " + _WITHDRAW[1]
        ),
    ),
    "other_witness": (
        (
            "別の場所に残した目印（witness）が、この保証便のものではありません（データベースを作り直した、目印が壊れた、または"
            "ほかの保証便と置き場が同じ可能性）。送信を止めています。このサーバーで保証便を2つ動かすときは、設定の "
            "`[store] witness` で置き場を分けてください。そうでなければ、" + _WITHDRAW[0]
        ),
        (
            "The witness is not of this database: the database was made again, the witness is damaged, or another"
            " hoshobin on this computer keeps its own there. Nothing is sent. For two on one computer, name a folder"
            " for each in `[store] witness`. Otherwise: " + _WITHDRAW[1]
        ),
    ),
    "other_machine": (
        (
            "以前と別のコンピューターで動いています（データベースを写した可能性）。以前のものも動いていると二重に送るため、"
            "送信を止めています。" + _OTHER_ENDS[0]
        ),
        (
            "This is another computer than the one the database was used on. If that one still runs, everything is sent"
            " twice, so nothing is sent. " + _OTHER_ENDS[1]
        ),
    ),
    "other_installation": (
        (
            "別の保証便が書いたお知らせのメールが、見ているメールボックスに届いています。二重に送るおそれがあるため、"
            "送信を止めています。" + _OTHER_ENDS[0]
        ),
        (
            "A mail to people that another hoshobin wrote lies in a watched mailbox. Two of them would send everything"
            " twice, so nothing is sent. " + _OTHER_ENDS[1]
        ),
    ),
    "copy_elsewhere": (
        (
            "この保証便の名で書かれ、ここに記録のないお知らせのメールが届いています（データベースが以前の状態に戻った、または"
            "写しが別のサーバーで動いている可能性）。送信を止めています。写しが動いていれば止め、" + _WITHDRAW[0]
        ),
        (
            "A mail to people in the name of this database lies in a watched mailbox, and the database does not know"
            " it: it was put back to an earlier state, or a copy of it runs elsewhere. Nothing is sent. Turn such a"
            " copy off. " + _WITHDRAW[1]
        ),
    ),
    "unknown_mail": (
        (
            "この保証便から送られ、ここに送信の記録がない提出メール（またはその通知・返信）が届いています（データベースが以前の"
            "状態に戻った、または写しが別のサーバーで動いている可能性）。送信を止めています。写しが動いていれば止め、"
            + _WITHDRAW[0]
        ),
        (
            "A submission that was made with this database's secret, or an answer to one, lies in a watched mailbox,"
            " and the database has no record of sending it: it was put back to an earlier state, or a copy of it runs"
            " elsewhere. Nothing is sent. Turn such a copy off. " + _WITHDRAW[1]
        ),
    ),
    # --- The same in short, where `resume` and `doctor` list them ---------------------------------------------
    "sign_behind_head": ("末尾の控え（head）より古いデータベースです", "the database is behind the file `head`"),
    "sign_head_unreadable": ("末尾の控え（head）が読めません", "the file `head` cannot be understood"),
    "sign_other_secret": ("秘密の値（secret）が一致しません", "the file `secret` is of another database"),
    "sign_restored": ("バックアップから戻したデータベースです", "the database was put back from a backup"),
    "sign_behind_witness": (
        "別の場所の目印（witness）より古いデータベースです",
        "the database is behind its witness",
    ),
    "sign_other_witness": (
        "別の場所の目印（witness）が、この保証便のものではありません",
        "the witness is not of this database",
    ),
    "sign_other_machine": ("以前と別のコンピューターです", "this is another computer"),
    "sign_other_installation": (
        "別の保証便のお知らせメールが届いています",
        "a mail to people of another hoshobin has come",
    ),
    "sign_copy_elsewhere": (
        "この保証便の名で書かれ、記録のないお知らせメールが届いています",
        "a mail to people in the name of this database has come that it does not know",
    ),
    "sign_unknown_mail": (
        "この保証便から送られ、送信の記録のないメール（またはその通知）が届いています",
        "a submission, or an answer to one, has come of which no sending is recorded",
    ),
    # --- What `resume` lists ----------------------------------------------------------------------------------
    "h_date": ("メールの日付", "dated"),
    "t_signs": ("送信を止めている理由", "Why nothing is sent"),
    "resume_no_signs": (
        "送信は止まっていません（再開の記録だけを残します）。",
        "The sending is not stopped; resuming is only recorded.",
    ),
    "resume_witness": (
        "別の場所の目印にある最後の記録は {theirs}番（{store} のもの）、このデータベースの最後の記録は {own}番です。",
        "The witness knows entry {theirs} (of {store}); this database ends with entry {own}.",
    ),
    "t_unknown_mails": (
        "ここに送信の記録がないメール（{count}通）",
        "Mails of which this database has no record ({count})",
    ),
    # --- What `doctor` says ------------------------------------------------------------------------------------
    "remedy_store": (
        "データベースのファイルの権限と、ディスクの空き・異常を確かめ、`hoshobin audit verify` を実行してください",
        "check the rights of the database's files, and the disk; then run `hoshobin audit verify`",
    ),
    "doctor_store": ("データベースの形式 {revision}", "form {revision} of the database"),
    "doctor_store_stopped": ("送信を止めています：{signs}", "nothing is sent: {signs}"),
    "doctor_witness": ("{folder}（最後の記録 {number}番）", "{folder} (entry {number})"),
    "doctor_witness_to_come": (
        "{folder}（次の処理で書きます）",
        "{folder} (written at the next pass)",
    ),
    "doctor_witness_none": ("なし（{folder}：{why}）", "none ({folder}: {why})"),
    "doctor_witness_unusable": (
        "設定した置き場に書けません（{folder}：{why}）",
        "the configured folder cannot be written ({folder}: {why})",
    ),
    "remedy_witness": (
        (
            "データベースと一緒に戻されない場所（別のディスクなど）のフォルダを用意し、サービスの利用者が書けるようにして、"
            "`[store] witness` に書いてください（同梱のユニットでは {usual} が自動で用意されます）。"
        ),
        (
            "Make a folder that is not put back together with the database (on another disk), let the service's account"
            " write to it, and name it in `[store] witness`. With the shipped unit {usual} is made by itself."
        ),
    ),
    "doctor_evidence": ("手がかり：{present}／ないもの：{absent}", "signs: {present}; missing: {absent}"),
    "doctor_evidence_all": ("手がかり：{present}", "signs: {present}"),
    "evidence_witness": ("別の場所の目印", "the witness"),
    "evidence_machine": ("コンピューターの識別子", "the computer's id"),
    "evidence_telling": ("見ているメールボックスに届くお知らせのメール", "mails to people in a watched mailbox"),
    "evidence_dsn": ("送信サーバーの配送通知", "delivery reports of the mail server"),
    "evidence_copy": ("自社の控え（copy_to）", "our own copies (copy_to)"),
    "evidence_nothing": ("なし", "none"),
    "remedy_blind": (
        (
            "このままでは、サーバーごと以前の状態に戻したときも、2台で動かしたときも、気付けずに二重に送ります。"
            "`[store] witness` を別のディスクに置く、`[operator] notify` に見ているメールボックスを加える、"
            "`[smtp] copy_to` を書く、のどれかをしてください。"
        ),
        (
            "As it is, a computer that was put back to an earlier state, or a second hoshobin, sends everything twice"
            " and nothing tells. Put `[store] witness` on another disk, add a watched mailbox to `[operator] notify`,"
            " or set `[smtp] copy_to`."
        ),
    ),
    # --- The configuration ------------------------------------------------------------------------------------
    "witness_in_store": (
        "データベースの置き場（{store}）の中です",
        "it lies in the store's own directory ({store})",
    ),
}

HINTS: Final[dict[str, tuple[str, str]]] = {
    "witness_in_store": (
        "データベースと一緒に失われ、一緒に戻されるので、目印になりません。別のディスクなど、外のフォルダにしてください",
        "it would be lost and put back together with the store; name a folder elsewhere, best on another disk",
    ),
}
