# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from .sato_ridge import sato_ridge

__all__ = ["published_vessels"]

_SIGMAS = (1, 2, 3, 4)
_PERCENTILE = 92
_BORDER = 20


def published_vessels(image: Tensor) -> Tensor:
    """The vessel map of the paper.

    The ridge response is truncated to an integer and set to 0 within 20 px of the border; what reaches its 92nd percentile (over
    the whole image, the zeros of the border included) and is not 0 and hangs together by 4 neighbours with the strongest
    response (the first in row order) is vessel.

    Args:
        image: (batch, 1, height, width), float32 or float64, grey values 0..255, sides above 40 px.

    Returns:
        (batch, 1, height, width), bool, on the image's device.

    Raises:
        ValueError: if nothing is left between the borders.

    References:
        VasoMIM, arXiv 2508.10794, vascular anatomy extraction.
    """
    if min(image.shape[-2:]) <= 2 * _BORDER:
        raise ValueError(
            f'sides must be above {2 * _BORDER} px with method "published", which blanks a border of {_BORDER} px, '
            f"got {image.shape[-2]}x{image.shape[-1]}; enlarge the image or use another method."
        )
    ridges = sato_ridge(image, _SIGMAS)[:, 0].cpu().numpy()
    maps = np.stack([_strongest_component(ridge) for ridge in ridges])
    return torch.from_numpy(maps).unsqueeze(1).to(image.device)


def _strongest_component(ridge: np.ndarray) -> np.ndarray:
    """(height, width) of responses to (height, width) of bool."""
    response = np.zeros(ridge.shape, np.int64)
    inner = (slice(_BORDER, -_BORDER),) * 2
    response[inner] = ridge[inner]
    if not response.any():
        return np.zeros(ridge.shape, bool)
    labels, _ = ndimage.label(response >= max(1, _percentile(response)))
    return labels == labels.flat[response.argmax()]


def _percentile(response: np.ndarray) -> float:
    """`np.percentile` of non-negative integers, by counting instead of sorting."""
    rank = (response.size - 1) * _PERCENTILE / 100
    below = np.bincount(response.ravel()).cumsum()
    low, high = np.searchsorted(below, [int(rank), int(rank) + 1], side="right")
    return low + (rank - int(rank)) * (high - low)
