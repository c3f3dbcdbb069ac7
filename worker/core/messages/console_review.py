"""Words of the review page beside those of its decisions: the way through it by keyboard, its history, what follows."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "papers_region": ("お知らせと書類", "Notice and papers"),
    "skip_to_decide": ("確認事項と承認へ", "To the boxes and the button"),
    "history_earlier": ("以前の経過（{count}件）", "Earlier ({count})"),
    "next_to_approve": ("次へ（残り{count}件）", "Next ({count} left)"),
}
