"""The order: it alone knows which step follows which.

Takes the ports of all steps; gives one pass over everything due, each step recorded before the next. Start reading at
``pipeline``. ``watch``, ``read``, ``record``, ``track``, ``reevaluate``, ``send``, ``remind`` and ``notify`` are steps;
the other modules serve them.
"""

from worker.core.lazy import lazily

TYPE_CHECKING = False
if TYPE_CHECKING:
    from worker.pipeline.invoices import with_invoices as with_invoices
    from worker.pipeline.pipeline import Pass as Pass
    from worker.pipeline.pipeline import Pipeline as Pipeline
    from worker.pipeline.pipeline import run_once as run_once
    from worker.pipeline.start import record_start as record_start
else:
    __getattr__ = lazily(
        __name__,
        invoices=("with_invoices",),
        pipeline=("Pass", "Pipeline", "run_once"),
        start=("record_start",),
    )
