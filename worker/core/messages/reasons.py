"""States and hold reasons in office words: (Japanese, English), and what to do next."""

from __future__ import annotations

from typing import Final

from worker.core.messages.receipts import KINDS
from worker.core.states import Reason, State

_S, _R = State, Reason

STATES: Final[dict[State, tuple[str, str]]] = {
    _S.ANNOUNCED: ("お知らせPDF待ち", "waiting for the notice PDF"),
    _S.HELD: ("保留（要対応）", "held: needs a person"),
    _S.APPROVED: ("送信待ち", "waiting to be sent"),
    _S.SENDING: ("送信中", "being sent"),
    _S.IN_DOUBT: ("送信結果不明（要確認）", "in doubt: find out whether it arrived"),
    _S.SENT: ("送信済み（到達未確認）", "sent, arrival not confirmed"),
    _S.DELAYED: ("配送遅延", "delivery delayed"),
    _S.RELAYED: ("中継済み（到達不明）", "relayed, arrival unknown"),
    _S.DELIVERED: ("先方サーバー到着（閲覧未確認）", "at the issuer's server, reading not confirmed"),
    _S.OVERDUE: ("応答なし（要電話確認）", "no answer: call the issuer"),
    _S.CONFIRMED: ("到達確認済み", "arrival confirmed"),
    _S.BOUNCED: ("不達・差戻し", "not delivered or sent back"),
    _S.REFUSED: ("受信拒否（未送信）", "refused by the server, not sent"),
    _S.WITHDRAWN: ("取下げ", "withdrawn"),
    _S.HANDED_OVER: ("別途提出（フォーム・持参等）", "handed in another way"),
}
STATE_NEXT: Final[dict[State, tuple[str, str]]] = {
    _S.ANNOUNCED: (
        "「認証キーのお知らせ」PDFを保証会社のサイトから取得し、所定のフォルダに保存（不要なら取下げ）",
        "download the notice PDF from the surety's site and save it to the folder (or withdraw)",
    ),
    _S.IN_DOUBT: (
        "自動では再送しません。発注者へ到達を確認し、結果を記録",
        "never sent again by itself: ask the issuer whether it arrived, then record the answer",
    ),
    _S.REFUSED: ("宛先を確かめて訂正し、再提出", "check and mend the address, then resend"),
    _S.BOUNCED: ("理由を確かめて訂正し、再提出", "check the reason, mend it, then resend"),
    _S.OVERDUE: ("提出先へ電話で到達を確認", "call the section and ask"),
    _S.HANDED_OVER: ("提出したら記録", "record it once it is handed in"),
}
APPROVAL_STATE: Final = ("承認待ち", "waiting for approval")

REASONS: Final[dict[Reason, tuple[str, str]]] = {
    _R.APPROVAL: ("承認待ち", "waiting for approval"),
    _R.UNKNOWN_PROJECT: ("該当案件の登録なし", "no registered project fits"),
    _R.TWO_PROJECTS: ("同名の案件が複数", "several projects of this name or number"),
    _R.NAME_ONLY: ("工事名だけの一致", "only the project's name fits"),
    _R.NUMBER_DIFFERS: ("登録済みの番号と不一致", "another number is registered"),
    _R.OTHER_CONTRACTOR: ("受注者名が自社（JV）と不一致", "the contractor on the notice is another"),
    _R.MISSING_VALUE: ("必要項目の未登録", "a value that the mail needs is not registered"),
    _R.BAD_VALUE: ("登録値の形式違い", "a registered value has the wrong form"),
    _R.UNSAFE_VALUE: ("使用できない文字（改行等）", "a character that must not be used"),
    _R.NO_RECIPIENT: ("提出先アドレスの未登録", "no address of the section is registered"),
    _R.RULE_OPEN: ("提出方法が未確認", "the way to submit is not certain"),
    _R.INVOICE_MISSING: ("請求書（PDF）なし", "the invoice PDF is missing"),
    _R.INVOICE_UNDECIDED: ("請求書の同送が未定", "whether the invoice rides along is undecided"),
    _R.TWO_INVOICES: ("請求書の候補が複数", "several invoices could be meant"),
    _R.WRONG_INVOICE: ("請求書が別案件・別種別・送信済み", "the invoice is another's, of another kind, or was sent"),
    _R.INVOICE_UNCLEAR: (
        "請求書の宛先・案件・請求者が読み分けられない",
        "the invoice names more than one possible party",
    ),
    _R.INVOICE_UNREADABLE: ("請求書の文字を読み取れない", "the invoice's text cannot be read"),
    _R.DOCUMENTS_UNDECIDED: ("その他の必要書類が未定", "the other documents are undecided"),
    _R.CONTACT_FIRST: ("送信前の連絡が必要", "the issuer wants to be contacted first"),
    _R.TIMING: ("提出時期待ち", "the moment to submit has not come"),
    _R.ELIGIBILITY_UNKNOWN: ("電子保証の対象か不明", "not known whether the issuer takes electronic sureties here"),
    _R.NOT_ELIGIBLE: ("電子保証の対象外", "the issuer takes no electronic surety here"),
    _R.SENDER_UNPROVEN: ("送信元を確認できない", "who sent the mail is not proven"),
    _R.FIRST_ADDRESS: ("初めての送信先", "first mail to this address as this section's"),
    _R.RULE_CHANGED: ("ルール変更後の初回", "the rule has changed since the last submission"),
    _R.CHANGED: ("承認後に内容が変わった", "changed after approval"),
    _R.SEEN_BEFORE: ("提出済みの保証契約番号（再取得か変更保証か）", "a number already submitted: a copy, or amended?"),
    _R.SUPERSEDED: ("後の保証（別の認証キー）のお知らせあり", "a later notice with another key exists"),
    _R.ALREADY_RESUBMITTED: ("再提出済みの提出への再提出", "a second resubmission of the same submission"),
    _R.FROM_BEFORE: ("導入前のお知らせ", "a notice from before the product was installed"),
    _R.REHEARSED: ("リハーサル済み（未提出）", "rehearsed, not submitted"),
    _R.NOT_SENT: ("未送信と確認済み", "stated not to have been sent"),
    _R.MAYBE_SENT: ("送信済みの可能性", "it may have been sent already"),
    _R.TOO_BIG: ("容量制限を超過", "larger than the issuer or our server takes"),
    _R.LARGE_ATTACHMENT: ("添付が通常より大きい", "an attachment larger than usual"),
    _R.WRONG_RECIPIENT: ("ルールにない宛先", "a recipient that no rule gives"),
    _R.KEY_DIFFERS: ("送信内容の番号・キーがお知らせと不一致", "number or key differ from the notice's"),
    _R.ENCODING: ("作成したメールの検証で不一致", "the composed mail does not read as meant"),
    _R.NO_TEXT: ("文字情報のないPDF（スキャン画像）", "a PDF without text (a scan)"),
    _R.PASSWORD: ("閲覧パスワード付きPDF", "a PDF that asks for a password"),
    _R.NOT_A_NOTICE: (
        "認証キーのお知らせではない（証書・保険会社の証券 等）",
        "not a notice (a certificate, a bond …)",
    ),
    _R.TWO_NOTICES: ("1つのPDFに複数のお知らせ", "several notices in one PDF"),
    _R.TWO_VALUES: ("番号又はキーの候補が複数", "several candidates for number or key"),
    _R.ENGINES_DISAGREE: ("2方式の読取結果が不一致", "two ways of reading disagree"),
    _R.BROKEN_TEXT: ("文字化け", "garbled text"),
    _R.DAMAGED: ("ファイル破損", "a damaged file"),
    _R.MAIL_TOO_LARGE: ("メール過大（8MB超）", "a mail above 8 MB"),
    _R.TOO_LARGE: ("ファイル過大", "too large a file"),
    _R.TOO_SLOW: ("読取時間超過", "took too long to read"),
}

_DOWNLOAD_AGAIN = (
    "保証会社のサイトからPDFを再取得し、所定のフォルダに保存",
    "download the PDF again from the surety's site and save it to the folder",
)
NEXT_STEPS: Final[dict[Reason, tuple[str, str]]] = {
    _R.APPROVAL: (
        "宛先・件名・添付を確認し、承認又は取下げ",
        "check recipient, subject and attachments; approve or withdraw",
    ),
    _R.UNKNOWN_PROJECT: ("案件を projects.toml に登録", "register the project in projects.toml"),
    _R.TWO_PROJECTS: ("保証契約番号を案件に登録", "register the contract number with the project"),
    _R.NAME_ONLY: (
        "発注者を確かめて承認（番号を案件に結び付け）",
        "make sure of the issuer and approve: that ties the number to the project",
    ),
    _R.NUMBER_DIFFERS: ("別案件か、別の保証かを確認", "find out whether it is another project or another guarantee"),
    _R.OTHER_CONTRACTOR: (
        "取違えの有無を確認。JVは登録に追加",
        "make sure it is ours; add a joint venture's name to the register",
    ),
    _R.MISSING_VALUE: ("案件に登録", "register it with the project"),
    _R.BAD_VALUE: ("登録値を訂正", "correct the registered value"),
    _R.UNSAFE_VALUE: ("登録値を訂正", "correct the registered value"),
    _R.NO_RECIPIENT: ("発注者に確認して登録", "ask the issuer and register the address"),
    _R.RULE_OPEN: (
        "発注者のページ又は電話で確認し、ルールを補完",
        "look at the issuer's page or call, then complete the rule",
    ),
    _R.INVOICE_MISSING: (
        "所定のフォルダに保存し、案件に指定",
        "save it to the invoices folder and name it with the project",
    ),
    _R.INVOICE_UNDECIDED: (
        "同送するファイルか「別途」を指定",
        'name the file that rides along, or "separate", with the project',
    ),
    _R.TWO_INVOICES: ("案件に1つ指定", "name one with the project"),
    _R.WRONG_INVOICE: ("正しい請求書に差替え", "put the right invoice in its place"),
    _R.INVOICE_UNCLEAR: (
        "請求書を開き、宛先・案件・請求者を確認し承認",
        "open the invoice, check addressee, project and claimant, then approve",
    ),
    _R.INVOICE_UNREADABLE: (
        "目視で案件・金額を確認し承認",
        "look at project and amount yourself, then approve",
    ),
    _R.DOCUMENTS_UNDECIDED: ("書類を登録、又は「なし」と指定", "register the documents, or say there are none"),
    _R.CONTACT_FIRST: ("担当者へ連絡し、記録して承認", "contact the official, then approve with a note"),
    _R.TIMING: ("時期が来たら承認", "approve when the moment has come"),
    _R.ELIGIBILITY_UNKNOWN: (
        "公告日等を登録、又は発注者に確認して承認",
        "register the dates, or ask the issuer and approve",
    ),
    _R.NOT_ELIGIBLE: (
        "紙の証書に切替え、又は発注者の了解を記録して承認",
        "change to paper, or approve with the issuer's consent as note",
    ),
    _R.SENDER_UNPROVEN: (
        "差出人を確かめて承認（社内のメールは確認できないことが多いため、PDFは所定のフォルダに保存）",
        "make sure of the sender and approve (mail within the office often cannot be: save the PDF in the folder)",
    ),
    _R.FIRST_ADDRESS: ("アドレスを公表元と照合し承認", "compare the address with where it is published; approve"),
    _R.RULE_CHANGED: ("変更点を確認し承認", "look at what changed and approve"),
    _R.CHANGED: ("再確認のうえ承認", "look at it again and approve"),
    _R.SEEN_BEFORE: ("変更なら承認、重複なら取下げ", "approve if amended, withdraw if a copy"),
    _R.SUPERSEDED: ("後のものを確認。こちらは取下げ", "look at the later one; withdraw this one"),
    _R.ALREADY_RESUBMITTED: (
        "先の再提出の状況を確かめ、さらに送る場合は承認、不要なら取下げ",
        "look at the earlier resubmission; approve to send once more, withdraw otherwise",
    ),
    _R.FROM_BEFORE: (
        "提出済みでないか確認し、未提出なら承認、提出済みなら取下げ",
        "find out whether it was submitted by hand; approve if not, withdraw if so",
    ),
    _R.REHEARSED: (
        "リハーサル設定（rehearsal_to）を外し、承認",
        "empty rehearsal_to, then approve",
    ),
    _R.NOT_SENT: ("再度送る場合は承認", "approve to send it again"),
    _R.MAYBE_SENT: (
        "発注者に到達を確認し、届いていれば取下げ、届いていなければ承認",
        "ask the issuer whether it arrived; withdraw if so, approve if not",
    ),
    _R.TOO_BIG: ("添付を見直し", "look at the attachments"),
    _R.LARGE_ATTACHMENT: ("取違えの有無を確認", "make sure it is the right file"),
    _R.WRONG_RECIPIENT: ("送信不可。設定を確認", "never sent: check the configuration"),
    _R.KEY_DIFFERS: ("送信不可。管理者へ連絡", "never sent: tell the administrator"),
    _R.ENCODING: ("送信不可。管理者へ連絡", "never sent: tell the administrator"),
    _R.NOT_A_NOTICE: ("正しいPDFを取得", "get the right PDF"),
    _R.TWO_NOTICES: ("1件ずつ取得", "download them one by one"),
    _R.MAIL_TOO_LARGE: ("PDFだけを所定のフォルダに保存", "save only the PDF to the folder"),
    _R.TOO_LARGE: ("再取得（印刷し直したPDFは不可）", "download it again (no reprinted PDF)"),
    _R.TOO_SLOW: ("再取得（印刷し直したPDFは不可）", "download it again (no reprinted PDF)"),
    _R.NO_TEXT: _DOWNLOAD_AGAIN,
    _R.PASSWORD: _DOWNLOAD_AGAIN,
    _R.TWO_VALUES: _DOWNLOAD_AGAIN,
    _R.ENGINES_DISAGREE: _DOWNLOAD_AGAIN,
    _R.BROKEN_TEXT: _DOWNLOAD_AGAIN,
    _R.DAMAGED: _DOWNLOAD_AGAIN,
}

AFTER_REHEARSING: Final = (
    "発注者に送る内容（宛先・件名・添付）を確認し、承認",
    "look at what goes to the issuer (recipient, subject, attachments), then approve",
)
"""The step of REHEARSED once the draft is no rehearsal any more."""

_AS_DOWNLOADED = (
    "保証会社のサイトから取得したPDFを、印刷・変換・結合せずそのまま所定のフォルダに保存",
    "save the PDF from the surety's site to the folder as it is, neither printed nor converted nor joined",
)
_CONTAINER = ("PDFではない（ZIP等）", "not a PDF (a ZIP …)")
_TRAILING = ("PDFの後ろに別のデータ", "other data behind the PDF")
_CUT = ("PDFが途中で切れている", "the end of the PDF is missing")
_OF_FILE = tuple((f"{ja}：{{value}}", f"{en}: {{value}}") for ja, en in (_CONTAINER, _TRAILING, _CUT))
_SAVE_AS_PDF = (
    "PDFだけを請求書フォルダに保存し直し",
    "save the PDF alone to the invoices folder",
)

_EVIDENCE: Final[dict[str, tuple[str, str]]] = {
    **{kind.value: (f"{words[0]}：{{value}}", f"{words[1]}: {{value}}") for kind, words in KINDS.items()},
    "answer": ("後から届いた送信サーバーの応答：{value}", "the mail server's late answer: {value}"),
    "early": (
        "この提出についての通知又は控えが先に届いています：{value}",
        "a report or copy of it came before: {value}",
    ),
    "copy": (
        "この提出とみられる自社の控えが届いています：{value}",
        "our own copy of it, it seems, lies in the mailbox: {value}",
    ),
    "other_copy": (
        "同じ提出のメールが受信箱に届いています（内容は一致しません）：{value}",
        "a mail of this submission lies in the mailbox, and is not the same: {value}",
    ),
}
"""What says that a mail may have been sent already, by the code in the detail of MAYBE_SENT."""
CODED: Final[dict[tuple[Reason, str], tuple[tuple[str, str], tuple[str, str] | None]]] = {
    **{
        (_R.MAYBE_SENT, code): ((f"{REASONS[_R.MAYBE_SENT][0]}（{ja}）", f"{REASONS[_R.MAYBE_SENT][1]} ({en})"), None)
        for code, (ja, en) in _EVIDENCE.items()
    },
    (_R.ALREADY_RESUBMITTED, "confirmed"): (
        ("到達確認済みの提出への再提出（{value}）", "a resubmission of what is confirmed to have arrived ({value})"),
        (
            "発注者に届いています。差替え等でさらに送る場合は承認、不要なら取下げ",
            "the issuer has it: approve to send once more (a replacement), withdraw otherwise",
        ),
    ),
    (_R.FROM_BEFORE, "mail"): (
        (
            "導入前のお知らせ（{value} のメール）。提出済みでないか確認",
            "a notice from before the product was installed (mail of {value})",
        ),
        None,
    ),
    (_R.FROM_BEFORE, "file"): (
        (
            "導入前のお知らせ（{value} 保存）。提出済みでないか確認",
            "a notice from before the product was installed (saved {value})",
        ),
        None,
    ),
    (_R.FROM_BEFORE, "since"): (
        (
            "監視の設定を変える前のお知らせ（{value} のメール）。提出済みでないか確認",
            "a notice from before this mailbox was watched so (mail of {value})",
        ),
        None,
    ),
    (_R.FROM_BEFORE, "folder"): (
        (
            "このフォルダの監視を始める前のお知らせ（{value} 保存）。提出済みでないか確認",
            "a notice from before this folder was watched (saved {value})",
        ),
        None,
    ),
    (_R.FROM_BEFORE, "undated"): (
        ("受信日の分からないメールのお知らせ。提出済みでないか確認", "a notice in a mail without a readable date"),
        None,
    ),
    (_R.KEY_DIFFERS, "pdf"): (
        (
            "送信前に読み直したお知らせPDFと記録が不一致：{value}",
            "the PDF, read again before sending, differs from the records: {value}",
        ),
        (
            "送信不可。PDFと記録を見比べ、管理者へ連絡（提出するときは取り下げ、PDFを別名で所定のフォルダに保存）",
            "never sent: tell the administrator; to submit it, withdraw this one and save the PDF under another name",
        ),
    ),
    (_R.MISSING_VALUE, "condition"): (
        (
            "件名・本文の条件に使う「{value}」が未登録",
            'the value "{value}", which a condition asks about, is not registered',
        ),
        (
            "案件に登録。ないことがある値なら、ルールの条件を {% if values.名前 is defined %} と書く",
            "register it with the project; if it may be missing, write {% if values.NAME is defined %} in the rule",
        ),
    ),
    (_R.MISSING_VALUE, "subject"): (
        ("件名が空になる", "the subject comes out empty"),
        ("発注者のルールの件名（subject）を直す", "mend the subject in the issuer's rule"),
    ),
    (_R.MISSING_VALUE, "file_name"): (
        ("お知らせのファイル名が空になる", "the notice's file name comes out empty"),
        ("発注者のルールのファイル名（file_name）を直す", "mend file_name in the issuer's rule"),
    ),
    (_R.ELIGIBILITY_UNKNOWN, "not_seen"): (
        (
            "この契約・保証を電子保証で受けるか、公表元で未確認（{value}）",
            "not seen whether the issuer takes an electronic surety here ({value})",
        ),
        (
            "発注者に確認し、ルール（eligibility）を補完、又は記録して承認",
            "ask the issuer, then complete the rule (eligibility), or approve with a note",
        ),
    ),
    (_R.DAMAGED, "container"): (
        _CONTAINER,
        ("中のPDFを取り出し、PDFだけを所定のフォルダに保存", "take the PDF out and save it alone to the folder"),
    ),
    (_R.DAMAGED, "trailing_data"): (_TRAILING, _AS_DOWNLOADED),
    (_R.WRONG_INVOICE, "container"): (_OF_FILE[0], _SAVE_AS_PDF),
    (_R.WRONG_INVOICE, "trailing_data"): (_OF_FILE[1], _SAVE_AS_PDF),
    (_R.WRONG_INVOICE, "cut"): (_OF_FILE[2], _SAVE_AS_PDF),
    (_R.DOCUMENTS_UNDECIDED, "container"): (_OF_FILE[0], _SAVE_AS_PDF),
    (_R.DOCUMENTS_UNDECIDED, "trailing_data"): (_OF_FILE[1], _SAVE_AS_PDF),
    (_R.DOCUMENTS_UNDECIDED, "cut"): (_OF_FILE[2], _SAVE_AS_PDF),
    (_R.TWO_VALUES, "continues"): (
        ("番号・キーが次の行に続いている可能性（{value}）", "number or key may go on in the next line ({value})"),
        _AS_DOWNLOADED,
    ),
    (_R.NO_TEXT, "ocr_layer"): (
        (
            "複合機で作った検索可能PDFです。保証会社のサイトから取得したPDFをそのまま保存してください",
            "a scan with recognised text behind it; save the PDF from the surety's site as it is",
        ),
        _AS_DOWNLOADED,
    ),
    (_R.NO_TEXT, "unseen"): (
        ("番号・キーの文字が紙面に表示されない（{value}）", "number or key does not show on the page ({value})"),
        _AS_DOWNLOADED,
    ),
    (_R.FIRST_ADDRESS, "copy_to"): (
        ("控えの宛先が自社のドメインの外（{value}）", "our own copy goes outside our domain ({value})"),
        (
            "提出のたびに番号とキーが届きます。設定の [smtp] copy_to を確認し、正しければ承認（確認は一度だけ）",
            "it gets number and key of every submission: check [smtp] copy_to; approve if it is right (asked once)",
        ),
    ),
    (_R.FIRST_ADDRESS, "rehearsal_to"): (
        ("リハーサルの宛先が自社のドメインの外（{value}）", "rehearsals go outside our domain ({value})"),
        (
            "リハーサルのたびに番号とキーが届きます。rehearsal_to を確認し、正しければ承認（確認は一度だけ）",
            "it gets number and key of every rehearsal: check rehearsal_to; approve if it is right (asked once)",
        ),
    ),
    (_R.WRONG_INVOICE, "issuer"): (
        (
            "請求書に別の発注者の名前があり、この発注者の名前がない（{value}）",
            "the invoice names another issuer, and not this one ({value})",
        ),
        None,
    ),
    (_R.WRONG_INVOICE, "contractor"): (
        (
            "請求書に別の請求者の名前があり、この案件の受注者の名前がない（{value}）",
            "the invoice names another contractor, and not this project's ({value})",
        ),
        None,
    ),
    (_R.INVOICE_UNCLEAR, "issuer"): (
        (
            "請求書に、ほかの発注者の名前、又は似た名前がある（{value}）",
            "the invoice names another issuer too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、宛先がこの発注者であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if it is addressed to this issuer, else put the right one there",
        ),
    ),
    (_R.INVOICE_UNCLEAR, "project"): (
        (
            "請求書に、ほかの案件の名前・番号、又は似た名前がある（{value}）",
            "the invoice names another project too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、この案件の請求書であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if it is this project's, else put the right one there",
        ),
    ),
    (_R.INVOICE_UNCLEAR, "contractor"): (
        (
            "請求書に、ほかの請求者の名前、又は似た名前がある（{value}）",
            "the invoice names another contractor too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、請求者がこの案件の受注者であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if this project's contractor asks, else put the right one there",
        ),
    ),
}
"""Own words, and an own next step where there is one, of a hold whose ``detail`` is ``code`` or ``code: value``.

The words take the place of the reason's; ``{value}`` in them is the value, with control characters escaped.
"""

CODED_VALUES: Final[dict[tuple[Reason, str], dict[str, tuple[str, str]]]] = {
    (_R.KEY_DIFFERS, "pdf"): {
        "file": ("ファイル", "file"),
        "guarantor": ("保証会社", "guarantor"),
        "contract_number": ("保証契約番号", "contract number"),
        "key": ("認証キー", "key"),
        "product": ("保証の種別", "kind of guarantee"),
        "project_name": ("工事名", "name of the works"),
        "contractor_name": ("受注者名", "contractor"),
    },
}
"""What the values of such a detail are called, where they are codes themselves, several of them behind commas."""
