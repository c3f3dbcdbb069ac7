"""The third step: authenticates the sender of a mail.

Takes the mail's header fields and its server's Authentication-Results; gives ``SenderAuth``, which gives the
verdict for a guarantor and its evidence. Start reading at ``sender_auth``; ``dkim/`` asks the DNS for keys.
"""
