"""Words of ``preview``, ``show`` and ``rules test``: headings, near misses, duties."""

from __future__ import annotations

from typing import Final

PAPERS: Final[dict[str, tuple[tuple[str, ...], tuple[str, str]]]] = {
    "bond": (
        ("保証保険", "証券"),
        (
            "保険会社の証券は対象外。発注者の定める方法で別に提出し、こちらは取下げ",
            "an insurer's bond does not go this way: hand it in as the issuer asks, and withdraw this",
        ),
    ),
    "certificate": (
        ("証書",),
        (
            "証書そのものは提出しません。保証会社のサイトから「認証キーのお知らせ」PDFを取得し、所定のフォルダに保存",
            "the certificate itself is not handed in: download the notice of the key and save it to the folder",
        ),
    ),
}
"""Papers that are no notice: the words in the name of each, and its next step; a bond's name may hold both words."""

TEXTS: Final[dict[str, tuple[str, str]]] = {
    # --- near misses
    "near_miss": ("{name}（{id}）：{differs}", "{name} ({id}): {differs}"),
    "near_same": ("お知らせと同じ", "the same as on the notice"),
    "h_near": ("似た案件（自動では選びません）", "similar projects (never chosen automatically)"),
    # --- the invoice that was not found
    "h_missing": ("請求書の保存先", "place of the invoice"),
    "missing_folder": ("請求書フォルダ：{folder}", "The invoices folder: {folder}"),
    "missing_away": ("いまは、このフォルダを確認できません。", "The folder cannot be read at the moment."),
    "missing_name": (
        "この案件と分かるPDFがありません。名前を「{name}」にして、このフォルダに保存してください。",
        'No PDF in it is known as this project\'s. Save the invoice there under the name "{name}".',
    ),
    "missing_register": (
        (
            "この案件と分かるPDFがありません。フォルダに保存し、"
            "projects.toml の [project.invoice] にファイル名を書いてください。"
        ),
        (
            "No PDF in it is recognised as this project's. Save it there, and name it in projects.toml under "
            "[project.invoice]."
        ),
    ),
    "missing_proposed": (
        "本文にこの案件が書かれているPDF：{names}（これが請求書なら、上の名前に変えてください）",
        "PDFs whose text names this project: {names} (if it is the invoice, give it the name above)",
    ),
    "missing_unused": ("フォルダにあって使われていないPDF：{names}", "PDFs in it that are not used: {names}"),
    "missing_none": ("フォルダに、使われていないPDFはありません。", "There is no unused PDF in it."),
    # --- the mail to be sent
    "h_mail": ("送信するメール", "the mail to be sent"),
    "h_mail_sent": ("送信したメール", "the mail that was sent"),
    "h_from": ("差出人", "from"),
    "attachment": ("{title}：{name}（{size}）", "{title}: {name} ({size})"),
    "size": ("{bytes}バイト", "{bytes} bytes"),
    "size_digits": ("{bytes}バイト、照合用 {digits}", "{bytes} bytes, sha256 {digits}"),
    "h_pages": ("添付の1ページ目（認証キーは伏字）", "first page of each attachment (key masked)"),
    "page_empty": ("（文字情報なし）", "(no text)"),
    # --- the rule
    "h_rule": ("適用した提出方法", "the rule that applied"),
    "h_source": ("出典", "source"),
    "not_written": ("（記載なし）", "(not written)"),
    "h_assumed": ("仮定", "assumed"),
    "taken_notice": (
        "番号とキーは、お知らせのPDFで出す（公表元に記載なし）",
        "the notice is attached (not stated by the source)",
    ),
    "taken_timing": ("提出の時期は問わない（公表元に記載なし）", "it may go at any time (not stated by the source)"),
    "h_chosen": ("採用した方法", "what was chosen"),
    "h_contract": ("契約の区分", "contract"),
    "amended": ("変更契約の提出方法", "the rule for amended contracts"),
    # --- guards and conditions
    "h_checks": ("誤送信の防止チェック", "guards against a wrong mail"),
    "check_wrong_recipient": ("宛先が登録どおり", "recipients are those of the configuration"),
    "check_key_differs": ("番号・認証キーがこのお知らせのもの", "number and key are this notice's"),
    "check_invoice": ("請求書がこの案件・この保証のもの", "the invoice is this project's and product's"),
    "check_first_address": ("前に送信したことのある宛先", "addresses used before"),
    "check_rule_changed": (
        "提出方法の登録に変更がなく、確認日が新しい",
        "the rule is unchanged and was checked recently",
    ),
    "check_already_resubmitted": ("同じお知らせの再提出がない", "no other resubmission of this notice"),
    "check_large_attachment": ("添付の大きさが通常の範囲", "attachments of usual size"),
    "passed": ("問題なし", "passed"),
    "not_asked": (
        "リハーサル中は確認しません（発注者に送る内容になったときに確認します）",
        "not checked in a rehearsal",
    ),
    "h_conditions": ("目で確かめる条件", "conditions for a person to check"),
    "to_tick": ("□ {sentence}", "[ ] {sentence}"),
    "ticked": ("☑ {sentence}", "[x] {sentence}"),
    # --- what people do
    "h_download": ("お知らせPDFを取得する手順", "how to get the notice PDF"),
    "h_hand_over": ("提出の手順（メールでは送りません）", "how to hand it in (nothing is mailed)"),
    "h_duties": ("送信の前後にすること", "before and after sending"),
    "h_before": ("送信の前に", "before sending"),
    "h_not_before": ("送信できる日", "not before"),
    "h_deadline": ("提出期限", "deadline"),
    "h_call": ("送信後の電話", "call after sending"),
    "h_after": ("送信の後に", "after sending"),
    "done": ("{sentence}（済）", "{sentence} (done)"),
    "h_closes": ("完了の条件", "closed by"),
    "closes_call": ("電話で到達を確認し、記録したとき", "a call that confirmed arrival, recorded"),
    "closes_answer": ("先方の返信か電話での確認を記録したとき", "an answer or a call, recorded"),
    "closes_none": ("送信から{days}日、不達の通知がないとき", "{days} days without a bounce"),
    # --- rules test
    "h_channel": ("提出方法", "channel"),
    "h_reasons": ("保留の理由", "reasons to hold"),
    "rules_differ": (
        "お知らせ{tried}件のうち{count}件が、変更後の設定では異なります（－は変更前、＋は変更後）。",
        "Of {tried} notices {count} would differ under the changed configuration (- before, + after).",
    ),
    "rules_same": (
        "お知らせ{tried}件を試しました。変更後の設定でも内容は変わりません（{count}件）。",
        "Tried {tried} notices: {count} would differ.",
    ),
    # --- Conditions to tick and duties after sending ---
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
    "differences_unconfirmed": (
        (
            "{id} は、届いたことを確認した前回（{day}）のメールと違います（{parts}）。違ってよいことを確かめたうえで、"
            "`--tick 番号`（{numbers}）を付けて承認してください。内容は `hoshobin show {id}` で見られます。"
        ),
        (
            "{id} differs from the last mail that was confirmed ({day}): {parts}. Check that this is right, and approve"
            " with `--tick N` ({numbers}). See it with `hoshobin show {id}`."
        ),
    ),
    "reasons_unconfirmed": (
        (
            "{id} には、承認の前に一つずつ確かめる理由があります（{reasons}）。確かめたうえで、`--tick 番号`"
            "（{numbers}。全部なら `--tick all`）を付けて承認してください。内容は `hoshobin show {id}` で見られます。"
        ),
        (
            "{id} has reasons to check one by one before an approval: {reasons}. Check them and approve with `--tick N`"
            " ({numbers}) or `--tick all`. See them with `hoshobin show {id}`."
        ),
    ),
    "h_to_answer": ("承認の前に確かめる理由", "reasons to check before an approval"),
    "h_differing": ("前回と違うところ", "unlike last time"),
    "difference": ("{sentence}（今回：{now}　前回：{before}）", "{sentence} (now: {now}; last time: {before})"),
    "no_such_condition": (
        "{id} に {number} 番の確認事項はありません。`hoshobin show {id}` で番号をご確認ください。",
        "{id} has no condition {number}. See the numbers with `hoshobin show {id}`.",
    ),
    "note_needed": (
        "{id} の承認には記録が必要です（{reasons}）。相手方・日時・内容を `--note` に記入してください。",
        "{id} needs a note ({reasons}): whom you spoke to, when, and what was said, with `--note`.",
    ),
    "ask_condition": (
        "{id}　確認事項 {number}：{condition}　確かめましたか",
        "{id} to check {number}: {condition} Checked?",
    ),
    "no_such_duty": (
        "{id} に {what} 番の手続はありません。残っている手続：{duties}",
        "{id} has no duty {what}. Left: {duties}",
    ),
    "duty_done": ("{id} の「{duty}」は、すでに済みと記録されています。", "{id}: '{duty}' is recorded as done already."),
    "no_duty_left": ("{id} に、提出後に残っている手続はありません。", "Nothing remains to be done after sending {id}."),
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
            "{id} was sent with the same notice. To send it again, correct that one"
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
    "step_bounced": (
        "理由を確かめ、訂正して再提出（宛先の登録：{file} の {place}。直すのは管理者）",
        "check the reason, correct it, then resend (the address is in {file}, {place})",
    ),
    "place_office": ("案件 {project} の office", "office of the project {project}"),
    "step_superseded": (
        "後から届いたお知らせ（提出 {later}）を確認し、こちらは取下げ",
        "look at the later notice (submission {later}); withdraw this one",
    ),
    "duty_recorded": ("{id} の「{duty}」を済みと記録しました。", "{id}: '{duty}' is recorded as done."),
}
