"""The order: it alone knows which step follows which.

Takes the ports of all steps; gives one pass over everything due, each step recorded before the next. Start reading at
``pipeline``. ``watch``, ``read``, ``record``, ``track``, ``reevaluate``, ``send``, ``remind`` and ``notify`` are steps;
the other modules serve them.
"""
