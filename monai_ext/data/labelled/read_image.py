# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

from numpy import ndarray

from ..load_angiogram import LoadAngiogram

__all__ = ["read_image"]


def read_image(path: str | os.PathLike[str], min_size: int = 1, *, frame: int | None = None) -> ndarray:
    """An image file or a frame of a DICOM file that is large enough for a network, as 8-bit grey values, see `LoadAngiogram`.

    Args:
        path: of the file.
        min_size: shortest side in pixels that it may have.
        frame: of a cine, counted from 0; None for the one of strongest contrast.

    Returns:
        (height, width), uint8, 0..255, vessels dark.

    Raises:
        ImportError: if it is DICOM and what reads that is missing.
        OSError: if it has gone or the system is at fault.
        ValueError: if it is broken, too small, or has no such frame.
    """
    image = LoadAngiogram(frame)(path)[0]
    if min(image.shape) < min_size:
        height, width = image.shape
        raise ValueError(f"both sides of '{path}' must be at least {min_size} px, got {height}x{width}; enlarge it.")
    return (image * 255).round().byte().numpy()
