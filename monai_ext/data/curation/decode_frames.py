# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy import ndarray

from ..read_grey import read_grey
from ..records.found_files import IMAGE_EXTENSIONS
from ..xa import read_xa

__all__ = ["decode_frames", "is_image"]

_AT_ONCE = 16  # frames of a cine in memory as floating-point numbers


def is_image(path: Path) -> bool:
    """Whether a file is a PNG, JPEG, BMP or TIFF by its name; otherwise it is read as DICOM."""
    return path.suffix[1:].lower() in IMAGE_EXTENSIONS


def decode_frames(path: Path, frames: Sequence[int]) -> Iterator[ndarray]:
    """Frames of an image or DICOM file, one after the other.

    Args:
        path: of the file.
        frames: which, from 0; an image file has the frame 0 alone.

    Yields:
        (height, width), uint8, dark vessels.

    Raises:
        ValueError: if the file is broken.
        OSError: if it cannot be opened.
    """
    if is_image(path):
        yield read_grey(path)
        return
    wanted = iter(frames)
    while chunk := list(islice(wanted, _AT_ONCE)):
        yield from np.rint(read_xa(path, frames=chunk).frames * 255).astype(np.uint8)
