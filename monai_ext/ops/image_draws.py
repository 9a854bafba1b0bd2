# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import torch
from torch import Tensor

from .philox import philox

__all__ = ["ImageDraws"]

_MASK = 0xFFFFFFFF


class ImageDraws:
    """Random numbers of each image of a batch, which follow from the seed, the epoch and the number of the image alone.

    So they depend neither on the number of processes, nor on the batch, the device or a restart; there is no state to save, and
    an epoch and the numbers of images are enough to draw a batch again. Draws that follow each other are independent.

    Args:
        seed: of the run, an integer.
        epoch: in which the images are seen, >= 0; an integer, or a tensor (), int64, so that a compiled function is not compiled anew.
        index: (batch,), int64, numbers of the images in their data set, >= 0; its device is that of the results.
    """

    def __init__(self, seed: int, epoch: int | Tensor, index: Tensor) -> None:
        self.key = (seed & _MASK, epoch)
        self.index = index[:, None]
        self._drawn = 0

    def uniform(self, *shape: int) -> Tensor:
        """(batch, *shape), float32, uniform in [0, 1) in steps of 2**-24."""
        count = math.prod(shape)
        block = torch.arange(-(-count // 4), device=self.index.device)
        low = self.index & _MASK
        # Each block and image has a counter of its own; `block` alone would be index arithmetic to Triton, of 32 bits.
        words = philox((block ^ low, self._drawn, low, self.index >> 32), self.key)
        self._drawn += 1
        return (torch.cat(words, dim=1)[:, :count] >> 8).float().mul_(2**-24).reshape(-1, *shape)

    def normal(self, *shape: int) -> Tensor:
        """(batch, *shape), float32, standard normal, by the transform of Box and Muller."""
        count = math.prod(shape)
        length, angle = self.uniform(2, -(-count // 2)).unbind(dim=1)
        length, angle = (1 - length).log_().mul_(-2).sqrt_(), angle * (2 * math.pi)
        return torch.cat([length * angle.cos(), length * angle.sin()], dim=1)[:, :count].reshape(-1, *shape)
