"""The long run: loops, reload, watchdog, shutdown. Ports are bound to adapters in ``wiring`` and ``readers`` alone.

Takes a configuration's directory; gives an ``Office`` for a command, or the service until it is stopped. Start
reading at ``wiring``, then ``service``.
"""
