"""States and hold reasons in office words: (Japanese, English), and what to do next.

``sentences`` puts the parameters of a hold in: ``{name:way}``, and ``[[…]]`` is left out if one in it is missing.
"""

from __future__ import annotations

from typing import Final

from worker.core.messages.receipts import KINDS
from worker.core.states import REFUSALS, Reason, State

_S, _R = State, Reason

STATES: Final[dict[State, tuple[str, str]]] = {
    _S.ANNOUNCED: ("お知らせPDF待ち", "waiting for the notice PDF"),
    _S.HELD: ("保留（要対応）", "held: needs a person"),
    _S.APPROVED: ("送信待ち", "waiting to be sent"),
    _S.SENDING: ("送信中", "being sent"),
    _S.IN_DOUBT: ("送信結果不明（要確認）", "in doubt: find out whether it arrived"),
    _S.SENT: ("送信済み（到達未確認）", "sent, arrival not confirmed"),
    _S.DELAYED: ("配送が遅れています", "delivery delayed"),
    _S.RELAYED: ("先方の手前まで送信（到達不明）", "relayed, arrival unknown"),
    _S.DELIVERED: ("先方サーバーに到着（閲覧未確認）", "at the issuer's server, reading not confirmed"),
    _S.OVERDUE: ("応答なし（要電話）", "no answer: call the issuer"),
    _S.CONFIRMED: ("到達確認済み", "arrival confirmed"),
    _S.BOUNCED: ("不達・返却", "not delivered or sent back"),
    _S.REFUSED: ("受信拒否（未送信）", "refused by the server, not sent"),
    _S.WITHDRAWN: ("取下げ", "withdrawn"),
    _S.HANDED_OVER: ("別途提出（フォーム・持参等）", "handed in another way"),
}
HANDED_IN_STATE: Final = ("別途提出済み", "handed in otherwise")
"""CONFIRMED without a mail: a person recorded that it was handed in."""
STATE_NEXT: Final[dict[State, tuple[str, str]]] = {
    _S.ANNOUNCED: (
        "「認証キーのお知らせ」PDFを保証会社のサイトから取得し、所定のフォルダに保存（不要なら取下げ）",
        "download the notice PDF from the surety's site and save it to the folder (or withdraw)",
    ),
    _S.IN_DOUBT: (
        "自動では再送しません。発注者に届いているか確認し、結果を記録",
        "never resent automatically: ask the issuer whether it arrived, then record the answer",
    ),
    _S.REFUSED: ("宛先を確かめて訂正し、再提出", "check and correct the address, then resend"),
    _S.BOUNCED: ("理由を確かめて訂正し、再提出", "check the reason, correct it, then resend"),
    _S.OVERDUE: ("提出先へ電話で到達を確認", "call the section and ask"),
    _S.HANDED_OVER: ("提出したら記録", "record it once it is handed in"),
}
APPROVAL_STATE: Final = ("承認待ち", "waiting for approval")

REASONS: Final[dict[Reason, tuple[str, str]]] = {
    _R.APPROVAL: ("承認待ち", "waiting for approval"),
    _R.SECOND_PERSON: ("二人目の承認待ち", "waiting for a second person"),
    _R.RETURNED: ("差し戻し", "sent back"),
    _R.UNKNOWN_PROJECT: ("該当案件の登録なし", "no registered project fits"),
    _R.TWO_PROJECTS: ("同名の案件が複数", "several projects of this name or number"),
    _R.NAME_ONLY: ("工事名だけの一致", "only the project's name fits"),
    _R.NUMBER_DIFFERS: ("登録済みの保証契約番号と異なる", "another number is registered"),
    _R.OTHER_CONTRACTOR: ("受注者名が自社（JV）と異なる", "the notice names another contractor"),
    _R.MISSING_VALUE: ("必要項目の未登録", "a value that the mail needs is not registered"),
    _R.BAD_VALUE: ("登録値の形式違い", "a registered value has the wrong form"),
    _R.UNSAFE_VALUE: ("使用できない文字（改行等）", "a character that must not be used"),
    _R.NO_RECIPIENT: ("提出先アドレスの未登録", "no address of the section is registered"),
    _R.RULE_OPEN: ("提出方法が未確認", "the way to submit is not certain"),
    _R.GUARANTOR_NOT_LISTED: (
        "発注者が受け付ける保証会社に挙がっていない",
        "the issuer is not known to accept this surety",
    ),
    _R.INVOICE_MISSING: ("請求書（PDF）なし", "the invoice PDF is missing"),
    _R.INVOICE_UNDECIDED: ("請求書の同送が未定", "it is undecided whether to attach the invoice"),
    _R.TWO_INVOICES: ("請求書の候補が複数", "several invoices could be meant"),
    _R.WRONG_INVOICE: (
        "請求書が別案件・別種別・送信済み",
        "the invoice belongs to another project, is of another kind, or was sent before",
    ),
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
    _R.SENDER_UNPROVEN: ("送信元を確認できない", "the sender of the mail is not authenticated"),
    _R.FIRST_ADDRESS: ("初めての宛先", "first mail to this address of the section"),
    _R.RULE_CHANGED: (
        "提出方法の変更後、初めての提出",
        "the rule has changed since the last submission",
    ),
    _R.CHANGED: ("承認後に内容が変わった", "changed after approval"),
    _R.SEEN_BEFORE: (
        "同じ保証契約番号を受付済み（再取得か変更保証か）",
        "a number already submitted: a copy, or amended?",
    ),
    _R.SUPERSEDED: ("後の保証（別の認証キー）のお知らせあり", "a later notice with another key exists"),
    _R.ALREADY_RESUBMITTED: ("再提出済みの提出への再提出", "a second resubmission of the same submission"),
    _R.FROM_BEFORE: ("導入前のお知らせ", "a notice from before the product was installed"),
    _R.REHEARSED: ("リハーサル済み・発注者には未提出", "rehearsed, not submitted"),
    _R.NOT_SENT: ("未送信と確認済み", "recorded as not sent"),
    _R.MAYBE_SENT: ("送信済みの可能性", "it may have been sent already"),
    _R.TOO_BIG: ("容量制限を超過", "larger than the issuer or our server accepts"),
    _R.LARGE_ATTACHMENT: ("添付が通常より大きい", "an attachment larger than usual"),
    _R.WRONG_RECIPIENT: ("登録にない宛先", "a recipient that is not registered"),
    _R.KEY_DIFFERS: ("送信内容の番号・キーがお知らせと異なる", "number or key differ from the notice's"),
    _R.ENCODING: ("作成したメールが正しく読み戻せない", "the composed mail cannot be read back correctly"),
    _R.NO_TEXT: ("文字情報のないPDF（スキャン画像）", "a PDF without text (a scan)"),
    _R.PASSWORD: ("閲覧パスワード付きPDF", "a PDF that asks for a password"),
    _R.NOT_A_NOTICE: (
        "認証キーのお知らせではないPDF（証書・証券・請求書など）",
        "not a notice (a certificate, a bond …)",
    ),
    _R.TWO_NOTICES: ("1つのPDFに複数のお知らせ", "several notices in one PDF"),
    _R.TWO_VALUES: ("番号かキーの候補が複数", "several candidates for number or key"),
    _R.ENGINES_DISAGREE: ("2通りの読取り結果が食い違う", "two readings of the PDF disagree"),
    _R.BROKEN_TEXT: ("文字化け", "garbled text"),
    _R.DAMAGED: ("ファイル破損", "a damaged file"),
    _R.ATTACHMENT_UNOPENED: ("添付を開けない", "an attachment that is not opened"),
    _R.MAIL_TOO_LARGE: ("メール過大（8MB超）", "a mail above 8 MB"),
    _R.REST_UNREAD: ("添付PDFの一部が未確認", "PDFs of the mail were not read"),
    _R.TOO_LARGE: ("ファイル過大", "too large a file"),
    _R.TOO_SLOW: ("読取時間超過", "took too long to read"),
}

_DOWNLOAD_AGAIN = (
    "保証会社のサイトからPDFを再取得し、所定のフォルダに保存",
    "download the PDF again from the surety's site and save it to the folder",
)
NEXT_STEPS: Final[dict[Reason, tuple[str, str]]] = {
    _R.APPROVAL: (
        "宛先・件名・添付を確認し、承認または取下げ",
        "check recipient, subject and attachments; approve or withdraw",
    ),
    _R.SECOND_PERSON: (
        "一人が確認して承認を依頼し、準備も依頼もしていない別の人が承認",
        "one person confirms and requests; another, who did neither this nor the preparation, approves",
    ),
    _R.RETURNED: (
        "差し戻しの理由を確かめ、直すか、このまま送る場合は承認または承認の依頼",
        "look at why it was sent back: correct it, or approve it as it is or ask for that",
    ),
    _R.UNKNOWN_PROJECT: ("案件を登録（hoshobin project add）", "register the project in projects.toml"),
    _R.TWO_PROJECTS: ("保証契約番号を案件に登録", "register the contract number with the project"),
    _R.NAME_ONLY: (
        "発注者を確かめて承認（番号を案件に結び付け）",
        "check the issuer and approve: this links the number to the project",
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
        "発注者のページか電話で確認し、提出方法の登録を補う",
        "look at the issuer's page or call, then complete the rule",
    ),
    _R.GUARANTOR_NOT_LISTED: (
        "この保証会社を受け付けるか発注者に確認し、受け付けるなら発注者のファイルの guarantors に追加、違えば取下げ",
        "ask the issuer whether it accepts this surety; add it to guarantors in the issuer's file if so, else withdraw",
    ),
    _R.INVOICE_MISSING: (
        "工事名か保証契約番号を名前に入れて請求書フォルダに保存（場所と名前は「詳細」に表示）、または案件にファイル名を登録",
        "save it to the invoices folder (`show` says where and under what name), or name it with the project",
    ),
    _R.INVOICE_UNDECIDED: (
        "請求書のファイル名か「別途提出」を案件に登録",
        'register the file to attach, or "separate", with the project',
    ),
    _R.TWO_INVOICES: ("どの請求書かを案件に登録", "register one with the project"),
    _R.WRONG_INVOICE: ("正しい請求書に差替え", "put the right invoice in its place"),
    _R.INVOICE_UNCLEAR: (
        "請求書を開き、宛先・案件・請求者を確認し承認",
        "open the invoice, check addressee, project and claimant, then approve",
    ),
    _R.INVOICE_UNREADABLE: ("目視で案件・金額を確認し承認", "look at project and amount yourself, then approve"),
    _R.DOCUMENTS_UNDECIDED: (
        "必要な書類を案件に登録（なければ「なし」と登録）",
        "register the documents, or say there are none",
    ),
    _R.CONTACT_FIRST: ("担当者へ連絡し、記録して承認", "contact the official, then approve with a note"),
    _R.TIMING: ("時期が来たら承認", "approve when the moment has come"),
    _R.ELIGIBILITY_UNKNOWN: (
        "公告日などを案件に登録、または発注者に確認して承認",
        "register the dates, or ask the issuer and approve",
    ),
    _R.NOT_ELIGIBLE: (
        "紙の証書に切り替える（取下げ）か、発注者の了解を得て記録し、承認",
        "change to paper, or approve with the issuer's consent as note",
    ),
    _R.SENDER_UNPROVEN: (
        "差出人を確かめて承認（社内のメールは確認できないことが多いため、PDFは所定のフォルダに保存）",
        "make sure of the sender and approve (mail within the office often cannot be: save the PDF in the folder)",
    ),
    _R.FIRST_ADDRESS: ("アドレスを公表元と照合し承認", "compare the address with where it is published; approve"),
    _R.RULE_CHANGED: ("変更点を確認し承認", "look at what changed and approve"),
    _R.CHANGED: ("再確認のうえ承認", "look at it again and approve"),
    _R.SEEN_BEFORE: ("変更保証なら承認、同じお知らせの取り直しなら取下げ", "approve if amended, withdraw if a copy"),
    _R.SUPERSEDED: ("後から届いたお知らせを確認し、こちらは取下げ", "look at the later one; withdraw this one"),
    _R.ALREADY_RESUBMITTED: (
        "先の再提出の状況を確かめ、さらに送る場合は承認、不要なら取下げ",
        "look at the earlier resubmission; approve to send once more, withdraw otherwise",
    ),
    _R.FROM_BEFORE: (
        "提出済みでないか確認し、未提出なら承認、提出済みなら取下げ",
        "find out whether it was submitted by hand; approve if not, withdraw if so",
    ),
    _R.REHEARSED: ("リハーサルを終えた後に（本番に切り替える）、承認", "end the rehearsal, then approve"),
    _R.NOT_SENT: ("再度送る場合は承認", "approve to send it again"),
    _R.MAYBE_SENT: (
        "発注者に届いているか確認し、届いていれば取下げ、届いていなければ承認",
        "ask the issuer whether it arrived; withdraw if so, approve if not",
    ),
    _R.TOO_BIG: ("添付を見直し", "look at the attachments"),
    _R.LARGE_ATTACHMENT: ("取違えの有無を確認", "make sure it is the right file"),
    _R.WRONG_RECIPIENT: (
        "送信できません。発注者と案件の登録の宛先を確かめ、登録が正しければ管理者へ連絡",
        "never sent: check the recipients registered for issuer and project; if they are right, tell the administrator",
    ),
    _R.KEY_DIFFERS: ("送信できません。管理者へ連絡", "never sent: tell the administrator"),
    _R.ENCODING: ("送信できません。管理者へ連絡", "never sent: tell the administrator"),
    _R.NOT_A_NOTICE: (
        "「認証キーのお知らせ」PDFを保証会社のサイトから取得し、所定のフォルダに保存（このPDFがお知らせなら管理者へ連絡）",
        "save the notice of the key from the surety's site to the folder (tell the administrator if this PDF is one)",
    ),
    _R.TWO_NOTICES: ("1件ずつ取得", "download them one by one"),
    _R.ATTACHMENT_UNOPENED: (
        "メールの添付を開き、お知らせのPDFだけを所定のフォルダに保存し、取下げ。お知らせがなければ取下げ",
        "open the attachment; save the notice PDF alone to the folder, then withdraw; withdraw if there is none",
    ),
    _R.MAIL_TOO_LARGE: ("PDFだけを所定のフォルダに保存", "save only the PDF to the folder"),
    _R.REST_UNREAD: (
        "メールを開いて添付を確認。お知らせPDFがあれば所定のフォルダに保存（なければ取下げ）",
        "open the mail and look at its files; save a notice PDF to the folder, or withdraw",
    ),
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
_SAVE_AS_PDF = ("PDFだけを請求書フォルダに保存し直し", "save the PDF alone to the invoices folder")

_AND_WITHDRAW = (
    "所定のフォルダに保存し、こちらは取下げ。お知らせでなければ取下げ",
    "to the folder, then withdraw this one; withdraw it as well if it is no notice",
)
UNOPENED: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "zip": (
        ("ZIPからお知らせのPDFを取り出せない", "no notice PDF can be taken out of a ZIP"),
        ("ZIPを開き、お知らせのPDFがあれば", "open the ZIP and save the notice PDF in it"),
    ),
    "locked": (
        ("パスワード付きZIP", "a ZIP with a password"),
        (
            "届いたパスワードでZIPを開き、お知らせのPDFだけを",
            "open the ZIP with its password and save the notice PDF alone",
        ),
    ),
    "archive": (
        ("圧縮ファイル", "an archive"),
        ("解凍し、お知らせのPDFだけを", "unpack it and save the notice PDF alone"),
    ),
    "outlook": (
        ("Outlook形式のファイル（.msg・winmail.dat）", "a file of Outlook (.msg, winmail.dat)"),
        (
            "Outlookで開き、添付のお知らせPDFだけを",
            "open it in Outlook and save the attached notice PDF alone",
        ),
    ),
    "sealed": (
        ("暗号化されたメール", "an encrypted mail"),
        (
            "メールソフトで開き、お知らせのPDFだけを",
            "open it in the mail program and save the notice PDF alone",
        ),
    ),
    "docuworks": (
        ("DocuWorks文書（.xdw）", "a DocuWorks document (.xdw)"),
        (
            "変換せず、保証会社のサイトからお知らせのPDFを取得して",
            "do not convert it: download the notice PDF from the surety's site and save it",
        ),
    ),
    "picture": (
        ("写真・画像", "a picture"),
        (
            "写真は提出できません。保証会社のサイトからお知らせのPDFを取得して",
            "a picture cannot be submitted: download the notice PDF from the surety's site and save it",
        ),
    ),
    "link": (
        ("添付の代わりのリンク", "a link in place of an attachment"),
        (
            "差出人を確かめてからリンクを開き、お知らせのPDFを",
            "make sure of the sender, open the link and save the notice PDF",
        ),
    ),
    "damaged": (
        ("ZIPの中の、壊れているか大きすぎるファイル", "a file in a ZIP that is damaged or too large"),
        ("ZIPを開き、お知らせのPDFだけを", "open the ZIP and save the notice PDF alone"),
    ),
    "other": (
        ("PDFでないファイル", "a file that is no PDF"),
        (
            "開いて中を確かめ、お知らせのPDFがあればPDFだけを",
            "open it, and save the notice PDF alone if it holds one",
        ),
    ),
}
"""Words, and what to open for the notice, of an attachment that is not opened: by the code of ATTACHMENT_UNOPENED."""
_SAVE_PDF = (
    "保証会社のサイトから「認証キーのお知らせ」のPDFを取得し、所定のフォルダに保存",
    "download the notice PDF from the surety's site and save it to the folder",
)
_OTHER_FILES: Final[dict[str, tuple[tuple[str, str], tuple[str, str]]]] = {
    "zip": (
        ("PDFではない（ZIP）", "not a PDF (a ZIP)"),
        ("中のPDFを取り出し、PDFだけを所定のフォルダに保存", "take the PDF out and save it alone to the folder"),
    ),
    "archive": (
        ("PDFではない（圧縮ファイル）", "not a PDF (an archive)"),
        ("解凍し、中のPDFだけを所定のフォルダに保存", "unpack it and save the PDF alone to the folder"),
    ),
    "outlook": (
        ("PDFではない（Outlookのメール .msg）", "not a PDF (a mail of Outlook, .msg)"),
        (
            "Outlookで開き、添付のPDFだけを所定のフォルダに保存",
            "open it in Outlook and save the attached PDF alone to the folder",
        ),
    ),
    "sealed": (
        ("PDFではない（暗号化されたファイル）", "not a PDF (an encrypted file)"),
        ("開いて、中のPDFだけを所定のフォルダに保存", "open it and save the PDF alone to the folder"),
    ),
    "docuworks": (("PDFではない（DocuWorks文書）", "not a PDF (a DocuWorks document)"), _SAVE_PDF),
    "picture": (("PDFではない（写真・画像）", "not a PDF (a picture)"), _SAVE_PDF),
    "other": (("PDFではない", "not a PDF"), _SAVE_PDF),
}
"""Words and next step for a file that is no PDF, by the code of DAMAGED."""

_MAY_HAVE_LEFT: Final[dict[str, tuple[str, str]]] = {
    **{kind.value: (f"{words[0]}：{{value}}", f"{words[1]}: {{value}}") for kind, words in KINDS.items()},
    "answer": ("後から届いた送信サーバーの応答：{value}", "the mail server's late answer: {value}"),
    "early": (
        "この提出についての通知または控えが先に届いています：{value}",
        "a report or copy of it came before: {value}",
    ),
    "copy": (
        "この提出とみられる自社の控えが届いています：{value}",
        "apparently our own copy of it is in the mailbox: {value}",
    ),
    "other_copy": (
        "同じ提出のメールが受信箱に届いています（内容は一致しません）：{value}",
        "a mail of this submission is in the mailbox, but differs: {value}",
    ),
}
"""Signs that a mail may have been sent already, by the code of MAYBE_SENT."""
CODED: Final[dict[tuple[Reason, str], tuple[tuple[str, str], tuple[str, str] | None]]] = {
    **{
        (_R.MAYBE_SENT, code): ((f"{REASONS[_R.MAYBE_SENT][0]}（{ja}）", f"{REASONS[_R.MAYBE_SENT][1]} ({en})"), None)
        for code, (ja, en) in _MAY_HAVE_LEFT.items()
    },
    (_R.SEEN_BEFORE, "unsent"): (
        (
            "同じ番号のお知らせが前に届いています（{earlier}：未提出）",
            "a notice of this number came before ({earlier}: not submitted)",
        ),
        (
            "取り直したものなら一方を取下げ、変更保証なら承認",
            "withdraw one of the two if it is a copy; approve if it is amended",
        ),
    ),
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
            "a notice from before this mailbox was watched (mail of {value})",
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
    (_R.FROM_BEFORE, "future"): (
        (
            "受信日時が未来（{value}）で、いつ届いたか分からないメールのお知らせ。提出済みでないか確認",
            "a notice in a mail whose date of receipt is in the future ({value})",
        ),
        None,
    ),
    (_R.FROM_BEFORE, "undated"): (
        ("受信日の分からないメールのお知らせ。提出済みでないか確認", "a notice in a mail without a readable date"),
        None,
    ),
    (_R.KEY_DIFFERS, "pdf"): (
        (
            "送信前に読み直したお知らせPDFと記録が不一致：{value:of_pdf}",
            "the PDF, read again before sending, differs from the records: {value:of_pdf}",
        ),
        (
            "送信できません。PDFと記録を見比べ、管理者へ連絡（提出するときは取り下げ、PDFを別名で所定のフォルダに保存）",
            "never sent: tell the administrator; to submit it, withdraw this one and save the PDF under another name",
        ),
    ),
    (_R.MISSING_VALUE, "condition"): (
        (
            "件名・本文の条件に使う「{value}」が未登録",
            'the value "{value}", which a condition asks about, is not registered',
        ),
        (
            "案件に登録。ない案件もある値なら、管理者が条件を {% if values.名前 is defined %} と書く",
            "register it with the project; if it may be missing, write {% if values.NAME is defined %} in the rule",
        ),
    ),
    (_R.MISSING_VALUE, "subject"): (
        ("件名が空になる", "the subject comes out empty"),
        ("発注者のファイルの件名（subject）を直す", "correct the subject in the issuer's rule"),
    ),
    (_R.MISSING_VALUE, "file_name"): (
        ("お知らせのファイル名が空になる", "the notice's file name comes out empty"),
        ("発注者のファイルのファイル名（file_name）を直す", "correct file_name in the issuer's rule"),
    ),
    (_R.ELIGIBILITY_UNKNOWN, "not_seen"): (
        (
            "この契約・保証を電子保証で受けるか、公表元で未確認（{value}）",
            "not known whether the issuer takes an electronic surety here ({value})",
        ),
        (
            "発注者に確認し、対象の範囲（eligibility）の登録を補うか、記録して承認",
            "ask the issuer, then complete the rule (eligibility), or approve with a note",
        ),
    ),
    **{
        (_R.ATTACHMENT_UNOPENED, code): (
            (
                f"{REASONS[_R.ATTACHMENT_UNOPENED][0]}（{what[0]}[[：{{files}}]]）",
                f"{REASONS[_R.ATTACHMENT_UNOPENED][1]} ({what[1]}[[: {{files}}]])",
            ),
            (does[0] + _AND_WITHDRAW[0], f"{does[1]} {_AND_WITHDRAW[1]}"),
        )
        for code, (what, does) in UNOPENED.items()
    },
    **{(_R.DAMAGED, code): words for code, words in _OTHER_FILES.items()},
    (_R.NOT_A_NOTICE, "invoice"): (
        ("お知らせではなく請求書のよう", "it seems to be an invoice, not a notice"),
        (
            "請求書なら請求書フォルダに移し、こちらは取下げ",
            "if it is an invoice, move it to the invoices folder and withdraw this one",
        ),
    ),
    (_R.NOT_A_NOTICE, "mail_file"): (
        ("保存されたメールの中に、お知らせのPDFがない", "no notice PDF in the saved mail"),
        (
            "メールを開いて確かめ、お知らせのPDFだけを所定のフォルダに保存",
            "open the mail and save the notice PDF alone to the folder",
        ),
    ),
    (_R.DAMAGED, "container"): (
        _CONTAINER,
        ("中のPDFを取り出し、PDFだけを所定のフォルダに保存", "take the PDF out and save it alone to the folder"),
    ),
    (_R.DAMAGED, "trailing_data"): (_TRAILING, _AS_DOWNLOADED),
    (_R.DAMAGED, "empty"): (("ファイル破損（空のファイル）", "a damaged file (an empty one)"), None),
    (_R.DAMAGED, "cut"): (_CUT, None),
    (_R.WRONG_INVOICE, "container"): (_OF_FILE[0], _SAVE_AS_PDF),
    (_R.WRONG_INVOICE, "trailing_data"): (_OF_FILE[1], _SAVE_AS_PDF),
    (_R.WRONG_INVOICE, "cut"): (_OF_FILE[2], _SAVE_AS_PDF),
    (_R.DOCUMENTS_UNDECIDED, "container"): (_OF_FILE[0], _SAVE_AS_PDF),
    (_R.DOCUMENTS_UNDECIDED, "trailing_data"): (_OF_FILE[1], _SAVE_AS_PDF),
    (_R.DOCUMENTS_UNDECIDED, "cut"): (_OF_FILE[2], _SAVE_AS_PDF),
    (_R.NOT_A_NOTICE, "unread"): (
        (
            "認証キーのお知らせですが、「{value}」を読み取れない",
            'a notice of the key, in which "{value}" cannot be read',
        ),
        (
            "保証会社のサイトからPDFを取得し直し、そのまま所定のフォルダに保存（画面や縮小した用紙に印刷したPDFは読み取れません）",
            "download the PDF again and save it to the folder as it is (none printed from a screen or on narrow paper)",
        ),
    ),
    (_R.NOT_A_NOTICE, "other_page"): (
        (
            "お知らせのPDFの{value}ページ目が、お知らせではない書類のよう",
            "page {value} of the notice's PDF seems to be another paper",
        ),
        (
            "保証会社のサイトからお知らせのPDFを取得し直して所定のフォルダに保存し、こちらは取下げ（ほかの書類は別のPDFにする）",
            "download the notice again and save it to the folder, then withdraw this one; keep other papers apart",
        ),
    ),
    (_R.NOT_A_NOTICE, "written_on"): (
        (
            "お知らせのPDFの{value}ページ目に、メモや図形などの書き込み（注釈）がある（そのまま送ると発注者に見える）",
            "page {value} of the notice's PDF has notes or drawings of a viewer, which the issuer would see",
        ),
        (
            "保証会社のサイトからお知らせのPDFを取得し直し、書き込まずに所定のフォルダに保存し、こちらは取下げ",
            "download the notice again and save it to the folder without notes, then withdraw this one",
        ),
    ),
    (_R.NOT_A_NOTICE, "form_fields"): (
        (
            "認証キーのお知らせですが、「{value}」がPDFの入力欄（フォーム）に入っているため読み取れない",
            'a notice of the key, in which "{value}" stands in a form field and cannot be read',
        ),
        (
            "PDFを取得し直して所定のフォルダに保存、またはビューアーで開き、「印刷」から「PDFとして保存」したものを保存",
            "download the PDF again and save it to the folder; or open it in a viewer, print it to a PDF and save that",
        ),
    ),
    (_R.NOT_A_NOTICE, "unknown_surety"): (
        (
            "認証キーのお知らせですが、読み方の登録がない保証会社のもの",
            "a notice of the key, of a surety whose form is not configured",
        ),
        (
            "管理者が guarantors.toml にその保証会社を追加。急ぐときは手作業で提出し、こちらは取下げ",
            "the administrator adds that surety to guarantors.toml; if it is urgent, submit by hand and withdraw this",
        ),
    ),
    (_R.NOT_A_NOTICE, "assumed"): (
        (
            "認証キーのお知らせですが、実物で確認していない様式のため読み取れない（{value}）",
            "a notice of the key, in a form that was never seen in the original ({value})",
        ),
        (
            "管理者がお知らせと guarantors.toml（labels、number、key）を見比べて訂正。急ぐときは手作業で提出し、取下げ",
            "the administrator compares it with guarantors.toml; if it is urgent, submit by hand and withdraw this",
        ),
    ),
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
            "請求書に、ほかの発注者の名前、または似た名前がある（{value}）",
            "the invoice names another issuer too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、宛先がこの発注者であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if it is addressed to this issuer, else put the right one there",
        ),
    ),
    (_R.INVOICE_UNCLEAR, "project"): (
        (
            "請求書に、ほかの案件の名前・番号、または似た名前がある（{value}）",
            "the invoice names another project too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、この案件の請求書であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if it is this project's, else put the right one there",
        ),
    ),
    (_R.NUMBER_DIFFERS, "unknown_name"): (
        (
            "お知らせの工事名が、この番号の案件の工事名と違う（お知らせの工事名：{value}）",
            "the notice names another work than the project of its number (it prints: {value})",
        ),
        (
            "二つの工事名を見比べ、同じ工事であれば承認。違う工事であれば、案件に登録した保証契約番号を訂正",
            "compare the two names; approve if it is the same work, else correct the number in the register",
        ),
    ),
    (_R.INVOICE_UNCLEAR, "guarantee"): (
        (
            "請求書に別の保証契約番号があり、このお知らせの番号がない（{value}）",
            "the invoice has the number of another guarantee, and not this notice's ({value})",
        ),
        (
            "請求書を開き、このお知らせの保証に係る請求書であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if it is for this guarantee, else put the right one there",
        ),
    ),
    (_R.INVOICE_UNCLEAR, "unnumbered"): (
        (
            "この案件には同じ種類の保証がほかにあり、請求書に保証契約番号がない（{value}）",
            "the project has another guarantee of this kind, and the invoice has no number ({value})",
        ),
        (
            "請求書を開き、このお知らせの保証に係る請求書であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if it is for this guarantee, else put the right one there",
        ),
    ),
    (_R.INVOICE_UNCLEAR, "contractor"): (
        (
            "請求書に、ほかの請求者の名前、または似た名前がある（{value}）",
            "the invoice names another contractor too, or one of a similar name ({value})",
        ),
        (
            "請求書を開き、請求者がこの案件の受注者であることを確認し承認。違えば正しい請求書に差替え",
            "open the invoice; approve if this project's contractor asks, else put the right one there",
        ),
    ),
}
"""The words, and the next step if it has its own, of a hold with this code.

The words take the place of the reason's. ``{value}`` is what the code is about; of a file its name and what was found.
"""

_TOGETHER: Final = {
    "with_contract": ("契約書[[（{day:date}）]]と同時に提出", "hand it in together with the contract[[ ({day:date})]]"),
    "with_invoice": ("請求書[[（{day:date}）]]と同時に提出", "hand it in together with the invoice[[ ({day:date})]]"),
}
_BEFORE: Final = {
    "before_contract": (
        "契約書[[（{day:date}）]]より前[[、{last:date}まで]]に提出",
        "hand it in before the contract[[ ({day:date})]][[, by {last:date}]]",
    ),
    "before_invoice": (
        "請求書[[（{day:date}）]]より前[[、{last:date}まで]]に提出",
        "hand it in before the invoice[[ ({day:date})]][[, by {last:date}]]",
    ),
}
_INSTEAD: Final = (
    "紙の証書に切り替えるか、発注者の了解を得てください",
    "Change to paper, or obtain the issuer's consent",
)
_STILL_WRITTEN: Final = (
    "{file}：保存中または保存直後です。数秒後に自動でもう一度確認します",
    "{file}: it is still being saved; it is checked again in a few seconds",
)

HOLD_DETAILS: Final[dict[tuple[Reason, str], tuple[str, str]]] = {
    **{(_R.TIMING, code): (f"{{project}}：{ja}", f"{{project}}: {en}") for code, (ja, en) in _TOGETHER.items()},
    (_R.TIMING, "no_contract_day"): (
        "{project}：契約日（dates の contract）が未登録です。請求書は契約日より前に送りません",
        "{project}: the day of the contract (contract in dates) is not registered; no invoice is sent before that day",
    ),
    (_R.TIMING, "from_contract_day"): (
        "{project}：請求書を送るのは契約日（{day:date}）から",
        "{project}: the invoice is sent from the day of the contract ({day:date}) on",
    ),
    (_R.CONTACT_FIRST, ""): ("{project}：{asked}[[（{told: }）]]", "{project}: {asked}[[ ({told: })]]"),
    (_R.NAME_ONLY, ""): ("{project}", "{project}"),
    (_R.TWO_PROJECTS, ""): ("{projects}", "{projects}"),
    (_R.NUMBER_DIFFERS, ""): ("{project}: {others}", "{project}: {others}"),
    (_R.NUMBER_DIFFERS, "other_product"): (
        "{project}：この番号は{products:product}の番号として登録されています",
        "{project}: this number is registered as that of the {products:product}",
    ),
    (_R.NUMBER_DIFFERS, "other_name"): (
        "{project}：この番号の案件ですが、お知らせの工事名は別の案件（{projects}）のものです",
        "{project}: its number is printed, and the name of another project ({projects})",
    ),
    (_R.OTHER_CONTRACTOR, ""): ("{name}", "{name}"),
    (_R.SEEN_BEFORE, ""): ("{earlier}", "{earlier}"),
    (_R.SUPERSEDED, ""): ("{later}", "{later}"),
    (_R.SECOND_PERSON, "asked"): ("確認：{by}", "confirmed by {by}"),
    (_R.RETURNED, ""): ("{by}[[：{why}]]", "{by}[[: {why}]]"),
    (_R.REHEARSED, ""): ("{times}", "{times}"),
    (_R.NOT_SENT, ""): ("{times}", "{times}"),
    (_R.ALREADY_RESUBMITTED, ""): ("{value}", "{value}"),
    (_R.FIRST_ADDRESS, ""): ("{address}", "{address}"),
    (_R.LARGE_ATTACHMENT, ""): ("{file} {bytes:mb}", "{file} {bytes:mb}"),
    (_R.RULE_CHANGED, "changed"): (
        "{file} {before} → {after}[[ (checked_on {checked_before} → {checked_now})]]",
        "{file} {before} → {after}[[ (checked_on {checked_before} → {checked_now})]]",
    ),
    (_R.RULE_CHANGED, "changed_keys"): ("{file} {changes:changes}", "{file} {changes:changes}"),
    (_R.RULE_CHANGED, "checked_on"): ("{file} checked_on {checked} < {april}", "{file} checked_on {checked} < {april}"),
    (_R.RULE_CHANGED, "until"): ("section.{section}.until {day}", "section.{section}.until {day}"),
    (_R.NOT_ELIGIBLE, "excluded"): (
        f"{{project}}：公告等で電子保証の対象外とされた案件です（excluded）。{_INSTEAD[0]}",
        f"{{project}}: its announcement excludes electronic sureties (excluded). {_INSTEAD[1]}",
    ),
    (_R.NOT_ELIGIBLE, "missed"): (
        f"{{project}}：{{facts:sentences}}{_INSTEAD[0]}",
        f"{{project}}: {{facts:sentences}}{_INSTEAD[1]}",
    ),
    (_R.ELIGIBILITY_UNKNOWN, "lacking"): (
        "{project}：電子保証の対象か分かりません。次を案件に登録するか、発注者に確認してください：{asked:alternatives}",
        "{project}: not known. Register this with the project, or ask the issuer: {asked:alternatives}",
    ),
    # --- values and rules
    (_R.MISSING_VALUE, ""): ("{value}", "{value}"),
    (_R.MISSING_VALUE, "body"): ("body", "body"),
    (_R.MISSING_VALUE, "not_typed"): ("body: notice.{value}", "body: notice.{value}"),
    (_R.UNSAFE_VALUE, ""): ("{where} {found}", "{where} {found}"),
    (_R.UNSAFE_VALUE, "mail"): ("{where}: {found}", "{where}: {found}"),
    (_R.NO_RECIPIENT, ""): ("{section}", "{section}"),
    (_R.NO_RECIPIENT, "no_section"): ("section", "section"),
    (_R.NO_RECIPIENT, "placeholder"): (
        "{addresses} は見本のアドレスのため送信しません",
        "{addresses}: no mail is sent to a sample address",
    ),
    (_R.RULE_OPEN, ""): ("{keys}", "{keys}"),
    (_R.GUARANTOR_NOT_LISTED, ""): ("{issuer}：{name}", "{issuer}: {name}"),
    (_R.RULE_OPEN, "template"): ("{where}: {found}", "{where}: {found}"),
    (_R.RULE_OPEN, "no_template"): ("{file}", "{file}"),
    (_R.BAD_VALUE, "has_key"): (
        "{name}：認証キーが含まれています。登録から取り除いてください",
        "{name}: it contains the authentication key. Remove it from the register",
    ),
    (_R.BAD_VALUE, "guarantor_number"): (
        "{name}「{given}」：保証会社の保証契約番号です。発注者の番号を登録してください",
        '{name} "{given}": that is the contract number of the surety. Register the issuer\'s own number',
    ),
    (_R.BAD_VALUE, "too_long"): (
        "{name}「{given}」：{limit}文字を超えています。{form:form}",
        '{name} "{given}": more than {limit} characters. {form:form}',
    ),
    (_R.BAD_VALUE, "length"): (
        "{name}「{given}」：{length}文字です。{form:form}",
        '{name} "{given}": it has {length} characters. {form:form}',
    ),
    (_R.BAD_VALUE, "pattern"): (
        "{name}「{given}」：形式が違います。{form:form}",
        '{name} "{given}": the wrong form. {form:form}',
    ),
    (_R.BAD_VALUE, "digits"): (
        "{name}「{given}」：数字以外の文字があるか、数字がありません。{form:form}",
        '{name} "{given}": not digits only. {form:form}',
    ),
    # --- files
    (_R.TOO_BIG, ""): ("{file}", "{file}"),
    (_R.TOO_BIG, "bytes"): ("{bytes} > {limit}", "{bytes} > {limit}"),
    (_R.TOO_LARGE, ""): ("[[{found}]][[{bytes:number} bytes]]", "[[{found}]][[{bytes:number} bytes]]"),
    (_R.REST_UNREAD, "files"): (
        "ほか{files}件。1通で読み取る数の上限を超えています",
        "{files} more; the mail has more files than the limit per mail",
    ),
    (_R.REST_UNREAD, "seconds"): (
        "ほか{files}件。読取りに時間がかかるため中止しました",
        "{files} more; reading the mail took too long",
    ),
    (_R.REST_UNREAD, "octets"): (
        "ほか{files}件。1通で読み取る容量の上限を超えています",
        "{files} more; the mail has more bytes than the limit per mail",
    ),
    (_R.REST_UNREAD, "slow"): (
        "ほか{files}件。読取りに時間のかかるPDFが続いたため中止しました",
        "{files} more; PDF after PDF took too long to read",
    ),
    (_R.REST_UNREAD, "turn"): (
        "{files}件。差出人を確認できないメールの読取りを見合わせていたため、読み取っていません",
        "{files}; PDFs of unauthenticated senders were not read at that time",
    ),
    (_R.REST_UNREAD, "holds"): (
        "ほか{files}件。読み取れないPDFが多いため、まとめて表示しています",
        "{files} more that cannot be read, reported together",
    ),
    (_R.MAIL_TOO_LARGE, ""): ("{bytes:number} bytes", "{bytes:number} bytes"),
    (_R.INVOICE_MISSING, ""): ("{title:invoice}", "{title:invoice}"),
    (_R.INVOICE_MISSING, "file"): ("{file}", "{file}"),
    (_R.INVOICE_MISSING, "still_written"): _STILL_WRITTEN,
    (_R.INVOICE_UNDECIDED, ""): ("{title:invoice}", "{title:invoice}"),
    (_R.TWO_INVOICES, ""): ("{files}", "{files}"),
    (_R.WRONG_INVOICE, ""): ("{file}", "{file}"),
    (_R.WRONG_INVOICE, "other_product"): ("{file}: {title}", "{file}: {title}"),
    (_R.WRONG_INVOICE, "carried"): ("{file}: #{other}", "{file}: #{other}"),
    (_R.WRONG_INVOICE, "same_notice"): ("{file}: #{other} 同じお知らせ", "{file}: #{other}, the same notice"),
    (_R.WRONG_INVOICE, "other_project"): (
        "{file} {digits} 別の案件の名前か番号があります: {names}",
        "{file} {digits} names another project or its number: {names}",
    ),
    (_R.WRONG_INVOICE, "same_name"): (
        "{file} {digits} 同じ名前の案件と区別できません: {project}",
        "{file} {digits} cannot be told from another project of the same name: {project}",
    ),
    (_R.WRONG_INVOICE, "no_name"): (
        "{file} {digits} この案件の名前も番号もありません: {project}",
        "{file} {digits} has neither the name nor a number of this project: {project}",
    ),
    (_R.WRONG_INVOICE, "is_interim"): (
        "{file} {digits} 中間前払金の請求書です",
        "{file} {digits} is the invoice of the interim payment",
    ),
    (_R.WRONG_INVOICE, "is_advance"): (
        "{file} {digits} 前払金の請求書です",
        "{file} {digits} is the invoice of the advance payment",
    ),
    (_R.WRONG_INVOICE, "other_amount"): (
        "{file} {digits} 金額が登録と違います（請求書: {amounts:yen}、登録: {registered:yen}）",
        "{file} {digits} has another amount than registered (invoice: {amounts:yen}; registered: {registered:yen})",
    ),
    (_R.INVOICE_UNREADABLE, "not_read"): ("{file} {digits} 文字を読み取っていません", "{file} {digits} was not read"),
    (_R.INVOICE_UNREADABLE, "refused"): (
        "{file} {digits} 文字を読み取れません（{why}）",
        "{file} {digits} cannot be read ({why})",
    ),
    (_R.INVOICE_UNREADABLE, "no_text"): (
        "{file} {digits} 文字がありません（画像のみ）",
        "{file} {digits} has no text (images only)",
    ),
    (_R.INVOICE_UNREADABLE, "broken"): ("{file} {digits} 文字化けしています", "{file} {digits} has garbled text"),
    (_R.INVOICE_UNREADABLE, "either_product"): (
        "{file} {digits} 前払金と中間前払金のどちらの請求書か、文字では決められません",
        "{file} {digits} may be for the advance or for the interim payment",
    ),
    (_R.INVOICE_UNREADABLE, "no_product"): (
        "{file} {digits} 前払金の文字がありません",
        "{file} {digits} does not name an advance payment",
    ),
    (_R.INVOICE_UNREADABLE, "no_amount"): (
        "{file} {digits} 金額を読み取れません（登録: {registered:yen}）",
        "{file} {digits} has no readable amount (registered: {registered:yen})",
    ),
    (_R.INVOICE_UNREADABLE, "amounts_disagree"): (
        "{file} {digits} 金額の読み取りが一致しません（登録: {registered:yen}）",
        "{file} {digits} was read with different amounts (registered: {registered:yen})",
    ),
    (_R.DOCUMENTS_UNDECIDED, ""): ("{file}", "{file}"),
    (_R.DOCUMENTS_UNDECIDED, "others"): ("その他の必要書類", "other required documents"),
    (_R.DOCUMENTS_UNDECIDED, "is_invoice"): (
        "{title}（請求書は documents ではなく invoice に登録）",
        "{title} (register an invoice under invoice, not under documents)",
    ),
    (_R.DOCUMENTS_UNDECIDED, "still_written"): _STILL_WRITTEN,
    (_R.DOCUMENTS_UNDECIDED, "required"): ("{title}（必要書類）", "{title} (required)"),
    (_R.DOCUMENTS_UNDECIDED, "not_named"): (
        "{title}（発注者の定めにない書類）",
        "{title} (not among the issuer's documents)",
    ),
    # --- checks, and what could not be read
    (_R.WRONG_RECIPIENT, ""): ("{addresses}", "{addresses}"),
    (_R.WRONG_RECIPIENT, "nobody"): ("to", "to"),
    (_R.KEY_DIFFERS, ""): ("{found}", "{found}"),
    (_R.ENCODING, ""): ("{places}", "{places}"),
    **{(reason, ""): ("{found}", "{found}") for reason in REFUSALS if reason is not _R.TOO_LARGE},
}
"""The text in brackets behind the words of a reason, by the code of its parameters."""

_FILE_SAYS: Final = {
    (_R.WRONG_INVOICE, "other_project"): (
        "請求書 {file} に、別の案件の名前か番号があります：{names}",
        "the invoice {file} names another project or its number: {names}",
    ),
    (_R.WRONG_INVOICE, "same_name"): (
        "請求書 {file} を、同じ名前の案件のものと区別できません：{project}",
        "the invoice {file} cannot be told from that of another project of the same name: {project}",
    ),
    (_R.WRONG_INVOICE, "no_name"): (
        "請求書 {file} に、この案件の名前も番号もありません：{project}",
        "the invoice {file} has neither the name nor a number of this project: {project}",
    ),
    (_R.WRONG_INVOICE, "is_interim"): (
        "請求書 {file} は、中間前払金の請求書です",
        "the invoice {file} is that of the interim payment",
    ),
    (_R.WRONG_INVOICE, "is_advance"): (
        "請求書 {file} は、前払金の請求書です",
        "the invoice {file} is that of the advance payment",
    ),
    (_R.WRONG_INVOICE, "other_amount"): (
        "請求書 {file} の金額が登録と異なります（請求書：{amounts:yen}、登録：{registered:yen}）",
        "the invoice {file} has another amount than registered (invoice: {amounts:yen}; registered: {registered:yen})",
    ),
    (_R.WRONG_INVOICE, "carried"): (
        "請求書 {file} は、提出 {other} で送信済みです",
        "the invoice {file} went with submission {other}",
    ),
    (_R.WRONG_INVOICE, "same_notice"): (
        "請求書 {file} は、同じお知らせの提出 {other} で送信済みです",
        "the invoice {file} went with submission {other}, of the same notice",
    ),
    (_R.INVOICE_UNREADABLE, "not_read"): (
        "請求書 {file} の文字を読み取っていません",
        "the invoice {file} was not read",
    ),
    (_R.INVOICE_UNREADABLE, "refused"): (
        "請求書 {file} の文字を読み取れません（{why}）",
        "the invoice {file} cannot be read ({why})",
    ),
    (_R.INVOICE_UNREADABLE, "no_text"): (
        "請求書 {file} に文字情報がありません（画像だけのPDF）",
        "the invoice {file} has no text (images only)",
    ),
    (_R.INVOICE_UNREADABLE, "broken"): ("請求書 {file} の文字が化けています", "the invoice {file} has garbled text"),
    (_R.INVOICE_UNREADABLE, "either_product"): (
        "請求書 {file} が前払金と中間前払金のどちらのものか、文字からは決められません",
        "the invoice {file} may be for the advance or for the interim payment",
    ),
    (_R.INVOICE_UNREADABLE, "no_product"): (
        "請求書 {file} に「前払金」の文字がありません",
        "the invoice {file} does not name an advance payment",
    ),
    (_R.INVOICE_UNREADABLE, "no_amount"): (
        "請求書 {file} の金額を読み取れません（登録：{registered:yen}）",
        "the amount of the invoice {file} cannot be read (registered: {registered:yen})",
    ),
    (_R.INVOICE_UNREADABLE, "amounts_disagree"): (
        "請求書 {file} の金額の読取り結果が食い違います（登録：{registered:yen}）",
        "the amount of the invoice {file} was read in two ways (registered: {registered:yen})",
    ),
}
WHOLE: Final[dict[tuple[Reason, str], tuple[str, str]]] = {
    **_FILE_SAYS,
    (_R.NUMBER_DIFFERS, ""): (
        "登録済みの保証契約番号 {others} と異なります（案件 {project}）",
        "another number is registered: {others} (project {project})",
    ),
    (_R.NUMBER_DIFFERS, "other_name"): (
        "保証契約番号は案件「{project}」のものですが、お知らせの工事名は別の案件「{projects}」のものです",
        "the number is that of the project {project}, the printed name that of another: {projects}",
    ),
    (_R.SEEN_BEFORE, ""): (
        "同じ保証契約番号のお知らせを受付済みです（提出 {earlier}）。取り直しか、変更保証か",
        "a notice of this number came before (submission {earlier}): another download, or amended?",
    ),
    (_R.SUPERSEDED, ""): (
        "後から、別の認証キーのお知らせが届いています（提出 {later}）",
        "a later notice with another key is here (submission {later})",
    ),
    (_R.REHEARSED, ""): ("リハーサル済み（{times}回）。発注者には未提出です", "rehearsed ({times}), not submitted"),
    (_R.NOT_SENT, ""): ("未送信と確認済み（{times}回）", "recorded as not sent ({times})"),
    (_R.RULE_CHANGED, "changed"): (
        (
            "前回の提出の後に、提出方法の登録（{file}）が変わっています"
            "[[。宛先：{to_before} → {to_now}]][[。写し：{cc_before} → {cc_now}]]"
            "[[。宛先は前回と同じです（{to_same}）]]"
        ),
        (
            "the rule ({file}) has changed since the last submission"
            "[[. To: {to_before} → {to_now}]][[. Cc: {cc_before} → {cc_now}]]"
            "[[. The recipients are the same ({to_same})]]"
        ),
    ),
    (_R.RULE_CHANGED, "checked_on"): (
        "提出方法の登録（{file}）の確認日が {checked:date} で、{april:date} より前です",
        "the rule ({file}) was last checked on {checked:date}, before {april:date}",
    ),
    (_R.RULE_CHANGED, "until"): (
        "提出先の登録の期限（課 {section}、{day:date} まで）を過ぎています",
        "the section {section} is registered only until {day:date}",
    ),
    (_R.RULE_OPEN, ""): ("提出方法が未確認（{keys:open_key}）", "the way to submit is not certain ({keys:open_key})"),
    (_R.RULE_OPEN, "no_template"): (
        "本文のひな形がありません（{file}）",
        "the template of the body is missing ({file})",
    ),
    (_R.MISSING_VALUE, "body"): ("本文が空になる", "the body comes out empty"),
    (_R.NO_RECIPIENT, "no_section"): ("提出先の課が決まっていない", "the section that receives is not named"),
    (_R.NO_RECIPIENT, "placeholder"): (
        "宛先が見本のアドレスのまま（{addresses}）",
        "the recipient is a sample address ({addresses})",
    ),
    (_R.WRONG_RECIPIENT, "nobody"): ("宛先がありません", "there is no recipient"),
    (_R.TOO_BIG, "bytes"): (
        "容量制限を超過（{bytes:number}バイト、上限 {limit:number}バイト）",
        "larger than the issuer or our server accepts ({bytes:number} bytes, limit {limit:number})",
    ),
    (_R.MAIL_TOO_LARGE, ""): (
        "メール過大（{bytes:number}バイト、上限 8MB）",
        "a mail above 8 MB ({bytes:number} bytes)",
    ),
}
"""The whole sentence of a hold whose reason with the detail in brackets would be unclear to an office."""

_ABOUT_CONTRACTS: Final[dict[str, tuple[str, str]]] = {
    "original_alone": (
        "変更契約は対象外です（当初の契約だけが対象です）",
        "amended contracts are not accepted (only original ones)",
    ),
    "approval_unknown": (
        "この案件を電子保証の対象とする発注者の承認（approval）があるか",
        "whether the issuer approved an electronic surety for this project (approval)",
    ),
    "other_product": (
        "{own:product}は対象の保証（{taken:product}）ではありません",
        "{own:product} is not one of the accepted guarantees ({taken:product})",
    ),
    "kind_unknown": ("契約の種類（kind）が{taken:kind_or}か", "whether the kind of contract (kind) is {taken:kind_or}"),
    "other_kind": (
        "{own:kind}は対象の契約の種類（{taken:kind}）ではありません",
        "{own:kind} is not one of the accepted kinds of contract ({taken:kind})",
    ),
    "award_unknown": (
        "契約方法（award）が{taken:award_or}か",
        "whether the contract was awarded (award) by {taken:award_or}",
    ),
    "other_award": (
        "{own:award}は対象の契約方法（{taken:award}）ではありません",
        "{own:award} is not one of the accepted kinds of award ({taken:award})",
    ),
    "tendering_unknown": (
        "入札を行った部署（tendered_by）が{taken:_or}か",
        "whether the section that tendered (tendered_by) is {taken:_or}",
    ),
    "other_tendering": (
        "入札を行った部署（{own}）は対象の部署（{taken:section}）ではありません",
        "the section that tendered ({own}) is not one of those accepted ({taken:section})",
    ),
    "amount_unknown": (
        "請負金額（amount）が{least:yen}以上か",
        "whether the contract amount (amount) is {least:yen} or more",
    ),
    "amount_below": (
        "請負金額 {amount:yen} は対象の下限 {least:yen}を下回ります",
        "the contract amount {amount:yen} is below the minimum, {least:yen}",
    ),
    "day_unknown": ("{days:day_key_or}が{since:date}以降か", "whether {days:day_key_or} is {since:date} or later"),
    "day_before": (
        "{which:day} {day:date} は対象の開始日 {since:date}より前です",
        "{which:day} {day:date} is before {since:date}, the first accepted day",
    ),
}
"""Conditions of a contract that are not known, or not met."""

FORMS: Final[dict[str, tuple[str, str]]] = {
    "form": ("正しい形式：{facts:forms}", "the right form: {facts:forms}"),
    "digits_only": ("数字だけ", "digits only"),
    "length": ("{length}文字", "{length} characters"),
    "no_hyphens": ("ハイフンなし", "no hyphens"),
    "half": ("半角", "half width"),
    "full": ("全角", "full width"),
    "pattern": ("パターン {pattern}", "pattern {pattern}"),
    "sample": ("例 {sample}", "such as {sample}"),
}
"""The form that an issuer wants of a value."""

MISFITS: Final = {
    code: tuple(each.partition("：" if at == 0 else ": ")[2] for at, each in enumerate(pair))
    for (reason, code), pair in HOLD_DETAILS.items()
    if reason is _R.BAD_VALUE
}
"""The same without the value: of a form's own sample."""

FOLLOW_UPS: Final[dict[str, tuple[str, str]]] = {
    **_TOGETHER,
    **_BEFORE,
    "no_steps": (
        "提出の手順が登録されていません。発注者に確認し、instructions に書いてください",
        "The rule has no steps for handing it in. Ask the issuer and write them under instructions",
    ),
    "if_attached": ("請求書を一緒に提出するとき：{sentence}", "if the invoice is handed in with it: {sentence}"),
    "if_apart": ("請求書を別に提出するとき：{sentence}", "if the invoice is handed in separately: {sentence}"),
    "hand_in_invoice": ("{title:invoice}を別途提出", "hand in the {title:invoice} separately"),
    "fax_number": ("FAX番号", "fax number"),
    "no_fax": (
        "未登録（発注者に確認し、課の fax に書く）",
        "not registered (ask the issuer and write it as fax of the section)",
    ),
    "contract_number": ("保証契約番号", "contract number"),
    "key": ("認証キー", "authentication key"),
    "key_on_notice": ("{key}（お知らせのPDFに記載）", "{key} (printed on the notice)"),
    "own_rule": ("projects.toml（{project}）[[、ほかは {source}]]", "projects.toml ({project})[[, else {source}]]"),
}
"""Tasks of people in our own words; the rest of ``FollowUps`` is the issuer's."""

_SIGNATURES: Final[dict[str, tuple[str, str]]] = {
    "none": ("電子署名（DKIM）がない", "it has no DKIM signature"),
    "not_tried": ("電子署名（DKIM）は確かめていない", "its DKIM signature was not checked"),
    "other_domain": ("電子署名（DKIM）が別のドメインのもの", "its DKIM signature is of another domain"),
    "unsupported": ("電子署名（DKIM）が読めない形式", "its DKIM signature has an unknown form"),
    "from_unsigned": ("電子署名（DKIM）が差出人を含まない", "its DKIM signature does not cover From"),
    "field_unsigned": ("電子署名（DKIM）が {about} を含まない", "its DKIM signature does not cover {about}"),
    "field_twice": ("{about} が2つ以上ある", "{about} occurs twice or more"),
    "too_old": (
        "電子署名（DKIM）が受信の30日より前のもの（古いメールの再送のおそれ）",
        "its DKIM signature is more than 30 days older than its arrival (an old mail may have been sent again)",
    ),
    "no_date": (
        "電子署名（DKIM）の日時、または受信の日時が分からない",
        "the time of its DKIM signature, or of its arrival, is not known",
    ),
    "body_in_part": ("電子署名（DKIM）が本文の一部だけのもの", "its DKIM signature covers the body in part"),
    "expired": ("電子署名（DKIM）の期限切れ", "its DKIM signature has expired"),
    "no_key": ("電子署名（DKIM）の鍵が公開されていない", "the key of its DKIM signature is not published"),
    "weak_key": ("電子署名（DKIM）の鍵が短すぎる", "the key of its DKIM signature is too short"),
    "on_trial": ("電子署名（DKIM）の鍵が試験用", "the key of its DKIM signature is for testing"),
    "changed": (
        "電子署名（DKIM）が内容と合わない（途中で変わった）",
        "its DKIM signature does not fit the content (it was changed on the way)",
    ),
    "not_whole": (
        "大きなメールのため電子署名（DKIM）を確かめられない",
        "the mail is too large for its DKIM signature to be checked",
    ),
    "dns": (
        "DNSに届かず電子署名（DKIM）を確かめられない",
        "its DKIM signature cannot be checked: the DNS is not reached",
    ),
}
_SERVER: Final[dict[str, tuple[str, str]]] = {
    "found": ("受信サーバーも差出人を確認していない", "our server did not confirm the sender either"),
    "not_set": ("受信サーバーの名前（authserv_id）が未設定", "the name of our server (authserv_id) is not configured"),
    "none": ("受信サーバーの確認結果がない", "there is no result of our server"),
    "two": (
        "受信サーバーの確認結果が2つ以上ある（偽造のおそれ）",
        "there are several results of our server (they may be forged)",
    ),
    "below": (
        "受信サーバーの確認結果の位置がおかしい（偽造のおそれ）",
        "the result of our server is in the wrong place (it may be forged)",
    ),
    "unreadable": ("受信サーバーの確認結果を読み取れない", "the result of our server cannot be read"),
    "only_others": (
        "受信サーバーが確認したのはSPF等だけ（電子署名（DKIM）の確認がない）",
        "our server confirmed SPF or the like alone (no DKIM)",
    ),
}
FACTS: Final = {
    **_ABOUT_CONTRACTS,
    **{f"signature_{code}": pair for code, pair in _SIGNATURES.items()},
    **{f"server_{code}": pair for code, pair in _SERVER.items()},
}
"""Parts of another sentence, by their own codes."""

EVIDENCE: Final[dict[str, tuple[str, str]]] = {
    "flaw_headers": ("ヘッダーの書き方が正しくない", "its headers are malformed"),
    "flaw_no_from": ("差出人（From）がない", "it has no From"),
    "flaw_two_froms": ("差出人（From）が2つ以上ある", "it has several From"),
    "flaw_unclear": ("差出人（From）を1つのアドレスとして読めない", "its From is not one address"),
    "by_server": (
        "{address}：受信サーバーの確認結果（dkim {domain}）",
        "{address}: confirmed by our server (dkim {domain})",
    ),
    "by_signature": ("{address}：電子署名（DKIM {domain}）", "{address}: signed (DKIM {domain})"),
    "by_open_signature": (
        "{address}：電子署名（DKIM {domain}）。その鍵はDNSSECで確かめていない",
        "{address}: signed (DKIM {domain}); its key is not confirmed by DNSSEC",
    ),
    "open_dns_alone": (
        "{address}：電子署名（DKIM {domain}）は合うが、鍵をDNSSECで確かめられない（auto・hold では認めない）",
        "{address}: its signature (DKIM {domain}) fits, its key is not confirmed by DNSSEC (not enough for auto, hold)",
    ),
    "answers": (
        "{address}：返信・自動応答・配信通知（{by}）の中のものは、保証会社のものと確かめられない",
        "{address}: nothing in a reply, an automatic reply or a report ({by}) is proven to be the surety's",
    ),
    "enclosed": (
        "{address}：添付されたメールの中のものは、保証会社のものと確かめられない",
        "{address}: nothing in an attached mail is proven to be the surety's",
    ),
    "unattended": (
        "{address}：自動で送られたメール（{by}）は、社内の方のものと確かめられない",
        "{address}: a mail that was sent automatically ({by}) is not proven to be a colleague's",
    ),
    "mail_file": (
        "フォルダに保存されたメール（.eml）は、差出人を確かめられない",
        "the sender of a mail that was saved to the folder (.eml) cannot be verified",
    ),
    "nobodys": (
        "{address}：保証会社（guarantors.toml の senders）にも、[intake] colleagues にもない差出人",
        "{address}: neither among senders in guarantors.toml nor among colleagues in [intake]",
    ),
    "others": (
        "{address}：この保証会社の差出人（guarantors.toml の senders）ではない",
        "{address}: not a sender of this surety in guarantors.toml",
    ),
    "signature": ("{address}：{own:fact}", "{address}: {own:fact}"),
    "server_too": (
        "{address}：受信サーバーは電子署名を確認したが、{server:fact}、{own:fact}",
        "{address}: our server confirmed the signature, but {server:fact}; {own:fact}",
    ),
    "neither": ("{address}：{stand:fact}、{own:fact}", "{address}: {stand:fact}; {own:fact}"),
}
"""The evidence that proves the sender of a mail, or the reason why it is not proven."""

_DAYS: Final[dict[str, tuple[str, str]]] = {
    "procedure_start": ("発注手続の開始日", "the start of the procedure"),
    "announcement": ("公告日", "the day of announcement"),
    "designation": ("指名日", "the day of designation"),
    "notification": ("通知日", "the day of notification"),
    "bid": ("入札日", "the day of the bid"),
    "award": ("落札日", "the day of award"),
    "contract": ("契約日", "the day of the contract"),
    "original_contract": ("当初契約の契約日", "the day of the original contract"),
    "guarantee": ("保証契約の契約日", "the day of the guarantee"),
}

NAMES: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "of_pdf": {
        "file": ("ファイル", "file"),
        "guarantor": ("保証会社", "guarantor"),
        "contract_number": ("保証契約番号", "contract number"),
        "key": ("認証キー", "key"),
        "product": ("保証の種別", "kind of guarantee"),
        "project_name": ("工事名", "name of the works"),
        "contractor_name": ("受注者名", "contractor"),
    },
    "product": {
        "contract": ("契約保証", "performance guarantee"),
        "advance": ("前払金保証", "advance payment guarantee"),
        "interim": ("中間前払金保証", "interim payment guarantee"),
    },
    "invoice": {
        "advance": ("前払金請求書", "invoice of the advance payment"),
        "interim": ("中間前払金請求書", "invoice of the interim payment"),
    },
    "place": {
        **dict.fromkeys(("subject", "Subject"), ("件名", "subject")),
        "body": ("本文", "text"),
        **dict.fromkeys(("file_name", "filename", "file name"), ("ファイル名", "file name")),
        "From": ("差出人", "sender"),
        "To": ("宛先", "recipients"),
        "Cc": ("写し", "copies"),
        **dict.fromkeys(("Message-ID", "In-Reply-To"), ("メールの識別番号", "identifier of the mail")),
        "attachment": ("添付", "attachment"),
        "key": ("認証キー", "key"),
        "contract_number": ("保証契約番号", "contract number"),
    },
    "value": {
        **dict.fromkeys(("project.name", "notice.project_name"), ("工事名", "name of the works")),
        **dict.fromkeys(("product", "product_name", "notice.product"), ("保証の種類", "kind of guarantee")),
        **dict.fromkeys(("contractor.name", "notice.contractor_name"), ("受注者名", "contractor")),
        "notice.contract_number": ("保証契約番号", "contract number"),
        "notice.key": ("認証キー", "key"),
        "contractor.department": ("部署", "department"),
        "contractor.contact": ("担当者", "contact person"),
        "contractor.phone": ("電話番号", "telephone"),
        "contractor.email": ("メールアドレス", "address for mail"),
        **dict.fromkeys(("issuer.name", "issuer.id"), ("発注者名", "issuer")),
        **dict.fromkeys(("section.name", "section.id"), ("提出先の課", "section that receives")),
        "section.phone": ("提出先の電話番号", "telephone of the section"),
        "section.fax": ("提出先のFAX番号", "fax number of the section"),
        **dict.fromkeys(("guarantor.name", "guarantor.id"), ("保証会社", "surety")),
        "invoice.title": ("請求書の名称", "title of the invoice"),
        "invoice.amount": ("請求金額", "amount of the invoice"),
        "invoice.date": ("請求日", "day of the invoice"),
        "previous.sent_on": ("前回の提出日", "day of the last submission"),
        "previous.contract_number": ("前回の保証契約番号", "contract number of the last submission"),
        "previous.subject": ("前回の件名", "subject of the last submission"),
        **{f"project.dates.{code}": words for code, words in _DAYS.items()},
    },
    "kind": {
        "works": ("工事", "works"),
        "consulting": ("業務委託", "consulting"),
        "other": ("その他の契約", "another contract"),
    },
    "award": {
        "open": ("一般競争入札", "open tender"),
        "designated": ("指名競争入札", "designated tender"),
        "discretionary": ("随意契約", "negotiated contract"),
    },
    "day": _DAYS,
}
"""Names of codes among the values: the way behind the colon in ``{name:way}`` chooses the table."""
