# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

__all__ = ["xray_field"]

_THICKNESS = 3  # lines averaged on each side of an edge
_OUTER = 0.3  # of a side: where a collimator may stand
_STEP = 0.25  # of the image's deviation
_SHARE = 0.5  # of a line: how much of it must be an edge


def xray_field(image: Tensor) -> Tensor:
    """Rectangle that the collimator leaves open, so that its shadows are not taken for anatomy.

    A shutter is a step from dark (outside) to bright (inside) along more than half of a whole row or column, in the outer 30 % of the image; the
    innermost such line counts. Without one the field reaches the image's border.

    Args:
        image: (batch, 1, height, width), float32 or float64, any scale, sides of at least 6 px.

    Returns:
        (batch, 4), int64: first row, row after the last, first column, column after the last.
    """
    least = _STEP * image.flatten(1).std(dim=1)[:, None, None]
    return torch.cat([_open_rows(image[:, 0], least), _open_rows(image[:, 0].mT, least)], dim=1)


def _open_rows(lines: Tensor, least: Tensor) -> Tensor:
    """First open line and the one after the last, (batch, 2), from (batch, lines, pixels)."""
    count = lines.shape[1]
    thick = avg_pool2d(lines, (_THICKNESS, 1), 1)
    step = thick[:, _THICKNESS:] - thick[:, :-_THICKNESS]
    edge = torch.arange(_THICKNESS, count - _THICKNESS + 1, device=lines.device)  # step i stands before this line
    into = ((step > least).to(lines.dtype).mean(2) > _SHARE) & (edge < _OUTER * count)
    out_of = ((step < -least).to(lines.dtype).mean(2) > _SHARE) & (edge > (1 - _OUTER) * count)
    # half of a shutter's soft border is on the inner side
    first = torch.where(into, edge + _THICKNESS, 0).amax(1)
    last = torch.where(out_of, edge - _THICKNESS, count).amin(1)
    return torch.stack([first, last], dim=1)
