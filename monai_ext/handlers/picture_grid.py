# SPDX-License-Identifier: Apache-2.0
"""Pictures of a batch beside each other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import Tensor

__all__ = ["on_white", "picture_grid", "to_grey"]

_CELL = 1.9  # inches


def picture_grid(
    columns: Mapping[str, np.ndarray], *, title: str | None = None, note: str | None = None, cell: float = _CELL
) -> Figure:
    """One row an image, one titled column a view of it.

    Args:
        columns: by heading (batch, height, width, 3) in [0, 1]; all of one shape.
        title: over everything.
        note: below everything.
        cell: width of a picture in inches.

    Returns:
        A figure with an Agg canvas, no part of pyplot's state; its axes go row by row.

    Raises:
        ValueError: if there is no image.
    """
    rows, height, width = next(iter(columns.values())).shape[:3]
    if not rows:
        raise ValueError("image must hold at least one image to draw, got an empty batch.")
    head, foot = (0.85 if title else 0.5), (0.3 if note else 0.05)
    size = len(columns) * cell, rows * cell * height / width + head + foot
    figure = Figure(figsize=size, dpi=120, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, len(columns), squeeze=False)
    bottom, top = foot / size[1], 1 - head / size[1]
    figure.subplots_adjust(left=0.004, right=0.996, bottom=bottom, top=top, wspace=0.03, hspace=0.03)
    for column, (name, pictures) in enumerate(columns.items()):
        axes[0, column].set_title(name, fontsize=10, pad=5)
        for row, picture in enumerate(pictures):
            axes[row, column].imshow(picture, interpolation="nearest")
            axes[row, column].set(xticks=[], yticks=[])
            axes[row, column].spines[:].set(color="#b0b7c3", linewidth=0.6)
    if title:
        figure.suptitle(title, fontsize=12, fontweight="bold", x=0.008, y=1 - 0.08 / size[1], ha="left", va="top")
    if note:
        figure.text(0.008, 0.09 / size[1], note, fontsize=9, color="#3c4654", va="bottom")
    return figure


def to_grey(image: Tensor) -> np.ndarray:
    """(batch, 1, height, width) to (batch, height, width, 3), cut to [0, 1]."""
    grey = torch.nan_to_num(image.detach().float()).clamp(0, 1).cpu().numpy()[:, 0]
    return np.repeat(grey[..., None], 3, axis=-1)


def on_white(share: Tensor) -> np.ndarray:
    """Shares (batch, 1, height, width) in [0, 1] as colours: 0 white, 1 a dark blue, as vessels are dark in the angiogram."""
    share = share.detach().float().clamp(0, 1).cpu().numpy()[:, 0, ..., None]
    return 1 - share * (1 - np.array([0.05, 0.11, 0.30]))
