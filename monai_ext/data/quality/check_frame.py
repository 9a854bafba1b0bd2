# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np

__all__ = ["check_frame"]


def check_frame(frame: np.ndarray) -> None:
    """Refuses what is no (rows, columns) of uint8 with at least one pixel.

    Raises:
        TypeError: if the frame is not uint8.
        ValueError: if it has another shape, or no pixels.
    """
    if frame.dtype != np.uint8:
        raise TypeError(f"frame must be uint8, got {frame.dtype}; scale it to grey values 0..255.")
    if frame.ndim != 2 or not frame.size:
        raise ValueError(f"frame must be (rows, columns), got {frame.shape}; take one frame of a cine.")
