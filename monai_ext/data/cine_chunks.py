# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import numpy as np

from .xa import read_xa, read_xa_header

__all__ = ["cine_chunks"]

_AT_ONCE = 2**25
"""Pixels in memory: 128 frames of 512 x 512."""


def cine_chunks(path: str | os.PathLike[str], *, frames: Sequence[int] | None = None) -> Iterator[np.ndarray]:
    """Frames of a DICOM file in their order, some at a time, so that long cines fit into the memory.

    Args:
        path: of the file.
        frames: which, counted from 0; None for all.

    Yields:
        (frames, rows, columns), float32, 0..1, vessels dark.

    Raises:
        FileNotFoundError, ImportError, ValueError: as `read_xa`.
    """
    header = read_xa_header(path)
    step = max(1, _AT_ONCE // (header.rows * header.columns))
    wanted = range(header.frame_count) if frames is None else frames
    for start in range(0, len(wanted), step):
        yield read_xa(path, frames=wanted[start : start + step]).frames
