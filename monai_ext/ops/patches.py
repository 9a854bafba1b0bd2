# SPDX-License-Identifier: Apache-2.0
"""Images to patches and back; patches are counted row by row, True of a patch mask means hidden."""

from __future__ import annotations

from einops import rearrange
from torch import Tensor

__all__ = ["patch_grid", "patchify", "unpatchify"]


def patch_grid(height: int, width: int, patch_size: int) -> tuple[int, int]:
    """Number of patches along rows and columns.

    Raises:
        ValueError: if the patch does not divide the image.
    """
    if height % patch_size or width % patch_size or height < patch_size or width < patch_size:
        raise ValueError(f"image size must be a multiple of patch_size, got {height}x{width} and {patch_size}.")
    return height // patch_size, width // patch_size


def patchify(image: Tensor, patch_size: int) -> Tensor:
    """Cut images into patches.

    Args:
        image: (batch, channels, height, width), any type.
        patch_size: side of a patch in pixels; divides height and width.

    Returns:
        (batch, patches, patch_size**2 * channels), patches row by row; inside a patch row by row, channel last.
    """
    patch_grid(image.shape[-2], image.shape[-1], patch_size)
    return rearrange(image, "b c (h p) (w q) -> b (h w) (p q c)", p=patch_size, q=patch_size)


def unpatchify(patches: Tensor, patch_size: int, height: int, width: int) -> Tensor:
    """Put patches together again: the inverse of `patchify`.

    Args:
        patches: (batch, patches, patch_size**2 * channels).
        patch_size: side of a patch in pixels.
        height: of the image in pixels.
        width: of the image in pixels.

    Returns:
        (batch, channels, height, width).

    Raises:
        ValueError: if the number of patches is not that of the image.
    """
    rows, columns = patch_grid(height, width, patch_size)
    if patches.shape[1] != rows * columns:
        raise ValueError(
            f"a {height}x{width} image has {rows * columns} patches of {patch_size}, got {patches.shape[1]}."
        )
    return rearrange(patches, "b (h w) (p q c) -> b c (h p) (w q)", h=rows, w=columns, p=patch_size, q=patch_size)
