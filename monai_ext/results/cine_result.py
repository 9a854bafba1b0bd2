# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from monai_ext.ops import Lesion, VesselPath, measure_vessels

__all__ = ["Algorithm", "CineResult"]


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """What found it, so that a result can be told from another's years later.

    Attributes:
        name: of the bundle, as people know it.
        version: of the bundle.
        weights: SHA-256 of the weights file, hexadecimal.
    """

    name: str
    version: str
    weights: str


@dataclass(frozen=True, eq=False, kw_only=True)
class CineResult:
    """What was found on the frames of one file: masks, boxes or both. Every writer takes one.

    Attributes:
        source: the file, DICOM or not.
        name: of its results, a relative path without suffix, such as `left/7`.
        algorithm: that found it.
        frames: (n, rows, columns), uint8; as shown, vessels dark.
        numbers: of these frames in the file, counted from 0, rising.
        class_names: of the classes 1, 2, ... of the masks.
        masks: (n, rows, columns), uint8, class numbers, 0 where there is none; None if no masks were asked for.
        boxes: n arrays (k, 4), float32, x0 y0 x1 y1 in pixels, x along columns; None if no boxes were asked for.
        scores: n arrays (k,), float32 in [0, 1], of the boxes.
        lesions: boxes linked over the frames, see `link_boxes`; their frames are numbers in the file.
        spacing: (row, column) distance of pixel centres in mm, where the vessel is; None if unknown.
        spacing_origin: how the spacing is known, for people: "calibrated", "geometry of the C-arm", "given", ...; "" if unknown.
        frame_time: milliseconds between frames; None if unknown.
    """

    source: Path
    name: str
    algorithm: Algorithm
    frames: np.ndarray = field(repr=False)
    numbers: Sequence[int]
    class_names: Sequence[str] = ()
    masks: np.ndarray | None = field(default=None, repr=False)
    boxes: Sequence[np.ndarray] | None = field(default=None, repr=False)
    scores: Sequence[np.ndarray] | None = field(default=None, repr=False)
    lesions: Sequence[Lesion] = ()
    spacing: tuple[float, float] | None = None
    spacing_origin: str = ""
    frame_time: float | None = None

    @cached_property
    def vessel_paths(self) -> list[list[tuple[int, VesselPath]]]:
        """For each frame its vessels with the number of their class, class by class, the longest first; measured when first asked for.

        References:
            `measure_vessels`, which `spacing` makes measure in mm.
        """
        return [self._measured(mask) for mask in self.masks] if self.masks is not None else [[] for _ in self.frames]

    def _measured(self, mask: np.ndarray) -> list[tuple[int, VesselPath]]:
        classes = np.unique(mask[mask > 0]).tolist()
        return [(number, path) for number in classes for path in measure_vessels(mask == number, self.spacing)]
