# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import interpolate, max_pool2d

from .gaussian_blur import gaussian_blur
from .xray_field import xray_field

__all__ = ["robust_vessels"]

# Chosen on 200 real angiograms, see docs/decisions/0002-vessel-map-rule.md; lengths in pixels of a long side of _SIDE.
_SIDE = 256
_SMALLEST = 16  # pixels of the short side
_SMOOTHING = 1.0
_WIDEST = 13  # widest vessel, 5 % of the long side
_MARGIN = 6  # along the border of the field
_DARKEST = 10.0  # grey values, keeps the logarithm of black finite
_CENTRE = (0.55, 0.50)  # of height and width
_SPREAD = 0.35  # of height and width
_PERCENTILE = 94
_FAINTEST = 0.01  # contrast; below it nothing is vessel
_SHARE = 0.15  # of the best component's score


def robust_vessels(image: Tensor) -> Tensor:
    """Vessel map by contrast: what is narrow and darker than all around it, strongest near the middle of the X-ray field.

    On a grid whose long side is 256 px, so that lengths are shares of the frame:

    1. Beyond the collimator's shutters the image repeats the last open line (`xray_field`).
    2. Contrast = closing(L) - L, L the smoothed log(grey + 10), the closing by 13 px: how much a structure narrower than 13 px absorbs more than its
       surroundings (Beer-Lambert); one-sided edges (diaphragm, spine, heart) have none.
    3. Contrast is weighted by a wide Gaussian a little below the centre: catheters come in from the border, mostly from above.
    4. The top 6 % of the field hang together by 8 neighbours; a component counts its summed contrast, and those with at
       least 15 % of the best one's are vessel.
    5. Their contrast, not their mask, goes back to the image's size, where the same threshold draws the outline.

    Args:
        image: (batch, 1, height, width), float32 or float64, grey values 0..255, sides of at least 16 px.

    Returns:
        (batch, 1, height, width), bool, on the image's device.

    Raises:
        ValueError: if a side is too short.
    """
    size = image.shape[-2:]
    if min(size) < _SMALLEST:
        raise ValueError(f"sides must be at least {_SMALLEST} px, got {size[0]}x{size[1]}; enlarge the image.")
    small = [max(_SMALLEST, round(side * _SIDE / max(size))) for side in size]
    reduced = interpolate(image, small, mode="bilinear", antialias=True)
    field = xray_field(reduced)
    contrast = _contrast(_extend(reduced, field)) * _centre_weight(reduced)
    pairs = zip(contrast[:, 0].cpu().numpy(), field.tolist(), strict=True)
    kept = torch.from_numpy(np.stack([_vessel_contrast(*pair) for pair in pairs])).to(image.device)
    return interpolate(kept.unsqueeze(1), size, mode="bilinear", antialias=True) >= 1


def _extend(image: Tensor, field: Tensor) -> Tensor:
    """Repeat the outermost open rows and columns beyond the field."""
    for axis, (first, last) in ((2, field[:, :2].T), (3, field[:, 2:].T)):
        index = torch.arange(image.shape[axis], device=image.device).expand(len(image), -1)
        index = index.clamp(first[:, None], last[:, None] - 1)
        shape = [-1, 1, 1, 1]
        shape[axis] = image.shape[axis]
        image = image.gather(axis, index.view(shape).expand_as(image))
    return image


def _contrast(image: Tensor) -> Tensor:
    """Black top-hat of the log image: (batch, 1, height, width), >= 0, in natural logarithms of grey."""
    level = gaussian_blur(torch.log(image.clamp_min(0) + _DARKEST), _SMOOTHING)
    widened = max_pool2d(level, _WIDEST, 1, _WIDEST // 2)
    return -max_pool2d(-widened, _WIDEST, 1, _WIDEST // 2) - level


def _centre_weight(image: Tensor) -> Tensor:
    rows, columns = (
        torch.exp(-(((torch.arange(side).to(image) + 0.5) / side - centre) ** 2) / (2 * _SPREAD**2))
        for side, centre in zip(image.shape[-2:], _CENTRE, strict=True)
    )
    return rows[:, None] * columns


def _vessel_contrast(contrast: np.ndarray, field: list[int]) -> np.ndarray:
    """Contrast in units of the threshold, 0 away from vessels: (height, width)."""
    inner = np.zeros(contrast.shape, bool)
    inner[field[0] + _MARGIN : field[1] - _MARGIN, field[2] + _MARGIN : field[3] - _MARGIN] = True
    if not inner.any():
        return np.zeros_like(contrast)
    threshold = max(_FAINTEST, np.percentile(contrast[inner], _PERCENTILE))
    neighbours = np.ones((3, 3), bool)
    labels, count = ndimage.label((contrast >= threshold) & inner, neighbours)
    score = ndimage.sum_labels(contrast, labels, np.arange(1, count + 1))
    vessel = np.concatenate([[False], score >= _SHARE * score.max(initial=0)])[labels]
    around = ndimage.binary_dilation(vessel, neighbours) & inner  # the outline lies between a vessel and its neighbours
    return contrast * around / contrast.dtype.type(threshold)
