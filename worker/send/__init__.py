"""The seventh step: hands one submission at a time to the mail server.

Takes an approved draft's bytes; gives what follows from each answer of the server, and when to try again. Start
reading at ``ports``, then ``smtp_verdicts`` and ``outcomes``; ``smtp/`` speaks to the server.
"""
