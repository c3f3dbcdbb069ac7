"""The fourth step: matches a notice to a registered project, and decides whether it is new.

Takes a notice, the register and the submissions so far; gives one project, proposals for a person, or a hold.
Start reading at ``match``.
"""
