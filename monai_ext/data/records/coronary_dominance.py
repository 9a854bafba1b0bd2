# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from pathlib import Path

from .found_files import FoundFiles
from .listing import Listing
from .record import Record

__all__ = ["read_coronary_dominance"]

_SIDE = re.compile(r"(left|right)[ _-]?dominan(?:ce|t)", re.IGNORECASE)


def read_coronary_dominance(folder: Path) -> Listing:
    """CoronaryDominance, unpacked: a folder a study in `Left Dominance/` and `Right Dominance/`.

    The study counts as the patient, the folders below it as the video. Broken images are records all the same, but empty files are faults.

    Args:
        folder: data set, a side or a study.

    Returns:
        One record an image, label "dominance": "left" or "right".

    Raises:
        ValueError: if there is no image in a folder of a side.
    """
    files = FoundFiles(folder)
    records = []
    for path in files.images:
        sides = [i for i, name in enumerate(path.parts[:-1]) if _SIDE.fullmatch(name)]
        if sides:
            records.append(_record(path, path.parts[sides[-1] : -1]))
        else:
            files.left_out["images outside of 'Left Dominance' and 'Right Dominance'"] += 1
    return files.listing("coronary_dominance", records)


def _record(path: Path, folders: tuple[str, ...]) -> Record:
    """A record of an image in a side's folder and those below it; the number of a study may occur on both sides."""
    return Record(
        path,
        "coronary_dominance",
        patient="/".join(folders[:2]) if len(folders) > 1 else None,
        video="/".join(folders) if len(folders) > 2 else None,
        labels={"dominance": _SIDE.fullmatch(folders[0])[1].lower()},
    )
