# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from matplotlib.figure import Figure
from monai.utils import CommonKeys
from numpy import ndarray
from torch import Tensor

from monai_ext.ops import match_boxes

from .case_pictures import CasePictures
from .draw_detections import Detections, draw_detections

__all__ = ["DetectionPictures"]


class DetectionPictures(CasePictures):
    """Draws the images that an evaluation went best, middling and worst on into `detections.png` (`draw_detections`), by the F1 of their boxes.

    Predictions below the metric's `score_threshold` are not drawn; images without a box and a prediction have no F1 and are not drawn either. The
    evaluator has `decollate=False` and puts out `pred` and `label`, lists of dicts as `DetectionQuality` takes them; item i of its dataset
    has `image` (1, height, width), uint8.

    Args:
        folder: where the picture goes; made if missing.
        metric: attached to the same engine, has `rows`, `score_threshold` and `iou` as `DetectionQuality`.
        files: names of the images, in the order of the data; their numbers when left out.
        count: number of images of each of the three kinds, fewer where the data has fewer than three times as many.

    Raises:
        ValueError: if count is not positive.
    """

    name = "detections"
    names = {"f1": "F1"}  # noqa: RUF012

    def __init__(
        self, folder: str | os.PathLike[str], metric: Any, *, files: Sequence[str] | None = None, count: int = 3
    ) -> None:
        super().__init__(folder, metric, files=files, count=count, measure="f1")

    def pack(self, output: Mapping[str, Sequence[Mapping[str, Tensor]]]) -> list[tuple[ndarray, ndarray, ndarray]]:
        """Predicted boxes, their scores, and true boxes."""
        pairs = zip(output[CommonKeys.PRED], output[CommonKeys.LABEL], strict=True)
        return [(_array(pred["boxes"]), _array(pred["scores"]), _array(label["boxes"])) for pred, label in pairs]

    def case(self, title: str, item: Mapping[str, Tensor], packed: tuple[ndarray, ndarray, ndarray]) -> Detections:
        """Image and boxes, matched as the metric does."""
        boxes, scores, truth = packed
        order = (-scores).argsort(kind="stable")[: (scores >= self.metric.score_threshold).sum()]
        matches = match_boxes(boxes[order], scores[order], truth, [self.metric.iou])
        right, hit = (matches[key][0] > 0 for key in ("dtMatches", "gtMatches"))
        order = order[: len(right)]  # the metric looks at so many
        image = torch.as_tensor(item[CommonKeys.IMAGE])[0].numpy() / 255
        return Detections(title, image, truth, hit, boxes[order], scores[order], right)

    def figure(self, rows: Mapping[str, Sequence[Detections]], title: str) -> Figure:
        """See `draw_detections`."""
        return draw_detections(rows, title=title)

    def says(self, row: Mapping[str, float]) -> list[str]:
        """How many boxes were found, missed and false."""
        return [f"{row[name]} {name}" for name in ("found", "missed", "false")]


def _array(tensor: Tensor) -> ndarray:
    return torch.as_tensor(tensor).detach().cpu().double().numpy()
