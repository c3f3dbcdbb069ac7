"""The limits of monitoring: (Japanese, English)."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "limits_none": ("限度を超えている数値はありません。", "No limit is crossed."),
    "limit_HoshobinAbsent": (
        "保証便の数値を15分以上取れていません。サーバー、保証便の画面、データベースのどれかが止まっています",
        "no figures of hoshobin came for 15 minutes: the server, the console or the database is down",
    ),
    "limit_HoshobinNotRunning": (
        "保証便のサービスが動いていません。お知らせを受け取らず、何も送りません",
        "the service does not run: no notice is read, and nothing is sent",
    ),
    "limit_HoshobinFolderDeaf": (
        "お知らせのフォルダを20分以上確認できていません",
        "the folder of notices was not looked at for 20 minutes",
    ),
    "limit_HoshobinDeaf": ("メールボックスを15分以上確認できていません", "a mailbox was not looked at for 15 minutes"),
    "limit_HoshobinMailboxGap": (
        "メールボックスに、記録のないメールがあります",
        "a mailbox has messages that are not in the ledger",
    ),
    "limit_HoshobinInDoubt": ("送信結果不明の提出があります", "a submission is in doubt"),
    "limit_HoshobinRefused": ("送信を拒否された提出があります", "a submission was refused"),
    "limit_HoshobinBounced": ("届かずに戻った提出があります", "a submission bounced"),
    "limit_HoshobinOverdue": ("到達を確認できない提出があります", "a submission has had no news for too long"),
    "limit_HoshobinHeldLong": (
        "1営業日を超えて、誰も手を付けていない保留があります",
        "a submission is held for more than a working day",
    ),
    "limit_HoshobinNotLeaving": (
        "送信予定を30分過ぎても送られていない提出があります",
        "an approved submission did not leave within 30 minutes of its time",
    ),
    "limit_HoshobinUrgentTasks": ("急ぐ対応が残っています", "urgent tasks are open"),
    "limit_HoshobinAccountRefused": (
        "送信サーバーが、ログインを拒否しています",
        "the mail server refuses our account",
    ),
    "limit_HoshobinNoticesUnread": (
        "この1日のお知らせの半分以上を読み取れていません",
        "more than half of a day's notices could not be read",
    ),
    "limit_HoshobinAlarmsUnsent": (
        "担当者へのお知らせのメールを15分以上送れていません",
        "mails to people have not been accepted for 15 minutes",
    ),
    "limit_HoshobinLogBroken": ("記録（ログ）の検証に失敗しました", "the log does not verify"),
    "limit_HoshobinLogUnverified": ("記録（ログ）を8日以上検証していません", "the log was not verified for 8 days"),
    "limit_HoshobinBackupOld": ("バックアップを26時間以上作成していません", "no backup was made for 26 hours"),
    "limit_HoshobinBackupUntried": (
        "バックアップを35日以上検証していません",
        "no backup was restored for a trial for 35 days",
    ),
    "limit_HoshobinDiskFull": (
        "データベースのディスクの空きが1GB未満です",
        "the disk of the database has less than 1 GB free",
    ),
}
