"""hoshobin (保証便): a notice PDF in, one compliant submission in the issuer's mailbox, and a log of it.

The flow, which ``pipeline/`` writes down in this order and nobody else knows::

    watch → read → match → compose → approve → send → track → tell        (audit: every step leaves an entry)

A file directly in ``worker/`` decides and does no I/O; a file in ``worker/adapters/`` acts;
``pipeline/`` is where the two meet. Start reading there, then ``model.py`` (the vocabulary) and
``states.py`` (the one table of states); ``docs/architecture.md`` lists every room.
"""
