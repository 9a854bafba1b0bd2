# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

from numpy import ndarray

from ..read_grey import read_grey

__all__ = ["read_image"]


def read_image(path: str | os.PathLike[str], min_size: int = 1) -> ndarray:
    """An image file that is large enough for a network, as 8-bit grey values, see `read_grey`.

    Args:
        path: of an image file.
        min_size: shortest side in pixels that it may have.

    Returns:
        (height, width), uint8, 0..255.

    Raises:
        OSError: if it has gone or the system is at fault.
        ValueError: if it is broken or too small.
    """
    image = read_grey(path)
    if min(image.shape) < min_size:
        height, width = image.shape
        raise ValueError(f"both sides of '{path}' must be at least {min_size} px, got {height}x{width}; enlarge it.")
    return image
