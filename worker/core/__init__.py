"""The vocabulary that every step shares; it imports no other package of ours.

Takes and gives no data: it holds frozen values (``model``, ``rulebook``), the one table of states, the families of
errors, text, dates and office hours, and every sentence for people (``messages/``). Start reading at ``model``, then
``states``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.core.clock import Clock as Clock
    from worker.core.model import Hold as Hold
    from worker.core.model import Notice as Notice
    from worker.core.model import Submission as Submission
    from worker.core.rulebook import Issuer as Issuer
    from worker.core.states import Event as Event
    from worker.core.states import Reason as Reason
    from worker.core.states import State as State
else:
    __getattr__ = lazily(
        __name__,
        clock=("Clock",),
        model=("Hold", "Notice", "Submission"),
        rulebook=("Issuer",),
        states=("Event", "Reason", "State"),
    )
