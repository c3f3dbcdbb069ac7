"""Every sentence for people, in Japanese and English.

A code has one meaning in both languages. A sentence says what happened, what it means and what to do.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from worker.core.accounts import Role
from worker.core.login_errors import LoginRefusal, find_refusal
from worker.core.messages import (
    backups,
    commands,
    config,
    console,
    console_absence,
    console_drop,
    console_help,
    console_issuers,
    console_ledger,
    console_pictures,
    console_projects,
    console_records,
    console_review,
    console_run,
    console_sso,
    decisions,
    events,
    in_mails,
    incoming,
    issuer_edits,
    limits,
    oauth,
    on_pages,
    people,
    preview,
    receipts,
    register,
    register_edits,
    reminders,
    store,
)
from worker.core.messages.days import Language as Language
from worker.core.messages.days import name_brief_moment, name_day, name_near_day, name_near_moment
from worker.core.messages.events import DETAILS, EVENTS, FAULTS, PLACES, STEPS, THINGS
from worker.core.messages.oauth import PROVIDERS as PROVIDERS
from worker.core.messages.oauth import explain_refusal
from worker.core.messages.on_pages import for_reader, is_for_office, is_on_page, pages_at
from worker.core.messages.on_pages import mail_language as mail_language
from worker.core.messages.on_pages import speaking_in_mails as speaking_in_mails
from worker.core.messages.on_pages import speaking_on_pages as speaking_on_pages
from worker.core.messages.people import ROLES
from worker.core.messages.preview import PAPERS
from worker.core.messages.reasons import (
    AFTER_REHEARSING,
    APPROVAL_STATE,
    CODED,
    EVIDENCE,
    FACTS,
    FOLLOW_UPS,
    FORMS,
    HANDED_IN_STATE,
    HOLD_DETAILS,
    MISFITS,
    NAMES,
    NEXT_STEPS,
    REASONS,
    STATE_NEXT,
    STATES,
    WHOLE,
)
from worker.core.messages.receipts import name_receipt as name_receipt
from worker.core.messages.sentences import SYSTEM_FAULTS, SentenceWriter
from worker.core.model import JST, Entry, Hold, Product, Receipt, Submission
from worker.core.params import TEXT, Aside, Labelled, Numbered, Params, Told, spell
from worker.core.server_faults import find_fault
from worker.core.states import REFUSALS, Event, HoldKind, Reason, State, kind_of

_TABLES: Final = (
    *(backups, commands, config, console, console_drop, console_issuers),
    *(console_ledger, console_review),
    *(console_pictures, console_projects, console_records, console_run, console_sso, decisions),
    *(console_absence, in_mails, issuer_edits),
    *(events, incoming, oauth, on_pages, people),
    *(limits, preview, receipts, register, register_edits, reminders),
    *(store,),
    *(console_help,),
)
_TEXTS: Final[dict[str, tuple[str, str]]] = {code: pair for table in _TABLES for code, pair in table.TEXTS.items()}
_HINTS: Final[dict[str, tuple[str, str]]] = {
    code: pair
    for table in (config, console_sso, incoming, issuer_edits, store, oauth, register, register_edits, reminders)
    for code, pair in table.HINTS.items()
}


def say(code: str, lang: Language, **params: object) -> str:
    """Returns the sentence of ``code`` with ``params`` put in, as ``put`` shows each of them."""
    given = {name: put(value, lang) for name, value in params.items()}
    if pages := pages_at():
        given["pages"] = pages
    words = for_reader(_TEXTS[code], code)
    return _fill_in_japanese(words[0], given) if lang == "ja" else words[1].format(**given)


def say_in_mail(code: str, **params: object) -> str:
    """Returns the sentence of ``code`` in the language of the reader of the mail that is being written."""
    return say(code, mail_language(), **params)


_NEAREST: Final = frozenset({"near", "nearest"})
_NONE_NEAR: Final = "-"
"""``config.toml.nearest`` returns it if there is no valid name at all."""
_NOTHING_NEAR: Final = "似た名前もありません"
_RELEASED: Final = frozenset({State.APPROVED.value, State.SENDING.value})


def _fill_in_japanese(sentence: str, params: Mapping[str, object]) -> str:
    said = sentence.format(**{name: _in_japanese(name, value) for name, value in params.items()})
    return said.replace(f"近い名前：{_NOTHING_NEAR}", _NOTHING_NEAR)


def _in_japanese(name: str, value: object) -> object:
    """Returns the system's error about a file in Japanese; the words of a server or a library stay."""
    if name in _NEAREST and value == _NONE_NEAR:
        return _NOTHING_NEAR
    if name not in {"detail", "why"} or not isinstance(value, str):
        return value
    before, colon, last = value.rpartition(": ")
    return f"{before}{colon}{SYSTEM_FAULTS[last]}" if last in SYSTEM_FAULTS else value


def say_system_fault(detail: str, lang: Language) -> str:
    """Returns the text of an error with the system's reason at its end in the reader's language."""
    return str(_in_japanese("detail", detail)) if lang == "ja" else detail


def is_said(code: str) -> bool:
    """Returns true if ``code`` has a sentence."""
    return code in _TEXTS


def put(value: object, lang: Language) -> object:
    """Returns a parameter as the language shows it: a list with its commas, a remark in its brackets, our sentences."""
    is_japanese = lang == "ja"
    match value:
        case Aside():
            return f"{value.word}（{value.remark}）" if is_japanese else f"{value.word} ({value.remark})"
        case Labelled():
            return f"{value.code}{'：' if is_japanese else ': '}{put(value.about, lang)}"
        case Numbered():
            return f"{value.number}. {put(value.about, lang)}"
        case Hold():
            detail = hold_detail(value, lang)
            return put(Labelled(value.reason, detail), lang) if detail else value.reason
        case Receipt():
            at = name_near_moment(value.at, lang) if is_on_page() else f"{value.at.astimezone(JST):%m/%d %H:%M:%S}"
            return f"{at} {name_receipt(value, lang)}"
        case dt.datetime():
            return name_near_moment(value, lang)
        case dt.date():
            return name_day(value, lang)
        case Params():
            return name_misfit(value, lang) if value.code in MISFITS else name_follow_up(value, lang)
        case tuple() | list():
            return ("、" if is_japanese else ", ").join(str(put(each, lang)) for each in value)
        case _:
            return value


def say_refusal(code: str, lang: Language, **params: object) -> str:
    """Returns the sentence for a decision that was not taken; a state and reasons among ``params`` in office words."""
    index = 0 if lang == "ja" else 1
    words = dict(params)
    if code == "not_held" and params.get("state") in _RELEASED:
        code = "approved_by" if params.get("by") else "approved_before"
    if "state" in params:
        words["state"] = name_any_state(State(str(params["state"])), lang)
    if "reasons" in params:
        words["reasons"] = [REASONS[Reason(each)][index] for each in str(params["reasons"]).split()]
    if "parts" in params:
        words["parts"] = [say(f"part_{each}", lang) for each in str(params["parts"]).split()]
    return say(code, lang, **words)


def hint(code: str, lang: Language, **params: object) -> str:
    """Returns the next step for the configuration problem ``code``; empty if the sentence says it already."""
    if code not in _HINTS:
        return ""
    given = {name: put(each, lang) for name, each in params.items()}
    words = for_reader(_HINTS[code], f"hint_{code}")
    return _fill_in_japanese(words[0], given) if lang == "ja" else words[1].format(**given)


def join_sentences(parts: Iterable[str], lang: Language) -> str:
    """Returns what is wrong and the next step, each as a sentence with its full stop; empty parts are left out."""
    full = "。" if lang == "ja" else "."
    said = (part.strip() for part in parts)
    ended = [part if part.endswith((full, "?", "？", "!")) else f"{part}{full}" for part in said if part]
    return "".join(ended) if lang == "ja" else " ".join(part[0].upper() + part[1:] for part in ended)


def name_state_at(submission: Submission, lang: Language, leaves: dt.datetime | None, now: dt.datetime) -> str:
    """The state with its moment: at which an approved mail leaves, or to call again if that is to come."""
    call = submission.follow_ups.call_again
    if call is not None and call > now and submission.rests(now):
        return say("state_call_again", lang, moment=name_brief_moment(call, lang))
    if submission.state is State.APPROVED and leaves is not None:
        state = name_any_state(submission.state, lang)
        return say("state_leaves", lang, state=state, moment=name_brief_moment(leaves, lang))
    return name_state(submission, lang)


def name_state(submission: Submission, lang: Language) -> str:
    """The state in office words; HELD for nothing but approval is 承認待ち, APPROVED says who released it."""
    index = 0 if lang == "ja" else 1
    if submission.state is State.HELD and [hold.reason for hold in submission.reasons] == [Reason.APPROVAL]:
        return APPROVAL_STATE[index]
    if submission.state is State.HELD and (of_people := _state_of_people(submission, lang)):
        return of_people
    if submission.joined:
        return say("state_joined", lang, answers=", ".join(map(str, submission.joined)))
    words = name_any_state(submission.state, lang)
    if submission.state is State.HELD and submission.reasons:
        hardest = min((kind_of(hold.reason) for hold in submission.reasons), key=_ORDER.index)
        return for_reader(STATES[State.HELD], f"state_HELD_{hardest.value}")[index]
    if submission.state is State.CONFIRMED and submission.delivery.sent_at is None:
        return HANDED_IN_STATE[index]
    if submission.state is State.ANNOUNCED and not submission.source.proven:
        return say("state_unproven", lang, state=words)
    if submission.state is State.APPROVED:
        by_policy = not submission.approval.release_account
        if lang == "ja":
            return f"{words}（{'自動' if by_policy else f'承認：{submission.approval.release}'}）"
        return f"{words} ({'by itself' if by_policy else f'approved by {submission.approval.release}'})"
    return words


def _state_of_people(submission: Submission, lang: Language) -> str:
    """Returns the state of a draft that was sent back, or that waits for its second person; empty for another one."""
    by = submission.approval.asker_of(submission.composed.draft_hash)
    returned = next((hold for hold in submission.reasons if hold.reason is Reason.RETURNED), None)
    if returned is not None and not by:  # a return takes the request back: one that stands came after it
        why = returned.params.word("why")
        if why and is_for_office():
            return say("state_returned_why", lang, why=why if len(why) <= WHY_SHOWN else f"{why[:WHY_SHOWN]}…")
        return say("state_returned", lang, by=returned.params.word("by"))
    open_reasons = {hold.reason for hold in submission.reasons}
    if is_for_office() and Reason.REHEARSED in open_reasons and open_reasons <= _OF_REHEARSAL:
        return say("state_rehearsed", lang)
    if by and Reason.SECOND_PERSON in open_reasons and open_reasons <= _OF_PEOPLE:
        return say("state_second", lang, by=by)
    return ""


WHY_SHOWN: Final = 24
"""Characters of the reason of a return within its state; the whole of it stands among the reasons."""
_OF_REHEARSAL: Final = frozenset({Reason.REHEARSED, Reason.APPROVAL, Reason.SECOND_PERSON})
_OF_PEOPLE: Final = frozenset({Reason.SECOND_PERSON, Reason.APPROVAL, Reason.RETURNED})
"""Reasons that people alone make, whatever the mail is."""


def name_role(role: Role, lang: Language) -> str:
    """Returns the role's office word."""
    return ROLES[role][0 if lang == "ja" else 1]


def name_any_state(state: State, lang: Language) -> str:
    """Returns the state's office word, for use without a submission."""
    return for_reader(STATES[state], f"state_{state}")[0 if lang == "ja" else 1]


_SENTENCES: Final = SentenceWriter(NAMES, FACTS, FORMS)


def name_hold(hold: Hold, lang: Language) -> str:
    """The reason in office words, with its subject; the text of an older program is kept."""
    index = 0 if lang == "ja" else 1
    hold = _with_code(hold)
    of_page = for_reader(("", ""), f"hold_{hold.reason}_{hold.code}")[index]
    if of_page and hold.params and not hold.params.is_text:
        return _SENTENCES.fill(of_page, hold.params, index)
    if coded := CODED.get((hold.reason, hold.code)):
        return _SENTENCES.fill(coded[0][index], _with_value(hold.params), index)
    whole = WHOLE.get((hold.reason, hold.code))
    if whole and hold.params and not hold.params.is_text:
        return _SENTENCES.fill(whole[index], hold.params, index)
    words, detail = REASONS[hold.reason][index], hold_detail(hold, lang)
    if not detail or (hold.reason in REFUSALS and detail.isascii() and is_for_office()):  # a word of the machine
        return words
    return f"{words}（{detail}）" if lang == "ja" else f"{words} ({detail})"


def hold_detail(hold: Hold, lang: Language) -> str:
    """Returns the subject of the hold without its reason; ``code: value`` for one with words of its own."""
    index = 0 if lang == "ja" else 1
    params = hold.params
    if params.is_text:
        return params.word(TEXT)
    if (hold.reason, params.code) in CODED:
        value = _SENTENCES.fill("{value}", _with_value(params), index)
        return f"{params.code}: {value}" if value else params.code
    if hold.reason is Reason.SENDER_UNPROVEN:
        return name_evidence(params, lang)
    if words := HOLD_DETAILS.get((hold.reason, params.code)):
        return _SENTENCES.fill(words[index], params, index) if params else ""
    return spell(params)  # no sentence of ours is left out in silence


def name_evidence(evidence: Told, lang: Language) -> str:
    """Returns the evidence that proves the sender of a mail, or the reason why it is not proven."""
    index = 0 if lang == "ja" else 1
    if isinstance(evidence, str) or not evidence:
        return str(evidence or "")
    return _SENTENCES.fill(for_reader(EVIDENCE[evidence.code], f"evidence_{evidence.code}")[index], evidence, index)


def name_product(product: Product | None, lang: Language) -> str:
    """The kind of guarantee; empty for none."""
    return NAMES["product"][product.value][0 if lang == "ja" else 1] if product else ""


def name_field(key: Sequence[str], lang: Language) -> str:
    """A key of a registered project in office words; its own name for one that has none."""
    index = 0 if lang == "ja" else 1
    first, *rest = key
    if first == "dates" and rest and rest[0] in NAMES["day"]:
        return NAMES["day"][rest[0]][index]
    if first == "values" and rest:
        return rest[0]
    words = [register_edits.FIELDS.get(first, (first, first))[index]]
    for part in rest:
        known = NAMES["product"].get(part) or register_edits.OFFICE_FIELDS.get(part)
        words.append(known[index] if known else part)
    return words[0] if not rest else f"{words[0]}（{'・'.join(words[1:])}）" if lang == "ja" else " ".join(words)


def name_follow_up(duty: Told, lang: Language) -> str:
    """Returns a person's task: the issuer's own sentence, or ours."""
    index = 0 if lang == "ja" else 1
    if isinstance(duty, str):
        return duty
    return _SENTENCES.fill(for_reader(FOLLOW_UPS[duty.code], f"duty_{duty.code}")[index], duty, index)


def name_limit(day: dt.date | None, days_over: int, lang: Language, *, is_near: bool = True) -> str:
    """A last day, and how long it is past; empty for none. A day that is not ``is_near`` has its year."""
    if day is None:
        return ""
    shown = name_near_day(day, lang) if is_near else name_day(day, lang)
    return say("day_over", lang, day=shown, days=days_over) if days_over else shown


def name_misfit(params: Params, lang: Language) -> str:
    """Returns the reason why a value does not have the required form."""
    index = 0 if lang == "ja" else 1
    return _SENTENCES.fill(MISFITS[params.code][index], params, index)


def _with_code(hold: Hold) -> Hold:
    """Returns ``hold`` with its code, which an older program wrote in front of the value."""
    text = hold.params.old_text
    is_coded = text is not None and (hold.reason, text.partition(": ")[0]) in CODED
    return Hold.of_code(hold.reason, text) if text is not None and is_coded else hold


def _with_value(params: Params) -> Params:
    """``params`` with ``value``: of a file its name, the first digits of its hash (no page shows them), what it has."""
    if "value" in params or "file" not in params:
        return params
    digits = "" if is_for_office() else params.word("digits")
    about = (params.word("file"), digits, ", ".join(params.words("names")))
    return Params(**params, value=" ".join(filter(None, about)))


_ORDER: Final = (HoldKind.NEVER, HoldKind.CORRECT, HoldKind.ANSWER)


def _urgency(hold: Hold) -> tuple[int, int]:
    """Sorts reasons to correct before those to answer: until then an approval is refused.

    Of those to answer, a colleague's reason to send it back comes first: nothing else on the list of work tells of it.
    """
    order = {Reason.RETURNED: 0, Reason.APPROVAL: 2}
    return _ORDER.index(kind_of(hold.reason)), order.get(hold.reason, 1)


def next_step(submission: Submission, lang: Language) -> str:
    """Returns the next step about ``submission``; empty if there is none."""
    index = 0 if lang == "ja" else 1
    if submission.state is State.HELD and submission.reasons:
        return _step_of_held(submission, lang)
    if submission.state is State.BOUNCED and submission.composed.draft is not None and submission.destination.section:
        return say("step_bounced", lang, **_place_of_address(submission, lang))
    if submission.state is State.HANDED_OVER and submission.superseded_by is not None:
        number, later = submission.notice.contract_number or "", str(submission.superseded_by)
        return say("later_key", lang, id=submission.id, number=number, later=later)
    step = for_reader(STATE_NEXT.get(submission.state, ("", "")), f"next_{submission.state}")[index]
    if submission.state is State.ANNOUNCED and not submission.source.proven:
        step += say("task_download_unproven", lang)
    return step


def _step_of_held(submission: Submission, lang: Language) -> str:
    """Returns the step of the first reason; once a person asked for the approval, with that person's name."""
    index = 0 if lang == "ja" else 1
    by = submission.approval.asker_of(submission.composed.draft_hash)
    # A return takes the request back: after another request it is answered, and the approver sees it among the reasons.
    reasons = [hold for hold in submission.reasons if not (by and hold.reason is Reason.RETURNED)] or submission.reasons
    if submission.composed.draft is None or submission.is_rehearsal:
        first = min(reasons, key=_urgency)
        step = _step_about(first)
    else:
        # The draft is for the issuer by now: that it was rehearsed asks for nothing but approval.
        first = min(reasons, key=lambda hold: (*_urgency(hold), hold.reason is Reason.REHEARSED))
        step = AFTER_REHEARSING if first.reason is Reason.REHEARSED else _step_about(first)
    if not by or kind_of(first.reason) is not HoldKind.ANSWER:
        return step[index]
    if first.reason is Reason.SECOND_PERSON:
        return say("step_second_asked", lang, by=by)
    return say("step_asked", lang, by=by, step=step[index])


def _place_of_address(submission: Submission, lang: Language) -> dict[str, str]:
    """Returns the place of the address of ``submission``: the issuer's file, or the project that has its own."""
    from worker.core.rulebook import OFFICE  # noqa: PLC0415  a list without a bounce needs no rules

    draft = submission.composed.draft
    if draft is None or submission.destination.section == OFFICE:
        return {
            "file": "projects.toml",
            "place": say("place_office", lang, project=submission.destination.project or ""),
        }
    return {"file": draft.rule_file, "place": f"[section.{submission.destination.section}] to"}


_CARRIED_WITH_IT: Final = re.compile("#([0-9]+) 同じお知らせ$")
"""The end of an older program's hold: another submission of the same notice carried the invoice."""


def _step_about(hold: Hold) -> tuple[str, str]:
    """The step of the reason; of a paper that is no notice, or of a second download, its own."""
    hold = _with_code(hold)
    return for_reader(_usual_step(hold), *_codes_of_step(hold))


def _codes_of_step(hold: Hold) -> tuple[str, ...]:
    """The form for pages of exactly this step, else of the reason's general one if that is the step."""
    if paper := _paper_of(hold):
        return (f"step_{hold.reason}_{paper}",)
    own = f"step_{hold.reason}_{hold.code}"
    return (own, f"step_{hold.reason}") if _usual_step(hold) == NEXT_STEPS[hold.reason] else (own,)


def _paper_of(hold: Hold) -> str:
    """Returns the code of the paper that is no notice; empty for any other."""
    if hold.reason is not Reason.NOT_A_NOTICE or (hold.reason, hold.code) in CODED:
        return ""
    found = hold.params.word("found") or hold.params.old_text or ""
    return next((paper for paper, (words, _) in PAPERS.items() if any(word in found for word in words)), "")


def _usual_step(hold: Hold) -> tuple[str, str]:
    coded = CODED.get((hold.reason, hold.code))
    if coded and coded[1]:
        return coded[1]
    old_text = hold.params.old_text or ""
    if hold.reason is Reason.SUPERSEDED and (later := hold.params.word("later") or old_text):
        return say("step_superseded", "ja", later=later), say("step_superseded", "en", later=later)
    if paper := _paper_of(hold):
        return PAPERS[paper][1]
    if hold.reason is Reason.WRONG_INVOICE:
        told_before = _CARRIED_WITH_IT.search(old_text)
        carried = told_before[1] if told_before else hold.params.word("other") if hold.code == "same_notice" else ""
        if carried:
            return say("resend_instead", "ja", id=carried), say("resend_instead", "en", id=carried)
    return NEXT_STEPS[hold.reason]


def name_deadline(day: dt.date | None, today: dt.date | None, lang: Language) -> str:
    """The day, marked if it is ``today`` or over; empty for none. Without ``today`` the day alone."""
    if day is None or today is None or day > today:
        return day.isoformat() if day else ""
    code = "day_over" if day < today else "day_today"
    return say(code, lang, day=day.isoformat(), days=(today - day).days)


def name_event(event: str, lang: Language) -> str:
    """An entry's event in office words."""
    return EVENTS[event][0 if lang == "ja" else 1]


def name_event_of(submission: Submission, entry: Entry, lang: Language) -> str:
    """An entry's event in office words.

    The confirmation of what was handed in otherwise says so, and so does an approval that left a reason open: a second
    person still approves.
    """
    if entry.event == Event.CONFIRMED and submission.delivery.sent_at is None:
        return say("event_handed_in", lang)
    if entry.event == Event.APPROVED and entry.set.get("reasons"):
        return say("event_not_yet_approved", lang)
    return name_event(entry.event, lang)


def name_detail(name: str, lang: Language) -> str:
    """The name of an entry's detail in office words; one that has none stays as it is."""
    return DETAILS.get(name, (name, name))[0 if lang == "ja" else 1]


def name_author(by: str, absent: Sequence[str], lang: Language) -> str:
    """The person of an entry; a deputy with the names of those who were ``absent``."""
    return say("as_deputy", lang, by=by, absent=tuple(absent)) if absent else by


def name_step(step: str, lang: Language) -> str:
    """At which step of handing it to the server something was answered; one that has no words stays as it is."""
    return STEPS.get(step, (step, step))[0 if lang == "ja" else 1]


def say_refused_login(refusal: LoginRefusal, lang: Language) -> tuple[str, str]:
    """Returns the reason why a login by token fails, and the next step."""
    why, step = explain_refusal(refusal)
    return say(why, lang), say(step, lang, name=refusal.name)


def name_thing(name: str, lang: Language) -> str:
    """Returns the name of a thing that is watched or reached: ``mail:main``, ``smtp``, ``store`` and so on."""
    kind, _, own = name.partition(":")
    return for_reader(THINGS.get(kind, (name, name)), f"thing_{kind}")[0 if lang == "ja" else 1].format(name=own)


def say_trouble(name: str, detail: str, lang: Language) -> str:
    """Returns the reason why ``name`` is not reached, and the next step; an error without a sentence stays as it is."""
    if refusal := find_refusal(detail):
        why, step = say_refused_login(refusal, lang)
        return say("trouble", lang, why=why, step=step)
    if fault := find_fault(detail):
        why, step = say(f"fault_{fault}", lang), say(f"remedy_{fault}", lang, table=name_table(name))
        return say("trouble_reply", lang, why=why, step=step, reply=detail)
    return detail


def explain_trouble(name: str, detail: str, lang: Language) -> tuple[str, str]:
    """Returns the reason why ``name`` is not reached with the server's words, and the next step; empty if unknown."""
    if refusal := find_refusal(detail):
        return say_refused_login(refusal, lang)
    if fault := find_fault(detail):
        step = say(f"remedy_{fault}", lang, table=name_table(name))
        return say("trouble_said", lang, why=say(f"fault_{fault}", lang), reply=detail), step
    return detail, ""


def name_table(name: str) -> str:
    """The table of ``worker.toml`` about ``mail:main`` or ``smtp``."""
    kind, _, own = name.partition(":")
    return f"[mailbox.{own}]" if kind == "mail" else "[smtp]"


def say_end(why: str, detail: str, lang: Language) -> str:
    """Returns the reason why the service ended; a code without a sentence stays as it is."""
    code, said = (f"end_{why}", detail) if f"end_{why}" in _TEXTS else ("end_other", f"{why} {detail}".strip())
    return say(code, lang, detail=said)


def name_fault(code: str, lang: Language) -> str:
    """Returns the words for a fault that the verification of the log found."""
    return FAULTS[code][0 if lang == "ja" else 1]


def name_place(code: str, where: str, lang: Language) -> str:
    """Returns the place of a fault that ``audit verify`` found: an entry, submission, original or head."""
    return say(PLACES.get(code, "place_entry"), lang, where=where)
