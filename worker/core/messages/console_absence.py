"""Words of the pages on which people change who acts: rehearsal or live, absence, requests, work taken on."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- rehearsal
    "right_rehearse": ("本番とリハーサルの切替え", "begin and end the rehearsal"),
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
            "待っている提出（{count}件、うちリハーサル済み{rehearsed}件）は、発注者の宛先で作り直します。"
            "もう一度承認するまで送りません。"
        ),
        (
            "What waits ({count}, of them rehearsed: {rehearsed}) is written again for the issuers, "
            "and is not sent until it is approved once more."
        ),
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
        "本番に切り替えました。待っている提出は、もう一度承認してください。",
        "You are live. Approve again what waits.",
    ),
    "said_rehearsal_on": (
        "リハーサルにしました。発注者には送りません。",
        "The rehearsal is on. Nothing goes to the issuers.",
    ),
}
