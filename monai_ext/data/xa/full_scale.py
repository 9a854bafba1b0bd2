# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

__all__ = ["full_scale"]

_DEPTHS = (8, 10, 12, 14, 16)


def full_scale(bits: int, largest: float) -> int:
    """The value that counts as white.

    A depth below 16 bits is what the file says; 16 bits are often only where 12 or fewer lie: then it is the smallest depth of 8, 10,
    12, 14 or 16 bits that holds the largest value, as in `read_grey`.

    Args:
        bits: that the file says, 1..16.
        largest: value that occurs.
    """
    depth = bits if bits < 16 else next((depth for depth in _DEPTHS if largest < 2**depth), 16)
    return 2**depth - 1
