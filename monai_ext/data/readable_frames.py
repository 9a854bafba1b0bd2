# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from pathlib import Path

from .cine_chunks import cine_chunks
from .read_grey import read_grey
from .records.is_dicom import is_dicom
from .strongest_frame import strongest_frame
from .xa import read_xa, read_xa_header

__all__ = ["readable_frames"]


def readable_frames(path: str | os.PathLike[str], frames: int | str | None = None, *, min_size: int = 1) -> list[int]:
    """The frames of a file that are wanted, after they have been decoded once.

    Args:
        path: an image or a DICOM file.
        frames: None for that of strongest contrast (`strongest_frame`), a number, counted from 0, or "all"; a file of one frame has
            the frame 0 whatever is wanted.
        min_size: pixels that each side must have.

    Returns:
        Their numbers.

    Raises:
        FileNotFoundError, ImportError, OSError: as `read_grey` and `read_xa`.
        ValueError: if the file is broken or too small, or has no such frame.
    """
    if not is_dicom(Path(path)):
        _check_size(path, *read_grey(path).shape, min_size)
        return [0]
    header = read_xa_header(path)
    _check_size(path, header.rows, header.columns, min_size)
    if frames == "all" or header.frame_count == 1:
        return list(range(sum(map(len, cine_chunks(path)))))
    if frames is None:
        return [strongest_frame(path)]
    read_xa(path, frames=[frames])
    return [frames]


def _check_size(path: str | os.PathLike[str], height: int, width: int, min_size: int) -> None:
    if min(height, width) < min_size:
        raise ValueError(f"'{os.fspath(path)}' must have sides of at least {min_size} px, got {height}x{width}.")
