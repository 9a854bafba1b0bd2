# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from monai_ext.ops import exclusive_file

__all__ = ["work_folder", "work_of"]


@contextlib.contextmanager
def work_folder(out: Path) -> Iterator[Path]:
    """Folder beside a corpus for what is not finished, kept when the run ends or is killed; one run at a time.

    Args:
        out: folder of the corpus.

    Yields:
        The folder `<out>.work`, with `scan` and `shards` in it, readable by its owner alone.

    Raises:
        ValueError: if another run is at work there.
    """
    folder = work_of(out)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)  # results hold names of files
    for name in ("scan", "shards"):
        (folder / name).mkdir(exist_ok=True)
    with exclusive_file(folder / "lock") as held:
        if not held:
            raise ValueError(f"'{out}' must be made by one run at a time, another one is at work in '{folder}'.")
        for left in [*folder.glob("scan/*.at"), *folder.glob("*/*.tmp")]:
            left.unlink(missing_ok=True)
        yield folder


def work_of(out: Path) -> Path:
    """Where the unfinished work of a corpus lies."""
    return out.with_name(f"{out.name}.work")
