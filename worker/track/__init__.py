"""The eighth step: reads what came back, and decides when silence is too long.

Takes delivery reports, read receipts, replies and our own copy; gives the event that follows for the submission.
Start reading at ``reports``, then ``events``.
"""
