"""Words of the console's pages about issuers."""

from __future__ import annotations

from typing import Final

from worker.core.messages.keys import CHOICES

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "issuers_title": ("発注者", "Issuers"),
    "issuers_search": ("都道府県・発注者の名前", "Prefecture or name"),
    "issuers_prefecture": ("都道府県", "Prefecture"),
    "issuers_no_prefecture": ("都道府県の記載なし", "No prefecture recorded"),
    "issuers_empty": (
        "この発注者は登録されていません。公表ページを見ながら10分ほどで登録できます。",
        "This issuer is not registered. With its published page at hand that takes some ten minutes.",
    ),
    "issuers_offered": ("同梱の一覧にあります", "In the shipped catalogue"),
    "issuers_offered_why": (
        "公表ページを写したものです。アドレスなど、未確認のことを確かめて登録します。",
        "Copied from published pages. Find out the addresses and what is not certain, and register it.",
    ),
    "issuer_new": ("新しい発注者を登録", "Register an issuer"),
    "issuer_new_title": ("新しい発注者を登録", "Register an issuer"),
    "issuer_edit": ("決まりを直す", "Change the rule"),
    "issuer_back": ("発注者に戻る", "Back to the issuer"),
    "issuer_read_only": (
        "この画面からは変更できません。置き場所が管理者用のフォルダのためです。変更は管理者に依頼してください。",
        "It cannot be changed here: the files are in the administrator's folder. Ask the administrator.",
    ),
    "issuer_form_why": (
        "公表ページを見ながら、上から順に。書いていないことは「未確認」にします。確かめるまで送信しません。",
        "With the published page at hand, from top to bottom. Tick what it does not say: nothing is sent until then.",
    ),
    "issuer_filled": ("入力あり {count}", "{count} filled in"),
    "issuer_g_who": ("発注者と公表ページ", "Issuer and published page"),
    "issuer_g_section": ("提出先：{section}", "Section: {section}"),
    "issuer_g_new_section": ("課を追加", "Add a section"),
    "issuer_g_rule": ("提出方法（すべての保証）", "How to submit (every guarantee)"),
    "issuer_g_more": ("提出方法の続き（必要なときだけ）", "More about it, where needed"),
    "issuer_amended": ("変更契約", "amended contracts"),
    "issuer_g_only": ("{what}だけの決まり", "Only for: {what}"),
    "issuer_as_all": ("空欄の項目は「すべての保証」と同じです。", "An empty field is as for every guarantee."),
    "issuer_g_range": ("電子保証の対象（{number}）", "Taken for ({number})"),
    "issuer_g_new_range": ("電子保証の対象を追加（{number}）", "Add what it is taken for ({number})"),
    "issuer_any_range": (
        "対象がいくつかあるときは、どれか一つに当てはまれば対象です。",
        "Of several, one that fits is enough.",
    ),
    "issuer_g_value": ("番号の形式：{name}", "Form of the number: {name}"),
    "issuer_marks": (
        "件名では、案件ごとに変わるところを〔 〕で書きます：〔工事名〕〔保証の種類〕〔受注者名〕〔工事番号〕など。",
        (
            "In the subject, Japanese brackets mark what each project fills in: the name of the works, the guarantee, "
            "the contractor, the number of the works. Copy them as they are."
        ),
    ),
    "issuer_hint_to": ("複数あるときは、コンマで区切ります", "several with commas"),
    "issuer_hint_section": (
        "課の名前。案件によって違うときは「案件ごと」",
        "its name, or: project (each project names its own)",
    ),
    "issuer_page_subject": ("公表ページに載っている件名の例", "Subject that the page shows"),
    "issuer_sample": ("件名の見本", "Sample of the subject"),
    "issuer_sample_why": (
        "例があれば書き写してください。件名の形と合うかを確かめ、後で変えたときにも確かめます。",
        "Copy it if the page has one: it is compared with the form of the subject, now and after each change.",
    ),
    "issuer_sample_name": ("例の中の工事名（必要なときだけ）", "Project name in it, where needed"),
    "issuer_sample_of": ("例の保証の種類", "Its guarantee"),
    "issuer_examples_now": ("登録されている見本", "Registered samples"),
    "issuer_example_drop": ("「{subject}」を外す", "Leave out {subject}"),
    "issuer_mails": ("できあがるメール", "The mails that it makes"),
    "issuer_mails_why": (
        "入力した内容で、どのようなメールになるかを確かめられます。",
        "See the mails that these values make.",
    ),
    "issuer_preview": ("できあがるメールを見る", "See the mails"),
    "issuer_no_mail": ("メールは送りません。担当の方が提出します。", "No mail is sent: a person hands it in."),
    "issuer_stale": (
        "確かめていただいた後に内容が変わりました。まだ保存していません。もう一度確かめてください。",
        "It changed after you looked at it. Nothing is saved. Please look again.",
    ),
    "issuer_tried": ("試した結果", "Tried"),
    "issuer_examples_fit": ("見本 {count}件：すべて合っています", "{count} samples: all fit"),
    "issuer_examples_none": ("見本は登録されていません", "No samples are registered"),
    "issuer_replayed": (
        "これまでのお知らせ {tried}件のうち、{count}件の内容が変わります。送信済みのものは変わりません。",
        "{count} of {tried} stored notices come out otherwise. What was sent stays as it is.",
    ),
    "issuer_replayed_same": (
        "これまでのお知らせ {tried}件で、内容が変わるものはありません",
        "None of {tried} stored notices comes out otherwise",
    ),
    "issuer_replayed_none": ("この発注者のお知らせは、まだありません", "No notice of this issuer has come yet"),
    "issuer_submission": ("提出 {id}", "Submission {id}"),
    "issuer_seen": ("確かめた場所：{at}（{on}）", "Found at: {at} ({on})"),
    "issuer_open_why": (
        "確かめたら、ここに記録してください。残っている間は送信しません。",
        "Record what you find out. Nothing that depends on it is sent until then.",
    ),
    "issuer_so_far": ("いまの内容：{text}", "so far: {text}"),
    "issuer_answer": ("正しい内容", "Right value"),
    "issuer_answer_go": ("確かめた内容を見る", "Review the answer"),
    "issuer_confirm_go": ("いまの内容でよいことを確かめた", "It is right as it is"),
    "issuer_answer_in_form": ("「決まりを直す」で入力する", "Fill it in under the rule"),
    "issuer_seen_at": ("どこで確かめたか", "Found at"),
    "issuer_seen_at_sample": ("例：市のページ、契約課 鈴木様に電話", "a page, a call"),
    "issuer_seen_on": ("確かめた日", "Found on"),
    "issuer_sections": ("課とアドレス", "Sections and addresses"),
    "issuer_changes": ("決まりの変更", "Changes of the rule"),
    "issuer_more_fields": ("ほか{count}項目", " and {count} more"),
    "issuers_h_projects": ("案件", "Projects"),
    "issuers_h_checked": ("決まりを確かめた日", "Rule checked on"),
    "issuers_h_open": ("確かめること", "To be found out"),
    "issuers_nothing_open": ("なし", "nothing"),
    "issuer_source": ("公表元", "Source"),
    "issuer_all": ("発注者の一覧へ", "All issuers"),
    "issuer_open_title": ("まだ確かめていないこと", "Not found out yet"),
    **{
        f"{key}_{word}": words
        for key in ("channel", "notice", "invoice", "timing")
        for word, words in CHOICES[key].items()
    },
    "issuer_channel": ("提出方法", "How"),
    "issuer_section": ("提出先", "Section"),
    "issuer_by_project": ("案件ごと", "named by each project"),
    "issuer_to": ("宛先", "Addresses"),
    "issuer_to_none": ("未登録", "none registered"),
    "issuer_subject": ("件名の形", "Form of the subject"),
    "issuer_phone": ("電話", "Telephone"),
    "issuer_notice": ("認証キー", "Key"),
    "issuer_invoice": ("請求書", "Invoice"),
    "issuer_documents": ("ほかの書類", "Other documents"),
    "issuer_timing": ("提出の時期", "When"),
    "issuer_contact": ("事前の連絡", "Contact first"),
    "issuer_done": ("完了", "Completed by"),
    "issuer_chosen": ("選んだ方法", "Chosen"),
}
