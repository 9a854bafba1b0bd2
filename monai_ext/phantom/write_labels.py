# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

from monai_ext.ops import atomic_file

from .angiogram import Angiogram
from .angiogram_labels import angiogram_labels
from .write_png import write_png

__all__ = ["write_labels"]


def write_labels(folder: Path, name: str, angiogram: Angiogram) -> None:
    """Writes all labels of one angiogram, each kind in its own folder.

    Files are `vessels/NAME.png` (0 and 255: the named segments), `tree/NAME.png` (with the side branches), `catheter/NAME.png`,
    `segments/NAME.png` (category ids 1 to 25 as in ARCADE, 0 elsewhere) and `labels/NAME.json` (see `angiogram_labels`).

    Args:
        folder: that holds those folders; they are made if missing.
        name: of the files, without ending; "00007/003" puts them one folder deeper.
        angiogram: whose labels to write.
    """
    for kind in ("vessels", "tree", "catheter", "segments"):
        write_png(folder / kind / f"{name}.png", getattr(angiogram, kind))
    with atomic_file(folder / "labels" / f"{name}.json") as temporary:
        temporary.write_text(json.dumps(angiogram_labels(angiogram), allow_nan=False) + "\n", encoding="utf-8")
