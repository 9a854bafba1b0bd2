# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import os

__all__ = ["BoundedFile"]


class BoundedFile(io.BufferedReader):
    """A file that never reads more than it holds.

    Python allocates what it is asked for before it reads: a broken length field would ask for 4 GB.

    Args:
        path: of the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(io.FileIO(path))
        self._size = os.fstat(self.fileno()).st_size

    def read(self, size: int | None = -1, /) -> bytes:
        left = max(0, self._size - self.tell())
        return super().read(left if size is None or size < 0 else min(size, left))
