# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import numpy as np

from ..open_image import open_image

__all__ = ["read_mask"]

_CLASSES = 25
"""Largest value of a file that counts as holding classes, not brightness."""


def read_mask(path: str | os.PathLike[str]) -> np.ndarray:
    """A mask file, whatever its format: where it is brighter than half of its largest value.

    Colours count by their brightest channel. Half of the largest value passes over the noise of JPEG and soft edges. Where the largest value is at most 25, the
    file holds classes, and anything above 0 belongs to the mask.

    Args:
        path: image file.

    Returns:
        (height, width), bool.

    Raises:
        FileNotFoundError: if there is no such file.
        ValueError: if it is broken or no image.
    """
    try:
        with open_image(path) as image:
            values = np.asarray(image if image.mode[0] in "IF" else image.convert("RGB"))
    except FileNotFoundError:
        raise
    except Exception as error:  # decoders raise about ten kinds on broken files
        raise ValueError(f"'{path}' cannot be read as a mask ({error}); copy it again or leave it out.") from error
    values = values.max(-1) if values.ndim == 3 else values
    largest = values.max()
    return values > (0 if largest <= _CLASSES else largest / 2)
