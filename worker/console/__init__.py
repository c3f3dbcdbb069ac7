"""The web console: the office's whole day in a browser, in a process and an account of its own.

A page shows what ``views`` computes, and a form ends in a function that the command line calls as well; nothing is
decided here. Start reading at ``app.py``, which names every page and every form once.
"""
