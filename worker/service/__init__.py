"""The long run: loops, reload, watchdog, shutdown; and ``wiring``, the only place that binds ports to adapters.

Takes a configuration's directory; gives an ``Office`` for a command, or the service until it is stopped. Start
reading at ``wiring``, then ``service``.
"""
