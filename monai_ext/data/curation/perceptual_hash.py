# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import imagehash
import numpy as np
from numpy import ndarray
from PIL import Image

__all__ = ["perceptual_hash"]

_SIDE = 16


def perceptual_hash(frame: ndarray) -> ndarray:
    """256 bits that nearly equal pictures share: signs of the low frequencies against their median.

    It does not change with size, brightness or contrast, and little with compression and noise. Distance is the number of bits that differ,
    see `near_duplicates`.

    Args:
        frame: (height, width), uint8.

    Returns:
        (4,), uint64.

    References:
        Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions, 2010 (DCT hash); package ImageHash.
    """
    bits = imagehash.phash(Image.fromarray(frame), _SIDE).hash
    return np.packbits(bits.ravel()).view(">u8").astype(np.uint64)
