# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import numpy as np

from .cine_result import CineResult
from .write_pictures import write_pictures

__all__ = ["write_masks"]


def write_masks(result: CineResult, folder: str | os.PathLike[str]) -> None:
    """Masks as grey pictures of the frames' size, `<folder>/0031.png` for frame 31: 0 and 255 if there is one class, else the numbers of the classes.

    Args:
        result: with masks.
        folder: appears whole; an old one goes.

    Raises:
        OSError: if it cannot be written.
        ValueError: if there are no masks.
    """
    if result.masks is None:
        raise ValueError(f"masks must be there to be written, '{result.name}' has none; write boxes by write_findings.")
    scale = np.uint8(255 if len(result.class_names) <= 1 else 1)
    write_pictures(folder, result.numbers, lambda place: result.masks[place] * scale)
