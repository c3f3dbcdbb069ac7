"""The mail server of the offices in the tests, which says of each mail that it takes whether its sender is proven."""

from __future__ import annotations

from email.message import Message

AUTHSERV_ID = "mx.contractor.example"
"""``[mailbox.NAME] authserv_id`` of every office here."""
HEADER = "Authentication-Results"


def authenticated(sender: str) -> str:
    """What it writes of a mail whose sender's domain has signed it."""
    return f"{AUTHSERV_ID}; dkim=pass header.d={sender.rpartition('@')[2]}"


def received(mail: Message, sender: str) -> None:
    """Begin a mail, which has no header yet, with what the server writes before all others."""
    mail[HEADER] = authenticated(sender)
