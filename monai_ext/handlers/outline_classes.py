# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import colorsys

import numpy as np
from scipy import ndimage

__all__ = ["outline_classes"]

_GOLDEN = 0.618034  # neighbouring classes get distant hues
_FIRST_HUE = 0.13  # a yellow, which no angiogram has
_SIDE = 768  # pixels a side for each pixel of the line's width


def outline_classes(grey: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """An angiogram with a coloured line along the inner border of each class.

    Args:
        grey: (height, width), grey values in [0, 1]; what lies outside is cut.
        classes: (height, width), whole numbers, 0 for what gets no line.

    Returns:
        (height, width, 3), uint8.

    Raises:
        ValueError: if the shapes differ.
    """
    if grey.shape != classes.shape:
        raise ValueError(f"image and classes must be of one shape, got {grey.shape} and {classes.shape}.")
    picture = np.repeat(np.rint(np.clip(grey, 0, 1) * 255).astype(np.uint8)[..., None], 3, axis=2)
    reach = 2 * max(1, round(max(grey.shape) / _SIDE)) + 1
    inside = ndimage.minimum_filter(classes, reach) == ndimage.maximum_filter(classes, reach)
    for number in np.unique(classes[classes > 0]):
        picture[(classes == number) & ~inside] = _color(int(number))
    return picture


def _color(number: int) -> np.ndarray:
    red_green_blue = colorsys.hsv_to_rgb((_FIRST_HUE + _GOLDEN * (number - 1)) % 1, 0.9, 1)
    return np.rint(255 * np.array(red_green_blue)).astype(np.uint8)
