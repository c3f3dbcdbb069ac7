"""Accounts of people: who may do what, their passwords, invitations, logins and sessions.

Takes a person's login or an administrator's change; gives a session, an account, or the reason for a refusal. Start
reading at ``login``, then ``people``; ``argon2`` makes and checks the hashes of passwords.
"""
