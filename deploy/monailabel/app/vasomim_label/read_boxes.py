# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from monai_ext.data.records import Box

from .slicer_grid import SlicerGrid

__all__ = ["read_boxes"]

_TO_LPS = {"LPS": (1, 1, 1), "RAS": (-1, -1, 1)}


def read_boxes(path: str | os.PathLike[str], source: str | os.PathLike[str]) -> dict[int | None, tuple[Box, ...]]:
    """The boxes in a label file of 3D Slicer's regions (markups JSON), by their frame: the way back from `BoxesToMarkupsd`.

    Args:
        path: of the label.
        source: the angiogram's file, which tells where Slicer shows its pixels.

    Returns:
        Boxes in pixels by the frame, from 0, on which the middle of the region lies; None where the file has one frame, or there is no region.

    Raises:
        ValueError: if the file is no such label; it is named.
    """
    grid = SlicerGrid.of(source)
    found: dict[int | None, list[Box]] = {}
    for middle, size in _regions(Path(path)):
        middle, size = middle / grid.spacing, size / grid.spacing
        x0, y0 = (middle - size / 2 + 0.5)[:2]
        frame = None if grid.frames == 1 else int(np.clip(np.rint(middle[2]), 0, grid.frames - 1))
        found.setdefault(frame, []).append(Box(x0, y0, x0 + size[0], y0 + size[1], "stenosis"))
    return {frame: tuple(boxes) for frame, boxes in found.items()} or {None: ()}


def _regions(path: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    """Middle and size of each, (x, y, z) in mm, LPS."""
    try:
        markups = json.loads(path.read_text(encoding="utf-8"))["markups"]
        return [(_three(markup, "center") * _lps(markup), _three(markup, "size")) for markup in markups]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"the label '{path}' must hold regions of 3D Slicer, it does not ({error}).") from error


def _three(markup: dict[str, Any], key: str) -> np.ndarray:
    values = np.array(markup[key], float)
    if values.shape != (3,) or not np.isfinite(values).all():
        raise ValueError(f"{key} must be three numbers, got {markup[key]}")
    if key == "size" and values[:2].min() <= 0:
        raise ValueError(f"size must be above 0, got {markup[key]}")
    return values


def _lps(markup: dict[str, Any]) -> np.ndarray:
    return np.array(_TO_LPS[markup.get("coordinateSystem", "LPS")])
