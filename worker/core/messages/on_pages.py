"""The form of a sentence on a page, if the usual one names a command, a file of the configuration or a key.

``on_page_CODE`` stands for the sentence CODE, ``on_page_step_REASON`` for the next step of a hold, ``on_page_hold_…``
for its words, ``on_page_fact_…`` for a part of them. Everything that a page says is said within ``speaking_on_pages``;
commands keep the usual form, and so do mails, but for those that link to pages (``speaking_in_mails``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, Literal

from worker.core.messages import in_mails, on_page_holds

_IS_ON_PAGE: Final[ContextVar[bool]] = ContextVar("is_on_page", default=False)


@contextmanager
def speaking_on_pages() -> Iterator[None]:
    """Gives every sentence that is made meanwhile, in this thread, its form for pages."""
    before = _IS_ON_PAGE.set(True)
    try:
        yield
    finally:
        _IS_ON_PAGE.reset(before)


_PAGES_AT: Final[ContextVar[str]] = ContextVar("pages_at", default="")
_MAIL_LANGUAGE: Final[ContextVar[Literal["ja", "en"]]] = ContextVar("mail_language", default="ja")


@contextmanager
def speaking_in_mails(url: str, lang: Literal["ja", "en"] = "ja") -> Iterator[None]:
    """Gives every sentence that is made meanwhile its form for a mail that links to the pages under ``url``.

    Without ``url`` there are no pages, and each sentence keeps its usual form. ``lang`` is the reader's language.
    """
    before, spoken = _PAGES_AT.set(url), _MAIL_LANGUAGE.set(lang)
    try:
        yield
    finally:
        _PAGES_AT.reset(before)
        _MAIL_LANGUAGE.reset(spoken)


@contextmanager
def speaking_as_stored() -> Iterator[None]:
    """Gives every sentence that is made meanwhile its usual form, also within a page: it is compared, not shown."""
    on_page, pages = _IS_ON_PAGE.set(False), _PAGES_AT.set("")
    try:
        yield
    finally:
        _IS_ON_PAGE.reset(on_page)
        _PAGES_AT.reset(pages)


def mail_language() -> Literal["ja", "en"]:
    """Returns the language of the account with the address to which the mail is written; Japanese without one."""
    return _MAIL_LANGUAGE.get()


def pages_at() -> str:
    """Returns the address of the pages to which the mail that is being written links; empty if it names commands."""
    return _PAGES_AT.get()


def is_on_page() -> bool:
    """Returns whether a page is being written."""
    return _IS_ON_PAGE.get()


def is_for_office() -> bool:
    """Returns whether a page is being written, or a mail that links to pages."""
    return _IS_ON_PAGE.get() or bool(_PAGES_AT.get())


def for_reader(usual: tuple[str, str], *codes: str) -> tuple[str, str]:
    """Returns ``usual``; on a page, or in a mail that links to pages, the first of ``codes`` that has a form for it."""
    if not is_for_office():
        return usual
    for code in codes:
        if _PAGES_AT.get() and f"on_mail_{code}" in in_mails.TEXTS:
            return in_mails.TEXTS[f"on_mail_{code}"]
        if f"on_page_{code}" in TEXTS:
            return TEXTS[f"on_page_{code}"]
    return usual


_ADD_PDF: Final = (
    "保証会社のサイトからPDFを取得し直し、「PDFを入れる」からそのまま入れる",
    "download the PDF again from the surety's site and add it here as it is",
)
_ADD_ALONE: Final = (
    "メールを開き、お知らせのPDFだけを「PDFを入れる」から入れて、こちらは取下げ（お知らせがなければ取下げ）",
    "open the mail, add the notice PDF alone, then withdraw this one; withdraw it as well if there is none",
)
_TELL_ADMIN: Final = (
    "管理者へ連絡（読み方の登録が必要です）。急ぐときは手作業で提出し、こちらは取下げ",
    "tell the administrator, who must register its form; if it is urgent, submit by hand and withdraw this",
)
_CHANGED_RULE: Final = (
    (
        "前回の提出の後に、提出方法の登録が変わっています"
        "[[。宛先：{to_before} → {to_now}]][[。写し：{cc_before} → {cc_now}]][[。宛先は前回と同じです（{to_same}）]]"
    ),
    (
        "the rule has changed since the last submission"
        "[[. To: {to_before} → {to_now}]][[. Cc: {cc_before} → {cc_now}]][[. The recipients are the same ({to_same})]]"
    ),
)

_TYPE_AGAIN: Final = (
    "書類のとおりに入力し直してください（この値で正しいときは、管理者に連絡してください）",
    "type it as the document shows it; if this value is right, tell the administrator",
)
_DAMAGED: Final = (
    *("cell_boolean", "cell_date", "cell_exponent", "cell_format", "cell_number", "cell_time"),
    *("damage_boolean", "damage_date", "damage_digits", "damage_exponent", "damage_formula"),
    *("damage_time", "damage_zero"),
)
"""Faults of a value that a spreadsheet program may have made of another one."""

_ADDRESSES: Final = (
    "氏名・記号・空白を付けず、半角のアドレスだけを入力してください。複数あるときは、コンマで区切ります",
    "type plain ASCII addresses only, without names; separate several by commas",
)

TEXTS: Final[dict[str, tuple[str, str]]] = {
    **on_page_holds.TEXTS,
    # --- values of projects
    **{f"on_page_hint_{code}": _TYPE_AGAIN for code in _DAMAGED},
    "on_page_field_contract_number": (
        "「{value}」は保証契約番号の形ではありません（例：40213-00712M）",
        '"{value}" is not a contract number (one is like 40213-00712M)',
    ),
    "on_page_hint_field_contract_number": (
        "お知らせPDFの「保証契約番号」を写してください。そのとおりの番号なら、管理者に連絡してください",
        "copy it from the notice; if this is the number there, tell the administrator",
    ),
    "on_page_field_issuer": (
        "発注者「{value}」は登録されていません（近い名前：{near}）。先に「発注者」で確かめてください",
        'no issuer "{value}" is registered (nearest: {near}); look under Issuers first',
    ),
    "on_page_import_heading_missing": (
        "見出しの行が見つかりません：「{names}」のどれかが必要です（この行は「{shown}」）。見出しは最初の10行までに置いてください",
        'no row of headings: one of "{names}" is needed (this row is "{shown}"). It must be among the first rows',
    ),
    "on_page_ledger_no_sheets": (
        "CSVにシートはありません（シート名を空にしてください）",
        "a CSV has no sheets (leave the sheet's name empty)",
    ),
    "on_page_import_hidden_sheets": (
        "非表示のシートは読んでいません：{sheets}（シート名を入力すれば読みます）",
        "hidden sheets were not read: {sheets} (give a sheet's name to read one)",
    ),
    "on_page_import_other_sheets": (
        "シート「{sheet}」だけを読みました。読んでいないシート：{sheets}（シート名を入力すれば読みます）",
        'only the sheet "{sheet}" was read. Not read: {sheets} (give a sheet\'s name to read it)',
    ),
    # --- days
    "on_page_day_over": ("{day} {days}日過ぎ", "{day} ({days} days past)"),
    # --- refusals
    "on_page_no_such_submission": ("提出{id}はありません。", "There is no submission {id}."),
    "on_page_not_held": (
        "いまは「{state}」のため、承認できません。何も変更していません。",
        "It is '{state}' now, so it cannot be approved. Nothing was changed.",
    ),
    "on_page_not_in_this_state": (
        (
            "提出{id}は、いまは「{state}」のため、この操作はできません。"
            "何も変更していません。だれがいつ変えたかは、経過にあります。"
        ),
        (
            "Submission {id} is '{state}' now, so this is not possible. "
            "Nothing was changed. The history says who changed it."
        ),
    ),
    "on_page_not_resendable": (
        "提出{id}は、いまは「{state}」のため、訂正して再提出できません。",
        "Submission {id} is '{state}' now and cannot be sent again as a correction.",
    ),
    "on_page_approved_by": (
        "{by}さんが承認済みです（{state}）。何も変更していません。",
        "{by} has approved it already ({state}). Nothing was changed.",
    ),
    "on_page_approved_before": (
        "すでに承認されています（{state}）。何も変更していません。",
        "It is approved already ({state}). Nothing was changed.",
    ),
    "on_page_draft_differs": (
        "あなたが開いた後に内容か理由が変わりました。何も承認していません。もう一度ご確認ください。",
        "It changed after you opened it. Nothing was approved. Please look at it again.",
    ),
    "on_page_label_missing": (
        "表示している内容を確認できませんでした。何も承認していません。もう一度開いてください。",
        "It could not be told what was shown. Nothing was approved. Please open it again.",
    ),
    "on_page_not_answerable": (
        "承認では解除できない理由があります（{reasons}）。何も承認していません。「違い・初めて」の「次にすること」をご覧ください。",
        "It has reasons that no approval ends ({reasons}). Nothing was approved. See the next step on this page.",
    ),
    "on_page_still_rehearsing": (
        "リハーサル中のため、発注者へ送る承認はできません。本番に切り替えてから承認してください。",
        "Rehearsal goes on, so nothing can be approved for the issuer. End the rehearsal first.",
    ),
    "on_page_rehearsal_in_doubt": (
        "リハーサルのため、届いたかどうかの記録は不要です。自動で保留に戻ります。",
        "It is a rehearsal: nothing is to be recorded. It is held again by itself.",
    ),
    "on_page_unknown_person": (
        "「{name}」は、この操作ができる方の一覧にありません：{people}",
        "{name} is not among those who may do this: {people}",
    ),
    "on_page_conflict": (
        "ほかの方か保証便が同時に変更しました。何も変更していません。もう一度開いてください。",
        "It was changed at the same moment. Nothing was changed by you. Please open it again.",
    ),
    "on_page_note_needed": (
        "承認には記録が必要です（{reasons}）。確認した相手と内容を入力してください。",
        "A note is needed ({reasons}): say whom you asked, when, and what was said.",
    ),
    "on_page_conditions_unticked": (
        "確認事項が残っています。確かめて、チェックを入れてください：{conditions}",
        "Conditions are left. Check them and tick their boxes: {conditions}",
    ),
    "on_page_differences_unconfirmed": (
        "前回（{day}）と違うところがあります（{parts}）。違ってよいことを確かめて、チェックを入れてください。",
        "It differs from last time ({day}): {parts}. Check that this is right and tick the boxes.",
    ),
    "on_page_reasons_unconfirmed": (
        "確認事項が残っています（{reasons}）。確かめて、チェックを入れてください。",
        "Reasons are left: {reasons}. Check them and tick their boxes.",
    ),
    "on_page_no_such_condition": (
        "確認事項が変わりました。何も承認していません。もう一度開いてください。",
        "The conditions changed. Nothing was approved. Please open it again.",
    ),
    "on_page_of_no_mail": (
        "もとのメールの記録がないため、まとめて取り下げられません。1件ずつ取り下げてください。何も変更していません。",
        "No mail of it is kept, so it cannot be withdrawn with others. Withdraw one by one. Nothing was changed.",
    ),
    "on_page_which_duty": ("手続を選んでください：{duties}", "Choose what was done: {duties}"),
    "on_page_no_such_account": ("ログイン名「{login}」の利用者はいません。", "There is no account {login}."),
    "on_page_first_is_admin": (
        "最初の利用者には「管理」の役割が必要です。ほかの役割と兼ねることができます。",
        "The first account needs the role of administrator. It may have other roles as well.",
    ),
    "on_page_user_by_needed": (
        "「管理」の方がログインして変更してください。何も変更していません。",
        "An administrator must log in for this. Nothing was changed.",
    ),
    "on_page_person_not_known": (
        "「{name}」さんは利用者の一覧にありません。この操作ができる方：{people}",
        "{name} is not in the list of people. Those who may do this: {people}",
    ),
    # --- tasks and next steps
    "on_page_task_reply": (
        "返信を読み、届いているかどうかを記録：{news}",
        "Read the reply and record whether it was received: {news}",
    ),
    "on_page_task_unmatched": (
        "{news}。この宛先への提出を確かめ、届いていないおそれがあれば発注者に電話で確認",
        "{news}. Look at what was sent to this address, and call the issuer where it may not have arrived",
    ),
    "on_page_task_download": (
        "お知らせPDFを保証会社のサイトから取得して入れる（不要なら取下げ）{names}",
        "download the notice PDF from the surety's site and add it here, or withdraw{names}",
    ),
    "on_page_task_download_here": (
        "。届いているお知らせ{count}件からも選べます",
        ". Or choose among the {count} that are here",
    ),
    "on_page_step_bounced": (
        "理由を確かめ、宛先の登録を直してから再提出",
        "check the reason, correct the registered address, then resubmit",
    ),
    "on_page_missing_folder": ("請求書の共有フォルダ：{folder}", "The shared folder of invoices: {folder}"),
    "on_page_missing_register": (
        "この案件と分かるPDFがありません。「PDFを入れる」から入れて、この案件に付けてください。",
        "No PDF is recognised as this project's. Add it here and attach it to this project.",
    ),
    "on_page_missing_name": (
        "この案件と分かるPDFがありません。「PDFを入れる」から入れて、この案件に付けてください。",
        "No PDF is recognised as this project's. Add it here and attach it to this project.",
    ),
    "on_page_resend_instead": (
        "同じお知らせは提出{id}で提出済み。再提出なら提出{id}を訂正。どちらの場合も、こちらは取下げ",
        "{id} was sent with the same notice. To send it again, correct that one; withdraw this one either way",
    ),
    "on_page_later_key": (
        (
            "保証契約番号 {number} には、後から別の認証キーのお知らせ（提出{later}）が届いています。"
            "こちらの提出が済んでいれば記録、まだなら取下げて、提出{later}を提出"
        ),
        (
            "A notice with another key came later under contract number {number} ({later}). "
            "Record this one if it was handed in; if not, withdraw it and hand in {later}"
        ),
    ),
    "on_page_next_ANNOUNCED": (
        "「認証キーのお知らせ」PDFを保証会社のサイトから取得し、「お知らせPDFを入れる」から入れる（不要なら取下げ）",
        "download the notice PDF from the surety's site and add it here (or withdraw)",
    ),
    "on_page_next_REFUSED": ("宛先の登録を直してから再提出", "correct the registered address, then resubmit"),
    "on_page_step_unknown_project": ("案件を登録", "register the project"),
    "on_page_step_invoice_missing": (
        "請求書を選ぶか、「PDFを入れる」から入れて、この案件に付ける",
        "choose the invoice, or add it and attach it to this project",
    ),
    "on_page_step_invoice_undecided": (
        "請求書を選ぶか、「別途提出」にする",
        "choose the invoice, or record that it is handed in separately",
    ),
    "on_page_step_two_invoices": ("どの請求書かを選ぶ", "choose one of the invoices"),
    "on_page_step_wrong_invoice": ("正しい請求書を選び直す", "choose the right invoice"),
    "on_page_step_guarantor_not_listed": (
        "この保証会社を受け付けるか発注者に確認し、受け付けるなら提出方法に加え、違えば取下げ",
        "ask the issuer whether it accepts this surety; add it to the rule if so, else withdraw",
    ),
    "on_page_step_sender_unproven": (
        "差出人を確かめて承認（社内のメールは確認できないことが多いため、PDFは「PDFを入れる」から入れる）",
        "make sure of the sender and approve (mail within the office often cannot be: add the PDF here)",
    ),
    "on_page_step_rehearsed": (
        "本番に切り替えた後に、承認",
        "approve after the rehearsal was ended",
    ),
    "on_page_step_not_a_notice": (
        "「認証キーのお知らせ」PDFを保証会社のサイトから取得し、「PDFを入れる」から入れる（このPDFがお知らせなら管理者へ連絡）",
        "download the notice of the key and add it here (tell the administrator if this PDF is one)",
    ),
    "on_page_step_not_a_notice_unknown_surety": _TELL_ADMIN,
    "on_page_step_not_a_notice_assumed": _TELL_ADMIN,
    "on_page_step_not_a_notice_other_page": (
        "お知らせだけのPDFを保証会社のサイトから取得し、「PDFを入れる」から入れて、こちらは取下げ（ほかの書類は別のPDFにする）",
        "download the notice alone and add it here, then withdraw this one (keep other papers apart)",
    ),
    "on_page_step_not_a_notice_written_on": (
        "お知らせのPDFを保証会社のサイトから取得し、書き込みのないまま「PDFを入れる」から入れて、こちらは取下げ",
        "download the notice and add it here without notes, then withdraw this one",
    ),
    "on_page_step_attachment_unopened": _ADD_ALONE,
    "on_page_step_mail_too_large": (
        "PDFだけを「PDFを入れる」から入れて、こちらは取下げ",
        "add the PDF alone here, then withdraw this one",
    ),
    "on_page_step_rest_unread": _ADD_ALONE,
    **{
        f"on_page_step_{reason}": _ADD_PDF
        for reason in (
            *("no_text", "password", "two_values", "engines_disagree", "broken_text", "damaged"),
            *("too_large", "too_slow", "two_notices"),
        )
    },
    "on_page_step_first_address_copy_to": (
        "提出のたびに番号とキーが届くアドレスです。正しければ承認（確認は一度だけ）、違えば管理者へ連絡",
        "it gets number and key of every submission: approve if it is right (asked once), else tell the administrator",
    ),
    "on_page_step_first_address_rehearsal_to": (
        "リハーサルのたびに番号とキーが届くアドレスです。正しければ承認（確認は一度だけ）、違えば管理者へ連絡",
        "it gets number and key of every rehearsal: approve if it is right (asked once), else tell the administrator",
    ),
    # --- states
    "on_page_state_HELD": ("保留", "held"),
    "on_page_state_HANDED_OVER": ("別途提出（これから）", "to be handed in otherwise"),
    "on_page_state_HELD_answer": ("要確認", "to be checked"),
    "on_page_state_HELD_correct": ("要修正", "to be corrected"),
    "on_page_state_HELD_never": ("送信できません", "cannot be sent"),
    # --- words of holds
    "on_page_hold_rule_changed_changed": _CHANGED_RULE,
    "on_page_hold_rule_changed_changed_keys": (
        "前回の提出の後に、提出方法の登録が変わっています",
        "the rule has changed since the last submission",
    ),
    "on_page_hold_rule_changed_checked_on": (
        "提出方法の登録の確認日が {checked:date} で、{april:date} より前です",
        "the rule was last checked on {checked:date}, before {april:date}",
    ),
    "on_page_hold_rule_changed_until": (
        "提出先の登録の期限（{day:date} まで）を過ぎています",
        "the section is registered only until {day:date}",
    ),
    "on_page_hold_rule_open_no_template": ("本文のひな形がありません", "the template of the body is missing"),
    "on_page_hold_rule_open_template": ("本文のひな形に誤りがあります", "the template of the body has a fault"),
    "on_page_hold_timing_no_contract_day": (
        "{project}：契約日が未登録です。請求書は契約日より前に送りません",
        "{project}: the day of the contract is not registered; no invoice is sent before that day",
    ),
    "on_page_hold_not_eligible_excluded": (
        "{project}：公告等で電子保証の対象外とされた案件です。紙の証書に切り替えるか、発注者の了解を得てください",
        "{project}: its announcement excludes electronic sureties. Change to paper, or obtain the issuer's consent",
    ),
    "on_page_hold_documents_undecided_is_invoice": (
        "{title}（請求書は、ほかの書類ではなく請求書として登録）",
        "{title} (register an invoice as the invoice, not among the other documents)",
    ),
    "on_page_duty_own_rule": ("この案件の登録", "the project's own entry"),
    # --- what was typed for an issuer's rule
    "on_page_example_differs": (
        "登録されている見本と異なります。見本：「{expected}」、実際：「{found}」",
        'it differs from a registered sample: "{expected}", found: "{found}"',
    ),
    "on_page_hint_example_differs": (
        "件名などを直すか、発注者が決まりを変えたのなら「登録されている見本」から外してください",
        "change the rule, or leave the sample out if the issuer changed its rule",
    ),
    **{f"on_page_hint_{code}": _ADDRESSES for code in ("address_not_ascii", "address_space", "address_not_bare")},
    "on_page_hint_answer_word": (
        "正しい内容を入力してください。いまの内容でよければ、そのままにします",
        "type the right value; leave it as it is if it is right",
    ),
    "on_page_hint_template_mark": (
        "案件ごとに変わるところは〔工事名〕のように書いてください。分からなければ「未確認」にします",
        "write 〔工事名〕 where each project differs; tick it as not certain if you do not know",
    ),
    "on_page_template_syntax": ("件名・本文の書き方に誤りがあります", "the subject or text has a mistake"),
    "on_page_hint_template_syntax": (
        "〔工事名〕〔工事番号〕のように書いてください",
        "write it like 〔工事名〕〔工事番号〕",
    ),
    "on_page_template_value": ("「{name}」という名前は使えません", "there is no name {name}"),
    "on_page_hint_template_value": (
        "〔工事名〕〔工事番号〕のように書いてください",
        "write it like 〔工事名〕〔工事番号〕",
    ),
    "on_page_template_name": ("「{name}」という名前は使えません", "there is no name {name}"),
    "on_page_hint_template_name": (
        "〔工事名〕〔工事番号〕のように書いてください",
        "write it like 〔工事名〕〔工事番号〕",
    ),
    "on_page_hint_template_brace": (
        "〔工事名〕〔工事番号〕のように書いてください",
        "write it like 〔工事名〕〔工事番号〕",
    ),
    "on_page_eligibility_half": (
        "「この日から」と「何の日で数えるか」は、両方を入力してください",
        "the day and what it is counted by belong together",
    ),
    "on_page_hint_eligibility_half": ("片方だけでは決められません", "one alone decides nothing"),
    "on_page_file_name_ending": ("ファイル名は .pdf で終わらせてください", "the file name must end in .pdf"),
    "on_page_hint_file_name_ending": (
        "例：認証キーのお知らせ_〔保証契約番号〕.pdf",
        "like notice_〔保証契約番号〕.pdf",
    ),
    "on_page_file_name_typed": (
        "お知らせPDFを添付しない決まりなのに、ファイル名があります",
        "the notice is not attached, yet it has a file name",
    ),
    "on_page_hint_file_name_typed": ("どちらかを直してください", "change one of them"),
    "on_page_invoice_after_key": (
        "認証キーを請求書より先に提出する決まりなのに、請求書を同送することになっています",
        "the key goes before the invoice, yet the invoice goes with it",
    ),
    "on_page_hint_invoice_after_key": (
        "「請求書の同送」か「提出の時期」のどちらかを直してください",
        "change one of the two",
    ),
    "on_page_line_key": ("この提出方法では、本文に認証キーを書けません", "this way to submit takes no key in the text"),
    "on_page_hint_line_key": (
        "「番号とキーの出し方」を「本文に記載」か「両方」にしてください",
        "have number and key typed in the text, or both",
    ),
    "on_page_hint_same_name": (
        "それぞれに、この決まりが及ぶ範囲（治山課など）を入力してください",
        "say for each for which bureau or kind of work it is",
    ),
    "on_page_unsaid_notice": (
        "番号とキーの出し方が入力されていません。確かめるまで送信しません",
        "how number and key are handed in is not stated: nothing is sent until then",
    ),
    "on_page_hint_unsaid_notice": ("公表ページで確かめて選んでください", "find it on the published page"),
    "on_page_unsaid_timing": (
        "提出の時期が入力されていません。確かめるまで送信しません",
        "when to submit is not stated: nothing is sent until then",
    ),
    "on_page_hint_unsaid_timing": ("公表ページで確かめて選んでください", "find it on the published page"),
    "on_page_unsaid_invoice": (
        "請求書の同送が入力されていません。前払金・中間前払金は、確かめるまで送信しません",
        "whether the invoice goes with it is not stated: no advance payment is sent until then",
    ),
    "on_page_hint_unsaid_invoice": ("公表ページか電話で確かめて選んでください", "find it on the page or by a call"),
    "on_page_assumed_notice": (
        "番号とキーはお知らせのPDFで出すものとみなしています",
        "the notice is assumed to be attached",
    ),
    "on_page_hint_assumed_notice": ("確かめたら「番号とキーの出し方」を選んでください", "choose it once it is certain"),
    "on_page_assumed_timing": ("提出の時期は問わないものとみなしています", "any time is assumed to be right"),
    "on_page_hint_assumed_timing": ("確かめたら「提出の時期」を選んでください", "choose it once it is certain"),
    "on_page_missing_key": ("まだ入力されていません。", "It is not filled in."),
    "on_page_hint_missing_key": ("入力してください。", "Fill it in."),
    "on_page_empty": ("まだ入力されていません。", "It is not filled in."),
    "on_page_hint_empty": ("入力してください。", "Fill it in."),
    "on_page_thing_folder": ("お知らせPDFの共有フォルダ", "the shared folder of notices"),
    "on_page_thing_invoices": ("請求書の共有フォルダ", "the shared folder of invoices"),
    "on_page_thing_command": ("連絡用プログラム", "the operator's program"),
}
