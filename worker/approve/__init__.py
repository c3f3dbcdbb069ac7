"""The sixth step: releases a draft, by the policy or by a person.

Takes a draft with its open holds and a person's answers; gives APPROVED from a moment, HELD with reasons, or
HANDED_OVER. Start reading at ``reevaluate``, which runs match → compose → check → release, then ``decisions``.
"""
