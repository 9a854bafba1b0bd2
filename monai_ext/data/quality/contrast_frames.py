# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
from scipy.ndimage import median_filter

from .contrast_strength import NO_CONTRAST, contrast_strength

__all__ = ["contrast_frames"]

_FEWEST = 8  # frames that have a course over time
_BEAT = 800.0  # milliseconds
_RISE = 1.5  # how much stronger the strongest frames are where an injection is seen
_SHARE = 0.25  # of the way from the emptiest to the fullest frames
_STEADY = 1.6  # strength of filled frames where no injection is seen; 1 % of real filled frames have less


def contrast_frames(frames: np.ndarray, *, frame_time: float = 1000 / 15) -> np.ndarray:
    """Which frames of a cine are filled with contrast.

    Strength over time (`contrast_strength`) goes through a median over a heart beat. Where its fullest frames (90th percentile) are at least 1.5 times as
    strong as its emptiest, an injection is seen, and frames are filled from 25 % of the way between them on, wherever in the cine they are.
    Where it is not, as in a cine that starts filled and ends before the wash-out, or one without any contrast, frames of a strength of 1.6 are filled.
    The rule of single frames, `NO_CONTRAST`, always has a veto, and alone decides in fewer than 8 frames.

    Args:
        frames: (n, rows, columns), uint8, vessels dark, in the order of time.
        frame_time: milliseconds from one frame to the next.

    Returns:
        (n,), bool: True where vessels are filled.

    Raises:
        TypeError: if the frames are not uint8.
        ValueError: if they have another shape, or frame_time is not a positive number.
    """
    if not (math.isfinite(frame_time) and frame_time > 0):
        raise ValueError(f"frame_time must be a positive number of milliseconds, got {frame_time}.")
    strength = contrast_strength(frames)
    return strength >= NO_CONTRAST if len(strength) < _FEWEST else _filled(strength, frame_time)


def _filled(strength: np.ndarray, frame_time: float) -> np.ndarray:
    half = min(round(_BEAT / frame_time), len(strength) // 2) // 2
    course = median_filter(strength, 2 * half + 1, mode="mirror")
    empty, full = course.min(), np.percentile(course, 90)
    least = empty + _SHARE * (full - empty) if full >= _RISE * empty else _STEADY
    return course >= max(least, NO_CONTRAST)
