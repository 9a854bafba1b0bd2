# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from scipy import ndimage

from .class_color import class_color

__all__ = ["outline_classes"]

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
        picture[(classes == number) & ~inside] = class_color(int(number))
    return picture
