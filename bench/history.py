"""Takes a former state of the program out of this repository's history, to be measured beside the present one."""

from __future__ import annotations

import compileall
import io
import subprocess
import tarfile
from pathlib import Path
from typing import Final

RELEASED: Final = "669d3fdfba650b45ab0d7dfe197b5d71903856f5"
"""The last commit of version 0.1.0 before the packages were made."""
BEFORE_PATH: Final = "b2ef36fbfc30b870e0b3a7ee86203047c1575afe"
"""The last commit before the main path was shortened and the store left SQLAlchemy, with the ink check."""
_ROOT: Final = Path(__file__).parent.parent


class HistoryMissing(Exception):
    """The history of this clone does not hold a commit."""


def extract(commit: str, folder: Path) -> Path:
    """Writes the files of ``commit`` to ``folder``, compiled, and returns ``folder``. Raises HistoryMissing."""
    try:
        # No shell is involved, and the commit is a constant.
        git = ["git", "-C", str(_ROOT), "archive", commit]
        archive = subprocess.run(git, capture_output=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError) as error:
        raise HistoryMissing(
            f"the history of this clone does not hold commit {commit[:7]}; git fetch --unshallow brings all of it"
        ) from error
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tree:
        tree.extractall(folder, filter="data")
    compileall.compile_dir(folder / "worker", quiet=1)  # as after an installation
    return folder
