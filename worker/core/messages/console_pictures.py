"""Words of the console for papers: page images, the key, originals, and the sheet for submitting by hand."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "paper_notice": ("お知らせPDF", "Notice PDF"),
    "page_of": ("{page}ページ目／{count}ページ", "page {page} of {count}"),
    "page_enlarge": ("大きく表示", "Enlarge"),
    "page_as_text": (
        "このページは画像にできないため、文字で表示しています。",
        "This page cannot be shown as an image; its text is shown.",
    ),
    "page_seen_back": ("確認しました。提出に戻る", "Seen. Back to the submission"),
    "page_not_shown": (
        "{paper}の{page}ページ目をまだ表示していません。表示してから承認してください。",
        "Page {page} of {paper} has not been shown yet. Open it, then approve.",
    ),
    "open_page": ("表示する", "Show it"),
    "mail_text": ("本文", "Text"),
    "key_painted": ("認証キーは塗りつぶしています。", "The authentication key is painted over."),
    "key_title": ("認証キーと原本", "Authentication key and originals"),
    "key_show": ("認証キーを表示（記録されます）", "Show the key (recorded)"),
    "key_hide": ("隠す", "Hide"),
    "key_why": ("必要な理由", "Reason"),
    "key_passes": ("この表示は2分で終わります。", "It is shown for two minutes."),
    "take_original": ("原本を保存（記録されます）", "Save the original (recorded)"),
    "no_key": (
        "{id} には認証キーがありません（お知らせPDFを読み取れていません）。",
        "{id} has no key, because its notice was not read.",
    ),
    "original_to_terminal": (
        "PDFは画面に表示できません。 > ファイル名.pdf を付けて保存してください。",
        "A PDF cannot be shown in a terminal. Save it with > FILE.pdf.",
    ),
    "no_such_paper": ("{id} に{place}番目の書類はありません。", "{id} has no paper {place}."),
    "reason_for_key": (
        "{id} の認証キーと原本には、必要な理由の記入が必要です。",
        "State a reason to see the key or an original of {id}.",
    ),
    "sheet_url": ("提出先のページ", "Submission page"),
    "sheet_phone": ("電話", "Telephone"),
    "sheet_copy": ("コピー", "Copy"),
    "sheet_copied": ("コピーしました", "Copied"),
    "sheet_print": ("印刷する", "Print"),
    "sheet_record": ("提出を記録", "Record the submission"),
    "sheet_papers": ("認証キーと提出するPDFを開く", "Open the key and the PDFs to hand in"),
    "sheet_note": ("いつ、どなたに、どの方法で提出したか", "When, to whom and how it was submitted"),
    "error_not_given": (
        "表示の時間が過ぎました。もう一度、ボタンを押してください。",
        "The time to show it has passed. Press the button again.",
    ),
}
