# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy import ndarray

from .growing_array import GrowingArray

__all__ = ["ShardWriter"]


class ShardWriter:
    """One shard of a corpus: an .npy file of records, written frame by frame.

    A record holds `frame` (size, size) uint8, `vessels` (size, size / 8) uint8, bit-packed along columns, and `extent` (2,) uint16, height and
    width of the frame in its top-left corner. Whatever reads .npy files can map it: `np.load(file, mmap_mode="r")["frame"][17]`.

    Args:
        path: of the file, replaced.
        size: side of the squares in pixels; a multiple of 8.
    """

    def __init__(self, path: str | os.PathLike[str], size: int) -> None:
        self._array = GrowingArray(Path(path), (), self.dtype(size))

    @staticmethod
    def dtype(size: int) -> np.dtype:
        """Of one record."""
        return np.dtype([("frame", "u1", (size, size)), ("vessels", "u1", (size, size // 8)), ("extent", "<u2", (2,))])

    def append(self, frame: ndarray, vessels: ndarray, extent: tuple[int, int]) -> None:
        """Adds what `square_frame` returns."""
        self._array.append(np.array((frame, vessels, extent), self._array.dtype))

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self._array.__exit__(*error)
