"""The second step: what a mail is to us, and what its PDF says.

Takes raw bytes; gives a ``Notice``, or the reason why it must not be read as one. Start reading at ``message``, then
``classify`` and ``notice``; ``pdf/`` opens PDFs in child processes.
"""
