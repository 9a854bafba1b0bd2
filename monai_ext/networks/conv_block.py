# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from torch import nn

__all__ = ["ConvBlock"]

_GROUP = 8  # channels that are normalised together


class ConvBlock(nn.Sequential):
    """Twice: 3x3 convolution, group norm, GELU.

    Group norm does the same in training and evaluation, with any batch and on any number of GPUs. A group has 8 channels: with 2, as 8 groups of
    16 channels have, the network learns more slowly.

    Args:
        in_channels: of the input, (batch, in_channels, height, width).
        out_channels: of the output, a multiple of 8.
        stride: of the first convolution; both sides are divided by it and rounded up.

    Raises:
        ValueError: if 8 does not divide out_channels.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        if out_channels <= 0 or out_channels % _GROUP:
            raise ValueError(f"out_channels must be a positive multiple of {_GROUP}, got {out_channels}.")
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
            nn.GroupNorm(out_channels // _GROUP, out_channels),
            nn.GELU(),
            nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False),
            nn.GroupNorm(out_channels // _GROUP, out_channels),
            nn.GELU(),
        )
