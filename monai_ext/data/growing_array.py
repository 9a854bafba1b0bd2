# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import ArrayLike, DTypeLike

__all__ = ["GrowingArray"]


class GrowingArray:
    """An .npy file that rows are appended to, for arrays larger than memory whose length is known only at the end.

    NumPy pads the header of an .npy file so that its first dimension can grow in place.

    Args:
        path: of the file, replaced.
        shape: of one row.
        dtype: of the values.
    """

    def __init__(self, path: Path, shape: tuple[int, ...], dtype: DTypeLike) -> None:
        self.shape, self.dtype, self.count = shape, np.dtype(dtype), 0
        self._file = open(path, "wb")  # noqa: SIM115 closed by __exit__
        self._write_header()
        self._start = self._file.tell()

    def append(self, row: ArrayLike) -> None:
        """Writes one row; ValueError if its shape differs."""
        row = np.asarray(row, self.dtype, order="C")
        if row.shape != self.shape:
            raise ValueError(f"rows must have shape {self.shape}, got {row.shape}.")
        self._file.write(row.tobytes())
        self.count += 1

    def _write_header(self) -> None:
        npy.write_array_header_1_0(
            self._file,
            {"descr": npy.dtype_to_descr(self.dtype), "fortran_order": False, "shape": (self.count, *self.shape)},
        )

    def __enter__(self) -> GrowingArray:
        return self

    def __exit__(self, *_: object) -> None:
        with self._file:
            self._file.seek(0)
            self._write_header()
            if self._file.tell() != self._start:
                raise RuntimeError("the header of the .npy file changed its length.")
            self._file.flush()
            os.fsync(self._file.fileno())
