# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows: others are not noticed
    fcntl = None

__all__ = ["exclusive_file"]


@contextlib.contextmanager
def exclusive_file(path: str | os.PathLike[str]) -> Iterator[bool]:
    """A file that one process at a time holds, while the block runs; the system lets go of a killed one's.

    Args:
        path: of the file, made if missing.

    Yields:
        Whether this process holds it.

    Raises:
        OSError: if it cannot be written.
    """
    with open(path, "w") as file:
        held = True
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            held = False
        yield held
