"""The sixth step: whether a draft is released, by the policy or by a person.

Takes a draft with its open holds and a person's answers; gives APPROVED from a moment, HELD with reasons, or
HANDED_OVER. Start reading at ``reevaluate``, which runs match → compose → release, then ``release`` and ``decisions``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.approve.decisions import approve as approve
    from worker.approve.reevaluate import ActiveConfig as ActiveConfig
    from worker.approve.reevaluate import Drafted as Drafted
    from worker.approve.reevaluate import activate_config as activate_config
    from worker.approve.reevaluate import draft_submission as draft_submission
    from worker.approve.release import Judgement as Judgement
    from worker.approve.release import judge as judge
else:
    __getattr__ = lazily(
        __name__,
        decisions=("approve",),
        reevaluate=("Drafted", "ActiveConfig", "draft_submission", "activate_config"),
        release=("Judgement", "judge"),
    )
