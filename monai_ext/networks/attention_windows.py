# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import torch
from torch import Tensor, nn

__all__ = ["AttentionWindows"]


class AttentionWindows:
    """Windows of patches that see each other, in an image that is too large for all to see all: memory and time grow with the image, not with its square.

    Windows have one size and lie evenly; where they do not tile the image, neighbours overlap and a patch is taken from the later one. Each
    window sees its own copy of the class token, and the mean of the copies goes on. One window that covers the image is attention as usual.

    Args:
        rows: of patches of the image.
        columns: of patches of the image.
        side: of a window in patches; longer than the image, it takes the image.
        device: of the images.

    Raises:
        ValueError: if side is not positive.

    References:
        ViTDet, arXiv 2203.16527, which fills up with zeros instead.
    """

    def __init__(self, rows: int, columns: int, side: int, device: torch.device | str = "cpu") -> None:
        if side < 1:
            raise ValueError(f"side must be at least 1 patch, got {side}.")
        numbers = torch.arange(rows * columns, device=device).view(rows, columns)
        tops, lefts = _starts(rows, side), _starts(columns, side)
        windows = [numbers[top : top + side, left : left + side].flatten() for top in tops for left in lefts]
        self.patches = torch.stack(windows)
        """(windows, patches of one), int64: numbers of patches, counted row by row."""
        self.place = torch.empty(rows * columns, dtype=torch.int64, device=device)
        for number, window in enumerate(windows):
            self.place[window] = number * len(window) + torch.arange(len(window), device=device)

    def __call__(self, block: nn.Module, tokens: Tensor) -> Tensor:
        """What a block makes of tokens within the windows.

        Args:
            block: (batch, tokens, width) to the same.
            tokens: (batch, 1 + rows * columns, width): the class token, then the patches row by row.

        Returns:
            As `tokens`.
        """
        batch, windows = len(tokens), len(self.patches)
        own = tokens[:, None, :1].expand(-1, windows, -1, -1)
        seen = torch.cat([own, tokens[:, 1:][:, self.patches]], dim=2)
        seen = block(seen.flatten(0, 1)).unflatten(0, (batch, windows))
        return torch.cat([seen[:, :, 0].mean(1, keepdim=True), seen[:, :, 1:].flatten(1, 2)[:, self.place]], dim=1)


def _starts(length: int, side: int) -> list[int]:
    """First patches of windows that lie evenly from border to border."""
    count = math.ceil(length / side)
    return [round(number * (length - side) / (count - 1)) for number in range(count)] if count > 1 else [0]
