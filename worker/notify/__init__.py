"""The last step: notifies people.

Takes alarms, and everything that is open; gives the mail to the operator, the digest and the escalation. Start
reading at ``operator_mail``, then ``digest``; ``operator_command`` runs the operator's own program.
"""
