"""The vocabulary that every step shares; it imports no other package of ours.

Takes and gives no data: it holds frozen values (``model``, ``rulebook``), the one table of states, the families of
errors, text, dates and office hours, and every sentence for people (``messages/``). Start reading at ``model``, then
``states``.
"""
