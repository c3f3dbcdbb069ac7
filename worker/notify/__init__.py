"""The last step: what people are told.

Takes alarms, and everything that is open; gives the mail to the operator, the digest and the escalation. Start reading
at ``operator_mail``, then ``digest``; ``operator_command`` runs the operator's own program.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.notify.digest import write_digest as write_digest
    from worker.notify.digest import write_escalation as write_escalation
    from worker.notify.operator_mail import write_alarm_mail as write_alarm_mail
    from worker.notify.operator_mail import write_status as write_status
    from worker.notify.ports import OperatorCommand as OperatorCommand
else:
    __getattr__ = lazily(
        __name__,
        digest=("write_digest", "write_escalation"),
        operator_mail=("write_status", "write_alarm_mail"),
        ports=("OperatorCommand",),
    )
