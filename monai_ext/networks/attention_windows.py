# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

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
        tops, top_of, high = _cover(rows, side, device)
        lefts, left_of, wide = _cover(columns, side, device)
        inside = torch.arange(high, device=device)[:, None] * columns + torch.arange(wide, device=device)
        corners = tops[:, None] * columns + lefts
        self.patches = corners.flatten()[:, None] + inside.flatten()
        """(windows, patches of one), int64: numbers of patches, counted row by row."""
        row, column = (
            torch.arange(n, device=device) - starts[of]
            for n, starts, of in ((rows, tops, top_of), (columns, lefts, left_of))
        )
        window = top_of[:, None] * lefts.shape[0] + left_of
        self.place = (window * (high * wide) + row[:, None] * wide + column).flatten()

    def __call__(self, block: nn.Module, tokens: Tensor) -> Tensor:
        """What a block makes of tokens within the windows.

        Args:
            block: (batch, tokens, width) to the same.
            tokens: (batch, 1 + rows * columns, width): the class token, then the patches row by row.

        Returns:
            As `tokens`.
        """
        batch, windows = tokens.shape[0], self.patches.shape[0]  # len() would make numbers of them in an export
        own = tokens[:, None, :1].expand(-1, windows, -1, -1)
        seen = torch.cat([own, tokens[:, 1:][:, self.patches]], dim=2)
        seen = block(seen.flatten(0, 1)).unflatten(0, (batch, windows))
        return torch.cat([seen[:, :, 0].mean(1, keepdim=True), seen[:, :, 1:].flatten(1, 2)[:, self.place]], dim=1)


def _cover(length: int, side: int, device: torch.device | str) -> tuple[Tensor, Tensor, int]:
    """Along one axis: first patches of windows that lie evenly from border to border, which of the windows each patch is taken from, and
    how long they are. Without branches, since an export does not know the length.
    """
    side = length.clamp(max=side) if isinstance(length, Tensor) else torch.sym_min(length, side)  # a tensor in a trace
    numbers = torch.arange((length + side - 1) // side, dtype=torch.float64, device=device)
    starts = (numbers * (length - side) / numbers.max().clamp(min=1)).round().long()
    covered = torch.arange(length, device=device)
    return starts, (covered[:, None] >= starts).sum(1) - 1, side
