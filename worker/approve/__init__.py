"""The sixth step: releases a draft, by the policy or by a person.

Takes a draft with its open holds and a person's answers; gives APPROVED from a moment, HELD with reasons, or
HANDED_OVER. Start reading at ``reevaluate``, which runs match → compose → check → release, then ``decisions``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.approve.decisions import approve as approve
    from worker.approve.reevaluate import ActiveConfig as ActiveConfig
    from worker.approve.reevaluate import Drafted as Drafted
    from worker.approve.reevaluate import Judgement as Judgement
    from worker.approve.reevaluate import activate_config as activate_config
    from worker.approve.reevaluate import judge as judge
else:
    __getattr__ = lazily(
        __name__,
        decisions=("approve",),
        reevaluate=("ActiveConfig", "Drafted", "Judgement", "activate_config", "judge"),
    )
