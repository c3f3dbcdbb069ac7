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
        "データベースを {file} の内容に戻しました（記録 {count}件、最後の記録 {last}）。",
        "The store is that of {file} again ({count} entries, the last of {last}).",
    ),
    "put_back_replaced": (
        "戻す前のデータベースは残してあります：{files}",
        "The database before is kept: {files}",
    ),
    "put_back_next": (
        (
            "送信は止めてあります。次にすること：サービスを起動し、`hoshobin list` を送信サーバーの記録や発注者の記録と"
            "照らし、すでに発注者へ送ったものを取り下げてから、`hoshobin resume --by 氏名` で再開してください。"
        ),
        (
            "Nothing is sent. Next: start the service, compare `hoshobin list` with the mail server's record or the"
            " issuers, withdraw what has left already, then `hoshobin resume --by NAME`."
        ),
    ),
    "restored": (
        (
            "バックアップから戻したデータベースのため、送信を止めています。`hoshobin list` の「送信待ち」のうち、"
            "すでに発注者へ送ったものを取り下げてから、`hoshobin resume --by 氏名` で再開してください。"
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
            "root のままでは戻せません。戻したデータベースを、サービスのアカウント（{owner}）が開けなくなるためです。"
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
        (
            "{file} は、より新しい版の保証便のバックアップです（バックアップの形式 {found}、このプログラム {own}）。"
            "何も変更していません。その版に更新してから戻してください。"
        ),
        (
            "{file} is a backup of a newer hoshobin (form {found}, this program's {own}). Nothing was changed. Install"
            " that version, then run this again."
        ),
    ),
    # --- The configuration in force --------------------------------------------------------------------------
    "config_recorded": (
        (
            "設定に誤りがあるため、{since} から使われている設定で表示します（誤り：{place}{more}。"
            "`hoshobin check` で場所と直し方が分かります）。"
        ),
        (
            "The configuration is wrong, so the one in force since {since} is used ({place}{more}; `hoshobin check`"
            " names each place and what to do)."
        ),
    ),
    "config_faults_more": (" ほか{count}件", " and {count} more"),
    # --- A service that is not there -------------------------------------------------------------------------
    "absent_ended": (
        (
            "保証便が動いていません（{since} から。{why}）。"
            "その間、受信・送信・再送・お知らせのメールは止まっています。"
            "管理者に連絡し、起動してください（`systemctl start hoshobin`）。"
        ),
        (
            "hoshobin does not run (since {since}: {why}). Meanwhile nothing is received, sent, tried again or told."
            " Have it started (`systemctl start hoshobin`)."
        ),
    ),
    "absent_unknown": (
        (
            "保証便が動いていません（終わった時刻と理由の記録がありません。最後に動いていたと分かる時刻：{since}）。"
            "その間、受信・送信・再送・お知らせのメールは止まっています。"
            "管理者に連絡し、起動してください（`systemctl start hoshobin`、理由は `journalctl -u hoshobin`）。"
        ),
        (
            "hoshobin does not run. No end and no reason were recorded; it was last known to run at {since}. Meanwhile"
            " nothing is received, sent, tried again or told. Have it started (`systemctl start hoshobin`; the reason"
            " may stand in `journalctl -u hoshobin`)."
        ),
    ),
    "absent_no_sign": ("不明", "an unknown time"),
    "absent_never": (
        "保証便が動いていません（まだ一度も起動していません）。起動するまで、受信も送信もありません。",
        "hoshobin does not run: it was never started here. Until then nothing is received or sent.",
    ),
    "absent_once": (
        (
            "保証便が動いていません（`run --once` の1回分の処理が {since} に終わりました）。"
            "次に実行するまで、受信も送信もありません。"
        ),
        (
            "hoshobin does not run: one pass (`run --once`) ended at {since}. Until the next one nothing is received"
            " or sent."
        ),
    ),
    "end_asked": ("停止の操作で終了", "it was stopped"),
    "end_restore": ("バックアップから戻した後、起動していません", "not started after a backup was put back"),
    "end_configuration": (
        "設定の誤りで起動できず（{detail}。`hoshobin check` で場所が分かります）",
        "the configuration is wrong ({detail}; `hoshobin check` names the place)",
    ),
    "end_unavailable": ("使えないものがあり終了：{detail}", "something could not be used: {detail}"),
    "end_log_broken": ("記録（ログ）の検証に失敗して終了：{detail}", "the log does not verify: {detail}"),
    "end_fault": ("プログラムの不具合で終了：{detail}", "a fault of this program: {detail}"),
    "end_exit-code": ("異常終了（終了コード {detail}）", "it failed (exit status {detail})"),
    "end_signal": ("強制終了された（{detail}）", "it was killed ({detail})"),
    "end_core-dump": ("異常終了した（{detail}）", "it crashed ({detail})"),
    "end_watchdog": ("応答がなくなり systemd が終了させた", "it no longer answered and was ended by systemd"),
    "end_oom-kill": ("メモリ不足で終了させられた", "memory ran out and it was killed"),
    "end_timeout": ("時間内に起動か停止ができず終了させられた", "it took too long to start or stop"),
    "end_resources": ("サーバーのメモリなどが足りず起動できず", "the server lacked what it takes to start it"),
    "end_protocol": ("起動の途中で終了", "it ended while it started"),
    "end_start-limit-hit": ("続けて起動に失敗し、自動の再起動を終了", "it failed too often and is not started again"),
    "end_other": ("理由：{detail}", "{detail}"),
    "service_running": ("動作中", "runs"),
    "remedy_service": (
        "理由を除いてから `systemctl start hoshobin` で起動してください（`journalctl -u hoshobin` に詳細があります）。",
        "Remove the reason, then `systemctl start hoshobin`; `journalctl -u hoshobin` tells more.",
    ),
    "service_failed": (
        "【保証便】{text}",
        "[hoshobin] {text}",
    ),
    "service_failed_no_command": (
        "[operator] command の設定がないため、担当者に知らせていません。",
        "There is no [operator] command: no person was told.",
    ),
}
