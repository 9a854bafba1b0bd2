# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import numpy as np
from PIL import Image

from .open_image import open_image
from .system_errors import SYSTEM_ERRORS

__all__ = ["read_grey"]

_DEPTHS = (8, 10, 12, 14, 16)


def read_grey(path: str | os.PathLike[str]) -> np.ndarray:
    """An image file as 8-bit grey values.

    Colour becomes luma (ITU-R 601), palettes and masks are resolved, transparency is ignored. Images of more than 8 bits are scaled by
    the smallest depth of 8, 10, 12, 14 or 16 bits that holds their largest value: a 12-bit detector's values in a 16-bit file are not darkened.
    Floating-point values of at most 1 count as shares of white.

    Args:
        path: PNG, JPEG, BMP or TIFF; of several pages the first.

    Returns:
        (height, width), uint8, 0..255.

    Raises:
        FileNotFoundError: if there is no such file.
        OSError: if the system is at fault, see `SYSTEM_ERRORS`.
        ValueError: if it is broken, truncated, no image, or far too large to be one frame.
    """
    try:
        with open_image(path) as image:
            return _to_uint8(image)
    except FileNotFoundError:
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ValueError(f"'{path}' must be a single frame, it is far too large: {error}") from error
    except Exception as error:  # decoders raise about ten kinds on broken files
        if getattr(error, "errno", None) in SYSTEM_ERRORS:
            raise
        raise ValueError(f"'{path}' cannot be read as an image ({error}); copy it again or leave it out.") from error


def _to_uint8(image: Image.Image) -> np.ndarray:
    if not image.mode.startswith(("I", "F")):
        return np.asarray(image.convert("RGB").convert("L") if image.mode in ("P", "PA") else image.convert("L"))
    values = np.asarray(image, dtype=np.float64)
    if not np.isfinite(values).all() or values.min() < 0 or values.max() >= 2**16:
        raise ValueError(f"grey values must lie in 0..65535, got {values.min():g}..{values.max():g}")
    if image.mode.startswith("F") and values.max() <= 1:
        return np.rint(values * 255).astype(np.uint8)
    depth = next(bits for bits in _DEPTHS if values.max() < 2**bits)
    return np.rint(values * (255 / (2**depth - 1))).astype(np.uint8)
