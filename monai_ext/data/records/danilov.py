# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

from .box import Box
from .found_files import FoundFiles
from .good_boxes import good_boxes
from .listing import Listing
from .read_text import read_text
from .read_xml import read_xml
from .record import Record

__all__ = ["read_danilov"]

_NAME = re.compile(r"\d+_(\d+)_(\d+)_\d+")
_SPLITS = {"train_labels.csv": "train", "test_labels.csv": "test"}


def read_danilov(folder: Path) -> Listing:
    """Danilov's stenoses: `14_{patient}_{video}_{frame}.bmp` with boxes in an `.xml` of the same name.

    Boxes are taken as written: labelImg writes edges in pixels from 0, not the indices from 1 of Pascal VOC. The official split is that of
    `train_labels.csv` and `test_labels.csv`; nearly all patients are on both sides of it, so `split_by_patient` is what to use.
    A box without an area is left out; an image that has no other has no label.

    Args:
        folder: data set, or the folder `dataset` without the official split.

    Returns:
        One record an image, with patient and video; label "boxes".

    Raises:
        ValueError: if there is no image.

    References:
        Danilov, V. V. et al. Real-time coronary artery stenosis detection based on modern neural networks. Sci Rep 11 (2021).
    """
    files = FoundFiles(folder)
    splits = _splits(files)
    boxes = {path.with_suffix(""): path for path in files.take(lambda path: path.suffix.lower() == ".xml")}
    records = [_record(files, path, boxes.pop(path.with_suffix(""), None), splits) for path in files.images]
    for path in boxes.values():
        files.blame(path, "the image of the boxes is missing")
    return files.listing("stenosis", records)


def _record(files: FoundFiles, path: Path, boxes: Path | None, splits: dict[str, str]) -> Record:
    match = _NAME.fullmatch(path.stem)
    patient, video = match.groups() if match else (None, None)
    return Record(
        path,
        "stenosis",
        patient=patient,
        video=f"{patient}_{video}" if match else None,
        split=splits.get(path.stem),
        labels=_labels(files, path, boxes),
    )


def _labels(files: FoundFiles, path: Path, boxes: Path | None) -> dict[str, tuple[Box, ...]]:
    if boxes is None:
        files.blame(path, "there are no boxes (.xml) beside the image")
        return {}
    try:
        return {"boxes": good_boxes(files, boxes, map(_row, read_xml(boxes).iter("object")))}
    except (TypeError, ValueError, LookupError, OSError) as error:
        files.blame(boxes, f"the boxes cannot be read ({error})")
        return {}


def _row(row: ElementTree.Element) -> tuple[float, float, float, float, str]:
    edges = [row.findtext(f"bndbox/{edge}") for edge in ("xmin", "ymin", "xmax", "ymax")]
    if None in edges:
        raise ValueError("an object has no bndbox with xmin, ymin, xmax and ymax")
    return *map(float, edges), row.findtext("name", "Stenosis").strip()


def _splits(files: FoundFiles) -> dict[str, str]:
    """Official split by stem; images on both sides have none."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in files.take(lambda path: path.name in _SPLITS):
        try:
            for row in csv.DictReader(read_text(path).splitlines()):
                found[Path(row["filename"]).stem].add(_SPLITS[path.name])
        except (OSError, KeyError, TypeError, csv.Error):
            files.blame(path, "the split must be a table with the column 'filename'; it is not read to its end")
    both = [name for name, splits in found.items() if len(splits) > 1]
    if both:
        files.blame(
            files.folder,
            f"{len(both)} images are in both the train and the test split, the first: {both[0]}; they are in none",
        )
    return {name: splits.pop() for name, splits in found.items() if len(splits) == 1}
