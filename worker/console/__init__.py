"""The web console: the office's whole day in a browser, in a process and an account of its own.

Takes what people look at and send; gives pages of what ``views`` computes, and ends each form in a function that the
command line calls as well. Nothing is decided here. Start reading at ``app.py``, which names every page and form once.
"""
