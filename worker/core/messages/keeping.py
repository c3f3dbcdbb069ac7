"""Words of how the store is kept: backup and restore, a service that is not there, the configuration in force.

Its one promise is that of ``messages``: (Japanese, English) by code; it knows no file and no state.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- Backup and restore ----------------------------------------------------------------------------------
    "backed_up": (
        "バックアップを作成し、検証しました：{file}（記録 {count}件、最後の記録 {last}、{size} バイト）",
        "A backup is made and checked: {file} ({count} entries, the last of {last}, {size} bytes)",
    ),
    "backed_up_head": (
        "末尾：{head}",
        "Head: {head}",
    ),
    "backed_up_rest": (
        "含まれないもの：設定のフォルダ、パスワードとログインのファイル。別に保管してください。",
        "Not in it: the configuration, passwords and logins. Keep those separately.",
    ),
    "put_back": (
        "{file} に戻しました（記録 {count}件、最後の記録 {last}）。",
        "The store is that of {file} again ({count} entries, the last of {last}).",
    ),
    "put_back_replaced": (
        "戻す前のデータベースは残してあります：{files}",
        "The database before is kept: {files}",
    ),
    "put_back_next": (
        (
            "送信は止めてあります。次にすること：サービスを起動し、`hoshobin list` を送信サーバーの記録や発注者の記録と"
            "照らし、すでに送ったものを取り下げてから、`hoshobin resume --by 氏名` で再開してください。"
        ),
        (
            "Nothing is sent. Next: start the service, compare `hoshobin list` with the mail server's record or the"
            " issuers, withdraw what has left already, then `hoshobin resume --by NAME`."
        ),
    ),
    "restored": (
        (
            "バックアップから戻したデータベースのため、送信を止めています。`hoshobin list` の「送信待ち」のうち、"
            "すでに送ったものを取り下げてから、`hoshobin resume --by 氏名` で再開してください。"
        ),
        (
            "The database was put back from a backup. Nothing is sent. Withdraw what waits to be sent"
            " (`hoshobin list`) and has left already, then `hoshobin resume --by NAME`."
        ),
    ),
    "restore_while_running": (
        (
            "保証便が動いているため、戻せません（プロセス {pid}、開始 {since}）。何も変更していません。"
            "`systemctl stop hoshobin` で止めてから、もう一度実行してください。"
        ),
        (
            "hoshobin runs (process {pid}, since {since}), so nothing was put back. Stop it"
            " (`systemctl stop hoshobin`), then run this again."
        ),
    ),
    "restore_as_root": (
        (
            "root のままでは戻せません。戻したデータベースを、サービスの利用者（{owner}）が開けなくなるためです。"
            "`sudo -u {owner} …` で実行してください。何も変更していません。"
        ),
        (
            "Not as root: the service's account ({owner}) could not open what is put back. Run it with"
            " `sudo -u {owner} …`. Nothing was changed."
        ),
    ),
    "backup_unsound": (
        (
            "作成した写しの検証に失敗したため、バックアップは残していません（{what}：{detail}）。元のデータベースが壊れている"
            "おそれがあります。`hoshobin audit verify` を実行し、管理者へご連絡ください。"
        ),
        (
            "The copy does not verify and was not kept ({what}: {detail}). The database itself may be damaged: run"
            " `hoshobin audit verify`, and tell the administrator."
        ),
    ),
    "restore_unsound": (
        (
            "{file} は正しいバックアップではないため、戻していません（{what}：{detail}）。何も変更していません。"
            "別のバックアップを指定してください。"
        ),
        ("{file} is no sound backup ({what}: {detail}). Nothing was changed. Name another backup."),
    ),
    "unsound_corrupt": ("ファイルが壊れている", "the file is damaged"),
    "unsound_not_a_store": ("保証便のデータベースではない", "it is no database of hoshobin"),
    "restore_newer": (
        "{file} は、より新しい版の保証便のバックアップです。何も変更していません。その版に更新してから戻してください。",
        "{file} is a backup of a newer hoshobin. Nothing was changed. Install that version, then run this again.",
    ),
}
