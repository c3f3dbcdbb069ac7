"""Logins by token, for Microsoft 365 and Google.

Takes a login that a person gave once; gives a token that a server accepts, and renews it. Start reading at ``tokens``,
which decides; ``endpoint``, ``files`` and ``source`` act.
"""
