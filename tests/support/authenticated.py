"""The mail server of the offices in the tests, which says of each mail that it takes whether its sender is proven."""

from __future__ import annotations

import datetime as dt
from email.message import Message

AUTHSERV_ID = "mx.contractor.example"
"""``[mailbox.NAME] authserv_id`` of every office here."""
HEADER = "Authentication-Results"
SIGNATURE = "DKIM-Signature"
SIGNED = "from:to:subject:date:message-id:mime-version:content-type:content-transfer-encoding"


def authenticated(sender: str) -> str:
    """The field that it writes about a mail signed by the sender's domain."""
    return f"{AUTHSERV_ID}; dkim=pass header.d={sender.rpartition('@')[2]}"


def signature(sender: str, at: dt.datetime | None = None, names: str = SIGNED) -> str:
    """The signature that it found good; only that server has checked its numbers."""
    made_at = int((at or dt.datetime.now(dt.UTC)).timestamp())
    domain = sender.rpartition("@")[2]
    listed = names.replace(":", " : ")  # a long word would be encoded when it is folded
    return f"v=1; a=rsa-sha256; d={domain}; s=k1; t={made_at}; h={listed}; bh=eA==; b=eA=="


def received(mail: Message, sender: str, at: dt.datetime | None = None) -> None:
    """Begin a mail, which has no header yet, with what the server writes before all others, and the signature."""
    mail[HEADER] = authenticated(sender)
    mail[SIGNATURE] = signature(sender, at)
