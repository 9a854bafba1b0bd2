# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image

from monai_ext.ops import usable_cores

from .whole_folder import whole_folder

__all__ = ["write_pictures"]

_LEVEL = 1  # of zlib: a fifth of the time of 6 for a quarter more bytes


def write_pictures(folder: str | os.PathLike[str], numbers: Sequence[int], draw: Callable[[int], np.ndarray]) -> None:
    """Pictures of frames as `<folder>/0031.png`, several at a time.

    Args:
        folder: appears whole; an old one goes.
        numbers: of the frames, that name the files.
        draw: from the place of a frame, counted from 0, to its picture: (rows, columns) or (rows, columns, 3), uint8.

    Raises:
        OSError: if it cannot be written.
    """
    with whole_folder(folder) as temporary, ThreadPoolExecutor(usable_cores()) as pool:

        def write(place: int) -> None:
            Image.fromarray(draw(place)).save(temporary / f"{numbers[place]:04}.png", compress_level=_LEVEL)

        list(pool.map(write, range(len(numbers))))  # raises what one of them raised
