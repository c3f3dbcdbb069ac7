"""The fourth step: matches a notice to a registered project, and decides whether it is new.

Takes a notice, the register and the submissions so far; gives one project, proposals for a person, or a hold.
Start reading at ``match``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.match.match import Match as Match
    from worker.match.match import Register as Register
    from worker.match.match import Source as Source
    from worker.match.match import judge_eligibility as judge_eligibility
    from worker.match.match import match_project as match_project
    from worker.match.match import receive_notice as receive_notice
    from worker.match.near_matches import NearMiss as NearMiss
else:
    __getattr__ = lazily(
        __name__,
        match=("Match", "Register", "Source", "judge_eligibility", "match_project", "receive_notice"),
        near_matches=("NearMiss",),
    )
