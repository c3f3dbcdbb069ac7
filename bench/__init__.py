"""The measurements of docs/performance.md: ``make bench``, or ``python -m bench [reading] [backlog] [memory]``.

They compare two ways of doing the same within one run and print the ratio, so that a slow or busy machine gives the
same result as a fast one. Nothing here passes or fails, and nothing here is part of the product.
"""
