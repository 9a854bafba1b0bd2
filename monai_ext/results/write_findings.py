# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from monai_ext.ops import VesselPath, atomic_file, json_rows

from .cine_result import CineResult

__all__ = ["write_findings"]

_UNITS = {
    "frame": "number in the file, counted from 0",
    "spacing": "row and column distance of pixel centres in mm, where the vessel is; null if unknown",
    "frame_time": "milliseconds between frames; null if unknown",
    "area": "pixels of each class that is seen",
    "vessels": "of the masks, from one end or bifurcation to the next, the longest first of each class",
    "line": "x, y and diameter along the centreline; x and y in pixels, x along columns; pixel (0, 0) covers 0..1",
    "length": "mm if the spacing is known, else pixels; diameters likewise, measured away from the ends",
    "box": "x0 y0 x1 y1 in pixels, x along columns; pixel (0, 0) covers 0..1",
    "score": "0..1, 1 is sure",
    "lesion": "a box linked over frames; box and score are those of its best frame",
}


def write_findings(result: CineResult, path: str | os.PathLike[str]) -> None:
    """All that was found as one JSON file, a line a frame; what its entries mean, and their units, stands in it under `units`.

    Coordinates are rounded to 0.1 pixel, diameters and lengths to 0.01, scores to 0.0001. Nothing comes from a DICOM header but the spacing, the frame time and the
    size.

    Args:
        result: to write.
        path: of the file.

    Raises:
        OSError: if it cannot be written.
    """
    content = {
        "file": Path(result.name).with_name(result.source.name).as_posix(),
        "algorithm": asdict(result.algorithm),
        "height": result.frames.shape[1],
        "width": result.frames.shape[2],
        "spacing": result.spacing and [round(float(step), 6) for step in result.spacing],
        "spacing_origin": result.spacing_origin,
        "frame_time": result.frame_time,
        "classes": list(result.class_names),
        "units": _UNITS,
        "lesions": [lesion.describe(number) for number, lesion in enumerate(result.lesions, 1)],
        "frames": [_frame(result, place) for place in range(len(result.frames))],
    }
    with atomic_file(path) as temporary:
        temporary.write_text(json_rows(content), encoding="utf-8")


def _frame(result: CineResult, place: int) -> dict[str, Any]:
    frame: dict[str, Any] = {"frame": int(result.numbers[place])}
    if result.masks is not None:
        counts = np.bincount(result.masks[place].ravel(), minlength=len(result.class_names) + 1)[1:]
        frame["area"] = {name: int(count) for name, count in zip(result.class_names, counts, strict=True) if count}
        frame["vessels"] = [_vessel(name, vessel) for name, vessel in _vessels(result, place)]
    if result.boxes is not None:
        found = zip(result.boxes[place], result.scores[place], strict=True)
        frame["boxes"] = [{"box": _box(box), "score": round(float(score), 4)} for box, score in found]
    return frame


def _vessels(result: CineResult, place: int) -> list[tuple[str, VesselPath]]:
    names = result.class_names
    return [(names[number - 1], path) for number, path in result.vessel_paths[place]]


def _vessel(name: str, vessel: VesselPath) -> dict[str, Any]:
    columns = vessel.points[:, 1] + 0.5, vessel.points[:, 0] + 0.5, vessel.diameter
    x, y, diameter = (
        np.round(values.astype(float), digits).tolist() for values, digits in zip(columns, (1, 1, 2), strict=True)
    )
    return {
        "class": name,
        "length": round(float(vessel.distance[-1]), 2),
        "mean_diameter": round(vessel.mean_diameter, 2),
        "min_diameter": round(vessel.min_diameter, 2),
        "max_diameter": round(vessel.max_diameter, 2),
        "line": list(zip(x, y, diameter, strict=True)),
    }


def _box(box: Any) -> list[float]:
    return [round(float(value), 2) for value in box]
