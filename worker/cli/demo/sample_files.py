"""The sample PDFs of the demonstration; ``doctor`` reads one of them too."""

from __future__ import annotations

import importlib.resources
from typing import Final

_SAMPLES: Final = importlib.resources.files("worker.cli.demo").joinpath("samples")


def sample_pdf(name: str) -> bytes:
    """Returns the bytes of a sample, e.g. ``sample_pdf("notice-contract.pdf")``."""
    return _SAMPLES.joinpath(name).read_bytes()
