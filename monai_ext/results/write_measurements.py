# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from monai_ext.ops import atomic_file, sheet_name

from .cine_result import CineResult

__all__ = ["write_measurements"]

_COLUMNS = (
    "file", "frame", "kind", "name", "number", "unit", "area", "length", "mean_diameter", "min_diameter", "max_diameter", "score", "x0", "y0", "x1", "y1",
)  # fmt: skip

Row = dict[str, Any]


def write_measurements(result: CineResult, path: str | os.PathLike[str]) -> None:
    """What was measured as a table, one row a class, vessel or lesion and frame; classes that are not seen in a frame have no row there.

    Columns: file; frame, counted from 0; kind, one of class, vessel (of the masks, from one end or bifurcation to the next) and lesion (a box linked over frames); name of the
    class; number of the vessel in its frame (1 is the longest of its class) or of the lesion in the file; unit, mm or px, of lengths, diameters and the square root of areas;
    score, 0..1; x0 y0 x1 y1, in pixels, x along columns, pixel (0, 0) covers 0..1: the box of the lesion, or around the class or centreline.

    Args:
        result: to write.
        path: of the file, CSV with commas, UTF-8.

    Raises:
        OSError: if it cannot be written.
    """
    file = sheet_name(Path(result.name).with_name(result.source.name).as_posix())
    with atomic_file(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as table:
        writer = csv.DictWriter(table, _COLUMNS)
        writer.writeheader()
        for place, frame in enumerate(result.numbers):
            shared = {"file": file, "frame": frame, "unit": "mm" if result.spacing else "px"}
            writer.writerows({**shared, **row} for row in _rows(result, place, frame))


def _rows(result: CineResult, place: int, frame: int) -> Iterator[Row]:
    if result.masks is not None:
        yield from _classes(result, result.masks[place])
        yield from _vessels(result, place)
    for number, lesion in enumerate(result.lesions, 1):
        if frame in lesion.frames:
            at = lesion.frames.index(frame)
            score = round(float(lesion.scores[at]), 4)
            yield {
                "kind": "lesion",
                "name": "stenosis",
                "number": number,
                "score": score,
                **_box(*lesion.boxes[at].tolist()),
            }


def _classes(result: CineResult, mask: np.ndarray) -> Iterator[Row]:
    pixel = float(np.prod(result.spacing or (1, 1)))
    for number, name in enumerate(result.class_names, 1):
        rows, columns = np.nonzero(mask == number)
        if len(rows):
            box = _box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            yield {"kind": "class", "name": name, "area": round(len(rows) * pixel, 2), **box}


def _vessels(result: CineResult, place: int) -> Iterator[Row]:
    counts: dict[int, int] = {}
    for number, path in result.vessel_paths[place]:
        counts[number] = counts.get(number, 0) + 1
        low, high = path.points.min(0) + 0.5, path.points.max(0) + 0.5
        measured = {"length": path.distance[-1], "mean_diameter": path.mean_diameter}
        measured |= {"min_diameter": path.min_diameter, "max_diameter": path.max_diameter}
        rounded = {column: round(float(value), 2) for column, value in measured.items()}
        own = {"kind": "vessel", "name": result.class_names[number - 1], "number": counts[number]}
        yield {**own, **rounded, **_box(low[1], low[0], high[1], high[0])}


def _box(*sides: float) -> Row:
    return {column: round(float(side), 2) for column, side in zip(("x0", "y0", "x1", "y1"), sides, strict=True)}
