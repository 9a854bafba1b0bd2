# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from monai_ext.ops import denormalise_patches

from .picture_grid import on_white, picture_grid, to_grey

__all__ = ["draw_reconstructions"]

_HIDDEN = (0.80, 0.84, 0.90)  # a tint that no grey value of an angiogram has
_OUTLINE = "#0b6fb8"
_NOTE = "Reconstruction: all patches are predicted; outlined ones were visible to the network, and the reconstruction loss leaves them out."


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
    height, width = image.shape[-2:]
    patch_size = round(math.sqrt(height * width / hidden.shape[1]))
    reconstruction = denormalise_patches(prediction.float(), image.float(), patch_size)
    grey, made = (to_grey(x * std + mean) for x in (image, reconstruction))
    is_hidden = _patches_to_pixels(hidden, patch_size, height, width)
    columns = {
        "image": grey,
        "vessel map": on_white(vessels),
        "guidance": on_white(guidance),
        "hidden patches\n(tinted)": np.where(is_hidden[..., None], _HIDDEN, grey),
        "reconstruction\n(outlined: were visible)": made,
    }
    if probability is not None:
        columns["segmentor S\non the image"] = on_white(probability)
    if probability_reconstruction is not None:
        columns["segmentor S on\nthe reconstruction"] = on_white(probability_reconstruction)
    figure = picture_grid(columns, title=title, note=_NOTE)
    for axes, visible in zip(figure.axes[4 :: len(columns)], ~hidden.cpu().numpy(), strict=True):
        _outline(axes, visible, patch_size, width // patch_size)
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
