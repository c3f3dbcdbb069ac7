"""What is said of announcements whose notice is not here: the task, the reminder, the command that ties the two.

Its one promise is that of ``words``: (Japanese, English) by code; it knows no file and no state.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "task_download": (
        "「認証キーのお知らせ」PDFを取得し、所定のフォルダ（{folder}）に保存（不要なら取下げ）{names}{steps}",
        "download the notice PDF and save it to the folder ({folder}), or withdraw{names}{steps}",
    ),
    "task_download_names": ("。対象：{names}", ". About: {names}"),
    "task_download_steps": ("。手順：{steps}", ". Steps: {steps}"),
    "task_download_here": (
        "。この発行完了メールのものなら結び付け：{here}",
        ". Tie it to these, if they are what it announces: {here}",
    ),
    "download_step": ("（{number}）{step}", "({number}) {step}"),
    "joined": (
        "{id} の発行完了メールを {answers} に結び付けました。PDF待ちは終わりです。",
        "{id}: the announcement is tied to {answers}; its notice is no longer awaited.",
    ),
    "not_its_notice": (
        "{other} は、{id} と同じ保証会社のお知らせとして読み取れたものではありません。何も変更していません。",
        "{other} is no notice of the guarantor of {id}. Nothing was changed.",
    ),
    "state_joined": ("取下げ（{answers} のお知らせとして受付済み）", "withdrawn (its notice came as {answers})"),
}
