"""The fourth step: to which registered project a notice belongs, and whether it is new.

Takes a notice, the register and the submissions so far; gives one project, proposals for a person, or a hold.
Start reading at ``match``, then ``duplicates``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.match.duplicates import Source as Source
    from worker.match.duplicates import receive_notice as receive_notice
    from worker.match.match import Match as Match
    from worker.match.match import Register as Register
    from worker.match.match import judge_eligibility as judge_eligibility
    from worker.match.match import match_project as match_project
    from worker.match.near_matches import NearMiss as NearMiss
else:
    __getattr__ = lazily(
        __name__,
        duplicates=("Source", "receive_notice"),
        eligibility=("judge_eligibility",),
        match=("Match", "Register", "match_project"),
        near_matches=("NearMiss",),
    )
