# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray

__all__ = ["enlarge"]


def enlarge(image: ndarray, size: int) -> ndarray:
    """A square image on a finer grid, linear between the middles of its pixels.

    Args:
        image: (n, n).
        size: rows and columns of the result, n or more.
    """
    if len(image) == size:
        return image
    return _along_rows(_along_rows(image, size).T, size).T


def _along_rows(image: ndarray, size: int) -> ndarray:
    place = np.clip((np.arange(size) + 0.5) * len(image) / size - 0.5, 0, len(image) - 1)
    low = np.minimum(place.astype(int), len(image) - 2)
    share = (place - low)[:, None]
    return image[low] * (1 - share) + image[low + 1] * share
