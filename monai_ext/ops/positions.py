# SPDX-License-Identifier: Apache-2.0
"""Where a patch lies, as a vector that a transformer can add to its token."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["sincos_positions"]


def sincos_positions(
    rows: int,
    columns: int,
    width: int,
    *,
    cls_token: bool = True,
    grid: int | None = None,
    device: torch.device | str | None = None,
) -> Tensor:
    """Fixed sine-cosine positions of a grid of patches, in the convention of the released masked auto-encoders.

        omega_i = 10000 ** (-i / (width / 4)),  i = 0 ... width / 4 - 1
        position(row, column) = [sin(column omega), cos(column omega), sin(row omega), cos(row omega)]

    Nothing is stored: the sines of the rows and of the columns are few, and are spread over the grid. They are computed in
    float64, as the released tables were.

    Args:
        rows: of patches.
        columns: of patches.
        width: of a token; a multiple of 4.
        cls_token: put a zero first, the position of the class token.
        grid: patches a side of another grid over the same image, whose coordinates each patch takes: the middle of patch i of n lies
            at (i + 1/2) grid / n - 1/2, as in bilinear resizing, but goes on beyond the outermost middles. None counts 0, 1, 2, ...
        device: of the result.

    Returns:
        (rows * columns, width), or (1 + rows * columns, width) with the class token; float32, patches row by row.

    Raises:
        ValueError: if width is not a positive multiple of 4, or grid is below 1.

    References:
        Masked Autoencoders, arXiv 2111.06377, appendix A.1; sine-cosine positions: arXiv 1706.03762, section 3.5.
    """
    if width % 4 or width <= 0:
        raise ValueError(f"width must be a positive multiple of 4 (sine and cosine of two axes), got {width}.")
    if grid is not None and grid < 1:
        raise ValueError(f"grid must be at least 1, got {grid}; leave it out to count patches.")
    along_row = _sincos(columns, width // 4, grid, device).expand(rows, columns, -1)
    along_column = _sincos(rows, width // 4, grid, device).unsqueeze(1).expand(rows, columns, -1)
    table = torch.cat([along_row, along_column], dim=-1).reshape(rows * columns, width).float()
    return torch.cat([table.new_zeros(1, width), table]) if cls_token else table


def _sincos(count: int, frequencies: int, grid: int | None, device: torch.device | str | None) -> Tensor:
    """(count, 2 * frequencies), float64: sines, then cosines, of the coordinates times each frequency."""
    omega = 10000.0 ** (-torch.arange(frequencies, dtype=torch.float64, device=device) / frequencies)
    place = torch.arange(count, dtype=torch.float64, device=device)
    if grid is not None:
        place = (place + 0.5) * (grid / count) - 0.5
    angle = place.unsqueeze(1) * omega
    return torch.cat([angle.sin(), angle.cos()], dim=1)
