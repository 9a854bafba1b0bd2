# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from PIL import Image
from scipy import ndimage

from ...ops import xray_field
from .square_opening import square_opening

__all__ = ["NO_CONTRAST", "contrast_strength"]

NO_CONTRAST = 1.2
"""Frames of less `contrast_strength` show no filled vessel. Chosen so that good ones are not thrown away: 3 of 700 real filled frames have less, and
about three in four phantoms without contrast (benchmarks/frame_quality.py)."""

# Chosen on 700 real angiograms and 200 phantoms without contrast; lengths in pixels of a long side of _SIDE.
_SIDE = 160
_SMALLEST = 16  # pixels of the short side
_SMOOTHING = 0.8
_WIDEST = 9  # widest vessel
_MARGIN = 5  # along the border of the field
_FAINTEST = 0.035  # of the field's mean grey
_CAP = 2  # times _FAINTEST: a catheter, dark and thin, counts little more than a vessel
_CENTRE = (0.55, 0.50)  # of height and width
_SPREAD = 0.45  # of height and width
_NEIGHBOURS = np.ones((3, 3), bool)


@torch.no_grad()
def contrast_strength(frames: np.ndarray) -> np.ndarray:
    """How much contrast-filled vessel each frame shows.

    On a grid whose long side is 160 px, so that lengths are shares of the frame:

    1. Beyond the collimator's shutters the frame repeats the last open line (`xray_field`).
    2. Contrast is closing(I) - I over the mean of I in the field, I the smoothed grey, the closing by 9 px: what is narrow and darker than all around it. It
       is weighted by a wide Gaussian a little below the centre, since catheters come in from the border, mostly from above.
    3. Pixels of at least 3.5 % hang together by 8 neighbours. A component counts its contrast, each pixel no more than twice the threshold, in units of
       the threshold, times its extent, the root of its box's area: a tree is large, a rib's edge or a piece of catheter is not.
    4. Strength is the root of the sum over components, over 160.

    Brightness scaling leaves it as it is, but for rounding.

    Args:
        frames: (n, rows, columns), uint8, vessels dark.

    Returns:
        (n,), float64, >= 0, of a grid's long side: mostly 0.4 to 2 without contrast, 2 to 6 with it; compare with `NO_CONTRAST`.

    Raises:
        TypeError: if the frames are not uint8.
        ValueError: if they have another shape, or no pixels.
    """
    if frames.dtype != np.uint8:
        raise TypeError(f"frames must be uint8, got {frames.dtype}; scale them to grey values 0..255.")
    if frames.ndim != 3 or 0 in frames.shape[1:]:
        raise ValueError(f"frames must be (n, rows, columns), got {frames.shape}; one frame is frame[None].")
    return np.array([_strength(frame) for frame in frames], np.float64)


def _strength(frame: np.ndarray) -> float:
    contrast = _contrast(_reduce(frame))
    labels, count = ndimage.label(contrast >= 1, _NEIGHBOURS)
    mass = np.bincount(labels.ravel(), np.minimum(contrast, _CAP).ravel(), count + 1)[1:]
    boxes = ndimage.find_objects(labels)
    extent = np.sqrt([(rows.stop - rows.start) * (columns.stop - columns.start) for rows, columns in boxes])
    return float(np.sqrt(np.sum(mass * extent))) / _SIDE


def _reduce(frame: np.ndarray) -> np.ndarray:
    """The frame with a long side of _SIDE, uint8."""
    rows, columns = (max(_SMALLEST, round(side * _SIDE / max(frame.shape))) for side in frame.shape)
    image = Image.fromarray(np.ascontiguousarray(frame))
    return np.asarray(image.resize((columns, rows), Image.Resampling.BILINEAR, reducing_gap=1))


def _contrast(reduced: np.ndarray) -> np.ndarray:
    """Weighted black top-hat inside the X-ray field, in units of _FAINTEST of its mean grey: float32."""
    image = reduced.astype(np.float32)
    top, bottom, left, right = xray_field(torch.from_numpy(image)[None, None])[0].tolist()
    level = ndimage.gaussian_filter(image[top:bottom, left:right], _SMOOTHING)
    hat = -square_opening(-level, _WIDEST) - level  # closing - level
    inner = np.s_[_MARGIN : bottom - top - _MARGIN, _MARGIN : right - left - _MARGIN]
    mean = max(1.0, level[inner].mean()) if level[inner].size else 1.0
    return hat[inner] * _centre_weight(*reduced.shape)[top:bottom, left:right][inner] / np.float32(mean * _FAINTEST)


@lru_cache(maxsize=16)
def _centre_weight(height: int, width: int) -> np.ndarray:
    rows, columns = (
        np.exp(-(((np.arange(side) + 0.5) / side - centre) ** 2) / (2 * _SPREAD**2))
        for side, centre in zip((height, width), _CENTRE, strict=True)
    )
    return np.outer(rows, columns).astype(np.float32)
