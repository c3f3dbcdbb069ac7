"""The office's configuration.

Takes the bytes of TOML files; gives one ``Configuration``, or every problem with its place at once. ``editing/``
changes the files of projects and issuers on behalf of a person. Start reading at ``load``.
"""
