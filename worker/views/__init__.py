"""What is shown to people, in whatever program shows it.

Takes submissions and configuration; gives tasks, a mail laid out before its sending, projects row by row, and what a
changed rule would do otherwise. Start reading at ``tasks``, then ``preview``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.views.preview import SubmissionView as SubmissionView
    from worker.views.preview import render_view as render_view
    from worker.views.project_status import project_rows as project_rows
    from worker.views.rule_replay import Difference as Difference
    from worker.views.tasks import Task as Task
    from worker.views.tasks import Urgency as Urgency
    from worker.views.tasks import open_tasks as open_tasks
else:
    __getattr__ = lazily(
        __name__,
        preview=("SubmissionView", "render_view"),
        project_status=("project_rows",),
        rule_replay=("Difference",),
        tasks=("Task", "Urgency", "open_tasks"),
    )
