"""Every sentence for people, Japanese first, English beside it.

Its one promise: one code, one meaning, in both languages; a sentence says what happened, what it means and what
to do. It knows no state of any submission and decides nothing.
"""

from __future__ import annotations

import re
from typing import Final, Literal

from worker.core.login_errors import LoginRefusal
from worker.core.messages.commands import TEXTS as COMMAND_TEXTS
from worker.core.messages.config import HINTS as CONFIG_HINTS
from worker.core.messages.config import TEXTS as CONFIG_TEXTS
from worker.core.messages.events import DETAILS, EVENTS, FAULTS, PLACES, STEPS, THINGS
from worker.core.messages.events import TEXTS as AUDITING_TEXTS
from worker.core.messages.keeping import TEXTS as KEEPING_TEXTS
from worker.core.messages.oauth import HINTS as OAUTH_HINTS
from worker.core.messages.oauth import PROVIDERS as PROVIDERS
from worker.core.messages.oauth import TEXTS as OAUTH_TEXTS
from worker.core.messages.oauth import explain_refusal
from worker.core.messages.reasons import (
    AFTER_REHEARSING,
    APPROVAL_STATE,
    CODED,
    CODED_VALUES,
    NEXT_STEPS,
    REASONS,
    STATE_NEXT,
    STATES,
)
from worker.core.messages.receipts import TEXTS as RECEIPT_TEXTS
from worker.core.messages.receipts import name_receipt as name_receipt
from worker.core.messages.register import HINTS as REGISTER_HINTS
from worker.core.messages.register import TEXTS as REGISTER_TEXTS
from worker.core.messages.reminders import HINTS as SILENCE_HINTS
from worker.core.messages.reminders import TEXTS as SILENCE_TEXTS
from worker.core.messages.rulebook import HINTS as RULEBOOK_HINTS
from worker.core.messages.rulebook import TEXTS as RULEBOOK_TEXTS
from worker.core.messages.seeing import PAPER_STEPS
from worker.core.messages.seeing import TEXTS as SEEING_TEXTS
from worker.core.messages.service import HINTS as STOPPING_HINTS
from worker.core.messages.service import TEXTS as STOPPING_TEXTS
from worker.core.messages.watch import TEXTS as MOVING_TEXTS
from worker.core.model import SAME_NOTICE, Hold, Submission
from worker.core.states import Kind, Reason, State, kind_of

Language = Literal["ja", "en"]

_TEXTS: Final = {
    **COMMAND_TEXTS,
    **CONFIG_TEXTS,
    **RULEBOOK_TEXTS,
    **REGISTER_TEXTS,
    **SEEING_TEXTS,
    **RECEIPT_TEXTS,
    **SILENCE_TEXTS,
    **OAUTH_TEXTS,
    **AUDITING_TEXTS,
    **STOPPING_TEXTS,
    **MOVING_TEXTS,
    **KEEPING_TEXTS,
}
_HINTS: Final = {
    **CONFIG_HINTS,
    **RULEBOOK_HINTS,
    **REGISTER_HINTS,
    **SILENCE_HINTS,
    **OAUTH_HINTS,
    **STOPPING_HINTS,
}


def say(code: str, lang: Language, **params: object) -> str:
    """The sentence of ``code``, with ``params`` put in."""
    return _TEXTS[code][0 if lang == "ja" else 1].format(**params)


def say_refusal(code: str, lang: Language, **params: str) -> str:
    """Why a person's decision was not taken; a state and reasons among ``params`` in office words."""
    index = 0 if lang == "ja" else 1
    words: dict[str, str] = dict(params)
    if "state" in params:
        words["state"] = name_any_state(State(params["state"]), lang)
    if "reasons" in params:
        words["reasons"] = ("、", ", ")[index].join(REASONS[Reason(each)][index] for each in params["reasons"].split())
    return say(code, lang, **words)


def hint(code: str, lang: Language, **params: object) -> str:
    """What to do about the configuration problem ``code``; empty where the sentence says it already."""
    pair = _HINTS.get(code)
    return pair[0 if lang == "ja" else 1].format(**params) if pair else ""


def name_state(submission: Submission, lang: Language) -> str:
    """The state in office words; HELD for nothing but approval is 承認待ち, APPROVED says who released it."""
    index = 0 if lang == "ja" else 1
    if submission.state is State.HELD and [hold.reason for hold in submission.reasons] == [Reason.APPROVAL]:
        return APPROVAL_STATE[index]
    if submission.joined:
        return say("state_joined", lang, answers=", ".join(map(str, submission.joined)))
    words = STATES[submission.state][index]
    if submission.state is State.ANNOUNCED and not submission.proven:
        return say("state_unproven", lang, state=words)
    if submission.state is State.APPROVED:
        by_policy = not submission.release_account
        if lang == "ja":
            return f"{words}（{'自動' if by_policy else f'承認：{submission.release}'}）"
        return f"{words} ({'by itself' if by_policy else f'approved by {submission.release}'})"
    return words


def name_any_state(state: State, lang: Language) -> str:
    """The state's office word, where no submission is at hand."""
    return STATES[state][0 if lang == "ja" else 1]


def name_hold(hold: Hold, lang: Language) -> str:
    """The reason in office words, with what it is about."""
    index = 0 if lang == "ja" else 1
    if coded := _coded(hold):
        words, value = coded[0][0][index], _name_value(hold, coded[1], index)
        return words.format(value=value)
    words = REASONS[hold.reason][index]
    if not hold.detail:
        return words
    return f"{words}（{hold.detail}）" if lang == "ja" else f"{words} ({hold.detail})"


def _coded(hold: Hold) -> tuple[tuple[tuple[str, str], tuple[str, str] | None], str] | None:
    """The own words and step of a hold whose detail begins with a code, and the value behind it."""
    code, _, value = hold.detail.partition(": ")
    found = CODED.get((hold.reason, code))
    return None if found is None else (found, value)


def _name_value(hold: Hold, value: str, index: int) -> str:
    """The value in office words where it is made of codes, else as it is."""
    names = CODED_VALUES.get((hold.reason, hold.detail.partition(": ")[0]), {})
    parts = value.split(", ")
    return ("、", ", ")[index].join(names[each][index] for each in parts) if names.keys() >= {*parts} else value


_ORDER: Final = (Kind.NEVER, Kind.CORRECT, Kind.ANSWER)


def _urgency(hold: Hold) -> tuple[int, bool]:
    """What must be mended comes before what can be answered: until then an approval is refused."""
    return _ORDER.index(kind_of(hold.reason)), hold.reason is Reason.APPROVAL


def next_step(submission: Submission, lang: Language) -> str:
    """What a person does next about ``submission``; empty where there is nothing to do."""
    index = 0 if lang == "ja" else 1
    if submission.state is State.HELD and submission.reasons:
        if submission.draft is None or submission.is_rehearsal:
            return _step_about(min(submission.reasons, key=_urgency))[index]
        # The draft is for the issuer by now: that it was rehearsed asks for nothing but approval.
        first = min(submission.reasons, key=lambda hold: (*_urgency(hold), hold.reason is Reason.REHEARSED))
        return AFTER_REHEARSING[index] if first.reason is Reason.REHEARSED else _step_about(first)[index]
    if submission.state is State.HANDED_OVER and submission.superseded_by is not None:
        number, later = submission.contract_number or "", str(submission.superseded_by)
        return say("later_key", lang, id=submission.id, number=number, later=later)
    step = STATE_NEXT[submission.state][index] if submission.state in STATE_NEXT else ""
    if submission.state is State.ANNOUNCED and not submission.proven:
        step += say("task_download_unproven", lang)
    return step


_CARRIED_WITH_IT: Final = re.compile(rf"#([0-9]+) {SAME_NOTICE}$")


def _step_about(hold: Hold) -> tuple[str, str]:
    """The step of the reason; of a paper that is no notice, or of a second download, its own."""
    if (coded := _coded(hold)) and coded[0][1]:
        return coded[0][1]
    if hold.reason is Reason.NOT_A_NOTICE:
        steps = (step for words, step in PAPER_STEPS if any(word in hold.detail for word in words))
        return next(steps, NEXT_STEPS[hold.reason])
    if hold.reason is Reason.WRONG_INVOICE and (carried := _CARRIED_WITH_IT.search(hold.detail)):
        return say("resend_instead", "ja", id=carried[1]), say("resend_instead", "en", id=carried[1])
    return NEXT_STEPS[hold.reason]


def name_event(event: str, lang: Language) -> str:
    """An entry's event in office words."""
    return EVENTS[event][0 if lang == "ja" else 1]


def name_detail(name: str, lang: Language) -> str:
    """The name of an entry's detail in office words; one that has none stays as it is."""
    return DETAILS.get(name, (name, name))[0 if lang == "ja" else 1]


def name_step(step: str, lang: Language) -> str:
    """At which step of handing it to the server something was answered; one that has no words stays as it is."""
    return STEPS.get(step, (step, step))[0 if lang == "ja" else 1]


_PLACEHOLDERS: Final = {
    "氏名": "NAME",
    "理由": "REASON",
    "相手方・日時": "WHOM-AND-WHEN",
    "届いた番号": "ID",
    "いつ・どのように": "WHEN-AND-HOW",
    "確認したこと": "WHAT-WAS-SEEN",
}


def name_command(command: str, lang: Language) -> str:
    """A command to type, with what a person puts in named in ``lang``."""
    return command if lang == "ja" else " ".join(_PLACEHOLDERS.get(word, word) for word in command.split(" "))


def say_refused_login(refusal: LoginRefusal, lang: Language) -> tuple[str, str]:
    """Why a login by token is of no use, and the next step."""
    why, step = explain_refusal(refusal)
    return say(why, lang), say(step, lang, name=refusal.name)


def name_thing(name: str, lang: Language) -> str:
    """What is watched or reached, in office words: ``mail:main``, ``smtp``, ``folder``, ``store`` and so on."""
    kind, _, own = name.partition(":")
    return THINGS.get(kind, (name, name))[0 if lang == "ja" else 1].format(name=own)


def say_end(why: str, detail: str, lang: Language) -> str:
    """Why the service ended; a code without words of its own is said as it is."""
    code, said = (f"end_{why}", detail) if f"end_{why}" in _TEXTS else ("end_other", f"{why} {detail}".strip())
    return say(code, lang, detail=said)


def name_fault(code: str, lang: Language) -> str:
    """What the verification of the log found, in office words."""
    return FAULTS[code][0 if lang == "ja" else 1]


def name_place(code: str, where: str, lang: Language) -> str:
    """Where a fault is that ``audit verify`` found: which entry, submission, original or head."""
    return say(PLACES.get(code, "place_entry"), lang, where=where)
