# SPDX-License-Identifier: Apache-2.0
"""Images with two pictures each, in rows with headings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy import ndarray

__all__ = ["FALSE", "FOUND", "MISSED", "halo", "in_colour", "picture_pairs"]

FOUND, MISSED, FALSE = (0.25, 0.66, 0.93), (0.98, 0.90, 0.20), (0.93, 0.27, 0.05)
"""Apart for every kind of colour vision, in brightness too (after Okabe and Ito)."""

_CELL, _IN_PAIR, _AFTER_PAIR, _OVER_PAIR, _SIDE = 3.2, 0.04, 0.22, 0.3, 0.36  # inches
_PAIR = 2 * _CELL + _IN_PAIR + _AFTER_PAIR
_DPI = 140  # 448 pixels a picture: near the native 512 of most angiograms


class _Pictured(Protocol):
    title: str
    image: ndarray


def picture_pairs(
    rows: Mapping[str, Sequence[_Pictured]], legend: Sequence[Artist], *, title: str | None = None
) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """A figure with two empty axes an image, its title over them, a legend below all.

    Args:
        rows: by the heading of the row, its images, of any size: each has a `title` and an `image` (height, width).
        legend: handles with labels.
        title: over everything.

    Returns:
        A figure with an Agg canvas, no part of pyplot's state, and its axes, row by row.

    Raises:
        ValueError: if there is no image.
    """
    images = [image for row in rows.values() for image in row]
    if not images:
        raise ValueError("rows must hold at least one image to draw, got none.")
    width = _SIDE + _PAIR * max(len(row) for row in rows.values())
    in_line = max(1, int(width / (0.6 + 0.09 * max((len(handle.get_label()) for handle in legend), default=0))))
    foot = 0.14 + 0.25 * math.ceil(len(legend) / in_line)
    figure, pairs = _lay_out(rows, width, 0.34 if title else 0.05, foot)
    for image, pair in zip(images, pairs, strict=True):
        pair[0].set_title(image.title, loc="left", fontsize=11, pad=4)
    if title:
        figure.text(_SIDE / width, 1 - 0.1 / figure.get_figheight(), title, size=13, weight="bold", va="top")
    figure.legend(handles=legend, loc="lower center", ncols=in_line, fontsize=10.5, frameon=False, borderaxespad=0.2)
    return figure, pairs


def halo(width: float = 2) -> list[withStroke]:
    """Path effects that set text and lines off from any background."""
    return [withStroke(linewidth=width, foreground="black")]


def in_colour(grey: ndarray) -> ndarray:
    """(height, width) to (height, width, 3), cut to [0, 1]."""
    return np.repeat(np.clip(grey, 0, 1)[..., None], 3, axis=-1)


def _lay_out(
    rows: Mapping[str, Sequence[_Pictured]], width: float, head: float, foot: float
) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """With its headings; sizes in inches."""
    shapes = [image.image.shape for row in rows.values() for image in row]
    tall = _CELL * max(height / width for height, width in shapes)
    height = head + len(rows) * (tall + _OVER_PAIR) + foot
    figure = Figure(figsize=(width, height), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    pairs = []
    for number, (heading, row) in enumerate(rows.items(), 1):
        bottom = height - head - number * (tall + _OVER_PAIR)
        place = 0.45 * _SIDE / width, (bottom + tall / 2) / height
        figure.text(*place, heading, size=12, weight="bold", rotation=90, ha="center", va="center")
        for left in (_SIDE + _PAIR * column for column in range(len(row))):
            boxes = [
                (x / width, bottom / height, _CELL / width, tall / height) for x in (left, left + _CELL + _IN_PAIR)
            ]
            pairs.append(tuple(figure.add_axes(box, xticks=[], yticks=[], anchor="NW") for box in boxes))
    for axes in figure.axes:
        axes.spines[:].set(color="#b0b7c3", linewidth=0.6)
    return figure, pairs
