"""hoshobin (保証便): a notice PDF in, one compliant submission in the issuer's mailbox, and a log of it.

The flow, which ``pipeline.py`` writes down in this order and nobody else knows::

    watch → read → match → compose → approve → send → track        (audit: every step leaves an entry)

A file directly in ``worker/`` decides and does no I/O; a file in ``worker/adapters/`` acts;
``pipeline.py`` is where the two meet. Start reading at ``pipeline.py``, then ``model.py`` (the
vocabulary) and ``states.py`` (the one table of states).
"""
