# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["BinaryPlanes", "binary_planes"]


class BinaryPlanes(NamedTuple):
    """The frames of a binary Segmentation.

    Attributes:
        classes: of each frame, from 1.
        places: position in the masks of the frame that it belongs to.
        bits: (planes, rows, columns), bool.
    """

    classes: list[int]
    places: list[int]
    bits: np.ndarray


def binary_planes(masks: np.ndarray) -> BinaryPlanes:
    """Class maps as binary planes, one for each class that is seen in a frame, by frame and then by class.

    A frame where nothing is seen has one empty plane of class 1: it tells that the frame was looked at.

    Args:
        masks: (n, rows, columns), uint8, 0 where there is none.
    """
    seen = [[int(number) for number in np.unique(mask) if number] or [1] for mask in masks]
    classes = [number for numbers in seen for number in numbers]
    places = [place for place, numbers in enumerate(seen) for _ in numbers]
    bits = np.stack([masks[place] == number for place, number in zip(places, classes, strict=True)])
    return BinaryPlanes(classes, places, bits)
