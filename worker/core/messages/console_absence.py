"""Words of the pages on which people change who acts: rehearsal or live, absence, requests, work taken on."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- absence
    "as_deputy": ("代理 {by}（{absent} 不在）", "{by}, deputy of {absent} (away)"),
    "away_order": (
        "不在の終わりの日が、始まりの日より前です。何も変更していません。",
        "The absence ends before it begins. Nothing was changed.",
    ),
    "away_past": (
        "{until} までの不在は、すでに終わっています。何も変更していません。",
        "An absence until {until} is over already. Nothing was changed.",
    ),
    "away_long": (
        "不在が長すぎます（{until} まで）。日付を確かめてください。何も変更していません。",
        "This absence (until {until}) is too long. Look at the dates. Nothing was changed.",
    ),
    "away_needs_days": (
        "不在の始まりと終わりの日を入力してください。",
        "Give the first and the last day of the absence.",
    ),
    "deputy_self": (
        "{name}さんご本人は代理になれません。何も変更していません。",
        "{name} cannot be the deputy of {name}. Nothing was changed.",
    ),
    "deputy_may_not": (
        "{name}さんは、この期間に承認できないため代理になれません。代理にできる方：{people}。何も変更していません。",
        "{name} cannot approve on all of these days. Possible deputies: {people}. Nothing was changed.",
    ),
    "deputy_away": (
        "{name}さんも、この期間に不在です。代理にできる方：{people}。何も変更していません。",
        "{name} is away on one of these days too. Possible deputies: {people}. Nothing was changed.",
    ),
    "away_set": (
        "{name}さんの不在を登録しました：{days}",
        "The absence of {name} is recorded: {days}",
    ),
    "away_ended": ("{name}さんの不在を取り消しました。", "The absence of {name} is removed."),
    "away_days": ("{first}から{last}まで（代理：{deputy}）", "{first} to {last} (deputy: {deputy})"),
    "away_days_alone": ("{first}から{last}まで（代理なし）", "{first} to {last} (no deputy)"),
    "away_uncovered": (
        "{day}は、承認できる方が一人もいません。ほかの方の不在か、代理の方を見直してください。",
        "On {day} no approver is there. Look at the other absences.",
    ),
    "absences": ("不在と代理", "Absences and deputies"),
    "absences_note": (
        (
            "不在の間の承認の依頼は、ほかの「承認」の方が受け取ります。代理の方が承認すると、"
            "記録に「代理 佐藤（山田 不在）」のように両方の氏名が残ります。"
        ),
        "Requests go to the other approvers meanwhile. An approval by the deputy is recorded with both names.",
    ),
    "absence_own": ("不在", "Absence"),
    "absence_of_others": ("ほかの方の不在を登録", "Absences of others"),
    "absence_first": ("始まりの日", "First day"),
    "absence_last": ("終わりの日", "Last day"),
    "absence_deputy": ("代理（承認できる方）", "Deputy (an approver)"),
    "absence_no_deputy": ("決めない", "none"),
    "absence_go": ("不在を登録", "Record the absence"),
    "absence_end_go": ("不在を取り消す", "Remove the absence"),
    "absence_change": ("不在を変更", "Change"),
    "absence_none": ("登録なし", "none"),
    "said_absence_set": ("不在を登録しました。", "The absence is recorded."),
    "said_absence_ended": ("不在を取り消しました。", "The absence is removed."),
    # --- requests
    "requested_line": (
        "{by}さんが承認を依頼しました（{moment}）。依頼先：{people}",
        "{by} requested the approval ({moment}) of {people}.",
    ),
    "requested_line_alone": (
        "{by}さんが承認を依頼しました（{moment}）。いま承認できる方がいません。",
        "{by} requested the approval ({moment}). No approver is there now.",
    ),
    # --- work taken on
    "taken": (
        "{name}さんが {id} を引き受けました。1営業日なにもしないと終わります。",
        "{name} has taken {id} on. That ends after a working day without an act.",
    ),
    "taken_left": ("{id} の引き受けをやめました。", "{id} is left to the others."),
    "taken_by_another": (
        "引き受けているのは{name}さんです。何も変更していません。",
        "{name} has taken it on. Nothing was changed.",
    ),
    "h_taken": ("担当", "Taken by"),
    "take_go": ("引き受ける", "Take it on"),
    "take_over_go": ("引き継ぐ", "Take it over"),
    "take_leave_go": ("引き受けをやめる", "Leave it"),
    "said_work_taken": (
        "引き受けました。1営業日なにもしないと終わります。",
        "You have taken it on, for a working day.",
    ),
    "said_work_left": ("引き受けをやめました。", "You have left it."),
    # --- rehearsal
    "rehearsal_title": ("本番とリハーサル", "Live or rehearsal"),
    "rehearsal_now": ("いまの状態", "Now"),
    "rehearsal_is_on": (
        "リハーサル中です。発注者には送らず、すべて {to} に送ります。",
        "Rehearsal: nothing goes to the issuers; all mail goes to {to}.",
    ),
    "rehearsal_is_off": (
        "本番です。承認した提出は発注者に送ります。",
        "Live: approved mail goes to the issuers.",
    ),
    "rehearsal_end_go": ("本番に切り替える", "Go live"),
    "rehearsal_begin_go": ("リハーサルに戻す", "Back to the rehearsal"),
    "rehearsal_end_title": ("本番に切り替えると", "When you go live"),
    "rehearsal_begin_title": ("リハーサルに戻すと", "In the rehearsal"),
    "rehearsal_end_mails": (
        "これから承認する提出は、発注者の宛先に送ります。",
        "What is approved from then on goes to the issuers.",
    ),
    "rehearsal_end_waiting": (
        (
            "リハーサル済みの提出（{rehearsed}件）と送信を待っている提出（{approved}件）は、発注者の宛先で作り直します。"
            "もう一度承認するまで送りません。"
        ),
        (
            "What was rehearsed ({rehearsed}) and what waits to be sent ({approved}) is written again for the issuers, "
            "and is not sent until it is approved once more."
        ),
    ),
    "rehearsal_end_by_itself": (
        "いまの設定では、確認の必要がない提出は、承認を待たずに発注者に送ります。",
        "By the present setting, what asks for no answer goes to the issuers without an approval.",
    ),
    "rehearsal_end_back": (
        "この画面でいつでもリハーサルに戻せます。発注者に送ったメールは取り消せません。",
        "You can return to the rehearsal here at any time. Mail that was sent to an issuer cannot be taken back.",
    ),
    "rehearsal_begin_mails": (
        "発注者には送らず、すべて {to} に送ります。",
        "Nothing goes to the issuers; all mail goes to {to}.",
    ),
    "rehearsal_begin_waiting": (
        "待っている提出（{count}件）も、本番に切り替えるまで発注者には送りません。",
        "What waits ({count}) does not go to the issuers either until you go live.",
    ),
    "rehearsal_begin_sent": (
        "発注者に送ったメールは変わりません。",
        "Mail that was sent to an issuer stays sent.",
    ),
    "rehearsal_recorded": (
        "切り替えた方の氏名と日時を記録します。",
        "Your name and the time are recorded.",
    ),
    "said_rehearsal_off": (
        "本番に切り替えました。待っている提出には1分以内に反映します。その後、もう一度承認してください。",
        "You are live. What waits changes within a minute. Approve it again after that.",
    ),
    "said_rehearsal_on": (
        "リハーサルにしました。発注者には送りません。待っている提出には1分以内に反映します。",
        "The rehearsal is on. Nothing goes to the issuers. What waits changes within a minute.",
    ),
}
