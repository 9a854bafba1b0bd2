# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from monai.apps.detection.metrics.matching import matching_batch
from numpy import ndarray

__all__ = ["match_boxes"]


def match_boxes(
    boxes: ndarray, scores: ndarray, truth: ndarray, overlaps: Sequence[float], most: int = 100
) -> dict[str, ndarray]:
    """Which predicted boxes of an image hit which true ones, by the rule of COCO, for several overlaps.

    From the highest score down, a box takes the true box that it overlaps most of those that are still free, if their intersection
    over union is at least the overlap; so a second prediction of one box is a false one, and each of two equal true boxes asks
    for a prediction of its own. Boxes without area overlap nothing.

    Args:
        boxes: (d, 4), predicted, x0 y0 x1 y1 in pixels.
        scores: (d,), in any order.
        truth: (g, 4).
        overlaps: t, in (0, 1].
        most: that many of the highest scores count, the others are as if they were not there.

    Returns:
        As MONAI's `matching_batch` for an image and a class, what `COCOMetric` takes: `dtScores` (min(d, most),), highest first; `dtMatches`
        (t, min(d, most)), in that order, 1 for a hit; `gtMatches` (t, g), 1 for a true box that was hit; `dtIgnore`, `gtIgnore`, all 0.

    References:
        Lin et al., Microsoft COCO: Common Objects in Context, ECCV 2014.
    """
    if not len(boxes) and not len(truth):  # MONAI has no entry for an image without either
        shapes = {"dtMatches": (len(overlaps), 0), "gtMatches": (len(overlaps), 0), "dtIgnore": (len(overlaps), 0)}
        return {name: np.zeros(shape) for name, shape in {**shapes, "dtScores": 0, "gtIgnore": 0}.items()}
    classes = [np.zeros(len(part), int) for part in (boxes, truth)]
    return matching_batch(
        _intersection_over_union, overlaps, [boxes], [classes[0]], [scores], [truth], [classes[1]], max_detections=most
    )[0][0]


def _intersection_over_union(boxes: ndarray, truth: ndarray) -> ndarray:
    """(d, g), in double precision: MONAI's `box_iou` in single misses an overlap of exactly 0.7."""
    boxes, truth = boxes[:, None].astype(float), truth[None].astype(float)
    sides = np.minimum(boxes[..., 2:], truth[..., 2:]) - np.maximum(boxes[..., :2], truth[..., :2])
    both = sides.clip(min=0).prod(-1)
    either = sum((part[..., 2:] - part[..., :2]).prod(-1) for part in (boxes, truth)) - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 0)
