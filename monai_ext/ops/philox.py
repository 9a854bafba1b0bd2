# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import Tensor

__all__ = ["philox"]

_MASK = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_STEPS = (0x9E3779B9, 0xBB67AE85)
_Words = tuple[Tensor | int, ...]


def philox(counter: _Words, key: _Words) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Random words that follow from a counter and a key alone: Philox 4x32 with ten rounds.

    Plain integer arithmetic on tensors, so that the words are the same on every device, in any order, and under `torch.compile`.

    Args:
        counter: four words that broadcast, int64 in 0..2**32 - 1.
        key: two words likewise.

    Returns:
        Four tensors, int64 in 0..2**32 - 1.

    References:
        Salmon et al., Parallel random numbers: as easy as 1, 2, 3, SC 2011.
    """
    for _ in range(10):
        (high0, low0), (high1, low1) = (_product(word, m) for word, m in zip(counter[::2], _MULTIPLIERS, strict=True))
        counter = high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0
        key = tuple((word + step) & _MASK for word, step in zip(key, _STEPS, strict=True))
    return counter


def _product(word: Tensor | int, multiplier: int) -> tuple[Tensor | int, Tensor | int]:
    """High and low word of a product of two words; int64 keeps its 64 bits, and the sign does not matter."""
    product = word * multiplier
    return product >> 32 & _MASK, product & _MASK
