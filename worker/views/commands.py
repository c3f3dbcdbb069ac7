"""The command with which a person goes on."""

from __future__ import annotations

from worker.core.model import Submission
from worker.core.states import Kind, State, kind_of


def command_for(submission: Submission) -> str:
    """The one command with which a person goes on, or both where the answer decides; empty where none is needed.

    Each can be pasted as it stands: a ``|`` or ``[--failed]`` would mean something else to the shell.
    """
    number = submission.id
    match submission.state:
        case State.HELD:
            kinds = {kind_of(hold.reason) for hold in submission.reasons}
            if Kind.NEVER in kinds:
                return f"hoshobin withdraw {number} --by 氏名 --why 理由"
            if Kind.CORRECT in kinds:
                return f"hoshobin show {number}"
            return f"hoshobin approve {submission.label} --by 氏名"
        case State.IN_DOUBT:
            return f"hoshobin resolve {number} --sent --by 氏名 / hoshobin resolve {number} --not-sent --by 氏名"
        case State.REFUSED | State.BOUNCED:
            return f"hoshobin resend {number} --by 氏名 --why 理由"
        case State.ANNOUNCED:
            return f"hoshobin join {number} 届いた番号 --by 氏名"
        case State.HANDED_OVER | State.OVERDUE:
            return f"hoshobin confirm {number} --by 氏名 --note 相手方・日時"
        case _:
            return ""
