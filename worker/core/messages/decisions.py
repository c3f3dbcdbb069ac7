"""Words of the decisions of several people: request, send back, stop, and of their refusals."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "requested": (
        "{id} を確認済みとし、承認を依頼しました。承認するのは別の方です。",
        "{id} is confirmed, and its approval requested. Another person approves it.",
    ),
    "requested_of": (
        "{id} を確認済みとし、承認を依頼しました（依頼先：{people}）。",
        "{id} is confirmed, and its approval requested of {people}.",
    ),
    "sent_back": (
        "{id} を差し戻しました。承認されるか内容が変わるまで、送信しません。",
        "{id} is sent back. It is not sent until it is approved or changed.",
    ),
    "stopped": (
        "{id} の送信を止め、保留に戻しました。送信するには、もう一度承認してください。",
        "{id} is stopped and held. Approve it once more to send it.",
    ),
    "second_person_missing": (
        "二人で承認する設定ですが、確認する方と承認する方の二人がいません（いまの方：{people}）。利用者を追加してください",
        "two people release a draft by this setting, but there are no two (now: {people}): add an account first",
    ),
    "no_draft": (
        "{id} には送信するメールがないため、承認を依頼できません。何も変更していません。",
        "{id} has no mail to be sent, so no approval can be requested. Nothing was changed.",
    ),
    "rehearsal_on": (
        "リハーサルにしました。発注者には送らず、すべて {to} に送ります。",
        "The rehearsal is on. Nothing goes to the issuers; all mail goes to {to}.",
    ),
    "rehearsal_off": (
        "本番に切り替えました。承認した提出は、発注者に送ります。待っている提出は、もう一度承認してください。",
        "The rehearsal is off. Approved mail goes to the issuers. Approve again what waits.",
    ),
    "rehearsing_before": (
        "すでにリハーサルです。何も変更していません。",
        "The rehearsal is on already. Nothing was changed.",
    ),
    "live_before": (
        "リハーサルではありません（本番です）。何も変更していません。",
        "There is no rehearsal to end. Nothing was changed.",
    ),
    "requested_before": (
        "{id} の承認は、すでにあなたが依頼しています。別の方の承認をお待ちください。",
        "You have requested the approval of {id} already. Wait for another person to approve it.",
    ),
    "not_second": (
        (
            "{by}さんは {id} を準備した方か、承認を依頼した方のため、二人目になれません（確認：{asker}）。"
            "何も承認していません。別の方に承認を依頼してください。"
        ),
        (
            "{by} prepared {id} or requested its approval, and cannot be its second person (confirmed by {asker}). "
            "Nothing was approved. Ask another person to approve it."
        ),
    ),
    "answered_of_two": (
        "{id} を確認しました。送信には、もう一人の承認が必要です。状態：{state}",
        "{id} is confirmed by you. One more person must approve it. State: {state}",
    ),
    "grace_waits": (
        "承認したメールは、承認から{seconds}秒の間は送信しません。`hoshobin stop 番号` で止められます。",
        "An approved mail leaves {seconds} seconds after its approval, not before. `hoshobin stop ID` stops it.",
    ),
    "state_second": ("二人目の承認待ち（確認：{by}）", "waiting for a second person (confirmed by {by})"),
    "step_asked": ("{by}さんの承認の依頼：{step}", "request of {by}: {step}"),
    "step_second_asked": (
        "{by}さんの承認の依頼：準備も確認もしていない方が承認",
        "request of {by}: a person who did neither the preparation nor this confirmation approves",
    ),
    "state_returned": ("差し戻し（{by}）", "sent back by {by}"),
    "state_returned_why": ("差し戻し（{why}）", "sent back: {why}"),
    "state_rehearsed": ("リハーサル済み（発注者には未提出）", "rehearsed, not submitted to the issuer"),
    "state_leaves": ("{state}（{moment}）", "{state} ({moment})"),
    "state_call_again": ("折返し待ち（{moment}）", "call again ({moment})"),
    "corrected": ("{id} の記録を取り消しました。状態：{state}", "{id}: the record is taken back. State: {state}"),
    "confirm_which": ("--failed と --later は一緒に指定できません", "--failed and --later cannot be given together"),
    "memo_kept": ("{id} にメモを記録しました。", "{id}: the memo is recorded."),
    "not_reached": ("{id} の電話（担当者不在）を記録しました。", "{id}: the call is recorded."),
    "nothing_to_correct": (
        "{id} に、取り消せる記録はありません。何も変更していません。",
        "{id} has no such record to take back. Nothing was changed.",
    ),
    "why_needed": (
        "記録から{minutes}分を過ぎたため、{id} の取消しには理由が必要です。何も変更していません。",
        "The record of {id} is older than {minutes} minutes: give a reason. Nothing was changed.",
    ),
    "date_unreadable": (
        "「{given}」は日付として読めません。例：令和8年11月30日、2026/11/30",
        '"{given}" is not a date. Example: 2026-11-30',
    ),
    "memo_text": ("メモは1行、{most}文字までで書いてください。", "A memo is one line of at most {most} characters."),
    "counterpart_text": (
        "相手方は1行、{most}文字までで入力してください。",
        "Give the person there in one line of at most {most} characters.",
    ),
    "task_resting": ("メモ（次に見る日 {day}）：{memo}", "memo, to look at on {day}: {memo}"),
    "task_call_again": ("折返し待ち（{moment}に電話）", "call again at {moment}"),
    # --- the review page
    "correct_title": ("記録を取り消す", "Take the record back"),
    "correct_why": ("取り消す理由（10分以内なら不要）", "Reason (not needed within ten minutes)"),
    "correct_go": ("取り消す", "Take back"),
    "said_corrected": ("記録を取り消しました。", "The record is taken back."),
    "call_again_at": ("次に電話する日時", "Call again at"),
    "memo_title": ("メモ", "Memo"),
    "memo_text_label": ("メモ（1行）", "Memo (one line)"),
    "memo_day": ("次に見る日（この日まで「待ち」にします）", "Look again on (it waits until then)"),
    "memo_go": ("メモを記録", "Record the memo"),
    "memo_line": ("{text}（{by}）", "{text} ({by})"),
    "approve_at": ("承認する（{moment}に送信）", "Approve (leaves {moment})"),
    "approve_first": ("確認して承認を依頼", "Confirm and request approval"),
    "for_another": (
        "{asker}さんが確認しました。準備も確認もしていない方が承認すると、送信します。",
        "Confirmed by {asker}. It waits for a person who neither prepared nor confirmed it.",
    ),
    "request_go": ("確認して承認を依頼", "Confirm and request approval"),
    "request_note": (
        "内容を確認したことを記録し、別の方に承認を依頼します。",
        "Records that you checked it, and asks another person to approve it.",
    ),
    "return_title": ("差し戻す", "Send back"),
    "return_go": ("差し戻す", "Send back"),
    "stop_title": ("{moment}に送信します。", "Leaves {moment}."),
    "stop_go": ("送信を止める", "Stop sending"),
    "stop_why": ("止める理由（任意）", "Reason (optional)"),
    "said_requested": ("承認を依頼しました。", "Approval requested."),
    "said_returned": ("差し戻しました。承認されるか内容が変わるまで、送信しません。", "Sent back."),
    "said_stopped": ("送信を止めました。送信するには、もう一度承認してください。", "Stopped. Approve it to send it."),
    "said_first": (
        "確認を記録しました。送信には、もう一人の承認が必要です。",
        "Recorded. Another person must approve it before it is sent.",
    ),
}
