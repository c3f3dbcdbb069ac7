"""Words of the review page beside those of its decisions: the way through it by keyboard, its history, what follows."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "papers_region": ("お知らせと書類", "Notice and papers"),
    "skip_to_decide": ("確認事項と承認へ", "To the boxes and the button"),
    "history_earlier": ("以前の経過（{count}件）", "Earlier ({count})"),
    # --- beside the last confirmed mail to the same section
    "part_to": ("宛先", "recipients"),
    "part_subject": ("件名の形", "form of the subject"),
    "part_body": ("本文", "text"),
    "part_attachments": ("添付の種類", "kinds of attachments"),
    "part_join": ("・", ", "),
    "earlier_same": ("前回（{day}）と同じ：{parts}", "As last time ({day}): {parts}"),
    "earlier_differs": ("前回（{day}）と違う：{parts}", "Unlike last time ({day}): {parts}"),
    "earlier_why": (
        "前回＝この提出先に同じ保証で送り、届いたことを確認した最後の提出です。工事名・番号・金額などの値は除いて比べます。",
        "Last time: the last mail of this guarantee to this section that was confirmed, compared without its values.",
    ),
    "earlier_now": ("今回", "now"),
    "earlier_before": ("前回", "last time"),
    "finding_as_before": ("前回と同じ", "as before"),
    "finding_changed": ("変更あり", "changed"),
    "tick_differs": ("{part}が前回（{day}）と違うことを確かめました", "I checked why this differs from {day}: {part}"),
    "state_news": ("状態が変わりました。表示し直す", "The state changed. Show it again"),
    # --- calls and replies
    "call_whom": ("相手方", "The person there"),
    "call_whom_sample": ("例：契約課 田中様", "e.g. Mr Tanaka, contracts"),
    "call_known": ("前に話した方", "Spoken to before"),
    "call_other": ("ほかの方", "Somebody else"),
    "call_way": ("方法", "How"),
    "way_phone": ("電話", "phone"),
    "way_mail": ("メール", "mail"),
    "way_counter": ("窓口", "in person"),
    "way_and_note": ("{way}：{note}", "{way}: {note}"),
    "call_note": ("内容（任意）", "What was said (optional)"),
    "call_moment": ("確認した日時を変える", "Another time"),
    "call_away": ("担当者不在・折返し待ち", "Person away, call again"),
    "call_away_go": ("不在を記録して待つ", "Record it and wait"),
    "error_whom_missing": ("相手方を入力するか、選んでください。", "Please give or choose the person there."),
    "reply_title": ("発注者の返信", "The issuer's reply"),
    "reply_empty": ("（本文なし）", "(no text)"),
    "mail_unused": ("メールで送る場合の文面（使っていません）", "The mail that it would have been (not used)"),
    "reply_why": (
        "読んで、どれに当たるかを押してください。",
        "Read it, then press what it says.",
    ),
    "reply_received": ("受領の返信", "It was received"),
    "reply_returned": ("届いていない・返却", "It did not arrive, or is returned"),
    "reply_question": ("質問・指摘", "A question or remark"),
    "reply_note": ("メモ（質問・指摘のときは、内容と対応）", "Note (of a question: what it asks, what you did)"),
    "error_question_missing": (
        "質問・指摘の内容と対応を、メモに入力してください。",
        "Say in the note what was asked and what you did.",
    ),
    # --- results
    "approved_leaves": ("承認しました。{moment}に{whom}へ送信します。", "Approved. It leaves {moment} for {whom}."),
    "h_issuer_there": ("発注者", "the issuer"),
    "said_confirmed": ("届いていることを記録しました。", "Recorded: it arrived."),
    "said_not_arrived": (
        "届いていないことを記録しました。訂正して再提出できます。",
        "Recorded: it did not arrive. It can be corrected and sent again.",
    ),
    "said_called": (
        "電話したことを記録しました。次に電話する日時まで「待ち」に移します。",
        "The call is recorded. It waits until the time to call again.",
    ),
    "next_to_approve": ("次の承認へ（残り{count}件）", "Next ({count} left)"),
}
