"""The DKIM signatures that could prove the sender of a mail, and the requirements for their keys."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.tables import every_case
from worker.authenticate.sender_auth import (
    LOOKED_AT,
    MAX_AGE,
    DkimFailure,
    DkimResult,
    Field,
    MethodResult,
    Signature,
    ValidSignature,
    find_signatures,
    judge_key,
    judge_server_result,
    read_tags,
    try_signatures,
)
from worker.core.model import JST

NOW = dt.datetime(2026, 11, 21, 9, tzinfo=JST)
GOOD = (
    "v=1; a=rsa-sha256; c=relaxed/relaxed; d=surety.example; s=k1; h=from:from:to:subject; bh=eA==; b=eA=="
    f"; t={int(NOW.timestamp())}"
)
PLAIN = Signature(0, "surety.example", "k1", is_below=False, is_body_relaxed=True)


BESIDE = (Field(b"from", b" x"), Field(b"subject", b" y"))


def found(
    *signatures: str, root: str = "surety.example", beside: tuple[Field, ...] = BESIDE
) -> tuple[tuple[Signature, ...], DkimFailure]:
    fields = [*(Field(b"dkim-signature", each.encode()) for each in signatures), *beside]
    tried, why = find_signatures(fields, root, NOW, NOW)
    return tried, why.why


def test_a_signature_of_the_domain_or_one_below_it_can_be_tried() -> None:
    assert found(GOOD)[0] == (PLAIN,)
    below = GOOD.replace("d=surety", "d=desk.surety")
    assert found(below)[0] == (Signature(0, "desk.surety.example", "k1", is_below=False, is_body_relaxed=True),)
    own = Signature(0, "surety.example", "k1", is_below=True, is_body_relaxed=True)
    assert found(GOOD + "; i=@desk.surety.example")[0] == (own,)
    assert PLAIN.key_name == "k1._domainkey.surety.example"


@every_case(
    ("old", "new", "why"),
    [
        ("d=surety.example", "d=evil.example", DkimFailure.OTHER_DOMAIN),
        ("d=surety.example", "d=evilsurety.example", DkimFailure.OTHER_DOMAIN),
        ("d=surety.example", "d=example", DkimFailure.OTHER_DOMAIN),
        ("d=surety.example", "d=surety.example.", DkimFailure.OTHER_DOMAIN),
        ("d=surety.example; ", "", DkimFailure.OTHER_DOMAIN),
        ("d=surety.example", "d=surety.example; d=surety.example", DkimFailure.UNSUPPORTED),
        ("v=1", "v=2", DkimFailure.UNSUPPORTED),
        ("a=rsa-sha256", "a=rsa-sha1", DkimFailure.UNSUPPORTED),
        ("a=rsa-sha256", "a=ed25519-sha256", DkimFailure.UNSUPPORTED),
        ("s=k1", "s=k1 k2", DkimFailure.UNSUPPORTED),
        ("s=k1", "s=k1; q=http", DkimFailure.UNSUPPORTED),
        ("s=k1", "s=k1; i=@evil.example", DkimFailure.UNSUPPORTED),
        ("s=k1", "s=k1; x=never", DkimFailure.UNSUPPORTED),
        ("h=from:from:to:subject", "h=to:subject", DkimFailure.FROM_UNSIGNED),
        ("h=from:from:to:subject", "h=x-from", DkimFailure.FROM_UNSIGNED),
        ("bh=eA==", "bh=eA==; l=0", DkimFailure.BODY_IN_PART),
        ("bh=eA==", "bh=eA==; l=99999999", DkimFailure.BODY_IN_PART),
        ("bh=eA==", f"bh=eA==; x={int(NOW.timestamp()) - 1}", DkimFailure.EXPIRED),
    ],
)
def test_a_signature_that_says_less_than_it_must_is_not_tried_and_the_reason_is_named(
    old: str, new: str, why: DkimFailure
) -> None:
    assert found(GOOD.replace(old, new)) == ((), why)


def field(name: str) -> Field:
    return Field(name.encode(), b" x")


@pytest.mark.parametrize(
    "name", ["subject", "content-type", "content-transfer-encoding", "mime-version", "content-disposition"]
)
def test_a_field_that_says_how_the_mail_is_read_is_signed_where_it_stands(name: str) -> None:
    unsigned = GOOD.replace(":subject", "")
    assert found(unsigned, beside=(field("from"),))[0] == (PLAIN,)
    assert found(unsigned, beside=(field("from"), field(name))) == ((), DkimFailure.FIELD_UNSIGNED)
    named = unsigned.replace("h=from", f"h={name.upper()}:from")
    assert found(named, beside=(field("from"), field(name)))[0] == (PLAIN,)
    assert found(named, beside=(field("from"), field(name), field(name))) == ((), DkimFailure.FIELD_TWICE)


def test_of_several_signatures_one_that_covers_all_is_enough_and_a_bad_one_beside_it_hides_nothing() -> None:
    bare, old = GOOD.replace(":subject", ""), GOOD.replace(f"t={int(NOW.timestamp())}", "t=1")
    for others in ([bare], [old], [bare, old], [GOOD + "; l=1"]):
        places = [each.place for each in found(*others, GOOD)[0]]
        assert places == [len(others)]
        assert [each.place for each in found(GOOD, *others)[0]] == [0]
    assert found(bare, old) == ((), DkimFailure.FIELD_UNSIGNED)
    assert found(old, bare) == ((), DkimFailure.TOO_OLD)


def test_a_signature_is_a_month_old_at_most_when_the_mail_arrives() -> None:
    for span, is_new in ((MAX_AGE, True), (MAX_AGE + dt.timedelta(seconds=1), False), (-MAX_AGE, True)):
        made = GOOD.replace(f"t={int(NOW.timestamp())}", f"t={int((NOW - span).timestamp())}")
        assert bool(found(made)[0]) == is_new


def test_a_mail_without_a_signature_has_none_to_try() -> None:
    assert found() == ((), DkimFailure.NONE)


def test_of_many_signatures_few_are_tried_and_a_foreign_one_before_them_is_passed_over() -> None:
    foreign = GOOD.replace("d=surety", "d=relay")
    tried, why = found(foreign, *[GOOD] * 9)
    assert [each.place for each in tried] == list(range(1, LOOKED_AT + 1))
    assert why is DkimFailure.OTHER_DOMAIN
    assert found(foreign, GOOD + "; l=1") == ((), DkimFailure.BODY_IN_PART)


def test_one_that_is_still_in_time_and_folded_is_tried() -> None:
    later = int(NOW.timestamp()) + 60
    assert found(GOOD.replace("h=from:from:to:subject", f"h= From :\t subject;\t x={later}"))[0] == (PLAIN,)


@every_case(
    ("record", "why"),
    [
        ("v=DKIM1; k=rsa; p=eA==", None),
        ("p=eA==", None),
        ("v=DKIM1; s=email; h=sha256:sha1; p=eA==; n=a note", None),
        ("v=DKIM1; t=s; p=eA==", None),
        ("v=DKIM1; p=", DkimFailure.NO_KEY),
        ("v=DKIM1; k=rsa", DkimFailure.NO_KEY),
        ("v=DKIM2; p=eA==", DkimFailure.NO_KEY),
        ("v=spf1 -all", DkimFailure.NO_KEY),
        ("v=DKIM1; k=ed25519; p=eA==", DkimFailure.UNSUPPORTED),
        ("v=DKIM1; h=sha1; p=eA==", DkimFailure.UNSUPPORTED),
        ("v=DKIM1; s=tlsrpt; p=eA==", DkimFailure.UNSUPPORTED),
        ("v=DKIM1; t=y; p=eA==", DkimFailure.ON_TRIAL),
        ("v=DKIM1; t=s:y; p=eA==", DkimFailure.ON_TRIAL),
    ],
)
def test_a_key_must_be_there_for_mail_and_not_on_trial(record: str, why: DkimFailure | None) -> None:
    assert judge_key([record.encode()], PLAIN) is why


def test_a_strict_key_speaks_for_no_domain_below_its_own() -> None:
    below = Signature(0, "surety.example", "k1", is_below=True, is_body_relaxed=True)
    assert judge_key([b"v=DKIM1; t=s; p=eA=="], below) is DkimFailure.UNSUPPORTED
    assert judge_key([b"v=DKIM1; p=eA=="], below) is None


def test_no_record_and_two_of_them_are_no_key() -> None:
    assert judge_key([], PLAIN) is DkimFailure.NO_KEY
    assert judge_key([b"p=eA==", b"p=eA=="], PLAIN) is DkimFailure.NO_KEY


def test_the_first_good_signature_proves_and_a_dns_that_is_away_is_said_before_other_reasons() -> None:
    other = Signature(1, "desk.surety.example", "k2", is_below=False, is_body_relaxed=True)

    def tried(first: DkimFailure | ValidSignature, second: DkimFailure | ValidSignature) -> DkimResult:
        return try_signatures([PLAIN, other], DkimResult(), lambda each: (first, second)[each.place])

    good, open_dns = ValidSignature(is_key_secured=True), ValidSignature(is_key_secured=False)
    assert tried(DkimFailure.CHANGED, good) == DkimResult("desk.surety.example", is_key_secured=True)
    assert tried(open_dns, good) == DkimResult("desk.surety.example", is_key_secured=True)
    assert tried(open_dns, DkimFailure.CHANGED) == DkimResult("surety.example")
    assert tried(DkimFailure.CHANGED, DkimFailure.DNS) == DkimResult(why=DkimFailure.DNS)
    expired = DkimResult(why=DkimFailure.EXPIRED)
    assert try_signatures([], expired, lambda each: good) == expired


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes) -> None:
    read_tags(raw)
    find_signatures([Field(b"dkim-signature", raw), Field(b"date", raw)], "surety.example", NOW, NOW)
    finding = MethodResult("dkim", "pass", {"header.d": "surety.example"})
    judge_server_result([Field(b"dkim-signature", raw), Field(b"date", raw)], finding, "surety.example", NOW)
    judge_key([raw], PLAIN)


@pytest.mark.parametrize("long", [" " * 200_000, "\r\n " * 60_000])
def test_spaces_of_a_stranger_take_no_time(long: str) -> None:
    """Each of these took minutes, in which nothing else was done."""
    assert read_tags(f"v=1; a=x{long}y; d = surety.example{long}".encode()) == {
        "v": "1",
        "a": "x y",
        "d": "surety.example",
    }
    assert found(GOOD + f"; z=x{long}y") == ((), DkimFailure.UNSUPPORTED)


def test_a_signature_that_names_more_fields_than_a_mail_has_is_not_tried() -> None:
    assert found(GOOD.replace("h=from", "h=from" + ":x" * 300)) == ((), DkimFailure.UNSUPPORTED)


_PLAIN_TOP = ("from", "to", "subject", "date", "message-id", "mime-version", "content-type")
_DATE = Field(b"date", b" Sat, 21 Nov 2026 08:59:00 +0900")


@pytest.mark.parametrize(
    ("names", "is_enough", "is_enough_of_one_part"),
    [
        ("MIME-Version:Content-Type:Content-Transfer-Encoding:Subject:From:To:Date:Message-ID:Feedback-ID", True, True),
        ("From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-SenderADCheck", True, False),
        ("to:subject:message-id:date:from:mime-version:from:to:cc:subject:date:message-id:reply-to", False, False),
    ],
)
def test_what_services_sign_is_enough_or_not_as_the_guide_says(
    names: str, *, is_enough: bool, is_enough_of_one_part: bool
) -> None:
    made = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d=surety.example; s=k1; h={names}; bh=eA==; b=eA=="
    top = (*(field(each) for each in _PLAIN_TOP if each != "date"), _DATE)
    assert bool(found(made, beside=top)[0]) == is_enough
    assert bool(found(made, beside=(*top, field("content-transfer-encoding")))[0]) == is_enough_of_one_part
