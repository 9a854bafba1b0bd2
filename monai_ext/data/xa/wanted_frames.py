# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

from .xa_fault import XAFault
from .xa_file import XAFile

__all__ = ["wanted_frames"]

_MOST_PIXELS = 2**30
"""At once, 4 GiB of float32."""
_ITEM_HEAD = 8
"""Bytes that even an empty compressed frame takes: an item's tag and length (PS3.5, A.4)."""


def wanted_frames(file: XAFile, frames: Sequence[int] | None) -> Sequence[int]:
    """The frames to read, checked against the file before anything is allocated for them.

    Args:
        file: of them.
        frames: counted from 0; None for all.

    Raises:
        XAFault: if the file cannot hold as many frames as it claims, has no such frame, or they are too many for the memory.
    """
    layout, compressed = file.layout, file.pixel_syntax.is_encapsulated
    smallest = _ITEM_HEAD if compressed else layout.frame_bytes
    if layout.frames * smallest > file.pixel_length:
        enough = "" if compressed else f", enough for {file.pixel_length // smallest}"
        raise XAFault(
            f"its pixel data must hold {layout.frames} frames of {layout.rows}x{layout.columns}, got {file.pixel_length} bytes"
            f"{enough}; copy it again or leave it out."
        )
    wanted = range(layout.frames) if frames is None else frames
    wrong = [frame for frame in wanted if not 0 <= frame < layout.frames] if frames is not None else []
    if wrong or not wanted:
        raise XAFault(f"frames must be of 0..{layout.frames - 1}, got {wrong[0] if wrong else 'none'}; name others.")
    if len(wanted) * layout.rows * layout.columns > _MOST_PIXELS:
        raise XAFault(
            f"at most {_MOST_PIXELS} pixels are read at once, got {len(wanted)} frames; name fewer in `frames`."
        )
    return wanted
