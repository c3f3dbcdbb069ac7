"""The log of everything that happened.

Takes entries; gives the chain of their hashes, the verification that a log still is what was written, and the
sent-mail log for an auditor. Start reading at ``chain``, then ``verify``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.audit.chain import Line as Line
    from worker.audit.chain import canonical as canonical
    from worker.audit.chain import fold as fold
    from worker.audit.sent_log import LogRow as LogRow
    from worker.audit.sent_log import log_rows as log_rows
    from worker.audit.verify import Verdict as Verdict
else:
    __getattr__ = lazily(
        __name__,
        chain=("Line", "canonical", "fold"),
        sent_log=("LogRow", "log_rows"),
        verify=("Verdict",),
    )
