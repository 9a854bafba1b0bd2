# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy import ndarray

from .picture_pairs import FALSE, FOUND, MISSED, halo, in_colour, picture_pairs

__all__ = ["Detections", "draw_detections"]

_STYLES = {
    "found": {"color": FOUND, "linestyle": "-", "linewidth": 1.5, "path_effects": halo(2.7)},
    "its true box": {"color": "white", "linestyle": "-", "linewidth": 0.7, "path_effects": halo(1.9)},
    "missed": {"color": MISSED, "linestyle": (0, (5, 2)), "linewidth": 1.5, "path_effects": halo(2.7)},
    "false": {"color": FALSE, "linestyle": (0, (1, 1)), "linewidth": 1.7, "path_effects": halo(2.9)},
}


class Detections(NamedTuple):
    """What is drawn of an image.

    Attributes:
        title: over its pictures.
        image: (height, width), grey in [0, 1].
        truth: (g, 4), true boxes, x0 y0 x1 y1 in pixels; pixel (0, 0) covers 0..1.
        hit: (g,), bool, the true boxes that were found.
        boxes: (d, 4), predicted boxes.
        scores: (d,), in [0, 1].
        right: (d,), bool, the predicted boxes that found a true one.
    """

    title: str
    image: ndarray
    truth: ndarray
    hit: ndarray
    boxes: ndarray
    scores: ndarray
    right: ndarray


def draw_detections(rows: Mapping[str, Sequence[Detections]], *, title: str | None = None) -> Figure:
    """Two pictures an image, by rows of images: the bare image | predicted boxes with their scores, and true boxes.

    What was found, missed and false differs in colour and in line.

    Args:
        rows: by the heading of the row, its images, of any size.
        title: over everything.

    Returns:
        A figure with an Agg canvas, no part of pyplot's state; its axes go row by row, two an image.

    Raises:
        ValueError: if there is no image.
    """
    legend = [Line2D([], [], label=name, **style) for name, style in _STYLES.items()]
    figure, pairs = picture_pairs(rows, legend, title=title)
    for detections, pair in zip((one for row in rows.values() for one in row), pairs, strict=True):
        height, width = detections.image.shape
        for axes in pair:
            axes.imshow(in_colour(detections.image), extent=(0, width, height, 0))
        _draw_boxes(pair[1], detections)
        pair[1].set(xlim=(0, width), ylim=(height, 0))
    return figure


def _draw_boxes(axes: Axes, detections: Detections) -> None:
    for box, hit in zip(detections.truth, detections.hit, strict=True):
        _outline(axes, box, "its true box" if hit else "missed")
    for box, score, right in zip(detections.boxes, detections.scores, detections.right, strict=True):
        name = "found" if right else "false"
        _outline(axes, box, name)
        _write_score(axes, box, score, name, detections.image.shape)


def _outline(axes: Axes, box: ndarray, name: str) -> None:
    x0, y0, x1, y1 = np.asarray(box, float)
    axes.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, **_STYLES[name]))


def _write_score(axes: Axes, box: ndarray, score: float, name: str, shape: tuple[int, int]) -> None:
    """Over the box, below where there is no room, inside the picture."""
    x0, y0, _, y1 = np.asarray(box, float) / [*shape[::-1], *shape[::-1]]
    on_right, below = x0 > 0.9, y0 < 0.06
    axes.annotate(
        f"{score:.2f}", (np.clip(x0, 0, 1), 1 - (np.clip(y1, 0, 0.94) if below else min(y0, 1))), (0, -2 if below else 2),
        xycoords="axes fraction", textcoords="offset points", size=8, weight="bold", color=0.4 + 0.6 * np.array(_STYLES[name]["color"]),
        ha="right" if on_right else "left", va="top" if below else "bottom", path_effects=halo(),
    )  # fmt: skip
