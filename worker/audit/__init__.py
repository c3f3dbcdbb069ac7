"""The log of everything that happened.

Takes entries; gives the chain of their hashes, the verification that a log still is what was written, and the
sent-mail log for an auditor. Start reading at ``chain``, then ``verify``.
"""
