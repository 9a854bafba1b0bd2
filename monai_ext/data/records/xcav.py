# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .found_files import FoundFiles
from .listing import Listing
from .record import Record

__all__ = ["read_xcav"]

_Key = tuple[Path, str, str]
"""Case, sequence, number of a frame."""

_CATHETER = "CATH"


def read_xcav(folder: Path) -> Listing:
    """XCAV, also called XACV: `CVAI-NNNN/images/<seq>/NNNNN.png`, the whole or a case.

    Masks lie in `ground_truth/<seq>/`, vessels, and `ground_truth/<seq>CATH/`, catheter; few frames of a sequence have them. Frame and mask
    belong together by their number, however many zeros lead it.

    Args:
        folder: data set, `XACV` or a case.

    Returns:
        One record a frame, with patient (case) and video (sequence); labels "vessels" and "catheter" where there is a mask.

    Raises:
        ValueError: if there is no frame.
    """
    files = FoundFiles(folder)
    frames, masks = [], {"vessels": {}, "catheter": {}}
    for path in files.images:
        kind = path.parent.parent.name
        if kind == "images":
            frames.append(path)
        elif kind == "ground_truth":
            sequence = path.parent.name
            name = "catheter" if sequence.endswith(_CATHETER) else "vessels"
            masks[name][_key(path, sequence.removesuffix(_CATHETER))] = path
        else:
            files.left_out["images outside of 'images' and 'ground_truth'"] += 1
    records = list(_records(frames, masks))
    for path in (path for found in masks.values() for path in found.values()):
        files.blame(path, "the frame of the mask is missing")
    return files.listing("xcav", records)


def _records(frames: list[Path], masks: dict[str, dict[_Key, Path]]) -> Iterator[Record]:
    """Takes the masks that have a frame out of `masks`."""
    for path in frames:
        case, sequence, number = _key(path, path.parent.name)
        found = {name: masks[name].pop((case, sequence, number), None) for name in masks}
        labels = {name: mask for name, mask in found.items() if mask}
        yield Record(path, "xcav", patient=case.name, video=f"{case.name}/{sequence}", labels=labels)


def _key(path: Path, sequence: str) -> _Key:
    return path.parents[2], sequence, path.stem.lstrip("0") or "0"
