# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

__all__ = ["square_opening"]


def square_opening(image: np.ndarray, side: int) -> np.ndarray:
    """Grey opening by a square: what is bright and narrower than it goes away, broad areas and their edges stay.

    The image is continued by its border. Windows are doubled until they reach the side: a few passes over the image whatever its type and the side,
    where SciPy's filters take long on large 8-bit images.

    Args:
        image: (rows, columns), any real type.
        side: of the square in pixels, >= 1.

    Returns:
        (rows, columns), the image's type, nowhere more than the image.
    """
    opened = np.pad(image, side - 1, mode="edge")
    for function in (np.minimum, np.maximum):
        for axis in (0, 1):
            opened = _of_neighbours(function, opened.swapaxes(0, axis), side).swapaxes(0, axis)
    return opened


def _of_neighbours(function: np.ufunc, values: np.ndarray, count: int) -> np.ndarray:
    """Extreme of each `count` neighbours along the first axis, which gets count - 1 shorter."""
    reached = 1
    while reached < count:
        step = min(reached, count - reached)
        values = function(values[:-step], values[step:])
        reached += step
    return values
