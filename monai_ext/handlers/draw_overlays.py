# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import hsv_to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from numpy import ndarray

from .picture_pairs import FALSE, FOUND, MISSED, halo, in_colour, picture_pairs

__all__ = ["Overlay", "draw_overlays"]

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
    legend = _error_legend() if len(names) == 1 else _class_legend(overlays, names)
    figure, pairs = picture_pairs(rows, legend, title=title)
    for overlay, pair in zip(overlays, pairs, strict=True):
        if len(names) == 1:
            _draw_errors(pair, overlay)
        else:
            _draw_classes(pair, overlay, names)
    return figure


def _draw_errors(pair: tuple[Axes, Axes], overlay: Overlay) -> None:
    label, prediction = overlay.label > 0, overlay.prediction > 0
    picture = _paint(overlay.image, label & prediction, FOUND, _OPACITY)
    picture = _paint(picture, label & ~prediction, MISSED, 1)
    picture = _paint(picture, prediction & ~label, FALSE, 1)
    pair[0].imshow(in_colour(overlay.image))
    pair[1].imshow(picture)
    if label.any() and not label.all():
        pair[1].contour(label, [0.5], colors="white", linewidths=0.3, alpha=0.7)


def _draw_classes(pair: tuple[Axes, Axes], overlay: Overlay, names: Sequence[str]) -> None:
    for axes, classes, what in zip(pair, (overlay.label, overlay.prediction), ("label", "prediction"), strict=True):
        picture = in_colour(overlay.image)
        for number in np.unique(classes[classes > 0]):
            picture = _paint(picture, classes == number, _class_colour(number), _OPACITY)
            _name_class(axes, classes == number, names[number - 1])
        axes.imshow(picture)
        axes.text(0.02, 0.02, what, transform=axes.transAxes, size=10, color="white", path_effects=halo())


def _name_class(axes: Axes, mask: ndarray, name: str) -> None:
    """Beside the pixel of the class that is nearest to its middle, inside the picture."""
    pixels = np.argwhere(mask)
    row, column = pixels[np.square(pixels - pixels.mean(0)).sum(1).argmin()]
    on_left, below = column > 0.85 * mask.shape[1], row < 0.1 * mask.shape[0]
    axes.annotate(
        name, (column, row), (-5 if on_left else 5, -3 if below else 3), textcoords="offset points", size=9, weight="bold",
        color="white", ha="right" if on_left else "left", va="top" if below else "bottom", path_effects=halo(),
    )  # fmt: skip


def _paint(picture: ndarray, mask: ndarray, colour: Sequence[float], opacity: float) -> ndarray:
    picture = in_colour(picture) if picture.ndim == 2 else picture
    return np.where(mask[..., None], (1 - opacity) * picture + opacity * np.asarray(colour), picture)


def _class_colour(number: int) -> ndarray:
    """Hues a golden section apart, so that classes of near numbers, which often are neighbours, differ; shades part like hues."""
    return hsv_to_rgb((0.618034 * number % 1, *_SHADES[number % len(_SHADES)]))


def _error_legend() -> list[Patch | Line2D]:
    areas = {"found": FOUND, "missed": MISSED, "false": FALSE}
    patches = [
        Patch(facecolor=colour, edgecolor="#55606e", linewidth=0.5, label=name) for name, colour in areas.items()
    ]
    outline = Line2D([], [], color="white", linewidth=1.2, label="outline of the label")
    outline.set_path_effects([withStroke(linewidth=2.6, foreground="#55606e")])
    return [*patches, outline]


def _class_legend(overlays: Sequence[Overlay], names: Sequence[str]) -> list[Patch]:
    """Of the classes that are present."""
    present = {number for overlay in overlays for part in overlay[2:] for number in np.unique(part)}
    return [Patch(color=_class_colour(number), label=names[number - 1]) for number in sorted(present) if number]
