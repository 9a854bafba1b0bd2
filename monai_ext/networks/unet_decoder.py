# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .conv_block import ConvBlock

__all__ = ["UNetDecoder"]


class UNetDecoder(nn.Module):
    """The rising half of a U-net: enlarges the deepest map step by step to the size of each shallower one, and joins them.

    Args:
        in_channels: of the maps, deepest first.
        out_channels: of the result of each step, one fewer than maps; multiples of 8.

    Raises:
        ValueError: if there are not as many steps as maps above the deepest, or 8 does not divide an out_channels.

    References:
        U-Net, arXiv 1505.04597.
    """

    def __init__(self, in_channels: Sequence[int], out_channels: Sequence[int]) -> None:
        super().__init__()
        deepest, *skips = in_channels
        if len(out_channels) != len(skips):
            raise ValueError(
                f"out_channels must be one fewer than in_channels, got {len(out_channels)} and {len(in_channels)}."
            )
        below = [deepest, *out_channels[:-1]]
        self.steps = nn.ModuleList(
            ConvBlock(deep + skip, out) for deep, skip, out in zip(below, skips, out_channels, strict=True)
        )

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        """Joins the maps of an image.

        Args:
            maps: (batch, channels, height, width) each, deepest first, of any heights and widths.

        Returns:
            (batch, out_channels[-1], height, width), of the height and width of the last map.
        """
        result = maps[0]
        for step, skip in zip(self.steps, maps[1:], strict=True):
            result = step(torch.cat([F.interpolate(result, skip.shape[-2:], mode="bilinear"), skip], dim=1))
        return result
