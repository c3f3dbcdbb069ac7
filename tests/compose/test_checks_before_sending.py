"""The faults of a message are found once for the same contents, and again for any other."""

from __future__ import annotations

import pytest

from worker.compose import checks
from worker.compose.checks import pre_send_check
from worker.core.model import Address, Attachment, Draft, sha256
from worker.core.states import Reason

PDF = b"%PDF-1.4 a notice"
BODY = "下記のとおり提出いたします。\n"
CONTENTS = {sha256(PDF): PDF, sha256(BODY.encode()): BODY.encode()}


def draft(subject: str = "認証キーの提出について") -> Draft:
    return Draft(
        sender=Address("soumu@contractor.example"),
        sender_name="〇〇建設 株式会社",
        to=(Address("keiyaku@city.example"),),
        cc=(),
        subject=subject,
        body_sha256=sha256(BODY.encode()),
        attachments=(Attachment("認証キーのお知らせ", "認証キー.pdf", sha256(PDF), len(PDF)),),
        message_id="<proof.1@contractor.example>",
    )


def reasons(of: Draft, draft_hash: str, body: str = BODY, max_bytes: int = 1_000_000) -> list[Reason]:
    return [hold.reason for hold in pre_send_check(of, draft_hash, body, CONTENTS, max_bytes)]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    checks._found.clear()


def test_a_letter_that_reads_as_it_was_meant_is_fit() -> None:
    assert reasons(draft(), "a" * 64) == []


def test_a_letter_of_another_body_than_the_draft_names_is_held() -> None:
    assert reasons(draft(), "b" * 64, body="別の本文\n") == [Reason.ENCODING]


def test_a_letter_that_no_header_could_carry_is_held() -> None:
    assert reasons(draft(subject="提出\r\nBcc: other@city.example"), "c" * 64) == [Reason.UNSAFE_VALUE]


def test_what_was_found_is_remembered_for_the_same_contents_alone() -> None:
    assert reasons(draft(), "d" * 64, body="別の本文\n") == [Reason.ENCODING]
    assert reasons(draft(), "d" * 64) == [Reason.ENCODING]
    assert reasons(draft(), "e" * 64) == []


def test_the_same_letter_is_measured_anew_by_another_limit() -> None:
    assert reasons(draft(), "f" * 64) == []
    assert reasons(draft(), "f" * 64, max_bytes=100) == [Reason.TOO_BIG]


def test_only_the_newest_are_remembered() -> None:
    for number in range(checks.REMEMBERED + 5):
        checks._found[(str(number), 1)] = ()
    pre_send_check(draft(), "0" * 64, BODY, CONTENTS, 1_000_000)
    pre_send_check(draft(), "1" * 64, BODY, CONTENTS, 1_000_000)
    assert ("0" * 64, 1_000_000) in checks._found
    assert ("0", 1) not in checks._found
