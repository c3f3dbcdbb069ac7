"""Mails to the operator: number, project, issuer, reason in office words, the one command, and never a key."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

import pytest

from tests.support.holds import old
from tests.support.parts import with_fields
from tests.support.registered import NOTICE, REGISTER, Register, arrived, drafted, of_issuer, of_project
from tests.support.tables import every_case
from tests.support.world import KEY, START
from worker.audit.sent_log import receipt_detail
from worker.core.errors import AccountRefused
from worker.core.messages import name_state, next_step, speaking_in_mails
from worker.core.messages.receipts import COPY_NEWS
from worker.core.model import Alarm, FollowUpRecord, FollowUps, Hold, Receipt, ReceiptKind, Submission
from worker.core.params import Params, spell
from worker.core.server_faults import ServerFault
from worker.core.states import HoldKind, Reason, State, kind_of
from worker.match.near_matches import NearMiss
from worker.notify.operator_mail import LINES_LIMIT, NEAR_LIMIT, describe_submission, write_alarm_mail, write_status
from worker.views.actions import action_for
from worker.views.commands import command_line

WAITS = frozenset({State.HELD, State.ANNOUNCED, State.HANDED_OVER, State.IN_DOUBT, State.REFUSED})


def held(*reasons: Reason, **changes: object) -> Submission:
    holds = tuple(Hold(reason) for reason in reasons)
    return with_fields(drafted().submission, reasons=holds, **changes)


def in_state(state: State) -> Submission:
    return replace(drafted().submission, state=state, reasons=())


def told(
    *submissions: Submission, alarms: tuple[Alarm, ...] | None = None, rehearsing: bool = False
) -> tuple[str, str]:
    if alarms is None:
        alarms = (Alarm(1, "began_to_wait", tuple(each.id for each in submissions), START),)
    return write_alarm_mail(alarms, {each.id: each for each in submissions}, WAITS, rehearsing=rehearsing)


# --- One submission ----------------------------------------------------------------------------------------------


def test_a_line_says_number_project_issuer_reason_and_the_one_command() -> None:
    submission = drafted().submission
    label = submission.label
    assert describe_submission(submission).split("\n") == [
        f"■ {label}　道路改良工事　／　みほん町",
        "　　理由：承認待ち",
        "　　次にすること：宛先・件名・添付を確認し、承認または取下げ",
        f"　　コマンド：hoshobin approve {label} --by 氏名",
    ]


def test_what_is_not_known_yet_is_called_by_what_came() -> None:
    unread = with_fields(arrived(None), source_name="scan.pdf", reasons=(Hold(Reason.NO_TEXT),))
    assert describe_submission(unread).startswith(
        f"■ {unread.label}　scan.pdf　／　（発注者不明）\n　　理由：文字情報のないPDF"
    )
    assert "（案件不明）" in describe_submission(replace(unread, source=replace(unread.source, source_name="")))
    unmatched = drafted(replace(REGISTER, projects=())).submission
    assert describe_submission(unmatched).startswith(f"■ {unmatched.label}　道路改良工事　／　（発注者不明）")


def test_foreign_text_cannot_hide_in_the_mail() -> None:
    unread = with_fields(
        arrived(None), source_name="a\u202efdp.exe\r\nBcc: x", reasons=(old(Reason.NO_TEXT, "\x1b[31m"),)
    )
    text = describe_submission(unread)
    assert "a\\u{202E}fdp.exe\\u{000D}\\u{000A}Bcc: x" in text
    assert "\\u{001B}[31m" in text
    assert text.count("\n") == 3


def test_the_servers_own_words_are_told_where_it_refused_or_fell_silent() -> None:
    refused = with_fields(in_state(State.REFUSED), reply="550 5.1.1 no such user")
    assert "　　サーバーの応答：550 5.1.1 no such user" in describe_submission(refused)
    assert "サーバーの応答" not in describe_submission(
        replace(drafted().submission, delivery=replace(drafted().submission.delivery, reply="451 later"))
    )


COMMANDS = {
    State.IN_DOUBT: "hoshobin resolve 1 --sent --by 氏名 / hoshobin resolve 1 --not-sent --by 氏名",
    State.REFUSED: "hoshobin resend 1 --by 氏名 --why 理由",
    State.BOUNCED: "hoshobin resend 1 --by 氏名 --why 理由",
    State.ANNOUNCED: "hoshobin join 1 届いた番号 --by 氏名",
    State.HANDED_OVER: "hoshobin confirm 1 --by 氏名 --note 相手方・日時",
    State.OVERDUE: "hoshobin confirm 1 --by 氏名 --note 相手方・日時",
}


@every_case("state", [state for state in State if state is not State.HELD])
def test_each_state_has_its_one_command_or_none(state: State) -> None:
    assert command_line(action_for(in_state(state)), "ja") == COMMANDS.get(state, "")


@every_case("reason", Reason)
def test_the_command_for_a_hold_is_one_that_is_allowed(reason: Reason) -> None:
    submission = held(Reason.APPROVAL, reason)
    expected = {
        HoldKind.ANSWER: f"hoshobin approve {submission.label} --by 氏名",
        HoldKind.CORRECT: "hoshobin show 1",
        HoldKind.NEVER: "hoshobin withdraw 1 --by 氏名 --why 理由",
    }
    assert command_line(action_for(submission), "ja") == expected[kind_of(reason)]


def test_the_next_step_is_what_must_be_mended_before_what_can_be_answered() -> None:
    answer, mend = Reason.SENDER_UNPROVEN, Reason.INVOICE_UNDECIDED
    for order in [(answer, mend, Reason.APPROVAL), (mend, answer), (Reason.APPROVAL, mend)]:
        assert next_step(held(*order), "ja") == "請求書のファイル名か「別途提出」を案件に登録"
    assert next_step(held(mend, Reason.ENCODING), "ja") == "送信できません。管理者へ連絡"
    assert next_step(held(Reason.APPROVAL, answer), "ja").startswith("差出人を確かめて承認（社内のメールは")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_only_approval_is_waiting_for_approval(language: str) -> None:
    words = {"ja": ("承認待ち", "保留（要対応）"), "en": ("waiting for approval", "held: needs a person")}[language]
    assert name_state(held(Reason.APPROVAL), language) == words[0]
    assert name_state(held(Reason.APPROVAL, Reason.CHANGED), language) == words[1]
    assert name_state(held(Reason.CHANGED), language) == words[1]


def test_what_waits_to_be_sent_says_who_released_it() -> None:
    by_person = with_fields(in_state(State.APPROVED), release="山田 花子", release_account="soumu")
    assert name_state(by_person, "ja") == "送信待ち（承認：山田 花子）"
    by_policy = with_fields(in_state(State.APPROVED), release="hold 10 min")
    assert name_state(by_policy, "ja") == "送信待ち（自動）"


# --- The mail ----------------------------------------------------------------------------------------------------


def test_one_mail_tells_of_everything_once() -> None:
    first, second = held(Reason.APPROVAL), held(Reason.RULE_OPEN, id=2)
    alarms = (Alarm(1, "began_to_wait", (1, 2), START), Alarm(2, "began_to_wait", (2, 1), START))
    subject, body = told(first, second, alarms=alarms)
    assert subject == "【保証便】ご対応が必要な提出があります（2件）"
    assert body.count("■ ") == 2
    assert body.endswith("（このメールは、保証便が自動で送信しています）\n")


@pytest.mark.parametrize("state", [State.IN_DOUBT, State.BOUNCED, State.REFUSED])
def test_what_cannot_wait_stands_first_and_in_the_subject(state: State) -> None:
    waiting = frozenset({*WAITS, State.BOUNCED})
    ones = {1: held(Reason.APPROVAL), 2: replace(in_state(state), id=2), 3: held(Reason.RULE_OPEN, id=3)}
    subject, body = write_alarm_mail([Alarm(1, "began_to_wait", (1, 2, 3), START)], ones, waiting, rehearsing=False)
    assert subject == "【保証便】至急：ご対応が必要な提出があります（3件、うち至急 1件）"
    assert body.index("■ 2") < body.index("■ 1") < body.index("■ 3")


@pytest.mark.parametrize(
    ("cause", "subject"),
    [
        ("configuration_refused:abc", "【保証便】設定ファイルに誤りがあります（以前の設定で動いています）"),
        ("log_broken:behind_head", "【保証便】至急：送信を止めています"),
        ("unfetched:mail:main", "【保証便】異常をお知らせします"),
    ],
)
def test_the_subject_says_which_trouble_it_is(cause: str, subject: str) -> None:
    alarm = Alarm(1, cause, (), START, "worker.toml")
    assert told(alarms=(alarm,))[0] == subject
    began = Alarm(2, "began_to_wait", (1,), START)
    both, _ = told(in_state(State.IN_DOUBT), alarms=(alarm, began))
    assert both.startswith("【保証便】至急：送信を止めています" if "log" in cause else "【保証便】至急：ご対応が必要")


def test_of_several_troubles_the_one_that_loses_most_stands_first() -> None:
    causes = ("unfetched:mail:main", "came_back", f"mute:{START.isoformat()}", "log_broken:entry", "deaf:mail:main")
    subject, body = told(alarms=tuple(Alarm(at, cause, (), START, "X") for at, cause in enumerate(causes, start=1)))
    assert subject == "【保証便】至急：受信を確認できていません"
    words = ("確認できない状態", "送信を止めて", "接続できない状態", "送信していないはず", "取得できません")
    places = [body.index(each) for each in words]
    assert places == sorted(places)


@pytest.mark.parametrize("cause", [f"mute:{START.isoformat()}", "came_back", "late_answer"])
def test_what_cannot_wait_is_called_urgent_in_the_subject(cause: str) -> None:
    assert told(alarms=(Alarm(1, cause, (), START, "1：X"),))[0].startswith("【保証便】至急：送信")


def test_what_came_back_is_told_from_its_codes_and_as_it_was_where_an_older_program_wrote_it() -> None:
    receipt = Receipt(ReceiptKind.FAILED, START, recipient="a@b.example", status="5.1.1", text="no such user")
    told_now = f"7: {spell(Params(**receipt_detail(receipt)))}"
    for detail, words in (
        (told_now, "7：a@b.example に届きませんでした　アドレスの誤り、または廃止（5.1.1）　先方の応答：no such user"),
        (f"7: {spell(COPY_NEWS)}", "7：送信済みとみられる自社の控え"),
        ("7：以前の文", "7：以前の文"),
    ):
        _, body = told(alarms=(Alarm(1, "came_back", (), START, detail),))
        assert words in body


def test_a_refused_configuration_is_told_in_words_from_its_codes() -> None:
    problem = Params(code="unknown_key", place="worker.toml smtp.hots", given=("name=hots", "nearest=host=x"))
    detail = spell(Params(problems=(problem,)))
    _, body = told(alarms=(Alarm(1, "configuration_refused", (), START, detail),))
    assert "worker.toml smtp.hots：" in body
    assert "{" not in body.partition("worker.toml smtp.hots：")[2].partition("\n")[0]
    _, old_body = told(alarms=(Alarm(1, "configuration_refused", (), START, "worker.toml：以前の文"),))
    assert "worker.toml：以前の文" in old_body


def test_what_was_dealt_with_meanwhile_is_left_out() -> None:
    _, body = told(in_state(State.WITHDRAWN), held(Reason.APPROVAL, id=2))
    assert "■ 1" not in body
    assert "■ 2" in body
    subject, settled = told(in_state(State.APPROVED))
    assert subject == "【保証便】対応済みのお知らせ"
    assert "すでに処理が済んでいます" in settled


def test_a_refused_account_is_told_with_the_servers_answer_before_anything_else() -> None:
    refused = Alarm(1, "account_refused:mail:main", (), START, "NO [AUTHENTICATIONFAILED] \x07wrong")
    subject, body = told(held(Reason.APPROVAL), alarms=(Alarm(2, "began_to_wait", (1,), START), refused))
    assert subject == "【保証便】メールサーバーにログインできません（受信メールボックス main）"
    assert "受信メールボックス main" in body
    assert "NO [AUTHENTICATIONFAILED] \\u{0007}wrong" in body
    assert body.index("ログインできません") < body.index("■ 1")
    assert "受信が止まっています" in body


@pytest.mark.parametrize("fault", ServerFault)
def test_an_account_that_no_password_mends_is_not_told_as_a_refused_login(fault: ServerFault) -> None:
    refused = Alarm(1, "account_refused:smtp", (), START, f"{fault}: 550 5.4.5 as the server said it")
    subject, body = told(alarms=(refused,))
    assert subject == "【保証便】送信サーバーを使えません"
    assert "550 5.4.5 as the server said it" in body
    assert "パスワードが違うか" not in body
    login = Alarm(2, "account_refused:mail:main", (), START, "NO [AUTHENTICATIONFAILED] wrong")
    subject, _ = told(alarms=(refused, login))
    assert subject.startswith("【保証便】メールサーバーにログインできません")


@pytest.mark.parametrize(
    ("fault", "means"),
    [
        ("ended", "期限が切れたか"),
        ("application", "アプリの登録"),
        ("server", "いま取得したばかりのトークン"),
        ("absent", "記録がない"),
    ],
)
def test_a_login_by_token_that_is_over_is_told_with_the_command_that_mends_it(fault, means):
    refused = Alarm(1, "account_refused:smtp", (), START, f"xoauth2 main ({fault}): invalid_grant: \x07expired")
    subject, body = told(alarms=(refused,))
    assert subject == "【保証便】メールサーバーにログインできません（送信サーバー）"
    assert "送信サーバー" in body
    assert means in body
    assert "invalid_grant: \\u{0007}expired" in body
    assert "`hoshobin login main` を" in body
    assert "パスワード" not in body
    assert "送信が止まっています" in body


def test_the_status_line_says_what_to_do_about_a_login_by_token() -> None:
    troubles = {"mail:main": AccountRefused("imap", "xoauth2 main (ended): invalid_grant")}
    line = write_status(troubles, {}, {}, rehearsing=False)
    assert "`hoshobin login main` をもう一度" in line
    assert "xoauth2" not in line


def test_while_rehearsing_every_telling_begins_with_it() -> None:
    _, body = told(held(Reason.REHEARSED), rehearsing=True)
    assert body.startswith("リハーサル中です。発注者には何も送信していません。\n")


def test_a_backlog_is_cut_and_counted() -> None:
    one = held(Reason.APPROVAL)
    many = [replace(one, id=number) for number in range(1, LINES_LIMIT + 6)]
    subject, body = told(*many)
    assert f"（{LINES_LIMIT + 5}件）" in subject
    assert body.count("■ ") == LINES_LIMIT
    assert "ほかに5件あります" in body


def test_no_key_is_told_even_where_a_template_types_it() -> None:
    typed = Register(templates={"default.txt.j2": "{{ notice.key }}"})
    register = replace(typed, projects=(of_project(),), issuers=(of_issuer(),))
    made = drafted(register)
    assert KEY in made.body
    assert KEY not in told(made.submission)[1]


def test_the_operator_sees_the_projects_that_a_notice_nearly_fits_with_what_differs() -> None:
    unmatched = drafted(notice=replace(NOTICE, contract_number="9-9", project_name="第3工区")).submission
    text = describe_submission(unmatched, [NearMiss("mihon/第2工区", "第2工区", "第3工区≠第2工区")])
    assert "　　似た案件（自動では選びません）：\n　　　・第2工区（mihon/第2工区）：第3工区≠第2工区" in text


def test_near_misses_are_looked_for_only_for_the_first_of_a_backlog() -> None:
    asked: list[int] = []

    def near(submission: Submission) -> tuple[NearMiss, ...]:
        asked.append(submission.id)
        return ()

    backlog = {number: replace(drafted().submission, id=number) for number in range(1, NEAR_LIMIT + 10)}
    alarm = Alarm(1, "held", tuple(backlog), START)
    write_alarm_mail([alarm], backlog, WAITS, near, rehearsing=False)
    assert asked == list(range(1, NEAR_LIMIT + 1))


@pytest.mark.parametrize(
    ("day", "said"), [(8, "2026-11-08（1日過ぎています）"), (9, "2026-11-09（今日まで）"), (10, "2026-11-10")]
)
def test_a_deadline_that_has_passed_stands_first_and_says_for_how_long(day: int, said: str) -> None:
    deadline = dt.date(2026, 11, day)
    held = Submission(
        1, State.HELD, reasons=(Hold(Reason.APPROVAL),), follow_ups=FollowUpRecord(duties=FollowUps(deadline=deadline))
    )
    lines = describe_submission(held, today=dt.date(2026, 11, 9)).splitlines()
    place = next(at for at, line in enumerate(lines) if "提出期限" in line)
    assert lines[place].endswith(f"：{said}")
    assert (place == 1) is ("過ぎています" in said)
    sent = replace(held, state=State.SENT, reasons=())
    assert "過ぎています" not in describe_submission(sent, today=dt.date(2026, 11, 9))


# --- What a person looks for ---------------------------------------------------------------------------------------


def test_a_deadline_that_is_over_is_marked() -> None:
    waiting = drafted().submission
    waiting = replace(
        waiting,
        follow_ups=replace(
            waiting.follow_ups, duties=replace(waiting.follow_ups.duties, deadline=dt.date(2026, 11, 9))
        ),
    )
    assert "　　提出期限：2026-11-09（20日過ぎています）" in describe_submission(waiting, today=dt.date(2026, 11, 29))
    assert "　　提出期限：2026-11-09（今日まで）" in describe_submission(waiting, today=dt.date(2026, 11, 9))
    assert "　　提出期限：2026-11-09\n" in describe_submission(waiting, today=dt.date(2026, 11, 8))
    _, body = write_alarm_mail(
        [Alarm(1, "began_to_wait", (1,), START)], {1: waiting}, WAITS, today=dt.date(2026, 11, 29), rehearsing=False
    )
    assert "20日過ぎています" in body


def test_what_came_back_says_where_its_address_stands() -> None:
    bounced = with_fields(in_state(State.BOUNCED), receipts=())
    text = describe_submission(bounced)
    assert "宛先の登録：issuers/mihon.toml の [section.doboku] to" in text
    assert "案件 mihon/x の office" in describe_submission(
        replace(bounced, destination=replace(bounced.destination, section="office", project="mihon/x"))
    )


def test_a_later_notice_is_named_in_the_next_step() -> None:
    superseded = replace(drafted().submission, reasons=(Hold.of(Reason.SUPERSEDED, later="7"),))
    assert "後から届いたお知らせ（提出 7）を確認し、こちらは取下げ" in describe_submission(superseded)


def test_a_mail_to_a_person_with_english_pages_is_english_and_the_next_one_japanese_again() -> None:
    held = Submission(1, State.HELD, reasons=(Hold(Reason.NO_RECIPIENT),))
    japanese = describe_submission(held)
    with speaking_in_mails("https://hoshobin.contractor.example", "en"):
        english = describe_submission(held)
    assert re.findall("[ぁ-んァ-ヶ一-龠]", english) == []
    assert "Reason: " in english
    assert "https://hoshobin.contractor.example/s/1" in english
    assert describe_submission(held) == japanese
    assert "理由：" in japanese
