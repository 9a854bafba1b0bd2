# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from numpy import ndarray
from PIL import Image

__all__ = ["fits_square", "square_frame"]

_NARROWEST = 8  # pixels of a reduced frame


def fits_square(shape: tuple[int, int], size: int) -> bool:
    """Whether enough is left of a frame of that height and width when it is reduced to a square of that side."""
    return min(_reduced(shape, size)) >= _NARROWEST


def _reduced(shape: tuple[int, int], size: int) -> tuple[int, int]:
    scale = min(1, size / max(shape))
    height, width = (round(side * scale) for side in shape)
    return height, width


def square_frame(frame: ndarray, vessels: ndarray, size: int) -> tuple[ndarray, ndarray, tuple[int, int]]:
    """A frame and its vessel map in the top-left corner of a square.

    A frame whose longer side exceeds `size` is reduced to it (bicubic, anti-aliased; the map by nearest neighbour); a smaller one is
    not enlarged.

    Args:
        frame: (height, width), uint8.
        vessels: (height, width), bool.
        size: side of the square in pixels; a multiple of 8.

    Returns:
        Frame (size, size) uint8; map (size, size / 8) uint8, bit-packed along columns; height and width of what they hold.

    Raises:
        ValueError: if less than 8 pixels of a side are left.
    """
    height, width = _reduced(frame.shape, size)
    if not fits_square(frame.shape, size):
        raise ValueError(
            f"sides must be at least {_NARROWEST} px, got {height}x{width} when reduced to {size} px; leave it out."
        )
    if (height, width) != frame.shape:
        frame = np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BICUBIC))
        vessels = np.asarray(Image.fromarray(vessels).resize((width, height), Image.Resampling.NEAREST))
    room = ((0, size - height), (0, size - width))
    return np.pad(frame, room), np.packbits(np.pad(vessels, room), axis=-1), (height, width)
