"""The first step: what is new in the mailboxes and in the notices folder.

Takes a mailbox or a folder and its ledger; gives the messages and files to be read. Start reading at ``plan``;
``imap/`` and ``folder/`` act.
"""
