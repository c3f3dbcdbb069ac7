"""Faults of a mail account that are no wrong password, as codes: each has its own remedy.

A code goes through errors, records and alarms as the first word of their text, and is found there again.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final


class ServerFault(StrEnum):
    """The reason why an account cannot be used, except for a login that the server refuses."""

    NO_STARTTLS = "no_starttls"
    """The server offers no STARTTLS: a wrong port, or an attacker who removes the offer (RFC 3207 §6)."""
    NO_LOGIN = "no_login"
    """The server offers no login that this program can use."""
    NOT_LOGGED_IN = "not_logged_in"
    """The server takes mail of this kind only after a login (RFC 4954 §6), or relays none for this account."""
    SENDER = "sender_refused"
    """The server does not let this account send under the contractor's address."""
    SENDING_LIMIT = "sending_limit"
    """The account has sent as much as it may in a day or an hour."""
    BLOCKED = "sending_blocked"
    """The server takes no mail of this account or from this network address: suspended, or on a list of senders."""
    CERTIFICATE = "certificate"
    """The server's certificate is not accepted."""
    CA_FILE = "ca_file"
    """The file of trusted certificates cannot be read."""
    FOLDER = "mail_folder"
    """The server lets this account in and does not open the folder."""
    READING = "mail_reading"
    """The server opens the folder and does not find or give its messages."""
    TRAFFIC = "mail_traffic"
    """The account has read as much as it may, or has too many connections."""


_CODED: Final = re.compile(rf"(?:^|[ :])({'|'.join(ServerFault)}): ")

_SENDER: Final = re.compile(
    # RFC 3463 §3.2 X.1.7, X.1.8; RFC 7372 §3 X.7.20 to X.7.27; X.7.60 is Exchange's SendAsDenied.
    r"5\d\d[ -]5\.(?:1\.[78]|7\.2[0-7]|7\.60)\b"
    # Postfix (reject_sender_login_mismatch) and Exchange say 5.7.1, which means many things.
    r"|5\d\d\b(?!.*recipient address rejected).*?(?:sender address rejected|sendasdenied"
    r"|not (?:permitted|allowed|authori[sz]ed) to send as|from address (?:is )?not (?:verified|one of your)"
    r"|sender domain must exist|email address is not verified)",
    re.IGNORECASE | re.DOTALL,
)

_UNKNOWN_ACCOUNT: Final = re.compile(
    # RFC 4954 §6: any command may be answered so. Postfix and Exchange say 5.7.1 of a relay that they refuse.
    r"530\b|5\d\d\b.*?(?:relay(?:ing)? (?:access )?(?:is )?(?:denied|not permitted|prohibited)|unable to relay)",
    re.IGNORECASE | re.DOTALL,
)

_LIMIT: Final = re.compile(
    # Gmail's 5.4.5 and Exchange's 5.1.90; Exchange says 5.2.0 of much else. The others say it in words.
    r"5\d\d[ -]5\.(?:4\.5|1\.90)\b"
    r"|5\d\d\b(?!.*recipient address rejected).*?(?:submissionquotaexceeded"
    r"|(?:daily|hourly|sending|outbound|outgoing)(?: \w+){0,3} (?:limit|quota)(?: \w+){0,3} (?:exceeded|reached)"
    r"|(?:exceeded|reached|over)(?: \w+){0,3} (?:daily|hourly|sending|outbound)(?: \w+){0,3} (?:limit|quota)"
    r"|(?:too many|maximum number of) (?:messages|mails|emails) (?:sent|per|in))",
    re.IGNORECASE | re.DOTALL,
)
_BLOCKED: Final = re.compile(
    # Exchange's 5.7.501 to 5.7.511 and 5.7.7xx; Postfix (reject_rbl_client) and its kin name the client.
    r"5\d\d[ -]5\.7\.(?:50[1-9]|51[01]|7(?:0[3-9]|5\d))\b"
    r"|5\d\d\b(?!.*recipient address rejected).*?(?:client host(?: \S+ | rejected: )blocked"
    r"|\b(?:client|host|ip|network)\b[^;]{0,60}\bblocked using\b"
    r"|\d{1,3}(?:\.\d{1,3}){3}\]?\S* (?:is )?(?:listed|blocked|blacklisted)"
    r"|your (?:\w+ )?(?:ip|network|host|address)\b[^;]{0,60}\b(?:block ?list|blacklist|deny ?list)"
    r"|(?:sending|your)(?: \w+)? account (?:\S+ )?(?:has been |is |was )?"
    r"(?:banned|suspended|blocked|disabled|restricted)"
    r"|(?:blocked|banned|suspended|disabled) from sending|\bsender (?:is |was )?(?:blocked|banned|blacklisted))",
    re.IGNORECASE | re.DOTALL,
)

_REPLIES: Final = re.compile(r"^|: (?=5\d\d[ -])")
"""Matches the start of an answer: a record may name the mail before it."""


_FORMS: Final = (
    (ServerFault.SENDER, _SENDER),
    (ServerFault.NOT_LOGGED_IN, _UNKNOWN_ACCOUNT),
    (ServerFault.SENDING_LIMIT, _LIMIT),
    (ServerFault.BLOCKED, _BLOCKED),
)


def with_fault_code(fault: ServerFault, text: str) -> str:
    """Returns ``text`` with its code in front."""
    return f"{fault}: {text}"


def fault_of_reply(reply: str) -> ServerFault | None:
    """Returns the fault of the account that a server's answer reports, code first; None for any other refusal."""
    return next((fault for fault, form in _FORMS if form.match(reply)), None)


def find_fault(text: str) -> ServerFault | None:
    """Returns the fault that ``text`` reports: by its code, or by the words of a server's answer."""
    if coded := _CODED.search(text):
        return ServerFault(coded[1])
    told = (fault_of_reply(text[at.end() :]) for at in _REPLIES.finditer(text))
    return next(filter(None, told), None)
