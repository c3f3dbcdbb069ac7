"""What is told of an invoice that was not found, in office words."""

from __future__ import annotations

from collections.abc import Iterator

from worker.compose.missing_invoice import MissingInvoice
from worker.core.messages import Language, say
from worker.core.text import escape_control_chars


def say_missing(missing: MissingInvoice, lang: Language) -> Iterator[str]:
    """Line by line: the folder, the name to give, the file that is proposed, the others that lie there unused."""
    yield say("missing_folder", lang, folder=escape_control_chars(missing.folder))
    if missing.is_away:
        yield say("missing_away", lang)
    yield say("missing_name" if missing.name else "missing_register", lang, name=escape_control_chars(missing.name))
    if missing.proposed:
        yield say("missing_proposed", lang, names=_names(missing.proposed, lang))
    others = tuple(each for each in missing.unused if each not in missing.proposed)
    if others:
        more = say("unread_more", lang, count=missing.more) if missing.more else ""
        yield say("missing_unused", lang, names=_names(others, lang) + more)
    elif not missing.proposed and not missing.is_away:
        yield say("missing_none", lang)


def missing_json(missing: MissingInvoice | None) -> dict[str, object] | None:
    """The fixed fields for programs; None where no invoice is missed."""
    if missing is None:
        return None
    return {
        "folder": missing.folder,
        "name": missing.name or None,
        "proposed": list(missing.proposed),
        "unused": list(missing.unused),
        "more": missing.more,
        "reachable": not missing.is_away,
    }


def _names(names: tuple[str, ...], lang: Language) -> str:
    return ("、" if lang == "ja" else ", ").join(map(escape_control_chars, names))
