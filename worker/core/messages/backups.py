"""Backups that are kept, checked and missing: (Japanese, English)."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "backup_old": (
        "バックアップが{days}日間取れていません（最後は{at}）。管理者に連絡してください。",
        "No backup was made for {days} day(s) (the last: {at}). Tell the administrator.",
    ),
    "backup_ahead": (
        (
            "最後のバックアップの日時（{at}）が、サーバーの時計より先です。時計が戻されたため、最後にいつ取れたか分かりません。"
            "管理者に連絡してください。"
        ),
        (
            "The last backup is dated {at}, ahead of the server's clock: the clock was set back, and the age of the"
            " backup is not known. Tell the administrator."
        ),
    ),
    "backup_never": (
        "バックアップを一度も取っていません（記録は{at}から）。管理者に連絡してください。",
        "No backup was ever made (the log began {at}). Tell the administrator.",
    ),
    "backup_task_old": (
        "バックアップが{days}日間取れていません（最後は{at}）。毎晩の作成が動いていません。管理者に連絡",
        "No backup was made for {days} day(s) (the last: {at}): none is made each night. Tell the administrator",
    ),
    "backup_task_ahead": (
        "最後のバックアップの日時（{at}）が、サーバーの時計より先です。最後にいつ取れたか分かりません。管理者に連絡",
        "The last backup is dated {at}, ahead of the server's clock, and its age is not known. Tell the administrator",
    ),
    "backup_task_never": (
        "バックアップを一度も取っていません（記録は{at}から）。毎晩の作成を始めます。管理者に連絡",
        "No backup was ever made (the log began {at}). Have one made each night. Tell the administrator",
    ),
    "doctor_backup": ("最後のバックアップ {at}", "the last backup: {at}"),
    "doctor_backup_to_come": ("まだ一度も作成していません", "none was made yet"),
    "remedy_backup": (
        (
            "管理者が `hoshobin backup 置き場` で作成し、`systemctl list-timers 'hoshobin-backup*'` に"
            "次の予定があること、`journalctl -u hoshobin-backup` に異常がないことを確かめます"
            "（会社ごとの形では `hoshobin-backup@会社`）"
        ),
        (
            "make one with `hoshobin backup DIR`; see that `systemctl list-timers 'hoshobin-backup*'` has a next time,"
            " and what `journalctl -u hoshobin-backup` says (with several contractors: `hoshobin-backup@NAME`)"
        ),
    ),
    # --- hoshobin backup ---------------------------------------------------------------------------------------
    "backed_up_configuration": (
        "設定のフォルダの写し：{file}",
        "Copy of the configuration: {file}",
    ),
    "backed_up_left_out": (
        "設定のうち、読めずに写していないファイル：{files}",
        "Files of the configuration that could not be read, and are not in it: {files}",
    ),
    "backed_up_removed": (
        "保存期間を過ぎたバックアップを消しました：{files}",
        "Older backups that are not kept any more were removed: {files}",
    ),
    "backup_no_room": (
        (
            "{target} の空きが足りないため、バックアップを作成していません（空き {free}、必要 {needed}）。"
            "空きを増やしてから、もう一度実行してください。前のバックアップは残っています。"
        ),
        (
            "There is too little room in {target}, so no backup was made (free {free}, needed {needed})."
            " Make room, then run this again. The backups before are kept."
        ),
    ),
    "backup_same_disk": (
        (
            "{target} は、データベースと同じディスクにあります。ディスクが壊れると、両方とも失います。"
            "別のディスクか、別のコンピューターに置いてください。"
        ),
        (
            "{target} is on the same disk as the database: one broken disk would take both. Use another disk or another"
            " computer."
        ),
    ),
    "backup_loose": (
        "{target} には、ほかの利用者も書き込めます。バックアップを消されたり、差し替えられたりするおそれがあります。",
        "Other accounts may write into {target}: they could remove the backups, or put others in their place.",
    ),
    "remedy_loose_backup": (
        "`chmod go-w {target}` を実行します（共有フォルダのときは、接続の設定で変えます）",
        "run `chmod go-w {target}` (of a network share, change its mount options)",
    ),
    "remedy_same_disk": (
        "別のディスクをつなぎ、置き場をその中に変えます（バックアップの手引き「置き場を変える」）",
        "connect another disk and keep the backups there",
    ),
    "backup_disk_gone": (
        (
            "{target} は、前回は別のディスクにありましたが、今はデータベースと同じディスクにあります。"
            "置き場のディスクがつながっていないとみて、バックアップを作成していません。"
            "つないでから（`findmnt --target {target}` で確かめます）、もう一度実行してください。"
            "これからは同じディスクに置くときは、`--same-disk` を付けて一度実行します。"
        ),
        (
            "{target} was on another disk the last time and is on the database's disk now. The disk of the backups"
            " seems not to be mounted, so no backup was made. Mount it (`findmnt --target {target}`), then run this"
            " again. If the backups are to be on the same disk from now on, run it once with `--same-disk`."
        ),
    ),
    # --- hoshobin backup check ---------------------------------------------------------------------------------
    "backup_checked": (
        "一時フォルダに戻して検証しました。使えるバックアップです：{file}（記録 {count}件、最後の記録 {last}）",
        "Restored into a temporary folder and verified: {file} ({count} entries, the last of {last})",
    ),
    "backup_checked_bare": (
        "このファイルには目録（.manifest.json）がないため、作成時と同じ内容かどうかは確かめていません。",
        "There is no manifest beside it, so it was not compared with what was written then.",
    ),
    "backup_check_unsound": (
        (
            "{file} はバックアップとして使えません（{what}：{detail}）。別のバックアップを検証し、"
            "新しいバックアップを作成してください。置き場のディスクを点検してください。"
        ),
        (
            "{file} cannot be used as a backup ({what}: {detail}). Check another one, make a new one, and examine the"
            " disk that they are on."
        ),
    ),
    "backup_check_no_room": (
        (
            "{target} の空きが足りないため、{file} を検証していません（空き {free}、必要 {needed}）。"
            "検証では、データベースの写しを一時フォルダに作ります。空きを増やしてから、もう一度実行してください。"
        ),
        (
            "There is too little room in {target}, so {file} was not checked (free {free}, needed {needed})."
            " A check makes a copy of the database. Make room, then run this again."
        ),
    ),
    "no_backup_in": (
        "{target} に、目録のそろったバックアップがありません。管理者が `hoshobin backup {target}` で作成してください。",
        "There is no backup with its manifest in {target}. Make one: `hoshobin backup {target}`.",
    ),
    "unsound_backup_differs": ("作成したときの内容と異なる", "it differs from what was written"),
    # --- What is to be done ------------------------------------------------------------------------------------
    "backup_task": ("バックアップ", "Backup"),
    "backup_of_all": ("保証便", "hoshobin"),
    "backup_trouble_no_room": (
        (
            "{at} から、バックアップを作成できていません。"
            "置き場（{target}）の空きが足りません（空き {free}、必要 {needed}）。管理者に連絡"
        ),
        (
            "No backup is made since {at}: too little room in {target} (free {free}, needed {needed})."
            " Tell the administrator"
        ),
    ),
    "backup_trouble_disk_gone": (
        ("{at} から、バックアップを作成できていません。置き場（{target}）のディスクがつながっていません。管理者に連絡"),
        ("No backup is made since {at}: the disk of {target} is not mounted. Tell the administrator"),
    ),
    "backup_trouble_unsound": (
        (
            "{at} から、バックアップを作成できていません。写しの検証に失敗しています（{detail}）。"
            "データベースが壊れているおそれがあります。管理者に連絡"
        ),
        (
            "No backup is made since {at}: the copy does not verify ({detail}); the database may be damaged."
            " Tell the administrator"
        ),
    ),
    "backup_trouble_unreached": (
        "{at} から、置き場（{target}）にバックアップを作成できていません（{detail}）。管理者に連絡",
        "No backup is made in {target} since {at} ({detail}). Tell the administrator",
    ),
    "backup_trouble_check_unsound": (
        "{at} に検証したバックアップ（{target}）は使えません（{detail}）。管理者に連絡",
        "The backup checked at {at} ({target}) cannot be used ({detail}). Tell the administrator",
    ),
    "backup_trouble_check_unreached": (
        "{at} に、バックアップ（{target}）を検証できませんでした（{detail}）。管理者に連絡",
        "The backup could not be checked at {at} ({target}: {detail}). Tell the administrator",
    ),
    "backup_trouble_check_no_room": (
        (
            "{at} に、バックアップを検証できませんでした。"
            "検証に使う場所（{target}）の空きが足りません（空き {free}、必要 {needed}）。管理者に連絡"
        ),
        (
            "The backup could not be checked at {at}: too little room in {target} (free {free}, needed {needed})."
            " Tell the administrator"
        ),
    ),
    "backup_trouble_check_none": (
        "{at} に検証しようとしましたが、置き場（{target}）にバックアップがありません。管理者に連絡",
        "There was no backup to be checked in {target} at {at}. Tell the administrator",
    ),
    "telling_backup_failed": (
        (
            "{what}。\n"
            "　　新しいバックアップのないままデータベースを失うと、その間の記録は戻りません。"
            "受信と送信は続いています。\n"
            "　　管理者の方は、置き場のディスクを確かめ、`hoshobin backup 置き場` で作成してください。"
        ),
        (
            "{what}.\n"
            "    If the database is lost before there is a new backup, the records since the last one are lost. Mail is"
            " read and sent as before.\n"
            "    The administrator examines the disk and makes one: `hoshobin backup DIR`."
        ),
    ),
    "telling_subject_backup": ("【保証便】バックアップに異常があります", "[hoshobin] the backup failed"),
    "health_backup": (
        "置き場のディスクを確かめてから、管理者がバックアップを作成します。",
        "The administrator examines the disk of the backups, then makes one.",
    ),
    "health_no_backup": ("まだ一度も作成していません", "none was made yet"),
    "kind_backup": ("バックアップ", "backup"),
    "button_health": ("稼働状況を見る", "See the health"),
}
