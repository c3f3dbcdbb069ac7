"""The seventh step: hands one submission at a time to the mail server.

Takes an approved draft's bytes; gives what follows from each answer of the server, and when to try again. Start
reading at ``ports``, then ``smtp_verdicts`` and ``outcomes``; ``smtp/`` speaks to the server.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.send.ports import MailServer as MailServer
    from worker.send.ports import NoReply as NoReply
    from worker.send.ports import Reply as Reply
    from worker.send.ports import Session as Session
    from worker.send.rate_limit import RateLimiter as RateLimiter
    from worker.send.retry import Backoff as Backoff
    from worker.send.smtp_verdicts import Verdict as Verdict
else:
    __getattr__ = lazily(
        __name__,
        ports=("MailServer", "Reply", "Session", "NoReply"),
        rate_limit=("RateLimiter",),
        retry=("Backoff",),
        smtp_verdicts=("Verdict",),
    )
