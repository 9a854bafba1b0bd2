# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["unpack_bits"]


def unpack_bits(packed: Tensor) -> Tensor:
    """Bit-packed maps to bool maps: the inverse of `numpy.packbits` along the last axis.

    Args:
        packed: (..., columns / 8), uint8, the first pixel in the highest bit.

    Returns:
        (..., columns), bool, on the same device.

    Raises:
        TypeError: if packed is not uint8.
    """
    if packed.dtype != torch.uint8:
        raise TypeError(f"packed maps must be uint8, got {packed.dtype}.")
    bits = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8, device=packed.device)
    return (packed[..., None] & bits).ne(0).flatten(-2)
