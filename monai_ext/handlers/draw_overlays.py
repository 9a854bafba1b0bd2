# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy import ndarray

__all__ = ["Overlay", "draw_overlays"]

_CELL, _IN_PAIR, _AFTER_PAIR, _OVER_PAIR, _SIDE = 3.2, 0.04, 0.22, 0.3, 0.36  # inches
_PAIR = 2 * _CELL + _IN_PAIR + _AFTER_PAIR
_DPI = 140  # 448 pixels a picture: near the native 512 of most angiograms
# Apart for every kind of colour vision, in brightness too (after Okabe and Ito)
_FOUND, _MISSED, _FALSE = (0.25, 0.66, 0.93), (0.98, 0.90, 0.20), (0.93, 0.27, 0.05)
_OPACITY = 0.7
_SHADES = ((0.9, 1.0), (0.45, 1.0), (0.85, 0.8), (0.65, 0.9), (0.3, 0.9))  # saturation, value


class Overlay(NamedTuple):
    """What is drawn of an image.

    Attributes:
        title: over its pictures.
        image: (height, width), grey in [0, 1].
        label: (height, width), uint8, class map.
        prediction: (height, width), uint8, class map.
    """

    title: str
    image: ndarray
    label: ndarray
    prediction: ndarray


def draw_overlays(rows: Mapping[str, Sequence[Overlay]], names: Sequence[str], *, title: str | None = None) -> Figure:
    """Two pictures an image, by rows of images.

    One class: the bare image | what was found, missed and false in colours, with the outline of the label. Several classes: the
    label | the prediction, a colour a class, with the names of the classes.

    Args:
        rows: by the heading of the row, its images, of any size.
        names: of the classes 1, 2, ...
        title: over everything.

    Returns:
        A figure with an Agg canvas, no part of pyplot's state; its axes go row by row, two an image.

    Raises:
        ValueError: if there is no image.
    """
    overlays = [overlay for row in rows.values() for overlay in row]
    if not overlays:
        raise ValueError("rows must hold at least one image to draw, got none.")
    legend = _error_legend() if len(names) == 1 else _class_legend(overlays, names)
    width = _SIDE + _PAIR * max(len(row) for row in rows.values())
    in_line = max(1, int(width / (0.6 + 0.09 * max((len(handle.get_label()) for handle in legend), default=0))))
    foot = 0.14 + 0.25 * math.ceil(len(legend) / in_line)
    figure, pairs = _lay_out(rows, width, 0.34 if title else 0.05, foot)
    for overlay, pair in zip(overlays, pairs, strict=True):
        pair[0].set_title(overlay.title, loc="left", fontsize=11, pad=4)
        if len(names) == 1:
            _draw_errors(pair, overlay)
        else:
            _draw_classes(pair, overlay, names)
    if title:
        figure.text(_SIDE / width, 1 - 0.1 / figure.get_figheight(), title, size=13, weight="bold", va="top")
    figure.legend(handles=legend, loc="lower center", ncols=in_line, fontsize=10.5, frameon=False, borderaxespad=0.2)
    return figure


def _lay_out(
    rows: Mapping[str, Sequence[Overlay]], width: float, head: float, foot: float
) -> tuple[Figure, list[tuple[Axes, Axes]]]:
    """The figure with its headings, and two empty axes an image; inches."""
    shapes = [overlay.image.shape for row in rows.values() for overlay in row]
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


def _draw_errors(pair: tuple[Axes, Axes], overlay: Overlay) -> None:
    label, prediction = overlay.label > 0, overlay.prediction > 0
    picture = _paint(overlay.image, label & prediction, _FOUND, _OPACITY)
    picture = _paint(picture, label & ~prediction, _MISSED, 1)
    picture = _paint(picture, prediction & ~label, _FALSE, 1)
    pair[0].imshow(_in_colour(overlay.image))
    pair[1].imshow(picture)
    if label.any() and not label.all():
        pair[1].contour(label, [0.5], colors="white", linewidths=0.3, alpha=0.7)


def _draw_classes(pair: tuple[Axes, Axes], overlay: Overlay, names: Sequence[str]) -> None:
    for axes, classes, what in zip(pair, (overlay.label, overlay.prediction), ("label", "prediction"), strict=True):
        picture = _in_colour(overlay.image)
        for number in np.unique(classes[classes > 0]):
            picture = _paint(picture, classes == number, _class_colour(number), _OPACITY)
            _name_class(axes, classes == number, names[number - 1])
        axes.imshow(picture)
        axes.text(0.02, 0.02, what, transform=axes.transAxes, size=10, color="white", path_effects=_halo())


def _name_class(axes: Axes, mask: ndarray, name: str) -> None:
    """Beside the pixel of the class that is nearest to its middle, inside the picture."""
    pixels = np.argwhere(mask)
    row, column = pixels[np.square(pixels - pixels.mean(0)).sum(1).argmin()]
    on_left, below = column > 0.85 * mask.shape[1], row < 0.1 * mask.shape[0]
    axes.annotate(
        name, (column, row), (-5 if on_left else 5, -3 if below else 3), textcoords="offset points", size=9, weight="bold",
        color="white", ha="right" if on_left else "left", va="top" if below else "bottom", path_effects=_halo(),
    )  # fmt: skip


def _halo() -> list[withStroke]:
    return [withStroke(linewidth=2, foreground="black")]


def _in_colour(grey: ndarray) -> ndarray:
    return np.repeat(np.clip(grey, 0, 1)[..., None], 3, axis=-1)


def _paint(picture: ndarray, mask: ndarray, colour: Sequence[float], opacity: float) -> ndarray:
    picture = _in_colour(picture) if picture.ndim == 2 else picture
    return np.where(mask[..., None], (1 - opacity) * picture + opacity * np.asarray(colour), picture)


def _class_colour(number: int) -> ndarray:
    """Hues a golden section apart, so that classes of near numbers, which often are neighbours, differ; shades part like hues."""
    return hsv_to_rgb((0.618034 * number % 1, *_SHADES[number % len(_SHADES)]))


def _error_legend() -> list[Patch | Line2D]:
    areas = {"found": _FOUND, "missed": _MISSED, "false": _FALSE}
    patches = [
        Patch(facecolor=colour, edgecolor="#55606e", linewidth=0.5, label=name) for name, colour in areas.items()
    ]
    outline = Line2D([], [], color="white", linewidth=1.2, label="outline of the label")
    outline.set_path_effects([withStroke(linewidth=2.6, foreground="#55606e")])
    return [*patches, outline]


def _class_legend(overlays: Sequence[Overlay], names: Sequence[str]) -> list[Patch]:
    """Of the classes that are present."""
    present = np.unique(np.concatenate([np.unique(part) for overlay in overlays for part in overlay[2:]]))
    return [Patch(color=_class_colour(number), label=names[number - 1]) for number in present if number]
