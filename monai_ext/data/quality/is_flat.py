# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
from PIL import Image

from .check_frame import check_frame

__all__ = ["is_flat"]

_BLOCK = 8  # pixels of a side averaged, so that noise does not hide an empty frame
_LEVELS = 5  # neighbouring grey levels
_SHARE = 0.98


def is_flat(frame: np.ndarray) -> str | None:
    """Why a frame shows nothing: more than 98 % of its blocks of 8x8 px have a mean within 5 neighbouring grey levels.

    So empty frames are, noise and a few burned-in letters or not, and those that are all collimator. A frame of low exposure is not, as long as its
    grey levels tell tissues apart.

    Args:
        frame: (rows, columns), uint8.

    Returns:
        A short reason, such as "99 % of it has grey values 0 to 4", or None for a frame with a picture.

    Raises:
        TypeError: if the frame is not uint8.
        ValueError: if it has another shape, or no pixels.
    """
    check_frame(frame)
    block = max(1, min(_BLOCK, *(side // 2 for side in frame.shape)))
    means = np.asarray(Image.fromarray(np.ascontiguousarray(frame)).reduce(block))
    counts = np.bincount(means.ravel(), minlength=256)
    within = np.convolve(counts, np.ones(_LEVELS, int), mode="valid")
    first = int(within.argmax())
    share = within[first] / means.size
    return f"{share:.0%} of it has grey values {first} to {first + _LEVELS - 1}" if share > _SHARE else None
