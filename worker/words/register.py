"""What registering, the register's overview and the tasks say: (Japanese, English).

Its one promise is that of ``words``; it knows no file and no state.
"""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- Tasks -----------------------------------------------------------------------------------------------
    "task_call": (
        "{whom}（{phone}）へ電話で到達を確認し、記録",
        "call {whom} ({phone}), ask whether it arrived, and record the answer",
    ),
    "task_call_unknown": (
        "{whom}へ電話で到達を確認し、記録（電話番号は未登録）",
        "call {whom} (no number is registered), ask whether it arrived, and record the answer",
    ),
    "task_unconfirmed": (
        "到達未確認。返信又は電話があれば記録",
        "arrival not confirmed: record the reply or the call when it comes",
    ),
    "task_settling": (
        "到達未確認。{days}日以内に不達の知らせがなければ完了",
        "arrival not confirmed: closed when no bounce comes within {days} days",
    ),
    "task_expected": (
        "{product}の「認証キーのお知らせ」が未着。保証の申込み・取得の状況を確認",
        "the notice of the {product} is not here: look at the application with the surety",
    ),
    "task_undated": (
        "{product}が未着。期限を示すため、契約日又は請求日を案件に登録",
        "the {product} is not here: register the date of contract or invoice, so that there is a due date",
    ),
    "no_tasks": ("対応することはありません。", "There is nothing to do."),
    "status_tasks": (
        "対応すること：{count}件（うち至急 {now}件）。`hoshobin tasks` でご確認ください。",
        "Tasks: {count}, {now} of them at once. See `hoshobin tasks`.",
    ),
    "urgency_1": ("至急", "now"),
    "urgency_2": ("本日", "today"),
    "urgency_3": ("近日", "soon"),
    "urgency_4": ("経過観察", "watch"),
    "h_urgency": ("急ぎ", "urgency"),
    "h_todo": ("すること", "what to do"),
    "h_due_date": ("期限", "due"),
    "t_no_project": ("案件不明", "project not known"),
    # --- The register's overview -----------------------------------------------------------------------------
    "h_task": ("次にすること", "next task"),
    "cell_missing": ("未着", "not here yet"),
    "cell_not_expected": ("—", "—"),
    "cell_settled": ("送信済み（不達なし・完了）", "sent, no bounce: closed"),
    "cell_more": ("{cell}　ほか{count}件", "{cell}, {count} more"),
    "no_projects": (
        "案件の登録がありません。`hoshobin project add` で登録してください。",
        "No project is registered. Add one with `hoshobin project add`.",
    ),
}
