# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy import ndarray
from PIL import Image

__all__ = ["fit_to_size"]


def fit_to_size(
    values: ndarray,
    size: int | Sequence[int] | None,
    *,
    resample: Image.Resampling = Image.Resampling.BICUBIC,
    fill: str = "constant",
) -> tuple[ndarray, tuple[float, float]]:
    """Brings an image or a mask to the size that a network is trained at.

    Args:
        values: (height, width), uint8.
        size: side of squares in pixels: reduced or enlarged until the longer side fits, then filled up at the right and lower border; or [height, width] to
            which it is stretched; None for its own size.
        resample: how Pillow resizes.
        fill: mode of `numpy.pad`: "constant" is black, "symmetric" the mirror image.

    Returns:
        The new values, uint8; and the scale along x and y: new pixels by old ones, without the filling.
    """
    height, width = _sides(values.shape, size)
    scale = width / values.shape[1], height / values.shape[0]
    if (height, width) != values.shape:
        values = np.asarray(Image.fromarray(values).resize((width, height), resample))
    room = [(0, size - side) for side in (height, width)] if isinstance(size, int) else 0
    return np.pad(values, room, mode=fill), scale


def _sides(shape: tuple[int, int], size: int | Sequence[int] | None) -> tuple[int, int]:
    if isinstance(size, int):
        size = [max(1, round(side * size / max(shape))) for side in shape]
    height, width = size or shape
    return height, width
