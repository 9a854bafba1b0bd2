# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

__all__ = ["whole_folder"]


@contextlib.contextmanager
def whole_folder(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """Write a folder so that a kill at any moment leaves no half one under its name.

    The block fills `<name>.tmp` beside it; its end takes away the old folder and renames. An exception removes the new one and leaves the old. What a killed
    process left under `<name>.tmp` goes with the next write. The files are not flushed one by one: after a power cut some may be empty.

    Args:
        folder: to write; its parents are made if missing.

    Yields:
        The temporary folder, empty.
    """
    folder = Path(folder)
    temporary = folder.with_name(f"{folder.name}.tmp")
    if temporary.exists():
        shutil.rmtree(temporary)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        if folder.exists():
            shutil.rmtree(folder)
        os.rename(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
