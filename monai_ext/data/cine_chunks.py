# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from .xa import read_xa, read_xa_header

__all__ = ["cine_chunks"]

_AT_ONCE = 2**25
"""Pixels in memory: 128 frames of 512 x 512."""


def cine_chunks(path: str | os.PathLike[str]) -> Iterator[np.ndarray]:
    """All frames of a DICOM file in their order, some at a time, so that long cines fit into the memory.

    Args:
        path: of the file.

    Yields:
        (frames, rows, columns), float32, 0..1, vessels dark.

    Raises:
        FileNotFoundError, ImportError, ValueError: as `read_xa`.
    """
    header = read_xa_header(path)
    step = max(1, _AT_ONCE // (header.rows * header.columns))
    for start in range(0, header.frame_count, step):
        yield read_xa(path, frames=range(start, min(start + step, header.frame_count))).frames
