# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import os

import numpy as np

from .cine_chunks import cine_chunks
from .quality import contrast_strength
from .xa import read_xa_header

__all__ = ["strongest_frame"]


def strongest_frame(path: str | os.PathLike[str]) -> int:
    """The frame of a cine whose vessels show most contrast agent, see `contrast_strength`.

    Args:
        path: of a DICOM file; all its frames are decoded, unless it has but one.

    Returns:
        Its number, counted from 0; the first of equals.

    Raises:
        FileNotFoundError, ImportError, ValueError: as `read_xa`.
    """
    if read_xa_header(path).frame_count == 1:
        return 0
    greys = (np.rint(frames * 255).astype(np.uint8) for frames in cine_chunks(path))
    return int(np.concatenate([contrast_strength(frames) for frames in greys]).argmax())
