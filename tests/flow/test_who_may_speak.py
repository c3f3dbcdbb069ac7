"""Mails of guarantors, colleagues and strangers in mode auto: what is proven leaves, the rest waits for one answer."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from tests.support import decided
from tests.support import office as offices
from tests.support.authenticated import AUTHSERV_ID, received, signature
from tests.support.holds import detail_of, in_words
from tests.support.office import Mailroom
from tests.support.signed_mail import DOMAIN, Zone, sign
from tests.support.small_office import Form, Settings, SmallOffice, form, mail_with
from tests.support.world import HANAKO, START
from worker.approve import decisions
from worker.authenticate.dkim.verify import DnsDkimVerifier
from worker.authenticate.sender_auth import Resolver
from worker.cli.demo.smtp_server import DsnController
from worker.cli.doctor import describe_resolver
from worker.core.errors import NotAllowed
from worker.core.messages import name_state
from worker.core.model import Submission
from worker.core.states import Reason, State

GOOD = f"{AUTHSERV_ID}; dkim=pass header.d={DOMAIN}"
NETDESK = f"netdesk@{DOMAIN}"
EAST = "電子保証（認証キー）発行完了のお知らせ"


class Office(SmallOffice):
    """An office in mode auto whose guarantor writes from one domain, with the DNS in the test's hands."""

    def __init__(self, root: Path, port: int, mode: str = "auto", rehearsal_to: str = "") -> None:
        super().__init__(root, Settings(port=port, mode=mode, rehearsal_to=rehearsal_to))
        self.zone = Zone()
        self.signatures = DnsDkimVerifier(self.clock, self.zone)
        self.begin()

    def begin(self) -> None:
        """The pipeline started again, with the guarantor's domain in force."""
        self.start()
        active_config = self.pipeline.active_config
        east = dataclasses.replace(active_config.guarantors["east"], senders=(DOMAIN,))
        profiles = tuple(east if each.id == "east" else each for each in active_config.configuration.guarantors)
        configuration = dataclasses.replace(active_config.configuration, guarantors=profiles)
        self.pipeline.active_config = dataclasses.replace(
            active_config, configuration=configuration, guarantors={each.id: each for each in profiles}
        )

    async def comes(self, *mails: bytes) -> None:
        self.mails.received.extend(mails)
        await self.pass_once()

    def reasons(self, number: int = 1) -> list[Reason]:
        return [hold.reason for hold in self.store.submission(number).reasons]

    def why(self, number: int = 1) -> str:
        (hold,) = self.store.submission(number).reasons
        assert hold.reason is Reason.SENDER_UNPROVEN
        return detail_of(hold)

    def approve(self, number: int = 1) -> Submission:
        held = self.store.submission(number)
        after, _ = decided.approve(
            self.store, self.pipeline.active_config, number, held.label, HANAKO, "電話で確認", self.clock.now()
        )
        return after


@pytest.fixture
async def office(tmp_path: Path, relay: DsnController) -> AsyncIterator[Office]:
    opened = Office(tmp_path, relay.port)
    yield opened
    assert opened.store.verify().holds
    await opened.stop()


def a_mail(
    *forms: Form, sender: str = NETDESK, results: str = "", subject: str = EAST, second_from: str = "", number: int = 1
) -> bytes:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = "soumu@contractor.example"
    mail["Subject"] = subject
    mail["Date"] = "Sat, 21 Nov 2026 09:00:00 +0900"
    mail["Message-ID"] = f"<{number}@mail.example>"
    mail.set_content("お知らせを添付します。\n")
    for each in forms:
        mail.add_attachment(each.pdf, maintype="application", subtype="pdf", filename="notice.pdf")
    raw = mail.as_bytes(policy=SMTP)
    top = "".join(f"Authentication-Results: {each}\r\n" for each in results.split("\n") if each)
    top += f"DKIM-Signature: {signature(NETDESK, START)}\r\n" if "dkim=pass" in results else ""
    top += f"From: {second_from}\r\n" if second_from else ""
    return top.encode() + raw


def signed(raw: bytes) -> bytes:
    return sign(raw, at=START)


async def test_the_notice_of_a_guarantor_that_our_server_proved_leaves_by_itself(office: Office) -> None:
    await office.comes(a_mail(form(1), results=GOOD))
    sent = office.only()
    assert (sent.state, sent.source.proven) == (State.SENT, True)
    assert in_words(sent.source.evidence) == f"{NETDESK}：受信サーバーの確認結果（dkim {DOMAIN}）"
    assert office.zone.asked == []


async def test_the_notice_of_a_guarantor_that_signed_it_leaves_by_itself(office: Office) -> None:
    await office.comes(signed(a_mail(form(1))))
    sent = office.only()
    assert (sent.state, in_words(sent.source.evidence)) == (State.SENT, f"{NETDESK}：電子署名（DKIM {DOMAIN}）")
    assert len(office.zone.asked) == 1


async def test_a_notice_that_somebody_changed_on_the_way_waits(office: Office) -> None:
    original = signed(a_mail(form(1)))
    await office.comes(original.replace(b"notice.pdf", b"Notice.pdf"))
    assert "内容と合わない" in office.why()


@pytest.mark.parametrize(
    ("mail", "why"),
    [
        ({}, "受信サーバーの確認結果がない、電子署名（DKIM）がない"),
        ({"results": f"{GOOD}\n{GOOD}"}, "2つ以上ある（偽造のおそれ）"),
        ({"results": f'{GOOD}\n"{AUTHSERV_ID}"; none'}, "2つ以上ある（偽造のおそれ）"),
        ({"results": f"mx.evil.example; dkim=pass header.d={DOMAIN}"}, "確認結果がない"),
        ({"results": f"{AUTHSERV_ID}; dkim=fail header.d={DOMAIN}"}, "受信サーバーも差出人を確認していない"),
        ({"results": f"{AUTHSERV_ID}; dkim=pass header.d=evil.example"}, "受信サーバーも差出人を確認していない"),
        ({"results": f"{AUTHSERV_ID}; dkim=pass header.d={DOMAIN}(.evil.example"}, "読み取れない"),
        ({"sender": "netdesk@evil.example", "results": f"{AUTHSERV_ID}; dkim=pass header.d=evil.example"}, "にもない"),
        ({"sender": f'"{NETDESK}" <x@evil.example>', "results": GOOD}, "x@evil.example：保証会社"),
        ({"sender": f"x@{DOMAIN}.evil.example", "results": GOOD}, "にもない差出人"),
        ({"sender": "x@xn--surty-5of.example", "results": GOOD}, "にもない差出人"),
        ({"second_from": "x@evil.example", "results": GOOD}, "2つ以上ある"),
        ({"sender": f"{NETDESK}, x@evil.example", "results": GOOD}, "1つのアドレスとして読めない"),
    ],
)
@pytest.mark.parametrize("mode", ["auto", "hold"])
async def test_a_mail_that_is_not_proven_waits_with_the_reason_and_one_approval_releases_it(
    tmp_path: Path, relay: DsnController, mail: dict[str, str], why: str, mode: str
) -> None:
    office, before = Office(tmp_path, relay.port, mode), len(relay.mails)
    await office.comes(a_mail(form(1), **mail))
    held = office.only()
    assert (held.state, held.source.proven) == (State.HELD, False)
    assert why in office.why()
    office.clock.let_pass(minutes=60)
    await office.pass_once()
    assert not [each for each in relay.mails[before:] if each.recipients[0].address.endswith("kawa-town.example")]
    assert office.approve().state is State.APPROVED
    await office.finish()
    assert office.only().state is State.SENT
    assert why in in_words(office.only().source.evidence)
    await office.stop()


async def test_a_colleague_may_speak_and_another_of_the_same_office_may_not(office: Office) -> None:
    await office.comes(mail_with(form(1)))
    assert office.store.submission(1).state is State.SENT
    tanaka = mail_with(form(2), number=2).replace(b"From: sato@", b"From: tanaka@")
    await office.comes(tanaka)
    assert "tanaka@contractor.example：保証会社" in office.why(2)
    by_spf = f"{AUTHSERV_ID}; spf=pass smtp.mailfrom=contractor.example"
    await office.comes(a_mail(form(3), sender="sato@contractor.example", results=by_spf, number=3))
    assert "SPF等だけ" in office.why(3)


async def test_a_file_in_the_folder_is_asked_nothing(office: Office) -> None:
    office.save(form(1))
    await office.pass_once()
    assert (office.only().state, in_words(office.only().source.evidence)) == (State.SENT, "")


async def test_in_mode_approve_the_approver_sees_it_and_answers_both_at_once(
    tmp_path: Path, relay: DsnController
) -> None:
    office = Office(tmp_path, relay.port, "approve")
    await office.comes(a_mail(form(1)))
    assert office.reasons() == [Reason.SENDER_UNPROVEN, Reason.APPROVAL]
    assert office.approve().state is State.APPROVED
    await office.stop()


async def test_the_verdict_stands_when_the_configuration_or_the_dns_is_another_later(office: Office) -> None:
    office.zone.is_away = True
    await office.comes(signed(a_mail(form(1))))
    assert "DNSに届かず" in office.why()
    office.zone.is_away = False
    before = office.only()
    await office.restart()
    office.begin()
    office.clock.let_pass(minutes=60 * 24)
    await office.pass_once()
    assert office.only() == before


async def test_the_same_file_saved_in_the_folder_ends_the_question_and_an_entry_says_so(office: Office) -> None:
    await office.comes(a_mail(form(1)))
    assert office.reasons() == [Reason.SENDER_UNPROVEN]
    office.save(form(1))
    await office.pass_once()
    assert (office.only().state, office.only().source.proven) == (State.SENT, True)
    assert office.events(1)[:3] == ["NoticeRead", "SeenAgain", "SenderProven"]


async def test_a_withdrawn_one_that_somebody_proven_brings_again_waits_under_a_new_number(office: Office) -> None:
    await office.comes(a_mail(form(1)))
    decisions.withdraw(office.store, 1, HANAKO, "差出人が分からない")
    await office.comes(a_mail(form(1), number=2))
    assert "withdrawn_again" not in office.alarms()
    office.save(form(1))
    await office.pass_once()
    assert office.store.submission(1).state is State.WITHDRAWN
    assert office.reasons(2) == [Reason.SEEN_BEFORE, Reason.APPROVAL]
    assert "withdrawn_again" in office.alarms()
    assert "2: #1" in office.store.last_alarm("withdrawn_again").text
    first, second = office.store.submission(1).composed.draft, office.store.submission(2).composed.draft
    assert first is not None
    assert second is not None
    assert first.message_id != second.message_id
    office.approve(2)
    await office.finish()
    assert office.store.submission(2).state is State.SENT


async def test_another_download_in_the_folder_goes_and_the_strangers_waits(office: Office) -> None:
    await office.comes(a_mail(form(1)))
    office.save(form(1, copy=1))
    await office.pass_once()
    assert office.store.submission(2).state is State.SENT
    assert office.reasons() == [Reason.SUPERSEDED, Reason.SENDER_UNPROVEN]


async def test_the_same_notice_of_a_proven_sender_ends_the_question_and_of_another_stranger_does_not(
    office: Office,
) -> None:
    await office.comes(a_mail(form(1)), a_mail(form(1), sender="x@evil.example", number=2))
    assert office.reasons() == [Reason.SENDER_UNPROVEN]
    await office.comes(mail_with(form(1), number=3))
    assert office.only().state is State.SENT
    assert "sato@contractor.example" in in_words(office.only().source.evidence)


async def test_a_stranger_who_brings_a_proven_notice_again_stops_nothing(tmp_path: Path, relay: DsnController) -> None:
    office = Office(tmp_path, relay.port, "hold")
    await office.comes(a_mail(form(1), results=GOOD), a_mail(form(1), number=2))
    assert (office.only().state, office.only().source.proven) == (State.APPROVED, True)
    await office.stop()


async def test_an_unproven_announcement_opens_its_task_and_is_marked(office: Office) -> None:
    await office.comes(a_mail())
    announced = office.only()
    assert (announced.state, announced.source.proven) == (State.ANNOUNCED, False)
    assert name_state(announced, "ja") == "お知らせPDF待ち（送信元未確認）"
    assert "sender not proven" in name_state(announced, "en")


@pytest.mark.parametrize(
    "sender", ["netdesk@evil.example", f"netdesk@{DOMAIN}.evil.example", f'"{NETDESK}" <x@y.example>']
)
async def test_an_announcement_from_a_domain_like_the_guarantors_opens_its_task_and_is_marked(
    office: Office, sender: str
) -> None:
    await office.comes(a_mail(sender=sender, results=GOOD))
    assert name_state(office.only(), "ja") == "お知らせPDF待ち（送信元未確認）"
    assert "にもない差出人" in in_words(office.only().source.evidence)


async def test_a_proven_announcement_bears_no_mark_and_a_proven_repetition_takes_it_away(office: Office) -> None:
    await office.comes(a_mail())
    await office.comes(a_mail(results=GOOD))
    assert name_state(office.only(), "ja") == "お知らせPDF待ち"
    assert office.events(1) == ["Announced", "SeenAgain", "SenderProven"]


def announced(each: Form) -> bytes:
    """A guarantor's announcement of this notice, proven."""
    plain = EmailMessage()
    received(plain, NETDESK, START)
    plain["From"], plain["Subject"], plain["Message-ID"] = NETDESK, EAST, "<9@mail.example>"
    plain.set_content(f"保証契約番号：{each.number}\n")
    return plain.as_bytes(policy=SMTP)


async def test_a_strangers_notice_hides_no_proven_announcement_and_one_that_was_approved_answers_it(
    office: Office,
) -> None:
    stranger = "x@evil.example"
    await office.comes(a_mail(form(1), sender=stranger), a_mail(form(2), sender=stranger, number=2))
    office.approve(2)
    await office.comes(announced(form(1)), announced(form(2)).replace(b"<9@", b"<8@"))
    states = [each.state for each in office.store.submissions()]
    assert states == [State.HELD, State.SENT, State.ANNOUNCED]


async def test_an_unproven_announcement_that_was_withdrawn_hides_no_proven_one_of_its_id(office: Office) -> None:
    await office.comes(a_mail())
    decisions.withdraw(office.store, 1, HANAKO, "差出人が分からない")
    await office.comes(a_mail())
    assert office.only().state is State.WITHDRAWN
    await office.comes(a_mail(results=GOOD))
    assert [(each.state, each.source.proven) for each in office.store.submissions()] == [
        (State.WITHDRAWN, False),
        (State.ANNOUNCED, True),
    ]


async def test_a_strangers_notice_joins_no_proven_announcement_and_the_genuine_one_does(office: Office) -> None:
    await office.comes(announced(form(1)))
    assert (office.only().state, office.only().source.proven) == (State.ANNOUNCED, True)
    await office.comes(a_mail(form(1), sender="x@evil.example", subject="お知らせ", number=2))
    assert office.store.submission(1).state is State.ANNOUNCED
    assert office.store.submission(2).state is State.HELD
    assert "x@evil.example" in office.why(2)
    office.save(form(1, copy=1))
    await office.pass_once()
    assert office.store.submission(1).state is State.SENT


async def test_a_strangers_notice_joins_a_strangers_announcement_and_keeps_its_verdict(office: Office) -> None:
    await office.comes(announced(form(1)).replace(b"dkim=pass", b"dkim=fail"))
    await office.comes(a_mail(form(1), sender="x@evil.example", subject="お知らせ", number=2))
    assert (office.only().state, office.only().source.proven) == (State.HELD, False)


async def test_a_rehearsal_asks_nothing_and_the_submission_does(tmp_path: Path, relay: DsnController) -> None:
    office = Office(tmp_path, relay.port, rehearsal_to="renshu@contractor.example")
    await office.comes(a_mail(form(1)))
    assert [each.value for each in office.reasons()] == ["rehearsed"]
    with pytest.raises(NotAllowed):
        office.approve()
    await office.stop()


async def test_of_a_mail_that_brings_nothing_no_signature_is_looked_at(office: Office) -> None:
    await office.comes(signed(a_mail(subject="来週の打合せ").replace("お知らせ".encode(), b"")))
    assert office.store.submissions() == ()
    assert office.zone.asked == []


# --- What doctor says ----------------------------------------------------------------------------------------


def test_doctor_names_the_servers_and_says_how_to_try_them(mailroom: Callable[..., Mailroom]) -> None:
    room = mailroom()
    other = offices.a_mail("別件")
    other.replace_header("Authentication-Results", "relay.example; none")
    room.deliver(offices.a_mail("一"), offices.a_mail("二"), other)
    (result,) = (each for each in room.office("doctor", "--json").document["results"] if each["name"] == "sender:main")
    assert (result["ok"], result["error"], result["remedy"]) == (True, None, None)
    assert "3通のうち2通" in result["note"]
    shown = room.office("doctor").out
    assert "最近の3通のうち2通" in shown
    assert f"Authentication-Results: {AUTHSERV_ID}; dkim=pass header.d=forged.example" in shown


def test_doctor_says_what_the_resolver_lacks(mailroom: Callable[..., Mailroom]) -> None:
    results = mailroom().office("doctor", "--json").document["results"]
    (result,) = (each for each in results if each["name"] == "dns")
    assert (result["ok"], result["error"]) == (True, None)
    for lang in ("ja", "en"):
        said = {each: describe_resolver(each, lang) for each in Resolver}
        assert result["note"] in {note for note, _ in said.values()} or lang == "en"
        assert len({note for note, _ in said.values()}) == len(Resolver)
        assert [each for each, (_, remedy) in said.items() if not remedy] == [Resolver.SECURED]
        assert "127.0.0.1" in said[Resolver.NO_AD][1]
    assert "AD" in describe_resolver(Resolver.NO_AD, "ja")[0]


def test_doctor_suggests_the_name_where_none_is_set_and_where_it_is_not_found(
    mailroom: Callable[..., Mailroom],
) -> None:
    room = mailroom()
    file = room.office.config / "worker.toml"
    text = file.read_text(encoding="utf-8")
    room.deliver(offices.a_mail("一"), offices.a_mail("二"))

    def remedy(name: str) -> str:
        file.write_text(text.replace(f'"{AUTHSERV_ID}"', f'"{name}"'), encoding="utf-8")
        ran = room.office("doctor", "--json")
        assert ran.code == 0
        return next(each["remedy"] for each in ran.document["results"] if each["name"] == "sender:main")

    assert f"{AUTHSERV_ID}（2通）" in remedy("")
    assert "人の確認を待ちます" in remedy("")
    assert "「mx.another.example」はありません" in remedy("mx.another.example")
    doubled = offices.a_mail("三").as_bytes(policy=SMTP)
    room.deliver(f"Authentication-Results: {AUTHSERV_ID}; none\r\n".encode() + doubled)
    assert "2つ以上" in remedy(AUTHSERV_ID)


def test_doctor_says_so_where_no_server_writes_its_name(mailroom: Callable[..., Mailroom]) -> None:
    room = mailroom()
    file = room.office.config / "worker.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(f'"{AUTHSERV_ID}"', '""'), encoding="utf-8")
    assert "まだメールがないため、確認できません" in room.office("doctor").out.replace("\n", "")
