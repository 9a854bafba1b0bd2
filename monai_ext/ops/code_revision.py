# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
import subprocess
from pathlib import Path

__all__ = ["code_revision"]


def code_revision(folder: str | os.PathLike[str] = Path(__file__).parents[1]) -> str | None:
    """The git revision of the code that runs, with `-dirty` where tracked files differ from it.

        code_revision()  # 478a1373a1d0b5bd0a3c9b1e5f1f1c3f5f5a5b5c-dirty

    Args:
        folder: of the package.

    Returns:
        40 digits; None where there is no git, or the package is not a part of the checkout around it (an installed one in a project's
        virtual environment).
    """
    tracked = _git(folder, "ls-files", "--error-unmatch", "__init__.py")
    return tracked and _git(folder, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")


def _git(folder: str | os.PathLike[str], *words: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", folder, *words], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
