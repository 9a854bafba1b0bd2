# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import torch
from monai.transforms import Transform
from monai.utils import TransformBackends
from torch import Tensor

__all__ = ["BoxesToMarkupsd"]


class BoxesToMarkupsd(Transform):
    """What a detector found, as MONAI Label writes it: its writer wants boxes of three dimensions, and drops the scores.

    Added are `box`, regions for 3D Slicer; `label`, their classes; and `result`, the boxes in pixels with their scores, which MONAI Label answers if it is
    asked for no file (`result_write_to_file` false).

    Regions lie in the coordinates that Slicer gives an image without spacing: one millimetre a pixel, and 0 in the middle of the first pixel.
    """

    backend = (TransformBackends.TORCH,)

    def __call__(self, data: Mapping[Hashable, Any]) -> dict[Hashable, Any]:
        """Add to what was found in one image.

        Args:
            data: with `boxes` (n, 4), x0 y0 x1 y1 in pixels, `scores` (n,) and `labels` (n,).

        Returns:
            The data, with `box` (n, 6), the middle x y z and the size x y z; `label` (n,); and `result`, lists `boxes` and `scores`.
        """
        boxes, scores = data["boxes"], data["scores"]
        result = {"boxes": boxes.tolist(), "scores": scores.tolist()}
        return {**data, "box": _regions(boxes), "label": data["labels"], "result": result}


def _regions(boxes: Tensor) -> Tensor:
    flat = boxes.new_zeros(len(boxes), 1)
    return torch.cat([(boxes[:, :2] + boxes[:, 2:] - 1) / 2, flat, boxes[:, 2:] - boxes[:, :2], flat + 1], dim=1)
