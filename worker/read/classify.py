"""Tells the kind of a mail: our own, a report, an announcement, a possible notice, an automatic reply, or unrelated.

``classify_mail`` gives the class. The contents of our own messages and of a multipart/report are never an announcement
or a notice. The PDFs are not read here, and nothing here authenticates the sender.

An announcement names a notice that is to come: numbers, projects, products.

Without a sign of a machine a mail counts as a person's: a person's reply that is taken for a machine's would be a
complaint that is never read.
"""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from worker.core.addresses import domain_of, is_within
from worker.core.model import Announced, Attached, Product
from worker.core.rulebook import Guarantor
from worker.core.text import fold_hyphens, hide_codes, match_key
from worker.read.archives import Unpacked
from worker.read.message import (
    AttachmentKind,
    Headers,
    Message,
    Unopened,
    attachment_kind,
    header_text,
    mentions_key,
    offers_file_link,
    read_addresses,
)
from worker.read.notice import Labels, fold_lines

_FORWARDED: Final = re.compile(
    r"(?:\[[^\]]{0,40}\]|【[^】]{0,40}】|(?:re|aw|返信)(?:\[?\d{1,3}\]?)?:)*(?:fwd?|転送)(?:\[?\d{1,3}\]?)?:",
    re.IGNORECASE,
)
_REPLY: Final = re.compile(r"(?:\[[^\]]{0,40}\]|【[^】]{0,40}】)*(?:re|aw|返信)(?:\[?\d{1,3}\]?)?:", re.IGNORECASE)
_QUOTES: Final = "「」『』“”\"'"
_ADDITION: Final = re.compile(
    r"(?:\([^()]{0,80}\)|\[[^\[\]]{0,80}\]|【[^【】]{0,80}】|「[^「」]{0,80}」|『[^『』]{0,80}』)\Z"
)
_ADDITIONS_LIMIT: Final = 5
"""Bracketed additions taken off the end of a subject: people add a project's name, lists a number."""


@dataclass(frozen=True, slots=True)
class OwnMailSigns:
    """The signs of a message of our own."""

    address: str
    """The contractor's address, from which all of our mail goes."""
    is_known: Callable[[str], bool]
    """Returns whether a mail of ours bears this Message-ID."""
    has_form: Callable[[str, str], bool]
    """Returns whether this Message-ID has the form that we write for this address: a restored backup lacks the later
    ids."""


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A submission, rehearsal, alarm or copy of our own."""


@dataclass(frozen=True, slots=True)
class Report:
    """A multipart/report (DSN, read receipt) without a further PDF."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """The "issuance complete" mail of a guarantor, direct or forwarded; ``pdfs`` may hold the notice already."""

    guarantor: str
    pdfs: tuple[Attached, ...]
    says: Announced = field(default_factory=Announced)
    is_enclosed: bool = False
    """Set if an enclosed mail says so, which someone other than the sender may have written."""
    zips: tuple[Attached, ...] = ()
    unopened: tuple[Unopened, ...] = ()


@dataclass(frozen=True, slots=True)
class PossibleNotice:
    """A mail that may bring a notice: it is from a guarantor, who is then named, or it mentions 認証キー."""

    guarantor: str | None
    pdfs: tuple[Attached, ...]
    zips: tuple[Attached, ...] = ()
    unopened: tuple[Unopened, ...] = ()


@dataclass(frozen=True, slots=True)
class Unrelated:
    """A mail without any sign of a notice; a PDF in it may still be one."""

    pdfs: tuple[Attached, ...]
    zips: tuple[Attached, ...] = ()
    unopened: tuple[Unopened, ...] = ()


MailClass = OwnMessage | Report | Announcement | PossibleNotice | Unrelated


def classify_mail(message: Message, guarantors: Sequence[Guarantor], ours: OwnMailSigns) -> MailClass:
    """Returns the class of ``message``, with every PDF that may be a notice and every file that may hold one."""
    if _is_own(message, ours):
        return OwnMessage()
    foreign = tuple(_foreign(message, ours))
    pdfs = tuple(dataclasses.replace(pdf, is_enclosed=one is not message) for one in foreign for pdf in one.pdfs)
    zips = tuple(dataclasses.replace(each, is_enclosed=one is not message) for one in foreign for each in one.zips)
    unopened = tuple(each for one in foreign for each in one.unopened)
    if message.is_report and not pdfs and not zips:
        return Report()
    for one in foreign:
        for guarantor in guarantors:
            if _announces(one, guarantor, ours):
                says = read_announced(guarantor, one.subject, one.texts, message.date)
                return Announcement(guarantor.id, pdfs, says, one is not message, zips, unopened)
    senders = (guarantor.id for one in foreign for guarantor in guarantors if _is_from(one, guarantor))
    found = next(senders, None)
    if found is not None or any(_names_a_key(one) for one in foreign):
        if not (pdfs or zips or unopened) and any(_names_a_key(one) and _hands_a_link(one) for one in foreign):
            unopened = (Unopened("", AttachmentKind.LINK),)
        return PossibleNotice(found, pdfs, zips, unopened)
    return Unrelated(pdfs, zips, unopened)


def add_unpacked(
    what: Announcement | PossibleNotice | Unrelated, opened: Sequence[tuple[Attached, Unpacked]]
) -> Announcement | PossibleNotice | Unrelated:
    """Returns ``what`` with the PDFs of its ZIPs as if they were attached, and with the files that were not extracted.

    The names of the files in a ZIP count as text: they are readable even if the files are encrypted.
    """
    pdfs, unopened = [*what.pdfs], [*what.unopened]
    for archive, found in opened:
        for name, content in found.pdfs:
            pdfs.append(Attached(name, content, archive.is_enclosed, archive.filename, found.others))
        unopened += [Unopened(name, sort, archive.filename) for name, sort in found.unopened]
        if not found.pdfs and any(attachment_kind("", name, b"") for name in found.others):
            unopened.append(Unopened("", AttachmentKind.ZIP, archive.filename))
    added = dataclasses.replace(what, pdfs=tuple(pdfs), unopened=tuple(unopened), zips=())
    if isinstance(added, Unrelated) and any(found.mentions_key for _, found in opened):
        return PossibleNotice(None, added.pdfs, (), added.unopened)
    return added


def _is_own(message: Message, ours: OwnMailSigns) -> bool:
    """Returns whether we sent it: by its Message-ID, or by the form of the id and our address as the only sender.

    The form lets a restored backup recognise its mail.
    """
    if not message.message_id:
        return False
    if ours.is_known(message.message_id):
        return True
    senders = [sender.casefold() for sender in message.senders]
    return senders == [ours.address.casefold()] and ours.has_form(message.message_id, ours.address)


def _foreign(message: Message, ours: OwnMailSigns) -> Iterator[Message]:
    """Returns the message and its enclosed mails from the outside in, except our own, reports, and their contents.

    The outermost message is included even if it is a report: a sender put the PDF next to the report.
    """
    waiting = [message]
    while waiting:
        one = waiting.pop()
        yield one
        inner = (
            within
            for within in one.nested
            if not _is_own(within, ours)
            and not (within.is_report and not (within.pdfs or within.zips or within.nested))
        )
        waiting.extend(reversed(tuple(inner)))


def _announces(message: Message, guarantor: Guarantor, ours: OwnMailSigns) -> bool:
    """Returns whether the subject ends with one of the guarantor's, and the mail does not merely discuss one.

    The result is a task to download the notice, and a missed one would cost the contract. A guarantor may write from a
    new domain one day, so unknown senders count as well; the task is then marked as unauthenticated. If the guarantor's
    senders are configured, answers of others are discussions, and so is colleagues' mail that is not forwarded (Fwd:,
    転送:). A subject that goes on after the pattern is one as well (「…のお知らせ」メールの変更について).
    """
    subject = match_key(message.subject).casefold()
    if not any(_ends_with(subject, pattern) for pattern in guarantor.subjects):
        return False
    if not guarantor.senders or _is_from(message, guarantor):
        return True
    domains = {domain_of(sender) for sender in message.senders}
    if domain_of(ours.address) in domains:
        return len(domains) == 1 and bool(_FORWARDED.match(subject))
    return not _REPLY.match(subject)


def _ends_with(subject: str, pattern: str) -> bool:
    """Returns if ``subject`` ends with ``pattern``; quotes around it and bracketed additions after it are ignored."""
    wanted = match_key(pattern).casefold().strip(_QUOTES)
    if not wanted:
        return False
    for _ in range(_ADDITIONS_LIMIT + 1):
        if subject.rstrip(_QUOTES).endswith(wanted):
            return True
        subject = _ADDITION.sub("", subject)
    return False


def _is_from(message: Message, guarantor: Guarantor) -> bool:
    """Returns whether every From is in one of the guarantor's domains, or in a subdomain."""
    return bool(guarantor.senders and message.senders) and all(
        any(is_within(domain_of(sender), domain_of(root)) for root in guarantor.senders) for sender in message.senders
    )


def _names_a_key(message: Message) -> bool:
    return any(map(mentions_key, (message.subject, *message.texts, *message.names)))


def _hands_a_link(message: Message) -> bool:
    is_answer = _REPLY.match(match_key(message.subject)) is not None
    if message.links_a_file and not is_answer:
        return True
    return message.has_link and offers_file_link(message.texts, is_answer=is_answer)


# --- What an announcement says --------------------------------------------------------------------------------

TEXT_CHARACTERS: Final = 20_000
"""Characters searched of a mail's text, as of a page's: the patterns are the operator's, their cost is unknown."""
NUMBER_CHARACTERS: Final = 64
NUMBERS_LIMIT: Final = 20
"""More numbers are a list, which no guarantor announces. Cut short, it would seem complete too early."""
NAME_CHARACTERS: Final = 200

_BLANK: Final = re.compile(r"\n[>|\s]*\n")
_QUOTE_MARKS: Final = re.compile(r"^[>|\s]+", re.MULTILINE)
_TOKEN: Final = re.compile(r"[0-9A-Za-z-]+")
_TELEPHONE: Final = re.compile("tel|fax|電話|ファクス|ファックス|ダイヤル|〒", re.IGNORECASE)
"""A line that holds one of these holds a number of another kind: 0120-123456 has the form of a contract number."""
_KANJI: Final = "[一-鿿々]"


def read_announced(guarantor: Guarantor, subject: str, texts: Sequence[str], date: str = "") -> Announced:
    """Returns what subject and texts name: numbers by label, else by their form alone; names and products by label.

    A product also counts without a label if it is a word of its own: 契約保証 inside 契約保証金 does not count.
    """
    text = "\n\n".join((subject, *texts))[:TEXT_CHARACTERS].replace("\r", "")
    found: dict[str, list[str]] = {}
    labels = Labels(guarantor.labels, (guarantor.name, *guarantor.titles))
    for block in _BLANK.split(text):
        for label, values in labels.find(fold_lines(_QUOTE_MARKS.sub("", block))).items():
            found.setdefault(label, []).extend(value.text for value in values if value.text)
    numbers = [match_key(value) for value in found.get("contract_number", ())]
    numbers = [each for each in numbers if _is_number(each, guarantor)] or list(_lone_numbers(text, guarantor))
    names = {match_key(name): hide_codes(name[:NAME_CHARACTERS]) for name in found.get("project_name", ())}
    return Announced(
        date=date,
        numbers=tuple(dict.fromkeys(numbers)) if len(set(numbers)) <= NUMBERS_LIMIT else (),
        names=tuple(names.values()),
        products=_products(text, found.get("product", ()), guarantor),
    )


def _is_number(value: str, guarantor: Guarantor) -> bool:
    fits = len(value) <= NUMBER_CHARACTERS and value.isascii() and any(map(str.isdigit, value))
    return fits and bool(re.fullmatch(guarantor.number, value, re.ASCII))


def _lone_numbers(text: str, guarantor: Guarantor) -> Iterator[str]:
    for line in text.splitlines():
        folded = fold_hyphens(unicodedata.normalize("NFKC", line))
        if not _TELEPHONE.search(folded):
            yield from (token for token in _TOKEN.findall(folded) if _is_number(token, guarantor))


def _products(text: str, labelled: Iterable[str], guarantor: Guarantor) -> tuple[Product, ...]:
    words = {match_key(word): product for product, several in guarantor.products.items() for word in several}
    found = [words[match_key(value)] for value in labelled if match_key(value) in words]
    if not found:
        folded = unicodedata.normalize("NFKC", text)
        alone = (
            product
            for word, product in words.items()
            if re.search(f"(?<!{_KANJI}){re.escape(word)}(?!{_KANJI})", folded)
        )
        found = list(alone)
    return tuple(dict.fromkeys(found))


# --- Signs of a machine ---------------------------------------------------------------------------------------

_FIELDS: Final = (
    b"x-autoreply",
    b"x-auto-reply",
    b"x-autoreply-from",
    b"x-mail-autoreply",
    b"x-autorespond",
    b"x-auto-respond",
    b"x-autoresponder",
    b"x-autogenerated",
    b"x-ms-exchange-inbox-rules-loop",
    b"x-fc-machinegenerated",
    b"delivered-by-the-graces-of-the-vacation-program",
)
"""Fields that only answering machines write, from before RFC 3834.

Not X-Auto-Response-Suppress, which asks machines not to answer: people's mail has it.
"""

_PRECEDENCE: Final = frozenset({"auto_reply", "auto-reply", "junk", "bulk"})
"""Without ``list``: an office whose address is a list answers with it."""

_AWAY: Final = re.compile(
    r"(?:(?:re|aw|fwd?|返信)(?:\[\d{1,3}\])?:)*[\[(【〔「<《]?"
    r"(?:自動(?:返信|応答|回答|送信|配信)|不在|休暇|長期休暇|(?:automatic|auto)-?(?:reply|response)|outofoffice|"
    r"outoftheoffice|vacation|ooo:)",
    re.IGNORECASE,
)
"""Beginnings of the subjects of automatic replies, as a match key: 「不在通知:」「自動応答: Re: …」."""
_SAYS_SO: Final = re.compile(r"自動(?:返信|応答|回答|配信)")
"""Anywhere in a subject: 「受付のお知らせ（自動返信）」. Not 不在, which people write as well."""
_IN_TEXT: Final = re.compile(
    r"(?:この|本|当)(?:電子)?(?:メール|e-?mail|通知|返信)は[^。]{0,30}自動|自動(?:返信|応答|配信)(?:メール|システム)|"
    r"thisisanauto(?:mat|-?gen|-?repl|-?resp)",
    re.IGNORECASE,
)


def find_auto_reply_sign(headers: Headers, subject: str, text: str) -> str:
    """Returns the sign of an automatic reply: a field's name, ``subject`` or ``text``; empty if there is none."""
    submitted = headers.text(b"auto-submitted").lower()
    if submitted and not submitted.startswith("no"):  # RFC 3834 §5
        return "Auto-Submitted"
    if headers.text(b"precedence").lower() in _PRECEDENCE:
        return "Precedence"
    if name := headers.first_filled(_FIELDS):
        return name
    if headers.text(b"return-path").replace(" ", "") == "<>":  # no answer is wanted, so no person wrote it
        return "Return-Path"
    key = match_key(subject)
    if _AWAY.match(key) or _SAYS_SO.search(key):
        return "subject"
    return "text" if _IN_TEXT.search(match_key(text)) else ""


_ANSWERS: Final = re.compile(r"自動(?:返信|応答|回答)|(?:automatic|auto)-?(?:reply|response)", re.IGNORECASE)
"""Words in the text of an automatic reply. Not 自動 alone, which gateways write in bounces too."""


def is_answering_machine(headers: Headers, subject: str, text: str) -> bool:
    """Returns whether the mail says that it is an automatic reply: an out-of-office note, an acknowledgement."""
    if "auto-replied" in headers.words(b"auto-submitted"):
        return True
    if headers.first_filled(_ANSWERING):
        return True
    key = match_key(subject)
    return bool(_AWAY.match(key) or _SAYS_SO.search(key) or _ANSWERS.search(match_key(text)))


_ANSWERING: Final = frozenset(_FIELDS) - {b"x-autogenerated", b"x-fc-machinegenerated"}
"""The _FIELDS of answering machines; the other two are also written by guarantors' systems."""

_FAILED_RECIPIENTS: Final = b"x-failed-recipients"
"""Servers write it in a bounce that is no multipart/report."""
_REPORT_SENDER: Final = re.compile(r"(?:mailer[-_.]?daemon|postmaster)(?:[+=-].*)?", re.IGNORECASE)
_ANSWER_SUBJECT: Final = re.compile(
    r"(?:\[[^\]]{0,40}\]|【[^】]{0,40}】)*(?:(?:re|aw|返信)(?:\[?\d{1,3}\]?)?:|"
    r"[\[(【〔「<《]?(?:自動(?:返信|応答|回答)|不在(?:通知|のため|連絡)|(?:automatic|auto)-?(?:reply|response)|outofoffice|"
    r"outoftheoffice|ooo:))",
    re.IGNORECASE,
)
_FORWARDING: Final = (
    b"x-auto-response-suppress",
    b"x-ms-exchange-generated-message-source",
    b"x-ms-exchange-forwardingloop",
    b"x-ms-exchange-parent-message-id",
    b"autoforwarded",
    b"x-autoforward",
    b"x-autoforwarded",
    b"resent-from",
    b"resent-sender",
    b"list-id",
    b"list-unsubscribe",
    b"x-loop",
)
"""Fields of what rules, lists and servers pass on by themselves under a person's address."""
_BY_ITSELF: Final = re.compile(
    r"(?:(?:re|aw|返信)(?:\[?\d{1,3}\]?)?:)*[\[(【〔「<《]?"
    r"(?:自動(?:返信|応答|回答|送信|配信|転送)|不在(?:通知|のため|連絡)|(?:automatic|auto)-?(?:reply|response|forward)|"
    r"outofoffice|outoftheoffice|ooo:)",
    re.IGNORECASE,
)


def find_reply_sign(message: Message) -> str:
    """Returns the sign of a reply or a report; empty if there is none.

    Such a mail may carry a stranger's mail back. auto-generated, bulk, noreply and 自動送信 are no signs: notices have
    them.
    """
    if "auto-replied" in message.headers.words(b"auto-submitted"):
        return "Auto-Submitted"
    for answered in (b"in-reply-to", b"references"):
        if any(map(bytes.strip, message.headers.every(answered))):
            return answered.decode().title()
    if message.holds_report:
        return "multipart/report"
    written = (
        each
        for name in (b"sender", b"return-path")
        for line in message.headers.every(name)
        for each in read_addresses(line)
    )
    if any(_REPORT_SENDER.fullmatch(each.partition("@")[0]) for each in (*message.senders, *written)):
        return "MAILER-DAEMON"
    if {"auto_reply", "auto-reply"}.intersection(message.headers.words(b"precedence")):
        return "Precedence"
    if name := message.headers.first_filled(sorted(_ANSWERING | {_FAILED_RECIPIENTS})):
        return name
    return "Subject" if _ANSWER_SUBJECT.match(match_key(message.subject)) else ""


def find_machine_sign(message: Message) -> str:
    """Returns the sign that a machine sent a mail from a person's address; empty if there is none.

    The text is not searched: it may quote a notice that says 自動送信. References are no sign either: people write in
    threads.
    """
    if set(message.headers.words(b"auto-submitted")) - {"", "no"}:
        return "Auto-Submitted"
    if (_PRECEDENCE | {"list"}).intersection(message.headers.words(b"precedence")):
        return "Precedence"
    if name := message.headers.first_filled((*_FIELDS, *_FORWARDING)):
        return name
    if any(header_text(each).replace(" ", "") == "<>" for each in message.headers.every(b"return-path")):
        return "Return-Path"
    if message.holds_report:
        return "multipart/report"
    if any(_REPORT_SENDER.fullmatch(each.partition("@")[0]) for each in message.senders):
        return "MAILER-DAEMON"
    key = match_key(message.subject)
    return "Subject" if _BY_ITSELF.match(key) else ""


WORDS_LIMIT: Final = 20_000
"""Characters that are searched for the words: a machine says in its first lines what its mail is about."""

_DAEMON: Final = re.compile(
    r"(?:mailer[-_.]?daemon|post[-_]?master|mail[-_.]?(?:system|delivery|error)[a-z._-]*|mdaemon|mmdf|bounces?|"
    r"mail[-_.]?(?:gate(?:way)?|guard|filter|sec(?:urity)?|defender|scan(?:ner)?)|quarantine|"
    r"anti[-_.]?(?:virus|spam)|(?:virus|spam)[-_.]?(?:filter|check(?:er)?|scan(?:ner)?|guard|alert|notice)?)(?:[+=-].*)?",
    re.IGNORECASE,
)
"""Local parts of senders that return or filter mail. Not noreply, root and admin, which send other mail too."""
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
"""After a word: a statement about a possible future, 「届かない場合は」."""
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
"""Japanese words for it, as match keys, because lines break inside words."""
_FAILED_JA: Final = re.compile("|".join(_WORDS_JA))
_SEND_ONLY: Final = re.compile(r"送信専用|配信専用")
_TAKEN: Final = re.compile(r"受け?付け?(?:まし|いたし)|受信(?:し|いたし)まし|受領|ありがとうご")
"""Words of acceptance: a send-only address acknowledges a mail that went to another address."""
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
"""English words for it, in one line."""
_FAILED_EN: Final = re.compile("|".join(_WORDS_EN), re.IGNORECASE)
_TRANSCRIPT: Final = re.compile(
    r"mailer-daemon|(?:final-recipient|diagnostic-code|reporting-mta)\s*:|(?<![\d.])[45]\d\d[ -][45]\.\d{1,3}\.\d{1,3}",
    re.IGNORECASE,
)
"""Words that servers use and people do not; a person who forwards a bounce quotes them."""


def says_undelivered(text: str) -> bool:
    """Returns whether ``text`` says that a mail did not arrive, was refused or stripped, or that its address is gone.

    Statements about a possible future failure do not count.
    """
    key = match_key(text[:WORDS_LIMIT])
    if any(not _NOT_YET.match(key, found.end()) for found in _FAILED_JA.finditer(key)):
        return True
    if _SEND_ONLY.search(key) and not _TAKEN.search(key):
        return True
    return _FAILED_EN.search(" ".join(text[:WORDS_LIMIT].split())) is not None


def has_transcript(text: str) -> bool:
    """Returns whether ``text`` holds a mail server's words about a mail that it refused, quoted or not."""
    return _TRANSCRIPT.search(text[:WORDS_LIMIT]) is not None


def find_bounce_sign(headers: Headers, senders: Sequence[str], subject: str, text: str) -> str:
    """Returns the sign of a machine that returns mail; empty if there is none.

    An empty sender is the sign of a bounce (RFC 5321 §4.5.5). Out-of-office notes have it too (RFC 5230 §5.3), and are
    recognised by their words.
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
    """Returns whether a Return-Path is empty, or bears the name that servers write in its place."""
    paths = (header_text(each).replace(" ", "").strip("<>\"'").lower() for each in headers.every(b"return-path"))
    return any(each in {"", "mailer-daemon"} for each in paths)


def is_failure_subject(subject: str) -> bool:
    """Returns whether the subject is one of returned mail and does not begin as an answer."""
    return not is_answer(subject) and _FAILED_SUBJECT.search(match_key(subject)) is not None


def is_answer(subject: str) -> bool:
    """Returns whether the subject begins like one of an answer or of a forwarded mail."""
    return _ANSWER.match(match_key(subject)) is not None
