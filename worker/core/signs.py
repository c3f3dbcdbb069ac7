"""The signs that this store is an old copy, or that another installation sends; a person resumes after them."""

from __future__ import annotations

from enum import StrEnum


class Sign(StrEnum):
    """One sign; its words are in ``messages`` under its code."""

    BEHIND_HEAD = "behind_head"
    """``DIR/head`` names an entry that the store does not hold."""
    HEAD_UNREADABLE = "head_unreadable"
    OTHER_SECRET = "other_secret"  # noqa: S105  a code, not a secret
    """``DIR/secret`` is another one than the store's."""
    RESTORED = "restored"
    """``hoshobin restore`` put it back."""
    BEHIND_WITNESS = "behind_witness"
    """The witness names an entry that the store does not hold."""
    OTHER_WITNESS = "other_witness"
    """The witness is of another store, or cannot be understood."""
    OTHER_MACHINE = "other_machine"
    """The machine is another one, and there is no witness that would say that it is the same store."""
    OTHER_INSTALLATION = "other_installation"
    """A mail to people has the identity of another store."""
    COPY_ELSEWHERE = "copy_elsewhere"
    """A mail to people has the identity of this store, which never wrote it."""
    UNKNOWN_MAIL = "unknown_mail"
    """A mail was made with this store's secret, and the store has no record of a try to send it."""
