# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy import ndarray
from PIL import Image

from monai_ext.ops import atomic_file

__all__ = ["write_png"]


def write_png(path: Path, pixels: ndarray) -> None:
    """Writes a grey PNG, the same bytes for the same pixels.

    Args:
        path: to write; its folder is made if missing.
        pixels: (height, width), uint8 or uint16 as they are, bool as 0 and 255.
    """
    pixels = pixels.astype(np.uint8) * 255 if pixels.dtype == bool else pixels
    with atomic_file(path) as temporary:
        Image.fromarray(pixels).save(temporary, format="PNG")
