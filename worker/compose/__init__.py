"""The fifth step: composes the draft of a submission and checks it against mis-sends.

Takes notice, project, rule and templates; gives a ``Draft`` with the bytes of its mail, or every reason why there is
no draft yet. Start reading at ``compose``, then ``checks``, ``mime_write`` and ``mime_verify``.
"""
