"""Binds the ports of reading to the pools of children. It loads little: a start of the service begins here."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from worker.read.pdf.pool import PdfPool, PicturePool

READER: Final = "HOSHOBIN_READER"
"""The variable with the place of ``hoshobin-reader.socket``; the units and the short command set it."""


def build_reader(most: int | None = None, env: Mapping[str, str] = os.environ) -> PdfPool:
    """The reader of PDFs, in at most so many children; no child is started yet.

    They are those of the reader at the socket that ``READER`` of the environment names, else this process's own.
    """
    return PdfPool(most, reader=_reader_socket(env))


def build_picture_reader(most: int | None = None, env: Mapping[str, str] = os.environ) -> PicturePool:
    """The reader that draws pages of PDFs, in at most so many children, as ``build_reader`` starts them."""
    return PicturePool(most, reader=_reader_socket(env))


def _reader_socket(env: Mapping[str, str]) -> Path | None:
    return Path(named) if (named := env.get(READER)) else None
