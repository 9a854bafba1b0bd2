# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["walk_files"]


def walk_files(folder: str | os.PathLike[str], on_error: Callable[[OSError], None] | None = None) -> Iterator[Path]:
    """Every file below a folder, sub-folders in the order of their names; links are followed, but not in circles.

    Args:
        folder: where to begin.
        on_error: called for a folder that cannot be read, which is passed over; left out, it is passed over in silence.

    Yields:
        Paths that begin with `folder`; broken links are among them.
    """
    entered: set[str] = set()
    for base, names, files in os.walk(folder, onerror=on_error, followlinks=True):
        entered.add(os.path.realpath(base))
        names[:] = sorted(name for name in names if os.path.realpath(os.path.join(base, name)) not in entered)
        yield from (Path(base, name) for name in files)
