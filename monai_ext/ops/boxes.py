# SPDX-License-Identifier: Apache-2.0
"""Boxes: (n, 4), float32, x0 y0 x1 y1 in pixels, x along columns; pixel (0, 0) covers 0..1, so a width is x1 - x0. None are (0, 4).

Outlines, (n, points, 2), are points (x, y) in the same pixels: what is turned is the outline, and the box is drawn around it afterwards. A
box that were turned itself would grow.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["clip_boxes", "outline_boxes", "warp_points"]


def outline_boxes(outlines: Tensor) -> Tensor:
    """The smallest box around each outline.

    Args:
        outlines: (..., points, 2), pixels; one whose points are nan has a box of nan.

    Returns:
        (..., 4), pixels.
    """
    return torch.cat([outlines.amin(-2), outlines.amax(-2)], dim=-1)


def warp_points(points: Tensor, affine: Tensor, size: tuple[int, int]) -> Tensor:
    """Where points of an image lie after `affine_warp` of it with the same maps.

    Args:
        points: (batch, ..., 2), x and y in pixels.
        affine: (batch, 2, 3), as `affine_warp` takes them.
        size: height and width of the image in pixels.

    Returns:
        As `points`.
    """
    height, width = size
    half = torch.tensor([width / 2, height / 2], device=points.device)
    middle, flat = half * (1 + affine[:, None, :, 2]), points.flatten(1, -2)
    inverse = torch.linalg.inv(affine[:, :, :2])  # the maps tell where a point of the result comes from
    with torch.autocast(points.device.type, enabled=False):  # half precision has no fractions of a pixel
        return ((flat - middle) @ inverse.transpose(1, 2) + half).view_as(points)


def clip_boxes(boxes: Tensor, size: tuple[int, int], *, least_share: float = 0.0) -> tuple[Tensor, Tensor]:
    """The part of each box that an image shows, and whether it is worth to be kept.

    Args:
        boxes: (..., 4), pixels.
        size: height and width of the image in pixels.
        least_share: of a box's area that must lie in the image.

    Returns:
        Boxes (..., 4) within the image; (...), bool: at least one pixel wide and high, and that share of what it was. Boxes of nan are not.
    """
    height, width = size
    clipped = boxes.clamp(min=0).minimum(torch.tensor([width, height, width, height], device=boxes.device))
    sides, before = clipped[..., 2:] - clipped[..., :2], boxes[..., 2:] - boxes[..., :2]
    shown = sides.prod(-1) >= least_share * before.prod(-1)
    return clipped, (sides >= 1).all(-1) & shown
