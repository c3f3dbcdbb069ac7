"""What people are told about conditions to tick and duties after sending: (Japanese, English)."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "conditions_unticked": (
        (
            "{id} には、機械では確認できない条件があります。確かめたうえで、`--tick 番号`（全部なら `--tick all`）を"
            "付けて承認してください：{conditions}"
        ),
        (
            "{id} has conditions that no machine can check. Check them and approve with `--tick N` or `--tick all`:"
            " {conditions}"
        ),
    ),
    "no_such_condition": (
        "{id} に {number} 番の条件はありません。`hoshobin show {id}` で番号をご確認ください。",
        "{id} has no condition {number}. See the numbers with `hoshobin show {id}`.",
    ),
    "note_needed": (
        "{id} の承認には記録が必要です（{reasons}）。相手方・日時・内容を `--note` に記入してください。",
        "{id} needs a note ({reasons}): whom you spoke to, when, and what was said, with `--note`.",
    ),
    "ask_condition": (
        "{id}　条件 {number}：{condition}　確かめましたか",
        "{id} condition {number}: {condition} Checked?",
    ),
    "no_such_duty": (
        "{id} に {what} 番の手続はありません。残っている手続：{duties}",
        "{id} has no duty {what}. Left: {duties}",
    ),
    "duty_done": (
        "{id} の「{duty}」は、すでに済みと記録されています。",
        "{id}: '{duty}' is recorded as done already.",
    ),
    "no_duty_left": (
        "{id} に、提出後に残っている手続はありません。",
        "Nothing remains to be done after sending {id}.",
    ),
    "which_duty": (
        "{id} には手続が複数残っています。`--what 番号` で指定してください：{duties}",
        "Several duties of {id} are left. Name one with `--what N`: {duties}",
    ),
    "resend_instead": (
        (
            "同じお知らせは {id} で提出済み。再提出なら {id} を訂正（hoshobin resend {id} --by 氏名 --why 理由）。"
            "どちらの場合も、こちらは取下げ"
        ),
        (
            "{id} went with this very notice. To send it again, correct that one"
            " (hoshobin resend {id} --by NAME --why TEXT); withdraw this one either way"
        ),
    ),
    "later_key": (
        (
            "保証契約番号 {number} には、後から別の認証キーのお知らせ（{later}）が届いています。"
            "この提出が済んでいれば記録、まだなら取下げ（hoshobin withdraw {id}）、{later} を提出"
        ),
        (
            "A notice with another key came later under contract number {number} ({later}). Record this one if it was"
            " handed in; if not, withdraw it (hoshobin withdraw {id}) and hand in {later}"
        ),
    ),
    "duty_recorded": ("{id} の「{duty}」を済みと記録しました。", "{id}: '{duty}' is recorded as done."),
}
