"""The eighth step: what came back, and what silence means.

Takes delivery reports, read receipts, replies and our own copy; gives the event that follows for the submission.
Start reading at ``reports``, then ``events``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.track.events import ReportEffect as ReportEffect
    from worker.track.overdue import overdue_from as overdue_from
    from worker.track.own_copy import is_same_mail as is_same_mail
    from worker.track.reports import ReturnedMail as ReturnedMail
    from worker.track.reports import read_report as read_report
else:
    __getattr__ = lazily(
        __name__,
        events=("ReportEffect",),
        overdue=("overdue_from",),
        own_copy=("is_same_mail",),
        reports=("ReturnedMail", "read_report"),
    )
