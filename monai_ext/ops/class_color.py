# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import colorsys

__all__ = ["class_color"]

_GOLDEN = 0.618034  # neighbouring classes get distant hues
_FIRST_HUE = 0.13  # a yellow, which no angiogram has


def class_color(number: int) -> tuple[int, int, int]:
    """The colour in which a class is drawn everywhere.

    Args:
        number: of the class, from 1.

    Returns:
        Red, green and blue, 0..255.
    """
    red, green, blue = colorsys.hsv_to_rgb((_FIRST_HUE + _GOLDEN * (number - 1)) % 1, 0.9, 1)
    return round(255 * red), round(255 * green), round(255 * blue)
