"""Adapters: the files that act. Foreign exceptions are translated here and nowhere else."""
