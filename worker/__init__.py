"""hoshobin (保証便): a notice PDF in, one compliant submission in the issuer's mailbox, and a log of it.

The packages of the steps, in the order in which a notice meets them; ``pipeline.pipeline`` has the order of the calls::

    watch → read → authenticate → match → compose → approve → send → track → notify

``store`` and ``audit`` record each step before the next begins. ``core`` and ``config`` are the words of all steps;
``views`` is what people are shown. A step decides and does no I/O; what acts for it is a sub-package named after its
technology (``watch.imap``, ``send.smtp``). ``service`` and ``cli`` start it all; ``service.wiring`` binds the adapters.
Start reading at ``pipeline``, then ``core.model`` and ``core.states``; ``docs/architecture.md`` has the rules.
"""
