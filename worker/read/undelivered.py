"""Decides whether a mail says that another mail did not arrive, and by what a machine that returns mail is known.

Promise: nothing here raises, and its work is bounded by the texts it is given. The words are asked only of a mail that
is about one of ours, or that a machine wrote: people use them of other things. It does not know whose mail is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from worker.core.text import match_key
from worker.read.automatic_mail import is_answering_machine
from worker.read.mime import Headers, header_text

WORDS_LIMIT: Final = 20_000
"""Characters in which the words are looked for: a machine says in its first lines what it is about."""

_DAEMON: Final = re.compile(
    r"(?:mailer[-_.]?daemon|post[-_]?master|mail[-_.]?(?:system|delivery|error)[a-z._-]*|mdaemon|mmdf|bounces?|"
    r"mail[-_.]?(?:gate(?:way)?|guard|filter|sec(?:urity)?|defender|scan(?:ner)?)|quarantine|"
    r"anti[-_.]?(?:virus|spam)|(?:virus|spam)[-_.]?(?:filter|check(?:er)?|scan(?:ner)?|guard|alert|notice)?)(?:[+=-].*)?",
    re.IGNORECASE,
)
"""The local part of who returns mail, or takes it apart. Not noreply, root and admin, from which other mail comes."""
_DAEMON_NAME: Final = re.compile(
    r"mailer[-_.]?daemon|(?<![\w-])post-?master(?![\w-])|mail delivery (?:sub)?system", re.IGNORECASE
)
"""In a From without an address: ``MAILER-DAEMON <>``."""
_ANSWER: Final = re.compile(
    r"(?:\[[^\]]{0,40}\]|【[^】]{0,40}】)*(?:re|aw|sv|fwd?|返信|転送)(?:\[?\d{1,3}\]?)?:", re.IGNORECASE
)
_FAILED_SUBJECT: Final = re.compile(
    r"undeliver|non-?deliver|not-?deliver|deliver|mailsystem|failure|failed|returnedmail|returnedmessage|"
    r"returningmessage|returntosender|mailerror|notsent|couldnotbe|cannotbe|reject|refused|bounce|nonremis|"
    r"unzustellbar|loopalert|warning|"
    r"(?:配信|配達|送信)(?:を)?(?:エラー|不能|不可|に?失敗|(?:は|が)?でき(?:ませ|な)|され(?:ませ|な))|"
    r"届(?:きませ|かな|けられ)|メール(?:システム)?(?:の)?エラー|返送|不達|未達",
    re.IGNORECASE,
)
"""Words in the subject of mail that returns another, by the match key."""

_NOT_YET: Final = re.compile(
    r"[いんかったれさるしてあり]{0,6}(?:場合|とき|時|際|ように|恐れ|おそれ|可能性|ことが(?:あり|ござ))"
)
"""Behind a word: it is said of what may be, 「届かない場合は」."""
_WORDS_JA: Final = (
    # It did not arrive, or is not let in.
    r"(?:届|とど)(?:き|か|け|けられ|けでき|けることができ|いており|いてい)(?:ませ|な|ず)",
    r"(?:[配送着]信|配[送達]|転送|受信|[送到]達)(?:[をがはにも]|処理[がに])?(?:することが)?(?:でき|出来|され|いたし|し)(?:ませ|な|ず)",
    r"(?:[配送着]信|配[送達]|転送|受信|[送到]達)[をがはにも]?(?:不能|不可|失敗|エラー|拒否|停止|中止|制限|遮断)",
    r"拒否|拒絶|差し?戻|返送|不達|未達|ブロックされ",
    r"(?:受け?取|受け?付け|お受け)[^。まを]{0,8}ませ",
    r"受信[をはも]?(?:し|いたし|行って?)(?:て)?(?:おり|い)(?:ませ|な)",
    # Somebody has to let it in.
    r"承認(?:待ち|を待|を必要|が必要|され(?:るまで|た[後あ]))|(?:保管|保留|隔離)(?:され|し)て(?!くだ|下|おいて|いただ|頂)",
    r"(?:受信|配信)を許可|(?:送信者|差出人|送信元)[のを]{0,1}(?:ご)?(?:確認|認証)(?:[をが](?:お願い|完了|必要|行っ)|のため)",
    # The address is no longer one.
    r"廃止|閉鎖|失効|退職|離職|退任|転任|転勤|(?:異動|転出)(?:し|いたし|とな|にな|のため|により)",
    r"(?:課|部|署|室|係|局|所)[へに]移りまし|担当(?:者)?[がはを][^。]{0,12}(?:[替代変換]わり|変更(?:し|に|と|い))",
    r"(?:存在|使用|利用|使わ|在籍|運用)[しさでられてい]{0,4}(?:おり|い)?(?:ませ|な[いく])",
    r"(?:使用|利用|運用|サービス)[をはが]?(?:停止|終了|中止)",
    r"(?:アドレス|ドメイン|宛て?先|送信先)[^。]{0,30}(?:変更(?:し|に|い|とな|され)|変わりまし|移行|無効|不明)",
    r"(?:アドレス|ドメイン|宛て?先|送信先)[^。]{0,30}(?:(?:見つかり|見当たり|あり)ませ|(?:確認|閲覧)[^。]{0,8}ませ)",
    r"(?:ユーザー?|利用者|受信者)[^。]{0,15}(?:見つかりませ|不明)",
    # There is no room.
    r"容量|サイズ[^。]{0,20}(?:超|制限|大き)",
    r"(?:メールボックス|受信箱|受信トレイ)[^。]{0,20}(?:いっぱい|一杯|満杯|上限|超)",
    # It was taken apart, or away.
    r"添付[^。]{0,40}(?:削除(?!して|願|くだ|下)|除去|取り除|隔離|破棄|ブロック|遮断|禁止)",
    r"(?:メール|メッセージ)[をはが][^。]{0,20}(?:削除(?:し(?!て)|い|され)|破棄(?!して|願)|隔離|ブロック|遮断|保留)",
    r"ウイルス[^。]{0,20}(?:検出|検知|発見)|迷惑メール(?:と|に)(?:して)?(?:判定|判断|認定)",
)
"""What says so in Japanese, by the match key, as words are broken anywhere."""
_FAILED_JA: Final = re.compile("|".join(_WORDS_JA))
_SEND_ONLY: Final = re.compile(r"送信専用|配信専用")
_TAKEN: Final = re.compile(r"受け?付け?(?:まし|いたし)|受信(?:し|いたし)まし|受領|ありがとうご")
"""What says that it was taken in: the answer comes from an address that only sends, and the mail went to another."""
_WORDS_EN: Final = (
    # It did not arrive, or is not let in.
    r"\bundeliver|\bnon-?deliver|\bnot (?:be |been |yet |successfully ){0,2}deliver",
    r"\bdeliver\w* (?:\S+ ){0,4}fail|\bfail\w* (?:\S+ ){0,3}(?:deliver|recipient)",
    r"\bdelivery (?:\S+ )?(?:error|problem)|\b(?:permanent|fatal)\w* (?:\S+ )?(?:fail|error)",
    r"\b(?:could|can|was|were|has|have)(?: ?not|n['’]t) (?:\S+ ){0,2}(?:deliver|reach|accept|relay|process|receiv)",
    r"\b(?:could|can|is|are|was|were|did|does|do|will)(?: ?not|n['’]t) (?:\S+ ){0,2}(?:sent|exist|accept|receiv|arriv)",
    r"\b(?:held|kept) (?:\S+ ){0,3}(?:until|for (?:approval|review|moderation))|\bawait\w* (?:\S+ ){0,2}approval",
    r"\b(?:verify|confirm) (?:that )?(?:you|your) (?:\S+ ){0,3}(?:human|sender|address|identity)",
    r"\bunable to (?:\S+ )?(?:deliver|relay|send|process|accept|reach)",
    r"\b(?:was|were|been|is|are|be) (?:automatically )?(?:reject|refused|block|quarantine|bounced|discarded|dropped)",
    r"\breject\w* (?:your|this|the|by)\b|\b(?:access|relaying) denied|\breturned to (?:the )?sender|\b55[0-4][ -]",
    r"(?<![\d.])5\.[1-7]\.\d{1,3}(?![\d.]*\d)",
    # The address is no longer one.
    r"\b(?:unknown|invalid|no such|bad|illegal|non-?existent) (?:\S+ ){0,2}(?:user|recipient|address|mailbox|host)",
    r"\b(?:user|recipient|address|mailbox|account|domain)s? (?:\S+ ){0,3}(?:unknown|invalid|not found|reject|expired)",
    r"\b(?:user|recipient|address|mailbox|account)s? (?:\S+ ){0,3}(?:disabled|suspended|(?:in|de)activ|discontinued)",
    r"\bno longer\b|\b(?:not|isn['’]t) (?:being )?monitored|\bunmonitored|\b(?:has|have) left (?:the|our|this)\b",
    r"\b(?:not|only) (?:an? )?(?:member|subscrib|allowed|permitted|authori[sz]ed)|\bmoderator",
    # There is no room.
    r"\b(?:mailbox|inbox|quota|storage) (?:\S+ ){0,4}(?:full|exceed|limit)|\bover ?quota",
    r"\bexceed\w* (?:\S+ ){0,4}(?:quota|limit|size)|\bmessage (?:is |size )?(?:too (?:large|big)|exceed)",
    # It was taken apart.
    r"\bvirus(?:es)? (?:\S+ ){0,2}(?:found|detected)|\binfected\b",
)
"""What says so in English, in one line."""
_FAILED_EN: Final = re.compile("|".join(_WORDS_EN), re.IGNORECASE)
_TRANSCRIPT: Final = re.compile(
    r"mailer-daemon|(?:final-recipient|diagnostic-code|reporting-mta)\s*:|(?<![\d.])[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}",
    re.IGNORECASE,
)
"""What servers say to each other, and people do not: a person who forwards a bounce quotes it."""


def says_undelivered(text: str) -> bool:
    """Whether ``text`` says that a mail did not arrive, was refused or taken apart, or that it is read there no more.

    What it says of mail that may not arrive one day does not count.
    """
    key = match_key(text[:WORDS_LIMIT])
    if any(not _NOT_YET.match(key, found.end()) for found in _FAILED_JA.finditer(key)):
        return True
    if _SEND_ONLY.search(key) and not _TAKEN.search(key):
        return True
    return _FAILED_EN.search(" ".join(text[:WORDS_LIMIT].split())) is not None


def has_transcript(text: str) -> bool:
    """Whether ``text`` holds what a mail server says of a mail that it did not take, quoted or not."""
    return _TRANSCRIPT.search(text[:WORDS_LIMIT]) is not None


def name_returning(headers: Headers, senders: Sequence[str], subject: str, text: str) -> str:
    """By what a machine that returns mail is known; empty where nothing says so.

    A null sender is the sign of a bounce (RFC 5321 §4.5.5). Out-of-office notes have it too (RFC 5230 §5.3), and say
    what they are.
    """
    if headers.first(b"x-failed-recipients"):
        return "X-Failed-Recipients"
    if any(_DAEMON.fullmatch(each.partition("@")[0]) for each in senders):
        return "MAILER-DAEMON"
    if not senders and any(_DAEMON_NAME.search(header_text(each)) for each in headers.every(b"from")):
        return "MAILER-DAEMON"
    if _has_null_sender(headers) and not is_answering_machine(headers, subject, text):
        return "Return-Path"
    return ""


def _has_null_sender(headers: Headers) -> bool:
    """Whether a Return-Path is empty, or bears the name that servers write in its place."""
    paths = (header_text(each).replace(" ", "").strip("<>\"'").lower() for each in headers.every(b"return-path"))
    return any(each in {"", "mailer-daemon"} for each in paths)


def is_failure_subject(subject: str) -> bool:
    """Whether the subject is one of returned mail, and no answer to it."""
    return not is_answer(subject) and _FAILED_SUBJECT.search(match_key(subject)) is not None


def is_answer(subject: str) -> bool:
    """Whether the subject begins as that of an answer or of a forwarded mail."""
    return _ANSWER.match(match_key(subject)) is not None
