"""Words about bringing an older database up to date."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "migrate_nothing": (
        "更新するデータベースはありません（この版の形式 {form}）。",
        "There is no database to bring up to date (the form of this program is {form}).",
    ),
    "migrated": ("データベースを形式 {form} に更新しました。", "The database has the form {form} now."),
    "migrated_kept": (
        "更新前の写し：{file}（次の更新まで残ります。前の版に戻すときに、管理者が `hoshobin restore` に指定します）",
        "The copy from before: {file} (it stays until the next one; `hoshobin restore` takes it on the way back)",
    ),
    "migrate_while_running": (
        (
            "保証便が動いているため、更新できません（プロセス {pid}、開始 {since}）。何も変更していません。"
            "起動のときに自動で更新されるので、通常は不要です。"
        ),
        (
            "hoshobin runs (process {pid}, since {since}), so nothing was changed. A start does the same by itself;"
            " this command is seldom needed."
        ),
    ),
    "migrate_as_root": (
        (
            "root のままでは更新できません。サービスのアカウントが写しを開けなくなるためです。"
            "`sudo -u hoshobin …` で実行してください。何も変更していません。"
        ),
        (
            "Not as root: the service's account could not open the copy. Run it with `sudo -u hoshobin …`."
            " Nothing was changed."
        ),
    ),
}
