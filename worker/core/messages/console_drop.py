"""Words of the page on which PDFs are dropped, and of the command that takes the same files."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "drop_title": ("PDFを入れる", "Add PDF"),
    "drop_hint": (
        "ここにPDFを置くか、ファイルを選んでください。認証キーのお知らせと請求書のどちらでも構いません（PDF、20MBまで、一度に10個）。",
        "Drop PDFs here or choose them: notices of the key or invoices (PDF, up to 20 MB each, 10 at a time).",
    ),
    "drop_files": ("PDF", "PDF"),
    "drop_whose": ("請求書の案件が決まっているとき", "If the invoice's project is known"),
    "drop_go": ("PDFを入れる", "Add PDF"),
    "drop_for": ("発行完了メール {id} のお知らせPDFを入れます。", "For the announcement {id}."),
    "drop_for_steps": ("お知らせPDFの取得の手順", "How to download the notice"),
    "drop_unproven": (
        "送信元を確認できないメールです。メールの中のリンクは開かず、保証会社のサイトを自分で開いて取得してください。",
        "The sender is not proven: open no link in the mail, open the surety's site by yourself.",
    ),
    "drop_results": ("受け付けたPDF", "Received"),
    "drop_took_notice": ("受け付けました：{product} {number}（{name}）。", "Received: {product} {number} ({name})."),
    "drop_took_invoice": ("請求書として受け付けました。", "Received as an invoice."),
    "drop_took_amount": ("請求書として受け付けました：{amount}円。", "Received as an invoice of {amount} yen."),
    "drop_soon": ("1分以内に反映します。", "It is handled within a minute."),
    "drop_late": (
        "受け付けましたが、まだ処理されていません（2分以上）。サービスが動いていない可能性があります。管理者に連絡してください。",
        "Received, but not handled for two minutes: the service may not be running. Tell the administrator.",
    ),
    "drop_reload": ("表示を更新", "Reload"),
    "drop_health": ("稼働状況", "Health"),
    "drop_project": ("案件：{name}（{issuer}）", "Project: {name} ({issuer})"),
    "drop_no_project": ("この工事の案件は登録されていません。", "No such project is registered."),
    "drop_which": ("この案件に付けますか", "Does it belong to this project?"),
    "drop_choose_project": ("案件を選ぶ", "Choose the project"),
    "drop_choose_product": ("保証の種類", "Kind of guarantee"),
    "drop_attach": ("この案件に付ける", "Attach it to this project"),
    "drop_filed": ("「{name}」の請求書として保存しました。", "Saved as the invoice of {name}."),
    "drop_filed_later": ("お知らせが届いたときに添付します。", "It is attached when the notice comes."),
    "drop_used": ("提出{id}に添付しています。", "Attached to submission {id}."),
    "brought_by": ("持込み：{name}さん（{at}、PDFを入れる）", "Brought by {name} ({at})"),
    "brought_unknown": (
        "持込み：共有フォルダ（氏名は不明）",
        "Brought by way of the shared folder, by an unknown person",
    ),
    "said_filed": ("請求書を案件に付けました。", "The invoice is filed with the project."),
    # --- refusals, also of the command
    "upload_not_pdf": (
        "PDFではありません（写真・ZIP・Excelなど）。スキャンした書類はPDFで保存し直してください。",
        "This is no PDF (a picture, ZIP, Excel …). Save a scanned paper as a PDF.",
    ),
    "upload_scan": (
        "文字のないPDF（スキャン）です。保証会社のサイトから取得したPDFをそのまま入れてください。請求書なら、案件と保証の種類を選んでから入れてください。",
        "A PDF without text (a scan). Add the PDF of the surety's site as it is; for an invoice, choose its project.",
    ),
    "upload_certificate": (
        "証書です。「認証キーのお知らせ」のPDFを、保証会社のサイトから取得して入れてください。",
        "This is the certificate. Add the notice of the key, which the surety's site gives as a PDF.",
    ),
    "upload_no_notice": (
        "認証キーのお知らせとして読み取れません。保証会社のサイトから「認証キーのお知らせ」のPDFを取得し、そのまま入れてください。",
        "It cannot be read as a notice of the key. Download the notice from the surety's site and add it as it is.",
    ),
    "upload_several": (
        "1つのPDFに複数のお知らせがあります。1件ずつ取得して入れてください。",
        "Several notices in one PDF. Download and add them one by one.",
    ),
    "upload_other_page": (
        "お知らせとは別の書類のページが入っています。保証会社のサイトからお知らせのPDFを取得し直して入れてください。",
        "The PDF has a page of another paper. Download the notice alone and add it; keep other papers apart.",
    ),
    "upload_written_on": (
        "お知らせに、メモや図形などの書き込み（注釈）があります。保証会社のサイトから取得したPDFを、書き込みのないまま入れてください。",
        "The notice has notes or drawings of a viewer on it. Add the PDF of the surety's site without them.",
    ),
    "upload_locked": (
        "閲覧パスワード付きのPDFです。保証会社のサイトから取得したPDFをそのまま入れてください。",
        "The PDF asks for a password. Add the PDF of the surety's site as it is.",
    ),
    "upload_too_large": (
        "{most}MBを超えています（{size}MB）。スキャンした請求書なら、画質を下げて保存し直してください。",
        "It is larger than {most} MB ({size} MB). Save a scanned invoice again in a lower quality.",
    ),
    "upload_unreadable": (
        "安全に読み取れないPDFのため受け付けませんでした。取得し直しても同じときは、管理者に知らせてください。",
        "The PDF cannot be read safely and was not taken. If a new download is no better, tell the administrator.",
    ),
    "upload_exists": (
        "同じお知らせを{at}に受け付けています（提出{id}）。もう一度入れる必要はありません。",
        "The same notice was received on {at} (submission {id}). It need not be added again.",
    ),
    "upload_brought": (
        "同じファイルを{at}に{by}さんから受け付けています。",
        "The same file was brought on {at} by {by}.",
    ),
    "upload_full": (
        "処理を待つPDFが多いため、いまは受け付けられません。何も変わっていません。管理者に連絡してください。",
        "Too many PDFs wait to be handled, so nothing was taken. Tell the administrator.",
    ),
    "upload_pace": (
        "1分に20個まで受け付けます。1分後に、残りを入れてください。",
        "20 PDFs a minute are taken. Add the others in a minute.",
    ),
    "upload_not_awaited": (
        "発行完了メール {id} は、もうお知らせPDFを待っていません。何も変わっていません。",
        "Announcement {id} no longer waits for its notice. Nothing was changed.",
    ),
    "upload_no_project": (
        "案件と保証の種類（前払金保証か中間前払金保証）を選んでください。",
        "Choose the project and the kind of guarantee (advance or interim payment).",
    ),
    "upload_filed": (
        "この請求書は、案件の決まっていない請求書にありません（ほかの方が付けたか、移動しました）。",
        "This invoice is no longer among those without a project: it was filed or moved.",
    ),
    "upload_none": ("ファイルを選んでください。", "Please choose a file."),
    "error_uploads": (
        "ほかの方がPDFを入れている途中です。何も変わっていません。1分後にもう一度お試しください。",
        "Others are adding PDFs just now. Nothing was changed. Please try again in a minute.",
    ),
    # --- the command
    "upload_took": ("受け付けました：{file}（{kind}）", "Received: {file} ({kind})"),
    "upload_kind_notice": ("認証キーのお知らせ", "notice of the key"),
    "upload_kind_invoice": ("請求書", "invoice"),
    "upload_unfiled": (
        "案件が決まっていません。--project と --product を付けて、もう一度実行してください。",
        "Its project is not known: run it again with --project and --product.",
    ),
}
