"""Says why there is no backup, for the list of tasks and for mails."""

from __future__ import annotations

from worker.core.messages import Language, say
from worker.core.text import escape_control_chars
from worker.store.backups import Trouble, say_bytes


def say_backup_trouble(trouble: Trouble, lang: Language) -> str:
    """Returns what is wrong with the backup, without a full stop."""
    return say(
        f"backup_trouble_{trouble.code}",
        lang,
        at=trouble.at,
        target=escape_control_chars(trouble.target),
        detail=escape_control_chars(trouble.detail),
        free=say_bytes(trouble.free),
        needed=say_bytes(trouble.needed),
    )
