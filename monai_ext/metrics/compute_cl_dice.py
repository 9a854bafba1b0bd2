# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
from numpy import ndarray
from skimage.morphology import skeletonize

__all__ = ["compute_cl_dice"]


def compute_cl_dice(found: ndarray, reference: ndarray) -> float:
    """Centreline Dice: how much of each mask's middle line lies inside the other mask, whatever the vessels' width.

        precision   = |skeleton(found) & reference| / |skeleton(found)|
        sensitivity = |skeleton(reference) & found| / |skeleton(reference)|
        clDice      = 2 precision sensitivity / (precision + sensitivity)

    Args:
        found: (height, width), bool.
        reference: (height, width), bool.

    Returns:
        In [0, 1]; 0 where exactly one mask is empty, nan where both are.

    Raises:
        ValueError: if the masks are not 2D, or differ in shape.

    References:
        Shit, S. et al. clDice. CVPR 2021 (arXiv 2003.07311), equations 1 to 3. Skeletons: Zhang and Suen, CACM 27 (1984).
    """
    if found.ndim != 2 or found.shape != reference.shape:
        raise ValueError(
            f"found and reference must be 2D masks of one shape, got {found.shape} and {reference.shape}; give one class of one image at a time."
        )
    if not (found.any() and reference.any()):
        return 0.0 if found.any() or reference.any() else math.nan
    precision, sensitivity = _share_of_skeleton(found, reference), _share_of_skeleton(reference, found)
    return 2 * precision * sensitivity / (precision + sensitivity) if precision + sensitivity else 0.0


def _share_of_skeleton(mask: ndarray, other: ndarray) -> float:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)  # what is outside does not change a skeleton
    skeleton = skeletonize(np.array(mask[box], np.uint8, order="C"))  # a copy: scikit-image 0.26 crashes on views
    return float(other[box][skeleton].mean())
