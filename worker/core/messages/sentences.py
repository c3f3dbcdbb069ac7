"""Puts the parameters of a hold or a follow-up (``FollowUps``) into its sentence, in the reader's language.

``{name:way}`` shows ``name`` as ``date``, ``yen``, ``mb``, ``number``, by a table of names (``product``),
or unchanged. Several values are joined by a comma, by a space if the way is one, by "or" if it ends in ``_or``.
``[[…]]`` is left out if one of the parameters in it is missing.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Final

from worker.core.japanese_dates import write_date
from worker.core.messages.days import spell_days
from worker.core.messages.keys import name_key
from worker.core.messages.on_pages import for_reader, is_for_office
from worker.core.params import Params, Value

Pair = tuple[str, str]
NameTables = Mapping[str, Mapping[str, Pair]]

_OPTIONAL: Final = re.compile(r"\[\[(.*?)\]\]")
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)(?::([a-z_ ]*))?\}")
_COMMA: Final = ("、", ", ")
_PLAIN: Final = (", ", ", ")
_PROJECTS: Final = frozenset({"project", "projects"})
"""Parameters that are ids of projects: the short name of the issuer, a slash, the project's name."""
_ISSUER: Final = re.compile("^[a-z0-9_-]+/")
_OR: Final = "または"
_OR_WAY: Final = "_or"


class SentenceWriter:
    """One set of tables, by which parameters become a sentence."""

    def __init__(
        self, names: NameTables, facts: Mapping[str, Pair], forms: Mapping[str, Pair], or_ja: str = _OR
    ) -> None:
        self._or: Pair = (or_ja, " or ")
        self._either: Pair = (f"。{or_ja}、", "; or ")
        self._names = names
        self._facts = facts
        self._forms = forms

    def fill(self, words: str, params: Params, index: int) -> str:
        """``words`` with ``params`` put in; ``index`` is 0 for Japanese, 1 for English."""

        def is_whole(part: re.Match[str]) -> str:
            return part[1] if all(found[1] in params for found in _PLACEHOLDER.finditer(part[1])) else ""

        def put_in(found: re.Match[str]) -> str:
            value = params.get(found[1], "")
            shown = _without_issuer(value) if found[1] in _PROJECTS and is_for_office() else value
            return self._show(shown, found[2] or "", index)

        return _PLACEHOLDER.sub(put_in, _OPTIONAL.sub(is_whole, words))

    def _show(self, value: Value, way: str, index: int) -> str:
        match way:
            case "alternatives":
                facts = [self._list(each, "fact", index) for each in _several(value)]
                return self._either[index].join(dict.fromkeys(facts))
            case "sentences":
                facts = [self._one(each, "fact", index) for each in _several(value)]
                return "".join(f"{each}{('。', '. ')[index]}" for each in dict.fromkeys(facts))
            case "changes":
                return _COMMA[index].join(self._change(each, index) for each in _several(value))
            case "fact":
                return self._one(value, "fact", index)
            case "form":
                return self.fill(self._forms["form"][index], Params(facts=value), index)
            case "forms":
                return self._list(value, "form", index)
            case "of_pdf":
                return self._of_codes(value, way, index)
            case _:
                return self._joined(value, way, index)

    def _joined(self, value: Value, way: str, index: int) -> str:
        joint = self._or if way.endswith(_OR_WAY) else _PLAIN if way in {"", "yen"} else _COMMA
        own = way.removesuffix(_OR_WAY)
        shown = [self._shown(str(each), own, index) for each in _several(value)]
        return (" " if way == " " else joint[index]).join(shown)

    def _shown(self, value: str, way: str, index: int) -> str:
        match way:
            case "date":
                return write_date(dt.date.fromisoformat(value)) if index == 0 else value
            case "yen":
                return f"{int(value):,}円" if index == 0 else f"{int(value):,} yen"
            case "number":
                return f"{int(value):,}"
            case "mb":
                return f"{int(value) / 1_000_000:.1f} MB"
            case "open_key":
                path = value.split(".")
                named = name_key(path, "ja")
                if index == 0 and named != value:
                    return named if is_for_office() else f"{named}［{value}］"
                return value
            case "found":
                parts = (each.partition(" #") for each in value.split(": "))
                return ("：", ": ")[index].join(self._shown(part, "place", index) + "".join(of) for part, *of in parts)
            case "day_key":
                named = self._shown(value, "day", index)
                if is_for_office():
                    return named
                return f"{named}（dates.{value}）" if index == 0 else f"{named} (dates.{value})"
            case _:
                pair = self._names.get(way, {}).get(value)
                return pair[index] if pair else spell_days(value, "en" if index else "ja")

    def _of_codes(self, value: Value, way: str, index: int) -> str:
        """Returns codes in office words if all of them are known; an older program put them behind commas."""
        codes = value.split(", ") if isinstance(value, str) else [str(each) for each in _several(value)]
        names = self._names[way]
        if names.keys() >= {*codes}:
            return _COMMA[index].join(names[each][index] for each in codes)
        return ", ".join(codes)

    def _change(self, change: Value, index: int) -> str:
        """A key with its two values; a value that is missing on one side is a dash."""
        if not isinstance(change, Params):
            return str(change)
        key, before, after = (change.word(name) for name in ("key", "before", "after"))
        return f"{key}{('：', ': ')[index]}{before or '-'} → {after or '-'}"

    def _one(self, fact: Value, kind: str, index: int) -> str:
        if not isinstance(fact, Params):
            return str(fact)
        table = self._facts if kind == "fact" else self._forms
        return self.fill(for_reader(table[fact.code], f"{kind}_{fact.code}")[index], fact, index)

    def _list(self, facts: Value, kind: str, index: int) -> str:
        return _COMMA[index].join(self._one(each, kind, index) for each in _several(facts))


def _without_issuer(value: Value) -> Value:
    """Returns the ids of projects without the short name of their issuer, which people do not know."""
    shown = tuple(_ISSUER.sub("", str(each)) for each in _several(value))
    return shown if isinstance(value, tuple) else shown[0]


def _several(value: Value) -> tuple[Value, ...]:
    return value if isinstance(value, tuple) else (value,)


SYSTEM_FAULTS: Final[dict[str, str]] = {
    "No such file or directory": "ファイルかフォルダがありません",
    "Permission denied": "アクセス権がありません",
    "Operation not permitted": "許可されていません",
    "Is a directory": "フォルダです",
    "Not a directory": "途中の名前がフォルダではありません",
    "File exists": "同じ名前のものがすでにあります",
    "File name too long": "名前が長すぎます",
    "Too many levels of symbolic links": "リンクが循環しています",
    "No space left on device": "ディスクの空き容量がありません",
    "Disk quota exceeded": "割り当てられた容量を使い切っています",
    "Read-only file system": "書き込めない領域です",
    "Input/output error": "ディスクの読み書きに失敗しました",
    "Too many open files": "開いているファイルが多すぎます",
    "Cannot allocate memory": "メモリが足りません",
    "Stale file handle": "共有フォルダの接続が切れています",
    "Host is down": "相手のサーバーが停止しています",
    "No route to host": "相手のサーバーに届きません",
    "Network is unreachable": "ネットワークに届きません",
    "Connection refused": "接続を受け付けていません",
    "Connection reset by peer": "接続が切れました",
    "Address already in use": "ほかのプログラムが使っています",
    "Cannot assign requested address": "このコンピューターのアドレスではありません",
    "Connection timed out": "応答がありません（時間切れ）",
}
"""Errors of the system in Japanese, by the words of ``strerror`` on Linux."""
