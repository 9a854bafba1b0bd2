# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from .angiogram import Angiogram
from .write_labels import write_labels
from .write_png import write_png

__all__ = ["FolderWriter"]


class FolderWriter:
    """Angiograms as plain files: `images/NNNNN.png` and the labels of `write_labels`; NNNNN is the index.

    Images of more than 8 bits become 16-bit PNG with their grey values as they are, 0 to 2**bits - 1.
    """

    def write(self, folder: Path, index: int, angiogram: Angiogram) -> None:
        """Writes one angiogram into the folder of the data set."""
        write_png(folder / "images" / f"{index:05}.png", angiogram.image)
        write_labels(folder, f"{index:05}", angiogram)

    def finish(self, folder: Path, records: Iterable[None]) -> None:
        """Nothing is left to do when all are written."""
