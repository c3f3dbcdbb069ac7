"""The order: it alone knows which step follows which.

Takes the ports of all steps; gives one pass over everything due, each step recorded before the next. Start reading at
``pipeline``, then ``one_pass`` and ``intake``.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.pipeline.draft import guarantees_of as guarantees_of
    from worker.pipeline.draft import with_invoices as with_invoices
    from worker.pipeline.one_pass import Pass as Pass
    from worker.pipeline.one_pass import finish_pass as finish_pass
    from worker.pipeline.one_pass import run_once as run_once
    from worker.pipeline.pipeline import Pipeline as Pipeline
    from worker.pipeline.start import record_start as record_start
else:
    __getattr__ = lazily(
        __name__,
        draft=("guarantees_of", "with_invoices"),
        one_pass=("Pass", "finish_pass", "run_once"),
        pipeline=("Pipeline",),
        start=("record_start",),
    )
