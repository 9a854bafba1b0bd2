# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

__all__ = ["check_image_size"]


def check_image_size(image_size: int | Sequence[int], patch_size: int) -> None:
    """Refuses a size that a network cannot train on, before any image is read.

    Args:
        image_size: side of squares in pixels, or [height, width].
        patch_size: of the network in pixels.

    Raises:
        ValueError: if the size is not one whole number or two, or the patch does not divide it; says which sizes are near.
    """
    sides = list(image_size) if isinstance(image_size, list | tuple) else [image_size, image_size]
    if len(sides) != 2 or not all(isinstance(side, int) for side in sides):
        raise ValueError(f"image_size must be one whole number of pixels or [height, width], got {image_size!r}.")
    for side in sides:
        if side < patch_size or side % patch_size:
            below = max(1, side // patch_size) * patch_size
            near = f"{below} or {below + patch_size}"
            raise ValueError(f"image_size must be a multiple of the patch, {patch_size} px, got {side}; take {near}.")
