# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from monai_ext.ops import denormalise_patches

__all__ = ["draw_reconstructions"]

_HIDDEN = (0.80, 0.84, 0.90)  # a tint that no grey value of an angiogram has
_OUTLINE = "#0b6fb8"
_CELL = 1.9  # inches


def draw_reconstructions(
    image: Tensor,
    vessels: Tensor,
    guidance: Tensor,
    hidden: Tensor,
    prediction: Tensor,
    *,
    mean: float,
    std: float,
    probability: Tensor | None = None,
    probability_reconstruction: Tensor | None = None,
    title: str | None = None,
) -> Figure:
    """Shows what the network saw, what it made of it, and what the segmentor says of both; one row an image.

    Columns: image, vessel map, guidance, hidden patches (tinted), reconstruction, S(I), S(I'); the last two where they
    are given. Every patch of the reconstruction is the prediction, de-normalised with the mean and variance of the
    image's patch; patches that were visible are outlined, since the reconstruction loss leaves them out.

    Args:
        image: (batch, 1, height, width), standardised.
        vessels: (batch, 1, height, width), bool.
        guidance: (batch, 1, height, width), in [0, 1].
        hidden: (batch, patches), bool, True = hidden.
        prediction: (batch, patches, patch_size**2), normalised pixels.
        mean: of grey values in [0, 1], to undo the standardisation.
        std: of grey values in [0, 1].
        probability: sigmoid S(I), (batch, 1, height, width), in [0, 1].
        probability_reconstruction: sigmoid S(I'), of the same shape.
        title: over everything.

    Returns:
        A figure with an Agg canvas, no part of pyplot's state: `figure.savefig(path)`.

    Raises:
        ValueError: if there is no image.
    """
    if not len(image):
        raise ValueError("image must hold at least one image to draw, got an empty batch.")
    height, width = image.shape[-2:]
    patch_size = round(math.sqrt(height * width / hidden.shape[1]))
    reconstruction = denormalise_patches(prediction.float(), image.float(), patch_size)
    grey, made = (_grey(x * std + mean) for x in (image, reconstruction))
    is_hidden = _patches_to_pixels(hidden, patch_size, height, width)
    columns = {
        "image": grey,
        "vessel map": _on_white(vessels),
        "guidance": _on_white(guidance),
        "hidden patches\n(tinted)": np.where(is_hidden[..., None], _HIDDEN, grey),
        "reconstruction\n(outlined: were visible)": made,
    }
    if probability is not None:
        columns["segmentor S\non the image"] = _on_white(probability)
    if probability_reconstruction is not None:
        columns["segmentor S on\nthe reconstruction"] = _on_white(probability_reconstruction)
    figure = _grid(columns, height / width, title)
    for axes, visible in zip(figure.axes[4 :: len(columns)], ~hidden.cpu().numpy(), strict=True):
        _outline(axes, visible, patch_size, width // patch_size)
    return figure


def _grid(columns: dict[str, np.ndarray], aspect: float, title: str | None) -> Figure:
    rows = len(next(iter(columns.values())))
    head, foot = (0.85 if title else 0.5), 0.3
    size = len(columns) * _CELL, rows * _CELL * aspect + head + foot
    figure = Figure(figsize=size, dpi=120, facecolor="white")
    FigureCanvasAgg(figure)
    bottom, top = foot / size[1], 1 - head / size[1]
    axes = figure.subplots(rows, len(columns), squeeze=False)
    figure.subplots_adjust(left=0.004, right=0.996, bottom=bottom, top=top, wspace=0.03, hspace=0.03)
    for column, (name, pictures) in enumerate(columns.items()):
        axes[0, column].set_title(name, fontsize=10, pad=5)
        for row, picture in enumerate(pictures):
            axes[row, column].imshow(picture, interpolation="nearest")
            axes[row, column].set(xticks=[], yticks=[])
            axes[row, column].spines[:].set(color="#b0b7c3", linewidth=0.6)
    if title:
        figure.suptitle(title, fontsize=12, fontweight="bold", x=0.008, y=1 - 0.08 / size[1], ha="left", va="top")
    note = "Reconstruction: all patches are predicted; outlined ones were visible to the network, and the reconstruction loss leaves them out."
    figure.text(0.008, 0.09 / size[1], note, fontsize=9, color="#3c4654", va="bottom")
    return figure


def _outline(axes, visible: np.ndarray, patch_size: int, in_row: int) -> None:
    rows, columns = np.divmod(np.flatnonzero(visible), in_row)
    boxes = [
        Rectangle((c * patch_size, r * patch_size), patch_size - 1, patch_size - 1)
        for r, c in zip(rows, columns, strict=True)
    ]
    axes.add_collection(PatchCollection(boxes, facecolor="none", edgecolor=_OUTLINE, linewidth=0.5, alpha=0.55))


def _patches_to_pixels(hidden: Tensor, patch_size: int, height: int, width: int) -> np.ndarray:
    grid = hidden.reshape(-1, height // patch_size, width // patch_size)
    return grid.repeat_interleave(patch_size, 1).repeat_interleave(patch_size, 2).cpu().numpy()


def _grey(image: Tensor) -> np.ndarray:
    """(batch, 1, height, width) to (batch, height, width, 3) in [0, 1]."""
    grey = torch.nan_to_num(image.detach().float()).clamp(0, 1).cpu().numpy()[:, 0]
    return np.repeat(grey[..., None], 3, axis=-1)


def _on_white(share: Tensor) -> np.ndarray:
    """0 is white, 1 a dark blue: dark vessels on light ground, as in the angiogram."""
    share = share.detach().float().clamp(0, 1).cpu().numpy()[:, 0, ..., None]
    return 1 - share * (1 - np.array([0.05, 0.11, 0.30]))
