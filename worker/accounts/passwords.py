"""The rules for a new password: long, not among the commonest, and without the names that a guesser tries first."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from worker.core.accounts import Account
from worker.core.errors import NotAllowed
from worker.core.text import match_key

SHORTEST: Final = 15
"""Characters of a password that is the only proof (NIST SP 800-63B-4 §3.1.1.2)."""
SHORTEST_WITH_SECOND: Final = 8
"""Characters of a password beside a second factor."""
LONGEST: Final = 128
"""Characters that are accepted; more are no safer and cost time."""
_LONGEST_TYPED: Final = 4 * LONGEST
"""Characters that are normalised: one may become eighteen, and four decomposed ones become one."""
_LEAST_OWN: Final = 5
"""Different characters that must remain without the commonest words."""
_NAME_LENGTH: Final = 4
_NAME_LENGTH_KANJI: Final = 2
"""Shorter names occur in passwords by chance; two kanji are a family name."""

_PRODUCT: Final = ("hoshobin", "保証便", "ホショウビン", "ほしょうびん")
_LEGAL_FORMS: Final = re.compile(r"株式会社|有限会社|合同会社|合資会社|合名会社|\((?:株|有|同|資|名)\)")

COMMONEST: Final = (
    *("password", "passw0rd", "p@ssword", "p@ssw0rd", "pa55word", "passwd", "passphrase", "passcode", "pass"),
    *("qwertyuiop", "qwertyui", "qwerty", "asdfghjkl", "asdfgh", "asdf", "zxcvbnm", "zxcvbn", "zxcv", "qazwsxedc"),
    *("qazwsx", "1qaz2wsx3edc", "1qaz2wsx", "1q2w3e4r5t6y", "1q2w3e4r", "1q2w3e", "q1w2e3r4", "qwer", "zaq12wsx"),
    *("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmno", "abcdefgh", "abcdef", "abc123", "abcd", "abc", "aaaa"),
    *("1234567890", "12345678", "123456", "12345", "1234", "123", "0123456789", "9876543210", "987654321", "654321"),
    *("0987654321", "4321", "321", "111111", "000000", "112233", "121212", "123123", "159753", "147258369", "5201314"),
    *("letmein", "welcome", "iloveyou", "loveyou", "sunshine", "princess", "dragon", "monkey", "football", "baseball"),
    *("superman", "batman", "pokemon", "michael", "charlie", "shadow", "master", "hello", "freedom", "whatever"),
    *("trustno1", "starwars", "computer", "internet", "secret", "admin", "administrator", "root", "guest", "user"),
    *("login", "changeme", "change", "default", "temp", "test", "sample", "demo", "correcthorsebatterystaple"),
    *("thequickbrownfoxjumpsoverthelazydog", "thequickbrownfox", "maryhadalittlelamb", "tobeornottobe"),
    *("spring", "summer", "autumn", "winter", "january", "october", "december", "monday", "friday", "company"),
    *("japan", "nippon", "tokyo", "osaka", "nagoya", "sakura", "doraemon", "arigatou", "arigato", "konnichiwa"),
    *("aishiteru", "nihon", "himitsu", "kensetsu", "kouji", "koumuten", "doboku", "soumu", "keiri", "shachou"),
    *("パスワード", "ぱすわーど", "あいうえおかきくけこ", "あいうえお", "アイウエオ", "いろはにほへと", "ひみつ"),
    *("ありがとう", "こんにちは", "さくら", "建設", "工務店", "株式会社", "管理者"),
)
"""The commonest passwords of published lists and of Japanese offices, and the pieces that they are made of."""
_COMMON: Final = re.compile("|".join(map(re.escape, sorted({*COMMONEST}, key=len, reverse=True))))


def fold_password(password: str) -> str | None:
    """Returns the form that is hashed (NFKC); None for a text that no password can be."""
    if len(password) > _LONGEST_TYPED:
        return None
    folded = unicodedata.normalize("NFKC", password)
    is_text = not any("\ud800" <= each <= "\udfff" for each in folded)
    return folded if is_text and len(folded) <= LONGEST else None


def check_password(password: str, account: Account, company: str) -> str:
    """Returns the password as it is hashed.

    Raises NotAllowed ``password_short``, ``password_long``, ``password_common`` or ``password_names``.
    """
    folded = fold_password(password)
    if folded is None:
        raise NotAllowed("password_long", most=LONGEST)
    least = SHORTEST_WITH_SECOND if account.totp else SHORTEST
    if len(folded) < least:
        raise NotAllowed("password_short", least=least)
    compared = match_key(folded).casefold()
    if len({*_COMMON.sub("", compared)}) < _LEAST_OWN:
        raise NotAllowed("password_common")
    if any(name in compared for name in _names_of(account, company)):
        raise NotAllowed("password_names")
    return folded


def _names_of(account: Account, company: str) -> frozenset[str]:
    """The names of product, company and person, as they are compared."""
    parts = [company, _LEGAL_FORMS.sub(" ", unicodedata.normalize("NFKC", company))]
    for text in (account.name, account.reading, account.login, account.mail):
        parts += [text, *re.split(r"[\s\u3000・@._+-]+", text)]
    parts += parts[1].split()
    names = {match_key(part).casefold() for part in (*_PRODUCT, *parts)}
    return frozenset(name for name in names if len(name) >= (_NAME_LENGTH if name.isascii() else _NAME_LENGTH_KANJI))
