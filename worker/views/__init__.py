"""The views that every program shows to people.

Takes submissions and configuration; gives tasks, a preview of a mail, projects row by row, and the effect of a
changed rule. Start reading at ``tasks``, then ``preview``.
"""
