"""The durable records: entries, submissions, notices, ledgers, originals.

Takes the records of a step in one transaction; gives committed records. Start reading at ``ports``; ``sqlite/``
implements it.
"""
