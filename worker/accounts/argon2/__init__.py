"""Hashes passwords with Argon2id through argon2-cffi (libargon2); part of ``hoshobin[console]``.

Start reading at ``hasher``; the worker does not load it.
"""
