# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

__all__ = ["check_image_size"]


def check_image_size(image_size: int | Sequence[int], multiple: int) -> None:
    """Refuses a size that a network cannot train on, before any image is read.

    Args:
        image_size: side of squares in pixels, or [height, width].
        multiple: pixels of the network's coarsest place: the patch of a segmenter, 32 of a detector.

    Raises:
        ValueError: if the size is not one whole number or two, or is no multiple; says which sizes are near.
    """
    sides = list(image_size) if isinstance(image_size, list | tuple) else [image_size, image_size]
    if len(sides) != 2 or not all(isinstance(side, int) for side in sides):
        raise ValueError(f"image_size must be one whole number of pixels or [height, width], got {image_size!r}.")
    for side in sides:
        if side < multiple or side % multiple:
            below = max(1, side // multiple) * multiple
            near = f"{below} or {below + multiple}"
            raise ValueError(f"image_size must be a multiple of {multiple} px, got {side}; take {near}.")
