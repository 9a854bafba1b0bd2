# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
import os
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from monai.utils import CommonKeys
from numpy import ndarray
from torch import Tensor

from .case_pictures import CasePictures
from .draw_overlays import Overlay, draw_overlays

__all__ = ["OverlayPictures"]


class OverlayPictures(CasePictures):
    """Draws the images that an evaluation went best, middling and worst on into `overlays.png` (`draw_overlays`).

    Predictions are kept compressed, some kB each. The evaluator has `decollate=True` and a postprocessing that makes class maps; item i
    of its dataset has `image` (1, height, width), standardised, and `label` (1, height, width), a class map.

    Args:
        folder: where the picture goes; made if missing.
        metric: attached to the same engine, has `rows`, `measures` and `names` as `SegmentationQuality`.
        mean: of grey values in [0, 1], to undo the standardisation.
        std: of grey values in [0, 1].
        files: names of the images, in the order of the data; their numbers when left out.
        count: number of images of each of the three kinds, fewer where the data has fewer than three times as many.
        measure: that decides.

    Raises:
        ValueError: if count or std is not positive, or the metric has no such measure.
    """

    name = "overlays"
    low_is_good = frozenset({"hd95"})
    names = {"dice": "Dice", "cldice": "clDice", "hd95": "HD95"}  # noqa: RUF012

    def __init__(
        self,
        folder: str | os.PathLike[str],
        metric: Any,
        *,
        mean: float,
        std: float,
        files: Sequence[str] | None = None,
        count: int = 3,
        measure: str = "dice",
    ) -> None:
        if std <= 0:
            raise ValueError(f"std must be positive, got {std}.")
        if measure not in metric.measures:
            raise ValueError(
                f"measure must be one of the metric's, {', '.join(metric.measures)}, got {measure}; add it there."
            )
        super().__init__(folder, metric, files=files, count=count, measure=measure)
        self.mean, self.std = mean, std

    def pack(self, output: Sequence[Mapping[str, Tensor]]) -> list[bytes]:
        """The class maps, compressed."""
        return [zlib.compress(_plane(one[CommonKeys.PRED]).astype(np.uint8).tobytes(), level=1) for one in output]

    def case(self, title: str, item: Mapping[str, Tensor], packed: bytes) -> Overlay:
        """Image, label and prediction."""
        image, label = _plane(item[CommonKeys.IMAGE]), _plane(item[CommonKeys.LABEL]).astype(np.uint8)
        prediction = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(label.shape)
        return Overlay(title, image * self.std + self.mean, label, prediction)

    def figure(self, rows: Mapping[str, Sequence[Overlay]], title: str) -> Figure:
        """See `draw_overlays`."""
        return draw_overlays(rows, self.metric.names, title=title)

    def says(self, row: Mapping[str, float]) -> list[str]:
        """Dice, clDice and what decides."""
        shown = dict.fromkeys(["dice", "cldice", self.measure])
        return [self._said(measure, row[measure]) for measure in shown if not math.isnan(row.get(measure, math.nan))]

    def _said(self, measure: str, value: float) -> str:
        unit = f"{value:.1f} px" if measure == "hd95" else f"{value:.2f}"
        return f"{self.names.get(measure, measure)} {unit}"


def _plane(tensor: Tensor) -> ndarray:
    """(1, height, width) to (height, width)."""
    return torch.as_tensor(tensor).detach().cpu().numpy()[0]
