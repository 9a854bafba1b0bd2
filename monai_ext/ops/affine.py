# SPDX-License-Identifier: Apache-2.0
"""Turn, scale, shift and mirror a whole batch at once, on its device, each image in its own way."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .image_draws import ImageDraws

__all__ = ["affine_warp", "random_affines"]


def random_affines(
    draws: ImageDraws,
    *,
    rotation: float = 0.0,
    scale: tuple[float, float] = (1.0, 1.0),
    shift: float = 0.0,
    flip: bool = False,
) -> Tensor:
    """Random affine maps, one an image.

    Args:
        draws: source of randomness.
        rotation: largest angle in degrees, either way.
        scale: smallest and largest enlargement of what the image shows, above 0, uniform in its logarithm.
        shift: largest shift as a share of a side, either way.
        flip: mirror half of the images left to right.

    Returns:
        (batch, 2, 3), float32, for `affine_warp`.

    Raises:
        ValueError: if a scale is not positive.
    """
    if min(scale) <= 0:
        raise ValueError(f"scale must be positive, got {tuple(scale)}.")
    angle, size, x, y, mirror = draws.uniform(5).unbind(dim=1)
    angle = (2 * angle - 1) * math.radians(rotation)
    reduction = torch.exp(-(math.log(scale[0]) + (math.log(scale[1]) - math.log(scale[0])) * size))
    sign = 1 - 2 * (mirror < 0.5).float() if flip else torch.ones_like(mirror)
    rows = [
        [sign * reduction * angle.cos(), -sign * reduction * angle.sin(), 2 * shift * (2 * x - 1)],
        [reduction * angle.sin(), reduction * angle.cos(), 2 * shift * (2 * y - 1)],
    ]
    return torch.stack([torch.stack(row, dim=1) for row in rows], dim=1)


def affine_warp(image: Tensor, affine: Tensor, *, nearest: bool = False, mirror: bool = True) -> Tensor:
    """Images under affine maps.

    Args:
        image: (batch, channels, height, width), float, or integer for nearest.
        affine: (batch, 2, 3): where each point (x, y, 1) of the result comes from, x along columns; the middle is (0, 0), borders lie at -1 and 1.
            Off-diagonal entries count for square pixels, so that a rotation does not shear an image that is not square.
        nearest: nearest neighbour, for labels; bilinear otherwise.
        mirror: go on beyond the borders with the mirror image; False for 0.

    Returns:
        As `image`, of its type and size.
    """
    height, width = image.shape[-2:]
    affine = affine.clone()
    affine[:, 0, 1] *= height / width
    affine[:, 1, 0] *= width / height
    with torch.autocast(image.device.type, enabled=False):  # half precision has no fractions of a pixel
        grid = F.affine_grid(affine, list(image.shape), align_corners=False)
    mode, beyond = "nearest" if nearest else "bilinear", "reflection" if mirror else "zeros"
    return F.grid_sample(image.float(), grid, mode, padding_mode=beyond, align_corners=False).to(image.dtype)
